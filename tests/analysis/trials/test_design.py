"""Designs of trials: what a file may say, and one line for each mistake."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from counterpulse.analysis.bedside.quantities import load
from counterpulse.analysis.course.constants import declared
from counterpulse.analysis.trials.design import design_of
from counterpulse.analysis.trials.measurement import EXACT, MADE_OF
from counterpulse.analysis.trials.pool import pool_of
from counterpulse.analysis.trials.trial import trial

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "trials").glob("*.toml"))
GOOD = {"control_mortality": 0.4, "randomised": {"patients": 100}}
STUDY = {"patients": 100, "treated": 0.4, "sees": {"cardiac_index": -0.3}}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_good(path):
    design = design_of(path)
    assert design.published
    assert all("[S]" in each.source for each in design.published)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"control_mortality": 1.5}, ("control_mortality", "1.5", "less than 1")),
        ({"control_mortalty": 0.4}, ("control_mortalty", "did you mean 'control_mortality'")),
        ({"randomised": {"patients": 2}}, ("randomised.patients", "2")),
        ({"randomised": {"patients": 100.5}}, ("randomised.patients", "integer")),
        ({"randomised": {"patients": True}}, ("randomised.patients", "true")),
        ({"randomised": {"patients": 100, "allocation": 0}}, ("randomised.allocation", "0")),
        ({"randomised": {"patients": 100, "crossover": {"to_device": -1}}}, ("randomised.crossover.to_device", "-1")),
        ({"include": {"cardiac_index": {}}}, ("include.cardiac_index", "low or high")),
        ({"include": {"cardiac_index": {"low": 3, "high": 2}}}, ("include.cardiac_index", "below high")),
        ({"include": {"cardiac_index": 3}}, ("include.cardiac_index", "a table is needed")),
        ({"randomised": 3}, ("randomised", "a table is needed")),
        ({"name": "\x1b[31m"}, ("name", "control characters")),
        ({"observational": STUDY | {"sees": {"age": 30}}}, ("observational.sees.age", "30")),
        ({"prognosis": {"stroke": {"per_day": -1}}}, ("prognosis.stroke.per_day", "-1")),
        ({"prognosis": {"strike": {}}}, ("prognosis", "did you mean 'stroke'")),
        ({"replicates": 100_000, "randomised": {"patients": 10_000}}, ("replicates", "draws")),
        ({"published": [{"name": "a", "source": "b"}]}, ("published", "risk_ratio")),
        ({"published": [{"name": "a", "source": "b", "device": [5, 3], "control": [1, 3]}]}, ("published", "deaths")),
        ({"published": [{"name": "a", "source": "b", "risk_ratio": 1e-9}]}, ("published.0.risk_ratio", "0.001")),
        ({"published": [{"name": "a", "source": "b", "risk_ratio": 0.5, "low": 0.3}]}, ("published.0", "go together")),
        ({"published": [{"name": "a", "source": "b", "risk_ratio": 0.5, "low": 2, "high": 3}]}, ("must rise", "0.5")),
        ({"measurement": {"cardiac_output": 1e300}}, ("measurement.cardiac_output", "10000")),
        ({"published": [{"name": "a", "source": "b", "risk_ratio": 1.0, "of": "matched"}]}, ("published.0", "matched")),
        ({"observational": STUDY | {"sees": {}}}, ("observational.sees",)),
        ({"observational": STUDY | {"treated": 1.0}}, ("observational.treated",)),
        ({"randomised": {"patients": 9, "escalation": {"arm": "x", "target": "much"}}}, ("escalation", "much")),
    ],
)
def test_bad_designs_are_refused_in_one_line(changed, words, refused):
    with refused(*words):
        design_of(GOOD | changed)


def test_a_design_needs_a_study_and_a_mortality(refused):
    with refused("neither [randomised] nor [observational]"):
        design_of({"control_mortality": 0.4})
    with refused("control_mortality: missing"):
        design_of({"randomised": {"patients": 100}})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"include": {"cardiac_indx": {"low": 1}}}, ("include", "did you mean 'cardiac_index'")),
        ({"measurement": {"cardiac_outpt": 0.1}}, ("measurement", "did you mean 'cardiac_output'")),
        ({"measurement": {"cardiac_output": 15}}, ("measurement", "cardiac_output = 15", "a share")),
        ({"measurement": {"cardiac_index": 0.1}}, ("measurement", "cardiac_index is calculated from cardiac_output")),
        ({"measurement": {"age": 2}}, ("measurement", "age is known")),
        ({"observational": STUDY | {"sees": {"lactate": 1}}}, ("observational.sees", "lactate")),
        ({"include": {"cardiac_index": {"low": 99}}}, ("include", "nobody may be included", "0 of the 500")),
        ({"randomised": {"patients": 501}}, ("randomised.patients", "501", "500")),
        ({"observational": STUDY | {"patients": 501}}, ("observational.patients", "501", "500")),
        ({"arm": "iapb"}, ("arm", "did you mean 'iabp'")),
        ({"arm": "off", "reference": "iabp"}, ("arm", "off has no device")),
        ({"include": {"convergence_error": {"high": 1}}}, ("include", "'convergence_error' is not known")),
        ({"randomised": {"patients": 9, "escalation": {"arm": "iabp", "target": "cardiac_index>2"}}}, ("a rival",)),
        ({"randomised": {"patients": 9, "escalation": {"arm": "ecmo", "target": "cardiac_index>2"}}}, ("ecmo",)),
    ],
)
def test_what_a_store_does_not_have_is_refused_in_one_line(changed, words, refused, shocked):
    with refused(*words):
        trial(shocked(500), GOOD | changed)


def test_inclusion_is_by_measured_values(shocked):
    people = shocked(4000)
    exact = GOOD | {"include": {"cardiac_index": {"high": 1.9}}, "measurement": {"cardiac_output": 0.0}}
    pool = pool_of(people, design_of(exact))
    assert float(pool.block["cardiac_index"].sel(arm="off").max()) <= 1.9
    erring = pool_of(people, design_of(GOOD | {"include": {"cardiac_index": {"high": 1.9}}}))
    true = erring.block["cardiac_index"].sel(arm="off").values
    assert (true > 1.9).sum() > 100
    assert (erring.measured("cardiac_index") <= 1.9).all()
    everybody = pool_of(people, design_of(GOOD))
    ratio = everybody.measured("cardiac_index") / everybody.block["cardiac_index"].sel(arm="off").values
    assert np.log(ratio).std() == pytest.approx(0.12, rel=0.05)


def test_errors_are_those_of_the_table_of_match(shocked):
    """What is read directly has the error by which match weighs it; what is calculated has that of its parts."""
    everybody = pool_of(shocked(4000), design_of(GOOD))
    true = everybody.block.sel(arm="off")
    for row in load().named.values():
        if row.measures in everybody.block and row.measures not in (*MADE_OF, *EXACT):
            read, known = everybody.measured(row.measures), true[row.measures].values
            size = row.error or row.relative_error * known.mean()
            assert (read - known).std() == pytest.approx(size, rel=0.06)
    pressure = np.hypot(3, 2) / (true["mean_arterial_pressure"] - true["central_venous_pressure"]).values.mean()
    ratio = everybody.measured("systemic_vascular_resistance") / true["systemic_vascular_resistance"].values
    assert np.log(ratio).std() == pytest.approx(np.hypot(0.12, pressure), rel=0.05)


def test_the_errors_of_weaning_are_those_of_the_table():
    known, weaning = load(), declared()["weaning"]
    assert weaning["output_error"].value == known.find("", "CI").relative_error
    assert weaning["pressure_error"].value == known.find("", "PCWP").error


def test_the_design_in_the_docs_can_be_read():
    page = (Path(__file__).parents[3] / "docs" / "trial.md").read_text(encoding="utf-8")
    text = re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1]
    assert design_of(tomllib.loads(text)).randomised.escalation.arm == "impella-cp"
