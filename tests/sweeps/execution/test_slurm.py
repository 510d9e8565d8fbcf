"""The script of a job array, the cache that is warmed for it, and a task of it that is stopped."""

import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from counterpulse.engine.errors import InputError
from counterpulse.sweeps.execution import precompile, slurm
from counterpulse.sweeps.execution import run as runs
from counterpulse.sweeps.spec.file import load

SWEEP = """
name = "one; $(touch escaped) `touch escaped` # \\"two\\""
cohort = "ami-cs"
patients = 200
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 20
"""
ODD = 'it\'s $(touch escaped) `touch escaped`; "x" \\ & é'
"""A folder's name that a careless script would run."""

FAKE = """#!/bin/bash
printf '%s\\n' "{name}" "$@" "--" >> "$CALLS"
{body}
"""


@pytest.fixture
def sweep(tmp_path):
    folder = tmp_path / ODD
    folder.mkdir()
    path = folder / "my sweep.toml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


def write(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def lines(text):
    return [line for line in text.splitlines() if line.startswith("#SBATCH")]


def play(script, folder, state="RUNNING", exits=0, arguments=(), config="", **variables):
    """Have bash run a script where Slurm's commands and ours only write down how they were called."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    bodies = {
        "sbatch": "echo '41;here'",
        "squeue": f"echo {state}",
        "scontrol": f"echo '{config}'",
        "counterpulse": f"exit {exits}",
    }
    for name, body in bodies.items():
        write(tools / name, FAKE.format(name=name, body=body))
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    place = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    place |= {"PATH": f"{tools}:{os.environ['PATH']}", "CALLS": str(calls), **variables}
    done = subprocess.run(
        ["bash", script, *arguments], env=place, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    called = [call.strip("\n").split("\n") for call in calls.read_text().split("--\n")[:-1]]
    return done.returncode, called


def task(script, folder, **how):
    inside = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_JOB_ID": "44"}
    return play(script, folder, **({**inside, **how}))


@pytest.fixture
def script(sweep, tmp_path):
    text = slurm.script(load(sweep), sweep, sweep.parent / "a store.zarr", tasks=8, command=["counterpulse"])
    return write(tmp_path / ODD / "array.sh", text)


def test_bash_reads_it_and_the_requests_are_sensible(sweep, script):
    subprocess.run(["bash", "-n", script], check=True, timeout=10)
    text = script.read_text()
    assert "--job-name=my-sweep" in text
    for request in (
        "--array=0-7",
        "--cpus-per-task=2",
        "--time=04:00:00",
        "--requeue",
        "--signal=B:TERM@120",
        "--open-mode=append",
    ):
        assert f"#SBATCH {request}" in lines(text)
    # Slurm stops reading requests at the first line that is neither empty nor a comment
    head = text[: text.index("counterpulse=(")]
    assert lines(text) == lines(head)
    assert all(line.startswith("#") or not line for line in head.splitlines())
    few = slurm.script(load(sweep), sweep, "out.zarr", cores=1, limit="1-12", cache="kernels of mine")
    assert {"#SBATCH --array=0-9", "#SBATCH --cpus-per-task=1", "#SBATCH --time=1-12"} <= set(lines(few))
    assert f"export COUNTERPULSE_CACHE={shlex.quote(str(Path('kernels of mine').absolute()))}\n" in few


def test_larger_blocks_ask_for_more_memory():
    usual = precompile.usual()
    large = usual.model_copy(update={"run": usual.run.model_copy(update={"block": 2**20})})
    assert 1000 <= slurm.memory(usual) < 1500
    assert 8000 < slurm.memory(large) < 16000


def test_by_hand_it_compiles_first_and_the_array_waits_for_it(sweep, script, tmp_path):
    code, calls = play(script, tmp_path)
    first = ["sbatch", "--parsable", "--array=0", "--job-name=my-sweep-compile", str(script), "compile"]
    then = ["sbatch", "--dependency=afterok:41", "--kill-on-invalid-dep=yes", str(script)]
    assert (code, calls) == (0, [first, ["scontrol", "show", "config"], then])
    code, calls = task(script, tmp_path, arguments=["compile"], exits=2)
    assert (code, calls) == (2, [["counterpulse", "compile", str(sweep)]])
    assert not list(tmp_path.rglob("escaped"))


def test_a_cluster_that_takes_smaller_arrays_gets_several_whose_tasks_count_on(sweep, tmp_path):
    text = slurm.script(load(sweep), sweep, tmp_path / "s.zarr", tasks=10, command=["counterpulse"])
    script = write(tmp_path / "array.sh", text)
    code, calls = play(script, tmp_path, config="MaxArraySize            = 4")
    assert code == 0
    assert [call[3:] for call in calls[2:]] == [
        ["--array=0-3", str(script), "0", "10"],
        ["--array=0-3", str(script), "4", "10"],
        ["--array=0-1", str(script), "8", "10"],
    ]
    assert len(play(script, tmp_path, config="MaxArraySize            = 10")[1]) == 3
    _, calls = play(script, tmp_path, arguments=["8", "10"], SLURM_ARRAY_TASK_ID="1", SLURM_ARRAY_TASK_COUNT="2")
    assert calls[0][-2:] == ["--array-task", "9/10"]


@pytest.mark.parametrize(
    ("exits", "state", "restarts", "requeued"),
    [
        (0, "RUNNING", "0", False),
        (1, "RUNNING", "0", False),
        (2, "RUNNING", "0", False),
        (75, "RUNNING", "0", True),
        (75, "RUNNING", "100", False),
        (75, "COMPLETING", "0", False),
        (143, "RUNNING", "3", True),
    ],
)
def test_a_task_runs_its_share_and_requeues_itself_where_it_was_stopped(
    sweep, script, tmp_path, exits, state, restarts, requeued
):
    code, calls = task(script, tmp_path, exits=exits, state=state, SLURM_RESTART_COUNT=restarts)
    store = str(sweep.parent / "a store.zarr")
    assert code == exits
    assert calls[0] == ["counterpulse", "run", str(sweep), "-o", store, "--array-task", "3/8"]
    assert (["scontrol", "requeue", "44"] in calls) == requeued
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"tasks": 0}, "tasks: given 0"),
        ({"tasks": 11}, "integer of 1 to 10, the number of blocks"),
        ({"tasks": True}, "tasks: given true"),
        ({"cores": -1}, "cpus: given -1"),
        ({"limit": "soon"}, "time: 'soon'"),
        ({"limit": "1\n#SBATCH --uid=0"}, "time: "),
        ({"limit": "00:00:00"}, "time: '00:00:00'"),
        ({"limit": "\N{ARABIC-INDIC DIGIT ONE}"}, "time: "),
        ({"store": "a\nb"}, "output: "),
        ({"sweep": "a\x1b.toml"}, "spec: "),
        ({"cache": "a\x00"}, "COUNTERPULSE_CACHE: "),
    ],
)
def test_misuse_is_told_in_one_line(sweep, refused, given, says):
    rest = {"sweep": sweep, "store": "out.zarr", **given}
    with refused(says):
        slurm.script(load(sweep), rest.pop("sweep"), rest.pop("store"), **rest)


@pytest.mark.parametrize("stem", ["", "..", "a b\n#SBATCH", "--uid=0", "%j", "ü"])
def test_no_name_of_a_file_is_taken_for_anything_else(stem):
    name = slurm._job_name(stem)
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name[0] not in ".-"


def test_the_command_prints_or_writes_and_never_overwrites(sweep, tmp_path, call, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, told = call("slurm", sweep, "--tasks", "3", "--time", "30")
    assert (code, told) == (0, "")
    assert {"#SBATCH --array=0-2", "#SBATCH --time=30"} <= set(lines(out))
    assert f"store={shlex.quote(str(tmp_path / 'out' / 'my sweep.zarr'))}\n" in out
    assert call("slurm", sweep, "--tasks", "3", "--time", "30", "--script", "array.sh")[0] == 0
    assert Path("array.sh").read_text() == out
    assert os.access("array.sh", os.X_OK)
    Path("array.sh").write_text("edited")
    code, out, told = call("slurm", sweep, "--script", "array.sh")
    assert (code, out) == (2, "")
    assert "array.sh is there already" in told
    assert Path("array.sh").read_text() == "edited"
    assert call("slurm", "none.toml", "--script", "other.sh")[0] == 2
    assert call("slurm", sweep, "--tasks", "99", "--script", "other.sh")[0] == 2
    assert call("slurm", sweep, "--script", "no/where.sh")[0] == 2
    assert not list(tmp_path.rglob("other.sh"))


def test_a_cache_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    place = os.environ | {"COUNTERPULSE_CACHE": str(tmp_path / "file")}
    command = [sys.executable, "-m", "counterpulse.cli", "compile"]
    done = subprocess.run(command, env=place, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "COUNTERPULSE_CACHE" in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_was_compiled_once_is_not_compiled_again(sweep):
    sweep = load(sweep)
    first = precompile.precompile(sweep)
    assert first.folder.is_dir()
    assert first.kept >= first.compiled
    told = []
    again = precompile.precompile(sweep, progress=told.append)
    assert (again.compiled, again.kept) == (0, first.kept)
    assert len(told) == 4


def test_workers_as_slurm_jobs_need_what_submits_them(sweep, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="slurm: starts workers of its own"):
        runs.run(sweep, tmp_path / "out.zarr", slurm=True, array_task=(0, 1))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"^slurm: .*(not installed|no command sbatch)"):
        runs.run(sweep, tmp_path / "out.zarr", slurm=True)
    assert not (tmp_path / "out.zarr").exists()


@pytest.fixture
def without_dask(tmp_path):
    """A place of packages like this environment's, but for Dask; isolated, so that nothing else is found."""
    import counterpulse

    place = tmp_path / "packages"
    place.mkdir()
    (site,) = {Path(path) for path in sys.path if Path(path, "numba").is_dir()}
    for package in site.iterdir():
        if package.name != "counterpulse" and not package.name.startswith(("dask", "distributed", "__editable__")):
            (place / package.name).symlink_to(package)
    (place / "counterpulse").symlink_to(Path(counterpulse.__file__).parent)
    return os.environ | {"PYTHONPATH": str(place)}


def catches_signals(task):
    caught = re.search(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{task.pid}/status").read_text(), re.M)
    return int(caught[1], 16) >> signal.SIGTERM - 1 & 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="which signals a process catches is read on Linux")
@pytest.mark.slow
def test_a_task_needs_no_dask_and_stops_soon_with_75(tmp_path, without_dask):
    sweep, store = tmp_path / "sweep.toml", tmp_path / "out.zarr"
    sweep.write_text(SWEEP.replace("patients = 200", "patients = 100_000"))
    command = [sys.executable, "-S", "-m", "counterpulse.cli", "run", sweep, "-o", store, "--array-task", "1/3"]
    # also before it has begun, while it imports, from the moment on when it catches signals
    for moment in (catches_signals, lambda task: list(store.glob("receipts/*/*.json"))):
        task = subprocess.Popen(command, env=without_dask, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        began = time.monotonic()
        while not moment(task):
            assert task.poll() is None, task.communicate()
            assert time.monotonic() < began + 200
            time.sleep(0.02)
        task.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        _, told = task.communicate(timeout=30)
        assert task.returncode == 75, told
        assert time.monotonic() - asked < 10
        assert "stopped" in told.splitlines()[-1]
    # what is there goes on with the same command
    dry = subprocess.run([*command, "--dry-run"], env=without_dask, capture_output=True, text=True, check=False)
    assert dry.returncode == 0
    assert "of 5,000 blocks to run" in dry.stdout
