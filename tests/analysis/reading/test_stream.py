"""Reading a store piece by piece: every patient once and in order, weights never overlooked."""

from typing import NamedTuple

import numpy as np
import pytest

from counterpulse.analysis.reading import stream
from counterpulse.analysis.reading.stream import Weights, fold, merged, sample, sampled_rows
from counterpulse.engine import InputError


class Range(NamedTuple):
    low: int
    high: int

    def merge(self, other):
        return Range(min(self.low, other.low), max(self.high, other.high))


class Pair(NamedTuple):
    count: int
    names: list[str]


@pytest.fixture
def refined(people):
    return people.assign(sampling_weight=("patient", np.linspace(0.5, 2.0, people.sizes["patient"])))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(stream, "ROWS_READ", 1500)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 400)


def test_pieces_are_merged_in_the_order_of_the_patients(people):
    def work(block, rows):
        return [block["heart_rate"].values], [rows]

    rates, rows = fold(people, ["heart_rate"], work, answer="map", weights=Weights.REFUSED)
    np.testing.assert_array_equal(np.concatenate(rates), people["heart_rate"].values)
    assert [each.start for each in rows] == [0, *(each.stop for each in rows[:-1])]
    assert max(each.stop - each.start for each in rows) == 400


def test_a_data_set_without_patients_is_worked_on_once(people):
    found = fold(
        people.isel(patient=[]), ["heart_rate"], lambda block, rows: [rows], answer="map", weights=Weights.TAKEN
    )
    assert found == [slice(0, 0)]


def test_what_fails_in_a_thread_is_told(people):
    def fail(block, rows):
        raise InputError("as planted")

    with pytest.raises(InputError, match="as planted"):
        fold(people, ["heart_rate"], fail, answer="map", weights=Weights.TAKEN)


def test_weights_are_read_where_they_are_taken(people, refined):
    def work(block, rows):
        return block["sampling_weight"].values.sum() if "sampling_weight" in block else block.sizes["patient"]

    def total(dataset, weights):
        return fold(dataset, ["heart_rate"], work, answer="map", weights=weights)

    assert total(refined, Weights.TAKEN) == pytest.approx(float(refined["sampling_weight"].sum()))
    assert total(refined, Weights.EACH_ONCE) == 20_000
    assert total(people, Weights.TAKEN) == total(people, Weights.REFUSED) == 20_000


def test_weights_that_an_answer_does_not_take_are_refused(refined):
    with pytest.raises(InputError, match=r"^timing: the patients of this store were not drawn alike") as caught:
        fold(refined, ["heart_rate"], lambda block, rows: 0, answer="timing", weights=Weights.REFUSED)
    assert "\n" not in str(caught.value)


def test_merges_entry_by_entry():
    assert merged({"a": 1, "b": Range(3, 4)}, {"a": 2, "b": Range(1, 2), "c": 5}) == {"a": 3, "b": (1, 4), "c": 5}
    assert merged(Pair(1, ["off"]), Pair(2, ["iabp"])) == Pair(3, ["off", "iabp"])
    assert merged((np.array([1, 2]), 0.5), (np.array([3, 4]), 0.25))[1] == 0.75


def test_a_sample_of_a_large_store_does_not_hang_on_its_chunks():
    whole = sampled_rows(slice(0, 100_000), 0.1)
    parts = [start + sampled_rows(slice(start, start + 700), 0.1) for start in range(0, 100_000, 700)]
    np.testing.assert_array_equal(np.concatenate(parts)[: len(whole)], whole)
    assert abs(len(whole) - 10_000) < 400


def test_a_sample_of_a_sobol_sequence_is_fair():
    from scipy.stats.qmc import Sobol

    points = Sobol(2, seed=0).random_base2(16)[sampled_rows(slice(0, 1 << 16), 0.05)]
    assert np.abs(points.mean(axis=0) - 0.5).max() < 0.02
    assert abs(np.corrcoef(points.T)[0, 1]) < 0.05


def test_sample_takes_all_of_a_small_store(people):
    assert sample(people, ["status"]).sizes["patient"] == people.sizes["patient"]
    few = sample(people, ["status", "balloon_volume"], patients=1000).sizes["patient"]
    assert abs(few - 1000) < 150
