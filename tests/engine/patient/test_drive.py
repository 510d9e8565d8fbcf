"""The drive's table of a patient: against closed formulas and a console stepped through many patterns."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from counterpulse.engine.compile.layout import LANES, allocate
from counterpulse.engine.integration.lanes import buffers
from counterpulse.engine.laws.balloon import fill
from counterpulse.engine.laws.heart import ATRIUM_HILL, VENTRICLE_HILL, double_hill, effective_period
from counterpulse.engine.names.signals import Drive
from counterpulse.engine.patient.clock import Timing
from counterpulse.engine.patient.drive import FINENESS, GAS, LAID, NOTHING, RAMPS, Tables, lay, tabulate
from counterpulse.engine.periodic.solve import CURVES

STEPS, LANE = 192, 5
VENTRICLES, ATRIA, VOLUME, RATE = range(len(Drive._fields))


def timing(period: float = 0.8, balloon: int = NOTHING, **own: float) -> Timing:
    nothing = Timing(period, 1.0, effective_period(period, 1.0), 0.16, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    if balloon == NOTHING:
        return nothing._replace(**own)
    ramps = nothing._replace(
        balloon_volume=40.0, inflation_start=0.3, deflation_start=period, inflation_time=0.1, deflation_time=0.12
    )
    gas = {"gas_pressure": 250.0, "gas_vacuum": -150.0, "gas_time": 0.03} if balloon == GAS else {}
    return ramps._replace(**{**gas, **own})


def table(one: Timing, stood: int = NOTHING, grid: np.ndarray | None = None) -> np.ndarray:
    """Give one lane's rows of the drive, from a grid of zeros or from one in use."""
    grid = buffers(STEPS, "float64").grid if grid is None else grid
    tables = allocate(Tables, rows=2 * STEPS + 1)
    tables.values[:] = np.nan
    tables.stood[LANE] = stood
    tables.drawn[LANE] = tabulate(tables.values[LANE], one, STEPS, CURVES)
    lay(grid, tables, np.full(LANES, STEPS))
    assert (tables.drawn == LAID).all()
    return grid.reshape(-1, len(Drive._fields), LANES)[:, :, LANE].copy()


@pytest.mark.parametrize("period", [0.33, 0.6, 0.8, 1.4, 2.0])
@pytest.mark.parametrize(("lead", "stretch"), [(0.16, 1.0), (0.3, 0.7), (0.05, 1.4), (0.2, 1.0)])
def test_activations_are_double_hill_curves_with_what_is_left_of_the_beat_before(period, lead, stretch):
    beats = 2
    effective = effective_period(period, stretch)
    found = table(timing(period, atrial_lead=lead, effective_period=effective, beats=beats))
    times = np.linspace(0.0, beats * period, 2 * STEPS + 1)
    peaks = [
        max(double_hill(time, *hill) for time in np.linspace(0, 1, 20001)) for hill in (VENTRICLE_HILL, ATRIUM_HILL)
    ]
    for drive, hill, peak, ahead in zip(
        (VENTRICLES, ATRIA), (VENTRICLE_HILL, ATRIUM_HILL), peaks, (0.0, lead), strict=True
    ):
        # a rounding before an onset is not the end of the beat before
        since = (times + ahead + 1e-12) % period
        curve = [double_hill(t / effective, *hill) + double_hill((t + period) / effective, *hill) for t in since]
        np.testing.assert_allclose(found[:, drive], np.array(curve) / peak, atol=5e-5)
        points = np.arange(CURVES.shape[1]) * effective / FINENESS
        tabled = sum(np.interp(since + late, points, CURVES[drive]) for late in (0.0, period))
        np.testing.assert_allclose(found[:, drive], tabled, rtol=0, atol=2e-9)
    assert not found[:, [VOLUME, RATE]].any()


