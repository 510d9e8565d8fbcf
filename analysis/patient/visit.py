"""One patient simulated again, in every arm, and what came of it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, RHYTHM, TRIGGER, Findings, Replay, Status, replay_failed_arms
from ...sweeps.simulate import simulate, waveforms
from ..reading.measures import short, spelt
from ..response.classify import Response, judge
from ..response.comparison import Comparison
from .case import Case
from .no_result import beyond_window, why, with_replays

NO_BREAK = "\N{NO-BREAK SPACE}"

TOLD = ("age", "female", "heart_rate", "systemic_resistance", "lv_elastance", "stressed_volume", "arterial_stiffness")
"""Parameters worth a line on the page of a patient."""

DRAWN = ("aortic_pressure", "balloon_volume", "lv_pressure", "lv_volume", "inner_flow", "outer_flow")
"""Signals on the page of a patient."""


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

    def shown(self) -> list[xr.Dataset]:
        """Give what the page of the patient shows, of every arm: outcomes, and waveforms where there are any."""
        traces = [] if self.traces is None else [self.traces[["pattern_duration", *DRAWN]]]
        return [self.result[[*OUTCOMES]], *traces]

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
        # One patient is no share: nobody is left out by the baseline, which the findings tell of.
        comparison = replace(Comparison.of(result, arm, case.reference), left_out=None)
        response, _, _ = judge(result, comparison)
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
