"""Workers on other machines: those that cannot do the work are named before it begins."""

import sys
from pathlib import Path

import pytest
from distributed.comm import CommClosedError

sys.path.insert(0, str(Path(__file__).parent))

from interruptions import HURT, cluster, ended, launched
from kill_resume import differences

from counterpulse.sweeps.execution import machines


def test_workers_behind_a_scheduler_of_its_own_make_the_same_store(small, tmp_path):
    sweep, undisturbed = small
    with cluster(tmp_path, workers=2) as (address, _, _):
        code, errors = ended(launched("run", sweep, "-o", tmp_path / "s.zarr", "--address", address))
    assert code == 0, errors
    assert differences(undisturbed, tmp_path / "s.zarr") == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ABSENT": "1", "PYTHONPATH": str(HURT)}, "No module named"),
        ({"NUMBA_CPU_NAME": "x86-64-v2"}, "has another engine"),
    ],
    ids=["absent", "engine"],
)
def test_a_worker_that_cannot_do_the_work_is_named_and_nothing_is_written(small, tmp_path, environment, said):
    sweep, _ = small
    with cluster(tmp_path, workers=1, **environment) as (address, _, _):
        code, errors = ended(launched("run", sweep, "-o", tmp_path / "s.zarr", "--address", address))
    assert code == 2
    assert errors.count("\n") == 1
    assert "worker tcp://127.0.0.1:" in errors
    assert said in errors
    assert not (tmp_path / "s.zarr").exists()


def test_a_worker_that_is_lost_while_it_is_asked_is_noted_and_not_refused():
    class Client:
        def run(self, function, on_error):
            return {"tcp://gone:1": CommClosedError("Stream is closed"), "tcp://here:2": function()}

    (note,) = machines.check(Client())
    assert note == "worker tcp://gone:1 was lost while it was asked what it is"


def test_processors_of_another_kind_are_noted():
    class Client:
        def run(self, function, on_error):
            return {"tcp://there:1": function() | {"cpu": "another"}, "tcp://here:2": function()}

    (note,) = machines.check(Client())
    assert "tcp://there:1" in note
    assert "another" in note


@pytest.mark.parametrize(("family", "name"), [("x86_64", "x86-64-v3"), ("arm64", "generic"), ("aarch64", "generic")])
def test_the_name_that_makes_kinds_of_processors_equal_is_one_of_their_family(monkeypatch, family, name):
    class Client:
        def run(self, function, on_error):
            return {"tcp://there:1": function() | {"cpu": "another"}}

    monkeypatch.setattr(machines, "machine", lambda: family)
    (note,) = machines.check(Client())
    assert f"NUMBA_CPU_NAME={name} " in note


def test_no_setting_is_advised_for_processors_of_another_family():
    class Client:
        def run(self, function, on_error):
            return {"tcp://there:1": function() | {"cpu": "apple-m1", "family": "arm64"}}

    (note,) = machines.check(Client())
    assert "arm64" in note
    assert "NUMBA" not in note
