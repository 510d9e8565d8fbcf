"""What may happen to a run from outside: each function does it once, and raises where the end is not right."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from kill_resume import differences, receipts, write_sweep

HURT = Path(__file__).with_name("hurt")
PATIENCE = 240


class Skipped(Exception):
    """What cannot be done on this machine."""


def command(*arguments):
    """The command line, as a user types it."""
    return [sys.executable, "-m", "counterpulse.cli", *map(str, arguments)]


def launched(*arguments, **environment):
    """Start a command in a process group of its own."""
    return subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | environment,
    )  # fmt: skip


def ended(process):
    """Wait for a command: exit code and what it said on stderr. No traceback may be in it."""
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    check("Traceback" not in errors, errors)
    return process.returncode, errors


def check(holds, said):
    """Raise what is said where something does not hold."""
    if not holds:
        raise AssertionError(" ".join(str(said).split())[-600:])


def same(undisturbed, store):
    """Compare with the store that nobody disturbed."""
    differ = differences(undisturbed, store)
    check(not differ, f"differ: {differ}")


def resumed(sweep, store, undisturbed):
    """Let the same command end what was begun."""
    code, errors = ended(launched("run", sweep, "-o", store))
    check(code == 0, f"exit {code}: {errors}")
    same(undisturbed, store)


def way(generator):
    """Dask or plain processes."""
    return generator.choice([("--workers", 2), ("--workers", 1), ("--array-task", "0/1")])


def under_way(process, generator, longest=4.0):
    """Wait until processes are there and a random time longer."""
    began = time.monotonic()
    while not psutil.Process(process.pid).children() and time.monotonic() - began < 20 and process.poll() is None:
        time.sleep(0.02)
    time.sleep(generator.uniform(0.0, longest))


def children(process, words):
    """Processes below the driver whose command line has all the words."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                line = " ".join(child.cmdline())
                if all(word in line for word in words):
                    found.append(child)
    return found


def kill_group(small, place, generator):
    """Kill driver and workers at once."""
    sweep, undisturbed = small
    driver = launched("run", sweep, "-o", place / "s.zarr", *way(generator))
    under_way(driver, generator)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(driver.pid, signal.SIGKILL)
    driver.communicate()
    resumed(sweep, place / "s.zarr", undisturbed)


def kill_driver(small, place, generator):
    """Kill the driver alone: its workers end by themselves."""
    sweep, undisturbed = small
    driver = launched("run", sweep, "-o", place / "s.zarr", *way(generator))
    under_way(driver, generator)
    below = []
    with contextlib.suppress(psutil.NoSuchProcess):
        below = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.communicate()
    left = psutil.wait_procs(below, timeout=30)[1]
    check(not left, f"still there: {left}")
    resumed(sweep, place / "s.zarr", undisturbed)


def kill_worker(small, place, generator):
    """Kill a worker; Dask, or the pool of processes, starts another."""
    sweep, undisturbed = small
    driver = launched("run", sweep, "-o", place / "s.zarr", *way(generator))
    under_way(driver, generator)
    workers = children(driver, ["spawn_main"])
    if workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            generator.choice(workers).kill()
    code, errors = ended(driver)
    check(code in (0, 1), f"exit {code}: {errors}")
    resumed(sweep, place / "s.zarr", undisturbed)


def kill_nanny(small, place, generator):
    """Kill what watches over the workers of a scheduler elsewhere: nanny and worker, as a node that is lost."""
    sweep, undisturbed = small
    with cluster(place, workers=2) as (address, _, workers):
        driver = launched("run", sweep, "-o", place / "s.zarr", "--address", address)
        time.sleep(generator.uniform(1.0, 6.0))
        workers[0].kill()
        code, errors = ended(driver)
    check(code in (0, 1), f"exit {code}: {errors}")
    resumed(sweep, place / "s.zarr", undisturbed)


def _signalled(small, place, generator, number):
    sweep, undisturbed = small
    driver = launched("run", sweep, "-o", place / "s.zarr", *way(generator))
    under_way(driver, generator)
    began = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        if generator.random() < 0.5:
            os.killpg(driver.pid, number)
        else:
            driver.send_signal(number)
    code, errors = ended(driver)
    taken = time.monotonic() - began
    # one that came after the last block finds a run that is done
    check(code in (75, 0), f"exit {code}: {errors}")
    check(taken < 10.0 or code == 0, f"{taken:.1f} s to end")
    resumed(sweep, place / "s.zarr", undisturbed)


