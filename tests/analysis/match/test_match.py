"""Matches with stores that the engine made: the truth is among what is predicted, whatever the pieces and threads."""

import json

import numpy as np
import pytest
import xarray as xr
from answer_checks import check_answer, check_json
from figure_texts import check_texts

import counterpulse as cp
from counterpulse.analysis.figures.sheet import narrow, sheet
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.match.figure import match_figure
from counterpulse.analysis.match.words import in_words
from counterpulse.analysis.reading import stream
from counterpulse.analysis.words.parts import Text
from counterpulse.cli import pictures

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
NUMBERS = {"MAP": "75+-5", "CO": 3.4, "PCWP": 27}


@pytest.fixture(scope="module")
def people():
    return cp.simulate(cp.sample("adhf", 512, seed=5), ARMS, window="adhf")


@pytest.fixture(scope="module")
def answer(people):
    return cp.match(people, NUMBERS, effective=200, simulations=512)


def test_the_form_of_the_answer(answer, tmp_path):
    check_answer(answer, in_words, tmp_path)
    assert answer.sizes["measured"] == 3
    assert answer["probability"].sum("response").values == pytest.approx(1)
    assert answer["shown_lv_volume"].notnull().all()
    assert (answer["posterior"].diff("level") > 0).all()


def test_new_patients_are_simulated_where_the_store_is_small(answer):
    about = answer.attrs
    assert about["effective_before"] < 200 <= about["effective"]
    assert 0 < about["simulations"] <= 512
    wide = (answer["prior"].isel(level=2) - answer["prior"].isel(level=0)).values
    own = (answer["posterior"].isel(level=2) - answer["posterior"].isel(level=0)).values
    assert (own < wide).all()


def test_refinement_agrees_with_a_larger_store(people):
    """By weights alone in sixteen times as many patients: the same laws within their Monte Carlo error."""
    larger = cp.simulate(cp.sample("adhf", 8192, seed=6), ARMS, window="adhf")
    alone = cp.match(larger, NUMBERS, simulations=0)
    refined = cp.match(people, NUMBERS, effective=1000)
    assert refined.attrs["simulations"] > 0
    spread = (alone["change"].isel(level=2) - alone["change"].isel(level=0)) / 3.3
    apart = np.abs(alone["change"] - refined["change"]).isel(level=1) / spread
    # the median of n draws has an error of 1.25 / sqrt(n) standard deviations
    enough = 4 * 1.25 * np.sqrt(1 / alone.attrs["effective"] + 1 / refined.attrs["effective"])
    assert float(apart.max()) < enough
    assert refined["probability"].values == pytest.approx(alone["probability"].values, abs=0.08)


def test_the_same_whatever_the_pieces_and_threads(people, answer, monkeypatch):
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 100)
    monkeypatch.setattr(stream, "ROWS_READ", 150)
    again = cp.match(people, NUMBERS, effective=200, simulations=512, threads=1)
    xr.testing.assert_identical(again, answer)


def test_another_seed_draws_others(people, answer):
    other = cp.match(people, NUMBERS, effective=200, simulations=512, seed=1)
    assert not np.array_equal(other["change"], answer["change"])
    assert other["change"].values == pytest.approx(answer["change"].values, rel=0.5, abs=1.0)


def test_numbers_outside_are_said_aloud(people):
    found = cp.match(people, {"MAP": 75, "CO": (9.0, 0.3)}, simulations=0)
    assert found.attrs["p_value"] < 0.01
    assert json.loads(found.attrs["misfits"])[-1] == "CO"
    lines = [line for part in in_words(found) if isinstance(part, Text) for line in part.lines]
    assert any(line.startswith("Outside what this store knows") and "CO = 9" in line for line in lines)
    assert any("Research use only" in line for line in lines)


def test_numbers_within_are_not(answer):
    assert answer.attrs["p_value"] > 0.1
    assert not any("Outside" in line for part in in_words(answer) if isinstance(part, Text) for line in part.lines)


