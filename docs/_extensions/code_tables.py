"""Tables of the names of the model, taken from the package: what ``{from-code} NAME`` stands for."""

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

from numpydoc.docscrape import NumpyDocString
from pydantic_core import PydanticUndefined

import counterpulse
from counterpulse.analysis.response.classify import Response
from counterpulse.analysis.response.definitions import DEFINITIONS
from counterpulse.analysis.response.harms import CLAUSES
from counterpulse.analysis.response.left_out import LIMITS, WORDS
from counterpulse.engine import ACTS_WHERE, DEVICE_PARAMETERS, OUTCOMES, PARAMETERS, Findings, Status
from counterpulse.engine.names.conditions import REGULATION
from counterpulse.engine.names.regulation import MODES
from counterpulse.engine.names.state import HELD, MACHINE, REGULATED, STATE
from counterpulse.sweeps.population import cohorts, devices, windows
from counterpulse.sweeps.population.definitions import BY_COHORT
from counterpulse.sweeps.population.distributions import CLIP, FORMS
from counterpulse.sweeps.population.thresholds import RESPONSE_DEFAULTS, THRESHOLDS
from counterpulse.sweeps.spec.settings import Rhythm, Run, Waveforms
from counterpulse.sweeps.spec.spec import TABLES as SPEC_TABLES
from counterpulse.sweeps.spec.spec import Spec

Rows = tuple[Sequence[str], Iterable[Sequence[object]]]
"""Head of a table and its rows."""

ROOT = Path(counterpulse.__file__).parent


def _range(bound: tuple[float, float]) -> str:
    return f"{bound[0]:g} to {bound[1]:g}"


def _parameters(names: Iterable[str]) -> Rows:
    head = ("parameter", "meaning", "units", "default", "plausible", "allowed", "source")
    rows = []
    for name in names:
        each = PARAMETERS[name]
        ranges = (f"{each.default:g}", _range(each.plausible), _range(each.physical))
        rows.append((f"`{name}`", each.long_name, each.units, *ranges, each.source))
    return head, rows


def _conditions(name: str) -> str:
    """Say where a parameter acts."""

    def holds(key: str, low: float, high: float) -> str:
        if key == REGULATION:
            return f"regulation {list(MODES)[int(low)]}"
        if low == high:
            return f"{key} {low:g}"
        return f"{key} above 0" if high == float("inf") else f"{key} {low:g} to {high:g}"

    return "; or ".join(
        ", ".join(holds(key, *bound) for key, bound in conditions.items()) for conditions in ACTS_WHERE[name]
    )


def acts_where() -> Rows:
    """Where a parameter acts that does not always."""
    return ("parameter", "acts where"), [(f"`{name}`", _conditions(name)) for name in ACTS_WHERE]


def _defined() -> dict[str, str]:
    """Outcome -> the expression that ``define`` gives for it."""
    source = (ROOT / "engine" / "names" / "outcomes.py").read_text(encoding="utf-8")
    define = next(
        each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef) and each.name == "define"
    )
    given = next(each.value for each in define.body if isinstance(each, ast.Return))
    assert isinstance(given, ast.Call)
    return {str(each.arg): ast.unparse(each.value) for each in given.keywords}


def outcomes() -> Rows:
    """What is reported of a patient in an arm."""
    defined = _defined()
    rows = [
        (f"`{name}`", each.long_name, each.units, f"`{defined[name]}`", f"{each.floor:g}")
        if each.judged
        else (f"`{name}`", each.long_name, each.units, "", "")
        for name, each in OUTCOMES.items()
    ]
    return ("outcome", "meaning", "units", "in the code", "error absolute below"), rows


def _flags(members: Iterable[Any]) -> Rows:
    return ("value", "name", "meaning"), [(int(each), f"`{each.name.lower()}`", each.sentence) for each in members]


def states() -> Rows:
    """What is integrated, and what is held during a pattern of beats."""
    tables = {"integrated": STATE, "integrated, devices": MACHINE, "held": HELD, "held, regulation": REGULATED}
    rows = [
        (f"`{name}`", each.long_name, each.units, kind)
        for kind, table in tables.items()
        for name, each in table.items()
    ]
    return ("state", "meaning", "units", "kind"), rows


def populations() -> Rows:
    """The cohorts of the package."""
    rows = [
        (f"`{name}`", each.title, f"`{each.definition}`", "yes" if each.shock else "no", each.source)
        for name, each in cohorts.load().items()
    ]
    return ("cohort", "who", "help is", "in shock", "source"), rows


def population_windows() -> Rows:
    """Bounds on the baseline without support that make a candidate a member."""
    rows = [
        (f"`{name}`", "; ".join(windows.in_words(key, *limits) for key, limits in each.window.items()))
        for name, each in cohorts.load().items()
    ]
    return ("cohort", "window on the baseline without support"), rows


