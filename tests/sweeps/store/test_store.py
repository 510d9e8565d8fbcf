"""The layout of a store, its receipts and what it says of itself; results made up from the tables, no engine."""

import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from counterpulse.analysis.response.classify import classify
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES, Findings, Status
from counterpulse.sweeps.spec.blocks import span, waveform_span
from counterpulse.sweeps.spec.file import parse
from counterpulse.sweeps.store import creation, upkeep, writing
from counterpulse.sweeps.store.opening import open_store, open_waveforms
from counterpulse.sweeps.store.receipts import (
    Receipt,
    checksum,
    here,
    read_receipts,
    receipt_path,
    summarised,
    write_receipt,
)
from counterpulse.sweeps.store.status import status
from counterpulse.sweeps.store.store import StoreRefused, agreed, read_stored

SWEEP = """
name = "layout"
cohort = "ami-cs"
patients = 100
seed = 3
{extra}
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 30
[waveforms]
patients = 40
"""
ENGINE = "0123456789abcdef"


def spec_of(extra="", **replaced):
    text = SWEEP.format(extra=extra)
    for name, value in replaced.items():
        text = text.replace(
            next(line for line in text.splitlines() if line.startswith(f"{name} =")), f"{name} = {value}"
        )
    return parse(text)


def result(start, stop):
    """Made-up outcomes: every value tells its patient, arm and variable."""
    index = np.arange(start, stop, dtype=float)[:, None]
    values = {
        name: (("patient", "arm"), index + [0.25, 0.5] + 1000 * place, {"units": quantity.units})
        for place, (name, quantity) in enumerate(OUTCOMES.items())
    }
    codes = np.ones((stop - start, 2), np.uint8)
    codes[index[:, 0] % 10 == 3, 1] = Status.NOT_CONVERGED
    codes[index[:, 0] % 50 == 7, :] = Status.NO_EJECTION
    values["status"] = (
        ("patient", "arm"),
        codes,
        {"flag_values": np.arange(8, dtype=np.uint8), "flag_meanings": "a b"},
    )
    values["findings"] = (("patient", "arm"), np.ones(codes.shape, np.uint16), {"flag_masks": np.array([1], np.uint16)})
    values["heart_rate"] = (("patient",), index[:, 0] / 3, {"units": "1/min"})
    values["balloon_volume"] = (("arm",), [0.0, 40.0], {"units": "mL"})
    values["age"] = ((), 65.0, {"units": "year"})
    values["index"] = (("patient",), np.arange(start, stop), {"units": "1"})
    return xr.Dataset(values, {"arm": ("arm", np.array(["off", "iabp"], dtype=object))})


def waves(start, stop):
    pressure = np.arange(start, stop)[:, None, None] + np.zeros((2, 5))
    coordinates = {
        "arm": np.array(["off", "iabp"], dtype=object),
        "time": ("time", np.linspace(0, 1, 5), {"units": "1"}),
    }
    return xr.Dataset({"aortic_pressure": (("patient", "arm", "time"), pressure, {"units": "mmHg"})}, coordinates)


def write(path, spec, number, fingerprint=ENGINE):
    """What a worker does, with made-up numbers."""
    start, stop = span(spec, number)
    first, last = waveform_span(spec, number)
    made = result(start, stop)
    checksums = writing.write_block(path, spec, number, made, waves(first, last) if last > first else None)
    receipt = Receipt(
        block=number,
        start=start,
        stop=stop,
        spec_hash=spec.hash(),
        engine_fingerprint=fingerprint,
        **summarised(made, start),
        checksums=checksums,
        seconds=0.5,
        **here(),
    )
    write_receipt(path, receipt)
    return receipt


def create(path, spec):
    return creation.create(path, spec, ENGINE, creation.Model(result(0, 1), waves(0, 1)))


@pytest.fixture
def spec():
    return spec_of()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "made.zarr"
    assert create(path, spec_of())
    for number in (0, 1, 3):
        write(path, spec_of(), number)
    return path


@pytest.fixture
def store(tmp_path, made):
    """Four blocks, of which the third is not done."""
    return Path(shutil.copytree(made, tmp_path / "made.zarr"))


