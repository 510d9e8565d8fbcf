"""The boundary: its estimate against plain least squares, planted truths, and how often the truth is in its band."""

import json

import numpy as np
import pytest
import xarray as xr
from planted_boundary import RANGES, TRUTHS, X, Y, missed, planted, sweep
from scipy.spatial import cKDTree

from counterpulse.analysis.figures.style import save
from counterpulse.analysis.maps import smoothing
from counterpulse.analysis.maps.boundary import boundary
from counterpulse.analysis.maps.boundary_figure import boundary_figure
from counterpulse.analysis.maps.boundary_words import sentences, stations
from counterpulse.analysis.maps.smoothing import STIFFNESS, Planes
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import Status
from counterpulse.sweeps.spec.file import from_canonical

WAVE, CURVE = TRUTHS["wave"]


@pytest.fixture(scope="module")
def store():
    return planted(sweep(3000, 1), WAVE, blur=0.05)


@pytest.fixture(scope="module")
def found(store):
    return boundary(store, X, Y)


def squares(seed, patients=600, cells=32):
    """Patients in the middles of cells: their cells as counts, their places and whether they are of the class."""
    random = np.random.default_rng(seed)
    up, across = random.integers(cells, size=(2, patients))
    helped = random.random(patients) < 1 / (1 + np.exp(-(up - across) / 6))
    counts = np.zeros((2, cells, cells))
    np.add.at(counts, (1 - helped.astype(int), up, across), 1)
    return counts, (up + 0.5) / cells, (across + 0.5) / cells, helped


PLACES = [(16, 16), (4, 20), (31, 0)]


def solved(up, across, helped, times, place, width=0.1):
    """Weighted least squares of a plane at one place, patient by patient; ``times`` is how often each counts."""
    away = np.stack([up - (place[0] + 0.5) / 32, across - (place[1] + 0.5) / 32]) / width
    weight = times * np.exp(-0.5 * (away**2).sum(axis=0))
    design = np.column_stack([np.ones(len(up)), *away])
    normal = design.T @ (weight[:, None] * design) + STIFFNESS * weight.sum() * np.diag([0, 1, 1])
    return np.linalg.solve(normal, design.T @ (weight * helped))[0]


def test_the_share_is_that_of_weighted_least_squares():
    counts, up, across, helped = squares(1)
    height = Planes(0.1, counts.sum(axis=0)).height(counts[0])
    for place in PLACES:
        expected = solved(up, across, helped, np.ones(len(up)), place)
        assert height[place] == pytest.approx(np.clip(expected, 0, 1), rel=1e-9)


def test_the_error_is_that_of_a_bootstrap_over_patients():
    counts, up, across, helped = squares(2, patients=4000)
    planes = Planes(0.1, counts.sum(axis=0))
    share = planes.height(counts[0])
    error = planes.error(counts[0] * (1 - share) ** 2 + counts[1] * share**2)
    random = np.random.default_rng(0)
    for place in PLACES:
        drawn = [solved(up, across, helped, random.poisson(1, len(up)), place) for _ in range(400)]
        assert error[place] == pytest.approx(np.std(drawn), rel=0.15)


