"""One row for each patient of a course: what happened when, what support is expected to give, and until which day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..prognosis.constants import KINDS
from ..prognosis.mortality import CAUSAL_WORDS
from ..reading.stream import read
from ..response.classify import Response
from ..words.text import RESEARCH_USE
from .benefit import benefit_of, hazard_until, shares_of
from .request import Request
from .state import BLEEDING, DEATH, ESCALATION, FAILURE, INFECTION, LIMB, OFF, RETURN, STROKE, VASCULAR, WEANED, Events
from .work import Taken, Work

ROWS = 1 << 14
"""Patients of a piece: four of them are worked on side by side for each that an export writes."""

WHEN = {
    "death": (DEATH, "death"),
    "support_ended": (OFF, "the last end of support, but by death"),
    "weaned": (WEANED, "the first removal by weaning"),
    "failed_step": (FAILURE, "the first failed step of weaning"),
    "returned": (RETURN, "the first return to support"),
    "escalated": (ESCALATION, "the escalation to the stronger device"),
    "limb_ischaemia": (LIMB, "the first limb ischaemia"),
    "severe_bleeding": (BLEEDING, "the first severe bleeding"),
    "infection": (INFECTION, "the first infection"),
    "vascular_injury": (VASCULAR, "the first vascular injury"),
    "stroke": (STROKE, "the first stroke"),
}
"""Event to its column among the times, and what it is."""

COUNTS = {
    "support_days": ("time on a device", "d"),
    "failed_steps": ("failed steps of weaning", "1"),
    "returns": ("returns to support", "1"),
    "hours_to_range": ("time to the first reading of the aPTT in range", "h"),
    "aptt_in_range": ("share of the time in the range of the aPTT, had heparin been given to the end", "1"),
}

BY_SHARE = {
    "best_days": ("days of support with the greatest expected benefit, 0 for none", "d"),
    "dearer_from_day": (
        "the day after these, which costs more than it gives; none where the course ends before",
        "d",
    ),
    "benefit": ("expected change of survival to the end of the course by support for the best days", "1"),
    "benefit_by_power": ("the same by cardiac power alone, without complications", "1"),
    "exposure": ("probability of a complication in the best days of support, whoever survives them", "1"),
    "fatal_exposure": ("probability of a fatal complication in the best days of support", "1"),
}
"""Expectations, one column for each causal share."""

CAUSES = ("not_followed", "none", "heart", *KINDS)
SHOULD = ("not_followed", "may_have_one", "should_not_have_one")


def by_patient(dataset: xr.Dataset, names: Sequence[str], work: Work, about: dict[str, Any]) -> xr.Dataset:
    """Make the table of the patients, which is computed piece by piece where it is read.

    Parameters
    ----------
    dataset : xr.Dataset
        The patients of the store.
    names : sequence of str
        Variables that are read of them.
    work : Work
    about : dict
        Attributes.

    Returns
    -------
    xr.Dataset
        Dask arrays over ``patient``; NaN, or the code 0, for those who are not followed.
    """
    columns = _columns(work.request)
    kind = np.dtype([(name, each[0]) for name, each in columns.items()])

    def rows(places: NDArray[np.int64]) -> NDArray[np.void]:
        part = slice(int(places[0]), int(places[-1]) + 1)
        return _rows(work, read(dataset, names, part), part, kind)

    places = da.arange(dataset.sizes["patient"], chunks=ROWS, dtype=np.int64)
    table = places.map_blocks(rows, dtype=kind, meta=np.empty(0, kind))
    about = {"Conventions": "CF-1.11", "comment": RESEARCH_USE, **about}
    found = xr.Dataset({name: ("patient", table[name], attrs) for name, (_, attrs) in columns.items()}, attrs=about)
    return found.assign_coords(patient=dataset["patient"].variable) if "patient" in dataset.coords else found


def suffix(share: float) -> str:
    """End of the name of a column by its causal share: all, half, none, or the number."""
    return str(CAUSAL_WORDS.get(share, f"{share:g}"))


def _columns(request: Request) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name of each column to its type and its attributes."""

    def coded(words: Sequence[str], title: str) -> tuple[str, dict[str, Any]]:
        flags = {"flag_values": np.arange(len(words), dtype=np.uint8), "flag_meanings": " ".join(words)}
        return "u1", {"long_name": title, **flags}

    found = {"response": coded([each.name.lower() for each in Response], "response to the balloon")}
    for name, (_, title) in WHEN.items():
        found[f"{name}_day"] = "f4", {"long_name": f"days from the insertion to {title}", "units": "d"}
    for name, (title, units) in COUNTS.items():
        found[name] = "f4", {"long_name": title, "units": units}
    found["cause_of_death"] = coded(CAUSES, "cause of death")
    for share in shares_of(request):
        told = f"causal share {share:g} of the association of cardiac power with death"
        for name, (title, units) in BY_SHARE.items():
            found[f"{name}_{suffix(share)}"] = "f4", {"long_name": f"{title}; {told}", "units": units}
        title = f"whether the greatest expected benefit is that without a device; {told}"
        found[f"should_not_{suffix(share)}"] = coded(SHOULD, title)
    return found


def _rows(work: Work, block: xr.Dataset, rows: slice, kind: np.dtype[np.void]) -> NDArray[np.void]:
    taken = work.taken(block, rows)
    out = np.zeros(len(taken.classes), kind)
    for name in kind.names or ():
        if out[name].dtype.kind == "f":
            out[name] = np.nan
    out["response"] = taken.classes

    def put(name: str, values: NDArray[Any]) -> None:
        out[name][taken.chosen] = values

    heparin, bleeding = work.anticoagulated(taken, work.request.nomogram)
    _put_events(put, work.events(taken, work.plans[0], bleeding), work.request.days)
    put("hours_to_range", np.where(np.isfinite(heparin.hours_to_range), heparin.hours_to_range, np.nan))
    put("aptt_in_range", heparin.in_range.mean(axis=1, dtype=np.float64))
    _put_expected(put, taken, bleeding, work.request)
    return out


Put = Callable[[str, NDArray[Any]], None]
"""Sets a column of those who are followed."""


def _put_events(put: Put, found: Events, days: int) -> None:
    for name, (column, _) in WHEN.items():
        own = found.times[:, column]
        put(f"{name}_day", np.where(own <= days, own, np.nan))
    put("support_days", found.support)
    put("failed_steps", found.failures)
    put("returns", found.returns)
    put("cause_of_death", found.cause + 1)


def _put_expected(put: Put, taken: Taken, bleeding: NDArray[np.float32], request: Request) -> None:
    """Set expectations at the best day of each causal share."""
    benefit = benefit_of(taken.bedside, taken.daily, bleeding, request)
    any_ = -np.expm1(-hazard_until(taken.bedside, taken.daily, bleeding, request.days, np.ones(len(KINDS))))
    fatal = -np.expm1(-benefit.fatal)
    for row, share in enumerate(shares_of(request)):
        best, end = benefit.best[row], suffix(share)

        def at_best(values: Floats, best: NDArray[np.int64] = best) -> Floats:
            return np.take_along_axis(values, best[:, None], axis=1)[:, 0]

        put(f"best_days_{end}", best)
        put(f"dearer_from_day_{end}", np.where(best < request.days, best + 1, np.nan))
        put(f"benefit_{end}", at_best(benefit.net[row]))
        put(f"benefit_by_power_{end}", at_best(benefit.by_power[row]))
        put(f"exposure_{end}", at_best(any_))
        put(f"fatal_exposure_{end}", at_best(fatal))
        put(f"should_not_{end}", np.where(best == 0, 2, 1))
