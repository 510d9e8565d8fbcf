"""Maps, against pandas and numpy on the whole data in memory."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import binomtest

import counterpulse as cp
from counterpulse.analysis.numbers.cells import cells_along
from counterpulse.analysis.numbers.intervals import effective
from counterpulse.analysis.reading import stream
from counterpulse.analysis.response.classify import classify
from counterpulse.engine.errors import InputError

CLASSES = {"helps": 3, "fails": 4, "harms": 2}


def grouped(people, x, y, result):
    """Counts by cell and class with pandas."""
    response = classify(people)["response"].values
    bounds = [result[f"{name}_bounds"].values for name in (y, x)]
    edges = [np.append(bound[:, 0], bound[-1, 1]) for bound in bounds]
    cells = [
        pd.cut(values, edge, labels=False, include_lowest=True, right=False)
        for values, edge in zip((column(people, y), column(people, x)), edges, strict=True)
    ]
    frame = pd.DataFrame({"row": cells[0], "column": cells[1], "response": response}).dropna()
    return frame[frame.response >= 2].groupby(["response", "row", "column"]).size()


def column(people, name):
    values = classify(people)[name]
    return (values.sel(arm="off") if "arm" in values.dims else values).values


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("systemic_resistance", "heart_rate"),
        ("cardiac_output", "wedge_pressure"),
        ("arterial_stiffness", "cardiac_output_relative_difference"),
        ("demand_difference", "systemic_resistance"),
    ],
)
def test_counts_against_pandas(people, x, y):
    result = cp.map(people, x, y, bins=12)
    expected = grouped(people, x, y, result)
    for name, code in CLASSES.items():
        counts = result["count"].sel(response=name).values
        for (row, place), count in expected.get(code, pd.Series(dtype=int)).items():
            # pandas leaves the last edge open, the map closes it
            assert abs(counts[int(row), int(place)] - count) <= 1
        assert abs(counts.sum() - expected.get(code, pd.Series([0])).sum()) <= 2
    assert result["patients"].sum() == result["count"].sum()


def test_totals_say_where_everybody_is(people):
    result = cp.map(people, "systemic_resistance", "wedge_pressure")
    codes = np.bincount(classify(people)["response"].values, minlength=5)
    about = result.attrs
    names = ("not_compared", "failed_run", "harms", "helps", "fails")
    assert [about[name] for name in names] == codes.tolist()
    assert about["candidates"] == people.sizes["patient"] == codes.sum()
    assert int(result["patients"].sum()) + about["off_the_map"] == about["compared"] == codes[2:].sum()


def test_the_same_whatever_the_chunks_and_pieces(people, tmp_path, monkeypatch):
    whole = cp.map(people, "systemic_resistance", "wedge_pressure")
    monkeypatch.setattr(stream, "ROWS_READ", 3000)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 700)
    for rows in (1000, 7000):
        path = tmp_path / f"{rows}.zarr"
        people.chunk(patient=rows).to_zarr(path, zarr_format=3, consolidated=False)
        for chunks in ({}, None):
            opened = xr.open_zarr(path, consolidated=False, chunks=chunks)
            stored = cp.map(opened, "systemic_resistance", "wedge_pressure")
            xr.testing.assert_identical(stored, whole)


def test_shares_and_their_interval(people):
    result = cp.map(people, "systemic_resistance", "heart_rate", bins=20)
    helps = result.sel(response="helps")
    np.testing.assert_allclose(helps["share"], helps["count"] / result["patients"])
    for row, place in [(0, 0), (7, 12), (19, 19)]:
        cell = helps.isel(heart_rate=row, systemic_resistance=place)
        interval = binomtest(int(cell["count"]), int(result["patients"][row, place])).proportion_ci(method="wilson")
        assert float(cell["share_low"]) == pytest.approx(interval.low, abs=1e-7)
        assert float(cell["share_high"]) == pytest.approx(interval.high, abs=1e-7)
    np.testing.assert_allclose(result["share"].sum("response"), 1.0)


def test_empty_and_thin_cells(population):
    few = population(300)
    result = cp.map(few, "arterial_stiffness", "wedge_pressure", bins=25, fewest=3)
    patients = result["patients"].values
    assert (patients == 0).any()
    assert np.isnan(result["share"].values[:, patients == 0]).all()
    assert np.isnan(result["share_low"].values[:, patients == 0]).all()
    np.testing.assert_array_equal(result["thin"].values, (patients > 0) & (patients < 3))


def test_more_patients_more_cells(population):
    few, many = (cp.map(population(count), "systemic_resistance", "heart_rate") for count in (500, 20_000))
    assert few.sizes["heart_rate"] < many.sizes["heart_rate"] <= 100


def test_a_parameter_sampled_over_a_range_is_shown_over_it(people):
    spec = '{"vary": {"systemic_resistance": {"low": 0.6, "high": 2.0}}}'
    result = cp.map(people.assign_attrs(spec=spec), "systemic_resistance", "heart_rate")
    bounds = result["systemic_resistance_bounds"]
    assert (float(bounds[0, 0]), float(bounds[-1, 1])) == (0.6, 2.0)


def test_a_discrete_axis_has_a_cell_for_each_value(people):
    ratio = np.arange(people.sizes["patient"]) % 3 + 1.0
    varied = people.assign(assist_ratio=("patient", ratio, {"units": "1"}))
    result = cp.map(varied, "assist_ratio", "heart_rate")
    assert result["assist_ratio"].values.tolist() == [1.0, 2.0, 3.0]
    assert int(result["patients"].sum("heart_rate").min()) > 5000


def test_an_axis_that_an_arm_overrides_is_that_of_the_arm(people):
    volume = np.stack([np.zeros(20_000), np.linspace(30, 50, 20_000)], axis=1)
    varied = people.assign(balloon_volume=(("patient", "arm"), volume))
    bounds = cp.map(varied, "balloon_volume", "heart_rate")["balloon_volume_bounds"]
    assert 30 <= float(bounds[0, 0]) < 31
    assert 49 < float(bounds[-1, 1]) <= 50


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ("systemic_resistence", "heart_rate", "did you mean 'systemic_resistance'"),
        ("heart_rate", "cardiac_outptu_difference", "did you mean 'cardiac_output_difference'"),
        ("heart_rate", "heart_rate", "two different axes"),
        ("heart_rate", "balloon_volume", "the same in every patient; varied are"),
        ("heart_rate", "device_flow", "is 0 in every patient"),
    ],
)
def test_bad_axes(people, x, y, says):
    with pytest.raises(InputError, match=says) as caught:
        cp.map(people, x, y)
    assert "\n" not in str(caught.value)


def test_nobody_to_compare(dataset):
    nobody = dataset({"cardiac_output": np.linspace(3, 5, 50)}, {}, status=(3, 3))
    with pytest.raises(InputError, match="no patient of this store was compared"):
        cp.map(nobody, "cardiac_output", "wedge_pressure")
    with pytest.raises(InputError, match="0 bins"):
        cp.map(nobody, "cardiac_output", "wedge_pressure", bins=0)


def mixture(people):
    """Patients of two cohorts in turn; those of the second beyond a rate of 110."""
    flags = {"flag_values": np.array([0, 1], dtype=np.uint8), "flag_meanings": "ami-cs adhf"}
    code = (people["heart_rate"].values > 110).astype(np.uint8)
    return people.assign(cohort=("patient", code, flags))


def test_one_axis_is_the_margin_of_two(people):
    both = cp.map(people, "heart_rate", "systemic_resistance", bins=10)
    one = cp.map(people, "heart_rate", bins=10)
    assert one["patients"].dims == ("heart_rate",)
    inside = both["count"].sum("systemic_resistance")
    assert (inside <= one["count"]).all()
    assert (one["count"] - inside).sum() <= 0.021 * one["patients"].sum()  # 1 % at either end of the other axis
    low, high = (float(one[name].sel(response="helps")[3]) for name in ("share_low", "share_high"))
    count, total = int(one["count"].sel(response="helps")[3]), int(one["patients"][3])
    assert (low, high) == pytest.approx(binomtest(count, total).proportion_ci(method="wilson"), abs=1e-7)


def test_groups_hold_everybody_and_are_of_one_size(people):
    plain = cp.map(people, "heart_rate", "systemic_resistance", bins=8)
    split = cp.map(
        people, "heart_rate", "systemic_resistance", bins=8, columns="arterial_stiffness", rows="wedge_pressure"
    )
    assert split["patients"].dims == ("wedge_pressure", "arterial_stiffness", "systemic_resistance", "heart_rate")
    xr.testing.assert_equal(
        split["count"].sum(["wedge_pressure", "arterial_stiffness"]).drop_attrs(), plain["count"].drop_attrs()
    )
    sizes = split["patients"].sum(["systemic_resistance", "heart_rate"])
    assert 0.9 < float(sizes.min() / sizes.max()) <= 1


def test_the_label_of_a_group_is_exact(people):
    split = cp.map(people, "heart_rate", columns="arterial_stiffness", groups=4, bins=1)
    labels = [str(label) for label in split["arterial_stiffness"].values]
    low, high = (float(text) for text in labels[1].split(" to "))
    assert labels[0] == f"below {low:g}"
    compared = classify(people)["response"].values >= 2
    stiff, rate = people["arterial_stiffness"].values, people["heart_rate"].values
    bounds = split["heart_rate_bounds"].values[0]
    inside = compared & (rate >= bounds[0]) & (rate <= bounds[1]) & (stiff >= low) & (stiff < high)
    assert int(split["patients"][1, 0]) == inside.sum()


def test_cohorts_side_by_side(people):
    both = mixture(people)
    split = cp.map(both, "heart_rate", columns="cohort", bins=10)
    assert split["cohort"].values.tolist() == ["ami-cs", "adhf"]
    slow = split["heart_rate_bounds"].values[:, 1] <= 110
    assert (split["patients"].sel(cohort="adhf").values[slow] == 0).all()
    assert (split["patients"].sel(cohort="ami-cs").values[slow] > 0).all()
    assert int(split["patients"].sum()) + split.attrs["off_the_map"] == split.attrs["compared"]


def test_a_discrete_group_is_named_by_its_value(people):
    ratio = np.arange(people.sizes["patient"]) % 3 + 1.0
    split = cp.map(people.assign(assist_ratio=("patient", ratio)), "heart_rate", rows="assist_ratio")
    assert split["assist_ratio"].values.tolist() == ["1", "2", "3"]


def test_undecided_by_cell(people):
    loose = people.copy()
    loose["convergence_error"] = loose["convergence_error"] * 0 + 0.005
    answer = classify(loose)
    open_ = answer["undecided"].values
    result = cp.map(loose, "heart_rate", bins=6)
    bounds, rate = result["heart_rate_bounds"].values, people["heart_rate"].values
    for cell in (0, 3):
        inside = (rate >= bounds[cell, 0]) & (rate < bounds[cell, 1]) & (answer["response"].values >= 2)
        assert float(result["undecided_share"][cell]) == pytest.approx((inside & open_).sum() / inside.sum())
    assert result.attrs["undecided"] == open_.sum() > 100


def test_failed_runs_by_cell(people):
    result = cp.map(people, "heart_rate", bins=6)
    failed = classify(people)["response"].values == 1
    bounds, rate = result["heart_rate_bounds"].values, people["heart_rate"].values
    inside = (rate >= bounds[2, 0]) & (rate < bounds[2, 1])
    assert int(result["failed"][2]) == (failed & inside).sum() > 0


def test_weighted_shares_are_those_of_the_law_the_weights_lead_back_to(population):
    """Patients thinned at random with known chance, and weighted by its inverse: the shares of all of them."""
    random = np.random.default_rng(5)
    whole = population(60_000, seed=3)
    keep_chance = np.where(whole["heart_rate"].values > 120, 0.9, 0.2)
    kept = random.uniform(size=60_000) < keep_chance
    few = whole.isel(patient=kept).assign(sampling_weight=("patient", 1 / keep_chance[kept]))
    truth = cp.map(whole, "systemic_resistance", bins=6)
    weighted, naive = (cp.map(each, "systemic_resistance", bins=6) for each in (few, few.drop_vars("sampling_weight")))
    same = {"systemic_resistance": truth["systemic_resistance"].values}
    miss, wrong = (
        abs(each.assign_coords(same)["share"] - truth["share"]).sel(response=["helps", "harms"]).max().item()
        for each in (weighted, naive)
    )
    assert miss < 0.03 < 0.08 < wrong


def test_weights_by_hand(people):
    weight = np.random.default_rng(4).uniform(0.1, 3, people.sizes["patient"])
    result = cp.map(people.assign(sampling_weight=("patient", weight)), "heart_rate", bins=5)
    response, rate, bounds = (
        classify(people)["response"].values,
        people["heart_rate"].values,
        result["heart_rate_bounds"],
    )
    inside = (response >= 2) & (rate >= float(bounds[2, 0])) & (rate < float(bounds[2, 1]))
    own, helped = weight[inside], response[inside] == 3
    share, size = own[helped].sum() / own.sum(), own.sum() ** 2 / (own**2).sum()
    cell = result.isel(heart_rate=2)
    assert float(cell["share"].sel(response="helps")) == pytest.approx(share)
    assert float(cell["effective"]) == pytest.approx(size)
    interval = binomtest(round(share * size), round(size)).proportion_ci(method="wilson")
    assert float(cell["share_low"].sel(response="helps")) == pytest.approx(interval.low, abs=2e-4)
    everybody = weight[response >= 2]
    assert result.attrs["weighted_share_helps"] == pytest.approx(weight[response == 3].sum() / everybody.sum())


def test_the_effective_size_is_what_the_spread_says():
    """The variance of a weighted mean of independent values is that of a mean of so many."""
    random = np.random.default_rng(8)
    weight = random.exponential(size=200)
    values = random.normal(size=(20_000, 200))
    spread = ((values * weight).sum(axis=1) / weight.sum()).var()
    size = effective(np.array(weight.sum()), np.array((weight**2).sum()))
    assert 1 / spread == pytest.approx(float(size), rel=0.05)


def test_equal_weights_change_nothing(people):
    plain = cp.map(people, "heart_rate", "systemic_resistance", bins=9)
    equal = cp.map(
        people.assign(sampling_weight=("patient", np.ones(people.sizes["patient"]))),
        "heart_rate", "systemic_resistance", bins=9,
    )  # fmt: skip
    xr.testing.assert_allclose(equal[list(plain.data_vars)], plain, rtol=1e-12)


def test_weights_of_those_not_compared_do_not_matter(people):
    weight = np.where(classify(people)["response"].values >= 2, 1.0, np.nan)
    weighted = people.assign(sampling_weight=("patient", weight))
    assert np.isfinite(cp.map(weighted, "heart_rate", bins=4)["share"]).all()
    with pytest.raises(InputError, match="sampling_weight of a patient is negative"):
        cp.map(people.assign(sampling_weight=("patient", weight * 0 - 1)), "heart_rate")


def test_the_weight_of_the_body_is_no_sampling_weight(people):
    heavy = people.assign(weight=("patient", np.linspace(50, 120, people.sizes["patient"])))
    xr.testing.assert_identical(cp.map(heavy, "heart_rate"), cp.map(people, "heart_rate"))


def test_an_unfinished_store_answers_for_what_is_there(people):
    half = people.copy()
    half["status"] = half["status"] * (np.arange(people.sizes["patient"]) % 2).astype(np.uint8)[:, None]
    result = cp.map(half.assign_attrs(blocks_missing=3), "heart_rate")
    assert result.attrs["blocks_missing"] == 3
    assert result.attrs["not_compared"] >= 10_000
    assert result.attrs["compared"] > 5000


def test_a_single_patient(dataset):
    one = dataset({"cardiac_output": 3.0}, {"cardiac_output": 3.6})
    with pytest.raises(InputError, match="cardiac_output is 3 in every patient compared"):
        cp.map(one, "cardiac_output")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"columns": "cohort"}, "map: columns: the patients are not told apart by cohort; all are of ami-cs"),
        ({"columns": "heart_rate"}, "x and columns are both heart_rate"),
        ({"rows": "arterial_stifness"}, "map: rows: .*did you mean 'arterial_stiffness'"),
        ({"rows": "arterial_stiffness", "groups": 1}, "1 groups are not possible; 2 to 6"),
    ],
)
def test_bad_panels(people, more, says):
    with pytest.raises(InputError, match=says) as caught:
        cp.map(people, "heart_rate", **more)
    assert "\n" not in str(caught.value)


def test_more_cohorts_than_fit_beside_each_other(people):
    flags = {"flag_values": np.arange(7, dtype=np.uint8), "flag_meanings": " ".join("abcdefg")}
    many = people.assign(cohort=("patient", (np.arange(20_000) % 7).astype(np.uint8), flags))
    with pytest.raises(InputError, match="7 values, and 6 fit side by side; give it as rows"):
        cp.map(many, "heart_rate", columns="cohort", rows="arterial_stiffness")


@pytest.mark.parametrize(
    ("patients", "axes", "cells"),
    [
        *((1, 2, 2), (10, 2, 2), (100, 2, 2), (225, 2, 3), (300, 2, 3), (900, 2, 6), (2879, 2, 6), (3920, 2, 7)),
        *((128_000, 2, 40), (10**7, 2, 40), (300, 1, 6), (75, 1, 3), (10, 1, 2)),
    ],
)
def test_the_number_of_cells_follows_that_of_the_patients(patients, axes, cells):
    assert cells_along(patients, None, "map", axes) == cells
    assert cells_along(patients, 17, "map", axes) == 17


def test_a_map_of_few_patients_is_not_all_hatched(population):
    few = population(300, failed=0.0, outside=0.0)
    result = cp.map(few, "systemic_resistance", "heart_rate")
    assert result["patients"].shape == (3, 3)
    assert not result["thin"].any()
    assert cp.map(few, "systemic_resistance", "heart_rate", bins=6)["patients"].shape == (6, 6)
