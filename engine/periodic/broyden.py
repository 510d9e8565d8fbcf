"""Broyden's method in the lanes, from the state and the Jacobian that regressions predict.

C. G. Broyden 1965, the first ("good") update, on the inverse. With residuals r = g(x) - x in units of each state's
size and H the inverse of (identity - Jacobian), the next point is x + H*r.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import function
from ..compile.lane_algebra import add_multiple, add_products, regress, resolve
from ..compile.layout import LANES, Array, allocate
from .acceptance import ASTRAY, larger, tolerated
from .prediction import Regressions
from .solution import BEATS_AT, RESULTS, STATUS_NOT_RUN, measure_lane, write_pattern

MOST_BEATS = 16
"""Beats after which a search with a warm start is given up, and the patient begun again without."""
WORSE = 16.0
"""Growth of the squared residual at which a point is given up and a plain beat taken from the best one."""
LONGEST_STEP = np.float32(0.5)
"""Longest step, in units of each state's size."""
SAFETY = 1.5
DEVIATION_SAFETY = 2.0
"""On the change of the outcomes that the next step would make, and on what training patients deviate by."""


class Broyden(NamedTuple):
    """LANES searches in progress, for so many fields ``sought`` and ``outcomes``. Steps are float32, places float64.

    After some beats H is (1 + turn*move^T)...(1 + turn*move^T) times the inverse that was predicted. Where a lane is
    about to begin, ``waited`` has the place of its patient among the predictions; elsewhere -1.
    """

    factors: Annotated[np.ndarray, Array("sought", "sought", LANES, dtype=np.float32)]
    size: Annotated[np.ndarray, Array("sought", LANES)]
    base: Annotated[np.ndarray, Array("sought", LANES)]
    residual: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    newton: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    fresh: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    fresh_newton: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    moved: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    step: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    scratch: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    moves: Annotated[np.ndarray, Array(MOST_BEATS, "sought", LANES, dtype=np.float32)]
    turns: Annotated[np.ndarray, Array(MOST_BEATS, "sought", LANES, dtype=np.float32)]
    deepest: Annotated[np.ndarray, Array(1, dtype=np.int64)]
    waited: Annotated[np.ndarray, Array(LANES, dtype=np.int64, fill=-1)]
    entering: Annotated[np.ndarray, Array(LANES, dtype=np.uintp)]
    places: Annotated[np.ndarray, Array(LANES, dtype=np.uintp)]
    norm: Annotated[np.ndarray, Array(LANES)]
    least: Annotated[np.ndarray, Array(LANES, fill=math.inf)]
    better: Annotated[np.ndarray, Array(LANES, dtype=np.bool_)]
    estimate: Annotated[np.ndarray, Array(LANES)]
    predicted_change: Annotated[np.ndarray, Array("outcomes", LANES, dtype=np.float32)]
    deviation: Annotated[np.ndarray, Array("outcomes", LANES, dtype=np.float32)]
    sums: Annotated[np.ndarray, Array(LANES, dtype=np.float32)]


def searches(regressions: Regressions) -> Broyden:
    """Allocate the searches of one arm."""
    sought, outcomes = regressions.sensitivity.shape
    made: Broyden = allocate(Broyden, sought=sought, outcomes=outcomes)
    return made


@function
def begin(fields, predictions, search, x):  # type: ignore[no-untyped-def]
    """Begin the search of every lane that has a place in ``waited``, where the regressions predict its periodic state.

    All at once, and row by row: measured over ten of them, half the time of one lane after the other, which reads and
    writes a number of every line of the cache.
    """
    waited, lanes, places = search.waited, search.entering, search.places
    count = 0
    for lane in range(LANES):
        if waited[lane] >= 0:
            lanes[count], places[count] = lane, waited[lane]
            waited[lane] = -1
            count += 1
    factors, predicted = search.factors.reshape(-1), predictions.factors.reshape(-1)
    for row in range(fields.size * fields.size):
        first = np.uintp(row * LANES)
        for each in range(count):
            factors[first + lanes[each]] = predicted[first + places[each]]
    moves, turns = search.moves.reshape(-1), search.turns.reshape(-1)
    for row in range(search.deepest[0] * fields.size):
        first = np.uintp(row * LANES)
        for each in range(count):
            moves[first + lanes[each]] = turns[first + lanes[each]] = 0.0
    base, size, newton = search.base, search.size, search.newton
    state, sizes = predictions.state, predictions.size
    for each in range(count):
        lane, place = lanes[each], places[each]
        for i in range(fields.size):
            x[fields[i], lane] = base[i, lane] = state[i, place]
            size[i, lane] = sizes[i, place]
            newton[i, lane] = 0.0
        search.least[lane] = math.inf


@function
def advance(regressions, x, g, beats, search):  # type: ignore[no-untyped-def]
    """After a beat, find every lane's next step from its base, and estimate the error of the beat's outcomes.

    Where the residual grew the base stays, the next point is its image, and the estimate is infinite. ``beats`` are
    those that each lane has gone through before.
    """
    compare(regressions.fields, x, g, search)
    update_inverse(beats, search)
    base, residual, newton, fresh, fresh_newton = (
        search.base,
        search.residual,
        search.newton,
        search.fresh,
        search.fresh_newton,
    )
    step, norm, least, better, longest, fields = (
        search.step,
        search.norm,
        search.least,
        search.better,
        search.sums,
        regressions.fields,
    )
    n, width = base.shape
    for lane in range(width):
        better[lane] = norm[lane] <= WORSE * least[lane]
        least[lane] = min(norm[lane], least[lane]) if better[lane] else least[lane]
    longest[:] = 0.0
    for k in range(n):
        for lane in range(width):
            residual[k, lane] = fresh[k, lane] if better[lane] else residual[k, lane]
            newton[k, lane] = fresh_newton[k, lane] if better[lane] else newton[k, lane]
            base[k, lane] = x[fields[k], lane] if better[lane] else base[k, lane]
            step[k, lane] = newton[k, lane] if better[lane] else residual[k, lane]
            longest[lane] = max(longest[lane], abs(step[k, lane]))
    estimate_errors(regressions, search)
    for k in range(n):
        for lane in range(width):
            step[k, lane] *= LONGEST_STEP / max(longest[lane], LONGEST_STEP)


