"""Some of a sweep's patients in the other modes of regulation: who they are, and that nothing of them is lost."""

import json
import shutil

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.spec.file import from_canonical, load
from counterpulse.sweeps.spec.other_modes import in_mode, other_modes, places
from counterpulse.sweeps.store.status import status
from counterpulse.sweeps.store.store import OTHER_MODES, read_stored
from counterpulse.sweeps.store.verify import verify

ARMS = {"off": {}, "iabp": {"balloon_volume": 40.0}}
SWEEP = """
cohort = "adhf"
patients = 24
seed = 11
window = true
{more}
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 8
other_modes = {other_modes}
"""


def written(folder, other_modes=16, more=""):
    path = folder / "sweep.toml"
    path.write_text(SWEEP.format(other_modes=other_modes, more=more))
    return path


def part(store, mode):
    return cp.open_store(store / OTHER_MODES / mode).load()


def content(store):
    """What is in the files of a store, but for times and the place of execution."""
    found = {}
    for path in sorted(store.rglob("*")):
        if path.is_file() and path.suffix != ".json":
            found[str(path.relative_to(store))] = path.read_bytes()
        elif path.parent.parent.name == "receipts":
            found[str(path.relative_to(store))] = json.loads(path.read_bytes())["checksums"]
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    run(written(folder), folder / "out.zarr", array_task=(0, 1), workers=1)
    return folder / "out.zarr"


@pytest.fixture(autouse=True)
def here(undisturbed, in_this_process):
    """All but the first store is made in this process, and must be the same to the byte."""
    with in_this_process():
        yield


@pytest.fixture
def copied(undisturbed, tmp_path):
    """The sweep file, and a store of its own to be damaged or to grow."""
    return written(tmp_path), shutil.copytree(undisturbed, tmp_path / "out.zarr")


@pytest.mark.parametrize("mode", ["baroreflex", "map-held"])
def test_the_same_patients_are_those_of_a_simulation_in_that_mode(undisturbed, mode):
    drawn = cp.sample("adhf", 24, seed=11).isel(patient=slice(16))
    alone = cp.simulate(drawn, ARMS, regulation=mode, window="adhf")
    there = part(undisturbed, mode)
    assert (there["status"].values == alone["status"].values).all()
    assert (there["status"] == 1).any()
    for name in ("cardiac_output", "wedge_pressure", "limb_flow"):
        np.testing.assert_array_equal(there[name].values, alone[name].values.astype(np.float32), name)
    whole = cp.open_store(undisturbed)
    np.testing.assert_array_equal(there["heart_rate"], whole["heart_rate"][:16])
    ran = (there["status"] == 1).all("arm")
    assert (there["cardiac_output"].sel(arm="iabp") != whole["cardiac_output"].sel(arm="iabp")[:16])[ran].all()


def test_a_store_is_read_as_before(undisturbed):
    whole = cp.open_store(undisturbed)
    assert whole.sizes["patient"] == 24
    assert whole.attrs["blocks_missing"] == 0
    with xr.open_datatree(undisturbed, engine="zarr") as tree:
        assert tree.sizes["patient"] == 24


def test_tasks_of_an_array_share_it_and_whoever_comes_last_completes_it(undisturbed, tmp_path):
    sweep, store = written(tmp_path), tmp_path / "out.zarr"
    reports = [run(sweep, store, array_task=(task, 2), workers=1) for task in range(2)]
    # blocks of 8: 3 of the sweep, 2 of each part
    assert [report.blocks_run for report in reports] == [2, 1]
    assert [[each.blocks_run for each in report.other_modes.values()] for report in reports] == [[1, 1], [1, 1]]
    assert content(store) == content(undisturbed)
    assert status(store).complete


@pytest.mark.parametrize("mode", ["", "map-held"])
def test_what_was_lost_is_run_again_and_only_that(undisturbed, copied, mode):
    sweep, store = copied
    place = store / OTHER_MODES / mode if mode else store
    (place / "receipts" / "000" / "000001.json").unlink()
    assert not status(store).complete
    again = run(sweep, store, array_task=(0, 1), workers=1)
    ran = {"": again.blocks_run} | {name: each.blocks_run for name, each in again.other_modes.items()}
    assert {name for name, blocks in ran.items() if blocks} == {mode}
    assert status(store).complete
    assert content(store) == content(undisturbed)
    idle = run(sweep, store)
    assert (idle.blocks_run, [each.blocks_run for each in idle.other_modes.values()]) == (0, [0, 0])


def test_damage_is_named_with_its_mode_and_mended(undisturbed, copied):
    sweep, store = copied
    assert verify(store).sound
    chunk = store / OTHER_MODES / "baroreflex" / "cardiac_output" / "c" / "0" / "0"
    chunk.write_bytes(b"nothing of the kind")
    (fault,) = verify(store).faults
    assert (fault.regulation, fault.block, fault.variable) == ("baroreflex", 0, "cardiac_output")
    assert str(fault).startswith("baroreflex, block 0: cardiac_output")
    mended = run(sweep, store, array_task=(0, 1), workers=1, repair=True)
    assert (mended.blocks_run, mended.other_modes["baroreflex"].blocks_run) == (0, 1)
    assert verify(store).sound
    (store / OTHER_MODES / "map-held" / "zarr.json").write_bytes(b"{")
    (fault,) = verify(store).faults
    assert fault.regulation == "map-held"
    with pytest.raises(InputError, match="--repair"):
        run(sweep, store)
    run(sweep, store, array_task=(0, 1), workers=1, repair=True)
    assert verify(store).sound
    assert content(store) == content(undisturbed)


