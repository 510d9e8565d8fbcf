"""An arterial pressure trace: read from a file, beats found, averaged, and its features measured."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...engine import InputError
from ...sweeps.population.tables import shown
from ...sweeps.population.toml import on_one_line
from ..numbers.cells import Floats

RATE = 250.0
"""Samples a second at which a trace is looked at."""
LOW_PASS = 40.0
"""Hz; above it an arterial line tells of itself."""
FEWEST_SAMPLES_A_SECOND, FEWEST_BEATS = 40.0, 3
LARGEST_FILE = 50_000_000
PRESSURES = -30.0, 350.0
SHORTEST, LONGEST = 0.25, 2.4
"""Seconds of a beat."""
ALIKE, OF_LENGTH = 0.9, 0.15
"""Correlation with the median beat, and share of the median duration by which it may differ, of a beat that is kept."""
LATE = 0.06
"""Seconds after the notch from which on pressure decays freely."""


class Features(NamedTuple):
    """What is measured in the averaged beat; NaN where it cannot be.

    Attributes
    ----------
    systolic_pressure, diastolic_pressure, mean_arterial_pressure : float
        Highest before the notch, lowest of the beat, and mean, mmHg.
    mean_heart_rate : float
        1/min, of the beats kept.
    augmented_diastolic_pressure : float
        Highest after the notch, mmHg.
    notch_time : float
        From the foot of the beat to the notch, s.
    decay_time_constant : float
        Of the fall of pressure to zero in late diastole, s.
    """

    systolic_pressure: float
    diastolic_pressure: float
    mean_arterial_pressure: float
    mean_heart_rate: float
    augmented_diastolic_pressure: float
    notch_time: float
    decay_time_constant: float


class Beats(NamedTuple):
    """Beats of a trace.

    Attributes
    ----------
    found, kept : int
        Beats found, and those of them alike, which are averaged.
    average : array
        Pressure from foot to foot at ``RATE``.
    features : Features
        Of the average.
    errors : Features
        Standard error of each over the beats kept.
    """

    found: int
    kept: int
    average: Floats
    features: Features
    errors: Features


def read_trace(path: str | Path) -> tuple[Floats, Floats]:
    """Read a trace from a CSV file: time in s and pressure in mmHg, in columns called so, or the first two.

    Raises
    ------
    InputError
        For a file that cannot be read or is no such trace, in one line.
    """
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]

    where = f"--trace: {on_one_line(str(path))}"
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{where}: no such file" if not file.exists() else f"{where}: no ordinary file")
    if file.stat().st_size > LARGEST_FILE:
        raise InputError(f"{where}: larger than {LARGEST_FILE:,} bytes, no trace of some minutes")
    try:
        table = pd.read_csv(file, comment="#", skipinitialspace=True)
    except (ValueError, OSError) as error:
        raise InputError(f"{where}: no CSV table: {on_one_line(str(error), 120)}") from None
    if table.shape[1] < 2:
        raise InputError(f"{where}: has {table.shape[1]} column, two are needed: time (s) and pressure (mmHg)")
    names = [str(name) for name in table.columns]
    columns = [_column(names, ("time", "t"), 0), _column(names, ("pressure", "abp", "art", "ao", "p"), 1)]
    if columns[0] == columns[1]:
        columns = [0, 1]
    arrays = []
    for place in columns:
        values = pd.to_numeric(table.iloc[:, place], errors="coerce").to_numpy(np.float64)
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            given = shown(str(table.iloc[bad[0], place]))
            raise InputError(f"{where}: row {bad[0] + 1}: {given} is no number in the column {shown(names[place])}")
        arrays.append(values)
    time, pressure = arrays
    check_trace(where, time, pressure)
    return time, pressure


def _column(names: list[str], wanted: tuple[str, ...], default: int) -> int:
    for place, name in enumerate(names):
        if name.lower().split("(")[0].split("[")[0].strip() in wanted:
            return place
    return default


def check_trace(where: str, time: Floats, pressure: Floats) -> None:
    """Refuse what is no trace of an arterial pressure, in one line."""
    if len(time) < 2 or not (np.diff(time) > 0).all():
        place = 1 + int(np.argmax(np.diff(time) <= 0)) if len(time) > 1 else 1
        raise InputError(f"{where}: time must rise from row to row, in s; it does not at row {place + 1}")
    span = float(time[-1] - time[0])
    if not span >= FEWEST_BEATS * SHORTEST * 2:
        raise InputError(f"{where}: is {span:.3g} s long; {FEWEST_BEATS} beats are needed, in s")
    rate = (len(time) - 1) / span
    if rate < FEWEST_SAMPLES_A_SECOND:
        raise InputError(
            f"{where}: has {rate:.3g} samples a second; {FEWEST_SAMPLES_A_SECOND:g} are needed, and time in s"
        )
    low, high = float(pressure.min()), float(pressure.max())
    if low < PRESSURES[0] or high > PRESSURES[1] or high - low < 3:
        raise InputError(f"{where}: pressure from {low:.3g} to {high:.3g} is no arterial pressure in mmHg")


def beats_of(time: Floats, pressure: Floats, where: str = "trace") -> Beats:
    """Find the beats of a trace, average those alike, and measure the average.

    The period is that of the autocorrelation; a beat begins at the foot, the lowest point of each period, found by
    ``scipy.signal.find_peaks``. Beats that differ in length or shape, as ectopic ones, are left out.

    Raises
    ------
    InputError
        Where there are not three beats alike.
    """
    from scipy.signal import butter, find_peaks, sosfiltfilt

    grid = np.arange(time[0], time[-1], 1 / RATE)
    signal = np.interp(grid, time, pressure)
    smooth = _low_passed(signal)
    level = sosfiltfilt(butter(1, 0.4, "highpass", fs=RATE, output="sos"), smooth)
    period = _period(level)
    feet, _ = find_peaks(-level, distance=max(int(0.6 * period * RATE), 1), prominence=0.3 * np.std(level))
    several = [(int(begin), int(end)) for begin, end in pairwise(feet)]
    kept = _alike(smooth, several)
    if len(kept) < FEWEST_BEATS:
        raise InputError(
            f"{where}: {len(several)} beats were found, {len(kept)} of them alike; {FEWEST_BEATS} are needed"
        )
    length = int(np.median([end - begin for begin, end in kept]))
    beats = np.stack([_stretched(smooth[begin : end + 1], length) for begin, end in kept])
    rate = 60 * RATE / float(np.mean([end - begin for begin, end in kept]))
    single = np.array(
        [features_of(beat, 60 * RATE / (end - begin)) for beat, (begin, end) in zip(beats, kept, strict=True)]
    )
    average = beats.mean(axis=0)
    spread = [np.std(own[np.isfinite(own)]) if np.isfinite(own).any() else np.nan for own in single.T]
    errors = Features(*(float(each) / np.sqrt(len(kept)) for each in spread))
    return Beats(len(several), len(kept), average, features_of(average, rate), errors)


def _period(level: Floats) -> float:
    """Period in s: the first high peak of the autocorrelation."""
    from scipy.signal import correlate, find_peaks

    whole = correlate(level, level, method="fft")[len(level) - 1 :]
    # what is left of both copies at a lag, without which later periods would seem weaker than they are
    whole = whole / np.arange(len(level), 0, -1)
    first, last = int(SHORTEST * RATE), min(int(LONGEST * RATE), len(level) // 2)
    part = whole[first:last] / whole[0]
    peaks, _ = find_peaks(part)
    if not len(peaks):
        return 0.8
    high = peaks[part[peaks] >= 0.8 * part[peaks].max()]
    return float((first + high[0]) / RATE)


def _alike(signal: Floats, beats: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Beats of the usual length and shape, whose predecessor had the usual length too."""
    if len(beats) < FEWEST_BEATS:
        return beats
    lengths = np.array([end - begin for begin, end in beats])
    usual = np.median(lengths)
    regular = np.abs(lengths - usual) <= OF_LENGTH * usual
    if not regular.any():
        return []
    shapes = np.stack([_stretched(signal[begin : end + 1], int(usual)) for begin, end in beats])
    middle = np.median(shapes[regular], axis=0)
    like = np.array([np.corrcoef(shape, middle)[0, 1] for shape in shapes]) >= ALIKE
    # the beat behind an ectopic one is stronger
    settled = np.append(True, regular[:-1])
    return [beat for beat, one in zip(beats, regular & like & settled, strict=True) if one]


