"""Published results beside those of the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..numbers.intervals import Z95
from . import effects
from .design import Published


def published_ratio(result: Published) -> float:
    """Published risk ratio: calculated from the counts where they are known."""
    if result.device is None or result.control is None:
        assert result.risk_ratio is not None
        return result.risk_ratio
    return float(effects.risk_ratio(*result.device, *result.control))


def published_variables(results: tuple[Published, ...]) -> dict[str, Any]:
    """Lay published results out as variables over ``published``; none where there is none."""
    if not results:
        return {}

    def texts(values: list[str], title: str) -> tuple[Any, ...]:
        return "published", np.array(values, dtype=object), {"long_name": title}

    intervals = np.array([_interval(each) for each in results])
    return {
        "published_name": texts([each.name for each in results], "published result"),
        "published_source": texts([each.source for each in results], "where it is from"),
        "published_of": texts([each.of for each in results], "kind of study"),
        "published_ratio": ("published", np.array([published_ratio(each) for each in results])),
        "published_low": ("published", intervals[:, 0]),
        "published_high": ("published", intervals[:, 1]),
    }


def _interval(result: Published) -> tuple[float, float]:
    """Published interval, or Katz's from the counts where none was published."""
    if result.low is not None and result.high is not None:
        return result.low, result.high
    if result.device is None or result.control is None:
        return np.nan, np.nan
    (one, first), (other, second) = result.device, result.control
    reach = Z95 * np.sqrt(1 / max(one, 0.5) - 1 / first + 1 / max(other, 0.5) - 1 / second)
    ratio = published_ratio(result)
    return float(ratio * np.exp(-reach)), float(ratio * np.exp(reach))
