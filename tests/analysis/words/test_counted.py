"""Whatever an answer says of failures and of those outside: its numbers add up to all candidates."""

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.analysis.devices.rivals import rivals
from counterpulse.analysis.devices.weaning import weaning
from counterpulse.analysis.maps.boundary import boundary
from counterpulse.analysis.maps.robustness import robustness
from counterpulse.analysis.predictors.prediction import predictors
from counterpulse.analysis.regions.search import regions
from counterpulse.analysis.response.summary import summarise
from counterpulse.analysis.sensitivity.indices import sensitivity
from counterpulse.analysis.words.counted import many, who_was_compared
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES, Status

PATIENTS = 3000
AXES = ("heart_rate", "systemic_resistance")
LOST = {"in off": 190, "in iabp alone": 60, "none": 25, "outside": 130, "not run": 70}


@pytest.fixture(scope="module")
def people(population):
    """Patients of whom some failed without support, some in the arm alone, some have a number that is none."""
    data = population(PATIENTS, failed=0.0, outside=0.0)
    first = np.split(np.arange(PATIENTS), np.cumsum(list(LOST.values())))
    status = data["status"].values
    status[first[0]] = [Status.NOT_CONVERGED, Status.REFERENCE_FAILED]
    status[first[0][:40]] = Status.REFERENCE_FAILED
    status[first[1], 1] = np.where(np.arange(60) < 45, Status.NON_PHYSICAL, Status.NO_DIASTOLE)
    status[first[3]] = Status.OUTSIDE_COHORT
    status[first[4]] = Status.NOT_RUN
    for name in OUTCOMES:
        data[name] = data[name].where(data["status"] == Status.OK)
    data["wedge_pressure"][first[2], 1] = np.nan
    return data


def test_each_failed_patient_has_one_reason(people):
    summary = summarise(people)
    assert summary.failures == {
        "off": {"not_converged": 150, "reference_failed": 40},
        "iabp": {"non_physical": 45, "not_finite": 25, "no_diastole": 15},
    }
    reasons = sum(sum(kinds.values()) for kinds in summary.failures.values())
    assert reasons == summary.classes["failed_run"] == 275
    assert summary.compared + 275 + summary.classes["not_compared"] == summary.candidates == PATIENTS
    assert summary.sentences()[0] == (
        "3,000 candidates: 2,525 compared (iabp against off), 275 failed (in off 150 not converged, 40 reference "
        "failed; in iabp alone 45 non physical, 25 not finite, 15 no diastole), 200 outside the cohort or not run."
    )


def abouts(people):
    """What each answer says of its patients."""
    yield cp.map(people, *AXES).attrs
    yield boundary(people, *AXES).attrs
    robust = robustness([people], *AXES)
    yield robust.attrs
    assert (robust["compared"] + robust["not_here"] == robust.attrs["compared"]).all()
    rules = regions(people, refits=0)
    yield {**rules.attrs, "compared": rules.attrs["fitted"] + rules.attrs["counted"]}
    three = people.isel(arm=[0, 1, 1]).assign_coords(arm=np.array(["off", "iabp", "half"], dtype=object))
    yield weaning(three.assign(assist_ratio=("arm", [1.0, 1.0, 2.0]))).attrs


def test_the_counts_of_every_answer_are_all_candidates(people):
    for about in abouts(people):
        assert about["compared"] + about["failed_run"] + about["not_compared"] == about["candidates"] == PATIENTS
        assert (about["failed_run"], about["not_compared"]) == (275, 200)


def test_rivals_count_each_patient_once_and_each_arm_too(people):
    answer = rivals(people, ["cardiac_index>=2.2", "wedge_pressure<18"])
    about = answer.attrs
    assert about["compared"] + about["undetermined"] + about["not_compared"] == PATIENTS
    assert answer["count"].sum() == about["compared"]
    assert (answer["ran"] + answer["failed"] + answer["without_reference"] + about["not_compared"] == PATIENTS).all()
    arm = answer.isel(arm=-1)
    assert (arm["failed"], arm["without_reference"]) == (60 + 25, 190)


def test_sensitivity_counts_every_patient(people):
    found = sensitivity(people, ["helps"])
    counts = {name: int(found[name][0]) for name in ("used", "failed", "outside_cohort", "not_run")}
    assert counts == {"used": 2525, "failed": 275, "outside_cohort": 130, "not_run": 70}


@pytest.mark.parametrize(
    ("patients", "says"), [(0, "no patient of this store"), (1, "1 patient of"), (3, "3 patients of")]
)
def test_few_patients_are_not_called_none(population, patients, says):
    data = population(10, failed=0.0, outside=0.0).isel(patient=slice(6, 6 + max(patients, 1)))
    if not patients:
        data["status"][:] = Status.NOT_CONVERGED
    with pytest.raises(InputError, match=says):
        regions(data)


def test_predictors_say_how_many_there_were(population):
    with pytest.raises(InputError, match=r"of \d+ patients drawn to fit on \d were compared, and \d are of the class"):
        predictors(population(20))


def test_words():
    assert (many(1, "patient"), many(2000, "patient"), many(0, "body", "bodies")) == (
        "1 patient",
        "2,000 patients",
        "0 bodies",
    )
    about = {"compared": 0, "candidates": 1, "failed_run": 1, "not_compared": 0, "arm": "iabp", "reference": "off"}
    assert who_was_compared(about) == "0 of 1 candidate compared (iabp against off), 1 failed"
