"""Maps: shares and values in cells of anything in a store, the boundary where the balance tips, and its refinement."""
