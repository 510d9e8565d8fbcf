"""What a course knows of each patient: outcomes in its arms, odds of death, hazards; calibrated on a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import brentq

from ...engine import Status
from ..numbers.cells import Floats
from ..prognosis.complications import flow_factor, hazard_on_day, relative_hazards
from ..prognosis.constants import KINDS
from ..prognosis.mortality import log_odds
from ..prognosis.risk_factors import RiskFactors, risk_factors
from . import recovery
from .events import gains
from .nomograms import INTERVAL
from .request import Request
from .state import HORIZON, POWER, Bedside

LIMB = "limb_ischaemia"
WEIGHT = 80.0
"""kg of a patient whose weight a store does not have."""


@dataclass(frozen=True)
class Calibration:
    """What is learnt of a sample of the patients before they are simulated.

    Attributes
    ----------
    recovery : Recovery or None
        None where there is none.
    arms : list of str
        Arms in its order.
    flow : tuple of float
        Mean factor of the leg's flow, of those without arterial disease and with it.
    intercept : float
        Of the log-odds of death, with which patients without a device die with the stated probability.
    """

    recovery: recovery.Recovery | None
    arms: list[str]
    flow: tuple[float, float]
    intercept: float

    def slopes(
        self, block: xr.Dataset, arms: list[str], base: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Slope and bend of each patient's outcomes in some arms; 0 without recovery."""
        if self.recovery is None:
            return np.zeros_like(base), np.zeros_like(base)
        chosen = [self.arms.index(arm) for arm in arms]
        slope, bend = self.recovery.of(block, len(self.arms))
        return np.ascontiguousarray(slope[:, chosen]), np.ascontiguousarray(bend[:, chosen])


def needs(dataset: xr.Dataset) -> list[str]:
    """Names of the variables that a course reads beside those of the comparison."""
    also = ("weight", "age", "female", "peripheral_artery_disease", "index", *recovery.needs(dataset))
    return list(dict.fromkeys([*recovery.OUTCOMES, "limb_flow", *(name for name in also if name in dataset)]))


def places(block: xr.Dataset, rows: slice) -> NDArray[np.int64]:
    """Index of each patient: as the data set says, or the place in it."""
    own = block["index"].values if "index" in block else np.arange(rows.start, rows.stop)
    return np.asarray(own, dtype=np.int64)


def known(block: xr.Dataset, name: str) -> Floats | None:
    """A parameter of each patient; None where the data set does not say it of patients."""
    if name not in block or "arm" in block[name].dims:
        return None
    return np.broadcast_to(np.asarray(block[name].values, dtype=np.float64), block.sizes["patient"])


def factors_of(block: xr.Dataset, index: NDArray[np.int64], request: Request) -> RiskFactors:
    """Risk factors: those that the store has, the others drawn."""
    return risk_factors(
        index,
        request.seed,
        request.prognosis.risk_factors,
        age=known(block, "age"),
        female=known(block, "female"),
        arterial_disease=known(block, "peripheral_artery_disease"),
    )


def calibrated(
    block: xr.Dataset, index: NDArray[np.int64], arms: list[str], full: str, request: Request
) -> Calibration:
    """Learn what recovery does, what the leg's flow does on average, and the intercept of mortality.

    Parameters
    ----------
    block : xr.Dataset
        Patients of a sample whose numbers hold in every arm, in memory.
    index : array, (patient)
    arms : list of str
        All arms, the reference first.
    full : str
        Full support.
    request : Request
    """
    found = None if request.law == "none" else recovery.recovery_of(block, arms)
    factors = factors_of(block, index, request)
    flow = _flow(block, (arms[0], full), request)
    means = tuple(
        float(flow[factors.arterial_disease == each].mean()) if (factors.arterial_disease == each).any() else 1.0
        for each in (False, True)
    )
    plain = Calibration(found, arms, (means[0], means[1]), 0.0)
    bedside = bedside_of(block, index, arms[:1], (arms[0], full), plain, request)
    days: Floats = np.arange(HORIZON, dtype=np.float64) + 0.5
    odds = bedside.log_odds[:, None] + request.rules.slope * power_by_day(bedside, 0, days, request)
    share = risk_by_day(days, request)

    def excess(intercept: float) -> float:
        dead = -np.expm1(-(np.logaddexp(0.0, odds + intercept) * share).sum(axis=1))
        return float(dead.mean()) - request.control_mortality

    middle = float(np.median(odds))
    return Calibration(found, arms, plain.flow, float(brentq(excess, -middle - 60, -middle + 60, xtol=1e-10)))


def risk_by_day(days: Floats, request: Request) -> Floats:
    """Share of the 30 days' risk of death that falls into the day around each time."""
    decay = 1.0 / request.rules.time_constant
    whole = -np.expm1(-decay * HORIZON)
    return np.asarray((np.exp(-decay * (days - 0.5)) - np.exp(-decay * (days + 0.5))) / whole)


def power_by_day(bedside: Bedside, arm: int, days: Floats, request: Request) -> Floats:
    """Cardiac power of each patient in an arm on each day, as contractility recovers; W."""
    rules = request.rules
    gain = gains(request.seed, bedside.places, rules)[:, None]
    risen = np.log1p(gain * -np.expm1(-days / rules.recovery_days))
    base, slope, bend = (each[:, arm, POWER, None].astype(np.float64) for each in bedside[1:4])
    return np.asarray(base * np.exp((slope + bend * risen) * risen))


def bedside_of(
    block: xr.Dataset,
    index: NDArray[np.int64],
    arms: list[str],
    pair: tuple[str, str],
    learnt: Calibration,
    request: Request,
) -> Bedside:
    """Gather what the loop needs of some patients, arms in the given order; ``pair`` are reference and full support."""
    base = np.stack([[block[name].sel(arm=arm).values for name in recovery.OUTCOMES] for arm in arms])
    base = np.ascontiguousarray(base.transpose(2, 0, 1), dtype=np.float32)
    slope, bend = learnt.slopes(block, arms, base)
    factors = factors_of(block, index, request)
    odds = log_odds(0.0, 0.0, request.prognosis.mortality, age=factors.age) + learnt.intercept
    relative = relative_hazards(factors, request.prognosis)
    means = np.where(factors.arterial_disease, learnt.flow[1], learnt.flow[0])
    relative[LIMB] = relative[LIMB] * _flow(block, pair, request) / means
    injury = request.prognosis.vascular_injury
    injured = -np.expm1(relative["vascular_injury"] * np.log1p(-injury.at_insertion))
    hazards = np.stack([relative[kind] for kind in KINDS], axis=1)
    return Bedside(index, base, slope, bend, odds, hazards, np.asarray(injured))


def daily_hazards(request: Request) -> Floats:
    """Hazard per day of the average patient, (kind, interval)."""
    days = (np.arange(request.intervals) + 0.5) * INTERVAL / 24
    return np.stack([hazard_on_day(request.prognosis.hazard(kind), days, 1.0) for kind in KINDS])


def _flow(block: xr.Dataset, pair: tuple[str, str], request: Request) -> Floats:
    without, supported = (block["limb_flow"].sel(arm=arm).values for arm in pair)
    return flow_factor(request.prognosis.limb_ischaemia, supported, without)


def ran(block: xr.Dataset, arms: list[str]) -> NDArray[np.bool_]:
    """Whether the numbers of each patient hold in every arm."""
    return np.asarray((block["status"].sel(arm=arms) == Status.OK).all("arm").values)
