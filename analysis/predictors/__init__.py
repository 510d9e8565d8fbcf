"""Predictors: which baseline measurements foretell a response."""

from .prediction import find_predictors, sentences

__all__ = ["find_predictors", "sentences"]
