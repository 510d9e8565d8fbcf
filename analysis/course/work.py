"""What is done with each piece of a store: its patients taken through every course, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...sweeps.population import toml
from ..numbers.cells import Floats
from ..prognosis.complications import bleeding_factor
from ..prognosis.constants import KINDS
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison
from ..words.counted import LEFT_OUT
from . import tally
from .arms import Arms
from .bedside import WEIGHT, Calibration, bedside_of, daily_hazards, factors_of, known, places, ran
from .benefit import benefit_of, fatalities, hazard_of, shares_of
from .events import happened
from .heparin import HeparinCourse, heparin_course
from .nomograms import INTERVAL, Nomogram
from .request import WAYS, Request
from .state import AT_INSERTION, POWER, Bedside, Events

AS_ASKED, NO_DEVICE = "as asked", "no device"
APART = ("not_compared", "failed_run", *LEFT_OUT)
"""Why a patient was not simulated."""

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


class Taken(NamedTuple):
    """Who of a piece is taken through the courses.

    Attributes
    ----------
    block : xr.Dataset
        Their outcomes and parameters.
    classes : array of uint8, (patient of the piece)
        Class of the response of all, those not taken among them; a failed run is one of any arm.
    chosen, indices : array of int, (patient)
        Their positions in the piece, and their indices.
    bedside : Bedside
    daily : array, (kind, interval)
        Hazards per day of the average patient.
    """

    block: xr.Dataset
    classes: NDArray[np.uint8]
    chosen: NDArray[np.int64]
    indices: NDArray[np.int64]
    bedside: Bedside
    daily: Floats


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
        request, taken = self.request, self.taken(block, rows)
        heparin, bleeding = {}, {}
        for name, nomogram in request.nomograms.items():
            found, bleeding[name] = self.anticoagulated(taken, nomogram)
            heparin[name] = tally.of_heparin(found)
        benefit = benefit_of(taken.bedside, taken.daily, bleeding[request.nomogram.name], request)
        groups = np.searchsorted([int(each) for each in sorted(CLASSES)], taken.classes[taken.chosen])
        spared = benefit.best == 0
        return {
            "patients": int(taken.chosen.size),
            "apart": np.array([(taken.classes == Response[name.upper()]).sum() for name in APART], dtype=np.int64),
            "groups": np.bincount(groups, minlength=len(CLASSES)),
            "courses": self._courses(taken, bleeding),
            "heparin": heparin,
            "benefit": tally.of_benefit(benefit, groups, len(CLASSES)),
            "spared": spared.sum(axis=1),
            "profile": tally.moments(self._profile(taken), spared),
            "published": self._exposed(taken, bleeding[request.nomogram.name]),
        }

    def taken(self, block: xr.Dataset, rows: slice) -> Taken:
        """Find who of a piece is taken through the courses, and what is known of them."""
        classes = np.asarray(judge(block, self.comparison)[0], dtype=np.uint8)
        # what does not hold in any of the arms is a failed run
        classes = np.where(compared_in(classes) & ~ran(block, self.arms.all), np.uint8(Response.FAILED_RUN), classes)
        chosen = np.flatnonzero(compared_in(classes))
        index = places(block, rows)[chosen]
        block, pair = block.isel(patient=chosen), (self.arms.reference, self.arms.full)
        bedside = bedside_of(block, index, self.arms.all, pair, self.learnt, self.request)
        return Taken(block, classes, chosen, index, bedside, daily_hazards(self.request))

    def anticoagulated(self, taken: Taken, nomogram: Nomogram) -> tuple[HeparinCourse, NDArray[np.float32]]:
        """Heparin by a nomogram, and what the aPTT of each interval multiplies the hazard of bleeding by."""
        request, weight = self.request, known(taken.block, "weight")
        weight = np.full(taken.chosen.size, WEIGHT) if weight is None else weight
        found = heparin_course(
            request.seed, taken.indices, weight, nomogram, request.heparin, request.intervals, request.target
        )
        factor = bleeding_factor(request.prognosis.severe_bleeding, found.aptt)
        return found, np.asarray(factor, dtype=np.float32)

    def events(self, taken: Taken, plan: Plan, bleeding: NDArray[np.float32]) -> Events:
        """Simulate one course of the patients."""
        request = self.request
        times = request.prognosis.device(request.device)
        rival = np.array([getattr(times, kind) for kind in KINDS]) if self.arms.rival else None
        chosen = [self.arms.all.index(arm) for arm in self.arms.course(plan.way)]
        base, slope, bend = (np.ascontiguousarray(each[:, chosen]) for each in taken.bedside[1:4])
        return happened(
            request.seed,
            taken.bedside._replace(base=base, slope=slope, bend=bend),
            request.rules._replace(causal_share=plan.share),
            taken.daily,
            bleeding,
            fatalities(request),
            rival,
            plan.supported,
        )

    def _courses(self, taken: Taken, bleeding: Mapping[str, NDArray[np.float32]]) -> dict[str, dict[str, Any]]:
        out, asked = {}, None
        for plan in self.plans:
            found = self.events(taken, plan, bleeding[plan.nomogram])
            asked = found if asked is None else asked
            out[plan.name] = tally.of_events(found, self.request.days) | {"discordant": tally.discordant(found, asked)}
        return out

    def _profile(self, taken: Taken) -> dict[str, Floats]:
        block, bedside = taken.block, taken.bedside
        before = block.sel(arm=self.arms.reference)
        factors = factors_of(block, taken.indices, self.request)
        flow = block["limb_flow"]
        found = {
            "power_gain": bedside.base[:, 1, POWER] - bedside.base[:, 0, POWER],
            "limb_flow_kept": (flow.sel(arm=self.arms.full) / flow.sel(arm=self.arms.reference)).values,
            **factors._asdict(),
        }
        return {name: np.asarray(found[name] if name in found else before[name].values, float) for name in PROFILE}

    def _exposed(self, taken: Taken, bleeding: NDArray[np.float32]) -> Floats:
        """Sum of the probabilities of each published complication, had everyone been supported for as long."""
        out, bedside, daily = [], taken.bedside, taken.daily
        for row in published():
            kind = KINDS.index(row["kind"])
            if kind == AT_INSERTION:
                out.append(bedside.injured.sum())
                continue
            width = INTERVAL / 24
            part = np.clip((row["days"] - np.arange(daily.shape[1]) * width) / width, 0.0, 1.0) * width
            hazard = hazard_of(kind, bedside, daily[kind] * part, bleeding)
            out.append(-np.expm1(-hazard.sum(axis=1)).sum())
        return np.array(out)
