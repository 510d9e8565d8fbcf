"""Timing maps, against planted surfaces, numpy, pandas, and what teaching says of each error."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from answer_checks import check_answer

import counterpulse as cp
from counterpulse.analysis.devices.timing import timing
from counterpulse.analysis.devices.timing_best import OPEN, PER_TERM
from counterpulse.analysis.devices.timing_errors import KINDS
from counterpulse.analysis.devices.timing_figure import timing_figure
from counterpulse.analysis.devices.timing_surface import Basis, Sums, by_setting, products, replicates
from counterpulse.analysis.devices.timing_words import in_words
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.numbers.cells import median, quantiles
from counterpulse.analysis.reading import stream
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.design.weighting import WEIGHT

BEST = {"inflation": -0.01, "deflation": -0.05}


@pytest.fixture(name="timed")
def _timed(dataset):
    """Patients whose gain of output is a paraboloid over the offsets: 20 % at the best, half of it .15 or .2 s away."""

    def make(patients=6000, seed=0, late_harm=0.4, slope=0.0, noise=0.01, rates=(90.0, 90.0)):
        random = np.random.default_rng(seed)
        inflation, deflation = random.uniform(-0.15, 0.2, patients), random.uniform(-0.25, 0.16, patients)
        away = ((inflation - BEST["inflation"]) / 0.15) ** 2 + ((deflation - BEST["deflation"]) / 0.2) ** 2
        gain = 0.2 - 0.1 * away + slope * deflation + random.normal(0, noise, patients)
        result = dataset(
            {"cardiac_output": 4.0, "mean_heart_rate": random.uniform(*rates, patients)},
            {
                "cardiac_output": 4 * (1 + gain),
                "pressure_volume_area": 5500.0,
                "wedge_pressure": 20 - 3 + 20 * np.maximum(-0.05 - inflation, 0),
                "augmented_diastolic_pressure": 50 + 40 - 200 * np.maximum(inflation, 0),
                "systolic_pressure": 50 - 8 + 40 * np.maximum(-0.05 - deflation, 0),
                "end_diastolic_aortic_pressure": 60 - 10 + 14 * (deflation > late_harm),
                "stroke_work": 2000 * (1 + 0.2 * (deflation > late_harm)),
            },
            spec={"name": "When?", "vary": {"inflation_offset": {"low": -0.15, "high": 0.2}}},
        )
        result["inflation_offset"] = ("patient", inflation, {"units": "s"})
        result["deflation_offset"] = ("patient", deflation, {"units": "s"})
        return result

    return make


def test_the_planted_best_and_its_tolerance(timed):
    best = timing(timed()).isel(group=0)
    assert best["group_patients"] == 6000
    for name, planted in BEST.items():
        assert best[f"best_{name}_low"] - 0.005 <= planted <= best[f"best_{name}_high"] + 0.005
        assert abs(best[f"best_{name}"] - planted) < 0.02
    assert best["best_benefit"] == pytest.approx(0.2, abs=0.003)
    # 5 % of .2 is lost where ((offset - best) / reach)^2 is .1
    for name, reach in (("inflation", 0.15), ("deflation", 0.2)):
        assert best[f"{name}_from"] == pytest.approx(BEST[name] - reach * np.sqrt(0.1), abs=0.015)
        assert best[f"{name}_to"] == pytest.approx(BEST[name] + reach * np.sqrt(0.1), abs=0.015)
    assert best["held_back"].isnull()
    assert not any(best[end] for end in OPEN)


def test_harm_holds_the_best_back(timed):
    """Output that rises with late deflation is no reason to deflate where end-diastolic pressure and work rise too."""
    best = timing(timed(late_harm=0.03, slope=0.5)).isel(group=0)
    assert best["best_deflation"] <= 0.035
    assert best["best_harmed"] <= 0.1
    assert best["held_back"] > best["best_benefit"]
    free = timing(timed(late_harm=0.03, slope=0.5), harmed=1.0).isel(group=0)
    # .2 - .1 ((d + .05) / .2)^2 + .5 d is largest at .05
    assert free["best_deflation"] == pytest.approx(0.05, abs=0.01)
    assert free["best_harmed"] > 0.9


@pytest.mark.slow
def test_intervals_of_the_best_cover(timed):
    """Truth lies in the intervals of at least 9 of 12 data sets: fewer has a chance of 1 in 400 at 95 %."""
    found = [timing(timed(1500, seed=seed, noise=0.03)).isel(group=0) for seed in range(12)]
    # the top of a fitted surface lies above the true one, by about a standard error
    for name, true, slack in (("benefit", 0.2, 0.005), ("inflation", -0.01, 0.0025), ("deflation", -0.05, 0.0025)):
        low, high = (np.array([each[f"best_{name}_{end}"] for each in found]) for end in ("low", "high"))
        assert ((low - slack <= true) & (true <= high + slack)).sum() >= 9


def test_the_operators_deflation_is_the_planted_one(timed):
    """Lowest end-diastolic pressure at -.12 below a rate of 100, at -.02 above, but where work is up by 12 %."""
    people = timed(20_000, rates=(60, 140))
    rate, deflation = people["mean_heart_rate"].sel(arm="off").values, people["deflation_offset"].values
    best = np.where(rate < 100, -0.12, -0.02)
    people["end_diastolic_aortic_pressure"][:, 1] = 50 + 1000 * (deflation - best) ** 2
    groups = timing(people)
    groups = groups.assign_coords(group=groups["group"])
    slow, fast = (groups.sel(group=f"heart rate {band}") for band in ("80-100", "100-120"))
    for group, planted in ((slow, -0.12), (fast, -0.02)):
        assert group["operator_deflation"] == pytest.approx(planted, abs=0.01)
        assert group["operator_deflation_low"] - 0.005 <= planted <= group["operator_deflation_high"] + 0.005
    # half of the patients each: the mean's lowest is halfway, and 1000 * .05 ** 2 mmHg are lost
    assert groups.sel(group="all")["operator_deflation"] == pytest.approx(-0.07, abs=0.01)
    assert groups.sel(group="all")["operator_pressure_lost"] == 0
    assert slow["operator_pressure_lost"] == pytest.approx(2.5, abs=1.0)
    # .2 - .1 (away / .2) ** 2 of output: the slow would lose what -.12 has less than -.07
    assert slow["operator_output_lost"] == pytest.approx(-0.1 * (0.07**2 - 0.02**2) / 0.2**2, abs=0.004)
    # work that is up by 12 % from -.08 on leaves the slow where they are, and the fast no later
    people["stroke_work"][:, 1] = people["stroke_work"][:, 0] * (1.12 + 2 * (deflation + 0.08))
    groups = timing(people)
    groups = groups.assign_coords(group=groups["group"])
    assert groups["operator_deflation"].sel(group="heart rate 80-100") == pytest.approx(-0.12, abs=0.01)
    assert groups["operator_deflation"].sel(group="heart rate 100-120") == pytest.approx(-0.085, abs=0.01)


def test_errors_lie_where_they_were_planted(timed):
    answer = timing(timed(late_harm=0.08))
    begins = answer["begins"].to_series()
    # wedge pressure has lost half its fall of 3 mmHg .075 s before the kink at -.05; the others likewise
    assert begins["early inflation"] == pytest.approx(-0.125, abs=0.01)
    assert begins["late inflation"] == pytest.approx(0.1, abs=0.015)
    assert begins["early deflation"] == pytest.approx(-0.15, abs=0.015)
    assert begins["late deflation"] == pytest.approx(0.08, abs=0.03)
    assert answer["share"].sel(timing="late deflation", response="harms") > 0.8
    assert answer["share"].sel(timing="right", response="helps") == 1.0


def test_classes_of_errors_are_counted_on_all(timed):
    people = timed()
    right = timing(people).sel(timing="right")
    response = cp.classify(people)["response"].values
    near = (
        right["met"]
        .sel(
            inflation_setting=people["inflation_offset"], deflation_setting=people["deflation_offset"], method="nearest"
        )
        .values
    )
    assert right["timing_patients"] == pytest.approx(near.sum(), abs=3)  # who lies between two may go to either
    assert right["share"].sel(response="helps") == pytest.approx((response[near] == 3).mean(), abs=0.01)


def test_medians_against_pandas(timed):
    people = timed()
    cells = timing(people, bins=6)
    frame = pd.DataFrame({"x": people["inflation_offset"], "y": people["deflation_offset"]})
    frame["gain"] = cp.classify(people)["cardiac_output_relative_difference"].values
    bounds = {name: cells[f"{name}_bounds"].values for name in ("inflation_offset", "deflation_offset")}
    for axis, name in (("x", "inflation_offset"), ("y", "deflation_offset")):
        edges = np.append(bounds[name][:, 0], bounds[name][-1, 1])
        frame[axis] = pd.cut(frame[axis], edges, labels=False, include_lowest=True, right=False)
    for (row, column), middle in frame.groupby(["y", "x"])["gain"].median().items():
        assert cells["cardiac_output_relative_difference"].values[int(row), int(column)] == pytest.approx(
            middle, abs=1e-3
        )


def test_intervals_of_a_median_cover():
    random = np.random.default_rng(0)
    values = random.exponential(size=(400, 35))
    found = quantiles(np.repeat(np.arange(400), 35), values.ravel(), 400, 0.5)
    np.testing.assert_allclose(found.value, np.median(values, axis=1))
    covered = ((found.low <= np.log(2)) & (found.high >= np.log(2))).mean()
    assert 0.93 < covered <= 1.0


def test_a_group_too_small_for_an_interval_has_none():
    found = quantiles(np.array([0, 0, 1, -1]), np.array([1.0, 3.0, 5.0, 7.0]), 3, 0.5)
    np.testing.assert_array_equal(found.value, [2.0, 5.0, np.nan])
    assert np.isnan(found.low).all()


def test_summed_normal_equations_are_least_squares():
    random = np.random.default_rng(1)
    x, y = random.uniform(-1, 1, (2, 500))
    outcomes = np.stack([x * y + x**3, random.normal(size=500)], axis=1)
    basis = Basis(((-1.0, 1.0), (-1.0, 1.0)), (3, 3))
    parts = []
    for place in np.split(np.arange(500), [123]):
        group, nobody = place % 2, np.zeros(0, np.int64)
        own = products(basis, 2, group, place, (x[place], y[place]), outcomes[place])
        parts.append(Sums(basis, own, (1, 1, 1), by_setting(2, (1, 1, 1), nobody, nobody, nobody, nobody)))
    sums = parts[0].merge(parts[1])
    expected = np.linalg.lstsq(basis.of(x, y), outcomes, rcond=None)[0]
    np.testing.assert_allclose(sums.fit([0, 1], replicates(3))[0], expected, atol=1e-9)


def test_the_same_whatever_the_pieces(timed, tmp_path, monkeypatch):
    people = timed(3000)
    whole = timing(people)
    monkeypatch.setattr(stream, "ROWS_READ", 700)
    path = tmp_path / "cut.zarr"
    people.chunk(patient=700).to_zarr(path, zarr_format=3, consolidated=False)
    for chunks in ({}, None):
        cut = timing(xr.open_zarr(path, consolidated=False, chunks=chunks))
        for name in ("best_inflation", "best_inflation_low", "best_inflation_high", "share", "share_low", "share_high"):
            xr.testing.assert_identical(cut[name], whole[name])


@pytest.mark.slow
def test_cohorts_of_a_mixture_apart(timed):
    people = timed(5000, rates=(60, 140))
    attrs = {"flag_values": np.array([0, 1], dtype=np.uint8), "flag_meanings": "adhf ami-cs"}
    people["cohort"] = ("patient", (np.arange(5000) % 4 == 0).astype(np.uint8), attrs)
    found = timing(people)
    counts = found["group_patients"].to_series()
    assert (counts["all"], counts["adhf"], counts["ami-cs"]) == (5000, 3750, 1250)
    assert counts[counts.index.str.startswith("heart rate")].sum() == 5000
    assert all("are needed" in why for why in found["why_not"].values if why)


def test_too_few_patients_say_so(timed):
    answer = timing(timed(100))
    assert answer["best_inflation"].isnull().all()
    assert "100 patients compared" in answer["why_not"].sel(group="all").item()
    assert str(PER_TERM * 36) in answer["why_not"].sel(group="all").item()
    assert "timing" not in answer.dims


def test_the_answer_comes_back_from_a_file(timed, tmp_path):
    for patients in (1500, 60):
        check_answer(timing(timed(patients)), in_words, tmp_path)


def test_failures_are_counted(timed):
    people = timed(4000)
    people["status"][:200, 1] = 3
    people["status"][200:300, :] = 2
    about = timing(people).attrs
    assert (about["compared"], about["failed_run"], about["not_compared"]) == (3700, 200, 100)


@pytest.mark.parametrize(
    ("change", "settings", "says"),
    [
        (lambda each: each.assign(deflation_offset=-0.08), {}, "deflation_offset is the same in every patient"),
        (lambda each: each.drop_vars("inflation_offset"), {}, "inflation_offset"),
        (lambda each: each, {"benefit": "outputs"}, "did you mean 'output'"),
        (lambda each: each, {"kept": 1.0}, "kept is 1"),
        (lambda each: each, {"harmed": -0.1}, "harmed is -0.1"),
        (lambda each: each, {"bins": 0}, "0 bins"),
        (lambda each: each.assign(status=each["status"] * 0 + 3), {}, "no patient of this store was compared"),
        (lambda each: each.isel(patient=[0]), {}, "in every patient compared"),
        (lambda each: each.assign({WEIGHT: ("patient", np.ones(600))}), {}, "were not drawn alike"),
    ],
)
def test_bad_input_is_one_line(timed, change, settings, says):
    with pytest.raises(InputError, match=says) as caught:
        timing(change(timed(600)), **settings)
    assert "\n" not in str(caught.value)


def test_the_picture(timed, tmp_path):
    assert save(timing_figure(timing(timed(1500))), tmp_path / "timing.png").stat().st_size > 20_000
    assert save(timing_figure(timing(timed(60))), tmp_path / "few.png").exists()


def test_the_model_shows_what_its_definition_says_of_each_error():
    """Signatures of the four errors in the patients themselves, against right timing of the same patients."""
    balloon = {"balloon_volume": 40.0}
    arms = {
        "off": {},
        "right": balloon,
        "early inflation": balloon | {"inflation_offset": -0.14},
        "late inflation": balloon | {"inflation_offset": 0.17},
        "early deflation": balloon | {"deflation_offset": -0.24},
        "late deflation": balloon | {"deflation_offset": 0.12},
    }
    result = cp.simulate(cp.sample("ami-cs", 24, seed=3), arms)
    for name, kind in KINDS.items():
        outcome = kind.effect.removesuffix("_difference")
        effect = kind.better * (result[outcome] - result[outcome].sel(arm="off"))
        assert float(effect.sel(arm=name).median()) < 0.5 * float(effect.sel(arm="right").median())
    late = result["end_diastolic_aortic_pressure"].sel(arm="late deflation")
    assert (late > result["end_diastolic_aortic_pressure"].sel(arm="off")).mean() > 0.9


def test_the_interval_of_a_median_covers_it():
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(1000):
        middle, low, high = median(random.exponential(size=101))
        assert low < middle < high
        inside += low <= np.log(2) <= high
    assert 930 <= inside <= 980
