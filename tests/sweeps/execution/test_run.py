"""What ``run`` refuses, looks at, tells and reports."""

import asyncio
import gc
import json
import os
import signal
import sys

import pytest
from distributed import LocalCluster

from counterpulse.engine.compile.decorators import fingerprint
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import Status
from counterpulse.sweeps.execution.pools import clean_children
from counterpulse.sweeps.execution.run import default_store, run
from counterpulse.sweeps.spec.blocks import span
from counterpulse.sweeps.spec.file import load
from counterpulse.sweeps.store.opening import open_store
from counterpulse.sweeps.store.receipts import Receipt, write_receipt
from counterpulse.sweeps.store.status import status
from counterpulse.sweeps.store.store import FORMAT, StoreRefused, read_stored

SWEEP = """
name = "first"
cohort = "adhf"
patients = 50
seed = 11
window = true
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 20
"""


@pytest.fixture
def sweep(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(SWEEP)
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"workers": 0}, "workers: given 0"),
        ({"workers": 1.5}, "workers: given 1.5"),
        ({"array_task": (2, 2)}, "2/2"),
        ({"array_task": (-1, 2)}, "-1/2"),
        ({"array_task": (0, 0)}, "0/0"),
        ({"array_task": (0, 1), "address": "tcp://127.0.0.1:1"}, "address"),
        ({"address": "bogus://nowhere"}, "unknown address scheme 'bogus'"),
        ({"address": "foo"}, "address: 'foo' is none of a Dask scheduler, which is as tcp://host:8786: missing port"),
        ({"address": ""}, "address: '' is none of a Dask scheduler"),
        ({"address": "8786"}, "'8786' is none"),
        ({"address": 8786}, "8786 is none"),
        ({"address": "tls://127.0.0.1:1"}, "no Dask scheduler answers at 'tls://127.0.0.1:1': TLS expects"),
        ({"store": "with\0nul"}, "no name of a folder"),
        ({"store": "x" * 300}, "cannot be written"),
    ],
)
def test_bad_arguments_are_told_in_one_line_and_nothing_is_written(
    sweep, tmp_path, monkeypatch, refused, options, said
):
    monkeypatch.chdir(tmp_path)
    with refused(said):
        run(sweep, **({"store": tmp_path / "out.zarr"} | options))
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.toml"]


def test_nothing_is_heard_of_a_connection_that_never_was(sweep, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)
    with pytest.raises(InputError):
        run(sweep, tmp_path / "out.zarr", address="tls://127.0.0.1:1")
    gc.collect()
    assert heard == []


def test_what_is_no_sweep_is_refused(tmp_path, sweep):
    with pytest.raises(InputError, match="no such file"):
        run(tmp_path / "missing.toml", tmp_path / "out.zarr")
    with pytest.raises(InputError, match="NoneType"):
        run(None, tmp_path / "out.zarr")
    with pytest.raises(InputError, match="store: needed"):
        run(load(sweep))


def test_a_place_that_holds_something_else_is_left_alone(sweep, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("mine")
    for name in ("file", "folder"):
        with pytest.raises(InputError, match="is no store"):
            run(sweep, tmp_path / name)
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "file").read_text() == "mine"


def test_a_dry_run_tells_what_there_is_to_do_and_writes_nothing(sweep, tmp_path):
    report = run(sweep, tmp_path / "out.zarr", dry_run=True)
    assert (report.blocks, report.blocks_run, report.patients) == (3, 3, 50)
    assert report.counts["off"]["not_run"] == 50
    assert run(sweep, tmp_path / "out.zarr", array_task=(2, 3), dry_run=True).blocks_run == 1
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.toml"]


def test_the_default_store_is_named_after_the_sweep():
    assert str(default_store("some/where/ami-shock-map.toml")) == "out/ami-shock-map.zarr"


def test_a_run_is_told_reported_and_not_done_twice(sweep, tmp_path):
    store = tmp_path / "out.zarr"
    told = []
    report = run(sweep, store, array_task=(0, 1), workers=1, progress=told.append)
    assert (report.store, report.blocks, report.blocks_run, report.patients) == (store, 3, 3, 50)
    assert (report.failed_blocks, report.interrupted) == ((), False)

    # each status of each arm, counted over the arrays
    codes = open_store(store).status.load()
    for arm, counts in report.counts.items():
        assert counts == {kind.name.lower(): int((codes.sel(arm=arm) == kind).sum()) for kind in Status}
    failed = (codes > Status.OUTSIDE_COHORT).any("arm")
    assert report.failed_share == pytest.approx(float(failed.mean()))
    assert report.counts["off"]["outside_cohort"] == report.counts["iabp"]["outside_cohort"] > 0
    assert status(store).counts == report.counts

    blocks = [each.blocks_done for each in told]
    assert blocks == sorted(blocks)
    assert (told[-1].blocks_done, told[-1].patients_done, told[-1].patients) == (9, 150, 150)
    assert told[-1].per_second > 0
    assert told[-1].seconds_left == 0
    assert told[0].seconds_left is None

    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    again = run(sweep, store, workers=2)
    assert (again.blocks_run, again.counts, again.failed_share) == (0, report.counts, report.failed_share)
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before

    # name and thresholds may change, what decides the numbers may not
    sweep.write_text(SWEEP.replace("first", "second") + "[response]\nhelps_output_gain = 0.2\n")
    assert run(sweep, store).blocks_run == 0
    attributes = open_store(store).attrs
    assert attributes["title"] == "second"
    assert json.loads(attributes["spec"])["response"]["helps_output_gain"] == 0.2
    assert read_stored(store).consolidated
    sweep.write_text(SWEEP.replace("seed = 11", "seed = 12"))
    with pytest.raises(StoreRefused, match="different: seed"):
        run(sweep, store)


