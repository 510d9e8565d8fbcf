"""Tables on terminals of any width: no number cut, no name lost, no line too long; and elsewhere nothing broken."""

import re
import sys

import pytest

from counterpulse.analysis.words.text import cell, columns, wide
from counterpulse.cli.listings import list_cohorts, list_outcomes, list_parameters
from counterpulse.cli.tables import FRAME, fitted, table, wrapped

NAMES = ["left_ventricular_end_systolic_elastance", "left_ventricular_end_systolic_pressure", "age"]
WIDE = (
    ["measurement", *(f"{kind} {part}" for kind in ("first", "pawn") for part in ("", "95 % from", "to", "of half"))],
    [[name, *(float(f"{-0.0123456 * (1 + place):.4g}") for place in range(8))] for name in NAMES],
)
SPANS = (
    ["arm", "meets % (95 %)", *(f"change of {place}" for place in range(8))],
    [[arm, "81.2 (70.0-88.9)", *["-1,239.5 (-2,345.6 to +1,234.5)"] * 8] for arm in ("iabp", "0.5-mL", "大きい")],
)
WEANED = (
    ["curve", "setting", "arm", *WIDE[0][1:]],
    [
        [curve, setting, "iabp", *WIDE[1][0][1:]]
        for curve in ("assist ratio", "balloon volume")
        for setting in ("1", "2")
    ],
)
TABLES = {
    "two keys": WEANED,
    "cohorts": list_cohorts()[1:],
    "parameters": list_parameters()[1:],
    "outcomes": list_outcomes()[1:],
    "indices": WIDE,
    "spans": SPANS,
    "one column": (["variable"], [["a_name_that_is_longer_than_any_terminal_" * 4], ["b"]]),
    "no rows": (["arm", "patients"], []),
}
NUMBER = re.compile(r"[-+]?\d[\d,.]*\d|\d")


@pytest.mark.parametrize("width", [60, 80, 132, 1000])
@pytest.mark.parametrize(("head", "rows"), TABLES.values(), ids=TABLES)
def test_nothing_of_a_table_is_lost_at_any_width(head, rows, width):
    keys = 2 if head is WEANED[0] else 1
    following = 0
    for part in fitted(head, rows, width):
        assert part.width == sum(part.widths) + FRAME * len(part.widths) + 1 <= width
        begin = max(following, keys)
        own = [*range(keys), *range(begin, begin + len(part.head) - keys)]
        following = own[-1] + 1
        for place, column in enumerate(own):
            originals = [head[column], *(cell(row[column]) for row in rows)]
            shown = [part.head[place], *(row[place] for row in part.rows)]
            for original, text in zip(originals, shown, strict=True):
                assert re.sub(r"\s", "", text) == re.sub(r"\s", "", original)
                assert NUMBER.findall(text) == NUMBER.findall(original)
                assert max(map(wide, text.split("\n"))) <= part.widths[place]
        assert len({tuple(row) for row in part.rows}) == len({tuple(row) for row in rows})
    assert following == len(head)


def test_a_table_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for width in (20, 60, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        table(*WIDE, title="probability of help")
        printed = capsys.readouterr().out
        printed = re.sub(r"\x1b\[[0-9;]*m", "", printed)
        assert "…" not in printed
        numbers = [cell(value) for row in WIDE[1] for value in row[1:]]
        assert all(re.search(rf"│ +{re.escape(number)} │", printed) for number in numbers)
        assert width < 60 or max(map(len, printed.splitlines())) <= width
        assert printed.count("probability of help") == 1
    columns_printed = re.sub(r"[^a-z_]", "", printed)
    assert all(part in columns_printed for name in NAMES for part in re.findall(r"[^_]+_?", name))


def test_elsewhere_a_row_is_a_line(capsys):
    table(*SPANS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(SPANS[1])
    assert lines == columns(*SPANS).splitlines()
    places = {wide(line[: line.index("81.2")]) for line in lines[1:]}
    assert len(places) == 1


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("lv_end_systolic_volume", 10, "lv_end_\nsystolic_\nvolume"),
        ("-1.5 (-2.5 to 3.5)", 8, "-1.5\n(-2.5 to\n3.5)"),
        ("mmHg s/mL", 7, "mmHg s/\nmL"),
        ("abcdefghij", 4, "abcd\nefgh\nij"),
        ("", 4, ""),
    ],
)
def test_where_a_text_is_broken(text, width, expected):
    assert wrapped(text, width) == expected
