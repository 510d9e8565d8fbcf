"""Whether the package can run here at all: said in one line before anything else."""

from __future__ import annotations

import sys

from ..engine.quantity import InputError


def check_platform(platform: str = sys.platform) -> None:
    """Refuse an operating system that lacks what runs and caches are built on: locks, signals, whole renames.

    Raises
    ------
    InputError
        On Windows.
    """
    if platform == "win32":
        raise InputError("counterpulse runs on Linux and macOS, not on Windows; there it runs in WSL")


def check_assertions(optimize: int = sys.flags.optimize) -> None:
    """Refuse an interpreter that leaves assertions out: zarr reads metadata within some of them.

    Raises
    ------
    InputError
        Under ``PYTHONOPTIMIZE`` or ``python -O``.
    """
    if optimize:
        raise InputError(
            "stores cannot be read by an interpreter without assertions, as the library zarr does its work in some; "
            "unset PYTHONOPTIMIZE, or leave python's -O out"
        )
