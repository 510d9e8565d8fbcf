"""Where an arm helps, fails or harms, in a few rules that a person can remember, counted on held-out patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import xarray as xr

from ...engine import InputError, check_name
from ..numbers.held_out import caveats, drawn, fit_share
from ..reading.origin import cohort_title
from ..reading.stream import Weights, fold, refuse_weights
from ..response.classify import NAMED, VERBS, Response, compared_in, judge
from ..response.comparison import Comparison, nobody
from ..words.counted import many
from . import prim, tree
from .counts import Boxes, count, moved, sample_of
from .evidence import refitted, stood
from .prim import Sample
from .result import assembled
from .rules import Axis, axes_of, measures_of

MOST_RULES = 8

FITTED = 40_000
"""Patients at most that rules are sought on."""

REFITS = 20
"""Bootstrap samples in which rules are sought again."""

METHODS: dict[str, Callable[[Sample, int], list[np.ndarray]]] = {"prim": prim.boxes, "tree": tree.leaves}


def regions(
    dataset: xr.Dataset,
    target: str = "helps",
    method: str = "prim",
    bedside: bool = False,
    *,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
    refits: int = REFITS,
    seed: int = 0,
) -> xr.Dataset:
    """Look for rules on some patients, and count on all the others, streaming.

    Limits are round numbers before anything is sought. A rule is told where the odds of the class among the held-out
    patients whom it adds are half as high again as among all, and where that is no chance (hypergeometric, times the
    number of rules tried).

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    target : str
        Class looked for: helps, fails or harms.
    method : str
        ``prim``, or ``tree`` (scikit-learn, three levels).
    bedside : bool
        Use what can be measured at the bedside, in the reference arm, instead of the parameters.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.comparison.Comparison.of`.
    refits : int
        Bootstrap samples in which rules are sought again.
    seed : int
        Of the bootstrap.

    Returns
    -------
    xr.Dataset
        Over ``rule``, none where nothing stood the test, in the order they were found, and over ``measurement``, what
        rules could be made of: the ``lower`` and ``upper`` limits (NaN where there is none) in ``limit_units``, and
        the ``condition`` in words. Over ``rule`` counts of held-out patients, and their shares with 95 % intervals
        (``density``, ``coverage``, ``size``, ``added``); ``p_value``; ``frequency`` and ``overlap`` over the refits.
        Over ``variant`` the share of the class where it is judged otherwise (``variant_share``,
        ``variant_density``). Attributes count all patients by response, and name what was compared.

    Raises
    ------
    InputError
        For an unknown name, a refined store, where no patient can be compared or nothing varies, or where
        scikit-learn is missing.
    """
    check_name("regions: the class looked for", target, VERBS)
    check_name("regions: method", method, METHODS)
    refuse_weights(dataset, "regions")
    comparison, which = Comparison.of(dataset, arm, reference, definition, thresholds), NAMED[target]
    share, search = fit_share(dataset, FITTED), METHODS[method]
    axes, sample, unusable = _drawn(dataset, comparison, which, bedside, share)
    found = Boxes(tuple(axes), tuple(search(sample, MOST_RULES)))
    counts = count(dataset, comparison, found, share)
    if not counts.compared(counts.every):
        raise few_or_nobody(dataset, comparison)
    told = stood(counts, which, len(found.boxes))
    others = moved(dataset, comparison, which, found, share) if told else []
    resamples = _resampled(len(sample.member), refits if told else 0, seed)
    again = [search(sample.take(rows), MOST_RULES) for rows in resamples]
    own = [refitted(found, found.boxes[place], sample, again) for place in told]
    return assembled(found, told, own, counts, which, others).assign_attrs(
        target=target,
        method=method,
        bedside=int(bedside),
        **comparison.attributes,
        cohort=cohort_title(dataset),
        candidates=dataset.sizes["patient"],
        fitted=len(sample.member),
        refits=refits,
        unusable=", ".join(unusable),
        notes="\n".join(caveats(dataset)),
    )


def _drawn(
    dataset: xr.Dataset, comparison: Comparison, which: Response, bedside: bool, share: float
) -> tuple[list[Axis], Sample, list[str]]:
    """Draw the patients to fit on, and choose the limits that rules may be made of."""
    measures = measures_of(dataset, comparison, bedside)
    block = drawn(
        dataset, [*comparison.reads(dataset), *(name for each in measures for name in each.needs)], 0.0, share
    )
    response, _, _ = judge(block, comparison)
    compared = compared_in(response)
    if not compared.any():
        raise few_or_nobody(dataset, comparison)
    axes, unusable = axes_of(block, compared, measures)
    if not axes:
        raise InputError(f"regions: no {'measurement' if bedside else 'parameter'} of this store varies")
    return axes, sample_of(block, response == which, compared, axes), unusable


def few_or_nobody(dataset: xr.Dataset, comparison: Comparison) -> InputError:
    """Say why there is nobody to seek rules on, or nobody to count on: all of the few patients are in one part."""

    def compared(block: xr.Dataset, _: slice) -> int:
        return int(compared_in(judge(block, comparison)[0]).sum())

    number = fold(dataset, comparison.reads(dataset), compared, answer="regions", weights=Weights.REFUSED)
    if not number:
        return nobody("regions")
    return InputError(
        f"regions: {many(number, 'patient')} of this store {'was' if number == 1 else 'were'} compared, too few to "
        "seek rules on some and count on the others"
    )


def _resampled(patients: int, times: int, seed: int) -> Iterator[np.ndarray]:
    """Positions of bootstrap samples."""
    random = np.random.default_rng(seed)
    return (np.sort(random.integers(0, patients, patients)) for _ in range(times))
