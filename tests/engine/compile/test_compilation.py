"""What may not depend on who compiled, and what each processor gets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from counterpulse.benchmarks.yardsticks import multiply_add
from counterpulse.engine.compile.decorators import function, inlined
from counterpulse.engine.compile.passes import EntryCompiler

from ..target import register

SCRIPT = """
import hashlib, json
from numba.core import event
from counterpulse.engine.simulation import simulate
from counterpulse.sweeps.simulate import sample

with event.install_recorder("numba:compile") as seen:
    result = simulate(sample("ami-cs", 24, seed=3), {"off": {}, "iabp": {"balloon_volume": 40}})
data = b"".join(result[name].values.tobytes() for name in sorted(map(str, result.data_vars)))
print(json.dumps({
    "digest": hashlib.sha256(data).hexdigest(),
    "compiled": len(seen.buffer),
    "ok": float((result.status == 1).mean()),
}))
"""


def run(cache: Path, **settings: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "COUNTERPULSE_CACHE": str(cache), **settings},
        cwd=cache,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_cold_process_and_a_warm_one_return_the_same_bytes(tmp_path):
    cold, warm = run(tmp_path), run(tmp_path)
    assert cold["compiled"] > 0
    assert warm["compiled"] == 0
    assert cold["digest"] == warm["digest"]
    assert cold["ok"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["generic", "x86-64-v2", "x86-64-v3"])
def test_a_lesser_processor_is_served_with_the_vectors_it_has(name):
    """The lane loop is compiled for it, run, and as packed as elsewhere."""
    if not register():
        pytest.skip("a family of processors without these")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            str(Path(__file__).parents[1] / "integration" / "test_integration.py"),
            "-k",
            "vectorised",
        ],
        env={**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "1 passed" in done.stdout, done.stdout


def test_vectors_are_as_wide_as_the_target_has_them():
    if not register():
        pytest.skip("assembly is read for x86-64 only")
    multiply_add(np.ones(64), 1.0, 0.0, 1)
    # others in this process may have compiled it for their types too
    assert all(f"%{register()}" in assembly for assembly in multiply_add.inspect_asm().values())


@function
def called(values):
    total = 0.0
    for value in values:
        total += half(value)
    return total


@inlined
def half(value):
    return 0.5 * value


def test_an_entry_point_runs_its_own_copies_of_what_it_calls():
    """A weak symbol is whatever has its name in the process already: another answer in the process that compiled."""

    @numba.njit(pipeline_class=EntryCompiler)
    def entry(values):
        return called(values) + called(values[1:])

    assert entry(np.arange(4.0)) == 6.0
    (text,) = entry.inspect_llvm().values()
    defined = re.findall(r"^define (.*)@", text, re.MULTILINE)
    assert len(defined) > 1
    assert not [each for each in defined if "linkonce" in each or "weak" in each]
    # and the law still answers to Python, for which it has no wrapper of its own
    assert called(np.arange(4.0)) == 3.0


def test_callers_take_what_was_not_yet_rewritten_for_the_processor():
    """LLVM's loop strength reduction, before machine code is made, leaves names by which it is known."""

    @numba.njit(pipeline_class=EntryCompiler)
    def entry(values):
        return called(values)

    assert entry(np.arange(4.0)) == 3.0
    (made,) = called.overloads.values()
    if "lsr." not in made.library.get_llvm_str():
        pytest.skip("nothing was rewritten for this processor")
    assert "lsr." not in str(made.library._get_module_for_linking())
