"""The evidence table: complete, judged as it says, the same every time, and the documentation made of it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.analysis.validation import table as tables
from counterpulse.analysis.validation.agreement import disagreements
from counterpulse.analysis.validation.arm_pressure import arm_less_root, nominal
from counterpulse.analysis.validation.design_choices import halved_and_doubled
from counterpulse.analysis.validation.document import markdown
from counterpulse.analysis.validation.effects import effect, measured
from counterpulse.analysis.validation.evidence import validate
from counterpulse.analysis.validation.populations import Population, populate
from counterpulse.analysis.validation.records import Verdict
from counterpulse.analysis.validation.structural_uncertainty import structural_uncertainty
from counterpulse.analysis.validation.words import number
from counterpulse.engine.errors import InputError
from counterpulse.engine.laws.periphery import UPPER_FACTOR
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.population import cohorts

OPEN_LOOP = tables.Mode(regulation="open-loop", about="")
DOCUMENT = Path(__file__).parents[3] / "docs" / "validation.md"


def recipe(**changes: object) -> tables.Recipe:
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
    return tables.Recipe(**{"about": "", "cohorts": ["ami-cs"], "candidates": 64, "arms": arms} | changes)


def row(**changes: object) -> tables.Row:
    given = {"quantity": "output", "published": "", "definition": "", "of": "cardiac_output", "unit": "L/min"}
    return tables.Row(**given | {"measure": "change", "direction": "up"} | changes)


def study(*rows: tables.Row) -> tables.Study:
    return tables.Study(source="A source", about="Somebody", recipe="small", setting="map-held", rows=list(rows))


@pytest.fixture(scope="module")
def small() -> Population:
    return populate(recipe(), OPEN_LOOP, seed=0)


def answer(small: Population, **changes: object) -> object:
    one = row(**changes)
    return effect(study(one), one, {"small": small, "other": small})


@pytest.fixture(scope="module")
def reduced() -> tables.Evidence:
    """The shipped table with one cohort, a few rows and few patients."""
    full = tables.load()
    small = {"small": recipe()}
    rows = [row(low=-1.0, high=-0.5), row(quantity="pressure", of="mean_arterial_pressure", unit="mmHg", miss="Why.")]
    return full.model_copy(
        update={
            "baseline": full.baseline.model_copy(update={"candidates": 64}),
            "targets": {"ami-cs": full.targets["ami-cs"]},
            "recipes": small,
            "studies": [study(*rows)],
            "balloon": full.balloon.model_copy(update={"recipes": {"small": "ami-cs"}}),
            "structural_uncertainty": full.structural_uncertainty.model_copy(
                update={"patients": 8, "parameters": ["lv_mass"]}
            ),
        }
    )


@pytest.fixture(scope="module")
def found(reduced: tables.Evidence) -> xr.Dataset:
    return validate(seed=0, structural_uncertainty=True, table=reduced)


def test_every_cohort_has_a_target_for_everything_that_is_scored():
    table = tables.load()
    assert set(table.targets) == set(cohorts.names())
    scored = {column.title for column in table.columns if column.tolerance or column.relative_tolerance}
    assert scored == {"MAP", "SBP", "DBP", "CVP", "PCWP", "mPAP", "CO", "LVEDV"}
    assert all(scored <= set(targets) for targets in table.targets.values())


def test_every_design_choice_is_varied_or_left_out_with_a_reason():
    varied = tables.load().structural_uncertainty
    choices = {name for name, quantity in PARAMETERS.items() if "[X]" in quantity.source}
    assert set(varied.parameters) - set(varied.instead) | set(varied.left_out) == choices
    assert set(varied.instead) <= set(varied.parameters)
    assert not set(varied.parameters) & set(varied.left_out)
    assert all(varied.left_out.values())


def test_every_row_that_is_scored_says_what_would_be_right():
    for each in (row for study in tables.load().studies for row in study.rows):
        assert (each.low is None) == (each.high is None) == (not each.band), each.quantity
        assert each.direction != "unchanged" or each.low is not None or not each.scored, each.quantity
        assert each.low is None or (each.low < each.high and each.low <= each.value <= each.high), each.quantity
        assert (each.limit is not None) == (each.measure in ("share-below", "split")), each.quantity
        assert (each.by is not None) == (each.measure == "split"), each.quantity


def test_a_name_that_is_not_known_is_refused_in_one_line():
    table = tables.load()
    wrong = table.model_copy(update={"studies": [study(row(of="cardiac_outptu"))], "recipes": {"small": recipe()}})
    with pytest.raises(InputError, match="cardiac_output"):
        tables.checked(wrong)
    with pytest.raises(InputError, match="iapb"):
        tables.checked(wrong.model_copy(update={"studies": [study(row(arm="iapb"))]}))


def test_a_cohort_that_is_not_known_is_refused(reduced):
    with pytest.raises(InputError, match="no-such"):
        validate(table=reduced.model_copy(update={"targets": {"no-such": {}}}))


def test_a_change_is_the_paired_difference_of_those_who_hold_in_both_arms(small):
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
    result = cp.simulate(cp.sample("ami-cs", 64, seed=0), arms=arms, window="ami-cs")
    holds = (result.status == Status.OK).all("arm").values
    output = result.cardiac_output.values[holds]
    assert 0 < holds.sum() < 64
    assert np.array_equal(measured(row(), small), output[:, 1] - output[:, 0])
    relative = 100 * (output[:, 1] / output[:, 0] - 1)
    assert measured(row(measure="relative", unit="%"), small) == pytest.approx(relative)
    assert answer(small).median == pytest.approx(np.median(output[:, 1] - output[:, 0]))
    assert answer(small).patients == holds.sum()


def test_direction_and_size_are_judged_apart(small):
    median = answer(small).median
    assert median > 0
    inside, above = {"low": median - 0.01, "high": median + 0.01}, {"low": median + 0.01, "high": median + 0.02}
    right, missed, not_scored = Verdict.RIGHT, Verdict.MISSED, Verdict.NOT_SCORED
    assert (answer(small, **inside).direction, answer(small, **inside).size) == (right, right)
    assert (answer(small, **above).direction, answer(small, **above).size) == (right, missed)
    assert (answer(small, direction="down", **inside).direction, answer(small, **inside).size) == (missed, right)
    unchanged = answer(small, direction="unchanged", **above)
    assert (unchanged.direction, unchanged.size) == (missed, not_scored)
    assert answer(small, direction="unchanged", **inside).direction is right
    open_row = answer(small, scored=False, **above)
    assert (open_row.direction, open_row.size, open_row.reason) == (not_scored, not_scored, "")


def test_a_miss_has_its_reason_and_a_hit_has_none(small):
    assert answer(small, direction="down", miss="Because.").reason == "Because."
    assert answer(small, direction="down").reason == "No reason is known."
    assert answer(small, miss="Because.").reason == ""


def test_a_share_below_counts_those_who_fell_less(small):
    fall = -measured(row(of="systolic_pressure"), small)
    counted = answer(small, measure="share-below", of="systolic_pressure", limit=3.0, unit="%", direction="none")
    assert counted.median == pytest.approx(100 * np.mean(fall < 3.0))
    assert 0 < counted.median < 100
    assert counted.low is None


def test_two_populations_are_compared_by_their_medians(small):
    assert answer(small, beside="other").median == 0.0
    assert answer(small, beside="other").direction is Verdict.MISSED
    assert answer(small, beside="other", **{"as": "ratio"}).median == 1.0


def test_a_share_meeting_counts_by_the_published_definition(small):
    part = small.parts[0]
    pressures = (part.central_venous_pressure < 12) & (part.wedge_pressure < 18)
    met = (pressures & (part.cardiac_index > 2.0)).sel(arm="iabp").values[small.holds("off", "iabp")]
    counted = answer(small, measure="share-meeting", of="imamura-stabilised", unit="%", direction="none")
    assert counted.median == pytest.approx(100 * met.mean())
    assert 0 < counted.median < 100
    other = answer(small, measure="share-meeting", of="imamura-stabilised", unit="%", direction="up", beside="other")
    assert other.median == 0.0


def test_a_split_compares_those_who_gain_most_with_the_others(small):
    holds = small.holds("off", "iabp")
    pressure, output = (small.parts[0][name].values[holds] for name in ("wedge_pressure", "cardiac_output"))
    order = np.argsort(output[:, 1] - output[:, 0])
    few = round(0.4 * holds.sum())
    by_hand = np.median(pressure[order[few:], 0]) - np.median(pressure[order[:few], 0])
    split = answer(small, measure="split", of="wedge_pressure", by="cardiac_output", limit=60.0, unit="mmHg")
    assert split.median == pytest.approx(by_hand)
    assert split.low is None


def test_those_apart_are_the_others():
    where = {"cardiac_output": tables.Between(high=3.5), "wedge_pressure": tables.Between(high=25.0)}
    one, other = (populate(recipe(where=where, apart=apart), OPEN_LOOP, seed=0) for apart in (False, True))
    assert 0 < one.kept.sum() < 64
    assert np.array_equal(other.kept, ~one.kept)


@pytest.mark.parametrize("cohort", ["ami-cs", "severe-ar"])
def test_the_arm_is_behind_the_resistance_of_the_upper_body(cohort):
    patient = nominal(cohort)
    followed = cp.waveforms(patient, arms={"off": {}}).isel(arm=0, patient=0)
    one = patient.isel(patient=0)
    veins = followed.systemic_venous_volume / one.systemic_venous_compliance
    arm = followed.upper_body_flow * UPPER_FACTOR * one.systemic_resistance + veins
    systolic, diastolic = (getattr(arm, end)() - getattr(followed.aortic_pressure, end)() for end in ("max", "min"))
    found = arm_less_root(cohort)
    assert found["systolic"] == pytest.approx(float(systolic), abs=0.02)
    assert found["diastolic"] == pytest.approx(float(diastolic), abs=0.02)
    assert found["systolic"] > 2 > abs(found["diastolic"])


def test_pressure_by_cuff_is_that_of_the_arm(reduced, found):
    here = found.sel(cohort="ami-cs")
    drawn = cp.sample("ami-cs", 64, seed=0)
    result = cp.simulate(drawn, arms={"off": {}}, window="ami-cs").sel(arm="off")
    inside = (result.status == Status.OK).values
    for title, name, of in (("SBP", "systolic_pressure", "systolic"), ("MAP", "mean_arterial_pressure", None)):
        added = arm_less_root("ami-cs")[of] if of else 0.0
        by_hand = np.median(result[name].values[inside]) + added
        assert float(here["baseline_median"].sel(measurement=title)) == pytest.approx(by_hand)
        assert float(here["at_arm"].sel(measurement=title)) == added
    assert "at the arm (84)" in markdown(found)


def test_every_row_is_answered_in_every_mode(reduced, found):
    assert found["mode"].values.tolist() == list(reduced.modes)
    for name, mode in reduced.modes.items():
        drawn = cp.sample("ami-cs", 64, seed=0).assign(**mode.patients)
        arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
        result = cp.simulate(drawn, arms=arms, window="ami-cs", regulation=mode.regulation)
        output = result.cardiac_output.values[(result.status == Status.OK).all("arm").values]
        expected = np.median(output[:, 1] - output[:, 0])
        assert found["simulated_by_mode"].sel(mode=name).values[0] == pytest.approx(expected)
    assert len(set(found["simulated_by_mode"].values[0])) == len(reduced.modes)
    told = found["simulated_by_mode"].sel(mode=reduced.mode)
    assert np.array_equal(told, found["simulated"])
    table = found["balloon_change"].sel(change="CO").values
    plain = [name for name, mode in reduced.modes.items() if name == mode.regulation]
    assert table == pytest.approx(found["simulated_by_mode"].sel(mode=plain).values[0])


def test_a_population_of_one_mode_is_the_same_in_all(reduced):
    only = {"small": recipe(only="open-loop")}
    found = validate(table=reduced.model_copy(update={"recipes": only}))
    assert len(set(found["simulated_by_mode"].values[0])) == 1


def test_the_scoreboard_heads_the_page(found):
    head = markdown(found).split("## What the balloon does")[0]
    assert "| A source | 2 | 2 of 2 | 0 of 1 | map-held |" in head
    assert all(f"| {mode} | " in head for mode in found["mode"].values)


def test_half_of_the_share_moves_flow(reduced):
    rows = [row(of="coronary_flow", measure="relative", unit="%", low=-5.0, high=5.0)]
    found = validate(table=reduced.model_copy(update={"studies": [study(*rows)]}))
    assert found["alternative_quantity"].values.tolist() == ["small: output", "small: mean flow"]
    assert np.array_equal(found["alternative_stands"], found["alternative_stands"][[1, 0]])
    drawn = cp.sample("ami-cs", 64, seed=0).assign(coronary_demand_share=0.35)
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
    result = cp.simulate(drawn, arms=arms, window="ami-cs", regulation=reduced.modes[reduced.mode].regulation)
    flow = result.coronary_flow.values[(result.status == Status.OK).all("arm").values]
    by_hand = np.median(100 * (flow[:, 1] / flow[:, 0] - 1))
    assert found["alternative_changed"].values == pytest.approx([by_hand, by_hand])
    assert 0.85 < found.attrs["healthy_oxygen_following_work"] < 0.95


def test_saturation_follows_fick_and_filters_the_baseline():
    saturation = {"low": 45.0, "high": 55.0}
    kept = populate(recipe(where={"mixed_venous_saturation": tables.Between(**saturation)}), OPEN_LOOP, seed=0)
    part = kept.parts[0].sel(arm="off")
    carried = part.cardiac_output * 130 * 1.36
    by_hand = 97 - 100 * 125 * part.body_surface_area / carried
    assert kept.values("mixed_venous_saturation", "off") == pytest.approx(by_hand.values, nan_ok=True)
    held = kept.values("mixed_venous_saturation", "off")[kept.holds("off", "iabp")]
    assert 0 < held.size < kept.holds("off").size
    assert held.min() >= 45
    assert held.max() <= 55


def test_patients_of_a_recipe_are_changed_in_every_arm():
    old = populate(recipe(patients={"age": 80.0}), OPEN_LOOP, seed=0)
    for arm in ("off", "iabp"):
        assert set(old.values("age", arm)) == {80.0}


def test_a_varied_choice_is_changed_in_the_same_patients():
    every = halved_and_doubled("ami-cs", ["lv_mass"], patients=16, seed=0).isel(design_choice=0)
    assert every["regulation"].values.tolist() == ["open-loop", "baroreflex", "map-held"]
    assert every["factor"].values.tolist() == [0.5, 2.0]
    assert (every["choice_patients"] == 16).all()
    for mode in every["regulation"].values:
        check_moved(every.sel(regulation=mode), mode)


def check_moved(moved, mode):
    drawn = cp.sample("ami-cs", 32, seed=0)
    inside = cp.simulate(drawn, arms={"off": {}}, window="ami-cs").status.sel(arm="off").values == Status.OK
    first = drawn.isel(patient=np.flatnonzero(inside)[:16])
    for factor, when in ((1.0, "before"), (2.0, "after")):
        heavier = first.assign(lv_mass=factor * first.lv_mass)
        arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
        result = cp.classify(cp.simulate(heavier, arms=arms, regulation=mode))
        gain = float(result.cardiac_output_relative_difference.median())
        assert moved[f"output_gain_{when}"].sel(factor=2.0) == pytest.approx(gain, abs=1e-3)
        assert moved[f"helped_{when}"].sel(factor=2.0) == pytest.approx(float((result.response == 3).mean()))
    assert moved["output_gain_before"].values[0] == moved["output_gain_before"].values[1]
    assert (moved["output_gain_after"] != moved["output_gain_before"]).all()


def test_what_acts_in_one_mode_alone_is_changed_there_and_set_to_what_is_named():
    choices, instead = ["lv_mass", "pressor_venous_exponent"], {"pressor_venous_exponent": (0.0, 0.5)}
    moved = halved_and_doubled("ami-cs", choices, patients=8, seed=0, instead=instead)
    compared = moved["choice_patients"].sel(design_choice="pressor_venous_exponent", factor=0.5)
    assert compared.values.tolist() == [0, 0, 8]
    held = moved.sel(regulation="map-held", design_choice="pressor_venous_exponent")
    drawn = cp.sample("ami-cs", 16, seed=0)
    inside = cp.simulate(drawn, arms={"off": {}}, window="ami-cs").status.sel(arm="off").values == Status.OK
    first = drawn.isel(patient=np.flatnonzero(inside)[:8])
    for factor, value in ((0.5, 0.0), (2.0, 0.5)):
        weaker = first.assign(pressor_venous_exponent=value)
        arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
        result = cp.classify(cp.simulate(weaker, arms=arms, regulation="map-held"))
        gain = float(result.cardiac_output_relative_difference.median())
        assert held["output_gain_after"].sel(factor=factor) == pytest.approx(gain, abs=1e-3)
    # where the veins follow, weaning from the drugs takes filling from the heart, and with it some of the gain
    assert (held["output_gain_after"] > held["output_gain_before"]).all()
    (section,) = structural_uncertainty(moved.expand_dims("cohort"))
    most, open_loop = section.parts[1], section.parts[5]
    assert [row[1:3] for row in most.rows if row[0] == "pressor_venous_exponent"] == [("-", "-")]
    assert [row[0] for row in open_loop.rows] == ["as it stands", "lv_mass"]


def test_the_largest_move_of_each_mode_is_shown_before_every_cohorts(found):
    (section,) = structural_uncertainty(found)
    first, gain, *by_mode = section.parts[1::2]
    moved = 100 * abs(found["output_gain_after"] - found["output_gain_before"]).max(["cohort", "factor"])
    expected = [number(value, "points") for value in moved.sel(design_choice="lv_mass").values]
    assert gain.rows == [("lv_mass", *expected)]
    assert first.head == gain.head == ("design choice", "open-loop", "baroreflex", "map-held")
    assert [table.head[1:] for table in by_mode] == [("ami-cs",)] * 6


def test_a_baseline_off_target_is_missed(reduced, found):
    scored = found["target_verdict"].sel(cohort="ami-cs") != Verdict.NOT_SCORED
    assert set(found["measurement"].values[scored]) == {"MAP", "SBP", "DBP", "CVP", "PCWP", "mPAP", "CO", "LVEDV"}
    targets = reduced.targets["ami-cs"]
    wrong = validate(table=reduced.model_copy(update={"targets": {"ami-cs": targets | {"MAP": targets["MAP"] + 9}}}))
    assert wrong["target_verdict"].sel(cohort="ami-cs", measurement="MAP") == Verdict.MISSED
    assert wrong["baseline_verdict"].sel(cohort="ami-cs") == Verdict.MISSED
    assert "! (75)" in markdown(wrong)


def test_the_page_is_the_same_every_time_and_another_for_another_seed(reduced, found):
    page = markdown(found)
    assert markdown(validate(seed=0, structural_uncertainty=True, table=reduced)) == page
    assert markdown(validate(seed=1, structural_uncertainty=True, table=reduced)) != page


def moved(page: str, number: str, by: float) -> str:
    """The page with a number, the first group of a pattern, moved."""
    found = re.search(number, page)
    assert found is not None
    decimals = len(found[1].partition(".")[2])
    text = f"{float(found[1]) + by:+.{decimals}f}" if found[1][0] in "+-" else f"{float(found[1]) + by:.{decimals}f}"
    return page[: found.start(1)] + text + page[found.end(1) :]


@pytest.mark.parametrize(
    ("number", "least"),
    [
        (r"\| (\d+) \(66\)", 1),
        (r" ([+]0\.\d\d) L/min", 0.01),
        (r" to ([+]\d+)\) \| right", 1),
        (r"\| (\d{4}) \(1180\)", 10),
        (r"(\d+) of 64 ", 1),
        # two patients of eight
        (r"\| lv_mass \| ([-+]?\d+\.\d|[-+]?\d+) / ", 25),
    ],
)
def test_a_page_of_another_processor_agrees_to_its_last_digits(found, number, least):
    page = markdown(found)
    assert disagreements(moved(page, number, least), found) == []
    assert disagreements(moved(page, number, -least), found) == []
    (line,) = disagreements(moved(page, number, 2 * least), found)
    assert line.startswith("line ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MAP, mmHg", "MAP, kPa"),
        (" (66)", " (67)"),
        ("| right |", "| missed |"),
        ("| baselines on target | {right} | 1 |", "| baselines on target | {wrong} | 1 |"),
        (" L/min (", " mL ("),
        ("-1 to -0.5", "-1 to -0.6"),
        ("| lv_mass |", "| rv_mass |"),
        ("## Structural uncertainty", ""),
        ("\n", "\n\n"),
    ],
)
def test_a_page_that_says_something_else_does_not_agree(found, old, new):
    page = markdown(found)
    right = int(found["baseline_verdict"][0] == Verdict.RIGHT)
    old, new = (text.format(right=right, wrong=1 - right) for text in (old, new))
    assert disagreements(page, found) == []
    assert old in page
    assert len(disagreements(page.replace(old, new, 1), found)) == 1


def test_the_page_shows_what_is_missed_with_its_reason(found):
    page = markdown(found)
    assert "Missed, output: No reason is known." in page
    assert "Why." not in page
    assert "## Structural uncertainty" in page


def test_the_page_comes_back_from_a_file(found, tmp_path):
    found.to_netcdf(tmp_path / "evidence.nc")
    with xr.open_dataset(tmp_path / "evidence.nc") as read:
        assert markdown(read) == markdown(found)
        xr.testing.assert_equal(read, found)
        assert read["direction"].attrs["flag_meanings"] == "not_scored missed right"
        assert {"long_name", "units"} <= read["span"].attrs.keys()


def test_every_row_is_there_and_counted(found):
    assert found["quantity"].values.tolist() == ["output", "pressure"]
    assert found["direction"].values.tolist() == [Verdict.RIGHT, Verdict.RIGHT]
    assert found["factor"].values.tolist() == [0.5, 2.0]
    assert found["regulation"].values.tolist() == ["open-loop", "baroreflex", "map-held"]
    page = markdown(found)
    assert f"| baselines on target | {int(found['baseline_verdict'][0] == Verdict.RIGHT)} | 1 |" in page
    assert "| effects, direction | 2 | 2 |" in page
    assert "| effects, size | 0 | 1 |" in page


def test_progress_is_told_before_every_part(reduced):
    told = []
    validate(table=reduced, progress=lambda *each: told.append(each))
    assert told == [("baseline of ami-cs", 0, 2), ("population small", 1, 2)]


@pytest.mark.parametrize(
    ("value", "unit", "sign", "text"),
    [
        (-0.0001, "mmHg", True, "0.0"),
        (9.46, "%", True, "+9.5"),
        (-14.4, "mmHg", False, "-14"),
        (0.446, "L/min", True, "+0.45"),
        (1263.0, "dyn s cm-5", False, "1260"),
        (0.0, "dyn s cm-5", False, "0"),
        (165.4, "mL", False, "165"),
        (float("nan"), "mL", False, "-"),
    ],
)
def test_numbers_are_rounded_to_what_is_meaningful(value, unit, sign, text):
    assert number(value, unit, sign) == text


def test_the_documentation_names_a_reason_for_every_miss():
    page = DOCUMENT.read_text(encoding="utf-8")
    assert "No reason is known." not in page
    missed = [line for line in page.splitlines() if "| missed |" in line and line.endswith(("| yes |", "| no |"))]
    assert page.count("- Missed, ") == len(missed)
    assert all(f"| {cohort} |" in page for cohort in cohorts.names())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--json", "--markdown"], "one of the two"),
        (["--seed", "-1"], "seed"),
        (["-o", "no-such-folder/page.md"], "the folder no-such-folder does not exist"),
        (["--check", "no-such-page.md"], "no-such-page.md"),
        (["--check", "page.md", "--json"], "not together with --json"),
        (["--seed", "two"], "two"),
    ],
)
def test_bad_input_is_one_line(arguments, told, capfd, tmp_path, monkeypatch):
    from counterpulse import cli

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        cli.main(["validate", *arguments])
    lines = capfd.readouterr().err.strip().splitlines()
    assert left.value.code == 2
    assert told in lines[-1]
    assert "Traceback" not in "".join(lines)
    assert list(tmp_path.iterdir()) == []
