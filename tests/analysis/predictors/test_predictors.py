"""What predicts a response: areas against brute force, intervals against resampling, calibration against the truth."""

import json

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from figure_texts import check_texts
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import mannwhitneyu

from counterpulse.analysis.figures.sheet import narrow, sheet
from counterpulse.analysis.numbers.intervals import number_of
from counterpulse.analysis.predictors.prediction import predictors
from counterpulse.analysis.predictors.predictor_figure import predictor_figure
from counterpulse.analysis.predictors.scores import Curve, calibration, placements, probabilities
from counterpulse.analysis.predictors.words import sentences
from counterpulse.analysis.regions.rules import BEDSIDE
from counterpulse.analysis.response.classify import Response, classify
from counterpulse.cli.group import commands
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.engine.names.parameters import PARAMETERS


def scored(patients=300, seed=0):
    random = np.random.default_rng(seed)
    member = random.random(patients) < 0.4
    return np.round(random.normal(0, 1, patients) + 0.8 * member, 1), member  # rounded: with ties


@pytest.fixture
def predicted(dataset):
    """Make patients in whom output times pulse pressure decides, filling helps a little and the rest says nothing."""

    def make(patients=6000, seed=0, **more):
        random = np.random.default_rng(seed)
        output, pulse, wedge = (random.normal(*law, patients).clip(1) for law in ((4, 0.5), (35, 6), (22, 4)))
        odds = -2.2 * (output - 4) * (pulse - 35) / 3 + 0.15 * (wedge - 22)
        helped = random.random(patients) < expit(odds)
        before = {"cardiac_output": output, "wedge_pressure": wedge, "diastolic_pressure": 60.0} | more
        after = {"cardiac_output": output * np.where(helped, 1.2, 1.0), "wedge_pressure": 1.0}
        return dataset(before | {"systolic_pressure": 60 + pulse}, after | {"systolic_pressure": 90.0}), odds, helped

    return make


def test_area_against_scipy_and_variance_against_every_pair():
    score, member = scored()
    found = placements(score, member)
    test = mannwhitneyu(score[member], score[~member])
    assert found.area().value == pytest.approx(test.statistic / (member.sum() * (~member).sum()))
    wins = np.sign(score[member][:, None] - score[~member][None, :]) / 2 + 0.5
    np.testing.assert_allclose(found.members, wins.mean(axis=1))
    np.testing.assert_allclose(found.others, wins.mean(axis=0))


def test_the_interval_is_as_wide_as_resampling_says():
    score, member = scored(600)
    random = np.random.default_rng(1)
    areas = []
    for _ in range(800):
        rows = random.integers(0, 600, 600)
        areas.append(placements(score[rows], member[rows]).area().value)
    found = placements(score, member).area()
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(areas), rel=0.12)


def test_the_lead_of_a_score_over_another():
    score, member = scored(600)
    other = score + np.random.default_rng(2).normal(0, 1, 600)
    own, its = placements(score, member), placements(other, member)
    lead = own.lead(its)
    assert lead.value == pytest.approx(own.area().value - its.area().value)
    assert lead.low > 0
    # they are of the same patients: the lead is known better than if the two areas were independent
    apart = np.hypot(own.area().high - own.area().value, its.area().high - its.area().value)
    assert lead.high - lead.value < apart
    assert own.lead(own) == (0.0, 0.0, 0.0)


def test_curves_are_smooth_and_straight_at_the_ends():
    values = np.random.default_rng(0).normal(20, 5, 2000)
    curve = Curve.of(values)
    grid = np.linspace(5, 35, 4001)
    columns = curve.columns(grid)
    bend = np.diff(columns, 2, axis=0) / (grid[1] - grid[0]) ** 2
    outside = (grid[1:-1] < curve.knots[0] * curve.spread + 20 - 1) | (grid[1:-1] > curve.knots[-1] * curve.spread + 21)
    assert np.abs(bend[outside]).max() < 1e-4 < np.abs(bend).max()
    assert np.abs(np.diff(bend, axis=0)).max() < 0.01 * np.abs(bend).max()
    assert Curve.of(np.repeat([0.0, 1.0], 50)).columns(values).shape == (2000, 1)


