"""Intervals, cells, and patients held out."""
