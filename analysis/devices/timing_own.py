"""The deflation that an operator would choose for each patient, where arms differ in it, and what one for all loses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import Status
from ...sweeps.spec.levels import arm_of_level
from ..numbers.cells import FEWEST, Floats, Places, cell_of, laid_out, together, with_axes
from ..numbers.intervals import share_of, with_interval
from ..reading.measures import Measure, measure
from ..reading.origin import about_sweep
from ..reading.stream import Weights, fold, sample
from ..response.comparison import Comparison, nobody
from ..response.left_out import without_left_out
from .arm_settings import alike, settings
from .timing_best import STROKE_WORK_LIMIT
from .timing_errors import DEFLATION

AXES = ("mean_heart_rate", "effective_arterial_elastance")
"""What the cells go by, from left to right and from bottom to top, where nothing else is asked."""

READ = ("end_diastolic_aortic_pressure", "stroke_work", "cardiac_output")

QUANTILES = {"median": 0.5, "95": 0.95}

LOST = ("pressure", "output")

MEANS = ("mean_pressure_change", "mean_stroke_work_change", "mean_output_change")

LONG_NAMES = {
    "deflation_arm": ("arm that deflates so", "1"),
    "own": ("patients who have their lowest end-diastolic pressure here, among settings that are not late", "1"),
    "own_share": ("share of those with an optimum who have it here", "1"),
    "late": (f"share whose stroke work is up by {100 * STROKE_WORK_LIMIT:g} % or more", "1"),
    "mean_pressure_change": ("mean change of end-diastolic aortic pressure", "mmHg"),
    "mean_stroke_work_change": ("mean relative change of stroke work", "1"),
    "mean_output_change": ("mean change of cardiac output", "L/min"),
    "pressure_lost": ("end-diastolic aortic pressure above that at the patient's own optimum", "mmHg"),
    "output_lost": ("cardiac output below that at the patient's own optimum", "L/min"),
    "cell_patients": ("patients of the cell with an optimum of their own", "1"),
    "cell_optimum": ("deflation with the lowest mean end-diastolic pressure of the cell, not late in the mean", "s"),
    "cell_own": ("mean of the patients' own optima in the cell", "s"),
    "cell_pressure_lost": (
        "mean end-diastolic pressure above the patients' own optima, with one setting for all",
        "mmHg",
    ),
    "cell_output_lost": (
        "mean cardiac output below that at the patients' own optima, with one setting for all",
        "L/min",
    ),
}


def deflations_of(dataset: xr.Dataset, comparison: Comparison) -> dict[str, float]:
    """Arms that differ from the one compared in the start of deflation alone, and that start (s), earliest first."""
    own = settings(dataset, comparison.arm, (DEFLATION,))
    found: dict[str, float] = {}
    for name in map(str, dataset["arm"].values):
        other = settings(dataset, name, (DEFLATION,))
        start = other[DEFLATION]
        if name != comparison.reference and alike(other, own, (DEFLATION,)) and start == start:
            found.update({} if start in found.values() else {name: start})
    return dict(sorted(found.items(), key=lambda item: item[1]))


class _Judged(NamedTuple):
    """Of some patients at every setting (setting, patient); ``own`` is the place of the optimum, -1 for none."""

    pressure: Floats
    work: Floats
    output: Floats
    before: Floats
    own: Places
    compared: NDArray[np.bool_]
    absent: NDArray[np.bool_]


def _judge(block: xr.Dataset, arms: list[str], reference: str) -> _Judged:
    """Find each patient's optimum; of those all of whose runs hold."""

    def values(name: str) -> tuple[Floats, Floats]:
        column = block[name].transpose("arm", "patient")
        ours, theirs = column.sel(arm=arms).values, column.sel(arm=reference).values
        return np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)

    status, first = values("status")
    absent = np.isin(first, (Status.OUTSIDE_COHORT, Status.NOT_RUN))
    compared = (status == Status.OK).all(axis=0) & (first == Status.OK)
    (pressure, foot), (work, usual), (output, flow) = (values(name) for name in READ)
    work = work / usual - 1
    allowed = compared & (work < STROKE_WORK_LIMIT)
    own = np.where(allowed.any(axis=0), np.where(allowed, pressure, np.inf).argmin(axis=0), -1)
    return _Judged(pressure, work, output, np.stack([foot, flow]), own, compared, absent)


