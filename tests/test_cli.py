"""The command line: exit codes, one line for what is wrong, JSON that parses, nothing of Python to be seen."""

import inspect
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import time
from importlib import import_module

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpulse.analysis.devices.timing_best import BENEFITS
from counterpulse.analysis.regions import search
from counterpulse.analysis.response.classify import NAMED
from counterpulse.analysis.response.comparison import Asked
from counterpulse.analysis.sensitivity.words import METHODS
from counterpulse.cli import group, progress, running
from counterpulse.cli.options import devices, regions, sensitivity, shared
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps import host
from counterpulse.sweeps.execution.run import Progress

COMMANDS = tuple(group.FAMILIES)


@pytest.fixture(scope="module")
def folder(swept, tmp_path_factory):
    """A small sweep and its store, for this module alone."""
    return shutil.copytree(swept, tmp_path_factory.mktemp("cli") / "swept")


@pytest.fixture(scope="module")
def store(folder):
    return folder / "out" / "small.zarr"


@pytest.mark.slow
def test_help_comes_at_once():
    seconds = []
    for _ in range(3):
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "counterpulse.cli", "--help"], capture_output=True, text=True, check=True
        )
        seconds.append(time.monotonic() - begun)
    assert min(seconds) < 0.5
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_every_command_has_help_without_heavy_imports():
    code = (
        "import sys; from counterpulse import cli\n"
        "for name in sys.argv[1:]:\n"
        "    try: cli.main([name, '--help'])\n"
        "    except SystemExit as left: assert left.code == 0\n"
        "heavy = {'numpy', 'xarray', 'numba', 'dask', 'matplotlib', 'scipy', 'rich', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *COMMANDS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("--json") == len(COMMANDS)


def declared(name):
    return group.commands.get_command(click.Context(group.commands), name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_sentence_of_its_own(name):
    options = [each for each in declared(name).params if isinstance(each, click.Option)]
    told = [each.help for each in options]
    assert all(re.fullmatch(r"[A-Z][^\n]{11,}\.", text) for text in told), told
    assert len({*told}) == len(told)
    assert not any(re.search(r"\b([Ll]ikewise|[Aa]s above)\b", text) for text in told)
    assert declared(name).help.split("\n")[0].endswith(".")


def test_the_names_that_the_help_shows_are_those_that_are_taken():
    assert tuple(NAMED) == shared.CLASSES
    assert tuple(search.METHODS) == regions.METHODS
    assert tuple(METHODS) == sensitivity.METHODS
    assert tuple(BENEFITS) == devices.BENEFITS


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_may_be_told_is_what_its_function_takes(name):
    command = declared(name)
    stub = command.callback
    work = getattr(import_module(stub.__module__.replace(".options.", ".")), stub.__name__)
    taken = inspect.signature(work).parameters.values()
    named = {each.name for each in taken if each.kind is not each.VAR_KEYWORD}
    packed = {each.annotation for each in taken if each.kind is each.VAR_KEYWORD}
    given = {each.name for each in command.params if getattr(each, "expose_value", True)}
    assert command.name == name
    assert named <= given
    assert given - named == (
        set(Asked.__annotations__) if packed == {"Unpack[Asked]"} else given - named if packed else set()
    )


def test_no_arguments_show_the_help(call):
    assert call()[:2] == call("--help")[:2]
    assert call("--version")[1].startswith("counterpulse 0")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["stauts", "x"], "did you mean 'status'"),
        (["map", "x.zarr", "--x", "age", "--yy", "weight"], "--y"),
        (["map", "x.zarr"], "--x"),
        (["map", "no.zarr", "--x", "age", "--y", "weight"], "no.zarr: no such store"),
        (["map", "no.zarr", "--x", "age", "--y", "weight", "-o", "map.jpeg"], ".png"),
        (["map", "no.zarr", "--x", "age", "--y", "weight", "-o", "none/map.png"], "none does not exist"),
        (["map", "no.zarr", "--x", "age", "--format", "pfd"], "did you mean 'pdf'"),
        (["map", "no.zarr", "--x", "age", "--format", "pdf", "-o", "map.tiff"], "ends in .tiff"),
        (["map", "no.zarr", "--x", "age", "--width", "12"], "80 to 400 mm"),
        (["map", "no.zarr", "--x", "age", "--width", "broad"], "--width"),
        (["map", "no.zarr", "--x", "age", "--data", "map.xlsx"], "--data: map.xlsx: ends in .xlsx"),
        (["map", "no.zarr", "--x", "age", "--style", "mine.mplstyle"], "--style: mine.mplstyle: no such file"),
        (["regions", "no.zarr", "--width", "85"], "--width: goes with --output"),
        (["sensitivity", "no.zarr", "--format", "pdf"], "--format: goes with --output"),
        (["status", "no.zarr"], "no.zarr: no such store"),
        (["export", "no.zarr"], "--output"),
        (["export", "no.zarr", "-o", "x.csv"], "no.zarr: no such store"),
        (["export", "no.zarr", "-o", "x.xls"], "ends in .xls"),
        (["inspect", "."], "is no store"),
        (["run", "no.toml"], "no.toml"),
        (["run", "."], "directory"),
        (["run"], "SPEC"),
        (["patient", "amics"], "did you mean 'ami-cs'"),
        (["patient", "no.zarr"], "no.zarr: no such store"),
        (["patient", "adhf", "--arm", "iapb"], "did you mean 'iabp'"),
        (["patient", "adhf", "--index", "-1"], "index: -1"),
        (["patient", "adhf", "--index", "one"], "--index"),
        (["patient", "adhf", "--set", "heart_rate"], "NAME=VALUE"),
        (["patient", "adhf", "--set", "heart_rate=fast"], "NAME=VALUE"),
        (["patient", "adhf", "--set", "heart_rat=90"], "did you mean 'heart_rate'"),
        (["patient", "adhf", "--set", "heart_rate=nan"], "physical range"),
        (["patient", "adhf", "--set", "heart_rate=900"], "physical range"),
        (["patient", "adhf", "-o", "page.txt"], ".png"),
        (["outcomes", "--jsn"], "--json"),
    ],
)
def test_bad_input_is_one_line_and_two(call, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, out, told = call(*arguments)
    assert (code, out) == (2, "")
    assert told.startswith("counterpulse: ")
    assert told.count("\n") == 1
    assert says in told
    assert list(tmp_path.iterdir()) == []


def test_bad_names_for_a_store(call, store, tmp_path):
    for arguments, says in [
        (["map", store, "--x", "agee", "--y", "wedge_pressure"], "did you mean 'age'"),
        (["map", store, "--x", "age", "--y", "wedge_pressure", "--arm", "iapb"], "did you mean 'iabp'"),
        (["map", store, "--x", "age", "--y", "wedge_pressure", "--arm", "off"], "is the reference"),
        (["map", store, "--x", "age", "--y", "wedge_pressure", "--threshold", "helps_output=1"], "helps_output_gain"),
        (["map", store, "--x", "age", "--y", "wedge_pressure", "--definition", "x"], "allowed: by-cohort"),
        (["patient", store, "--index", "64"], "index: 64 is outside 0 to 63"),
        (["patient", store, "--arm", "quarter"], "allowed: off, iabp, half"),
        (["patient", store, "--arm", "off"], "off is the reference"),
    ]:
        where = ["-o", tmp_path / "x.png"]
        code, out, told = call(*arguments, *where)
        assert (code, out, told.count("\n")) == (2, "", 1)
        assert says in told
    assert list(tmp_path.iterdir()) == []


WORDS = st.one_of(
    st.sampled_from([*COMMANDS, "--json", "--x", "-o", "--set", "adhf"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
)


@given(arguments=st.lists(WORDS, max_size=5))
def test_nonsense_is_refused_without_a_traceback(arguments):
    assert group._guarded(["parameters", "--json", "surplus", *arguments]) in (0, 2)
    assert group._guarded(["status", *arguments, "none.zarr"]) in (0, 2)


def test_escapes_from_the_outside_are_shown_harmlessly(call):
    code, _, told = call("patient", "\x1b[31mred\x07")
    assert code == 2
    assert told.isascii()
    assert "\x1b" not in told
    assert "\\x1b[31mred\\x07" in told
    assert "\x1b" not in call("status", "x\x1b]0;title\x07.zarr")[2]


def test_lists(call):
    names = {"cohorts": {"healthy", "ami-cs", "adhf"}, "parameters": set(PARAMETERS), "outcomes": set(OUTCOMES)}
    for command, expected in names.items():
        code, out, told = call(command)
        assert (code, told) == (0, "")
        assert expected <= {line.split()[0] for line in out.splitlines()}
        content = json.loads(call(command, "--json")[1])
        assert expected <= set(content)
    assert content["cardiac_output"]["units"] == "L/min"


def test_examples_are_listed_and_copied_to_run(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, told = call("examples")
    assert (code, told) == (0, "")
    titles = json.loads(call("examples", "--json")[1])
    assert {line.split()[0] for line in out.splitlines()[1:]} == set(titles)
    assert titles["first-look.toml"].startswith("First look")
    written = json.loads(call("examples", "-o", "examples", "--json")[1])
    assert set(written) == {f"examples/{name}" for name in (*titles, "own-patients.csv")}
    for name in ("first-look", "own-patients", "mixed-shock"):
        assert call("run", f"examples/{name}.toml", "--dry-run")[0] == 0
    assert call("examples", "-o", "examples")[:2] == (0, "examples: 0 files written\n")


def test_an_example_that_was_changed_is_kept_and_none_is_copied_beside_it(call, tmp_path):
    mine = tmp_path / "timing.toml"
    mine.write_text("mine", encoding="utf-8")
    code, out, told = call("examples", "-o", tmp_path)
    assert (code, out) == (2, "")
    assert told.count("\n") == 1
    assert str(mine) in told
    assert [path.name for path in tmp_path.iterdir()] == ["timing.toml"]
    assert mine.read_text("utf-8") == "mine"
    # a file where the folder should be
    assert call("examples", "-o", mine)[0] == 2


def test_run_again_finds_everything_there(call, store, folder, monkeypatch):
    monkeypatch.chdir(folder)
    code, out, _ = call("run", "small.toml")
    assert code == 0
    assert "0 of 2 blocks run, all of them there already" in out
    assert out.startswith("out/small.zarr: ")
    content = json.loads(call("run", "small.toml", "--json")[1])
    assert content["blocks_run"] == 0
    assert set(content["summaries"]) == {"iabp", "half"}
    assert content["summaries"]["half"]["candidates"] == 64


def test_a_store_of_another_version_is_said_to_be_one(call, store, tmp_path):
    other = tmp_path / "other.zarr"
    shutil.copytree(store, other)
    root = json.loads((other / "zarr.json").read_text("utf-8"))
    root["attributes"]["counterpulse_store"] = 99
    (other / "zarr.json").write_text(json.dumps(root), encoding="utf-8")
    axes = ["--x", "age", "--y", "heart_rate"]
    for command in (["status", other], ["inspect", other], ["verify", other], ["map", other, *axes]):
        code, out, told = call(*command)
        assert (code, out, told.count("\n")) == (2, "", 1)
        assert "layout 99, made by another version of counterpulse" in told


def test_dry_run_writes_nothing(call, folder, tmp_path):
    code, out, _ = call("run", folder / "small.toml", "-o", tmp_path / "new.zarr", "--dry-run")
    assert code == 0
    assert "2 of 2 blocks to run, 64 patients" in out
    assert list(tmp_path.iterdir()) == []


def test_more_failures_than_allowed_are_exit_1(call, folder, store, tmp_path):
    strict = tmp_path / "small.toml"
    sweep = (folder / "small.toml").read_text(encoding="utf-8")
    strict.write_text(sweep.replace("block = 32", "block = 32\nmax_failed_share = 0"), encoding="utf-8")
    failed = json.loads(call("status", store, "--json")[1])["failed_share"]
    code = call("run", strict, "-o", store)[0]
    assert code == (1 if failed else 0)
    assert running._tell_outcome(_report(failed_share=0.02), 0.01) == 1
    assert running._tell_outcome(_report(failed_blocks=(3,), failures={3: "died"}), 0.01) == 1
    assert running._tell_outcome(_report(interrupted=True), 0.01) == 75
    assert running._tell_outcome(_report(), 0.01) == 0


def _report(**changes):
    from counterpulse.sweeps.execution.run import Report

    plain = {
        "store": None,
        "patients": 1,
        "blocks": 1,
        "blocks_run": 1,
        "blocks_done": 1,
        "failed_blocks": (),
        "counts": {},
        "failed_share": 0.0,
        "seconds": 1.0,
        "interrupted": False,
    }
    return Report(**(plain | changes))


def test_another_sweep_in_the_same_store_is_refused(call, folder, store, tmp_path):
    other = tmp_path / "other.toml"
    sweep = (folder / "small.toml").read_text(encoding="utf-8")
    other.write_text(sweep.replace("seed = 3", "seed = 4"), encoding="utf-8")
    code, out, told = call("run", other, "-o", store)
    assert (code, out, told.count("\n")) == (2, "", 1)
    assert "seed" in told


def test_status_and_inspect(call, store):
    code, out, _ = call("status", store)
    assert code == 0
    assert "64 of 64 patients, 2 of 2 blocks" in out
    state = json.loads(call("status", store, "--json")[1])
    assert state["complete"]
    assert sum(state["counts"]["half"].values()) == 64
    assert set(state["counts"]["off"]) <= {member.name.lower() for member in Status}
    code, out, _ = call("inspect", store)
    assert code == 0
    assert re.search(r"cardiac_output +patient, arm +float32 +L/min", out)
    content = json.loads(call("inspect", store, "--json")[1])
    assert content["dimensions"] == {"patient": 64, "arm": 3}
    assert content["spec"]["cohort"] == "adhf"
    assert all(each["units"] for name, each in content["variables"].items() if name != "arm")
    low, middle, high = content["ranges"]["cardiac_output"]["off"]
    assert 1 < low < middle < high < 10
    assert content["bytes"] > 1000


def test_map(call, store, tmp_path):
    picture = tmp_path / "map.png"
    code, out, _ = call("map", store, "--x", "systemic_resistance", "--y", "wedge_pressure", "-o", picture)
    assert code == 0
    assert out.startswith(str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture = tmp_path / "map.pdf"
    arguments = ["--x", "systemic_resistance", "--y", "wedge_pressure", "--arm", "half", "--bins", "4", "--json"]
    content = json.loads(call("map", store, *arguments, "-o", picture, "--threshold", "helps_output_gain=0.05")[1])
    assert content["arm"] == "half"
    assert len(content["data_vars"]["patients"]["data"]) == 4
    assert content["candidates"] == 64
    assert json.loads(content["thresholds"])["helps_output_gain"] == 0.05
    assert content["helps"] + content["fails"] + content["harms"] == content["compared"]


def test_a_figure_in_several_formats_with_its_numbers(call, store, tmp_path):
    asked = ["map", store, "--x", "systemic_resistance", "--y", "wedge_pressure", "--bins", "4", "--width", "85"]
    code, out, told = call(*asked, "-o", tmp_path / "map.svg", "--format", "pdf", "--data", tmp_path / "map.csv")
    files = [tmp_path / f"map.{name}" for name in ("svg", "pdf", "csv")]
    assert (code, told) == (0, "")
    assert out.startswith(", ".join(map(str, files)) + ": ")
    assert sorted(tmp_path.iterdir()) == sorted(files)
    content = json.loads(call(*asked, "-o", tmp_path / "bare", "--format", "png", "--json")[1])
    assert content["figure"] == str(tmp_path / "bare.png")
    assert (content["figures"], content["data"]) == ([content["figure"]], None)
    rows = (tmp_path / "map.csv").read_text().splitlines()
    assert sum(row.startswith("patients,") for row in rows) == 16
    code, out, told = call("regions", store, "--data", tmp_path / "rules.csv")
    assert (code, told) == (0, "")
    assert out.startswith(f"{tmp_path / 'rules.csv'}: ")


def test_patient_of_a_store_is_the_one_in_it(call, store, tmp_path):
    import xarray as xr

    stored = xr.open_zarr(store)
    ok = int((stored["status"] == Status.OK).all("arm").values.argmax())
    code, out, told = call("patient", store, "--index", ok, "--json", "-o", tmp_path / "page.png")
    content = json.loads(out)
    assert (code, told) == (0, "")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    for arm in ("off", "iabp", "half"):
        one = stored.isel(patient=ok).sel(arm=arm)
        assert content["arms"][arm]["status"] == "ok"
        for name in ("cardiac_output", "wedge_pressure", "augmented_diastolic_pressure"):
            assert content["arms"][arm]["outcomes"][name] == pytest.approx(float(one[name]), rel=1e-5)
    assert content["arms"]["half"]["overrides"] == {"balloon_volume": 40, "assist_ratio": 2}
    outside = (stored["status"] == Status.OUTSIDE_COHORT).any("arm").values
    if outside.any():
        code, out, _ = call("patient", store, "--index", int(outside.argmax()), "--arm", "half")
        assert code == 0
        assert Status.OUTSIDE_COHORT.sentence in out


def test_patient_of_a_cohort(call):
    code, out, told = call("patient", "adhf")
    assert (code, told) == (0, "")
    assert out.startswith("Nominal patient of adhf: 65 years, male, heart rate")
    assert re.search(r"^cardiac_output +L/min +[\d.]+ +[\d.]+ +[-\d.]+$", out, re.MULTILINE)
    plain = json.loads(call("patient", "adhf", "--index", "5", "--json")[1])
    faster = json.loads(
        call("patient", "adhf", "--index", "5", "--set", "heart_rate=120", "--set", "balloon_volume=50", "--json")[1]
    )
    assert faster["parameters"]["heart_rate"] == 120
    assert {**faster["parameters"], "heart_rate": 0} == {**plain["parameters"], "heart_rate": 0}
    assert faster["arms"]["iabp"]["overrides"]["balloon_volume"] == 50
    assert faster["arms"]["off"]["overrides"] == {}
    assert plain["arms"]["iabp"]["response"] in ("helps", "fails", "harms")


def test_progress_in_a_log_is_a_line_now_and_then(capsys, monkeypatch):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    lines = progress.Lines()
    for done in range(10):
        lines(Progress(done, 10, 100 * done, 1000, 50.0, (1000 - 100 * done) / 50))
    told = capsys.readouterr().err.splitlines()
    assert 2 <= len(told) <= 4
    assert told[0] == "200 of 1,000 patients, 50/s, 0:16 left"
    assert progress.pace(Progress(0, 10, 0, 1000, 0.0, None)) == "starting"
    assert progress.pace(Progress(0, 10, 0, 1000, 1.0, 7322.0)) == "1/s, 2:02:02 left"


def test_a_terminal_gets_tables_and_a_pipe_does_not():
    plain = subprocess.run(
        [sys.executable, "-m", "counterpulse.cli", "cohorts"], capture_output=True, check=True
    ).stdout
    assert "\u2502".encode() not in plain
    main, side = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "counterpulse.cli", "cohorts"], stdout=side)
    os.close(side)
    shown = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    assert process.wait(timeout=60) == 0
    assert "\u2502".encode() in shown


@pytest.mark.parametrize(
    ("shell", "code", "out", "told"),
    [
        ("--version", 0, "counterpulse ", ""),
        ("parameters | head -1", 0, "parameter", ""),
        ("--help | true", 0, "", ""),
        ("cohorts --json | true", 0, "", ""),
        ("cohorts >&-", 0, "", ""),
        ("cohorts <&- >&- 2>&-", 0, "", ""),
        ("nope 2>&-", 2, "", ""),
        ("nope 2>/dev/full", 2, "", ""),
        ("cohorts >/dev/full", 1, "", "counterpulse: standard output: No space left on device\n"),
    ],
)
def test_streams_that_are_closed_full_or_left_early_change_no_exit_code(shell, code, out, told):
    command = f"set -o pipefail; {shlex.quote(sys.executable)} -m counterpulse {shell}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, told)
    assert done.stdout.startswith(out)


def test_an_interpreter_without_assertions_is_refused_before_anything_else():
    python = """
import counterpulse as cp
from counterpulse import cli
for ask in (lambda: cp.open_store("x"), lambda: cp.run("x"), lambda: cp.export("x", "x.csv")):
    try: ask()
    except cp.InputError as error: print(error)
cli.main(["status", "x"])
"""
    done = subprocess.run([sys.executable, "-O", "-c", python], capture_output=True, text=True, check=False)
    said = "stores cannot be read by an interpreter without assertions"
    assert (done.returncode, done.stdout.count(said), done.stdout.count("\n")) == (2, 3, 3)
    assert done.stderr.startswith(f"counterpulse: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("-n 8", "a process may have 8 open files here (ulimit -n), 24 are needed"),
        ("-v 1000000", "a process may have 1.0 GB of addresses here (ulimit -v), 2.0 GB are needed"),
    ],
)
def test_a_shell_that_allows_too_little_is_named(limit, said):
    command = f"ulimit {limit}; {shlex.quote(sys.executable)} -m counterpulse.cli cohorts"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"counterpulse: {said}\n")


def test_a_run_raises_the_limit_of_open_files_where_it_may(monkeypatch):
    import resource

    limits, raised = {resource.RLIMIT_AS: (-1, -1), resource.RLIMIT_NOFILE: (32, 64)}, []
    monkeypatch.setattr(resource, "getrlimit", limits.get)
    monkeypatch.setattr(resource, "setrlimit", lambda *given: raised.append(given))
    host.check_limits(64)
    assert raised == [(resource.RLIMIT_NOFILE, (64, 64))]
    with pytest.raises(InputError, match=r"may have 64 open files here \(ulimit -n\), 65 are needed"):
        host.check_limits(65)


@pytest.mark.parametrize(
    "arguments",
    [
        ["map", ".", "--x", "age", "-o", "x.png"],
        ["boundary", ".", "--x", "age", "--y", "weight", "-o", "x.png"],
        ["refine", ".", "--x", "age", "--y", "weight", "--patients", "9", "-o", "x.toml"],
        ["timing", ".", "-o", "x.png"],
        ["weaning", ".", "-o", "x.png"],
        ["rivals", ".", "--target", "cardiac_index>2", "-o", "x.png"],
        ["match", ".", "MAP=70", "-o", "x.png"],
        ["trial", ".", "t.toml", "-o", "x.png"],
        ["robustness", ".", ".", "--x", "age", "--y", "weight", "-o", "x.png"],
        ["regions", ".", "-o", "x.png"],
        ["predictors", ".", "-o", "x.png"],
        ["sensitivity", ".", "--outcome", "helps", "-o", "x.png"],
        ["report", ".", "-o", "x.html"],
        ["export", ".", "-o", "receipts/x.csv"],
        ["patient", "adhf", "-o", "x.png"],
        ["validate", "-o", "x.md"],
        ["bench", "--profile", "-o", "x.md"],
        ["slurm", "../../small.toml", "--script", "x.sh"],
        ["run", "../../small.toml", "-o", "x.zarr"],
        ["run", "../../small.toml"],
    ],
)
def test_nothing_is_written_into_a_store(call, store, monkeypatch, arguments):
    monkeypatch.chdir(store)
    before = sorted(store.rglob("*"))
    code, out, told = call(*arguments)
    assert (code, out, told.count("\n")) == (2, "", 1)
    assert "is inside the store" in told
    assert sorted(store.rglob("*")) == before


def test_what_has_no_name_goes_beside_a_store_that_is_the_current_folder(call, store, monkeypatch):
    monkeypatch.chdir(store)
    code, out, _ = call("map", ".", "--x", "age")
    assert code == 0
    assert out.startswith(str(store.with_name("map.png")))
    store.with_name("map.png").unlink()


def test_windows_is_told_that_it_is_not_served():
    with pytest.raises(InputError, match="runs on Linux and macOS, not on Windows; there it runs in WSL"):
        host.check_platform("win32")
    host.check_platform("darwin")
