"""What was measured -> ``docs/peers.md``."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from . import engine_copy
from .problem import BEATS
from .table import Peer

Results = dict[Peer, dict[str, Any]]
GOAL_USER = 10.0
GOAL_C = 0.7


def in_words(setting: Any) -> str:
    """A setting: tolerances are floats, steps a beat are integers, and the periodic state has both."""
    if isinstance(setting, float):
        return f"tolerance {setting:.1e}"
    if isinstance(setting, int):
        return f"{setting} steps"
    return ", ".join(in_words(each) for each in setting)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{float(f'{value:.3g}'):,.15g}"


def precision_of(peer: Peer) -> str:
    """What a peer computes in: float64 unless its name says otherwise."""
    return "float32" if "float32" in peer.name else "float64"


def fastest(results: Results, kind: str, precision: str = "") -> dict[str, Any] | None:
    """The fastest row of a kind, in this precision."""
    able = {peer: each for peer, each in results.items() if peer.kind == kind and "rate" in each}
    sound = [each for peer, each in able.items() if precision in precision_of(peer)]
    return max(sound, key=lambda each: each["rate"], default=None)


def contest(results: Results) -> str:
    """One row a peer, the fastest first; those that failed last, with the reason."""
    ours = fastest(results, "ours", "float64")
    rows = []
    for peer, each in sorted(results.items(), key=lambda item: -item[1].get("rate", 0.0)):
        if "rate" not in each or "failed" in each:
            rows.append([peer.name, each.get("version", ""), each["failed"].replace("|", "/"), "", "", "", "", ""])
            continue
        ratio = f"{each['rate'] / ours['rate']:.2g}" if ours else ""
        rows.append([
            peer.name, each["version"], in_words(each["setting"]), f"{each['worst']:.1e}", f"{each['median']:.1e}",
            figure(each["rate"]), ratio, f"{each['start']:.1f}",
        ])  # fmt: skip
    head = ["peer", "version", "setting", "worst error", "median error"]
    return table([*head, "patient-beats per CPU-s", "over ours", "start, CPU-s"], rows)


def verdict(results: Results) -> str:
    """The goal, met or not: in all, and precision by precision."""
    rows = []
    for words, precision in (("the faster of both precisions", ""), ("float64", "float64"), ("float32", "float32")):
        ours, user, c = (fastest(results, kind, precision) for kind in ("ours", "user", "c"))
        for whom, other, goal in (("what a Python user can install", user, GOAL_USER), ("C, same layout", c, GOAL_C)):
            if ours and other:
                value = ours["rate"] / other["rate"]
                met = "met" if value >= goal else "not met"
                rows.append([f"{words}: over the fastest of {whom}", f"{value:.2f}", f"{goal:g}", met])
    return table(["ours", "measured", "goal", ""], rows)


def winner(results: Results) -> str:
    """Who is fastest."""
    sound = {peer: each["rate"] for peer, each in results.items() if "rate" in each}
    return f"The fastest here: {max(sound, key=lambda peer: sound[peer]).name}." if sound else "None of them passed."


def scatter(*contests: Results) -> str:
    """How far the rounds of one row lie apart, where that is most."""
    rows = [item for each in contests for item in each.items() if item[1].get("rate")]
    share, name = min(((each["slowest"] / each["rate"], peer.name) for peer, each in rows), default=(1.0, "none"))
    return f"Rounds of one row differ by {1.0 - share:.0%} at most ({name})."


def periodic_states(periodic: Results, loose: Results, beats: float) -> str:
    """The engine's own driver, and what others would take by plain beats."""
    rows = []
    for peer, each in periodic.items():
        if "rate" not in each or "failed" in each:
            rows.append([peer.name, each["failed"], "", "", "", ""])
            continue
        rows.append([
            peer.name, in_words(each["setting"]), f"{each['worst']:.1e}", f"{each['median']:.1e}",
            f"{each['beats']:.1f}", figure(each["rate"]),
        ])  # fmt: skip
    for peer, each in sorted(loose.items(), key=lambda item: -item[1].get("rate", 0.0)):
        if peer.kind != "ours" and "rate" in each:
            derived = figure(each["rate"] / beats)
            rows.append([f"{peer.name}, by plain beats (derived)", "", "", "", f"{beats:.1f}", derived])
    return table(["", "setting", "worst error", "median error", "beats a patient", "periodic states per CPU-s"], rows)


