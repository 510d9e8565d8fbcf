"""Classes of response, against a judge written a second time: one patient, plain numbers, plain ifs."""

import math

import numpy as np
import pytest

from counterpulse.analysis.response.classify import Response, classify
from counterpulse.analysis.response.comparison import THRESHOLDS
from counterpulse.analysis.response.step_errors import STEP_ERRORS
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.sweeps.population.thresholds import RESPONSE_DEFAULTS

NAMES = (
    "cardiac_output",
    "pressure_volume_area",
    "mean_heart_rate",
    "wedge_pressure",
    "end_diastolic_aortic_pressure",
    "stroke_work",
    "mitral_regurgitant_volume",
    "aortic_regurgitant_volume",
    "limb_flow",
    "visceral_flow",
)


def judged(before, after, error, by_steps=1):
    """Class of one patient by physiology section 6, in plain numbers."""
    demand = [each["pressure_volume_area"] * each["mean_heart_rate"] for each in (before, after)]
    wedge = [max(abs(each["wedge_pressure"]), OUTCOMES["wedge_pressure"].floor) for each in (before, after)]
    rise = after["wedge_pressure"] - before["wedge_pressure"]
    if after["cardiac_output"] / before["cardiac_output"] - 1 <= -0.05:
        return "harms"
    if demand[1] / demand[0] - 1 >= 0.05 or rise >= 2:
        return "harms"
    for leak in ("mitral_regurgitant_volume", "aortic_regurgitant_volume"):
        if after[leak] >= 1.1 * before[leak] and after[leak] - before[leak] >= 3:
            return "harms"
    if after["limb_flow"] <= 0.5 * before["limb_flow"] or after["visceral_flow"] <= 0.8 * before["visceral_flow"]:
        return "harms"
    late = after["end_diastolic_aortic_pressure"] > before["end_diastolic_aortic_pressure"] + 1
    if late and after["stroke_work"] / before["stroke_work"] - 1 >= 0.12:
        return "harms"
    used = [max(each["pressure_volume_area"], 200) * each["mean_heart_rate"] for each in (before, after)]
    slack = [
        error * sum(sizes) + by_steps * STEP_ERRORS[name] * max(sizes)
        for name, sizes in (("wedge_pressure", wedge), ("pressure_volume_area", used))
    ]
    gained = after["cardiac_output"] / before["cardiac_output"] - 1 >= 0.1
    return "helps" if gained and rise <= slack[0] and demand[1] - demand[0] <= slack[1] else "fails"


def random_pair(count, seed):
    """Pairs of outcomes near the thresholds of every comparison."""
    random = np.random.default_rng(seed)
    before = {
        "cardiac_output": random.uniform(2, 6, count),
        "pressure_volume_area": random.uniform(3e3, 1e4, count),
        "mean_heart_rate": random.uniform(60, 140, count),
        "wedge_pressure": random.uniform(4, 35, count),
        "end_diastolic_aortic_pressure": random.uniform(40, 90, count),
        "stroke_work": random.uniform(1500, 5000, count),
        "mitral_regurgitant_volume": random.choice([0.0, 20.0, 50.0], count),
        "aortic_regurgitant_volume": random.choice([0.0, 30.0], count),
        "limb_flow": random.uniform(0.2, 1, count),
        "visceral_flow": random.uniform(0.5, 2, count),
    }
    changes = {
        "cardiac_output": random.uniform(0.93, 1.3, count),
        "pressure_volume_area": random.uniform(0.85, 1.06, count),
        "mean_heart_rate": 1.0,
        "stroke_work": random.uniform(0.9, 1.16, count),
        "limb_flow": random.uniform(0.48, 1.2, count),
        "visceral_flow": random.uniform(0.795, 1.1, count),
    }
    after = {name: value * changes.get(name, 1.0) for name, value in before.items()}
    after["wedge_pressure"] = before["wedge_pressure"] + random.choice([-2.0, 0.0, 0.01, 1.0, 2.1], count)
    after["end_diastolic_aortic_pressure"] += random.uniform(-6, 1.2, count)
    after["mitral_regurgitant_volume"] += random.choice([0.0, 2.9, 3.1], count, p=[0.9, 0.05, 0.05])
    return before, after


def of(values, index):
    return {name: float(value[index]) for name, value in values.items()}


def words(response):
    return [Response(int(code)).name.lower() for code in np.atleast_1d(response)]


def test_random_patients_against_plain_numbers(dataset):
    error = 2e-4
    before, after = random_pair(4000, seed=1)
    result = classify(dataset(before | {"convergence_error": error}, after))
    expected = [judged(of(before, index), of(after, index), error) for index in range(4000)]
    assert words(result["response"]) == expected
    assert {"harms", "helps", "fails"} == set(expected)


