"""One truth? What matching finds, were the sicker or the less sick treated, beside a trial that finds nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from ..numbers.cells import Floats
from ..numbers.intervals import Z95
from .observational import Studies, assignment, studies
from .pool import Pool
from .replicates import quantiles

SEVERITIES = np.round(np.arange(-1.5, 1.51, 0.25), 6)
"""Log-odds of treatment per standard deviation of the severity that is not recorded."""

REPLICATES = 200
"""Studies of each severity."""


def finding(pool: Pool, columns: Floats, nothing: Floats) -> dict[str, Any]:
    """Variables of what matching finds over ``severity``, and how probable it is beside a trial that finds nothing.

    Parameters
    ----------
    pool : Pool
    columns : array, (patient, column)
        What the physician sees, from :func:`~counterpulse.analysis.trials.observational.recorded`.
    nothing : array, (causal share)
        Share of the trials that find nothing.
    """
    study = pool.design.observational
    assert study is not None
    rows: list[Studies] = [
        studies(pool, study, assignment(pool, study, columns, float(each)), ("matching",), REPLICATES)
        for each in SEVERITIES
    ]
    device, control, error = (
        np.array([part[:, 0] for part in parts])
        for parts in zip(*((each.device, each.control, each.error) for each in rows), strict=True)
    )
    difference = device - control
    benefit = (difference + Z95 * error < 0).mean(axis=2).T
    over = ("causal_share", "severity")
    ratio = np.moveaxis(device / np.where(control > 0, control, np.nan), 0, 1)
    return {
        **quantiles("finding_ratio", over, ratio),
        "finding_benefit": (over, benefit),
        "finding_harm": (over, (difference - Z95 * error > 0).mean(axis=2).T),
        "finding_both": (over, nothing[:, None] * benefit),
    }


def severity_of_published(found: xr.Dataset) -> Floats:
    """Severity of the treated at which matching finds a published ratio in the median; NaN beyond, and of others."""
    severity, rows = found["severity"].values, []
    for medians in np.log(found["finding_ratio"].values):
        # the median rises with the severity but for the noise of few replicates
        rising = np.maximum.accumulate(medians)
        own = np.interp(np.log(found["published_ratio"]), rising, severity, left=np.nan, right=np.nan)
        rows.append(np.where(found["published_of"].values == "matched", own, np.nan))
    return np.array(rows)
