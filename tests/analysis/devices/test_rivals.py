"""Rivals, against a table made by hand and a plain loop over patients."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from answer_checks import check_answer

from counterpulse.analysis.devices.rivals import NONE_MEETS, rivals
from counterpulse.analysis.devices.rivals_figure import rivals_figure
from counterpulse.analysis.devices.rivals_order import ranks_of, targets_of
from counterpulse.analysis.devices.rivals_words import in_words
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.reading import stream
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.spec.file import load

ARMS = ("off", "iabp", "pump", "ecmo")


@pytest.fixture(name="rivalled")
def _rivalled(dataset):
    """A data set from cardiac index by patient and arm; every pump lowers wedge pressure by 5 mmHg."""

    def make(index, status=None, error=0.0):
        index = np.asarray(index, dtype=float)
        parts = []
        for place in range(index.shape[1]):
            own = {"cardiac_index": index[:, place], "cardiac_output": 2 * index[:, place], "convergence_error": error}
            own["wedge_pressure"] = 20.0 - 5.0 * (place > 1) * np.ones(len(index))
            parts.append(dataset({}, own).sel(arm="iabp", drop=True).drop_vars("balloon_volume"))
        result = xr.concat(parts, "arm", data_vars="all").transpose("patient", "arm")
        result = result.assign_coords(arm=np.array(ARMS[: index.shape[1]], dtype=object))
        result["balloon_volume"] = ("arm", np.array([0.0, 40.0, 0.0, 0.0])[: index.shape[1]])
        result["impella_speed"] = ("arm", np.array([0.0, 0.0, 44.0, 0.0])[: index.shape[1]])
        result["ecmo_flow"] = ("arm", np.array([0.0, 0.0, 0.0, 4.0])[: index.shape[1]])
        if status is not None:
            result["status"] = (("patient", "arm"), np.asarray(status, dtype=np.uint8))
        result["lv_elastance"] = ("patient", np.linspace(0.4, 1.2, len(index)), {"units": "mmHg/mL"})
        return result.assign_attrs(spec=json.dumps({"name": "Rivals"}))

    return make


TABLE = [
    # off, iabp, pump, ecmo: the mildest at 2.2 or more
    [2.3, 2.4, 2.5, 2.6],  # off
    [2.0, 2.4, 2.5, 2.6],  # iabp
    [2.0, 2.1, 2.5, 2.6],  # pump
    [2.0, 2.1, 2.1, 2.6],  # ecmo
    [1.0, 1.1, 1.1, 1.2],  # none
    [2.0, 2.3, 2.1, 2.6],  # iabp, whatever the pump
    [2.0, 2.1, 2.3, 2.6],  # undetermined: iabp failed
    [2.0, 2.3, 2.5, 2.6],  # iabp: that ecmo failed does not matter
    [9.0, 9.0, 9.0, 9.0],  # outside
]
STATUS = np.ones((9, 4), dtype=int)
STATUS[6, 1], STATUS[7, 3], STATUS[8, :] = 3, 3, 2


def counts(answer):
    return answer["count"].to_series().to_dict()


def test_a_table_made_by_hand(rivalled):
    answer = rivals(rivalled(TABLE, STATUS), ["cardiac_index>=2.2"])
    assert counts(answer) == {"off": 1, "iabp": 3, "pump": 1, "ecmo": 1, NONE_MEETS: 1}
    about = answer.attrs
    assert (about["compared"], about["undetermined"], about["not_compared"]) == (7, 1, 1)
    assert answer["failed"].to_series().to_dict() == {"off": 0, "iabp": 1, "pump": 0, "ecmo": 1}


def test_all_targets_must_hold(rivalled):
    answer = rivals(rivalled(TABLE, STATUS), ["cardiac_index>=2.2", "wedge_pressure<18"])
    assert counts(answer) == {"off": 0, "iabp": 0, "pump": 4, "ecmo": 2, NONE_MEETS: 1}
    # the one whose ecmo failed is served by the pump; he whose pump falls short of it needs ecmo


def test_equal_ranks_show_their_ties(rivalled):
    answer = rivals(rivalled(TABLE, STATUS), ["cardiac_index>=2.2"], ["off", "iabp/pump", "ecmo"])
    middle = answer.isel(device=1)
    assert middle["device"] == "iabp / pump"
    assert answer["rank"].values.tolist() == [0, 1, 1, 2]
    # whose iabp failed and whose pump is enough is served by that rank, of whose arms one is unknown
    assert (middle["count"], middle["ties"]) == (5, 2)
    assert answer.attrs["undetermined"] == 0


def test_within_numerical_error_is_said(rivalled):
    near = rivalled([[2.199, 2.5, 2.6, 2.7], [2.0, 2.5, 2.6, 2.7], [2.201, 2.5, 2.6, 2.7]], error=1e-3)
    answer = rivals(near, ["cardiac_index>2.2"])
    assert counts(answer)["off"] == 1
    assert answer.attrs["undecided"] == 2


def plain_loop(people, order, threshold):
    """Rank of each patient, -1 where it cannot be known, in plain Python."""
    out = []
    for patient in range(people.sizes["patient"]):
        one = people.isel(patient=patient)
        found = len(order)
        for place, arm in enumerate(order):
            if int(one["status"].sel(arm=arm)) != 1:
                found = -1
                break
            if float(one["cardiac_index"].sel(arm=arm)) > threshold:
                found = place
                break
        out.append(found)
    return np.array(out)


def test_against_a_plain_loop_and_whatever_the_pieces(rivalled, monkeypatch):
    random = np.random.default_rng(2)
    people = rivalled(random.normal(2.2, 0.4, (300, 4)), random.choice([1, 3], (300, 4), p=[0.9, 0.1]))
    order = ["iabp", "off", "ecmo", "pump"]
    expected = plain_loop(people, order, 2.3)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 70)
    answer = rivals(people, ["cardiac_index>2.3"], order, x="lv_elastance", y="cardiac_output", bins=4)
    assert answer["count"].values.tolist() == [(expected == place).sum() for place in range(5)]
    assert answer.attrs["undetermined"] == (expected == -1).sum()


def test_prices_are_paired_medians(rivalled):
    people = rivalled(np.random.default_rng(0).normal(2.2, 0.4, (501, 4)))
    answer = rivals(people).sel(outcome="cardiac_output")
    difference = people["cardiac_output"].sel(arm="ecmo") - people["cardiac_output"].sel(arm="off")
    one = answer.sel(arm="ecmo")
    assert one["change"] == pytest.approx(float(difference.median()))
    assert one["change_first_quartile"] == pytest.approx(float(difference.quantile(0.25)))
    assert one["change_third_quartile"] == pytest.approx(float(difference.quantile(0.75)))
    assert answer["change"].sel(arm="off").isnull()


def test_a_map_says_where_the_first_two_tie(rivalled):
    size = 4000
    weak = np.linspace(0.4, 1.2, size) < 0.8
    random = np.random.default_rng(1)
    iabp_serves = np.where(weak, random.random(size) < 0.02, random.random(size) < 0.5)
    index = np.stack(
        [np.full(size, 2.0), np.where(iabp_serves, 2.5, 2.0), np.full(size, 2.5), np.full(size, 2.6)], axis=1
    )
    people = rivalled(index)
    people["heart_rate"] = ("patient", random.uniform(60, 140, size), {"units": "1/min"})
    cells = rivals(people, ["cardiac_index>2.2"], x="lv_elastance", y="heart_rate", bins=2)
    assert cells["cell_most"].values[:, 0].tolist() == [2, 2]
    assert not cells["cell_tie"].values[:, 0].any()
    assert cells["cell_tie"].values[:, 1].all()
    assert int(cells["cell_patients"].sum()) == pytest.approx(size, abs=0.05 * size)  # the axes show 98 % of each


def test_the_default_order_of_the_example():
    spec = load(Path(__file__).parents[3] / "examples" / "rivals.toml")
    settings = {name for own in spec.arms.values() for name in own}
    arms = xr.Dataset(
        {name: ("arm", [own.get(name, PARAMETERS[name].default) for own in spec.arms.values()]) for name in settings},
        {"arm": np.array(list(reversed(spec.arms)), dtype=object)[::-1]},
    )
    named = ["off", "iabp", "impella-2.5", "impella-cp", "impella-5.5", "ecmo", "ecmo-iabp"]
    for each in (arms, arms.isel(arm=slice(None, None, -1))):
        ranks = ranks_of(each, None)
        assert [device.name for rank in ranks for device in rank] == named
        assert ranks[3][0].levels == ("impella-cp@P-2", "impella-cp@P-4", "impella-cp@P-6", "impella-cp@P-8")
        assert ranks[5][0].levels[0] == "ecmo@1.5"


@pytest.fixture(name="levelled")
def _levelled(rivalled):
    """A balloon, and a pump of three levels, whose highest shuts the aortic valve."""

    def make(index, status=None):
        index = np.asarray(index, dtype=float)
        people = rivalled(index[:, :4])
        more = people.isel(arm=[3]).assign_coords(arm=np.array(["pump@3"], dtype=object))
        people = people.assign_coords(arm=np.array(["off", "iabp", "pump@1", "pump@2"], dtype=object))
        people = xr.concat([people, more], "arm", data_vars="minimal").transpose("patient", "arm")
        for name, scale in (("cardiac_index", 1.0), ("cardiac_output", 2.0)):
            people[name] = (("patient", "arm"), scale * index)
        people["balloon_volume"] = ("arm", [0.0, 40.0, 0.0, 0.0, 0.0])
        people["ecmo_flow"] = ("arm", [0.0, 0.0, 0.0, 0.0, 0.0])
        people["impella_speed"] = ("arm", [0.0, 0.0, 20.0, 30.0, 40.0])
        people["findings"] = (("patient", "arm"), np.array(len(index) * [[0, 0, 0, 0, 1]], dtype=np.uint16))
        people["status"] = (("patient", "arm"), np.ones(index.shape, np.uint8) if status is None else status)
        return people

    return make


LEVELS = [
    # off, iabp, pump at 1, 2, 3: the lowest level at 2.2 or more
    [2.3, 2.4, 2.5, 2.6, 2.7],  # 1
    [2.0, 2.4, 2.1, 2.3, 2.4],  # 2
    [2.0, 2.1, 2.1, 2.1, 2.3],  # 3
    [1.9, 2.0, 1.8, 1.9, 2.1],  # never: at 3
    [2.0, 2.1, 2.1, 2.3, 2.2],  # 1 failed: 2
    [1.9, 2.0, 1.8, 2.0, 2.1],  # 2 failed, none meets: nobody knows
]
LEVEL_STATUS = np.ones((6, 5), dtype=np.uint8)
LEVEL_STATUS[4, 2] = LEVEL_STATUS[5, 3] = 3


def test_each_patient_has_the_lowest_level_that_is_enough(levelled):
    answer = rivals(levelled(LEVELS, LEVEL_STATUS), ["cardiac_index>=2.2"])
    # the last could have been served by the level that failed
    assert counts(answer) == {"off": 1, "iabp": 1, "pump": 2, NONE_MEETS: 1}
    assert answer.attrs["undetermined"] == 1
    assert answer["lowest"].to_series().to_dict() == {"off": 1, "iabp": 2, "pump@1": 1, "pump@2": 2, "pump@3": 1}
    assert answer["level_ran"].sel(level=["pump@1", "pump@2", "pump@3"]).values.tolist() == [5, 5, 6]
    pump = answer.sel(arm="pump")
    assert (pump["ran"], pump["meets"], pump["never"], pump["failed"]) == (5, 4, 1, 1)


def test_costs_are_those_of_the_level_taken(levelled):
    answer = rivals(levelled(LEVELS, LEVEL_STATUS), ["cardiac_index>=2.2"]).sel(arm="pump")
    output = answer.sel(outcome="cardiac_output")
    # outputs are twice the index; levels 1, 2, 3, 3 and 2 of the five who ran
    assert output["change"] == pytest.approx(2 * np.median([0.2, 0.3, 0.3, 0.2, 0.3]))
    assert output["balloon_change"] == pytest.approx(2 * np.median([0.1, -0.1, 0.2, 0.1, 0.2]))
    assert answer["more_than_balloon"] == pytest.approx(4 / 5)
    # of them two have the level that shuts the valve, which it does in all who have it
    assert answer["valve_shut"] == pytest.approx(2 / 5)
    assert answer["level_valve_shut"].values.tolist() == [0, 0, 0, 0, 1]


def test_an_order_names_devices_or_levels(levelled):
    people = levelled(LEVELS)
    one = rivals(people, ["cardiac_index>=2.2"], ["off", "pump@3", "iabp"])
    assert one["device"].values.tolist() == ["off", "pump@3", "iabp", NONE_MEETS]
    assert json.loads(one.attrs["left_out"]) == ["pump@1", "pump@2"]
    tied = rivals(people, ["cardiac_index>=2.2"], ["iabp/pump"])
    # two devices tie, not three levels of one
    assert tied["ties"].values.tolist() == [2, 0]
    for order in (["pump", "pump@1"], ["pump@1", "pump@1"]):
        with pytest.raises(InputError, match="pump@1 is given twice"):
            rivals(people, ["cardiac_index>=2.2"], order)


def test_levels_are_told_and_drawn(levelled, tmp_path):
    answer = rivals(levelled(LEVELS, LEVEL_STATUS), ["cardiac_index>=2.2"])
    tables = [part for part in in_words(answer) if part.kind == "table"]
    assert ["pump@2", 2, "40", "60", "0"] in tables[1].rows
    assert ["pump: never", 1, "20", "", ""] in tables[1].rows
    check_answer(answer, in_words, tmp_path)
    assert save(rivals_figure(answer), tmp_path / "levels.png").stat().st_size > 20_000


@pytest.mark.parametrize(
    ("regulation", "target", "says"),
    [
        ("map-held", 0.0, "the mean arterial pressure that a patient has in off"),
        ("map-held", 65.0, "65 mmHg, so that a device weans them"),
        ("open-loop", 0.0, "nobody weans drugs"),
    ],
)
def test_the_mode_is_said(levelled, regulation, target, says):
    people = levelled(LEVELS).assign_attrs(spec=json.dumps({"regulation": regulation}))
    people["pressure_target"] = ("patient", np.full(6, target))
    assert says in "\n".join(in_words(rivals(people, ["cardiac_index>=2.2"]))[0].lines)


def test_targets_are_read(rivalled):
    people = rivalled(TABLE)
    index, wedge = targets_of(people, [" cardiac_index >= 2.2 ", "wedge_pressure<18"])
    assert str(index) == "cardiac_index>=2.2"
    assert wedge.words == "pulmonary capillary wedge pressure < 18 mmHg"
    with pytest.raises(InputError, match="wedge_pressure"):
        targets_of(people.drop_vars("wedge_pressure"), ["wedge_pressure<18"])


@pytest.mark.parametrize(
    ("targets", "settings", "says"),
    [
        (["cardiac_indx>2"], {}, "did you mean 'cardiac_index'"),
        (["cardiac_index=2"], {}, "is not NAME>NUMBER"),
        (["cardiac_index>nan"], {}, "is not NAME>NUMBER"),
        ([], {}, "no target given"),
        (["cardiac_index>2"], {"order": ["off", "iapb"]}, "did you mean 'iabp'"),
        (["cardiac_index>2"], {"order": ["off", "iabp", "off"]}, "off is given twice"),
        (["cardiac_index>2"], {"order": ["off"]}, "two arms or more"),
        (["cardiac_index>2"], {"x": "lv_elastance"}, "two different axes"),
        (["cardiac_index>2"], {"x": "lv_elastance", "y": "lv_elastanse"}, "did you mean 'lv_elastance'"),
    ],
)
def test_bad_input_is_one_line(rivalled, targets, settings, says):
    with pytest.raises(InputError, match=says) as caught:
        rivals(rivalled(TABLE), targets, **settings)
    assert "\n" not in str(caught.value)


def test_who_is_left_out_by_the_baseline_is_in_no_number(rivalled, tmp_path):
    random = np.random.default_rng(4)
    people = rivalled(random.normal(2.2, 0.4, (300, 4)), random.choice([1, 3], (300, 4), p=[0.9, 0.1]))
    people = people.assign_attrs(people.attrs | {"cohort": "mine", "cohort_shock": json.dumps({"mine": True})})
    people["status"][:40, 0] = 1
    people["mean_arterial_pressure"][:30, 0] = 35.0
    people["mean_arterial_pressure"][30:40, 0], people["cardiac_index"][30:40, 0] = 90.0, 2.5
    # outside the cohort, and a baseline that failed: neither is left out by what it shows
    people["status"][:2, :], people["status"][2, 0] = 2, 3
    asked = (["cardiac_index>2.2"], list(ARMS))
    axes = {"x": "lv_elastance", "y": "wedge_pressure_difference", "bins": 3}
    people["wedge_pressure"] = people["wedge_pressure"] + random.normal(0, 1, (300, 4))
    answer, others = rivals(people, *asked, **axes), rivals(people.isel(patient=[0, 1, 2, *range(40, 300)]), *asked)
    about = answer.attrs
    assert (about["not_survivable"], about["not_in_shock"], about["not_compared"]) == (27, 10, 2)
    assert about["compared"] + about["undetermined"] == 300 - 39
    kept = [name for name in others.data_vars if not str(name).startswith("cell")]
    xr.testing.assert_identical(answer[kept].drop_attrs(deep=False), others[kept].drop_attrs(deep=False))
    assert int(answer["cell_patients"].sum()) <= about["compared"]
    words = in_words(answer)[0].lines[0]
    assert "2 outside the cohort or not run, 27 whose baseline nobody survives, 10 not in shock at baseline" in words
    assert save(rivals_figure(answer), tmp_path / "rivals.png").stat().st_size > 20_000
    everyone = people.assign_attrs(people.attrs | {"spec": json.dumps({"response": {"leave_out": False}})})
    about = rivals(everyone, *asked).attrs
    assert about["compared"] + about["undetermined"] == 300 - 2
    assert (about["not_survivable"], about["not_in_shock"]) == (0, 0)


def test_nobody_and_one_patient(rivalled):
    with pytest.raises(InputError, match="no patient of this store was compared"):
        rivals(rivalled(TABLE, np.full((9, 4), 3)))
    assert rivals(rivalled(TABLE[:1]), ["cardiac_index>2.2"])["count"][0] == 1


def test_a_device_that_varies_needs_an_order(rivalled):
    people = rivalled(TABLE)
    people["ecmo_flow"] = (("patient", "arm"), np.tile([0.0, 0.0, 0.0, 4.0], (9, 1)))
    with pytest.raises(InputError, match="ecmo_flow varies from patient to patient"):
        rivals(people, ["cardiac_index>2.2"])
    assert rivals(people, ["cardiac_index>2.2"], list(ARMS)).attrs["compared"] == 9


def test_the_picture(rivalled, tmp_path):
    people = rivalled(np.random.default_rng(0).normal(2.2, 0.4, (800, 4)))
    plain = rivals(people, ["cardiac_index>2.2"], ["off", "iabp/pump", "ecmo"])
    assert save(rivals_figure(plain), tmp_path / "plain.png").stat().st_size > 20_000
    mapped = rivals(people, ["cardiac_index>2.2"], x="lv_elastance", y="cardiac_output")
    assert save(rivals_figure(mapped), tmp_path / "mapped.png").exists()
