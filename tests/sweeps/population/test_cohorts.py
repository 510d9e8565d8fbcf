"""The populations: data that carry their provenance, laws inside the physical ranges, correlations as declared."""

import copy
import itertools
import re
import tomllib
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import counterpulse as cp
from counterpulse.engine.names.conditions import DEVICE_PARAMETERS
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.population import cohorts

FILE = Path(cohorts.__file__).with_name("cohorts.toml")
RAW = tomllib.loads(FILE.read_text(encoding="utf-8"))

WINDOWS = {  # MAP, CO, PCWP, CVP, from the table the populations were designed on
    "healthy": ((75, 108), (4, 8), (4, 13), (1, 8)),
    "scai-b": ((60, 86), (3, 6), (11, 26), (4, 15)),
    "ami-cs": ((50, 80), (2.4, 4.6), (15, 35), (6, 20)),
    "scai-d": ((44, 68), (2, 4), (16, 37), (8, 22)),
    "scai-e": ((38, 60), (1.5, 3.4), (17, 38), (9, 25)),
    "adhf": ((58, 92), (2.4, 4.6), (18, 38), (7, 22)),
    "rv-failure": ((50, 80), (1.9, 3.9), (6, 19), (12, 27)),
    "acute-mr": ((52, 84), (2.1, 4.2), (17, 36), (6, 19)),
    "vsd": ((52, 84), (2, 4.2), (11, 26), (7, 20)),
    "severe-ar": ((62, 96), (3.2, 6), (12, 30), (3, 14)),
    "high-risk-pci": ((75, 112), (3.2, 6), (9, 26), (2, 13)),
    "refractory-ischaemia": ((70, 112), (3.2, 6.2), (10, 28), (2, 13)),
}
ALSO = {  # the table's last column
    "rv-failure": {"central_venous_pressure/wedge_pressure": (0.8, inf)},
    "acute-mr": {"mitral_regurgitant_volume": (20, inf)},
    "vsd": {"shunt_ratio": (1.5, 4)},
    "severe-ar": {"diastolic_pressure": (-inf, 60), "aortic_regurgitant_volume": (35, inf)},
    "high-risk-pci": {"ejection_fraction": (-inf, 0.4)},
    "refractory-ischaemia": {"endocardial_reserve": (-inf, 0.1), "coronary_stenosis": (0.55, 0.85)},
}
CLIPPED_SD = 0.9887  # of a standard normal clipped at c = 2.5: var = 1 - 2 Q(c) - 2 c phi(c) + 2 c^2 Q(c)


