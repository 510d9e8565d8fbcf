"""A store as csv, parquet and netCDF: equal to the digit, whole or absent, in flat memory."""

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse import cli
from counterpulse.analysis.reading import export as exporting
from counterpulse.analysis.reading import export_formats

SWEEP = """
name = "Some who fail"
cohort = { adhf = 0.5, ami-cs = 0.5 }
patients = 150
seed = 7
window = true
[vary]
lv_elastance = { low = 0.05, high = 3 }
stressed_volume = { low = 150, high = 6000 }
[arms.off]
[arms."iabp, half"]
balloon_volume = 40
assist_ratio = 2
[run]
block = 32
other_modes = 0
warm_start = false
[waveforms]
patients = 2
"""


@pytest.fixture(scope="module")
def stores(tmp_path_factory, in_this_process):
    """A finished store, and the same before its second and fourth block were there."""
    folder = tmp_path_factory.mktemp("stores")
    (folder / "sweep.toml").write_text(SWEEP)
    with in_this_process():
        cp.run(folder / "sweep.toml", folder / "whole.zarr", array_task=(0, 2))
        shutil.copytree(folder / "whole.zarr", folder / "part.zarr")
        cp.run(folder / "sweep.toml", folder / "whole.zarr", array_task=(1, 2))
    return folder / "whole.zarr", folder / "part.zarr"


def read(path):
    if path.suffix == ".nc":
        return xr.load_dataset(path, engine="h5netcdf")
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    return frame.set_index(["patient", "arm"])


def words(column):
    flags = column.attrs
    table = dict(zip(np.atleast_1d(flags["flag_values"]).tolist(), flags["flag_meanings"].split(), strict=True))
    return np.vectorize(table.get)(column.values)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_equals_the_store_to_the_digit(stores, tmp_path, kind):
    stored = xr.load_dataset(stores[0], engine="zarr")
    done = cp.export(stores[0], tmp_path / f"all.{kind}")
    table = read(tmp_path / f"all.{kind}")
    assert len(table) == done.patients * done.arms == 300
    assert list(table.index[:3]) == [(0, "off"), (0, "iabp, half"), (1, "off")]
    assert set(done.variables) == {name for name in stored.data_vars if stored[name].ndim}
    assert list(table.columns) == list(done.variables)
    assert table.columns[0] == "status"
    failed = 0
    for name in done.variables:
        column = stored[name].broadcast_like(stored["status"]).transpose("patient", "arm")
        if name in ("status", "cohort"):
            assert (table[name].to_numpy().astype(str) == words(column).reshape(-1)).all()
        elif name == "findings":
            bits = dict(zip(column.attrs["flag_meanings"].split(), column.attrs["flag_masks"], strict=True))
            seen = [sum(bits[word] for word in str(each).split()) for each in table[name].astype(object).fillna("")]
            np.testing.assert_array_equal(seen, column.values.reshape(-1))
        else:
            values = table[name].to_numpy().astype(column.dtype)
            np.testing.assert_array_equal(values, column.values.reshape(-1), strict=True)
            failed += int(np.isnan(values).sum())
    assert failed
    assert {"ok", "outside_cohort"} < set(table["status"])


def test_parquet_carries_types_units_and_attributes(stores, tmp_path):
    from pyarrow import parquet

    cp.export(stores[0], tmp_path / "all.parquet", ["cardiac_output", "age", "findings"])
    file = parquet.read_table(tmp_path / "all.parquet")
    assert file.schema.field("cardiac_output").metadata[b"units"] == b"L/min"
    assert json.loads(file.schema.metadata[b"spec"])["name"] == "Some who fail"
    frame = file.to_pandas()
    assert str(frame["status"].dtype) == str(frame["arm"].dtype) == "category"
    assert frame["cardiac_output"].dtype == np.float32
    assert frame["age"].dtype == np.float64


