"""What each command may be told: its options and its help. Nothing here imports what does the work."""
