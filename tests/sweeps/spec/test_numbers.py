"""Numbers of other libraries are as good as Python's, everywhere; truth values and fractions are no integers."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.execution import slurm
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.population.checks import arm, whole
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.spec.spec import Spec

INTEGERS = [np.int8(3), np.int64(3), np.uint16(3), np.array(3)[()], 3]
NO_INTEGERS = [True, np.True_, 3.0, np.float64(3), "3", None, [3], Fraction(3, 2), np.array([3, 4])]

CONTENT = {"cohort": "adhf", "arms": {"off": {}, "iabp": {"balloon_volume": 40}}}


@pytest.mark.parametrize("given", INTEGERS, ids=lambda given: type(given).__name__)
def test_every_integer_is_one(given):
    assert type(whole("seed", given, 0)) is int
    assert whole("seed", given, 3, 3) == 3


@pytest.mark.parametrize("given", [*NO_INTEGERS, np.int64(-1), np.int64(9)], ids=repr)
def test_what_is_none_is_told(given):
    with pytest.raises(InputError, match=r"seed: given .* an integer of 0 to 8 is needed"):
        whole("seed", given, 0, 8)


@pytest.mark.parametrize("integer", [np.int64, np.uint8])
def test_a_sweep_takes_them(integer):
    numbers = {"patients": integer(20), "seed": integer(5), "run": {"block": integer(8), "tolerance": np.float32(1e-3)}}
    more = {"waveforms": {"patients": integer(2)}, "vary": {"age": {"low": integer(50), "high": np.float32(70)}}}
    spec = from_canonical(CONTENT | numbers | more)
    assert (spec.patients, spec.seed, spec.run.block, spec.waveforms.patients) == (20, 5, 8, 2)
    assert {type(value) for value in (spec.patients, spec.seed, spec.run.block, spec.waveforms.patients)} == {int}
    same = from_canonical(CONTENT | {"patients": 20, "seed": 5, "vary": {"age": {"low": 50, "high": 70}}})
    assert same.hash() == spec.model_copy(update={"run": same.run}).hash()
    grid = from_canonical(CONTENT | {"patients": integer(7), "design": "grid", "vary": more["vary"]})
    assert grid.patients == 7


def test_the_face_takes_them():
    one = cp.sample("adhf", np.int64(4), seed=np.uint8(3))
    assert one.identical(cp.sample("adhf", 4, seed=3))
    with pytest.raises(InputError, match="threads: given true"):
        cp.simulate(one, CONTENT["arms"], threads=True)
    with pytest.raises(InputError, match=r"most_beats: given 2\.5"):
        cp.simulate(one, CONTENT["arms"], most_beats=2.5)
    wave = cp.waveforms(one.isel(patient=0), {"off": {}}, samples=np.int16(16), tolerance=np.float32(1e-3))
    assert wave.sizes["time"] == 16
    assert cp.simulate(one, {"off": {}}, threads=np.int32(1), most_beats=np.int64(64)).sizes["patient"] == 4


def test_arms_take_them():
    assert arm("pump", {"impella": "CP", "impella_level": np.int64(9)}) == {"impella_model": 2, "impella_speed": 46}
    assert arm("pump", {"impella_model": np.int8(2), "impella_level": 9})["impella_speed"] == 46


def test_running_takes_them(tmp_path: Path):
    spec: Spec = from_canonical(CONTENT | {"patients": 20})
    report = run(spec, tmp_path / "s.zarr", workers=np.int64(2), dry_run=True)
    assert report.patients == 20
    assert run(spec, tmp_path / "s.zarr", array_task=(np.int64(0), np.int8(2)), dry_run=True).blocks == 1
    text = slurm.script(spec, tmp_path / "s.toml", tmp_path / "s.zarr", tasks=np.int64(1), cores=np.int64(2))
    assert "--cpus-per-task=2" in text
