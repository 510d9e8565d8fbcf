"""C with the lanes innermost, by the system's compiler; activations tabulated beforehand."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .engine_copy import BUILD
from .problem import BEATS, STEPS, SUMS, Batch, outcomes
from .small import equations as laws

PACKAGES = ()
SETTINGS = STEPS
COMMAND = ("cc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
LANES = 32
PAGE = 4096
"""Bytes."""


def version() -> str:
    return subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def library(precision: str, scheme: str) -> Any:
    target = BUILD / f"lanes-{precision}-{scheme}.so"
    target.parent.mkdir(parents=True, exist_ok=True)
    real = "float" if precision == "float32" else "double"
    source = Path(__file__).with_name("lanes.c")
    defined = (f"-DREAL={real}", f"-DOURS={int(scheme == 'ours')}")
    subprocess.run([*COMMAND, *defined, str(source), "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


def on_pages(values: np.ndarray, precision: str) -> np.ndarray:
    """Copy into memory that begins with a page, as the engine's buffers do: numpy's own cuts vectors by cache lines."""
    size = values.size * np.dtype(precision).itemsize
    room = np.empty(size + PAGE, np.uint8)
    begin = -room.ctypes.data % PAGE
    copied = room[begin : begin + size].view(precision).reshape(values.shape)
    copied[:] = values
    return copied


def blocks(columns: np.ndarray, precision: str) -> np.ndarray:
    """Rows a patient -> (blocks, fields, LANES), the last block filled up with its first patients."""
    count = len(columns)
    rows = np.arange(-(-count // LANES) * LANES) % count
    return on_pages(columns[rows].reshape(-1, LANES, columns.shape[1]).transpose(0, 2, 1), precision)


def grids(batch: Batch, steps: int, precision: str) -> np.ndarray:
    """The drive on the grid of half steps: (blocks, rows, drives, LANES)."""
    _, volume, centre, threshold, _ = blocks(batch.clock, "float64").transpose(1, 0, 2)[:, :, None]
    phases = np.arange(2 * steps + 1)[None, :, None] / (2.0 * steps)
    drives = laws.drive_of(np.cos, np.exp)(phases, volume, centre, threshold)
    shape = (len(volume), 2 * steps + 1, LANES)
    return on_pages(np.stack([np.broadcast_to(each, shape) for each in drives], 2), precision)


def prepare(batch: Batch, setting: Any, precision: str, scheme: str) -> Callable[[], np.ndarray]:
    carry = library(precision, scheme).carry
    volumes, c = blocks(batch.volumes, precision), blocks(batch.coefficients, precision)
    period, grid = blocks(batch.periods()[:, None], precision), grids(batch, setting, precision)
    sums, y = on_pages(np.zeros((len(volumes), SUMS, LANES)), precision), on_pages(volumes, precision)

    def run() -> np.ndarray:
        y[:] = volumes
        places = [ctypes.c_void_p(each.ctypes.data) for each in (y, c, grid, period, sums)]
        carry(*places, len(y), setting, BEATS)
        last = sums.transpose(0, 2, 1).reshape(-1, SUMS)[: len(batch.volumes)]
        return outcomes(last.astype(float), batch.periods())

    return run
