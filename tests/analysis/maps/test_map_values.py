"""Maps of a number, against numpy and pandas on the whole data in memory, and against planted truth."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import binom

import counterpulse as cp
from counterpulse.analysis.numbers.intervals import mean_reach, ranks
from counterpulse.analysis.reading import stream
from counterpulse.analysis.response.classify import classify
from counterpulse.engine.errors import InputError

CHANGE = "cardiac_output_relative_difference"
RATE = "heart_rate"


def by_cell(people, value, x, result):
    """Cell along x and number of every patient compared whose number is finite, with pandas."""
    answer = classify(people)
    bounds = result[f"{x}_bounds"].values
    edges = np.append(bounds[:, 0], bounds[-1, 1])
    frame = pd.DataFrame(
        {
            "cell": pd.cut(answer[x].values, edges, labels=False, right=False),
            "value": answer[value].values,
            "weight": answer["sampling_weight"].values if "sampling_weight" in answer else 1.0,
        }
    )
    return frame[answer["response"].values >= 2].dropna().groupby("cell")


def test_the_mean_and_its_interval_are_exact(people):
    result = cp.map(people, RATE, value=CHANGE, mean=True, bins=9)
    expected = by_cell(people, CHANGE, RATE, result)["value"]
    np.testing.assert_allclose(result["value"], expected.mean(), rtol=1e-10)
    np.testing.assert_array_equal(result["patients"], expected.count())
    reach = expected.sem() * 1.96
    np.testing.assert_allclose((result["value_high"] - result["value_low"]) / 2, reach, rtol=3e-3)
    assert (result["value_error"] == 0).all()


def test_the_mean_of_numbers_far_from_zero_keeps_its_interval(people):
    far = people.assign(age=("patient", 1e9 + people[RATE].values))
    moved = cp.map(far, RATE, value="age", mean=True, bins=4)
    expected = by_cell(far, "age", RATE, moved)["value"]
    np.testing.assert_allclose(moved["value_high"] - moved["value"], expected.sem() * 1.96, rtol=3e-3)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.93])
def test_a_quantile_is_within_the_error_that_is_stated(people, quantile):
    result = cp.map(people, RATE, value=CHANGE, quantile=quantile, bins=9)
    exact = by_cell(people, CHANGE, RATE, result)["value"].apply(
        lambda values: np.quantile(values, quantile, method="inverted_cdf")
    )
    error = result["value_error"].values
    assert (np.abs(result["value"].values - exact.values) <= error + 1e-12).all()
    assert error.max() < 0.1 * float(result["value"].max() - result["value"].min())
    assert (result["value_low"] <= result["value"]).all()
    assert (result["value"] <= result["value_high"]).all()


def test_a_value_that_many_share_is_read_exactly(people):
    leak = np.where(np.arange(20_000) % 5 < 3, 0.0, np.random.default_rng(1).uniform(1, 2, 20_000))
    leaky = people.assign(age=("patient", leak))
    result = cp.map(leaky, RATE, value="age", bins=5)
    assert result["value"].values.tolist() == [0.0] * 5
    assert result["value_error"].values.tolist() == [0.0] * 5
    assert (cp.map(leaky, RATE, value="age", quantile=0.61, bins=5)["value"] >= 0).all()


def test_values_beyond_the_sample_are_counted(people, monkeypatch):
    from counterpulse.analysis.maps import axes as map_axes

    few = map_axes.sample
    monkeypatch.setattr(map_axes, "sample", lambda dataset, names: few(dataset, names, patients=200))
    result = cp.map(people, RATE, value=CHANGE, quantile=0.999, bins=3)
    exact = by_cell(people, CHANGE, RATE, result)["value"].quantile(0.999, interpolation="higher")
    assert (np.abs(result["value"].values - exact.values) <= result["value_error"].values).all()


@pytest.mark.parametrize(("quantile", "size"), [(0.5, 25), (0.9, 60), (0.1, 300)])
def test_the_interval_of_a_quantile_covers_it(quantile, size):
    random = np.random.default_rng(7)
    values = np.sort(random.exponential(size=(4000, size)), axis=1)
    first, last = (int(rank) for rank in ranks(np.array(float(size)), quantile))
    low = values[:, first - 1] if first >= 1 else np.full(4000, -np.inf)
    high = values[:, last - 1] if last <= size else np.full(4000, np.inf)
    truth = -np.log(1 - quantile)
    assert 0.945 < np.mean((low <= truth) & (truth <= high)) < 0.985


@pytest.mark.parametrize("quantile", [0.05, 0.25, 0.5, 0.9, 0.99])
def test_ranks_are_those_of_the_binomial_distribution(quantile):
    size = np.concatenate([np.arange(0.0, 400.0), [1e3 + 0.7, 12_345.0, 1e6, 1e7]])
    whole = np.floor(size)
    first, last = ranks(size, quantile)
    np.testing.assert_array_equal(first, binom.ppf(0.025, whole, quantile))
    np.testing.assert_array_equal(last, binom.ppf(0.975, whole, quantile) + 1)


def test_the_interval_of_a_quantile_of_few_is_open(population):
    result = cp.map(population(120), RATE, value=CHANGE, quantile=0.9, bins=6, fewest=2)
    small = result["patients"].values < 25
    assert small.any()
    assert np.isnan(result["value_high"].values[small]).all()
    assert np.isfinite(result["value_low"].values[small & (result["patients"].values > 9)]).all()


def test_the_interval_of_a_mean_covers_it():
    random = np.random.default_rng(3)
    values = random.normal(2.0, 1.5, (4000, 12))
    reach = mean_reach(values.var(axis=1), np.full(4000, 12))
    assert abs(np.mean(np.abs(values.mean(axis=1) - 2.0) <= reach) - 0.95) < 0.012


def test_weighted_numbers(people):
    weight = np.random.default_rng(2).uniform(0.2, 1.8, 20_000)
    weighted = people.assign(sampling_weight=("patient", weight))
    mean = cp.map(weighted, RATE, value=CHANGE, mean=True, bins=7)
    cells = by_cell(weighted, CHANGE, RATE, mean)
    expected = cells.apply(lambda cell: np.average(cell["value"], weights=cell["weight"]), include_groups=False)
    np.testing.assert_allclose(mean["value"], expected, rtol=1e-10)
    size = cells["weight"].apply(lambda each: each.sum() ** 2 / (each**2).sum())
    np.testing.assert_allclose(mean["effective"], size, rtol=1e-10)
    median = cp.map(weighted, RATE, value=CHANGE, bins=7)
    exact = cells.apply(
        lambda cell: np.quantile(cell["value"], 0.5, weights=cell["weight"], method="inverted_cdf"),
        include_groups=False,
    )
    assert (np.abs(median["value"].values - exact.values) <= median["value_error"].values + 1e-12).all()


@pytest.mark.parametrize("mean", [True, False])
def test_equal_weights_are_none(people, mean):
    plain = cp.map(people, RATE, value=CHANGE, mean=mean, bins=7)
    equal = cp.map(people.assign(sampling_weight=("patient", np.ones(20_000))), RATE, value=CHANGE, mean=mean, bins=7)
    xr.testing.assert_allclose(equal.drop_vars("effective"), plain, rtol=1e-12)


def test_the_same_whatever_the_pieces(people, monkeypatch):
    whole = cp.map(people, RATE, "arterial_stiffness", value=CHANGE, bins=6)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 700)
    monkeypatch.setattr(stream, "ROWS_READ", 3000)
    xr.testing.assert_identical(cp.map(people, RATE, "arterial_stiffness", value=CHANGE, bins=6), whole)


def test_patients_without_the_number_are_counted(people):
    age = np.where(np.arange(20_000) < 3000, np.nan, 60.0 + np.arange(20_000) % 7)
    result = cp.map(people.assign(age=("patient", age)), RATE, value="age", bins=5)
    about = result.attrs
    compared = (classify(people)["response"].values >= 2)[:3000].sum()
    assert 0.95 * compared <= about["without_value"] <= compared  # 2 % are off the map
    assert int(result["patients"].sum()) + about["without_value"] + about["off_the_map"] == about["compared"]


@pytest.mark.parametrize(
    ("value", "quantile", "says"),
    [
        ("cardiac_outptu", 0.5, "map: value: .*did you mean 'cardiac_output'"),
        (CHANGE, 1.0, "given 1, a number between 0 and 1"),
        (CHANGE, float("nan"), "a number between 0 and 1"),
        ("balloon_volume", 0.5, "the same in every patient"),
    ],
)
def test_bad_input(people, value, quantile, says):
    with pytest.raises(InputError, match=says) as caught:
        cp.map(people, RATE, value=value, quantile=quantile)
    assert "\n" not in str(caught.value)
