"""Imported by a worker process as it starts: what its first block would wait for.

Measured: 1.3 s, in which the other workers wait for the one that makes the warm start.
"""

from __future__ import annotations

from ...engine import simulate
from ..spec import candidates
from ..store import warm_starts, writing

__all__ = ["candidates", "simulate", "warm_starts", "writing"]
