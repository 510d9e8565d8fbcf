"""What a comparison infers, and what it refuses: the same for every answer."""

import json

import numpy as np
import pytest
import xarray as xr

from counterpulse.analysis.response.comparison import THRESHOLDS, Comparison
from counterpulse.analysis.response.variants import at_other_thresholds
from counterpulse.engine import InputError


@pytest.fixture
def three(dataset):
    """The arms off, iabp and pump of one patient."""
    two = dataset({}, {"cardiac_output": 4.8})
    both = xr.concat([two.sel(arm="off"), two.sel(arm="iabp"), two.sel(arm="iabp")], "arm", data_vars="all")
    return both.assign_coords(arm=np.array(["off", "pump", "iabp"], dtype=object))


def arms(found):
    return found.arm, found.reference


def test_arms_are_inferred(three):
    assert arms(Comparison.of(three)) == ("iabp", "off")
    assert arms(Comparison.of(three, "pump")) == ("pump", "off")
    assert arms(Comparison.of(three, reference="iabp")) == ("off", "iabp")
    assert arms(Comparison.of(three.assign_attrs(reference="pump"))) == ("iabp", "pump")
    assert arms(Comparison.of(three.assign_attrs(spec=json.dumps({"reference": "iabp"})))) == ("off", "iabp")


def test_an_arm_is_no_reference_of_itself_unless_taken_alone(three):
    for given in ({"arm": "off"}, {"arm": "pump", "reference": "pump"}):
        with pytest.raises(InputError, match="is the reference; another arm is to be judged against it"):
            Comparison.of(three, **given)
    assert arms(Comparison.of(three, "pump", "pump", alone=True)) == ("pump", "pump")
    assert arms(Comparison.of(three, alone=True)) == ("iabp", "off")
    one = three.isel(arm=[1])
    assert arms(Comparison.of(one, alone=True)) == ("pump", "pump")
    assert not Comparison.of(one, alone=True).compares
    with pytest.raises(InputError, match="no arm but pump"):
        Comparison.of(one)


def test_given_goes_before_stored_before_default(dataset):
    stored = {"definition": "ischaemia-relief", "helps_endocardial_gain": 0.2}
    data = dataset({}, {}, spec={"response": stored})
    found = Comparison.of(data, thresholds={"helps_output_gain": 0.3})
    assert found.definition == "ischaemia-relief"
    changed = {"helps_endocardial_gain": 0.2, "helps_output_gain": 0.3}
    assert found.thresholds == THRESHOLDS | changed


def test_halved_and_doubled_are_what_the_definition_reads_and_all_lines_of_harm(dataset):
    comparison = Comparison.of(dataset({}, {}), definition="ischaemia-relief")
    changed = {
        name: {key: value for key, value in each.thresholds.items() if value != comparison.thresholds[key]}
        for name, each in at_other_thresholds(comparison).items()
    }
    assert changed["help at half the threshold"] == {
        name: comparison.thresholds[name] / 2 for name in ("helps_endocardial_gain", "helps_reserve_below")
    }
    twice = changed["harm at twice the threshold"]
    assert twice.keys() == {name for name in THRESHOLDS if name.startswith("harms_")}
    assert twice["harms_limb_flow"] == pytest.approx(1 - 2 * (1 - comparison.thresholds["harms_limb_flow"]))
    assert [*at_other_thresholds(comparison, ("harm",))] == [
        "harm at half the threshold",
        "harm at twice the threshold",
    ]
