"""Whether a page made before says what is found now: words to the letter, numbers as far as a processor decides.

Processors round differently: the last printed digit may turn, and a patient at a threshold may cross it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import xarray as xr

from .document import markdown
from .structural_uncertainty import HELPED, fewest_of

GIVEN = frozenset(
    (
        *("cohort", "design choice", "name", "who", "source", "quantity", "published", "why", "band", "seen"),
        *("population; definition", "direction", "size", "verdict", "scored", "right", "of", "setting", "mode", "what"),
        *("rows", "direction right", "size right", "verdicts right", "direction right there", "size right there"),
    )
)
"""Heads of the columns that are not simulated, or judged."""
SIMULATED = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
TARGET = re.compile(r"\([-\d.]+\)")
CROSSING = 2
"""Patients that may cross a threshold: one in each of the two shares whose difference is shown."""


def disagreements(page: str, found: xr.Dataset) -> list[str]:
    """Compare a page made before with what `validate` found now.

    Every simulated number has to be within one of its last digit, the shares helped of the few patients of the
    structural uncertainty within `CROSSING` of them; everything else, targets and verdicts too, is to be the same.

    Parameters
    ----------
    page : str
        As `markdown` writes it.
    found : xr.Dataset

    Returns
    -------
    list of str
        One line for each line of the page that does not agree; empty where all do.
    """
    then, now = page.splitlines(), markdown(found).splitlines()
    if len(then) != len(now):
        return [f"the page has {len(then):,} lines, not {len(now):,}: other rows, or with and without --doubt"]
    fewest = fewest_of(found) if "choice_patients" in found else 1
    places = zip(then, now, _tables(now), strict=True)
    return [
        f"line {place}: {old!r} is now {new!r}"
        for place, (old, new, (head, about)) in enumerate(places, 1)
        if not _agree(old, new, head, 100.0 * CROSSING / fewest if about.endswith(HELPED) else 0.0)
    ]


def _tables(lines: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Give for every line the head of the table it stands in, none outside, and the text before the table."""
    head: list[str] = []
    about = ""
    for line in lines:
        if not line.startswith("| "):
            head, about = [], line or about
        yield head, about
        if line.startswith("| ") and not head:
            head = _cells(line)


def _cells(line: str) -> list[str]:
    return line.removeprefix("| ").removesuffix(" |").split(" | ")


def _agree(old: str, new: str, head: Sequence[str], allowed: float) -> bool:
    if old == new:
        return True
    before, after = _cells(old), _cells(new)
    if not head or not len(before) == len(after) == len(head):
        return False
    return all(
        one == other or (title not in GIVEN and _near(one, other, allowed))
        for title, one, other in zip(head, before, after, strict=True)
    )


def _near(one: str, other: str, allowed: float) -> bool:
    """Whether two cells have the same words, the same target, and numbers within one of their last digit."""
    if SIMULATED.sub("", one) != SIMULATED.sub("", other) or TARGET.findall(one) != TARGET.findall(other):
        return False
    pairs = zip(SIMULATED.findall(one), SIMULATED.findall(other), strict=True)
    return all(
        abs(_value(a) - _value(b)) <= max(_last_digit(a), _last_digit(b), allowed) * (1.0 + 1e-9) for a, b in pairs
    )


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _last_digit(text: str) -> float:
    """Give what one of the last digit is worth; resistances, the only numbers of four digits, are rounded to tens."""
    whole, _, decimals = text.partition(".")
    return 10.0 ** -len(decimals) if decimals or len(whole.strip("+-")) < 4 or "," in whole else 10.0
