"""Whether a device helps, fails or harms a patient: the outcomes of an arm against the patient's own reference arm."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from ..engine.quantity import InputError, check_name
from ..engine.tables import OUTCOMES, Status
from ..sweeps.response_settings import BY_COHORT, HAEMODYNAMIC, RESPONSE_DEFAULTS
from .pairs import (
    ABSOLUTE,
    DEMAND,
    DEMAND_TERMS,
    RELATIVE,
    Array,
    Pair,
    Verdict,
    above,
    all_of,
    any_of,
    at_least,
    at_most,
    below,
    change,
    less,
    not_raised,
    over,
)


class Response(IntEnum):
    """The class of a patient in an arm; the first that applies, in this order."""

    NOT_COMPARED = 0
    FAILED_RUN = 1
    HARMS = 2
    HELPS = 3
    FAILS = 4


THRESHOLDS: dict[str, float] = {name: float(value) for name, value in RESPONSE_DEFAULTS.items() if name != "definition"}
"""Where the lines are drawn by default; see ``sweeps.response_settings`` for the units."""


@dataclass(frozen=True)
class Rule:
    """What is compared with what, and where the lines are drawn.

    Attributes
    ----------
    arm, reference : str
        Names of the two arms.
    definition : str
        What counts as help: a key of ``DEFINITIONS``.
    thresholds : dict of str to float
        A value for every key of ``THRESHOLDS``.
    """

    arm: str
    reference: str
    definition: str
    thresholds: Mapping[str, float]

    @property
    def needs(self) -> list[str]:
        """Names of the variables that a data set must have."""
        names = [
            "status",
            "convergence_error",
            "cardiac_output",
            "pressure_volume_area",
            "mean_heart_rate",
            "wedge_pressure",
            "mitral_regurgitant_volume",
            "aortic_regurgitant_volume",
            "limb_flow",
            "visceral_flow",
            "end_diastolic_aortic_pressure",
            "sevr",
        ]
        return names + (["endocardial_reserve", "endocardial_flow"] if self.definition == "ischaemia-relief" else [])

    def reads(self, dataset: xr.Dataset) -> list[str]:
        """Names of all variables of a data set that decide the class."""
        return self.needs + (["balloon_volume"] if "balloon_volume" in dataset else [])


def _harms(pair: Pair, limit: Mapping[str, float], balloon: Array) -> Verdict:
    leaks = (
        all_of(
            (
                at_least(less(*pair.readings(name), times=1 + limit["harms_regurgitation_gain"]), 0.0),
                at_least(pair.difference(name), limit["harms_regurgitation_volume"]),
            )
        )
        for name in ("mitral_regurgitant_volume", "aortic_regurgitant_volume")
    )
    late = above(pair.difference("end_diastolic_aortic_pressure"), limit["harms_end_diastolic_gain"])
    return any_of(
        (
            at_most(pair.relative("cardiac_output"), -limit["harms_output_loss"]),
            at_least(pair.relative(DEMAND), limit["harms_demand_gain"]),
            at_least(pair.difference("wedge_pressure"), limit["harms_wedge_gain"]),
            *leaks,
            at_most(pair.relative("limb_flow"), limit["harms_limb_flow"] - 1.0),
            at_most(pair.relative("visceral_flow"), limit["harms_visceral_flow"] - 1.0),
            Verdict(*(part & balloon for part in late)),
        )
    )


def _haemodynamic(pair: Pair, limit: Mapping[str, float]) -> Verdict:
    return all_of(
        (
            at_least(pair.relative("cardiac_output"), limit["helps_output_gain"]),
            not_raised(pair.difference("wedge_pressure")),
            not_raised(pair.difference(DEMAND)),
        )
    )


def _ischaemia_relief(pair: Pair, limit: Mapping[str, float]) -> Verdict:
    _, reserve = pair.readings("endocardial_reserve")
    flow, demand = pair.readings("endocardial_flow"), pair.readings(DEMAND)
    arm, reference = (over(flow[side], demand[side]) for side in (0, 1))
    return all_of(
        (
            below(reserve, limit["helps_reserve_below"]),
            at_least(change(arm, reference), limit["helps_endocardial_gain"]),
        )
    )


DEFINITIONS: Mapping[str, Callable[[Pair, Mapping[str, float]], Verdict]] = {
    "haemodynamic": _haemodynamic,
    "ischaemia-relief": _ischaemia_relief,
}


def judge(dataset: xr.Dataset, rule: Rule) -> tuple[Array, Array, Array]:
    """Class, no_effect and undecided of every patient of a data set, as numpy or dask arrays like its own.

    Parameters
    ----------
    dataset : xr.Dataset
        With the variables ``rule.needs``, and ``balloon_volume`` where a balloon may be on.
    rule : Rule
        As made by :func:`rule_of`.
    """
    pair, limit = Pair(dataset, rule.arm, rule.reference, keep=True), rule.thresholds
    here, there = pair.data("status")
    output = pair.relative("cardiac_output").value
    criteria = (
        pair.difference(name).value
        for name in ("wedge_pressure", DEMAND, "limb_flow", "visceral_flow", "end_diastolic_aortic_pressure")
    )
    # A finite sum says that all are finite: a patient who could not be judged is a failed run, not a failure to help.
    judged = (here == Status.OK) & (there == Status.OK) & np.isfinite(sum(criteria, output))
    apart = (Status.OUTSIDE_COHORT, Status.NOT_RUN)
    absent = (here == apart[0]) | (there == apart[0]) | (here == apart[1]) | (there == apart[1])

    harms = _harms(pair, limit, balloon_on(dataset, rule.arm))
    helps = DEFINITIONS[rule.definition](pair, limit)
    judgement = np.where(harms.holds, Response.HARMS, np.where(helps.holds, Response.HELPS, Response.FAILS))
    response = np.where(judged, judgement, np.where(absent, Response.NOT_COMPARED, Response.FAILED_RUN))
    decided = harms.certain | (~harms.possible & (helps.certain | ~helps.possible))
    still = np.abs(output) < limit["no_effect_output"]
    still = still & (np.abs(pair.relative("sevr").value) < limit["no_effect_perfusion"])
    return response.astype(np.uint8), (response == Response.FAILS) & still, judged & ~decided


def balloon_on(dataset: xr.Dataset, arm: str) -> Array:
    """Whether a balloon is on in an arm: a bool, or one per patient where its volume varies."""
    if "balloon_volume" not in dataset:
        return np.False_
    volume = dataset["balloon_volume"]
    return (volume.sel(arm=arm, drop=True) if "arm" in volume.dims else volume).data > 0


def stored_spec(dataset: xr.Dataset) -> dict[str, Any]:
    """Read the sweep's specification from the attributes of a data set; empty where there is none."""
    spec = dataset.attrs.get("spec", {})
    if isinstance(spec, str):
        try:
            spec = json.loads(spec)
        except json.JSONDecodeError:
            return {}
    return spec if isinstance(spec, dict) else {}


