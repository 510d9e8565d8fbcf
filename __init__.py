"""counterpulse: virtual patients with and without an intra-aortic balloon pump. Research use only."""