def test_wide_kernels_take_cells_together():
    counts = squares(3, patients=20_000, cells=256)[0]
    fine = Planes(0.15, counts.sum(axis=0)).height(counts[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smoothing, "COARSEST", 0.0)
        np.testing.assert_allclose(fine, Planes(0.15, counts.sum(axis=0)).height(counts[0]), atol=0.01)


def test_more_neighbours_where_patients_differ_without_a_reason():
    sharp, blurred = (boundary(planted(sweep(4096, 1), WAVE, blur), X, Y).attrs["neighbours"] for blur in (0.0, 0.2))
    assert sharp < 40 < blurred


def test_neighbours_alike_in_what_is_on_neither_axis_are_no_boundary():
    """As an evenly spread design may place them: the nearest predict each other best, and say nothing of the share."""
    random = np.random.default_rng(5)
    share = 0.2 + 0.6 * (np.arange(64) + 0.5) / 64
    alike, own = random.random((2, 64, 64, 8)) < share[:, np.newaxis]
    helped = np.where(np.arange(8) < 3, alike[..., :1], own).sum(axis=2)
    counts = np.stack([helped, 8.0 - helped])
    fit = smoothing.fitted(smoothing.Cells(counts, counts))
    assert fit.neighbours > 1000
    np.testing.assert_allclose(fit.share, np.broadcast_to(share, (64, 64)), atol=0.05)


@pytest.mark.parametrize(("truth", "most"), [("wave", 0.006), ("ring", 0.006)])
def test_a_planted_edge_is_found(truth, most):
    height, curve = TRUTHS[truth]
    result = boundary(planted(sweep(4096, 3), height), X, Y)
    assert missed(result, curve) < most
    assert result.attrs["lines"] == 1
    assert abs(result.attrs["length"] / np.hypot(*np.diff(curve, axis=0).T).sum() - 1) < 0.05


@pytest.mark.slow
def test_the_truth_is_in_the_band():
    """Of 95 % bands over places and independent sweeps, 85 % or more hold the truth: smoothing costs the rest."""
    held = []
    for seed in range(12):
        spec = sweep(3000, seed).model_copy(update={"design": "random"})
        result = boundary(planted(spec, WAVE, blur=0.08), X, Y)
        x, y = (
            (result[f"boundary_{axis}"].values - low) / (high - low)
            for axis, (low, high) in zip("xy", RANGES.values(), strict=True)
        )
        away = cKDTree(CURVE).query(np.column_stack([x, y]))[0]
        held.append((away <= result["error"].values).mean())
    assert 0.85 < np.mean(held) < 0.995


def test_another_level_is_another_line(store):
    low, high = (boundary(store, X, Y, level=level)["boundary_y"].mean().item() for level in (0.2, 0.8))
    assert low < high
    # the chance of help is .8 where the height is blur times log(4)
    expected = 2 * 0.05 * np.log(4) * (RANGES[Y][1] - RANGES[Y][0])
    assert high - low == pytest.approx(expected, rel=0.3)


def test_the_same_whatever_the_chunks_and_twice(store, found, tmp_path):
    store.drop_encoding().chunk(patient=700).to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    for chunks in ({}, None):
        again = boundary(xr.open_zarr(tmp_path / "a.zarr", consolidated=False, chunks=chunks), X, Y)
        xr.testing.assert_identical(again, found)


def test_pooled_stores_are_one(store, found):
    spec = json.loads(store.attrs["spec"])
    parts = [store.isel(patient=slice(0, 1000)), store.isel(patient=slice(1000, None))]
    pooled = boundary(parts, X, Y)
    xr.testing.assert_allclose(pooled.drop_attrs(), found.drop_attrs())
    other = parts[1].assign_attrs(spec=json.dumps(spec | {"regulation": "baroreflex"}))
    with pytest.raises(InputError, match="they differ in regulation"):
        boundary([parts[0], other], X, Y)


def test_weights_take_back_a_refinement_along_other_axes():
    """Help hangs on a third parameter, whose high half was drawn nine times as often."""
    content = sweep(6000, 2).canonical()
    content["vary"] |= {"lv_elastance": {"low": 0.4, "high": 1.2}, "age": {"low": 40, "high": 90}}
    plain = from_canonical(content)
    own = {"axes": ["lv_elastance", "age"], "plain_share": 0.2, "cells": [[0], [1]]}
    refined = from_canonical(content | {"refine": own, "seed": 9})

    def third(spec):
        patients = planted(spec, lambda x, y: y)
        height = (patients["systemic_resistance"] - 0.6) / 1.4 + (patients["lv_elastance"] - 0.4) / 0.8 - 1
        output = patients["cardiac_output"].copy()
        output[:, 1] = 4.0 + (height > 0)
        return patients.assign(cardiac_output=output)

    answers = [boundary(third(spec), X, Y) for spec in (plain, refined)]
    middle = [answer["share"].mean().item() for answer in answers]
    assert middle[0] == pytest.approx(0.5, abs=0.01)
    assert middle[1] == pytest.approx(0.5, abs=0.02)
    blind = boundary(third(refined).drop_vars("sampling_weight"), X, Y)
    assert blind["share"].mean() > 0.6


def test_patients_of_a_failed_run_are_no_failure_of_the_device(store):
    status = store["status"].copy()
    status[::3] = Status.NOT_CONVERGED
    status[1::3] = Status.OUTSIDE_COHORT
    result = boundary(store.assign(status=status), X, Y)
    about = result.attrs
    assert (about["compared"], about["failed_run"], about["not_compared"]) == (1000, 1000, 1000)
    assert "1,000 failed, 1,000 outside the cohort or not run" in sentences(result)[0]


def test_an_unfinished_store_says_so(store):
    status = store["status"].copy()
    status[1500:] = Status.NOT_RUN
    result = boundary(store.assign(status=status).assign_attrs(blocks_missing=2), X, Y)
    assert "2 blocks not there yet" in sentences(result)[0]


def test_where_nobody_lives_nothing_is_said(people):
    x = people["systemic_resistance"]
    thin = people.assign(heart_rate=("patient", 60 + 40 * x.values, people["heart_rate"].attrs))
    result = boundary(thin, "systemic_resistance", "heart_rate")
    assert np.isnan(result["share"].values).mean() > 0.2
    assert np.isfinite(result["boundary_x"]).all()


def test_no_line(store):
    everybody = store.assign(cardiac_output=store["cardiac_output"].copy(data=np.tile([4.0, 5.0], (3000, 1))))
    result = boundary(everybody, X, Y)
    assert result.sizes["vertex"] == result.attrs["lines"] == 0
    assert "crosses 50 % nowhere" in sentences(result)[1]
    assert "100 to 100 %" in sentences(result)[1]
    assert stations(result) == []
    assert result.sizes["vertex"] == 0
    boundary_figure(result)


@pytest.mark.parametrize(
    ("x", "y", "level", "says"),
    [
        (X, X, 0.5, "two different axes"),
        ("heart_rat", Y, 0.5, "did you mean 'heart_rate'"),
        (X, "balloon_volume", 0.5, "balloon_volume"),
        (X, "device_flow", 0.5, "device_flow is 2 in every patient compared"),
        (X, Y, 0.0, "between 0 and 1"),
        (X, Y, float("nan"), "between 0 and 1"),
    ],
)
def test_a_mistake_is_told_in_one_line(store, x, y, level, says):
    with pytest.raises(InputError, match=says) as caught:
        boundary(store, x, y, level=level)
    assert "\n" not in str(caught.value)


def test_an_axis_of_few_values(store):
    rounded = store.assign({Y: (store[Y] * 5).round() / 5})
    with pytest.raises(InputError, match="ten values or fewer"):
        boundary(rounded, X, Y)


def test_too_few(store):
    for few, says in (
        (store.isel(patient=slice(0, 1)), "in every patient compared"),
        (store.isel(patient=slice(0, 40)), "lie on the map; 50 or more are needed"),
        (store.assign(status=store["status"] * 0), "no patient of this store was compared"),
    ):
        with pytest.raises(InputError, match=says):
            boundary(few, X, Y)


def test_words_and_json(found):
    first, second, third = sentences(found)
    assert first.startswith("3,000 of 3,000 candidates compared (iabp against off), 0 failed; iabp helped 50")
    assert "along one line" in second
    assert "higher systemic_resistance" in second
    assert "heart_rate" not in second
    assert f"{100 * found.attrs['mean_error']:.2g} %" in third
    x, y, error = stations(found)[2]
    # the wave goes through the middle of both axes
    assert (x, y) == (pytest.approx(105, abs=6), pytest.approx(1.3, abs=0.1))
    assert 0 < error < 0.1


def test_the_picture(found, tmp_path):
    figure = boundary_figure(found)
    main, errors = figure.axes[:2]
    drawn = main.lines[0].get_xydata()
    np.testing.assert_array_equal(drawn, np.column_stack([found["boundary_x"], found["boundary_y"]]))
    assert errors.lines[0].get_xdata()[-1] == pytest.approx(found.attrs["length"], rel=1e-6)
    assert save(figure, tmp_path / "boundary.png").stat().st_size > 10_000


def test_patients_too_far_from_each_other_are_too_few(population):
    """Enough of them in all, but even the widest kernel holds fewer than it needs, wherever it is."""
    few = population(64, failed=0.0, outside=0.0)
    with pytest.raises(InputError, match="nowhere on the map are 16 patients near each other"):
        boundary(few, "systemic_resistance", "heart_rate")