@function
def compare(fields, x, g, search):  # type: ignore[no-untyped-def]
    """Residual of every lane, its square, and the move of the state since the base."""
    size, base, fresh, moved, norm = search.size, search.base, search.fresh, search.moved, search.norm
    width = norm.size
    norm[:] = 0.0
    for k in range(fields.size):
        i = fields[k]
        for lane in range(width):
            unit = 1.0 / size[k, lane]
            fresh[k, lane] = (g[i, lane] - x[i, lane]) * unit
            moved[k, lane] = (x[i, lane] - base[k, lane]) * unit
            norm[lane] += fresh[k, lane] * fresh[k, lane]


@function
def update_inverse(beats, search):  # type: ignore[no-untyped-def]
    """Broyden's update of every lane's H by the last move and the fall of the residual that it made.

    With y that fall, turn = (move - H*y)/(move^T*H*y) and H <- (1 + turn*move^T)*H. H times the base's residual is
    kept, so that H*y is what is left of it when H times the fresh residual is taken off.
    """
    moved, newton, fresh_newton, turn, gain, least = (
        search.moved,
        search.newton,
        search.fresh_newton,
        search.scratch,
        search.sums,
        search.least,
    )
    n, width = moved.shape
    resolve(search.factors, search.fresh, fresh_newton, gain)
    for beat in range(search.deepest[0]):
        add_products(search.moves[beat], fresh_newton, gain)
        add_multiple(fresh_newton, search.turns[beat], gain)
    gain[:] = 0.0
    for k in range(n):
        for lane in range(width):
            turn[k, lane] = newton[k, lane] - fresh_newton[k, lane]
            gain[lane] += moved[k, lane] * turn[k, lane]
    for lane in range(width):
        # a lane that has only just begun has no base to learn from
        known = least[lane] < math.inf and gain[lane] != 0.0
        gain[lane] = np.float32(1.0) / gain[lane] if known else np.float32(0.0)
    for k in range(n):
        for lane in range(width):
            turn[k, lane] = (moved[k, lane] - turn[k, lane]) * gain[lane]
    moves, turns = search.moves, search.turns
    for lane in range(width):
        last = beats[lane] - 1
        if gain[lane] != 0.0:
            search.deepest[0] = max(search.deepest[0], last + 1)
            for k in range(n):
                moves[last, k, lane] = moved[k, lane]
                turns[last, k, lane] = turn[k, lane]
    add_products(moved, newton, gain)
    add_multiple(newton, turn, gain)
    add_products(moved, fresh_newton, gain)
    add_multiple(fresh_newton, turn, gain)


@function
def estimate_errors(regressions, search):  # type: ignore[no-untyped-def]
    """Estimated relative error of the outcomes, from the change that the next step would make to them."""
    estimate, step, square, better, predicted_change, deviation = (
        search.estimate,
        search.step,
        search.scratch,
        search.better,
        search.predicted_change,
        search.deviation,
    )
    width = estimate.size
    for k in range(step.shape[0]):
        for lane in range(width):
            square[k, lane] = step[k, lane] * step[k, lane]
    regress(step, regressions.sensitivity, predicted_change)
    regress(square, regressions.squared_deviation, deviation)
    for lane in range(width):
        estimate[lane] = 0.0 if better[lane] else math.inf
    for which in range(predicted_change.shape[0]):
        for lane in range(width):
            uncertain = DEVIATION_SAFETY * math.sqrt(deviation[which, lane])
            estimate[lane] = larger(estimate[lane], SAFETY * abs(predicted_change[which, lane]) + uncertain)


@function
def decide(lanes, trace, tolerance, caution, search, fields, solution, regulation):  # type: ignore[no-untyped-def]
    """After a pattern, write out every lane whose estimated error is within the tolerance; the others go on.

    Of each job's estimates ``caution`` times as much counts.

    What goes astray is left as not run. Returns how many lanes are done.
    """
    x, job, beats, estimate, norm, base, size, step = (
        lanes.x, lanes.job, lanes.beats, search.estimate, search.norm, search.base, search.size, search.step,
    )  # fmt: skip
    row = np.empty(RESULTS)
    done = 0
    for lane in range(LANES):
        if job[lane] < 0:
            continue
        beats[lane] += 1
        error = caution[job[lane]] * estimate[lane]
        if error <= tolerated(lanes, lane, tolerance):
            status, findings, closure = measure_lane(lanes, lane, trace, row)
            write_pattern(lanes, lane, row, error, status, findings, closure, solution, regulation)
        elif beats[lane] >= MOST_BEATS or not norm[lane] < ASTRAY:
            solution.status[job[lane]] = STATUS_NOT_RUN
            solution.outcomes[job[lane], BEATS_AT] = beats[lane]
        else:
            for k in range(fields.size):
                x[fields[k], lane] = base[k, lane] + size[k, lane] * step[k, lane]
            continue
        job[lane] = -1
        done += 1
    return done