def test_a_curve_finds_what_turns():
    random = np.random.default_rng(0)
    values = random.normal(0, 1, 8000)
    member = random.random(8000) < expit(2 * values**2 - 2)
    curve = Curve.of(values)
    fit, test = curve.columns(values[:4000]), curve.columns(values[4000:])
    _, chance = probabilities(fit, member[:4000], test)
    assert placements(values[4000:], member[4000:]).area().value == pytest.approx(0.5, abs=0.03)
    assert placements(chance, member[4000:]).area().value > 0.8


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, 0.0), (1.0, 0.7), (2.0, -0.4)])
def test_calibration_finds_a_known_fault(slope, shift):
    random = np.random.default_rng(4)
    odds = random.normal(0, 1.5, 20_000)
    member = random.random(20_000) < expit(slope * odds + shift)
    found = calibration(expit(odds), member)
    assert abs(found.slope.value - slope) < found.slope.high - found.slope.low  # four standard errors

    def deviance(weights):
        line = weights[0] + (weights[1] * odds if len(weights) == 2 else odds)
        return np.logaddexp(0, line).sum() - line[member].sum()

    assert found.slope.value == pytest.approx(minimize(deviance, [0.0, 1.0]).x[1], abs=1e-4)
    assert found.intercept.value == pytest.approx(minimize(deviance, [0.0]).x[0], abs=1e-4)
    assert found.brier == pytest.approx(np.mean((expit(odds) - member) ** 2))
    assert np.mean(found.observed) == pytest.approx(member.mean())
    held = [
        low <= given <= high
        for low, given, high in zip(found.observed_low, found.expected, found.observed_high, strict=True)
    ]
    assert (sum(held) >= 7) == ((slope, shift) == (1.0, 0.0))


def test_what_decides_comes_first_and_the_pair_beats_both(predicted):
    people, odds, helped = predicted()
    result = predictors(people)
    assert result["measurement"][0] == "wedge_pressure"
    assert result["increases"][0]
    best, everything = (result.sel(model=name) for name in ("pair", "all"))
    assert set(best["measurements"].item().split(", ")) == {"cardiac_output", "pulse_pressure"}
    assert best["model_gain_low"] > 0.2
    known = placements(odds, helped).area().value
    area = number_of(best, "model_auc")
    assert area.value < everything["model_auc_high"]
    assert area.high > known - 0.08
    assert area.low < known
    assert best["slope_low"] < 1 < best["slope_high"]
    assert result.attrs["fitted"] + result.attrs["scored"] == 6000
    assert "Best pair: cardiac output and pulse pressure" in " ".join(sentences(result))


def test_areas_are_of_patients_not_fitted_on(predicted, monkeypatch):
    """With noise alone the areas of the fit are above one half, those of the others are not."""
    people, _, _ = predicted(400)
    rows = np.random.default_rng(0).permutation(400)
    for name in ("cardiac_output", "wedge_pressure"):
        values = people[name].values
        values[:, 1] = values[:, 0] * (values[:, 1] / values[:, 0])[rows]
    result = predictors(people)
    assert result["pair_fitted_auc"].min() > 0.5
    assert result["pair_auc"].mean() < result["pair_fitted_auc"].mean()


def test_shares_are_those_of_the_classes(people):
    result = predictors(people, "harms")
    codes = classify(people)["response"].values
    expected = (codes == Response.HARMS).sum() / (codes > Response.FAILED_RUN).sum()
    assert result.attrs["share"] == pytest.approx(expected, abs=0.01)
    counts = ("fitted", "scored", "failed_run", "not_compared")
    assert sum(result.attrs[name] for name in counts) == 20_000
    assert result["measurement"][0] == "mean_heart_rate"
    assert "device_flow" not in result.attrs["unusable"]
    assert "mean_arterial_pressure" in result.attrs["unusable"]  # the same in everybody


