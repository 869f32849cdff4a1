"""`rasa` without what intent parsing never uses: arguments are those of the rasa command."""

from __future__ import annotations

import warnings

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    from rasa.__main__ import main

    main()
