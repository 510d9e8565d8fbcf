"""Predictors: which baseline measurements predict a response."""

from .prediction import find_predictors, sentences

__all__ = ["find_predictors", "sentences"]
