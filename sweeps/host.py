"""Whether the package can run here at all, said in one line before anything else."""

from __future__ import annotations

import sys

from ..engine import InputError

ADDRESSES = 2_000_000_000
"""Bytes that a process maps, most of which it never touches. Measured: with 1.5e9 not all threads can be started."""

FILES = 24
FILES_OF_RUN, FILES_OF_WORKER = 40, 12
"""Files held open by any command, by a run, and for each worker of one. Measured under Dask: 26, and 11 a worker."""


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


def check_limits(files: int = FILES) -> None:
    """Refuse a shell that allows less than is needed; the limit of open files is raised where that is allowed.

    Raises
    ------
    InputError
        Naming the limit, and how a shell sets it.
    """
    import resource

    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if 0 <= allowed < ADDRESSES:
        gigabytes = f"{allowed / 1e9:.1f} GB of addresses"
        raise InputError(f"a process may have {gigabytes} here (ulimit -v), {ADDRESSES / 1e9:.1f} GB are needed")
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= most < files:
        raise InputError(f"a process may have {most} open files here (ulimit -n), {files} are needed")
    if 0 <= allowed < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
