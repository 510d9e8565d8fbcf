"""Which numba compiles the engine, and under which of its settings; another is refused before it is used."""

from __future__ import annotations

import os

import numba
from llvmlite.binding import llvm_version_info

from ..errors import InputError

FIRST, LAST = (0, 65), (0, 68)
"""Versions of numba that the kernels were compiled and compared with; `compiler` uses parts of it that may change."""

_DECISIVE = (
    "CPU_NAME",
    "CPU_FEATURES",
    "OPT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
    "BOUNDSCHECK",
    "EXTEND_VARIABLE_LIFETIMES",
    "DISABLE_INTEL_SVML",
    "USING_SVML",
)
"""Settings of numba, from its variables or its file, that decide what machine code it makes. Some of them cost most of
the speed, as BOUNDSCHECK, which leaves no loop vectorised."""

_REFUSED = {
    "DISABLE_JIT": "NUMBA_DISABLE_JIT: it is set, and the engine runs only where numba compiles; unset it",
    "DEBUGINFO_DEFAULT": "NUMBA_DEBUGINFO: it or NUMBA_ENABLE_PROFILING is set, and numba fails then; unset it",
}


def check() -> None:
    """Refuse a numba that was never tried, or one with settings under which the engine cannot be compiled.

    Raises
    ------
    InputError
        Saying what is there and what is needed.
    """
    if not FIRST <= numba.version_info.short <= LAST:
        oldest, newest, next_one = (f"{major}.{minor}" for major, minor in (FIRST, LAST, (LAST[0], LAST[1] + 1)))
        raise InputError(
            f"numba: {numba.__version__} is installed, and the engine was tried with {oldest} to {newest}; "
            f"install 'numba>={oldest},<{next_one}'"
        )
    for name, words in _REFUSED.items():
        if getattr(numba.config, name, None):
            raise InputError(words)


def settings() -> str:
    """What decides, beside the sources and the processor, which machine code is made."""
    chosen = [str(getattr(numba.config, name, None)) for name in _DECISIVE]
    # its default differs between processors, and whoever mixes these is told so
    chosen.append(os.environ.get("NUMBA_ENABLE_AVX", ""))
    return repr((numba.__version__, llvm_version_info, chosen))


check()
