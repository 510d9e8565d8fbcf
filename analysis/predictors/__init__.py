"""Predictors: which baseline measurements predict a response."""
