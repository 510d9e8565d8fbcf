"""Synthetic patients, measured with errors and matched by weights: ranks of the truth, and log scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ..analysis.bedside.quantities import load
from ..analysis.match.posterior import classes_of, needed
from ..analysis.match.request import Measurement
from ..analysis.match.result import EFFECTS
from ..analysis.match.weights import NEGLIGIBLE
from ..analysis.numbers.cells import Floats
from ..analysis.reading.stream import read
from ..analysis.response.classify import CLASSES
from ..analysis.response.comparison import Comparison
from ..analysis.response.pairs import Pair
from ..engine import Status, allowed_cores
from ..sweeps.spec.blocks import simulated
from ..sweeps.spec.candidates import candidates
from ..sweeps.store.opening import open_store
from ..sweeps.store.store import read_stored
from ..sweeps.store.warm_starts import usable

MEASURED = ("MAP", "HR", "CO", "PCWP", "CVP", "mPAP")
"""What an arterial line and a catheter in the pulmonary artery show, with the errors of the table."""
PARAMETERS = ("lv_elastance", "rv_elastance", "systemic_resistance", "stressed_volume", "arterial_stiffness", "age")
LEVELS = (0.5, 0.8, 0.9)
SEED = 20_261_128


class People(NamedTuple):
    """Patients with a result in both arms: true values (patient, quantity), what is predicted, class."""

    true: Floats
    predicted: Floats
    place: np.ndarray


class Scores(NamedTuple):
    """What was found of every synthetic patient.

    Attributes
    ----------
    ranks : array, (patient, predicted)
        Posterior probability of values below the truth: uniform where the posterior is calibrated.
    log_scores : array, (way, patient, predicted)
        Logarithm of the predictive density at the truth: posterior, cohort, regression.
    response : array, (way, patient)
        Likewise of the class.
    effective, p_value : array, (patient,)
    """

    ranks: Floats
    log_scores: Floats
    response: Floats
    effective: Floats
    p_value: Floats


def people_of(block: xr.Dataset, measured: Sequence[Measurement], comparison: Comparison) -> People:
    """Take those with a result in both arms, and a class."""
    place = classes_of(block, comparison).place
    pair = Pair(block, comparison.arm, comparison.reference)
    kept = np.flatnonzero((block["status"].values == Status.OK).all(axis=1) & (place >= 0))
    predicted = [np.asarray(pair.difference(name).value) for name in EFFECTS]
    predicted += [np.asarray(block[name].values, np.float64) for name in PARAMETERS]
    true = np.stack([each.true(block) for each in measured], axis=1)
    return People(true[kept], np.stack(predicted, axis=1)[kept], place[kept])


def prepared(store: Path, patients: int) -> tuple[list[Measurement], People, People]:
    """The patients of a store, and as many synthetic ones as asked for, drawn from its law independently of it."""
    dataset, spec = open_store(store), read_stored(store).spec
    table, comparison = load(), Comparison.of(open_store(store))
    quantities = [table.find("calibration", name) for name in MEASURED]
    measured = [Measurement(each, comparison.reference, 0.0, each.error, each.relative_error) for each in quantities]
    names = needed(dataset, [comparison], [*EFFECTS, *(name for each in quantities for name in each.needs)])
    names = [name for name in names if name in dataset.variables]
    whole = people_of(read(dataset, names, slice(0, dataset.sizes["patient"])), measured, comparison)
    drawn = spec.model_copy(update={"design": "random", "seed": SEED, "patients": 2 * patients})
    result = simulated(drawn, candidates(drawn, 0, 2 * patients), usable(store), allowed_cores())
    fresh = people_of(result.assign_attrs(dataset.attrs), measured, comparison)
    return measured, whole, People(*(each[:patients] for each in fresh))


def scored(measured: Sequence[Measurement], store: People, fresh: People, seed: int = SEED) -> Scores:
    """Measure every synthetic patient with errors, match it by weights alone, and compare with the truth."""
    from scipy.special import chdtrc

    random = np.random.default_rng(seed)
    spreads = np.stack([each.spreads(store.true[:, k]) for k, each in enumerate(measured)], axis=1)
    of_fresh = np.stack([each.spreads(fresh.true[:, k]) for k, each in enumerate(measured)], axis=1)
    given = fresh.true + of_fresh * random.standard_normal(fresh.true.shape)
    logs = np.log(spreads).sum(axis=1)
    size, targets = fresh.predicted.shape
    ranks, effective, p_value = np.empty((size, targets)), np.empty(size), np.empty(size)
    scores, response = np.empty((3, size, targets)), np.empty((3, size))
    for number in range(size):
        squares = (((given[number] - store.true) / spreads) ** 2).sum(axis=1)
        log_weight = -0.5 * squares - logs
        kept = np.flatnonzero(log_weight > log_weight.max() - NEGLIGIBLE)
        weight = np.exp(log_weight[kept] - log_weight.max())
        weight /= weight.sum()
        values, truth = store.predicted[kept], fresh.predicted[number]
        ranks[number] = weight @ ((values < truth) + 0.5 * (values == truth))
        effective[number] = 1 / (weight**2).sum()
        p_value[number] = weight @ chdtrc(len(measured), squares[kept])
        scores[0, number] = _density(values, weight, truth, effective[number])
        shares = np.bincount(store.place[kept], weight, minlength=len(CLASSES))
        # half a patient in each class, so that none is impossible
        response[0, number] = np.log(
            (shares[fresh.place[number]] * effective[number] + 0.5) / (effective[number] + 0.5 * len(CLASSES))
        )
    few = np.random.default_rng(seed + 1).choice(len(store.place), min(len(store.place), 4096), replace=False)
    plain = np.full(len(few), 1 / len(few))
    for number in range(size):
        scores[1, number] = _density(store.predicted[few], plain, fresh.predicted[number], float(len(few)))
    base = np.bincount(store.place, minlength=len(CLASSES)) + 0.5
    response[1] = np.log(base / base.sum())[fresh.place]
    noisy = store.true + spreads * np.random.default_rng(seed + 2).standard_normal(store.true.shape)
    scores[2], response[2] = _regressed(noisy, store, given, fresh)
    return Scores(ranks, scores, response, effective, p_value)


def _density(values: Floats, weight: Floats, at: Floats, effective: float) -> Floats:
    """Logarithm of a weighted Gaussian kernel density, column by column; the kernel's width by Silverman's rule."""
    middle = weight @ values
    spread = np.sqrt(np.maximum(weight @ (values - middle) ** 2, 1e-300))
    width = 0.9 * spread * max(effective, 2.0) ** -0.2
    kernel = np.exp(-0.5 * ((at - values) / width) ** 2) / (width * math.sqrt(2 * math.pi))
    # what a hundredth of a wide normal law adds keeps a far truth from an infinite score
    far = np.exp(-0.5 * ((at - middle) / (3 * spread)) ** 2) / (3 * spread * math.sqrt(2 * math.pi))
    return np.asarray(np.log(0.99 * (weight @ kernel) + 0.01 * far))


def _regressed(noisy: Floats, store: People, given: Floats, fresh: People) -> tuple[Floats, Floats]:
    """Log scores of a quadratic regression on the same measurements, with normal rest, and of a logistic one."""
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    def terms() -> Any:
        return make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler())

    line = make_pipeline(terms(), LinearRegression()).fit(noisy, store.predicted)
    spread = (store.predicted - line.predict(noisy)).std(axis=0)
    off = (fresh.predicted - line.predict(given)) / spread
    logs = -0.5 * off**2 - np.log(spread * math.sqrt(2 * math.pi))
    few = slice(0, 40_000)
    curve = make_pipeline(terms(), LogisticRegression(max_iter=500)).fit(noisy[few], store.place[few])
    shares = np.zeros((len(given), len(CLASSES)))
    shares[:, curve.classes_] = curve.predict_proba(given)
    return logs, np.log(np.maximum(shares[np.arange(len(given)), fresh.place], 1e-6))


def coverage(ranks: Floats) -> Floats:
    """Share of the patients whose truth is within the central interval of each level, (predicted, level)."""
    return np.stack([((ranks >= (1 - each) / 2) & (ranks <= (1 + each) / 2)).mean(axis=0) for each in LEVELS], axis=1)
