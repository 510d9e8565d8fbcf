"""What would change nothing is refused in one line, by every way in; what may act is not."""

import pytest
import xarray as xr

from counterpulse.analysis.patient.case import changed, from_cohort
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.population.ineffective import check_arms
from counterpulse.sweeps.simulate import simulate, warm_start, waveforms
from counterpulse.sweeps.spec.file import check_to_run, from_canonical, parse

PATIENTS = xr.Dataset({"heart_rate": ("patient", [80.0, 90.0])})
DEFAULTS = {"balloon_volume": 0.0, "impella_speed": 0.0, "ecmo_flow": 0.0, "balloon_drive": 1.0, "balloon_sizing": 0.0}

INEFFECTIVE = [
    ("assist_ratio = 2", "balloon_volume above 0"),
    ("deflation_offset = -0.1", "balloon_volume above 0"),
    ("inflation_offset = 0.1", "balloon_volume above 0"),
    ("balloon_length = 22", "balloon_volume above 0"),
    ('balloon_sizing = "height"', "balloon_volume above 0"),
    ("trigger_jitter = 0.02", "balloon_volume above 0"),
    ("occlusion_resistance = 0.01", "balloon_volume above 0"),
    ("thoracic_length = 20", "balloon_volume above 0"),
    ("ecmo_cannula = 15", "ecmo_flow above 0"),
    ("impella_model = 2", "impella_speed above 0"),
    ("ecmo_flow = 4\nassist_ratio = 2", "balloon_volume above 0"),
    ("balloon_volume = 40\ninflation_time = 0.12", "balloon_drive = 0"),
    ("balloon_volume = 40\ndeflation_time = 0.15", "balloon_drive = 0"),
    ("balloon_volume = 40\nweight = 60", "balloon_sizing = 1"),
    ("sheath_resistance = 3", "balloon_volume above 0 or ecmo_flow above 0 or impella_speed above 0"),
    ("rr_variation = 0.3", "atrial_fibrillation above 0"),
    ("baroreflex_gain = 2", "regulation = 'baroreflex', here it is 'open-loop'"),
    ("pressure_target = 80", "regulation = 'map-held', here it is 'open-loop'"),
]

EFFECTIVE = [
    {"balloon_volume": 40, "assist_ratio": 2},
    {"balloon_volume": 0, "assist_ratio": 2},
    {"balloon_volume": 40, "balloon_drive_pressure": 300},
    {"balloon_volume": 40, "balloon_drive": 0, "inflation_time": 0.12},
    {"balloon_volume": 40, "balloon_drive": 0, "balloon_drive_pressure": 300},
    {"balloon_volume": 40, "balloon_sizing": 1, "weight": 60},
    {"impella_model": 2, "impella_speed": 30, "sheath_resistance": 3},
    {"ecmo_flow": 4, "ecmo_cannula": 15},
    {"atrial_fibrillation": 1, "rr_variation": 0.3},
    {"heart_rate": 60},
]


def sweep(arm="balloon_volume = 40", vary="", more=""):
    return f'cohort = "ami-cs"\npatients = 16\n{more}\n[vary]\n{vary}\n[arms.off]\n[arms.other]\n{arm}\n'


class TestArms:
    @pytest.mark.parametrize(("arm", "words"), INEFFECTIVE)
    def test_of_a_sweep_file(self, refused, arm, words):
        name = arm.splitlines()[-1].split()[0]
        with refused(f"arms.other: {name} acts only with", words):
            parse(sweep(arm))

    @pytest.mark.parametrize("face", [simulate, waveforms])
    def test_of_a_simulation(self, face):
        with pytest.raises(InputError, match=r"arms.half: assist_ratio acts only with balloon_volume above 0"):
            face(PATIENTS, {"off": {}, "half": {"assist_ratio": 2}})
        with pytest.raises(InputError, match=r"arms.held: pressure_target .* here it is 'baroreflex'"):
            face(PATIENTS, {"off": {}, "held": {"pressure_target": 80}}, regulation="baroreflex")

    def test_of_a_warm_start(self):
        with pytest.raises(InputError, match=r"arms.half: ecmo_cannula acts only with ecmo_flow above 0"):
            warm_start("adhf", {"off": {}, "half": {"ecmo_cannula": 15}})

    @pytest.mark.parametrize("arm", EFFECTIVE)
    def test_that_act_or_switch_the_device_off_themselves_pass(self, arm):
        check_arms({"arm": arm}, "open-loop", lambda name: (DEFAULTS.get(name, 0.0),) * 2)

    def test_a_device_of_the_patients_counts(self):
        with_balloons = PATIENTS.assign(balloon_volume=("patient", [0.0, 40.0]))
        with pytest.raises(InputError, match="tolerance"):  # beyond the check, and before anything is compiled
            simulate(with_balloons, {"off": {}, "half": {"assist_ratio": 2}}, tolerance="fine")
        parse(sweep("assist_ratio = 2", "balloon_volume = { low = 0, high = 50 }"))
        parse(sweep("rr_variation = 0.3", "atrial_fibrillation = { choice = [0, 1] }"))

    def test_in_their_mode_pass(self):
        parse(sweep("baroreflex_gain = 2", more='regulation = "baroreflex"'))
        parse(sweep("pressure_target = 80", more='regulation = "map-held"'))


