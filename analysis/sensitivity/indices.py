"""Sensitivity: which parameters an outcome, a paired difference or the probability of help depends on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product

import numpy as np
import xarray as xr

from ...engine import PARAMETERS, InputError, check_name
from ...sweeps.design import stepwise
from ...sweeps.design.stepwise import LAW
from ..reading.measures import short, varied
from ..reading.origin import cohort_title, stored_spec
from ..reading.stream import refuse_weights, sample
from ..response.comparison import Comparison
from .design_structure import morris_structure, saltelli_structure
from .designs import morris_indices, morris_sums, sobol_indices, sobol_sums, with_intervals
from .given_data import SAMPLED, correlated, given_data, inseparable, rank_correlations
from .outcomes import (
    FAILED,
    NOT_RUN,
    OUTSIDE,
    USED,
    Codes,
    Floats,
    Indices,
    Outcome,
    columns_of,
    evaluate,
    joint_names,
    outcomes_of,
)
from .outcomes import variables as variables_of
from .words import BY_DESIGN, COUNTED, END_IN_WORDS, ENDS, MEANINGS, METHODS, STATES

FEWEST = {"sobol": stepwise.FEWEST["saltelli"], "morris": stepwise.FEWEST["morris"], "given-data": 200}
"""Base samples, trajectories or patients below which nothing is said."""


def sensitivity(
    dataset: xr.Dataset,
    outcomes: Sequence[str] | None = None,
    *,
    arm: str | None = None,
    reference: str | None = None,
    method: str | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Say how much each parameter moves some outcomes.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    outcomes : sequence of str, optional
        ``helps``, ``fails`` or ``harms`` (belonging to that class), an outcome (of the reference arm), an outcome at
        an arm as ``cardiac_output@iabp``, or a paired difference as ``wedge_pressure_difference``.
    arm, reference : str, optional
        Arms compared; default those of the data set.
    method : str, optional
        ``sobol`` (a saltelli design), ``morris`` (a morris design) or ``given-data`` (any); default by the design.
    groups : mapping of str to sequence of str, optional
        Parameters to be taken together, by the name of the group; given-data only. A saltelli or morris design has
        the groups of its sweep file.
    definition, thresholds
        As in :func:`~counterpulse.analysis.response.comparison.Comparison.of`.

    Returns
    -------
    xr.Dataset
        Over ``parameter`` and ``outcome`` the indices of the method (``METHODS``), each with ``_low`` and ``_high``
        (95 %) and ``_half`` (from half of the rows). Over ``outcome`` the counts ``used``, ``failed``,
        ``outside_cohort`` and ``not_run`` of patients, or of base samples or trajectories, which are left out as
        wholes where one row failed. ``moves`` names the parameters behind each row of indices.

    Raises
    ------
    InputError
        For an unknown name, a refined store, a method that the rows do not allow, or where too few rows have a number.
    """
    refuse_weights(dataset, "sensitivity")
    alone = dataset.sizes.get("arm") == 1
    comparison = Comparison.of(dataset, arm, reference, definition, thresholds, alone=alone)
    asked = outcomes_of(dataset, outcomes, comparison)
    design = str(stored_spec(dataset).get("design") or dataset.attrs.get("design") or "")
    method = method or BY_DESIGN.get(design, "given-data")
    check_name("method", method, METHODS)
    parameters = [*varied(dataset), *(["cohort"] if "cohort" in dataset.variables else [])]
    if not parameters:
        raise InputError("sensitivity: no parameter differs between the patients of this store")
    if method == "given-data":
        result = _from_any(dataset, asked, parameters, comparison, groups or {})
    elif groups:
        raise InputError(
            f"group: a {design or method} design tells of those groups alone that its sweep file moved together, in "
            "[groups]; for others give --method given-data"
        )
    else:
        result = _from_design(dataset, asked, parameters, comparison, method)
    spec = stored_spec(dataset)
    return result.assign_attrs(
        name=str(spec.get("name", "")),
        cohort=cohort_title(dataset),
        method=method,
        design=design,
        window=int(_windowed(dataset)),
        candidates=dataset.sizes["patient"],
        blocks_missing=int(dataset.attrs.get("blocks_missing", 0)),
        **comparison.attributes,
    )


def _windowed(dataset: xr.Dataset) -> bool:
    return bool(stored_spec(dataset).get("window"))


def _from_design(
    dataset: xr.Dataset, asked: Sequence[Outcome], parameters: Sequence[str], comparison: Comparison, method: str
) -> xr.Dataset:
    if method == "sobol":
        if _windowed(dataset):
            raise InputError(
                "sensitivity: this store applies the cohort's window, which leaves holes in the design that Sobol "
                "indices need whole; give --method given-data, or run the sweep with window = false"
            )
        structure = saltelli_structure(dataset, parameters, comparison.arm)
        sums = sobol_sums(dataset, asked, structure)
        _check_number(sums.states, method, "base samples of which every row has a result")
        indices = with_intervals(sums, sobol_indices)
    else:
        structure = morris_structure(dataset, parameters, comparison.arm)
        sums = morris_sums(dataset, asked, structure, comparison.arm)
        _check_number(sums.states, method, "trajectories of which every row has a result")
        indices = with_intervals(sums, morris_indices)
    spec = stored_spec(dataset)
    groups = [_group_of(each, spec.get("groups", {}), spec.get("vary", {})) for each in structure.moved]
    names = [group or name for group, name in zip(groups, joint_names(structure.moved), strict=True)]
    tied = sum(len(each) > 1 and not group for group, each in zip(groups, structure.moved, strict=True))
    return _assembled(asked, names, structure.moved, indices, sums.states).assign_attrs(
        rows=structure.rows, left_over=sums.left_over, tied=tied, grouped=", ".join(filter(None, groups))
    )


