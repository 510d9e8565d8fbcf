"""One patient: parameters as the equations read them, the clock, the drive, and the equations assembled."""
