"""A match in words: what was measured and whether it fits, what each arm would do, and what would tell more."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from ..numbers.cells import Floats
from ..reading.measures import spelt
from ..response.other_modes import IN_MODE
from ..words.counted import many
from ..words.numbers import amount
from ..words.parts import Part, Table, Text
from ..words.text import RESEARCH_USE
from .check import ALARM, FEW

PINNED, OPEN = 0.3, 0.1
"""Shares of a parameter's standard deviation that the numbers took: from the first on pinned, below the second open."""

LEAST_TOLD = 0.02
"""Share of the response's entropy below which a further measurement is not worth a line."""


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say what was found, in sentences and tables."""
    return [
        Text(headline(answer)),
        _measured(answer),
        _effects(answer),
        _responses(answer),
        Text([*_parameters(answer), *_further(answer), RESEARCH_USE]),
    ]


def headline(answer: xr.Dataset) -> list[str]:
    """Say how many patients the answer stands on, and whether the numbers are within what the store knows."""
    about = answer.attrs
    who = f"{about['matched']:,} of {many(about['candidates'], 'candidate')} matched in {about['baseline']}"
    mode = IN_MODE.get(about["regulation"], "")
    told = [f"{who}{f', {mode}' if mode else ''}; effective sample size {about['effective_before']:,.0f}"]
    if about["simulations"]:
        told[0] += (
            f", {about['effective']:,.0f} with {about['simulations']:,} more patients simulated around the posterior"
        )
    if about["trace"]:
        told.append(about["trace"])
    if about["why_not_refined"]:
        told.append(f"No new patients were simulated: {about['why_not_refined']}.")
    return [*told, *outside(answer)]


def outside(answer: xr.Dataset) -> list[str]:
    """Say aloud where the numbers are outside what the store knows; nothing where they are within."""
    about, told = answer.attrs, []
    if about["p_value"] < ALARM:
        misfits = json.loads(about["misfits"]) or [
            str(answer["measured"].values[int(np.argmin(answer["misfit"].values))])
        ]
        own = answer.sel(measured=misfits)
        named = ", ".join(
            f"{name} = {amount(value, units)} (its patients have {amount(low)} to {amount(high)})"
            for name, value, units, (low, _, high) in zip(
                misfits, own["given"].values, own["measured_units"].values, own["posterior"].values, strict=True
            )
        )
        told.append(
            f"Outside what this store knows: posterior predictive p = {about['p_value']:.1g}; does not fit: {named}."
        )
    if about["effective"] < FEW:
        told.append(
            f"Outside what this store knows: the answer hangs on {about['effective']:.0f} effective patients, of "
            f"{about['effective_wanted']:,.0f} wanted."
        )
    elif about["effective"] < about["effective_wanted"]:
        told.append(
            f"Fewer than the {about['effective_wanted']:,.0f} effective patients wanted; intervals are rougher."
        )
    return told


def range_of(law: Floats, sign: str = "") -> str:
    """Write a median with its 5 and 95 % quantiles."""
    low, middle, high = law
    if np.isnan(middle):
        return "-"
    return f"{plain(middle, sign)} ({plain(low, sign)} to {plain(high, sign)})"


def plain(value: float, sign: str = "") -> str:
    """Write a number with three digits, a + before what is not negative where asked for."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:{sign},.0f}" if abs(rounded) >= 100 else f"{rounded:{sign}.3g}"


def _measured(answer: xr.Dataset) -> Table:
    rows = []
    for name in answer["measured"].values.tolist():
        one = answer.sel(measured=name)
        arm = str(one["measured_arm"].values)
        given = f"{float(one['given']):.4g} ± {float(one['error']):.2g}"
        rows.append(
            [
                name if arm == answer.attrs["baseline"] else f"{name}@{arm}",
                spelt(str(one["measured_units"].values)),
                given,
                range_of(one["prior"].values),
                range_of(one["posterior"].values),
                float(f"{float(one['misfit']):.2g}"),
            ]
        )
    head = ["measured", "unit", "given", "prior", "posterior", "fits (p)"]
    return Table("What was measured; median of the true value (5 to 95 %)", head, rows)


