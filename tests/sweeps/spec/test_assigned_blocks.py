"""The blocks assigned to a run, told by arithmetic: as a list of them would say, at any size."""

import tracemalloc

import pytest

from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.spec.assigned_blocks import AssignedBlocks
from counterpulse.sweeps.spec.blocks import span
from counterpulse.sweeps.spec.file import from_canonical

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}


def sweep(patients, block, **content):
    return from_canonical({"cohort": "adhf", "arms": ARMS, "patients": patients, "run": {"block": block}} | content)


@pytest.mark.parametrize("patients", [1, 7, 20, 21, 100])
@pytest.mark.parametrize("task", [(0, 1), (0, 3), (2, 3), (5, 7)])
@pytest.mark.parametrize("done", [(), (0,), (0, 2, 4), range(200)])
def test_is_what_a_list_would_say(patients, task, done):
    spec = sweep(patients, 5)
    first, step = task
    blocks = list(range(first, spec.blocks, step))
    todo = [number for number in blocks if number not in done]

    def patients_of(numbers):
        return sum(stop - start for start, stop in (span(spec, number) for number in numbers))

    assigned = AssignedBlocks(spec, task, done)
    assert (len(assigned), list(assigned)) == (len(todo), todo)
    assert (assigned.patients, assigned.patients_left) == (patients_of(blocks), patients_of(todo))
    for _ in range(5):
        assert sorted(assigned.scattered()) == todo


def test_scattered_orders_differ():
    assigned = AssignedBlocks(sweep(10_000, 10), (0, 1), ())
    assert len({tuple(assigned.scattered()) for _ in range(20)}) > 10


@pytest.mark.parametrize("design", ["sobol", "random", "latin-hypercube", "grid", "saltelli", "morris"])
def test_a_dry_run_needs_no_room_for_its_blocks(design, tmp_path):
    spec = sweep(3_000_000, 1, design=design, vary={"age": {"low": 40, "high": 80}})
    run(sweep(1, 1), tmp_path / "s.zarr", dry_run=True)
    tracemalloc.start()
    report = run(spec, tmp_path / "s.zarr", dry_run=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.blocks_run == report.blocks >= 3_000_000
    assert peak < 8e6


def test_the_largest_sweep_is_looked_at_at_once(tmp_path):
    report = run(sweep(2**40, 1, design="random"), tmp_path / "s.zarr", dry_run=True, array_task=(3, 7))
    assert report.blocks_run == len(range(3, 2**40, 7))
