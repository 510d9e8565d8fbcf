"""What asv runs: the figures of `counterpulse bench`, and nothing else."""
