"""The numbers behind a figure: all of an answer's, each with its interval, units and place, and nothing lost."""

import io

import numpy as np
import pandas as pd
import xarray as xr

import counterpulse as cp
from counterpulse.analysis.figures.numbers import tidy
from counterpulse.analysis.maps.map_figure import map_figure
from counterpulse.cli.options.shared import Drawing
from counterpulse.cli.pictures import drawn, requested


def small():
    return xr.Dataset(
        {
            "share": (("response", "x"), np.float32([[0.1, 0.2], [0.9, np.nan]]), {"units": "1"}),
            "share_low": (("response", "x"), [[0.05, 0.1], [0.8, 0.7]]),
            "share_high": (("response", "x"), [[0.2, 0.3], [1.0, 1.0]]),
            "patients": ("x", [10, 20], {"units": "1"}),
            "very_low": ("x", [1.0, 2.0], {"units": "mmHg"}),
            "label": ("response", ["helps, or so", 'harms "at all"']),
            "note": ("other", ["alone"]),
            "best": ((), 3.5, {"units": "s"}),
        },
        {"response": ["helps", "harms"], "x": ("x", [60.0, 70.0], {"units": "1/min"})},
    )


def test_a_row_for_each_number_with_its_interval_units_and_place():
    table = tidy(small())
    assert table.columns.tolist()[:5] == ["quantity", "units", "value", "low", "high"]
    assert set(table.columns[5:]) == {"response", "x [1/min]", "label", "other", "note"}
    share = table[table["quantity"] == "share"].set_index(["response", "x [1/min]"])
    assert share.loc[("helps", 70.0), ["value", "low", "high"]].tolist() == [0.2, 0.1, 0.3]
    assert share.loc[("harms", 60.0), "label"] == 'harms "at all"'
    assert np.isnan(share.loc[("harms", 70.0), "value"])
    assert "share_low" not in set(table["quantity"])
    # ends in _low, but there is no such quantity
    assert table[table["quantity"] == "very_low"]["value"].tolist() == [1.0, 2.0]
    assert table[table["quantity"] == "best"][["value", "units"]].values.tolist() == [[3.5, "s"]]
    assert table[table["quantity"] == "note"]["note"].tolist() == ["alone"]
    assert len(table) == 4 + 2 + 2 + 1 + 1


def test_a_map_is_drawn_again_from_its_file(people, tmp_path):
    answer = cp.map(people, "systemic_resistance", "heart_rate", bins=8)
    request = requested(Drawing(data=tmp_path / "map.csv", output=tmp_path / "map.pdf"))
    written = drawn(request, lambda: map_figure(answer), lambda: tidy(answer))
    assert written == {"figure": tmp_path / "map.pdf", "figures": [tmp_path / "map.pdf"], "data": tmp_path / "map.csv"}
    table = pd.read_csv(tmp_path / "map.csv", dtype={"note": str})
    helped = table[(table["quantity"] == "share") & (table["response"] == "helps")]
    x, y = "systemic_resistance [mmHg s/mL]", "heart_rate [1/min]"
    for column, name in (("value", "share"), ("low", "share_low"), ("high", "share_high")):
        again = helped.pivot(index=y, columns=x, values=column)
        expected = answer[name].sel(response="helps").transpose("heart_rate", "systemic_resistance")
        np.testing.assert_array_equal(again.values, expected.values)
    np.testing.assert_array_equal(again.columns, answer["systemic_resistance"].values)
    counts = table[table["quantity"] == "patients"]["value"].sum()
    assert counts == answer["patients"].sum()


def test_the_file_is_plain_text_with_one_header_line_and_counts_without_a_point(tmp_path):
    request = requested(Drawing(data=tmp_path / "a.csv"))
    drawn(request, lambda: None, lambda: tidy(small()))
    text = (tmp_path / "a.csv").read_text()
    lines = text.splitlines()
    assert lines[0].startswith("quantity,units,value,low,high,")
    assert sum(line.startswith("quantity") for line in lines) == 1
    assert "patients,1,10,,,," in text
    assert "0.1,0.05,0.2" in text
    assert pd.read_csv(io.StringIO(text)).shape == (10, 10)
