"""The picture of a sensitivity and its command."""

import json
from functools import partial

import numpy as np
import pytest
import xarray as xr
from figure_texts import check_texts
from matplotlib.colors import to_hex

from counterpulse.analysis.figures.style import ORANGE, SKY, save
from counterpulse.analysis.sensitivity.indices import sensitivity
from counterpulse.analysis.sensitivity.sensitivity_figure import ROWS, sensitivity_figure
from counterpulse.analysis.sensitivity.words import ranked
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.store import opening

NAMED = ["heart_rate", "systemic_resistance", "arterial_stiffness"]


@pytest.fixture(scope="module")
def crowd(population):
    """A population with twenty parameters more, which do nothing, and long names among them."""
    people, random = population(3000), np.random.default_rng(1)
    more = [name for name in PARAMETERS if name not in people and name != "cohort"][:20]
    return people.assign({name: ("patient", random.random(people.sizes["patient"])) for name in more})


def bars(axes, colour):
    return [bar.get_width() for bar in axes.patches if to_hex(bar.get_facecolor()).upper() == colour]


def test_the_tornado_has_the_largest_on_top_and_the_whiskers_of_the_intervals(people):
    result = sensitivity(people, ["cardiac_output_relative_difference"])
    figure = sensitivity_figure(result)
    axes = figure.axes[0]
    one = ranked(result, "cardiac_output_relative_difference")
    assert one["parameter"].values.tolist()[0] == "systemic_resistance"
    np.testing.assert_allclose(bars(axes, ORANGE), one["pawn"].values)
    assert axes.yaxis_inverted()
    whiskers = axes.containers[1].lines[2][0].get_segments()
    np.testing.assert_allclose([line[0][0] for line in whiskers], one["pawn_low"].values)
    np.testing.assert_allclose([line[1][0] for line in whiskers], one["pawn_high"].values)


@pytest.mark.parametrize("outcomes", [["helps"], ["helps", "wedge_pressure_difference"], None])
def test_no_text_touches_another(crowd, outcomes):
    texts = check_texts(sensitivity_figure(sensitivity(crowd, outcomes)))
    shown = " ".join(texts).replace("\N{NO-BREAK SPACE}", " ")
    assert "3,000 candidates of ami-cs" in shown
    assert f"{23 - ROWS} parameters with less influence are not shown" in shown


@pytest.mark.slow
def test_no_text_touches_another_with_many_outcomes(crowd):
    many = ["helps", "harms", "wedge_pressure@iabp", "endocardial_flow_relative_difference", "demand_difference"]
    texts = check_texts(sensitivity_figure(sensitivity(crowd, [*many, "cardiac_output", "wedge_pressure"])))
    assert any("1 more outcomes" in text.replace("\N{NO-BREAK SPACE}", " ") for text in texts)


def test_other_methods(dataset, tmp_path):
    random = np.random.default_rng(2)
    a, b = random.random((2, 100, 3))
    mixed = [np.where(np.arange(3) == place, b, a) for place in range(3)]
    sobol = np.stack([a, *mixed, b], axis=1).reshape(-1, 3)
    steps = np.cumsum(np.eye(3)[np.argsort(random.random((100, 3)))], axis=1) * 0.5
    morris = (a[:, None] / 2 + np.concatenate([np.zeros((100, 1, 3)), steps], axis=1)).reshape(-1, 3)
    for design, unit in (("saltelli", sobol), ("morris", morris)):
        values = 4 + unit @ np.array([1.0, 3.0, 2.0])
        people = dataset({"cardiac_output": values, "wedge_pressure": values**2}, {}).assign_attrs(design=design)
        people = people.assign({name: ("patient", column) for name, column in zip(NAMED, unit.T, strict=True)})
        result = sensitivity(people, ["cardiac_output", "wedge_pressure@iabp"])
        figure = sensitivity_figure(result)
        texts = check_texts(figure)
        assert ("Sobol indices" if design == "saltelli" else "elementary effects per step (Morris)") in texts
        order = ["systemic_resistance", "arterial_stiffness", "heart_rate"]
        index = "total" if design == "saltelli" else "mu_star"
        np.testing.assert_allclose(
            bars(figure.axes[0], SKY), result[index].sel(outcome="cardiac_output", parameter=order).values
        )
        assert save(figure, tmp_path / f"{design}.png").stat().st_size > 10_000


@pytest.fixture
def call(call, monkeypatch, crowd, tmp_path):
    """Run the command on a store of the synthetic population: exit code, what it printed, what it told."""
    path = tmp_path / "people.zarr"
    crowd.chunk(patient=1000).to_zarr(path, zarr_format=3, consolidated=False)
    # it is no store of a sweep, only its data: the look at the receipts is left out
    monkeypatch.setattr(opening, "open_store", lambda path: xr.open_zarr(path, consolidated=False, chunks=None))
    return partial(call, "sensitivity", path)


def test_the_command(call, crowd, tmp_path):
    code, out, told = call("--outcome", "helps", "--top", 2, "-o", tmp_path / "s.png")
    assert (code, told) == (0, "")
    assert "probability of help (helps)" in out
    assert "21 more parameters with less influence" in out
    assert (tmp_path / "s.png").exists()
    code, out, _ = call("--json", "--group", "both=systemic_resistance, arterial_stiffness")
    found = xr.Dataset.from_dict(json.loads(out)).sel(outcome="cardiac_output_relative_difference")
    exact = sensitivity(crowd, ["cardiac_output_relative_difference"])
    assert found["moves"].sel(parameter="both") == "systemic_resistance, arterial_stiffness"
    assert found["failed"] == int(exact["failed"][0]) > 0
    first = exact["first"].isel(outcome=0)
    assert found["first"].sel(parameter=first.idxmax()) == pytest.approx(float(first.max()), abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--outcome", "cardiac_outptu"], "did you mean 'cardiac_output'"),
        (["--outcome", "age"], "outcome"),
        (["--group", "afterload"], "is not NAME=A,B"),
        (["--group", "a=heart_rate", "--group", "a=heart_rate"], "given twice"),
        (["--group", "a=heart_rat"], "did you mean 'heart_rate'"),
        (["--method", "sobol"], "not those of a saltelli design"),
        (["--method", "sobl"], "did you mean 'sobol'"),
        (["--arm", "off"], "off is the reference"),
        (["--top", "0"], "--top"),
        (["-o", "s.jpeg"], ".png"),
    ],
)
def test_bad_input_is_one_line(call, arguments, says):
    code, out, told = call(*arguments)
    assert (code, out) == (2, "")
    assert says in told
    assert told.count("\n") == 1
