"""Who is left out of shares: against the engine's findings, plain numbers, and stores that say less."""

import json

import numpy as np
import pytest
import xarray as xr

from counterpulse.analysis.maps.map import in_words as map_in_words
from counterpulse.analysis.maps.map import map as map_
from counterpulse.analysis.response.classify import LEFT_OUT, Response, classify, compared_in
from counterpulse.analysis.response.comparison import Comparison
from counterpulse.analysis.response.step_errors import STEP_ERRORS
from counterpulse.analysis.response.summary import summarise
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import Findings, Status
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.population.thresholds import setting
from counterpulse.sweeps.simulate import sample, simulate

SHOCK = ("scai-b", "ami-cs", "scai-d", "scai-e", "adhf", "rv-failure", "acute-mr", "vsd")
ALIVE = {"mean_arterial_pressure": 65.0, "cardiac_index": 2.0, "wedge_pressure": 20.0}


def words(result):
    return [Response(int(code)).name.lower() for code in np.atleast_1d(result["response"].values)]


def undecided(data, **options):
    return classify(data, **options)["undecided"].values.tolist()


def in_shock(data, shock=True):
    return data.assign_attrs(cohort="mine", cohort_shock=json.dumps({"mine": shock}))


def test_the_cohorts_in_shock():
    assert {name for name, cohort in cohorts.load().items() if cohort.shock} == set(SHOCK)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ({"mean_arterial_pressure": 39.9}, "not_survivable"),
        ({"mean_arterial_pressure": 40.1}, "helps"),
        ({"mean_arterial_pressure": 130.1}, "not_survivable"),
        ({"mean_arterial_pressure": 129.9}, "helps"),
        ({"cardiac_index": 0.99}, "not_survivable"),
        ({"wedge_pressure": 40.1}, "not_survivable"),
        ({"wedge_pressure": 39.9}, "helps"),
        ({"mean_arterial_pressure": 80.1, "cardiac_index": 2.21}, "not_in_shock"),
        ({"mean_arterial_pressure": 79.9, "cardiac_index": 2.21}, "helps"),
        ({"mean_arterial_pressure": 80.1, "cardiac_index": 2.19}, "helps"),
        ({"mean_arterial_pressure": 131.0, "cardiac_index": 3.0}, "not_survivable"),
    ],
)
def test_each_limit(dataset, baseline, expected):
    data = in_shock(dataset(ALIVE | baseline, {"cardiac_output": 4.8}))
    assert words(classify(data)) == [expected]
    calm = "helps" if expected == "not_in_shock" else expected
    assert words(classify(in_shock(data, shock=False))) == words(classify(data.drop_attrs())) == [calm]
    assert words(classify(data, thresholds={"leave_out": 0})) == ["helps"]
    assert words(classify(data.assign_attrs(spec={"response": {"leave_out": False}, "cohort": "mine"}))) == ["helps"]


def test_the_baseline_decides_and_not_what_the_device_makes_of_it(dataset):
    dying = {"mean_arterial_pressure": 35.0, "cardiac_index": 0.9}
    assert words(classify(dataset(ALIVE, dying | {"cardiac_output": 4.8}))) == ["helps"]
    data = dataset(ALIVE | dying, ALIVE | {"cardiac_output": 4.8})
    assert words(classify(data)) == ["not_survivable"]
    # whichever arm is the reference, and nobody where no arm shows the patient without support
    assert words(classify(data, arm="off", reference="iabp")) == ["not_survivable"]
    assert words(classify(data.assign(balloon_volume=("arm", [30.0, 40.0])))) == ["helps"]


def test_a_run_that_failed_is_told_as_failed_and_one_outside_as_outside(dataset):
    data = dataset({"cardiac_index": 0.5}, {}, status=([1, 1, 2, 7], [1, 3, 2, 7]))
    assert words(classify(data)) == ["not_survivable", "failed_run", "not_compared", "failed_run"]


def test_the_numerical_error_at_a_limit_is_undecided(dataset):
    error = 40.0 * STEP_ERRORS["mean_arterial_pressure"]
    near = 40.0 + error * np.array([-1.1, -0.9, 0.9, 1.1])
    after = {"cardiac_output": 4.8, "wedge_pressure": 18.0, "pressure_volume_area": 5800.0}
    data = dataset(ALIVE | {"mean_arterial_pressure": near}, after)
    assert words(classify(data)) == ["not_survivable", "not_survivable", "helps", "helps"]
    assert undecided(data) == [False, True, True, False]
    # one whose class is undecided among those compared is not where the baseline leaves no doubt
    tipped = dataset(ALIVE | {"cardiac_index": [0.5, 2.0]}, after | {"cardiac_output": 4.4})
    assert undecided(tipped) == [False, True]
    unknown = dataset(ALIVE | {"cardiac_index": 0.5, "convergence_error": np.nan}, after)
    assert words(classify(unknown)) == ["not_survivable"]
    assert undecided(unknown) == [True]


