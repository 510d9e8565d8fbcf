"""Which virtual patients a monitor's numbers fit, what each arm would do in them, and what would tell more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError, WarmStart, allowed_cores, check_name
from ...sweeps.population.checks import number, whole
from ...sweeps.population.toml import on_one_line
from ...sweeps.store.warm_starts import usable
from ..bedside.quantities import Quantities, Quantity, load
from ..reading.origin import compared_arms, reference_of
from ..response.comparison import Comparison
from ..response.membership import unsupported_arm
from .check import predictive_check
from .posterior import needed, posterior_of, prior_of
from .refinement import Refined, law_of, refine
from .request import Given, Measurement, read
from .result import EFFECTS, Found, answer_of
from .shown import shown_patients
from .trace import Beats, beats_of, check_trace, read_trace
from .traced import in_words as beats_in_words
from .traced import learnt_from, shown_by, with_balloon
from .weights import effective_size, weigh

EFFECTIVE = 1000.0
"""Effective sample size that is enough, unless asked otherwise."""

SIMULATIONS = 8192
"""New patients at most, unless asked otherwise."""

MOST_SIMULATIONS = 1_000_000

Trace = tuple[Any, Any]
"""Time in s and pressure in mmHg, two arrays of one length."""


def match(
    dataset: xr.Dataset,
    measured: Mapping[str, Given] | Iterable[str] = (),
    *,
    trace: str | Path | Trace | None = None,
    trace_arm: str | None = None,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
    quantities: str | Path | None = None,
    effective: float = EFFECTIVE,
    simulations: int = SIMULATIONS,
    seed: int = 0,
    threads: int | None = None,
) -> xr.Dataset:
    """Find the posterior over a store's virtual patients given what was measured in one patient without support.

    Research use only: nothing in it advises on a patient.

    The store's patients are the prior, as the window of their cohort left them. They are weighed by the likelihood of
    the numbers, each the model's value plus a Gaussian error; where fewer than ``effective`` would do as well, new
    patients are simulated in the arms of the store around the posterior, and weighed as what they are, draws from
    proposals that were adapted to it. The answer is a pure function of the store, the request and the seed.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``, with an arm without support.
    measured : mapping of str to str, float or (float, float); or iterable of str
        ``{"MAP": 62, "CO": (3.1, 0.4), "PCWP": "26+-2 mmHg"}`` or ``["MAP=62", "CO=3.1+-.4"]``: names as clinicians
        write them, or of outcomes and parameters; numbers, numbers with the standard deviation of their error in the
        model's units, or texts. ``NAME@ARM`` was measured in another arm. Without an error it has that of the table.
    trace : str, Path or (array, array), optional
        An arterial pressure trace, a CSV file or time in s and pressure in mmHg, whose features are measured too: rate,
        mean, systolic and diastolic pressure, in the unsupported arm the time of the notch and the time constant of
        the decay, with a balloon augmented and end-diastolic pressure. A number given in ``measured`` comes before it.
    trace_arm : str, optional
        Arm in which it was taken, with a balloon at every beat or none; default the one without support.
    arm : str, optional
        Arm shown first; default ``iabp``, or the first that is not the reference.
    reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.
    quantities : str or Path, optional
        TOML file laid over the table of quantities, ``analysis/bedside/quantities.toml``.
    effective : float
        Effective sample size that is enough.
    simulations : int
        New patients at most; 0 leaves it at the store's own.
    seed : int
        Of the new patients, and of what is drawn from the posterior.
    threads : int, optional
        Default: the cores this process may use.

    Returns
    -------
    xr.Dataset
        Over ``measured``: what was ``given``, its ``error``, the ``prior`` and the ``posterior`` of the true value
        (``level``: 5, 50 and 95 %) and ``misfit``, its posterior predictive probability. Over ``parameter`` its
        ``parameter_prior``, ``parameter_posterior`` and ``narrowed``, the share of its standard deviation that the
        numbers took. Over ``arm`` and ``effect`` the predicted ``change`` against the reference and ``change_prior``;
        over ``arm`` and ``response`` the ``probability`` of help, failure and harm with its Monte Carlo interval and
        ``probability_prior``; over ``arm`` and ``further`` the expected fall of the response's entropy by one more
        measurement, ``information`` (bits). Over ``shown`` and ``instant`` pressures and volumes of five patients.
        Attributes say both effective sample sizes, how many were simulated, and the joint ``p_value``.

    Raises
    ------
    InputError
        For an unknown quantity, an impossible number or unit, or a store without an unsupported arm, in one line.
    """
    check = _checked(effective, simulations, seed, threads)
    table = load(quantities)
    comparisons = _comparisons(dataset, arm, reference, definition, thresholds)
    baseline = _baseline(dataset)
    arms = [str(name) for name in dataset["arm"].values]
    beats = None
    if trace is None and trace_arm is not None:
        raise InputError("match: --trace-arm: goes with --trace")
    wanted = read(measured, table, arms, baseline, may_be_none=trace is not None)
    if trace is not None:
        where = trace_arm or baseline
        check_name("match: --trace-arm", where, arms)
        beats = _beats(trace)
        given = [each.quantity.measures for each in wanted if each.arm == where]
        wanted += shown_by(beats, table, where, with_balloon(dataset, where), given)
    for each in wanted:
        _check_there(dataset, each.quantity)
    if beats is not None and where == baseline:
        wanted += learnt_from(dataset, weigh(dataset, wanted, baseline), beats, table, baseline)
    answer = _matched(dataset, wanted, table, comparisons, baseline, check)
    return answer.assign_attrs(trace="" if beats is None else beats_in_words(beats))


def _beats(trace: str | Path | Trace) -> Beats:
    if isinstance(trace, str | Path):
        return beats_of(*read_trace(trace), where=f"--trace: {on_one_line(str(trace))}")
    if not isinstance(trace, tuple) or len(trace) != 2 or np.shape(trace[0]) != np.shape(trace[1]):
        raise InputError("match: trace: a file, or time in s and pressure in mmHg, two arrays of one length, is needed")
    time, pressure = (np.asarray(each, np.float64).ravel() for each in trace)
    if not (np.isfinite(time).all() and np.isfinite(pressure).all()):
        raise InputError("match: trace: a value is no finite number")
    check_trace("match: trace", time, pressure)
    return beats_of(time, pressure, "match: trace")


class _Limits(NamedTuple):
    effective: float
    simulations: int
    seed: int
    threads: int


def _checked(effective: float, simulations: int, seed: int, threads: int | None) -> _Limits:
    enough = number("match: effective", effective)
    if not 1 <= enough <= 100_000:
        raise InputError(f"match: effective: given {enough:g}, 1 to 100,000 is needed")
    return _Limits(
        enough,
        whole("match: simulations", simulations, 0, MOST_SIMULATIONS),
        whole("match: seed", seed, 0, 2**63 - 1),
        allowed_cores() if threads is None else whole("match: threads", threads, 1),
    )


def _comparisons(
    dataset: xr.Dataset,
    arm: str | None,
    reference: str | None,
    definition: str | None,
    thresholds: Mapping[str, float] | None,
) -> list[Comparison]:
    """Every arm of the store against the reference, the one asked for first."""
    if "arm" not in dataset.dims:
        raise InputError("match: the data set has no dimension 'arm'; it wants the result of simulate or open_store")
    check_name("match: the reference arm", reference or reference_of(dataset), map(str, dataset["arm"].values))
    first = Comparison.of(dataset, arm, reference, definition, thresholds)
    others = [name for name in compared_arms(dataset, first.reference) if name != first.arm]
    return [first, *(Comparison.of(dataset, name, first.reference, definition, thresholds) for name in others)]


def _baseline(dataset: xr.Dataset) -> str:
    found = unsupported_arm(dataset)
    if found is None:
        arms = ", ".join(str(name) for name in dataset["arm"].values)
        raise InputError(f"match: no arm of this store shows the patients without support; it has {arms}")
    return found


def _check_there(dataset: xr.Dataset, quantity: Quantity) -> None:
    for name in quantity.needs:
        if name not in dataset.variables:
            raise InputError(f"match: {quantity.name}: this store has no {name}, or the same in every patient")
        if "patient" not in dataset[name].dims:
            raise InputError(f"match: {quantity.name}: {name} is the same in every patient of this store")


def _matched(
    dataset: xr.Dataset,
    measured: Sequence[Measurement],
    table: Quantities,
    comparisons: Sequence[Comparison],
    baseline: str,
    limits: _Limits,
) -> xr.Dataset:
    further = [each for each in _further(dataset, table, measured) if each.has_error]
    candidates = weigh(dataset, measured, baseline)
    before = effective_size(candidates.log_weight)
    refined, why_not = Refined(candidates.rows, candidates.log_weight), ""
    if before < limits.effective and limits.simulations:
        law = law_of(dataset)
        why_not = law.why_not
        if law.spec is not None:
            refined = refine(
                dataset, candidates, measured, law.spec, baseline,
                effective=limits.effective, simulations=limits.simulations, seed=limits.seed,
                warm_start=_warm_start(dataset), threads=limits.threads,
            )  # fmt: skip
    names = needed(
        dataset,
        comparisons,
        [*EFFECTS, *(name for each in (*further, *(one.quantity for one in measured)) for name in each.needs)],
    )
    prior = prior_of(dataset, names, baseline)
    posterior = posterior_of(dataset, names, refined, limits.seed)
    found = Found(
        measured=measured, further=further, comparisons=comparisons, baseline=baseline, prior=prior,
        posterior=posterior, check=predictive_check(posterior, measured), effective=refined.effective, seed=limits.seed,
    )  # fmt: skip
    answer = answer_of(dataset, found)
    traces = shown_patients(dataset, posterior, comparisons[0])
    return answer.assign(traces).assign_attrs(
        answer.attrs
        | {
            "candidates": dataset.sizes["patient"],
            "matched": candidates.matched,
            "baseline": baseline,
            "effective_before": before,
            "effective": refined.effective,
            "effective_wanted": limits.effective,
            "simulations": refined.simulations,
            "why_not_refined": why_not,
            "seed": limits.seed,
        }
    )


def _further(dataset: xr.Dataset, table: Quantities, measured: Sequence[Measurement]) -> list[Quantity]:
    """Quantities of the table that vary in the store, and are no measurement that was already made."""
    given = {each.quantity.measures for each in measured}
    names = {each.name for each in measured}
    sources = {name for each in measured for name in each.quantity.derived_from}
    found = []
    for quantity in table.named.values():
        there = all(name in dataset.variables and "patient" in dataset[name].dims for name in quantity.needs)
        apart = (
            quantity.measures not in given and not names & set(quantity.derived_from) and quantity.name not in sources
        )
        if there and apart:
            found.append(quantity)
    return found


def _warm_start(dataset: xr.Dataset) -> WarmStart | None:
    source = dataset.encoding.get("source")
    return usable(Path(str(source))) if source else None
