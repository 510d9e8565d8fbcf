"""Counts of patients in words: how many were compared, and where the others are. Every answer says it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEFT_OUT = {
    "not_survivable": "whose baseline nobody survives",
    "not_in_shock": "not in shock at baseline",
}
"""Reasons to leave a patient out of shares, and what is said of each, in the order in which the first applies."""


def many(count: int, one: str, more: str = "") -> str:
    """Write a number of things: 1 patient, 2,000 patients."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def who_was_not(about: Mapping[str, Any]) -> list[str]:
    """Say how many patients were not compared, by why; with those compared they are all candidates.

    Parameters
    ----------
    about : mapping
        With ``failed_run``, ``not_compared`` and those left out by their baseline: patients by response.
    """
    told = [f"{about['failed_run']:,} failed"]
    told += [f"{about['not_compared']:,} outside the cohort or not run"] if about["not_compared"] else []
    return told + who_was_left_out(about)


def who_was_left_out(about: Mapping[str, Any]) -> list[str]:
    """Say how many patients were left out by their baseline, by the reasons of which there are any."""
    return [f"{about[name]:,} {words}" for name, words in LEFT_OUT.items() if about.get(name)]


def who_is_shown(about: Mapping[str, Any]) -> str:
    """Say of how many virtual patients a picture is, of which cohort and under which regulation.

    Parameters
    ----------
    about : mapping
        With ``compared``, ``cohort``, and ``regulation`` where it is one.
    """
    cohort = f" of {about['cohort']}" if about["cohort"] else ""
    regulation = f", {about['regulation'].replace('open-loop', 'open loop')}" if about.get("regulation") else ""
    return f"{about['compared']:,} virtual patients{cohort}{regulation}"


def who_is_not_shown(about: Mapping[str, Any]) -> str:
    """Say how many a picture leaves out: those not compared, and those beyond its axes or without its number."""
    lost = {"off_the_map": "beyond the axes", "without_value": "without the value"}
    told = [f"{about[name]:,} {where}" for name, where in lost.items() if about.get(name)]
    return ", ".join([*who_was_not(about), *told])


def who_was_compared(about: Mapping[str, Any]) -> str:
    """Say how many of all candidates were compared, in which arms, and how many were not.

    Parameters
    ----------
    about : mapping
        With ``compared``, ``candidates``, ``arm`` and ``reference`` too.
    """
    told = f"{about['compared']:,} of {many(about['candidates'], 'candidate')} compared"
    return ", ".join([f"{told} ({about['arm']} against {about['reference']})", *who_was_not(about)])
