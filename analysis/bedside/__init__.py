"""What is read at the bedside, under which name, and with which error: one table for match and trial."""
