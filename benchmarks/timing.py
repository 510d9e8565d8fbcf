"""Interleaved timing: on a shared machine only what ran side by side can be compared, and only the least counts.

Of six ways to form a ratio to the reference kernel the quotient of the least times differed least between runs: over
20 runs beside other load its standard deviation was about half that of medians, or less, in seven figures of seven.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

SETTLED = 1.01
"""Third least time over the least, of every figure, at which a run ends."""
PATIENCE = 4
"""Times as many rounds as asked for, at most, until the least times have settled."""


class Task(NamedTuple):
    """What is timed: parts that are timed apart, how much all get done, and how many calls a round has of each."""

    parts: Sequence[Callable[[], object]]
    amount: float = 1.0
    bursts: int = 5


def seconds(work: Callable[[], object]) -> float:
    """CPU time of this process: its threads', where there is one at work."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def timed(task: Task) -> list[float]:
    """Least CPU seconds of every part in one round."""
    return [min(seconds(part) for _ in range(task.bursts)) for part in task.parts]


def least(times: np.ndarray, place: int = 0) -> float:
    """Sum over the parts, the second axis, of the least, second least, ... time of each."""
    return float(np.partition(times, place, axis=0)[place].sum())


def settled(times: np.ndarray) -> bool:
    """Whether the least times of a task are no chance: so many rounds came near them."""
    return len(times) > 2 and least(times, 2) < SETTLED * least(times)


def interleaved(tasks: Mapping[str, Task], rounds: int) -> dict[str, np.ndarray]:
    """Time every task in every round, after a first call that is not counted (it may compile).

    Returns
    -------
    dict
        Name -> CPU seconds, (rounds, parts); of one round or two as many as asked for, of more until they settle.
    """
    for task in tasks.values():
        timed(task)
    found: dict[str, list[list[float]]] = {name: [] for name in tasks}
    for turn in range(PATIENCE * rounds):
        for name, task in tasks.items():
            found[name].append(timed(task))
        done = turn + 1 >= rounds
        if done and (rounds < 3 or all(settled(np.array(each)) for each in found.values())):
            break
    return {name: np.array(each) for name, each in found.items()}
