"""``python -m counterpulse`` is the command ``counterpulse``."""

from .cli import main

if __name__ == "__main__":
    main()
