"""Whether what match says is calibrated: synthetic patients, measured with errors, and how often its intervals hold.

``python -m counterpulse.benchmarks.calibration [--cohorts ami-cs adhf] [-o docs/match-calibration.md]``
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..analysis.bedside.quantities import load
from ..analysis.figures.style import BLUE, GREEN, GREY, VERMILLION, page, save
from ..analysis.match.check import ALARM
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
from ..sweeps.execution.run import run
from ..sweeps.spec.blocks import simulated
from ..sweeps.spec.candidates import candidates
from ..sweeps.store.files import write_whole
from ..sweeps.store.opening import open_store
from ..sweeps.store.store import read_stored
from ..sweeps.store.warm_starts import usable

COHORTS = ("ami-cs", "adhf", "high-risk-pci", "rv-failure")
MEASURED = ("MAP", "HR", "CO", "PCWP", "CVP", "mPAP")
"""What an arterial line and a catheter in the pulmonary artery show, with the errors of the table."""
PARAMETERS = ("lv_elastance", "rv_elastance", "systemic_resistance", "stressed_volume", "arterial_stiffness", "age")
LEVELS = (0.5, 0.8, 0.9)
COLOURS = (BLUE, VERMILLION, GREEN, GREY)
CANDIDATES, PATIENTS, SEED = 131_072, 2_000, 20_261_128
SWEEP = """name = "{cohort}, for the calibration of match"
cohort = "{cohort}"
patients = {candidates}
seed = 7
regulation = "baroreflex"

[arms.off]
[arms.iabp]
balloon_volume = 40

[run]
block = 4096
other_modes = 0
"""


ABOUT = (
    "cohort",
    "patients of the store",
    "synthetic patients",
    "effective sample size, median (5 to 95 %)",
    "below 100 (%)",
    "said to be outside what the store knows (%)",
    "coverage within 2 points",
)
HEAD = ("cohort", "predicted", "50 %", "80 %", "90 %", "log score over the cohort's own", "over regression")
PAGE = """# Calibration of match

Written by `make calibration`. Research use only: nothing here advises on a patient.

{patients} synthetic patients of each cohort, drawn from its law independently of the store, are measured in the
unsupported arm by {measured}, each with the error of the table of quantities, and
matched with a store of that cohort **by weights alone**: no new patients are simulated, so that what is tested is the
likelihood and the store, at the effective sample sizes shown. Reflexes act; the arm is a 40 mL balloon.

{about}

{chance}

Coverage of the central intervals in per cent, and the mean gain in log score (nats a patient, ± standard error; above 0
the posterior is better) over the cohort's plain distribution, and over a quadratic regression on the same measurements
with normal errors (of the response: logistic).

{rows}

