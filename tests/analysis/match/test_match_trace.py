"""Beats and features of arterial traces that the engine makes, spoilt as traces at the bedside are."""

import numpy as np
import pytest
from scipy.signal import lfilter

import counterpulse as cp
from counterpulse.analysis.match.trace import Features, beats_of, features_of, features_of_model, read_trace

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
RATE, SECONDS = 125.0, 25.0


@pytest.fixture(scope="module")
def patients():
    return cp.sample("ami-cs", 5, seed=11)


@pytest.fixture(scope="module")
def waves(patients):
    return cp.waveforms(patients, ARMS, samples=300)


@pytest.fixture(scope="module")
def outcomes(patients):
    return cp.simulate(patients, ARMS)


@pytest.fixture(
    params=[(patient, arm) for patient in range(5) for arm in ARMS], ids=lambda each: f"{each[1]}-{each[0]}"
)
def one(request, waves, outcomes):
    """One periodic beat, its duration, and the outcomes of that patient in that arm."""
    patient, arm = request.param
    own = waves.isel(patient=patient).sel(arm=arm)
    return own["aortic_pressure"].values, float(own["pattern_duration"]), outcomes.isel(patient=patient).sel(arm=arm)


def trace(pressure, duration, noise=0.0, drift=0.0, damped=0.0, ectopic=(), seed=0):
    """A trace of many beats: with noise (mmHg), a drift of 4 s, a first-order damping (s), beats that come early."""
    time = np.arange(0, SECONDS, 1 / RATE)
    starts, phase, turn = [0.0], np.empty_like(time), 0
    while starts[-1] < SECONDS:
        turn += 1
        starts.append(starts[-1] + duration * (0.6 if turn in ectopic else 1.0))
    place = np.searchsorted(starts, time, side="right") - 1
    phase = np.minimum((time - np.array(starts)[place]) / duration, 1.0)
    values = np.interp(phase, np.arange(len(pressure) + 1) / len(pressure), np.append(pressure, pressure[0]))
    if ectopic:
        weak = np.isin(place + 1, ectopic)
        values = np.where(weak, values.mean() + 0.5 * (values - values.mean()), values)
    values = (
        values + drift * np.sin(2 * np.pi * time / 4) + noise * np.random.default_rng(seed).standard_normal(len(time))
    )
    if damped:
        share = 1 - np.exp(-1 / (RATE * damped))
        values = lfilter([share], [1, share - 1], values, zi=[values[0] * (1 - share)])[0]
    return time, values


def check(found, outcome, pressures, rate):
    shown = found.features
    pairs = {
        "mean_arterial_pressure": shown.mean_arterial_pressure,
        "systolic_pressure": shown.systolic_pressure,
        (
            "diastolic_pressure" if outcome["arm"] == "off" else "end_diastolic_aortic_pressure"
        ): shown.diastolic_pressure,
        **({} if outcome["arm"] == "off" else {"augmented_diastolic_pressure": shown.augmented_diastolic_pressure}),
    }
    for name, value in pairs.items():
        assert value == pytest.approx(float(outcome[name]), abs=pressures), name
    assert shown.mean_heart_rate == pytest.approx(float(outcome["mean_heart_rate"]), rel=rate)


def test_a_clean_trace_shows_the_outcomes(one):
    found = beats_of(*trace(*one[:2]))
    assert found.kept >= found.found - 1 >= int(SECONDS / one[1]) - 3
    check(found, one[2], 1.5, 0.003)


def test_with_noise_and_drift(one):
    found = beats_of(*trace(*one[:2], noise=1.5, drift=3))
    check(found, one[2], 2.0, 0.02)


def test_a_damped_line_loses_extremes_but_no_mean(one):
    found = beats_of(*trace(*one[:2], damped=0.02))
    assert found.features.mean_arterial_pressure == pytest.approx(float(one[2]["mean_arterial_pressure"]), abs=0.5)
    check(found, one[2], 12.0, 0.01)
    assert found.features.diastolic_pressure > float(one[2]["end_diastolic_aortic_pressure"]) - 0.6


def test_ectopic_beats_are_left_out(one):
    early = (5, 11, 12, 20)
    found = beats_of(*trace(*one[:2], noise=0.5, ectopic=early))
    assert found.kept <= found.found - 4
    check(found, one[2], 2.0, 0.03)


def test_notch_and_decay_are_those_of_the_models_own_beat(one):
    if one[2]["arm"] != "off":
        return
    own = features_of_model(*one[:2])
    for spoilt in ({}, {"noise": 1.0, "drift": 2.0}):
        found = beats_of(*trace(*one[:2], **spoilt)).features
        assert found.notch_time == pytest.approx(own.notch_time, abs=0.02)
        assert found.decay_time_constant == pytest.approx(own.decay_time_constant, rel=0.12)


def test_notch_is_near_the_closure_of_the_aortic_valve(waves):
    """Which the trace does not show: the model's flow does."""
    for patient in range(5):
        own = waves.isel(patient=patient).sel(arm="off")
        pressure, flow, duration = (
            own["aortic_pressure"].values,
            own["aortic_valve_flow"].values,
            own["pattern_duration"],
        )
        closure = np.flatnonzero(flow > 1.0)[-1] + 1
        foot = int(np.argmin(pressure))
        expected = float((closure - foot) % len(flow) / len(flow) * duration)
        assert features_of_model(pressure, float(duration)).notch_time == pytest.approx(expected, abs=0.04)


def test_a_planted_decay_is_found():
    """An exponential fall towards zero after a crest and a notch."""
    time = np.arange(0, 0.8, 1 / 250)
    ejection = 60 + 40 * np.sin(np.pi * time / 0.3)
    beat = np.where(time < 0.3, ejection, 70 * np.exp(-(time - 0.3) / 1.3))
    assert features_of(np.append(beat, beat[-1]), 60 / 0.8).decay_time_constant == pytest.approx(1.3, rel=0.05)


def test_features_have_names_of_the_errors_table():
    from counterpulse.analysis.bedside.quantities import load

    assert set(Features._fields) <= set(load().trace)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,pressure\n0,80\n", ["time must rise"]),
        ("a\n1\n", ["has 1 column"]),
        ("time,pressure\n0,80\n.01,eighty\n", ["row 2", "'eighty' is no number"]),
        ("time,pressure\n" + "".join(f"{k / 100},{80 + k % 70}\n" for k in range(30)), ["s long"]),
        ("time,pressure\n" + "".join(f"{k},{80 + k % 7}\n" for k in range(300)), ["samples a second"]),
        ("time,pressure\n" + "".join(f"{k / 100},{9000 + k % 70}\n" for k in range(900)), ["no arterial pressure"]),
        ("time,pressure\n" + "".join(f"{k / 100},80\n" for k in range(900)), ["no arterial pressure"]),
        ("", ["no CSV table"]),
    ],
)
def test_what_is_no_trace_is_refused(text, words, tmp_path, refused):
    file = tmp_path / "trace.csv"
    file.write_text(text)
    with refused("trace.csv", *words):
        beats_of(*read_trace(file))


def test_noise_is_no_beat(refused):
    time = np.arange(0, 20, 1 / RATE)
    with refused("beats were found"):
        beats_of(time, 80 + 10 * np.random.default_rng(0).standard_normal(len(time)))


def test_no_such_file(tmp_path, refused):
    with refused("no such file"):
        read_trace(tmp_path / "none.csv")
