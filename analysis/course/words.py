"""A course in words."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from ..numbers.cells import FEWEST
from ..numbers.intervals import number_of
from ..prognosis.mortality import CAUSAL_WORDS
from ..words.counted import many, who_was_not
from ..words.numbers import amount, counted, in_per_cent, spanned
from ..words.parts import Part, Table, Text
from ..words.text import RESEARCH_USE

EVENT_NAMES = {
    "death": "death",
    "support_ended": "off support, alive",
    "escalation": "escalation",
    "limb_ischaemia": "limb ischaemia",
    "severe_bleeding": "severe bleeding",
    "infection": "infection",
    "vascular_injury": "vascular injury",
    "stroke": "stroke",
}
"""Events, as people call them."""


def signed(value: float) -> str:
    """Write a change in percentage points."""
    return "-" if math.isnan(value) else f"{100 * value:+.2f}"


def shares(answer: xr.Dataset) -> list[float]:
    """Causal shares of an answer, from high to low."""
    return [float(each) for each in answer["causal_share"].values]


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say what days of support come to, for the patients of an answer."""
    return [
        Text([*_who(answer), *_findings(answer)]),
        *_benefit(answer),
        _courses(answer),
        _nomograms(answer),
        *_spared(answer),
        _published(answer),
        Text([RESEARCH_USE]),
    ]


def _who(answer: xr.Dataset) -> list[str]:
    about = answer.attrs
    who = (
        f"{about['compared']:,} of {many(about['candidates'], 'candidate')} taken through {many(about['days'], 'day')}"
    )
    steps = ", ".join(np.atleast_1d(about["steps"]))
    up = f"escalation to {about['escalation']}" if about["escalation"] else "no escalation"
    heparin = f"heparin by the nomogram {about['nomogram']}; {recovery_of(answer)}"
    died = f"without a device {100 * about['control_mortality']:.1f} % die in 30 days, by calibration"
    return [
        ", ".join([who, *who_was_not(about)]),
        f"support by {about['arm']}, weaned by {about['weaning']} ({steps}), {up}; {heparin}; {died}",
    ]


def recovery_of(answer: xr.Dataset) -> str:
    """Name the law of recovery."""
    law = answer.attrs["recovery"]
    return f"{'no' if law == 'none' else law} recovery of contractility"


def taken_for_cause(share: float) -> str:
    """Say how much of the association of cardiac power with death is taken for cause."""
    much = CAUSAL_WORDS.get(share, f"{share:g}")
    return f"{much} of the association of cardiac power with death"


def _findings(answer: xr.Dataset) -> list[str]:
    about = answer.attrs
    told = []
    for share in shares(answer):
        own = answer.sel(group="all", causal_share=share)
        best = int(own["benefit"].argmax("day"))
        gain = signed(float(own["benefit"].isel(day=best)))
        most = f"support of everyone gives most with {many(best, 'day')}, {gain} points of survival"
        spared = counted(_count(answer, share), about["compared"])
        most = most if best else "no day of support gives any survival"
        told.append(f"with {taken_for_cause(share)} taken for cause, {most}; {spared} should not have had it")
    return [*told, f"survival is that of {many(about['days'], 'day')}"]


def _count(answer: xr.Dataset, share: float) -> int:
    return round(float(answer["spared"].sel(causal_share=share)) * int(answer.attrs["compared"]))


def _benefit(answer: xr.Dataset) -> list[Part]:
    """Benefit against exposure, a column for each causal share."""
    days = [day for day in (1, 2, 3, 5, 7, 10, 14, 21, 30) if day <= answer.attrs["days"]]
    days = days if answer.attrs["days"] in days else [*days, answer.attrs["days"]]
    whole = answer.sel(group="all")
    head = ["days"]
    for share in shares(answer):
        head += [f"share {share:g}: change", "by power", "dearer %"]
    rows = []
    for day in days:
        row = [str(day)]
        for share in shares(answer):
            own = whole.sel(causal_share=share, day=day)
            row += [signed(float(own[name])) for name in ("benefit", "by_power")] + [in_per_cent(float(own["dearer"]))]
        rows.append(row)
    caption = (
        "support until a day, by causal share: change of survival in points, that by cardiac power alone, and for whom "
        "the last day costs more than it gives"
    )
    by_response = []
    for group in answer["group"].values.tolist():
        own = answer.sel(group=group)
        mean = [float((own["best"].sel(causal_share=share) * answer["day"]).sum()) for share in shares(answer)]
        none = [in_per_cent(float(own["best"].sel(causal_share=share, day=0))) for share in shares(answer)]
        count = int(own["patients_of_group"])
        if count:
            by_response.append([group, f"{count:,}", *(f"{each:.1f}" for each in mean), *none])
    head_of = [f"share {share:g}: {what}" for what in ("best days", "none best %") for share in shares(answer)]
    return [
        Table(caption, head, rows),
        Table(
            "days with the greatest benefit (mean over the patients) by response to the balloon, and causal share",
            ["response", "patients", *head_of],
            by_response,
        ),
    ]


