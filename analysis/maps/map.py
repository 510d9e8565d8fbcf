"""The answer of the command map: classes or a number over axes of anything in a store, in cells and in words."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from ...engine import InputError
from ..numbers.cells import FEWEST
from ..reading.measures import measure
from ..response.comparison import Comparison
from ..response.other_modes import in_all_modes, sentence
from ..words.counted import many, who_was_not
from ..words.parts import Part, Text
from .axes import GROUPS, plan
from .response_map import classes_by_cell
from .values import number_by_cell

CLASSES = ("helps", "fails", "harms")


def map(
    dataset: xr.Dataset,
    x: str,
    y: str | None = None,
    *,
    columns: str | None = None,
    rows: str | None = None,
    groups: int = GROUPS,
    value: str | None = None,
    quantile: float | None = None,
    mean: bool = False,
    arm: str | None = None,
    reference: str | None = None,
    bins: int | None = None,
    fewest: int = FEWEST,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Map where an arm helps, fails and harms, or how much a number changes; memory does not grow with the patients.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``. Patients of a refined sweep count by their ``sampling_weight``.
    x, y : str
        A parameter that varies, an outcome (of the reference arm: the patient's baseline), or a paired difference
        as ``cardiac_output_difference`` or ``cardiac_output_relative_difference``; or a column of numbers that the
        patients brought along. Without ``y`` curves over x.
    columns, rows : str, optional
        A third and a fourth axis, of maps side by side: likewise, cut into a few groups, or ``cohort``, or a column of
        texts that the patients brought along, a group for each of at most ten; who has none is off the map.
    groups : int
        Groups, of equally many patients, that columns and rows are cut into where they have many values.
    value : str, optional
        Map this number instead of the classes: its median,
    quantile : float, optional
        another quantile, between 0 and 1,
    mean : bool
        or its mean. Of a result with one arm a number is mapped alone.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.
    bins : int, optional
        Cells along x and y; default by the number of patients.
    fewest : int
        Patients below which ``thin`` marks a cell.

    Returns
    -------
    xr.Dataset
        Over (rows, columns, y, x), those that were asked for: ``patients`` compared, and ``thin``. Coordinates are the
        centres of the cells or the names of the groups, edges stand in ``<name>_bounds``. Attributes say how many were
        compared, off the map, outside the cohort, not run, or failed, and as ``other_modes`` what every mode of
        regulation makes of the same patients, where some were run in all.

        Of classes: ``count`` and ``share`` (response, ...); ``share_low`` and ``share_high``: Wilson's 95 % interval;
        ``undecided``: the share of those whose class the numerical error of the pair could tip; ``failed``: failed
        runs. Of weighted patients shares are ratios of sums of weights (Hajek 1971), ``effective`` is the effective
        number in each cell, which the intervals and ``thin`` go by, and ``weight`` and ``weight_squared`` are the sums.

        Of a number: ``patients`` compared who have it; ``value``; ``value_low`` and ``value_high``: 95 % interval, of
        a quantile by order statistics, whatever the distribution, NaN where that is open, and widened by the
        histogram's bins; ``value_error``, a bound on the error of that: 0 for a mean; of weighted patients
        ``effective``. The attribute ``without_value``: patients on the map whose number is not finite.

    Raises
    ------
    InputError
        For an unknown name, two equal axes, a quantile that is none, or where no patient can be compared.
    """
    if value is None and (mean or quantile is not None):
        raise InputError(f"{'mean' if mean else 'quantile'}: of what? give a value too")
    if mean and quantile is not None:
        raise InputError("mean: one of mean and quantile, not both")
    if quantile is not None and not 0 < quantile < 1:
        raise InputError(f"map: quantile: given {quantile:g}, a number between 0 and 1 is needed")
    comparison = Comparison.of(dataset, arm, reference, definition, thresholds, alone=value is not None)
    axes = {"x": x, "y": y, "columns": columns, "rows": rows}
    if value is None:
        answer = classes_by_cell(dataset, comparison, plan(dataset, comparison, axes, bins, groups), fewest)
        return _with_other_modes(answer, dataset, comparison)
    number = measure(dataset, value, comparison, "map: value")
    planned = plan(dataset, comparison, axes, bins, groups, number.needs)
    wanted = None if mean else 0.5 if quantile is None else quantile
    answer = number_by_cell(dataset, comparison, planned, number, wanted, fewest)
    return _with_other_modes(answer, dataset, comparison)


def _with_other_modes(answer: xr.Dataset, dataset: xr.Dataset, comparison: Comparison) -> xr.Dataset:
    """Add to a map of two arms what the other modes of regulation make of the same patients, where some were run."""
    if answer.attrs["arm"] == answer.attrs["reference"]:
        return answer
    found = in_all_modes(dataset, comparison)
    return answer if found is None else answer.assign_attrs(other_modes=sentence(found))


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say who was compared over what, and who was not."""
    about = answer.attrs
    counts = [f"{name} {about[name]:,}" for name in CLASSES if name in about]
    shares = [
        f"{name} {100 * about[f'weighted_share_{name}']:.1f} %" for name in CLASSES if f"weighted_share_{name}" in about
    ]
    counts += [f"weighted {', '.join(shares)}"] if shares else []
    off = [name for name in ("off_the_map", "without_value") if about.get(name)]
    hidden = [f"{about[name]:,} {name.replace('_', ' ')}" for name in off]
    counts += [f"of them {', '.join(hidden)}"] if hidden else []
    over = " and ".join(reversed([str(dim) for dim in answer["patients"].dims]))
    what = f", {about['statistic']} of {about['value_name']}" if "value" in answer else ""
    done = "compared" if about["arm"] != about["reference"] else f"of {about['arm']}"
    who = f"{many(about['compared'], 'patient')} {done} over {over}{what}"
    told = f"{who}: {', '.join(counts)}" if counts else who
    lines = [f"{told}; not {'compared' if counts else 'shown'}: {', '.join(who_was_not(about))}"]
    return [Text([*lines, about["other_modes"]] if "other_modes" in about else lines)]
