"""The log of a run: what it says, that bad input leaves none, and that it never stands in the way."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from counterpulse.sweeps.execution import journal
from counterpulse.sweeps.execution.progress import Report

SWEEP = """
name = "Two \\u201cblocks\\u201d"
cohort = "adhf"
patients = 16
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 8
warm_start = false
max_failed_share = 1
"""
STORE = "it\x1b[31m.zarr"
"""Names in a sweep have no control characters; those of folders may."""
LOG = f"{STORE}.0-of-1.log"
COMMAND = [sys.executable, "-m", "counterpulse.cli", "run"]


def run(folder, *options, sweep=SWEEP, **settings):
    (folder / "sweep.toml").write_text(sweep)
    command = [*COMMAND, "sweep.toml", "-o", STORE, "--array-task", "0/1", "--workers", "1", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False, **settings)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logged")
    assert run(folder, "--log-json").returncode == 0
    return folder


def test_json_lines_tell_of_start_blocks_and_end(done):
    assert {path.name for path in done.iterdir()} == {"sweep.toml", STORE, LOG}
    text = (done / LOG).read_text()
    assert text.isascii()
    assert "\x1b" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    told = [(line["message"], line.get("regulation")) for line in lines if "block" not in line]
    other = "run goes on in another mode of regulation"
    assert told == [("run started", None), (other, "baroreflex"), (other, "map-held"), ("run ended", None)]
    assert {line["block"] for line in lines if "block" in line} == {0, 1}
    assert all(line["level"] == "info" and line["ts"].endswith("Z") for line in lines)
    start = lines[0]
    assert start["name"] == "Two \u201cblocks\u201d"
    assert start["store"] == str(done / STORE)
    assert start["blocks_to_run"] == 2
    assert start.keys() >= {"spec_hash", "engine_fingerprint", "version", "host", "workers", "process"}
    assert lines[-1]["blocks_run"] == 2


def test_with_nothing_to_do_nothing_is_logged(done):
    before = (done / LOG).read_bytes()
    assert run(done).returncode == 0
    assert (done / LOG).read_bytes() == before


@pytest.mark.parametrize(
    ("sweep", "options", "code"),
    [
        (SWEEP, ["--dry-run"], 0),
        (SWEEP.replace("adhf", "adhff"), [], 2),
        (SWEEP, ["--workers", "0"], 2),
        (SWEEP.replace("[arms.off]", "[arms.off]\natrial_fibrillation = 2"), [], 2),
    ],
)
def test_bad_input_and_dry_runs_leave_no_log(tmp_path, sweep, options, code, call, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweep.toml").write_text(sweep)
    assert call("run", "sweep.toml", "-o", STORE, "--array-task", "0/1", *options)[0] == code
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.toml"]


def test_another_sweep_refused_leaves_no_log(done, tmp_path, call):
    other = tmp_path / "other.toml"
    other.write_text(SWEEP.replace("patients = 16", "patients = 16\nseed = 5"))
    assert call("run", other, "-o", done / STORE)[0] == 2
    assert not (done / f"{STORE}.log").exists()


@pytest.mark.slow
def test_a_signal_is_logged(tmp_path):
    (tmp_path / "sweep.toml").write_text(SWEEP.replace("patients = 16", "patients = 1600"))
    command = [*COMMAND, "sweep.toml", "-o", STORE, "--array-task", "0/1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    log = tmp_path / LOG
    deadline = time.monotonic() + 120
    while not (log.exists() and "finished" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 75
    text = log.read_text()
    assert "warning asked to stop by SIGTERM\n" in text
    assert "run stopped before its end: blocks_run " in text.splitlines()[-1]
    assert "\x1b" not in text
    assert "/it\\x1b[31m.zarr, name Two \u201cblocks\u201d," in text


@pytest.mark.slow
def test_a_log_that_cannot_be_written_does_not_stop_the_run(tmp_path):
    (tmp_path / LOG).mkdir()
    finished = run(tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.stderr.count("note: no log of this run is kept: ") == 1
    assert "\x1b" not in finished.stderr


@pytest.mark.parametrize("obstacle", ["folder", "pipe", "missing", "long"])
def test_obstacles_are_told_and_passed_over(tmp_path, logger, obstacle, capfd):
    path = tmp_path / {"missing": "no/it.log", "long": f"{'x' * 300}.log"}.get(obstacle, "it.log")
    if obstacle == "folder":
        path.mkdir()
    elif obstacle == "pipe":
        os.mkfifo(path)
    with journal.kept(path) as log:
        begin(logger)
        journal.note_death("", 1)
    assert log.problem.startswith(str(path))
    assert capfd.readouterr() == ("", "")


def test_a_disk_that_fills_up_ends_the_log_only(tmp_path, logger, capfd):
    with journal.kept(tmp_path / "it.log") as log:
        begin(logger)
        log.stream.close()
        log.stream = open("/dev/full", "a")  # noqa: SIM115
        journal.note_death("", 1)
        journal.note_death("", 2)
    assert "No space left" in log.problem
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def logger():
    found = logging.getLogger("counterpulse.sweeps.execution.journal")
    yield found
    assert not any(isinstance(each, journal.LogFile) for each in logging.getLogger("counterpulse").handlers)


def begin(logger):
    logger.info(journal.STARTED)


def test_a_failure_carries_its_trace(tmp_path, logger):
    trace = "Traceback (most recent call last):\n  File 'x'\n2026-01-01 forged\x1b[2J\nValueError: no\n"
    for as_json in (False, True):
        path = tmp_path / f"{as_json}.log"
        with journal.kept(path, as_json=as_json):
            begin(logger)
            journal.note_failure("", 3, "ValueError: no", trace)
            journal.note_death("", 4)
    plain = (tmp_path / "False.log").read_text().splitlines()
    assert plain[1].endswith("error   block 3 failed: ValueError: no")
    assert plain[4] == "    2026-01-01 forged\\x1b[2J"
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \w+ +\S|    ", line) for line in plain)
    lines = [json.loads(line) for line in (tmp_path / "True.log").read_text().splitlines()]
    assert lines[1] | {"ts": ""} == {
        "ts": "",
        "level": "error",
        "message": "block 3 failed: ValueError: no",
        "block": 3,
        "trace": trace,
    }
    assert (lines[2]["level"], lines[2]["block"]) == ("warning", 4)


def test_what_ends_a_run_is_logged(tmp_path, logger):
    def lose():
        with journal.kept(tmp_path / "it.log"):
            begin(logger)
            raise RuntimeError("the connection was lost")

    with pytest.raises(RuntimeError, match="lost"):
        lose()
    assert "error   run ended by RuntimeError: the connection was lost" in (tmp_path / "it.log").read_text()
    with journal.kept(tmp_path / "end.log"):
        begin(logger)
        journal.note_end(Report(tmp_path, 1, 1, 1, 1, (), {}, 0.0, 1.0, interrupted=False))
    assert (tmp_path / "end.log").read_text().endswith("failed_share 0.0, seconds 1.0\n")


def test_it_rotates_and_keeps_a_few(tmp_path, logger, monkeypatch):
    monkeypatch.setattr(journal, "MOST_BYTES", 2000)
    with journal.kept(tmp_path / "it.log"):
        begin(logger)
        for number in range(200):
            journal.note_death("", number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["it.log", "it.log.1", "it.log.2", "it.log.3"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    text = "".join((tmp_path / name).read_text() for name in reversed(files))
    assert [int(each) for each in re.findall(r"block (\d+)", text)][-20:] == list(range(180, 200))


WRITER = """
import sys, time
from counterpulse.sweeps.execution import journal
journal.MOST_BYTES = 20_000
with journal.kept(journal.Path(sys.argv[1]), as_json=True) as log:
    journal.log.info(journal.STARTED)
    for number in range(400):
        journal.note_failure("", number, "x" * 50, "y" * 50)
        time.sleep(0.0005)
"""


def test_several_writers_tear_no_line(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "it.log")]
    writers = [subprocess.Popen(command) for _ in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4
    names = sorted(path.name for path in tmp_path.iterdir())
    assert "it.log" in names
    own = [name for name in names if re.search(r"-\d+\.log$", name)]
    assert 1 <= len(own) <= 4
    lines = [json.loads(line) for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert all(line["message"] == "run started" or line["trace"] == "y" * 50 for line in lines)
    # what a killed process leaves is taken over by the next
    writer = subprocess.Popen(command)
    time.sleep(0.3)
    writer.kill()
    writer.wait()
    assert sorted(path.name for path in tmp_path.iterdir() if re.search(r"-\d+\.log$", path.name)) == own