def test_the_same_whatever_the_chunks(people, tmp_path):
    people.chunk(patient=3000).to_zarr(tmp_path / "people.zarr", zarr_format=3, consolidated=False)
    stored = xr.open_zarr(tmp_path / "people.zarr", consolidated=False, chunks=None)
    xr.testing.assert_identical(predictors(stored), predictors(people))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"target": "harm"}, "did you mean 'harms'"),
        ({"target": "harms"}, "0 are of the class harms"),
        ({"definition": "sintec"}, "did you mean 'sintek'"),
    ],
)
def test_bad_questions(predicted, options, says):
    with pytest.raises(InputError, match=says):
        predictors(predicted(1000)[0], **options)


def test_too_few_to_say(predicted):
    with pytest.raises(InputError, match="50 on either are needed"):
        predictors(predicted(1)[0])


def test_without_scikit_learn_it_says_what_to_install(predicted, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(InputError, match="pip install"):
        predictors(predicted(1000)[0])


@pytest.fixture(scope="module")
def two(people):
    some = people.isel(patient=slice(0, 4000))
    return predictors(some.assign(mean_heart_rate=some["mean_heart_rate"] * 0 + 80.0))


@pytest.fixture(scope="module")
def everything(people):
    """Of all that is known at the bedside; what varies in nobody is made to vary."""
    some = people.isel(patient=slice(0, 4000))
    factors = np.random.default_rng(0).uniform(1, 2, (len(BEDSIDE), 4000))
    more = dict(zip(("age", "female", "body_surface_area"), factors, strict=False))
    alike = [name for name in BEDSIDE if name in OUTCOMES and float(some[name].sel(arm="off").std()) == 0]
    noise = {name: some[name] * factor[:, None] for name, factor in zip(alike, factors[3:], strict=False)}
    named = {name: ("patient", values, {"long_name": PARAMETERS[name].long_name}) for name, values in more.items()}
    return predictors(some.assign(named | noise))


@pytest.mark.parametrize("width", [85, 120, 180])
@pytest.mark.parametrize(("which", "count"), [("two", 2), ("everything", len(BEDSIDE))])
def test_the_picture_is_legible_on_a_page_of_any_width(which, count, width, request):
    shown = request.getfixturevalue(which)
    assert shown.sizes["measurement"] == count
    with sheet(width):
        figure = predictor_figure(shown)
        texts = check_texts(figure, least=6)
        assert not narrow() or figure.get_size_inches()[1] * 25.4 <= 240.1
    assert {"a", "b", "c", "helped (%)", "as a spline"} <= set(texts)
    assert sum(text[-1] in "↑↓" for text in texts) == count


def test_the_picture_and_the_command(predicted, tmp_path, monkeypatch):
    import counterpulse.cli.regions as command

    people = predicted(3000)[0]
    figure = predictor_figure(predictors(people))
    assert len(figure.axes) == 3
    monkeypatch.setattr(command, "opened", lambda store: people)
    arguments = ["predictors", "any.zarr", "-o", str(tmp_path / "areas.svg")]
    plain = CliRunner().invoke(commands, arguments)
    assert plain.exit_code == 0, plain.output
    assert "cardiac_output  pulse_pressure" in plain.stdout
    assert (tmp_path / "areas.svg").stat().st_size > 10_000
    content = json.loads(CliRunner().invoke(commands, ["predictors", "any.zarr", "--json"]).stdout)
    slopes = dict(zip(content["coords"]["model"]["data"], content["data_vars"]["slope"]["data"], strict=True))
    assert slopes["pair"] == pytest.approx(1, abs=0.3)
