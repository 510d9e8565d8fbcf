"""The periodic state: the beat map, its fixed point, and when that is accepted."""
