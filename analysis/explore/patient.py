"""One patient for the explorer: simulated while a slider moves, with the waveforms of every arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from ...engine import DEVICE_PARAMETERS, PARAMETERS, WHOLE, Status, check_name, check_range
from ...sweeps.population.definitions import BY_COHORT, HAEMODYNAMIC
from ..patient.case import Case, changed
from ..patient.visit import Visit, visit
from ..reading.measures import Measure, short, spelt, varied
from ..reading.origin import declared_definitions, stored_spec

SIGNALS = ("aortic_pressure", "lv_pressure", "lv_volume")
"""Signals sent to the page."""

SAMPLES = 240
"""Instants over a pattern of beats: finer than the screen shows."""

ALWAYS = ("heart_rate", "systemic_resistance", "lv_elastance", "stressed_volume", "arterial_stiffness")
BALLOON = ("balloon_volume", "inflation_offset", "deflation_offset", "assist_ratio")
"""Parameters that have a slider without being asked for: in every patient, and in arms with a balloon."""

MOST_SLIDERS = 12
"""Parameters that have one because the sweep was made to vary them."""

DEFAULTS = {name: quantity.default for name, quantity in PARAMETERS.items()}


def studied(dataset: xr.Dataset) -> list[str]:
    """Names of the parameters that a sweep was made to vary; where it names none, of all that vary."""
    known = varied(dataset)
    return [name for name in stored_spec(dataset).get("vary") or {} if name in known] or known


def sliders(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """List every parameter with what a slider needs: its range in patients, what is allowed, whether it has one."""
    shown = {*ALWAYS, *BALLOON, *studied(dataset)[:MOST_SLIDERS]}
    listed = []
    for name, quantity in PARAMETERS.items():
        low, high = quantity.plausible
        listed.append(
            {
                "name": name,
                "label": short(quantity.long_name),
                "units": spelt(quantity.units),
                "plausible": [low, high],
                "physical": list(quantity.physical),
                "step": float(np.diff(WHOLE[name]).min()) if name in WHOLE else (high - low) / 200,
                "device": name in DEVICE_PARAMETERS,
                "shown": name in shown,
            }
        )
    return listed


def judged_by(case: Case, dataset: xr.Dataset, definition: str, thresholds: Mapping[str, float]) -> Case:
    """Let another definition and other thresholds decide the class of a case from a store."""
    if definition == BY_COHORT:
        definition = declared_definitions(dataset).get(str(case.spec.get("cohort")), HAEMODYNAMIC)
    response = {**(case.spec.get("response") or {}), **thresholds, "definition": definition}
    return replace(case, spec={**case.spec, "response": response})


def follow(case: Case, settings: Mapping[str, float]) -> Visit:
    """Simulate a case, changed as the sliders say.

    What failed as it stands in the store is looked into, as ``patient`` does; of what fails while a slider moves there
    is only the reason, because that look takes a second.

    Raises
    ------
    InputError
        For an unknown name or a value outside its physical range.
    """
    for name, value in settings.items():
        check_name("parameters", name, PARAMETERS)
        check_range("parameters", name, value, PARAMETERS[name])
    case = changed(case, settings)
    live = visit(case, SAMPLES, threads=1, look_into=False)
    failed = any(int(code) != Status.OK for code in live.result["status"].values)
    return visit(case, SAMPLES) if failed and not settings else live


def waves(seen: Visit) -> dict[str, dict[str, list[float]]]:
    """Signals of every arm that has a pattern, with their instants ``time`` in s."""
    if seen.traces is None:
        return {}
    drawn: dict[str, dict[str, list[float]]] = {}
    for arm in map(str, seen.traces["arm"].values):
        one = seen.traces.sel(arm=arm)
        times = one["time"].values * float(one["pattern_duration"])
        drawn[arm] = {"time": np.round(times, 4).tolist()}
        for name in SIGNALS:
            drawn[arm][name] = np.round(one[name].values, 3).tolist()
    return drawn


def values(seen: Visit, arm: str) -> dict[str, float]:
    """Give every parameter of a simulated patient, those of devices as they are in an arm."""
    return {**DEFAULTS, **seen.case.parameters, **seen.case.arms[arm]}


def place(seen: Visit, axes: tuple[Measure, Measure], own: Mapping[str, float]) -> list[float | None]:
    """Where a simulated patient lies on two axes, with the parameters given; None where a number is missing."""
    found = [
        own[axis.name] if axis.name in own else float(axis.of(seen.result[[*axis.needs, "convergence_error"]]))
        for axis in axes
    ]
    return [value if np.isfinite(value) else None for value in found]
