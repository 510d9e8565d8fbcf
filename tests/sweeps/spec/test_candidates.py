"""Index to patient: the same bytes whatever the slicing, and the distributions that were asked for."""

import itertools
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.design.unit_cube import UNIT_CUBES
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.spec.spec import Spec

RANDOMISED = tuple(UNIT_CUBES)
DESIGNS = (*RANDOMISED, "grid")

VARY = {
    "systemic_resistance": {"low": 0.6, "high": 2.0},
    "heart_rate": {"mean": 100, "sd": 12},
    "lv_elastance": {"median": 0.66, "sigma": 0.25},
    "female": {"choice": [0, 1]},
}


def sweep(design: str = "sobol", patients: int = 4096, **more: Any) -> Spec:
    content = {"cohort": "ami-cs", "patients": patients, "seed": 7, "design": design, "vary": VARY}
    return from_canonical(content | {"arms": {"off": {}}} | more)


def rows(spec: Spec) -> xr.Dataset:
    return candidates(spec, 0, spec.patients)


def same_bytes(left: xr.Dataset, right: xr.Dataset) -> bool:
    return list(left) == list(right) and all(
        left[name].values.tobytes() == right[name].values.tobytes() for name in left
    )


MIXTURE = {"cohort": {"ami-cs": 3, "adhf": 2, "healthy": 1}, "scale": {"lv_mass": 0.5}}
REFINED = {"refine": {"axes": ["systemic_resistance", "heart_rate"], "plain_share": 0.2, "cells": [[0, 3], [10, 1]]}}


@pytest.mark.parametrize(
    ("design", "more"),
    [
        *((design, {}) for design in (*DESIGNS, "saltelli", "morris")),
        *((design, MIXTURE) for design in RANDOMISED),
        *((design, REFINED) for design in ("sobol", "random")),
    ],
)
def test_any_slicing_gives_the_same_bytes(design: str, more: dict[str, Any]):
    spec = sweep(design, **more)
    whole = rows(spec)
    stops = [0, 1, 2, 3, 7, 64, 65, 1000, 1001, 2048, 3333, spec.patients - 1, spec.patients, spec.patients]
    for start, stop in itertools.pairwise(stops):
        part, expected = candidates(spec, start, stop), whole.isel(patient=slice(start, stop))
        assert part.identical(expected)
        assert same_bytes(part, expected)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_same_spec_gives_the_same_patients_and_another_seed_others(design: str):
    assert same_bytes(rows(sweep(design)), rows(sweep(design)))
    assert same_bytes(rows(sweep(design)), rows(sweep(design, seed=8))) is (design == "grid")


@pytest.mark.parametrize("design", ["sobol", "random"])
def test_patients_can_grow(design: str):
    few, many = sweep(design, 1000), sweep(design, 5000)
    assert few.hash() == many.hash()
    assert same_bytes(rows(few), candidates(many, 0, 1000))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_order_of_vary_and_how_a_sweep_is_executed_do_not_matter(design: str):
    turned = dict(reversed(VARY.items()))
    other = sweep(design, vary=turned, run={"block": 17}, name="other", response={"helps_output_gain": 0.2})
    assert same_bytes(rows(sweep(design)), rows(other))


@pytest.mark.parametrize("design", DESIGNS)
def test_every_variable_is_a_parameter_with_units(design: str):
    drawn = rows(sweep(design, 64))
    assert drawn["index"].dtype == np.int64
    assert np.array_equal(drawn["index"], np.arange(drawn.sizes["patient"]))
    declared = {"cohort_definitions": '{"ami-cs": "haemodynamic"}', "cohort_shock": '{"ami-cs": true}'}
    assert drawn.attrs == {"cohort": "ami-cs", "seed": 7, "design": design, **declared}
    for name, variable in drawn.data_vars.items():
        assert variable.dims in (("patient",), ())
        assert variable.attrs["long_name"]
        if name != "index":
            assert variable.dtype == np.float64
            assert variable.attrs["units"] == PARAMETERS[str(name)].units


def test_indices_outside_the_sweep_are_refused():
    spec = sweep(patients=100)
    for start, stop in ((-1, 3), (5, 4), (0, 101)):
        with pytest.raises(ValueError, match="indices"):
            candidates(spec, start, stop)


def test_a_sobol_design_does_not_warn(recwarn: pytest.WarningsRecorder):
    rows(sweep("sobol", 1000))
    assert not recwarn.list