def rows_with_numbers(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            nested = [each for each in value.values() if isinstance(each, dict)]
            if any(isinstance(each, int | float) for each in value.values()) or key in ("scales", "follows"):
                yield f"{path}.{key}", value if key not in ("scales", "follows") else table
            if nested:
                yield from rows_with_numbers(value, f"{path}.{key}")


def log_sd(values: Any) -> float:
    return float(np.log(values).std())


def test_every_number_carries_a_mark():
    found = dict(rows_with_numbers(RAW))
    assert len(found) > 60
    unmarked = [path for path, row in found.items() if not re.search(r"\[[SCMDX]\]", str(row.get("source", "")))]
    assert unmarked == []
    assert all(re.search(r"\[[SCMDX]\]", population["source"]) for population in RAW["cohorts"].values())


def test_names_are_those_of_the_file():
    assert cohorts.names() == list(RAW["cohorts"])


@pytest.mark.parametrize("name", cohorts.names())
def test_windows(name: str):
    keys = ("mean_arterial_pressure", "cardiac_output", "wedge_pressure", "central_venous_pressure")
    assert cohorts.window(name) == dict(zip(keys, WINDOWS[name], strict=True)) | ALSO.get(name, {})


def test_relief_of_ischaemia_is_help_where_ischaemia_is_the_reason():
    for name, cohort in cohorts.load().items():
        expected = "ischaemia-relief" if name == "refractory-ischaemia" else "haemodynamic"
        assert cohort.definition == expected


def test_a_window_can_be_changed_without_changing_the_cohort():
    cohorts.window("adhf").clear()
    assert cohorts.window("adhf")


@pytest.mark.parametrize("name", cohorts.names())
class TestLaw:
    def test_stays_inside_the_physical_ranges(self, name: str):
        cohort = cohorts.load()[name]
        for parameter in cohort.law:
            low, high = PARAMETERS[parameter].physical
            least, most = cohort.bounds(parameter)
            assert low <= least <= most <= high, parameter

    def test_bounds_are_those_of_the_corners(self, name: str):
        cohort = cohorts.load()[name]
        latents = cohort.latents()
        corners = np.random.default_rng(0).integers(0, 2, (len(latents), 20_000)) * (1 - 2e-12) + 1e-12
        extremes = cohort.parameters(dict(zip(latents, corners, strict=True)))
        for parameter, values in extremes.items():
            least, most = cohort.bounds(parameter)
            assert least - 1e-9 * abs(least) - 1e-9 <= values.min()
            assert values.max() <= most + 1e-9 * abs(most) + 1e-9
            if cohort.law[parameter].varies and most > 0:
                # a parameter hangs on three variables at most, so every corner of its own is among the 20,000
                assert values.max() == pytest.approx(most, rel=1e-9)

    def test_is_at_its_medians_in_the_middle(self, name: str):
        cohort = cohorts.load()[name]
        middle = cohort.parameters({latent: np.array(0.5) for latent in cohort.latents()})
        assert {parameter: float(value) for parameter, value in middle.items()} == pytest.approx(
            {parameter: row.median for parameter, row in cohort.law.items()}
        )

    def test_varies_about_two_dozen_parameters_of_the_patient(self, name: str):
        cohort = cohorts.load()[name]
        varying = [parameter for parameter, row in cohort.law.items() if row.varies]
        assert 20 <= len(varying) <= 32
        assert not DEVICE_PARAMETERS & set(cohort.law)

    def test_spreads_as_declared(self, name: str):
        drawn = cp.sample(name, 8192, seed=3)
        size = cohorts.load()[name].factors["body_size"]
        for parameter in ("lv_elastance", "systemic_resistance", "pulmonary_resistance", "stressed_volume"):
            row = cohorts.load()[name].law[parameter]
            assert np.median(drawn[parameter]) == pytest.approx(row.median, rel=0.01)
            expected = CLIPPED_SD * np.hypot(row.sigma, size)
            assert log_sd(drawn[parameter]) == pytest.approx(expected, rel=0.03)
        assert log_sd(drawn["lv_mass"]) == pytest.approx(CLIPPED_SD * size, rel=0.02)

    def test_body_size_correlates_what_it_scales(self, name: str):
        drawn = cp.sample(name, 8192, seed=3)
        size = cohorts.load()[name].factors["body_size"]
        for one, other in itertools.combinations(("lv_elastance", "stressed_volume", "aortic_size"), 2):
            spread = []
            for parameter in (one, other):
                spread.append(np.hypot(cohorts.load()[name].law[parameter].sigma, size))
            sign = -1 if "lv_elastance" in (one, other) else 1
            expected = sign * size**2 / (spread[0] * spread[1])
            assert np.corrcoef(np.log(drawn[one]), np.log(drawn[other]))[0, 1] == pytest.approx(expected, abs=0.05)

    def test_bodies_keep_their_shape(self, name: str):
        drawn = cp.sample(name, 100)
        np.testing.assert_allclose(
            drawn["weight"] / 80, (drawn["body_surface_area"] / 1.9) ** 1.5, rtol=1e-12, err_msg="weight^(2/3)"
        )
        np.testing.assert_allclose(drawn["lv_mass"] / 150, drawn["body_surface_area"] / 1.9, rtol=1e-12)


def test_the_healthy_are_young_and_their_right_heart_follows_their_filling():
    drawn = cp.sample("healthy", 8192, seed=5)
    assert drawn.age.min() >= 25
    assert drawn.age.max() <= 60
    assert float(drawn.age.mean()) == pytest.approx(42.5, abs=0.5)
    # freed of body size, the exponent is stressed volume to the power 1.2
    size = np.log(drawn.lv_mass / 150)
    exponent = np.log(drawn.rv_stiffness_exponent / 0.028) + size
    filling = np.log(drawn.stressed_volume / float(np.median(drawn.stressed_volume))) - size
    assert np.corrcoef(exponent, filling)[0, 1] == pytest.approx(1, abs=1e-9)
    assert np.polyfit(filling, exponent, 1)[0] == pytest.approx(1.2, rel=1e-6)


def test_what_follows_a_varied_parameter_keeps_its_own_law():
    cohort = cohorts.load()["healthy"]
    assert "stressed_volume" in cohort.latents({"stressed_volume"})
    assert "stressed_volume" not in cohort.latents({"stressed_volume", "rv_stiffness_exponent"})
    assert "heart_rate" not in cohort.latents({"heart_rate"})
    assert "body_size" not in cohort.latents(set(cohort.law))


class TestSample:
    def test_is_as_promised(self):
        patients = cp.sample("adhf", 1000, seed=1)
        assert patients.sizes == {"patient": 1000}
        assert (patients.attrs["cohort"], patients.attrs["seed"]) == ("adhf", 1)
        assert np.array_equal(patients["index"], np.arange(1000))
        assert patients.identical(cp.sample("adhf", 1000, seed=1))
        assert not patients.equals(cp.sample("adhf", 1000, seed=2))

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"cohort": "adfh", "patients": 5}, ["'adfh'", "'adhf'"]),
            ({"cohort": 3, "patients": 5}, ["cohort", "3"]),
            ({"cohort": "adhf", "patients": 0}, ["patients", "0"]),
            ({"cohort": "adhf", "patients": 5.0}, ["patients", "5.0"]),
            ({"cohort": "adhf", "patients": True}, ["patients", "true"]),
            ({"cohort": "adhf", "patients": 5, "seed": -1}, ["seed", "-1"]),
            ({"cohort": "adhf", "patients": 5, "design": "soboll"}, ["'soboll'", "'sobol'"]),
        ],
    )
    def test_tells_a_mistake_in_one_line(self, refused: Any, arguments: dict[str, Any], words: list[str]):
        with refused(*words):
            cp.sample(**arguments)