def stepped_gas(one: Timing, patterns: int = 60) -> np.ndarray:
    """Pressure of the gas: a console stepped through many patterns, half step by half step."""
    rows, pattern = 2 * STEPS, one.period * one.beats
    step = pattern / rows
    # finely sampled share of each half step in which the console fills; also what began patterns before
    points = (np.arange(rows * 1000) + 0.5) / 1000 * step
    opened = [
        (points >= one.inflation_start + n * pattern) & (points < one.deflation_start + n * pattern)
        for n in range(-4, 4)
    ]
    share = np.any(opened, axis=0).reshape(rows, 1000).mean(axis=1)
    decay = math.exp(-2.0 * step / one.gas_time)
    first = second = one.gas_vacuum
    result = np.empty(rows)
    for row in range(patterns * rows):
        result[row % rows] = second
        source = one.gas_vacuum + share[row % rows] * (one.gas_pressure - one.gas_vacuum)
        second = source + (second - source + (first - source) * 2.0 * step / one.gas_time) * decay
        first = source + (first - source) * decay
    return result


@pytest.mark.parametrize("beats", [1.0, 3.0])
@pytest.mark.parametrize("gas_time", [0.008, 0.03, 0.1])
@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (0.3, 0.8),
        (0.35, 0.95),  # into the next pattern, if of one beat
        (-0.11, 0.43),
        (0.3, 0.3005),  # within a half step
        (0.4, 0.3),  # never
        (0.1, 3.6),  # always
        (0.7999, 1.43),
    ],
)
def test_the_gas_is_that_of_a_console_that_was_stepped_through_many_patterns(begin, end, gas_time, beats):
    one = timing(0.8, GAS, beats=beats, inflation_start=begin, deflation_start=end, gas_time=gas_time)
    found = table(one)
    np.testing.assert_allclose(found[:-1, RATE], stepped_gas(one), atol=0.2)
    assert found[-1, RATE] == found[0, RATE]
    assert not found[:, VOLUME].any()


def test_the_gas_repeats_to_rounding_where_its_inflation_is_moved_by_whole_half_steps():
    step = 0.8 / (2 * STEPS)
    here, moved = (
        table(timing(0.8, GAS, inflation_start=0.3 + by * step, deflation_start=0.7 + by * step)) for by in (0, 111)
    )
    np.testing.assert_allclose(np.roll(here[:-1, RATE], 111), moved[:-1, RATE], atol=1e-9)


def test_a_balloon_of_ramps_has_their_volume_and_rate():
    one = timing(0.8, RAMPS)
    found = table(one)
    for row in range(0, 2 * STEPS + 1, 7):
        share, rate = fill(row * 0.8 / (2 * STEPS), 0.8, *one[5:9])
        assert found[row, [VOLUME, RATE]] == pytest.approx([40.0 * share, 40.0 * rate], abs=1e-9)


@pytest.mark.parametrize(("before", "after"), list(product((NOTHING, GAS, RAMPS), repeat=2)))
def test_a_table_does_not_depend_on_what_stood_in_its_place(before, after):
    grid = buffers(STEPS, "float64").grid
    grid[:] = 0.0
    table(timing(0.7, before), grid=grid)
    others = grid.reshape(-1, LANES).copy()
    np.testing.assert_array_equal(table(timing(0.9, after), before, grid), table(timing(0.9, after)))
    others[:, LANE] = grid.reshape(-1, LANES)[:, LANE]
    np.testing.assert_array_equal(grid.reshape(-1, LANES), others)


def test_lanes_of_different_steps_are_laid_together_and_none_beyond_its_own():
    grid = buffers(STEPS, "float64").grid
    tables, steps = allocate(Tables, rows=2 * STEPS + 1), np.arange(STEPS - LANES, STEPS)
    kinds = [(NOTHING, GAS, RAMPS)[lane % 3] for lane in range(LANES)]
    for lane in range(0, LANES, 2):
        one = timing(0.6 + 0.01 * lane, kinds[lane])
        tables.drawn[lane] = tabulate(tables.values[lane], one, steps[lane], CURVES)
    lay(grid, tables, steps)
    laid = grid.reshape(-1, len(Drive._fields), LANES)
    for lane in range(LANES):
        end = 2 * steps[lane] + 1
        expected = tables.values[lane, :, :end].T if lane % 2 == 0 else 0.0
        np.testing.assert_array_equal(laid[:end, :, lane], expected)
        assert not laid[end:, :, lane].any()


def test_a_patient_gone_astray_has_no_table():
    assert not table(timing(math.nan, GAS)).any()
    assert not table(timing(math.inf, RAMPS)).any()
