"""Tables, migrations, encryption, sessions. Importing the package makes every table known to `Base.metadata`."""

from storage import models, service_models

__all__ = ["models", "service_models"]
