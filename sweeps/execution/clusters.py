"""Where blocks are run by Dask: on a cluster of this machine, one at an address, or one of Slurm jobs."""

from __future__ import annotations

import itertools
import logging
import os
import queue
import signal
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from ...engine import InputError
from ..population.tables import shown
from ..resources import default_workers, memory
from . import slurm_workers
from .machines import check
from .pools import DIED, PRELOAD, WORKING, Outcome, Task, deaf

UNTROUBLED = {f"DASK_DISTRIBUTED__WORKER__MEMORY__{limit}": "False" for limit in ("TARGET", "SPILL", "PAUSE")}
"""Workers elsewhere hold nothing that could be moved to a disk; those of this machine are told by ``LOCAL``."""

REPLACED = 15.0
"""Seconds after which Slurm jobs that were lost, as at their time limit, are submitted anew."""

LOST = "the connection to the Dask scheduler was lost; finished blocks are kept, the same command goes on where it was"
WORKERS_LOST = 120.0
"""Seconds without any worker after which a local cluster is given up."""


def _not_of_dask(record: logging.LogRecord) -> bool:
    """Pass what is logged, but not connections of Dask that break when its processes are killed on purpose."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return True
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return not any("distributed" in Path(file).parts for file in files)


class DaskPool:
    """Tasks on a Dask cluster.

    Parameters
    ----------
    workers : int or None
        Processes of a local cluster; None: as many as `default_workers` says.
    address : str or None
        Of a running scheduler instead, as ``tcp://host:8786``.
    client : dask.distributed.Client or None
        One connected to a running scheduler instead. The pool connects to the same scheduler by itself, so that the
        client stays as it is.
    slurm : bool
        Whether the workers are Slurm jobs of one core each instead.

    Raises
    ------
    InputError
        Where no scheduler answers at the address or the client's, or Slurm does not take the jobs.
    """

    def __init__(
        self,
        workers: int | None = None,
        address: str | None = None,
        client: Any = None,
        *,
        slurm: bool = False,
    ) -> None:
        import dask

        connect = _client_class()
        self._outcomes: queue.SimpleQueue[tuple[Task, Any]] = queue.SimpleQueue()
        self._futures: dict[Task, Any] = {}
        self._run = uuid4().hex[:8]
        self._submitted = itertools.count()
        self._seen = monotonic()
        self._cluster: Any = None
        self._jobs: Any = None
        self.notes: list[str] = []
        self._settings = ExitStack()
        for name in ("asyncio", "tornado.application", "distributed.batched"):
            # a filter that is there already is not added again
            logging.getLogger(name).addFilter(_not_of_dask)
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        if slurm:
            self._workers = workers or slurm_workers.WORKERS
            with deaf():
                self._jobs = slurm_workers.cluster(WORKING | UNTROUBLED)
                self._jobs.scale(self._workers)
                self._client = connect(self._jobs, set_as_default=False)
        elif address is None and client is None:
            self._workers = workers or default_workers()
            # nannies, which come up later, read it too
            self._settings.enter_context(dask.config.set(LOCAL))
            with deaf():
                self._cluster = _local_cluster(self._workers)
                self._client = connect(self._cluster, set_as_default=False)
        else:
            where, like = "address", {}
            if client is not None:
                where, address, like = "client", client.scheduler.address, {"security": client.security}
            try:
                self._client = connect(address, set_as_default=False, timeout="15s", **like)
            except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
                reason = str(error).split("\n")[0]
                raise InputError(f"{where}: no Dask scheduler answers at {address!r}: {reason}") from None
            try:
                self.notes = check(self._client)
            except InputError:
                self._client.close(timeout=2)
                raise

    def slots(self) -> int:
        """Threads of all workers; a cluster at an address may grow and shrink."""
        if self._cluster is not None or self._jobs is not None:
            return self._workers
        try:
            return max(8, sum(int(count) for count in self._client.nthreads().values()))
        except OSError:
            raise RuntimeError(LOST) from None

    def submit(self, task: Task, function: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        """Have a task run."""
        # what ran before under the numbers of a task, as one whose process died, is not taken for it
        key = f"counterpulse-{self._run}-{task[0]}-{task[1]}-{next(self._submitted)}"
        future = self._client.submit(function, *arguments, key=key, pure=False)
        self._futures[task] = future
        future.add_done_callback(lambda done: self._outcomes.put((task, done)))

    def finished(self, timeout: float) -> list[Outcome]:
        """Wait for outcomes.

        Raises
        ------
        RuntimeError
            Where the cluster is lost.
        """
        outcomes: list[Outcome] = []
        with suppress(queue.Empty):
            task, future = self._outcomes.get(timeout=timeout)
            while True:
                outcomes.append((task, self._outcome(future)))
                del self._futures[task]
                task, future = self._outcomes.get_nowait()
        self._check_workers()
        return outcomes

    def close(self) -> None:
        """End at once: workers of a local cluster are killed, tasks at an address cancelled."""
        with suppress(Exception):
            self._client.cancel(list(self._futures.values()), force=True)
        if self._cluster is not None:
            from distributed.core import Status

            # one killed while it comes up leaves a trace in the log
            with suppress(Exception):
                self._client.wait_for_workers(self._workers, timeout=4)
            for nanny in list(self._cluster.workers.values()):
                # it would start another; and closing politely waits 4 s for the task in hand
                nanny.status = Status.closing_gracefully
                with suppress(Exception):
                    os.kill(nanny.pid, signal.SIGKILL)
        with suppress(Exception):
            self._client.close(timeout=2)
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close(timeout=5)
        if self._jobs is not None:
            with suppress(Exception):
                self._jobs.close(timeout=5)
        self._settings.close()

    def _outcome(self, future: Any) -> dict[str, Any]:
        from distributed import KilledWorker

        if future.status == "finished":
            try:
                outcome: dict[str, Any] = future.result()
            except OSError:
                raise RuntimeError(LOST) from None
            return outcome
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                return DIED
            return {"error": f"{type(error).__name__}: {error}", "trace": "", "input": False, "full": False}
        raise RuntimeError(LOST)

    def _check_workers(self) -> None:
        if self._cluster is None:
            if self._client.status not in ("running", "connecting"):
                raise RuntimeError(LOST)
            if self._jobs is not None and monotonic() - self._seen > REPLACED:
                self._seen = monotonic()
                self._jobs.scale(self._workers)
        elif self._cluster.scheduler.workers or not self._futures:
            self._seen = monotonic()
        elif monotonic() - self._seen > WORKERS_LOST:
            raise RuntimeError(f"no worker of the local cluster came up in {WORKERS_LOST:.0f} s")


LOCAL = {
    # a block whose worker dies is tried once more alone, by run.py: so it is known which of two neighbours killed it
    "distributed.scheduler.allowed-failures": 0,
    "distributed.nanny.pre-spawn-environ": WORKING,
    "distributed.worker.preload": [PRELOAD],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": "60s",
}


def check_address(address: Any) -> None:
    """Refuse what is no address of a scheduler, before anything waits for an answer.

    Raises
    ------
    InputError
        In one line.
    """
    from distributed.comm.addressing import parse_address
    from distributed.comm.registry import get_backend

    try:
        scheme, place = parse_address(address)
        # within this process there are neither hosts nor ports
        if scheme != "inproc":
            backend: Any = get_backend(scheme)
            backend.get_address_host_port(place)
    except (ValueError, TypeError, ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"address: {address!r} is none of a Dask scheduler, which is as tcp://host:8786: {reason}"
        ) from None


def check_client(client: Any) -> None:
    """Refuse what is no client of Dask's, or one with which nobody can wait.

    Raises
    ------
    InputError
        In one line.
    """
    from distributed import Client

    if not isinstance(client, Client):
        hint = "; Client(...) makes one of a cluster" if hasattr(client, "scheduler_address") else ""
        raise InputError(f"client: given {shown(client)}, a dask.distributed.Client is needed{hint}")
    if client.asynchronous:
        raise InputError("client: an asynchronous one cannot be waited for here; make it without asynchronous=True")
    if client.status != "running":
        raise InputError(f"client: it is {client.status}; one that is connected to its scheduler is needed")


def _client_class() -> Any:
    from distributed import Client

    base: Any = Client

    class Closed(base):  # type: ignore[misc]
        """A client that is closed by its pool; Dask's own waits 30 s when one that never connected is forgotten."""

        def __del__(self) -> None:
            pass

    return Closed


def _local_cluster(workers: int) -> Any:
    from distributed import LocalCluster

    local: Any = LocalCluster
    cluster = local(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=60,
        memory_limit=memory() // workers,
    )
    # returns at once; the processes come up while the driver goes on
    cluster.scale(workers)
    return cluster
