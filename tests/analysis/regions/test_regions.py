"""Rules in words: planted regions come back, noise gives none, shares are those of the patients not fitted on."""

import json

import numpy as np
import pytest
import xarray as xr
from answer_checks import check_answer
from click.testing import CliRunner
from scipy.stats import binomtest, fisher_exact, hypergeom

from counterpulse.analysis.numbers.held_out import between, fit_share
from counterpulse.analysis.numbers.intervals import number_of
from counterpulse.analysis.reading import stream
from counterpulse.analysis.reading.measures import measure
from counterpulse.analysis.regions import counts as region_counts
from counterpulse.analysis.regions import evidence as region_evidence
from counterpulse.analysis.regions.evidence import SIGNIFICANT, stood
from counterpulse.analysis.regions.region_figure import region_figure
from counterpulse.analysis.regions.rules import Axis, round_cuts
from counterpulse.analysis.regions.search import FITTED, regions
from counterpulse.analysis.regions.words import in_words, of_all, preamble, rule_in_words, sentences
from counterpulse.analysis.response.classify import Response, classify, judge
from counterpulse.analysis.response.comparison import Comparison
from counterpulse.analysis.words.places import each_along
from counterpulse.cli.group import commands
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import PARAMETERS


@pytest.fixture
def planted(dataset):
    """Make patients of whom most are helped in one corner, with some numbers that say nothing."""

    def make(patients, seed=0, inside=0.9, outside=0.15, **more):
        random = np.random.default_rng(seed)
        resistance, rate = random.uniform(0.6, 2.0, patients), random.uniform(60, 150, patients)
        corner = (resistance >= 1600 / 1333.22) & (rate < 95)
        helped = random.random(patients) < np.where(corner, inside, outside)
        output = random.normal(4, 0.5, patients).clip(2)
        people = dataset(
            {"cardiac_output": output, "wedge_pressure": random.normal(20, 4, patients), **more},
            {"cardiac_output": output * np.where(helped, 1.2, 1.0), "wedge_pressure": 10.0},
            spec={"cohort": "ami-cs", "design": "random"},
        )
        columns = {"systemic_resistance": resistance, "heart_rate": rate, "age": random.normal(65, 10, patients)}
        for name, values in columns.items():
            people[name] = ("patient", values, {"units": PARAMETERS[name].units})
        return people

    return make


def test_limits_are_round_and_few():
    random = np.random.default_rng(0)
    for values in (random.uniform(800, 2700, 5000), random.normal(65, 10, 5000), random.lognormal(-5, 0.5, 5000)):
        cuts = round_cuts(values)
        assert 12 <= len(cuts) <= 40
        assert all(len(f"{cut:.12g}".replace(".", "").strip("0")) <= 3 for cut in cuts)
        assert np.quantile(values, 0.01) < cuts[0] < cuts[-1] < np.quantile(values, 0.99)
    assert round_cuts(np.repeat([1.0, 2.0, 3.0], 50)).tolist() == [1.5, 2.5]
    assert len(round_cuts(np.ones(100))) == 0


@pytest.mark.parametrize("method", ["prim", "tree"])
def test_a_planted_region_is_found_and_counted_on_the_others(planted, method):
    people = planted(8000)
    result = regions(people, method=method)
    (one,) = each_along(result, "rule")
    limits = {name: one[name].dropna("measurement").to_series().to_dict() for name in ("lower", "upper")}
    assert limits == {"lower": {"systemic_resistance": 1600.0}, "upper": {"heart_rate": 95.0}}
    assert "systemic vascular resistance above 1,600 dyn·s/cm⁵" in rule_in_words(one)
    assert "heart rate below 95/min" in rule_in_words(one)

    held = np.ones(8000, dtype=bool)
    held[~np.isin(np.arange(8000), between(slice(0, 8000), fit_share(people, FITTED), 1.0))] = False
    within = (people["systemic_resistance"].values * 1333.22 >= 1600) & (people["heart_rate"].values < 95) & held
    helped = classify(people)["response"].values == Response.HELPS
    members, patients, about = int(one["members"]), int(one["patients"]), result.attrs
    assert (members, patients) == ((within & helped).sum(), within.sum())
    assert (about["class_members"], about["counted"]) == ((held & helped).sum(), held.sum())
    shares = {"density": members / patients, "coverage": members / (held & helped).sum(), "size": patients / held.sum()}
    assert {name: float(one[name]) for name in shares} == pytest.approx(shares)
    assert about["counted"] + about["fitted"] == 8000
    interval = binomtest(members, patients).proportion_ci(method="wilson")
    assert number_of(one, "density") == pytest.approx((shares["density"], interval.low, interval.high), abs=1e-6)
    assert abs(shares["density"] - 0.9) < 4 * np.sqrt(0.9 * 0.1 / patients)
    assert number_of(one, "added") == number_of(one, "density")
    assert (one["added_members"], one["added_patients"]) == (members, patients)
    assert one["frequency"] > 0.5
    assert one["overlap"] > 0.9
    assert np.isfinite(one["lower_p10"].sel(measurement="systemic_resistance"))


