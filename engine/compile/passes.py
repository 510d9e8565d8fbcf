"""numba's compiler as the engine uses it: what is changed of it, and what each change buys.

Times are of the first simulation in a fresh cache, in seconds of one processor core: 30 as it is.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import numpy as np
from numba.core import ir, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import FunctionPass, LoweringPass, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering
from numba.core.untyped_passes import IRProcessing

from .cache import KernelCache

FLAGS = frozenset({"contract", "arcp", "nsz", "afn", "reassoc"})
"""Fast-math flags. Not all of them: nnan and ninf would let the compiler delete the checks for NaN."""

OPTIONS: dict[str, Any] = {"fastmath": set(FLAGS), "error_model": "numpy", "nopython": True}

WIDEST = '"prefer-vector-width"="512"'
"""Attribute of LLVM functions. Left to itself LLVM uses half of the 512 bits of Intel's servers: measured on Emerald
Rapids, with it the peak is 1.9 times as high, converged pairs 1.2. Where there are no 512 bits it changes nothing."""

ALIGNED = "alignstack(64)"
"""Attribute of LLVM functions. LLVM keeps what registers do not hold on a stack of 16 bytes' alignment, where three of
four starting points part each such vector over two lines of the cache: measured on Granite Rapids, with it a
right-hand side in float32 takes .91 of the median time, and no longer depends on chance."""


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

    A bare ``0.5`` is a float64 to numba and would widen the whole expression: without this the engine in float32 does
    not compile, where widening changes a type, or is no faster; with it a beat takes 1/2.2 of the time.
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


class _Library(JITCodeLibrary):  # type: ignore[misc]
    """Compiled code with vectors as wide as the machine has them, in aligned places, and of which callers get the best.

    What callers take into their own code is set aside before machine code is made of it: that rewrites it for the
    processor, and from what was rewritten slower code is made, converged pairs by 5 %, and 3 seconds later.
    """

    def add_ir_module(self, module: Any) -> None:
        for each in module.functions:
            # llvmlite knows LLVM's attributes of one word only
            for attribute in (WIDEST, ALIGNED):
                set.add(each.attributes, attribute)
        super().add_ir_module(module)

    def _finalize_final_module(self) -> None:
        self._finalized = True
        self._get_module_for_linking()
        super()._finalize_final_module()


class _EntryLibrary(_Library):
    """An entry point with private copies of the functions it calls, so that it computes the same in every process.

    numba links them as weak symbols: in the process that compiled they resolve to each function's own library, in one
    that loaded the cached entry point to the copies inside it. The two were optimised apart, and without this a cold
    process differs from a warm one. That the process which compiled loads what it kept would not do: the linker
    prefers what it has under a name already, be it a function's own library or the copy in another entry point.
    The copies have names of their own: they may have lost arguments, and the linker takes a private symbol for another
    of its name.
    """

    def __init__(self, codegen: Any, name: str, owner: str) -> None:
        super().__init__(codegen, name)
        self._owner = owner

    def _optimize_final_module(self) -> None:
        for each in self._final_module.functions:
            if not each.is_declaration and each.linkage.name == "linkonce_odr":
                each.linkage = "internal"
                each.name = f"{each.name}.of.{self._owner}"
        super()._optimize_final_module()


@register_pass(mutates_CFG=False, analysis_only=True)
class _OwnLibrary(LoweringPass):  # type: ignore[misc]
    """Make the library of what is being compiled."""

    _name = "own_library"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        state.library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
        return True


@register_pass(mutates_CFG=False, analysis_only=True)
class _OwnEntryLibrary(LoweringPass):  # type: ignore[misc]
    """Make the library of an entry point, of which the machine code can be kept."""

    _name = "own_entry_library"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        owner = hashlib.sha256(f"{state.func_id.unique_name}{state.args}".encode()).hexdigest()[:16]
        state.library = _EntryLibrary(state.targetctx.codegen(), state.func_id.func_qualname, owner)
        state.library.enable_object_caching()
        return True


class Compiler(CompilerBase):  # type: ignore[misc]
    """numba's pipeline with literals of the arguments' precision, into a library of our own."""

    library_pass: type[LoweringPass] = _OwnLibrary

    def define_pipelines(self) -> list[Any]:
        """Give numba's passes with those of this module among them."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_SinglePrecisionLiterals, IRProcessing)
        place = [each for each, _ in pipeline.passes].index(NativeLowering)
        pipeline.passes.insert(place, (self.library_pass, self.library_pass._name))
        pipeline.finalize()
        return [pipeline]


class EntryCompiler(Compiler):
    """How entry points are compiled."""

    library_pass = _OwnEntryLibrary


class Function(CPUDispatcher):  # type: ignore[misc]
    """What compiled code calls: without the two wrappers through which Python and C would, which take 14 seconds more.

    Where Python calls it, as tests do, it is compiled once more, with them.
    """

    @cached_property
    def _for_python(self) -> Any:
        return CPUDispatcher(self.py_func, targetoptions=OPTIONS, pipeline_class=Compiler)

    def __call__(self, *arguments: Any) -> Any:
        """Call it from Python."""
        return self._for_python(*arguments)


class Entry(CPUDispatcher):  # type: ignore[misc]
    """What Python calls; what is compiled is kept."""

    _cache: KernelCache

    def compile(self, signature: Any) -> Any:
        """Load what is kept of a signature, or compile and keep it."""
        # threads first: two that hold one lock each would wait for the other
        with global_compiler_lock, self._cache.turn(signature, self.targetctx.codegen()):
            return super().compile(signature)
