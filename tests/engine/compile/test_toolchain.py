"""Which numba the engine accepts, under which of its settings, and that it says so in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections import namedtuple
from pathlib import Path

import numba
import pytest

from counterpulse.engine.compile import toolchain
from counterpulse.engine.errors import InputError

ROOT = Path(__file__).parents[3]


def test_the_installed_numba_was_tried():
    toolchain.check()


def test_the_project_asks_for_the_versions_that_were_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (asked,) = (each for each in project["dependencies"] if each.startswith("numba"))
    (first, _), (last, _) = ((f"{major}.{minor}", minor) for major, minor in (toolchain.FIRST, toolchain.LAST))
    assert asked == f"numba>={first},<{last.partition('.')[0]}.{toolchain.LAST[1] + 1}"


@pytest.mark.parametrize("version", ["0.64.3", "0.69.0", "1.0.0rc1"])
def test_a_numba_that_was_not_tried_is_refused_in_one_sentence(monkeypatch, version):
    monkeypatch.setattr(numba, "__version__", version)
    major, minor = version.split(".")[:2]
    monkeypatch.setattr(numba, "version_info", namedtuple("version_info", ["short"])((int(major), int(minor))))
    with pytest.raises(InputError) as refused:
        toolchain.check()
    said = str(refused.value)
    assert said.startswith(f"numba: {version} is installed, and the engine was tried with 0.65 to 0.68; ")
    assert said.endswith("install 'numba>=0.65,<0.69'")


@pytest.mark.parametrize(
    "arguments",
    [["-m", "counterpulse.cli", "patient", "ami-cs"], ["-c", "import counterpulse; counterpulse.simulate"]],
    ids=["command", "python"],
)
def test_numba_that_may_not_compile_is_refused_in_one_sentence(tmp_path, arguments):
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "COUNTERPULSE_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = "NUMBA_DISABLE_JIT: it is set, and the engine runs only where numba compiles; unset it\n"
    if arguments[0] == "-m":
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"counterpulse: {said}")
    else:
        assert done.stderr.endswith(f"InputError: {said}")
    assert not (tmp_path / "cache").exists()


def test_debugging_information_that_numba_fails_to_make_of_the_engine_is_refused(monkeypatch):
    monkeypatch.setattr(numba.config, "DEBUGINFO_DEFAULT", 1)
    with pytest.raises(InputError, match=r"^NUMBA_DEBUGINFO: .* unset it$"):
        toolchain.check()


@pytest.mark.parametrize(
    ("name", "value"),
    [("CPU_NAME", "another"), ("CPU_FEATURES", "-another"), ("OPT", 1), ("BOUNDSCHECK", 1), ("LOOP_VECTORIZE", 0)],
)
def test_what_decides_the_machine_code_is_part_of_the_fingerprint(monkeypatch, name, value):
    before = toolchain.settings()
    monkeypatch.setattr(numba.config, name, value)
    assert toolchain.settings() != before
