"""The page of figures: widths of journals, a user's style sheet, and what the files hold for an editor."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from figure_texts import check_texts
from matplotlib.colors import to_hex
from PIL import Image
from test_figures import page_inputs

import counterpulse as cp
from counterpulse.analysis.figures.layout import Line, flow, panels
from counterpulse.analysis.figures.sheet import OURS, SMALLEST, narrow, page_width, points, read_style, settings, sheet
from counterpulse.analysis.figures.style import page, save, style
from counterpulse.analysis.maps.map_figure import map_figure
from counterpulse.analysis.patient.page import patient_page
from counterpulse.cli import pictures
from counterpulse.engine.errors import InputError


@pytest.fixture(scope="module")
def answer(people):
    return cp.map(people, "systemic_resistance", "heart_rate")


def drawn(answer, width, look=None):
    with sheet(width, look):
        return map_figure(answer)


@pytest.mark.parametrize("width", [80, 85, 120, 150, 180, 240])
def test_a_map_is_as_wide_as_asked_and_legible(answer, width):
    with sheet(width):
        figure = map_figure(answer)
        assert figure.get_size_inches()[0] * 25.4 == pytest.approx(width)
        texts = check_texts(figure, least=SMALLEST if narrow() else 8)
    assert {"a", "b", "c", "helped (%)", "harmed (%)"} <= set(texts)


def test_panels_of_columns_and_curves_are_legible_in_a_column(people):
    for asked in ({"columns": "arterial_stiffness"}, {"columns": "arterial_stiffness", "rows": "wedge_pressure"}):
        for y in ("systemic_resistance", None):
            with sheet(85):
                check_texts(map_figure(cp.map(people, "heart_rate", y, bins=8, **asked)), least=SMALLEST)
    with sheet(85):
        check_texts(
            map_figure(cp.map(people, "heart_rate", "systemic_resistance", value="cardiac_output")), least=SMALLEST
        )


def test_the_page_of_a_patient_is_legible_in_a_column(dataset):
    patient, traces = page_inputs(dataset)
    with sheet(85):
        figure = patient_page(
            patient, traces, arm="iabp", reference="off", title="Patient 12,345", about="65 years, " * 9
        )
        texts = check_texts(figure, least=SMALLEST)
        assert figure.get_size_inches()[1] * 25.4 <= 240.5
    assert {"a", "b", "c", "d", "e", "+15"} <= set(texts)


@pytest.mark.parametrize("width", [79.9, 401, np.nan, np.inf, -85])
def test_a_width_that_no_figure_fits_is_refused(width):
    with pytest.raises(InputError, match="80 to 400 mm are allowed"), sheet(width):
        pass


def test_panels_go_below_each_other_where_they_would_lose_a_tenth_of_their_width():
    line = Line(2.0, (2, 1, 1), alone=0.5)
    assert flow(5.0, line) == (5.0, [line])
    with sheet(85):
        assert flow(5.0, line) == (6.0, [Line(1.0, (2,)), Line(1.0, (1,)), Line(1.0, (1,))])
    with sheet(130):
        assert flow(5.0, line)[1] == [Line(1.0, (2, 1)), Line(1.0, (1,))]
    with sheet(180):
        assert flow(5.0, line) == (5.0, [line])


def three_by(lines, height=2.5):
    """A figure of lines of three panels each, that go below each other on a narrow page."""
    whole, laid = flow(lines * height + 1.0, *[Line(height, (1, 1, 1))] * lines)
    with page(whole, "Title", "A caption of some words.") as figure:
        panels(figure, laid)
    return figure


def heights(width, lines):
    with sheet(width):
        return three_by(lines).get_size_inches()[1] * 25.4


def test_a_narrow_figure_that_is_a_little_too_high_is_made_to_fit():
    natural = [25.4 * (1.0 + 3 * 0.65 * height) for height in (4.2, 4.8)]
    assert natural[0] < 240 < natural[1] < 264
    for height, expected in zip((4.2, 4.8), (natural[0], 240), strict=True):
        with sheet(85):
            assert three_by(1, height).get_size_inches()[1] * 25.4 == pytest.approx(expected, abs=2)
    assert three_by(1, 12.0).get_size_inches()[1] * 25.4 > 264, "a page of full width is left alone"


def test_a_figure_higher_than_a_page_is_refused_with_the_least_width_for_it(refused, tmp_path):
    # two of three panels stay beside each other from two thirds of 165 mm on
    target, data = tmp_path / "figure.png", tmp_path / "figure.csv"
    with refused("--width: at 85 mm", f"{heights(85, 2):.0f} mm high", "240 mm", "110 mm is the least") as told:
        pictures.drawn(pictures.Request((target,), 85, None, data), lambda: three_by(2), lambda: None)
    assert list(tmp_path.iterdir()) == []
    least = int(re.search(r"(\d+) mm is the least", str(told.value))[1])
    assert heights(least, 2) <= 240.5 < heights(least - 5, 2)
    pictures.drawn(pictures.Request((target,), least), lambda: three_by(2), lambda: None)
    with Image.open(target) as picture:
        assert picture.height / 300 * 25.4 <= 241
    # a page of full width is as it is without --width
    pictures.drawn(pictures.Request((target,), 183), lambda: three_by(5), lambda: None)


def test_the_page_is_the_usual_one_again_after_a_figure():
    before = page_width(), points(8)
    with pytest.raises(ZeroDivisionError), sheet(85):
        1 / (page_width() < before[0] and 0)
    assert (page_width(), points(8)) == before == (7.2, 8)


def written(tmp_path, text):
    path = tmp_path / "mine.mplstyle"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_style_sheet_lies_over_the_own(answer, tmp_path):
    path = written(
        tmp_path, 'font.size: 10.2  # larger\naxes.edgecolor: "#FF0000"\naxes.labelsize: 7\nfont.family: DejaVu Serif\n'
    )
    figure = drawn(answer, None, read_style(path))
    plain = drawn(answer, None)
    main, usual = figure.axes[0], plain.axes[0]
    assert to_hex(main.spines["left"].get_edgecolor()) == "#ff0000"
    assert main.xaxis.label.get_fontsize() == 7
    assert figure._supxlabel.get_fontsize() == pytest.approx(1.2 * plain._supxlabel.get_fontsize())
    assert main.xaxis.get_ticklabels()[0].get_fontsize() == pytest.approx(1.2 * 8)
    assert main.xaxis.label.get_fontfamily() == ["DejaVu Serif"]
    assert usual.xaxis.label.get_fontfamily() == ["sans-serif"]
    with sheet(None, read_style(path)):
        saved = save(figure, tmp_path / "map.svg").read_text()
        check_texts(drawn(answer, None, read_style(path)), least=7)
    assert "DejaVu Serif" in saved
    assert mpl.rcParams["axes.edgecolor"] != "#FF0000"


def test_the_own_sheet_is_a_style_sheet_that_changes_nothing(answer):
    assert read_style(OURS) == settings()
    one, other = (drawn(answer, None, look) for look in (None, read_style(OURS)))
    assert one.get_size_inches().tolist() == other.get_size_inches().tolist()
    assert [text.get_fontsize() for text in one.findobj(mpl.text.Text)] == [
        text.get_fontsize() for text in other.findobj(mpl.text.Text)
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("font.sise: 9\n", r"mine\.mplstyle, line 1: matplotlib knows no 'font\.sise'; did you mean 'font\.size'"),
        ("\n# fine\nfont.size 9\n", "line 3"),
        ("font.size\n", "line 1: a line is NAME: VALUE"),
        ("font.size: large and red\n", "Could not convert"),
        ("text.usetex: True\n", r"text\.usetex cannot be set"),
        ("figure.figsize: 3, 3\n", r"figure\.figsize cannot be set"),
        ("backend: pdf\n", "backend cannot be set"),
        ("font.family: Comic Papyrus\n", "none of its typefaces is installed here"),
        ("font.size: 9\nfont.size: 10\n", "Duplicate key, line 2"),
        ("font.size: 60\n", "font.size 60, 4 to 16 points are allowed"),
    ],
)
def test_a_style_sheet_with_a_mistake_is_refused_in_one_line(tmp_path, capfd, text, says):
    with pytest.raises(InputError, match=says) as refused:
        read_style(written(tmp_path, text))
    assert "\n" not in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_what_is_no_style_sheet_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_style(tmp_path / "none.mplstyle")
    (tmp_path / "map.png").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(InputError, match="no style sheet of matplotlib"):
        read_style(tmp_path / "map.png")


def test_fonts_are_embedded_as_truetype_and_text_stays_text(answer, tmp_path):
    figure = drawn(answer, 85)
    with sheet(85):
        pdf = save(figure, tmp_path / "map.pdf").read_bytes()
        svg = ElementTree.fromstring(save(figure, tmp_path / "map.svg").read_text())
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    words = {"".join(each.itertext()) for each in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"helped (%)", "share (%)"} <= words
    width = re.fullmatch(r"([\d.]+)pt", svg.attrib["width"])
    assert float(width[1]) / 72 * 25.4 == pytest.approx(85, abs=0.1)


def test_figures_are_the_same_bytes_again(answer, tmp_path):
    for suffix in (".png", ".pdf", ".svg"):
        once, again = (save(drawn(answer, 85), tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
        assert once == again


def test_settings_of_a_user_are_left_alone(answer, tmp_path):
    before = dict(mpl.rcParams)
    with sheet(85, read_style(written(tmp_path, "axes.grid: True\n"))):
        with style():
            assert mpl.rcParams["axes.grid"]
        map_figure(answer)
    assert dict(mpl.rcParams) == before
