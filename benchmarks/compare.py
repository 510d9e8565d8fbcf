"""Two revisions side by side: both checked out, each served by a process of its own, asked in turn.

Both processes run the measuring code of this package, so that only what is measured differs, on the same patients. A
revision whose rooms are other ones is measured by its own code, and that is said.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from ..engine import InputError
from . import speed
from .records import ROOT
from .timing import least

PATIENTS_FILE = "patients.npz"


def _archive(revision: str) -> bytes:
    if not (ROOT / ".git").exists():
        raise InputError("--compare: this package is no working copy under git, which it checks revisions out of")
    done = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--end-of-options", revision], capture_output=True, check=False
    )
    if done.returncode:
        raise InputError(f"--compare: {revision}: {done.stderr.decode(errors='replace').strip().splitlines()[0]}")
    return done.stdout


class Server:
    """One revision, in a process that times what it is asked to."""

    def __init__(self, revision: str, process: subprocess.Popen[str]) -> None:
        self.revision = revision
        self._process = process

    def _answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise InputError(f"--compare: {self.revision} cannot be measured: its process ended")
        return json.loads(line)

    def ready(self) -> tuple[dict[str, float], dict[str, str]]:
        """Wait for what it can do: figure -> amount, and for the others why not."""
        answer = self._answer()
        return answer["amounts"], answer["missing"]

    def seconds(self, name: str) -> list[float]:
        """Let it time a figure's parts in one round."""
        assert self._process.stdin
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return list(map(float, self._answer()))


@contextmanager
def serving(revision: str, archive: bytes, patients: xr.Dataset, figures: Sequence[str], own: bool) -> Iterator[Server]:
    """Check a revision out, and run a server on it, by its ``own`` code or by this package's."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "counterpulse"
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(root, filter="data")
        if not own:
            shutil.rmtree(root / "benchmarks", ignore_errors=True)
            shutil.copytree(Path(__file__).parent, root / "benchmarks", ignore=shutil.ignore_patterns("__pycache__"))
        columns: dict[str, Any] = {str(name): each.values for name, each in patients.data_vars.items()}
        np.savez(Path(folder) / PATIENTS_FILE, **columns)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import serve; serve({[*figures]!r})"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder, "COUNTERPULSE_CACHE": str(Path(folder) / "cache")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if own else subprocess.DEVNULL,
            text=True,
        )
        try:
            yield Server(revision, process)
        finally:
            process.kill()
            process.communicate()


def serve(figures: Sequence[str]) -> None:
    """Run in the other process: say which figures can be timed, then time what is asked for, line by line."""
    from ..engine import PARAMETERS
    from .timing import Task, timed

    with np.load(PATIENTS_FILE) as file:
        known = {name: (("patient",) * file[name].ndim, file[name]) for name in file if name in PARAMETERS}
        missing = {name: "no such parameter" for name in file if name not in known and name != "index"}
    patients = xr.Dataset(known)
    tasks: dict[str, Task] = {}
    for name in figures:
        try:
            tasks[name] = speed.TASKS[name][1](patients)
            timed(tasks[name])
        except Exception as error:  # whatever a revision lacks, the other figures can be had
            missing[name] = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            tasks.pop(name, None)
    answer: object = {"amounts": {name: task.amount for name, task in tasks.items()}, "missing": missing}
    while True:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        name = sys.stdin.readline().strip()
        if not name:
            return
        answer = timed(tasks[name])


def compare(
    revisions: tuple[str, str], patients: xr.Dataset, rounds: int, figures: Sequence[str] = tuple(speed.TASKS)
) -> tuple[list[dict[str, Any]], list[str]]:
    """Measure two revisions in turn on the same patients.

    Returns
    -------
    rows : list of dict
        Of every figure that both can do: unit, its value of each, the ratio of their speeds (the second over the
        first) by the least times, and the quartiles of that ratio over the rounds.
    notes : list of str
        What a revision could not do.
    """
    archives = [_archive(revision) for revision in revisions]
    with ExitStack() as stack:
        servers: list[Server] = []
        amounts: list[dict[str, float]] = []
        notes: list[str] = []
        for revision, archive in zip(revisions, archives, strict=True):
            server = stack.enter_context(serving(revision, archive, patients, figures, own=False))
            try:
                able, missing = server.ready()
            except InputError:
                server = stack.enter_context(serving(revision, archive, patients, figures, own=True))
                able, missing = server.ready()
                notes.append(f"{revision}: measured by its own benchmarks, as those of this package do not run on it")
            servers.append(server)
            amounts.append(able)
            notes += [f"{revision}: {name}: {why}" for name, why in missing.items()]
        shared = [name for name in figures if all(name in able for able in amounts)]
        times: dict[str, tuple[list[list[float]], list[list[float]]]] = {name: ([], []) for name in shared}
        for turn in range(rounds):
            for name in shared:
                for which in (0, 1) if turn % 2 else (1, 0):
                    times[name][which].append(servers[which].seconds(name))
    return [
        _row(name, [np.array(each) for each in times[name]], [able[name] for able in amounts]) for name in shared
    ], notes


def _row(name: str, times: list[np.ndarray], amounts: list[float]) -> dict[str, Any]:
    unit, _ = speed.TASKS[name]
    best = [amount / least(each) for amount, each in zip(amounts, times, strict=True)]
    rates = [amount / each.sum(axis=1) for amount, each in zip(amounts, times, strict=True)]
    low, high = np.quantile(rates[1] / rates[0], [0.25, 0.75]).tolist()
    return {
        "figure": name,
        "unit": unit,
        "values": [speed.in_unit(unit, rate) for rate in best],
        "ratio": best[1] / best[0],
        "quartiles": [low, high],
    }


def listing(revisions: tuple[str, str], rows: list[dict[str, Any]]) -> tuple[list[str], list[list[object]]]:
    """Head and rows of the comparison as a table."""
    head = ["figure", "unit", *revisions, "speed, second over first", "quartiles over the rounds"]
    return head, [
        [
            row["figure"],
            row["unit"],
            *row["values"],
            row["ratio"],
            "{:.3f} to {:.3f}".format(*row["quartiles"]),
        ]
        for row in rows
    ]
