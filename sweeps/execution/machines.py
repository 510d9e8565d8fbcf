"""Workers elsewhere: whether they have this package, this engine, and processors of one kind."""

from __future__ import annotations

from platform import machine
from typing import Any

from ...engine import InputError
from ..store.receipts import cpu

COMMON = {"x86_64": "x86-64-v3", "arm64": "generic", "aarch64": "generic"}
"""Family of processors, as Python names it -> the name under which numba compiles for what all of them can do."""


def about() -> dict[str, str]:
    """What a process is: version of the package, engine, family and name of its processor."""
    from importlib.metadata import version

    from ...engine import fingerprint

    return {
        "version": version("counterpulse"),
        "engine": fingerprint(),
        "family": machine(),
        "cpu": cpu().partition(" ")[0],
    }


def check(client: Any) -> list[str]:
    """Ask every worker of a Dask cluster what it is.

    Returns
    -------
    list of str
        What is worth knowing, a line each: processors of other kinds than here, whose results differ in the last
        digits.

    Raises
    ------
    InputError
        Where a worker lacks the package, or has another engine; it is named.
    """
    mine = about()
    notes = []
    for worker, found in sorted(client.run(about, on_error="return").items()):
        if isinstance(found, OSError):
            # the connection broke: what is gone runs nothing
            notes.append(f"worker {worker} was lost while it was asked what it is")
            continue
        if not isinstance(found, dict):
            reason = " ".join(str(found).split())[:200]
            raise InputError(
                f"address: worker {worker} cannot run this: {reason or type(found).__name__}; install counterpulse "
                f"{mine['version']} where it runs"
            )
        if found["engine"] != mine["engine"]:
            raise InputError(
                f"address: worker {worker} has another engine, {found['engine'][:12]} of counterpulse "
                f"{found['version']}; here it is {mine['engine'][:12]} of {mine['version']}"
            )
        if found["family"] != mine["family"]:
            notes.append(
                f"worker {worker} has a processor of another family, {found['family']}, here {mine['family']}: blocks "
                "differ in their last digits, and no setting makes them equal"
            )
        elif found["cpu"] != mine["cpu"]:
            name = COMMON.get(mine["family"], "generic")
            notes.append(
                f"worker {worker} has another kind of processor, {found['cpu']}, here {mine['cpu']}: blocks may differ "
                f"in their last digits; NUMBA_CPU_NAME={name} and NUMBA_CPU_FEATURES= everywhere make them equal"
            )
    return notes
