"""Where the time goes and what accuracy costs: the sections of docs/profile.md, and their picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.figures.sheet import WIDTH
from ..analysis.figures.style import BLUE, GREY, VERMILLION, panel_letter, style
from ..analysis.words.text import cell
from ..engine.integration.ssprk import DRIVES, MEANS, SAMPLES, STATES
from ..engine.patient.coefficients import Coefficients
from ..sweeps.population import cohorts
from ..sweeps.store.outputs import check_output
from ..sweeps.store.receipts import cpu
from . import beats, cost, counting, phases, records, speed

Rows = list[list[object]]
SAMPLED = ("ami-cs", "healthy")
"""Cohorts whose phases are read: many numbers of steps, and few."""
BARS = 12
"""At most in a panel of the picture; the tables have all."""


GOALS, PEAKS = {"float64": 15_000.0, "float32": 30_000.0}, {"float64": 113.0, "float32": 226.0}
"""Pairs a CPU-second to be reached on a core of this many GFLOP/s."""
LIMITS_HEAD = [
    "precision", "peak, GFLOP/s", "ns/right-hand side", "GFLOP/s", "% of peak", "operations/byte",
    "pairs/CPU-s", "goal, scaled", "of the goal",
]  # fmt: skip
TRIED = (
    "The step is bound by what a core keeps waiting, not by its units: of about 640 instructions a vector and stage, "
    "in either precision, 240 move numbers between registers and the first cache and 400 compute, 4 of them divisions "
    "and 4 roots (read in the assembly for AVX-512), and twenty less of them take as long. In single precision half of "
    "the time goes elsewhere, to what is done once a patient and arm: the regressions, the drive's table, the "
    "outcomes. Tried on a core of Granite Rapids, and dropped: reciprocals by estimate and a Newton step in float32 "
    "(6.1 ns against 5.8; on Zen 5 4.33 against 4.34, but LLVM had left the divisions as they were); other orders of "
    "the laws (5.2 to 5.3 ns against 5.2); LLVM's other schedulers (list-ilp .95 of the time in float64, .97 in "
    "float32, but it is chosen for a whole process; seven others no better); the nine divisions with lesions and gas "
    "gathered into six or four (1.00 and .99); larger searches, of 32,768 patients instead of 8,192 (.98). Seen and "
    "not yet used: roots in float64 from one in float32 and a Newton step (.90 with lesions, .98 without), which wants "
    "laws that differ by precision. On a core of Zen 4: 16, 24, 48 or 64 "
    "lanes instead of 32 (19.0, 19.0, 19.5 and 29.9 ns against 19.0 in float64, 9.0, 11.2, 8.5 and 9.4 against 8.6 in "
    "float32); regressions whose Jacobians hang on 20 or 12 combinations of the inputs instead of all (6.21 and 6.39 "
    "beats a pair against 6.10), or on the 20 or 12 inputs that matter most (6.69 and 7.12); gathers for the drive's "
    "table (1.18 us against 1.22). Tried and kept: fourteen divisions gathered into four (.79 of the time in float64, "
    ".93 in float32), and the stack aligned to vectors (.97 and .91 of the median time; both on Granite Rapids); kinds "
    "of patients by what a dilated layer would show, those near its edge judged apart (3.65 beats an arm against "
    "3.97), and 8,192 more training patients for their states alone (3.31); drives laid for all lanes together (.41 us "
    "against 1.87); triangles instead of inverses, with Broyden's update as a product (2.8 us a patient and arm "
    "against 4.3), sums of eight terms at a time (1.8 us against 3.7), end systole by one ratio (3.8 us against 4.8); "
    "stages that go from register to register (1.26 times the time with copies); patients of different numbers of "
    "steps in one search (idle lanes of 16,384 patients a fiftieth against a tenth, of 1,000 a fifth against over "
    "half)."
)


class Section(NamedTuple):
    """One table with its words."""

    title: str
    text: str
    head: list[str]
    rows: Rows


class Sizes(NamedTuple):
    """How much is simulated for the profile."""

    batch: int = 16384
    phases: int = 2048
    beats: int = 512
    pairs: int = 512
    rounds: int = 3
    cohorts: tuple[str, ...] = tuple(cohorts.names())
    patients: tuple[int, ...] = cost.PATIENTS


def _limits(sizes: Sizes) -> Section:
    figures = speed.measure(
        speed.prepared(speed.patients_of(sizes.batch), ("peak", "lanes", "pairs")), max(2, sizes.rounds)
    )
    flops = counting.flops()
    numbers = 3 * STATES + 2 * MEANS + SAMPLES + 3 * DRIVES + 3 + len(Coefficients._fields)
    rows: Rows = []
    for precision, size in (("float64", 8), ("float32", 4)):
        peak, lanes, pairs = (figures[f"{kind} {precision}"].value for kind in ("peak", "lanes", "pairs"))
        goal = GOALS[precision] * peak / PEAKS[precision]
        rate = flops / lanes
        rows.append(
            [precision, peak, lanes, rate, 100.0 * rate / peak, flops / (numbers * size), pairs, goal, pairs / goal]
        )
    text = (
        f"A right-hand side with its share of the step has {flops:.0f} operations and touches {numbers} numbers of a "
        f"lane, all of them in the nearest caches. Pairs: {sizes.batch} candidates of ami-cs, arms off and 40 mL "
        "balloon, the warm start of a run of a million, everything from parameters to the Dataset; the goal was set on "
        f"a core of 113 (226) GFLOP/s and is scaled by the peak measured here. {TRIED}"
    )
    return Section("Limits", text, LIMITS_HEAD, rows)


def _phases(sizes: Sizes) -> Section:
    found = phases.shares(SAMPLED, sizes.phases, "float64", sizes.rounds)
    names = next(iter(found.values()))
    rows: Rows = [[name, *(100.0 * each[name] for each in found.values())] for name in names if name != "idle"]
    rows.append(["(lanes idle, of all lanes)", *(100.0 * each["idle"] for each in found.values())])
    text = (
        f"Per cent of `simulate` with a warm start on one thread in float64, {sizes.phases} candidates, off and 40 mL "
        "balloon; the cycle counter is read before and after every phase, and the fastest run counts."
    )
    return Section("Phases", text, ["phase", *found], rows)


def _laws(_: Sizes) -> Section:
    counts = counting.operations()
    flops = {law: sum(each[kind] for kind in counting.ARITHMETIC) for law, each in counts.items()}
    rows: Rows = [
        [law, *(counts[law][kind] for kind in counting.KINDS), 100.0 * flops[law] / sum(flops.values())]
        for law in sorted(flops, key=lambda law: -flops[law])
    ]
    text = (
        "Operations of one right-hand side with its share of the step, of a patient without lesions and machines, "
        "counted by running the engine's own lane loop in plain Python on numbers that count; not times, as a division "
        "or a root costs several additions."
    )
    return Section("Laws of the right-hand side", text, ["law", *counting.KINDS, "% of arithmetic"], rows)


def _optional(sizes: Sizes) -> Section:
    head = ["laws", *(f"{of}{precision}" for precision in speed.PRECISIONS for of in ("ns, ", "over none, "))]
    text = (
        "Time of a right-hand side with the laws that are compiled in only where a patient needs them: lesions (leaks, "
        "a septal defect, a coronary stenosis, the pericardium; seven in ten candidates of ami-cs), and the gas that "
        "drives a balloon."
    )
    return Section("What optional laws add", text, head, cost.of_laws(max(3, sizes.rounds)))


def _beats(sizes: Sizes) -> Section:
    text = (
        f"Beats to the periodic state at the default tolerance, {sizes.beats} candidates a cohort, warm start of the "
        "cohort, and their mean without. Covered: the estimated error is at least the true one, of all outcomes the "
        f"worst, against a tolerance of {beats.EXACT:g}."
    )
    return Section("Beats to converge", text, beats.HEAD, beats.beats(sizes.cohorts, sizes.beats))


def _steps(sizes: Sizes) -> Section:
    text = f"{sizes.beats} candidates a cohort."
    rows = beats.steps(sizes.cohorts, sizes.beats)
    return Section("Steps per beat", text, ["cohort", "median", "99 %", "worst"], rows)


def _tolerance(sizes: Sizes) -> Section:
    text = (
        f"Pairs of {sizes.pairs} candidates of ami-cs, without a warm start: error of the worst outcome of each run, "
        f"relative to its size or floor, against a tolerance of {cost.FINEST:g} at the same steps."
    )
    rows = cost.of_tolerance(sizes.pairs, sizes.rounds)
    return Section("Cost against tolerance", text, ["tolerance", *cost.ERROR_HEAD], rows)


def _resolution(sizes: Sizes) -> Section:
    text = (
        f"The same with that many times the planned steps, converged to {cost.FINEST:g}, against "
        f"{cost.FINE_STEPS:g} times the steps."
    )
    return Section("Cost against steps", text, ["steps x", *cost.ERROR_HEAD], cost.of_steps(sizes.pairs, sizes.rounds))


def _patients(sizes: Sizes) -> Section:
    rows = cost.of_patients(sizes.patients)
    return Section(
        "Cost against patients",
        "Pairs of ami-cs, without a warm start.",
        ["patients", "CPU ms/pair", "pairs/CPU-s"],
        rows,
    )


def _arms(sizes: Sizes) -> Section:
    rows = cost.of_arms(sizes.pairs, sizes.rounds)
    text = f"{sizes.pairs} candidates of ami-cs, without a warm start, an arm more each row."
    return Section("Cost against arms", text, ["arms", "the last", "CPU ms/patient"], rows)


PARTS: tuple[Callable[[Sizes], Section], ...] = (
    _limits, _phases, _laws, _optional, _beats, _steps, _tolerance, _resolution, _patients, _arms,
)  # fmt: skip


def profile(sizes: Sizes, tell: Callable[[str], None]) -> list[Section]:
    """Measure every section; minutes, most of them compilation."""
    sections = []
    for place, part in enumerate(PARTS, 1):
        tell(f"{place} of {len(PARTS)}: {part.__name__.removeprefix('_')}")
        sections.append(part(sizes))
    return sections


def check_page(path: Path) -> Path:
    """Refuse a page that could not be written, before minutes are spent on it."""
    return check_output(path, (".md",), where="--output")


def markdown(sections: list[Section], picture: str) -> str:
    """Write the sections as a page."""
    parts = [
        "# Where the time goes, and what accuracy costs",
        "Written by `counterpulse bench --profile -o docs/profile.md`; times are of one core of one machine, and only "
        "their ratios mean something elsewhere.",
        f"{cpu()}; commit {records.commit()}.",
        f"![Cost against accuracy, patients and arms]({picture})",
    ]
    for title, text, head, rows in sections:
        lines = [head, ["---"] * len(head), *([cell(value) for value in row] for row in rows)]
        parts += [f"## {title}", text, "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts) + "\n"


def _curve(axes: Axes, x: list[object], y: list[object], colour: str, label: str = "") -> None:
    axes.plot(x, y, marker="o", markersize=3, color=colour, label=label or None)  # type: ignore[arg-type]


def picture(sections: list[Section]) -> Figure:
    """Draw shares of phases and laws, and the four curves of cost."""
    found = {section.title: section for section in sections}
    with style():
        figure = Figure(figsize=(WIDTH, 8.0), layout="constrained")
        panels = figure.subplots(3, 2)
        for axes, title, value in zip(panels[0], ("Phases", "Laws of the right-hand side"), (1, -1), strict=True):
            rows = [row for row in found[title].rows if not str(row[0]).startswith("(")][:BARS][::-1]
            axes.barh([str(row[0]) for row in rows], [row[value] for row in rows], color=BLUE)
            axes.set_xlabel("% of simulate, ami-cs" if title == "Phases" else "% of arithmetic operations")
        for axes, title, label in (
            (panels[1][0], "Cost against tolerance", "tolerance"),
            (panels[1][1], "Cost against steps", "steps x"),
        ):
            rows = found[title].rows
            for place, colour, name in ((2, BLUE, "median"), (3, GREY, "99 %"), (4, VERMILLION, "worst")):
                _curve(axes, [row[1] for row in rows], [row[place] for row in rows], colour, name)
            for row in rows:
                axes.annotate(f"{row[0]:g}", (row[1], row[4]), fontsize=7, xytext=(2, 3), textcoords="offset points")
            axes.set(yscale="log", xlabel=f"CPU ms/pair (numbers: {label})", ylabel="error of the worst outcome")
            axes.legend()
        rows = found["Cost against patients"].rows
        _curve(panels[2][0], [row[0] for row in rows], [row[2] for row in rows], BLUE)
        panels[2][0].set(xscale="log", ylim=(0, None), xlabel="patients", ylabel="pairs/CPU-s")
        rows = found["Cost against arms"].rows
        _curve(panels[2][1], [row[0] for row in rows], [row[2] for row in rows], BLUE)
        for row in rows:
            panels[2][1].annotate(str(row[1]), (row[0], row[2]), fontsize=7, ha="right", va="bottom")
        panels[2][1].set(ylim=(0, None), xlabel="arms", ylabel="CPU ms/patient")
        for axes, letter in zip(panels.flat, "ABCDEF", strict=True):
            panel_letter(axes, letter)
    return figure
