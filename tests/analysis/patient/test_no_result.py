"""Patients who failed: looked at again, with the last beat that can be integrated and the reason in words."""

import json
import math

import numpy as np
import pytest

from counterpulse.analysis.patient import no_result
from counterpulse.analysis.patient.case import Case, changed, from_cohort
from counterpulse.analysis.patient.page import patient_page
from counterpulse.analysis.patient.visit import visit
from counterpulse.engine import OUTCOMES, Status
from counterpulse.engine.periodic.solve import MOST_BEATS

NAMES = (
    "lv_elastance",
    "stressed_volume",
    "systemic_resistance",
    "heart_rate",
    "mitral_regurgitation_area",
    "aortic_regurgitation_area",
    "arterial_stiffness",
)
CASES = {
    "never periodic": (
        (0.0712, 822, 1.7, 173, 0.763, 0, 0.771),
        "NOT_CONVERGED",
        "REFERENCE_FAILED",
        "300 beats in a row two kinds of beat alternate",
    ),
    "runs away": ((0.05, 150, 2, 200, 2, 0.5, 0.3), "NON_PHYSICAL", "REFERENCE_FAILED", ""),
    "valve stays open": ((0.3, 5000, 0.2, 200, 0, 0, 4), "NO_DIASTOLE", "REFERENCE_FAILED", "at the end of the beat"),
    "arm never settles": (
        (0.0693, 408, 0.87, 135, 0.709, 0, 0.581),
        "OK",
        "NOT_CONVERGED",
        "two kinds of beat alternate",
    ),
    "arm below zero": ((2.9, 169, 0.212, 139, 0, 0.632, 3.35), "OK", "NON_PHYSICAL", "must be above 0"),
    "valve stays shut": (
        (0.0562, 451, 1.28, 76.1, 1.55, 0, 0.563),
        "OK",
        "NO_EJECTION",
        "the aorta never had less than",
    ),
}
"""Each far from its edge: of 1,500 whose values differ by up to 1 % each all have the same status in both arms."""


def seen_with(values, regulation="open-loop"):
    """Parameters as given and the model's defaults, of no cohort: no calibration moves who fails."""
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
    parameters = dict(zip(NAMES, map(float, values), strict=True))
    return visit(Case("A patient who fails", parameters, arms, {"regulation": regulation}), samples=200)


@pytest.mark.parametrize(("values", "off", "iabp", "says"), CASES.values(), ids=CASES)
def test_every_failure_says_why_and_shows_what_can_be_shown(values, off, iabp, says):
    seen = seen_with(values)
    content = json.loads(json.dumps(seen.as_dict()))
    assert [content["arms"][arm]["status"] for arm in ("off", "iabp")] == [off.lower(), iabp.lower()]
    failing = "iabp" if off == "OK" else "off"
    assert set(seen.replays) == {arm for arm, state in {"off": off, "iabp": iabp}.items() if state != "OK"}
    one = content["arms"][failing]
    assert says in one["why"]
    assert one["why"]
    assert "reached" not in content["arms"]["off"] or off != "OK"
    assert all(math.isnan(value) for value in one["outcomes"].values())
    drawn = [] if seen.traces is None else list(seen.traces["arm"].values)
    for arm in drawn:
        assert np.isfinite(seen.traces["lv_pressure"].sel(arm=arm)).all()
    for arm, found in seen.replays.items():
        assert (arm in drawn) == found.complete
        assert found.beats <= MOST_BEATS
    if off != "NON_PHYSICAL":
        assert failing in drawn
        assert one["reached"]["mean_heart_rate"] == pytest.approx(values[3])
        assert "convergence_error" not in one["reached"]
    page = patient_page(seen.result, seen.traces, arm="iabp", reference="off", title="x", about=seen.page_text("iabp"))
    texts = " ".join(text.get_text() for part in page.subfigs for text in part.texts)
    assert Status[iabp].sentence[:20] in texts.replace("\n", " ")