@pytest.mark.slow
def test_the_workers_of_a_running_scheduler_do_it_also_for_a_notebook(sweep, tmp_path):
    store = tmp_path / "out.zarr"

    async def notebook(address):
        # a cell is run inside of a loop
        return run(sweep, store, address=address)

    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0") as cluster:
        report = asyncio.run(notebook(cluster.scheduler_address))
    assert (report.blocks_run, report.failed_blocks) == (3, ())
    assert open_store(store).attrs["blocks_missing"] == 0


def test_a_process_that_may_start_no_others_runs_the_blocks_itself(sweep, tmp_path, in_this_process, caplog):
    sweep.write_text(f"{SWEEP}warm_start = false\nother_modes = 0\n")
    before = dict(os.environ)
    caplog.set_level("WARNING", "counterpulse")
    with in_this_process():
        report = run(sweep, tmp_path / "out.zarr")
    assert (report.blocks_run, report.failed_blocks, report.blocks_done) == (3, (), 3)
    assert [record.message for record in caplog.records] == list(report.notes)
    assert "this process may start no others" in report.notes[0]
    assert dict(os.environ) == before


def test_runs_at_a_time_leave_the_process_as_it_was():
    before, main = dict(os.environ), dict(sys.modules["__main__"].__dict__)
    first, second = clean_children(), clean_children()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert sys.modules["__main__"].__spec__ is None
    second.__exit__(None, None, None)
    assert dict(os.environ) == before
    assert sys.modules["__main__"].__dict__ == main


@pytest.fixture
def begun(sweep, tmp_path):
    """A store that says whose it is, and holds no block."""
    spec = load(sweep)
    attributes = {
        "counterpulse_store": FORMAT,
        "spec": json.dumps(spec.canonical()),
        "spec_hash": spec.hash(),
        "engine_fingerprint": fingerprint(),
    }
    store = tmp_path / "begun.zarr"
    (store / "receipts").mkdir(parents=True)
    (store / "zarr.json").write_text(json.dumps({"attributes": attributes}))
    return store


class Pool:
    """Answers every task in the same way, and computes nothing."""

    def __init__(self, answer):
        self.answer, self.waiting, self.notes = answer, [], []

    def slots(self):
        return 1

    def submit(self, task, *_):
        self.waiting.append(task)

    def finished(self, _):
        tasks, self.waiting = self.waiting, []
        return [(task, self.answer()) for task in tasks]

    def close(self):
        pass


def refused():
    return {"error": "RuntimeError: no", "trace": "", "input": False, "full": False}


class Interrupted(Pool):
    """As if Ctrl-C were pressed while the first task runs."""

    def finished(self, _):
        signal.raise_signal(signal.SIGINT)
        return []


STOPPED = "counterpulse: stopped before the end; the same command goes on where it was\n"


def test_what_did_not_run_is_not_said_to_be_there(sweep, begun, monkeypatch, call):
    monkeypatch.setattr("counterpulse.sweeps.execution.run.ProcessPool", lambda _: Pool(refused))
    code, out, told = call("run", sweep, "-o", begun, "--array-task", "0/1")
    assert code == 1
    assert "50 patients, 0 of 3 blocks run, 0 of 3 are there" in out
    assert "3 blocks failed" in told


def test_a_signal_before_the_first_block_is_said_so(sweep, tmp_path, monkeypatch, call):
    monkeypatch.setattr("counterpulse.sweeps.execution.run.ProcessPool", lambda _: Interrupted(refused))
    code, out, told = call("run", sweep, "-o", tmp_path / "new.zarr", "--array-task", "0/1")
    assert (code, told) == (75, STOPPED)
    assert "50 patients, 0 of 3 blocks run, 0 of 3 are there" in out


def test_a_repair_that_was_stopped_is_not_said_to_be_done(sweep, begun, monkeypatch, call):
    spec = load(sweep)
    for number in range(spec.blocks):
        identity = spec.hash(), fingerprint(), {}, {}, 0, {}, {}, 1.0, "", "", ""
        write_receipt(begun, Receipt(number, *span(spec, number), *identity))
    monkeypatch.setattr("counterpulse.sweeps.execution.run.ProcessPool", lambda _: Interrupted(refused))
    code, _, told = call("run", sweep, "-o", begun, "--array-task", "0/1", "--repair")
    assert (code, told) == (75, STOPPED)


def test_a_place_that_cannot_be_written_is_told_before_anything_is_computed(sweep, begun, tmp_path, monkeypatch):
    monkeypatch.setattr("counterpulse.sweeps.execution.run.ProcessPool", lambda _: pytest.fail("a pool was started"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"file/new\.zarr: cannot be written: Not a directory"):
        run(sweep, tmp_path / "file" / "new.zarr", array_task=(0, 1))
    # to an administrator, who may run the tests, every folder is open
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "receipts" and allowed(path, mode))
    with pytest.raises(InputError, match=r"begun\.zarr: cannot be written: no files can be made in receipts"):
        run(sweep, begun, array_task=(0, 1))
    assert run(sweep, begun, dry_run=True).blocks_run == 3
    assert sorted(path.name for path in begun.iterdir()) == ["receipts", "zarr.json"]
