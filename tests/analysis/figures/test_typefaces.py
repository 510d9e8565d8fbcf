"""Texts in letters that the pictures' typeface lacks: shown by another one, else told; and never a raw warning."""

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

import counterpulse as cp
from counterpulse.analysis.figures import typefaces
from counterpulse.analysis.figures.style import fitted, save, style, wrapped
from counterpulse.analysis.figures.typefaces import MAIN, families_for, family_with, lacking, width
from counterpulse.analysis.maps.map_figure import map_figure
from counterpulse.cli.pictures import picture

HAN = "大动脉内球囊反搏对谁有帮助"
CIRCLED = "\u24c1"
"""Not in the typeface of the pictures, but in another that comes with matplotlib."""


@pytest.fixture
def only_ours(monkeypatch):
    """A machine on which no typeface is installed but that of the pictures."""
    ours = [each for each in fontManager.ttflist if each.name == MAIN or typefaces.PLACEHOLDER in each.fname]
    monkeypatch.setattr(fontManager, "ttflist", ours)
    family_with.cache_clear()
    yield
    family_with.cache_clear()


def test_ours_is_taken_for_all_that_it_has():
    assert families_for("Where does it help? β ≥ 10 % Ünïcode мир") == [MAIN]
    assert lacking("Where does it help? β ≥ 10 %\n\t Ünïcode мир") == ""


def test_another_typeface_is_asked_for_a_letter_that_ours_lacks():
    other = family_with(CIRCLED)
    assert other not in (None, MAIN)
    assert families_for(f"a {CIRCLED}") == [MAIN, other]
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(f"title {CIRCLED}")
    axes.set_xticks([0, 1], ["a", f"b {CIRCLED}"])
    with style(), typefaces.readable(figure):
        drawn = [each for each in figure.findobj(mpl.text.Text) if CIRCLED in each.get_text()]
        assert len(drawn) >= 2
        assert all(each.get_fontfamily() == [MAIN, other] for each in drawn)
    assert width(f"{CIRCLED}{CIRCLED}", 8) > 1.5 * width(CIRCLED, 8) > 0


def test_a_machine_without_such_letters_draws_boxes_and_no_warning(only_ours, people, tmp_path):
    assert lacking(f"{HAN} a {HAN}") == "".join(dict.fromkeys(HAN))
    result = cp.map(people, "systemic_resistance", "heart_rate").assign_attrs(name=HAN * 5)
    figure = map_figure(result)
    assert save(figure, tmp_path / "map.png").stat().st_size > 10_000
    assert lacking(typefaces.said(figure)) == lacking(HAN)


def test_a_line_without_spaces_is_broken_all_the_same(only_ours):
    text = wrapped(HAN * 10, 2.0, 9)
    assert text.replace("\n", "") == HAN * 10
    assert max(width(line, 9) for line in text.split("\n")) <= 2.0
    assert fitted(HAN * 10, 1.0, 9).endswith("\N{HORIZONTAL ELLIPSIS}")
    assert wrapped("supercalifragilistic", 0.1, 9) == "supercalifragilistic"


def test_what_cannot_be_shown_is_told_in_one_line(only_ours, tmp_path, capsys):
    for text, lines in ((f"a {HAN[:2]} b {HAN[0]}", 1), ("a", 0)):
        figure = Figure()
        figure.suptitle(text)
        picture(figure, tmp_path / "one.png")
        told = capsys.readouterr()
        assert told.out == ""
        assert len(told.err.splitlines()) == lines
        assert not lines or f"no typeface installed here has {HAN[0]} {HAN[1]}: " in told.err
