"""Arms without a result, looked at again: the last pattern of beats that can be integrated, and why it is no result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import DEVICES, OUTCOMES, SIGNALS, Parameters, Status, value_of
from ...engine.arms import Solver, held_pressure, run_arms
from ...engine.inputs import parameter_matrix
from ...engine.integration.one_patient import pattern_duration
from ...engine.names.regulation import MODES, UNREGULATED, Regulation
from ...engine.names.state import HELD, STATE, Learned
from ...engine.periodic.acceptance import ASTRAY, FLOOR, SCALE
from ...engine.periodic.beat_map import CHAMBERS
from ...engine.periodic.solution import BEATS_AT, Solution
from ...engine.periodic.solve import MOST_BEATS, images, plan
from ...engine.traces import regulated_patients, sample
from ...sweeps.population.windows import Bounds, in_words
from ...sweeps.simulate import simulate

ROOM_AT = Parameters._fields.index("pericardial_room")
CLOSURE_AT = Learned._fields.index("closure")
CHAMBERS_AT = Learned._fields.index("chamber_volume")
TARGET_AT = Learned._fields.index("arterial_pressure")
STATES = {**STATE, **HELD}
NEEDED = ("lv_end_systolic_volume", "diastolic_pressure", "cardiac_output")
"""Outcomes that must be above 0 for the equations to hold, beside the flow through both layers of the heart's wall."""


@dataclass(frozen=True)
class Replay:
    """What is known of an arm without a result.

    Attributes
    ----------
    why : str
        In words; empty where nothing can be said beyond the status.
    beats : int
        Patterns of beats integrated one after another, without acceleration; 0 where the state is periodic, or where
        nothing could be integrated.
    outcomes : dict of str to float
        Of the last of them, or of the periodic one: what was reached, which is no result.
    signals : array or None
        Signals of that pattern, in the order of ``SIGNALS``, over ``samples`` instants.
    duration : float
        Of the pattern (s).
    """

    why: str
    beats: int = 0
    outcomes: Mapping[str, float] | None = None
    signals: np.ndarray | None = None
    duration: float = float("nan")


class Followed(NamedTuple):
    """A patient followed pattern by pattern, or found periodic."""

    state: np.ndarray
    outcomes: list[np.ndarray]
    beats: int
    astray: str


def replay(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    status: Mapping[str, Status],
    settings: Mapping[str, Any],
    samples: int,
) -> dict[str, Replay]:
    """Look again at the arms of one patient that have no result.

    Parameters
    ----------
    patients : xr.Dataset
        Of one patient, in regular rhythm in every arm.
    arms : mapping of str to mapping of str to float
        All of them, the reference first.
    status : mapping of str to Status
        Of every arm.
    settings : mapping
        ``precision``, ``tolerance`` and ``regulation``, as for `simulate`.
    samples : int
        Instants over a pattern.

    Returns
    -------
    dict of str to Replay
        Of the arms whose status is not ok.
    """
    precision, regulation = settings["precision"], MODES[settings["regulation"]].regulation
    solver = Solver(precision, settings["tolerance"])
    (bare, baseline), *solved = run_arms(parameter_matrix(patients), arms, {}, solver, settings["regulation"])
    guess = plan(bare)[2]
    nothing = np.zeros_like(baseline.learned)
    unsupported = _follow(bare, baseline, guess, nothing, precision, UNREGULATED)
    start = baseline._replace(states=unsupported.state, learned=_learned(bare, baseline, unsupported, samples))
    reference = dict(zip(arms, solved, strict=True))[next(iter(arms))][1]
    found: dict[str, Replay] = {}
    for arm, (own, solution) in zip(arms, solved, strict=True):
        if status[arm] in (Status.OK, Status.OUTSIDE_COHORT):
            continue
        here, learned = regulation, start.learned
        if regulation.moves_factor:
            held, learned = held_pressure(own, learned, None if arm == next(iter(arms)) else reference)
            here = regulation if held[0] else UNREGULATED
        if (own == bare).all() and not here.moves_factor:
            followed, learned = unsupported, nothing
        elif learned[0, CLOSURE_AT] <= 0.0 or not np.isfinite(learned[0, TARGET_AT]):
            found[arm] = Replay("without a beat of the unsupported heart this arm has nothing to start from")
            continue
        else:
            followed = _follow(own, solution, start.states, learned, precision, here)
        signals, duration = _signals(own, start, solution, followed.state, samples)
        reached = dict(zip(OUTCOMES, map(float, followed.outcomes[-1]), strict=True)) if followed.outcomes else {}
        for name in ("beats_to_converge", "convergence_error"):
            reached.pop(name, None)
        why = _why(status[arm], followed, signals, settings["tolerance"])
        finite = bool(np.isfinite(signals).all())
        found[arm] = Replay(why, followed.beats, reached, signals if finite else None, duration)
    return found


