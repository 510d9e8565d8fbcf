"""Populations: how patients are drawn, and the tables in which that is written."""
