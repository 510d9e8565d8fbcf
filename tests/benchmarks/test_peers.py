"""The peers, small: what needs nothing installed is measured; the engine and the C yardstick do the same arithmetic."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from counterpulse.benchmarks.peers import engine_copy, lanes_c, problem
from counterpulse.benchmarks.peers.obvious import after
from counterpulse.benchmarks.peers.table import PEERS, PERIODIC

ROOT = Path(__file__).parents[2]
ALWAYS_HERE = ("ours", "lanes_c", "obvious", "scipy_lsoda", "ours_periodic")
STEPS = 96
pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> list[list[str]]:
    """The rows of the tables of a quick run; the engine's copy stays for the tests below."""
    output = tmp_path_factory.mktemp("peers") / "peers.md"
    command = [sys.executable, "-P", "-m", "benchmarks.peers.run", "--quick", "--output", str(output)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    return [line.strip("| ").split(" | ") for line in output.read_text().splitlines() if line.startswith("| ")]


def test_what_needs_nothing_installed_is_measured(page):
    rows = {row[0]: row for row in reversed(page)}
    for peer in (*PEERS, *PERIODIC):
        if peer.module in ALWAYS_HERE:
            assert float(rows[peer.name][-2].replace(",", "")) > 0.0, rows[peer.name]
    assert float(rows["counterpulse, full model"][-1]) > 0.0


def test_what_does_not_run_says_so_in_a_few_words(page):
    for row in page:
        if row[0].startswith("cubie"):
            assert row[2] == "no CUDA device" or row[2].startswith("not installed") or "steps" in row[2]


@pytest.mark.parametrize(("precision", "close"), [("float64", 1e-12), ("float32", 3e-5)])
def test_the_engine_and_c_do_the_same_arithmetic(page, precision, close):
    from counterpulse.benchmarks.peers import ours  # its model is laid by the run before

    batch = problem.sample(40)
    found, beside, fourth = (
        module.prepare(batch, STEPS, precision, *scheme)()
        for module, *scheme in ((ours,), (lanes_c, "ours"), (lanes_c, "RK4"))
    )
    np.testing.assert_allclose(found, beside, rtol=close)
    # another method, and another compiler: far from the digits above, and no further than steps allow
    _, truth = after(batch, 2048, problem.BEATS)
    for each in (found, fourth):
        assert 1e-6 < np.max(np.abs(each / truth - 1.0)) < 3e-3
    assert np.max(np.abs(found / fourth - 1.0)) > 10.0 * close


def test_the_small_loop_replaces_no_integrator():
    assert not any(name.startswith(engine_copy.KEPT) for name in engine_copy.replaced())