def _stretched(beat: Floats, length: int) -> Floats:
    """A beat at ``length`` points from foot to foot."""
    return np.interp(np.linspace(0, len(beat) - 1, length), np.arange(len(beat)), beat)


def features_of(beat: Floats, rate: float) -> Features:
    """Measure one beat, from foot to foot, whose duration follows from the heart rate in 1/min.

    The notch is where pressure curves upwards most, from the middle of systole by Bazett's square root of the period
    to two thirds of the beat; the decay is the slope of the logarithm of pressure from 60 ms after the last crest
    behind the notch to the end.
    """
    duration = 60.0 / rate
    step = duration / (len(beat) - 1)
    time = np.arange(len(beat)) * step
    systole = 0.3 * np.sqrt(duration)
    low, high = 0.55 * systole, min(1.6 * systole, 0.7 * duration)
    curvature = _smoothed(np.gradient(np.gradient(beat, step), step), int(max(0.016 / step, 1)))
    inside = np.flatnonzero((time >= low) & (time <= high))
    notch = int(inside[np.argmax(curvature[inside])]) if len(inside) else len(beat) // 2
    # where pressure falls into the notch, the notch is the bottom
    reach = np.flatnonzero(np.abs(time - time[notch]) <= 0.035)
    notch = int(reach[np.argmin(beat[reach])]) if _is_dip(beat, reach) else notch
    crest = notch + int(np.argmax(beat[notch:]))
    begin = min(crest + int(LATE / step), len(beat) - 2)
    late = slice(begin, max(len(beat) - int(0.04 / step), begin + 2))
    positive = beat[late] > 1.0
    slope = np.polyfit(time[late][positive], np.log(beat[late][positive]), 1)[0] if positive.sum() > 4 else np.nan
    return Features(
        float(beat[: notch + 1].max()),
        float(beat.min()),
        float((beat[:-1] + beat[1:]).mean() / 2),
        float(rate),
        float(beat[notch:].max()),
        float(time[notch]),
        float(-1 / slope) if slope < 0 else float("nan"),
    )


def _is_dip(beat: Floats, reach: np.ndarray) -> bool:
    lowest = int(np.argmin(beat[reach]))
    return 0 < lowest < len(reach) - 1


def _smoothed(values: Floats, width: int) -> Floats:
    kernel = np.hanning(2 * width + 3)[1:-1]
    return np.convolve(values, kernel / kernel.sum(), mode="same")


def features_of_model(pressure: Floats, duration: float) -> Features:
    """Measure a periodic beat of the model of a duration in s in the same way, through the same filter."""
    samples = max(round(duration * RATE), 16)
    grid = np.linspace(0, len(pressure), samples, endpoint=False)
    one = np.interp(grid, np.arange(len(pressure) + 1), np.append(pressure, pressure[0]))
    # of a periodic beat the filter sees its neighbours
    one = _low_passed(np.tile(one, 5))[2 * samples : 3 * samples]
    turned = np.roll(one, -int(np.argmin(one)))
    return features_of(np.append(turned, turned[0]), 60.0 / duration)


def _low_passed(signal: Floats) -> Floats:
    from scipy.signal import butter, sosfiltfilt

    return np.asarray(sosfiltfilt(butter(2, LOW_PASS, fs=RATE, output="sos"), signal))