def rule_of(
    dataset: xr.Dataset,
    arm: str = "iabp",
    reference: str = "off",
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Rule:
    """Check the names and numbers of a comparison against a data set.

    Raises
    ------
    InputError
        For an arm, definition, threshold or variable that is not there.
    """
    if "arm" not in dataset.dims:
        raise InputError("classify: the data set has no dimension 'arm'; it wants the result of simulate or open_store")
    for where, name in (("arm", arm), ("reference", reference)):
        check_name(where, name, [str(known) for known in dataset["arm"].values])
    spec = stored_spec(dataset)
    stored = dict(spec.get("response") or {})
    stored_definition = stored.pop("definition", None)
    definition = definition or stored_definition or BY_COHORT
    if definition == BY_COHORT:
        definition = "ischaemia-relief" if spec.get("cohort") == "refractory-ischaemia" else HAEMODYNAMIC
    check_name("definition", definition, DEFINITIONS)
    numbers = dict(THRESHOLDS)
    for where, given in (("[response]", stored), ("threshold", thresholds or {})):
        for name, value in given.items():
            check_name(where, name, numbers)
            if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
                raise InputError(f"{where}: {name} = {value!r} is not a finite number")
            numbers[name] = float(value)
    rule = Rule(arm, reference, definition, numbers)
    for name in rule.needs:
        check_name("classify: a variable of the data set is missing", name, [str(known) for known in dataset.data_vars])
    return rule


def reference_of(dataset: xr.Dataset) -> str:
    """Name of the arm that the others are compared with: the specification's, or the first."""
    named = stored_spec(dataset).get("reference") or dataset.attrs.get("reference")
    return str(named or dataset["arm"].values[0])


def compared_arms(dataset: xr.Dataset) -> list[str]:
    """Names of the arms to compare with the reference, ``iabp`` before all others.

    Raises
    ------
    InputError
        Where there is no arm but the reference.
    """
    reference = reference_of(dataset)
    arms = [str(name) for name in dataset["arm"].values if str(name) != reference]
    if not arms:
        raise InputError(f"arm: this store has no arm but {reference}, which is the reference")
    return sorted(arms, key=lambda name: name != "iabp")


def definition_in_words(definition: str, thresholds: Mapping[str, float]) -> str:
    """Say in two sentences what counts as help and as harm.

    Parameters
    ----------
    definition : str
        A key of ``DEFINITIONS``.
    thresholds : dict of str to float
        As in :class:`Rule`.
    """
    share = {name: f"{100 * value:g} %" for name, value in thresholds.items()}
    helps = (
        f"cardiac output up by {share['helps_output_gain']} or more without a rise of wedge pressure or oxygen demand"
        if definition == "haemodynamic"
        else f"endocardial flow per oxygen demand up by {share['helps_endocardial_gain']} or more in a patient whose "
        f"coronary reserve was below {thresholds['helps_reserve_below']:g}"
    )
    return (
        f"Helped: {helps}. Harmed: cardiac output down by {share['harms_output_loss']}, oxygen demand up by "
        f"{share['harms_demand_gain']}, wedge pressure up by {thresholds['harms_wedge_gain']:g} mmHg, end-diastolic "
        f"aortic pressure up by more than {thresholds['harms_end_diastolic_gain']:g} mmHg, more regurgitation, or "
        f"limb or visceral flow below {share['harms_limb_flow']} or {share['harms_visceral_flow']}."
    )


def classify(
    dataset: xr.Dataset,
    arm: str = "iabp",
    reference: str = "off",
    definition: str | None = None,
    **thresholds: float,
) -> xr.Dataset:
    """Say for every patient whether an arm helps, fails or harms, and by how much each outcome changed.

    The first that applies, in this order: not compared (outside the cohort, or not run), failed run, harms,
    helps, fails. Harm is any of: a loss of cardiac output, a rise of oxygen demand (pressure-volume area times
    heart rate), of wedge pressure or of a regurgitant volume, too little flow left to the legs or the viscera,
    and in arms with a balloon an end-diastolic aortic pressure above the reference's. Help is a gain of cardiac
    output without a rise of wedge pressure or demand (``haemodynamic``), or more endocardial flow per demand in
    a patient without reserve (``ischaemia-relief``). [X]

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``simulate`` or ``open_store``; numpy arrays are judged now, dask arrays when computed, chunk by
        chunk.
    arm, reference : str
        Names of the arms compared.
    definition : {"haemodynamic", "ischaemia-relief"}, optional
        What counts as help. Default: that of the stored specification, else ischaemia relief for the cohort
        refractory-ischaemia and haemodynamic for all others.
    **thresholds : float
        Replace those of the stored specification and the defaults (``THRESHOLDS``).

    Returns
    -------
    xr.Dataset
        The data set with ``response`` (u1 with CF flags), ``no_effect``, ``undecided`` (the numerical error of the
        pair could tip the class), ``<outcome>_difference`` in the outcome's units and
        ``<outcome>_relative_difference`` (1), NaN where an arm has not converged.

    Raises
    ------
    InputError
        For an unknown arm, definition or threshold, naming the nearest match.
    """
    rule = rule_of(dataset, arm, reference, definition, thresholds)
    response, no_effect, undecided = judge(dataset, rule)
    dims = tuple(dim for dim in dataset["status"].dims if dim != "arm")
    flags = {
        "long_name": f"response to {arm} against {reference}",
        "flag_values": np.array(list(Response), dtype=np.uint8),
        "flag_meanings": " ".join(member.name.lower() for member in Response),
        "arm": arm,
        "reference": reference,
        "definition": rule.definition,
        "thresholds": json.dumps(rule.thresholds, sort_keys=True),
    }
    still = {"long_name": "fails, with neither cardiac output nor supply over demand changed", "units": "1"}
    tipped = {"long_name": "the numerical error of the pair could tip the class", "units": "1"}
    variables = {
        "response": xr.Variable(dims, response, flags),
        "no_effect": xr.Variable(dims, no_effect, still),
        "undecided": xr.Variable(dims, undecided, tipped),
    }
    return dataset.assign(variables | _differences(dataset, rule, dims))


def _differences(dataset: xr.Dataset, rule: Rule, dims: tuple[Any, ...]) -> dict[str, xr.Variable]:
    pair = Pair(dataset, rule.arm, rule.reference)
    here, there = pair.data("status")
    both = (here == Status.OK) & (there == Status.OK)

    def variable(name: str, values: Array, long_name: str, units: str) -> xr.Variable:
        kind = dataset["pressure_volume_area" if name == DEMAND else name].dtype
        return xr.Variable(dims, np.where(both, values, np.nan).astype(kind), {"long_name": long_name, "units": units})

    out = {}
    for name in ABSOLUTE:
        if name != DEMAND and name not in dataset:
            continue
        title, units = DEMAND_TERMS if name == DEMAND else OUTCOMES[name][:2]
        values = pair.difference(name).value
        out[f"{name}_difference"] = variable(name, values, f"change of {title}", units)
        if name in RELATIVE:
            values = pair.relative(name).value
            out[f"{name}_relative_difference"] = variable(name, values, f"relative change of {title}", "1")
    return out
