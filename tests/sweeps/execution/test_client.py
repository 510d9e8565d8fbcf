"""A client of the user's own does the work of a sweep, also from a running event loop, and is left as it was."""

import asyncio
import os

import numpy as np
import pytest
from distributed import Client, LocalCluster, get_task_stream

import counterpulse as cp

pytestmark = pytest.mark.slow


@pytest.fixture
def sweep(tmp_path, sweep_text):
    path = tmp_path / "sweep.toml"
    path.write_text(sweep_text(name="somebody else's workers", patients=60, run={"block": 20}))
    return path


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made:
        yield made


@pytest.fixture
def client(cluster):
    with Client(cluster) as connected:
        yield connected


def test_the_workers_of_a_client_do_it_and_the_client_stays(sweep, tmp_path, client):
    mine = client.submit(lambda: 7, pure=False)
    pids = set(client.run(os.getpid).values())
    with get_task_stream(client) as stream:
        report = cp.run(sweep, tmp_path / "there.zarr", client=client)
    # its workers did it: the first patient, on which the store is modelled, and each block
    done = [task["worker"] for task in stream.data if task["key"].startswith("counterpulse-")]
    assert len(done) == 4
    assert set(done) <= set(client.scheduler_info()["workers"])
    assert (report.blocks_run, report.failed_blocks, report.interrupted) == (3, (), False)
    assert mine.result() == 7
    assert client.status == "running"
    assert set(client.run(os.getpid).values()) == pids
    # nothing is left behind but what was the client's own
    assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 1
    here = cp.run(sweep, tmp_path / "here.zarr", array_task=(0, 1), workers=1)
    assert here.counts == report.counts
    there, alone = (cp.open_store(tmp_path / f"{name}.zarr").load() for name in ("there", "here"))
    for name in there.variables:
        assert np.array_equal(there[name].values, alone[name].values, equal_nan=there[name].dtype.kind == "f"), name


def test_within_a_running_loop_with_a_client_and_with_a_cluster_of_its_own(sweep, tmp_path, client):
    async def cell(store, **how):
        return cp.run(sweep, store, **how)

    assert asyncio.run(cell(tmp_path / "client.zarr", client=client)).blocks_run == 3
    assert asyncio.run(cell(tmp_path / "own.zarr", workers=2)).blocks_run == 3


def test_workers_in_this_very_process_do_it_too(sweep, tmp_path):
    with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as within:
        assert cp.run(sweep, tmp_path / "a.zarr", client=within).blocks_run == 3
        assert within.status == "running"


def test_what_cannot_do_it_is_refused_in_one_line(sweep, tmp_path, cluster, refused):
    with Client(cluster) as closed:
        pass
    for given, words in (
        ({"client": closed}, ("client: it is closed",)),
        ({"client": cluster}, ("client: given LocalCluster", "Client(...) makes one of a cluster")),
        ({"client": cluster.scheduler_address}, ("client: given 'tcp://", "a dask.distributed.Client is needed")),
        ({"client": closed, "workers": 2}, ("client: its workers do it; leave address, workers",)),
        ({"client": closed, "address": cluster.scheduler_address}, ("client: its workers",)),
    ):
        with refused(*words):
            cp.run(sweep, tmp_path / "out.zarr", **given)

    async def waiting():
        async with Client(cluster.scheduler_address, asynchronous=True) as one:
            with refused("client: an asynchronous one"):
                cp.run(sweep, tmp_path / "out.zarr", client=one)

    asyncio.run(waiting())
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.toml"]
