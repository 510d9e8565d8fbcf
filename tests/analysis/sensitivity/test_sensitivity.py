"""Sensitivity on functions whose indices are known, laid out row by row as the designs are, and against SALib."""

import numpy as np
import pytest
import xarray as xr
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn
from SALib.analyze import sobol as salib_sobol
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

from counterpulse.analysis.sensitivity import designs as sensitivity_designs
from counterpulse.analysis.sensitivity.indices import sensitivity
from counterpulse.analysis.sensitivity.words import leading_table, ranked, sentences
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import PARAMETERS

NAMES = (
    "heart_rate",
    "age",
    "weight",
    "lv_elastance",
    "systemic_resistance",
    "aortic_size",
    "lv_mass",
    "stressed_volume",
)
ISHIGAMI = {"first": [0.31390, 0.44241, 0.0, 0.0], "total": [0.55759, 0.44241, 0.24368, 0.0]}
"""Of a = 7, b = .1 with a fourth parameter that does nothing (Ishigami and Homma 1990; Sobol and Levitan 1999)."""

STEP = 2 / 3
"""Length of a step of Morris's design on four levels, in the unit cube."""

WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])


def ishigami(x):
    x = np.pi * (2 * x - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(x):
    return np.prod((np.abs(4 * x - 2) + WEIGHTS) / (1 + WEIGHTS), axis=1)


def sobol_g_indices():
    """Saltelli and Sobol 1995: the variance of a product is the product of 1 + V_i, less 1."""
    own = 1 / (3 * (1 + WEIGHTS) ** 2)
    whole = np.prod(1 + own) - 1
    return own / whole, own * np.prod(1 + own) / (1 + own) / whole


def problem(count):
    return {"num_vars": count, "names": list(NAMES[:count]), "bounds": [[0, 1]] * count}


def saltelli(count, base, seed=0):
    return sobol_sample.sample(problem(count), base, calc_second_order=False, seed=seed)


@pytest.fixture
def laid_out(dataset):
    """Patients with unit parameters in the order of NAMES, and an outcome of them in both arms."""

    def make(unit, values, design="saltelli", spec=None, **status):
        result = dataset({"cardiac_output": values}, {"cardiac_output": 2 * values}, spec=spec, **status)
        for name, column in zip(NAMES, unit.T, strict=False):
            result[name] = ("patient", column, {"units": PARAMETERS[name].units})
        return result.assign_attrs(design=design)

    return make


def in_order(result, index, outcome="cardiac_output"):
    names = [name for name in NAMES if name in result["parameter"].values]
    return result[index].sel(outcome=outcome, parameter=names).values


@pytest.mark.parametrize("index", ["first", "total"])
def test_sobol_of_ishigami(laid_out, index):
    unit = saltelli(4, 4096)
    result = sensitivity(laid_out(unit, ishigami(unit)), ["cardiac_output"])
    assert result.attrs["method"] == "sobol"
    np.testing.assert_allclose(in_order(result, index), ISHIGAMI[index], atol=0.01)
    low, high = in_order(result, f"{index}_low"), in_order(result, f"{index}_high")
    assert ((low <= ISHIGAMI[index]) & (ISHIGAMI[index] <= high)).all()
    assert (high - low < 0.12).all()
    np.testing.assert_allclose(in_order(result, f"{index}_half"), ISHIGAMI[index], atol=0.03)


def test_sobol_of_sobol_g(laid_out):
    unit = saltelli(8, 8192)
    result = sensitivity(laid_out(unit, sobol_g(unit)), ["cardiac_output"])
    for index, exact in zip(("first", "total"), sobol_g_indices(), strict=True):
        np.testing.assert_allclose(in_order(result, index), exact, atol=0.015)
    assert ranked(result, "cardiac_output")["parameter"].values[:3].tolist() == ["heart_rate", "age", "weight"]


def test_sobol_is_that_of_salib_also_where_the_mean_is_far_from_zero(laid_out):
    unit = saltelli(4, 512)
    values = ishigami(unit) + 1e4
    result = sensitivity(laid_out(unit, values), ["cardiac_output"])
    other = salib_sobol.analyze(problem(4), values, calc_second_order=False, seed=1)
    np.testing.assert_allclose(in_order(result, "first"), other["S1"], atol=1e-8)
    np.testing.assert_allclose(in_order(result, "total"), other["ST"], atol=1e-8)
    own = (in_order(result, "total_high") - in_order(result, "total_low")) / 2
    np.testing.assert_allclose(own[:3], other["ST_conf"][:3], rtol=0.5)


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_groups_that_the_design_moved_are_those_of_salib(laid_out, method):
    # the third and fourth together, then the others alone
    grouped = problem(4) | {"groups": ["a", "b", "both", "both"]}
    spec = {"vary": dict.fromkeys(NAMES[:4]), "groups": {"both": list(NAMES[2:4])}}
    if method == "sobol":
        unit = sobol_sample.sample(grouped, 512, calc_second_order=False, seed=0)
        other = salib_sobol.analyze(grouped, ishigami(unit), calc_second_order=False, seed=1)
        expected = {"first": other["S1"], "total": other["ST"]}
    else:
        unit = morris_sample.sample(grouped, 64, num_levels=4, seed=0)
        other = salib_morris.analyze(grouped, unit, ishigami(unit), num_levels=4, seed=1)
        expected = {"mu_star": other["mu_star"] * STEP}
    design = {"sobol": "saltelli", "morris": "morris"}[method]
    result = sensitivity(laid_out(unit, ishigami(unit), design=design, spec=spec), ["cardiac_output"])
    for index, values in expected.items():
        found = result[index].sel(outcome="cardiac_output", parameter=[*NAMES[:2], "both"])
        np.testing.assert_allclose(found, values, atol=1e-8)
    assert result["moves"].sel(parameter="both") == ", ".join(NAMES[2:4])
    assert result.attrs["tied"] == 0
    assert any("groups of parameters together (both)" in line for line in sentences(result))


def test_intervals_hold_the_truth_as_often_as_they_say(laid_out):
    """On base samples that are independent, so that the intervals are neither too wide nor too narrow."""
    held = []
    for seed in range(30):
        a, b = np.random.default_rng(seed).random((2, 1000, 3))
        mixed = [np.where(np.arange(3) == place, b, a) for place in range(3)]
        unit = np.stack([a, *mixed, b], axis=1).reshape(-1, 3)
        result = sensitivity(laid_out(unit, ishigami(unit)), ["cardiac_output"])
        for index in ("first", "total"):
            low, high = in_order(result, f"{index}_low"), in_order(result, f"{index}_high")
            held += ((low <= ISHIGAMI[index][:3]) & (ISHIGAMI[index][:3] <= high)).tolist()
    assert 0.89 < np.mean(held) < 0.99


def test_failed_rows_take_their_base_sample_with_them_and_nothing_else(laid_out):
    unit = saltelli(4, 2048)
    values = ishigami(unit)
    status = np.ones(len(unit))
    bad = np.array([0, 7, 8, 3000])  # four rows of three base samples of six rows
    status[bad] = Status.NO_DIASTOLE
    people = laid_out(unit, np.where(status == 1, values, np.nan), status=(1, status))
    result = sensitivity(people, ["cardiac_output", "cardiac_output_difference"])
    np.testing.assert_allclose(in_order(result, "total", "cardiac_output_difference"), ISHIGAMI["total"], atol=0.02)
    assert result["used"].values.tolist() == [2045, 2045]  # NaN beside the status ok is a failure too
    assert result["failed"].values.tolist() == [3, 3]
    whole = np.delete(values.reshape(-1, 6), bad // 6, axis=0).ravel()
    other = salib_sobol.analyze(problem(4), whole, calc_second_order=False, seed=1)
    np.testing.assert_allclose(in_order(result, "first"), other["S1"], atol=1e-8)
    assert any("3 left out for a failed row" in line for line in sentences(result))


def test_an_outcome_of_one_arm_does_not_suffer_from_the_other(laid_out):
    unit = saltelli(3, 256)
    status = np.where(np.arange(len(unit)) == 11, Status.NO_DIASTOLE, 1)
    result = sensitivity(laid_out(unit, ishigami(unit), status=(1, status)), ["cardiac_output", "cardiac_output@iabp"])
    assert result["failed"].values.tolist() == [0, 1]
    np.testing.assert_allclose(result["total"][:, 0], result["total"][:, 1], atol=0.02)


def test_the_same_whatever_the_pieces(laid_out, tmp_path, monkeypatch):
    unit = saltelli(4, 512)
    people = laid_out(unit, ishigami(unit))
    whole = sensitivity(people, ["cardiac_output", "helps"])
    people.chunk(patient=500).to_zarr(tmp_path / "s.zarr", zarr_format=3, consolidated=False)
    whole_store = sensitivity_designs.row_slices
    monkeypatch.setattr(sensitivity_designs, "row_slices", lambda dataset: whole_store(dataset, 1000))
    for chunks in ({}, None):
        stored = xr.open_zarr(tmp_path / "s.zarr", consolidated=False, chunks=chunks)
        xr.testing.assert_allclose(sensitivity(stored, ["cardiac_output", "helps"]), whole, rtol=1e-9)


def test_an_unfinished_store_gives_the_base_samples_that_are_there(laid_out):
    unit = saltelli(4, 2048)
    run = np.arange(len(unit)) >= 5000
    status = np.where(run, Status.OK, Status.NOT_RUN)
    people = laid_out(
        np.where(run[:, None], unit, np.nan), np.where(run, ishigami(unit), np.nan), status=(status, status)
    )
    result = sensitivity(people.assign_attrs(blocks_missing=5, blocks=12), ["cardiac_output"])
    assert int(result["not_run"][0]) == 834  # base sample 833 has rows on both sides
    assert int(result["used"][0]) == 2048 - 834
    np.testing.assert_allclose(in_order(result, "total"), ISHIGAMI["total"], atol=0.03)
    assert any("5 blocks are missing" in line for line in sentences(result))


def test_the_probability_of_help(laid_out):
    """Help where output rises by a tenth: the gain is a step of one parameter, which then explains all of it."""
    unit = saltelli(3, 512)
    people = laid_out(unit, np.full(len(unit), 4.0))
    people["cardiac_output"][:, 1] = np.where(unit[:, 1] > 0.7, 5.0, 4.0)
    result = sensitivity(people, ["helps"])
    np.testing.assert_allclose(in_order(result, "total", "helps"), [0, 1, 0], atol=0.05)


def test_what_moves_together_is_one_row_and_said_to_be(laid_out):
    unit = saltelli(3, 4096)
    people = laid_out(unit, ishigami(unit))
    people["lv_mass"] = people["age"] * 2  # a shared factor behind both
    result = sensitivity(people, ["cardiac_output"])
    assert result["moves"].values.tolist() == ["heart_rate", "age, lv_mass", "weight"]
    assert any("and a step moves several at once in 1 of" in line for line in sentences(result))
    np.testing.assert_allclose(result["total"][:, 0], ISHIGAMI["total"][:3], atol=0.03)


def test_morris_of_a_linear_function(laid_out):
    unit = morris_sample.sample(problem(4), 50, num_levels=4, seed=3)
    slopes = np.array([3.0, -2.0, 0.5, 0.0])
    result = sensitivity(laid_out(unit, unit @ slopes, "morris"), ["cardiac_output"])
    assert result.attrs["method"] == "morris"
    np.testing.assert_allclose(in_order(result, "mu_star"), np.abs(slopes) * STEP, atol=1e-9)
    np.testing.assert_allclose(in_order(result, "mu"), slopes * STEP, atol=1e-9)
    np.testing.assert_allclose(in_order(result, "sigma"), 0, atol=1e-6)


def test_morris_is_that_of_salib_whatever_the_law_of_a_parameter(laid_out):
    unit = morris_sample.sample(problem(4), 200, num_levels=4, seed=3)
    values = ishigami(unit)
    other = salib_morris.analyze(problem(4), unit, values, num_levels=4, seed=1)
    result = sensitivity(laid_out(np.exp(3 * unit), values, "morris"), ["cardiac_output"])
    for index in ("mu_star", "mu", "sigma"):
        np.testing.assert_allclose(in_order(result, index), np.asarray(other[index], float) * STEP, atol=1e-9)
    own = (in_order(result, "mu_star_high") - in_order(result, "mu_star_low")) / 2
    np.testing.assert_allclose(own, np.asarray(other["mu_star_conf"], float) * STEP, rtol=0.3, atol=1e-9)


def test_morris_with_a_parameter_of_two_values_which_not_every_step_moves(laid_out):
    unit = morris_sample.sample(problem(4), 60, num_levels=4, seed=3)
    unit[:, 1] = unit[:, 1] > 0.9
    result = sensitivity(laid_out(unit, unit @ np.array([3.0, -2.0, 0.5, 0.0]), "morris"), ["cardiac_output"])
    moved = np.abs(np.diff(unit[:, 1].reshape(60, 5), axis=1)).sum() / 60
    assert 0.3 < moved < 0.7
    np.testing.assert_allclose(in_order(result, "mu_star"), [3 * STEP, 2 * moved, 0.5 * STEP, 0], atol=1e-9)
    np.testing.assert_allclose(in_order(result, "mu")[1], -2 * moved, atol=1e-9)


def test_morris_leaves_out_trajectories_with_a_failed_row(laid_out):
    unit = morris_sample.sample(problem(4), 50, num_levels=4, seed=3)
    status = np.where(np.arange(len(unit)) == 12, Status.NO_DIASTOLE, 1)
    values = np.where(status == 1, unit @ np.array([3.0, -2.0, 0.5, 0.0]), np.nan)
    result = sensitivity(laid_out(unit, values, "morris", status=(status, status)), ["cardiac_output"])
    assert (int(result["used"][0]), int(result["failed"][0])) == (49, 1)
    np.testing.assert_allclose(in_order(result, "mu_star"), np.array([3, 2, 0.5, 0]) * STEP, atol=1e-9)


def test_given_data_of_ishigami(laid_out):
    unit = np.random.default_rng(5).random((20_000, 4))
    result = sensitivity(laid_out(unit, ishigami(unit), "random"), ["cardiac_output"])
    assert result.attrs["method"] == "given-data"
    first, low, high = (in_order(result, name) for name in ("first", "first_low", "first_high"))
    np.testing.assert_allclose(first, ISHIGAMI["first"], atol=0.02)
    assert (low[2:] <= 0).all()
    assert (high[2:] >= 0).all()
    pawn = in_order(result, "pawn")
    other = salib_pawn.analyze(problem(4), unit, ishigami(unit), S=10)["median"]
    np.testing.assert_allclose(pawn, other, atol=0.01)
    assert pawn[2] > 2 * float(result["pawn_by_chance"][0]) > 1.5 * pawn[3]  # x3 acts through an interaction alone


def test_a_group_holds_the_interaction_of_its_members(laid_out):
    unit = np.random.default_rng(6).random((40_000, 4))
    groups = {"first and third": ["heart_rate", "weight"], "noise": ["lv_elastance", "weight"]}
    result = sensitivity(laid_out(unit, ishigami(unit), "random"), ["cardiac_output"], groups=groups)
    of_group = result["first"].sel(outcome="cardiac_output")
    assert float(of_group.sel(parameter="first and third")) == pytest.approx(0.31390 + 0.24368, abs=0.02)
    assert float(of_group.sel(parameter="noise")) == pytest.approx(0, abs=0.02)


def test_given_data_with_a_parameter_of_two_values(laid_out):
    random = np.random.default_rng(7)
    unit = random.random((10_000, 3))
    unit[:, 1] = unit[:, 1] < 0.2
    values = 2 * unit[:, 1] + random.normal(size=10_000)
    result = sensitivity(laid_out(unit, values, "random"), ["cardiac_output"])
    assert in_order(result, "first")[1] == pytest.approx(0.64 / 1.64, abs=0.02)  # variance 4 * .2 * .8 beside 1


def test_correlation_is_said(laid_out):
    unit = np.random.default_rng(8).random((5000, 3))
    unit[:, 2] = (unit[:, 1] + unit[:, 2]) / 2
    lines = sentences(sensitivity(laid_out(unit, unit @ np.ones(3), "random"), ["cardiac_output"]))
    assert any("1 pairs of parameters are correlated" in line and "age and weight" in line for line in lines)
    unit = np.random.default_rng(8).random((5000, 3))
    assert not any("correlated" in line for line in sentences(sensitivity(laid_out(unit, unit[:, 0], "random"))))


def test_a_window_is_said(laid_out):
    unit = np.random.default_rng(8).random((500, 2))
    people = laid_out(unit, unit[:, 0], "sobol", spec={"window": True})
    assert any("window is applied" in line for line in sentences(sensitivity(people, ["cardiac_output"])))


def test_the_first_table_of_a_page_has_the_leading_index_of_all_outcomes(people):
    result = sensitivity(people)
    table = leading_table(result, top=2)
    assert [row[0] for row in table.rows] == ranked(result, "helps")["label"].values[:2].tolist()
    assert len(table.head) == 1 + result.sizes["outcome"]
    first = ranked(result, "helps")["first"].values[0]
    assert table.rows[0][1].startswith(f"{first:.2g} (")


def test_a_store_of_one_arm_answers_what_it_can(laid_out):
    unit = saltelli(3, 64)
    alone = laid_out(unit, ishigami(unit)).isel(arm=[0])
    assert "cardiac_output" in sensitivity(alone)["outcome"].values
    with pytest.raises(InputError, match="compares two arms, and this store has off alone"):
        sensitivity(alone, ["helps"])


def test_an_outcome_that_is_the_same_in_all(laid_out):
    unit = saltelli(3, 64)
    result = sensitivity(laid_out(unit, ishigami(unit)), ["cardiac_output", "wedge_pressure"])
    assert np.isnan(result["total"].sel(outcome="wedge_pressure")).all()
    assert any("wedge_pressure: 64 base samples; no index" in line for line in sentences(result))
    assert ranked(result, "cardiac_output")["parameter"].values[0] in ("heart_rate", "age")


def test_refused(laid_out):
    unit = saltelli(3, 64)
    people = laid_out(unit, ishigami(unit))
    cases = [
        (people, {"outcomes": ["cardiac_outptu"]}, "did you mean 'cardiac_output'"),
        (people, {"outcomes": ["cardiac_output@iapb"]}, "did you mean 'iabp'"),
        (people, {"method": "sobl"}, "did you mean 'sobol'"),
        (people, {"groups": {"a": ["age"]}}, "give --method given-data"),
        (people, {"groups": {"a": ["agee"]}, "method": "given-data"}, "did you mean 'age'"),
        (people, {"groups": {"age": ["age"]}, "method": "given-data"}, "the name of a parameter"),
        (people.assign_attrs(spec='{"window": true}'), {}, "applies the cohort's window"),
        (people.isel(patient=slice(0, 1)), {"method": "given-data"}, "1 patients with a result, at least"),
        (people.isel(patient=slice(0, 1)), {}, "not those of a saltelli design"),
        (people.isel(patient=slice(0, 60)), {}, "12 base samples"),
        (people.isel(patient=np.random.default_rng(0).permutation(320)), {}, "not those of a saltelli design"),
        (people, {"method": "morris"}, "not those of a morris design"),
        (people.drop_vars(NAMES[:3]), {}, "no parameter differs"),
        (laid_out(unit, ishigami(unit), status=(3, 3)), {}, "64 failed"),
        (laid_out(unit, ishigami(unit), status=(0, 0)), {}, "no patient of this store has been run yet"),
    ]
    for dataset, arguments, says in cases:
        with pytest.raises(InputError, match=says) as caught:
            sensitivity(dataset, **{"outcomes": ["cardiac_output"], **arguments})
        assert "\n" not in str(caught.value)
