"""What a billion patients on a thousand nodes ask of the layout: computed from rates that are measured here.

``python -m counterpulse.benchmarks.scale [-o docs/scale.md]``
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ..sweeps.execution.run import run
from ..sweeps.spec import blocks
from ..sweeps.store.files import write_whole
from ..sweeps.store.receipts import Receipt, read_receipt, read_receipts, write_receipt
from ..sweeps.store.store import read_stored
from ..sweeps.store.verify import verify
from ..sweeps.store.warm_starts import of_store
from .sweep import SWEEP
from .timing import seconds

PATIENTS, NODES, CORES = 1_000_000_000, 1_000, 32
BLOCKS = (16_384, 65_536, 262_144, 1_048_576)
MEASURED = 16_384
"""Patients of the block that is measured."""
RECEIPTS, FILES, TASKS = 2_000, 400, 1_000
"""How many are written and read, written, and handed out for the rates."""
OPERATIONS = 8
"""Of the file system for one chunk: create, write, rename, open and fsync; for its folder make, open and fsync."""


class Rates(NamedTuple):
    """Measured: what a block holds, and how long its parts take on this machine.

    Attributes
    ----------
    bytes, files : float
        Of a patient in two arms in float32, and of a block.
    pairs : float
        Simulated a second on one core, with the warm start, kernel and arrays but without writing.
    write : float
        Seconds to write one chunk whole and durably.
    receipt : float
        Bytes.
    read : float
        Seconds to read one receipt.
    verify : float
        Bytes verified a second.
    task : float
        Seconds of Dask's scheduler for one task.
    """

    bytes: float
    files: int
    pairs: float
    write: float
    receipt: float
    read: float
    verify: float
    task: float


def measure(folder: Path) -> Rates:
    """Measure all of it in a folder that is on the disk meant."""
    sweep = folder / "sweep.toml"
    sweep.write_text(SWEEP.format(patients=2 * MEASURED, precision="float32", block=MEASURED), encoding="utf-8")
    store = folder / "sweep.zarr"
    run(sweep, store, array_task=(0, 1), workers=1)
    stored = read_stored(store)
    warm_start = of_store(store)
    simulate = seconds(lambda: blocks.block(stored.spec, 0, warm_start))
    receipt = read_receipt(store, 0)
    assert receipt is not None
    size = sum((store / name).stat().st_size for name in receipt.checksums)
    checked = verify(store, threads=1)
    return Rates(
        bytes=size / MEASURED,
        files=len(receipt.checksums),
        pairs=MEASURED / simulate,
        write=_elapsed(lambda: _writing(folder / "chunks")) / FILES,
        receipt=(store / "receipts" / "000" / "000000.json").stat().st_size,
        read=_reading(folder / "many", receipt),
        verify=checked.bytes / checked.seconds,
        task=_scheduling(),
    )


def _writing(folder: Path) -> None:
    for number in range(FILES):
        write_whole(folder / str(number) / "0", b"x" * 4096)


def _reading(store: Path, receipt: Receipt) -> float:
    for number in range(RECEIPTS):
        write_receipt(store, replace(receipt, block=number))
    return _elapsed(lambda: read_receipts(store)) / RECEIPTS


def _scheduling() -> float:
    """CPU seconds of scheduler and client in one process for a task that does nothing."""
    from distributed import Client, LocalCluster

    make, connect = LocalCluster, Client
    with (
        make(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        connect(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]
    ):
        client.gather([client.submit(os.getpid, pure=False)])
        return seconds(lambda: client.gather([client.submit(os.getpid, pure=False) for _ in range(TASKS)])) / TASKS


def _elapsed(work: Callable[[], object]) -> float:
    """Wall seconds: the disk is waited for."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def page(rates: Rates) -> str:
    """Write the page."""
    rows = []
    for block in BLOCKS:
        count = -(-PATIENTS // block)
        files = count * rates.files
        cores = min(count, NODES * CORES)
        wall = -(-count // cores) * (block / rates.pairs + rates.files * rates.write)
        rows.append(
            [
                f"{block:,}", f"{count:,}", f"{files:,}", f"{rates.bytes * block / rates.files / 1e3:,.0f}",
                f"{wall:,.0f}", f"{files * OPERATIONS / wall:,.0f}", f"{count * rates.receipt / 1e6:,.0f}",
                f"{count * rates.read:,.1f}", f"{count * rates.task:,.0f}", f"{100 * count * rates.task / wall:,.0f}",
            ]
        )  # fmt: skip
    head = [
        "block", "blocks", "files", "kB a file", "wall, s", "operations/s on metadata", "receipts, MB",
        "listing receipts, s", "Dask's scheduler, CPU-s", "its share of the wall, %",
    ]  # fmt: skip
    table = "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---:"] * len(head), *rows])
    whole = PATIENTS * rates.bytes
    return f"""# A billion patients on a thousand nodes

Made by `python -m counterpulse.benchmarks.scale -o docs/scale.md`; no number is typed by hand. Computed for
{PATIENTS:,} candidates in two arms, float32, on {NODES:,} nodes of {CORES} cores, from rates measured on one machine:

| measured | |
| --- | ---: |
| bytes of a patient | {rates.bytes:,.0f} |
| files of a block | {rates.files} |
| pairs a second on one core | {rates.pairs:,.0f} |
| writing a chunk whole and durably, ms | {1e3 * rates.write:.2f} |
| a receipt, bytes | {rates.receipt:,.0f} |
| reading a receipt, ms | {1e3 * rates.read:.3f} |
| verifying on one core, MB/s | {rates.verify / 1e6:,.0f} |
| Dask, CPU-ms a task | {1e3 * rates.task:.2f} |

The store has {whole / 1e9:,.0f} GB; verifying it takes {whole / rates.verify / 3600:,.1f} core-hours.

{table}

- *Wall* is of simulating and writing alone, on as many cores as there are blocks, at most all. Starting Python,
  loading kernels and making the warm start come to it, about half a minute a process.
- *Operations on metadata*: {OPERATIONS} for every chunk (create, write, rename, open and fsync of the file; make, open
  and fsync of its folder), by all nodes together. A parallel file system serves some ten thousand a second, so **this
  is what breaks first**: with blocks of {BLOCKS[0]:,} the nodes would wait for the metadata server. With
  {BLOCKS[-1]:,} a store has fewer files than many a source tree, at the cost of cores that stand idle: there are then
  fewer blocks than cores.
- Dask's scheduler is next: where its share is above 100 % it, not the cores, sets the pace. A job array
  (`--array-task`) needs none.
- Receipts are listed whenever a run starts, ends or is asked for its status, once by each task of an array.
- No object is shared by two blocks, and none is touched by two tasks, so that nothing else grows with the number of
  nodes. The layout need not change: a billion patients want `block = 1_048_576` under `[run]`.
"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="file for the page; default standard output")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.output and options.output.parent) as folder:
        text = page(measure(Path(folder)))
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
