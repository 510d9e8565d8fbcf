"""How the engine is compiled: decorators, the cache keyed by all sources, and passes of numba's compiler."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
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
from numba.core.sigutils import normalize_signature
from numba.core.typed_passes import NativeLowering
from numba.core.untyped_passes import IRProcessing

from .cache import KernelCache

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


WIDEST = '"prefer-vector-width"="512"'
"""Attribute of LLVM functions. Left to itself LLVM uses half of the 512 bits of Intel's servers: measured on Emerald
Rapids, with it the peak is 1.9 times as high, converged pairs 1.2. Where there are no 512 bits it changes nothing."""


def _library(state: Any) -> Any:
    """Make the library of what is being compiled, with vectors as wide as the machine has them."""
    library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
    add = library.add_ir_module

    def add_wide(module: Any) -> None:
        for each in module.functions:
            # llvmlite knows LLVM's attributes of one word only
            set.add(each.attributes, WIDEST)
        add(module)

    library.add_ir_module = add_wide
    return library


@register_pass(mutates_CFG=False, analysis_only=True)
class _OwnCopies(LoweringPass):  # type: ignore[misc]
    """Give an entry point private copies of the functions it calls.

    numba links them as weak symbols: in the process that compiled they resolve to each function's own library, in one
    that loaded the cached entry point to the copies inside it. The two were optimised apart, and a cold process
    differed from a warm one in the sixth digit. The copies have names of their own: they may have lost arguments, and
    the linker takes a private symbol for another of its name.
    """

    _name = "own_copies"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        library = state.library = _library(state)
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
                    each.name = f"{each.name}.of.{state.func_id.unique_name}"
            finalize()

        library.finalize = finalize_with_copies
        return True


class EntryCompiler(_Compiler):
    """How entry points are compiled."""

    before_lowering = (_OwnCopies,)


@register_pass(mutates_CFG=False, analysis_only=True)
class _NoMachineCode(LoweringPass):  # type: ignore[misc]
    """Leave what only compiled code calls as optimised LLVM code, which its callers take into their own."""

    _name = "no_machine_code"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        library = state.library = _library(state)

        def finalize_module() -> None:
            library._finalize_dynamic_globals()
            library._finalized = True

        library._finalize_final_module = finalize_module
        return True


class _Part:
    """What stands for an entry point where there is none."""


@register_pass(mutates_CFG=False, analysis_only=True)
class _OfferToCallers(LoweringPass):  # type: ignore[misc]
    """Make it known to its callers, as numba does with what has an entry point."""

    _name = "offer_to_callers"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        part = _Part()
        state.targetctx.insert_user_function(part, state.cr.fndesc, [state.library])
        state.cr = state.cr._replace(cfunc=part)
        return True


class _PartCompiler(_Compiler):
    before_lowering = (_NoMachineCode,)

    def define_pipelines(self) -> list[Any]:
        flags = self.state.flags
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        (pipeline,) = super().define_pipelines()
        pipeline.add_pass_after(_OfferToCallers, NativeLowering)
        pipeline.finalize()
        return [pipeline]


_TARGET: dict[str, Any] = {"fastmath": set(FLAGS), "error_model": "numpy"}
_compiling: list[Any] = []
"""What is being compiled, each for the one before it; guarded by numba's lock of its compiler."""


class _Function(CPUDispatcher):  # type: ignore[misc]
    """What compiled code calls. For that no machine code of its own is made, nor wrappers: a third of the time.

    One that Python calls, as tests do, is compiled whole.
    """

    def compile(self, signature: Any) -> Any:
        with global_compiler_lock:
            arguments, _ = normalize_signature(signature)
            whole = not _compiling
            if whole and isinstance(getattr(self.overloads.get(arguments), "entry_point", None), _Part):
                del self.overloads[arguments]
            self._compiler.pipeline_class = _Compiler if whole else _PartCompiler
            _compiling.append(self)
            try:
                return super().compile(signature)
            finally:
                _compiling.pop()

    def add_overload(self, result: Any) -> None:
        if isinstance(result.entry_point, _Part):
            self.overloads[tuple(result.signature.args)] = result
        else:
            super().add_overload(result)


def function(law: Callable[..., Any], **options: bool) -> Any:
    """Decorate what is called once a beat or once a patient: compiled on its own, not cached on its own."""
    return _Function(law, targetoptions={**_TARGET, "nopython": True, **options}, pipeline_class=_Compiler)


def inlined(law: Callable[..., Any]) -> Any:
    """Decorate an equation: without forceinline the call stays a call and nothing vectorises."""
    return function(law, forceinline=True)


class _Entry(CPUDispatcher):  # type: ignore[misc]
    """What Python calls; what is compiled is kept."""

    _cache: KernelCache

    def compile(self, signature: Any) -> Any:
        with global_compiler_lock, self._cache.turn():
            _compiling.append(self)
            try:
                return super().compile(signature)
            except (UnpicklingError, EOFError):  # a file that a crash or a full disk cut short
                self._cache.flush()
                return super().compile(signature)
            finally:
                _compiling.pop()


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
    names = ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
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
    dispatcher = _Entry(entry, targetoptions=options, pipeline_class=EntryCompiler)
    dispatcher._cache = KernelCache(entry, cache_folder())
    return dispatcher
