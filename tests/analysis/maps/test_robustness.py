"""Robustness, against maps made one by one, and the command line of all device commands on synthetic stores."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse import cli
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.maps.assumptions import assumed
from counterpulse.analysis.maps.robustness import robustness
from counterpulse.analysis.maps.robustness_figure import robustness_figure
from counterpulse.analysis.reading import stream
from counterpulse.analysis.response.classify import classify
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.spec.file import load

X, Y = "systemic_resistance", "heart_rate"
SPEC = {
    "name": "Where does it help?",
    "cohort": "ami-cs",
    "patients": 4000,
    "regulation": "open-loop",
    "scale": {},
    "vary": {X: {"low": 0.6, "high": 2.0}, Y: {"low": 60.0, "high": 150.0}},
    "arms": {"off": {}, "iabp": {"balloon_volume": 40}},
}


@pytest.fixture(name="store")
def _store(population):
    """The same patients with the gain of output shifted, and a specification that says why."""

    def make(shift=0.0, **changes):
        people = population(4000)
        output = people["cardiac_output"].values.copy()
        output[:, 1] += shift * output[:, 0]
        people["cardiac_output"] = (people["cardiac_output"].dims, output, people["cardiac_output"].attrs)
        return people.assign_attrs(spec=json.dumps(SPEC | changes))

    return make


def test_each_assumption_is_the_map_made_by_itself(store):
    first, second = store(), store(-0.05, regulation="baroreflex")
    answer = robustness([first, second], X, Y, bins=6)
    expected = [
        cp.map(first, X, Y, bins=6),
        cp.map(second, X, Y, bins=6),
        cp.map(first, X, Y, bins=6, thresholds={"helps_output_gain": 0.05, "helps_endocardial_gain": 0.05}),
    ]
    for place, each in enumerate(expected):
        share = each["share"].sel(response="helps").values
        np.testing.assert_allclose(answer["share"].values[place], share, equal_nan=True)
        low, high = (each[f"share_{end}"].sel(response="helps").values for end in ("low", "high"))
        state = np.where(each["thin"], 0, np.where(low > 0.5, 1, np.where(high < 0.5, -1, 0)))
        np.testing.assert_array_equal(answer["state"].values[place], state)


def test_votes_add_up_and_the_four_verdicts_are_whole(store):
    answer = robustness([store(), store(-0.1, regulation="baroreflex")], X, Y, bins=6)
    votes = answer["holds"] + answer["fails"] + answer["uncertain"]
    assert (votes == answer.sizes["assumption"]).all()
    assert answer["cells"].sum() == 36
    assert answer["patients_share"].sum() == pytest.approx(1.0)
    assert answer["cells"].sel(stand="depends") > 0
    assert [int(answer[name][0]) for name in ("reversed", "gained", "lost")] == [0, 0, 0]


def test_patients_who_change_are_counted(store):
    first, second = store(), store(-0.03, scale={"wall_viscosity": 2.0})
    found = robustness([first, second], X, Y, vary_thresholds=False).isel(assumption=1)
    before, after = (classify(each)["response"].values for each in (first, second))
    both = (before >= 2) & (after >= 2)
    assert found["lost"] == (both & (before == 3) & (after != 3)).sum() > 0
    assert found["gained"] == (both & (before != 3) & (after == 3)).sum()
    assert found["compared"] == both.sum()


def test_an_assumption_that_changes_nothing_moves_nothing(store):
    answer = robustness([store(), store(scale={"occlusion_resistance": 2.0})], X, Y, vary_thresholds=False)
    first, same = (answer.isel(assumption=place) for place in (0, 1))
    assert [int(same[name]) for name in ("reversed", "gained", "lost", "not_here")] == [0, 0, 0, 0]
    assert same["class_share"] == first["class_share"]


def test_failures_under_an_assumption_are_counted(store):
    second = store(regulation="map-held")
    lost = int((second["status"].values[:300] == 1).all(axis=1).sum())
    second["status"][:300, 1] = 3
    found = robustness([store(), second], X, Y, vary_thresholds=False).isel(assumption=1)
    assert found["not_here"] == lost


def test_assumptions_are_named_by_what_differs(store):
    names = assumed(
        [
            store(),
            store(regulation="baroreflex"),
            store(scale={"occlusion_resistance": 2.0, "wall_viscosity": 0.5}),
            store(arms={"off": {}, "iabp": {"balloon_volume": 50}}),
            store(arms={"off": {}, "iabp": {"balloon_volume": 40, "balloon_drive": 1}}, precision="float32"),
        ]
    )
    assert names == [
        "open loop",
        "baroreflex",
        "occlusion resistance x 2; wall viscosity x 0.5",
        "iabp: balloon volume 50",
        "iabp: balloon drive 1; precision float32",
    ]


def test_the_examples_are_the_same_patients_under_other_assumptions():
    folder = Path(__file__).parents[3] / "examples" / "robustness"
    specs = [
        load(path).canonical() for path in sorted(folder.glob("*.toml"), key=lambda each: each.stem != "baroreflex")
    ]
    names = assumed([xr.Dataset(attrs={"spec": json.dumps(spec)}) for spec in specs])
    assert names[0] == "baroreflex"
    assert set(names[1:]) == {
        "open loop",
        "map-held",
        "occlusion resistance x 2",
        "wall viscosity x 2",
        "septal gain left x 2; septal gain right x 2",
    }


@pytest.mark.parametrize(
    ("changes", "settings", "says"),
    [
        ({"cohort": "adhf"}, {}, "other patients than the first: cohort differs"),
        ({"seed": 3}, {}, "seed differs"),
        ({}, {}, "assumes the same as the first"),
        ({"arms": {"off": {}, "pump": {}}}, {}, "has the arms off, pump"),
        ({"regulation": "baroreflex"}, {"of": "helped"}, "did you mean 'helps'"),
        ({"regulation": "baroreflex"}, {"level": 1.0}, "level is 1"),
        ({"regulation": "baroreflex"}, {"definitions": ["imamoura"]}, "did you mean 'imamura'"),
        ({"regulation": "baroreflex"}, {"bins": 2001}, "2001 bins"),
    ],
)
def test_bad_input_is_one_line(store, changes, settings, says):
    with pytest.raises(InputError, match=says) as caught:
        robustness([store(), store(**changes)], X, Y, **settings)
    assert "\n" not in str(caught.value)


def test_nobody_compared_and_equal_axes(store):
    nobody = store()
    nobody["status"][:] = 3
    with pytest.raises(InputError, match="no patient of the first store"):
        robustness([nobody], X, Y)
    with pytest.raises(InputError, match="two different axes"):
        robustness([store()], X, X)


def test_the_same_whatever_the_pieces(store, monkeypatch):
    stores = [store(), store(-0.04, regulation="baroreflex")]
    whole = robustness(stores, X, Y)
    monkeypatch.setattr(stream, "ROWS_READ", 900)
    xr.testing.assert_identical(robustness(stores, X, Y), whole)


def test_stores_with_weights_are_refused(store):
    refined = store(-0.04, regulation="baroreflex").assign(sampling_weight=("patient", np.ones(4000)))
    with pytest.raises(InputError, match="robustness: the patients of this store were not drawn alike"):
        robustness([store(), refined], X, Y)


def test_the_picture(store, tmp_path):
    figure = robustness_figure(robustness([store(), store(-0.1, regulation="baroreflex")], X, Y))
    assert save(figure, tmp_path / "robustness.png").stat().st_size > 20_000


@pytest.fixture(name="call")
def _call(monkeypatch, tmp_path, capfd, store):
    """Run a command of ``cli.devices`` on synthetic stores, which are known by their names."""
    stores = {
        "plain": store(),
        "reflex": store(-0.1, regulation="baroreflex"),
        "unfinished": store().assign_attrs(blocks=4, blocks_missing=1),
        "empty": store().assign_attrs(blocks=4, blocks_missing=4),
        "one-arm": store().sel(arm=["off"]),
    }
    monkeypatch.setattr("counterpulse.sweeps.store.opening.open_store", lambda path: stores[path.name])

    def run(command, *arguments):
        with pytest.raises(SystemExit) as left:
            cli.main([command, *(str(tmp_path / each) if each in stores else each for each in arguments)])
        out, told = capfd.readouterr()
        assert "Traceback" not in out + told
        return left.value.code, out, told, tmp_path

    return run


AXES = ("--x", X, "--y", Y)


def test_the_command_writes_a_picture_and_a_table(call):
    code, out, told, folder = call("robustness", "plain", "reflex", *AXES)
    assert code == 0
    assert (folder / "robustness.png").exists()
    assert "baroreflex" in out
    assert "help at twice the threshold" in out
    assert told == ""


def test_json_of_the_commands_parses(call):
    code, out, _, _ = call("robustness", "plain", *AXES, "--json")
    assert code == 0
    assert json.loads(out)["coords"]["assumption"]["data"][0] == "open loop"
    code, out, _, folder = call("rivals", "plain", "--target", "cardiac_output>4", "--json")
    assert code == 0
    assert json.loads(out)["compared"] > 3000
    assert (folder / "rivals.png").exists()


def test_an_unfinished_store_is_said(call):
    code, _, told, _ = call("rivals", "unfinished", "--target", "cardiac_output>4")
    assert code == 0
    assert "1 of 4 blocks have not been run yet" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rivals", "empty"), "none of its 4 blocks"),
        (("rivals", "one-arm"), "two arms or more are needed"),
        (("timing", "plain"), "inflation_offset"),
        (("timing", "plain", "-o", "timing.txt"), "ends in .txt, .png, .pdf, .svg are allowed"),
        (("weaning", "plain"), "no arm differs from iabp"),
        (("robustness", "plain", "plain", *AXES), "assumes the same as the first"),
        (("robustness", "plain", "--x", X), "y"),
    ],
)
def test_bad_input_leaves_with_2_and_writes_nothing(call, arguments, says):
    code, out, told, folder = call(*arguments)
    assert code == 2
    assert says in told
    assert told.count("\n") == 1
    assert out == ""
    assert list(folder.iterdir()) == []
