"""The same store whoever makes it: any number of workers, job arrays, patients added later, two at once."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import psutil
from kill_resume import differences, finish, receipts, start, write_sweep

from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.engine.simulation import simulate
from counterpulse.engine.traces import waveforms
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import load
from counterpulse.sweeps.store.opening import open_store
from counterpulse.sweeps.store.warm_starts import kept

PLAIN = """
import sys, warnings
import xarray as xr
warnings.simplefilter("error")
for group in (None, "waveforms"):
    dataset = xr.open_zarr(sys.argv[1], group=group)
    bare = [n for n, v in dataset.variables.items() if not {"units", "flag_values", "flag_masks"} & v.attrs.keys()]
    print(dict(dataset.sizes), bare, dataset.Conventions)
assert not any(name.startswith("counterpulse") for name in sys.modules)
"""


def test_a_store_holds_what_simulate_gives_in_one_piece(small):
    sweep, store = small
    spec = load(sweep)
    patients = candidates(spec, 0, spec.patients)
    direct = simulate(patients, spec.arms, warm_start=kept(store))
    stored = open_store(store).load()
    assert stored.attrs["blocks_missing"] == 0
    assert {*direct.variables, "patient"} == set(stored.variables)
    for name in stored.data_vars:
        expected = direct[name].transpose(*stored[name].dims).values
        if name in OUTCOMES:
            expected = expected.astype(np.float32)
        np.testing.assert_array_equal(stored[name].values, expected, err_msg=name)
        assert stored[name].dtype == expected.dtype


def test_waveforms_of_a_store_are_those_of_its_patients(small):
    import xarray as xr

    sweep, store = small
    spec = load(sweep)
    stored = xr.open_zarr(store, group="waveforms").load()
    assert dict(stored.sizes) == {"waveform_patient": 36, "arm": 2, "time": 400}
    direct = waveforms(candidates(spec, 28, 36), spec.arms)
    for name in ("aortic_pressure", "lv_volume", "pattern_duration"):
        expected = direct[name].astype(np.float32).values
        np.testing.assert_array_equal(stored[name].isel(waveform_patient=slice(28, 36)).values, expected)


def test_xarray_alone_reads_a_store_without_a_warning(small):
    _, store = small
    done = subprocess.run([sys.executable, "-c", PLAIN, store], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "{'patient': 160, 'arm': 2} [] CF-1.11",
        "{'waveform_patient': 36, 'arm': 2, 'time': 400} [] CF-1.11",
    ]


def test_job_arrays_and_patients_added_later_make_the_same_store(small, tmp_path):
    sweep, undisturbed = small
    store = tmp_path / "array.zarr"
    # the last block is partial, and ends within the patients whose waveforms are kept
    run(write_sweep(tmp_path / "few.toml", patients=34), store, array_task=(0, 1), workers=1)
    assert open_store(store).sizes["patient"] == 34
    first = run(sweep, store, array_task=(1, 2), workers=1)
    assert first.blocks_run == 2
    assert first.counts["iabp"]["not_run"] == 160 - 3 * 32
    assert "consolidated_metadata" not in json.loads((store / "zarr.json").read_bytes())
    assert open_store(store).attrs["blocks_missing"] == 2
    second = run(sweep, store, array_task=(0, 2), workers=2)
    assert second.blocks_run == 2
    assert differences(undisturbed, store) == []


def test_two_drivers_share_one_store(small, tmp_path):
    sweep, undisturbed = small
    store = tmp_path / "raced.zarr"
    drivers = [start(sweep, store, workers=1), start(sweep, store, array_task=(0, 1), workers=1)]
    ran = [int(finish(driver).split()[0]) for driver in drivers]
    assert sum(ran) >= 5
    assert differences(undisturbed, store) == []


def test_a_killed_worker_is_replaced(small, tmp_path):
    sweep, undisturbed = small
    store = tmp_path / "hurt.zarr"
    driver = start(sweep, store, workers=1)
    while not receipts(store):
        assert driver.poll() is None
    for child in psutil.Process(driver.pid).children(recursive=True):
        if "spawn_main" in " ".join(child.cmdline()):
            os.kill(child.pid, signal.SIGKILL)
    assert finish(driver).split()[1:] == ["False", "[]"]
    assert differences(undisturbed, store) == []


def test_a_block_that_cannot_be_written_is_told_and_the_rest_goes_on(small, tmp_path):
    sweep, undisturbed = small
    store = tmp_path / "obstacle.zarr"
    run(sweep, store, array_task=(0, 3), workers=1)
    obstacle = store / "heart_rate" / "c" / "2"
    (obstacle / "in the way").mkdir(parents=True)
    report = run(sweep, store, workers=1)
    assert report.failed_blocks == (2,)
    assert "Error" in report.failures[2]
    assert "\n" not in report.failures[2]
    assert report.blocks_run == 2
    assert report.counts["off"]["not_run"] == 32
    (obstacle / "in the way").rmdir()
    obstacle.rmdir()
    assert run(sweep, store, array_task=(0, 1), workers=1).blocks_run == 1
    assert differences(undisturbed, store) == []
