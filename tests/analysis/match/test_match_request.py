"""What was measured, as clinicians write it: names, errors, units, and what is refused."""

import numpy as np
import pytest

from counterpulse.analysis.bedside.quantities import load
from counterpulse.analysis.match.request import read

ARMS = ("off", "iabp")


def measured(*texts, **given):
    found = read(given or list(texts), load(), ARMS, "off")
    return found[0] if len(found) == 1 else found


@pytest.mark.parametrize(
    ("text", "name", "value", "error"),
    [
        ("MAP=62+-4", "mean_arterial_pressure", 62, 4),
        ("map = 62 ± 4 mmHg", "mean_arterial_pressure", 62, 4),
        ("mean_arterial_pressure=8.2664kPa", "mean_arterial_pressure", 62.0031, 3),
        ("CO=3.1+-.4", "cardiac_output", 3.1, 0.4),
        ("CO=3100+/-400 mL/min", "cardiac_output", 3.1, 0.4),
        ("CO=3.1", "cardiac_output", 3.1, 0.372),
        ("CO=3.1+-10%", "cardiac_output", 3.1, 0.31),
        ("EF=22%", "ejection_fraction", 0.22, 0.05),
        ("LVEF=22+-4%", "ejection_fraction", 0.22, 0.04),
        ("SVR=1200 dyn", "systemic_vascular_resistance", 0.9000744, 0.117),
        ("SVR=15+-2WU", "systemic_vascular_resistance", 0.9, 0.12),
        ("PAWP=26", "wedge_pressure", 26, 2.5),
        ("CVP=-1", "central_venous_pressure", -1, 2),
        ("age=71 y", "age", 71, 2),
        ("PP=30", "pulse_pressure", 30, 6),
        ("lv_elastance=.7+-.1", "lv_elastance", 0.7, 0.1),
    ],
)
def test_numbers_as_they_are_written(text, name, value, error):
    found = measured(text)
    assert found.quantity.measures == name
    assert found.value == pytest.approx(value, rel=1e-4)
    assert found.spread == pytest.approx(error, rel=1e-3)
    assert found.arm == "off"


def test_in_python_numbers_pairs_and_texts_are_alike():
    one = measured(MAP=62, CO=(3.1, 0.4), PCWP="26+-2 mmHg")
    assert one == measured("MAP=62", "CO=3.1+-.4", "PCWP=26+-2")


def test_an_arm_behind_the_name():
    assert measured("MAP@iabp=70").arm == "iabp"


def test_sex_is_known_without_error():
    assert [measured(f"sex={word}").value for word in ("female", "M", "1")] == [1, 0, 1]
    assert measured("sex=f").spread == 0


def test_a_relative_error_is_that_of_the_true_value():
    """Else the density of what was measured would not add up to one."""
    from scipy.integrate import quad

    for text in ("CO=3", "CO=4+-10%", "MRV=30"):
        one = measured(text)

        def density(value, one=one):
            return float(np.exp(one._replace(value=value).log_likelihood(np.array([3.0])))[0])

        whole, _ = quad(density, -50, 90, limit=400, points=[3.0])
        assert whole == pytest.approx(np.sqrt(2 * np.pi), rel=1e-4)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], ["nothing was measured"]),
        (["MAP"], ["'MAP' is not NAME=VALUE"]),
        (["MAP="], ["is not NAME=VALUE"]),
        (["MAPP=60"], ["did you mean 'MAP'"]),
        (["MAP=sixty"], ["a number is needed"]),
        (["MAP=60+-0"], ["must be above 0"]),
        (["MAP=60+--3"], ["an error of -3 is not possible"]),
        (["MAP=60mmHg mmHg"], ["'mmHg mmHg' is no unit"]),
        (["MAP=1e999"], ["finite"]),
        (["MAP=60 parsecs"], ["'parsecs' is no unit", "mmHg, kPa, cmH2O"]),
        (["MAP=60%"], ["allowed units are"]),
        (["MAP=620"], ["outside what is possible, 20 to 180 mmHg"]),
        (["CO=3100"], ["0.3 to 15 L/min", "did you mean 3100 mL/min?"]),
        (["EF=22"], ["did you mean 22 %?"]),
        (["SVR=1200"], ["did you mean 1200 dyn?"]),
        (["MAP=60", "map=61"], ["given twice"]),
        (["CO=3", "CI=1.5"], ["CI is computed from CO"]),
        (["SVR=.9", "CO=3"], ["SVR is computed from CO"]),
        (["lactate=4"], ["the model has no metabolism"]),
        (["SvO2=55%"], ["carries no oxygen"]),
        (["MAP@off2=60"], ["did you mean 'off'"]),
        (["lv_elastance=.7"], ["no usual error is known"]),
        (["sex=5"], ["outside what is possible"]),
        (["sex=.5"], ["allowed: male, m, female, f"]),
        (["convergence_error=1"], ["is not known"]),
        (["age=7"], ["18 to 100"]),
        (["MAP=60\x1b[31m"], ["\\x1b"]),
    ],
)
def test_nonsense_is_one_line(texts, words, refused):
    with refused(*words):
        measured(*texts)


def test_a_word_is_not_told_another_unit(refused):
    with refused("sex: 2 is outside what is possible, 0 to 1") as told:
        measured("sex=2")
    assert "did you mean" not in str(told.value)


def test_an_error_next_to_nothing_warns_of_nothing():
    assert measured("MAP=62+-1e-300").log_likelihood(np.array([61.0, 63.0])).tolist() == [-np.inf, -np.inf]


def test_a_table_of_ones_own(tmp_path, refused):
    file = tmp_path / "own.toml"
    file.write_text(
        "[quantities.CO]\nrelative_error = 0.2\n"
        '[quantities.EROA]\nmeasures = "mitral_regurgitation_area"\nerror = 0.05\n'
    )
    table = load(file)
    assert read(["CO=3"], table, ARMS, "off")[0].spread == pytest.approx(0.6)
    assert read(["EROA=.3"], table, ARMS, "off")[0].spread == 0.05
    assert read(["MAP=60"], table, ARMS, "off")[0].spread == 3
    for text, words in {
        "[quantities.CO]\nerror = -1\n": ["own.toml", "CO.error", "-1"],
        "[quantities.CO]\nerr = 1\n": ["did you mean 'error'"],
        '[quantities.X]\nmeasures = "cardiac_outpt"\n': ["did you mean 'cardiac_output'"],
        "[quantities.X]\nerror = 1\n": ["measures: missing"],
        "[quantities.MAP]\nlow = 300\n": ["must be below"],
        "[trace.notch]\nerror = 1\n": ["notch_time"],
        "[quantities\n": ["not valid TOML"],
        '[quantities.CO]\nalso = ["MAP"]\n': ["quantities.CO.also: 'MAP' is MAP already"],
        '[quantities."a\\nb"]\nmeasures = "age"\nerror = 1\n': ["no name for a quantity"],
    }.items():
        file.write_text(text)
        with refused("own.toml", *words):
            load(file)


def test_every_entry_of_the_table_has_a_source_and_an_error():
    import tomllib
    from importlib.resources import files

    content = tomllib.loads(
        files("counterpulse.analysis.bedside").joinpath("quantities.toml").read_text(encoding="utf-8")
    )
    for row in (*content["quantities"].values(), *content["trace"].values()):
        assert row["source"].startswith("[")
        assert {"error", "relative_error", "exact"} & row.keys()
    assert {name for row in content["quantities"].values() for name in row.get("derived_from", ())} <= set(load().named)