def test_a_measurement_in_the_arm(people):
    """Who is measured with the balloon is matched with the balloon."""
    one = people.isel(patient=int(np.flatnonzero((people["status"] == 1).all("arm"))[0]))
    value = float(one["augmented_diastolic_pressure"].sel(arm="iabp"))
    found = cp.match(people, {"augmented_diastolic_pressure@iabp": (value, 1.0)}, simulations=0)
    assert found["posterior"].sel(level=0.5).item() == pytest.approx(value, abs=1.5)
    assert str(found["measured_arm"].values[0]) == "iabp"


def test_a_trace_joins_the_match(people):
    one = int(np.flatnonzero((people["status"] == 1).all("arm"))[3])
    wave = cp.waveforms(people.isel(patient=[one]), ARMS, samples=300).isel(patient=0)
    for arm in ARMS:
        own = wave.sel(arm=arm)
        time = np.arange(0, 15, 1 / 125)
        values = own["aortic_pressure"].values
        place = time / float(own["pattern_duration"]) % 1
        pressure = np.interp(place, np.arange(301) / 300, np.append(values, values[0]))
        found = cp.match(people, {"PCWP": 27}, trace=(time, pressure), trace_arm=arm, effective=300)
        names = found["measured"].values.tolist()
        assert {"PCWP", "HR", "MAP", "SBP"} <= set(names)
        assert ({"notch", "decay"} <= set(names)) == (arm == "off")
        truth = float(people["mean_arterial_pressure"].isel(patient=one).sel(arm=arm))
        assert found["posterior"].sel(measured="MAP", level=0.5).item() == pytest.approx(truth, abs=4)
        assert found.attrs["trace"].startswith("Trace: ")
    mine = cp.match(people, {"MAP": 70}, trace=(time, pressure), trace_arm="iabp", simulations=0)
    assert "MAP" in mine["measured"].values.tolist()


@pytest.mark.parametrize(
    ("change", "asked", "words"),
    [
        (lambda each: each.sel(arm=["iabp"]), {}, ["reference arm", "'off' is not known", "iabp"]),
        (lambda each: each.sel(arm=["off"]), {}, ["no arm but off"]),
        (lambda each: each.assign(balloon_volume=each["balloon_volume"] + 30), {}, ["without support", "off, iabp"]),
        (lambda each: each, {"arm": "ibp"}, ["did you mean 'iabp'"]),
        (lambda each: each, {"effective": 0}, ["effective", "1 to 100,000"]),
        (lambda each: each, {"simulations": -1}, ["simulations"]),
        (lambda each: each, {"seed": 1.5}, ["seed"]),
        (lambda each: each, {"trace_arm": "off"}, ["goes with --trace"]),
        (lambda each: each, {"trace": 3}, ["two arrays"]),
        (lambda each: each.drop_vars("wedge_pressure"), {}, ["wedge_pressure"]),
        (lambda each: each.assign(status=each["status"] * 0 + 2), {}, ["no patient of this store has a result"]),
        (lambda each: each.isel(patient=[5]), {}, ["one patient alone of this store has a result in off"]),
    ],
)
def test_nonsense_is_one_line(people, change, asked, words, refused):
    with refused(*words):
        cp.match(change(people), NUMBERS, **asked)


def test_an_impossible_sex_is_told(people, refused):
    alike = people.assign(female=("patient", np.zeros(people.sizes["patient"])))
    with refused("no patient of this store can have sex = 1"):
        cp.match(alike, {"sex": "female"})
    with refused("is the same in every patient"):
        cp.match(people.assign(age=65.0), {"age": 70})


def test_a_store_without_a_law_is_matched_by_weights(people):
    found = cp.match(people.isel(patient=slice(0, 200)).drop_attrs(), NUMBERS)
    assert found.attrs["simulations"] == 0
    assert "does not say how its patients were drawn" in found.attrs["why_not_refined"]


