"""Cohorts of one's own: read from a file beside the sweep, checked, and carried by the sweep from then on."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import counterpulse as cp
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.population.laws import Row
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical, load, parse
from counterpulse.sweeps.store.status import status

MINE = """
[cohorts.stiff]
title = "Shock in old and stiff arteries"
base = "ami-cs"

[cohorts.stiff.law]
age = { low = 75, high = 90 }
arterial_stiffness = { median = 1.4, source = "[X] a guess" }
peripheral_artery_disease = { share = 0.3 }
heart_rate = { median = 100 }
lv_mass = { choice = [150, 180, 180] }

[cohorts.stiff.window]
"central_venous_pressure/wedge_pressure" = { low = 0.2 }
wedge_pressure = { high = 30 }
age = { low = 76, high = 100 }

[cohorts.stiffer]
title = "The same, stiffer"
base = "stiff"
definition = "ischaemia-relief"
law = { arterial_stiffness = { median = 1.8 } }

[cohorts.plain]
title = "The shared law"
window = { cardiac_output = { low = 1 } }

[cohorts.bare]
title = "One patient repeated, but for the rate"
base = "defaults"
law = { heart_rate = { median = 70, sd = 5 } }
window = { cardiac_output = { low = 1 } }
"""
SWEEP = """
cohorts = "mine.toml"
cohort = "stiff"
patients = 64
seed = 3
[arms.off]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.toml").write_text(MINE)
    (tmp_path / "sweep.toml").write_text(SWEEP)
    return tmp_path


def read(text: str, folder: Path) -> dict[str, cohorts.Cohort]:
    (folder / "mine.toml").write_text(text)
    return cohorts.read_file(folder / "mine.toml")


def test_is_laid_over_its_base(folder: Path):
    stiff, base = cohorts.read_file(folder / "mine.toml")["stiff"], cohorts.load()["ami-cs"]
    assert (stiff.law["age"].low, stiff.law["age"].high, stiff.law["age"].sd) == (75, 90, 0)
    assert stiff.law["arterial_stiffness"].model_dump() == base.law["arterial_stiffness"].model_dump() | {"median": 1.4}
    assert stiff.law["lv_elastance"] == base.law["lv_elastance"]
    assert stiff.factors == base.factors
    assert stiff.window == base.window | {
        "central_venous_pressure/wedge_pressure": (0.2, None),
        "wedge_pressure": (None, 30),
        "age": (76, 100),
    }
    assert stiff.definition == "haemodynamic"


def test_may_be_laid_over_another_or_the_shared_law_or_nothing(folder: Path):
    mine = cohorts.read_file(folder / "mine.toml")
    assert mine["stiffer"].law["age"] == mine["stiff"].law["age"]
    assert mine["stiffer"].window == mine["stiff"].window
    assert mine["stiffer"].definition == "ischaemia-relief"
    assert mine["plain"].factors == {"body_size": 0.1}
    assert mine["plain"].law["lv_elastance"].sigma == 0.14
    assert set(mine["bare"].law) == {"heart_rate"}
    assert mine["bare"].factors == {}


def test_is_drawn_as_it_says(folder: Path):
    drawn = candidates(load(folder / "sweep.toml").model_copy(update={"patients": 4096}), 0, 4096)
    assert set(np.unique(drawn["peripheral_artery_disease"])) == {0, 1}
    assert float(drawn["peripheral_artery_disease"].mean()) == pytest.approx(0.3, abs=0.002)
    assert float((drawn["lv_mass"] == 180).mean()) == pytest.approx(2 / 3, abs=0.002)
    assert 75 <= drawn["age"].min() < drawn["age"].max() <= 90
    assert float(np.corrcoef(drawn["age"], drawn["peripheral_artery_disease"])[0, 1]) == pytest.approx(0, abs=0.02)


def test_shares_and_choices_are_in_the_middle_what_their_median_says(folder: Path):
    for cohort in cohorts.read_file(folder / "mine.toml").values():
        middle = cohort.parameters({latent: np.array(0.5) for latent in cohort.latents()})
        assert {name: float(value) for name, value in middle.items()} == pytest.approx(
            {name: row.median for name, row in cohort.law.items()}
        )


