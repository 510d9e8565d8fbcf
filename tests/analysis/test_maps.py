"""Maps, against pandas and numpy on the whole data in memory."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import binomtest

from counterpulse.analysis import maps
from counterpulse.analysis.maps import map_response
from counterpulse.analysis.response import classify
from counterpulse.analysis.stream import chosen, pieces, sample
from counterpulse.engine.quantity import InputError

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
    result = map_response(people, x, y, bins=12)
    expected = grouped(people, x, y, result)
    for name, code in CLASSES.items():
        counts = result["count"].sel(response=name).values
        for (row, place), count in expected.get(code, pd.Series(dtype=int)).items():
            # pandas leaves the last edge open, the map closes it
            assert abs(counts[int(row), int(place)] - count) <= 1
        assert abs(counts.sum() - expected.get(code, pd.Series([0])).sum()) <= 2
    assert result["patients"].sum() == result["count"].sum()


def test_totals_say_where_everybody_is(people):
    result = map_response(people, "systemic_resistance", "wedge_pressure")
    codes = np.bincount(classify(people)["response"].values, minlength=5)
    about = result.attrs
    names = ("not_compared", "failed_run", "harms", "helps", "fails")
    assert [about[name] for name in names] == codes.tolist()
    assert about["candidates"] == people.sizes["patient"] == codes.sum()
    assert int(result["patients"].sum()) + about["off_the_map"] == about["compared"] == codes[2:].sum()


def test_the_same_whatever_the_chunks_and_pieces(people, tmp_path, monkeypatch):
    whole = map_response(people, "systemic_resistance", "wedge_pressure")
    monkeypatch.setattr(maps, "pieces", partial(pieces, rows=3000))
    for rows in (1000, 7000):
        path = tmp_path / f"{rows}.zarr"
        people.chunk(patient=rows).to_zarr(path, zarr_format=3, consolidated=False)
        for chunks in ({}, None):
            stored = map_response(
                xr.open_zarr(path, consolidated=False, chunks=chunks), "systemic_resistance", "wedge_pressure"
            )
            xr.testing.assert_identical(stored, whole)


def test_a_sample_of_a_large_store_does_not_hang_on_its_chunks():
    whole = chosen(slice(0, 100_000), 0.1)
    parts = [start + chosen(slice(start, start + 700), 0.1) for start in range(0, 100_000, 700)]
    np.testing.assert_array_equal(np.concatenate(parts)[: len(whole)], whole)
    assert abs(len(whole) - 10_000) < 400


def test_a_sample_of_a_sobol_sequence_is_fair():
    from scipy.stats.qmc import Sobol

    points = Sobol(2, seed=0).random_base2(16)[chosen(slice(0, 1 << 16), 0.05)]
    assert np.abs(points.mean(axis=0) - 0.5).max() < 0.02
    assert abs(np.corrcoef(points.T)[0, 1]) < 0.05


def test_sample_takes_all_of_a_small_store(people):
    assert sample(people, ["status"]).sizes["patient"] == people.sizes["patient"]
    few = sample(people, ["status", "balloon_volume"], patients=1000).sizes["patient"]
    assert abs(few - 1000) < 150


def test_shares_and_their_interval(people):
    result = map_response(people, "systemic_resistance", "heart_rate", bins=20)
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
    result = map_response(few, "arterial_stiffness", "wedge_pressure", bins=25, fewest=3)
    patients = result["patients"].values
    assert (patients == 0).any()
    assert np.isnan(result["share"].values[:, patients == 0]).all()
    assert np.isnan(result["share_low"].values[:, patients == 0]).all()
    np.testing.assert_array_equal(result["thin"].values, (patients > 0) & (patients < 3))


def test_more_patients_more_cells(population):
    few, many = (map_response(population(count), "systemic_resistance", "heart_rate") for count in (500, 20_000))
    assert few.sizes["heart_rate"] < many.sizes["heart_rate"] <= 100


def test_a_parameter_sampled_over_a_range_is_shown_over_it(people):
    spec = '{"vary": {"systemic_resistance": {"low": 0.6, "high": 2.0}}}'
    result = map_response(people.assign_attrs(spec=spec), "systemic_resistance", "heart_rate")
    bounds = result["systemic_resistance_bounds"]
    assert (float(bounds[0, 0]), float(bounds[-1, 1])) == (0.6, 2.0)


def test_a_discrete_axis_has_a_cell_for_each_value(people):
    ratio = np.arange(people.sizes["patient"]) % 3 + 1.0
    varied = people.assign(assist_ratio=("patient", ratio, {"units": "1"}))
    result = map_response(varied, "assist_ratio", "heart_rate")
    assert result["assist_ratio"].values.tolist() == [1.0, 2.0, 3.0]
    assert int(result["patients"].sum("heart_rate").min()) > 5000


def test_an_axis_that_an_arm_overrides_is_that_of_the_arm(people):
    volume = np.stack([np.zeros(20_000), np.linspace(30, 50, 20_000)], axis=1)
    varied = people.assign(balloon_volume=(("patient", "arm"), volume))
    bounds = map_response(varied, "balloon_volume", "heart_rate")["balloon_volume_bounds"]
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
        map_response(people, x, y)
    assert "\n" not in str(caught.value)


def test_nobody_to_compare(dataset):
    nobody = dataset({"cardiac_output": np.linspace(3, 5, 50)}, {}, status=(3, 3))
    with pytest.raises(InputError, match="no patient of this store was compared"):
        map_response(nobody, "cardiac_output", "wedge_pressure")
    with pytest.raises(InputError, match="0 bins"):
        map_response(nobody, "cardiac_output", "wedge_pressure", bins=0)
