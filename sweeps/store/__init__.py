"""The store: plain Zarr on disk that survives a crash."""