def test_travels_with_the_sweep(folder: Path):
    spec = load(folder / "sweep.toml")
    assert set(spec.cohorts) == {"stiff"}
    shutil.rmtree(folder)
    content = json.loads(json.dumps(spec.canonical(), allow_nan=False))
    again = from_canonical(content)
    assert again.canonical() == spec.canonical()
    assert again.hash() == spec.hash()
    assert candidates(again, 0, 64).identical(candidates(spec, 0, 64))


def test_a_base_that_is_named_counts_by_what_it_says(folder: Path):
    before = load(folder / "sweep.toml").hash()
    for old, new, same in [
        ("a guess", "a better guess", True),
        ("The same, stiffer", "Another", True),
        ("old and stiff", "stiff and old", True),
        ("low = 75", "low = 74", False),
        ("share = 0.3", "share = 0.31", False),
        ("low = 0.2", "low = 0.21", False),
        ("[150, 180, 180]", "[150, 180]", False),
    ]:
        assert old in MINE
        (folder / "mine.toml").write_text(MINE.replace(old, new))
        assert (load(folder / "sweep.toml").hash() == before) is same, old


def test_a_store_goes_on_without_the_file(folder: Path, in_this_process):
    sweep = folder / "sweep.toml"
    mixed = SWEEP.replace('"stiff"', "{ plain = 1, adhf = 1 }").replace("patients = 64", "patients = 16")
    sweep.write_text(f"{mixed}[run]\nblock = 8\nwarm_start = false\n")
    store = folder / "out.zarr"
    with in_this_process():
        cp.run(sweep, store)
    spec = json.loads(cp.open_store(store).attrs["spec"])
    (folder / "mine.toml").unlink()
    sweep.unlink()
    assert status(store).cohort == "50 % adhf, 50 % plain"
    with in_this_process():
        report = cp.run(from_canonical(spec | {"patients": 24}), store)
    assert (report.blocks, report.blocks_run) == (3, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[cohorts.stiff]", "[cohorts.adhf]", ["cohorts.adhf", "package"]),
        ("[cohorts.stiff]", "[cohorts.own]", ["'own'", "no name"]),
        ("[cohorts.stiff]", '[cohorts."a b"]', ["'a b'", "no name"]),
        ("[cohorts.stiff]", "[cohort.stiff]", ["'cohort'", "'cohorts'"]),
        (MINE, "", ["cohorts", "none given"]),
        (MINE, "cohorts = 3", ["cohorts", "none given"]),
        (MINE, "[cohorts]\nx = 3", ["cohorts.x", "3", "table"]),
        (MINE, "[cohorts.x", ["not valid TOML"]),
        (MINE, "x = " + "[" * 100_000, ["nested too deeply"]),
        ('title = "The shared law"', "", ["cohorts.plain.title", "missing"]),
        ('"The shared law"', '"a\\nb"', ["cohorts.plain.title", "line breaks"]),
        ('base = "ami-cs"', 'base = "ami-sc"', ["cohorts.stiff.base", "'ami-sc'", "'ami-cs'"]),
        ('base = "stiff"', 'base = "stiffer"', ["cohorts.stiffer.base", "'stiffer'", "'stiff'"]),
        ("ischaemia-relief", "ischemia-relief", ["cohorts.stiffer.definition", "'ischaemia-relief'"]),
        ("ischaemia-relief", "by-cohort", ["cohorts.stiffer.definition", "'by-cohort'"]),
        ("share = 0.3", "share = 1.3", ["cohorts.stiff.law.peripheral_artery_disease.share", "1.3"]),
        ("share = 0.3", "share = 0.0", ["peripheral_artery_disease.share", "0"]),
        ("share = 0.3", "share = nan", ["peripheral_artery_disease.share", "nan"]),
        ("share = 0.3", "median = 0.5", ["cohorts.stiff.law.peripheral_artery_disease", "0.5", "0, 1"]),
        ("share = 0.3", "median = 1, sd = 0.1", ["peripheral_artery_disease", "share or choice"]),
        ("share = 0.3", "share = 0.3, median = 1", ["peripheral_artery_disease", "no median"]),
        ("share = 0.3", "share = 0.3, scales = { body_size = 1 }", ["peripheral_artery_disease", "alone"]),
        ("peripheral_artery_disease = { share", "assist_ratio = { share", ["assist_ratio", "choice"]),
        ("peripheral_artery_disease = { share", "lv_elastance = { share", ["lv_elastance", "0 or 1"]),
        ("choice = [150, 180, 180]", "choice = []", ["cohorts.stiff.law.lv_mass.choice", "at least one"]),
        ("choice = [150, 180, 180]", "choice = [150, 18]", ["cohorts.stiff.law.lv_mass", "18 to 150", "40 to 800"]),
        ("choice = [150, 180, 180]", "choice = [150], sd = 3", ["cohorts.stiff.law.lv_mass", "sd, choice"]),
        ("median = 1.4", "median = 14", ["cohorts.stiff.law.arterial_stiffness", "0.25 to 5"]),
        ("arterial_stiffness = { median = 1.4", "arterial_stifness = { median = 1.4", ["'arterial_stiffness'"]),
        ("sd = 5", "sd = 50", ["cohorts.bare.law.heart_rate", "25 to 220"]),
        ("sd = 5", "sigma = 1e300", ["cohorts.bare.law.heart_rate", "factor of"]),
        ("sd = 5", "scales = { body_size = 1 }", ["cohorts.bare.law.heart_rate: scales", "'body_size'"]),
        ("sd = 5", "follows = { age = 1 }", ["cohorts.bare.law.heart_rate: follows", "'age'"]),
        ('base = "defaults"\n', 'base = "defaults"\nfactors = { age = { sigma = 0.1 } }\n', ["factors", "age"]),
        ('base = "defaults"\n', 'base = "defaults"\nfactors = { size = { sigma = 0 } }\n', ["factors.size.sigma", "0"]),
        ("window = { cardiac_output = { low = 1 } }", "", ["cohorts.plain", "window", "missing"]),
        ("high = 30", "", ["cohorts.stiff.window.wedge_pressure", "low, high, or both"]),
        ("low = 76", "low = 176", ["cohorts.stiff.window.age", "176", "below"]),
        ("/wedge_pressure", "/wedge_presure", ["window", "'wedge_pressure'"]),
        ("/wedge_pressure", "/age", ["window", "'age'"]),
        ("/wedge_pressure", "/", ["window", "''"]),
        ('"[X] a guess"', '"a guess"', ["cohorts.stiff.law.arterial_stiffness.source", "'a guess'"]),
    ],
)
def test_a_mistake_is_told_in_one_line_that_names_the_file(
    old: str, new: str, words: list[str], folder: Path, refused: Any
):
    assert old in MINE
    (folder / "mine.toml").write_text(MINE.replace(old, new))
    with refused(*words) as told:
        load(folder / "sweep.toml")
    assert str(told.value).startswith(f"{folder / 'sweep.toml'}: cohorts: {folder / 'mine.toml'}: ")
    assert len(str(told.value)) < 600


