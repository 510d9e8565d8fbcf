"""Regions in words: a few rules that say where an arm helps, fails or harms."""
