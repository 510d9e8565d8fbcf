"""Designs: from the index of a patient to its place in parameter space."""
