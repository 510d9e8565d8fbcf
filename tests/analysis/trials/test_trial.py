"""Virtual trials and studies: replicates against exact means and a slow loop, estimators where the truth is known."""

import json

import numpy as np
import pytest
import xarray as xr
from answer_checks import check_answer, check_json

import counterpulse as cp
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.reading import stream
from counterpulse.analysis.trials import finding, observational, randomised
from counterpulse.analysis.trials.design import design_of
from counterpulse.analysis.trials.estimators import BALANCED, ESTIMANDS, ESTIMATORS
from counterpulse.analysis.trials.pool import CONTROL, DEVICE, RIVAL_AFTER, RIVAL_ALONE, pool_of
from counterpulse.analysis.trials.replicates import RANDOMISED
from counterpulse.analysis.trials.trial import trial
from counterpulse.analysis.trials.trial_figure import trial_figure
from counterpulse.analysis.trials.words import in_words

TRIAL = {"patients": 400, "allocation": 0.4, "crossover": {"to_device": 0.1, "from_device": 0.05}}
ESCALATION = {"arm": "impella-cp", "target": "cardiac_index>=2.0", "share": 0.7}
STUDY = {
    "patients": 600,
    "treated": 0.4,
    "sees": {"cardiac_power_output": -0.5, "mean_arterial_pressure": -0.3, "age": -0.4},
}
PLAIN = {"control_mortality": 0.4, "seed": 5, "replicates": 1500, "randomised": TRIAL}
BOTH = PLAIN | {
    "replicates": 200,
    "observational": STUDY | {"replicates": 40},
    "published": [
        {"name": "<b>one</b>", "source": "[S]", "device": [119, 300], "control": [123, 298]},
        {"name": "two", "source": "[S]", "of": "matched", "risk_ratio": 0.75},
    ],
    "enrich": {"wedge_pressure": {"low": 25}},
}


def pool(people, **changed):
    return pool_of(people, design_of(PLAIN | changed))


def test_the_unsupported_die_as_stated_whatever_counts(shocked):
    own = pool(shocked(), randomised={"patients": 100})
    assert own.death[:, CONTROL].mean(axis=1) == pytest.approx(0.4, abs=1e-9)
    assert (own.death[0, CONTROL] == own.death[2, CONTROL]).all()


def test_the_causal_share_scales_the_odds_ratio_of_the_added_power(shocked):
    """Without days of support nothing but power acts: the odds ratio is exp(-2.55 x share x added power)."""
    own = pool(shocked(), days_of_support=0)
    power = own.block["cardiac_power_output"]
    added = (power.sel(arm="iabp") - power.sel(arm="off")).values
    odds = own.death / (1 - own.death)
    for row, share in enumerate((1.0, 0.5, 0.0)):
        assert odds[row, DEVICE] / odds[row, CONTROL] == pytest.approx(np.exp(-2.55 * share * added), rel=1e-6)


def test_days_of_support_cost_lives_where_no_power_counts(shocked):
    short, long = (pool(shocked(), days_of_support=days).death[2] for days in (1, 14))
    assert (short[DEVICE] > short[CONTROL]).all()
    assert (long[DEVICE] > short[DEVICE]).all()


def test_replicates_have_the_expected_mortality_and_power(shocked):
    own = pool(shocked(), randomised=TRIAL | {"escalation": ESCALATION})
    done, risk = randomised.trials(own), randomised.expected(own)
    assert done.patients == (240, 160)
    seen = done.deaths.mean(axis=1) / np.array(done.patients)
    assert seen == pytest.approx(risk, abs=0.004)
    assert (done.escalated.mean(axis=0) > 5).all()
    # crossover and escalation bring the arms closer together
    assert (risk[0, 0] - risk[0, 1]) < (own.death[0, CONTROL] - own.death[0, DEVICE]).mean()


def test_a_replicate_is_what_a_slow_loop_makes_of_the_same_draws(shocked):
    own = pool(shocked(1000), randomised=TRIAL | {"escalation": ESCALATION}, replicates=20)
    done = randomised.trials(own)
    for replicate in (0, 13):
        random = np.random.default_rng([5, RANDOMISED, replicate])
        who, chance = random.choice(1000, 400, replace=False), random.random((3, 400))
        deaths = np.zeros((3, 2), dtype=int)
        for place, patient in enumerate(who):
            arm = int(place >= 240)
            got = 1 - arm if chance[0, place] < (0.05 if arm else 0.1) else arm
            treatment = got
            if own.fails_target[got, patient] and chance[1, place] < 0.7:
                treatment = RIVAL_AFTER if got else RIVAL_ALONE
            deaths[:, arm] += chance[2, place] < own.death[:, treatment, patient]
        np.testing.assert_array_equal(done.deaths[:, replicate], deaths)


