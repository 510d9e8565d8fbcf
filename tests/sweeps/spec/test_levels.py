"""Arms given by levels: one arm for each, the same as those written out."""

import pytest

from counterpulse.engine.errors import InputError
from counterpulse.sweeps.spec.file import from_canonical, parse
from counterpulse.sweeps.spec.levels import arm_of_level

SWEEP = 'cohort = "ami-cs"\npatients = 64\n[arms.off]\n'


def arms_of(text):
    return parse(SWEEP + text).arms


def test_p_levels_are_those_written_out():
    found = arms_of('[arms.cp]\nimpella = "CP"\nlevels = [2, 8]\n')
    written = arms_of(
        '[arms."cp@P-2"]\nimpella = "CP"\nimpella_level = 2\n[arms."cp@P-8"]\nimpella = "CP"\nimpella_level = 8\n'
    )
    assert found == written
    assert list(found) == ["off", "cp@P-2", "cp@P-8"]
    # speeds of the manual's table
    assert [found[name]["impella_speed"] for name in ("cp@P-2", "cp@P-8")] == [31.0, 44.0]


@pytest.mark.parametrize(
    ("setting", "values", "names"),
    [
        ("ecmo_flow", "[2, 3.5]", ["ecmo_flow@2", "ecmo_flow@3.5"]),
        ("balloon_volume", "[30, 50]", ["balloon_volume@30", "balloon_volume@50"]),
    ],
)
def test_levels_of_a_setting(setting, values, names):
    found = arms_of(f"[arms.{setting}]\nlevels = {{ {setting} = {values} }}\n")
    assert list(found)[1:] == names
    assert [f"{found[name][setting]:g}" for name in names] == [name.split("@")[1] for name in names]


def test_what_else_an_arm_says_holds_at_every_level():
    found = arms_of("[arms.both]\nballoon_volume = 40\nlevels = { assist_ratio = [3, 2, 1] }\n")
    assert [own["balloon_volume"] for own in list(found.values())[1:]] == [40, 40, 40]
    assert [own["assist_ratio"] for own in list(found.values())[1:]] == [3, 2, 1]


def test_a_store_reads_its_own_arms_and_the_hash_is_of_the_arms():
    spec = parse(SWEEP + "[arms.ecmo]\nlevels = { ecmo_flow = [2, 4] }\n")
    again = from_canonical(spec.canonical())
    assert again.arms == spec.arms
    assert again.hash() == spec.hash()
    plain = parse(SWEEP + '[arms."ecmo@2"]\necmo_flow = 2\n[arms."ecmo@4"]\necmo_flow = 4\n')
    assert plain.hash() == spec.hash()


def test_the_arm_of_a_level():
    assert [arm_of_level(name) for name in ("cp@P-2", "iabp", "a@b@c", "@")] == ["cp", "iabp", "a", "@"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[arms.x]\nlevels = [2, 4]\n", "of which setting"),
        ('[arms.x]\nimpella = "CP"\nlevels = []\n', "a list of 1 to"),
        ('[arms.x]\nimpella = "CP"\nlevels = 8\n', "a list of 1 to"),
        ('[arms.x]\nimpella = "CP"\nlevels = ["8"]\n', "a list of 1 to"),
        ('[arms.x]\nimpella = "CP"\nlevels = [true]\n', "a list of 1 to"),
        ('[arms.x]\nimpella = "CP"\nlevels = [8, 8]\n', "8 is there twice"),
        ('[arms.x]\nimpella = "CP"\nlevels = [10]\n', "a whole number of 0 to 9"),
        ('[arms.x]\nimpella = "CP"\nimpella_level = 3\nlevels = [2]\n', "impella_level and levels say the same"),
        ('[arms.x]\nimpella = "CP"\nimpella_speed = 30\nlevels = [2]\n', "impella_speed and levels say the same"),
        ("[arms.x]\nlevels = { ecmo_flw = [2] }\n", "did you mean 'ecmo_flow'"),
        ("[arms.x]\nlevels = { ecmo_flow = [2], balloon_volume = [40] }\n", "one setting is needed"),
        ("[arms.x]\nlevels = { ecmo_flow = [90] }\n", "ecmo_flow"),
        ('[arms.x]\nlevels = { ecmo_flow = [2] }\n[arms."x@2"]\necmo_flow = 2\n', "there twice"),
    ],
)
def test_bad_levels_are_one_line(text, says):
    with pytest.raises(InputError, match=says) as caught:
        arms_of(text)
    assert "\n" not in str(caught.value)
