"""Buckberg 1972: supply and demand of the subendocardium as the areas between the pressure curves of one beat."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.simulation import simulate
from counterpulse.engine.traces import waveforms
from counterpulse.sweeps.simulate import sample

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}


@pytest.fixture(scope="module")
def patients() -> xr.Dataset:
    return sample("ami-cs", 6, seed=41)


def test_the_indices_are_the_areas_between_the_curves(patients):
    """Within the half step, 2 ms, to which a picture tells the closure."""
    result = simulate(patients, ARMS, tolerance=1e-5)
    for patient in range(patients.sizes["patient"]):
        beat = waveforms(patients.isel(patient=patient), ARMS, samples=6000, tolerance=1e-5)
        for arm in ARMS:
            root, lv = (beat[name].sel(arm=arm).values for name in ("aortic_pressure", "lv_pressure"))
            step = float(beat.time[1])
            closure = np.flatnonzero(lv[: lv.size * 3 // 4] > root[: lv.size * 3 // 4])[-1] + 1
            found = result.isel(patient=patient).sel(arm=arm)
            assert found.dpti.item() == pytest.approx((root - lv)[closure:].sum() * step, rel=0.015)
            assert found.spti.item() == pytest.approx(lv[:closure].sum() * step, rel=0.015)
            assert found.sevr.item() == pytest.approx(found.dpti.item() / found.spti.item(), rel=1e-12)


def test_a_balloon_raises_supply_over_demand_and_a_fast_heart_lowers_it(patients):
    rates = [simulate(patients.drop_vars("heart_rate").assign(heart_rate=rate), ARMS) for rate in (70.0, 130.0)]
    for result in rates:
        assert (result.sevr.sel(arm="iabp") > result.sevr.sel(arm="off")).all()
    assert (rates[1].sevr < rates[0].sevr).all()
