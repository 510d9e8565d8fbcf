"""One patient, simulated again and looked at."""