def _group_of(moved: Sequence[str], groups: Mapping[str, Sequence[str]], vary: Collection[str]) -> str:
    """Name of the group of a sweep file that a unit is; empty where it is none."""
    own = set(moved) & set(vary) or {LAW}
    return next((name for name, members in groups.items() if own & set(members)), "")


def _from_any(
    dataset: xr.Dataset,
    asked: Sequence[Outcome],
    parameters: Sequence[str],
    comparison: Comparison,
    groups: Mapping[str, Sequence[str]],
) -> xr.Dataset:
    _check_groups(groups, parameters)
    block = sample(dataset, [*variables_of(asked), *parameters], SAMPLED, 4 * SAMPLED)
    columns = columns_of(block, parameters, comparison.arm)
    values, states = evaluate(block, asked)
    counts = np.stack([(states == code).sum(axis=0) for code in STATES.values()])
    _check_number(counts, "given-data", "patients with a result")
    seen = columns[(states == USED).any(axis=1)]
    differ = np.flatnonzero(np.ptp(seen, axis=0) > 0)
    if not differ.size:
        raise InputError("sensitivity: no parameter differs between the patients that have a result")
    matrix = rank_correlations(seen[:, differ])
    together = inseparable(matrix)
    members = [[parameters[int(differ[place])] for place in each] for each in together]
    parts = {name: [int(differ[each[0]])] for name, each in zip(joint_names(members), together, strict=True)}
    parts |= {name: [parameters.index(each) for each in given] for name, given in groups.items()}
    indices, chance = _given_data(parts, columns, values, states)
    result = _assembled(asked, list(parts), members + [list(given) for given in groups.values()], indices, counts)
    result["pawn_by_chance"] = ("outcome", chance, {"long_name": "PAWN that no influence stays below, 95 %"})
    heads = [each[0] for each in together]
    pairs = correlated(matrix[np.ix_(heads, heads)], len(seen))
    closest = [
        f"{members[first][0]} and {members[second][0]}, rank correlation {matrix[heads[first], heads[second]]:.2f}"
        for first, second in pairs[:1]
    ]
    return result.assign_attrs(sampled=len(columns), correlated_pairs=len(pairs), closest_pair="".join(closest))


def _check_groups(groups: Mapping[str, Sequence[str]], parameters: Sequence[str]) -> None:
    for name, members in groups.items():
        if name in parameters:
            raise InputError(f"group: {name} is the name of a parameter; give the group another")
        for member in members:
            check_name(f"group {name}", member, parameters)


def _given_data(
    parts: Mapping[str, Sequence[int]], columns: Floats, values: Floats, states: Codes
) -> tuple[Indices, Floats]:
    """Indices of each parameter or group, by the places of its columns; NaN of an outcome that does not vary."""
    outcomes = values.shape[1]
    indices = {
        f"{name}{end}": np.full((len(parts), outcomes), np.nan) for name in METHODS["given-data"] for end in ENDS
    }
    chance = np.full(outcomes, np.nan)
    for number in range(outcomes):
        used = states[:, number] == USED
        if used.sum() < FEWEST["given-data"] or np.ptp(values[used, number]) == 0:
            continue
        own = {name: [columns[used, place] for place in places] for name, places in parts.items()}
        found, chance[number] = given_data(own, values[used, number])
        for name, index in found.items():
            indices[name][:, number] = index
    return indices, chance


def _check_number(states: np.ndarray, method: str, what: str) -> None:
    if int(states[USED].max()) < FEWEST[method]:
        raise InputError(
            f"sensitivity: {int(states[USED].max())} {what}, at least {FEWEST[method]} are needed "
            f"({int(states[FAILED].max())} failed, {int(states[OUTSIDE].max())} outside the cohort, "
            f"{int(states[NOT_RUN].max())} not run)"
        )


def _assembled(
    asked: Sequence[Outcome], names: list[str], moved: Sequence[Sequence[str]], indices: Indices, states: np.ndarray
) -> xr.Dataset:
    labels = [_label(name, each[0]) for name, each in zip(names, moved, strict=True)]
    result = xr.Dataset(
        {name: (("parameter", "outcome"), values) for name, values in indices.items()},
        coords={
            "parameter": np.array(names, dtype=object),
            "outcome": np.array([each.name for each in asked], dtype=object),
            "label": ("parameter", np.array(labels, dtype=object)),
            "moves": ("parameter", np.array([", ".join(each) for each in moved], dtype=object)),
            "outcome_label": ("outcome", np.array([each.label for each in asked], dtype=object)),
            "outcome_units": ("outcome", np.array([each.units for each in asked], dtype=object)),
        },
    )
    for name, code in STATES.items():
        result[name] = ("outcome", states[code], {"long_name": COUNTED[name], "units": "1"})
    for name, end in product(MEANINGS, ENDS):
        if f"{name}{end}" in result:
            result[f"{name}{end}"].attrs["long_name"] = f"{MEANINGS[name]}{END_IN_WORDS[end]}"
    return result


def _label(name: str, first: str) -> str:
    """A row in words: its first parameter's, and how many there are besides; a group's own name."""
    if first not in PARAMETERS or not (name == first or name.startswith(f"{first} (+")):
        return name
    return short(PARAMETERS[first].long_name) + name.removeprefix(first)
