"""Everything that can befall a run, many times; afterwards its store equals one that nobody disturbed.

``python tests/faults/suite.py [-o docs/faults.md] [--share .1] [--only NAME]`` does it in full, or a share of it, and
writes a table of what was tried and what survived. The tests run a little of each.
"""

import argparse
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import damages
import interruptions
import nonsense
from kill_resume import finish, start, write_sweep


class Case(NamedTuple):
    """One kind of misfortune."""

    what: str
    times: int
    trial: object
    at_once: int = 2
    """Trials that run beside each other: two where each has processes of its own."""


CASES = [
    Case("`kill -9` of the driver, resumed", 15, interruptions.kill_driver),
    Case("`kill -9` of a worker, the run goes on", 15, interruptions.kill_worker),
    Case("`kill -9` of a nanny, the run goes on or is resumed", 15, interruptions.kill_nanny),
    Case("`kill -9` of the whole group, resumed", 15, interruptions.kill_group),
    Case("SIGTERM: exit 75 within 10 s, resumed", 15, interruptions.terminate),
    Case("SIGINT: exit 75 within 10 s, resumed", 15, interruptions.interrupt),
    Case("no receipt before its data is on the disk (order of fsync and rename)", 5, interruptions.order),
    Case(
        "a disk that is full after a tenth, half and nine tenths of a store, resumed when there is room",
        1,
        interruptions.full_disk,
    ),
    Case("a folder that may not be written", 1, interruptions.read_only),
    Case("a store that vanishes while it is written", 2, interruptions.vanished),
    Case("two or three drivers on one store, one killed", 5, interruptions.race),
    Case("two drivers with different sweeps on one store", 2, interruptions.strangers),
    Case("a scheduler that goes away, resumed without it", 2, interruptions.lost_scheduler),
    Case(
        "a block that kills its process by a segmentation fault: recorded, the others go on", 2, interruptions.segfault
    ),
    Case("a block that kills its process for want of memory: recorded, the others go on", 1, interruptions.memory),
    Case("a byte flipped in data: named by `verify`, mended alone", 8, damages.data, 1),
    Case("a byte flipped in a receipt: likewise", 4, damages.receipt, 1),
    Case("a byte flipped in metadata: likewise, no block run", 6, damages.metadata, 1),
    Case("a truncated chunk: likewise", 4, damages.truncated, 1),
    Case("a missing chunk: likewise", 4, damages.missing, 1),
    Case("a random sweep file: one line, exit 2, nothing written, nothing executed", 5000, nonsense.sweep_file, 1),
    Case(
        "a store with random damage: no traceback, nothing outside it touched, nothing executed", 500, nonsense.store, 1
    ),
]


def survived(case, times, small, folder, seed):
    """Try a case so many times; how often it went well, and what was said where it did not."""

    def tried(turn):
        place = folder / f"{case.trial.__name__}-{turn}"
        place.mkdir()
        try:
            case.trial(small, place, random.Random(f"{seed} {case.what} {turn}"))
        except interruptions.Skipped:
            raise
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None

    try:
        with ThreadPoolExecutor(case.at_once) as pool:
            said = list(pool.map(tried, range(times)))
    except interruptions.Skipped as reason:
        return None, [str(reason)]
    return said.count(None), [each for each in said if each is not None]


def undisturbed(folder):
    """A sweep of five blocks, and its store."""
    sweep = write_sweep(folder / "sweep.toml")
    finish(start(sweep, folder / "sweep.zarr", workers=2))
    return sweep, folder / "sweep.zarr"


def document(rows, seed, seconds, share):
    """The page of the documentation."""
    part = f" with `--share {share:g}` of the times" if share != 1 else ""
    lines = [
        "# What was done to runs and stores, and what survived",
        "",
        f"Made by `make faults`{part}; no number is typed by hand. Random moments and places from seed {seed};"
        f" {seconds / 60:.0f} minutes in all. *Survived*: the run or the next one ended, and its store equals one that"
        " nobody disturbed, but for times and places of execution.",
        "",
        "| what was done | times | survived | |",
        "| --- | ---: | ---: | --- |",
    ]
    for case, times, well, said in rows:
        lines.append(f"| {case.what} | {times} | {'skipped' if well is None else well} | {said[0] if said else ''} |")
    return "\n".join(lines) + "\n"


def main():
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="file for the page")
    parser.add_argument("--share", type=float, default=1.0, help="of the times each is tried, at least one")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    began = time.monotonic()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = undisturbed(folder)
        for case in CASES:
            if given.only not in case.trial.__name__:
                continue
            times = max(1, round(case.times * given.share))
            before = time.monotonic()
            well, said = survived(case, times, small, folder, given.seed)
            rows.append((case, times, well, said))
            print(f"{well} of {times} in {time.monotonic() - before:.0f} s: {case.what}", *said, sep="\n  ", flush=True)
            if given.output is not None:
                page = document(rows, given.seed, time.monotonic() - began, given.share)
                given.output.write_text(page, encoding="utf-8")
    return any(well is not None and well < times for _, times, well, _ in rows)


if __name__ == "__main__":
    sys.exit(main())