def _effects(answer: xr.Dataset) -> Table:
    rows = []
    for arm in answer["arm"].values.tolist():
        for effect in answer["effect"].values.tolist():
            one = answer.sel(arm=arm, effect=effect)
            units = spelt(str(one["effect_units"].values))
            relative = 100 * one["relative_change"].values
            rows.append(
                [
                    arm,
                    str(one["effect_title"].values),
                    units,
                    range_of(one["change"].values, sign="+"),
                    range_of(relative, sign="+"),
                    range_of(one["change_prior"].values, sign="+"),
                ]
            )
    head = ["arm", "change of", "unit", "predicted", "in %", "in all of the store"]
    return Table(f"Predicted change against {answer.attrs['reference']}, median (5 to 95 %)", head, rows)


def _responses(answer: xr.Dataset) -> Table:
    rows = []
    for arm in answer["arm"].values.tolist():
        one = answer.sel(arm=arm)
        row: list[object] = [arm]
        for name in answer["response"].values.tolist():
            own = one.sel(response=name)
            low, high = (100 * float(own[f"probability_{end}"]) for end in ("low", "high"))
            row.append(f"{100 * float(own['probability']):.1f} ({low:.1f}-{high:.1f})")
        row += [f"{100 * float(one['probability_prior'].sel(response='helps')):.1f}"]
        row += [f"{100 * float(one['compared']):.1f}"]
        rows.append(row)
    names = answer["response"].values.tolist()
    return Table(
        "Probability of each response in % (95 % Monte Carlo interval), among those compared",
        ["arm", *names, "helps in all of the store", "compared"],
        rows,
    )


def own_narrowed(answer: xr.Dataset) -> dict[str, float]:
    """Parameter to how much it was narrowed, without those that another one alone decides."""
    rows = zip(answer["parameter"].values, answer["narrowed"].values, answer["follows"].values, strict=True)
    return {str(name): float(share) for name, share, leader in rows if not str(leader)}


def _parameters(answer: xr.Dataset) -> list[str]:
    shares = own_narrowed(answer)
    order = sorted(shares, key=lambda name: -shares[name])
    pinned = [name for name in order if shares[name] >= PINNED]
    between = [name for name in order if OPEN <= shares[name] < PINNED]
    left = [name for name in order if shares[name] < OPEN]
    told = []
    for words, names in (("Pinned down", pinned), ("Narrowed", between)):
        if names:
            told.append(f"{words}: {'; '.join(_parameter(answer, name) for name in names)}.")
    if left:
        told.append(f"Left open: {', '.join(left)}.")
    return told


def _parameter(answer: xr.Dataset, name: str) -> str:
    one = answer.sel(parameter=name)
    units = spelt(str(one["parameter_units"].values))
    return f"{name} {range_of(one['parameter_posterior'].values)}{f' {units}' if units else ''}"


def _further(answer: xr.Dataset) -> list[str]:
    told = []
    for arm in answer["arm"].values.tolist():
        one = answer.sel(arm=arm)
        whole = float(one["entropy"])
        if not whole > 0.0:
            told.append(f"The response to {arm} is the same in the whole posterior: nothing is left to be told.")
            continue
        order = one["information"].sortby(one["information"], ascending=False)
        best = [
            f"{name} ({100 * float(bits) / whole:.0f} %)"
            for name, bits in zip(order["further"].values.tolist(), order.values, strict=True)
            if bits >= LEAST_TOLD * whole
        ][:5]
        known = f"of the {whole:.2g} bits by which the response to {arm} is open"
        if best:
            told.append(f"What would tell most, expected share {known}: {', '.join(best)}.")
        else:
            told.append(f"No further measurement of the table would tell more than {100 * LEAST_TOLD:.0f} % {known}.")
    return told
