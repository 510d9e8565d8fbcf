"""What the indices of sensitivity mean and rest on, in order and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..numbers.intervals import number_of
from ..words.parts import Part, Table, Text
from .outcomes import FAILED, NOT_RUN, OUTSIDE, USED

METHODS = {"sobol": ("first", "total"), "morris": ("mu_star", "mu", "sigma"), "given-data": ("first", "pawn")}
"""Method to its indices."""

ENDS = ("", "_low", "_high", "_half")
"""An index, the ends of its 95 % interval, and what half of the rows gave."""

BY_DESIGN = {"saltelli": "sobol", "morris": "morris"}

MEANINGS = {
    "first": "first order: share of the variance that goes with the parameter alone",
    "total": "total order: share of the variance that goes with the parameter and all its interactions",
    "mu_star": "mean size of the change of the outcome in a step of the design",
    "mu": "mean change of the outcome in a step of the design that raises the parameter",
    "sigma": "standard deviation of that change: curvature and interactions",
    "pawn": "PAWN: distance of the outcome's distribution in a slice of the parameter from that in all patients",
}

END_IN_WORDS = {
    "": "",
    "_low": ", lower end of the 95 % interval",
    "_high": ", upper end of the 95 % interval",
    "_half": ", from half of the rows",
}

COLUMNS = {"": "", "_low": ", 95 % from", "_high": " to", "_half": " of half"}
"""Ends of an index as the heads of columns."""

TOP = 12
"""Parameters that a table shows unless told otherwise."""

COUNTED = {
    "used": "patients, base samples or trajectories with a result",
    "failed": "those left out because a run failed",
    "outside_cohort": "those outside the cohort",
    "not_run": "those that have not been run",
}

STATES = {"used": USED, "failed": FAILED, "outside_cohort": OUTSIDE, "not_run": NOT_RUN}


def leading(result: xr.Dataset) -> str:
    """Name of the index that parameters are sorted by: total order, mean size of the effects, or first order."""
    return {"sobol": "total", "morris": "mu_star", "given-data": "first"}[result.attrs["method"]]


def ranked(result: xr.Dataset, outcome: str) -> xr.Dataset:
    """Indices of one outcome, the largest first; what has none last."""
    one = result.sel(outcome=outcome)
    return one.isel(parameter=np.argsort(-one[leading(result)].fillna(-np.inf).values, kind="stable"))


def sentences(result: xr.Dataset) -> list[str]:
    """Say what the indices rest on: rows used and left out, correlation, and how far half of the rows moved them."""
    about, method = result.attrs, result.attrs["method"]
    unit = {"sobol": "base samples", "morris": "trajectories", "given-data": "patients"}[method]
    lines = [] if method != "given-data" else [_of_sample(about)]
    for name in result["outcome"].values:
        one = result.sel(outcome=name)
        lost = [
            f"{int(one[state]):,} {words}"
            for state, words in (
                ("failed", "left out because they failed" if method == "given-data" else "left out for a failed row"),
                ("outside_cohort", "outside the cohort"),
                ("not_run", "not run"),
            )
            if int(one[state])
        ]
        line = f"{name}: {int(one['used']):,} {unit}" + "".join(f", {each}" for each in lost)
        values = one[leading(result)]
        if not np.isfinite(values).any():
            lines.append(f"{line}; no index, because the outcome is the same in all or too few have a result.")
            continue
        moved = abs(one[f"{leading(result)}_half"] - values)
        worst = moved.fillna(0).idxmax().item()
        index = leading(result).replace("_", " ")
        lines.append(
            f"{line}; from half of them the index {index} is off by {float(moved.max()):.2g} at most ({worst})."
        )
    if about.get("left_over"):
        lines.append(f"{about['left_over']:,} rows behind the last whole {unit[:-1].replace('ie', 'y')} are not used.")
    if about["blocks_missing"]:
        lines.append(f"The run is unfinished: {about['blocks_missing']:,} blocks are missing.")
    return lines + _of_dependence(about)


def _of_sample(about: Mapping[str, Any]) -> str:
    repeated = (
        f" The rows of a {about['design']} design repeat one another: the intervals are too narrow."
        if about["design"] in BY_DESIGN
        else ""
    )
    return (
        f"From a fixed sample of {about['sampled']:,} of {about['candidates']:,} candidates. First order alone: a "
        "parameter that acts through interactions shows in PAWN, not in first order." + repeated
    )


def _of_dependence(about: Mapping[str, Any]) -> list[str]:
    lines = []
    if about.get("correlated_pairs"):
        lines.append(
            f"{about['correlated_pairs']} pairs of parameters are correlated in these patients (closest: "
            f"{about['closest_pair']}): the indices are no decomposition of the variance; what two share "
            "counts in both."
        )
    if about.get("grouped"):
        mean = "; the mean change of a group means little, as its members go up and down by themselves"
        lines.append(
            f"The design moved groups of parameters together ({about['grouped']}): an index of a group counts all that "
            f"its members do, alone and with each other{mean if about['method'] == 'morris' else ''}."
        )
    if about.get("tied"):
        lines.append(
            f"The population's law ties parameters together, and a step moves several at once in {about['tied']} of "
            "the rows of indices: those are of what the parameters share, not of any one of them."
        )
    if about["window"]:
        lines.append(
            "The cohort's window is applied: the indices hold inside it, where parameters depend on each other."
        )
    return lines


def in_words(result: xr.Dataset, top: int = TOP) -> list[Part]:
    """Tell the ``top`` parameters of each outcome, what stands behind joint rows, and what the indices rest on."""
    told: list[Part] = []
    for name in result["outcome"].values:
        told.append(_table(result, name, top))
        if (hidden := result.sizes["parameter"] - top) > 0:
            told.append(Text([f"{hidden} more parameters with less influence are not shown."]))
    pairs = zip(result["parameter"].values, result["moves"].values, strict=True)
    return [*told, Text([f"{name} is {moves}." for name, moves in pairs if name != moves] + sentences(result))]


def _table(result: xr.Dataset, outcome: str, top: int) -> Table:
    """Each index of one outcome, the ends of its interval and its value from half of the rows."""
    one, indices = ranked(result, outcome).isel(parameter=slice(top)), METHODS[result.attrs["method"]]
    columns = [one[f"{index}{end}"].values for index in indices for end in ENDS]
    rows = [
        [str(name), *(float(f"{value:.3g}") for value in values)]
        for name, *values in zip(one["parameter"].values, *columns, strict=True)
    ]
    head = ["parameter", *(f"{index}{COLUMNS[end]}" for index in indices for end in ENDS)]
    return Table(f"{one['outcome_label'].item()} ({outcome})", head, rows)


def leading_table(result: xr.Dataset, top: int = TOP) -> Table | None:
    """Tell the index that parameters are sorted by over all outcomes; None where no outcome has one."""
    index = leading(result)
    known = [str(name) for name in result["outcome"].values if np.isfinite(result[index].sel(outcome=name)).any()]
    if not known:
        return None
    shown = ranked(result, known[0]).isel(parameter=slice(top))["parameter"].values
    rows = [
        [str(result["label"].sel(parameter=name).item())]
        + [_with_interval(result.sel(parameter=name, outcome=outcome), index) for outcome in known]
        for name in shown
    ]
    labels = [str(result["outcome_label"].sel(outcome=outcome).item()) for outcome in known]
    caption = f"{MEANINGS[index]}, with the 95 % interval; the {len(rows)} that matter most for the first"
    return Table(f"{result.attrs['arm']}: {caption}", ("Parameter", *labels), rows)


def _with_interval(one: xr.Dataset, index: str) -> str:
    value, low, high = number_of(one, index)
    return f"{value:.2g} ({low:.2g} to {high:.2g})" if np.isfinite(value) else "-"
