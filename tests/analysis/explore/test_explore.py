"""The explorer's answers, against numpy and scipy on the whole data in memory, and against the simulation itself."""

import threading
import time

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest

import counterpulse as cp
from counterpulse.analysis.explore.counts import Counts, watched
from counterpulse.analysis.explore.patient import sliders
from counterpulse.analysis.explore.questions import Explorer
from counterpulse.analysis.explore.rectangle import Rectangle
from counterpulse.analysis.patient.case import from_store
from counterpulse.analysis.patient.visit import visit
from counterpulse.analysis.response.classify import classify, compared_in
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.conditions import WHOLE
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.sweeps.design.weighting import WEIGHT

AXES = {"x": "systemic_resistance", "y": "wedge_pressure"}
ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}


def asked(explorer, **changed):
    return explorer.choice({**AXES, "arm": "iabp", "definition": "by-cohort", "cohort": "", **changed})


def done(ask, *arguments):
    """Ask until it is counted."""
    end = time.monotonic() + 60
    while "counting" in (answer := ask(*arguments)):
        assert time.monotonic() < end
    return answer


@pytest.fixture(scope="module")
def explorer(people):
    made = Explorer(people)
    yield made
    made.close()


@pytest.fixture(scope="module")
def mixture(people):
    code = (np.arange(people.sizes["patient"]) * 7 % 10 < 3).astype(np.uint8)
    flags = {"flag_values": np.array([0, 1], np.uint8), "flag_meanings": "ami-cs adhf"}
    return people.assign(cohort=("patient", code, flags)).assign_attrs(spec="{}")


@pytest.fixture(scope="module")
def simulated():
    return cp.simulate(cp.sample("adhf", 12, seed=4), ARMS)


def test_the_map_is_the_map(explorer, people):
    map_, expected = done(explorer.map, asked(explorer)), cp.map(people, *AXES.values())
    assert map_["patients"] == expected["patients"].values.tolist()
    np.testing.assert_allclose(
        np.array(map_["share"]["helps"], float), expected["share"].sel(response="helps"), atol=5e-5
    )
    edges = expected["wedge_pressure_bounds"].values
    assert map_["y"]["edges"] == [*edges[:, 0], edges[-1, 1]]
    assert map_["failed_run"] == expected.attrs["failed_run"] > 0
    assert map_["other_cohorts"] == 0


def test_a_choice_is_counted_once(people, monkeypatch):
    times = []
    counting = cp.map

    def slow(*arguments, **named):
        times.append(1)
        return counting(*arguments, **named)

    monkeypatch.setattr("counterpulse.analysis.explore.questions.maps.map", slow)
    explorer = Explorer(people)
    first, second = (done(explorer.map, asked(explorer)) for _ in range(2))
    assert first == second
    assert len(times) == 1
    done(explorer.map, asked(explorer, definition="imamura"))
    assert len(times) == 2
    explorer.close()


