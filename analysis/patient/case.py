"""Who is to be simulated: a patient of a cohort or of a store, changed as asked, and the arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import xarray as xr

from ...engine import (
    ACTS_WHERE,
    DEVICE_PARAMETERS,
    DEVICES,
    PARAMETERS,
    REGULATIONS,
    InputError,
    Status,
    WarmStart,
    check_name,
    check_range,
)
from ...sweeps.population import cohorts, ineffective
from ...sweeps.population.checks import arm as checked_arm
from ...sweeps.population.windows import Bounds
from ...sweeps.simulate import sample
from ...sweeps.spec.file import from_canonical
from ..reading.origin import compared_arms, declared_definitions, reference_of, spec_of_patient, stored_spec

ARMS: Mapping[str, Mapping[str, float]] = {
    "iabp": {"balloon_volume": 40.0},
    "iabp-50": {"balloon_volume": 50.0},
    "iabp-gas": {"balloon_volume": 40.0, "balloon_drive": 1.0},
    "impella-2.5": checked_arm("impella-2.5", {"impella": "2.5", "impella_level": 8}),
    "impella-cp": checked_arm("impella-cp", {"impella": "CP", "impella_level": 8}),
    "impella-5.5": checked_arm("impella-5.5", {"impella": "5.5", "impella_level": 9}),
    "ecmo": {"ecmo_flow": 4.0},
    "ecmo-iabp": {"ecmo_flow": 4.0, "balloon_volume": 40.0},
}
"""Arms known by name where no store names its own; the first where none is asked for."""

REFERENCE = "off"


@dataclass(frozen=True)
class Case:
    """What is to be simulated.

    Attributes
    ----------
    who : str
        The patient in words.
    parameters : dict of str to float
        Those that differ from the model's defaults.
    arms : dict of str to dict of str to float
        Overrides of each arm, the reference first.
    spec : dict
        The sweep's specification where it comes from a store, else the cohort and what it declares as help.
    index : int
        Place in the design, which with the seed decides an irregular rhythm.
    stored : dict of str to Status
        Arm to what the store says of it.
    warm_start : WarmStart, optional
        What the store was computed with: with it come the same digits.
    bounds : mapping
        Of the window that the store says the patient is outside of; empty where it does not.
    """

    who: str
    parameters: Mapping[str, float]
    arms: Mapping[str, Mapping[str, float]]
    spec: Mapping[str, Any]
    index: int = 0
    stored: Mapping[str, Status] = field(default_factory=dict)
    warm_start: WarmStart | None = None
    bounds: Bounds = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Name of the arm that the others are compared with."""
        return next(iter(self.arms))


def from_cohort(name: str, index: int | None = None, arms: Sequence[str] = ()) -> Case:
    """Take the nominal patient of a cohort, with the medians of its law, or candidate ``index`` of seed 0.

    Raises
    ------
    InputError
        For an unknown cohort or arm, or a negative index.
    """
    check_name("cohort", name, cohorts.names())
    for arm in arms:
        check_name("arm", arm, ARMS)
    chosen = {arm: ARMS[arm] for arm in (arms or tuple(ARMS)[:1])}
    if index is not None and not 0 <= index < 1 << 24:
        raise InputError(f"index: {index} is outside 0 to {(1 << 24) - 1}")
    drawn = sample(name, (index or 0) + 1).isel(patient=index or 0)
    if index is None:
        who, parameters = (
            f"Nominal patient of {name}",
            {key: law.median for key, law in cohorts.load()[name].law.items()},
        )
    else:
        who = f"Patient {index} of {name}"
        parameters = {key: float(drawn[key]) for key in PARAMETERS if key in drawn}
    spec = {"cohort": name, "response": {"definition": declared_definitions(drawn)[name]}}
    return Case(who, parameters, {REFERENCE: {}, **chosen}, spec, index or 0)


