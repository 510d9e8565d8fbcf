"""Pictures: every text drawn is looked for, and none may touch another, be small, or leave the page."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from figure_texts import check_texts
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import counterpulse as cp
from counterpulse.analysis.figures.style import CLASS_COLOURS, save, style, wrapped
from counterpulse.analysis.maps.map_figure import map_figure
from counterpulse.analysis.patient.outcome_table import LEFT, RIGHT
from counterpulse.analysis.patient.page import patient_page
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES, Status


def page_inputs(dataset, arms=("off", "iabp"), beats=1, status=(1, 1)):
    """A patient and made-up periodic signals with the names of the waveforms."""
    after = {"cardiac_output": 4.6, "augmented_diastolic_pressure": 104.0, "pressure_volume_area": 5555.0}
    patient = dataset({}, after, status=status).isel(patient=0)
    patient["lv_unstressed_volume"] = ((), 15.0)
    time = np.arange(200) / 200
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * time)
    signals = {
        "aortic_pressure": 60 + 40 * wave,
        "lv_pressure": 10 + 80 * wave**4,
        "lv_volume": 160 - 50 * wave,
        "balloon_volume": 40 * wave,
        "inner_flow": 2 * wave - 0.2,
        "outer_flow": 1 + wave,
    }
    traces = xr.Dataset(
        {name: (("arm", "time"), np.stack([values] * len(arms))) for name, values in signals.items()},
        {"arm": np.array(arms, dtype=object), "time": time},
    )
    traces["pattern_duration"] = ("arm", [0.6 * (beats if arm != "off" else 1) for arm in arms])
    return patient, traces


@pytest.mark.parametrize(
    ("x", "y", "bins"),
    [
        ("systemic_resistance", "heart_rate", None),
        ("pulmonary_artery_pulsatility_index", "augmented_diastolic_pressure_relative_difference", 9),
        ("wedge_pressure", "demand_difference", 60),
    ],
)
def test_no_text_of_the_map_touches_another(people, x, y, bins):
    if x.startswith("pulmonary"):
        random = np.random.default_rng(5)
        people = people.copy()
        for name in (x, y.removesuffix("_relative_difference")):
            people[name] = people[name] * random.normal(1, 0.1, people[name].shape)
    result = cp.map(people, x, y, bins=bins)
    texts = check_texts(map_figure(result))
    assert {"a", "b", "c", "helped (%)", "harmed (%)", "Where does it help?"} <= set(texts)


def test_the_map_says_population_number_definition_and_failures(people):
    result = cp.map(people, "systemic_resistance", "heart_rate")
    caption = " ".join(check_texts(map_figure(result))).replace("\N{NO-BREAK SPACE}", " ")
    assert f"{result.attrs['compared']:,} virtual patients of ami-cs" in caption
    assert f"{result.attrs['failed_run']:,} failed" in caption
    assert "cardiac output up by 10 % or more" in caption


def test_a_long_question_and_few_patients(population):
    few = population(200)
    name = "What becomes of patients in the shock of infarction when a balloon of 40 mL beats at every beat, and where?"
    few.attrs["spec"] = f'{{"name": "{name} $5 each"}}'
    check_texts(map_figure(cp.map(few, "arterial_stiffness", "wedge_pressure", bins=12)))


def test_thin_cells_are_hatched_and_not_painted(population):
    result = cp.map(population(800), "arterial_stiffness", "wedge_pressure", bins=20)
    assert result["thin"].any()
    figure = map_figure(result)
    meshes = figure.findobj(mpl.collections.QuadMesh)
    painted = [mesh for mesh in meshes if np.size(mesh.get_array()) == result["patients"].size]
    assert len(painted) == 3
    for mesh in painted:
        hidden = np.ma.getmaskarray(mesh.get_array()).reshape(result["patients"].shape)
        np.testing.assert_array_equal(hidden, result["patients"].values < result.attrs["fewest"])
    assert sum(patch.get_hatch() is not None for patch in figure.findobj(mpl.patches.PathPatch)) == 3


@pytest.mark.parametrize("beats", [1, 3])
def test_no_text_of_the_page_touches_another(dataset, beats):
    patient, traces = page_inputs(dataset, beats=beats)
    page = patient_page(
        patient,
        traces,
        arm="iabp",
        reference="off",
        title="Patient 12,345 of ami-cs, changed: not helped by iabp",
        about="65 years, male, heart rate 105 /min, " * 6,
    )
    texts = check_texts(page)
    assert set("abcde") <= set(texts)
    assert "104" in texts or "104.0" in texts
    assert "+15" in texts


def test_long_names_of_arms_are_shortened(dataset):
    patient, traces = page_inputs(dataset)
    names = np.array(["without any device at all", "a balloon of 40 mL at every second beat, late"], dtype=object)
    patient, traces = (each.assign_coords(arm=names) for each in (patient, traces))
    check_texts(patient_page(patient, traces, arm=names[1], reference=names[0], title=f"Patient 3: {names[1]}"))


def test_the_page_of_a_patient_who_failed_says_so(dataset):
    patient, _ = page_inputs(dataset, status=(Status.NON_PHYSICAL, Status.REFERENCE_FAILED))
    for name in OUTCOMES:
        patient[name] = patient[name] * np.nan
    texts = check_texts(patient_page(patient, None, arm="iabp", reference="off", title="Patient 3", about=""))
    assert texts.count("no periodic state") == 4
    assert Status.NON_PHYSICAL.sentence in " ".join(texts)


def test_the_page_of_a_patient_whose_arm_failed_shows_the_reference(dataset):
    patient, traces = page_inputs(dataset, arms=("off",), status=(Status.OK, Status.NOT_CONVERGED))
    page = patient_page(patient, traces, arm="iabp", reference="off", title="Patient 3", about="")
    texts = check_texts(page)
    assert "no periodic state" not in texts
    assert Status.NOT_CONVERGED.sentence in " ".join(texts)


def test_end_systolic_lines_go_through_the_end_systolic_points(dataset):
    patient, traces = page_inputs(dataset)
    patient["lv_end_systolic_pressure"] = ("arm", [90.0, 80.0])
    page = patient_page(patient, traces, arm="iabp", reference="off", title="", about="")
    (loops,) = [axes for axes in page.findobj(mpl.axes.Axes) if axes.get_xlabel() == "LV volume (mL)"]
    points = [line.get_xydata()[0] for line in loops.lines if line.get_marker() == "o"]
    straight = [line.get_xydata() for line in loops.lines if len(line.get_xdata()) == 2]
    assert [float(point[1]) for point in points] == [90.0, 80.0]
    for (start, end), point in zip(straight, points, strict=True):
        assert start.tolist() == [15.0, 0.0]
        assert end[1] / (end[0] - 15) == pytest.approx(point[1] / (point[0] - 15))


def test_table_and_outcomes_agree_on_names():
    shown = [name for _, names in LEFT + RIGHT for name, _ in names]
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(OUTCOMES)


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_files(people, tmp_path, suffix):
    path = save(map_figure(cp.map(people, "systemic_resistance", "heart_rate")), tmp_path / f"map{suffix}")
    start = path.read_bytes()[:500]
    assert {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix] in start
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_files_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"\.png, \.pdf, \.svg"):
        save(Figure(), tmp_path / "map.jpeg")
    with pytest.raises(InputError, match="does not exist"):
        save(Figure(), tmp_path / "no" / "map.png")


def test_the_look_of_a_user_is_left_alone(people):
    before = dict(mpl.rcParams)
    map_figure(cp.map(people, "systemic_resistance", "heart_rate"))
    assert dict(mpl.rcParams) == before


def test_wrapped_lines_are_no_wider_than_asked():
    with style():
        text = wrapped("the quick brown fox jumps over the lazy dog " * 20, 3.0, 8)
        figure = Figure()
        canvas = FigureCanvasAgg(figure)
        drawn = [figure.text(0, 0, line, fontsize=8) for line in text.split("\n")]
        widths = [each.get_window_extent(canvas.get_renderer()).width for each in drawn]
    assert max(widths) <= 3.0 * figure.dpi * 1.02
    assert max(widths) > 2.5 * figure.dpi


def test_the_classes_can_be_told_apart_without_colour():
    """Deuteranopia after Machado 2009 (severity 1), distance in linear light."""
    matrix = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]])
    seen = [matrix @ np.array(mpl.colors.to_rgb(colour)) ** 2.2 for colour in CLASS_COLOURS.values()]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > 0.15
