"""A user's own patients: files, data frames, results."""