@pytest.mark.parametrize("design", RANDOMISED)
class TestMarginals:
    """Against the distributions of scipy, inside the clipping."""

    def test_uniform(self, design: str):
        drawn = rows(sweep(design))["systemic_resistance"].values
        assert stats.kstest(drawn, stats.uniform(0.6, 1.4).cdf).pvalue > 1e-4
        assert drawn.min() >= 0.6
        assert drawn.max() <= 2.0

    def test_normal(self, design: str):
        drawn = rows(sweep(design))["heart_rate"].values
        self.check_clipped(drawn, stats.norm(100, 12), 70, 130)

    def test_lognormal(self, design: str):
        drawn = rows(sweep(design))["lv_elastance"].values
        ends = 0.66 * np.exp([-2.5 * 0.25, 2.5 * 0.25])
        self.check_clipped(drawn, stats.lognorm(0.25, scale=0.66), *ends)

    def test_choice(self, design: str):
        drawn = rows(sweep(design))["female"].values
        assert set(drawn) == {0, 1}
        assert abs(drawn.mean() - 0.5) < 5 * 0.5 / np.sqrt(drawn.size)

    @staticmethod
    def check_clipped(drawn: Any, law: Any, low: float, high: float) -> None:
        assert drawn.min() == pytest.approx(low, rel=1e-12)
        assert drawn.max() == pytest.approx(high, rel=1e-12)
        inside = np.sort(drawn)
        share = (np.arange(inside.size) + 0.5) / inside.size
        kept = (inside > low) & (inside < high)
        assert np.abs(law.cdf(inside[kept]) - share[kept]).max() < 2.2 / np.sqrt(drawn.size)
        assert (~kept).mean() == pytest.approx(2 * stats.norm.sf(2.5), abs=5e-3)


class TestGrid:
    def test_is_every_combination_of_levels_once(self):
        spec = sweep("grid", 200)
        drawn = rows(spec)
        levels = {name: np.unique(drawn[name]) for name in VARY}
        assert [levels[name].size for name in VARY] == [5, 5, 5, 2]
        assert spec.patients == 250
        names = [name for name in PARAMETERS if name in VARY]
        expected = list(itertools.product(*(levels[name] for name in names)))
        assert list(zip(*(drawn[name].values for name in names), strict=True)) == expected

    def test_levels_are_equally_spaced_over_the_range(self):
        drawn = rows(sweep("grid", 200))
        np.testing.assert_allclose(np.unique(drawn.systemic_resistance), np.linspace(0.6, 2.0, 5), rtol=1e-14)
        np.testing.assert_allclose(np.unique(drawn.heart_rate), np.linspace(70, 130, 5), rtol=1e-14)
        ends = 0.66 * np.exp([-2.5 * 0.25, 2.5 * 0.25])
        np.testing.assert_allclose(np.unique(drawn.lv_elastance), np.geomspace(*ends, 5), rtol=1e-14)

    def test_the_rest_is_at_the_median_of_the_cohort(self):
        drawn = rows(sweep("grid", 200))
        assert drawn.stressed_volume.ndim == 0
        assert float(drawn.stressed_volume) == pytest.approx(cohorts.load()["ami-cs"].law["stressed_volume"].median)

    def test_one_level_is_the_middle(self):
        drawn = rows(sweep("grid", 1, vary={"age": {"low": 40, "high": 60}, "lv_mass": {"median": 150, "sigma": 0.1}}))
        assert drawn.sizes["patient"] == 1
        assert float(drawn.age[0]) == 50
        assert float(drawn.lv_mass[0]) == pytest.approx(150)


@pytest.mark.parametrize("design", RANDOMISED)
def test_vary_makes_independent_and_leaves_the_other_correlations(design: str):
    def correlation(drawn: xr.Dataset, one: str, other: str) -> float:
        return float(np.corrcoef(np.log(drawn[one]), np.log(drawn[other]))[0, 1])

    lawful = rows(sweep(design, 8192, vary={}))
    varied = rows(sweep(design, 8192))
    noise = 5 / np.sqrt(8192)
    for name in ("stressed_volume", "lv_mass", "la_elastance"):
        assert abs(correlation(lawful, "lv_elastance", name)) > 0.3
        assert abs(correlation(varied, "lv_elastance", name)) < noise
        assert abs(correlation(varied, "systemic_resistance", name)) < noise
    for one, other in (("stressed_volume", "rv_elastance"), ("lv_mass", "aortic_size")):
        assert correlation(varied, one, other) == pytest.approx(correlation(lawful, one, other), abs=0.05)


@pytest.mark.slow
def test_a_block_is_quick_and_small():
    spec = sweep("sobol", 2**30)
    candidates(spec, 0, 16)  # imports, direction numbers
    for design in RANDOMISED:
        spec = sweep(design, 2**30)
        seconds = []
        for _ in range(3):
            start = time.process_time()
            candidates(spec, 2**29 + 5, 2**29 + 5 + 131_072)
            seconds.append(time.process_time() - start)
        # 0.08 s measured; three times the 0.3 s promised, for a loaded machine
        assert min(seconds) < 0.9, design
        tracemalloc.start()
        drawn = candidates(spec, 2**29, 2**29 + 10_000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 6 * drawn.nbytes
