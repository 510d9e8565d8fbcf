"""One patient simulated again: from a store, from a cohort's law, or its nominal patient, changed as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from ...engine import (
    ACTS_WHERE,
    DEVICE_PARAMETERS,
    DEVICES,
    OUTCOMES,
    PARAMETERS,
    REGULATIONS,
    RHYTHM,
    TRIGGER,
    Findings,
    InputError,
    Replay,
    Status,
    WarmStart,
    check_name,
    check_range,
    replay_failed_arms,
)
from ...sweeps.population import cohorts, idle
from ...sweeps.population.checks import arm as checked_arm
from ...sweeps.population.windows import Bounds
from ...sweeps.simulate import sample, simulate, waveforms
from ...sweeps.spec.spec import from_canonical
from ..reading.measures import short, spelt
from ..reading.origin import compared_arms, declared_definitions, reference_of, spec_of_patient, stored_spec
from ..response.classify import Response, judge, rule_of
from .no_result import beyond_window, why, with_replays

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

NO_BREAK = "\N{NO-BREAK SPACE}"

TOLD = ("age", "female", "heart_rate", "systemic_resistance", "lv_elastance", "stressed_volume", "arterial_stiffness")
"""Parameters worth a line on the page of a patient."""


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


@dataclass(frozen=True)
class Visit:
    """A case simulated.

    Attributes
    ----------
    case : Case
        What was asked.
    result : xr.Dataset
        Outcomes, parameters and status over ``arm``, with the response to each arm.
    traces : xr.Dataset or None
        Waveforms over ``arm`` and ``time``, a fraction of ``pattern_duration``, of the arms with a periodic state;
        of those without a result the last pattern that could be integrated.
    responses : dict of str to Response
        Arm, the reference apart, to class.
    replays : dict of str to Replay
        Arm without a result to what was found of it.
    reasons : dict of str to str
        The same arms to why they have none; empty where nothing can be said beyond the status.
    outside : str
        By which bounds the patient lies outside the cohort's window, where the store says so.
    """

    case: Case
    result: xr.Dataset
    traces: xr.Dataset | None
    responses: Mapping[str, Response]
    replays: Mapping[str, Replay] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    outside: str = ""

    def title(self, arm: str) -> str:
        """Say who it is and what the arm did, against the reference."""
        if arm not in self.responses:
            return self.case.who
        verdict = {
            Response.HELPS: f"helped by {arm}",
            Response.FAILS: f"not helped by {arm}",
            Response.HARMS: f"harmed by {arm}",
        }.get(self.responses[arm], f"no result with {arm}")
        return f"{self.case.who}: {verdict}"

    def about(self) -> str:
        """Describe the patient and the arms in a line or two."""
        values = {name: float(self.case.parameters.get(name, PARAMETERS[name].default)) for name in TOLD}
        told = [f"{values['age']:.0f} years, {'female' if values['female'] >= 0.5 else 'male'}"]
        told += [in_words(name, values[name]) for name in TOLD[2:]]
        arms = [
            f"{arm} ({', '.join(in_words(name, value) for name, value in overrides.items()) or 'no device'})"
            for arm, overrides in self.case.arms.items()
        ]
        return f"{', '.join(told)}. Arms: {', '.join(arms)}. {self._note()}".strip()

    def page_text(self, arm: str) -> str:
        """Describe the patient, and why what is drawn of an arm or the reference is no result."""
        lines = [self.about()]
        for name in dict.fromkeys((self.case.reference, arm)):
            if name in self.replays and self.replays[name].complete:
                lines.append(
                    f"{name}: {self.reasons[name] or 'no result'}; what is drawn is the last pattern of beats."
                )
        return " ".join(lines)

    def _note(self) -> str:
        """Say what the store holds against the arms, where that is not what was found now."""
        now = {arm: Status(int(self.result["status"].sel(arm=arm))) for arm in self.case.arms}
        other = dict.fromkeys(state for arm, state in self.case.stored.items() if state not in (Status.OK, now[arm]))
        beyond = f" ({self.outside})" if self.outside else ""
        return f"In the store: {'; '.join(state.sentence for state in other)}{beyond}." if other else ""

    def as_dict(self) -> dict[str, Any]:
        """Everything but the waveforms as plain types for JSON."""
        return {
            "patient": self.case.who,
            "stored": {arm: state.name.lower() for arm, state in self.case.stored.items()},
            "parameters": dict(self.case.parameters),
            "reference": self.case.reference,
            "arms": {arm: self._arm(arm) for arm in self.case.arms},
        }

    def _arm(self, arm: str) -> dict[str, Any]:
        one = self.result.sel(arm=arm)
        status = Status(int(one["status"]))
        seen = Findings(int(one["findings"]))
        return {
            "overrides": dict(self.case.arms[arm]),
            "status": status.name.lower(),
            "sentence": status.sentence,
            "findings": [each.sentence for each in Findings if each in seen],
            "response": self.responses[arm].name.lower() if arm in self.responses else None,
            "outcomes": {name: float(one[name]) for name in OUTCOMES},
            **self._replayed(arm),
        }

    def _replayed(self, arm: str) -> dict[str, Any]:
        if arm not in self.replays:
            return {}
        replay = self.replays[arm]
        return {"why": self.reasons[arm], "plain_beats": replay.beats, "reached": dict(replay.reached)}


def in_words(name: str, value: float) -> str:
    """Say a parameter with its unit."""
    units = spelt(PARAMETERS[name].units)
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    title = short(PARAMETERS[name].long_name).replace("left ventricular", "LV")
    return f"{title} {number}{f'{NO_BREAK}{units}' if units else ''}"


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
            having = idle.check_used("--set", name, {arm: arms[arm] for arm in others}, regulation, reach)
        else:
            parameters[name] = value
            idle.check_used("--set", name, arms, regulation, reach)
            continue
        for arm in having:
            arms[arm][name] = value
    who = f"{case.who}, changed" if settings else case.who
    return replace(case, who=who, parameters=parameters, arms=arms)


def visit(case: Case, samples: int = 600, *, threads: int | None = None, look_into: bool = True) -> Visit:
    """Simulate a case now, in every arm.

    Parameters
    ----------
    case : Case
    samples : int
        Instants of the waveforms over a pattern of beats.
    threads : int, optional
        Default: the cores this process may use.
    look_into : bool
        Whether to look into arms without a result, and into what lies outside the window: it takes a second.

    Raises
    ------
    InputError
        For parameters that cannot be simulated.
    """
    run: Mapping[str, Any] = case.spec.get("run") or {}
    settings: dict[str, Any] = {
        "precision": str(case.spec.get("precision", "float64")),
        "tolerance": float(run.get("tolerance", 5e-4)),
        "regulation": str(case.spec.get("regulation", "open-loop")),
    }
    patients = xr.Dataset(
        {name: ("patient", np.array([value])) for name, value in case.parameters.items()}
        | {"index": ("patient", np.array([case.index]))},
        attrs={"seed": int(case.spec.get("seed", 0))},
    )
    warm_start = case.warm_start
    if warm_start is not None and any(warm_start.arms.get(arm) != dict(own) for arm, own in case.arms.items()):
        warm_start = None
    result = simulate(patients, case.arms, warm_start=warm_start, threads=threads, **settings)
    if case.spec:
        # The thresholds of the sweep hold for its patients too.
        result = result.assign_attrs(spec=dict(case.spec))
    responses = {}
    for arm in list(case.arms)[1:]:
        response, _, _ = judge(result, rule_of(result, arm, case.reference))
        responses[arm] = Response(int(response[0]))
    one = result.isel(patient=0)
    held = {
        arm: over
        for arm, over in case.arms.items()
        if int(one["status"].sel(arm=arm)) == Status.OK and not is_irregular({**case.parameters, **over})
    }
    reference = case.reference if case.reference in held else None
    # Over one patient's dimension every arm has its own pattern, however many beats that is.
    traces = None
    if held:
        traces = waveforms(patients, held, samples=samples, reference=reference, **settings).isel(patient=0)
    if not look_into:
        return Visit(case, one, traces, responses)
    replays: dict[str, Replay] = {}
    reasons: dict[str, str] = {}
    if len(held) < len(case.arms) and not any(is_irregular({**case.parameters, **own}) for own in case.arms.values()):
        status = {arm: Status(int(one["status"].sel(arm=arm))) for arm in case.arms}
        replays = replay_failed_arms(patients, case.arms, status, samples=samples, **settings)
        reasons = {arm: why(status[arm], replay, settings["tolerance"]) for arm, replay in replays.items()}
        traces = with_replays(traces, replays)
    return Visit(case, one, traces, responses, replays, reasons, beyond_window(patients, case.bounds, settings))


def is_irregular(parameters: Mapping[str, float]) -> bool:
    """Whether a patient has no two beats alike, and with them no pattern to draw."""
    names = (*RHYTHM, *TRIGGER) if parameters.get("balloon_volume", 0.0) > 0 else RHYTHM
    return any(parameters.get(name, 0.0) > 0 for name in names)
