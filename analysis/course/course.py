"""Days of support: what each day gives and costs, how heparin is steered, which way off, and who needed none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError
from ...sweeps.population import toml
from ..numbers.cells import Floats
from ..prognosis.complications import bleeding_factor
from ..prognosis.constants import KINDS
from ..reading.origin import about_sweep
from ..reading.stream import Weights, fold, refuse_weights, sample
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison
from ..words.counted import LEFT_OUT
from . import tally
from .answer import answer_of
from .arms import Arms, arms_of
from .bedside import WEIGHT, Calibration, bedside_of, calibrated, daily_hazards, factors_of, known, needs, places, ran
from .benefit import benefit_of, fatalities, shares_of
from .events import happened
from .heparin import heparin_course
from .nomograms import INTERVAL
from .request import WAYS, Request, request_of
from .state import AT_INSERTION, BLEEDING, LIMB, POWER, Bedside

AS_ASKED, NO_DEVICE = "as asked", "no device"
APART = ("not_compared", "failed_run", *LEFT_OUT)
"""Why a patient was not simulated."""

SAMPLE = 20_000
"""Patients on whom a course is calibrated, at most."""

PROFILE = (
    *("cardiac_index", "mean_arterial_pressure", "wedge_pressure", "central_venous_pressure", "cardiac_power_output"),
    *("power_gain", "limb_flow_kept", "age", "female", "arterial_disease"),
)
"""Measures by which those who should not have had a device are told from the others: at baseline, what the device does
to cardiac power (W) and to the leg's flow, and risk factors."""


class Plan(NamedTuple):
    """One of the courses that are simulated in the same patients."""

    name: str
    way: str
    nomogram: str
    share: float
    supported: bool


