"""How many operations a right-hand side has, and which law has them: counted by a number that counts.

The engine's own lane loop runs once in plain Python on such numbers. What the compiler saves (common subexpressions,
multiplications and additions fused) or adds is not seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

from .processes import elsewhere

ARITHMETIC = ("add", "multiply", "divide", "root")
KINDS = (*ARITHMETIC, "compare")
"""A compare is half of a maximum, a minimum or a choice; it is no floating-point operation."""
STEP, SUMS = "the step itself", "flows and sums"
"""What is outside of all laws: the stages of the step, and the assembly of the right-hand side."""

_counts: Counter[tuple[str, str]] = Counter()
_law = STEP


def _operator(kind: str, name: str) -> Callable[[Any, Any], Any]:
    plain = getattr(float, name)

    def operate(self: Any, other: Any) -> Any:
        if not (kind == "multiply" and type(other) is float and other == 1.0):
            _counts[_law, kind] += 1
        result = plain(self, other)
        return Counted(result) if type(result) is float else result

    return operate


class Counted(float):
    """A float whose operations are counted; a multiplication by a literal one is none."""

    def __neg__(self) -> Counted:
        return Counted(-float(self))

    def __abs__(self) -> Counted:
        return Counted(abs(float(self)))


for _kind, _names in {
    "add": ("__add__", "__radd__", "__sub__", "__rsub__"),
    "multiply": ("__mul__", "__rmul__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "compare": ("__lt__", "__gt__", "__le__", "__ge__"),
}.items():
    for _name in _names:
        setattr(Counted, _name, _operator(_kind, _name))


@contextmanager
def _inside(law: str) -> Iterator[None]:
    global _law
    before, _law = _law, law if _law in (STEP, SUMS) else _law
    yield
    _law = before


def _named(law: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def inside(*arguments: Any) -> Any:
        with _inside(law):
            return work(*arguments)

    return inside


def _root(plain: Callable[[float], float]) -> Callable[[float], float]:
    def root(x: float) -> float:
        _counts[_law, "root"] += 1
        return Counted(plain(x))

    return root


def _uncompiled(work: Any) -> Any:
    """Stand in for the engine's decorators: it also asks a function for what it was made of."""
    work.py_func = work
    return work


def count() -> dict[str, dict[str, float]]:
    """Count in a process of its own: law -> kind -> operations of one lane in one stage, on average over a step."""
    import numpy as np

    from ..engine.compile import decorators as compilation

    for decorator in ("function", "borrowing", "inlined", "compiled"):
        setattr(compilation, decorator, _uncompiled)
    from ..engine.compile.layout import LANES, allocate
    from ..engine.inputs import parameter_matrix
    from ..engine.integration import ssprk as integrate
    from ..engine.integration.lanes import PLAIN_FIELDS, Jobs, Lanes, buffers
    from ..engine.names.state import Learned
    from ..engine.patient import circulation, organs
    from ..engine.patient.optional_laws import COMBINATIONS
    from ..engine.periodic.beat_map import begin_pattern, enter
    from ..engine.periodic.solve import CURVES, plan
    from ..sweeps.simulate import sample

    matrix = parameter_matrix(sample("ami-cs", LANES, seed=0))
    steps, _, start = plan(matrix)
    total = int(steps[0])
    jobs = Jobs(matrix, start, np.zeros((LANES, len(Learned._fields))), np.full(LANES, total))
    s = allocate(Lanes, fields=PLAIN_FIELDS, samples=total)
    memory = buffers(total, "float64")
    for lane in range(LANES):
        enter(lane, lane, jobs, s, memory, CURVES)
    work, grid, trace, _ = memory
    begin_pattern(s, memory)
    counted = np.array([Counted(value) for value in work], dtype=object)
    for module in (circulation, organs):
        for name, value in list(vars(module).items()):
            if callable(value) and hasattr(value, "__code__"):
                assembles = value.__module__.startswith(circulation.__package__)
                setattr(module, name, _named(SUMS if assembles else name, value))
    setattr(integrate, "slope", circulation.slope)  # noqa: B010, mypy: a function is not for assignment
    setattr(math, "sqrt", _root(math.sqrt))  # noqa: B010
    _counts.clear()
    integrate.integrate(counted, grid, trace, 0, 1, COMBINATIONS[0])
    found: dict[str, dict[str, float]] = {}
    for (law, kind), number in _counts.items():
        found.setdefault(law, dict.fromkeys(KINDS, 0.0))[kind] += number / (LANES * integrate.STAGES)
    return found


@cache
def operations() -> dict[str, dict[str, float]]:
    """Count the operations of one right-hand side with its share of the step.

    Returns
    -------
    dict
        Law -> kind -> operations, of a patient without lesions and machines.
    """
    found: dict[str, dict[str, float]] = elsewhere(__name__, "count")
    return found


def flops() -> float:
    """Floating-point operations of one right-hand side with its share of the step."""
    return sum(counts[kind] for counts in operations().values() for kind in ARITHMETIC)
