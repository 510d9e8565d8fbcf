"""Damaged stores: verify finds every byte that is not as it was written, repair makes that again and nothing else."""

import json
import random
import shutil

import pytest
from damages import flip, meaning
from kill_resume import differences, write_sweep

from counterpulse.engine.errors import InputError
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.store import store as stores
from counterpulse.sweeps.store.opening import open_store
from counterpulse.sweeps.store.receipts import sealed
from counterpulse.sweeps.store.status import status
from counterpulse.sweeps.store.store import StoreRefused
from counterpulse.sweeps.store.template import sealed_attributes
from counterpulse.sweeps.store.verify import verify


@pytest.fixture
def copied(small, tmp_path):
    sweep, undisturbed = small
    store = tmp_path / "copy.zarr"
    shutil.copytree(undisturbed, store)
    return sweep, undisturbed, store


def mended(sweep, store):
    return run(sweep, store, array_task=(0, 1), workers=1, repair=True)


def test_an_undisturbed_store_is_sound_also_when_blocks_are_run_again(small):
    found = verify(small[1], sample=2)
    assert found.sound
    assert (found.blocks, found.blocks_done, len(found.sampled)) == (5, 5, 2)
    # every file of the blocks: 32 patients each, waveforms reach into the second
    assert found.files == sum(1 for file in small[1].glob("**/c/**/*") if file.is_file() and _patients(file, small[1]))
    assert found.bytes > 1e5


def _patients(file, store):
    array = json.loads((store / str(file.relative_to(store)).partition("/c/")[0] / "zarr.json").read_bytes())
    return (array.get("dimension_names") or [""])[0] in ("patient", "waveform_patient")


def test_data_and_receipts_that_changed_are_named_and_only_they_are_made_again(copied):
    sweep, undisturbed, store = copied
    generator = random.Random(5)
    flip(store / "wedge_pressure" / "c" / "1" / "0", generator)
    (store / "sevr" / "c" / "2" / "0").unlink()
    (store / "waveforms" / "lv_volume" / "c" / "1" / "0" / "0").write_bytes(b"short")
    (store / "receipts" / "000" / "000004.json").write_text("{}")
    before = {file: file.stat().st_mtime_ns for file in store.glob("*/c/0/0")}
    named = {(fault.block, fault.variable) for fault in verify(store).faults}
    assert named == {(1, "wedge_pressure"), (2, "sevr"), (1, "waveforms/lv_volume"), (4, "")}
    assert status(store).blocks_done == 4
    assert mended(sweep, store).blocks_run == 3
    assert differences(undisturbed, store) == []
    assert verify(store).sound
    assert before == {file: file.stat().st_mtime_ns for file in store.glob("*/c/0/0")}


def test_metadata_constants_and_warm_start_are_made_again_without_running_a_block(copied):
    sweep, undisturbed, store = copied
    generator = random.Random(6)
    for name in ("dpti/zarr.json", "status/zarr.json", "warm_start/regressions.npz", "receipts/template.json"):
        flip(store / name, generator)
    (store / "balloon_volume" / "c" / "0").unlink()
    shutil.rmtree(store / "balloon_length")
    assert not verify(store).sound
    assert mended(sweep, store).blocks_run == 0
    assert differences(undisturbed, store) == []
    assert verify(store).sound


@pytest.mark.parametrize("content", [b"", b"{", None])
def test_a_store_that_no_longer_says_what_it_is_is_mended_by_its_sweep_alone(copied, tmp_path, content):
    sweep, undisturbed, store = copied
    root = store / "zarr.json"
    root.unlink() if content is None else root.write_bytes(content)
    for look in (verify, status, open_store):
        with pytest.raises(InputError, match="broken store.*--repair" if content is not None else "no store"):
            look(store)
    other = write_sweep(tmp_path / "other.toml", extra="precision = 'float32'")
    with pytest.raises(StoreRefused, match="of another sweep or engine"):
        mended(other, store)
    assert mended(sweep, store).blocks_run == 0
    assert differences(undisturbed, store) == []


def test_a_bit_that_flips_anywhere_is_found_or_means_nothing(copied):
    _, undisturbed, store = copied
    generator = random.Random(7)
    files = sorted(file for file in undisturbed.rglob("*") if file.is_file())
    found = 0
    for original in generator.sample(files, 60) + [undisturbed / "zarr.json"] * 20:
        file = store / original.relative_to(undisturbed)
        flip(file, generator)
        try:
            sound = verify(store).sound
        except InputError:
            sound = False
        assert not sound or meaning(file) == meaning(original), file
        found += not sound
        shutil.copyfile(original, file)
    assert found > 60
    assert verify(store).sound


def test_a_receipt_cannot_point_outside_its_store(copied):
    _, _, store = copied
    path = store / "receipts" / "000" / "000000.json"
    content = json.loads(path.read_bytes())
    content["checksums"]["../../etc/passwd"] = content["checksums"].pop("sevr/c/0/0")
    path.write_text(json.dumps(sealed(content)))
    faults = verify(store).faults
    assert any("../../etc/passwd is missing" in fault.what for fault in faults)
    assert any(fault.variable == "sevr" for fault in faults)


def test_another_engine_goes_on_only_when_told_and_is_written_down(copied):
    sweep, _, store = copied
    root = json.loads((store / "zarr.json").read_bytes())
    mine = root["attributes"]["engine_fingerprint"]
    # the store as another engine would have left it, a block short
    for file in (store / "receipts").glob("*/*.json"):
        receipt = json.loads(file.read_bytes())
        file.write_text(json.dumps(sealed(receipt | {"engine_fingerprint": "of another engine"})))
    root["attributes"] = sealed_attributes(root["attributes"] | {"engine_fingerprint": "of another engine"})
    root.pop("consolidated_metadata")
    (store / "zarr.json").write_text(json.dumps(root))
    (store / "receipts" / "000" / "000003.json").unlink()
    with pytest.raises(StoreRefused, match="--accept-engine"):
        run(sweep, store, array_task=(0, 1), workers=1)
    report = run(sweep, store, array_task=(0, 1), workers=1, accept_engine=True)
    assert report.blocks_run == 1
    found = stores.read_stored(store)
    assert (found.engine_fingerprint, found.accepted) == ("of another engine", (mine,))
    assert [receipt.engine_fingerprint == mine for receipt in found.receipts()] == [False, False, False, True, False]
    assert open_store(store).attrs["blocks_missing"] == 0
    assert verify(store).sound
    assert run(sweep, store, array_task=(0, 1), workers=1).blocks_run == 0
