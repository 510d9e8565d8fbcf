"""The four errors of timing in the textbooks, and what each does in the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..numbers.intervals import shares_with_intervals
from ..response.classify import NAMED
from .timing_best import BENEFITS, KEEPS, STEP, Plan

INFLATION, DEFLATION = "inflation_offset", "deflation_offset"


class Kind(NamedTuple):
    """A textbook error of timing.

    Attributes
    ----------
    offset : str
        The setting that is wrong.
    side : float
        -1 too early, 1 too late.
    effect : str
        The paired difference that the error spoils.
    better : float
        Direction in which right timing moves it.
    textbook : str
        What teaching says of it.
    """

    offset: str
    side: float
    effect: str
    better: float
    textbook: str


KINDS = {
    "early inflation": Kind(
        INFLATION,
        -1.0,
        "wedge_pressure_difference",
        -1.0,
        "inflates into ejection: the valve shuts early, wedge pressure and afterload rise",
    ),
    "late inflation": Kind(
        INFLATION, 1.0, "augmented_diastolic_pressure_difference", 1.0, "the notch is exposed, augmentation is low"
    ),
    "early deflation": Kind(
        DEFLATION,
        -1.0,
        "systolic_pressure_difference",
        -1.0,
        "a U-shaped dip, and the assisted systolic pressure is not lower",
    ),
    "late deflation": Kind(
        DEFLATION,
        1.0,
        "end_diastolic_aortic_pressure_difference",
        -1.0,
        "assisted end-diastolic pressure is as high as unassisted or higher, afterload rises",
    ),
}
"""The four errors by their signatures in teaching [S, physiology section 4]."""

SHOWN = (
    "cardiac_output_relative_difference",
    "demand_relative_difference",
    "augmented_diastolic_pressure_difference",
    "systolic_pressure_difference",
    "end_diastolic_aortic_pressure_difference",
    "wedge_pressure_difference",
    "effective_arterial_elastance_difference",
    "stroke_work_relative_difference",
)
"""Paired differences whose mean is fitted over the two offsets."""


TIMINGS = ("right", *KINDS)

SETTINGS = {INFLATION: "inflation_setting", DEFLATION: "deflation_setting"}
"""Dimensions of what is fitted at every setting of an offset; those of the cells are named as the offsets."""


def over_settings(plan: Plan, whole: tuple[Floats, Floats] | None, best: Mapping[str, Any] | None) -> xr.Dataset:
    """Fitted means over the settings; with the best also where timing is right, and where each error is met."""
    inflation, deflation = plan.lattice
    dims = (SETTINGS[DEFLATION], SETTINGS[INFLATION])
    out = xr.Dataset(coords={SETTINGS[INFLATION]: inflation, SETTINGS[DEFLATION]: deflation})
    if whole is None:
        return out
    surfaces, harmed = whole
    out["share_harmed"] = (dims, harmed)
    for place, each in enumerate(plan.shown):
        heights = surfaces[:, place].reshape(len(deflation), len(inflation))
        out[f"mean_{each.name}"] = (dims, heights)
    if best is None:
        return out
    here = {INFLATION: best["best_inflation"], DEFLATION: best["best_deflation"]}
    at = out.sel({SETTINGS[name]: value for name, value in here.items()}, method="nearest")
    name, better = BENEFITS[plan.benefit]
    met = [(better * out[f"mean_{name}"] >= KEEPS * best["best_benefit"]) & (out["share_harmed"] <= plan.harmed)]
    for kind in KINDS.values():
        effect = kind.better * out[f"mean_{kind.effect}"]
        beyond = kind.side * (out[SETTINGS[kind.offset]] - here[kind.offset]) > STEP / 2
        met.append(beyond & (effect < plan.kept * kind.better * at[f"mean_{kind.effect}"]))
    out = out.assign_coords(timing=np.array(TIMINGS, dtype=object))
    out["met"] = ("timing", *dims), np.stack([each.transpose(*dims).values for each in met])
    return out


def what_errors_do(
    found: xr.Dataset, best: Mapping[str, Any], classes: NDArray[Any], units: Mapping[str, str]
) -> xr.Dataset:
    """Say what right timing and each error do.

    Parameters
    ----------
    found : xr.Dataset
        Of `over_settings`, with the best.
    best : mapping
        Of all patients.
    classes : array, (deflation, inflation, class)
        Patients at each setting.
    units : mapping
        Of each of `SHOWN`.

    Returns
    -------
    xr.Dataset
        Over ``timing``: ``begins``, the offset (s) from which on an error is met, the other offset being at its best,
        NaN where it is not met so; ``timing_patients``, those compared with such offsets; over ``effect`` too the mean
        of each paired difference over these settings, by the surfaces, NaN where there are none; over ``response`` the
        share of the patients by class, with Wilson's interval.
    """
    met = found["met"].values
    counts = np.array([classes[each].sum(axis=0) for each in met], dtype=np.int64)
    patients = counts.sum(axis=1)
    surfaces = {name: found[f"mean_{name}"].values for name in SHOWN}
    means = [[surfaces[name][each].mean() if each.any() else np.nan for name in SHOWN] for each in met]
    return xr.Dataset(
        {
            "begins": ("timing", [_begins(found, best, name) for name in TIMINGS]),
            "timing_patients": ("timing", patients),
            "effect_mean": (("timing", "effect"), means),
            **shares_with_intervals("share", ("timing", "response"), counts, patients[:, None]),
        },
        {
            "effect": np.array(SHOWN, dtype=object),
            "effect_units": ("effect", np.array([units[name] for name in SHOWN], dtype=object)),
            "response": np.array(list(NAMED), dtype=object),
        },
    )


def _begins(found: xr.Dataset, best: Mapping[str, Any], name: str) -> float:
    """Offset nearest to the best at which an error is met, the other offset being at its best."""
    if name not in KINDS:
        return math.nan
    here = {INFLATION: best["best_inflation"], DEFLATION: best["best_deflation"]}
    offset = KINDS[name].offset
    other = DEFLATION if offset == INFLATION else INFLATION
    met = found["met"].sel(timing=name).sel({SETTINGS[other]: here[other]}, method="nearest")
    at = found[SETTINGS[offset]].values[met.values]
    return float(min(at, key=lambda each: abs(each - here[offset]))) if len(at) else math.nan