class TestWhatVaries:
    @pytest.mark.parametrize(
        ("vary", "words"),
        [
            ("ecmo_cannula = { choice = [15, 17] }", "ecmo_flow above 0, which no arm has"),
            ("baroreflex_gain = { low = 0.5, high = 2 }", "here it is 'open-loop'"),
            ("inflation_time = { low = 0.08, high = 0.2 }", "balloon_drive = 0"),
            ("impella_model = { choice = [1, 2] }", "impella_speed above 0"),
        ],
    )
    def test_is_refused_where_no_arm_uses_it(self, refused, vary, words):
        with refused(f"vary.{vary.split()[0]}: ", words):
            parse(sweep(vary=vary))

    def test_is_refused_where_every_arm_sets_it(self):
        arms = "[arms.off]\nballoon_volume = 0\n[arms.iabp]\nballoon_volume = 40\n"
        text = 'cohort = "adhf"\npatients = 4\n[vary]\nballoon_volume = { low = 20, high = 50 }\n' + arms
        with pytest.raises(InputError, match=r"vary.balloon_volume: changes nothing, every arm sets balloon_volume"):
            parse(text)
        with pytest.raises(InputError, match=r"vary.assist_ratio: changes nothing, every arm where it acts"):
            parse(sweep("balloon_volume = 40\nassist_ratio = 2", "assist_ratio = { choice = [1, 3] }"))

    def test_passes_where_one_arm_uses_it(self):
        parse(sweep(vary="assist_ratio = { choice = [1, 2] }\nweight = { low = 50, high = 90 }", arm=ACTING_SIZED))

    def test_a_factor_too(self):
        with pytest.raises(InputError, match=r"scale.baroreflex_gain: baroreflex_gain acts only"):
            parse(sweep() + "[scale]\nbaroreflex_gain = 2\n")
        with pytest.raises(
            InputError, match=r"scale.septal_defect_area: is 0 in every patient, which no factor changes"
        ):
            parse(sweep() + "[scale]\nseptal_defect_area = 2\n")
        parse(sweep() + "[scale]\nocclusion_resistance = 2\n")


ACTING_SIZED = 'balloon_volume = 40\nballoon_sizing = "height"'


def test_a_store_from_before_is_still_read():
    """What a store holds is read as it is; only a sweep that is to be run is refused."""
    content = {"cohort": "adhf", "patients": 4, "arms": {"off": {}, "half": {"assist_ratio": 2}}}
    spec = from_canonical(content)
    with pytest.raises(InputError, match="assist_ratio"):
        check_to_run(spec)


class TestOnePatient:
    def test_a_setting_goes_where_its_device_is(self):
        case = changed(from_cohort("adhf", arms=["iabp", "ecmo"]), {"assist_ratio": 2, "ecmo_cannula": 15})
        assert case.arms["iabp"] == {"balloon_volume": 40, "assist_ratio": 2}
        assert case.arms["ecmo"] == {"ecmo_flow": 4, "ecmo_cannula": 15}

    def test_a_device_goes_where_it_is_or_else_everywhere(self):
        case = from_cohort("adhf", arms=["iabp", "ecmo"])
        smaller = changed(case, {"assist_ratio": 2, "balloon_volume": 30})
        assert smaller.arms["iabp"] == {"balloon_volume": 30, "assist_ratio": 2}
        assert smaller.arms["ecmo"] == {"ecmo_flow": 4}
        assert changed(from_cohort("adhf", arms=["ecmo"]), {"balloon_volume": 30}).arms["ecmo"]["balloon_volume"] == 30

    @pytest.mark.parametrize("name", ["ecmo_cannula", "baroreflex_gain", "deflation_time", "pressure_target"])
    def test_what_changes_nothing_is_refused(self, name):
        value = {"ecmo_cannula": 15, "deflation_time": 0.15, "pressure_target": 80}.get(name, 2)
        with pytest.raises(InputError, match=f"--set: {name} acts only with"):
            changed(from_cohort("adhf"), {name: value})
