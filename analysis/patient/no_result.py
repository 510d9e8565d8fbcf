"""Arms without a result, in words and as waveforms: why there is none, and what was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from ...engine import DEVICES, OUTCOMES, Replay, Status, value_of
from ...engine.inputs import parameter_matrix
from ...sweeps.population.windows import Bounds, in_words
from ...sweeps.simulate import simulate

NEEDED = ("lv_end_systolic_volume", "diastolic_pressure", "cardiac_output")
"""Outcomes that must be above 0 for the equations to hold, beside the flow through both layers of the heart's wall."""


def why(status: Status, replay: Replay, tolerance: float) -> str:
    """Say why an arm has no result; empty where nothing can be said beyond its status.

    Parameters
    ----------
    status : Status
        Of the arm.
    replay : Replay
        What was found of it.
    tolerance : float
        Of the estimated relative error, to which it was simulated.
    """
    if not replay.patterns and replay.ran_away is None:
        return "without a beat of the unsupported heart this arm has nothing to start from"
    where = "from where the unsupported heart ended, " if status == Status.REFERENCE_FAILED else ""
    if replay.ran_away is not None:
        beat, state, value = replay.ran_away
        became = f"ran away to {value:.3g} {state.units}" if np.isfinite(value) else "is no number any more"
        return f"{where}in beat {beat} the {state.long_name} {became}"
    if replay.beats:
        missed = "; the search did not get there" if status == Status.NOT_CONVERGED else ""
        return f"{where}after {replay.beats} beats in a row {unsettled(replay.patterns, tolerance, missed)}"
    if status == Status.NO_EJECTION:
        peak, foot = replay.reached["lv_peak_pressure"], replay.reached["diastolic_pressure"]
        return f"the left ventricle reached {peak:.3g} mmHg, the aorta never had less than {foot:.3g} mmHg"
    if status == Status.NO_DIASTOLE:
        flow = replay.signals["aortic_valve_flow"][-1]
        return f"the flow through the aortic valve was {flow:.3g} mL/s at the end of the beat"
    values = {OUTCOMES[name].long_name: (replay.reached[name], OUTCOMES[name].units) for name in NEEDED}
    for layer in ("inner", "outer"):
        values[f"flow through the {layer} layer"] = float(replay.signals[f"{layer}_flow"].mean()), "mL/s"
    wrong = [f"{name} {value:.3g} {units}" for name, (value, units) in values.items() if not value > 0.0]
    return f"{', '.join(wrong)}: must be above 0" if wrong else ""


def unsettled(patterns: Sequence[Mapping[str, float]], tolerance: float, missed: str) -> str:
    """Say which outcome still changes most from one pattern of beats to the next; ``missed`` where none does.

    Parameters
    ----------
    patterns : sequence of dict of str to float
        Outcomes of the last three.
    """
    earlier, before, now = patterns[-3:]
    changes = {name: _change(name, before, now) for name in now}
    worst = max(changes, key=changes.__getitem__)
    if changes[worst] <= tolerance:
        return f"one is like the last to {100 * tolerance:g} % in every outcome{missed}"
    told = []
    for name in dict.fromkeys((worst, "cardiac_output")):
        units = "" if OUTCOMES[name].units == "1" else f" {OUTCOMES[name].units}"
        told.append(f"{name} {round(before[name], 6):.4g}, then {round(now[name], 6):.4g}{units}")
    alternates = _change(worst, earlier, now) < 0.2 * changes[worst]
    how = "two kinds of beat alternate" if alternates else "one still differs from the last"
    return f"{how}: {'; '.join(told)}"


def _change(name: str, before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """How much an outcome changed, relative to its size; 0 where either is no number."""
    if not (np.isfinite(before[name]) and np.isfinite(now[name])):
        return 0.0
    return abs(now[name] - before[name]) / max(abs(now[name]), OUTCOMES[name].floor)


def with_replays(traces: xr.Dataset | None, replays: Mapping[str, Replay]) -> xr.Dataset | None:
    """Add the signals of arms without a result to the waveforms of the others; None where there are none at all."""
    shown = {arm: replay for arm, replay in replays.items() if replay.complete}
    if not shown:
        return traces
    first, *_ = shown.values()
    samples = len(next(iter(first.signals.values())))
    added = xr.Dataset(
        {name: (("arm", "time"), [replay.signals[name] for replay in shown.values()]) for name in first.signals},
        {"arm": np.array(list(shown), dtype=object), "time": np.arange(samples) / samples},
    )
    added["pattern_duration"] = "arm", [replay.duration for replay in shown.values()]
    if traces is None:
        return added
    return xr.concat([traces, added], "arm", data_vars="all", coords="minimal", compat="override", join="override")


def beyond_window(patients: xr.Dataset, bounds: Bounds, settings: Mapping[str, Any]) -> str:
    """Say by which bounds one patient without support lies outside the cohort's window; empty without bounds."""
    if not bounds:
        return ""
    bare = simulate(patients, {"unsupported": dict.fromkeys(DEVICES, 0.0)}, **{**settings, "regulation": "open-loop"})
    outcomes = np.array([[float(bare[name].isel(patient=0, arm=0)) for name in OUTCOMES]])
    return outside(parameter_matrix(patients), outcomes, bounds)


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


def _bound(limit: float) -> float | None:
    return limit if np.isfinite(limit) else None
