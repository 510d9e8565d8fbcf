"""A virtual trial on the patients of a store, and the observational study that might have been made instead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..numbers.cells import Floats
from ..numbers.intervals import Z95, described
from ..prognosis.mortality import CAUSAL_SHARES
from ..reading.origin import about_sweep
from . import effects
from .design import design_of
from .estimators import BALANCED, ESTIMANDS, ESTIMATORS
from .finding import SEVERITIES, finding, severity_of_published
from .observational import assignment, recorded, studies, truth
from .pool import CONTROL, DEVICE, Pool, device_of, pool_of
from .published import published_ratio, published_variables
from .randomised import expected, trials
from .replicates import over_replicates, quantiles
from .subgroups import Rules, rules_of, subgroups
from .words import SEVERITY

BINS = np.round(np.geomspace(0.125, 8.0, 145), 6)
"""Edges of the bins of risk ratios; what is beyond them is counted in the first and last."""

SIZES = 24
"""Sizes of a trial for which the power is told."""

VARIABLES = {
    "estimates": ("share of the replicates with a risk ratio in the bin", "1"),
    "ratio": ("risk ratio found by a trial, median of the replicates", "1"),
    "risk": ("mean mortality of an arm as allocated, with crossover and escalation", "1"),
    "true_risk": ("mean mortality of an arm, everybody treated as allocated", "1"),
    "found_benefit": ("share of the replicates that find a benefit (p < .05)", "1"),
    "found_harm": ("share of the replicates that find harm (p < .05)", "1"),
    "power": ("power to find the difference in its direction", "1"),
    "patients_needed": ("patients of both arms for 80 % power to find a benefit; none where there is no benefit", "1"),
    "published_ratio": ("published risk ratio", "1"),
    "published_low": ("published risk ratio, lower end of its 95 % interval", "1"),
    "published_high": ("published risk ratio, upper end of its 95 % interval", "1"),
    "published_place": ("share of the replicates with a risk ratio below the published one", "1"),
    "published_severity": ("log-odds of treatment per sd of severity at which matching finds the published ratio", "1"),
    "members": ("patients of the group", "1"),
    "published_mortality": ("mortality published of the stage (Jentzer 2019), which is not fitted", "1"),
    "group_risk": ("mean mortality of a group, everybody treated as allocated", "1"),
    "group_needed": ("patients of both arms for 80 % power in a trial of this group alone", "1"),
    "group_screened": ("patients to be screened for them, of those who may be included", "1"),
    "bias": ("mean estimated risk difference less the true one", "1"),
    "true_difference": ("true risk difference that the estimator aims at", "1"),
    "spread": ("standard deviation of the estimated risk difference", "1"),
    "coverage": ("share of the replicates whose 95 % interval holds the true risk difference", "1"),
    "study_ratio": ("risk ratio found by a study, median of the replicates", "1"),
    "study_benefit": ("share of the replicates that find a benefit (95 % interval below 0)", "1"),
    "study_harm": ("share of the replicates that find harm (95 % interval above 0)", "1"),
    "e_value": ("risk ratio with treatment and death that would explain the median away", "1"),
    "imbalance": ("standardised difference of treated and untreated, mean of the replicates", "1"),
    "matched": ("share of the treated who were matched", "1"),
    "finding_ratio": ("risk ratio found by matching, median of the replicates", "1"),
    "finding_benefit": ("share of the matched studies that find a benefit", "1"),
    "finding_harm": ("share of the matched studies that find harm", "1"),
    "finding_both": ("probability of a trial that finds nothing and a matched study that finds a benefit", "1"),
}
"""Long names and units."""


def trial(
    dataset: xr.Dataset,
    design: str | Path | Mapping[str, Any],
    *,
    arm: str | None = None,
    reference: str | None = None,
    seed: int | None = None,
) -> xr.Dataset:
    """Repeat a trial, and an observational study, on the patients of a store, whose truth is known.

    Patients are included as measured, with errors. Death within the horizon has a probability whose log-odds fall with
    cardiac power (Fincke 2004), rise with age and with a severity that no chart records, and to which the complications
    of the days of support add. Of the power that a device adds, the causal share 1, 1/2 or 0 counts: an association is
    no cause, and every answer has all three. At most 200,000 patients of the store are drawn from.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    design : str, Path or mapping
        A TOML file, or its tables; :class:`~counterpulse.analysis.trials.design.Design`.
    arm, reference : str, optional
        Device and control, in place of the design's; default ``iabp``, or the first other arm, and the sweep's own.
    seed : int, optional
        In place of the design's. All draws are a pure function of the store, the design and the seed.

    Returns
    -------
    xr.Dataset
        Over ``causal_share``; of the randomised trial with ``bin``, ``allocated`` (control, device), ``size`` and
        ``group``; of the study with ``estimator``, ``adjusted`` and ``covariate``; of both with ``published``; and over
        ``severity`` what matching finds, were the sicker or the less sick treated by so much.

    Raises
    ------
    InputError
        For a mistake in the design, an unknown name, an empty inclusion, or more patients than there are.
    """
    asked = design_of(design)
    given = {"arm": arm, "reference": reference, "seed": seed}
    asked = asked.model_copy(update={name: value for name, value in given.items() if value is not None})
    rules = rules_of(dataset, asked.arm, asked.reference, asked.seed)
    pool = pool_of(dataset, asked, rules.names)
    true = pool.death[:, [CONTROL, DEVICE]].mean(axis=2)
    data: dict[str, Any] = {"true_risk": (("causal_share", "allocated"), true)}
    data |= _groups(pool, rules)
    data |= published_variables(asked.published)
    coords: dict[str, Any] = {
        "causal_share": np.array(CAUSAL_SHARES),
        "allocated": np.array(["control", "device"], dtype=object),
    }
    ratios: dict[str, Floats] = {}
    nothing = np.full(len(CAUSAL_SHARES), np.nan)
    if asked.randomised:
        own, ratios["randomised"], nothing = _randomised(pool)
        data |= own
    if asked.observational:
        columns = recorded(pool, asked.observational)
        own, ratios["observational"], ratios["matched"] = _observational(pool, columns)
        data |= own | finding(pool, columns, nothing)
        coords |= {
            "estimator": np.array(list(ESTIMATORS), dtype=object),
            "adjusted": np.array(BALANCED, dtype=object),
            "covariate": np.array([*asked.observational.sees, SEVERITY], dtype=object),
            "severity": SEVERITIES,
        }
    if asked.published:
        places = [(ratios[each.of] < published_ratio(each)).mean(axis=1) for each in asked.published]
        data["published_place"] = (("causal_share", "published"), np.array(places).T)
    found = xr.Dataset(data, coords)
    if asked.observational and asked.published:
        found["published_severity"] = (("causal_share", "published"), severity_of_published(found))
    return described(found, VARIABLES).assign_attrs(about_sweep(dataset) | _about(pool, dataset))


def _about(pool: Pool, dataset: xr.Dataset) -> dict[str, Any]:
    design = pool.design
    about: dict[str, Any] = {
        "title": design.name,
        "arm": pool.comparison.arm,
        "reference": pool.comparison.reference,
        "reference_device": device_of(dataset, pool.comparison.reference),
        "outcome": design.outcome,
        "horizon": float(design.horizon),
        "control_mortality": float(design.control_mortality),
        "days_of_support": float(design.days_of_support),
        "seed": int(design.seed),
        "log_odds_per_watt": float(pool.constants.mortality.log_odds_per_watt),
        "per_sd_of_severity": float(pool.constants.mortality.per_sd_of_severity),
        **pool.about,
    }
    if design.randomised:
        about |= {"patients": design.randomised.patients, "replicates": design.replicates}
        about |= {"allocation": float(design.randomised.allocation)}
        about |= {f"crossover_{name}": float(value) for name, value in design.randomised.crossover.model_dump().items()}
        asked = design.randomised.escalation
        about |= {"rival": asked.arm, "target": asked.target} if asked else {}
    if design.observational:
        study = design.observational
        about |= {"study_patients": study.patients, "study_replicates": study.replicates, "treated": study.treated}
        about |= {"severity_in_treatment": float(study.severity), "caliper": float(study.caliper)}
    return about


def _randomised(pool: Pool) -> tuple[dict[str, Any], Floats, Floats]:
    """Variables of the randomised trial, the risk ratios it finds, and the share of replicates that find nothing."""
    design = pool.design.randomised
    assert design is not None
    done = trials(pool)
    control, device = done.patients
    arms = done.deaths[..., DEVICE], device, done.deaths[..., CONTROL], control
    ratio, score = effects.risk_ratio(*arms), effects.z_score(*arms)
    risk = expected(pool)
    own = _needed(risk, design.allocation)
    largest = max(float(np.nanmax(np.append(own, 0.0))), 10.0 * design.patients)
    sizes = np.unique(np.round(np.geomspace(40, min(largest * 1.5, 1e6), SIZES)))
    power = effects.power(risk[:, [DEVICE]], risk[:, [CONTROL]], sizes, design.allocation)
    inside = np.clip(ratio, BINS[0] * 1.000001, BINS[-1] * 0.999999)
    counts = np.array([np.histogram(each, BINS)[0] for each in inside]) / ratio.shape[1]
    benefit, harm = (score < -Z95).mean(axis=1), (score > Z95).mean(axis=1)
    over = ("causal_share",)
    found = {
        "estimates": ((*over, "bin"), counts),
        "bin": ("bin", np.sqrt(BINS[:-1] * BINS[1:])),
        **quantiles("ratio", over, ratio),
        "risk": ((*over, "allocated"), risk),
        "found_benefit": (over, benefit),
        "found_harm": (over, harm),
        "power": ((*over, "size"), power),
        "size": ("size", sizes),
        "patients_needed": (over, own),
        "escalated": ("allocated", done.escalated.mean(axis=0) / np.array(done.patients), SHARE_ESCALATED),
    }
    return found, ratio, 1 - benefit - harm


def _needed(risk: Floats, allocation: float) -> Floats:
    """Patients for 80 % power, from the risks as allocated along the last axis; NaN where the device does not help."""
    own = effects.patients_for_power(risk[..., DEVICE], risk[..., CONTROL], allocation)
    helps = risk[..., DEVICE] < risk[..., CONTROL]
    return np.where(helps & np.isfinite(own), np.ceil(own), np.nan)


SHARE_ESCALATED = {"long_name": "share of an arm that got the rival", "units": "1"}


def _groups(pool: Pool, rules: Rules) -> dict[str, Any]:
    """Effect by subgroup: everybody treated as allocated; what a trial of the group alone would take."""
    groups = subgroups(pool, rules)
    risk = np.array([pool.death[:, [CONTROL, DEVICE]][:, :, each.members].mean(axis=2) for each in groups])
    allocated = np.array([expected(pool, each.members) for each in groups])
    allocation = pool.design.randomised.allocation if pool.design.randomised else 0.5
    needed = _needed(allocated, allocation)
    members = np.array([each.members.sum() for each in groups])
    return {
        "family": ("group", np.array([each.family for each in groups], dtype=object), {"long_name": "divided by"}),
        "label": ("group", np.array([each.label for each in groups], dtype=object), {"long_name": "patients"}),
        "members": ("group", members),
        "published_mortality": ("group", np.array([_stage_mortality(pool, each.label) for each in groups])),
        "group_risk": (("causal_share", "allocated", "group"), np.moveaxis(risk, 0, 2)),
        "group_needed": (("causal_share", "group"), needed.T),
        "group_screened": (("causal_share", "group"), np.ceil(needed.T * pool.size / members)),
    }


def _stage_mortality(pool: Pool, label: str) -> float:
    """Published mortality of the stage that a group is; NaN of other groups."""
    stage = label.partition("(SCAI ")[2].rstrip(")").lower()
    return float(getattr(pool.constants.scai_mortality, stage)) if stage else np.nan


def _observational(pool: Pool, columns: Floats) -> tuple[dict[str, Any], Floats, Floats]:
    """Variables of the observational study, and the risk ratios that the crude comparison and matching find."""
    study = pool.design.observational
    assert study is not None
    assigned = assignment(pool, study, columns)
    known, done = truth(pool, assigned), studies(pool, study, assigned)
    aims = [known[ESTIMANDS.get(name, "all")] for name in ESTIMATORS]
    true = np.array([risks[0] - risks[1] for risks in aims]).T
    difference, ratio = done.device - done.control, done.device / np.where(done.control > 0, done.control, np.nan)
    low, high = difference - Z95 * done.error, difference + Z95 * done.error
    over = ("causal_share", "estimator")
    found = {
        "true_difference": (over, true),
        "bias": (over, over_replicates(np.mean, difference) - true),
        "spread": (over, over_replicates(np.std, difference)),
        "coverage": (over, ((low <= true[..., None]) & (true[..., None] <= high)).mean(axis=2)),
        **quantiles("study_ratio", over, ratio),
        "study_benefit": (over, (high < 0).mean(axis=2)),
        "study_harm": (over, (low > 0).mean(axis=2)),
        "e_value": (over, effects.e_value(over_replicates(np.median, ratio))),
        "imbalance": (("adjusted", "covariate"), done.imbalance.mean(axis=0)),
        "matched": (
            (),
            float(done.matched.mean()),
            {"long_name": "share of the treated who were matched", "units": "1"},
        ),
    }
    names = list(ESTIMATORS)
    return found, ratio[:, names.index("crude")], ratio[:, names.index("matching")]
