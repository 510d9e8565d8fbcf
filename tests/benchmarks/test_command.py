"""The command bench: records, their picture, and bad input."""

from __future__ import annotations

import json

import pytest

from counterpulse import cli
from counterpulse.benchmarks import records, speed, sweep
from counterpulse.engine.errors import InputError


@pytest.fixture
def figures() -> dict[str, speed.Figure]:
    return {name: speed.Figure(1.0, unit, 2.0) for name, (unit, _) in speed.TASKS.items()}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(["bench", *arguments])
    return left.value.code


def test_a_record_is_read_as_it_was_written(tmp_path, figures):
    made = records.record(figures, 12, 64)
    path = tmp_path / "history.jsonl"
    for _ in range(2):
        records.append(path, made)
    assert records.read(path) == [made, made]
    assert {"commit", "fingerprint", "cpu", "versions", "date", "reference"} <= made.keys()
    assert {"python", "numba", "llvmlite", "numpy"} == made["versions"].keys()


def test_the_history_becomes_a_picture(tmp_path, figures, capsys):
    path = tmp_path / "history.jsonl"
    records.append(path, records.record(figures, 12, 64))
    assert run("--history", str(path), "-o", str(tmp_path / "history.png")) == 0
    assert (tmp_path / "history.png").stat().st_size > 10_000
    assert "1 records" in capsys.readouterr().out


def test_a_line_that_is_no_record_is_named(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps({"ratios": {}}) + "\n")
    with pytest.raises(InputError, match="line 1 is no record"):
        records.read(path)


def test_the_spread_of_equal_runs_is_none():
    head, rows = records.spread([{"pairs": 2.0}, {"pairs": 2.0}])
    assert rows == [["pairs", 2.0, 0.0, 0.0]]
    assert len(head) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rounds", "0"],
        ["--patients", "0"],
        ["--spread", "1"],
        ["--history", "absent.jsonl"],
        ["--record", "absent/history.jsonl"],
        ["--compare", "no-such-revision", "HEAD"],
        ["--spread", "2", "--profile"],
        ["-o", "a.png"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1, told.err


def test_a_small_sweep_is_measured_whole(tmp_path):
    found = sweep.measure(tmp_path, 128, "float64", 64)
    assert (found["pairs"], found["blocks"]) == (128, 2)
    assert found["converged below 1e-3"] > 120
    assert 0.0 < found["kernel, CPU-s"] < found["CPU, s"]
    assert 0.0 < found["not the kernel, % of CPU"] < 100.0
    assert found["peak of all processes, MB"] > 100.0