def test_how_far_a_count_is(people):
    shares, told = [], []
    seen = watched(people, "", told.append)
    explorer = Explorer(people)
    explorer._count(asked(explorer), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 2
    cp.map(seen, *AXES.values())
    assert sum(told) == 2 * people.sizes["patient"]  # the sample that lays out the axes is all of so few
    explorer.close()


def test_a_count_that_nobody_asks_for_is_given_up_and_can_be_asked_for_again():
    told, go_on = [], threading.Event()

    def make(choice, tell):
        if choice == "quick":
            return "answer"
        for step in range(4000):
            told.append(step)
            tell(step / 4000)
            if go_on.wait(0.005):
                return "in the end"
        return "nobody gave up"

    counts = Counts(make, patience=0.3)
    assert isinstance(counts.ask("slow", 0.05), float)
    end = time.monotonic() + 20
    # the one thread is free again only once the slow count is given up
    while (answer := counts.ask("quick", 0.05)) != "answer":
        assert isinstance(answer, float)
        assert time.monotonic() < end
    assert len(told) < 4000
    go_on.set()
    while (answer := counts.ask("slow", 0.05)) != "in the end":
        assert time.monotonic() < end
    counts.close()


def test_what_goes_wrong_in_a_count_reaches_who_asked():
    times = []

    def make(choice, tell):
        times.append(choice)
        raise OSError("the disk") if choice == "disk" else InputError("bad")

    counts = Counts(make)
    for _ in range(2):
        with pytest.raises(InputError):
            counts.ask("input", 20)
        with pytest.raises(OSError, match="the disk"):
            counts.ask("disk", 20)
    assert sorted(times) == ["disk", "disk", "input"]  # a disk may be right the next time
    counts.close()


@pytest.mark.parametrize("chunks", [None, {"patient": 3000}])
def test_one_cohort_of_a_mixture(mixture, chunks, tmp_path):
    own = np.flatnonzero(mixture["cohort"].values == 1)
    expected = cp.map(mixture.isel(patient=own), *AXES.values())
    if chunks is not None:
        mixture.chunk(patient=3000).to_zarr(tmp_path / "mixture.zarr", zarr_format=3, consolidated=False)
        mixture = xr.open_zarr(tmp_path / "mixture.zarr", consolidated=False, chunks=None)
    explorer = Explorer(mixture)
    found = done(explorer.map, asked(explorer, cohort="adhf"))
    assert found["patients"] == expected["patients"].values.tolist()
    for name in ("compared", "failed_run", "not_compared"):
        assert found[name] == expected.attrs[name], name
    assert found["other_cohorts"] == mixture.sizes["patient"] - len(own)
    told = done(explorer.rectangle, asked(explorer, cohort="adhf"), Rectangle(0, 3, 0, 3))
    assert {row["index"] for row in told["rows"]} <= set(own.tolist())
    with pytest.raises(InputError, match="did you mean 'adhf'"):
        asked(explorer, cohort="adfh")
    explorer.close()


def test_a_rectangle_against_numpy(explorer, people):
    choice = asked(explorer)
    map_ = done(explorer.map, choice)
    last = len(map_["x"]["edges"]) - 2
    told = done(explorer.rectangle, choice, Rectangle(2, last, 1, 4))
    result = classify(people)
    x, y = people["systemic_resistance"].values, people["wedge_pressure"].sel(arm="off").values
    (left, right), (bottom, top) = told["bounds"].values()
    assert (left, right) == (map_["x"]["edges"][2], map_["x"]["edges"][-1])
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y < top)
    response = result["response"].values
    for name, code in {"helps": 3, "fails": 4, "harms": 2}.items():
        count = int((inside & (response == code)).sum())
        one = told["classes"][name]
        assert one["count"] == count
        interval = binomtest(count, told["patients"]).proportion_ci(method="wilson")
        assert (one["low"], one["high"]) == pytest.approx((interval.low, interval.high), abs=1e-6)
    assert told["patients"] == told["sampled"] == int((inside & (response >= 2)).sum())
    wedge = next(each for each in told["medians"] if "wedge" in each["title"])
    assert wedge["all"] == pytest.approx(np.median(y[inside & (response >= 2)]))
    assert wedge["harms"] == pytest.approx(np.median(y[inside & (response == 2)]))
    for row in told["rows"]:
        assert (row["x"], row["y"]) == (x[row["index"]], y[row["index"]])
        assert response[row["index"]] == {"helps": 3, "fails": 4, "harms": 2}[row["response"]]
    share = 100 * told["classes"]["helps"]["share"]
    assert f"iabp helped {share:.1f} %" in told["rule"]
    assert "systemic vascular resistance" in told["rule"]


@pytest.mark.parametrize("options", [{}, {"window": "own"}], ids=["all", "of the cohort"])
def test_a_rectangle_of_patients_as_they_were_simulated(options):
    """Who is left out, and whose membership of the cohort is in doubt, is judged of those in memory as of all."""
    patients = cp.sample("ami-cs", 40, seed=4).assign(heart_rate=("patient", np.linspace(60, 150, 40)))
    data = cp.simulate(patients, ARMS, **options)
    explorer = Explorer(data)
    choice = asked(explorer)
    map_ = done(explorer.map, choice)
    whole = Rectangle(0, len(map_["x"]["edges"]) - 2, 0, len(map_["y"]["edges"]) - 2)
    told = done(explorer.rectangle, choice, whole)
    explorer.close()
    compared = compared_in(classify(data)["response"].values)
    assert not compared.all()
    assert told["sampled"] == told["patients"] == compared.sum()
    assert [row["index"] for row in told["rows"]] == np.flatnonzero(compared)[:12].tolist()


