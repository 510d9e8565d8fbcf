"""What each clause of harm contributes, counted a second time by hand."""

import numpy as np
import pytest

from counterpulse.analysis.response.classify import classify
from counterpulse.analysis.response.clauses import harm_by_clause, in_words
from counterpulse.analysis.response.harms import CLAUSES
from counterpulse.analysis.response.summary import as_dict, summarise

AFTER = {
    "cardiac_output": [3.7, 4.8, 3.7, 4.8, 4.8, 4.8, 4.8, 4.8],
    "pressure_volume_area": [6000.0, 6400.0, 6400.0, 6000.0, 6000.0, 6000.0, 6000.0, 6000.0],
    "wedge_pressure": [20.0, 20.0, 23.0, 23.0, 20.0, 20.0, 20.0, 19.0],
    "end_diastolic_aortic_pressure": [60.0, 60.0, 60.0, 60.0, 65.0, 65.0, 60.0, 60.0],
    "stroke_work": [2000.0, 2000.0, 2000.0, 2000.0, 2400.0, 2000.0, 2000.0, 2000.0],
    "limb_flow": [0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.3, 0.8],
}


def test_by_hand(dataset):
    answer = harm_by_clause(dataset({}, AFTER))
    patients = dict(zip(answer["clause"].values, answer["patients"].values, strict=True))
    alone = dict(zip(answer["clause"].values, answer["alone"].values, strict=True))
    none = dict.fromkeys(CLAUSES, 0)
    assert patients == none | {"output": 2, "demand": 2, "wedge": 2, "late_deflation": 1, "limb_flow": 1}
    assert alone == none | {"output": 1, "demand": 1, "wedge": 1, "late_deflation": 1, "limb_flow": 1}
    wedge = answer.sel(clause="wedge")
    assert wedge["output_change"].item() == pytest.approx((3.7 + 4.8) / 2 / 4 - 1)
    assert wedge["wedge_change"].item() == pytest.approx(3.0)
    assert wedge["demand_change"].item() == pytest.approx(6200 / 6000 - 1)
    assert np.isnan(answer["output_change"].sel(clause="visceral_flow"))
    assert answer["share"].sel(clause="output").item() == 2 / 8
    assert (answer.attrs["compared"], answer.attrs["harms"]) == (8, 6)


def test_who_is_not_compared_is_in_no_clause(dataset):
    data = dataset({"cardiac_index": [0.5, 2.0, 2.0]}, {"cardiac_output": 3.0}, status=([1, 1, 1], [1, 3, 1]))
    answer = harm_by_clause(data)
    assert answer["patients"].sel(clause="output").item() == answer.attrs["harms"] == 1


def test_every_clause_makes_harm_and_nothing_else_does(people):
    response, answer = classify(people)["response"].values, harm_by_clause(people)
    assert answer.attrs["harms"] == (response == 2).sum()
    assert answer["alone"].sum() <= answer.attrs["harms"] <= answer["patients"].sum()
    again = harm_by_clause(people.chunk(patient=3000))
    assert again.identical(answer)


def test_told_by_the_summary(dataset, people):
    summary = summarise(dataset({}, AFTER))
    lines = [line for line in summary.sentences() if line.startswith(("Harm by clause", "Medians where"))]
    assert "cardiac output down in 2 (1 by it alone)" in lines[0]
    assert "late deflation in 1 (1 by it alone)" in lines[0]
    assert lines[1].startswith("Medians where cardiac output down holds: cardiac output -7.5 %")
    assert [each["name"] for each in as_dict(summary)["clauses"]] == list(CLAUSES)
    nobody = summarise(dataset({}, {"cardiac_output": 4.8}))
    assert not [line for line in nobody.sentences() if "clause" in line]
    answer = harm_by_clause(people)
    for each in summarise(people).clauses:
        one = answer.sel(clause=each.name)
        assert (each.patients, each.alone) == (one["patients"].item(), one["alone"].item())
    text, table = in_words(harm_by_clause(dataset({}, AFTER)))
    assert text.lines[1:] == lines
    assert [row[0] for row in table.rows] == list(CLAUSES.values())
    assert table.rows[-1] == ["late deflation", "1 (12.5 %)", "1 (12.5 %)", "+20.0 %", "+0.0 mmHg", "+0.0 %"]
