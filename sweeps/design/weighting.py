"""What a patient of a refined sweep counts for."""

WEIGHT = "sampling_weight"
"""Variable of a refined store: density of the plain law over that of the proposal. ``weight`` is the body's."""
