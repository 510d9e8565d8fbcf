"""The page of calibration: its tables, and the histograms of the ranks of the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..analysis.figures.style import BLUE, GREEN, GREY, VERMILLION, page
from ..analysis.match.check import ALARM
from ..analysis.match.result import EFFECTS
from .calibration_scores import LEVELS, MEASURED, PARAMETERS, Scores, coverage

COLOURS = (BLUE, VERMILLION, GREEN, GREY)
ABOUT = (
    "cohort",
    "patients of the store",
    "synthetic patients",
    "effective sample size, median (5 to 95 %)",
    "below 100 (%)",
    "said to be outside what the store knows (%)",
    "coverage within 2 points",
)
HEAD = ("cohort", "predicted", "50 %", "80 %", "90 %", "log score over the cohort's own", "over regression")
PAGE = """# Calibration of match

Written by `make calibration`. Research use only: nothing here advises on a patient.

{patients} synthetic patients of each cohort, drawn from its law independently of the store, are measured in the
unsupported arm by {measured}, each with the error of the table of quantities, and
matched with a store of that cohort **by weights alone**: no new patients are simulated, so that what is tested is the
likelihood and the store, at the effective sample sizes shown. Reflexes act; the arm is a 40 mL balloon.

{about}

{chance}

Coverage of the central intervals in per cent, and the mean gain in log score (nats a patient, ± standard error; above 0
the posterior is better) over the cohort's plain distribution, and over a quadratic regression on the same measurements
with normal errors (of the response: logistic).

{rows}

![Rank histograms](match-calibration.png)
"""


def rows_of(cohort: str, scores: Scores) -> tuple[list[str], int]:
    """Rows of the table of one cohort, and how many of its shares are within two points of the nominal one."""
    shares, lines, within = 100 * coverage(scores.ranks), [], 0
    for place, name in enumerate([*(f"change of {each}" for each in EFFECTS), *PARAMETERS]):
        own = [f"{share:.1f}" for share in shares[place]]
        within += int((np.abs(shares[place] - 100 * np.array(LEVELS)) <= 2).sum())
        gains = scores.log_scores[0, :, place] - scores.log_scores[1:, :, place]
        told = [f"{gain.mean():+.3f} ± {gain.std() / math.sqrt(len(gain)):.3f}" for gain in gains]
        lines.append(f"| {cohort} | {_spelt(name)} | {' | '.join([*own, *told])} |")
    gains = scores.response[0] - scores.response[1:]
    told = [f"{gain.mean():+.3f} ± {gain.std() / math.sqrt(gain.shape[-1]):.3f}" for gain in gains]
    lines.append(f"| {cohort} | response | | | | {' | '.join(told)} |")
    return lines, within


def _spelt(name: str) -> str:
    return name.replace("_", " ").replace("lv ", "LV ").replace("rv ", "RV ").replace("end diastolic", "end-diastolic")


def histograms(found: dict[str, Scores]) -> Figure:
    """Draw the ranks of the truth, cohort by cohort: flat where the posterior is calibrated."""
    names = [*(f"change of {each}" for each in EFFECTS), *PARAMETERS]
    patients = len(next(iter(found.values())).effective)
    caption = (
        "Share of the posterior below the truth, in twenty bins; grey: where 99 of 100 bins of a calibrated posterior "
        f"of one cohort lie. {patients:,} synthetic patients of each cohort ({', '.join(found)}), measured "
        f"with errors by {', '.join(MEASURED)}. Research use only."
    )
    with page(7.0, "Ranks of the truth in the posterior", caption) as figure:
        for place, axes in enumerate(figure.subplots(4, 3, sharex=True, sharey=True).ravel()):
            level, reach = 1 / 20, 2.576 * math.sqrt(0.05 * 0.95 / patients)
            axes.axhspan(20 * (level - reach), 20 * (level + reach), color="#E0E0E0", lw=0)
            counts = []
            for scores in found.values():
                count, edges = np.histogram(scores.ranks[:, place], 20, (0, 1))
                axes.stairs(20 * count / patients, edges, color=COLOURS[0], lw=0.6, alpha=0.5)
                counts.append(count)
            axes.stairs(20 * np.mean(counts, axis=0) / patients, edges, color="black", lw=1.2)
            axes.set_title(_spelt(names[place]), fontsize=7, loc="left")
            axes.set_ylim(0.5, 1.5)
            axes.set_xlim(0, 1)
            if not place:
                lines = {"a cohort": COLOURS[0], "all together": "black"}
                handles = [Line2D([], [], color=colour, label=name) for name, colour in lines.items()]
                axes.legend(handles=handles, fontsize=5.5, ncol=2, loc="lower left", handlelength=1, borderpad=0)
    return figure


def document(found: dict[str, Scores], stores: dict[str, int]) -> str:
    """Write the page."""
    lines, within = [], []
    for cohort, scores in found.items():
        own, inside = rows_of(cohort, scores)
        lines += own
        within.append(inside)
    total = len(LEVELS) * (len(EFFECTS) + len(PARAMETERS))
    patients = len(next(iter(found.values())).effective)
    spread = [100 * math.sqrt(level * (1 - level) / patients) for level in LEVELS]
    chance = sum(math.erf(2 / each / math.sqrt(2)) for each in spread) * (len(EFFECTS) + len(PARAMETERS))
    about = [
        f"| {cohort} | {stores[cohort]:,} | {len(each.effective):,} | {np.median(each.effective):,.0f} "
        f"({np.quantile(each.effective, 0.05):,.0f} to {np.quantile(each.effective, 0.95):,.0f}) | "
        f"{100 * (each.effective < 100).mean():.1f} | {100 * (each.p_value < ALARM).mean():.2f} | {inside} of {total} |"
        for (cohort, each), inside in zip(found.items(), within, strict=True)
    ]
    plain = f"{spread[0]:.1f}, {spread[1]:.1f} and {spread[2]:.1f} points"
    return PAGE.format(
        patients=f"{patients:,}",
        measured=", ".join(MEASURED),
        about=_table(ABOUT, about),
        chance=f"Of {patients:,} patients chance alone moves a coverage by {plain} (one standard error,\n"
        f"at 50, 80 and 90 %): a perfectly calibrated posterior would have {chance:.1f} of {total} within 2 points.",
        rows=_table(HEAD, lines),
    )


def _table(head: Sequence[str], lines: Sequence[str]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines])
