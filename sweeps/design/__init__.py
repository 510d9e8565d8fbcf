"""Designs: the points of the unit cube, grids, and how a refined sweep moves its points."""
