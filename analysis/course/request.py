"""What a course is asked for: a TOML file, or a table of the same form, checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

from ...engine import InputError, check_name
from ...sweeps.population import toml
from ...sweeps.population.checks import items, one_of, whole
from ...sweeps.population.tables import shown, shown_key
from ..numbers.constants import settings
from ..prognosis.constants import DEVICES, GROUPS, KINDS, Prognosis, prognosis
from .constants import Heparin, Target, declared
from .nomograms import INTERVAL, Nomogram, nomogram, published
from .state import Rules

LAWS = ("none", "slow", "fast")
"""Stated laws of recovery."""

WAYS = ("ratio", "volume")
"""What is wound down."""

LONGEST = 30
"""Days at most: odds of death were published for so many."""

PLAIN = ("name", "arm", "days", "seed", "patients")
NEVER = 1e9
"""Days of a time constant after which nothing has recovered."""


@dataclass(frozen=True)
class Request:
    """A course as it is simulated.

    Attributes
    ----------
    name : str
    arm : str or None
        Full support; None: as the store suggests.
    days : int
    seed : int
    patients : int or None
        The first so many of the store; None: all.
    law, way : str
        Of ``LAWS`` and ``WAYS``.
    nomogram : Nomogram
        That is used; ``nomograms`` are all that are compared.
    nomograms : dict of str to Nomogram
    heparin : Heparin
    target : Target
    rival : str or None
        Arm that a patient may be escalated to.
    device : str
        Of ``DEVICES``: what its hazards are those of.
    control_mortality : float
        Of 30 days without a device.
    rules : Rules
    prognosis : Prognosis
    """

    name: str
    arm: str | None
    days: int
    seed: int
    patients: int | None
    law: str
    way: str
    nomogram: Nomogram
    nomograms: Mapping[str, Nomogram]
    heparin: Heparin
    target: Target
    rival: str | None
    device: str
    control_mortality: float
    rules: Rules
    prognosis: Prognosis

    @property
    def intervals(self) -> int:
        """Intervals between two decisions."""
        return round(self.days * 24 / INTERVAL)


def request_of(course: str | PathLike[str] | Mapping[str, Any]) -> Request:
    """Read a course file, or a table of the same form.

    Raises
    ------
    InputError
        For the first mistake, in one line.
    """
    if isinstance(course, Mapping):
        return _request(dict(items("course", course)))
    given = toml.read(str(course), "course file")
    try:
        return _request(given)
    except InputError as error:
        raise InputError(f"{toml.on_one_line(str(course))}: {error}") from None


def _request(given: dict[str, Any]) -> Request:
    own = declared()
    tables = dict.fromkeys([*own, *GROUPS])
    for key in given:
        check_name("course", shown_key(key), [*PLAIN, *tables, "nomograms"])
    asked = {name: given.get(name, {}) for name in own}
    numbers = {name: settings(rows, asked[name], name, EXTRA.get(name, ())) for name, rows in own.items()}
    extra = {name: {key: dict(items(name, asked[name])).get(key) for key in keys} for name, keys in EXTRA.items()}
    nomograms = dict(published()) | {name: nomogram(name, raw) for name, raw in _tables(given).items()}
    heparin, compared = extra["heparin"], extra["heparin"]["compare"]
    used = one_of("heparin.nomogram", heparin["nomogram"] or "coronary", tuple(nomograms))
    rival, device = extra["escalation"]["arm"], extra["escalation"]["device"]
    if rival is None and asked["escalation"]:
        raise InputError("escalation.arm: missing; without an arm to escalate to the other entries would do nothing")
    law = one_of("recovery.law", extra["recovery"]["law"] or "slow", LAWS)
    for name in asked["recovery"] if law == "none" else ():
        if name != "law":
            raise InputError(f'recovery.{name}: would do nothing, as law = "none"')
    of_deaths = prognosis({name: given[name] for name in GROUPS if name in given})
    for kind in KINDS:
        if kind != "vascular_injury" and of_deaths.hazard(kind).at_insertion:
            raise InputError(f"{kind}.at_insertion: an insertion brings vascular_injury alone in a course")
    return Request(
        _text("name", given.get("name", "")) or "Days of support",
        _text("arm", given["arm"]) if "arm" in given else None,
        whole("days", given.get("days", 14), 1, LONGEST),
        whole("seed", given.get("seed", 0), 0, 2**63 - 1),
        whole("patients", given["patients"], 1) if "patients" in given else None,
        law,
        one_of("weaning.by", extra["weaning"]["by"] or "ratio", WAYS),
        nomograms[used],
        {used: nomograms[used]} | {name: nomograms[name] for name in _compared(compared, nomograms)},
        Heparin.of(numbers["heparin"]),
        Target.of(numbers["aptt"]),
        None if rival is None else _text("escalation.arm", rival),
        one_of("escalation.device", device or "axial_pump", DEVICES),
        numbers["death"]["control_mortality"],
        _rules(numbers, law, of_deaths),
        of_deaths,
    )


EXTRA: Mapping[str, tuple[str, ...]] = {
    "heparin": ("nomogram", "compare"),
    "weaning": ("by",),
    "recovery": ("law",),
    "escalation": ("arm", "device"),
}
"""Keys of tables of constants that are texts."""


def _rules(numbers: Mapping[str, Mapping[str, float]], law: str, constants: Prognosis) -> Rules:
    weaning, back = numbers["weaning"], numbers["return"]
    escalation, recovery, death = numbers["escalation"], numbers["recovery"], numbers["death"]
    return Rules(
        INTERVAL / 24,
        weaning["cardiac_index"],
        weaning["mean_arterial_pressure"],
        weaning["wedge_pressure"],
        weaning["earliest"] / 24,
        weaning["wait"] / 24,
        weaning["longest"],
        weaning["output_error"],
        weaning["pressure_error"],
        back["within"] / 24,
        back["cardiac_index"],
        back["mean_arterial_pressure"],
        escalation["after"] / 24,
        escalation["cardiac_index"],
        escalation["mean_arterial_pressure"],
        escalation["readings"],
        numbers["heparin"]["pause"] / 24,
        constants.mortality.log_odds_per_watt,
        death["causal_share"],
        death["time_constant"],
        NEVER if law == "none" else recovery[f"{law}_days"],
        0.0 if law == "none" else recovery["gain"],
        recovery["spread"],
        recovery["most"],
    )


def _tables(given: Mapping[str, Any]) -> dict[str, Any]:
    return dict(items("nomograms", given.get("nomograms", {})))


def _compared(raw: object, known: Mapping[str, Nomogram]) -> list[str]:
    if raw is None:
        return list(known)
    if not isinstance(raw, list):
        raise InputError(f"heparin.compare: given {shown(raw)}, a list of names is needed")
    return [one_of("heparin.compare", name, tuple(known)) for name in raw]


def _text(where: str, raw: object) -> str:
    if not isinstance(raw, str) or len(raw) > 300 or not raw.isprintable():
        raise InputError(f"{where}: given {shown(raw)}, a text of up to 300 printable characters is needed")
    return raw
