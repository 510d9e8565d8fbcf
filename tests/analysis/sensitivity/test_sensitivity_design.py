"""Whatever a sweep of a saltelli or morris design varies, its sensitivity can be told: by the design's own steps."""

import json
from pathlib import Path

import numpy as np
import pytest

from counterpulse.analysis.sensitivity.dry_run import check_design
from counterpulse.analysis.sensitivity.indices import sensitivity
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import check_to_run, from_canonical, load

EXAMPLES = Path(__file__).parents[3] / "examples"

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
VARY = {"systemic_resistance": {"low": 0.6, "high": 1.2}, "heart_rate": {"low": 80, "high": 120}}

SWEEPS = {
    "what is varied and the law as one": {"cohort": "adhf", "vary": VARY, "groups": {"rest": ["cohort"]}},
    "the whole law as one": {"cohort": "ami-cs", "groups": {"rest": ["cohort"]}},
    "a law with shares": {"cohort": "refractory-ischaemia"},
    "a mixture": {"cohort": {"ami-cs": 1, "adhf": 3}, "groups": {"rest": ["cohort"]}},
    "a choice that seldom moves": {
        "cohort": "adhf",
        "vary": VARY | {"peripheral_artery_disease": {"choice": [0] * 40 + [1]}},
        "groups": {"rest": ["cohort"]},
    },
    "a choice of one value": {"cohort": "adhf", "vary": VARY | {"assist_ratio": {"choice": [1]}}},
    "what an arm replaces": {
        "cohort": "adhf",
        "vary": VARY,
        "arms": {"off": {"heart_rate": 90}, "iabp": {"balloon_volume": 40, "heart_rate": 90}},
    },
    "one unit": {"cohort": "adhf", "vary": VARY, "groups": {"all": ["cohort", "systemic_resistance", "heart_rate"]}},
}


def sweep(design, sets=20, **content):
    content = {"arms": ARMS, "patients": 1, "design": design, "seed": 3} | content
    together = from_canonical(content).rows_together
    return from_canonical(content | {"patients": sets * together})


@pytest.mark.parametrize("design", ["saltelli", "morris"])
@pytest.mark.parametrize("content", SWEEPS.values(), ids=SWEEPS)
def test_every_sweep_that_runs_is_answered(design, content):
    spec = sweep(design, **content)
    check_to_run(spec)
    result = check_design(spec)
    assert result.sizes["parameter"] == len(set(spec.units.tolist()))
    assert result.attrs["method"] == {"saltelli": "sobol", "morris": "morris"}[design]
    assert set(content.get("groups", ())) <= set(result["parameter"].values)


@pytest.fixture
def told(dataset):
    """Rows of a sweep with an outcome that follows from their parameters."""

    def make(spec, outcome):
        patients = candidates(spec, 0, spec.patients)
        values = outcome(patients)
        result = dataset({"cardiac_output": values}, {"cardiac_output": 2 * values}, spec=spec.canonical())
        return result.assign({name: patients[name].variable for name in patients.data_vars if name != "index"})

    return make


def test_a_group_counts_whatever_of_it_moved(told):
    """In a unit of several parameters the leading one stays now and then; what the others did is an effect too."""
    vary = VARY | {"peripheral_artery_disease": {"choice": [0, 0, 0, 1]}}
    groups = {"both": ["peripheral_artery_disease", "systemic_resistance"], "rest": ["cohort"]}
    spec = sweep("morris", sets=40, cohort="adhf", vary=vary, groups=groups)
    data = told(spec, lambda patients: 10 * patients["systemic_resistance"].values)
    result = sensitivity(data, ["cardiac_output"])
    step = 10 * 0.6 / 2
    size = {
        name: float(result["mu_star"].sel(parameter=name, outcome="cardiac_output"))
        for name in ("both", "heart_rate", "rest")
    }
    assert size == pytest.approx({"both": step, "heart_rate": 0.0, "rest": 0.0}, abs=1e-9)


def test_effects_have_the_sign_of_the_parameter(told):
    vary = VARY | {"assist_ratio": {"choice": [3, 2, 1]}}
    spec = sweep("morris", sets=40, cohort="adhf", vary=vary, groups={"rest": ["cohort"]})
    result = sensitivity(
        told(spec, lambda patients: (patients["assist_ratio"] - patients["heart_rate"] / 40).values), ["cardiac_output"]
    )
    effects = result["mu"].sel(outcome="cardiac_output")
    assert effects.sel(parameter="assist_ratio") > 0.5
    assert effects.sel(parameter="heart_rate") == pytest.approx(-0.5)


def test_rows_out_of_order_are_not_taken_for_the_design(told):
    spec = sweep("morris", sets=20, cohort="adhf", vary=VARY, groups={"rest": ["cohort"]})
    data = told(spec, lambda patients: patients["heart_rate"].values)
    shuffled = data.isel(patient=np.random.default_rng(0).permutation(spec.patients))
    with pytest.raises(InputError, match="not those of a morris design"):
        sensitivity(shuffled, ["cardiac_output"])
    partly = data.copy(deep=True)
    partly["heart_rate"][200:] = partly["heart_rate"].values[200:][::-1]
    if spec.patients > 200:
        with pytest.raises(InputError, match="moves other parameters"):
            sensitivity(partly, ["cardiac_output"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"design": "saltelli", "patients": 1}, ["patients", "1 base samples", "16"]),
        ({"design": "morris", "patients": 3}, ["patients", "trajectories", "4"]),
        ({"design": "saltelli", "patients": 4096, "window": True}, ["window", "Sobol", "false"]),
    ],
)
def test_what_could_not_be_answered_is_not_run(content, words):
    spec = from_canonical({"cohort": "adhf", "arms": ARMS, "vary": VARY} | content)
    with pytest.raises(InputError) as error:
        check_to_run(spec)
    for word in words:
        assert word in str(error.value)


def test_a_saltelli_design_of_a_law_alone_applies_no_window_by_itself():
    assert not from_canonical({"cohort": "adhf", "arms": ARMS, "patients": 999, "design": "saltelli"}).applies_window
    assert from_canonical({"cohort": "adhf", "arms": ARMS, "patients": 999, "design": "morris"}).applies_window


def test_the_example_is_answered():
    assert "all else" in check_design(load(EXAMPLES / "sensitivity.toml"))["parameter"].values
    assert check_design(load(EXAMPLES / "first-look.toml")) is None


def test_a_store_keeps_what_this_needs():
    spec = sweep("morris", cohort="adhf", vary=VARY, groups={"rest": ["cohort"]})
    assert from_canonical(json.loads(json.dumps(spec.canonical()))).units.tolist() == spec.units.tolist()