def test_the_pattern_shown_is_the_one_measured():
    """The signals of a periodic state that is no result have the mean that was reached."""
    seen = seen_with(CASES["valve stays open"][0])
    mean = float(seen.traces["aortic_pressure"].sel(arm="off").mean("time"))
    assert seen.replays["off"].beats == 0
    assert mean == pytest.approx(seen.replays["off"].reached["mean_arterial_pressure"], rel=2e-3)


@pytest.mark.parametrize("regulation", ["baroreflex", "map-held"])
def test_regulated_patients_too(regulation):
    for case in ("never periodic", "arm below zero"):
        seen = seen_with(CASES[case][0], regulation)
        assert seen.replays, case
        for arm in seen.replays:
            assert seen.reasons[arm], arm


def test_patients_with_a_result_are_not_looked_at_again():
    seen = visit(from_cohort("ami-cs"), samples=50)
    assert seen.replays == {}
    assert "why" not in seen.as_dict()["arms"]["off"]


@pytest.mark.slow
def test_irregular_patients_who_failed_have_no_pattern_to_show():
    values = {"atrial_fibrillation": 1.0, "lv_elastance": 0.05, "stressed_volume": 150.0, "heart_rate": 200.0}
    case = changed(from_cohort("ami-cs"), {**values, "mitral_regurgitation_area": 2.0})
    seen = visit(case, samples=50)
    assert seen.replays == {}


def test_outside_says_by_what():
    outcomes = np.full((1, len(OUTCOMES)), 50.0)
    bounds = {
        "cardiac_output": (2.0, 4.0),
        "wedge_pressure": (-np.inf, 60.0),
        "age": (np.array([70.0]), np.array([np.inf])),
    }
    parameters = np.full((1, 200), 60.0)
    told = no_result.outside(parameters, outcomes, bounds)
    assert told == "cardiac_output 50, the window is 2 to 4 L/min; age 60, the window is above 70 year"


def test_words_for_beats_that_do_not_settle():
    row = {name: 4.0 for name in OUTCOMES if name not in ("beats_to_converge", "convergence_error")}
    higher, highest = {**row, "sevr": 4.4, "dpti": np.inf}, {**row, "sevr": 5.0, "dpti": np.inf}
    told = no_result.unsettled([row, higher, row], 5e-4, "")
    assert told == "two kinds of beat alternate: sevr 4.4, then 4; cardiac_output 4, then 4 L/min"
    told = no_result.unsettled([row, higher, highest], 5e-4, "")
    assert told.startswith("one still differs from the last: sevr 4.4, ")
    told = no_result.unsettled([row, row, row], 5e-4, "; but")
    assert told == "one is like the last to 0.05 % in every outcome; but"


SWEEP = """
name = "mostly outside"
cohort = "ami-cs"
patients = 72
seed = 7
window = true
[vary]
lv_elastance = { low = 0.05, high = 1 }
stressed_volume = { low = 150, high = 6000 }
systemic_resistance = { low = 0.2, high = 2 }
heart_rate = { low = 100, high = 200 }
mitral_regurgitation_area = { low = 0, high = 2 }
aortic_regurgitation_area = { low = 0, high = 1 }
arterial_stiffness = { low = 0.3, high = 4 }
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 72
warm_start = false
max_failed_share = 1
"""


@pytest.mark.slow
def test_the_command_on_a_store_with_failures(tmp_path, call):
    (tmp_path / "sweep.toml").write_text(SWEEP)
    store = tmp_path / "sweep.zarr"

    def said(*arguments):
        code, out, told = call(*arguments)
        assert code == 0, told
        return out

    said("run", tmp_path / "sweep.toml", "-o", store, "--array-task", "0/1")
    state = json.loads(said("status", store, "--json"))
    assert state["failures"]
    for failure in state["failures"]:
        out = said("patient", store, "--index", failure["example"], "-o", tmp_path / "page.png")
        assert Status[failure["kind"].upper()].sentence in out
        assert "reached" in out
    import xarray as xr

    stored = xr.open_zarr(store)
    index = int((stored["status"] == Status.OUTSIDE_COHORT).any("arm").values.argmax())
    assert ", the window is " in said("patient", store, "--index", index)
