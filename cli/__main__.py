"""``python -m counterpulse.cli`` is the command ``counterpulse``."""

from . import main

if __name__ == "__main__":
    main()