def test_a_file_that_is_not_there_or_too_large(folder: Path):
    (folder / "mine.toml").write_text("#" * 1_000_001)
    with pytest.raises(InputError, match=r"mine\.toml: larger than 1,000,000 bytes, no file of cohorts"):
        load(folder / "sweep.toml")
    (folder / "mine.toml").unlink()
    with pytest.raises(InputError, match=r"mine\.toml: no such file"):
        load(folder / "sweep.toml")
    (folder / "mine.toml").mkdir()
    with pytest.raises(InputError, match=r"mine\.toml: a directory"):
        load(folder / "sweep.toml")


def test_a_name_that_the_file_does_not_have(folder: Path):
    (folder / "sweep.toml").write_text(SWEEP.replace('"stiff"', '"stif"'))
    with pytest.raises(InputError, match="'stif' is not known; did you mean 'stiff'"):
        load(folder / "sweep.toml")


def test_may_stand_in_the_sweep_file_itself():
    inside = MINE.replace("[cohorts.stiff.law]", "[cohorts.stiff.law]\nage = 3", 1)
    assert parse(SWEEP.replace('cohorts = "mine.toml"\n', "") + MINE).cohort == "stiff"
    with pytest.raises(InputError):
        parse(SWEEP.replace('cohorts = "mine.toml"\n', "") + inside)


