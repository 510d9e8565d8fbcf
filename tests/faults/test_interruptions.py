"""Signals and kills: what is finished stays, and the end is the same."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest
from kill_resume import differences, kill_and_resume, receipts, start, write_sweep

from counterpulse.sweeps.store.opening import open_store
from counterpulse.sweeps.store.status import status


def first_receipt(driver, store):
    """Wait until a block is finished; the processes of the run."""
    while not receipts(store):
        assert driver.poll() is None
        time.sleep(0.01)
    return psutil.Process(driver.pid).children(recursive=True)


@pytest.mark.parametrize(
    ("number", "options"),
    [(signal.SIGTERM, {"workers": 2}), (signal.SIGINT, {"array_task": (0, 1), "workers": 2})],
    ids=["dask", "array"],
)
def test_a_signal_to_the_group_ends_a_run_soon_and_quietly(tmp_path, number, options):
    store = tmp_path / "long.zarr"
    driver = start(write_sweep(tmp_path / "long.toml", patients=1_000_000, block=64), store, **options)
    children = first_receipt(driver, store)
    os.killpg(driver.pid, number)
    began = time.monotonic()
    output, errors = driver.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert driver.returncode == 0
    assert errors == ""
    assert output.split()[1:] == ["True", "[]"]
    assert not psutil.wait_procs(children, timeout=5)[1]
    found = status(store)
    # one may have been committed whose receipt the driver had not yet seen
    assert found.blocks_done == receipts(store) >= int(output.split()[0])
    assert not found.complete
    assert open_store(store).attrs["blocks_missing"] == found.blocks - found.blocks_done


def test_killed_and_resumed_it_is_equal_and_nothing_is_left(small, tmp_path):
    sweep, undisturbed = small
    store = tmp_path / "killed.zarr"
    driver = start(sweep, store, workers=1)
    children = first_receipt(driver, store)
    driver.kill()
    driver.communicate()
    assert not psutil.wait_procs(children, timeout=15)[1]
    name = "from counterpulse.sweeps.store.files import *; print(partial_beside(Path('0')).name)"
    dead = subprocess.run([sys.executable, "-c", name], capture_output=True, text=True, check=True).stdout.strip()
    litter = [store / "heart_rate" / "c" / dead, store / dead, store / "status" / "c" / "0" / dead]
    for path in litter:
        path.write_bytes(b"half")
    seed = random.randrange(10**6)
    kill_and_resume(sweep, store, 1, 6.0, random.Random(seed), workers=2)
    assert not any(path.exists() for path in litter)
    assert differences(undisturbed, store) == [], f"seed {seed}"