def test_errors_that_tip_the_class_are_undecided(dataset):
    error, count = 2e-3, 1500
    before, after = random_pair(count, seed=2)
    result = classify(dataset(before | {"convergence_error": error}, after))
    random = np.random.default_rng(3)
    tipped = np.zeros(count, dtype=bool)
    sizes = [
        {name: np.maximum(np.abs(each[name]), OUTCOMES[name].floor) for name in before} for each in (before, after)
    ]
    for _ in range(60):
        shaken = []
        for side, size in zip((before, after), sizes, strict=True):
            moved = dict(side)
            for name in before.keys() - {"mean_heart_rate"}:
                moved[name] = side[name] + error * random.choice([-1, 1], count) * size[name]
                if side is after:  # what the steps do to the difference
                    by_steps = STEP_ERRORS[name] * np.maximum(*(each[name] for each in sizes))
                    moved[name] = moved[name] + random.choice([-1, 1], count) * by_steps
            shaken.append(moved)
        # the true change of wedge pressure and demand is judged as it is: no slack for an error there is not
        classes = [judged(of(shaken[0], index), of(shaken[1], index), 0.0, 0) for index in range(count)]
        tipped |= np.array(classes) != np.array(words(result["response"]))
    assert 0.02 < tipped.mean() < 0.5
    assert not (tipped & ~result["undecided"].values).any()
    assert result["undecided"].values.mean() < 2.0 * tipped.mean()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"cardiac_output": 4.5}, "helps"),
        ({"cardiac_output": 4.3}, "fails"),
        ({"cardiac_output": 3.79}, "harms"),
        ({"cardiac_output": 4.8, "wedge_pressure": 22.0}, "harms"),
        ({"cardiac_output": 4.8, "wedge_pressure": 21.9}, "fails"),
        ({"cardiac_output": 4.8, "pressure_volume_area": 6310.0}, "harms"),
        ({"cardiac_output": 4.8, "mean_heart_rate": 106.0}, "harms"),
        ({"cardiac_output": 4.8, "pressure_volume_area": 6100.0}, "fails"),
        ({"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 75.0}, "helps"),
        ({"cardiac_output": 4.8, "stroke_work": 3000.0}, "helps"),
        ({"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 61.001, "stroke_work": 2241.0}, "harms"),
        ({"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 61.0, "stroke_work": 2241.0}, "helps"),
        ({"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 61.001, "stroke_work": 2239.0}, "helps"),
        ({"cardiac_output": 4.8, "limb_flow": 0.4}, "harms"),
        ({"cardiac_output": 4.8, "limb_flow": 0.41}, "helps"),
        ({"cardiac_output": 4.8, "visceral_flow": 1.27}, "harms"),
        ({"cardiac_output": 4.8, "aortic_regurgitant_volume": 3.0}, "harms"),
        ({"cardiac_output": 4.8, "mitral_regurgitant_volume": 2.9}, "helps"),
    ],
)
def test_each_rule(dataset, after, expected):
    assert words(classify(dataset({}, after))["response"]) == [expected]


def test_regurgitation_needs_both_its_conditions(dataset):
    leak = "mitral_regurgitant_volume"
    result = classify(dataset({leak: [20.0, 50.0, 50.0]}, {leak: [22.5, 54.0, 55.5], "cardiac_output": 4.8}))
    assert words(result["response"]) == ["helps", "helps", "harms"]


def test_late_deflation_counts_for_balloons_only(dataset):
    after = {"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 70.0, "stroke_work": 2300.0}
    assert words(classify(dataset({}, after, balloon=0.0))["response"]) == ["helps"]
    varied = dataset({"cardiac_output": [4.0, 4.0]}, after)
    varied["balloon_volume"] = (("patient", "arm"), [[0.0, 0.0], [0.0, 30.0]])
    assert words(classify(varied)["response"]) == ["helps", "harms"]


def test_status_comes_before_everything(dataset):
    status = ([2, 1, 3, 7, 0, 1, 2], [2, 2, 1, 7, 0, 3, 3])
    result = classify(dataset({}, {"cardiac_output": 1.0}, status=status))
    expected = [0, 0, 1, 1, 0, 1, 0]
    assert result["response"].values.tolist() == expected
    assert np.isnan(result["cardiac_output_difference"]).all()
    assert not result["no_effect"].any()
    assert not result["undecided"].any()


def test_a_number_that_is_none_is_a_failed_run(dataset):
    result = classify(dataset({}, {"cardiac_output": 4.8, "wedge_pressure": [math.nan, 20.0]}))
    assert words(result["response"]) == ["failed_run", "helps"]


def test_no_effect(dataset):
    after = {"cardiac_output": [4.1, 4.3, 4.1, 4.8], "sevr": [0.81, 0.81, 0.9, 0.8]}
    result = classify(dataset({}, after))
    assert words(result["response"]) == ["fails", "fails", "fails", "helps"]
    assert result["no_effect"].values.tolist() == [True, False, False, False]


def test_relief_of_ischaemia(dataset):
    before = {"endocardial_reserve": [0.05, 0.05, 0.2, 0.05]}
    after = {"endocardial_flow": [0.105, 0.1, 0.15, 0.105], "pressure_volume_area": [5400.0, 5600.0, 5400.0, 5800.0]}
    data = dataset(before, after)
    assert words(classify(data, definition="ischaemia-relief")["response"]) == ["helps", "fails", "fails", "fails"]
    assert words(
        classify(data, definition="ischaemia-relief", thresholds={"helps_endocardial_gain": 0.05})["response"]
    )[1:] == [
        "helps",
        "fails",
        "helps",
    ]


def test_an_arm_equal_to_its_reference_fails_without_effect(dataset):
    result = classify(dataset({"convergence_error": 4e-4}, {"convergence_error": 1e-4}))
    assert words(result["response"]) == ["fails"]
    assert result["no_effect"].item()
    assert not result["undecided"].item()
    assert result["cardiac_output_relative_difference"].item() == 0.0


def test_differences(dataset):
    result = classify(dataset({}, {"cardiac_output": 4.5, "pressure_volume_area": 5400.0, "mean_heart_rate": 90.0}))
    assert result["cardiac_output_difference"].item() == pytest.approx(0.5)
    assert result["cardiac_output_relative_difference"].item() == pytest.approx(0.125)
    assert result["demand_difference"].item() == pytest.approx((5400 * 90 - 6000 * 100) / 60)
    assert result["demand_relative_difference"].item() == pytest.approx(-0.19)
    for name in ("wedge_pressure", "end_diastolic_aortic_pressure", "augmented_diastolic_pressure", "sevr"):
        assert f"{name}_difference" in result
    for name in ("endocardial_flow", "lv_end_systolic_pressure", "systolic_pressure", "cardiac_power_output"):
        assert f"{name}_relative_difference" in result
    assert "mitral_regurgitant_volume_relative_difference" not in result
    new = [name for name in result.data_vars if name.endswith("_difference")]
    assert all(result[name].attrs["units"] and result[name].attrs["long_name"] for name in new)
    assert result["cardiac_output_difference"].attrs["units"] == "L/min"
    assert result["demand_difference"].attrs["units"] == "mmHg mL/s"


def test_flags_follow_the_conventions(dataset):
    response = classify(dataset({}, {}))["response"]
    assert response.dtype == np.uint8
    assert response.attrs["flag_meanings"] == "not_compared failed_run harms helps fails not_survivable not_in_shock"
    assert response.attrs["flag_values"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert response.attrs["flag_values"].dtype == np.uint8


def test_lazy_equals_eager_in_any_chunks(people):
    eager = classify(people)
    for rows in (700, 20_000):
        lazy = classify(people.chunk(patient=rows))
        assert all(array.chunks for name, array in lazy.items() if name == "response" or "difference" in str(name))
        for name in ("response", "no_effect", "undecided", "demand_relative_difference", "wedge_pressure_difference"):
            np.testing.assert_array_equal(lazy[name].values, eager[name].values)
            assert lazy[name].dtype == eager[name].dtype


def test_float32_stores_keep_their_size(dataset):
    data = dataset({"cardiac_output": np.full(10, 4.0)}, {"cardiac_output": 4.8}, dtype=np.float32)
    result = classify(data)
    assert result["cardiac_output_difference"].dtype == np.float32
    assert set(words(result["response"])) == {"helps"}


def test_one_patient_without_a_dimension(dataset):
    assert words(classify(dataset({}, {"cardiac_output": 4.8}).isel(patient=0))["response"]) == ["helps"]


def test_thresholds_come_from_the_call_then_the_store_then_the_defaults(dataset):
    after = {"cardiac_output": [4.3, 4.5]}
    stored = dataset({}, after, spec={"response": {"helps_output_gain": 0.05}})
    assert words(classify(stored)["response"]) == ["helps", "helps"]
    assert words(classify(stored, thresholds={"helps_output_gain": 0.2})["response"]) == ["fails", "fails"]
    assert words(classify(dataset({}, after))["response"]) == ["fails", "helps"]
    assert set(RESPONSE_DEFAULTS) - {"definition"} == set(THRESHOLDS)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"arm": "iabb"}, "did you mean 'iabp'"),
        ({"reference": "of"}, "did you mean 'off'"),
        ({"definition": "hemodynamic"}, "did you mean 'haemodynamic'"),
        ({"thresholds": {"helps_output_gian": 0.1}}, "did you mean 'helps_output_gain'"),
        ({"thresholds": {"helps_output_gain": "much"}}, "a number is needed"),
        ({"thresholds": {"helps_output_gain": math.nan}}, "a finite number is needed"),
        ({"thresholds": {"helps_output_gain": True}}, "a number is needed"),
        ({"thresholds": {"helps_output_gain": -0.1}}, "a threshold is not negative"),
    ],
)
def test_bad_names_and_numbers(dataset, call, says):
    with pytest.raises(InputError, match=says) as caught:
        classify(dataset({}, {}), **call)
    assert "\n" not in str(caught.value)


def test_a_data_set_that_is_no_result(dataset):
    with pytest.raises(InputError, match="no dimension 'arm'"):
        classify(dataset({}, {}).isel(arm=0, drop=True))
    with pytest.raises(InputError, match="wedge_pressure"):
        classify(dataset({}, {}).drop_vars("wedge_pressure"))
