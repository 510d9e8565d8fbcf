"""Where an arm helps, fails or harms, in a few rules that a person can remember, counted on held-out patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import InputError, check_name
from ..numbers.held_out import caveats, drawn, fit_share
from ..reading.origin import cohort_title
from ..reading.stream import read, row_slices
from ..response.classify import NAMED, VERBS, Response, judge
from ..response.comparison import Comparison, definition_in_words, nobody
from ..words.counted import many, who_was_compared
from . import prim, tree
from .counts import Boxes, count, moved, sample_of
from .evidence import Region, Share, came_again, percent, share_of, stood
from .prim import Sample
from .rules import Axis, axes_of, measures_of

__all__ = ["METHODS", "Region", "Regions", "Share", "find_regions", "preamble", "sentences"]

MOST_RULES = 8

FITTED = 40_000
"""Patients at most that rules are sought on."""

REFITS = 20
"""Bootstrap samples in which rules are sought again."""

METHODS: dict[str, Callable[[Sample, int], list[np.ndarray]]] = {"prim": prim.boxes, "tree": tree.leaves}


@dataclass(frozen=True)
class Regions:
    """Rules for one class of a store.

    Attributes
    ----------
    target, method : str
        Class looked for; ``prim`` or ``tree``.
    bedside : bool
        Whether rules are made of what is known at the bedside alone.
    about : dict of str to str
        ``Comparison.attributes``.
    cohort : str
        As the store says.
    candidates : int
        Patients of the store.
    classes : dict of str to int
        All patients by response.
    fitted : int
        Patients the rules were sought on; none of them is counted in any share.
    everybody : Share
        Of the class, among the held-out patients compared.
    together : Share
        Of those who meet a rule or more, among the held-out patients of the class.
    regions : tuple of Region
        The rules, in the order they were found.
    tried : int
        Rules found in the fit; ``regions`` are those that stood the test.
    moved : dict of str to float
        Share of the class among all, by what else the class might mean.
    unusable : tuple of str
        Numbers left out because they are not finite in every patient compared.
    unknown : int
        Held-out patients left out because a number that a rule needs is not finite.
    notes : tuple of str
        What the shares must not be taken for.
    """

    target: str
    method: str
    bedside: bool
    about: dict[str, str]
    cohort: str
    candidates: int
    classes: dict[str, int]
    fitted: int
    everybody: Share
    together: Share
    regions: tuple[Region, ...]
    tried: int
    moved: dict[str, float]
    unusable: tuple[str, ...]
    unknown: int
    notes: tuple[str, ...]


def find_regions(
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
) -> Regions:
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
        As in :func:`~counterpulse.analysis.response.classify.classify`.
    refits : int
        Bootstrap samples in which rules are sought again.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Regions
        With no region where nothing stood the test.

    Raises
    ------
    InputError
        For an unknown name, where no patient can be compared or nothing varies, or where scikit-learn is missing.
    """
    check_name("regions: the class looked for", target, VERBS)
    check_name("regions: method", method, METHODS)
    rule, which = Comparison.of(dataset, arm, reference, definition, thresholds), NAMED[target]
    share, search = fit_share(dataset, FITTED), METHODS[method]
    axes, sample, unusable = _drawn(dataset, rule, which, bedside, share)
    found = Boxes(tuple(axes), tuple(search(sample, MOST_RULES)))
    counts = count(dataset, rule, found, share)
    if not counts.compared(counts.every):
        raise few_or_nobody(dataset, rule)
    told = stood(counts, which, len(found.boxes))
    others = moved(dataset, rule, which, found, share) if told else []
    again = [
        search(sample.take(rows), MOST_RULES) for rows in _resampled(len(sample.member), refits if told else 0, seed)
    ]
    taken = np.any([counts.rows(place) for place in told], axis=0) if told else ~counts.every
    return Regions(
        target=target,
        method=method,
        bedside=bedside,
        about=rule.attributes,
        cohort=cohort_title(dataset),
        candidates=dataset.sizes["patient"],
        classes={member.name.lower(): int(counts.classes[member]) for member in Response},
        fitted=len(sample.member),
        everybody=share_of(counts.of(which, counts.every), counts.compared(counts.every)),
        together=share_of(counts.of(which, taken), counts.of(which, counts.every)),
        regions=tuple(
            Region(
                **came_again(found, found.boxes[place], sample, again),
                **shares,
                moved={words: within[place] for words, _, within in others},
            )
            for place, shares in told.items()
        ),
        tried=len(found.boxes),
        moved={words: whole for words, whole, _ in others},
        unusable=tuple(unusable),
        unknown=counts.unknown,
        notes=tuple(caveats(dataset)),
    )


def _drawn(
    dataset: xr.Dataset, rule: Comparison, which: Response, bedside: bool, share: float
) -> tuple[list[Axis], Sample, list[str]]:
    """Draw the patients to fit on, and choose the limits that rules may be made of."""
    measures = measures_of(dataset, rule, bedside)
    block = drawn(dataset, [*rule.reads(dataset), *(name for each in measures for name in each.needs)], 0.0, share)
    response, _, _ = judge(block, rule)
    compared = response > Response.FAILED_RUN
    if not compared.any():
        raise few_or_nobody(dataset, rule)
    axes, unusable = axes_of(block, compared, measures)
    if not axes:
        raise InputError(f"regions: no {'measurement' if bedside else 'parameter'} of this store varies")
    return axes, sample_of(block, response == which, compared, axes), unusable


def few_or_nobody(dataset: xr.Dataset, rule: Comparison) -> InputError:
    """Say why there is nobody to seek rules on, or nobody to count on: all of the few patients are in one part."""
    blocks = (judge(read(dataset, rule.reads(dataset), part), rule)[0] for part in row_slices(dataset))
    number = sum(int((response > Response.FAILED_RUN).sum()) for response in blocks)
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


def preamble(result: Regions) -> list[str]:
    """Say in words who was counted, and what for."""
    counts, about = result.classes, result.about
    whom = sum(counts[name] for name in NAMED)
    lines = [
        f"{who_was_compared({**about, **counts, 'compared': whom, 'candidates': result.candidates})}"
        f"{f'; drawn from {result.cohort}' if result.cohort else ''}.",
        definition_in_words(about),
        f"Rules were sought on {result.fitted:,} patients and counted on {result.everybody.of:,} others, of whom "
        f"{percent(result.everybody)} were {VERBS[result.target]}.",
        *result.notes,
    ]
    if result.unusable:
        lines.append(f"Left out, as not finite in every patient: {', '.join(result.unusable)}.")
    if result.unknown:
        lines.append(f"{result.unknown:,} patients were not counted: what a rule asks of them is not finite.")
    return lines


def sentences(result: Regions) -> list[str]:
    """Say the rules in words."""
    verb = VERBS[result.target]
    lines = [
        f"{number}. {each.words}: {verb} in {percent(each.density)}; {100 * each.size.share:.0f} % of all patients, "
        f"{100 * each.coverage.share:.0f} % of all {verb}."
        for number, each in enumerate(result.regions, 1)
    ]
    if not lines:
        tried = f"; of those found in the fit, {result.tried} did not stand the test" if result.tried else ""
        return [f"No rule: nowhere were patients {verb} so much more often that a rule would say something{tried}."]
    return [*lines, f"Together they hold {percent(result.together)} of all {verb}."]
