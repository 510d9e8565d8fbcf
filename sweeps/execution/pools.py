"""Where blocks are run without Dask: processes of this one, or this one itself; and what all such places have."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Protocol

from ..resources import default_workers

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

SINGLE_THREADED = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "BLOSC_NTHREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)
KEEPING = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 30))
"""A worker keeps the memory it freed for its next block. Measured: giving it back and zeroing it anew, as Dask has it
done, took 180,000 page faults and a tenth of the CPU time of a block of 65,536 patients; so it takes 2,000."""
WORKING = SINGLE_THREADED | KEEPING
"""Environment of the processes that run blocks."""
PRELOAD = f"{__package__}.preload"
"""What they import as they start."""

DIED: dict[str, Any] = {
    "error": "the process that ran it died",
    "trace": "",
    "input": False,
    "full": False,
    "died": True,
}
"""Outcome of a task whose process was killed: for want of memory, by a fault in compiled code, by somebody."""

Task = tuple[int, int]
"""Which of the jobs, and a number within it."""
Outcome = tuple[Task, dict[str, Any]]


class Pool(Protocol):
    """Something that runs tasks, each on one core; ``notes`` are worth knowing of where it does."""

    notes: list[str]

    def slots(self) -> int:
        """How many tasks run at once."""

    def submit(self, task: Task, function: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        """Have a task run; its number comes back with the outcome."""

    def finished(self, timeout: float) -> list[Outcome]:
        """Wait for outcomes, at most so many seconds."""

    def close(self) -> None:
        """End at once; what is being run is lost."""


_sharing = threading.Lock()
_shared = ExitStack()
_users = 0


@contextmanager
def clean_children() -> Iterator[None]:
    """Let processes started meanwhile use one thread each, keep their memory, and not run the user's script once more.

    Several runs at a time, in threads, share what is changed for it: the last puts it back.
    """
    global _users
    with _sharing:
        if not _users:
            _shared.enter_context(_environment())
            _shared.enter_context(_no_main())
        _users += 1
    try:
        yield
    finally:
        with _sharing:
            _users -= 1
            if not _users:
                _shared.close()


@contextmanager
def _environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in WORKING}
    os.environ.update(WORKING)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the main module.

    A spawned process imports that of its parent; a script that calls ``run`` outside of ``if __name__ == "__main__"``
    would start itself without end. Nothing here needs that module.
    """
    main = sys.modules["__main__"]
    hidden: dict[str, Any] = {
        name: main.__dict__.pop(name) for name in ("__spec__", "__file__") if name in main.__dict__
    }
    main.__dict__["__spec__"] = None
    try:
        yield
    finally:
        main.__dict__.update(hidden)


@contextmanager
def deaf() -> Iterator[None]:
    """Let threads and processes started meanwhile not hear SIGINT and SIGTERM.

    A terminal and Slurm send them to every process of the group; the driver alone answers, and kills the others.
    """
    # it would let the signals through again when started with the first process
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass
class _Slot:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None


class ProcessPool:
    """Tasks in processes of this one, without Dask: for one element of a job array.

    Processes rather than threads: writing a block holds the interpreter's lock for a tenth of a second and more, which
    would idle many cores; and a process can be ended while compiled code runs.

    Parameters
    ----------
    workers : int or None
        How many; None: as `default_workers` says.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.notes: list[str] = []
        self._context = multiprocessing.get_context("spawn")
        self._waiting: deque[tuple[Task, tuple[Any, ...]]] = deque()
        self._slots = [self._start() for _ in range(workers or default_workers())]

    def slots(self) -> int:
        """Number of processes."""
        return len(self._slots)

    def submit(self, task: Task, function: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        """Have a task run."""
        self._waiting.append((task, (function, *arguments)))
        self._feed()

    def finished(self, timeout: float) -> list[Outcome]:
        """Wait for outcomes."""
        busy = [slot for slot in self._slots if slot.task is not None]
        ready = multiprocessing.connection.wait([slot.pipe for slot in busy], timeout)
        outcomes: list[Outcome] = []
        for slot in busy:
            if slot.pipe not in ready or slot.task is None:
                continue
            task, slot.task = slot.task, None
            try:
                outcomes.append((task, slot.pipe.recv()))
            except (EOFError, OSError):
                outcomes.append((task, DIED))
                self._end(slot)
                self._slots[self._slots.index(slot)] = self._start()
        self._feed()
        return outcomes

    def close(self) -> None:
        """End at once."""
        for slot in self._slots:
            self._end(slot)

    def _feed(self) -> None:
        for slot in self._slots:
            if slot.task is None and self._waiting:
                task, call = self._waiting.popleft()
                slot.task = task
                # a process that died idle is noticed when its answer is read
                with suppress(OSError):
                    slot.pipe.send(call)

    def _start(self) -> _Slot:
        here, there = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(there,), daemon=True)
        with deaf():
            process.start()
        there.close()
        return _Slot(process, here)

    def _end(self, slot: _Slot) -> None:
        slot.process.kill()
        slot.process.join(5)
        slot.pipe.close()


def _serve(pipe: Connection) -> None:
    """Answer calls until the other end is gone, as it is when the parent was killed."""
    import_module(PRELOAD)
    with suppress(EOFError, OSError):
        while True:
            function, *arguments = pipe.recv()
            pipe.send(function(*arguments))


def may_have_children() -> bool:
    """Whether this process may start others: those of a pool of ``multiprocessing`` and of Dask may not."""
    return not multiprocessing.current_process().daemon


class OwnProcess:
    """Tasks in this process, one after another, where it may start no others."""

    def __init__(self) -> None:
        self.notes = [
            "this process may start no others, being a worker of a pool or of Dask: blocks are run in it, one by one"
        ]
        self._waiting: deque[tuple[Task, Callable[..., dict[str, Any]], tuple[Any, ...]]] = deque()

    def slots(self) -> int:
        """One."""
        return 1

    def submit(self, task: Task, function: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        """Note a task."""
        self._waiting.append((task, function, arguments))

    def finished(self, timeout: float) -> list[Outcome]:
        """Run a task, however long it takes."""
        if not self._waiting:
            return []
        task, function, arguments = self._waiting.popleft()
        return [(task, function(*arguments))]

    def close(self) -> None:
        """Forget what was not run."""
        self._waiting.clear()
