"""Sensitivity: which parameters an outcome or a response depends on."""

from .indices import sensitivity
from .words import sentences

__all__ = ["sensitivity", "sentences"]