@pytest.mark.slow
def test_noise_gives_no_rule(planted, monkeypatch):
    """On small stores, where a search finds something in any noise; without the demand on the size of an effect."""
    monkeypatch.setattr(region_evidence, "worth_telling", lambda *_: True)
    found = [regions(planted(400, seed, 0.4, 0.4), refits=0) for seed in range(150)]
    assert sum(each.attrs["tried"] > 0 for each in found) > 75  # the fit alone would have told most
    told = sum(each.sizes["rule"] > 0 for each in found)
    assert binomtest(told, 150, SIGNIFICANT, alternative="greater").pvalue > 1e-3


def test_the_test_is_that_of_fisher():
    patterns = np.zeros((2, len(Response)), dtype=np.int64)
    patterns[0, [Response.HELPS, Response.FAILS]] = 300, 700
    patterns[1, [Response.HELPS, Response.FAILS]] = 90, 60
    counts = region_counts.Counts(patterns.sum(axis=0), patterns, 0)
    shares = stood(counts, Response.HELPS, 1)[0]
    assert shares.p_value == pytest.approx(fisher_exact([[90, 60], [300, 700]], alternative="greater").pvalue)
    assert hypergeom.sf(10**5, 10**8, 10**7, 10**6) == pytest.approx(0.5, abs=0.01)  # also of a hundred million


def test_more_than_one_rule_and_what_each_adds(people):
    result = regions(people, refits=2)
    assert result.sizes["rule"] >= 1
    assert (result["density_low"] > of_all(result).high).all()
    assert result["added_members"].sum() == result.attrs["met_members"]
    assert (result["added_patients"] <= result["patients"]).all()


def test_the_same_whatever_the_chunks_and_pieces(people, tmp_path, monkeypatch):
    whole = regions(people, refits=2)
    path = tmp_path / "people.zarr"
    people.chunk(patient=3000).to_zarr(path, zarr_format=3, consolidated=False)
    monkeypatch.setattr(stream, "ROWS_READ", 9000)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 7000)
    for chunks in ({}, None):
        xr.testing.assert_identical(regions(xr.open_zarr(path, consolidated=False, chunks=chunks), refits=2), whole)


def test_bedside_rules_are_of_the_reference_arm(dataset):
    random = np.random.default_rng(1)
    wedge, systolic = random.normal(20, 5, 6000), random.normal(95, 8, 6000)
    diastolic = systolic - random.uniform(15, 60, 6000)
    helped = (systolic - diastolic < 30) & (random.random(6000) < 0.9)
    output = random.normal(4, 0.5, 6000).clip(2)
    people = dataset(
        {
            "wedge_pressure": wedge,
            "systolic_pressure": systolic,
            "diastolic_pressure": diastolic,
            "cardiac_output": output,
        },
        {"wedge_pressure": wedge - 1, "systolic_pressure": 70.0, "cardiac_output": output * np.where(helped, 1.3, 1.0)},
    )
    (one,) = each_along(regions(people, bedside=True, refits=0), "rule")
    assert rule_in_words(one) == "pulse pressure below 30 mmHg"
    rule = Comparison.of(people)
    np.testing.assert_allclose(measure(people, "pulse_pressure", rule).of(people), systolic - diastolic)


def test_harm_has_rules_of_its_own(people):
    result = regions(people, "harms", refits=0)
    assert "heart rate above" in rule_in_words(each_along(result, "rule")[0])
    assert "harmed in" in sentences(result)[0]


def test_moving_what_counts_as_help(planted):
    people = planted(8000)
    meant = region_counts.variants(people, Comparison.of(people), Response.HELPS)
    numbers = {words: rule.thresholds["helps_output_gain"] for words, rule in meant.items()}
    assert numbers["help at half the threshold"] == pytest.approx(0.05)
    assert numbers["help at twice the threshold"] == pytest.approx(0.2)
    harm = meant["harm at twice the threshold"].thresholds
    assert (harm["harms_wedge_gain"], harm["harms_limb_flow"]) == (4.0, 0.0)
    assert harm["harms_visceral_flow"] == pytest.approx(0.6)
    assert {"imamura", "sintek", "ischaemia-relief"} <= set(meant)
    assert [*region_counts.variants(people, Comparison.of(people), Response.HARMS)][1:] == [
        "harm at half the threshold",
        "harm at twice the threshold",
    ]

    (one,) = each_along(regions(people, refits=0), "rule")
    block = people.isel(patient=between(slice(0, 8000), 0.5, 1.0))
    within = (block["systemic_resistance"].values * 1333.22 >= 1600) & (block["heart_rate"].values < 95)
    response, _, _ = judge(block, Comparison.of(people, definition="sintek"))
    judged = one["variant_density"]
    assert judged.sel(variant="sintek") == pytest.approx((response == Response.HELPS)[within].mean())
    assert judged.sel(variant="as judged") == pytest.approx(one["density"].item())