class _Sums(NamedTuple):
    """Counts over patients, and sums by setting of all of them, and by cell of those with an optimum."""

    counts: dict[str, int]
    own: NDArray[np.int64]
    late: NDArray[np.int64]
    means: Floats
    cells: Floats


def own_deflation(
    dataset: xr.Dataset,
    comparison: Comparison,
    starts: Mapping[str, float],
    x: str | None = None,
    y: str | None = None,
    bins: int | None = None,
) -> xr.Dataset:
    """Find the start of deflation that an operator would choose, per patient and per cell, and what one for all loses.

    The operator's optimum is the setting with the lowest end-diastolic aortic pressure among those that raise stroke
    work by less than ``STROKE_WORK_LIMIT``; of several patients, by the means of both.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    comparison : Comparison
    starts : mapping of str to float
        Of :func:`deflations_of`.
    x, y : str, optional
        What the cells go by, as in :func:`~counterpulse.analysis.maps.map_response`; default ``AXES``.
    bins : int, optional
        Cells along each axis.

    Returns
    -------
    xr.Dataset
        Over ``deflation`` (s): for how many it is the ``own`` optimum, how many are ``late``, mean changes against the
        reference, and over ``quantile`` (median and 95 %) what it costs as the one setting for all: ``pressure_lost``
        and ``output_lost`` against the patient's own optimum. Over ``y`` and ``x`` the same of cells, ``cell_...``.
        Attributes: ``for_all``, the best single setting (s), NaN where all are late; how many have an optimum
        (``answered``), none as every setting is late (``all_late``), were not compared, or left out by their baseline.

    Raises
    ------
    InputError
        For an unknown name, an axis along which nobody differs, a refined store, or where nobody can be compared.
    """
    arms, at = list(starts), np.array(list(starts.values()))
    names = [name or default for name, default in zip((y, x), reversed(AXES), strict=True)]
    axes = [measure(dataset, name, comparison, f"timing: {place}") for name, place in zip(names, "yx", strict=True)]
    left_out = comparison.left_out
    needs = ["status", *READ, *(name for axis in axes for name in axis.needs)]
    needs += [name for name in ("convergence_error", *left_out.needs) if name in dataset] if left_out else []
    needs = list(dict.fromkeys(needs))
    whole = sample(dataset, needs)
    block, _ = without_left_out(whole, left_out)
    judged = _judge(block, arms, comparison.reference)
    if not judged.compared.any():
        raise nobody("timing")
    edges = laid_out(dataset, axes, block, judged.compared, bins, "timing", whole.sizes["patient"])

    def summed(part: xr.Dataset, _: slice) -> _Sums:
        block, apart = without_left_out(part, left_out)
        sums = _summed(block, arms, comparison.reference, axes, edges)
        return sums._replace(counts=sums.counts | apart)

    sums = fold(dataset, needs, summed, answer="timing", weights=Weights.REFUSED)
    compared, answered = sums.counts["compared"], sums.counts["answered"]
    means = sums.means / compared
    for_all = _best(means[0], means[1])
    shares = [share_of(count, answered) for count in sums.own]
    data: dict[str, Any] = with_interval("own_share", "deflation", shares, LONG_NAMES["own_share"][0])
    data["deflation_arm"] = ("deflation", np.array(arms, dtype=object))
    data["own"] = ("deflation", sums.own)
    data["late"] = ("deflation", sums.late / compared)
    data |= {name: ("deflation", each) for name, each in zip(MEANS, means, strict=True)}
    data |= {f"{name}_lost": (("quantile", "deflation"), each) for name, each in _lost(judged).items()}
    coordinates = {
        "deflation": ("deflation", at, {"long_name": "start of deflation", "units": "s"}),
        "quantile": np.array(list(QUANTILES), dtype=object),
    }
    found = xr.Dataset(data | _cells(axes, sums.cells, at, for_all), coordinates)
    found = with_axes(found, axes, edges)
    for name, (title, units) in LONG_NAMES.items():
        found[name].attrs.update({"long_name": title, "units": units})
    return found.assign_attrs(
        about_sweep(dataset)
        | comparison.attributes
        | {
            "arm": arm_of_level(comparison.arm),
            "for_all": float(at[for_all]) if for_all >= 0 else float("nan"),
            "stroke_work_limit": STROKE_WORK_LIMIT,
            "candidates": dataset.sizes["patient"],
            "sampled": int(judged.compared.sum()),
            **sums.counts,
        }
    )


