"""Pictures of maps: what is drawn, that no text touches another, and that the numbers drawn are those of the map."""

import matplotlib as mpl
import numpy as np
import pytest
from figure_texts import check_texts

import counterpulse as cp
from counterpulse.analysis.figures.style import CLASS_COLOURS
from counterpulse.analysis.maps.drawing import value_scale
from counterpulse.analysis.maps.map_figure import map_figure

CHANGE = "cardiac_output_relative_difference"
NAMES = ("refractory-ischaemia", "high-risk-pci", "ami-cs", "rv-failure", "acute-mr", "healthy", "scai-e")


def cohorts(people, number):
    flags = {"flag_values": np.arange(number, dtype=np.uint8), "flag_meanings": " ".join(NAMES[:number])}
    return people.assign(cohort=("patient", (np.arange(people.sizes["patient"]) % number).astype(np.uint8), flags))


def panels(figure):
    """Axes with data: neither colour bars nor those switched off."""
    return [axes for axes in figure.get_axes() if axes.axison and axes.get_label() != "<colorbar>"]


SIDE = {"columns": "arterial_stiffness", "groups": 5}
GRID = {"columns": "arterial_stiffness", "rows": "cohort"}


@pytest.mark.parametrize(
    ("y", "value", "more"),
    [
        (None, None, {}),
        (None, None, GRID),
        ("systemic_resistance", None, SIDE),
        ("systemic_resistance", None, GRID),
        (None, CHANGE, {}),
        (None, "demand_difference", GRID),
        ("systemic_resistance", CHANGE, {}),
        ("systemic_resistance", "demand_difference", SIDE),
        ("systemic_resistance", "cardiac_output", GRID),
    ],
)
def test_no_text_touches_another(people, y, value, more):
    people = cohorts(people, 3)
    result = cp.map(people, "heart_rate", y, value=value, **more)
    figure = map_figure(result)
    texts = check_texts(figure)
    assert "Where does it help?" in texts
    if more:
        assert len(panels(figure)) == (5 if more is SIDE else 9)
        assert any("columns: arterial stiffness" in text for text in texts)


@pytest.mark.slow
def test_many_cohorts_side_by_side_and_below_each_other(people):
    many = cohorts(people, len(NAMES))
    texts = check_texts(map_figure(cp.map(many, "heart_rate", "systemic_resistance", columns="cohort")))
    assert set(NAMES) <= set(texts)
    check_texts(map_figure(cp.map(many, "heart_rate", columns="arterial_stiffness", rows="cohort", groups=6)))


def test_the_curves_are_the_shares(people):
    result = cp.map(people, "heart_rate", bins=9)
    (axes,) = panels(map_figure(result))
    lines = {line.get_color(): line.get_ydata() for line in axes.get_lines()}
    for name, colour in CLASS_COLOURS.items():
        np.testing.assert_allclose(lines[colour], result["share"].sel(response=name))
    assert axes.get_xlim() == (result["heart_rate_bounds"].values[0, 0], result["heart_rate_bounds"].values[-1, 1])


def test_the_curves_of_weighted_patients_are_the_weighted_shares(people):
    weight = np.where(people["heart_rate"].values > 100, 0.2, 1.8)
    result = cp.map(people.assign(sampling_weight=("patient", weight)), "systemic_resistance", bins=5)
    (axes,) = panels(map_figure(result))
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), result["share"].sel(response="helps"))
    both = cp.map(people.assign(sampling_weight=("patient", weight)), "systemic_resistance", "heart_rate", bins=5)
    above = next(axes for axes in panels(map_figure(both)) if axes.get_ylabel() == "share (%)")
    np.testing.assert_allclose(above.get_lines()[0].get_ydata(), result["share"].sel(response="helps"), atol=0.03)
    assert "count by their sampling weight" in " ".join(check_texts(map_figure(both)))


def test_the_cells_are_the_values_and_half_their_interval(people):
    result = cp.map(people, "heart_rate", "systemic_resistance", value=CHANGE, bins=6)
    value, half = (mesh.get_array() for mesh in map_figure(result).findobj(mpl.collections.QuadMesh)[:2])
    np.testing.assert_allclose(np.ravel(value), np.ravel(result["value"]))
    np.testing.assert_allclose(np.ravel(half), np.ravel(result["value_high"] - result["value_low"]) / 2)


def test_thin_cells_of_a_number_are_hatched_and_not_painted(population):
    result = cp.map(population(900), "arterial_stiffness", "wedge_pressure", value=CHANGE, bins=20)
    assert result["thin"].any()
    figure = map_figure(result)
    assert np.ma.getmaskarray(figure.findobj(mpl.collections.QuadMesh)[0].get_array())[result["thin"].values].all()
    assert any(patch.get_hatch() for patch in figure.findobj(mpl.patches.PathPatch))
    assert "Hatched: fewer than 10" in " ".join(check_texts(figure))


@pytest.mark.parametrize(
    ("values", "signed", "limits"),
    [
        ([-1.0, 3.0], True, (-3, 3)),
        ([1.0, 3.0], True, (0, 3)),
        ([-2.0, -1.0], True, (-2, 0)),
        ([1.0, 3.0], False, (1, 3)),
    ],
)
def test_white_is_no_change(values, signed, limits):
    scale = value_scale(np.repeat(values, 500), signed)
    assert (scale.norm.vmin, scale.norm.vmax) == pytest.approx(limits, abs=0.05)
    if signed:
        np.testing.assert_allclose(scale.colours(scale.norm(0.0))[:3], 1, atol=0.02)


def test_every_cell_thin_or_one_value(population):
    few = population(40)
    check_texts(map_figure(cp.map(few, "heart_rate", "arterial_stiffness", value=CHANGE, bins=6)))
    check_texts(map_figure(cp.map(few, "heart_rate", columns="arterial_stiffness")))
    same = few.assign(age=("patient", np.full(40, 60.0)))
    check_texts(map_figure(cp.map(same, "heart_rate", "arterial_stiffness", value="age", bins=6)))