def test_a_mixture_tells_the_cohort(planted):
    people = planted(8000, inside=0.1, outside=0.1)
    code = np.arange(8000) % 2
    better = (code == 1) & (np.random.default_rng(3).random(8000) < 0.8)
    output = people["cardiac_output"].values
    output[:, 1] = np.where(better, 1.3 * output[:, 0], output[:, 1])
    people["cohort"] = ("patient", code.astype(np.uint8), {"flag_values": [0, 1], "flag_meanings": "adhf ami-cs"})
    (one,) = each_along(regions(people, refits=0, definition="haemodynamic"), "rule")
    assert rule_in_words(one) in ("drawn from ami-cs", "not drawn from adhf")


def test_words_of_numbers_with_two_values(people):
    rule = Comparison.of(people)
    heart_rate = measure(people, "heart_rate", rule)
    assert Axis(heart_rate, 1.0, "/min", np.arange(60.0, 90)).words(60.0, 80.0) == "heart rate 60 to 80/min"
    people = people.assign(female=("patient", np.arange(20_000) % 2 * 1.0))
    assert Axis(measure(people, "female", rule), 1.0, "", np.array([0.5])).words(0.5, None) == "women"


def test_who_was_not_counted_is_said(people):
    result = regions(people.assign_attrs(blocks_missing=3), refits=0)
    lines = preamble(result)
    codes = np.bincount(classify(people)["response"].values, minlength=5)
    assert f"{codes[1]:,} failed, {codes[0]:,} outside the cohort" in lines[0]
    assert any("3 blocks are missing" in line for line in lines)
    spec = json.loads(people.attrs["spec"]) | {"design": "grid"}
    assert "grid" in regions(people.assign_attrs(spec=json.dumps(spec)), refits=0).attrs["notes"]


def test_a_number_that_is_not_finite_is_left_out(planted):
    people = planted(4000)
    people["age"][7] = np.nan
    result = regions(people, refits=0)
    assert result.attrs["unusable"] == "age" or result.attrs["unknown"] == 0  # left out, or never asked for
    assert result.sizes["rule"]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_all_are_alike_there_is_no_rule(planted, share, tmp_path):
    result = regions(planted(500, inside=share, outside=share))
    assert not result.sizes["rule"]
    check_answer(result, in_words, tmp_path)
    assert sentences(result)[0].startswith("No rule")
    region_figure(result)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"target": "help"}, "did you mean 'helps'"),
        ({"method": "cart"}, "allowed: prim, tree"),
        ({"definition": "imamra"}, "did you mean 'imamura'"),
    ],
)
def test_bad_names(planted, options, says):
    with pytest.raises(InputError, match=says):
        regions(planted(100), **options)


def test_nobody_to_compare_and_nothing_that_varies(planted, dataset):
    with pytest.raises(InputError, match="no patient of this store was compared"):
        regions(planted(200).assign(status=planted(200)["status"] * 0 + Status.NOT_CONVERGED))
    with pytest.raises(InputError, match="no parameter of this store varies"):
        regions(dataset({"cardiac_output": np.linspace(3, 5, 200)}, {}))
    with pytest.raises(InputError, match="patient of this store was compared"):
        regions(planted(1))


def test_the_command(planted, tmp_path, monkeypatch):
    import counterpulse.cli.regions as command

    monkeypatch.setattr(command, "opened", lambda store: planted(4000))
    plain = CliRunner().invoke(commands, ["regions", "any.zarr", "-o", str(tmp_path / "rules.png")])
    assert plain.exit_code == 0, plain.output
    assert "1. heart rate below 95/min and systemic vascular resistance above 1,600" in plain.stdout
    assert (tmp_path / "rules.png").stat().st_size > 10_000
    machine = CliRunner().invoke(commands, ["regions", "any.zarr", "--json"])
    content = json.loads(machine.stdout)
    upper = dict(zip(content["coords"]["measurement"]["data"], content["data_vars"]["upper"]["data"][0], strict=True))
    assert upper["heart_rate"] == 95.0
    assert content["figure"] is None
    refused = CliRunner().invoke(commands, ["regions", "any.zarr", "-o", str(tmp_path / "rules.xyz")])
    assert isinstance(refused.exception, InputError)
