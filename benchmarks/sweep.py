"""What a whole sweep takes, from the sweep file to the last receipt: time, cores, memory, and what is not the kernel.

``python -m counterpulse.benchmarks.sweep`` runs a million pairs in float32; the kernels are compiled beforehand.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import psutil

from ..engine import Status
from ..engine.periodic import solve as periodic
from ..sweeps import resources
from ..sweeps.execution.pools import WORKING
from ..sweeps.spec import blocks
from ..sweeps.spec.file import load
from ..sweeps.spec.settings import TRAINING_PATIENTS as FEWEST
from ..sweeps.store import warm_starts
from ..sweeps.store.opening import open_store
from .processes import elsewhere
from .speed import CONVERGED, TRAINING_PATIENTS
from .timing import seconds

SWEEP = """
cohort = "ami-cs"
patients = {patients}
seed = 11
window = false
precision = "{precision}"
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = {block}
training_patients = {training_patients}
"""
MANY = 250_000
"""Patients from which on more training patients pay, by docs/sweeps.md."""
INTERVAL = 0.25
"""s between two looks at the processes."""


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description="What a whole sweep takes.")
    parser.add_argument("--patients", type=int, default=1_048_576)
    parser.add_argument("--precision", choices=["float64", "float32"], default="float32")
    parser.add_argument("--block", type=int, default=65_536)
    parser.add_argument("--json", action="store_true", help="one line for machines")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = measure(Path(folder), options.patients, options.precision, options.block)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:42s} {value:,.4g}" if isinstance(value, float) else f"{name:42s} {value:,}")


def measure(folder: Path, patients: int, precision: str, block: int) -> dict[str, Any]:
    """Run a sweep in processes of its own, and the kernel of one of its blocks here.

    Returns
    -------
    dict
        Figure -> value. The kernel is `periodic.converge`; its CPU time in the whole sweep is that of one block, timed
        afterwards with every core busy, times the blocks.
    """
    sweep = folder / "sweep.toml"
    # a few patients first: whatever is compiled or loaded for the first time is no part of the figures
    sweep.write_text(_sweep(64, precision, 64), encoding="utf-8")
    _watched([sys.executable, "-m", "counterpulse.cli", "run", str(sweep), "-o", str(folder / "warm.zarr")])
    sweep.write_text(_sweep(patients, precision, block), encoding="utf-8")
    store = folder / "sweep.zarr"
    wall, spent, peak = _watched([sys.executable, "-m", "counterpulse.cli", "run", str(sweep), "-o", str(store)])
    with open_store(store, chunks={}) as found:
        converged = int(((found.status == Status.OK) & (found.convergence_error < CONVERGED)).all("arm").sum())
    cores, number = resources.cores(), -(-patients // block)
    kernel = _beside_each_other(sweep, store, cores) * patients / min(block, patients)
    return {
        "pairs": patients,
        "converged below 1e-3": converged,
        "blocks": number,
        "wall, s": wall,
        "CPU, s": spent,
        "cores": cores,
        "cores busy, %": 100.0 * spent / (wall * cores),
        "pairs per CPU-second, everything": converged / spent,
        "kernel, CPU-s": kernel,
        "not the kernel, % of CPU": 100.0 * (1.0 - kernel / spent),
        "warm start, CPU-s": seconds(lambda: warm_starts.made(load(sweep), cores)),
        "peak of all processes, MB": peak,
        "store, MB": sum(each.stat().st_size for each in store.rglob("*") if each.is_file()) / 1e6,
    }


def _sweep(patients: int, precision: str, block: int) -> str:
    """Write down a sweep, with the training patients that so many patients pay for."""
    training_patients = TRAINING_PATIENTS if patients >= MANY else FEWEST
    return SWEEP.format(patients=patients, precision=precision, block=block, training_patients=training_patients)


def _beside_each_other(sweep: Path, store: Path, cores: int) -> float:
    """CPU time of the kernel in one block while every core runs one: two may share the units of one core."""

    def one(_: int) -> float:
        return float(elsewhere(f"{__package__}.sweep", "kernel_seconds", str(sweep), str(store), **WORKING))

    with ThreadPoolExecutor(cores) as pool:
        return fmean(pool.map(one, range(cores)))


def kernel_seconds(sweep: str, store: str) -> float:
    """Measure the CPU time of the kernel in the first block of a sweep; a first run is not counted."""
    kept, kernel, loaded = warm_starts.kept(Path(store)), periodic.converge, load(sweep)
    total = 0.0

    def timed(*arguments: Any) -> None:
        nonlocal total
        total += seconds(lambda: kernel(*arguments))

    with patch.object(periodic, "converge", timed):
        blocks.block(loaded, 0, kept)
        total = 0.0
        blocks.block(loaded, 0, kept)
    return total


def _watched(command: list[str]) -> tuple[float, float, float]:
    """Run a command to its end: wall and CPU seconds of all its processes, and their peak memory together in MB."""
    begin, before = time.monotonic(), os.times()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = 0.0
    while process.poll() is None:
        together = 0
        for each in [process, *_children(process)]:
            try:
                together += each.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
                continue
        peak = max(peak, together / 1e6)
        time.sleep(INTERVAL)
    wall, after = time.monotonic() - begin, os.times()
    _, told = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}: {told}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, spent, peak


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children(recursive=True)
        return found
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    main()