def test_medians_of_a_rectangle_mind_the_weights(people):
    y = people["wedge_pressure"].sel(arm="off").values
    weights = np.where(y > np.nanmedian(y), 3, 1)
    explorer = Explorer(people.assign({WEIGHT: ("patient", weights.astype(float))}))
    choice = asked(explorer)
    map_ = done(explorer.map, choice)
    whole = Rectangle(0, len(map_["x"]["edges"]) - 2, 0, len(map_["y"]["edges"]) - 2)
    told = done(explorer.rectangle, choice, whole)
    explorer.close()
    x, bounds = people["systemic_resistance"].values, list(told["bounds"].values())
    inside = np.all([(low <= each) & (each <= high) for each, (low, high) in zip((x, y), bounds, strict=True)], axis=0)
    inside &= classify(people)["response"].values >= 2
    wedge = next(each for each in told["medians"] if "wedge" in each["title"])
    assert wedge["all"] == pytest.approx(np.median(np.repeat(y[inside], weights[inside])), rel=1e-2)
    assert wedge["all"] > 1.02 * np.median(y[inside])


def test_sliders_stop_where_only_some_values_exist(people):
    steps = {each["name"]: each["step"] for each in sliders(people)}
    assert (steps["assist_ratio"], steps["female"], steps["ecmo_cannula"]) == (1.0, 1.0, 2.0)


def test_an_empty_rectangle(population):
    data = population(400)
    corner = (data[AXES["x"]] > data[AXES["x"]].median()) & (data[AXES["y"]] > data[AXES["y"]].median())
    explorer = Explorer(data.assign(status=data["status"].where(~corner, np.uint8(Status.OUTSIDE_COHORT))))
    choice = asked(explorer)
    map_ = done(explorer.map, choice)
    row, column = np.argwhere(np.array(map_["patients"]) == 0)[0].tolist()
    told = done(explorer.rectangle, choice, Rectangle(column, column, row, row))
    assert told["patients"] == told["sampled"] == 0
    assert told["rule"].startswith("No patient was compared with")
    assert np.isnan(told["classes"]["helps"]["share"])
    assert told["rows"] == []
    explorer.close()


@pytest.mark.parametrize("cells", [(0, 500, 0, 0), (3, 2, 0, 0), (-1, 2, 0, 0), (0, 0, 0, 500)])
def test_cells_off_the_map(explorer, cells):
    with pytest.raises(InputError, match="are not on the map"):
        done(explorer.rectangle, asked(explorer), Rectangle(*cells))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": "hart_rate"}, "did you mean 'heart_rate'"),
        ({"x": 7}, "x: a name is needed"),
        ({"arm": "off"}, "arm: 'off' is not known"),
        ({"definition": "hemodynamic"}, "did you mean 'haemodynamic'"),
        ({"cohort": None}, "cohort: a name is needed"),
    ],
)
def test_a_choice_that_is_none(explorer, changed, says):
    with pytest.raises(InputError, match=says):
        asked(explorer, **changed)


def test_stores_that_cannot_be_explored(people, dataset):
    with pytest.raises(InputError, match="no arm but off"):
        Explorer(people.isel(arm=[0]))
    nobody = Explorer(dataset({"cardiac_output": np.linspace(3, 5, 50)}, {}, status=(3, 3)))
    with pytest.raises(InputError, match="no patient of this store was compared"):
        done(nobody.map, asked(nobody, x="cardiac_output"))
    nobody.close()


def test_what_the_page_can_choose(explorer):
    about = explorer.about()
    assert about["patients"] == 20_000
    assert about["chosen"]["x"] == "heart_rate"
    assert {"heart_rate", "systemic_resistance"} < about["axes"]["parameters"].keys()
    assert about["axes"]["baseline"]["wedge_pressure"] == "baseline pulmonary capillary wedge pressure (mmHg)"
    for names in about["axes"].values():
        assert all(asked(explorer, x=name, y="heart_rate").x == name for name in names if name != "heart_rate")
    assert about["classes"]["helps"]["shades"][0] == "#ffffff"


def test_a_store_says_which_commands_go_further(explorer, simulated):
    words = [line.split()[1] for line in Explorer(simulated).about()["further"]]
    assert words[:2] == ["match", "trial"]
    weighted = Explorer(simulated.assign({WEIGHT: ("patient", np.ones(simulated.sizes["patient"]))}))
    assert [line.split()[1] for line in weighted.about()["further"]] == ["match"]
    without = simulated.assign_coords(balloon_volume=("arm", [30.0, 40.0]))
    assert Explorer(without).about()["further"] == []