def domains(domain: Results) -> str:
    """CPU time a beat of packages with a closed loop of their own."""
    rows = []
    for peer, each in domain.items():
        if "failed" in each:
            rows.append([peer.name, each.get("version", ""), each["failed"].replace("|", "/"), ""])
        else:
            rows.append([peer.name, each["version"], each["model"], f"{each['milliseconds']:.3g}"])
    return table(["package", "version", "its own model, its own settings", "CPU ms a beat"], rows)


def processor() -> str:
    """Name of the processor, as the system tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def write(
    scale: Any, narrow: float, loose: Results, tight: Results, periodic: Results, beats: float, domain: Results
) -> str:
    """The page."""
    laid = ", ".join(f"`{name}`" for name in engine_copy.replaced())
    return f"""# Peers, side by side

Written by `make bench-peers`; no figure here is typed. One core of {processor()}, Python {platform.python_version()}.

The task: {scale.patients} random patients of one small closed loop (`benchmarks/peers/small/equations.py`: four
chambers of time-varying elastance, aorta with a prescribed balloon, arteries, veins and lungs: nine volumes, eight of
them free; diode valves) are carried through {BEATS} beats from near their periodic state. Errors are relative, of mean
arterial pressure, cardiac output and stroke work of the last beat, the largest of the three for each of {scale.sample}
patients, against scipy's LSODA at a tolerance of 1e-11. Each peer is searched once for the coarsest setting of a short
list whose worst patient passes, then all are timed round robin in processes of their own on the same core: the best of
{scale.rounds} rounds, CPU time, a peer taking as many of the patients as fill a round.
{scatter(loose, tight, periodic)}

A GPU is another machine than one core: its row is timed by the wall, with as many patients as the others, and counts in
no goal.

"Ours" is the engine's own `integration/` and `periodic/`, byte for byte. For the small loop a package is built from
all of `engine/`, in which these rooms of the model are replaced:

{laid}.

What the rest still asks for and the loop lacks (coronary tones, the oxygen demand, a second arm) is carried along as
numbers that act on nothing, at its cost; regulation is empty.

Ours and the C read activations and balloon from tables made beforehand, which are not counted here; in the table of
periodic states they are, for ours. The numba and JAX kernels, the GPU's and the adaptive solvers compute them as they
go. "Our RK3 of four stages" in C is the engine's method, to 1e-14 the same numbers at equal steps; what is a copy of a
register in the engine is a change of places there. Both have their arrays on pages of memory, as the engine allocates
its own.

"Start" is all before the first result of the first setting: importing, tracing and compiling, or loading what an
earlier run compiled and kept.

## At 0.1 %

{contest(loose)}

{verdict(loose)}

## At {narrow:.0e}

In float64. {winner(tight)}

{contest(tight)}

## To the periodic state, at 0.1 %

From one crude guess for all, everything counted: tables, measuring, acceleration. Others are not driven so here: their
row divides their patient-beats by the plain beats after which the average patient's outcomes are within a thousandth
of the periodic ones for good, as if that moment were known; C's without its tables.

{periodic_states(periodic, loose, beats)}

## Packages of the field

Each on its own closed loop at settings of its own: **the models differ**, in states, physics and accuracy, and only
counterpulse's has a balloon here. This says what a beat costs its user, not which solver is better. Ours includes
everything from parameters to outcomes.

{domains(domain)}
"""
