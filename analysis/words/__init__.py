"""Answers in words: texts and tables for the command line and the report alike, and how numbers are written."""
