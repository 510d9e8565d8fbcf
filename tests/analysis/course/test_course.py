"""Courses of whole stores: what is learnt of them, what is answered, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from answer_checks import check_answer, check_json

import counterpulse as cp
from counterpulse.analysis.course import recovery, words
from counterpulse.analysis.course.arms import arms_of
from counterpulse.analysis.course.figure import course_figure
from counterpulse.analysis.course.request import request_of
from counterpulse.analysis.course.work import plans_of, published
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.reading import stream
from counterpulse.analysis.report.origin import reproduce
from counterpulse.analysis.words.parts import Code
from counterpulse.analysis.words.text import RESEARCH_USE

EXAMPLES = Path(__file__).parents[3] / "examples" / "courses"
ASKED = {"days": 10, "seed": 3, "escalation": {"arm": "pump"}}


@pytest.fixture(name="people")
def _people(make):
    return make(3000)


@pytest.fixture(name="answer")
def _answer(people):
    return cp.course(people, ASKED)


def test_the_answer_has_the_form_of_all_answers(answer, tmp_path):
    check_answer(answer, words.in_words, tmp_path)
    assert save(course_figure(answer), tmp_path / "course.svg").stat().st_size > 20_000
    assert save(course_figure(answer), tmp_path / "course.png").stat().st_size > 20_000


def test_the_command_prints_the_answer(people, answer, call, tmp_path, monkeypatch):
    monkeypatch.setattr("counterpulse.sweeps.store.opening.open_store", lambda path: people)
    file = tmp_path / "course.toml"
    file.write_text('days = 10\nseed = 3\n[escalation]\narm = "pump"\n')
    code, out, _ = call("course", "people.zarr", file, "-o", tmp_path / "course.png", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["figure"] == str(tmp_path / "course.png")
    check_json(found, answer)
    told = call("course", "people.zarr", file, "-o", tmp_path / "course.png")[1]
    assert RESEARCH_USE in told
    for text in ("weaning by volume", "nomogram raschke", "limb ischaemia", "IABP-SHOCK II", "should not have had"):
        assert text in told


def test_control_mortality_is_that_asked_for_and_falls_off_as_stated(people):
    """Of 30 days, in the mean over the patients, whatever recovery does."""
    for law in ("none", "slow", "fast"):
        asked = {"days": 30, "recovery": {"law": law}, "death": {"control_mortality": 0.5}}
        dead = cp.course(people, asked)["incidence"].sel(course="no device", event="death")
        assert float(dead[-1]) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 3000))
        share = (1 - np.exp(-1)) / (1 - np.exp(-30 / 8))
        # with one odds for all it would be this share of the hazard
        assert float(dead.sel(time=8)) == pytest.approx(1 - 0.5**share, abs=0.05)


def test_what_recovery_does_is_learnt_from_the_patients(people):
    """Outcomes are powers of contractility here: the slopes are their exponents, without a bend."""
    arms = [str(each) for each in people["arm"].values]
    learnt = recovery.recovery_of(people, arms)
    slope, bend = learnt.of(people, len(arms))
    expected = [0.5, 0.3, -0.4, 0.8]
    assert slope == pytest.approx(np.broadcast_to(expected, slope.shape), abs=0.01)
    assert bend == pytest.approx(0, abs=0.01)
    assert learnt.lines[0].explained.min() > 0.99


@pytest.mark.slow
def test_what_recovery_does_is_what_the_model_says():
    """Regressed on 600 patients, against simulating some of them again with contractility raised by half."""
    patients, arms = cp.sample("ami-cs", 600, seed=4), {"off": {}, "iabp": {"balloon_volume": 40}}
    result = cp.simulate(patients, arms=arms)
    sound = np.flatnonzero((result["status"].values == 1).all(axis=1))
    result = result.isel(patient=sound)
    slope, bend = recovery.recovery_of(result, list(arms)).of(result, 2)
    some = slice(0, 60)
    stronger = patients.isel(patient=sound[some])
    stronger["lv_elastance"] = stronger["lv_elastance"] * 1.5
    again, rise = cp.simulate(stronger, arms=arms), np.log(1.5)
    for place, name in enumerate(recovery.OUTCOMES):
        before = result[name].values[some]
        told = before * np.exp((slope[some, :, place] + bend[some, :, place] * rise) * rise)
        wrong = np.abs(told / again[name].values - 1)
        changed = np.abs(before / again[name].values - 1)
        assert np.nanmedian(wrong) < 0.05
        assert np.nanmedian(wrong) < 0.3 * np.nanmedian(changed)


def test_the_same_whatever_the_pieces_and_seeds_differ(people, answer, monkeypatch):
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 333)
    pieces = cp.course(people, ASKED)
    xr.testing.assert_allclose(pieces, answer, rtol=1e-12)
    assert (pieces["incidence"] == answer["incidence"]).all()
    other = cp.course(people, ASKED | {"seed": 4})
    assert (other["incidence"] != answer["incidence"]).any()


def test_deaths_by_cause_are_all_deaths_and_differences_are_paired(answer):
    dead = answer["incidence"].sel(event="death").isel(time=-1)
    assert answer["deaths"].sum("cause").values == pytest.approx(dead.values)
    assert answer["more_deaths"].values == pytest.approx((dead - dead.sel(course="as asked")).values)
    assert answer["more_deaths"].sel(course="as asked") == 0
    assert answer["support"].sel(course="no device") == 0
    # two courses that share their draws differ by less than two that do not
    width = float((answer["more_deaths_high"] - answer["more_deaths_low"]).sel(course="nomogram raschke"))
    assert width < 0.5 * 2 * 1.96 * np.sqrt(2 * float(dead[0]) * (1 - float(dead[0])) / 3000)


def test_groups_and_days_add_up(answer):
    sizes = answer["patients_of_group"]
    assert int(sizes.sel(group="all")) == answer.attrs["compared"] == int(sizes[1:].sum())
    best = answer["best"].sel(group="all").sum("day")
    assert best.values == pytest.approx(1)
    assert answer["spared"].values == pytest.approx(answer["best"].sel(group="all", day=0).values)
    assert (answer["benefit"].sel(day=0, group="all") == 0).all()
    assert (answer["by_power"].sel(causal_share=0.0, group="all") == 0).all()
    assert answer["spared"].sel(causal_share=0.0) == 1
    assert (answer["dearer"].sel(causal_share=0, group="all")[1:] == 1).all()


def test_limb_ischaemia_follows_the_models_own_flow(people):
    """In those with arterial disease and in those without, the published factor stands; within each, flow decides."""
    asked = request_of({"limb_ischaemia": {"per_10_points_of_flow_lost": 2.0}})
    arms = arms_of(people, asked)
    from counterpulse.analysis.course.bedside import bedside_of, calibrated

    every = np.arange(3000)
    disease, flow = people["peripheral_artery_disease"].values > 0, people["limb_flow"].values.copy()
    flow[::2, 1:] -= 0.08  # a tenth of .8
    changed = people.assign(limb_flow=(people["limb_flow"].dims, flow))
    learnt = calibrated(changed, every, arms.all, arms.full, asked)
    found = bedside_of(changed, every, arms.all, (arms.reference, arms.full), learnt, asked)
    before = calibrated(people, every, arms.all, arms.full, asked)
    plain = bedside_of(people, every, arms.all, (arms.reference, arms.full), before, asked)
    ratio = found.relative[:, 0] / plain.relative[:, 0]
    assert np.unique(np.round(ratio[::2][disease[::2]] / ratio[1::2][disease[1::2]].mean(), 6)) == pytest.approx(2.0)
    assert found.relative[disease, 0].mean() == pytest.approx(plain.relative[disease, 0].mean(), rel=0.05)
    assert (found.relative[:, 1:] == plain.relative[:, 1:]).all()


def test_incidences_at_published_exposures(answer):
    """Those of registries for limb ischaemia and bleeding; below a shock trial's, which counts the shock's own."""
    for place, row in enumerate(published()):
        own = float(answer["modelled"][place])
        if "Benchmark" in row["source"]:
            assert own == pytest.approx((row["low"] + row["high"]) / 2, rel=0.2)
        if row["kind"] in ("vascular_injury", "stroke"):
            assert row["low"] <= own <= row["high"]
        if row["kind"] == "infection":
            assert own < row["low"]


def test_complications_rise_with_their_hazards_and_bleeding_with_the_dose(people):
    high = {"title": "too much", "bolus": 100, "infusion": 25, "steps": [{}]}
    asked = ASKED | {"nomograms": {"high": high}, "heparin": {"compare": ["high"]}}
    found = cp.course(people, asked)
    end = found["incidence"].isel(time=-1).sel(event="severe_bleeding")
    assert float(end.sel(course="nomogram high")) > 1.5 * float(end.sel(course="as asked"))
    assert found["nomogram"].values.tolist() == ["coronary", "high"]
    doubled = cp.course(people, ASKED | {"stroke": {"per_day": 0.01}})["incidence"].isel(time=-1).sel(event="stroke")
    assert float(doubled.sel(course="as asked")) > 5 * float(
        found["incidence"].isel(time=-1).sel(event="stroke", course="as asked")
    )


def test_arms_are_found_in_order(people):
    arms = arms_of(people, request_of(ASKED))
    assert arms.steps == {"ratio": ("iabp", "1:2", "1:3"), "volume": ("iabp", "30-mL", "20-mL")}
    assert arms.course("volume") == ["off", "iabp", "30-mL", "20-mL", "pump"]
    names = [plan.name for plan in plans_of(arms, request_of(ASKED | {"death": {"causal_share": 0.3}}))]
    assert names[:3] == ["as asked", "no device", "weaning by volume"]
    assert names[-3:] == ["causal share 1", "causal share 0.5", "causal share 0"]
    fewer = people.sel(arm=["off", "iabp", "1:2"])
    answer = cp.course(fewer, {"days": 3})
    assert "weaning by volume" not in answer["course"].values
    assert answer.attrs["steps"] == ["iabp", "1:2"]


def test_a_report_names_the_command_where_the_store_has_the_arms(people):
    def told(store):
        return [part.text for part in reproduce(store, "a b.zarr", "").parts if isinstance(part, Code)]

    assert any("counterpulse course 'a b.zarr' COURSE.toml" in text for text in told(people))
    refined = people.assign(sampling_weight=("patient", np.ones(3000)))
    for store in (people.sel(arm=["off", "iabp"]), people.sel(arm=["off"]), refined):
        assert not any("counterpulse course" in text for text in told(store))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda each: each.stem)
def test_examples_are_good(file):
    assert request_of(file).name
    text = file.read_text()
    assert f"counterpulse course out/course.zarr examples/courses/{file.name}" in text


def test_every_candidate_is_accounted_for(people):
    people["status"][:40, 2] = 3
    people["status"][40:50, :] = 2
    about = cp.course(people, {"days": 2}).attrs
    assert (about["compared"], about["failed_run"], about["not_compared"]) == (2950, 40, 10)
    assert cp.course(people, {"days": 2, "patients": 1000}).attrs["candidates"] == 1000


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"dayz": 3}, "did you mean 'days'"),
        ({"days": 0}, "days: given 0, an integer of 1 to 30"),
        ({"days": 2.5}, "days: given 2.5"),
        ({"patients": 4000}, "patients: given 4,000, and the store has 3,000"),
        ({"seed": -1}, "seed: given -1"),
        ({"arm": "iapb"}, "arm: 'iapb' is not known; did you mean 'iabp'"),
        ({"arm": "off"}, "arm: off is the reference"),
        ({"escalation": {"arm": "off"}}, "escalation.arm: off is an arm of the course"),
        ({"escalation": {"arm": "20-mL"}}, "escalation.arm: 20-mL is an arm of the course"),
        ({"escalation": {"device": "ecmo"}}, "escalation.arm: missing"),
        ({"recovery": {"law": "none", "gain": 1}}, "recovery.gain: would do nothing"),
        ({"nomograms": {"x": {"title": "a\nb", "bolus": 1, "infusion": 1, "steps": [{}]}}}, "printable"),
        ({"arm": "pump"}, "no balloon of one volume"),
        ({"escalation": {"arm": "punp"}}, "escalation.arm: 'punp' is not known; did you mean 'pump'"),
        ({"escalation": {"arm": "pump", "device": "rocket"}}, "escalation.device"),
        ({"recovery": {"law": "quick"}}, "recovery.law"),
        ({"recovery": 3}, "a table is needed"),
        ({"weaning": {"by": "ratios"}}, "did you mean 'ratio'"),
        ({"weaning": {"wedge_presure": 3}}, "did you mean 'wedge_pressure'"),
        ({"weaning": {"cardiac_index": -3}}, "weaning.cardiac_index: given -3, 0 to 10 L/min/m2"),
        ({"heparin": {"nomogram": "raschka"}}, "did you mean 'raschke'"),
        ({"heparin": {"compare": "all"}}, "a list of names"),
        ({"limb_ischaemia": {"per_day": -0.1}}, "limb_ischaemia.per_day: given -0.1, 0 to 10 1/d is allowed"),
        ({"stroke": {"at_insertion": 0.1}}, "an insertion brings vascular_injury alone"),
        ({"death": {"control_mortality": 1}}, "death.control_mortality: given 1"),
        ({"name": "a\nb"}, "printable"),
        ({"nomograms": {"x": {}}}, "bolus is needed"),
    ],
)
def test_bad_input_is_one_line(people, refused, asked, says):
    with refused(says):
        cp.course(people, asked)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda each: each.sel(arm=["off", "iabp"]), "wants an arm with assist_ratio = 2"),
        (lambda each: each.sel(arm=["off", "pump"]), "--arm is needed"),
        (lambda each: each.sel(arm=["iabp", "1:2"]), "an arm without support"),
        (lambda each: each.isel(arm=0), "no dimension 'arm'"),
        (lambda each: each.drop_vars("limb_flow"), "'limb_flow'"),
        (lambda each: each.drop_vars("central_venous_pressure"), "'central_venous_pressure'"),
        (lambda each: each.drop_vars("lv_elastance"), 'law = "none" assumes no recovery'),
        (lambda each: each.isel(patient=slice(0, 12)), "too few"),
        (lambda each: each.assign(status=each["status"] * 0 + 3), "no patient was compared"),
        (lambda each: each.assign(sampling_weight=("patient", np.ones(3000))), "not drawn alike"),
    ],
)
def test_a_store_that_lacks_something_is_told_in_one_line(people, refused, change, says):
    with refused(says):
        cp.course(change(people), {"days": 2})


def test_one_patient_without_recovery_has_an_answer(people):
    answer = cp.course(people.isel(patient=[0]), {"days": 2, "recovery": {"law": "none"}})
    assert answer.attrs["compared"] == 1
    assert words.in_words(answer)
