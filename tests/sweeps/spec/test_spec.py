"""The sweep file: what is read, what is refused and how, what the hash depends on."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pydantic
import pytest

from counterpulse.engine.errors import InputError
from counterpulse.engine.names.outcomes import Status
from counterpulse.sweeps.population.distributions import Choice, Lognormal, Normal, Uniform
from counterpulse.sweeps.population.thresholds import RESPONSE_DEFAULTS
from counterpulse.sweeps.simulate import simulate
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical, load, parse
from counterpulse.sweeps.spec.spec import Spec

EXAMPLES = Path(__file__).parents[3] / "examples"

HEAD = 'cohort = "ami-cs"\npatients = 100\n'
ARMS = "[arms.off]\n[arms.iabp]\nballoon_volume = 40\n"
GOOD = HEAD + ARMS


def mixed(weights: str) -> str:
    return GOOD.replace('"ami-cs"', f"{{ {weights} }}")


FULL = """
name = "Where does a 40 mL balloon help in infarct shock?"
cohort = "ami-cs"
patients = 131_072
window = false
seed = 7
design = "sobol"
regulation = "open-loop"
precision = "float64"
store_precision = "float64"
reference = "off"

[vary]
systemic_resistance = { low = 0.6, high = 2.0 }
heart_rate = { mean = 100, sd = 10 }
lv_elastance = { median = 0.66, sigma = 0.2 }
assist_ratio = { choice = [1, 2, 3] }

[arms.iabp]
balloon_volume = 40
[arms.off]

[run]
block = 16_384
tolerance = 1e-3
max_failed_share = 0.02

[scale]
septal_gain_left = 2

[rhythm]
most_beats = 2_000

[response]
helps_output_gain = 0.2

