"""Weaning curves, against planted shares and numpy."""

import json

import numpy as np
import pytest
import xarray as xr

from counterpulse.analysis.devices.weaning import EFFECTS, weaning
from counterpulse.analysis.devices.weaning_curves import curves_of, full_support
from counterpulse.analysis.devices.weaning_figure import weaning_figure
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.reading import stream
from counterpulse.engine.errors import InputError

SETTINGS = {
    "off": (0.0, 1.0),
    "iabp": (40.0, 1.0),
    "half": (40.0, 2.0),
    "third": (40.0, 3.0),
    "small": (20.0, 1.0),
}
SHARES = {"off": 0.0, "iabp": 1.0, "half": 0.5, "third": 0.3, "small": 0.4}


@pytest.fixture(name="weaned")
def _weaned(dataset):
    """Patients who keep the planted share of a gain that differs between them, with or without noise."""

    def make(patients=2000, noise=0.0, seed=0):
        random = np.random.default_rng(seed)
        gain = random.uniform(0.05, 0.3, patients)
        wide = random.uniform(0.7, 1.4, patients)
        parts = []
        for share in SHARES.values():
            own = share * gain + (random.normal(0, noise, patients) if 0 < share < 1 else 0.0)
            changed = {
                "cardiac_output": 4 * (1 + own),
                "mean_diastolic_pressure": 50 + 100 * own,
                "effective_arterial_elastance": 2 - 2 * own,
                "wedge_pressure": 20 - 10 * own,
                "pressure_volume_area": 6000 * (1 - own),
            }
            before = {"effective_arterial_elastance": 2.0, "cardiac_output": 4.0}
            parts.append(dataset(before, changed).sel(arm="iabp", drop=True).drop_vars("balloon_volume"))
        result = xr.concat(parts, "arm", data_vars="all").transpose("patient", "arm")
        result = result.assign_coords(arm=np.array(list(SHARES), dtype=object))
        for place, name in enumerate(("balloon_volume", "assist_ratio")):
            result[name] = ("arm", np.array([each[place] for each in SETTINGS.values()]))
        result["aortic_size"] = ("patient", wide, {"units": "1"})
        return result.assign_attrs(spec=json.dumps({"name": "Weaning"}))

    return make


def settings_of(data, names, volumes, ratios):
    named = data.isel(arm=slice(len(names))).assign_coords(arm=np.array(names, dtype=object))
    return named.assign(balloon_volume=("arm", volumes), assist_ratio=("arm", ratios))


def test_full_support_is_the_fullest_balloon_at_every_beat(weaned):
    """Whatever the order of the arms and their names; iabp where there is one at every beat."""
    data = weaned(10)
    drop = settings_of(data, ["off", "drop", "big", "mid", "half"], [0.0, 2.0, 50.0, 40.0, 60.0], [1, 1, 1, 1, 2])
    assert full_support(drop, "off") == "big"
    assert weaning(drop).attrs["arm"] == "big"
    assert full_support(drop.assign_coords(arm=["off", "drop", "big", "iabp", "half"]), "off") == "iabp"
    assert full_support(drop.assign_coords(arm=["off", "drop", "big", "mid", "iabp"]), "off") == "big"
    alike = settings_of(data, ["off", "early", "late", "mid", "half"], [0.0, 40.0, 40.0, 30.0, 40.0], [1, 1, 1, 1, 2])
    with pytest.raises(InputError, match="early and late are equally full"):
        weaning(alike)
    with pytest.raises(InputError, match="none has a balloon of one volume at every beat"):
        weaning(alike.assign(assist_ratio=("arm", [1, 2, 2, 2, 3])))


def test_curves_are_found_from_the_arms(weaned):
    ratio, volume = curves_of(weaned(10), "iabp", "off")
    assert ratio == ("assist_ratio", ("iabp", "half", "third"), (1.0, 2.0, 3.0))
    assert volume == ("balloon_volume", ("small", "iabp"), (20.0, 40.0))


