"""Maps: shares and values in cells of anything in a store, the boundary where the balance tips, and its refinement."""

from .response_map import map_response

__all__ = ["map_response"]
