"""From the signals of a pattern of beats to outcomes."""
