"""Sensitivity: which parameters move an outcome, a paired difference or the probability of help."""
