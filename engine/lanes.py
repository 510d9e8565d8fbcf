"""Patients side by side: the flat work buffer, its generated load and store, and how the engine is compiled.

One buffer holds everything a block of ``LANES`` patients needs, field by field: element ``(offset + field) * LANES +
lane``. With separate arrays the compiler must prove at run time that none overlaps another, and gives up on
vectorising a large model; within one buffer at constant offsets there is nothing to prove.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.untyped_passes import IRProcessing

LANES = 32
"""Patients that share a vector loop: several vectors wide in float64 and float32, a buffer that stays near the core."""

FLAGS = frozenset({"contract", "arcp", "nsz", "afn", "reassoc"})
"""Fast-math flags. Not all of them: nnan and ninf would let the compiler delete the checks for NaN."""


def _is_single(kind: Any) -> bool | None:
    """Whether an argument type holds float32 (True), float64 (False) or no float at all (None)."""
    if isinstance(kind, types.Float):
        return bool(kind.bitwidth == 32)
    if isinstance(kind, types.Array):
        return _is_single(kind.dtype)
    if isinstance(kind, types.BaseTuple):
        kinds = {_is_single(member) for member in kind}
        return False if False in kinds else True if True in kinds else None
    return None


def _is_float(value: Any) -> bool:
    return type(value) is float or (type(value) is tuple and all(type(member) is float for member in value))


def _narrow(value: Any) -> Any:
    return tuple(np.float32(member) for member in value) if type(value) is tuple else np.float32(value)


@register_pass(mutates_CFG=False, analysis_only=False)
class _SinglePrecisionLiterals(FunctionPass):  # type: ignore[misc]
    """In a function whose floating-point arguments are all float32, float literals are float32 too.

    A bare ``0.5`` is a float64 to numba and would widen the whole expression.
    """

    _name = "single_precision_literals"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        kinds = {_is_single(kind) for kind in state.args}
        if True not in kinds or False in kinds:
            return False
        for block in state.func_ir.blocks.values():
            for statement in block.find_insts(ir.Assign):
                value = statement.value
                if isinstance(value, ir.Const | ir.Global | ir.FreeVar):
                    statement.value = ir.Const(_narrow(value.value), value.loc) if _is_float(value.value) else value
        return True


class _Compiler(CompilerBase):  # type: ignore[misc]
    def define_pipelines(self) -> list[Any]:
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_SinglePrecisionLiterals, IRProcessing)
        pipeline.finalize()
        return [pipeline]


_OPTIONS: dict[str, Any] = {"fastmath": set(FLAGS), "error_model": "numpy", "pipeline_class": _Compiler}

function: Callable[[Any], Any] = numba.njit(**_OPTIONS)
"""Decorator of what is called once a beat or once a patient: compiled on its own, not cached on its own."""

inlined: Callable[[Any], Any] = numba.njit(forceinline=True, **_OPTIONS)
"""Decorator of equations: without forceinline the call stays a call and nothing vectorises."""


@cache
def fingerprint() -> str:
    """Hash of what decides the engine's numbers: its sources, numba, the flags and the instruction-set setting.

    Returns
    -------
    str
        16 hexadecimal digits; part of every store and of the compiled cache's folder name.
    """
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    setting = os.environ.get("NUMBA_CPU_NAME", "native"), os.environ.get("NUMBA_CPU_FEATURES", "")
    digest.update(repr((numba.__version__, sorted(FLAGS), LANES, setting)).encode())
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
    """Compile an entry point with ``numba.njit`` and keep the result in :func:`cache_folder`.

    numba's own cache watches only the file of the cached function: an equation edited in another file would silently
    return the old answer.
    """
    before = numba.config.CACHE_DIR
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        return numba.njit(nogil=True, **_OPTIONS)(entry)
    numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(nogil=True, cache=True, **_OPTIONS)(entry)
    finally:
        numba.config.CACHE_DIR = before


def access(table: Any, offset: int) -> tuple[Any, Any]:
    """Generate ``load(work, lane) -> table`` and ``store(work, lane, row)`` for one section of the work buffer.

    Parameters
    ----------
    table : NamedTuple class
        The fields, in order.
    offset : int
        First row of the section; a constant in the generated code.
    """
    fields = table._fields
    places = [f"work[{(offset + row) * LANES} + lane]" for row in range(len(fields))]
    source = f"def load(work, lane):\n    return Table({', '.join(places)})\ndef store(work, lane, row):\n" + "\n".join(
        f"    {place} = row.{field}" for place, field in zip(places, fields, strict=True)
    )
    scope = {"Table": table}
    exec(source, scope)
    return inlined(scope["load"]), inlined(scope["store"])


def combination(table: Any) -> Any:
    """Generate ``combine(a, x, b, y) -> a*x + b*y`` over the fields of a table; ``a`` and ``b`` are numbers."""
    terms = ", ".join(f"a * x.{field} + b * y.{field}" for field in table._fields)
    scope = {"Table": table}
    exec(f"def combine(a, x, b, y):\n    return Table({terms})\n", scope)
    return inlined(scope["combine"])


def row_access(table: Any) -> tuple[Any, Any]:
    """Generate ``load(row) -> table`` and ``store(row, table)`` for a 1-D array with one element per field."""
    fields = table._fields
    source = (
        f"def load(row):\n    return Table({', '.join(f'row[{place}]' for place in range(len(fields)))})\n"
        "def store(row, values):\n"
        + "\n".join(f"    row[{place}] = values.{field}" for place, field in enumerate(fields))
    )
    scope = {"Table": table}
    exec(source, scope)
    return inlined(scope["load"]), inlined(scope["store"])
