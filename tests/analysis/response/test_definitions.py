"""What counts as help and harm, by name and by cohort: patients worked out by hand, each condition at its threshold."""

import json

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.analysis.reading.origin import spec_of_patient
from counterpulse.analysis.response import definitions
from counterpulse.analysis.response.classify import Response, classify
from counterpulse.analysis.response.comparison import definition_in_words
from counterpulse.analysis.response.step_errors import STEP_ERRORS
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.population.definitions import BY_COHORT, DEFINITIONS
from counterpulse.sweeps.population.thresholds import RESPONSE_DEFAULTS, setting

RELIEF = "ischaemia-relief"


def words(result):
    return [Response(int(code)).name.lower() for code in np.atleast_1d(result["response"])]


def mixture(data, members, names=("ami-cs", "adhf", "refractory-ischaemia"), definitions=None):
    """Say whose patient is whose: an index into the names for each."""
    flags = {"flag_values": np.arange(len(names), dtype=np.uint8), "flag_meanings": " ".join(names)}
    data["cohort"] = ("patient", np.array(members, dtype=np.uint8), flags)
    stored = {"refractory-ischaemia": RELIEF} if definitions is None else definitions
    return data.assign_attrs(cohort_definitions=json.dumps(stored))


def test_every_definition_that_a_file_may_name_is_there():
    assert (BY_COHORT, *definitions.DEFINITIONS) == DEFINITIONS


@pytest.mark.parametrize(
    ("threshold", "outcome", "before", "after"),
    [
        ("harms_output_loss", "cardiac_output", 4.0, 3.5),
        ("harms_demand_gain", "pressure_volume_area", 6000.0, 6750.0),
        ("harms_wedge_gain", "wedge_pressure", 20.0, 22.5),
        ("harms_regurgitation_gain", "mitral_regurgitant_volume", 40.0, 45.0),
        ("harms_regurgitation_gain", "aortic_regurgitant_volume", 40.0, 45.0),
        ("harms_regurgitation_volume", "mitral_regurgitant_volume", 4.0, 8.0),
        ("harms_regurgitation_volume", "aortic_regurgitant_volume", 4.0, 8.0),
        ("harms_limb_flow", "limb_flow", 0.75, 0.5625),
        ("harms_visceral_flow", "visceral_flow", 1.5, 1.125),
        ("harms_end_diastolic_gain", "end_diastolic_aortic_pressure", 60.0, 61.5),
        ("harms_work_gain", "stroke_work", 2000.0, 2250.0),
    ],
)
def test_each_harm_flips_at_its_threshold(dataset, threshold, outcome, before, after):
    """The numbers are exact in binary, so that the threshold itself can be tried."""
    late = {"end_diastolic_aortic_pressure": (60.0, 61.5), "stroke_work": (2000.0, 2250.0)}
    both = late if outcome in late else {}
    data = dataset(
        {name: first for name, (first, _) in both.items()} | {outcome: before},
        {name: then for name, (_, then) in both.items()} | {outcome: after},
    )
    share = "volume" not in threshold and threshold not in ("harms_wedge_gain", "harms_end_diastolic_gain")
    line = (after / before if "flow" in threshold else abs(after / before - 1)) if share else after - before
    harder, easier = (line * 0.999, line * 1.001) if "flow" in threshold else (line * 1.001, line * 0.999)
    assert words(classify(data, thresholds={threshold: harder})) == ["fails"]
    assert words(classify(data, thresholds={threshold: easier})) == ["harms"]
    only_above = threshold == "harms_end_diastolic_gain"
    assert words(classify(data, thresholds={threshold: line})) == ["fails" if only_above else "harms"]