words = st.sampled_from(
    [
        *Row.model_fields,
        *cohorts.Population.model_fields,
        *list(PARAMETERS)[:8],
        *list(OUTCOMES)[:4],
        "cardiac_output/wedge_pressure",
        *("body_size", "ami-cs", "defaults", "one", "haemodynamic", "[X]", "female", "assist_ratio"),
    ]
)
scalars = st.one_of(
    words,
    st.text(max_size=8),
    st.booleans(),
    st.integers(-3, 200),
    st.floats(),
    st.sampled_from([0, 1, 40, 0.5, 1e-4, 10**400, -0.0, 2**63, 1e308, -1e308]),
)
numbers = st.one_of(st.floats(0, 2), st.floats(0.1, 120), scalars)
rows = st.one_of(
    st.fixed_dictionaries({"median": numbers}, optional={"sigma": numbers, "scales": st.just({"body_size": 1})}),
    st.fixed_dictionaries({"low": numbers, "high": numbers}),
    st.fixed_dictionaries({"share": numbers}),
    st.fixed_dictionaries({"choice": st.lists(numbers, max_size=3)}),
    st.dictionaries(st.sampled_from([*Row.model_fields]), numbers, max_size=4),
    st.fixed_dictionaries({"sd": numbers}, optional={"follows": st.dictionaries(words, numbers, max_size=2)}),
    scalars,
)
names = st.one_of(st.sampled_from([*PARAMETERS]), st.sampled_from([*OUTCOMES, "a/b", "cardiac_output/age"]), words)
tables = st.fixed_dictionaries(
    {"title": st.text(max_size=4)},
    optional={
        "base": st.sampled_from(["ami-cs", "defaults", "one", "nobody", 3]),
        "definition": st.sampled_from(["haemodynamic", "ischaemia-relief", "by-cohort", 3]),
        "factors": st.dictionaries(words, st.fixed_dictionaries({"sigma": numbers}), max_size=2),
        "law": st.dictionaries(names, rows, max_size=4),
        "window": st.dictionaries(names, st.dictionaries(st.sampled_from(["low", "high"]), numbers), max_size=3),
        "source": scalars,
    },
)


def refused_well(error: InputError) -> bool:
    return str(error).isprintable() and len(str(error)) < 600


@settings(suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.sampled_from(["one", "two", "a b", "own", ""]), st.one_of(tables, tables, scalars), max_size=2)
)
def test_whatever_a_cohort_says_it_is_read_or_refused_in_one_line(content: dict[str, Any]):
    known, refusal = {}, None
    try:
        known = cohorts.from_tables(content)
    except InputError as error:
        refusal = error
    assert refusal is None or refused_well(refusal)
    for name, cohort in known.items():
        spec = from_canonical({"cohorts": {name: cohort.content()}, "cohort": name, "patients": 8, "arms": {"off": {}}})
        json.dumps(spec.canonical(), allow_nan=False)
        assert from_canonical(spec.canonical()).hash() == spec.hash()
        drawn = candidates(spec, 0, 8)
        for parameter in cohort.law:
            low, high = PARAMETERS[parameter].physical
            slack = 1e-12 * max(abs(low), abs(high))
            assert np.all((drawn[parameter] >= low - slack) & (drawn[parameter] <= high + slack))


@settings(suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=60), st.integers(0, len(MINE)), st.integers(0, 40))
def test_whatever_the_bytes_of_a_file(tmp_path_factory: pytest.TempPathFactory, junk: bytes, place: int, cut: int):
    file = tmp_path_factory.getbasetemp() / "fuzz.toml"
    file.write_bytes(MINE.encode()[:place] + junk + MINE.encode()[place + cut :])
    refusal = None
    try:
        cohorts.read_file(file)
    except InputError as error:
        refusal = error
    assert refusal is None or (refused_well(refusal) and "fuzz.toml: " in str(refusal))