def medians() -> Rows:
    """Median of every parameter that differs between the cohorts' laws."""
    known = cohorts.load()
    middle = {name: {key: law.median for key, law in each.law.items()} for name, each in known.items()}

    def of(name: str, parameter: str) -> float:
        return middle[name].get(parameter, PARAMETERS[parameter].default)

    differ = [each for each in PARAMETERS if len({of(name, each) for name in known}) > 1]
    return ("parameter", *known), [(f"`{each}`", *(f"{of(name, each):.3g}" for name in known)) for each in differ]


def responses() -> Rows:
    """The classes of a patient in an arm."""
    said = {
        Response.NOT_COMPARED: "outside the cohort's window, or not run",
        Response.FAILED_RUN: "no result in the arm or in the reference",
        Response.HARMS: "any clause of harm holds",
        Response.HELPS: "no clause of harm holds, and the definition of help does",
        Response.FAILS: "neither",
    }
    left = {Response[name.upper()]: f"{words}: {LIMITS[name]}" for name, words in WORDS.items()}
    return ("value", "name", "meaning"), [
        (int(each), f"`{each.name.lower()}`", (said | left)[each]) for each in Response
    ]


def definitions() -> Rows:
    """What may count as help."""
    limit = {name: value for name, value in RESPONSE_DEFAULTS.items() if not isinstance(value, str)}
    rows = [(f"`{name}`", each.words(limit)) for name, each in DEFINITIONS.items()]
    return ("definition", "help"), [(f"`{BY_COHORT}`", "each patient by what the patient's own cohort declares"), *rows]


def thresholds() -> Rows:
    """Numbers in [response] of a sweep file."""
    return ("threshold", "default", "units", "meaning", "source"), [
        (f"`{name}`", *each) for name, each in THRESHOLDS.items()
    ]


def regulation() -> Rows:
    """Modes of regulation."""
    rows = [(f"`{name}`", ", ".join(f"`{each}`" for each in mode.settings)) for name, mode in MODES.items()]
    return ("mode", "parameters that act in it alone"), rows


def _attributes(of: type) -> Mapping[str, str]:
    """What a class's docstring says of each of its attributes."""
    described = NumpyDocString(inspect.getdoc(of) or "")["Attributes"]
    return {name: " ".join(each.desc).replace("``", "`") for each in described for name in each.name.split(", ")}


def _default(value: object) -> object:
    if value is None or value is PydanticUndefined or value == "":
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def question() -> Rows:
    """Keys of a sweep file that say what is asked."""
    meanings, own = _attributes(Spec), ("samples", "design_points")
    rows = [
        (
            f"`[{name}]`" if name in SPEC_TABLES or get_origin(field.annotation) is dict else f"`{name}`",
            meanings[name],
            _default(field.default),
        )
        for name, field in Spec.model_fields.items()
        if name not in own
    ]
    return ("key", "meaning", "default"), rows


def forms() -> Rows:
    """Forms in which a number may vary between patients."""
    said = {form: (inspect.getdoc(form) or "").replace("``CLIP``", f"{CLIP:g}").replace("``", "`") for form in FORMS}
    return ("form", "meaning"), [(f"`{{ {', '.join(form.model_fields)} }}`", said[form]) for form in FORMS]


def execution() -> Rows:
    """Settings of a sweep file that say how it is executed."""
    tables: Mapping[str, Any] = {"run": Run, "rhythm": Rhythm, "waveforms": Waveforms}
    rows = [
        (f"`[{table}]`", f"`{name}`", _attributes(model)[name], _default(field.default))
        for table, model in tables.items()
        for name, field in model.model_fields.items()
    ]
    return ("table", "key", "meaning", "default"), rows


def speeds() -> Rows:
    """Speeds of axial pumps by their levels."""
    names = {code: name for name, code in devices.WORDS["impella"][1].items()}
    levels = [f"P-{level}" for level in range(len(devices.SPEEDS[1.0]))]
    return ("impella", *levels), [
        (names[code], *(f"{speed:g}" for speed in row)) for code, row in devices.SPEEDS.items()
    ]


TABLES: Mapping[str, Callable[[], Rows]] = {
    "patient-parameters": lambda: _parameters(name for name in PARAMETERS if name not in DEVICE_PARAMETERS),
    "device-parameters": lambda: _parameters(name for name in PARAMETERS if name in DEVICE_PARAMETERS),
    "acts-where": acts_where,
    "outcomes": outcomes,
    "statuses": lambda: _flags(Status),
    "findings": lambda: _flags(Findings),
    "states": states,
    "cohorts": populations,
    "windows": population_windows,
    "medians": medians,
    "responses": responses,
    "definitions": definitions,
    "harms": lambda: (("clause", "harm"), [(f"`{name}`", words) for name, words in CLAUSES.items()]),
    "thresholds": thresholds,
    "regulation": regulation,
    "question": question,
    "forms": forms,
    "execution": execution,
    "speeds": speeds,
}
