"""The engine beside what a Python user would take instead, on one small closed loop: ``make bench-peers``."""