def from_store(dataset: xr.Dataset, index: int, arms: Sequence[str] = (), warm_start: WarmStart | None = None) -> Case:
    """Take patient ``index`` of a store, with the parameters and the warm start kept there; a failed one too.

    Raises
    ------
    InputError
        For an index or arm that is not there, or a patient not run yet.
    """
    patients = dataset.sizes["patient"]
    if not 0 <= index < patients:
        raise InputError(f"index: {index} is outside 0 to {patients - 1}")
    spec = spec_of_patient(dataset, index)
    known = [str(name) for name in dataset["arm"].values]
    for arm in arms:
        check_name("arm", arm, known)
    reference = reference_of(dataset)
    if reference in arms:
        raise InputError(f"arm: {reference} is the reference, simulated in any case; name others of {', '.join(known)}")
    others = arms or (compared_arms(dataset) if len(known) > 1 else ())
    names = ["status", *(name for name in PARAMETERS if name in dataset)]
    one = dataset[names].isel(patient=index).load()
    status = {arm: Status(int(one["status"].sel(arm=arm))) for arm in known}
    if Status.NOT_RUN in status.values():
        raise InputError(f"index: patient {index} has not been run yet; run the sweep again to go on")
    given: dict[str, dict[str, float]] = spec.get("arms") or {}
    parameters, overrides = {}, {arm: dict(given.get(arm, {})) for arm in (reference, *others)}
    for name in names[1:]:
        column = one[name]
        if "arm" not in column.dims:
            parameters[name] = float(column)
            continue
        own = [arm for arm in known if name not in given.get(arm, {})]
        parameters[name] = float(column.sel(arm=own[0] if own else known[0]))
        for arm in overrides:
            value = float(column.sel(arm=arm))
            if value != parameters[name] or name in given.get(arm, {}):
                overrides[arm][name] = value
    title = f"Patient {index} of {spec.get('cohort') or 'the store'}"
    bounds = _window(dataset, index) if Status.OUTSIDE_COHORT in status.values() else {}
    return Case(title, parameters, overrides, spec, index, {arm: status[arm] for arm in overrides}, warm_start, bounds)


def _window(dataset: xr.Dataset, index: int) -> Bounds:
    """Bounds of the window that a patient of a store was held against."""
    own = dataset[["status", *(["cohort"] if "cohort" in dataset else [])]].isel(patient=[index]).load()
    return from_canonical(stored_spec(dataset)).population.bounds(own)


def changed(case: Case, settings: Mapping[str, float]) -> Case:
    """Replace parameters: those of a device in every arm that has it, all others in the patient.

    What switches a device on is set in every arm but the reference where none has the device.

    Raises
    ------
    InputError
        For an unknown name, naming the nearest match, a value outside the physical range, or what changes nothing.
    """
    parameters = dict(case.parameters)
    arms = {arm: dict(overrides) for arm, overrides in case.arms.items()}
    regulation = str(case.spec.get("regulation") or REGULATIONS[0])

    def reach(name: str) -> tuple[float, float]:
        return (parameters.get(name, PARAMETERS[name].default),) * 2

    for name, value in settings.items():
        check_name("--set", name, PARAMETERS)
        check_range("--set", name, value, PARAMETERS[name])
    others = list(arms)[1:] or list(arms)
    # what switches others on comes first: a setting of it acts then
    for name in sorted(settings, key=lambda name: (name not in DEVICES, name in ACTS_WHERE)):
        value = settings[name]
        if name in DEVICES:
            having = [arm for arm in others if arms[arm].get(name)] or others
        elif name in DEVICE_PARAMETERS:
            having = ineffective.check_used("--set", name, {arm: arms[arm] for arm in others}, regulation, reach)
        else:
            parameters[name] = value
            ineffective.check_used("--set", name, arms, regulation, reach)
            continue
        for arm in having:
            arms[arm][name] = value
    who = f"{case.who}, changed" if settings else case.who
    return replace(case, who=who, parameters=parameters, arms=arms)