def _best(pressure: Floats, work: Floats) -> int:
    """Place of the lowest pressure where work is up by less than the limit; -1 where it is nowhere."""
    allowed = work < STROKE_WORK_LIMIT
    return int(np.where(allowed, pressure, np.inf).argmin()) if allowed.any() else -1


def _at_own(values: Floats, own: Places) -> Floats:
    """Values (setting, patient) at each patient's optimum; NaN where there is none."""
    return np.where(own >= 0, np.take_along_axis(values, np.maximum(own, 0)[None], axis=0)[0], np.nan)


def _lost(judged: _Judged) -> dict[str, Floats]:
    """Quantiles over patients of what each setting loses against their own optima (quantile, setting)."""
    known = judged.own >= 0
    pressure = (judged.pressure - _at_own(judged.pressure, judged.own))[:, known]
    output = (_at_own(judged.output, judged.own) - judged.output)[:, known]
    if not known.any():
        return {name: np.full((len(QUANTILES), len(pressure)), np.nan) for name in LOST}
    own = {"pressure": pressure, "output": output}
    return {name: np.quantile(own[name], list(QUANTILES.values()), axis=1) for name in LOST}


def _summed(block: xr.Dataset, arms: list[str], reference: str, axes: list[Measure], edges: list[Floats]) -> _Sums:
    """Count and sum over some patients."""
    judged = _judge(block, arms, reference)
    kept, known = judged.compared, judged.own >= 0
    changes = np.stack([judged.pressure - judged.before[0], judged.work, judged.output - judged.before[1]])
    own = _at_own(judged.pressure, judged.own), _at_own(judged.output, judged.own)
    shape = tuple(len(edge) - 1 for edge in edges)
    row, column = (cell_of(axis.of(block), edge) for axis, edge in zip(axes, edges, strict=True))
    cell = together(row, column, shape[1])
    inside = known & (cell >= 0)
    place = cell[inside]
    size = shape[0] * shape[1]

    def by_cell(values: Floats) -> Floats:
        return np.bincount(place, values[inside], minlength=size).astype(np.float64)

    # patients and their own optima, then pressure and output at each setting less those at the own, and stroke work
    per_cell = [by_cell(np.ones(len(known)))]
    per_cell += [by_cell((judged.own == setting).astype(np.float64)) for setting in range(len(arms))]
    per_cell += [by_cell(each - own[0]) for each in judged.pressure]
    per_cell += [by_cell(own[1] - each) for each in judged.output]
    per_cell += [by_cell(each) for each in judged.work]
    return _Sums(
        {
            "compared": int(kept.sum()),
            "answered": int(known.sum()),
            "all_late": int((kept & ~known).sum()),
            "failed_run": int((~kept & ~judged.absent).sum()),
            "not_compared": int(judged.absent.sum()),
        },
        np.bincount(judged.own[known], minlength=len(arms)),
        (kept & (judged.work >= STROKE_WORK_LIMIT)).sum(axis=1),
        changes[:, :, kept].sum(axis=2),
        np.stack(per_cell).reshape(-1, *shape),
    )


def _cells(axes: list[Measure], sums: Floats, at: Floats, for_all: int) -> dict[str, Any]:
    """Optimum of each cell, and what one setting for all loses there; NaN in cells of few."""
    dims, number = tuple(axis.name for axis in axes), len(at)
    patients = sums[0]
    counted = np.where(patients >= FEWEST, patients, np.nan)
    own, pressure, output, work = (sums[1 + part * number : 1 + (part + 1) * number] / counted for part in range(4))
    allowed = work < STROKE_WORK_LIMIT
    lowest = np.where(allowed, pressure, np.inf).argmin(axis=0)
    lost = np.full(patients.shape, np.nan)
    return {
        "cell_patients": (dims, patients.astype(np.int64)),
        "cell_optimum": (dims, np.where(allowed.any(axis=0), at[lowest], np.nan)),
        "cell_own": (dims, np.tensordot(at, own, axes=1)),
        "cell_pressure_lost": (dims, pressure[for_all] if for_all >= 0 else lost),
        "cell_output_lost": (dims, output[for_all] if for_all >= 0 else lost),
    }
