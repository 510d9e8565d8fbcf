"""Reading a store, piece by piece."""
