"""A virtual trial in words."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from ..prognosis.mortality import CAUSAL_WORDS
from ..words.counted import many, who_was_not
from ..words.numbers import in_per_cent, spanned
from ..words.parts import Part, Table, Text
from ..words.text import RESEARCH_USE
from .estimators import ESTIMATORS

CAVEAT = (
    f"{RESEARCH_USE} The link from cardiac power to death is an association (Fincke 2004); how much of it a device can "
    "use is not known, and with none of it the model's balloon cannot help."
)

SEVERITY = "severity not recorded"

DULL = 0.1
"""A standardised difference above this is called imbalance (Austin 2009)."""


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say who was included, what trials and studies of them find for each causal share, and what no analyst can see."""
    about = answer.attrs
    parts: list[Part] = [Text([about["title"], _who(answer), _link(answer)])]
    if "ratio" in answer:
        parts += [Text([_design(answer)]), _trials(answer)]
    if "published_ratio" in answer:
        parts.append(_published(answer))
    parts.append(_groups(answer))
    if "bias" in answer:
        parts += [Text([_study(answer)]), _estimators(answer), _balance(answer), _finding_table(answer)]
        parts.append(Text([finding_in_words(answer)]))
    parts.append(Text([CAVEAT]))
    return parts


def _who(answer: xr.Dataset) -> str:
    about = answer.attrs
    sampled = "" if about["sampled"] == about["candidates"] else f" (a sample of {about['sampled']:,} was read)"
    told = f"{about['eligible']:,} of {many(about['candidates'], 'candidate')}{sampled} may be included as measured"
    compared = f"{about['compared']:,} compared ({about['arm']} against {about['reference']})"
    return ", ".join([told, compared, *who_was_not(about)])


def _link(answer: xr.Dataset) -> str:
    about = answer.attrs
    return (
        f"{_capital(control_of(answer))} {100 * about['control_mortality']:.1f} % have {about['outcome']} within "
        f"{about['horizon']:g} days; the log-odds fall by {-about['log_odds_per_watt']:g} per W of cardiac power, and "
        f"rise by {about['per_sd_of_severity']:g} per standard deviation of a severity that is not recorded. Of the "
        f"power that {about['arm']} adds all, half or none counts; {about['days_of_support']:g} days of support cost "
        "what their complications do."
    )


def control_of(answer: xr.Dataset) -> str:
    """Say what those of the control arm get, in whom the mortality is stated."""
    about = answer.attrs
    return f"in {about['reference']}, complications apart," if about["reference_device"] else "without a device"


def _design(answer: xr.Dataset) -> str:
    about = answer.attrs
    told = (
        f"A trial of {about['patients']:,}, {100 * about['allocation']:g} % of them allocated to {about['arm']}, "
        f"{about['replicates']:,} times; crossover {100 * about['crossover_to_device']:.3g} % to it and "
        f"{100 * about['crossover_from_device']:.3g} % from it"
    )
    if "rival" not in about:
        return told + "."
    control, device = (100 * float(each) for each in answer["escalated"])
    return (
        f"{told}; whoever fails {about['target']} as measured may get {about['rival']}: {control:.0f} % of the control "
        f"arm, {device:.0f} % of the other."
    )


def _trials(answer: xr.Dataset) -> Table:
    head = [
        *("power that counts", "control", "device", "risk ratio found (95 % of trials)", "benefit", "nothing", "harm"),
        "patients for 80 % power",
    ]
    rows = []
    for share in answer["causal_share"].values.tolist():
        own = answer.sel(causal_share=share)
        benefit, harm = float(own["found_benefit"]), float(own["found_harm"])
        rows.append(
            [
                CAUSAL_WORDS[share],
                *(in_per_cent(own["risk"].sel(allocated=each)) for each in ("control", "device")),
                spread(own, "ratio"),
                *(in_per_cent(each) for each in (benefit, 1 - benefit - harm, harm)),
                whole(own["patients_needed"]),
            ]
        )
    return Table("What the trials find: mortality as allocated in %, and shares of the trials in %", head, rows)


def _published(answer: xr.Dataset) -> Table:
    shares = answer["causal_share"].values.tolist()
    head = [
        "published",
        "kind",
        "risk ratio (95 %)",
        *(f"% below it, {CAUSAL_WORDS[share]} counts" for share in shares),
    ]
    rows = []
    for place in range(answer.sizes["published"]):
        own = answer.isel(published=place)
        ratio, low, high = (float(own[f"published_{name}"]) for name in ("ratio", "low", "high"))
        rows.append(
            [
                str(own["published_name"].item()),
                str(own["published_of"].item()),
                spanned(ratio, low, high, lambda each: f"{each:.2f}"),
                *(in_per_cent(own["published_place"].sel(causal_share=share)) for share in shares),
            ]
        )
    return Table(
        "Published results, and where they lie among those of the model: 2.5 to 97.5 is within 95 %", head, rows
    )


def _groups(answer: xr.Dataset) -> Table:
    shares = answer["causal_share"].values.tolist()
    head = [
        *("divided by", "patients", "% of all", "control %"),
        *(f"risk ratio, {CAUSAL_WORDS[share]} counts" for share in shares),
        *("for 80 % power, all counts", "to screen"),
    ]
    total, rows = float(answer["members"][0]), []
    for place in range(answer.sizes["group"]):
        own = answer.isel(group=place)
        risk = own["group_risk"]
        ratio = risk.sel(allocated="device", drop=True) / risk.sel(allocated="control", drop=True)
        control = in_per_cent(risk.sel(allocated="control")[0])
        published = float(own["published_mortality"])
        rows.append(
            [
                str(own["family"].item()),
                str(own["label"].item()),
                f"{100 * float(own['members']) / total:.0f}",
                control if math.isnan(published) else f"{control} (published {100 * published:.1f})",
                *(f"{float(ratio.sel(causal_share=share)):.2f}" for share in shares),
                *(whole(own[name].sel(causal_share=1.0)) for name in ("group_needed", "group_screened")),
            ]
        )
    return Table("What the pooled result hides: true effect if everybody is treated as allocated", head, rows)


