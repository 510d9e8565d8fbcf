"""Rules as a data set: over ``rule`` and ``measurement`` their limits, over ``rule`` what became of the held-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..numbers.intervals import Number, share_of, with_interval
from ..response.classify import Response
from .counts import Boxes, Counts
from .evidence import Counted, Refitted
from .rules import Axis

SIDES = ("lower", "upper")

SHARES = {
    "density": ("members", "patients", "share of the class among those who meet the rule"),
    "coverage": ("members", "class_members", "share of those who meet the rule among the class"),
    "size": ("patients", "counted", "share of those who meet the rule among all compared"),
    "added": ("added_members", "added_patients", "share of the class among those who meet no rule before this one"),
}
"""Share of held-out patients: the two counts it is of, and its meaning."""

COUNTS = {
    "patients": "held-out patients who meet the rule",
    "members": "of them those of the class",
    "added_patients": "held-out patients who meet the rule and none before it",
    "added_members": "of them those of the class",
}


def share(count: int, of: int) -> Number:
    """Share of some patients with its interval; NaN of nobody."""
    return share_of(count, of) if of else Number(np.nan, np.nan, np.nan)


def assembled(
    found: Boxes,
    told: Mapping[int, Counted],
    refits: Sequence[Refitted],
    counts: Counts,
    which: Response,
    variants: Sequence[tuple[str, float, list[float]]],
) -> xr.Dataset:
    """Put the rules that are told into a data set.

    Parameters
    ----------
    found : Boxes
        All rules found in the fit.
    told : mapping of int to Counted
        Those that stood, by their place.
    refits : sequence of Refitted
        Of those that stood.
    counts : Counts
        Of all patients.
    which : Response
        Class looked for.
    variants : sequence of tuple
        From :func:`~counterpulse.analysis.regions.counts.moved`.
    """
    everybody = {"counted": counts.compared(counts.every), "class_members": counts.of(which, counts.every)}
    met = np.any([counts.rows(place) for place in told], axis=0) if told else ~counts.every
    data = _limits(found.axes, refits) | _shares(told, everybody) | _steadiness(told, refits)
    data["variant_share"] = ("variant", np.array([each[1] for each in variants]), {"long_name": "share of the class"})
    densities = np.array([[each[2][place] for place in told] for each in variants]).reshape(len(variants), len(told))
    data["variant_density"] = (("variant", "rule"), densities, {"long_name": SHARES["density"][2]})
    for name in ("variant_share", "variant_density"):
        data[name][2]["units"] = "1"
    coords: dict[str, Any] = {
        "rule": np.arange(1, len(told) + 1),
        "measurement": np.array([axis.measure.name for axis in found.axes], dtype=object),
        "label": ("measurement", np.array([axis.label for axis in found.axes], dtype=object)),
        "limit_units": ("measurement", np.array([axis.units for axis in found.axes], dtype=object)),
        "variant": np.array([each[0] for each in variants], dtype=object),
    }
    return xr.Dataset(data, coords).assign_attrs(
        **{member.name.lower(): int(counts.classes[member]) for member in Response},
        **everybody,
        met_members=counts.of(which, met),
        unknown=counts.unknown,
        tried=len(found.boxes),
    )


def _limits(axes: Sequence[Axis], refits: Sequence[Refitted]) -> dict[str, tuple[Any, ...]]:
    """Limits of each rule in the units of ``limit_units``, their spread over the refits, and the condition in words."""
    values = np.array([each.limits for each in refits]).reshape(len(refits), len(axes), len(SIDES), 3)
    dims, data = ("rule", "measurement"), {}
    for side, name in enumerate(SIDES):
        for place, (end, text) in enumerate((("", ""), ("_p10", "10th"), ("_p90", "90th"))):
            title = f"{text} percentile of the {name} limit in the refits" if text else f"{name} limit"
            data[f"{name}{end}"] = (dims, values[:, :, side, place], {"long_name": title})
    words = [
        [axis.words(*own) if any(each is not None for each in own) else "" for axis, own in zip(axes, row, strict=True)]
        for row in (_or_none(each) for each in values[..., 0])
    ]
    texts = np.array(words, dtype=object).reshape(len(refits), len(axes))
    data["condition"] = (dims, texts, {"long_name": "condition in words"})
    return data


def _or_none(limits: np.ndarray) -> list[tuple[float | None, float | None]]:
    return [(None if low != low else float(low), None if high != high else float(high)) for low, high in limits]


def _shares(told: Mapping[int, Counted], everybody: Mapping[str, int]) -> dict[str, tuple[Any, ...]]:
    counts = {name: np.array([getattr(each, name) for each in told.values()], dtype=np.int64) for name in COUNTS}
    data: dict[str, tuple[Any, ...]] = {
        name: ("rule", values, {"long_name": COUNTS[name], "units": "1"}) for name, values in counts.items()
    }
    for name, (count, of, text) in SHARES.items():
        own = [share(int(counts[count][place]), int(counts[of][place]) if of in counts else everybody[of])
               for place in range(len(told))]  # fmt: skip
        data |= with_interval(name, "rule", own, text)
    return data


def _steadiness(told: Mapping[int, Counted], refits: Sequence[Refitted]) -> dict[str, tuple[Any, ...]]:
    texts = {
        "p_value": "hypergeometric p-value of those added, times the rules tried",
        "frequency": "share of the bootstrap samples in which a rule on the same sides of the same numbers was found",
        "overlap": "median over the bootstrap samples of the Jaccard index with the nearest rule",
    }
    values = {
        "p_value": [each.p_value for each in told.values()],
        "frequency": [each.frequency for each in refits],
        "overlap": [each.overlap for each in refits],
    }
    return {
        name: ("rule", np.array(values[name], dtype=np.float64), {"long_name": text, "units": "1"})
        for name, text in texts.items()
    }
