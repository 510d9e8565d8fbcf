"""Kill a run again and again at random moments, resume it, and compare with one that nobody disturbed.

``python tests/faults/kill_resume.py`` does so six times with 262,144 patients; the tests do it with fewer.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PER_RUN = ("seconds", "host", "cpu", "job", "seal")
"""What two receipts of the same block may differ in; the seal covers the others."""

DRIVER = Path(__file__).with_name("drive.py")


def write_sweep(path, patients=160, block=32, waveforms=36, extra=""):
    """Write a sweep file with two arms; the waveforms reach into the second block."""
    path.write_text(
        f"""
name = "stop and go"
cohort = "ami-cs"
patients = {patients}
seed = 7
{extra}
[vary]
systemic_resistance = {{ low = 0.6, high = 2.0 }}
heart_rate = {{ low = 60, high = 150 }}
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = {block}
[waveforms]
patients = {waveforms}
"""
    )
    return path


def start(sweep, store, **options):
    """Start a run in a process group of its own, as a shell does."""
    command = [sys.executable, DRIVER, sweep, store, repr(options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finish(process, timeout=600):
    """Wait for a run; its output, or an error with what it said."""
    output, errors = process.communicate(timeout=timeout)
    if process.returncode:
        raise RuntimeError(f"exit {process.returncode}: {errors}")
    return output


def differences(left, right):
    """Name the files of two stores that differ in more than times and the place of execution."""
    names = {path.relative_to(top) for top in (left, right) for path in top.rglob("*") if path.is_file()}
    return sorted(str(name) for name in names if _content(left / name) != _content(right / name))


def _content(path):
    if not path.exists():
        return None
    if path.name == "zarr.json":
        content = json.loads(path.read_bytes())
        content.get("attributes", {}).pop("date_created", None)
        return json.dumps(content)
    if path.suffix == ".json":
        return {name: value for name, value in json.loads(path.read_bytes()).items() if name not in PER_RUN}
    return path.read_bytes()


def receipts(store):
    """Count the receipts in a store."""
    return len(list((store / "receipts").glob("*/*.json")))


def kill_and_resume(sweep, store, kills, longest, generator, **options):
    """Kill a run, its whole process group, so many times at random moments; then let it end.

    Returns
    -------
    list of int
        Receipts found after each kill.
    """
    found = []
    for _ in range(kills):
        process = start(sweep, store, **options)
        time.sleep(generator.uniform(0.0, longest))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        found.append(receipts(store))
    finish(start(sweep, store, **options))
    return found


def main():
    """Run it in full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=262_144)
    parser.add_argument("--block", type=int, default=16_384)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, help="where the stores go; default a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        top = Path(folder)
        sweep = write_sweep(top / "sweep.toml", given.patients, given.block, waveforms=64)
        began = time.monotonic()
        finish(start(sweep, top / "undisturbed.zarr", workers=given.workers))
        taken = time.monotonic() - began
        print(f"undisturbed: {taken:.1f} s; random moments from seed {given.seed}", flush=True)
        # on average the kills then fall on the first two thirds of the work
        longest = 4.0 + 1.5 * taken / (given.kills + 1)
        generator = random.Random(given.seed)
        found = kill_and_resume(sweep, top / "disturbed.zarr", given.kills, longest, generator, workers=given.workers)
        print(f"receipts after each kill: {found} of {-(-given.patients // given.block)}")
        differ = differences(top / "undisturbed.zarr", top / "disturbed.zarr")
        print(f"differ: {differ}" if differ else "equal")
        return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
