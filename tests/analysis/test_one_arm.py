"""A store of one arm: nothing to compare, but patients and numbers to look at."""

import json
from pathlib import Path

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.engine.compile.decorators import fingerprint
from counterpulse.engine.names.outcomes import Status
from counterpulse.sweeps.spec.blocks import part
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.store import creation, writing

SWEEP = {"cohort": "ami-cs", "patients": 200, "arms": {"balloon": {"balloon_volume": 40}}, "run": {"warm_start": False}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec, path = from_canonical(SWEEP), tmp_path_factory.mktemp("one") / "arm.zarr"
    made = part(spec, 0, spec.patients)
    creation.create(path, spec, fingerprint(), creation.Model(made))
    writing.write_block(path, spec, 0, made, None)
    return path


def test_a_number_is_mapped_without_a_comparison(store: Path, call, tmp_path: Path):
    asked = ["map", store, "--x", "heart_rate", "--y", "systemic_resistance", "--value", "cardiac_output"]
    code, out, _ = call(*asked, "-o", tmp_path / "map.png", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["arm"], found["reference"]) == ("balloon", "balloon")
    assert not {"helps", "fails", "harms"} & found.keys()
    told = call(*asked, "-o", tmp_path / "map.png")[1]
    assert "patients of balloon over" in told
    assert "helps" not in told
    dataset = cp.open_store(store)
    mean = cp.map(dataset, "heart_rate", value="cardiac_output", mean=True, arm="balloon", reference="balloon", bins=1)
    rates, output = dataset["heart_rate"].values, dataset["cardiac_output"].values[:, 0]
    low, high = mean["heart_rate_bounds"].values[0]
    inside = (rates >= low) & (rates <= high) & np.isfinite(output)
    assert mean["value"].item() == pytest.approx(output[inside].mean(), rel=1e-6)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "no arm but balloon"),
        (["--value", "cardiac_output_difference"], "is a change from one arm to another"),
        (["--value", "cardiac_output", "--y", "demand_difference"], "is a change from one arm to another"),
        (["--value", "cardiac_output", "--arm", "iabp"], "'iabp' is not known"),
    ],
)
def test_what_needs_two_arms_is_told_in_one_line(store: Path, call, more: list[str], words: str):
    code, _, told = call("map", store, "--x", "heart_rate", *more)
    assert code == 2
    assert words in told


def test_classes_of_an_arm_against_itself_are_refused(store: Path):
    with pytest.raises(cp.InputError, match="arm: balloon is the reference"):
        cp.map(cp.open_store(store), "heart_rate", arm="balloon", reference="balloon")


def test_a_patient_is_shown_and_drawn_in_the_one_arm(store: Path, call, tmp_path: Path):
    # those outside the cohort have no numbers in the store
    index = np.flatnonzero(cp.open_store(store)["status"].values[:, 0] == Status.OK)[3]
    code, out, _ = call("patient", store, "--index", index, "-o", tmp_path / "page.png", "--json")
    assert code == 0
    assert (tmp_path / "page.png").stat().st_size > 10_000
    found = json.loads(out)
    assert list(found["arms"]) == ["balloon"]
    kept = cp.open_store(store).isel(patient=index)
    output = found["arms"]["balloon"]["outcomes"]["cardiac_output"]
    assert output == pytest.approx(float(kept["cardiac_output"].sel(arm="balloon")), rel=1e-6)
    assert "cardiac_output" in call("patient", store)[1]
