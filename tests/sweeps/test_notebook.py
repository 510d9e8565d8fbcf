"""Bars and what objects of the face look like in a notebook: seen there, silent elsewhere, and no number is moved."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.sweeps import notebook

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}


@pytest.fixture
def in_a_kernel(monkeypatch):
    """What IPython says of itself in the kernel of a notebook, here without ipywidgets."""
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.setattr(notebook, "DELAY", 0.0)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(notebook, "FIRST", 7)


def irregular(patients):
    share = np.where(np.arange(patients.sizes["patient"]) % 8 == 0, 1.0, 0.0)
    return patients.assign(atrial_fibrillation=("patient", share))


@pytest.mark.parametrize("change", [lambda patients: patients, irregular])
def test_a_bar_changes_no_byte(small_parts, change):
    # of two cohorts, so that each patient has bounds of its own
    patients = change(cp.sample({"adhf": 0.5, "ami-cs": 0.5}, 24, seed=5))
    alone = cp.simulate(patients, ARMS, window="own", threads=1, most_beats=200)
    under_a_bar = cp.simulate(patients, ARMS, window="own", threads=1, most_beats=200, progress=True)
    xr.testing.assert_identical(under_a_bar, alone)
    assert list(under_a_bar.variables) == list(alone.variables)
    assert all(under_a_bar[name].dtype == alone[name].dtype for name in alone.variables)
    assert set(np.unique(alone["status"])) >= {1, 2}


def test_a_kernel_shows_a_bar_and_nothing_else_does(small_parts, request, capfd):
    patients = cp.sample("adhf", 16, seed=5)
    cp.simulate(patients, ARMS)
    assert capfd.readouterr() == ("", "")
    request.getfixturevalue("in_a_kernel")
    cp.simulate(patients, ARMS, threads=1)
    out, told = capfd.readouterr()
    assert out == ""
    assert "0/16" in told
    assert "16/16" in told
    cp.simulate(patients, ARMS, progress=False)
    assert capfd.readouterr() == ("", "")


def test_a_console_of_ipython_is_no_notebook(monkeypatch):
    shell = SimpleNamespace(config={"TerminalIPythonApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert not notebook.in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not notebook.in_notebook()


def test_what_is_quick_needs_no_bar(in_a_kernel, monkeypatch, capfd):
    monkeypatch.setattr(notebook, "DELAY", 60.0)
    cp.simulate(cp.sample("adhf", 4), {"off": {}})
    assert "4/4" not in capfd.readouterr().err


def test_a_mistake_is_told_with_its_place_among_all_of_them(small_parts, refused):
    patients = cp.sample("adhf", 32, seed=5)
    patients["heart_rate"][20] = -1.0
    with refused("patient 20: heart_rate"):
        cp.simulate(patients, ARMS, threads=1, progress=True)


@pytest.mark.parametrize("progress", [1, "yes", print])
def test_a_bar_is_asked_for_with_yes_or_no(progress, refused):
    with refused("progress: given", "True, False or None is needed"):
        cp.simulate(cp.sample("adhf", 4), ARMS, progress=progress)


@pytest.fixture
def sweep(tmp_path, sweep_text):
    path = tmp_path / "sweep.toml"
    arms = {"off": {}, "a<b": {"balloon_volume": 40}}
    path.write_text(sweep_text(name="bars <b>&</b> reports", patients=40, arms=arms, run={"block": 20}))
    return path


def test_a_run_has_a_bar_in_a_kernel_and_a_report_that_says_what_there_is(
    sweep, tmp_path, request, capfd, monkeypatch, in_this_process
):
    with in_this_process():
        first = cp.run(sweep, tmp_path / "a.zarr", array_task=(0, 2))
    assert capfd.readouterr() == ("", "")
    request.getfixturevalue("in_a_kernel")
    # what was there before stands at the beginning of the bar
    last = cp.run(sweep, tmp_path / "a.zarr", array_task=(0, 1), workers=1)
    out, told = capfd.readouterr()
    assert out == ""
    assert "20/40" in told
    assert "40/40" in told
    assert "0/40" not in told.replace("20/40", "").replace("40/40", "")

    assert "20 of 40 patients and 1 of 2 blocks are there" in repr(first)
    assert f"Report of {tmp_path / 'a.zarr'}\n" in repr(first)
    monkeypatch.chdir(tmp_path)
    assert "Report of a.zarr\n" in repr(first)
    counts = last.counts["a<b"]
    row = next(line for line in repr(last).splitlines() if line.startswith("a<b"))
    assert [int(word) for word in row.split()[1:]] == [count for count in counts.values() if count]
    assert "not_run" in repr(first)
    assert "not_run" not in repr(last)
    html = last._repr_html_()
    assert "a&lt;b" in html
    assert "a<b" not in html
    assert cp.run(sweep, tmp_path / "a.zarr", progress=True).blocks_run == 0
    assert capfd.readouterr().err == ""


def test_a_run_refuses_what_cannot_be_told_and_writes_nothing(sweep, tmp_path, refused):
    with refused("progress: given 'bar'"):
        cp.run(sweep, tmp_path / "a.zarr", progress="bar")
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.toml"]


def test_a_file_says_in_a_line_what_is_in_it(swept, tmp_path):
    line = repr(cp.export(swept / "out/small.zarr", tmp_path / "small.csv"))
    assert "64 of 64 patients in 3 arms" in line
    assert len(line) < 300