def test_each_patient_of_a_mixture_by_the_own_cohort(dataset):
    data = dataset(ALIVE | {"mean_arterial_pressure": [90.0, 90.0], "cardiac_index": 3.0}, {"cardiac_output": 4.8})
    flags = {"flag_values": np.arange(2, dtype=np.uint8), "flag_meanings": "ami-cs severe-ar"}
    shock = {"cohort_shock": json.dumps({"ami-cs": True, "severe-ar": False})}
    mixed = data.assign(cohort=("patient", np.arange(2, dtype=np.uint8), flags)).assign_attrs(shock)
    assert words(classify(mixed)) == words(classify(mixed.chunk(patient=1))) == ["not_in_shock", "helps"]
    untold = data.assign_attrs(shock | {"cohort": json.dumps({"ami-cs": 1, "severe-ar": 1})})
    assert words(classify(untold)) == ["helps", "helps"]


def test_who_was_left_out_is_told_and_counts_in_no_share(dataset):
    pressure = np.array([65.0] * 60 + [35.0] * 30 + [90.0] * 10)
    data = dataset(
        ALIVE | {"mean_arterial_pressure": pressure, "cardiac_index": 2.3},
        {"cardiac_output": np.where(np.arange(100) % 2, 4.8, 4.0)},
    )
    data = in_shock(data).assign(systemic_resistance=("patient", np.linspace(0.6, 2.0, 100), {"units": "1"}))
    summary = summarise(data)
    assert (summary.compared, summary.classes["helps"]) == (60, 30)
    assert (summary.classes["not_survivable"], summary.classes["not_in_shock"]) == (30, 10)
    told = summary.sentences()[1]
    assert told.startswith("Left out of all shares: 30 (30 %) whose baseline nobody survives")
    assert "10 (10 %) not in shock at baseline" in told
    everyone = summarise(data, Comparison.of(data, thresholds={"leave_out": 0}))
    assert everyone.compared == 100
    assert "Left out" not in " ".join(everyone.sentences())
    weighted = data.assign(sampling_weight=("patient", np.where(pressure == 65.0, 1.0, 100.0)))
    assert sum(summarise(weighted).plain.values()) == pytest.approx(1.0)
    for each in (data, weighted):
        answer = map_(each, "systemic_resistance", bins=2)
        assert answer["patients"].sum() == answer.attrs["compared"] == 60
        assert answer["share"].sum("response").values == pytest.approx(1.0)
        said = map_in_words(answer)[0].lines[0]
        assert "30 whose baseline nobody survives, 10 not in shock at baseline" in said
        number = map_(each, "systemic_resistance", value="cardiac_output_difference", mean=True, bins=2)
        assert number["patients"].sum() == 60
    # the weights of those left out count as little as they do: half are helped, whatever they weigh
    assert summarise(weighted).plain["helps"] == pytest.approx(0.5)


@pytest.mark.parametrize("raw", ["no", 2, -1, 0.5])
def test_a_setting_that_is_neither_yes_nor_no(raw):
    with pytest.raises(InputError, match="leave_out"):
        setting("leave_out", raw)
    assert (setting("leave_out", True), setting("leave_out", 0)) == (1.0, 0.0)


def test_the_same_as_the_findings_of_the_engine():
    """Patients far apart, so that both findings occur; the store's own bits say who is left out."""
    drawn = sample("ami-cs", 60, seed=2)
    drawn["systemic_resistance"] = drawn["systemic_resistance"] * np.linspace(0.5, 2.5, 60)
    drawn["stressed_volume"] = drawn["stressed_volume"] * np.linspace(0.6, 1.3, 60)[::-1]
    drawn["lv_elastance"] = drawn["lv_elastance"] * np.tile([0.4, 1.0, 1.8], 20)
    assert json.loads(drawn.attrs["cohort_shock"]) == {"ami-cs": True}
    result = simulate(drawn, {"off": {}, "iabp": {"balloon_volume": 40.0}})
    judged = classify(result)["response"].values
    sound = (result["status"] == Status.OK).all("arm").values
    bits = result["findings"].sel(arm="off").values
    lost, calm = ((bits & each) > 0 for each in (Findings.NOT_SURVIVABLE, Findings.NOT_IN_SHOCK))
    assert min((sound & lost).sum(), (sound & calm & ~lost).sum()) > 2
    np.testing.assert_array_equal(judged == LEFT_OUT[0], sound & lost)
    np.testing.assert_array_equal(judged == LEFT_OUT[1], sound & calm & ~lost)
    np.testing.assert_array_equal(compared_in(judged), sound & ~lost & ~calm)
    old = result.drop_vars("findings")
    del old.attrs["cohort_shock"]
    xr.testing.assert_equal(classify(old)["response"] == LEFT_OUT[0], classify(result)["response"] == LEFT_OUT[0])
    assert not (classify(old)["response"] == LEFT_OUT[1]).any()
