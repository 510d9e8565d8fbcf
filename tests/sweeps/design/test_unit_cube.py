"""Points of the unit cube: any slice by itself, evenly spread, never on its faces."""

import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from counterpulse.sweeps.design.unit_cube import SOBOL_BITS, UNIT_CUBES, permuted, sobol


class TestSobol:
    @pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 1024), (1, 2), (511, 513), (100, 4100), (65_535, 65_540)])
    def test_is_a_slice_of_the_library_s_sequence(self, start: int, stop: int):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The balance properties of Sobol' points")
            engine = qmc.Sobol(25, scramble=True, bits=SOBOL_BITS, rng=np.random.default_rng(3))
            expected = engine.random(stop)[start:]
        drawn = sobol(3, 25, np.arange(start, stop), 2**40)
        assert np.array_equal(drawn, expected.T + 2.0 ** -(SOBOL_BITS + 1))

    def test_far_away_equals_walking_there(self):
        # scipy's fast_forward fails with more than 32 bits, so it walks
        engine = qmc.Sobol(3, scramble=True, bits=SOBOL_BITS, rng=np.random.default_rng(3))
        engine.random(2**21)
        drawn = sobol(3, 3, np.arange(2**21, 2**21 + 100), 2**40)
        assert np.array_equal(drawn, engine.random(100).T + 2.0 ** -(SOBOL_BITS + 1))

    def test_is_balanced(self):
        # a scrambled (0, m, 1)-net in each dimension: one point in each of 1024 strata
        drawn = sobol(0, 25, np.arange(1024), 1024)
        strata = np.sort(np.floor(drawn * 1024), axis=1)
        assert np.array_equal(strata, np.tile(np.arange(1024), (25, 1)))


class TestLatinHypercube:
    @pytest.mark.parametrize("patients", [1, 2, 3, 5, 16, 100, 1009])
    def test_has_one_point_in_each_stratum(self, patients: int):
        cube = UNIT_CUBES["latin-hypercube"](4, 6, np.arange(patients), patients)
        strata = np.sort(np.floor(cube * patients), axis=1)
        assert np.array_equal(strata, np.tile(np.arange(patients), (6, 1)))

    @pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 31, 32, 33, 1000, 65_537])
    def test_permutes(self, count: int):
        keys = np.random.default_rng(count).integers(0, 2**63, 8).astype(np.uint64)
        moved = permuted(np.arange(count, dtype=np.uint64), count, keys)
        assert np.array_equal(np.sort(moved), np.arange(count))

    def test_permutations_look_random(self):
        # over many keys each of the 24 permutations of 4 and each place of 0 among 10 is about equally frequent
        rng = np.random.default_rng(0)
        for count, cells in ((4, 24), (10, 10)):
            seen: dict[tuple[int, ...], int] = {}
            for _ in range(4800):
                keys = rng.integers(0, 2**63, 8).astype(np.uint64)
                moved = permuted(np.arange(count, dtype=np.uint64), count, keys)
                place = tuple(int(number) for number in (moved if count == 4 else moved[:1]))
                seen[place] = seen.get(place, 0) + 1
            assert len(seen) == cells
            assert stats.chisquare(list(seen.values())).pvalue > 1e-4

    def test_dimensions_are_not_correlated(self):
        cube = UNIT_CUBES["latin-hypercube"](1, 20, np.arange(4096), 4096)
        correlation = np.corrcoef(cube) - np.eye(20)
        assert np.abs(correlation).max() < 5 / np.sqrt(4096)


class TestRandom:
    def test_is_uniform_and_independent(self):
        cube = UNIT_CUBES["random"](1, 5, np.arange(20_000), 20_000)
        assert min(stats.kstest(row, "uniform").pvalue for row in cube) > 1e-4
        assert np.abs(np.corrcoef(cube) - np.eye(5)).max() < 5 / np.sqrt(20_000)
        lagged = np.corrcoef(cube[0, :-1], cube[0, 1:])[0, 1]
        assert abs(lagged) < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("design", UNIT_CUBES)
def test_the_unit_cube_is_open(design: str):
    cube = UNIT_CUBES[design](0, 8, np.arange(50_000), 50_000)
    assert cube.min() > 0
    assert cube.max() < 1
