"""What tests share: the command line as they call it, which ones a quick run leaves out, what was not tried."""

import shutil
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from multiprocessing import current_process
from pathlib import Path

import pytest
import tomli_w
from hypothesis import settings

settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("all", max_examples=400, deadline=None)
FIRST = ("engine", "faults", "validation", "sweeps")
"""Folders in the order in which their tests are handed out: those whose files take long first, so that no worker is
left with one of them at the end."""
SLOW = ("benchmarks", "faults")
"""Folders all of whose tests are slow."""


def is_quick(config):
    """Whether the slow tests are left out."""
    return "not slow" in config.option.markexpr


def pytest_configure(config):
    settings.load_profile("quick" if is_quick(config) else "all")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent

    def folder(item):
        return item.path.relative_to(here).parts[0]

    items.sort(key=lambda item: FIRST.index(folder(item)) if folder(item) in FIRST else len(FIRST))
    for item in items:
        if folder(item) in SLOW:
            item.add_marker("slow")


def pytest_terminal_summary(terminalreporter, config):
    """Say what was not tried, and how to try it: a skipped test proves nothing."""
    skipped = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    if not skipped and not is_quick(config):
        return
    terminalreporter.section("not tried")
    for reason, times in skipped.items():
        terminalreporter.line(f"{times} x {reason}")
    if is_quick(config):
        terminalreporter.line("the slow tests: make test-all tries them too")


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Make a folder once for all processes of a run: whoever asks first fills it, and nobody changes it."""
    base = tmp_path_factory.getbasetemp()
    top = base if worker_id == "master" else base.parent

    def folder(name, fill):
        made = top / name
        with (top / f"{name}.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            if not made.exists():
                part = top / f"{name}.part"
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir()
                fill(part)
                part.rename(made)
        return made

    return folder


SWEEP = """
name = "Does it <b>help</b> \\u201cthem\\u201d?"
cohort = "adhf"
patients = 64
seed = 3

[arms.off]
[arms.iabp]
balloon_volume = 40
[arms.half]
balloon_volume = 40
assist_ratio = 2

[run]
block = 32
"""


def _swept(folder):
    (folder / "small.toml").write_text(SWEEP, encoding="utf-8")
    command = [sys.executable, "-m", "counterpulse", "run", "small.toml", "--array-task", "0/1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done
    for words in ("64 candidates", "iabp helped", "half helped"):
        assert words in done.stdout


@pytest.fixture(scope="session")
def swept(once):
    """A small sweep, small.toml, and out/small.zarr, made by the command itself in a process of its own."""
    return once("swept", _swept)


SMALL = {
    "cohort": "adhf",
    "seed": 11,
    "arms": {"off": {}, "iabp": {"balloon_volume": 40}},
    "run": {"other_modes": 0, "warm_start": False},
}


@pytest.fixture(scope="session")
def sweep_text():
    """Write a sweep file's text: a balloon in acute heart failure, and what a test says besides or instead.

    Unless told otherwise nobody is run in other modes of regulation, and there is no warm start.
    """

    def text(**more):
        return tomli_w.dumps({**SMALL, **more, "run": {**SMALL["run"], **more.get("run", {})}})

    return text


@pytest.fixture(scope="session")
def in_this_process():
    """Have the blocks of a run done in this process, which like a pool's worker starts no others: 2 s less a run."""

    @contextmanager
    def own():
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(current_process()._config, "daemon", True)
            yield

    return own


@pytest.fixture
def refused():
    """What is done within is refused as bad input, in one printable line that has all the words; that line is given."""
    from counterpulse.engine.errors import InputError

    @contextmanager
    def check(*words):
        with pytest.raises(InputError) as told:
            yield told
        line = str(told.value)
        assert line.isprintable()
        assert all(word in line for word in words), line

    return check


@pytest.fixture
def call(capfd):
    """Run a command line in this process: exit code, what it printed, what it told."""
    from counterpulse import cli

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main([str(argument) for argument in arguments])
        out, told = capfd.readouterr()
        assert "Traceback" not in out + told
        return left.value.code, out, told

    return run
