"""Robustness: what stands whatever one assumes."""
