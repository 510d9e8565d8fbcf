"""How the engine is compiled: decorators, and the cache keyed by all sources."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from . import toolchain
from .cache import KernelCache
from .passes import FLAGS, OPTIONS, Compiler, Entry, EntryCompiler, Function


def function(law: Callable[..., Any], **options: bool) -> Any:
    """Decorate what is called once a beat or once a patient: compiled on its own, not cached on its own."""
    # unsaid, _nrt would be that of the caller for which it is compiled first
    bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": True}
    return Function(law, targetoptions={**OPTIONS, **bare, **options}, pipeline_class=Compiler)


def borrowing(law: Callable[..., Any]) -> Any:
    """Decorate what only reads and writes arrays that its caller holds, and counts no references to them.

    Elsewhere every slice, row and array handed on is counted, up and down, by a locked instruction of 20 cycles. What
    allocates an array does not compile so. What it calls must not return one, unless it borrows too: that would never
    be freed.
    """
    return function(law, _nrt=False)


def inlined(law: Callable[..., Any]) -> Any:
    """Decorate an equation: without forceinline the call stays a call and nothing vectorises."""
    return function(law, forceinline=True)


@cache
def fingerprint() -> str:
    """Hash of what decides the engine's numbers: its sources, numba, the flags and numba's settings.

    Returns
    -------
    str
        16 hexadecimal digits; part of every store and of the compiled cache's folder name.
    """
    digest = hashlib.sha256()
    engine = Path(__file__).parents[1]
    for source in sorted(engine.rglob("*.py")):
        digest.update(source.relative_to(engine).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    digest.update(repr((sorted(FLAGS), toolchain.settings())).encode())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Folder of the compiled kernels: named by the fingerprint, so that an edit in any file of the engine counts.

    ``COUNTERPULSE_CACHE`` overrides the parent folder; the default is the user's cache folder.
    """
    parent = os.environ.get("COUNTERPULSE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "counterpulse"
    )
    return Path(parent) / fingerprint()


def compiled(entry: Callable[..., Any]) -> Any:
    """Compile an entry point and keep the result in :func:`cache_folder`.

    numba's own cache watches only the file of the cached function: an equation edited in another file would silently
    return the old answer.
    """
    dispatcher = Entry(entry, targetoptions={**OPTIONS, "nogil": True}, pipeline_class=EntryCompiler)
    dispatcher._cache = KernelCache(entry, cache_folder())
    return dispatcher