[waveforms]
patients = 64
"""


def test_a_full_file_is_read_as_written():
    spec = parse(FULL)
    assert spec.patients == 131072
    assert spec.vary == {
        "systemic_resistance": Uniform(low=0.6, high=2.0),
        "heart_rate": Normal(mean=100, sd=10),
        "lv_elastance": Lognormal(median=0.66, sigma=0.2),
        "assist_ratio": Choice(choice=(1, 2, 3)),
    }
    assert list(spec.arms) == ["iabp", "off"]
    assert spec.reference_arm == "off"
    assert (spec.run.block, spec.run.tolerance, spec.run.max_failed_share) == (16384, 1e-3, 0.02)
    assert spec.response == RESPONSE_DEFAULTS | {"helps_output_gain": 0.2}
    assert spec.waveforms.patients == 64
    assert spec.store_precision == "float64"
    assert spec.blocks == 8


def test_what_is_left_out_has_its_default():
    spec = parse(GOOD)
    assert spec.reference_arm == "off"
    assert (spec.seed, spec.design, spec.regulation) == (0, "sobol", "open-loop")
    assert (spec.precision, spec.store_precision) == ("float64", "float32")
    assert (spec.run.block, spec.run.tolerance, spec.run.max_failed_share) == (16384, 5e-4, 0.01)
    assert (spec.rhythm.tolerance, spec.rhythm.most_beats) == (1e-2, 3000)
    assert spec.response == RESPONSE_DEFAULTS
    assert spec.waveforms.patients == 0


@pytest.mark.parametrize(
    ("added", "applied"),
    [
        ("", True),
        ("[vary]\n", True),
        ("[vary]\nage = { low = 30, high = 80 }\n", False),
    ],
)
def test_the_window_is_applied_unless_something_is_varied(added: str, applied: bool):
    assert parse(GOOD + added).applies_window is applied
    assert parse("window = true\n" + GOOD + added).applies_window
    assert not parse("window = false\n" + GOOD + added).applies_window


def test_blocks_cover_every_patient_once():
    spec = parse(GOOD + "[run]\nblock = 30\n")
    assert spec.blocks == 4
    assert parse(GOOD + "[run]\nblock = 50\n").blocks == 2
    assert parse(GOOD + "[run]\nblock = 1000\n").blocks == 1


def test_the_spec_is_frozen():
    spec = parse(GOOD)
    with pytest.raises(pydantic.ValidationError):
        spec.seed = 3


# what is wrong, the file, and words the one line must have: where, what was given, what is allowed or the nearest match
BAD = {
    "empty": ("", ["cohort", "missing"]),
    "not TOML": ("cohort = \n", ["not valid TOML", "line 1"]),
    "not TOML at all": ("{ 'cohort': 1 }", ["not valid TOML"]),
    "duplicate key": ("seed = 1\nseed = 2\n" + GOOD, ["not valid TOML", "line 2"]),
    "duplicate arm": (GOOD + "[arms.off]\n", ["not valid TOML", "arms"]),
    "duplicate key of an arm": (HEAD + "[arms.a]\nage = 50\nage = 51\n", ["not valid TOML"]),
    "nested too deeply": ("x = " + "[" * 50_000, ["nested too deeply"]),
    "integer of 5000 digits": ("seed = " + "9" * 5000, ["not valid TOML"]),
    "impossible date": ("seed = 2021-02-31\n" + GOOD, ["not valid TOML"]),
    "misspelt key": ("desing = 'sobol'\n" + GOOD, ["'desing'", "'design'"]),
    "unknown key": ("zzz = 1\n" + GOOD, ["'zzz'"]),
    "key of 100,000 letters": ("a" * 100_000 + " = 1\n" + GOOD, ["not known"]),
    "no cohort": ("patients = 100\n" + ARMS, ["cohort", "missing"]),
    "no patients": ("cohort = 'adhf'\n" + ARMS, ["patients", "missing"]),
    "unknown cohort": (GOOD.replace("ami-cs", "ami-sc"), ["cohort", "'ami-sc'", "'ami-cs'"]),
    "cohort of the wrong type": (GOOD.replace('"ami-cs"', "3"), ["cohort", "3", "text"]),
    "cohorts in a list": (GOOD.replace('"ami-cs"', '["ami-cs"]'), ["cohort", "['ami-cs']"]),
    "patients in quotes": (GOOD.replace("100", '"100"'), ["patients", "'100'", "integer"]),
    "patients true": (GOOD.replace("100", "true"), ["patients", "true", "integer"]),
    "patients with a fraction": (GOOD.replace("100", "100.0"), ["patients", "100.0", "integer"]),
    "no patient": (GOOD.replace("100", "0"), ["patients", "0", "greater than 0"]),
    "patients negative": (GOOD.replace("100", "-5"), ["patients", "-5"]),
    "too many patients": (GOOD.replace("100", "1_099_511_627_777"), ["patients", "1099511627777", "1099511627776"]),
    "patients NaN": (GOOD.replace("100", "nan"), ["patients", "nan", "integer"]),
    "seed negative": ("seed = -1\n" + GOOD, ["seed", "-1"]),
    "seed with a fraction": ("seed = 1.5\n" + GOOD, ["seed", "1.5", "integer"]),
    "seed true": ("seed = true\n" + GOOD, ["seed", "true"]),
    "seed too large": (f"seed = {2**63}\n" + GOOD, ["seed", "less than"]),
    "window a text": ('window = "yes"\n' + GOOD, ["window", "'yes'", "true or false"]),
    "window a number": ("window = 1\n" + GOOD, ["window", "1", "true or false"]),
    "name a number": ("name = 3\n" + GOOD, ["name", "3", "text"]),
    "name of two lines": ('name = "a\\nb"\n' + GOOD, ["name", "line breaks"]),
    "unknown design": ("design = 'soboll'\n" + GOOD, ["design", "'soboll'", "'sobol'"]),
    "misspelt saltelli": ("design = 'satelli'\n" + GOOD, ["design", "'satelli'", "'saltelli'"]),
    "design from a file": ("design = { file = '/etc/passwd' }\n" + GOOD, ["design", "a sweep that is a file"]),
    "design a number": ("design = 3\n" + GOOD, ["design", "3", "sobol"]),
    "unknown regulation": ("regulation = 'open'\n" + GOOD, ["regulation", "'open'", "open-loop"]),
    "regulation misspelt": ("regulation = 'baroreflexx'\n" + GOOD, ["regulation", "'baroreflex'"]),
    "beats too few": (GOOD + "[rhythm]\nmost_beats = 63\n", ["rhythm.most_beats", "63", "64"]),
    "beats with a fraction": (GOOD + "[rhythm]\nmost_beats = 64.5\n", ["rhythm.most_beats", "integer"]),
    "rhythm tolerance 0": (GOOD + "[rhythm]\ntolerance = 0\n", ["rhythm.tolerance", "0"]),
    "rhythm misspelt": (GOOD + "[rhythm]\nbeats = 100\n", ["rhythm", "'beats'", "'most_beats'"]),
    "mixture of an unknown cohort": (mixed("'ami-sc' = 1, adhf = 1"), ["cohort", "'ami-sc'", "'ami-cs'"]),
    "mixture of nothing": (mixed(""), ["cohort", "0 cohorts"]),
    "weight 0": (mixed("'ami-cs' = 0, adhf = 1"), ["cohort.ami-cs", "0", "weight"]),
    "weight negative": (mixed("'ami-cs' = -1, adhf = 1"), ["cohort.ami-cs", "-1", "weight"]),
    "weight NaN": (mixed("'ami-cs' = nan, adhf = 1"), ["cohort.ami-cs", "nan", "finite"]),
    "weight a text": (mixed("'ami-cs' = '60 %', adhf = 1"), ["cohort.ami-cs", "'60 %'", "number"]),
    "grid of a mixture": (
        "design = 'grid'\n" + mixed("'ami-cs' = 1, adhf = 1") + "[vary]\nage = { low = 40, high = 80 }\n",
        ["design", "grid", "mixture"],
    ),
    "cohorts of a text without a file": ("cohorts = 'mine.toml'\n" + GOOD, ["cohorts", "'mine.toml'", "file"]),
    "cohorts a number": ("cohorts = 3\n" + GOOD, ["cohorts", "3", "table"]),
    "scale unknown": (GOOD + "[scale]\nseptal_gain_lift = 2\n", ["scale", "'septal_gain_left'"]),
    "scale 0": (GOOD + "[scale]\nseptal_gain_left = 0\n", ["scale.septal_gain_left", "0", "factor"]),
    "scale negative": (GOOD + "[scale]\nseptal_gain_left = -2\n", ["scale.septal_gain_left", "-2", "factor"]),
    "scale infinite": (GOOD + "[scale]\nseptal_gain_left = inf\n", ["scale.septal_gain_left", "finite"]),
    "scale a text": (GOOD + "[scale]\nseptal_gain_left = 'double'\n", ["scale.septal_gain_left", "'double'"]),
    "scale of what is whole": (GOOD + "[scale]\nfemale = 2\n", ["scale.female", "0 or 1"]),
    "scale beyond the default's range": (
        GOOD + "[scale]\nseptal_gain_left = 20\n",
        ["scale.septal_gain_left", "0 to 0.3"],
    ),
    "scale beyond the law's range": (GOOD + "[scale]\nheart_rate = 3\n", ["scale.heart_rate", "25 to 220"]),
    "scale beyond the range of vary": (
        GOOD + "[scale]\nage = 1.2\n[vary]\nage = { low = 40, high = 90 }\n",
        ["scale.age", "40 to 90", "18 to 100"],
    ),
    "ECMO of negative flow": (GOOD + "ecmo_flow = -3\n", ["arms.iabp", "ecmo_flow = -3", "0 to 8 L/min"]),
    "stenosis of 120 %": (GOOD + "coronary_stenosis = 1.2\n", ["arms.iabp", "coronary_stenosis = 1.2", "0 to 0.95"]),
    "reflex of no number": (GOOD + "baroreflex_gain = nan\n", ["arms.iabp.baroreflex_gain", "nan", "finite number"]),
    "unknown precision": ("precision = 'double'\n" + GOOD, ["precision", "'double'", "float64"]),
    "unknown store precision": ("store_precision = 'float16'\n" + GOOD, ["store_precision", "'float16'"]),
    "reference that is no arm": ("reference = 'of'\n" + GOOD, ["reference", "'of'", "'off'"]),
    "reference a number": ("reference = 1\n" + GOOD, ["reference", "1", "text"]),
    "no arms": (HEAD, ["arms", "missing", "at least one"]),
    "arms empty": (HEAD + "[arms]\n", ["arms", "at least one"]),
    "arms a list": (HEAD + "arms = ['off']\n", ["arms", "table"]),
    "arm no table": (HEAD + "[arms]\noff = 0\n", ["arms.off", "0", "table"]),
    "misspelt parameter": (GOOD.replace("balloon_v", "baloon_v"), ["arms.iabp", "'baloon_volume'", "'balloon_volume'"]),
    "parameter that does not exist": (HEAD + "[arms.a]\nzyx = 1\n", ["arms.a", "'zyx'"]),
    "outcome for a parameter": (HEAD + "[arms.a]\nsevr = 1\n", ["arms.a", "'sevr'"]),
    "number in quotes": (GOOD.replace("= 40", "= '40'"), ["arms.iabp.balloon_volume", "'40'", "number"]),
    "number true": (GOOD.replace("= 40", "= true"), ["arms.iabp.balloon_volume", "true", "number"]),
    "a list for a number": (GOOD.replace("= 40", "= [30, 40]"), ["arms.iabp.balloon_volume", "[30, 40]"]),
    "NaN": (GOOD.replace("= 40", "= nan"), ["arms.iabp.balloon_volume", "nan", "finite"]),
    "infinity": (GOOD.replace("= 40", "= -inf"), ["arms.iabp.balloon_volume", "-inf", "finite"]),
    "an integer beyond floats": (GOOD.replace("= 40", "= 1" + "0" * 400), ["arms.iabp.balloon_volume", "finite"]),
    "outside the physical range": (GOOD.replace("= 40", "= 400"), ["arms.iabp", "400", "0 to 70 mL"]),
    "assist ratio between": (GOOD + "assist_ratio = 1.5\n", ["arms.iabp", "1.5", "1, 2 or 3"]),
    "assist ratio 4": (GOOD + "assist_ratio = 4\n", ["arms.iabp", "4", "1, 2 or 3"]),
    "half female": (GOOD + "female = 0.5\n", ["arms.iabp", "0.5", "0 or 1"]),
    "arm without a name": (HEAD + '[arms.""]\n', ["arms", "''"]),
    "arm of blanks": (HEAD + '[arms." "]\n', ["arms", "' '"]),
    "arm with a slash": (HEAD + '[arms."a/b"]\n', ["arms", "'a/b'"]),
    "arm going up": (HEAD + '[arms.".."]\n', ["arms", "'..'"]),
    "arm with a control character": (HEAD + '[arms."a\\u0007"]\n', ["arms", r"'a\x07'"]),
    "arm with a line break": (HEAD + '[arms."a\\nb"]\n', ["arms", r"'a\nb'"]),
    "arm of 1000 letters": (HEAD + f"[arms.{'a' * 1000}]\n", ["arms", "100 characters"]),
    "vary a list": ("vary = ['age']\n" + GOOD, ["vary", "table"]),
    "vary misspelt": (GOOD + "[vary]\nheart_rat = { low = 60, high = 80 }\n", ["vary", "'heart_rat'", "'heart_rate'"]),
    "vary a number": (GOOD + "[vary]\nage = 60\n", ["vary.age", "60", "{ low, high }"]),
    "range reversed": (GOOD + "[vary]\nage = { low = 60, high = 50 }\n", ["vary.age", "60", "50", "below"]),
    "range of no width": (GOOD + "[vary]\nage = { low = 60, high = 60 }\n", ["vary.age", "below"]),
    "range half given": (GOOD + "[vary]\nage = { low = 60 }\n", ["vary.age", "{ low }", "{ low, high }"]),
    "range empty": (GOOD + "[vary]\nage = { }\n", ["vary.age", "{ low, high }"]),
    "forms mixed": (GOOD + "[vary]\nage = { low = 60, sd = 5 }\n", ["vary.age", "{ low, sd }", "{ mean, sd }"]),
    "two forms": (GOOD + "[vary]\nage = { low = 30, high = 60, choice = [40] }\n", ["vary.age", "{ choice }"]),
    "form misspelt": (GOOD + "[vary]\nage = { lo = 60, high = 70 }\n", ["vary.age", "'lo'", "'low'"]),
    "range in quotes": (GOOD + "[vary]\nage = { low = '60', high = 70 }\n", ["vary.age.low", "'60'", "number"]),
    "range NaN": (GOOD + "[vary]\nage = { low = nan, high = 70 }\n", ["vary.age.low", "nan"]),
    "range infinite": (GOOD + "[vary]\nage = { low = 20, high = inf }\n", ["vary.age.high", "inf"]),
    "range too wide": (GOOD + "[vary]\nage = { low = 10, high = 70 }\n", ["vary.age", "10 to 70", "18 to 100"]),
    "normal too wide": (GOOD + "[vary]\nage = { mean = 60, sd = 20 }\n", ["vary.age", "10 to 110", "18 to 100"]),
    "normal without width": (GOOD + "[vary]\nage = { mean = 60, sd = 0 }\n", ["vary.age.sd", "0"]),
    "lognormal too wide": (GOOD + "[vary]\nage = { median = 60, sigma = 1 }\n", ["vary.age", "18 to 100"]),
    "lognormal median 0": (GOOD + "[vary]\nage = { median = 0, sigma = 1 }\n", ["vary.age.median", "0"]),
    "lognormal sigma negative": (GOOD + "[vary]\nage = { median = 60, sigma = -1 }\n", ["vary.age.sigma", "-1"]),
    "lognormal sigma beyond floats": (GOOD + "[vary]\nage = { median = 60, sigma = 1e9 }\n", ["vary.age.sigma"]),
    "choice empty": (GOOD + "[vary]\nage = { choice = [] }\n", ["vary.age.choice", "at least one"]),
    "choice no list": (GOOD + "[vary]\nage = { choice = 60 }\n", ["vary.age.choice", "60"]),
    "choice of texts": (GOOD + "[vary]\nage = { choice = [60, '70'] }\n", ["vary.age.choice.1", "'70'"]),
    "choice outside": (GOOD + "[vary]\nage = { choice = [60, 700] }\n", ["vary.age", "700", "18 to 100"]),
    "assist ratio by a range": (GOOD + "[vary]\nassist_ratio = { low = 1, high = 3 }\n", ["assist_ratio", "choice"]),
    "assist ratio 1.5 by choice": (GOOD + "[vary]\nassist_ratio = { choice = [1, 1.5] }\n", ["assist_ratio", "1.5"]),
    "sex by a normal law": (GOOD + "[vary]\nfemale = { mean = 0.5, sd = 0.1 }\n", ["vary.female", "choice"]),
    "run no table": ("run = 3\n" + GOOD, ["run", "3", "table"]),
    "run misspelt": (GOOD + "[run]\nblok = 16\n", ["run", "'blok'", "'block'"]),
    "block 0": (GOOD + "[run]\nblock = 0\n", ["run.block", "0"]),
    "block negative": (GOOD + "[run]\nblock = -16\n", ["run.block", "-16"]),
    "block with a fraction": (GOOD + "[run]\nblock = 16.5\n", ["run.block", "16.5", "integer"]),
    "tolerance too small": (GOOD + "[run]\ntolerance = 1e-8\n", ["run.tolerance", "1e-08"]),
    "tolerance too large": (GOOD + "[run]\ntolerance = 0.11\n", ["run.tolerance", "0.11"]),
    "tolerance NaN": (GOOD + "[run]\ntolerance = nan\n", ["run.tolerance", "nan"]),
    "too few training patients": (GOOD + "[run]\ntraining_patients = 100\n", ["run.training_patients", "100", "1024"]),
    "share above 1": (GOOD + "[run]\nmax_failed_share = 1.5\n", ["run.max_failed_share", "1.5"]),
    "share true": (GOOD + "[run]\nmax_failed_share = true\n", ["run.max_failed_share", "true"]),
    "response misspelt": (GOOD + "[response]\nhelps_output = 0.1\n", ["response", "'helps_output'"]),
    "response negative": (GOOD + "[response]\nhelps_output_gain = -0.1\n", ["response.helps_output_gain", "-0.1"]),
    "response a text": (GOOD + "[response]\nhelps_output_gain = 'x'\n", ["response.helps_output_gain", "'x'"]),
    "unknown definition": (GOOD + "[response]\ndefinition = 'haemodinamic'\n", ["'haemodinamic'", "'haemodynamic'"]),
    "waveforms negative": (GOOD + "[waveforms]\npatients = -1\n", ["waveforms.patients", "-1"]),
    "waveforms misspelt": (GOOD + "[waveforms]\npatient = 1\n", ["waveforms", "'patient'", "'patients'"]),
    "grid of nothing": ("design = 'grid'\n" + GOOD, ["vary", "missing", "grid"]),
    "grid too large": (
        "design = 'grid'\n"
        + GOOD.replace("100", str(2**40))
        + "[vary]\n"
        + "".join(
            f"{name} = {{ low = 1, high = 2 }}\n" for name in ("lv_elastance", "rv_elastance", "lv_mass")
        ).replace("lv_mass = { low = 1, high = 2 }", "lv_mass = { low = 100, high = 200 }"),
        ["patients", str(2**40)],
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_mistake_is_told_in_one_line(kind: str, refused: Any):
    text, words = BAD[kind]
    with refused(*words) as told:
        parse(text, "sweep.toml")
    assert str(told.value).startswith("sweep.toml: ")
    assert len(str(told.value)) < 400


def test_a_whole_parameter_may_be_written_as_a_float():
    assert parse(GOOD + "assist_ratio = 2.0\n").arms["iabp"]["assist_ratio"] == 2


@pytest.mark.parametrize("end", ["tolerance = 1.1e-8", "tolerance = 0.1", "block = 1", "max_failed_share = 0"])
def test_the_ends_of_a_range_are_in_it(end: str):
    parse(GOOD + f"[run]\n{end}\n")


class TestFile:
    def test_is_read(self, tmp_path: Path):
        file = tmp_path / "sweep.toml"
        file.write_text(GOOD)
        assert load(file) == load(str(file)) == parse(GOOD)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("none.toml", "no such file"),
            ("folder", "directory"),
            ("file/sweep.toml", "cannot be read"),
            ("a\0b", ""),
            ("a\nb", ""),
            ("a" * 5000, ""),
            ("/dev/zero", "no ordinary file"),
        ],
    )
    def test_of_a_name_that_cannot_be_is_refused(self, tmp_path: Path, refused: Any, name: str, words: str):
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("")
        with refused(words):
            load(tmp_path / name)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (GOOD.replace("40", "400").encode(), "sweep.toml: arms.iabp: balloon_volume = 400"),
            (GOOD.encode() + b'name = "\xff"', "not UTF-8"),
            (bytes(range(128)), "not valid TOML"),
            (GOOD.encode() + b"#" * 1_000_001, "larger than 1,000,000 bytes"),
        ],
        ids=["mistake", "not UTF-8", "binary", "huge"],
    )
    def test_of_content_that_cannot_be_is_refused(self, tmp_path: Path, refused: Any, content: bytes, words: str):
        (tmp_path / "sweep.toml").write_bytes(content)
        with refused(words):
            load(tmp_path / "sweep.toml")

    def test_may_start_with_a_byte_order_mark(self, tmp_path: Path):
        file = tmp_path / "sweep.toml"
        file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
        assert load(file) == parse(GOOD)

    @pytest.mark.skipif(os.geteuid() == 0, reason="a file that may not be read: run as another user than root")
    def test_not_permitted(self, tmp_path: Path):
        file = tmp_path / "sweep.toml"
        file.write_text(GOOD)
        file.chmod(0)
        with pytest.raises(InputError, match="cannot be read"):
            load(file)


class TestCanonical:
    @pytest.mark.parametrize("text", [GOOD, FULL, FULL.replace("sobol", "grid")])
    def test_survives_json_and_reading_back(self, text: str):
        spec = parse(text)
        content = spec.canonical()
        again = from_canonical(json.loads(json.dumps(content, allow_nan=False)))
        assert again.canonical() == content
        assert again.hash() == spec.hash()

    def test_is_complete(self):
        content = parse(GOOD).canonical()
        assert set(content) == set(Spec.model_fields) - {"refine", "groups", "samples", "design_points"}
        assert content["window"] is True
        assert content["reference"] == "off"
        assert content["response"] == RESPONSE_DEFAULTS

    def test_keeps_the_order_of_arms(self):
        assert list(from_canonical(parse(FULL).canonical()).arms) == ["iabp", "off"]

    def test_refuses_what_is_no_mapping(self):
        with pytest.raises(InputError):
            from_canonical([1])  # type: ignore[arg-type]


class TestHash:
    def test_is_a_sha256(self):
        assert re.fullmatch("[0-9a-f]{64}", parse(FULL).hash())
        assert len(parse(FULL).hash()) == hashlib.sha256().digest_size * 2

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("Where does", "How does"),
            ("131_072", "262_144"),
            ("16_384", "8_192"),
            ("max_failed_share = 0.02", "max_failed_share = 0.03"),
            ("helps_output_gain = 0.2", "helps_output_gain = 0.1"),
            ("patients = 64", "patients = 32"),
            ("window = false\n", ""),
            ("seed = 7", "seed = 0x7"),
            ("low = 0.6, high = 2.0", "high = 2, low = 0.60"),
            ('"ami-cs"', '{ "ami-cs" = 3 }'),
            ("septal_gain_left = 2", "septal_gain_left = 2.0"),
            ("tolerance = 1e-3", "tolerance = 1e-3\ntraining_patients = 1_024"),
        ],
    )
    def test_leaves_out_what_does_not_decide(self, old: str, new: str):
        assert parse(FULL.replace(old, new)).hash() == parse(FULL).hash()

    def test_does_not_depend_on_the_order_of_vary(self):
        line = "heart_rate = { mean = 100, sd = 10 }\n"
        moved = FULL.replace(line, "").replace("[vary]\n", "[vary]\n" + line)
        assert moved != FULL
        assert parse(moved).hash() == parse(FULL).hash()

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('cohort = "ami-cs"', 'cohort = "adhf"'),
            ("window = false", "window = true"),
            ("seed = 7", "seed = 8"),
            ('"sobol"', '"random"'),
            ('precision = "float64"\nstore', 'precision = "float32"\nstore'),
            ('store_precision = "float64"', 'store_precision = "float32"'),
            ('reference = "off"', 'reference = "iabp"'),
            ("high = 2.0", "high = 2.1"),
            ("sd = 10", "sd = 11"),
            ("choice = [1, 2, 3]", "choice = [1, 2]"),
            ("balloon_volume = 40", "balloon_volume = 50"),
            ("[arms.off]\n", "[arms.off]\n[arms.third]\n"),
            ("tolerance = 1e-3", "tolerance = 2e-3"),
            ("tolerance = 1e-3", "tolerance = 1e-3\ntraining_patients = 9_216"),
            ('cohort = "ami-cs"', 'cohort = { "ami-cs" = 1, adhf = 1 }'),
            ("septal_gain_left = 2", "septal_gain_left = 0.5"),
            ("septal_gain_left = 2", ""),
            ("most_beats = 2_000", "most_beats = 2_001"),
            ("most_beats = 2_000", "tolerance = 0.02"),
            ('"open-loop"', '"baroreflex"'),
        ],
    )
    def test_depends_on_what_decides(self, old: str, new: str):
        assert old in FULL
        assert parse(FULL.replace(old, new)).hash() != parse(FULL).hash()

    def test_depends_on_the_order_of_arms(self):
        swapped = FULL.replace("[arms.off]\n", "").replace("[arms.iabp]", "[arms.off]\n[arms.iabp]")
        assert parse(swapped).hash() != parse(FULL).hash()

    @pytest.mark.parametrize(
        ("design", "counts"), [("sobol", False), ("random", False), ("latin-hypercube", True), ("grid", True)]
    )
    def test_counts_patients_where_the_design_depends_on_them(self, design: str, counts: bool):
        few, many = (
            parse(FULL.replace("sobol", design).replace("131_072", number)).hash() for number in ("1000", "100_000")
        )
        assert (few != many) is counts

    def test_depends_on_the_law_of_the_cohort(self, monkeypatch: pytest.MonkeyPatch):
        from counterpulse.sweeps.population import cohorts

        known = cohorts.load()
        law = known["ami-cs"].law | {"lv_mass": known["ami-cs"].law["lv_mass"].model_copy(update={"median": 160.0})}
        edited = known | {"ami-cs": known["ami-cs"].model_copy(update={"law": law})}
        before = parse(FULL).hash()
        monkeypatch.setattr(cohorts, "load", lambda: edited)
        assert parse(FULL).hash() != before


class TestGrid:
    @pytest.mark.parametrize(
        ("asked", "points"), [(1, 3), (3, 3), (4, 24), (24, 24), (25, 81), (131_072, 3 * 36**3), (3 * 36**3, 3 * 36**3)]
    )
    def test_patients_are_rounded_up_to_a_whole_grid(self, asked: int, points: int):
        # three ranges with as many levels each, times three choices
        spec = parse(FULL.replace("sobol", "grid").replace("131_072", str(asked)))
        assert spec.patients == points
        assert from_canonical(spec.canonical()).patients == points

    def test_choices_alone_make_a_grid(self):
        text = (
            "design = 'grid'\n" + GOOD + "[vary]\nage = { choice = [40, 50, 60, 70] }\nfemale = { choice = [0, 1] }\n"
        )
        assert parse(text).patients == 8


class TestWholeSets:
    @pytest.mark.parametrize(("design", "beside"), [("saltelli", 2), ("morris", 1)])
    def test_patients_are_rounded_up_to_whole_sets(self, design: str, beside: int):
        spec = parse(FULL.replace("sobol", design))
        together = spec.dimensions + beside
        assert spec.patients == -(-131_072 // together) * together
        assert spec.rounded.startswith(f"{spec.patients // together:,} whole sets of {together} rows")
        assert from_canonical(spec.canonical()).patients == spec.patients

    def test_more_sets_are_the_same_sweep(self):
        text = FULL.replace("sobol", "saltelli")
        assert parse(text).hash() == parse(text.replace("131_072", "200_000")).hash()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_are_good(path: Path):
    spec = load(path)
    assert spec.name
    assert "off" in spec.arms


def test_the_demo_is_what_it_promises():
    spec = load(EXAMPLES / "ami-shock-map.toml")
    assert spec.patients == 131072
    assert spec.cohort == "ami-cs"
    assert spec.arms == {"off": {}, "iabp": {"balloon_volume": 40}}
    assert spec.applies_window
    assert set(spec.vary) == {
        "systemic_resistance",
        "heart_rate",
        "lv_elastance",
        "stressed_volume",
        "arterial_stiffness",
        "age",
    }


@pytest.mark.slow
def test_half_of_the_demo_is_in_the_population_it_is_about():
    spec = load(EXAMPLES / "ami-shock-map.toml")
    result = simulate(candidates(spec, 0, 1024), {"off": {}}, window="ami-cs")
    assert (result["status"] == Status.OK).mean() > 0.5
