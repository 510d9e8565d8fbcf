"""Searches among the samples of a pattern, in vectors or across lanes, against loops and numpy's own."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.compile.layout import LANES
from counterpulse.engine.measure.beat import is_ever_open, lowest, systole
from counterpulse.engine.measure.end_systole import PLACES, UNSTRESSED, find_end_systoles
from counterpulse.engine.measure.interpolation import (
    SMOOTH,
    crossing,
    extrapolate,
    extreme,
    integral,
    next_move,
    place_of_extreme,
    total,
)
from counterpulse.engine.names.outcomes import Samples

STEPS = 112
RANGES = [(0, 112), (0, 1), (5, 5), (7, 40), (-60, 31), (-112, 112), (90, 113), (112, 113), (-60, 150)]
"""First sample and the one after the last: inside the pattern, none, and beyond its ends."""


def patterns() -> list[np.ndarray]:
    """Signals of both signs: rough, smooth, and with long runs of one value."""
    random = np.random.default_rng(5)
    smooth = 20.0 * np.cos(2.0 * np.pi * (np.arange(STEPS) - 17.3) / STEPS) - 5.0
    return [random.normal(size=STEPS), smooth, -40.0 - smooth, np.repeat(random.normal(size=STEPS // 16), 16)]


def within(start: int, stop: int) -> np.ndarray:
    """Places of samples start..stop-1."""
    return np.arange(start, stop) % STEPS


@pytest.mark.parametrize(("start", "stop"), RANGES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_extreme_is_the_first_of_the_largest_or_smallest(start, stop, sign):
    for signal in patterns():
        chosen = sign * signal[within(start, stop)]
        wanted = start + (int(chosen.argmax()) if chosen.size else 0)
        assert place_of_extreme(signal, sign, start, stop) == wanted
        if wanted in (start, stop - 1):
            assert extreme(signal, sign, start, stop) == signal[wanted % STEPS]


def test_an_extreme_among_zeros_of_both_signs_and_infinities_is_found():
    signal = np.array([-1.0, -0.0, 0.0, -np.inf, 1e-310, -1e-310, 3.0, np.inf, 2.0] * 4)
    assert place_of_extreme(signal, 1.0, 0, 7) == 6
    assert place_of_extreme(signal, 1.0, 0, signal.size) == 7
    assert place_of_extreme(signal, -1.0, 0, signal.size) == 3
    assert place_of_extreme(signal, 1.0, 3, 6) == 4


@pytest.mark.parametrize(("start", "stop"), RANGES)
def test_a_valve_moves_next_where_neighbours_differ(start, stop):
    for gradient in patterns():
        is_open = gradient > 0.0
        moves = [at for at in range(start, stop) if is_open[at % STEPS] != is_open[(at + 1) % STEPS]]
        assert next_move(gradient, start, stop) == (moves[0] if moves else stop)
        if stop > start:
            assert is_ever_open(gradient, start, stop) == is_open[within(start, stop)].any()
        least = extreme(gradient, -1.0, start, stop)
        kinks = [extrapolate(gradient, at, crossing(gradient, at)) for at in moves]
        assert lowest(gradient, gradient, gradient, start, stop) == min([least, *kinks])


@pytest.mark.parametrize("before", [0, 20, 60])
@pytest.mark.parametrize("allowed", [10, 50, STEPS - 1])
def test_systole_is_the_longest_run_that_begins_in_time(before, allowed):
    for shift in range(0, STEPS, 9):
        for pattern in patterns():
            gradient = np.roll(pattern, shift)
            is_open = gradient > 0.0
            runs: list[list[int]] = []
            for at in range(-before, STEPS):
                if is_open[at % STEPS]:
                    if runs and runs[-1][1] == at - 1:
                        runs[-1][1] = at
                    else:
                        runs.append([at, at])
            runs = [[first, last] for first, last in runs if first < allowed and last >= 0]
            wanted = max(runs, key=lambda run: run[1] - run[0], default=[0, -1])
            assert list(systole(gradient, 0, before, STEPS, allowed)) == wanted


@pytest.mark.parametrize(("start", "stop"), RANGES)
def test_sums_and_integrals_are_those_of_numpy(start, stop):
    for signal in patterns():
        assert total(signal, start, stop) == pytest.approx(signal[within(start, stop)].sum(), abs=1e-11)
        if stop - start > 2:
            begin = start + 0.3
            times = np.concatenate([[begin], np.arange(int(begin) + 1, stop + 1)])
            values = np.concatenate([[0.7], signal[times[1:].astype(int) % STEPS]])
            wanted = np.trapezoid(values, times)
            if values.size > SMOOTH:
                slopes = np.gradient(values[1:], edge_order=2)
                bend = np.diff(values[1:4], 2)[0]
                wanted -= (slopes[-1] - slopes[0] + (times[1] - begin) ** 3 * bend) / 12.0
            assert integral(signal, begin, 0.7, stop) == pytest.approx(wanted, abs=1e-11)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("beats", [1, 2, 3])
def test_end_systole_of_every_lane_is_where_the_ratio_is_largest(precision, beats):
    """Also where the volume falls below V0, and where lanes differ in their steps, and a beat is not a whole number of
    the steps taken at a time."""
    random = np.random.default_rng(beats)
    per_beat = random.integers(40, 51, LANES)
    steps = per_beat * beats
    trace = np.zeros((steps.max() + 1, len(Samples._fields), LANES), precision)
    phase = 2.0 * np.pi * (np.arange(steps.max() + 1)[:, None] / per_beat - random.random(LANES))
    trace[:, Samples._fields.index("lv_pressure")] = 60.0 + 55.0 * np.cos(phase)
    trace[:, Samples._fields.index("lv_volume")] = 60.0 - random.uniform(20.0, 50.0, LANES) * np.cos(phase - 0.6)
    table = np.zeros((PLACES + 3, LANES))
    table[UNSTRESSED] = np.where(np.arange(LANES) % 4 == 0, 45.0, 5.0)
    find_end_systoles(trace.reshape(-1), steps, beats, table)
    rows = Samples(*np.moveaxis(trace.astype(float), 1, 0))
    ratio = rows.lv_pressure / (rows.lv_volume - table[UNSTRESSED])
    for lane, n in enumerate(per_beat):
        wanted = ratio[: n * beats, lane].reshape(beats, n).argmax(axis=1) + n * np.arange(beats)
        np.testing.assert_array_equal(table[PLACES : PLACES + beats, lane], wanted)
    assert (rows.lv_volume < table[UNSTRESSED]).any()