def test_netcdf_keeps_dimensions_types_and_attributes(stores, tmp_path):
    stored = xr.load_dataset(stores[0], engine="zarr")
    cp.export(stores[0], tmp_path / "all.nc")
    file = read(tmp_path / "all.nc")
    assert set(file.data_vars) == set(stored.data_vars)
    np.testing.assert_array_equal(file["patient"], np.arange(150))
    assert list(file["arm"].values) == ["off", "iabp, half"]
    for name in stored.data_vars:
        assert file[name].dims == stored[name].dims
        assert file[name].attrs.keys() == stored[name].attrs.keys()
        np.testing.assert_array_equal(file[name].values, stored[name].values, strict=True)
    assert file["wedge_pressure"].attrs["units"] == "mmHg"
    assert file["status"].attrs["flag_values"].dtype == np.uint8
    # netCDF has no lists of texts
    expected = stored.attrs | {"arms": json.dumps(stored.attrs["arms"])}
    assert {name: file.attrs[name] for name in stored.attrs} == expected


def test_attributes_of_any_kind_find_a_type():
    given = {
        "title": "",
        "number": 1,
        "list": [1, 2],
        "none": [],
        "words": ["a", "b"],
        "table": {"x": None},
        "is": True,
    }
    assert {name: str(value) for name, value in export_formats._storable(given).items()} == {
        "title": "",
        "number": "1",
        "list": "[1 2]",
        "none": "[]",
        "words": '["a", "b"]',
        "table": '{"x": null}',
        "is": "true",
    }