def _courses(answer: xr.Dataset) -> Table:
    rows = []
    for name in answer["course"].values.tolist():
        own = answer.sel(course=name)
        last = own.isel(time=-1)
        died = number_of(last.sel(event="death"), "incidence")
        cells = [spanned(died.value, died.low, died.high, in_per_cent, "-")]
        more = number_of(own, "more_deaths")
        cells.append("" if name == "as asked" else spanned(more.value, more.low, more.high, signed))
        cells += [in_per_cent(float(last["incidence"].sel(event=event))) for event in list(EVENT_NAMES)[1:]]
        cells += [
            f"{float(own['support']):.1f}",
            in_per_cent(float(own["failed"])),
            in_per_cent(float(own["returned"])),
        ]
        rows.append([name, *cells])
    head = [
        "course",
        "death",
        "more deaths",
        *list(EVENT_NAMES.values())[1:],
        "days of support",
        "failed step",
        "returned",
    ]
    caption = (
        "what happens by the last day, % of the patients (cumulative incidence; death and the end of support compete), "
        "and deaths beyond those of the course asked for, in the same patients (95 %)"
    )
    return Table(caption, head, rows)


def _nomograms(answer: xr.Dataset) -> Table:
    rows = []
    for name in answer["nomogram"].values.tolist():
        own = answer.sel(nomogram=name)
        first = own.isel(interval=slice(0, 8)).mean("interval")
        mean, day = own.mean("interval"), own["reached"].sel(interval=24.0)
        course = "as asked" if name == answer.attrs["nomogram"] else f"nomogram {name}"
        bleeding = float(answer["incidence"].sel(course=course, event="severe_bleeding").isel(time=-1))
        rows.append(
            [
                name,
                *(in_per_cent(float(each)) for each in (first["in_range"], mean["in_range"], mean["below"])),
                *(in_per_cent(float(each)) for each in (first["excessive"], mean["excessive"])),
                amount(float(own["hours_to_range"])),
                in_per_cent(float(day)),
                in_per_cent(bleeding),
            ]
        )
    about = answer.attrs
    head = ["nomogram", "in range, 48 h", "in range", "below", "excessive, 48 h", "excessive", "hours to range"]
    return Table(
        f"heparin: % of the time in {about['aptt_low']:g} to {about['aptt_high']:g} s, below, and above "
        f"{about['aptt_excessive']:g} s; median to the first reading in range, and % who had one within 24 h; severe "
        "bleeding in % by the last day",
        [*head, "by 24 h", "bleeding"],
        rows,
    )


def _spared(answer: xr.Dataset) -> list[Part]:
    """Those who should not have had a device, beside the others, where there are enough of both."""
    parts: list[Part] = []
    for share in shares(answer):
        own, spared, whole = answer.sel(causal_share=share), _count(answer, share), answer.attrs["compared"]
        if min(spared, whole - spared) < FEWEST:
            continue
        order = np.argsort(-np.abs(np.nan_to_num(own["difference"].values)), kind="stable")
        rows = []
        for name in own["measure"].values[order].tolist():
            one = own.sel(measure=name)
            sides = [amount(float(one["mean"].sel(side=side))) for side in ("should not", "others")]
            units = str(one["mean_units"].values)
            difference = float(one["difference"])
            label = name.replace("_", " ") + ("" if units == "1" else f" ({units})")
            rows.append([label, *sides, "-" if math.isnan(difference) else f"{difference:+.2f}"])
        parts.append(
            Table(
                f"who should not have had one, causal share {share:g}: {counted(spared, whole)} of the patients; "
                "means, and their difference in standard deviations",
                ["measure", "should not", "others", "difference"],
                rows,
            )
        )
    return parts


def _published(answer: xr.Dataset) -> Table:
    rows = []
    for place in range(answer.sizes["row"]):
        one = answer.isel(row=place)
        low, high = (float(one["reported"].sel(end=end)) for end in ("low", "high"))
        own = float(one["modelled"])
        within = "within" if low <= own <= high else "below" if own < low else "above"
        kind = EVENT_NAMES[str(one["kind"].values)]
        rows.append(
            [
                kind,
                f"{float(one['exposure']):g}",
                in_per_cent(own),
                f"{100 * low:.1f}-{100 * high:.1f}",
                within,
                in_per_cent(float(one["unsupported"])),
                str(one["source"].values),
            ]
        )
    return Table(
        "complications at published exposures, % of the patients, had everyone been supported for so long",
        ["complication", "days", "model", "published", "model is", "without device", "source"],
        rows,
    )