def test_what_is_written_is_read_and_the_rest_is_not_run(store):
    dataset = open_store(store)
    assert dict(dataset.sizes) == {"patient": 100, "arm": 2}
    assert (dataset.attrs["blocks"], dataset.attrs["blocks_missing"]) == (4, 1)
    loaded = dataset.load()
    done = np.r_[0:60, 90:100]
    assert list(np.flatnonzero((loaded.status == 0).all("arm"))) == list(range(60, 90))
    expected = result(0, 100).isel(patient=done)
    for name in ("cardiac_output", "dpti"):
        np.testing.assert_array_equal(loaded[name].isel(patient=done), expected[name].astype(np.float32))
        assert np.isnan(loaded[name].isel(patient=slice(60, 90))).all()
    np.testing.assert_array_equal(loaded.heart_rate.isel(patient=done), expected.heart_rate)
    assert not (store / "index").exists()
    assert dataset.isel(patient=slice(70, 73))["index"].values.tolist() == [70, 71, 72]


def test_a_part_of_a_store_tells_whose_it_is(store):
    dataset = open_store(store)
    assert dataset["patient"].dtype == np.int64
    assert dataset.isel(patient=[70, 5])["patient"].values.tolist() == [70, 5]
    failed = dataset.where(dataset["status"].sel(arm="iabp", drop=True) == Status.NO_EJECTION, drop=True)
    assert failed["patient"].values.tolist() == failed["index"].values.tolist() == [7, 57]
    assert float(dataset["heart_rate"].sel(patient=57)) == 19.0
    assert open_waveforms(store).isel(patient=[33])["patient"].values.tolist() == [33]


def test_a_store_is_opened_with_dask_or_without(store):
    direct, blockwise = open_store(store), open_store(store, chunks={})
    assert direct["cardiac_output"].chunks is None
    assert blockwise["cardiac_output"].chunksizes["patient"] == (30, 30, 30, 10)
    assert direct.identical(blockwise.compute())


def test_a_hundred_million_patients_are_opened_and_judged_in_little_memory(tmp_path):
    path = tmp_path / "large.zarr"
    creation.create(
        path, spec_of(patients=100_000_000, block=1 << 20), ENGINE, creation.Model(result(0, 1), waves(0, 1))
    )
    tracemalloc.start()
    dataset = open_store(path)
    last = dataset["patient"][-2:].values.tolist()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert last == [99_999_998, 99_999_999]
    assert peak < 10e6
    part = classify(dataset, arm="iabp", reference="off").isel(patient=slice(-3, None))
    assert part["response"].chunks is not None
    assert part["response"].values.tolist() == [0, 0, 0]
    assert part["patient"].values.tolist()[1:] == last


def test_types_chunks_and_units(store):
    group = zarr.open_group(store, mode="r", use_consolidated=False)
    assert {group[name].chunks for name in OUTCOMES} == {(30, 2)}
    assert {group[name].dtype for name in OUTCOMES} == {np.dtype(np.float32)}
    assert group["heart_rate"].chunks == (30,)
    assert (group["heart_rate"].dtype, group["status"].dtype) == (np.float64, np.uint8)
    assert np.isnan(group["cardiac_output"].fill_value)
    assert group["status"].fill_value == 0
    assert group["balloon_volume"].shape == (2,)
    assert group["age"].shape == ()
    assert group["waveforms/aortic_pressure"].chunks == (30, 2, 5)
    for array in (*dict(group.arrays()).values(), *dict(group["waveforms"].arrays()).values()):
        assert array.attrs.keys() & {"units", "flag_values", "flag_masks"}, array.name


def test_float64_is_kept_where_asked(tmp_path):
    spec = spec_of('store_precision = "float64"')
    create(tmp_path / "double.zarr", spec)
    write(tmp_path / "double.zarr", spec, 0)
    dataset = open_store(tmp_path / "double.zarr")
    assert dataset.cardiac_output.dtype == np.float64
    np.testing.assert_array_equal(dataset.cardiac_output[:30], result(0, 30).cardiac_output)


