"""How the engine is compiled: decorators, the cache keyed by all sources, and passes of numba's compiler."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numba
import numpy as np
from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import FunctionPass, LoweringPass, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering
from numba.core.untyped_passes import IRProcessing

FLAGS = frozenset({"contract", "arcp", "nsz", "afn", "reassoc"})
"""Fast-math flags. Not all of them: nnan and ninf would let the compiler delete the checks for NaN."""


def _is_single(kind: Any) -> bool | None:
    """Whether an argument type holds float32 (True), float64 (False) or no float at all (None)."""
    if isinstance(kind, types.Float):
        return bool(kind.bitwidth == 32)
    if isinstance(kind, types.Array):
        return _is_single(kind.dtype)
    if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined]
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
    """numba's pipeline with passes of our own before the lowering; see ``before_lowering``."""

    before_lowering: tuple[type[LoweringPass], ...] = ()

    def define_pipelines(self) -> list[Any]:
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_SinglePrecisionLiterals, IRProcessing)
        place = [each for each, _ in pipeline.passes].index(NativeLowering)
        pipeline.passes[place:place] = [(each, each._name) for each in self.before_lowering]
        pipeline.finalize()
        return [pipeline]


@register_pass(mutates_CFG=False, analysis_only=True)
class _OwnCopies(LoweringPass):  # type: ignore[misc]
    """Give an entry point private copies of the functions it calls.

    numba links them as weak symbols: in the process that compiled they resolve to each function's own library, in one
    that loaded the cached entry point to the copies inside it. The two were optimised apart, and a cold process
    differed from a warm one in the sixth digit.
    """

    _name = "own_copies"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        library = state.library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        library.enable_object_caching()
        finalize = library.finalize

        def finalize_with_copies() -> None:
            module = library._final_module
            for other in dict.fromkeys(library._linking_libraries):
                module.link_in(other._get_module_for_linking(), preserve=True)
            library._linking_libraries.clear()
            for each in module.functions:
                if not each.is_declaration and each.linkage.name == "linkonce_odr":
                    each.linkage = "internal"
            finalize()

        library.finalize = finalize_with_copies
        return True


class _EntryCompiler(_Compiler):
    before_lowering = (_OwnCopies,)


_TARGET: dict[str, Any] = {"fastmath": set(FLAGS), "error_model": "numpy"}
_OPTIONS = {**_TARGET, "pipeline_class": _Compiler}


function: Callable[[Any], Any] = numba.njit(**_OPTIONS)
"""Decorator of what is called once a beat or once a patient: compiled on its own, not cached on its own."""

inlined: Callable[[Any], Any] = numba.njit(forceinline=True, **_OPTIONS)
"""Decorator of equations: without forceinline the call stays a call and nothing vectorises."""


class _Entry(CPUDispatcher):  # type: ignore[misc]
    """What Python calls. Processes that share a cache take turns: one compiles a signature, the others load it.

    numba's index of the cache is read, changed and written without a lock: two that wrote at a time could each give
    the other's file to their signature. The lock ends with the process that holds it.
    """

    turns: Path | None = None

    def compile(self, signature: Any) -> Any:
        with global_compiler_lock, _turn(self.turns):
            try:
                return super().compile(signature)
            except (UnpicklingError, EOFError):  # a file that a crash or a full disk cut short
                self._cache.flush()
                return super().compile(signature)


@contextmanager
def _turn(place: Path | None) -> Iterator[None]:
    with ExitStack() as held:
        if place is not None:
            # a file system without locks is no reason not to compile
            with suppress(OSError):
                flock(held.enter_context(place.open("w")), LOCK_EX)
        yield


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
    names = ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "COUNTERPULSE_VALVES")
    settings = [os.environ.get(name, "") for name in names]
    digest.update(repr((numba.__version__, sorted(FLAGS), settings)).encode())
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
    options = {**_TARGET, "nopython": True, "nogil": True}
    dispatcher = _Entry(entry, targetoptions=options, pipeline_class=_EntryCompiler)
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        return dispatcher
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        dispatcher.enable_caching()
    finally:
        numba.config.CACHE_DIR = before
    dispatcher.turns = folder / f"{entry.__module__}.{entry.__qualname__}.lock"
    return dispatcher
