"""Every peer on the same patients, round robin in one run; the tables go to ``docs/peers.md``.

``make bench-peers``, or ``python -m benchmarks.peers.run [--quick] [--output FILE]``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import document, engine_copy, problem
from .obvious import after
from .scipy_lsoda import prepare as lsoda
from .table import DOMAIN, PEERS, PERIODIC, Peer
from .worker import on_one_core

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
LIMIT = 300.0
"""Seconds for an answer, after which a peer counts as failed."""


class Scale(NamedTuple):
    """How much of everything."""

    patients: int
    sample: int
    rounds: int
    round_seconds: float


FULL = Scale(4096, 64, 5, 0.4)
QUICK = Scale(64, 4, 1, 0.01)
LOOSE = 1e-3
TIGHT = {False: 1e-6, True: 1e-4}
"""Errors allowed; where all is quick, the tight one is not so tight."""


def reason(told: str) -> str:
    """Why a peer does not run: what its import says or, where it could not be installed, what the installer said."""
    missing = re.match("ModuleNotFoundError: No module named '(.*)'", told)
    log = Path(sys.prefix) / "not-installed" / missing[1] if missing else None
    if log and log.exists():
        told = next((line for line in log.read_text().splitlines() if re.search("Error|could not|ERROR", line)), told)
    return f"not installed: {told.strip()}" if missing else told.removeprefix("RuntimeError: ")


class Process:
    """A peer's worker; after a failure it answers nothing but that."""

    def __init__(self, kind: str, *arguments: Any) -> None:
        self.failed: dict[str, Any] | None = None
        self.child = subprocess.Popen(
            [sys.executable, "-P", "-m", "benchmarks.peers.worker"], cwd=ROOT, text=True,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.about = self.ask(kind, *arguments)

    def ask(self, *question: Any) -> dict[str, Any]:
        if self.failed:
            return self.failed
        answer = None
        try:
            assert self.child.stdin is not None
            assert self.child.stdout is not None
            self.child.stdin.write(json.dumps(question) + "\n")
            self.child.stdin.flush()
            ready, _, _ = select.select([self.child.stdout], [], [], LIMIT)
            answer = self.child.stdout.readline() if ready else "late"
        except OSError:
            answer = ""
        if answer in ("", "late"):
            self.failed = {"failed": "its process ended" if answer == "" else f"no answer within {LIMIT:.0f} s"}
            self.end()
            return self.failed
        told: dict[str, Any] = json.loads(answer)
        if question[0] in ("Worker", "Domain") and "failed" in told:
            self.failed = {"failed": reason(told["failed"])}
            return self.failed
        return told

    def end(self) -> None:
        self.child.kill()
        self.child.wait()


def pose(scale: Scale, folder: Path) -> tuple[Path, float]:
    """Write the task: patients near their periodic state, and tight references of a sample.

    Also tells how many plain beats from the crude guess a sample patient takes until its outcomes are for good within
    a thousandth of the periodic ones.
    """
    guess = problem.sample(scale.patients)
    volumes, _ = after(guess, 256, 40)
    batch = guess._replace(volumes=volumes)
    few = batch.first(scale.sample)
    periodic_volumes, _ = after(few, 256, 150)
    _, periodic = after(few._replace(volumes=periodic_volumes), 2048, 12)
    task = folder / "task.npz"
    np.savez(task, **batch._asdict(), reference=lsoda(few, 1e-11)(), periodic=periodic)
    needed = np.zeros(scale.sample)
    moving = guess.first(scale.sample)
    for beat in range(1, 101):
        volumes, found = after(moving, 256, 1)
        moving = moving._replace(volumes=volumes)
        needed[np.max(np.abs(found / periodic - 1.0), axis=1) > 1e-3] = beat + 1
    return task, float(np.maximum(needed, 1.0).mean())


def contest(processes: dict[Peer, Process], tolerance: float, scale: Scale) -> dict[Peer, dict[str, Any]]:
    """Search every peer's setting, then time all round robin; the best round of each counts."""
    results: dict[Peer, dict[str, Any]] = {}
    for peer, process in processes.items():
        results[peer] = {**process.about, **process.ask("search", tolerance)}
        print(f"{tolerance:.0e} {peer.name}: {results[peer]}", file=sys.stderr, flush=True)
    for _ in range(scale.rounds):
        for peer, process in processes.items():
            if "failed" in results[peer]:
                continue
            told = process.ask("measure", scale.round_seconds)
            rate, before = told.get("rate", 0.0), results[peer]
            best, slowest = max(before.get("rate", 0.0), rate), min(before.get("slowest", np.inf), rate)
            results[peer] |= {**told, "rate": best, "slowest": slowest}
    return results


def domains(processes: dict[Peer, Process], scale: Scale) -> dict[Peer, dict[str, Any]]:
    """CPU milliseconds a simulated beat, the best of the rounds."""
    results = {peer: dict(process.about) for peer, process in processes.items()}
    for _ in range(scale.rounds):
        for peer, process in processes.items():
            told = process.ask("measure")
            least = min(results[peer].get("milliseconds", np.inf), told.get("milliseconds", np.inf))
            results[peer] |= {**told, "milliseconds": least}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny, to see that everything runs")
    parser.add_argument("--output", type=Path, help="default docs/peers.md; with --quick out/peers.md")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    output = options.output or ROOT / ("out/peers.md" if options.quick else "docs/peers.md")
    engine_copy.lay()
    on_one_core()
    with tempfile.TemporaryDirectory() as folder:
        task, beats = pose(scale, Path(folder))
        processes = {peer: Process("Worker", peer.module, peer.options, str(task)) for peer in (*PEERS, *PERIODIC)}
        racers = {peer: processes[peer] for peer in PEERS}
        try:
            loose = contest(racers, LOOSE, scale)
            double = {peer: process for peer, process in racers.items() if "float32" not in peer.name}
            tight = contest(double, TIGHT[options.quick], scale)
            periodic = contest({peer: processes[peer] for peer in PERIODIC}, LOOSE, scale)
            processes |= {peer: Process("Domain", peer.module, options.quick) for peer in DOMAIN}
            domain = domains({peer: processes[peer] for peer in DOMAIN}, scale)
        finally:
            for process in processes.values():
                process.end()
    text = document.write(scale, TIGHT[options.quick], loose, tight, periodic, beats, domain)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
