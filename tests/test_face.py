"""The face of the package: its names, resolved late, and what importing it costs."""

import re
import subprocess
import sys

import pytest

import counterpulse as cp

PROMISED = {
    *("sample", "simulate", "waveforms", "run", "open_store", "export", "InputError", "__version__"),
    *("classify", "map", "boundary", "refine", "robustness", "report"),
    *("regions", "predictors", "sensitivity"),
}


def test_has_the_names_promised():
    assert set(cp.__all__) >= PROMISED
    assert set(dir(cp)) >= PROMISED
    for name in PROMISED:
        assert getattr(cp, name) is not None


def test_has_a_version():
    assert re.match(r"\d+\.\d+\.\d+", cp.__version__)


def test_refuses_other_names():
    with pytest.raises(AttributeError, match="'smaple'"):
        _ = cp.smaple


def test_bad_input_is_a_value_error():
    assert issubclass(cp.InputError, ValueError)


@pytest.mark.slow
def test_importing_is_quick_and_loads_no_numerical_library(tmp_path):
    program = (
        "import sys, time; start = time.perf_counter(); import counterpulse; spent = time.perf_counter() - start\n"
        "heavy = {'numba', 'numpy', 'scipy', 'xarray', 'dask', 'distributed', 'zarr', 'matplotlib', 'pydantic'}\n"
        "print(spent, *sorted(heavy & set(sys.modules)))"
    )
    spent = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
        seconds, *heavy = done.stdout.split()
        assert heavy == []
        spent.append(float(seconds))
    assert min(spent) < 0.3