def _study(answer: xr.Dataset) -> str:
    about = answer.attrs
    hidden = about["severity_in_treatment"]
    who = "the sicker" if hidden > 0 else "the less sick" if hidden < 0 else "nobody in particular"
    return (
        f"An observational study of {about['study_patients']:,} of the same patients, {about['study_replicates']:,} "
        f"times; {100 * about['treated']:.3g} % are treated: by what is measured, and, of the severity that is not "
        f"recorded, {who} ({hidden:+g} log-odds per standard deviation). "
        f"{in_per_cent(answer['matched'])} % of the treated found a match."
    )


def _estimators(answer: xr.Dataset) -> Table:
    head = ["power that counts", "estimator", "true difference", "bias", "sd", "coverage", "risk ratio (95 %)"]
    head += ["benefit", "harm", "E-value"]
    rows = []
    for share in answer["causal_share"].values.tolist():
        for name, title in ESTIMATORS.items():
            own = answer.sel(causal_share=share, estimator=name)
            rows.append(
                [
                    CAUSAL_WORDS[share],
                    title,
                    *(f"{100 * float(own[each]):+.1f}" for each in ("true_difference", "bias")),
                    f"{100 * float(own['spread']):.1f}",
                    in_per_cent(own["coverage"]),
                    spread(own, "study_ratio"),
                    *(in_per_cent(own[each]) for each in ("study_benefit", "study_harm")),
                    f"{float(own['e_value']):.2f}",
                ]
            )
    return Table("What analysts estimate: risk differences in points, shares of the studies in %", head, rows)


def _balance(answer: xr.Dataset) -> Table:
    rows = [
        [str(name).replace("_", " "), *(f"{float(each):+.2f}" for each in answer["imbalance"].sel(covariate=name))]
        for name in answer["covariate"].values.tolist()
    ]
    head = ["covariate", *(ESTIMATORS[name] for name in answer["adjusted"].values.tolist())]
    return Table(f"Balance: standardised difference, of which more than {DULL:g} is imbalance", head, rows)


def _finding_table(answer: xr.Dataset) -> Table:
    shares = answer["causal_share"].values.tolist()
    head = ["log-odds of treatment per sd of severity"]
    for share in shares:
        head += [f"ratio, {CAUSAL_WORDS[share]} counts", "benefit %", "harm %"]
    rows = []
    for place in answer["severity"].values.tolist():
        own = answer.sel(severity=place)
        row = [f"{place:+.2f}"]
        for share in shares:
            one = own.sel(causal_share=share)
            row += [f"{float(one['finding_ratio']):.2f}"]
            row += [in_per_cent(one[name]) for name in ("finding_benefit", "finding_harm")]
        rows.append(row)
    return Table("What matching finds, were the less sick (below 0) or the sicker (above 0) treated", head, rows)


def finding_in_words(answer: xr.Dataset) -> str:
    """Say where one truth makes a trial that finds nothing and a matched study that finds a benefit both likely."""
    told = []
    for share in answer["causal_share"].values.tolist():
        own = answer.sel(causal_share=share)
        likely = own["finding_benefit"].values >= 0.5
        places = own["severity"].values[likely]
        name = CAUSAL_WORDS[share]
        if not likely.any():
            told.append(f"where {name} of the added power counts no such study is likely to find a benefit")
            continue
        where = (
            f"where {name} of it counts matched studies are likely to find a benefit at {places.max():+.2f} or below"
        )
        if "ratio" in answer:
            nothing = 1 - float(own["found_benefit"]) - float(own["found_harm"])
            where += f", and {100 * nothing:.0f} % of the trials find nothing"
        told.append(where)
    told += _where_published(answer)
    sicker = answer.sel(severity=answer["severity"] > 0)["finding_benefit"].max("severity")
    most = 100 * float(sicker.max())
    return (
        "One truth behind both? " + _capital("; ".join(told)) + ". Were the sicker treated, at most "
        f"{most:.0f} % of the matched studies would find a benefit, whatever the link: measured balance says nothing "
        "of the severity that is not recorded."
    )


def _where_published(answer: xr.Dataset) -> list[str]:
    """Say which severity of the treated gives each published result of matching."""
    told = []
    for place in range(answer.sizes.get("published", 0)):
        own = answer.isel(published=place)
        if str(own["published_of"].item()) != "matched":
            continue
        places = own["published_severity"]
        known = [
            f"{float(places.sel(causal_share=share)):+.2f} where {CAUSAL_WORDS[share]} counts"
            for share in answer["causal_share"].values.tolist()
            if np.isfinite(places.sel(causal_share=share))
        ]
        name = f"matching finds the {float(own['published_ratio']):.2f} of {own['published_name'].item()}"
        told.append(f"{name} at {', '.join(known)}" if known else f"{name} nowhere from -1.5 to +1.5")
    return told


def spread(own: xr.Dataset, name: str) -> str:
    """Write a median with its 95 % range."""
    value, low, high = (float(own[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return spanned(value, low, high, lambda each: f"{each:.2f}")


def whole(value: xr.DataArray) -> str:
    """Write a number of patients; a dash where there is none."""
    return "-" if np.isnan(float(value)) else f"{float(value):,.0f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
