"""The patients a study draws from: who meets its windows as measured, and what becomes of each under each treatment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import DEVICES as SWITCHES
from ...engine import PARAMETERS, InputError, Status, check_name
from ..devices.rivals_order import OPERATORS, Target, read_target
from ..numbers.cells import Floats
from ..prognosis import complications, mortality
from ..prognosis.constants import BALLOON, Prognosis
from ..prognosis.draws import normals
from ..prognosis.mortality import CAUSAL_SHARES
from ..prognosis.risk_factors import RiskFactors, risk_factors
from ..reading.stream import refuse_weights, sample
from ..response.classify import Response, compared_in, judge
from ..response.comparison import Comparison, nobody
from ..response.pairs import Reading
from ..words.counted import LEFT_OUT
from .design import Design, Window
from .measurement import EXACT, KEPT, MADE_OF, Error, errors_of, is_share, measurable, needs, reading

POWER = "cardiac_power_output"

CONTROL, DEVICE, RIVAL_ALONE, RIVAL_AFTER = range(4)
"""What a patient gets: nothing, the device, the rival after nothing, the rival after the device."""

SEEN_BY_DEFAULT = ("systemic_vascular_resistance", "wedge_pressure", POWER, "cardiac_output")
"""Measurements by which effects are always divided."""

KNOWN = {"age": "age", "female": "female", "arterial_disease": "peripheral_artery_disease"}
"""Risk factor to the parameter of the store that tells it, where it varies."""


@dataclass(frozen=True)
class Pool:
    """Patients who may be included, in memory: at most ``SAMPLE`` of the store, whatever its size.

    Attributes
    ----------
    block : xr.Dataset
        Their outcomes, parameters and ``position``.
    comparison : Comparison
    design : Design
    constants : Prognosis
    response : array of uint8, (patient,)
        Class of the response to the device, which nobody at the bedside knows.
    severity : array, (patient,)
        What no chart records, in standard deviations.
    factors : RiskFactors
    death : array, (causal share, treatment, patient)
        Probability of death within the horizon.
    fails_target : array of bool, (2, patient)
        Whether the patient as measured fails the target of escalation without and with the device.
    about : dict of str to int
        How many candidates were compared, or not and why, and of those sampled how many are ``eligible``.
    """

    block: xr.Dataset
    comparison: Comparison
    design: Design
    constants: Prognosis
    response: NDArray[np.uint8]
    severity: Floats
    factors: RiskFactors
    death: Floats
    fails_target: NDArray[np.bool_]
    about: dict[str, int]

    @property
    def size(self) -> int:
        """Patients."""
        return int(self.block.sizes["patient"])

    def measured(self, name: str) -> Floats:
        """Baseline measurement of every patient, with its error."""
        errors = errors_of(self.design.measurement)
        if name == "age":
            return self.factors.age
        return reading(self.block, name, self.design.seed, self.comparison.reference, errors)

    def within(self, windows: Mapping[str, Window]) -> NDArray[np.bool_]:
        """Whether each patient meets some windows as measured."""
        return _within({name: self.measured(name) for name in windows}, windows, self.size)


def pool_of(dataset: xr.Dataset, design: Design, also: tuple[str, ...] = ()) -> Pool:
    """Find the patients of a store who may be included, and calculate their prognosis under each treatment.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    design : Design
    also : tuple of str
        Measurements that are asked for beside those of the design.

    Raises
    ------
    InputError
        For names that the store does not know, an empty inclusion, or a study of more patients than may be included.
    """
    refuse_weights(dataset, "trial")
    comparison = Comparison.of(dataset, design.arm, design.reference)
    if not device_of(dataset, comparison.arm):
        raise InputError(f"arm: {comparison.arm} has no device, which a trial is of")
    rival, target = _escalation(dataset, design, comparison)
    _check_names(dataset, design)
    numbered = dataset.assign({KEPT: ("patient", da.arange(dataset.sizes["patient"], chunks=1 << 18))})
    seen = [*design.include, *design.enrich, *SEEN_BY_DEFAULT, *also]
    seen += [*design.observational.sees] if design.observational else []
    seen += [target.outcome] if target else []
    block = sample(numbered, _variables(dataset, comparison, seen))
    response, _, _ = judge(block, comparison)
    response = np.asarray(response)
    chosen = compared_in(response)
    if rival:
        chosen = chosen & (block["status"].sel(arm=rival).values == Status.OK)
    if not chosen.any():
        raise nobody("trial")
    about = {member.name.lower(): int((response == member).sum()) for member in Response if member.value in APART}
    about |= {"candidates": dataset.sizes["patient"], "sampled": int(block.sizes["patient"])}
    about["compared"] = int(chosen.sum())
    rows = np.flatnonzero(chosen)
    block, response = block.isel(patient=rows), response[rows]
    errors = errors_of(design.measurement)

    factors = _factors(block, design)
    read = {name: _seen(block, name, design, comparison, factors, errors) for name in design.include}
    eligible = np.flatnonzero(_within(read, design.include, block.sizes["patient"]))
    _check_size(design, eligible.size, about["compared"])
    about["eligible"] = int(eligible.size)
    block, response = block.isel(patient=eligible), response[eligible]
    age, female, diabetes, arterial = factors
    factors = RiskFactors(age[eligible], female[eligible], diabetes[eligible], arterial[eligible])
    severity = normals(block[KEPT].values, design.seed, "severity")
    death = _death(dataset, block, design, comparison, rival, factors, severity)
    failing = np.zeros((2, block.sizes["patient"]), dtype=np.bool_)
    if target:
        for place, arm in enumerate((comparison.reference, comparison.arm)):
            seen_in = Reading(reading(block, target.outcome, design.seed, arm, errors), np.float64(0.0))
            failing[place] = ~np.asarray(OPERATORS[target.operator](seen_in, target.value).holds)
    return Pool(block, comparison, design, design.constants, response, severity, factors, death, failing, about)


APART = (Response.NOT_COMPARED, Response.FAILED_RUN, *(Response[name.upper()] for name in LEFT_OUT))


def device_of(dataset: xr.Dataset, arm: str) -> str:
    """Name the device of an arm by the hazards it brings: of several the worst; empty where there is none.

    Returns
    -------
    str
        One of :data:`~counterpulse.analysis.prognosis.constants.DEVICES`, or empty.
    """
    found = ""
    for switch, device in zip(SWITCHES, (BALLOON, "axial_pump", "ecmo"), strict=True):
        column = dataset[switch] if switch in dataset else xr.DataArray(PARAMETERS[switch].default)
        column = column.sel(arm=arm) if "arm" in column.dims else column
        if bool((column > 0).any()):
            found = device
    return found


def _escalation(dataset: xr.Dataset, design: Design, comparison: Comparison) -> tuple[str, Target | None]:
    asked = design.randomised.escalation if design.randomised else None
    if asked is None:
        return "", None
    check_name("randomised.escalation.arm", asked.arm, [str(name) for name in dataset["arm"].values])
    if asked.arm in (comparison.arm, comparison.reference):
        raise InputError(f"randomised.escalation.arm: {asked.arm} is an arm of the trial; a rival is needed")
    return asked.arm, read_target(asked.target)


def _check_names(dataset: xr.Dataset, design: Design) -> None:
    known = [*measurable(dataset), "age"]
    tables: dict[str, Mapping[str, Any]] = {"include": design.include, "enrich": design.enrich}
    tables["measurement"] = design.measurement
    tables["observational.sees"] = design.observational.sees if design.observational else {}
    for table, names in tables.items():
        for name in names:
            check_name(table, name, known)
    for name, error in design.measurement.items():
        if name in EXACT:
            raise InputError(f"measurement: {name} is known of every patient, and is read without an error")
        if name in MADE_OF:
            raise InputError(f"measurement: {name} is calculated from {', '.join(MADE_OF[name])}, whose errors it has")
        if is_share(name) and error > 1:
            raise InputError(f"measurement: {name} = {error:g}, a share from 0 to 1 is needed, as 0.15 for 15 %")


def _check_size(design: Design, eligible: int, compared: int) -> None:
    """Refuse an empty inclusion, and a study of more patients than may be included."""
    who = f"{eligible:,} of the {compared:,} patients compared in this store meet [include] as measured"
    if not eligible:
        raise InputError(f"include: nobody may be included: {who}; widen the windows")
    for name, study in (("randomised", design.randomised), ("observational", design.observational)):
        if study is not None and study.patients > eligible:
            raise InputError(f"{name}.patients: given {study.patients:,}, at most {eligible:,} are allowed: {who}")


def _variables(dataset: xr.Dataset, comparison: Comparison, seen: list[str]) -> list[str]:
    names = [*comparison.reads(dataset), POWER, *(each for name in seen for each in needs(name))]
    names += [name for name in (*KNOWN.values(), "cohort") if name in dataset]
    return [KEPT, *(name for name in dict.fromkeys(names) if name in dataset)]


def _factors(block: xr.Dataset, design: Design) -> RiskFactors:
    """Risk factors as the store has them where it varies them, else drawn."""
    known = {
        factor: np.asarray(block[name].values, np.float64)
        for factor, name in KNOWN.items()
        if name in block and block[name].dims == ("patient",)
    }
    return risk_factors(block[KEPT].values, design.seed, design.constants.risk_factors, **known)


def _seen(
    block: xr.Dataset,
    name: str,
    design: Design,
    comparison: Comparison,
    factors: RiskFactors,
    errors: Mapping[str, Error],
) -> Floats:
    return factors.age if name == "age" else reading(block, name, design.seed, comparison.reference, errors)


def _within(read: Mapping[str, Floats], windows: Mapping[str, Window], patients: int) -> NDArray[np.bool_]:
    inside = np.ones(patients, dtype=np.bool_)
    for name, window in windows.items():
        if window.low is not None:
            inside &= read[name] >= window.low
        if window.high is not None:
            inside &= read[name] <= window.high
    return inside


def _death(
    dataset: xr.Dataset,
    block: xr.Dataset,
    design: Design,
    comparison: Comparison,
    rival: str,
    factors: RiskFactors,
    severity: Floats,
) -> Floats:
    """Probability of death over causal share, treatment and patient.

    The intercept is that with which all eligible patients, none of them supported, die as ``control_mortality`` says:
    it is the same in every share and arm.
    """
    constants, days = design.constants, design.days_of_support

    def power(arm: str) -> Floats:
        return np.asarray(block[POWER].sel(arm=arm).values, np.float64)

    def dies_of(arm: str) -> Floats:
        device = device_of(dataset, arm)
        return complications.fatal(days, factors, constants, device) if device else np.zeros(severity.size)

    baseline = power(comparison.reference)
    supported = {CONTROL: baseline, DEVICE: power(comparison.arm)}
    costs = {CONTROL: dies_of(comparison.reference), DEVICE: dies_of(comparison.arm)}
    if rival:
        supported |= {RIVAL_ALONE: power(rival), RIVAL_AFTER: power(rival)}
        costs[RIVAL_ALONE] = dies_of(rival)
        costs[RIVAL_AFTER] = 1 - (1 - costs[DEVICE]) * (1 - costs[RIVAL_ALONE])

    def odds(treatment: int, share: float) -> Floats:
        return mortality.log_odds(
            baseline,
            supported[treatment],
            constants.mortality,
            causal_share=share,
            age=factors.age,
            severity=severity,
        )

    own = mortality.intercept(odds(CONTROL, 0.0), design.control_mortality)
    return np.array(
        [
            [mortality.death_probability(odds(each, share), own, costs[each]) for each in supported]
            for share in CAUSAL_SHARES
        ]
    )
