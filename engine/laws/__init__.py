"""The laws of the circulation: one published law per function."""
