"""The summary in words, against scipy and a search through every threshold."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import mannwhitneyu

from counterpulse.analysis.numbers.separators import separator
from counterpulse.analysis.reading.measures import measure
from counterpulse.analysis.response.classify import classify
from counterpulse.analysis.response.comparison import Comparison
from counterpulse.analysis.response.summary import as_dict, summarise
from counterpulse.engine.names.outcomes import Status


def test_counts(people):
    summary = summarise(people)
    judged = classify(people)
    codes = np.bincount(judged["response"].values, minlength=7)
    assert list(summary.classes.values()) == codes.tolist()
    assert summary.compared == codes[2:].sum()
    assert summary.no_effect == judged["no_effect"].values.sum()
    assert summary.undecided == judged["undecided"].values.sum()
    assert sum(summary.status["iabp"].values()) == people.sizes["patient"]
    change = judged["cardiac_output_relative_difference"].values[judged["response"].values >= 2]
    assert summary.output_change == pytest.approx(np.quantile(change, [0.25, 0.5, 0.75]))


def test_failures_of_another_arm_are_not_told_of_this_one(people):
    other = people.sel(arm=["iabp"]).assign_coords(arm=np.array(["ecmo"], dtype=object))
    other["status"] = xr.full_like(other["status"], Status.NON_PHYSICAL)
    three = xr.concat([people, other], "arm", data_vars="minimal", coords="minimal", compat="override")
    assert summarise(three).sentences()[0] == summarise(people).sentences()[0]


def test_a_refined_store_is_weighted_back(people):
    weight = np.linspace(0.2, 3.0, people.sizes["patient"])
    summary = summarise(people.assign(sampling_weight=("patient", weight)))
    response = classify(people)["response"].values
    share = weight[response == 3].sum() / weight[response >= 2].sum()
    assert summary.plain["helps"] == pytest.approx(share)
    assert share != pytest.approx(summary.classes["helps"] / summary.compared, abs=1e-3)
    assert f"weighted back to the plain law {100 * share:.1f} % helped" in " ".join(summary.sentences())
    assert summarise(people).plain == {}


def test_separators_against_scipy_and_brute_force(people):
    comparison = Comparison.of(people)
    response = classify(people)["response"].values[:1500]
    values = people["systemic_resistance"].values[:1500][response >= 2].round(2)
    member = (response == 3)[response >= 2]
    found = separator(measure(people, "systemic_resistance", comparison), values, member)
    area = mannwhitneyu(values[member], values[~member]).statistic / (member.sum() * (~member).sum())
    assert found.auc == pytest.approx(max(area, 1 - area))
    assert found.above

    def youden(threshold):
        return (values[member] > threshold).mean() - (values[~member] > threshold).mean()

    best = max(youden(threshold) for threshold in np.unique(values)[:-1])
    assert youden(found.threshold) == pytest.approx(best)
    assert found.share_above == pytest.approx(member[values > found.threshold].mean())
    assert found.share_below == pytest.approx(member[values <= found.threshold].mean())


def test_a_class_below_its_threshold(people):
    axis = measure(people, "heart_rate", Comparison.of(people))
    found = separator(axis, np.arange(100.0), np.arange(100) < 30)
    assert (found.auc, found.above, found.threshold) == (1.0, False, 29.5)
    assert (found.share_below, found.share_above) == (1.0, 0.0)
    assert separator(axis, np.ones(10), np.arange(10) < 3) is None


def test_what_separates_comes_first(people):
    summary = summarise(people)
    assert summary.helps[0].name == "systemic_resistance"
    lines = summary.sentences()
    assert any("systemic vascular resistance above" in line for line in lines)
    assert f"{summary.classes['helps']:,}" in lines[1]
    assert len(lines) <= 7
    assert as_dict(summary)["separates_helps"][0]["name"] == "systemic_resistance"


def test_the_same_twice_and_in_chunks(people):
    assert summarise(people) == summarise(people.chunk(patient=3000))


def test_nobody_compared(dataset):
    summary = summarise(dataset({"cardiac_output": np.linspace(3, 5, 50)}, {}, status=(3, 7)))
    assert summary.sentences() == [
        "50 candidates: 0 compared (iabp against off), 50 failed (in off 50 not converged), 0 outside the cohort."
    ]
