"""How many cores this process may use."""

from __future__ import annotations

import os


def allowed_cores() -> int:
    """Count the cores of this process's affinity; those of the host where its system, as macOS, knows no affinity."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
