"""The search with a warm start: when a lane is done, and the patterns that training patients only try."""

from __future__ import annotations

import math

import numpy as np

from ..compile.decorators import function
from ..compile.layout import LANES
from .acceptance import ASTRAY
from .broyden import MOST_BEATS
from .solution import BEATS_AT, RESULTS, STATUS_NOT_RUN, measure_lane, write_pattern


@function
def finish(lanes, trace, steps, tolerance, search, fields, solution, regulation):  # type: ignore[no-untyped-def]
    """After a pattern, write out every lane whose estimated error is within the tolerance; the others go on.

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
        if estimate[lane] <= tolerance[job[lane]]:
            status, findings, closure = measure_lane(lanes, lane, trace, steps, row)
            write_pattern(lanes, lane, steps, row, estimate[lane], status, findings, closure, solution, regulation)
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


@function
def note_images(lanes, trace, steps, solution):  # type: ignore[no-untyped-def]
    """Write every lane's image and outcomes to its job; not a number where the pattern went astray.

    Returns how many lanes were in use.
    """
    job, g = lanes.job, lanes.g
    done = 0
    for lane in range(LANES):
        if job[lane] >= 0:
            total = 0.0
            for i in range(g.shape[0]):
                solution.states[job[lane], i] = g[i, lane]
                total += abs(g[i, lane])
            if total < math.inf:
                measure_lane(lanes, lane, trace, steps, solution.outcomes[job[lane]])
            job[lane] = -1
            done += 1
    return done
