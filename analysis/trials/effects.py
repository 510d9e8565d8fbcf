"""Effects of two arms: risk ratio and difference with their tests, power, and the patients that a power takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..numbers.cells import Floats
from ..numbers.intervals import Z95

POWER_AIMED_AT = 0.8


def risk_ratio(device: ArrayLike, of_device: ArrayLike, control: ArrayLike, of_control: ArrayLike) -> Floats:
    """Risk ratio of device over control; half a death is added to both arms where one has none (Haldane).

    Parameters
    ----------
    device, of_device, control, of_control : array
        Deaths and patients of each arm.
    """
    first, all_first, second, all_second = (
        np.asarray(each, np.float64) for each in (device, of_device, control, of_control)
    )
    add = np.where((first == 0) | (second == 0), 0.5, 0.0)
    return np.asarray(((first + add) / (all_first + add)) / ((second + add) / (all_second + add)))


def z_score(device: ArrayLike, of_device: ArrayLike, control: ArrayLike, of_control: ArrayLike) -> Floats:
    """Standard normal score of the difference of two shares, pooled: its square is Pearson's chi-square."""
    first, all_first, second, all_second = (
        np.asarray(each, np.float64) for each in (device, of_device, control, of_control)
    )
    pooled = (first + second) / (all_first + all_second)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / all_first + 1 / all_second))
    difference = first / all_first - second / all_second
    return np.divide(difference, spread, out=np.zeros(np.broadcast(difference, spread).shape), where=spread > 0)


def power(device: ArrayLike, control: ArrayLike, patients: ArrayLike, allocation: float = 0.5) -> Floats:
    """Power of the two-sided test at 5 % to find the difference of two risks in its direction (Fleiss 1981).

    Parameters
    ----------
    device, control : array
        Risks.
    patients : array
        Of both arms together.
    allocation : float
        Share allocated to the device.
    """
    from scipy.special import ndtr

    one, other = np.asarray(device, np.float64), np.asarray(control, np.float64)
    pooled = allocation * one + (1 - allocation) * other
    own = np.sqrt(one * (1 - one) / allocation + other * (1 - other) / (1 - allocation))
    null = np.sqrt(pooled * (1 - pooled) / (allocation * (1 - allocation)))
    reach = np.abs(one - other) * np.sqrt(np.asarray(patients, np.float64)) - Z95 * null
    return np.asarray(ndtr(np.divide(reach, own, out=np.full(np.shape(reach), -np.inf), where=own > 0)))


def patients_for_power(device: ArrayLike, control: ArrayLike, allocation: float = 0.5) -> Floats:
    """Patients of both arms with whom :func:`power` is 80 %; infinite where the risks are equal."""
    from scipy.special import ndtri

    one, other = np.asarray(device, np.float64), np.asarray(control, np.float64)
    pooled = allocation * one + (1 - allocation) * other
    own = np.sqrt(one * (1 - one) / allocation + other * (1 - other) / (1 - allocation))
    null = np.sqrt(pooled * (1 - pooled) / (allocation * (1 - allocation)))
    needed, difference = Z95 * null + ndtri(POWER_AIMED_AT) * own, np.abs(one - other)
    ratio = np.divide(needed, difference, out=np.full(np.shape(needed), np.inf), where=difference > 1e-12)
    return np.asarray(ratio**2)


def e_value(ratio: ArrayLike) -> Floats:
    """E-value of a risk ratio (VanderWeele and Ding 2017, Ann Intern Med 167:268).

    The risk ratio that what is not recorded must have with treatment and with death, each, to explain all of it away.
    """
    found = np.asarray(ratio, np.float64)
    with np.errstate(divide="ignore"):
        away = np.maximum(found, 1 / found)
    return np.asarray(away + np.sqrt(away * (away - 1)))