def test_a_patient_is_that_of_the_command(simulated):
    explorer = Explorer(simulated)
    choice = asked(explorer, x="lv_elastance")
    for index in range(4):
        told, expected = explorer.patient(choice, index, {}), visit(from_store(simulated, index)).as_dict()
        for arm in ARMS:
            for name in OUTCOMES:
                value = expected["arms"][arm]["outcomes"][name]
                assert told["arms"][arm]["outcomes"][name] == pytest.approx(value, rel=1e-9)
            assert told["arms"][arm]["response"] == expected["arms"][arm]["response"]
        assert told["place"] == pytest.approx(
            [float(simulated["lv_elastance"][index]), float(simulated["wedge_pressure"][index, 0])], rel=1e-3
        )
    explorer.close()


def test_a_slider_has_no_step_between_the_values_that_are_allowed(simulated):
    listed = {each["name"]: each for each in sliders(simulated)}
    for name, values in WHOLE.items():
        low, high = listed[name]["plausible"]
        assert tuple(np.arange(low, high + 1, listed[name]["step"])) == values


def test_a_slider_moves_the_patient(simulated):
    explorer = Explorer(simulated)
    choice = asked(explorer, x="heart_rate")
    settings = {"heart_rate": 103.0, "balloon_volume": 25.0}
    told = explorer.patient(choice, 3, settings)
    patients = cp.sample("adhf", 12, seed=4).isel(patient=[3]).assign(heart_rate=("patient", [103.0]))
    direct = cp.simulate(patients, {"off": {}, "iabp": {"balloon_volume": 25}})
    for arm in ARMS:
        wave = told["waves"][arm]
        outcome = direct["mean_arterial_pressure"].sel(arm=arm).item()
        assert told["arms"][arm]["outcomes"]["mean_arterial_pressure"] == pytest.approx(outcome, rel=2e-3)
        assert np.mean(wave["aortic_pressure"]) == pytest.approx(outcome, rel=5e-3)
        assert wave["time"][-1] == pytest.approx(60 / 103 * (1 - 1 / len(wave["time"])), rel=1e-3)
    assert told["values"]["balloon_volume"] == 25.0
    assert told["place"][0] == 103.0
    assert told["patient"].endswith("changed")
    with pytest.raises(InputError, match="outside its physical range 25 to 220"):
        explorer.patient(choice, 3, {"heart_rate": 1000.0})
    with pytest.raises(InputError, match="did you mean 'heart_rate'"):
        explorer.patient(choice, 3, {"hart_rate": 100.0})
    with pytest.raises(InputError, match="index: 99 is outside 0 to 11"):
        explorer.patient(choice, 99, {})
    explorer.close()


def test_another_definition_judges_the_patient_too(simulated):
    explorer = Explorer(simulated, thresholds={"helps_output_gain": 0.9})
    lenient = Explorer(simulated, thresholds={"helps_output_gain": 0.0})
    strict, easy = (
        [one.patient(asked(one, x="heart_rate"), index, {})["arms"]["iabp"]["response"] for index in range(4)]
        for one in (explorer, lenient)
    )
    assert "helps" not in strict
    assert "helps" in easy
    explorer.close()
    lenient.close()


def test_a_patient_who_fails_while_a_slider_moves():
    """The patients have the model's defaults, so that no calibration of a cohort moves who fails."""
    explorer = Explorer(cp.simulate(xr.Dataset({"heart_rate": ("patient", [80.0, 90.0])}), ARMS))
    moved = {"lv_elastance": 0.3, "stressed_volume": 5000.0, "systemic_resistance": 0.2, "arterial_stiffness": 4.0}
    choice = asked(explorer, x="heart_rate")
    assert explorer.patient(choice, 0, {})["arms"]["off"]["status"] == "ok"
    told = explorer.patient(choice, 0, {**moved, "heart_rate": 200.0})
    assert told["arms"]["off"]["status"] != "ok"
    assert told["arms"]["iabp"]["response"] == "failed_run"
    assert "off" not in told["waves"]
    assert told["place"][1] is None
    explorer.close()


def test_a_patient_who_was_not_run_and_a_store_of_one(simulated):
    status = simulated["status"].copy()
    status[5] = 0
    explorer = Explorer(simulated.assign(status=status))
    with pytest.raises(InputError, match="patient 5 has not been run yet"):
        explorer.patient(asked(explorer, x="heart_rate"), 5, {})
    assert done(explorer.map, asked(explorer, x="heart_rate"))["not_compared"] == 1
    alone = Explorer(simulated.isel(patient=[2]))
    choice = asked(alone, x="heart_rate")
    with pytest.raises(InputError, match="in every patient compared"):
        done(alone.map, choice)
    assert alone.patient(choice, 0, {})["arms"]["iabp"]["status"] == "ok"
    for one in (explorer, alone):
        one.close()