@pytest.mark.parametrize("kind", ["csv", "parquet", "nc"])
def test_chosen_variables_of_an_unfinished_store(stores, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS", 40)
    done = cp.export(stores[1], tmp_path / f"some.{kind}", ["cardiac_output", "patient", "status", "balloon_volume"])
    assert done.variables == ("status", "cardiac_output", "balloon_volume")
    assert (done.blocks_missing, done.patients, done.patients_of) == (2, 86, 150)
    table = read(tmp_path / f"some.{kind}")
    there = np.r_[0:32, 64:96, 128:150]
    if kind == "nc":
        np.testing.assert_array_equal(table["patient"], there)
        table = table.to_dataframe(["patient", "arm"])
    else:
        np.testing.assert_array_equal(table.index.get_level_values("patient")[::2], there)
    whole = xr.load_dataset(stores[0], engine="zarr")["cardiac_output"].isel(patient=there)
    np.testing.assert_array_equal(table["cardiac_output"].to_numpy().astype("f4"), whole.values.reshape(-1))


def test_one_name_as_text(stores, tmp_path):
    assert cp.export(stores[0], tmp_path / "x.csv", "cardiac_output").variables == ("status", "cardiac_output")
    with (tmp_path / "x.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["patient", "arm", "status", "cardiac_output"]
    assert rows[2][1] == "iabp, half"
    assert {len(row) for row in rows} == {4}


@pytest.mark.parametrize(
    ("file", "variables", "says"),
    [
        ("x.csv", ["cardiac_outptu"], "variables: 'cardiac_outptu' is not known; did you mean 'cardiac_output'?"),
        ("x.xlsx", None, "ends in .xlsx, .csv, .parquet, .nc are allowed"),
        ("x", None, "has no ending"),
        ("none/x.csv", None, "none does not exist"),
        ("folder.csv", None, "is a folder"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(stores, tmp_path, file, variables, says):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(cp.InputError) as refused:
        cp.export(stores[0], tmp_path / file, variables)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder.csv"]


def test_nothing_is_written_into_the_store(stores, tmp_path):
    with pytest.raises(cp.InputError, match="inside the store"):
        cp.export(stores[0], stores[0] / "x.csv")
    (tmp_path / "link").symlink_to(stores[0])
    with pytest.raises(cp.InputError, match="inside the store"):
        cp.export(stores[0], tmp_path / "link" / "x.csv")
    with pytest.raises(cp.InputError, match="no such store"):
        cp.export(tmp_path / "none.zarr", tmp_path / "x.csv")


def test_a_missing_package_is_named(stores, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    with pytest.raises(cp.InputError, match=r"\.parquet needs pyarrow, not .*counterpulse\[export\]"):
        cp.export(stores[0], tmp_path / "x.parquet")
    with pytest.raises(cp.InputError, match="needs h5netcdf and h5py"):
        cp.export(stores[0], tmp_path / "x.nc")
    cp.export(stores[0], tmp_path / "x.csv", ["age"])


def test_csv_needs_no_extra(stores, tmp_path):
    code = "import sys; sys.modules.update(dict.fromkeys(('pyarrow', 'h5py', 'h5netcdf')))\n"
    code += "import counterpulse as cp; cp.export(*sys.argv[1:])"
    subprocess.run([sys.executable, "-c", code, stores[0], tmp_path / "x.csv"], check=True)
    cp.export(stores[0], tmp_path / "fast.csv")
    pd.testing.assert_frame_equal(
        read(tmp_path / "x.csv"), read(tmp_path / "fast.csv"), check_dtype=False, check_exact=True
    )


KILLED = """
import os, signal, sys, counterpulse as cp
for target in sys.argv[2:]:
    if not (child := os.fork()):
        cp.export(sys.argv[1], target, progress=lambda state: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_killed_it_leaves_what_was_there(stores, tmp_path):
    targets = [tmp_path / f"x.{kind}" for kind in ("csv", "parquet", "nc")]
    for target in targets:
        target.write_text("of before")
    killed = [sys.executable, "-c", KILLED, stores[0], *targets]
    done = subprocess.run(killed, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == 3 * [str(-signal.SIGKILL)]
    assert {target.read_text() for target in targets} == {"of before"}
    assert len(list(tmp_path.iterdir())) == 6
    for target in targets:
        cp.export(stores[0], target)
        assert target.stat().st_size > 10_000
    assert set(tmp_path.iterdir()) == set(targets)


FULL = """
import gc, resource, signal, sys, counterpulse as cp
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for kind in ("csv", "parquet", "nc"):
    for most in (0, 3_000, 20_000, 100_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        try:
            cp.export(sys.argv[1], f"x.{kind}")
        except OSError as error:
            print(error)
        gc.collect()
"""


def test_no_room_is_one_error_that_names_the_file_and_the_session_goes_on(stores, tmp_path):
    command = [sys.executable, "-c", FULL, stores[0]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    full = f"[Errno {errno.EFBIG}] {os.strerror(errno.EFBIG)}"
    said = [f"{full}: 'x.{kind}'" for kind in ("csv", "parquet", "nc") for _ in range(4)]
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, said, "")
    assert list(tmp_path.iterdir()) == []


MEMORY = """
import resource, sys, xarray as xr
from pathlib import Path
from counterpulse.analysis.reading.export_formats import WRITERS
data = xr.open_zarr(sys.argv[1], chunks=None, consolidated=False)
step, parts = 16_384, int(sys.argv[3])
target = Path(sys.argv[2])
WRITERS[target.suffix](target, data, [slice(i * step, (i + 1) * step) for i in range(parts)], lambda part: None)
# bytes on macOS, KiB elsewhere
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "variables"), [("csv", 3), ("parquet", 16), ("nc", 16)])
def test_memory_is_flat(tmp_path, kind, variables):
    patients = 24 * 16_384
    values = np.random.default_rng(0).random((patients, 2))
    arms = np.array(["off", "iabp"], dtype=object)
    data = xr.Dataset({f"v{i}": (("patient", "arm"), values) for i in range(variables)}, {"arm": arms})
    encoding = {name: {"chunks": (16_384, 2)} for name in data.data_vars}
    data.to_zarr(tmp_path / "big.zarr", encoding=encoding, consolidated=False)
    peaks = []
    for parts in (4, 24):
        command = [sys.executable, "-c", MEMORY, tmp_path / "big.zarr", tmp_path / f"x.{kind}", str(parts)]
        peaks.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert peaks[1] - peaks[0] < 30, peaks
    assert os.path.getsize(tmp_path / f"x.{kind}") > 20_000_000


def test_the_command(stores, tmp_path, capfd):
    def call(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main([str(each) for each in arguments])
        return left.value.code, *capfd.readouterr()

    target = tmp_path / "x.csv"
    code, out, told = call("export", stores[0], "-o", target, "--variables", "age,weight", "--variables", "sevr")
    assert (code, told) == (0, "")
    assert out.startswith(f"{target}: 150 patients in 2 arms, 4 variables, 0.0 MB")
    code, out, told = call("export", stores[1], "-o", target, "--json")
    assert code == 0
    assert json.loads(out)["blocks_missing"] == 2
    assert told == "note: the store is not finished, 2 blocks are missing; 86 of 150 patients are in the file\n"
    code, out, told = call("export", stores[0], "-o", tmp_path / "y.nc", "--variables", "wieght")
    assert (code, out) == (2, "")
    assert told == "counterpulse: variables: 'wieght' is not known; did you mean 'weight'?\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
