"""Many virtual patients: what to run, where, and how it survives."""