def test_the_picture(answer, tmp_path):
    assert save(match_figure(answer), tmp_path / "match.png").stat().st_size > 50_000
    bare = answer.drop_vars([name for name in answer.variables if name.startswith("shown_")])
    assert save(match_figure(bare), tmp_path / "bare.svg").exists()


def with_arms(answer, *names):
    """The answer as of a store with more arms, all of which do the same."""
    one = answer.sel(arm=["iabp"])
    return xr.concat([one.assign_coords(arm=[name]) for name in ("iabp", *names)], "arm", data_vars="minimal")


@pytest.fixture(scope="module")
def smallest(people):
    return cp.match(people, {"MAP": 75}, simulations=0)


@pytest.fixture(scope="module")
def largest(people):
    """Twelve numbers that no patient has, five arms, a sixth that is not shown."""
    numbers = NUMBERS | {"SBP": 95, "DBP": 60, "HR": 85, "mPAP": 33, "CVP": 12, "EF": 0.25, "LVEDP": 24}
    found = cp.match(people, numbers | {"age": 68, "sex": "female"}, simulations=0)
    return with_arms(found, "impella-2.5@P-2", "impella-2.5@P-4", "impella-2.5@P-8", "ecmo-iabp@1.5", "ecmo")


@pytest.mark.parametrize("width", [85, 120, 180])
@pytest.mark.parametrize("which", ["smallest", "answer", "largest"])
def test_the_picture_is_legible_on_a_page_of_any_width(which, width, request):
    shown = request.getfixturevalue(which)
    with sheet(width):
        figure = match_figure(shown)
        texts = check_texts(figure, least=6)
        assert not narrow() or figure.get_size_inches()[1] * 25.4 <= 240.1
    assert {*"abcdef", *shown["measured"].values, "harmed"} <= set(texts)
    if which == "largest":
        assert texts.count("ecmo-iabp@1.5") == 2  # in the legend, and beside the probabilities
        assert any("Outside what this store knows" in text for text in texts)


def test_more_than_fits_a_column_is_refused_with_the_least_width_for_it(largest, refused, tmp_path):
    thrice = largest.isel(measured=np.tile(np.arange(largest.sizes["measured"]), 3))
    fuller = thrice.assign_coords(measured=[f"{name}{place}" for place, name in enumerate(thrice["measured"].values)])
    with refused("--width: at 155 mm", "240 mm are allowed", "165 mm is the least width for it"):
        pictures.drawn(pictures.Request((tmp_path / "m.png",), 155), lambda: match_figure(fuller), lambda: None)


def test_the_command_says_what_the_function_says(swept, call, tmp_path):
    store = swept / "out" / "small.zarr"
    picture = tmp_path / "m.png"
    asked = ("--simulations", 256, "--effective", 100, "--seed", 4)
    code, out, _ = call("match", store, "MAP=75+-6", "CO=3.4+-.5", *asked, "-o", picture, "--json")
    assert code == 0
    assert picture.exists()
    told = json.loads(out)
    answer = cp.match(cp.open_store(store), ["MAP=75+-6", "CO=3.4+-.5"], effective=100, simulations=256, seed=4)
    check_json(told, answer)
    code, out, _ = call("match", store, "MAP=75+-6", *asked, "-o", picture)
    assert code == 0
    for words in ("matched in off", "Predicted change against off", "half", "Research use only"):
        assert words in out


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["MAPP=60"], "did you mean 'MAP'"),
        ([], "nothing was measured"),
        (["MAP=60", "--trace", "none.csv"], "no such file"),
        (["MAP=60", "--quantities", "none.toml"], "no such file"),
        (["MAP=60", "-o", "m.txt"], "m.txt"),
        (["<b>=60"], "is not known"),
    ],
)
def test_nonsense_on_the_command_line(swept, call, asked, words, tmp_path):
    code, out, told = call("match", swept / "out" / "small.zarr", *asked)
    assert (code, out) == (2, "")
    assert words in told
    assert len(told.splitlines()) == 1