def test_every_chunk_of_a_block_exists_even_if_empty(tmp_path, spec):
    path = tmp_path / "empty.zarr"
    create(path, spec)
    nothing = result(0, 30)
    for name in OUTCOMES:
        nothing[name][:] = np.nan
    nothing["status"][:] = 0
    sums = writing.write_block(path, spec, 0, nothing, waves(0, 30))
    assert {"status/c/0/0", "dpti/c/0/0", "heart_rate/c/0", "waveforms/aortic_pressure/c/0/0/0"} <= sums.keys()
    assert all(checksum((path / name).read_bytes()) == expected for name, expected in sums.items())
    assert not list(path.rglob("*/c/1*"))


def test_attributes_say_what_was_run(store, spec):
    attributes = xr.open_zarr(store, consolidated=False).attrs
    assert attributes["Conventions"].startswith("CF-1.")
    assert json.loads(attributes["spec"]) == spec.canonical()
    assert list(json.loads(attributes["spec"])["arms"]) == ["off", "iabp"]
    assert attributes["spec_hash"] == spec.hash()
    assert attributes["engine_fingerprint"] == ENGINE
    assert attributes["seed"] == 3
    assert {"numba", "numpy", "zarr", "counterpulse"} <= json.loads(attributes["versions"]).keys()
    assert {"sampler", "flags", "cpu", "patients"} <= attributes.keys()


def test_the_status_counts_receipts(store):
    found = status(store)
    assert (found.blocks_done, found.blocks, found.patients_done, found.patients) == (3, 4, 70, 100)
    assert not found.complete
    assert found.name == "layout"
    # of 0-59 and 90-99: 3, 13, ... are not converged with the balloon, 7 and 57 fail in both arms
    assert found.counts["off"] | {"ok": 68, "no_ejection": 2, "not_run": 30} == found.counts["off"]
    assert found.counts["iabp"] | {"ok": 61, "no_ejection": 2, "not_converged": 7} == found.counts["iabp"]
    assert sum(found.counts["iabp"].values()) == 100
    assert found.failed_share == pytest.approx(9 / 70)
    first = found.failures[0]
    assert (first.arm, first.kind, first.patients, first.example) == ("iabp", "not_converged", 7, 3)
    assert found.findings["off"] == {Findings(1).name.lower(): 70}


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text(path.read_text().replace('"start": 30', '"start": 0')),
        lambda path: path.write_text(path.read_text().replace(ENGINE, "f" * 16)),
        lambda path: path.write_text(path.read_text().replace('"failed": ', '"failed": "x", "f": ')),
        lambda path: path.rename(receipt_path(path.parents[2], 2)),
        Path.unlink,
    ],
)
def test_a_damaged_receipt_is_none(store, damage):
    damage(receipt_path(store, 1))
    assert [receipt.block for receipt in read_stored(store).receipts()] == [0, 3]
    assert status(store).blocks_done == 2


def test_a_store_opens_as_a_tree_whose_waveforms_are_of_fewer_patients(store):
    tree = xr.open_datatree(store, engine="zarr", consolidated=False)
    assert dict(tree.sizes) == {"patient": 100, "arm": 2}
    assert tree["waveforms"].sizes["waveform_patient"] == 40
    np.testing.assert_array_equal(tree["waveforms"].arm, tree.arm)
    assert open_waveforms(store).sizes["patient"] == 40


def test_the_names_of_the_arms_need_no_reader_of_texts(store):
    attributes = json.loads((store / "zarr.json").read_text())["attributes"]
    assert attributes["arms"] == ["off", "iabp"] == open_store(store).arm.values.tolist()


def test_the_receipt_of_a_partial_block_lapses_when_patients_are_added(store):
    more = spec_of(patients=200)
    agreement = agreed(read_stored(store), more, ENGINE)
    upkeep.update(read_stored(store), agreement)
    assert [receipt.block for receipt in read_receipts(store)] == [0, 1, 3]
    assert [receipt.block for receipt in read_stored(store).receipts()] == [0, 1]
    assert open_store(store).sizes["patient"] == 200
    assert xr.open_zarr(store, group="waveforms", consolidated=False).sizes["waveform_patient"] == 40
    for number in range(2, 7):
        write(store, agreement, number)
    upkeep.consolidate(store)
    values = open_store(store).cardiac_output.load()
    np.testing.assert_array_equal(values, result(0, 200).cardiac_output.astype(np.float32))
    assert xr.open_zarr(store).sizes["patient"] == 200


