"""Results and waveforms as files: labels, groups and instants."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine.compile.decorators import fingerprint
from counterpulse.sweeps.spec.blocks import part, waveform_part
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.store import creation, upkeep, writing

ARMS = {"off": {}, "iabp, late": {"balloon_volume": 40, "deflation_offset": 0.05}}
KINDS = ["csv", "parquet", "nc"]


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "heart_rate": [70.0, 95.0, 110.0],
            "site": ["a,b", None, "c"],
            "diabetic": [True, False, True],
            "admitted": pd.to_datetime(["2024-01-01", "2024-01-02", None]),
        },
        ["P-7", "P-3", "P-5"],
    )


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".nc":
        dataset = xr.load_dataset(path, engine="h5netcdf")
        return dataset.to_dataframe([name for name in ("patient", "arm", "time") if name in dataset.dims]).reset_index()
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False)
    return frame.astype({"arm": str}) if "arm" in frame else frame


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_keeps_labels_and_groups(patients: pd.DataFrame, tmp_path: Path, kind: str):
    result = cp.simulate(patients, ARMS)
    done = cp.export(result, tmp_path / f"x.{kind}")
    assert (done.patients, done.arms, done.instants) == (3, 2, 1)
    table = read(tmp_path / f"x.{kind}")
    assert list(table["patient"]) == ["P-7", "P-7", "P-3", "P-3", "P-5", "P-5"]
    assert list(table["arm"]) == [*ARMS] * 3
    assert list(table["site"][::2]) == ["a,b", "", "c"]
    assert [str(each) in ("True", "1") for each in table["diabetic"][::2]] == [True, False, True]
    assert [str(each)[:10] for each in table["admitted"][::2]] == ["2024-01-01", "2024-01-02", "NaT"]
    np.testing.assert_array_equal(table["cardiac_output"].astype(float), result["cardiac_output"].values.ravel())


@pytest.mark.parametrize("kind", KINDS)
def test_waveforms_of_several_and_of_one(patients: pd.DataFrame, tmp_path: Path, kind: str):
    several = cp.waveforms(patients, ARMS, samples=5)
    done = cp.export(several, tmp_path / f"all.{kind}", ["aortic_pressure", "pattern_duration", "site"])
    assert (done.patients, done.arms, done.instants) == (3, 2, 5)
    table = read(tmp_path / f"all.{kind}")
    assert len(table) == 30
    np.testing.assert_allclose(table["aortic_pressure"].astype(float), several["aortic_pressure"].values.ravel())
    np.testing.assert_allclose(table["time"].astype(float)[:5], several["time"].values)
    assert table["site"][0] == "a,b"
    one = cp.waveforms(cp.simulate(patients, ARMS).isel(patient=1), ARMS, samples=5)
    cp.export(one, tmp_path / f"one.{kind}")
    table = read(tmp_path / f"one.{kind}")
    assert set(table["patient"]) == {"P-3"}
    np.testing.assert_allclose(table["lv_pressure"].astype(float), one["lv_pressure"].values.ravel())


@pytest.mark.parametrize("kind", KINDS)
def test_a_grid_and_one_arm_are_tables_too(tmp_path: Path, kind: str):
    axes = {"heart_rate": [60.0, 100.0], "systemic_resistance": [0.8, 1.2]}
    result = cp.simulate(xr.Dataset(coords=axes).stack(patient=list(axes)), {"off": {}}).sel(arm="off")
    done = cp.export(result, tmp_path / f"x.{kind}", ["heart_rate", "cardiac_output"])
    assert (done.patients, done.arms) == (4, 1)
    table = read(tmp_path / f"x.{kind}")
    assert list(table["heart_rate"].astype(float)) == [60.0, 60.0, 100.0, 100.0]
    assert "arm" not in table.columns or kind == "nc"
    cp.export(result.drop_vars("status"), tmp_path / f"y.{kind}", ["age"])
    assert len(read(tmp_path / f"y.{kind}")) == 4


SWEEP = {
    "cohort": "ami-cs",
    "patients": 9,
    "arms": ARMS,
    "run": {"warm_start": False, "block": 4},
    "waveforms": {"patients": 6},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, xr.Dataset]:
    spec, path = from_canonical(SWEEP), tmp_path_factory.mktemp("kept") / "made.zarr"
    made, waves = part(spec, 0, 9), waveform_part(spec, 0, 6)
    creation.create(path, spec, fingerprint(), creation.Model(made, waves))
    for number, (start, stop) in enumerate([(0, 4), (4, 8), (8, 9)]):
        kept = waves.isel(patient=slice(start, min(stop, 6))) if start < 6 else None
        writing.write_block(path, spec, number, made.isel(patient=slice(start, stop)), kept)
    upkeep.consolidate(path)
    return path, waves


@pytest.mark.parametrize("kind", KINDS)
def test_waveforms_that_a_store_keeps(store: tuple[Path, xr.Dataset], call, tmp_path: Path, kind: str):
    path, waves = store
    code, out, _ = call("export", path, "--waveforms", "-o", tmp_path / f"x.{kind}", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["patients"], told["arms"], told["instants"]) == (6, 2, waves.sizes["time"])
    table = read(tmp_path / f"x.{kind}")
    assert len(table) == 6 * 2 * waves.sizes["time"]
    expected = waves["aortic_pressure"].values.astype(np.float32).ravel()
    np.testing.assert_array_equal(table["aortic_pressure"].astype(np.float32), expected)
    assert list(dict.fromkeys(table["patient"])) == list(range(6))
    out = call("export", path, "--waveforms", "-o", tmp_path / f"x.{kind}", "--variables", "lv_pressure")[1]
    assert f"6 patients in 2 arms at {waves.sizes['time']} instants, 2 variables" in out


def test_a_store_without_waveforms_says_so(call, tmp_path: Path):
    spec, path = from_canonical(SWEEP | {"waveforms": {"patients": 0}}), tmp_path / "made.zarr"
    creation.create(path, spec, fingerprint(), creation.Model(part(spec, 0, 1)))
    code, _, told = call("export", path, "--waveforms", "-o", tmp_path / "x.csv")
    assert code == 2
    assert "keeps no waveforms; [waveforms] patients = 10" in told
    assert not (tmp_path / "x.csv").exists()
