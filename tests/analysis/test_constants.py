"""Constants of sourced tables: every one declared soundly, and set by a user in one way, whichever answer reads it."""

import re

import pytest

from counterpulse.analysis.course import constants as of_courses
from counterpulse.analysis.numbers.constants import settings
from counterpulse.analysis.prognosis import constants as of_prognosis

TABLES = of_courses.declared() | of_prognosis.declared()


@pytest.mark.parametrize("table", TABLES)
def test_each_has_a_mark_units_and_a_value_within_its_range(table):
    for row in TABLES[table].values():
        assert re.match(r"\[[SMDX]\] ?", row.source)
        assert row.units
        assert row.low <= row.value <= row.high
        if row.interval is not None:
            assert row.interval[0] < row.value < row.interval[1]


def test_patterns_are_no_tables_of_their_own():
    assert not {"hazard", "device"} & {*TABLES}
    assert set(of_prognosis.GROUPS) == {*of_prognosis.declared()}
    stroke, injury = (TABLES[name] for name in ("stroke", "vascular_injury"))
    assert {*stroke} == {*injury}
    assert stroke["per_day"].value == 0.001
    assert (stroke["per_day"].units, stroke["per_day"].high) == ("1/d", 10)
    assert (injury["per_day"].value, stroke["arterial_disease"].value) == (0, 1)


@pytest.mark.parametrize(("table", "name"), [("weaning", "wait"), ("infection", "per_day")])
def test_a_user_sets_a_number_alone_or_with_a_source(table, name, refused):
    rows = TABLES[table]
    for own in (0.25, {"value": 0.25}, {"value": 0.25, "source": "[S] mine"}):
        found = settings(rows, {name: own}, table)
        assert found == {each: row.value for each, row in rows.items()} | {name: 0.25}
    for own, words in (
        ({"value": -1}, f"{table}.{name}.value: given -1, 0 to"),
        ({"source": "[S]"}, "a table without value"),
        ({"value": 1, "units": "h"}, "'units' is not known"),
        ({"value": {"value": 1}}, "a number is needed"),
        (True, "given true, a number is needed"),
        (float("nan"), "a finite number is needed"),
        (float("inf"), "a finite number is needed"),
        (10**400, "a finite number is needed"),
        ("1", "given '1', a number is needed"),
    ):
        with refused(f"{table}.{name}", words):
            settings(rows, {name: own}, table)


def test_a_switch_is_true_or_false(refused):
    assert of_courses.Heparin.of({"dose_dependent": True}).dose_dependent is True
    with refused("heparin.dose_dependent: given 1, true or false"):
        of_courses.Heparin.of({"dose_dependent": 1})
    with refused("heparin.variability: given true, a number"):
        of_courses.Heparin.of({"variability": True})


def test_a_hazard_may_rise_from_a_day_on(refused):
    with refused("stroke.rises_after_day: given -1, 0 d or more"):
        of_prognosis.prognosis({"stroke": {"rises_after_day": -1, "doubles_in_days": 3}})
    with refused("stroke: rises_after_day and doubles_in_days go together"):
        of_prognosis.prognosis({"stroke": {"doubles_in_days": 3}})
    assert of_prognosis.prognosis({"stroke": {"rises_after_day": 2, "doubles_in_days": 3}}).stroke.rises_after_day == 2
