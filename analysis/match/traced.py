"""Features of an arterial trace as measurements: outcomes where the store has them, else learnt from waveforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, RHYTHM, InputError, Status
from ...sweeps.earlier_results import ARMS, attribute_table
from ...sweeps.simulate import waveforms
from ..bedside.quantities import Quantities, Quantity
from ..devices.arm_settings import settings
from ..numbers.cells import Floats
from ..reading.measures import short
from ..reading.origin import stored_spec
from .request import Measurement
from .trace import Beats, Features, features_of_model
from .weights import Candidates, rows_of

PLAIN = ("mean_heart_rate", "mean_arterial_pressure", "systolic_pressure")
WITHOUT_BALLOON = (*PLAIN, "diastolic_pressure")
WITH_BALLOON = (*PLAIN, "end_diastolic_aortic_pressure", "augmented_diastolic_pressure")
"""Outcomes that a trace shows, without and with a balloon at every beat."""

LEARNT = {
    "notch_time": ("notch", "time from foot to notch", "s"),
    "decay_time_constant": ("decay", "time constant of the diastolic decay", "s"),
}
"""Features that no store has, without a balloon: name, title, units."""

TEACHERS = 256
"""Patients, the likeliest by all else, from whose waveforms such features are learnt."""

PREDICTORS = (
    "mean_arterial_pressure", "systolic_pressure", "diastolic_pressure", "mean_diastolic_pressure", "mean_heart_rate",
    "stroke_volume", "forward_stroke_volume", "systemic_vascular_resistance", "central_venous_pressure", "dpti", "spti",
)  # fmt: skip
"""Outcomes that predict them, beside the parameters that vary."""

RIDGE = 1e-3


class Emulator(NamedTuple):
    """A linear function of what a store has, for a feature that it has not.

    Attributes
    ----------
    names : tuple of str
        Variables it reads.
    middle, scale, slope : array
        Of each variable.
    level : float
        Value at the middle.
    rest : float
        Standard deviation of what it leaves, each patient predicted from the others.
    """

    names: tuple[str, ...]
    middle: Floats
    scale: Floats
    slope: Floats
    level: float
    rest: float

    def of(self, block: xr.Dataset, arm: str) -> Floats:
        """Values in the patients of a data set in memory."""
        unit = (_columns(block, self.names, arm) - self.middle) / self.scale
        # a patient's value must not hang on how many are looked at together, as a matrix product's last digit may
        return np.asarray(self.level + np.einsum("ni,i->n", unit, self.slope))


def _columns(block: xr.Dataset, names: Sequence[str], arm: str) -> Floats:
    columns = (block[name].sel(arm=arm) if "arm" in block[name].dims else block[name] for name in names)
    return np.stack([np.asarray(column.values, np.float64) for column in columns], axis=1)


def with_balloon(dataset: xr.Dataset, arm: str) -> bool:
    """Whether an arm has a balloon, at every beat.

    Raises
    ------
    InputError
        Where it has one at some beats only, or in some patients, whose average beat would be of neither kind.
    """
    own = settings(dataset, arm, ("balloon_volume", "assist_ratio"))
    if own["balloon_volume"] > 0 and own["assist_ratio"] == 1:
        return True
    if own["balloon_volume"] == 0:
        return False
    raise InputError(f"match: --trace-arm: {arm} has no balloon of one volume at every beat, and not none either")


def shown_by(beats: Beats, table: Quantities, arm: str, with_balloon: bool, given: Sequence[str]) -> list[Measurement]:
    """Make measurements of those features that are outcomes, but for what was given as a number."""
    features, errors = beats.features._asdict(), beats.errors._asdict()
    found = []
    for name in WITH_BALLOON if with_balloon else WITHOUT_BALLOON:
        feature = "diastolic_pressure" if name == "end_diastolic_aortic_pressure" else name
        if name in given or not np.isfinite(features[feature]):
            continue
        quantity = table.find("match: --trace", name)
        found.append(_measurement(quantity, table, name, arm, features[feature], errors[feature], 0.0))
    return found


def learnt_from(
    dataset: xr.Dataset, candidates: Candidates, beats: Beats, table: Quantities, baseline: str
) -> list[Measurement]:
    """Make measurements of the notch and the decay, which the model's waveforms show and no store holds.

    Waveforms of the store's likeliest patients are measured as the trace is, and the features are regressed on
    parameters and outcomes; what the regression leaves counts as error beside that of the measurement.
    """
    from scipy.linalg import cho_factor, cho_solve

    order = np.argsort(-candidates.log_weight, kind="stable")[:TEACHERS]
    rows = np.sort(candidates.rows[order])
    block = rows_of(dataset, ["status", "index", *PARAMETERS, *PREDICTORS], rows).assign_attrs(dataset.attrs)
    regular = np.all([np.broadcast_to(block[name].values == 0, len(rows)) for name in RHYTHM if name in block], axis=0)
    names = tuple(
        name
        for name in (*PARAMETERS, *PREDICTORS)
        if name in block and "patient" in block[name].dims and (name in OUTCOMES or block[name].dims == ("patient",))
    )
    spec = stored_spec(dataset)
    arms: Mapping[str, Mapping[str, float]] = spec.get("arms") or attribute_table(dataset.attrs.get(ARMS))
    if baseline not in arms:
        return []
    block = block.isel(patient=np.flatnonzero(regular & (block["status"].sel(arm=baseline).values == Status.OK)))
    names = tuple(name for name in names if np.ptp(_columns(block, [name], baseline)) > 0)
    if block.sizes["patient"] < 2 * len(names):
        return []
    try:
        traces = waveforms(block.drop_vars("patient", errors="ignore"), {baseline: arms[baseline]}, samples=256)
    except InputError:
        return []
    pressure = traces["aortic_pressure"].isel(arm=0).transpose("patient", "time").values
    durations = traces["pattern_duration"].isel(arm=0).values
    features = [features_of_model(own, float(each)) for own, each in zip(pressure, durations, strict=True)]
    columns = _columns(block, names, baseline)
    middle, scale = columns.mean(axis=0), columns.std(axis=0)
    unit = (columns - middle) / scale
    size = len(unit)
    whole = np.einsum("ni,nj->ij", unit, unit) + RIDGE * size * np.eye(len(names))
    factor = cho_factor(whole)
    leverage = np.einsum("ni,ni->n", unit, cho_solve(factor, unit.T).T) + 1 / size
    found = []
    for feature in LEARNT:
        values = np.array([getattr(each, feature) for each in features])
        known = np.isfinite(values)
        value = getattr(beats.features, feature)
        if not known.all() or not np.isfinite(value):
            continue
        level = float(values.mean())
        slope = cho_solve(factor, np.einsum("ni,n->i", unit, values - level))
        rest = (values - level - unit @ slope) / (1 - np.minimum(leverage, 0.95))
        emulator = Emulator(names, middle, scale, slope, level, float(np.sqrt((rest**2).mean())))
        name, title, units = LEARNT[feature]
        quantity = Quantity(name, feature, title, units, low=0.0, emulator=emulator)
        found.append(
            _measurement(quantity, table, feature, baseline, value, getattr(beats.errors, feature), emulator.rest)
        )
    return found


def _measurement(
    quantity: Quantity, table: Quantities, feature: str, arm: str, value: float, standard: float, rest: float
) -> Measurement:
    row = table.trace[feature]
    own = max(row.error or 0.0, (row.relative_error or 0.0) * abs(value))
    parts = [own, rest, standard if np.isfinite(standard) else 0.0]
    return Measurement(quantity, arm, value, float(np.sqrt(np.square(parts).sum())), 0.0)


def in_words(beats: Beats) -> str:
    """Say what a trace showed."""
    told = [
        f"{short(name.replace('_', ' '))} {value:.3g}"
        for name, value in zip(Features._fields, beats.features, strict=True)
        if np.isfinite(value)
    ]
    return f"Trace: {beats.kept} of {beats.found} beats alike; {', '.join(told)}."
