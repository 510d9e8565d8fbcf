"""What may not depend on who compiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest

from counterpulse.benchmarks.yardsticks import multiply_add

SCRIPT = """
import hashlib, json
from counterpulse.engine.ensemble import simulate
from counterpulse.sweeps.simulate import sample

result = simulate(sample("ami-cs", 200, seed=3), {"off": {}, "iabp": {"balloon_volume": 40}})
data = b"".join(result[name].values.tobytes() for name in sorted(map(str, result.data_vars)))
print(json.dumps({"digest": hashlib.sha256(data).hexdigest()}))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The same script in a process that compiles and in one that finds the compiled kernel."""
    cache = tmp_path_factory.mktemp("cache")
    environment = {**os.environ, "COUNTERPULSE_CACHE": str(cache)}
    found = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            cwd=cache,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        found.append(json.loads(done.stdout))
    assert list(Path(cache).glob("**/*.nbc")), "nothing was cached"
    return found


@pytest.mark.slow
def test_a_cold_process_and_a_warm_one_return_the_same_bytes(runs):
    assert runs[0]["digest"] == runs[1]["digest"]


def test_vectors_are_as_wide_as_the_machine_has_them():
    features = llvm.get_host_cpu_features()
    registers = "zmm" if features.get("avx512f") else "ymm" if features.get("avx2") else None
    if registers is None:
        pytest.skip("no vectors of 256 bits or more on this machine")
    multiply_add(np.ones(64), 1.0, 0.0, 1)
    # others in this process may have compiled it for their types too
    assert all(f"%{registers}" in assembly for assembly in multiply_add.inspect_asm().values())