def test_a_pump_arm_may_raise_the_end_diastolic_pressure(dataset):
    after = {"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 75.0, "stroke_work": 2300.0, "device_flow": 3.0}
    with_pump = dataset({}, after | {"native_cardiac_output": 0.0, "forward_stroke_volume": 0.0}, balloon=0.0)
    assert words(classify(with_pump)) == ["helps"]
    assert words(classify(dataset({}, after, balloon=40.0))) == ["harms"]


def test_nothing_divides_by_a_native_output_of_nothing(dataset):
    shut = {"native_cardiac_output": 0.0, "forward_stroke_volume": 0.0, "stroke_work": 0.0, "pressure_volume_area": 0.0}
    for before, after in ((shut, {}), ({}, shut), (shut, shut)):
        for definition in ("haemodynamic", RELIEF, "imamura", "imamura-stabilised", "sintek"):
            result = classify(dataset(before, after, balloon=0.0), definition=definition)
            assert words(result)[0] in ("harms", "helps", "fails")
    result = classify(dataset(shut, {"native_cardiac_output": 2.0}, balloon=0.0))
    assert np.isnan(result["native_cardiac_output_relative_difference"]).all()
    assert result["native_cardiac_output_difference"].item() == 2.0


def test_imamura(dataset):
    """Hearts that improve by 30 % in all three numbers, and those that miss one of them."""
    before = {"central_venous_pressure": 20.0, "wedge_pressure": 30.0, "cardiac_index": 2.0}
    after = {
        "central_venous_pressure": [14.0, 14.1, 13.0, 13.0],
        "wedge_pressure": [21.0, 20.0, 21.1, 20.0],
        "cardiac_index": [2.6, 2.7, 2.7, 2.59],
    }
    result = classify(dataset(before, after), definition="imamura")
    assert words(result) == ["helps", "fails", "fails", "fails"]
    assert (
        words(classify(dataset(before, after), definition="imamura", thresholds={"imamura_improvement": 0.29}))
        == ["helps"] * 4
    )


def test_imamura_stabilised(dataset):
    """Only the arm counts: the last one was stable before."""
    limit = {"central_venous_pressure": 12.0, "wedge_pressure": 18.0, "cardiac_index": 2.0}
    well = {"central_venous_pressure": 11.9, "wedge_pressure": 17.9, "cardiac_index": 2.01}
    ill = {"central_venous_pressure": 16.0, "wedge_pressure": 25.0, "cardiac_index": 1.8}
    assert words(classify(dataset(ill, well), definition="imamura-stabilised")) == ["helps"]
    assert words(classify(dataset(well, well), definition="imamura-stabilised")) == ["helps"]
    for name, value in limit.items():
        assert words(classify(dataset(ill, well | {name: value}), definition="imamura-stabilised")) == ["fails"]
    stricter = classify(dataset(ill, well), definition="imamura-stabilised", thresholds={"imamura_cardiac_index": 2.2})
    assert words(stricter) == ["fails"]


def test_hsu(dataset):
    """Power index 2.0 x 67.65 / 451 = .3 or 1.6 x 67.65 / 451 = .24 W/m2, with and without an ischaemic history."""
    before = {"mean_arterial_pressure": 67.65, "cardiac_index": [2.0, 1.6, 2.0, 1.6]}
    data = mixture(dataset(before, {}), [1, 1, 0, 0])
    assert words(classify(data, definition="hsu")) == ["helps", "helps", "helps", "fails"]
    assert words(classify(data, definition="hsu", thresholds={"hsu_points": 1})) == ["helps", "fails", "fails", "fails"]
    assert words(classify(data, definition="hsu", thresholds={"hsu_power_index": 0.31})) == [
        "helps",
        "helps",
        "fails",
        "fails",
    ]
    assert words(classify(data, definition="hsu", thresholds={"hsu_power_index": 0.23})) == ["helps"] * 4


def test_hsu_looks_at_the_reference_arm_and_harm_comes_first(dataset):
    before = {"mean_arterial_pressure": 67.65, "cardiac_index": 1.6}
    data = dataset(before, {"cardiac_index": 3.0, "cardiac_output": [6.0, 2.0]}).assign_attrs(cohort="ami-cs")
    assert words(classify(data, definition="hsu")) == ["fails", "harms"]
    assert words(classify(data.assign_attrs(cohort="adhf"), definition="hsu")) == ["helps", "harms"]


def test_sintek(dataset):
    """Left 1.8 x 75 / 451 = .299 W/m2; right 1.8 x 38 / 451 = .152, or 1.8 x 20 / 451 = .080."""
    before = {
        "cardiac_index": 1.8,
        "mean_arterial_pressure": [75.0, 75.0, 60.0],
        "mean_pulmonary_pressure": [38.0, 20.0, 38.0],
    }
    assert words(classify(dataset(before, {}), definition="sintek")) == ["helps", "fails", "fails"]
    lower = {"sintek_left_power_index": 0.239, "sintek_right_power_index": 0.0798}
    assert words(classify(dataset(before, {}), definition="sintek", thresholds=lower)) == ["helps"] * 3


def relieved(dataset, count):
    """Patients without reserve: more flow for less work, and an output that does not change."""
    return dataset(
        {"endocardial_reserve": np.full(count, 0.05)}, {"endocardial_flow": 0.105, "pressure_volume_area": 5400.0}
    )


def test_in_a_mixture_each_patient_is_judged_by_the_own_cohort(dataset):
    members = [0, 1, 2, 2]
    result = classify(mixture(relieved(dataset, 4), members))
    assert words(result) == ["fails", "fails", "helps", "helps"]
    assert result["response"].attrs["definition"] == BY_COHORT
    expected = {"ami-cs": "haemodynamic", "adhf": "haemodynamic", "refractory-ischaemia": RELIEF}
    assert json.loads(result["response"].attrs["cohort_definitions"]) == expected
    gained = dataset({"endocardial_reserve": np.full(4, 0.05)}, {"cardiac_output": 4.5})
    assert words(classify(mixture(gained, members))) == ["helps", "helps", "fails", "fails"]


def test_a_mixture_equals_its_parts(dataset):
    random = np.random.default_rng(5)
    count, members = 600, random.integers(0, 3, 600)
    before = {"endocardial_reserve": random.uniform(0, 0.2, count), "convergence_error": 2e-3}
    after = {
        "cardiac_output": random.uniform(3.7, 4.8, count),
        "wedge_pressure": random.uniform(18, 22.2, count),
        "endocardial_flow": random.uniform(0.09, 0.12, count),
        "pressure_volume_area": random.uniform(5400, 6400, count),
    }
    data = mixture(dataset(before, after), members)
    own = np.array(["haemodynamic", "haemodynamic", RELIEF])[members]
    mixed = classify(data)
    lazy = classify(data.chunk(patient=250))
    for name in ("response", "undecided", "no_effect"):
        parts = {each: classify(data, definition=each)[name].values for each in ("haemodynamic", RELIEF)}
        expected = np.where(own == RELIEF, parts[RELIEF], parts["haemodynamic"])
        np.testing.assert_array_equal(mixed[name].values, expected)
        np.testing.assert_array_equal(lazy[name].values, expected)
    assert len(set(words(mixed))) == 3


def test_the_definition_follows_call_then_store_then_cohort(dataset):
    data = relieved(dataset, 1).assign_attrs(cohort="mine", cohort_definitions={"mine": RELIEF})
    assert classify(data)["response"].attrs["definition"] == RELIEF
    stored = data.assign_attrs(spec=json.dumps({"response": {"definition": "imamura"}}))
    assert classify(stored)["response"].attrs["definition"] == "imamura"
    assert words(classify(stored, definition=BY_COHORT)) == ["helps"]
    silent = data.assign_attrs(cohort_definitions={})
    assert classify(silent)["response"].attrs["definition"] == "haemodynamic"
    assert classify(dataset({}, {}))["response"].attrs["definition"] == "haemodynamic"


def test_one_definition_for_a_whole_mixture_needs_no_variable(dataset):
    data = relieved(dataset, 2).assign_attrs(cohort=json.dumps({"ami-cs": 0.5, "adhf": 0.5}))
    assert classify(data)["response"].attrs["definition"] == "haemodynamic"
    with pytest.raises(InputError, match="no variable 'cohort'"):
        classify(data.assign_attrs(cohort_definitions={"adhf": RELIEF}))
    with pytest.raises(InputError, match="no variable 'cohort'"):
        classify(data, definition="hsu")
    titled = {"cohort": "50 % mine, 50 % yours", "cohort_definitions": {"mine": RELIEF, "yours": "imamura"}}
    with pytest.raises(InputError, match="no variable 'cohort'"):
        classify(data.assign_attrs(titled))


def test_what_a_definition_cannot_know_is_refused(dataset):
    with pytest.raises(InputError, match="ischaemic history"):
        classify(dataset({}, {}), definition="hsu")
    with pytest.raises(InputError, match="did you mean 'haemodynamic'"):
        classify(dataset({}, {}).assign_attrs(cohort="mine", cohort_definitions={"mine": "hemodynamic"}))
    with pytest.raises(InputError, match="by-cohort"):
        classify(dataset({}, {}).assign_attrs(cohort="mine", cohort_definitions={"mine": BY_COHORT}))
    with pytest.raises(InputError, match="cardiac_index"):
        classify(dataset({}, {}).drop_vars("cardiac_index"), definition="imamura")


def test_one_patient_of_a_mixture_keeps_the_own_definition(dataset):
    spec = {"cohort": {"ami-cs": 0.5, "refractory-ischaemia": 0.5}, "response": {"definition": BY_COHORT}}
    data = mixture(relieved(dataset, 2), [0, 2]).assign_attrs(spec=json.dumps(spec))
    found = [spec_of_patient(data, index) for index in (0, 1)]
    assert [each["cohort"] for each in found] == ["ami-cs", "refractory-ischaemia"]
    assert [each["response"]["definition"] for each in found] == ["haemodynamic", RELIEF]
    given = data.assign_attrs(spec=json.dumps(spec | {"response": {"definition": "imamura"}}))
    assert spec_of_patient(given, 1)["response"]["definition"] == "imamura"


def test_a_map_of_a_mixture_counts_as_classify_does(population):
    people = population(4000)
    members = np.random.default_rng(2).integers(0, 3, 4000)
    people["endocardial_reserve"] = people["endocardial_reserve"] * 0 + 0.05
    mixed = mixture(people, members)
    result = cp.map(mixed, "systemic_resistance", "heart_rate", bins=6)
    codes = classify(mixed)["response"].values
    counts = np.bincount(codes, minlength=len(Response)).tolist()
    assert [result.attrs[member.name.lower()] for member in Response] == counts
    assert (codes != classify(people, definition="haemodynamic")["response"].values).any()
    about = definition_in_words(result.attrs)
    assert "in ami-cs, adhf, cardiac output up by 10 % or more" in about
    assert "in refractory-ischaemia, endocardial flow per oxygen demand" in about


@pytest.mark.parametrize("definition", definitions.DEFINITIONS)
def test_every_definition_says_its_thresholds(dataset, definition):
    data = dataset({}, {}).assign_attrs(cohort="ami-cs")
    limits = {name: 0.0625 for name in RESPONSE_DEFAULTS if name.startswith(definition.split("-")[0] + "_")}
    about = definition_in_words(classify(data, definition=definition, thresholds=limits)["response"].attrs)
    assert about.startswith("Helped: ")
    assert about.count("Harmed: ") == 1
    assert not limits or "0.0625" in about or "6.25 %" in about


def test_the_error_of_paired_differences_is_used_where_there_is_one(dataset):
    """Both sides are uncertain by 1 %, their difference by .1 %: the gain is 12 %, 20 times that away from 10 %."""
    one, both = {"convergence_error": 1e-2}, {"cardiac_output": 4.48, "convergence_error": 1e-2}
    data = dataset(one, both | {"wedge_pressure": 19.0, "pressure_volume_area": 5800.0})
    assert words(classify(data)) == ["helps"]
    assert classify(data)["undecided"].item()
    paired = data.assign(difference_error=(("patient", "arm"), [[0.0, 1e-3]]))
    assert words(classify(paired)) == ["helps"]
    assert not classify(paired)["undecided"].item()
    regular = data.assign(difference_error=(("patient", "arm"), [[np.nan, np.nan]]))
    assert classify(regular)["undecided"].item()


def test_the_paired_error_bounds_a_rise_to_the_digit(dataset):
    """Wedge pressure 20, error .004 of it and what the steps add: so much is no rise, a little more is one."""
    by_steps = STEP_ERRORS["wedge_pressure"]
    rise = (0.004 + by_steps) * 20.0 / (1 - by_steps)
    after = {"cardiac_output": 4.8, "wedge_pressure": [20.0 + rise - 1e-4, 20.0 + rise + 1e-4]}
    data = dataset({"convergence_error": 1e-2}, after)
    paired = data.assign(difference_error=(("patient", "arm"), np.full((2, 2), 0.004)))
    assert words(classify(data)) == ["helps", "helps"]
    assert words(classify(paired)) == ["helps", "fails"]
    assert words(classify(paired.chunk(patient=1))) == ["helps", "fails"]


def test_the_paired_error_belongs_to_the_stored_reference(dataset):
    other = {"cardiac_output": 3.57, "pressure_volume_area": 6400.0, "wedge_pressure": 21.0}
    data = dataset({"convergence_error": 1e-2}, other)
    paired = data.assign(difference_error=(("patient", "arm"), [[1e-3, 0.0]]))
    assert classify(paired, arm="off", reference="iabp")["undecided"].item()
    stored = paired.assign_attrs(spec=json.dumps({"reference": "iabp"}))
    assert not classify(stored, arm="off", reference="iabp")["undecided"].item()


def test_readings_of_one_side_keep_their_own_error(dataset):
    """A reserve of .099 is within 1 % of the threshold .1, however sharp the difference is."""
    data = relieved(dataset, 1)
    data["endocardial_reserve"][:] = 0.099
    data["convergence_error"][:] = 2e-2
    paired = data.assign(difference_error=(("patient", "arm"), [[0.0, 1e-5]]))
    result = classify(paired, definition=RELIEF)
    assert words(result) == ["helps"]
    assert result["undecided"].item()


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("definition", "imamora", "did you mean 'imamura'"),
        ("definition", 1, "a text is needed"),
        ("imamura_improvment", 0.3, "did you mean 'imamura_improvement'"),
        ("hsu_power_index", -0.1, "a threshold is not negative"),
        ("hsu_points", "two", "a number is needed"),
    ],
)
def test_a_bad_setting_is_one_line(name, raw, says):
    with pytest.raises(InputError, match=says) as caught:
        setting(name, raw)
    assert "\n" not in str(caught.value)
