"""The machine and its rivals: timing, weaning, size, and who is served by which device."""