def terminate(small, place, generator):
    """Ask to stop, as a batch system does."""
    _signalled(small, place, generator, signal.SIGTERM)


def interrupt(small, place, generator):
    """Ask to stop, as a user does."""
    _signalled(small, place, generator, signal.SIGINT)


ORDER = """
import json, os, sys
from pathlib import Path
from counterpulse.sweeps.execution import tasks
from counterpulse.sweeps.spec.file import from_canonical, load
from counterpulse.sweeps.store import creation
from counterpulse.engine.compile.decorators import fingerprint
happened = []
fsync, replace = os.fsync, os.replace
def synced(descriptor):
    fsync(descriptor)
    happened.append(["fsync", os.readlink(f"/proc/self/fd/{descriptor}")])
def replaced(self, target):
    replace(self, target)
    happened.append(["rename", str(self), str(target)])
    return Path(target)
sweep, store, number = from_canonical(load(sys.argv[1]).canonical()), Path(sys.argv[2]), int(sys.argv[3])
content = json.dumps(sweep.canonical())
made = tasks.first(content, "") | tasks.train(content, "")
creation.create(store, sweep, fingerprint(), creation.Model(made["sample"], made["waves"], lambda: made["warm_start"]))
os.fsync, Path.replace = synced, replaced
answer = tasks.run_block(content, str(store), sweep.hash(), (fingerprint(),), number)
assert answer["ran"], answer
print(json.dumps(happened))
"""


def order(small, place, generator):
    """Write one block and look at the order of what reached the disk: what power loss may leave follows from it."""
    sweep, _ = small
    store, number = (place / "s.zarr").resolve(), generator.randrange(5)
    line = [sys.executable, "-c", ORDER, str(sweep), str(store), str(number)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE)
    check(done.returncode == 0, done.stderr)
    happened = json.loads(done.stdout)
    receipt = store / "receipts" / "000" / f"{number:06d}.json"
    commit = next(place for place, each in enumerate(happened) if each[0] == "rename" and each[2] == str(receipt))
    before = {each[1] for each in happened[:commit] if each[0] == "fsync"}
    files = [store / name for name in json.loads(receipt.read_bytes())["checksums"]]
    check(len(files) > 50, files)
    for file in files:
        for needed in (file, file.parent, file.parent.parent):
            check(str(needed) in before, f"{needed} was not on the disk before the receipt")
    check(happened[commit][1] in before, "the receipt's content was not on the disk before its name")
    check(["fsync", str(receipt.parent)] in happened[commit:], "the receipt's name is not on the disk at the end")


def _on_tmpfs(script):
    """Run a script in a namespace where it may mount what it wants: what it said on stderr; 77 says that it may not."""
    if not shutil.which("unshare"):
        raise Skipped("no unshare here")
    line = ["unshare", "-rm", "sh", "-c", script]
    done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode == 77 or "unshare" in done.stderr:
        raise Skipped("no user namespaces here")
    check("Traceback" not in done.stderr, done.stderr)
    return done.stderr


def full_disk(small, place, _):
    """Give the store a file system of its own that is too small, then one that is not; at three phases of the run."""
    sweep, undisturbed = small
    whole = sum(file.stat().st_blocks * 512 for file in undisturbed.rglob("*") if file.is_file())
    for percent in (10, 50, 90):
        size = whole * percent // 100 // 1024
        folder, copy = place / f"tiny-{percent}", place / f"copy-{percent}.zarr"
        folder.mkdir()
        run = shlex.join(command("run", sweep, "-o", folder / "s.zarr", "--workers", 1))
        errors = _on_tmpfs(f"""
mount -t tmpfs -o size={size}k tiny {shlex.quote(str(folder))} || exit 77
{run} >/dev/null; echo "exit $?" >&2
mount -o remount,size=200m {shlex.quote(str(folder))}
{run} >/dev/null; echo "exit $?" >&2
{shlex.join(["cp", "-r", str(folder / "s.zarr"), str(copy)])}
""")
        codes = [line for line in errors.splitlines() if line.startswith("exit ")]
        check(codes == ["exit 1", "exit 0"] and "the disk is full" in errors, errors)
        same(undisturbed, copy)


