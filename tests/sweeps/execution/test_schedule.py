"""The jobs of one run: in which order their tasks are handed out, and what ends early for which."""

import json
import signal

import pytest

from counterpulse.sweeps.execution import job
from counterpulse.sweeps.execution.job import FIRST, TRAINING
from counterpulse.sweeps.execution.pools import OwnProcess
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.store.parts import stored_parts
from counterpulse.sweeps.store.store import read_stored

SWEEP = """
cohort = "adhf"
patients = 24
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 8
other_modes = 16
"""
SAID = {"trace": "", "input": False, "full": False}


@pytest.fixture(autouse=True)
def here(in_this_process):
    with in_this_process():
        yield


@pytest.fixture
def sweep(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(SWEEP)
    return path


def done(store):
    return len(read_stored(store).receipts())


def test_a_part_begins_when_all_blocks_of_the_sweep_are_handed_out(sweep, tmp_path, monkeypatch):
    asked, there = [], []
    submit = OwnProcess.submit

    def noted(self, task, *rest):
        asked.append(task)
        there.append(len(stored_parts(tmp_path / "out.zarr")))
        submit(self, task, *rest)

    monkeypatch.setattr(OwnProcess, "submit", noted)
    report = run(sweep, tmp_path / "out.zarr")
    assert asked[:4] == [(0, FIRST), (0, TRAINING), (1, FIRST), (2, FIRST)]
    assert asked[4:] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert there[4:] == [0, 0, 0, 1, 1, 2, 2]
    assert report.blocks_done == 3
    assert [part.blocks_done for part in report.other_modes.values()] == [2, 2]


def test_a_part_that_cannot_begin_keeps_nothing_from_the_others(sweep, tmp_path, monkeypatch):
    first, store = job.first, tmp_path / "out.zarr"

    def refused(content, samples):
        bad = json.loads(content).get("regulation") == "baroreflex"
        return {"error": "ValueError: no", **SAID} if bad else first(content, samples)

    monkeypatch.setattr(job, "first", refused)
    with pytest.raises(RuntimeError, match="first patient cannot be simulated with regulation 'baroreflex': ValueErr"):
        run(sweep, store)
    assert done(store) == 3
    assert {mode: done(path) for mode, path in stored_parts(store).items()} == {"map-held": 2}
    monkeypatch.undo()
    report = run(sweep, store)
    assert (report.blocks_run, report.other_modes["baroreflex"].blocks_done) == (0, 2)


def test_parts_wait_for_a_sweep_that_fails(sweep, tmp_path, monkeypatch):
    # a window that is full before the last block
    monkeypatch.setattr("counterpulse.sweeps.execution.schedule.WINDOW", 1)
    monkeypatch.setattr(job, "run_block", lambda *_: {"error": "ValueError: no", **SAID})
    report = run(sweep, tmp_path / "out.zarr")
    assert report.failed_blocks == (0, 1, 2)
    assert not stored_parts(tmp_path / "out.zarr")


def test_a_signal_while_the_warm_start_is_learned_leaves_nothing(sweep, tmp_path, monkeypatch):
    def stopped(content, samples):
        signal.raise_signal(signal.SIGINT)
        return {"error": "ValueError: killed", **SAID, "died": True}

    monkeypatch.setattr(job, "train", stopped)
    report = run(sweep, tmp_path / "out.zarr")
    assert report.interrupted
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml"}