def outside(matrix: np.ndarray, outcomes: np.ndarray, bounds: Bounds) -> str:
    """Say by which bounds of a cohort's window one patient, a row of parameters and of outcomes, lies outside."""
    told = []
    for key, between in bounds.items():
        low, high = (float(np.atleast_1d(limit)[0]) for limit in between)
        value = float(value_of(key, matrix, outcomes)[0])
        if not low <= value <= high:
            limits = in_words(key, _bound(low), _bound(high)).removeprefix(f"{key} ")
            told.append(f"{key} {value:.4g}, the window is {limits}")
    return "; ".join(told)


def beyond_window(patients: xr.Dataset, bounds: Bounds, settings: Mapping[str, Any]) -> str:
    """Say by which bounds one patient without support lies outside the cohort's window; empty without bounds."""
    if not bounds:
        return ""
    bare = simulate(patients, {"unsupported": dict.fromkeys(DEVICES, 0.0)}, **{**settings, "regulation": "open-loop"})
    outcomes = np.array([[float(bare[name].isel(patient=0, arm=0)) for name in OUTCOMES]])
    return outside(parameter_matrix(patients), outcomes, bounds)


def with_replays(traces: xr.Dataset | None, found: Mapping[str, Replay]) -> xr.Dataset | None:
    """Add the signals of arms without a result to the waveforms of the others; None where there are none at all."""
    shown = {arm: one for arm, one in found.items() if one.signals is not None}
    if not shown:
        return traces
    values = np.stack([one.signals for one in shown.values() if one.signals is not None], axis=1)
    added = xr.Dataset(
        {name: (("arm", "time"), values[place]) for place, name in enumerate(SIGNALS)},
        {"arm": np.array(list(shown), dtype=object), "time": np.arange(values.shape[2]) / values.shape[2]},
    )
    added["pattern_duration"] = "arm", [one.duration for one in shown.values()]
    if traces is None:
        return added
    return xr.concat([traces, added], "arm", data_vars="all", coords="minimal", compat="override", join="override")


def _follow(
    own: np.ndarray, solution: Solution, start: np.ndarray, learned: np.ndarray, precision: str, regulation: Regulation
) -> Followed:
    """Integrate pattern after pattern without acceleration; a periodic state that was found, once."""
    state = before = start
    outcomes: list[np.ndarray] = []
    beats = 1 if (periodic := solution.learned[0, CHAMBERS_AT] > 0.0) else MOST_BEATS
    if periodic:
        state = solution.states
    for beat in range(beats):
        image = images(own, state, learned, precision=precision, regulation=regulation)
        moved = (image.states - state)[0, : len(SCALE)] / SCALE
        if not np.square(moved).sum() < ASTRAY:
            return Followed(before, outcomes, beat, _astray(image.states[0], moved, beat + 1))
        outcomes.append(image.outcomes[0])
        if beat < beats - 1:
            before, state = state, image.states
    return Followed(state, outcomes, 0 if periodic else beats, "")


def _learned(bare: np.ndarray, baseline: Solution, followed: Followed, samples: int) -> np.ndarray:
    """What arms take over from the unsupported state; without a periodic one, from the last pattern reached."""
    learned = baseline.learned.copy()
    if learned[0, CHAMBERS_AT] > 0.0:
        return learned
    signals, duration = _signals(bare, baseline, baseline, followed.state, samples)
    flow = signals[list(SIGNALS).index("aortic_valve_flow")]
    forward = np.flatnonzero(flow > 0.0)
    if forward.size and np.isfinite(flow).all():
        learned[0, CLOSURE_AT] = (forward[-1] + 1) / samples * duration
        learned[0, CHAMBERS_AT] = followed.state[0, list(CHAMBERS)].sum()
        learned[0, TARGET_AT] = signals[list(SIGNALS).index("aortic_pressure")].mean()
    return learned


