"""Irregular rhythm: beat after beat, until means are known well enough."""