![Rank histograms](match-calibration.png)
"""


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


def rows_of(cohort: str, scores: Scores) -> tuple[list[str], int]:
    """Rows of the table of one cohort, and how many of its shares are within two points of the nominal one."""
    shares, lines, within = 100 * coverage(scores.ranks), [], 0
    for place, name in enumerate([*(f"change of {each}" for each in EFFECTS), *PARAMETERS]):
        own = [f"{share:.1f}" for share in shares[place]]
        within += int((np.abs(shares[place] - 100 * np.array(LEVELS)) <= 2).sum())
        gains = scores.log_scores[0, :, place] - scores.log_scores[1:, :, place]
        told = [f"{gain.mean():+.3f} ± {gain.std() / math.sqrt(len(gain)):.3f}" for gain in gains]
        lines.append(f"| {cohort} | {_spelt(name)} | {' | '.join([*own, *told])} |")
    gains = scores.response[0] - scores.response[1:]
    told = [f"{gain.mean():+.3f} ± {gain.std() / math.sqrt(gain.shape[-1]):.3f}" for gain in gains]
    lines.append(f"| {cohort} | response | | | | {' | '.join(told)} |")
    return lines, within


def _spelt(name: str) -> str:
    return name.replace("_", " ").replace("lv ", "LV ").replace("rv ", "RV ").replace("end diastolic", "end-diastolic")


def histograms(found: dict[str, Scores]) -> Figure:
    """Draw the ranks of the truth, cohort by cohort: flat where the posterior is calibrated."""
    names = [*(f"change of {each}" for each in EFFECTS), *PARAMETERS]
    patients = len(next(iter(found.values())).effective)
    caption = (
        "Share of the posterior below the truth, in twenty bins; grey: where 99 of 100 bins of a calibrated posterior "
        f"lie. {patients:,} synthetic patients of each cohort ({', '.join(found)}), measured "
        f"with errors by {', '.join(MEASURED)}. Research use only."
    )
    with page(7.0, "Ranks of the truth in the posterior", caption) as figure:
        for place, axes in enumerate(figure.subplots(4, 3, sharex=True, sharey=True).ravel()):
            level, reach = 1 / 20, 2.576 * math.sqrt(0.05 * 0.95 / patients)
            axes.axhspan(20 * (level - reach), 20 * (level + reach), color="#E0E0E0", lw=0)
            for number, scores in enumerate(found.values()):
                counts, edges = np.histogram(scores.ranks[:, place], 20, (0, 1))
                axes.stairs(20 * counts / patients, edges, color=COLOURS[number % 4], lw=0.9)
            axes.set_title(_spelt(names[place]), fontsize=7, loc="left")
            axes.set_ylim(0.5, 1.5)
            axes.set_xlim(0, 1)
            if not place:
                handles = [Line2D([], [], color=each, label=name) for each, name in zip(COLOURS, found, strict=False)]
                axes.legend(handles=handles, fontsize=5.5, ncol=2, loc="lower left", handlelength=1, borderpad=0)
    return figure


def document(found: dict[str, Scores], stores: dict[str, int]) -> str:
    """Write the page."""
    lines, within = [], []
    for cohort, scores in found.items():
        own, inside = rows_of(cohort, scores)
        lines += own
        within.append(inside)
    total = len(LEVELS) * (len(EFFECTS) + len(PARAMETERS))
    patients = len(next(iter(found.values())).effective)
    spread = [100 * math.sqrt(level * (1 - level) / patients) for level in LEVELS]
    chance = sum(math.erf(2 / each / math.sqrt(2)) for each in spread) * (len(EFFECTS) + len(PARAMETERS))
    about = [
        f"| {cohort} | {stores[cohort]:,} | {len(each.effective):,} | {np.median(each.effective):,.0f} "
        f"({np.quantile(each.effective, 0.05):,.0f} to {np.quantile(each.effective, 0.95):,.0f}) | "
        f"{100 * (each.effective < 100).mean():.1f} | {100 * (each.p_value < ALARM).mean():.2f} | {inside} of {total} |"
        for (cohort, each), inside in zip(found.items(), within, strict=True)
    ]
    plain = f"{spread[0]:.1f}, {spread[1]:.1f} and {spread[2]:.1f} points"
    return PAGE.format(
        patients=f"{patients:,}",
        measured=", ".join(MEASURED),
        about=_table(ABOUT, about),
        chance=f"Of {patients:,} patients chance alone moves a coverage by {plain} (one standard error,\n"
        f"at 50, 80 and 90 %): a perfectly calibrated posterior would have {chance:.1f} of {total} within 2 points.",
        rows=_table(HEAD, lines),
    )


def _table(head: Sequence[str], lines: Sequence[str]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the stores that are not there, and write the page and its figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cohorts", nargs="+", default=list(COHORTS))
    parser.add_argument("--candidates", type=int, default=CANDIDATES, help="of each store")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="synthetic patients of each cohort")
    parser.add_argument("--stores", type=Path, default=Path("out/calibration"), help="folder of the stores")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/match-calibration.md"))
    options = parser.parse_args(arguments)
    found, sizes = {}, {}
    options.stores.mkdir(parents=True, exist_ok=True)
    for cohort in options.cohorts:
        sweep, store = (options.stores / f"{cohort}.{ending}" for ending in ("toml", "zarr"))
        sweep.write_text(SWEEP.format(cohort=cohort, candidates=options.candidates), encoding="utf-8")
        run(sweep, store, workers=1)
        measured, whole, fresh = prepared(store, options.patients)
        found[cohort], sizes[cohort] = scored(measured, whole, fresh), len(whole.place)
        sys.stderr.write(f"{cohort}: {len(fresh.place):,} synthetic patients\n")
    write_whole(options.output, document(found, sizes).encode())
    save(histograms(found), options.output.with_suffix(".png"))


if __name__ == "__main__":
    main()
