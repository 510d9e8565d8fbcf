"""Whether a device helps, fails or harms a patient: the outcomes of an arm against the patient's own reference arm."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import Status
from ...sweeps.population.definitions import BY_COHORT
from ...sweeps.store.opening import by_chunk
from ..reading.origin import Array
from ..words.counted import LEFT_OUT as WORDS
from . import definitions, harms, left_out
from .comparison import Comparison
from .pairs import ABSOLUTE, DEMAND, RELATIVE, Pair, Verdict, any_of, terms, where


class Response(IntEnum):
    """The class of a patient in an arm; the last two come before harms, else the first that applies in this order."""

    NOT_COMPARED = 0
    FAILED_RUN = 1
    HARMS = 2
    HELPS = 3
    FAILS = 4
    NOT_SURVIVABLE = 5
    NOT_IN_SHOCK = 6


CLASSES = (Response.HELPS, Response.FAILS, Response.HARMS)
"""The classes of those compared, in the order they are shown."""

LEFT_OUT = tuple(Response[name.upper()] for name in WORDS)
"""Those with a result in both arms who are left out of shares by their baseline."""

NAMED = {each.name.lower(): each for each in CLASSES}
"""The same by name."""

VERBS = {"helps": "helped", "fails": "neither helped nor harmed", "harms": "harmed"}
"""What is said of the patients of a class."""


def compared_in(response: Array) -> Array:
    """Whether each patient of some classes was compared: has a result in both arms, and was not left out."""
    return (response >= Response.HARMS) & (response <= Response.FAILS)


class Judgement(NamedTuple):
    """Class, no_effect and undecided of every patient; and by name whether each clause of harm holds of the numbers."""

    response: Array
    no_effect: Array
    undecided: Array
    clauses: Mapping[str, Array]


def judge(dataset: xr.Dataset, comparison: Comparison) -> tuple[Array, Array, Array]:
    """Class, no_effect and undecided of every patient of a data set: :func:`judgement` without the clauses of harm."""
    return judgement(dataset, comparison)[:3]


def judgement(dataset: xr.Dataset, comparison: Comparison) -> Judgement:
    """Judge every patient of a data set, as numpy or dask arrays like its own.

    Undecided are those whose class the numerical error could tip, also between compared and not compared at the edge
    of a window, or left out, and those with a number or an error that is none.

    Parameters
    ----------
    dataset : xr.Dataset
        With the variables ``comparison.reads``.
    comparison : Comparison
        As made by :meth:`Comparison.of`.
    """
    pair, limit = Pair(dataset, comparison.arm, comparison.reference, keep=True), comparison.thresholds
    here, there = pair.data("status")
    output = pair.relative("cardiac_output").value
    # A finite sum says that all are finite: a patient who could not be judged is a failed run, not a failure to help.
    numbers = sum((reading.value for name in comparison.outcomes for reading in pair.readings(name)), output)
    ran, known = (here == Status.OK) & (there == Status.OK), np.isfinite(numbers)
    judged = ran & known
    apart = (Status.OUTSIDE_COHORT, Status.NOT_RUN)
    absent = (here == apart[0]) | (there == apart[0]) | (here == apart[1]) | (there == apart[1])

    clauses, help_ = harms.clauses(pair, limit), _helps(pair, comparison)
    harm = any_of(clauses.values())
    judgement = np.where(harm.holds, Response.HARMS, np.where(help_.holds, Response.HELPS, Response.FAILS))
    out = comparison.left_out.reasons(dataset) if comparison.left_out else left_out.NOBODY
    judgement = np.where(out.not_in_shock.holds, Response.NOT_IN_SHOCK, judgement)
    judgement = np.where(out.not_survivable.holds, Response.NOT_SURVIVABLE, judgement)
    response = np.where(judged, judgement, np.where(absent, Response.NOT_COMPARED, Response.FAILED_RUN))
    decided = np.True_
    for each in (help_, harm, out.not_in_shock, out.not_survivable):
        decided = each.certain | (~each.possible & decided)
    at_edge = comparison.membership.at_edge(dataset) if comparison.membership else np.False_
    undecided = (judged & ~decided) | (ran & ~known) | ((judged | absent) & at_edge)
    still = np.abs(output) < limit["no_effect_output"]
    still = still & (np.abs(pair.relative("sevr").value) < limit["no_effect_perfusion"])
    return Judgement(
        response.astype(np.uint8),
        (response == Response.FAILS) & still,
        undecided,
        {name: each.holds for name, each in clauses.items()},
    )


def _helps(pair: Pair, comparison: Comparison) -> Verdict:
    """Judge help, each patient by the definition of the patient's own cohort."""
    if comparison.definition != BY_COHORT:
        return definitions.DEFINITIONS[comparison.definition].helps(pair, comparison.thresholds)
    return any_of(
        where(pair.drawn_from(cohorts), definitions.DEFINITIONS[definition].helps(pair, comparison.thresholds))
        for definition, cohorts in comparison.definitions.items()
    )


