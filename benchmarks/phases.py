"""Where the time goes within `simulate`: its compiled phases between readings of the core's cycle counter.

In a process of its own the names by which the engine's compiled driver calls its phases are bound to the same functions
between two readings, before that driver is compiled. What is compiled there holds addresses of that process and must
not reach the cache of others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .processes import elsewhere
from .speed import ARMS

PHASES = {
    "integrate": ("lanes.integrate",),
    "begin and end a pattern": ("solve.begin_pattern", "solve.end_pattern"),
    "fold, tabulate, enter": ("solve.enter", "solve.make_room"),
    "predict by the warm start": ("solve.predict", "broyden.begin"),
    "accelerate": ("broyden.advance", "anderson.begin", "anderson.remember", "anderson.extrapolate"),
    "measure outcomes": ("broyden.measure_lane", "acceptance.measure_lane"),
    "decide": ("broyden.decide", "solve.decide"),
}
"""Phase -> names by which the compiled driver calls its functions. Outcomes are measured within `decide`."""
CONVERGE, SOLVE, SIMULATE = "rest of the compiled driver", "plan and allocate", "arms, checks, the Dataset"


def _reader() -> Any:
    """Make what adds the cycle counter, times a sign, to a place in memory, and counts in the next place."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    word = ir.IntType(64)

    def add(builder: Any, place: Any, value: Any) -> None:
        builder.store(builder.add(builder.load(place), value), place)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        counter = builder.module.declare_intrinsic("llvm.readcyclecounter", (), ir.FunctionType(word, ()))
        place = builder.inttoptr(arguments[0], word.as_pointer())
        add(builder, place, builder.mul(builder.call(counter, ()), arguments[1]))
        add(builder, builder.gep(place, [ir.Constant(word, 1)]), ir.Constant(word, 1))
        return context.get_dummy_value()

    @intrinsic  # type: ignore[untyped-decorator]
    def read(typing: Any, address: Any, sign: Any) -> Any:
        return types.void(types.int64, types.int64), generate

    return read


def _between(work: Any, cell: np.ndarray, read: Any) -> Any:
    """Put a compiled function between two readings."""
    from ..engine.compile.decorators import function

    address = int(cell.ctypes.data)

    @function
    def between(*arguments):  # type: ignore[no-untyped-def]
        read(address, -1)
        result = work(*arguments)
        read(address, 1)
        return result

    return between


def _around(work: Callable[..., Any], cell: np.ndarray, stamp: Any) -> Callable[..., Any]:
    """Put a function that Python calls between two readings."""
    address = int(cell.ctypes.data)

    @wraps(work)
    def around(*arguments: Any, **options: Any) -> Any:
        stamp(address, -1)
        result = work(*arguments, **options)
        stamp(address, 1)
        return result

    return around


def cycles(cohorts: Sequence[str], patients: int, precision: str, rounds: int) -> dict[str, dict[str, float]]:
    """Read the cycles of every phase, in a process to be thrown away: cohort -> phase -> cycles; and idle lanes."""
    import numba

    from ..engine import arms
    from ..engine.compile.layout import LANES
    from ..engine.integration import lanes
    from ..engine.periodic import acceptance, anderson, broyden, second_states
    from ..engine.periodic import solve as periodic
    from ..sweeps.simulate import sample, simulate, warm_start

    modules: dict[str, Any] = {
        module.__name__.rpartition(".")[2]: module for module in (acceptance, anderson, broyden, lanes, periodic)
    }
    cells = {phase: np.zeros(2, np.int64) for phase in (*PHASES, CONVERGE, SOLVE, SIMULATE)}
    read = _reader()
    for phase, places in PHASES.items():
        for module, name in (place.split(".") for place in places):
            setattr(modules[module], name, _between(getattr(modules[module], name), cells[phase], read))
    stamp = numba.njit(lambda address, sign: read(address, sign))
    bound: dict[str, Any] = vars(arms)
    modules["solve"].converge = _around(periodic.converge, cells[CONVERGE], stamp)
    for place, name in ((bound, "solve"), (vars(second_states), "solve"), (vars(second_states), "held_patterns")):
        place[name] = _around(place[name], cells[SOLVE], stamp)
    whole = _around(simulate, cells[SIMULATE], stamp)
    found = {}
    for cohort in cohorts:
        candidates = sample(cohort, patients, seed=0)
        options: Any = {
            "precision": precision,
            "threads": 1,
            "warm_start": warm_start(cohort, ARMS, precision=precision),
        }
        simulate(candidates, ARMS, **options)
        runs = []
        for _ in range(rounds):
            for cell in cells.values():
                cell[:] = 0
            result = whole(candidates, ARMS, **options)
            runs.append({phase: float(cell[0]) for phase, cell in cells.items()})
        found[cohort] = min(runs, key=lambda run: run[SIMULATE])
        # lanes with fewer steps are read before the others go on: `integrate` may be called several times a pattern
        slots = cells["begin and end a pattern"][1] / 4 * LANES
        found[cohort]["idle"] = 1.0 - float(result.beats_to_converge.sum()) / slots
    return found


def shares(cohorts: Sequence[str], patients: int, precision: str, rounds: int) -> dict[str, dict[str, float]]:
    """Measure where `simulate` spends its time.

    Returns
    -------
    dict
        Cohort -> phase -> share of the fastest of the rounds, each phase without those within it; and "idle", the
        share of lanes that carried nobody.
    """
    with TemporaryDirectory() as folder:
        found = elsewhere(
            f"{__name__}", "cycles", list(cohorts), patients, precision, rounds, COUNTERPULSE_CACHE=folder
        )
    result = {}
    for cohort, spent in found.items():
        idle, total = spent.pop("idle"), spent[SIMULATE]
        spent[SIMULATE] -= spent[SOLVE]
        spent[SOLVE] -= spent[CONVERGE]
        spent[CONVERGE] -= sum(spent[phase] for phase in PHASES) - spent["measure outcomes"]
        spent["decide"] -= spent["measure outcomes"]
        result[cohort] = {**{phase: each / total for phase, each in spent.items()}, "idle": idle}
    return result
