"""What others read of ours: units by pint, CF attributes by cf_xarray, files by libraries that we do not write with."""

import shutil
import subprocess

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine import OUTCOMES
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import PARAMETERS

UNITS = sorted({quantity.units for quantity in (*OUTCOMES.values(), *PARAMETERS.values())})
IN_SI = {
    "1/min": ("1/s", 1 / 60),
    "L/min": ("m**3/s", 1e-3 / 60),
    "L/min/m2": ("m/s", 1e-3 / 60),
    "cm2": ("m**2", 1e-4),
    "krpm": ("rad/s", 1000 * 2 * np.pi / 60),
    "mL/mmHg": ("m**3/Pa", 1e-6 / 133.322387415),
    "mmHg mL": ("J", 133.322387415e-6),
    "mmHg s/mL": ("Pa*s/m**3", 133.322387415e6),
    "mmHg/mL": ("Pa/m**3", 133.322387415e6),
}
"""A conventional millimetre of mercury is 133.322387415 Pa (BIPM)."""


@pytest.fixture(scope="module")
def store(tmp_path_factory, sweep_text, in_this_process):
    folder = tmp_path_factory.mktemp("ecosystem")
    text = sweep_text(patients=24, window=True, run={"block": 16}, waveforms={"patients": 2})
    (folder / "sweep.toml").write_text(text)
    with in_this_process():
        cp.run(folder / "sweep.toml", folder / "sweep.zarr")
    return folder / "sweep.zarr"


@pytest.mark.parametrize("units", UNITS)
def test_every_unit_parses_with_pint(units):
    """In the registry of cf_xarray, which reads the spelling of UDUNITS."""
    from cf_xarray.units import units as registry

    quantity = registry.Quantity(1, registry.Unit(units))
    if units in IN_SI:
        other, factor = IN_SI[units]
        assert quantity.to(other).magnitude == pytest.approx(factor, rel=1e-6)


def test_results_carry_attributes_that_cf_xarray_reads(store):
    import cf_xarray  # noqa: F401

    dataset = cp.open_store(store)
    for arm in ("off", "iabp"):
        status = dataset["status"].sel(arm=arm)
        assert status.cf.is_flag_variable
        ok = (status.cf == "ok").values
        np.testing.assert_array_equal(ok, status.values == Status.OK)
        assert ok.any()
    findings = dataset["findings"].cf.flags
    meanings = dataset["findings"].attrs["flag_meanings"].split()
    assert set(findings.data_vars) == set(meanings)
    mask = dict(zip(meanings, np.atleast_1d(dataset["findings"].attrs["flag_masks"]), strict=True))
    for name in meanings:
        np.testing.assert_array_equal(findings[name], (dataset["findings"].values & mask[name]) != 0)
    told = cp.classify(dataset, arm="iabp", reference="off")["response"]
    assert told.cf.is_flag_variable
    for name in OUTCOMES:
        assert dataset[name].attrs["units"] == OUTCOMES[name].units
        assert dataset[name].attrs["long_name"]


def test_zarr_is_opened_by_another_implementation(store):
    import tensorstore

    stored = xr.open_zarr(store, mask_and_scale=False)
    names = [str(name) for name in stored.data_vars if stored[name].dtype.kind in "biuf"]
    assert {"cardiac_output", "status", "findings"} <= set(names)
    for name in names:
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(store / name)}}
        read = tensorstore.open(spec, open=True).result().read().result()
        np.testing.assert_array_equal(read, stored[name].values)


def test_parquet_is_read_by_duckdb(store, tmp_path):
    import duckdb

    cp.export(store, tmp_path / "sweep.parquet")
    with duckdb.connect() as database:
        rows = database.execute(
            "select arm, count(*), avg(cardiac_output) from read_parquet(?) "
            "where status = 'ok' group by arm order by arm",
            [str(tmp_path / "sweep.parquet")],
        ).fetchall()
    dataset = cp.open_store(store)
    ok = dataset["status"] == Status.OK
    for arm, count, mean in rows:
        own = ok.sel(arm=arm)
        assert count == int(own.sum())
        assert mean == pytest.approx(float(dataset["cardiac_output"].sel(arm=arm).where(own).mean()), rel=1e-5)
    assert [arm for arm, *_ in rows] == ["iabp", "off"]


def test_netcdf_is_read_by_netcdf4(store, tmp_path):
    import netCDF4

    cp.export(store, tmp_path / "sweep.nc")
    dataset = cp.open_store(store)
    with netCDF4.Dataset(tmp_path / "sweep.nc") as file:
        assert file.dimensions["patient"].size == 24
        output = file["cardiac_output"]
        assert output.units == "L/min"
        np.testing.assert_array_equal(np.ma.filled(output[:], np.nan), dataset["cardiac_output"].values)
        assert file["arm"][:].tolist() == ["off", "iabp"]


R = """
library(ncdf4)
file <- nc_open("sweep.nc")
output <- ncvar_get(file, "cardiac_output")
output[ncvar_get(file, "status") != 1] <- NA
cat(ncvar_get(file, "arm"), ncatt_get(file, "cardiac_output", "units")$value, rowMeans(output, na.rm = TRUE), "\n")
table <- read.csv("sweep.csv")
held <- table[table$status == "ok", ]
cat(tapply(held$cardiac_output, held$arm, mean)[c("off", "iabp")], nrow(table), "\n")
"""


@pytest.mark.slow
def test_netcdf_and_csv_are_read_by_r(store, tmp_path):
    has = ["Rscript", "-e", "library(ncdf4)"]
    if shutil.which("Rscript") is None or subprocess.run(has, capture_output=True, check=False).returncode:
        pytest.skip("no R with ncdf4 here")
    for name in ("sweep.nc", "sweep.csv"):
        cp.export(store, tmp_path / name)
    (tmp_path / "read.R").write_text(R)
    done = subprocess.run(["Rscript", "read.R"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    netcdf, table = (line.split() for line in done.stdout.splitlines())
    assert netcdf[:3] == ["off", "iabp", "L/min"]
    dataset = cp.open_store(store)
    expected = dataset["cardiac_output"].where(dataset["status"] == Status.OK).mean("patient").values
    np.testing.assert_allclose([float(each) for each in netcdf[3:]], expected, rtol=1e-5)
    np.testing.assert_allclose([float(each) for each in table[:2]], expected, rtol=1e-5)
    assert int(table[2]) == 48


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_candidates_is_simulated_as_they_are(library):
    candidates = cp.sample("adhf", 4, seed=1)
    columns = candidates.to_dataframe().reset_index(drop=True).to_dict("list")
    given = cp.simulate(pytest.importorskip(library).DataFrame(columns), {"off": {}})
    np.testing.assert_array_equal(given["cardiac_output"], cp.simulate(candidates, {"off": {}})["cardiac_output"])