def edited(path: str, value: Any) -> dict[str, Any]:
    content = copy.deepcopy(RAW)
    table = content
    *above, last = path.split("/")
    for key in above:
        table = table.setdefault(key, {})
    if value is None:
        del table[last]
    else:
        table[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("law/heart_rate/source", "no mark", ["heart_rate"]),
        ("law/heart_rat", {"sigma": 0.1, "source": "[X]"}, ["'heart_rat'", "'heart_rate'"]),
        ("law/heart_rate/sigma", -0.1, ["heart_rate", "-0.1"]),
        ("law/heart_rate/sigma", "0.1", ["heart_rate", "'0.1'"]),
        ("law/heart_rate/sd", 5, ["heart_rate", "sigma, sd"]),
        ("law/heart_rate/low", 5, ["heart_rate", "low"]),
        ("law/heart_rate/scales", {"bodysize": 1}, ["heart_rate", "'bodysize'", "'body_size'"]),
        ("law/heart_rate/follows", {"stresed_volume": 1}, ["heart_rate", "'stresed_volume'"]),
        ("law/heart_rate/follows", {"age": 1}, ["heart_rate", "'age'"]),
        ("cohorts/adhf/window/wedge_presure", {"low": 1, "high": 2, "source": "[X]"}, ["adhf", "'wedge_pressure'"]),
        ("cohorts/adhf/window/wedge_pressure/low", 99, ["adhf", "99", "below"]),
        ("cohorts/adhf/window", {}, ["adhf", "window"]),
        ("cohorts/adhf/title", None, ["adhf", "missing"]),
        ("cohorts/adhf/law/age", {"median": 50, "low": 1, "high": 2, "source": "[X]"}, ["adhf", "age", "no median"]),
        ("cohorts/adhf/law/lv_elastance/median", 0, ["adhf", "lv_elastance", "above 0"]),
    ],
)
def test_a_mistake_in_the_file_is_told(refused: Any, path: str, value: Any, words: list[str]):
    with refused(*words):
        cohorts.resolve(edited(path, value))


def test_a_law_is_what_the_file_says_laid_over_what_all_share():
    healthy, adhf = cohorts.load()["healthy"], cohorts.load()["adhf"]
    assert (healthy.factors, adhf.factors) == ({"body_size": 0.13}, {"body_size": 0.10})
    assert (healthy.law["lv_elastance"].sigma, adhf.law["lv_elastance"].sigma) == (0.17, 0.14)
    assert (healthy.law["age"].low, healthy.law["age"].high, healthy.law["age"].sd) == (25, 60, 0)
    assert (adhf.law["age"].low, adhf.law["age"].median, adhf.law["age"].sd) == (None, 65, 10)
    assert adhf.law["systemic_resistance"].scales == {"body_size": -1}


@pytest.mark.parametrize(
    ("parameter", "row", "kept"),
    [
        ("age", {"median": 60}, {"median": 60, "sd": 10}),
        ("age", {"sigma": 0.1}, {"median": 65, "sigma": 0.1}),
        ("age", {"low": 50, "high": 60}, {"low": 50, "high": 60}),
        ("age", {"choice": [50, 60, 60]}, {"choice": [50, 60, 60]}),
        ("age", {"scales": {"body_size": 0.1}}, {"median": 65, "sd": 10, "scales": {"body_size": 0.1}}),
        ("heart_rate", {"median": 80, "sd": 4}, {"median": 80, "sd": 4}),
    ],
)
def test_a_spread_replaces_the_spread_below(parameter: str, row: dict[str, Any], kept: dict[str, Any]):
    resolved = cohorts.resolve(edited(f"cohorts/adhf/law/{parameter}", row | {"source": "[X]"}))
    assert resolved["adhf"].law[parameter].row() == kept