def test_it_grows_with_the_sweep_and_never_shrinks(copied, tmp_path):
    _, store = copied
    first = part(store, "map-held")
    grown = run(written(tmp_path, other_modes=24), store, array_task=(0, 1), workers=1)
    assert (grown.blocks_run, [each.blocks_run for each in grown.other_modes.values()]) == (0, [1, 1])
    assert part(store, "map-held").sizes["patient"] == 24
    xr.testing.assert_equal(part(store, "map-held").isel(patient=slice(16)), first)
    again = run(written(tmp_path, other_modes=8), store)
    assert again.other_modes["map-held"].patients == 24
    assert run(written(tmp_path, other_modes=0), store).other_modes == {}


def test_who_is_run_in_other_modes_decides_no_result(tmp_path):
    hashes = {load(written(tmp_path, other_modes=many)).hash() for many in (0, 8, 2048)}
    assert len(hashes) == 1


@pytest.mark.parametrize("design", ["latin-hypercube", "grid"])
def test_of_a_design_of_so_many_points_they_are_spread_over_it(tmp_path, design):
    more = f'design = "{design}"\nvary.systemic_resistance = {{ low = 0.6, high = 2.0 }}'
    sweep = written(tmp_path, other_modes=7, more=more)
    # started alike, they agree to the digit
    sweep.write_text(sweep.read_text() + "warm_start = false\n")
    store = tmp_path / "out.zarr"
    run(sweep, store, array_task=(0, 1), workers=1)
    where = places(read_stored(store / OTHER_MODES / "baroreflex").spec)
    assert where.tolist() == [24 * place // 7 for place in range(7)]
    whole, there = cp.open_store(store), part(store, "baroreflex")
    for name in ("systemic_resistance", "heart_rate"):
        own = whole[name][where] if "patient" in whole[name].dims else whole[name]
        np.testing.assert_array_equal(there[name], own)
    np.testing.assert_array_equal(there["cardiac_output"].sel(arm="off"), whole["cardiac_output"].sel(arm="off")[where])


def test_patients_of_ones_own_keep_their_labels_and_are_not_copied_again(tmp_path):
    names = [f"p{place}" for place in range(10)]
    rows = "".join(f"{name},{0.9 + place / 20}\n" for place, name in enumerate(names))
    (tmp_path / "mine.csv").write_text("patient,systemic_resistance\n" + rows)
    sweep = tmp_path / "sweep.toml"
    sweep.write_text(
        'design = { file = "mine.csv" }\ncohort = "adhf"\n[arms.off]\n[arms.iabp]\nballoon_volume = 40\n'
        "[run]\nother_modes = 4\nwarm_start = false\n"
    )
    store = tmp_path / "out.zarr"
    run(sweep, store, array_task=(0, 1), workers=1)
    assert part(store, "map-held")["patient"].values.tolist() == ["p0", "p2", "p5", "p7"]
    whole, there = cp.open_store(store), part(store, "map-held")
    for name in ("systemic_resistance", "heart_rate"):
        np.testing.assert_array_equal(there[name], whole[name].isel(patient=[0, 2, 5, 7]))
    assert not (store / OTHER_MODES / "map-held" / "samples").exists()
    assert verify(store).sound


SPEC = {"cohort": "adhf", "patients": 5000, "arms": ARMS}


def test_which_modes_are_the_others():
    assert other_modes(from_canonical(SPEC)) == ("baroreflex", "map-held")
    assert other_modes(from_canonical(SPEC | {"regulation": "map-held"})) == ("open-loop", "baroreflex")
    assert other_modes(from_canonical(SPEC | {"run": {"other_modes": 0}})) == ()
    part = in_mode(from_canonical(SPEC), "baroreflex")
    assert (part.patients, part.regulation, part.run.other_modes) == (2048, "baroreflex", 0)
    assert other_modes(part) == ()


def test_an_irregular_rhythm_has_only_the_open_loop():
    irregular = {"off": {}, "iabp": {"balloon_volume": 40.0, "trigger_jitter": 0.01}}
    assert other_modes(from_canonical(SPEC | {"arms": irregular})) == ()


def test_a_refined_sweep_leaves_it_to_the_one_it_refines(tmp_path):
    store = tmp_path / "out.zarr"
    sweep = {"cohort": "adhf", "patients": 100, "arms": ARMS, "run": {"other_modes": 0}}
    vary = {"systemic_resistance": {"low": 0.6, "high": 2.0}, "heart_rate": {"low": 60, "high": 150}}
    run(from_canonical(sweep | {"vary": vary}), store, array_task=(0, 1), workers=1)
    assert [path.name for path in (store / OTHER_MODES).iterdir()] == ["zarr.json"]


def test_points_of_a_design_are_refused_where_they_mean_nothing():
    with pytest.raises(InputError, match="design_points"):
        from_canonical(SPEC | {"design_points": 9000})
    with pytest.raises(InputError, match="design_points"):
        from_canonical(SPEC | {"design": "latin-hypercube", "design_points": 4000})
