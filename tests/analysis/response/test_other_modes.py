"""What every mode of regulation makes of the same patients, against what is counted by hand from the stores."""

import json
from shutil import copytree

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.analysis.report.page import as_html, content_of
from counterpulse.analysis.report.pictures import modes_picture
from counterpulse.analysis.response.other_modes import as_dict, other_modes, sentence
from counterpulse.analysis.response.summary import as_dict as summary_as_dict
from counterpulse.analysis.response.summary import summarise
from counterpulse.cli.answers import as_dict as answer_as_dict
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.store.store import OTHER_MODES

MODES = ["open-loop", "baroreflex", "map-held"]


@pytest.fixture(scope="module")
def store(swept):
    return swept / "out" / "small.zarr"


@pytest.fixture(scope="module")
def dataset(store):
    return cp.open_store(store)


@pytest.fixture(scope="module")
def by_hand(store, dataset):
    parts = {mode: cp.open_store(store / OTHER_MODES / mode) for mode in MODES[1:]}
    return {mode: cp.classify(each, arm="half").load() for mode, each in {"open-loop": dataset, **parts}.items()}


def test_shares_and_changes_are_of_the_patients_compared_in_every_mode(dataset, by_hand):
    found = other_modes(dataset, arm="half")
    assert found["regulation"].values.tolist() == MODES
    # helped, failed or harmed; beyond are those whose baseline nobody survives, or is no shock
    responses = [each["response"].values for each in by_hand.values()]
    compared = np.all([np.isin(each, (2, 3, 4)) for each in responses], axis=0)
    assert any((each > 4).any() for each in responses), "of nobody who is left out nothing is shown"
    assert 0 < found.attrs["compared"] == compared.sum() < found.attrs["patients"] == 64
    own = by_hand["open-loop"]["response"].values[compared]
    for mode, each in by_hand.items():
        one, response = found.sel(regulation=mode), each["response"].values[compared]
        for name, code in (("helps", 3), ("fails", 4), ("harms", 2)):
            assert float(one["share"].sel(response=name)) == pytest.approx((response == code).mean())
        change = each["cardiac_output_relative_difference"].values[compared].astype(float)
        assert float(one["output_change"]) == pytest.approx(np.median(change), rel=1e-6)
        assert one["output_change_low"] < one["output_change"] < one["output_change_high"]
        assert (one["share_low"] <= one["share"]).all()
        assert (one["share"] <= one["share_high"]).all()
        assert float(one["same_class"]) == pytest.approx((response == own).mean())
    shares = found["share"].sel(response="helps").values
    assert len(set(shares)) > 1, "modes that agree would hide one taken for another"


def test_arm_reference_and_thresholds_are_those_asked_for(dataset):
    strict, lax = (other_modes(dataset, thresholds={"helps_output_gain": gain}) for gain in (0.3, 0.01))
    assert strict.attrs["arm"] == "iabp"
    assert (strict["share"].sel(response="helps") < lax["share"].sel(response="helps")).all()


def test_the_sentence_has_every_mode(dataset):
    found = other_modes(dataset)
    told = sentence(found)
    for words, share in zip(
        ("at open loop", "with the baroreflex", "with MAP held"),
        found["share"].sel(response="helps").values,
        strict=True,
    ):
        assert f"{100 * share:.1f} % {words}" in told
    assert told.startswith(f"In the same {found.attrs['compared']} patients iabp helped ")
    assert json.loads(json.dumps(as_dict(found)))["sentence"] == told


def test_summary_map_and_report_say_it(dataset, tmp_path):
    told = sentence(other_modes(dataset))
    summary = summarise(dataset)
    assert told in summary.sentences()
    assert summary_as_dict(summary)["other_modes"]["modes"].keys() == set(MODES)
    answer = cp.map(dataset, x="cardiac_output", y="mean_arterial_pressure")
    assert answer_as_dict(answer)["other_modes"] == told
    content = content_of(dataset)
    page = as_html(content)
    assert told in page
    (picture,) = (
        part for section in content.sections for part in section.parts
        if part.kind == "picture" and "each mode of regulation" in part.alt
    )  # fmt: skip
    assert picture.caption == told
    assert picture.image == modes_picture(other_modes(dataset)).image


def test_what_was_not_run_in_other_modes_says_nothing(dataset, people):
    assert summarise(people).other_modes == {}
    assert "other_modes" not in cp.map(people, x="heart_rate", y="systemic_resistance").attrs
    with pytest.raises(InputError, match=r"other_modes: no patients of this store .* other_modes = 2048"):
        other_modes(people)
    # of a part of a store nobody knows who is in both
    assert summarise(dataset.isel(patient=slice(10, 60))).other_modes == {}


def test_one_that_is_not_finished_is_told_of_those_who_are_there(store, tmp_path):
    copy = copytree(store, tmp_path / "out.zarr")
    whole = other_modes(cp.open_store(copy)).attrs["compared"]
    for mode in MODES[1:]:
        folder = copy / OTHER_MODES / mode
        (folder / "receipts" / "000" / "000000.json").unlink()
        for status in (folder / "status" / "c").glob("0/*"):
            status.unlink()
    half = other_modes(cp.open_store(copy)).attrs["compared"]
    assert 0 < half < whole
