"""Regions in words: a few rules that say where an arm helps, fails or harms."""

from .search import find_regions, sentences

__all__ = ["find_regions", "sentences"]
