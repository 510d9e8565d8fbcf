"""The answer of a course: sums over the patients made into a data set."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..numbers.intervals import Z95, described, shares_with_intervals
from ..prognosis.constants import KINDS
from .benefit import shares_of
from .competing_risks import cumulative_incidence
from .nomograms import INTERVAL
from .tally import EVENTS, times
from .work import APART, PROFILE, Work, published

GROUPS = ("all", "harms", "helps", "fails")
CAUSES = ("heart", *KINDS)

MEANINGS = {
    "incidence": ("cumulative incidence with competing risks", "1"),
    "support": ("mean time on a device", "d"),
    "failed": ("share of the patients who failed a step of weaning", "1"),
    "returned": ("share of the patients whose support returned", "1"),
    "deaths": ("share of the patients who died, by cause", "1"),
    "more_deaths": ("deaths beyond those of the course asked for, over the patients", "1"),
    "aptt": ("mean activated partial thromboplastin time", "s"),
    "below": ("share of the time below the range of the aPTT", "1"),
    "in_range": ("share of the time in the range of the aPTT", "1"),
    "excessive": ("share of the time with an excessive aPTT", "1"),
    "reached": ("share of the patients with a reading in range by the end of the interval", "1"),
    "hours_to_range": ("median time to the first reading in range", "h"),
    "by_power": ("change of survival by cardiac power, with support until the day", "1"),
    "benefit": ("change of survival all in all, with support until the day", "1"),
    "dearer": ("share of the patients for whom the day costs more than it gives", "1"),
    "best": ("share of the patients whose benefit is greatest with support until the day", "1"),
    "patients_of_group": ("patients", "1"),
    "spared": ("share of the patients who should not have had a device: their benefit is greatest without", "1"),
    "mean": ("mean of those who should not have had a device, and of the others", ""),
    "difference": ("standardised difference of the two", "1"),
    "modelled": ("incidence had everyone been supported for so long", "1"),
    "reported": ("published incidence, lower and upper end", "1"),
    "unsupported": ("published incidence without a device", "1"),
    "exposure": ("days of support", "d"),
}
"""Long names and units."""

UNITS = {
    "cardiac_index": "L/min/m2",
    "mean_arterial_pressure": "mmHg",
    "wedge_pressure": "mmHg",
    "central_venous_pressure": "mmHg",
    "cardiac_power_output": "W",
    "power_gain": "W",
    "limb_flow_kept": "1",
    "age": "years",
    "female": "1",
    "arterial_disease": "1",
}
"""Of the measures by which patients are told apart."""


def answer_of(work: Work, sums: dict[str, Any], about: dict[str, Any], candidates: int) -> xr.Dataset:
    """Make the data set that a course returns."""
    request, patients = work.request, sums["patients"]
    rows, nomograms = published(), list(request.nomograms)
    courses = [plan.name for plan in work.plans]
    parts = (
        _events(sums["courses"], courses, patients)
        | _heparin(sums["heparin"], nomograms, patients)
        | _benefit(sums["benefit"], sums["groups"])
        | _profile(sums["profile"], sums["spared"], patients)
        | {
            "modelled": ("row", sums["published"] / patients),
            "reported": (("row", "end"), np.array([[row["low"], row["high"]] for row in rows])),
            "unsupported": ("row", np.array([row.get("without", np.nan) for row in rows])),
            "exposure": ("row", np.array([row["days"] for row in rows])),
        }
    )
    texts = {
        "course": courses,
        "event": list(EVENTS),
        "cause": list(CAUSES),
        "nomogram": nomograms,
        "group": list(GROUPS),
        "measure": list(PROFILE),
        "side": ["should not", "others"],
        "end": ["low", "high"],
    }
    coords: dict[str, Any] = {name: np.array(values, dtype=object) for name, values in texts.items()}
    coords |= {
        "time": ("time", times(request.days), {"units": "d", "long_name": "time since the insertion"}),
        "interval": ("interval", (np.arange(request.intervals) + 1) * INTERVAL, {"units": "h"}),
        "causal_share": np.array(shares_of(request)),
        "day": np.arange(request.days + 1),
        "mean_units": ("measure", np.array([UNITS[name] for name in PROFILE], dtype=object)),
        "kind": ("row", np.array([row["kind"] for row in rows], dtype=object)),
        "source": ("row", np.array([row["source"] for row in rows], dtype=object)),
        "title": ("nomogram", np.array([each.title for each in request.nomograms.values()], dtype=object)),
    }
    apart = dict(zip(APART, map(int, sums["apart"]), strict=True))
    counted = {"candidates": candidates, "compared": patients, **apart}
    return described(xr.Dataset(parts, coords), MEANINGS).assign_attrs(about | attributes_of(work) | counted)


def attributes_of(work: Work) -> dict[str, Any]:
    """Say what a course was asked for."""
    request, recovery = work.request, work.learnt.recovery
    explained = min((line.explained.min() for line in recovery.lines.values()), default=np.nan) if recovery else np.nan
    return {
        "title": request.name,
        "days": request.days,
        "seed": request.seed,
        "recovery": request.law,
        "weaning": request.way,
        "steps": list(work.arms.steps[request.way]),
        "nomogram": request.nomogram.name,
        "escalation": work.arms.rival or "",
        "escalation_device": request.device if work.arms.rival else "",
        "causal_share": request.rules.causal_share,
        "control_mortality": request.control_mortality,
        "aptt_low": request.target.low,
        "aptt_high": request.target.high,
        "aptt_excessive": request.target.excessive,
        "least_explained": float(explained),
    }


def _events(sums: dict[str, Any], courses: list[str], patients: int) -> dict[str, Any]:
    value, low, high = [], [], []
    for name in courses:
        counts, leaving = sums[name]["counts"], sums[name]["leaving"]
        own = [cumulative_incidence(*pair) for pair in zip(counts, leaving, strict=True)]
        value.append([each.value[0] for each in own])
        ends = [each.interval for each in own]
        low.append([each[0][0] for each in ends])
        high.append([each[1][0] for each in ends])
    over = ("course", "event", "time")
    only = np.array([sums[name]["discordant"] for name in courses], dtype=np.float64)
    more = (only[:, 0] - only[:, 1]) / patients
    # of paired patients only those count who die in one course alone
    reach = Z95 * np.sqrt(np.maximum(only.sum(axis=1) - (only[:, 0] - only[:, 1]) ** 2 / patients, 0.0)) / patients
    found: dict[str, Any] = {
        "incidence": (over, np.array(value)),
        "incidence_low": (over, np.array(low)),
        "incidence_high": (over, np.array(high)),
        "support": ("course", np.array([sums[name]["support"] for name in courses]) / patients),
        "deaths": (("course", "cause"), np.array([sums[name]["causes"][1:] for name in courses]) / patients),
        "more_deaths": ("course", more),
        "more_deaths_low": ("course", more - reach),
        "more_deaths_high": ("course", more + reach),
    }
    for part in ("failed", "returned"):
        found |= shares_with_intervals(
            part, "course", np.array([sums[name][part] for name in courses]), np.array(patients)
        )
    return found


def _heparin(sums: dict[str, Any], names: list[str], patients: int) -> dict[str, Any]:
    over = ("nomogram", "interval")
    found: dict[str, Any] = {
        part: (over, np.array([sums[name][part] for name in names]) / patients)
        for part in ("aptt", "below", "in_range", "excessive")
    }
    first = np.array([sums[name]["first"] for name in names])
    reached = np.cumsum(first, axis=1)[:, 1:-1] / patients
    half = [np.searchsorted(own, 0.5) for own in reached]
    hours = [INTERVAL * (place + 1) if place < reached.shape[1] else np.nan for place in half]
    return found | {"reached": (over, reached), "hours_to_range": ("nomogram", np.array(hours, dtype=np.float64))}


def _benefit(sums: dict[str, Any], groups: Floats) -> dict[str, Any]:
    """Means over the patients of each group, all of them first."""
    sizes = np.concatenate([[groups.sum()], groups])
    over = ("group", "causal_share", "day")

    def mean(name: str) -> Floats:
        own = sums[name]
        whole = np.concatenate([own.sum(axis=0, keepdims=True), own])
        return np.asarray(whole / np.where(sizes > 0, sizes, np.nan)[:, None, None])

    dearer = mean("dearer")
    none = np.full((*dearer.shape[:2], 1), np.nan)
    return {
        "by_power": (over, mean("by_power")),
        "benefit": (over, mean("net")),
        "dearer": (over, np.concatenate([none, dearer], axis=2)),
        "best": (over, mean("best")),
        "patients_of_group": ("group", sizes),
    }


def _profile(moments: Floats, spared: NDArray[np.int64], patients: int) -> dict[str, Any]:
    sizes = np.stack([spared, patients - spared], axis=1).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = moments[..., 0] / sizes[:, None, :]
        variance = np.maximum(moments[..., 1] / sizes[:, None, :] - mean**2, 0.0)
        difference = (mean[..., 0] - mean[..., 1]) / np.sqrt(variance.mean(axis=2))
    over = ("causal_share", "measure")
    return {
        "spared": ("causal_share", spared / patients),
        "mean": ((*over, "side"), mean),
        "difference": (over, np.where(np.isfinite(difference), difference, np.nan)),
    }
