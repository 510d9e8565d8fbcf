"""Death from cardiac power: an association, of which a stated share is taken for a cause."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...engine import InputError
from ..numbers.cells import Floats
from .constants import Mortality

CAUSAL_SHARES = (1.0, 0.5, 0.0)
"""Shares of the slope that are taken for causal; every answer has all of them side by side."""

CAUSAL_WORDS = dict(zip(CAUSAL_SHARES, ("all", "half", "none"), strict=True))

REFERENCE_POWER = 0.6
"""W of cardiac power output at which log-odds are counted from; any other only moves the intercept."""

REFERENCE_AGE = 65.0
"""Years, likewise."""


def log_odds(
    baseline_power: ArrayLike,
    supported_power: ArrayLike,
    mortality: Mortality,
    *,
    causal_share: float = 1.0,
    age: ArrayLike | None = None,
    severity: ArrayLike | None = None,
) -> Floats:
    """Log-odds of death, but for the intercept.

    slope * (baseline - .6 W) + causal_share * slope * (supported - baseline) + age and severity. What the patient comes
    with says as much of prognosis as was published, whatever the share; of what a device adds only the share counts.
    With a share of 1 it is the slope times the power under support, with 0 no device changes anything.

    Parameters
    ----------
    baseline_power, supported_power : array
        Cardiac power output (W) without support and after hours of it; equal in an arm without a device.
    mortality : Mortality
        Constants ``mortality``.
    causal_share : float
        0 to 1; :data:`CAUSAL_SHARES`.
    age : array, optional
        Years.
    severity : array, optional
        Severity that no chart records, in standard deviations.
    """
    before, after = np.asarray(baseline_power, np.float64), np.asarray(supported_power, np.float64)
    slope = mortality.log_odds_per_watt
    found = slope * (before - REFERENCE_POWER) + causal_share * slope * (after - before)
    if age is not None:
        found = found + mortality.age_per_10_years * (np.asarray(age, np.float64) - REFERENCE_AGE) / 10.0
    if severity is not None:
        found = found + mortality.per_sd_of_severity * np.asarray(severity, np.float64)
    return found


def intercept(without: Floats, mortality: float, where: str = "control_mortality") -> float:
    """Find the intercept with which patients without a device die with a stated mean probability.

    Parameters
    ----------
    without : array, (patient,)
        Log-odds of those patients, but for the intercept.
    mortality : float
        Between 0 and 1, both excluded.
    where : str
        What to call the mortality in an error.

    Raises
    ------
    InputError
        For a mortality that is none, or nobody to calibrate on.
    """
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    if not 0 < mortality < 1:
        raise InputError(f"{where}: given {mortality:g}, a number above 0 and below 1 is needed")
    if not without.size:
        raise InputError(f"{where}: there is no patient to calibrate the mortality on")
    middle = float(logit(mortality))
    ends = middle - float(without.max()) - 1.0, middle - float(without.min()) + 1.0
    return float(brentq(lambda own: float(expit(own + without).mean()) - mortality, *ends, xtol=1e-12))


def death_probability(log_odds: Floats, intercept: float, of_complications: ArrayLike = 0.0) -> Floats:
    """Probability of death, of the heart or of complications, each independently of the other.

    Parameters
    ----------
    log_odds : array
        From :func:`log_odds`.
    intercept : float
        From :func:`intercept`.
    of_complications : array
        Probability to die of a complication, :func:`~counterpulse.analysis.prognosis.complications.fatal`.
    """
    from scipy.special import expit

    survives = expit(-(log_odds + intercept)) * (1.0 - np.asarray(of_complications, np.float64))
    return np.asarray(1.0 - survives, dtype=np.float64)