def course(
    dataset: xr.Dataset,
    asked: str | PathLike[str] | Mapping[str, Any],
    *,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Take the patients of a store through days of support.

    Research use only: nothing here advises on a patient.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``, with an arm without support, one with a balloon, and those to which it
        is wound down.
    asked : str, path or mapping
        A course file, as in examples/courses, or a table of the same form.
    thresholds : mapping, optional
        As in :func:`~counterpulse.analysis.response.classify.classify`: who is left out, and the classes of response.

    Returns
    -------
    xr.Dataset
        Over ``course``, ``event`` and ``time`` (days): ``incidence``, the cumulative incidence with competing risks
        (Aalen and Johansen), with its 95 % interval; over ``course`` the mean days of ``support``, shares of the
        patients, deaths by ``cause``, and ``more_deaths`` than in the course asked for, of the same patients. Over
        ``nomogram`` and ``interval`` the shares of time below, in and far above the range of the aPTT. Over ``group``
        (all, and by response), ``causal_share`` and ``day``: ``by_power`` and ``benefit``, what support until the day
        changes in the probability to be alive at the end of the course, by cardiac power alone and all in all;
        ``dearer``, for which share the day costs more than it gives, and ``best``, for which it is the best end. Over
        ``causal_share`` and ``measure`` who should not have had a device (their benefit is greatest without), beside
        the others. Over ``row`` incidences at published exposures.

    Raises
    ------
    InputError
        For a mistake in the course, an arm or a variable that the store lacks, or nobody to take through it.
    """
    request = request_of(asked)
    if request.patients is not None:
        candidates = dataset.sizes["patient"]
        if request.patients > candidates:
            raise InputError(f"patients: given {request.patients:,}, and the store has {candidates:,}")
        dataset = dataset.isel(patient=slice(0, request.patients))
    arms = arms_of(dataset, request)
    comparison = Comparison.of(dataset, arms.full, arms.reference, None, thresholds)
    names = list(dict.fromkeys([*comparison.reads(dataset), *needs(dataset), "central_venous_pressure"]))
    for name in names:
        if name not in dataset.variables:
            raise InputError(f"course: the data set has no variable {name!r}, which a course needs")
    learnt = _learnt(dataset, names, arms, comparison, request)
    work = Work(request, arms, comparison, learnt, plans_of(arms, request))
    sums = fold(dataset, names, work.of, answer="course", weights=Weights.REFUSED)
    return answer_of(work, sums, about_sweep(dataset) | comparison.attributes, dataset.sizes["patient"])


def plans_of(arms: Arms, request: Request) -> list[Plan]:
    """Courses that are compared: as asked, no device, the other way off, other nomograms, other causal shares."""
    way, used, share = request.way, request.nomogram.name, request.rules.causal_share
    ways = [each for each in WAYS if each != way and each in arms.steps]
    return [
        Plan(AS_ASKED, way, used, share, True),
        Plan(NO_DEVICE, way, used, share, False),
        *(Plan(f"weaning by {each}", each, used, share, True) for each in ways),
        *(Plan(f"nomogram {name}", way, name, share, True) for name in request.nomograms if name != used),
        *(Plan(f"causal share {each:g}", way, used, each, True) for each in shares_of(request) if each != share),
    ]


@cache
def published() -> list[dict[str, Any]]:
    """Rows of published.toml."""
    text = files(__package__).joinpath("published.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = toml.parsed(text, "published.toml", "table of incidences")["row"]
    return rows


def _learnt(dataset: xr.Dataset, names: list[str], arms: Arms, comparison: Comparison, request: Request) -> Calibration:
    refuse_weights(dataset, "course")
    block = sample(dataset, names, SAMPLE)
    chosen = np.flatnonzero(compared_in(judge(block, comparison)[0]) & ran(block, arms.all))
    if not chosen.size:
        raise InputError(f"course: no patient was compared in all of {', '.join(arms.all)}")
    block = block.isel(patient=chosen)
    return calibrated(block, places(block, slice(0, chosen.size)), arms.all, arms.full, request)


@dataclass(frozen=True)
class Work:
    """What is done with each piece of a store."""

    request: Request
    arms: Arms
    comparison: Comparison
    learnt: Calibration
    plans: list[Plan]

    def of(self, block: xr.Dataset, rows: slice) -> dict[str, Any]:
        """Take the patients of a piece through every course, and count."""
        request, pair = self.request, (self.arms.reference, self.arms.full)
        classes = judge(block, self.comparison)[0]
        holds = ran(block, self.arms.all)
        chosen = np.flatnonzero(compared_in(classes) & holds)
        index = places(block, rows)[chosen]
        block, own = block.isel(patient=chosen), classes[chosen]
        bedside = bedside_of(block, index, self.arms.all, pair, self.learnt, request)
        daily, weight = daily_hazards(request), known(block, "weight")
        weight = np.full(chosen.size, WEIGHT) if weight is None else weight
        heparin, bleeding = {}, {}
        for name, nomogram in request.nomograms.items():
            found = heparin_course(
                request.seed, index, weight, nomogram, request.heparin, request.intervals, request.target
            )
            heparin[name] = tally.of_heparin(found)
            factor = bleeding_factor(request.prognosis.severe_bleeding, found.aptt)
            bleeding[name] = np.asarray(factor, dtype=np.float32)
        benefit = benefit_of(bedside, daily, bleeding[request.nomogram.name], request)
        groups = np.searchsorted([int(each) for each in sorted(CLASSES)], own)
        spared = benefit.best == 0
        return {
            "patients": int(chosen.size),
            "apart": _apart(classes, holds),
            "groups": np.bincount(groups, minlength=len(CLASSES)),
            "courses": self._courses(bedside, daily, bleeding),
            "heparin": heparin,
            "benefit": tally.of_benefit(benefit, groups, len(CLASSES)),
            "spared": spared.sum(axis=1),
            "profile": tally.moments(self._profile(block, bedside, index), spared),
            "published": self._exposed(bedside, daily, bleeding[request.nomogram.name]),
        }

    def _courses(
        self, bedside: Bedside, daily: Floats, bleeding: Mapping[str, NDArray[np.float32]]
    ) -> dict[str, dict[str, Any]]:
        request, out, asked = self.request, {}, None
        times = request.prognosis.device(request.device)
        rival = np.array([getattr(times, kind) for kind in KINDS]) if self.arms.rival else None
        for plan in self.plans:
            chosen = [self.arms.all.index(arm) for arm in self.arms.course(plan.way)]
            base, slope, bend = (np.ascontiguousarray(each[:, chosen]) for each in bedside[1:4])
            found = happened(
                request.seed,
                bedside._replace(base=base, slope=slope, bend=bend),
                request.rules._replace(causal_share=plan.share),
                daily,
                bleeding[plan.nomogram],
                fatalities(request),
                rival,
                plan.supported,
            )
            asked = found if asked is None else asked
            out[plan.name] = tally.of_events(found, request.days) | {"discordant": tally.discordant(found, asked)}
        return out

    def _profile(self, block: xr.Dataset, bedside: Bedside, index: NDArray[np.int64]) -> dict[str, Floats]:
        before = block.sel(arm=self.arms.reference)
        factors = factors_of(block, index, self.request)
        flow = block["limb_flow"]
        found = {
            "power_gain": bedside.base[:, 1, POWER] - bedside.base[:, 0, POWER],
            "limb_flow_kept": (flow.sel(arm=self.arms.full) / flow.sel(arm=self.arms.reference)).values,
            **factors._asdict(),
        }
        return {name: np.asarray(found[name] if name in found else before[name].values, float) for name in PROFILE}

    def _exposed(self, bedside: Bedside, daily: Floats, bleeding: NDArray[np.float32]) -> Floats:
        """Sum of the probabilities of each published complication, had everyone been supported for as long."""
        out = []
        for row in published():
            kind = KINDS.index(row["kind"])
            if kind == AT_INSERTION:
                out.append(bedside.injured.sum())
                continue
            width = INTERVAL / 24
            part = np.clip((row["days"] - np.arange(daily.shape[1]) * width) / width, 0.0, 1.0) * width
            hazard = bedside.relative[:, kind, None] * (daily[kind] * part)
            if LIMB + kind == BLEEDING:
                hazard = hazard * bleeding
            out.append(-np.expm1(-hazard.sum(axis=1)).sum())
        return np.array(out)


def _apart(classes: NDArray[np.uint8], holds: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count those not simulated, by the first of ``APART`` that applies; a failed run is one of any arm."""
    codes = [int(Response[name.upper()]) for name in APART]
    own = np.where(compared_in(classes) & ~holds, Response.FAILED_RUN, classes)
    return np.array([(own == code).sum() for code in codes], dtype=np.int64)
