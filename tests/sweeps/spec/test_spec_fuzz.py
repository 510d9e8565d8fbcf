"""Whatever a sweep file holds: a spec or one line, never a traceback."""

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpulse.engine.errors import InputError
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.population.distributions import Choice, Lognormal, Normal, Uniform
from counterpulse.sweeps.population.thresholds import RESPONSE_DEFAULTS
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical, load, parse
from counterpulse.sweeps.spec.settings import Run
from counterpulse.sweeps.spec.spec import Spec

GOOD = """
name = "fuzz"
cohort = "ami-cs"
patients = 131_072
seed = 7
design = "grid"
[vary]
systemic_resistance = { low = 0.6, high = 2.0 }
assist_ratio = { choice = [1, 2, 3] }
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
tolerance = 5e-4
"""

often = settings(suppress_health_check=list(HealthCheck))

words = st.sampled_from(
    [
        *Spec.model_fields,
        *Run.model_fields,
        *(name for form in (Uniform, Normal, Lognormal, Choice) for name in form.model_fields),
        *list(PARAMETERS)[:12],
        "assist_ratio",
        *RESPONSE_DEFAULTS,
        *("healthy", "ami-cs", "adhf", "sobol", "random", "latin-hypercube", "grid", "morris", "open-loop"),
        *("float32", "float64", "off", "iabp", "haemodynamic", "ischaemia-relief"),
    ]
)
scalars = st.one_of(
    words,
    st.text(max_size=20),
    st.booleans(),
    st.integers(),
    st.integers(-3, 200),
    st.floats(),
    st.sampled_from([0, 1, 40, 0.5, 1e-4, 10**400, -0.0, 2**40, 2**63]),
    st.dates(),
    st.datetimes(),
    st.times(),
)
keys = st.one_of(words, st.text(max_size=10))
tables = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=5),
    max_leaves=20,
)
numbers = st.one_of(st.floats(0.1, 120), st.integers(0, 150), scalars)
forms = st.one_of(
    st.fixed_dictionaries({"low": numbers, "high": numbers}),
    st.fixed_dictionaries({"mean": numbers, "sd": numbers}),
    st.fixed_dictionaries({"median": numbers, "sigma": numbers}),
    st.fixed_dictionaries({"choice": st.lists(numbers, max_size=4) | scalars}),
    tables,
)
parameters = st.sampled_from([*PARAMETERS, "heart_rat", "impella", "impella_level"])
near_misses = st.fixed_dictionaries(
    {
        "cohort": st.one_of(
            st.sampled_from(["healthy", "ami-cs", "adhf", "adhff", 3]),
            st.dictionaries(st.sampled_from(["healthy", "ami-cs", "adhf", "mine"]), numbers, max_size=3),
        ),
        "patients": st.one_of(st.integers(-1, 300), st.just(2**40), scalars),
        "arms": st.dictionaries(st.text(min_size=1, max_size=5), st.dictionaries(parameters, numbers, max_size=3)),
    },
    optional={
        "seed": st.one_of(st.integers(0, 2**63), scalars),
        "design": st.sampled_from(["sobol", "random", "latin-hypercube", "grid", "morris", 1]),
        "vary": st.dictionaries(parameters, forms, max_size=4),
        "window": st.one_of(st.booleans(), scalars),
        "reference": st.text(max_size=3),
        "scale": st.dictionaries(parameters, st.floats(0.4, 2.5) | scalars, max_size=2),
        "rhythm": st.fixed_dictionaries({}, optional={"tolerance": numbers, "most_beats": numbers}),
        "cohorts": st.sampled_from(["mine.toml", {"mine": {"title": "x", "base": "adhf"}}, {"mine": {}}, 3]),
        "run": st.fixed_dictionaries({}, optional={"block": numbers, "tolerance": numbers}),
        "response": st.dictionaries(st.sampled_from(list(RESPONSE_DEFAULTS)), numbers, max_size=2),
    },
)


def read(content: Any) -> Spec | None:
    """Give the spec, or None where it was refused in one line."""
    try:
        if isinstance(content, Path):
            return load(content)
        return parse(content, "fuzz.toml") if isinstance(content, str) else from_canonical(content)
    except InputError as error:
        line = str(error)
        assert line
        assert line.isprintable()
        assert len(line) < 1000
        return None


def check(spec: Spec | None) -> None:
    """Whatever was accepted can be written, read back and sampled within the physical ranges."""
    if spec is None:
        return
    content = spec.canonical()
    again = from_canonical(json.loads(json.dumps(content, allow_nan=False)))
    assert again.canonical() == content
    assert again.hash() == spec.hash()
    drawn = candidates(spec, max(0, spec.patients - 3), spec.patients)
    for name in spec.vary:
        low, high = PARAMETERS[name].physical
        assert np.all((drawn[name] >= low * (1 - 1e-15)) & (drawn[name] <= high * (1 + 1e-15)))


@often
@given(st.text())
def test_any_text(text: str) -> None:
    check(read(text))


@often
@given(st.binary())
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.toml"
    file.write_bytes(content)
    check(read(file))


@often
@given(st.data())
def test_a_good_file_with_a_part_replaced(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    stop = data.draw(st.integers(start, min(len(GOOD), start + 20)))
    piece = data.draw(
        st.one_of(st.text(max_size=8), words, st.sampled_from(["[", "{", "=", "nan", "1e999", "'", "\n"]))
    )
    check(read(GOOD[:start] + piece + GOOD[stop:]))


@often
@given(st.dictionaries(keys, tables, max_size=8))
def test_any_structure(content: dict[str, Any]) -> None:
    check(read(content))


@often
@given(near_misses)
def test_structures_that_are_nearly_right(content: dict[str, Any]) -> None:
    check(read(content))


@often
@given(tables)
def test_what_need_not_be_a_table(content: Any) -> None:
    if not isinstance(content, str):
        check(read(content))


def test_the_good_file_is_good() -> None:
    assert read(GOOD) is not None
    assert read({"cohort": "adhf", "patients": 3, "arms": {"off": {}}, "seed": datetime.date(2020, 1, 1)}) is None