def classify(
    dataset: xr.Dataset,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Say for every patient whether an arm helps, fails or harms, and by how much each outcome changed.

    The first that applies, in this order: not compared (outside the cohort, or not run), failed run, not survivable
    and not in shock (left out of shares by the baseline without support, unless the threshold ``leave_out`` is 0:
    mean arterial pressure below 40 or above 130 mmHg, cardiac index below 1 L/min/m2 or wedge pressure above 40 mmHg;
    in cohorts that are in shock, mean arterial pressure above 80 mmHg and cardiac index above 2.2), harms, helps,
    fails. Harm is any of: a loss of cardiac output, a rise of oxygen demand (pressure-volume area times
    heart rate), of wedge pressure or of a regurgitant volume, too little flow left to the legs or the viscera,
    and in arms with a balloon late deflation: an end-diastolic aortic pressure above the reference's together with
    more stroke work (either alone is the finding ``mistimed``, and no harm). Help is, by definition:

    - haemodynamic: a gain of cardiac output without a rise of wedge pressure or demand [X];
    - ischaemia-relief: more endocardial flow per demand in a patient without coronary reserve [X];
    - imamura, imamura-stabilised, hsu, sintek: as in these series, as far as haemodynamics tell;
      ``analysis/response/definitions.py`` says what of each can be computed and what cannot;
    - by-cohort: what the cohort of the patient declares, else haemodynamic.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``simulate`` or ``open_store``; what is in memory is judged now, else when it is computed, chunk by
        chunk.
    arm : str, optional
        Arm to judge; default ``iabp``, or the first that is not the reference.
    reference : str, optional
        Arm it is judged against; default the sweep's, or the first.
    definition : str, optional
        What counts as help, one of the above. Default: that of the stored specification, else by-cohort.
    thresholds : dict of str to float, optional
        Replace those of the stored specification and the defaults (``THRESHOLDS``).

    Returns
    -------
    xr.Dataset
        The data set with ``response`` (u1 with CF flags), ``no_effect``, ``undecided`` (the numerical error, of the
        periodic states and of the steps together, could tip the class, or the membership of the cohort where an arm
        without support shows it; or a number or an error is none), ``<outcome>_difference`` in the outcome's units and
        ``<outcome>_relative_difference`` (1), NaN where an arm has not converged.

    Raises
    ------
    InputError
        For an unknown arm, definition or threshold, naming the nearest match, or where the definition asks for the
        patients' cohorts and the data set does not tell them.
    """
    dataset = by_chunk(dataset)
    comparison = Comparison.of(dataset, arm, reference, definition, thresholds)
    response, no_effect, undecided = judge(dataset, comparison)
    dims = tuple(dim for dim in dataset["status"].dims if dim != "arm")
    flags = {
        "long_name": f"response to {comparison.arm} against {comparison.reference}",
        "flag_values": np.array(list(Response), dtype=np.uint8),
        "flag_meanings": " ".join(member.name.lower() for member in Response),
        **comparison.attributes,
    }
    still = {"long_name": "fails, with neither cardiac output nor supply over demand changed", "units": "1"}
    tipped = {"long_name": "the numerical error could tip the class, or is not known", "units": "1"}
    variables = {
        "response": xr.Variable(dims, response, flags),
        "no_effect": xr.Variable(dims, no_effect, still),
        "undecided": xr.Variable(dims, undecided, tipped),
    }
    return dataset.assign(variables | _differences(dataset, comparison, dims))


def _differences(dataset: xr.Dataset, comparison: Comparison, dims: tuple[Any, ...]) -> dict[str, xr.Variable]:
    pair = Pair(dataset, comparison.arm, comparison.reference)
    here, there = pair.data("status")
    both = (here == Status.OK) & (there == Status.OK)

    def variable(name: str, values: Array, long_name: str, units: str) -> xr.Variable:
        kind = dataset["pressure_volume_area" if name == DEMAND else name].dtype
        return xr.Variable(dims, np.where(both, values, np.nan).astype(kind), {"long_name": long_name, "units": units})

    out = {}
    for name in ABSOLUTE:
        if name != DEMAND and name not in dataset:
            continue
        title, units = terms(name)
        values = pair.difference(name).value
        out[f"{name}_difference"] = variable(name, values, f"change of {title}", units)
        if name in RELATIVE:
            values = pair.relative(name).value
            out[f"{name}_relative_difference"] = variable(name, values, f"relative change of {title}", "1")
    return out