def test_an_arm_that_differs_in_more_is_left_out(weaned):
    people = weaned(10)
    people["inflation_offset"] = ("arm", np.array([-0.02, -0.02, -0.02, 0.1, -0.02]))
    assert curves_of(people, "iabp", "off")[0].arms == ("iabp", "half")


def test_the_planted_share_is_found_to_the_digit(weaned):
    found = weaning(weaned())
    for arm in found["arm"].values:
        own = found.sel(arm=arm)
        for name in ("kept", "kept_first_quartile", "kept_median", "kept_third_quartile"):
            assert own[name].values == pytest.approx(SHARES[arm], abs=1e-9)
        assert (own["kept_high"] - own["kept_low"] < 1e-6).all()
    assert (found["patients"] == 2000).all()
    assert (found["with_effect"] == 2000).all()


@pytest.mark.slow
def test_intervals_cover_the_planted_share(weaned):
    found = [
        weaning(weaned(200, noise=0.05, seed=seed)).sel(arm="half", effect="cardiac_output", group="all")
        for seed in range(40)
    ]
    covered = sum(bool(each["kept_low"] <= 0.5 <= each["kept_high"]) for each in found)
    assert covered >= 33  # fewer of 40 has a chance of 1 in 500
    assert np.mean([each["kept_high"] - each["kept_low"] for each in found]) < 0.2


def test_shares_helped_against_the_planted_gain(weaned):
    people = weaned()
    helps = weaning(people)["helps"].sel(group="all")
    gain = (people["cardiac_output"] / people["cardiac_output"].sel(arm="off") - 1) >= 0.1
    assert helps.values == pytest.approx(gain.mean("patient").sel(arm=helps["arm"].values).values)


def test_groups_by_an_axis_hold_everybody(weaned):
    sizes = weaning(weaned(999), by="aortic_size")["patients"]
    assert sizes.sum() == 999
    assert sizes.sizes == {"group": 3}
    assert (abs(sizes - 333) < 10).all()


def test_only_who_holds_in_every_arm_is_compared(weaned):
    people = weaned(500)
    people["status"][:100, 2] = 3
    people["status"][100:150, :] = 2
    answer = weaning(people)
    about = answer.attrs
    assert (about["compared"], about["failed_run"], about["not_compared"]) == (350, 100, 50)
    assert answer["patients"] == 350


def test_no_effect_in_the_mean_leaves_nothing_to_keep(weaned):
    people = weaned(300)
    people["wedge_pressure"] = people["wedge_pressure"] * 0 + 20.0
    answer = weaning(people).sel(effect="wedge_pressure")
    assert answer["kept"].isnull().all()
    assert answer["with_effect"] == 0


@pytest.mark.parametrize(
    ("change", "settings", "says"),
    [
        (lambda each: each.sel(arm=["off", "iabp"]), {}, "no arm differs from iabp"),
        (lambda each: each, {"arm": "off"}, "off is the reference"),
        (lambda each: each, {"by": "aortic_sise"}, "did you mean 'aortic_size'"),
        (lambda each: each, {"by": "cohort"}, "of one cohort"),
        (lambda each: each.isel(patient=[0]), {"by": "aortic_size"}, "in every patient compared"),
        (lambda each: each.assign(status=each["status"] * 0 + 3), {}, "no patient was compared"),
    ],
)
def test_bad_input_is_one_line(weaned, change, settings, says):
    with pytest.raises(InputError, match=says) as caught:
        weaning(change(weaned(30)), **settings)
    assert "\n" not in str(caught.value)


def test_one_patient_has_an_answer_without_intervals(weaned):
    answer = weaning(weaned(1))
    assert answer["change_low"].isnull().all()
    assert set(answer["effect"].values) == set(EFFECTS)


def test_the_same_whatever_the_pieces(weaned, monkeypatch):
    people = weaned(1000, noise=0.05)
    whole = weaning(people)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 250)
    xr.testing.assert_allclose(weaning(people), whole)


def test_the_picture(weaned, tmp_path):
    assert save(weaning_figure(weaning(weaned(300, noise=0.02))), tmp_path / "one.png").stat().st_size > 20_000
    assert save(weaning_figure(weaning(weaned(300), by="aortic_size")), tmp_path / "by.png").exists()
