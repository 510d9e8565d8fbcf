"""Stores with hardly anything to tell: every answer tells it, or says in one line why not, and never warns."""

import re

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.analysis.devices.rivals import rivals
from counterpulse.analysis.devices.rivals_figure import rivals_figure
from counterpulse.analysis.devices.weaning import weaning
from counterpulse.analysis.devices.weaning_figure import weaning_figure
from counterpulse.analysis.maps.boundary import boundary
from counterpulse.analysis.maps.boundary_words import sentences
from counterpulse.analysis.maps.map_figure import map_figure
from counterpulse.analysis.maps.robustness import robustness
from counterpulse.analysis.maps.robustness_figure import robustness_figure
from counterpulse.analysis.predictors.prediction import predictors
from counterpulse.analysis.regions.search import regions
from counterpulse.analysis.regions.words import preamble
from counterpulse.analysis.report.page import as_html, content_of
from counterpulse.analysis.response.summary import summarise
from counterpulse.analysis.sensitivity.indices import sensitivity
from counterpulse.analysis.words.text import to_json
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES, Status

AXES = ("heart_rate", "systemic_resistance")


def of(count, status=None, without=(), constant=(), same=False):
    """Make a data set of so many patients: of one status, without some numbers, with axes that do not vary."""

    def make(population):
        data = population(count, failed=0.0, outside=0.0)
        if same:
            data["cardiac_output"].loc[{"arm": "iabp"}] = data["cardiac_output"].sel(arm="off")
        if status is not None:
            data["status"][:] = status
        for name in OUTCOMES if status not in (None, Status.OUTSIDE_COHORT) else without:
            data[name][:] = np.nan
        return data.assign({name: ("patient", np.full(count, 80.0)) for name in constant})

    return make


STORES = {
    "1": of(1),
    "2": of(2),
    "3": of(3),
    "10": of(10),
    "all failed": of(60, Status.NOT_CONVERGED),
    "all outside": of(60, Status.OUTSIDE_COHORT),
    "none run": of(60, Status.NOT_RUN),
    "no output": of(60, without=("cardiac_output",)),
    "no error": of(60, without=("convergence_error",)),
    "all the same class": of(400, same=True),
    "constant axes": of(400, constant=AXES),
}


def weaned(data):
    three = data.isel(arm=[0, 1, 1]).assign_coords(arm=np.array(["off", "iabp", "half"], dtype=object))
    return three.assign(assist_ratio=("arm", [1.0, 1.0, 2.0]))


ANSWERS = {
    "map": lambda data: cp.map(data, *AXES),
    "curves": lambda data: cp.map(data, AXES[0]),
    "panels": lambda data: cp.map(data, *AXES, columns="arterial_stiffness"),
    "value": lambda data: cp.map(data, *AXES, value="wedge_pressure_difference"),
    "boundary": lambda data: sentences(boundary(data, *AXES)),
    "regions": lambda data: preamble(regions(data, refits=0)),
    "tree": lambda data: preamble(regions(data, method="tree", refits=0)),
    "predictors": predictors,
    "sensitivity": sensitivity,
    "weaning": lambda data: weaning(weaned(data)),
    "weaning by age": lambda data: weaning(weaned(data), by=AXES[0]),
    "rivals": lambda data: rivals(data, x=AXES[0], y=AXES[1]),
    "robustness": lambda data: robustness([data], *AXES),
    "summary": lambda data: summarise(data).sentences(),
}
NEVER_REFUSED = ("summary",)


@pytest.mark.parametrize("store", STORES)
def test_every_answer_tells_or_says_why_not(population, store):
    data = STORES[store](population)
    for name, ask in ANSWERS.items():
        try:
            told = ask(data)
        except InputError as error:
            told = str(error)
        lines = told if isinstance(told, list) else [told] if isinstance(told, str) else []
        assert not any("\n" in line or re.search(r"\bnan\b", line) for line in lines), (name, lines)
        assert isinstance(told, str) <= (name not in NEVER_REFUSED)


@pytest.mark.parametrize("store", ["2", "all the same class", "no error"])
def test_what_is_told_is_drawn_without_a_warning(population, store):
    data = STORES[store](population)
    for figure in (
        map_figure(cp.map(data, *AXES)),
        weaning_figure(weaning(weaned(data))),
        rivals_figure(rivals(data, x=AXES[0], y=AXES[1])),
        robustness_figure(robustness([data], *AXES)),
    ):
        figure.draw_without_rendering()


@pytest.mark.parametrize("store", ["1", "all failed", "all outside", "no error"])
def test_a_report_says_what_there_is(population, store):
    content = content_of(STORES[store](population), name="few")
    assert content.answers["iabp"].summary.sentences()
    assert not re.search(r"\bnan\b", as_html(content))
    assert to_json([each.summary.failures for each in content.answers.values()])