def test_growth_that_was_cut_short_is_said_and_done_again(store):
    group = zarr.open_group(store, mode="r+", use_consolidated=False)
    group["status"].resize((200, 2))
    with pytest.raises(InputError, match=r"run its sweep again|broken store"):
        open_store(store)
    upkeep.update(read_stored(store), agreed(read_stored(store), spec_of(patients=200), ENGINE))
    assert open_store(store).sizes["patient"] == 200


def test_block_and_waveforms_are_the_stores(store):
    agreement = agreed(read_stored(store), spec_of(block=64), ENGINE)
    assert agreement.run.block == 30
    assert agreed(read_stored(store), spec_of("", name='"other"'), ENGINE).name == "other"


def test_another_spec_engine_or_fewer_patients_are_refused(store):
    stored = read_stored(store)
    with pytest.raises(StoreRefused, match="seed") as refused:
        agreed(stored, spec_of(seed=4), ENGINE)
    assert stored.spec_hash[:12] in str(refused.value)
    assert spec_of(seed=4).hash()[:12] in str(refused.value)
    with pytest.raises(StoreRefused, match=f"{ENGINE[:12]} there and fedcba987654 here"):
        agreed(stored, spec_of(), "fedcba9876543210")
    with pytest.raises(StoreRefused, match="100 patients, 90"):
        agreed(stored, spec_of(patients=90), ENGINE)


def test_consolidated_metadata_is_written_once(store, spec):
    write(store, spec, 2)
    upkeep.consolidate(store)
    before = (store / "zarr.json").read_bytes()
    assert read_stored(store).consolidated
    upkeep.consolidate(store)
    assert (store / "zarr.json").read_bytes() == before
    assert open_store(store).attrs["blocks_missing"] == 0
    held = json.loads(before)["consolidated_metadata"]["metadata"]
    assert "waveforms/aortic_pressure" in held
    assert not any(name.startswith("receipts/") for name in held)


def test_a_store_in_progress_opens_with_nothing_but_the_known_warning(store):
    script = "import sys, xarray as xr; print(xr.open_zarr(sys.argv[1]).sizes['patient'])"
    known = "ignore:Failed to open Zarr store with consolidated:RuntimeWarning"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", known, "-c", script, store], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("100\n", "")


def test_the_second_of_two_creators_leaves_the_first_alone(store, spec):
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    assert not create(store, spec)
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before
    assert [path.name for path in store.parent.iterdir()] == [store.name]


def test_an_empty_folder_becomes_a_store(tmp_path, spec):
    path = tmp_path / "there.zarr"
    path.mkdir()
    assert create(path, spec)
    assert open_store(path).sizes["patient"] == 100


def _not_there(path):
    shutil.rmtree(path)


def _a_file(path):
    shutil.rmtree(path)
    path.write_text("no store")


def _no_zarr(path):
    (path / "zarr.json").unlink()


def _not_json(path):
    (path / "zarr.json").write_bytes((path / "zarr.json").read_bytes()[:100])


def _binary(path):
    (path / "zarr.json").write_bytes(os.urandom(100))


def _foreign(path):
    (path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')


def _bad_spec(path):
    (path / "zarr.json").write_text((path / "zarr.json").read_text().replace("ami-cs", "ami-xx"))


def _no_hash(path):
    (path / "zarr.json").write_text((path / "zarr.json").read_text().replace('"spec_hash"', '"spec_hush"'))


@pytest.mark.parametrize("damage", [_not_there, _a_file, _no_zarr, _not_json, _binary, _foreign, _bad_spec, _no_hash])
def test_what_is_no_store_is_told_in_one_line(store, refused, damage):
    damage(store)
    for look in (open_store, status):
        with refused() as told:
            look(store)
        assert str(told.value).startswith(str(store))


@pytest.mark.filterwarnings("ignore:Object at data_type is not recognized")
@pytest.mark.parametrize("name", ["cardiac_output", "arm", "status"])
@pytest.mark.parametrize("content", ["{", "{}", '{"zarr_format": 3, "node_type": "array"}'])
def test_a_broken_array_is_told_in_one_line(store, name, content):
    (store / name / "zarr.json").write_text(content)
    with pytest.raises(InputError, match="broken store"):
        open_store(store)
    assert status(store).blocks_done == 3
