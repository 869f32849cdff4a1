"""Make a virtual environment with pip, also on a Debian that came without the venv package."""

import importlib.util
import os
import shutil
import subprocess
import sys


def main(folder: str) -> None:
    """Create `folder`; on Debian without ensurepip install python3-venv first (as root or with sudo)."""
    if importlib.util.find_spec("ensurepip") is None:
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        if shutil.which("apt-get") is None:
            sys.exit("Python's ensurepip is missing: install the venv package of your Python, then try again")
        subprocess.run([*sudo, "apt-get", "update", "-qq"], check=True)
        subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", "python3-venv"], check=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