def test_a_trial_of_no_effect_errs_as_often_as_its_test_says(shocked):
    found = trial(shocked(), PLAIN | {"days_of_support": 0, "replicates": 4000, "randomised": {"patients": 600}})
    none = found.sel(causal_share=0.0)
    assert none["risk"][0] == none["risk"][1]
    assert float(none["found_benefit"] + none["found_harm"]) == pytest.approx(0.05, abs=0.012)
    assert np.isnan(none["patients_needed"])
    assert none["power"].values == pytest.approx(0.025, abs=1e-4)


def test_the_power_told_is_the_share_of_trials_that_find_it(shocked):
    found = trial(shocked(gain=0.25), PLAIN | {"replicates": 3000})
    for share in (1.0, 0.5):
        own = found.sel(causal_share=share)
        told = np.interp(400, own["size"], own["power"])
        assert float(own["found_benefit"]) == pytest.approx(told, abs=0.03)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Fewer replicates of the finding: its share of the time of an answer."""
    monkeypatch.setattr(finding, "REPLICATES", 25)


def study_of(people, severity, replicates, **changed):
    own = pool(people, observational=STUDY | {"severity": severity, "replicates": replicates} | changed)
    study = own.design.observational
    assigned = observational.assignment(own, study, observational.recorded(own, study))
    return observational.truth(own, assigned), observational.studies(own, study, assigned), assigned


@pytest.mark.parametrize("confounded", [True, False])
def test_with_all_recorded_every_adjusted_estimator_is_unbiased_and_covers(shocked, confounded):
    """Treatment by what is seen alone: only the crude comparison is off, and only where what is seen matters."""
    people = shocked(8000)
    truth, done, _ = study_of(
        people, 0.0, 600, sees={"cardiac_power_output": -0.6, "age": 0.5} if confounded else {"age": 0.0}
    )
    for place, name in enumerate(ESTIMATORS):
        risks = truth[ESTIMANDS.get(name, "all")]
        true = (risks[0] - risks[1])[:, None]
        found = done.device[:, place] - done.control[:, place]
        inside = np.abs(found - true) <= 1.96 * done.error[:, place]
        if name == "crude" and confounded:
            assert found.mean() - true.mean() > 0.01
            continue
        assert (found - true).mean(axis=1) == pytest.approx(0, abs=0.006), name
        assert ((inside.mean(axis=1) > 0.925) & (inside.mean(axis=1) < 0.98)).all(), (name, inside.mean(axis=1))
        assert done.error[:, place].mean(axis=1) == pytest.approx(found.std(axis=1), rel=0.1), name


@pytest.mark.parametrize("severity", [0.8, -0.8])
def test_what_is_not_recorded_biases_every_estimator_whatever_the_balance(shocked, severity):
    truth, done, _ = study_of(shocked(), severity, 100)
    for place, name in enumerate(ESTIMATORS):
        risks = truth[ESTIMANDS.get(name, "all")]
        bias = (done.device[:, place] - done.control[:, place]).mean(axis=1) - (risks[0] - risks[1])
        assert (bias * np.sign(severity) > 0.05).all(), name
    imbalance = done.imbalance.mean(axis=0)
    seen, hidden = imbalance[:, :-1], imbalance[:, -1]
    assert np.abs(seen[BALANCED.index("crude")]).max() > 0.2
    assert np.abs(seen[1:]).max() < 0.05
    assert (hidden * np.sign(severity) > 0.4).all()


def test_the_mean_propensity_is_the_share_treated(shocked):
    *_, assigned = study_of(shocked(), 0.7, 20)
    assert assigned.chance.mean() == pytest.approx(0.4, abs=1e-9)


def test_the_same_bytes_whatever_the_blocks_and_the_order_of_reading(shocked, monkeypatch):
    people = shocked(1500)
    first = trial(people, BOTH)
    monkeypatch.setattr(randomised, "DRAWN_AT_ONCE", 3000)
    monkeypatch.setattr(observational, "DRAWN_AT_ONCE", 4200)
    monkeypatch.setattr(stream, "ROWS_READ", 257)
    second = trial(people.chunk(patient=100), BOTH)
    xr.testing.assert_identical(first, second)
    other = trial(people, BOTH, seed=6)
    assert not np.array_equal(first["estimates"], other["estimates"])


def test_the_answer_has_the_form_of_answers_and_can_be_drawn(shocked, tmp_path):
    found = trial(shocked(1500), BOTH)
    check_answer(found, in_words, tmp_path)
    assert save(trial_figure(found), tmp_path / "trial.svg").stat().st_size > 10_000


@pytest.mark.slow
def test_one_study_alone_is_told_and_drawn_too(shocked, tmp_path):
    people = shocked(1500)
    for name, part in {
        "trial": {"randomised": {"patients": 50}, "replicates": 50},
        "study": {"observational": STUDY | {"replicates": 20}},
    }.items():
        found = trial(people, {"control_mortality": 0.4} | part)
        check_answer(found, in_words, tmp_path)
        for suffix in ("png", "pdf"):
            assert save(trial_figure(found), tmp_path / f"{name}.{suffix}").stat().st_size > 10_000


def test_where_nobody_can_be_matched_there_is_no_estimate_and_no_warning(shocked, tmp_path):
    """The sees of a study as good as decide who is treated, and the caliper lets nobody pair."""
    study = STUDY | {"patients": 40, "replicates": 20, "caliper": 1e-9}
    found = trial(shocked(500), {"control_mortality": 0.4, "observational": study})
    assert float(found["matched"]) == 0
    assert found["bias"].sel(estimator="matching").isnull().all()
    assert found["bias"].sel(estimator="crude").notnull().all()
    check_answer(found, in_words, tmp_path)
    save(trial_figure(found), tmp_path / "unmatched.png")


def test_all_three_causal_shares_stand_beside_each_other_everywhere(shocked):
    found = trial(shocked(1500), BOTH)
    assert found["causal_share"].values.tolist() == [1.0, 0.5, 0.0]
    results = ("risk", "true_risk", "ratio", "power", "group_risk", "bias", "coverage", "finding_ratio", "finding_both")
    assert all("causal_share" in found[name].dims for name in results)
    assert (found["published_place"].sel(published=0).values >= 0).all()


def test_the_less_sick_treated_make_matching_find_a_benefit_that_no_power_gives(shocked):
    found = trial(shocked(4000), BOTH | {"observational": STUDY | {"patients": 1500, "replicates": 20}})
    none = found.sel(causal_share=0.0)
    assert float(none["finding_benefit"].sel(severity=-1.5)) > 0.9
    assert float(none["finding_benefit"].sel(severity=0.0)) < 0.1
    assert float(none["finding_harm"].sel(severity=1.5)) > 0.9
    assert float(none["finding_ratio"][-1]) > 1.2 > 0.85 > float(none["finding_ratio"][0])


DESIGN = """
control_mortality = 0.4
replicates = 50
[randomised]
patients = 20
"""


def test_the_command_says_it_for_people_and_machines(swept, call, tmp_path):
    store, design = swept / "out" / "small.zarr", tmp_path / "t.toml"
    design.write_text(DESIGN)
    code, out, _ = call("trial", store, design, "-o", tmp_path / "t.png")
    assert code == 0
    assert "Research use only" in out
    assert "risk ratio" in out
    assert (tmp_path / "t.png").exists()
    code, out, _ = call("trial", store, design, "-o", tmp_path / "t.svg", "--json", "--seed", "3")
    told = json.loads(out)
    assert told["seed"] == 3
    with cp.open_store(store) as dataset:
        check_json(told, cp.trial(dataset, design, seed=3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("control_mortality = 0.4\n[randomised]\npatients = 640\n", ("randomised.patients", "640", "at most")),
        ("control_mortality = 4\n[randomised]\npatients = 20\n", ("t.toml", "control_mortality", "4")),
        ("control_mortality = \n", ("t.toml", "not valid TOML")),
        ('control_mortality = 0.4\nname = ""\n[randomised]\npatients = 20\n', ("name",)),
        ("\x00", ("t.toml",)),
    ],
)
def test_the_command_refuses_nonsense_in_one_line(swept, call, tmp_path, text, words):
    design = tmp_path / "t.toml"
    design.write_text(text)
    code, out, told = call("trial", swept / "out" / "small.zarr", design, "-o", tmp_path / "t.png")
    assert code == 2
    assert not out
    assert told.count("\n") == 1
    assert all(word in told for word in words)
    assert not (tmp_path / "t.png").exists()


def test_a_trial_of_two_devices_says_what_its_control_arm_gets(shocked):
    own = PLAIN | {"replicates": 50, "arm": "impella-cp", "reference": "iabp", "randomised": {"patients": 100}}
    told = str(in_words(trial(shocked(500), own)))
    assert "In iabp, complications apart, 40.0 % have death" in told
    assert "ithout a device 40.0 %" not in told
    assert "Without a device 40.0 % have death" in str(in_words(trial(shocked(500), own | {"reference": "off"})))
