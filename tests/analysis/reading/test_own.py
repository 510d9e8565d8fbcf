"""Columns of the patients' own as axes and groups of maps; parameters and labels that are coordinates."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.analysis.maps.map_figure import map_figure
from counterpulse.analysis.response.classify import classify
from counterpulse.engine.errors import InputError

SITES = ["north", "south", ""]


@pytest.fixture(scope="module")
def own(population) -> xr.Dataset:
    people = population(3000)
    code = np.arange(3000) % 3
    return people.assign(
        site=("patient", np.array(SITES, dtype=object)[code]),
        diabetic=("patient", code == 1),
        lactate=(
            "patient",
            np.where(code == 2, np.nan, 2.0 + people["cardiac_output"].values[:, 0]),
            {"units": "mmol/L"},
        ),
        visit=("patient", 1 + code),
        street=("patient", np.array([f"no {each}" for each in range(3000)], dtype=object)),
        admitted=("patient", pd.date_range("2024-01-01", periods=3000)),
    )


def test_a_text_has_a_map_for_each_of_its_values(own: xr.Dataset):
    found = cp.map(own, "heart_rate", columns="site", rows="diabetic")
    assert found["site"].values.tolist() == ["north", "south"]
    assert found["diabetic"].values.tolist() == ["False", "True"]
    response = classify(own)["response"].values
    bounds = found["heart_rate_bounds"].values
    inside = (own["heart_rate"].values >= bounds[0, 0]) & (own["heart_rate"].values <= bounds[-1, 1])
    compared = (response > 1) & inside
    by_site = found["patients"].sum(["heart_rate", "diabetic"])
    for site in SITES[:2]:
        assert by_site.sel(site=site) == (compared & (own["site"].values == site)).sum()
    assert found.attrs["off_the_map"] == (response > 1).sum() - by_site.sum()
    assert set(own["site"].values[compared]) == set(SITES)
    assert found["site"].values.tolist() == ["north", "south"]
    map_figure(found)


def test_numbers_of_the_patients_own_are_axes_and_values(own: xr.Dataset):
    found = cp.map(own, "lactate", "heart_rate", columns="visit")
    assert found["lactate"].attrs["title"] == "lactate (mmol/L)"
    assert found["visit"].values.tolist() == ["1", "2", "3"]
    assert found["patients"].sel(visit="3").sum() == 0
    mean = cp.map(own, "heart_rate", value="lactate", mean=True)
    assert mean.attrs["value_name"] == "lactate"


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"x": "site"}, "site holds texts; it makes columns or rows"),
        ({"x": "admitted"}, "'admitted' is not known"),
        ({"x": "heart_rate", "columns": "street"}, "at most 10 make groups"),
        ({"x": "heart_rate", "columns": "sites"}, "did you mean 'site'?"),
        ({"x": "heart_rate", "columns": "count"}, "is what a map has of its own"),
    ],
)
def test_what_makes_no_axis_is_told_in_one_line(own: xr.Dataset, axes: dict[str, str], words: str):
    with pytest.raises(InputError) as told:
        cp.map(own.assign(count=own["visit"]), **axes)
    assert words in str(told.value)
    assert str(told.value).isprintable()


def test_cohorts_that_are_mere_numbers_are_refused(own: xr.Dataset):
    with pytest.raises(InputError, match="map: columns: cohort does not say what its numbers mean"):
        cp.map(own.assign(cohort=own["visit"]), "heart_rate", columns="cohort")


def test_one_group_alone_is_refused(own: xr.Dataset):
    with pytest.raises(InputError, match="site is north in every patient compared"):
        cp.map(own.isel(patient=slice(0, None, 3)), "heart_rate", columns="site")


def test_labels_and_coordinates_change_no_answer(own: xr.Dataset):
    plain = cp.map(own, "heart_rate", "systemic_resistance")
    labelled = own.assign_coords(patient=[f"P-{each}" for each in range(3000)]).set_coords(["heart_rate", "site"])
    xr.testing.assert_identical(cp.map(labelled, "heart_rate", "systemic_resistance"), plain)
    stacked = own.set_index(patient=["heart_rate", "systemic_resistance"])
    xr.testing.assert_identical(cp.map(stacked, "heart_rate", "systemic_resistance"), plain)
    assert classify(labelled)["response"].sel(patient="P-7") == classify(own)["response"][7]