def _signals(
    own: np.ndarray, baseline: Solution, solution: Solution, state: np.ndarray, samples: int
) -> tuple[np.ndarray, float]:
    """Signals (len(SIGNALS), samples) of the pattern that begins at a state, and its duration."""
    taken = solution._replace(states=state, status=np.full(1, Status.OK, np.uint8))
    rows, adjusted = regulated_patients(own, baseline, taken)
    moved = rows[0, Parameters._fields.index("heart_rate")] != own[0, Parameters._fields.index("heart_rate")]
    steps, codes, _ = plan(own, Regulation(moves_drives=bool(moved)))
    chambers = baseline.learned[0, CHAMBERS_AT] or state[0, list(CHAMBERS)].sum()
    duration = pattern_duration(rows[0])
    times = np.arange(samples) / samples * duration
    room = float(own[0, ROOM_AT] * chambers)
    return sample(rows[0], adjusted[0], state[0], room, times, int(steps[0]), int(codes[0])), duration


def _why(status: Status, followed: Followed, signals: np.ndarray, tolerance: float) -> str:
    where = "from where the unsupported heart ended, " if status == Status.REFERENCE_FAILED else ""
    if followed.astray:
        return where + followed.astray
    last = dict(zip(OUTCOMES, followed.outcomes[-1], strict=True))
    flow = signals[list(SIGNALS).index("aortic_valve_flow")]
    if followed.beats:
        missed = "; the search did not get there" if status == Status.NOT_CONVERGED else ""
        return f"{where}after {followed.beats} plain beats {_unsettled(followed.outcomes, tolerance, missed)}"
    if status == Status.NO_EJECTION:
        peak, foot = last["lv_peak_pressure"], last["diastolic_pressure"]
        return f"the left ventricle reached {peak:.3g} mmHg, the aorta never had less than {foot:.3g} mmHg"
    if status == Status.NO_DIASTOLE:
        return f"the flow through the aortic valve was {flow[-1]:.3g} mL/s at the end of the beat"
    inner, outer = (signals[list(SIGNALS).index(name)].mean() for name in ("inner_flow", "outer_flow"))
    values = {OUTCOMES[name].long_name: (last[name], OUTCOMES[name].units) for name in NEEDED}
    values |= {"flow through the inner layer": (inner, "mL/s"), "flow through the outer layer": (outer, "mL/s")}
    wrong = [f"{name} {value:.3g} {units}" for name, (value, units) in values.items() if not value > 0.0]
    return f"{', '.join(wrong)}: must be above 0" if wrong else ""


def _unsettled(outcomes: list[np.ndarray], tolerance: float, missed: str) -> str:
    """Say which outcome still changes most from one pattern of beats to the next; ``missed`` where none does."""
    earlier, before, now = (row[:BEATS_AT] for row in outcomes[-3:])
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(now), FLOOR[:BEATS_AT])
        change = np.where(np.isfinite(now) & np.isfinite(before), np.abs(now - before) / size, 0.0)
        again = np.where(np.isfinite(now) & np.isfinite(earlier), np.abs(now - earlier) / size, 0.0)
    worst = int(np.argmax(change))
    if change[worst] <= tolerance:
        return f"one is like the last to {100 * tolerance:g} % in every outcome{missed}"
    names = dict.fromkeys((list(OUTCOMES)[worst], "cardiac_output"))
    told = []
    for name in names:
        place = list(OUTCOMES).index(name)
        units = "" if OUTCOMES[name].units == "1" else f" {OUTCOMES[name].units}"
        told.append(f"{name} {round(before[place], 6):.4g}, then {round(now[place], 6):.4g}{units}")
    how = "two kinds of beat alternate" if again[worst] < 0.2 * change[worst] else "one still differs from the last"
    return f"{how}: {'; '.join(told)}"


def _astray(state: np.ndarray, moved: np.ndarray, beat: int) -> str:
    """Say what ran away in a beat."""
    finite = np.isfinite(moved)
    if not finite.all():
        name = list(STATES)[int(np.argmin(finite[: len(STATES)]))]
        return f"in plain beat {beat} the {STATES[name].long_name} is no number any more"
    place = int(np.argmax(np.abs(moved[: len(STATES)])))
    name = list(STATES)[place]
    return f"in plain beat {beat} the {STATES[name].long_name} ran away to {state[place]:.3g} {STATES[name].units}"


def _bound(limit: float) -> float | None:
    return limit if np.isfinite(limit) else None