def read_only(small, place, _):
    """A folder where nothing may be written, by one who is not root."""
    sweep, _ = small
    folder = place / "closed"
    folder.mkdir()
    errors = _on_tmpfs(f"""
mount -t tmpfs closed {shlex.quote(str(folder))} && mount -o remount,ro {shlex.quote(str(folder))} || exit 77
{shlex.join(command("run", sweep, "-o", folder / "s.zarr"))}; echo "exit $?" >&2
""")
    check("exit 2" in errors and "cannot be written" in errors, errors)


def vanished(small, place, generator):
    """Remove the store while blocks are written: one clear end, and the next run makes it anew."""
    sweep, undisturbed = small
    store = place / "s.zarr"
    driver = launched("run", sweep, "-o", store, *way(generator))
    while not receipts(store) and driver.poll() is None:
        time.sleep(0.01)
    gone = place / "gone"
    with contextlib.suppress(OSError):
        store.rename(gone)
    code, errors = ended(driver)
    check(code in (0, 1, 2), f"exit {code}: {errors}")
    shutil.rmtree(store, ignore_errors=True)
    resumed(sweep, store, undisturbed)


def race(small, place, generator):
    """Several drivers on one store, of which one is killed."""
    sweep, undisturbed = small
    store = place / "s.zarr"
    count = generator.choice([2, 3])
    drivers = [launched("run", sweep, "-o", store, *way(generator)) for _ in range(count)]
    time.sleep(generator.uniform(1.0, 8.0))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(drivers[0].pid, signal.SIGKILL)
    drivers[0].communicate()
    for driver in drivers[1:]:
        code, errors = ended(driver)
        check(code == 0, f"exit {code}: {errors}")
    same(undisturbed, store)


def strangers(small, place, generator):
    """Two sweeps that want the same store: one has it, the other is refused."""
    sweep, undisturbed = small
    other = write_sweep(place / "other.toml", extra="precision = 'float32'")
    store = place / "s.zarr"
    drivers = [launched("run", each, "-o", store, "--workers", 1) for each in (sweep, other)]
    codes = []
    for driver in drivers:
        code, errors = ended(driver)
        codes.append(code)
        check(code == 0 or "holds another sweep" in errors, f"exit {code}: {errors}")
    check(sorted(codes) == [0, 2], codes)
    if codes[0] == 0:
        same(undisturbed, store)


@contextlib.contextmanager
def cluster(place, workers, **environment):
    """A real scheduler and workers of Dask, each a process; given: its address, the scheduler, the workers."""
    file = place / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    base = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*base, "--no-dashboard", "--scheduler-file", str(file)], **quiet)
    started = [scheduler]
    try:
        began = time.monotonic()
        while not file.exists() and time.monotonic() - began < 30:
            time.sleep(0.05)
        time.sleep(0.2)
        address = json.loads(file.read_text())["address"]
        line = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
        below = [
            subprocess.Popen([*line, "--local-directory", str(place)], **quiet, env=os.environ | environment)
            for _ in range(workers)
        ]
        started += below
        yield address, scheduler, below
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def lost_scheduler(small, place, generator):
    """A scheduler that is killed under the run."""
    sweep, undisturbed = small
    store = place / "s.zarr"
    with cluster(place, workers=1) as (address, scheduler, _):
        driver = launched("run", sweep, "-o", store, "--address", address)
        while not receipts(store) and driver.poll() is None:
            time.sleep(0.02)
        scheduler.kill()
        code, errors = ended(driver)
    check(code == 1 and "scheduler was lost" in errors, f"exit {code}: {errors}")
    resumed(sweep, store, undisturbed)


def _hurt(small, place, options, **environment):
    sweep, undisturbed = small
    store = place / "s.zarr"
    path = os.pathsep.join([str(HURT), *filter(None, [os.environ.get("PYTHONPATH")])])
    driver = launched("run", sweep, "-o", store, *options, PYTHONPATH=path, **environment)
    code, errors = ended(driver)
    check(code == 1 and "block 2 failed" in errors, f"exit {code}: {errors}")
    check(receipts(store) == 4, f"{receipts(store)} receipts")
    resumed(sweep, store, undisturbed)


def segfault(small, place, generator):
    """A block that ends its process."""
    _hurt(small, place, way(generator), HURT=generator.choice(["segfault", "exit"]))


def memory(small, place, _):
    """A block that takes more memory than a worker may: Dask's nanny ends it."""
    _hurt(small, place, ("--workers", 1), HURT="memory", SLURM_MEM_PER_NODE="2000")
