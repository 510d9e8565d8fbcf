"""The jobs of a run on one pool: who works at what, so that no worker waits while there is something to do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...engine import InputError
from .job import Job, Stopped
from .pools import Outcome, Pool, Task

HEARTBEAT = 0.5
"""Seconds between looks at signals, and between calls of ``progress`` while no block is finished."""

WINDOW = 2
"""Blocks handed out at a time for each that can be run at once: when one is finished the next is there already."""


def carry_out(jobs: Sequence[Job], pool: Pool, stop: threading.Event) -> None:
    """Do all there is to do in a sweep and its parts in other modes, or what can be done until a signal.

    All ask at first for what their stores are made of: one worker learns the warm start, the others see to the rest.
    The parts begin when all blocks of the sweep are handed out, and fill the time of those who wait for its last ones.

    Parameters
    ----------
    jobs : sequence of Job
        The sweep itself, and its parts.
    pool : Pool
    stop : threading.Event
        Asks to stop.
    """

    def tell() -> None:
        for job in jobs:
            job.tell()

    tasks = Tasks(pool, stop, tell)
    busy = [job for job in jobs if not job.nothing_to_do]
    sweep = jobs[0].spec
    for job in busy:
        # a part has its patients from the store of the sweep, which may not be there yet
        job.ask(tasks, "" if sweep.samples is None else sweep.samples.place)
    problems: list[Exception] = []
    died = _run(_in_turn(jobs[0], busy, tasks, problems), tasks, jobs)
    # a block may have died with a neighbour, or for want of memory: once more, each alone
    for job, number in _run(iter(died), tasks, jobs, alone=True):
        job.fail(number, "the process that ran it died, also when it was run alone")
    if problems:
        raise problems[0]


class Tasks:
    """Hands tasks of several jobs to a pool; what comes back stays here until it is asked for.

    Parameters
    ----------
    pool : Pool
    stop : threading.Event
        Asks to stop.
    tell : callable
        Called while an outcome is waited for.
    """

    def __init__(self, pool: Pool, stop: threading.Event, tell: Callable[[], None]) -> None:
        self.pool, self.stop, self.tell = pool, stop, tell
        self._back: dict[Task, dict[str, Any]] = {}

    def submit(self, task: Task, function: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        """Have a task run."""
        self.pool.submit(task, function, *arguments)

    def outcome(self, task: Task) -> dict[str, Any]:
        """Wait for the outcome of one task.

        Raises
        ------
        Stopped
            Where a signal comes first.
        """
        while task not in self._back:
            if self.stop.is_set():
                raise Stopped
            self._wait()
            self.tell()
        return self._back.pop(task)

    def blocks(self) -> list[Outcome]:
        """Outcomes of blocks; where there are none, those that come in the next half second."""
        if not self._finished():
            self._wait()
        return [(task, self._back.pop(task)) for task in self._finished()]

    def _finished(self) -> list[Task]:
        return [task for task in self._back if task[1] >= 0]

    def _wait(self) -> None:
        self._back.update(self.pool.finished(HEARTBEAT))


def _in_turn(sweep: Job, busy: Sequence[Job], tasks: Tasks, problems: list[Exception]) -> Iterator[tuple[Job, int]]:
    """Give the blocks of each job in turn, which begins when its first is asked for; with what keeps a part from it."""
    for job in busy:
        # what fails in the sweep would in its parts: they come when the same command succeeds
        if sweep.failures or tasks.stop.is_set():
            return
        try:
            job.begin(tasks)
        except Stopped:
            return
        except (InputError, RuntimeError) as error:
            if job is busy[0]:
                raise
            # the sweep goes on
            problems.append(error)
            continue
        for number in job.waiting():
            yield job, number


def _run(
    waiting: Iterator[tuple[Job, int]], tasks: Tasks, jobs: Sequence[Job], *, alone: bool = False
) -> list[tuple[Job, int]]:
    """Run blocks, a few per worker handed out at a time or one by one; returns those whose process died."""
    died: list[tuple[Job, int]] = []
    out = 0
    block = next(waiting, None)
    while (block is not None or out) and not tasks.stop.is_set():
        window = 1 if alone else WINDOW * tasks.pool.slots()
        while block is not None and out < window:
            job, number = block
            job.hand_out(tasks, number)
            out += 1
            block = next(waiting, None)
        for (place, number), outcome in tasks.blocks():
            out -= 1
            if jobs[place].settle(number, outcome):
                died.append((jobs[place], number))
        tasks.tell()
    return died
