"""The operator's deflation per patient and per cell, against numbers planted, and a plain loop over patients."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from answer_checks import check_answer

import counterpulse as cp
from counterpulse.analysis.devices.timing import timing
from counterpulse.analysis.devices.timing_figure import timing_figure
from counterpulse.analysis.devices.timing_words import in_words
from counterpulse.analysis.figures.style import save
from counterpulse.analysis.reading import stream
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.spec.file import load

STARTS = (-0.12, -0.06, -0.02, 0.04)
BEFORE = {"end_diastolic_aortic_pressure": 60.0, "stroke_work": 2000.0, "cardiac_output": 4.0}


@pytest.fixture(name="deflated")
def _deflated(dataset):
    """Patients from pressure, relative stroke work and output by (patient, setting), and baselines for the cells."""

    def make(pressure, work, output, **before):
        pressure, work, output = (np.asarray(each, dtype=float) for each in (pressure, work, output))
        size, parts = len(pressure), []
        for place in range(pressure.shape[1]):
            own = {"end_diastolic_aortic_pressure": pressure[:, place], "stroke_work": 2000 * (1 + work[:, place])}
            part = dataset(BEFORE | before, own | {"cardiac_output": output[:, place]})
            parts.append(part.drop_vars("balloon_volume").isel(arm=[0, 1] if not place else [1]))
        names = ["off", *(f"iabp@{start:g}" for start in STARTS[: pressure.shape[1]])]
        result = xr.concat(parts, "arm", data_vars="all").transpose("patient", "arm")
        result = result.assign_coords(arm=np.array(names, dtype=object))
        result["balloon_volume"] = ("arm", [0.0, *[40.0] * (len(names) - 1)])
        result["deflation_offset"] = ("arm", [-0.02, *STARTS[: len(names) - 1]])
        assert result.sizes["patient"] == size
        return result.assign_attrs(spec=json.dumps({"name": "When to deflate?"}))

    return make


def crowd(deflated, size=600, seed=0):
    """Patients whose pressure is lowest the later, the faster the heart, and whose work rises with late deflation."""
    random = np.random.default_rng(seed)
    rate = random.uniform(60, 140, size)
    best = -0.12 + 0.1 * (rate[:, None] - 60) / 80
    pressure = 50 + 2000 * (np.array(STARTS) - best) ** 2 + random.normal(0, 0.3, (size, len(STARTS)))
    work = 0.05 + np.array(STARTS) + random.normal(0, 0.05, (size, len(STARTS)))
    output = 4.4 + 2 * np.array(STARTS) + random.normal(0, 0.05, (size, len(STARTS)))
    elastance = random.uniform(1, 3, size)
    return deflated(pressure, work, output, mean_heart_rate=rate, effective_arterial_elastance=elastance)


PRESSURE = [
    [50, 48, 52, 60],  # -.06
    [50, 48, 45, 60],  # -.02 is late: -.06
    [47, 48, 52, 60],  # -.12
    [50, 48, 52, 40],  # all late
    [50, 48, 46, 60],  # -.02
]
WORK = [[0, 0, 0.05, 0.3], [0, 0.05, 0.12, 0.3], [0, 0, 0, 0], [0.2, 0.2, 0.2, 0.2], [0, 0.05, 0.11, 0.3]]
OUTPUT = [[4.1, 4.3, 4.5, 4.6]] * 5
BASELINE = {"mean_heart_rate": [80, 90, 100, 110, 120], "effective_arterial_elastance": [1, 2, 3, 2, 1]}


def test_a_table_made_by_hand(deflated):
    answer = timing(deflated(PRESSURE, WORK, OUTPUT, **BASELINE))
    assert answer["deflation"].values.tolist() == list(STARTS)
    assert answer["own"].values.tolist() == [1, 2, 1, 0]
    about = answer.attrs
    assert (about["compared"], about["answered"], about["all_late"]) == (5, 4, 1)
    # means of pressure are 49.4, 48, 49.4, 56; of work .04, .06, .096, .24
    assert about["for_all"] == -0.06
    lost = answer["pressure_lost"].sel(deflation=-0.06)
    assert lost.sel(quantile="median") == pytest.approx(np.median([0, 0, 1, 2]))
    assert lost.sel(quantile="95") == pytest.approx(np.quantile([0, 0, 1, 2], 0.95))
    output = answer["output_lost"].sel(deflation=-0.06, quantile="median")
    assert output == pytest.approx(np.median([0, 0, -0.2, 0.2]))
    assert answer["late"].values.tolist() == [0.2, 0.2, 0.4, 0.8]
    assert answer["mean_pressure_change"].values == pytest.approx([-11.2, -12, -10.6, -4.0], abs=0.7)


def test_against_a_plain_loop_and_whatever_the_pieces(deflated, monkeypatch):
    people = crowd(deflated)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 70)
    answer = timing(people)
    own = []
    for patient in range(people.sizes["patient"]):
        one = people.isel(patient=patient)
        work = one["stroke_work"].values[1:] / float(one["stroke_work"][0]) - 1
        pressures = one["end_diastolic_aortic_pressure"].values[1:]
        fit = [place for place in range(len(STARTS)) if work[place] < 0.12]
        own.append(min(fit, key=lambda place: pressures[place]) if fit else -1)
    own = np.array(own)
    assert answer["own"].values.tolist() == [(own == place).sum() for place in range(len(STARTS))]
    assert answer.attrs["all_late"] == (own == -1).sum()
    y, x = answer["cell_patients"].dims
    inside = np.ones(len(own), dtype=bool)
    for name, place in ((y, 0), (x, 0)):
        low, high = answer[f"{name}_bounds"].values[place]
        inside &= (people[name].sel(arm="off").values >= low) & (people[name].sel(arm="off").values < high)
    inside &= own >= 0
    first = answer.isel({y: 0, x: 0})
    assert first["cell_patients"] == inside.sum()
    assert first["cell_own"] == pytest.approx(np.array(STARTS)[own[inside]].mean())
    pressure = people["end_diastolic_aortic_pressure"].values[inside, 1:]
    at = STARTS.index(answer.attrs["for_all"])
    lost = pressure[:, at] - pressure[np.arange(inside.sum()), own[inside]]
    assert first["cell_pressure_lost"] == pytest.approx(lost.mean())


def test_cells_show_what_was_planted(deflated):
    """A heart at 60 /min wants deflation at -.12, one at 140 at -.02."""
    cells = timing(crowd(deflated, 3000), bins=4)["cell_optimum"].transpose("mean_heart_rate", ...)
    assert set(cells.values[0]) == {-0.12}
    assert set(cells.values[-1]) == {-0.02}


def test_failures_are_counted(deflated):
    people = crowd(deflated)
    people["status"][:50, 2] = 3
    people["status"][50:80, :] = 2
    about = timing(people).attrs
    assert (about["compared"], about["failed_run"], about["not_compared"]) == (520, 50, 30)


def test_who_is_left_out_by_the_baseline_is_in_no_number(deflated):
    people = crowd(deflated)
    people["mean_arterial_pressure"][:30, 0] = 35.0
    people["status"][:5, 2], people["status"][5:10, :] = 3, 2
    answer, others = timing(people, bins=3), timing(people.isel(patient=slice(30, None)), bins=3)
    about = answer.attrs
    # the baseline decides, whether or not the run of an arm failed; one outside the cohort is told as that
    assert (about["not_survivable"], about["not_in_shock"]) == (25, 0)
    assert (about["compared"], about["failed_run"], about["not_compared"]) == (570, 0, 5)
    kept = [name for name in answer.data_vars if not str(name).startswith("cell") and "bounds" not in str(name)]
    xr.testing.assert_identical(answer[kept].drop_attrs(deep=False), others[kept].drop_attrs(deep=False))
    assert "5 outside the cohort or not run, 25 whose baseline nobody survives" in in_words(answer)[0].lines[0]
    assert timing(people, thresholds={"leave_out": 0}).attrs["compared"] == 590


def test_it_is_an_answer_and_drawn(deflated, tmp_path):
    answer = timing(crowd(deflated))
    check_answer(answer, in_words, tmp_path)
    assert "one setting for all" in "\n".join(in_words(answer)[0].lines)
    assert save(timing_figure(answer), tmp_path / "own.png").stat().st_size > 20_000


def test_none_is_right_for_all_where_every_setting_is_late(deflated, tmp_path):
    answer = timing(deflated(PRESSURE, np.full((5, 4), 0.2), OUTPUT, **BASELINE))
    assert np.isnan(answer.attrs["for_all"])
    assert answer.attrs["all_late"] == 5
    assert "none, every one is late" in in_words(answer)[0].lines[-1]
    assert save(timing_figure(answer), tmp_path / "late.png").exists()


def test_an_arm_that_differs_in_more_is_no_setting(deflated):
    people = crowd(deflated)
    people["balloon_volume"] = ("arm", [0.0, 40.0, 40.0, 30.0, 40.0])
    assert timing(people)["deflation"].values.tolist() == [-0.12, -0.06, 0.04]


def test_axes_need_arms_that_differ_in_deflation(population):
    people = population(500)
    with pytest.raises(InputError, match="x and y need arms that differ in the start of deflation alone"):
        timing(people, x="heart_rate")


def test_the_example_has_arms_that_differ_in_deflation_alone():
    spec = load(Path(__file__).parents[3] / "examples" / "deflation.toml")
    assert len(spec.arms) == 11
    assert all(own.keys() == {"balloon_volume", "deflation_offset"} for own in list(spec.arms.values())[1:])


def test_the_model_wants_deflation_earlier_the_slower_the_heart():
    """Time between activation and the foot of ejection hardly changes, but the balloon's emptying ends sooner."""
    arms = {"off": {}, "iabp": {"balloon_volume": 40, "levels": {"deflation_offset": [-0.16, -0.08, -0.02, 0.06]}}}
    patients = cp.sample("ami-cs", 24, seed=5)
    own = []
    for rate in (70.0, 125.0):
        answer = timing(cp.simulate(patients.assign(heart_rate=rate), arms), x="age", y="systemic_resistance", bins=2)
        assert answer.attrs["answered"] > 15
        own.append(float((answer["own"] * answer["deflation"]).sum() / answer["own"].sum()))
        # deflation 60 ms after activation is late in everybody
        assert answer["own"].values[-1] == 0
    assert own[0] < own[1]
