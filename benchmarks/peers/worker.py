"""One peer in a process of its own: finds the coarsest setting that passes, and is timed when told to.

A line of JSON comes in, a line goes out. A crash or a refusal of one peer leaves the others alone.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from .document import in_words
from .problem import BEATS, Batch

LEAST_PATIENTS = 32
ROUND = 0.4
"""CPU seconds a round should take at least."""
PATIENCE = 30.0
"""CPU seconds for one setting of the search, beyond which no finer one is tried."""


def timed(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> tuple[float, Any]:
    begin = clock()
    result = work()
    return clock() - begin, result


class Worker:
    def __init__(self, module: str, options: dict[str, Any], task: str) -> None:
        stored = np.load(task)
        self.batch = Batch(stored["coefficients"], stored["clock"], stored["volumes"])
        self.per_beat = module != "ours_periodic"
        self.reference = stored["reference" if self.per_beat else "periodic"]
        self.options = options
        self.peer = importlib.import_module(f".{module}", __package__)
        self.clock = time.perf_counter if getattr(self.peer, "ON_DEVICE", False) else time.process_time
        self.setting: Any = None
        self.start = 0.0
        self.at: dict[str, Any] = {}

    def about(self) -> dict[str, Any]:
        told = " ".join(f"{name} {version(name)}" for name in self.peer.PACKAGES)
        return {"version": told or self.peer.version()}

    def search(self, tolerance: float) -> dict[str, Any]:
        """The coarsest setting whose worst error over the sample is within the tolerance.

        It begins at the one found for a wider tolerance, if there was one.
        """
        sample = self.batch.first(len(self.reference))
        settings = self.peer.SETTINGS
        begin = settings.index(self.setting) if self.setting in settings else 0
        least, failed = np.inf, "no setting of its list passed"
        for place, setting in enumerate(settings[begin:]):
            first, (run, found) = timed(lambda setting=setting: self.first_call(sample, setting))  # type: ignore[misc]
            if not self.start:
                self.start = time.process_time() - timed(run)[0]
            error = np.max(np.abs(found / self.reference - 1.0), axis=1)
            worst = float(error.max()) if np.isfinite(error).all() else np.inf
            if worst <= tolerance:
                self.setting, self.at = setting, {}
                return {"setting": setting, "worst": worst, "median": float(np.median(error)), "start": self.start}
            if worst < least:
                least = worst
                failed = f"no setting of its list passed: best worst error {worst:.1e} at {in_words(setting)}"
            if place > 0 and first > PATIENCE:
                failed += "; finer ones take too long"
                break
        return {"failed": failed}

    def first_call(self, batch: Batch, setting: Any) -> tuple[Callable[[], np.ndarray], np.ndarray]:
        run = self.peer.prepare(batch, setting, **self.options)
        return run, run()

    def patients(self, round_seconds: float) -> None:
        """Take as many patients of the batch as fill a round, or all, and repeat the call if these do not."""
        most = min(len(self.batch.clock), getattr(self.peer, "MOST_PATIENTS", len(self.batch.clock)))
        count = min(LEAST_PATIENTS, most)
        while True:
            run = self.peer.prepare(self.batch.first(count), self.setting, **self.options)
            run()
            taken, _ = timed(run, self.clock)
            if taken > 0.5 * round_seconds or count == most:
                break
            count = min(most, max(2 * count, int(0.7 * count * round_seconds / max(taken, 1e-4))))
        repeats = max(1, round(round_seconds / max(taken, 1e-4)))
        self.at = {"run": run, "patients": count, "repeats": repeats}

    def measure(self, round_seconds: float) -> dict[str, Any]:
        """Patient-beats, or patients brought to their periodic states, per CPU second; on a device per second."""
        if not self.at:
            self.patients(round_seconds)
        run = self.at["run"]
        taken, _ = timed(lambda: [run() for _ in range(self.at["repeats"])], self.clock)
        units = self.at["patients"] * self.at["repeats"] * (BEATS if self.per_beat else 1)
        return {"rate": units / taken, "patients": self.at["patients"], "beats": getattr(run, "beats", None)}


class Domain:
    """A package with a closed loop of its own: CPU milliseconds a beat, and nothing of accuracy."""

    def __init__(self, module: str, quick: bool) -> None:
        self.peer = importlib.import_module(f".{module}", __package__)
        self.run = self.peer.prepare(quick)
        self.first, _ = timed(self.run)

    def about(self) -> dict[str, Any]:
        told = " ".join(f"{name} {version(name)}" for name in self.peer.PACKAGES)
        return {"version": told, "model": self.peer.MODEL, "first": self.first}

    def measure(self) -> dict[str, Any]:
        taken, beats = timed(self.run)
        return {"milliseconds": 1e3 * taken / beats}


def on_one_core() -> None:
    """Keep this process and its children on one core, where the system, other than macOS, has that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main() -> None:
    on_one_core()
    # whatever a package prints goes to stderr
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker: Any = None
    for line in sys.stdin:
        task, *arguments = json.loads(line)
        try:
            if task in ("Worker", "Domain"):
                worker = globals()[task](*arguments)
                answer = worker.about()
            else:
                answer = getattr(worker, task)(*arguments)
        except Exception as error:
            told = str(error).strip().splitlines() or [""]
            answer = {"failed": f"{type(error).__name__}: {told[0]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
