"""When an irregular heart beats, and what a balloon's console makes of it.

Random numbers are a hash of (seed, index, stream, beat): paired arms see the same series, and no draw depends on what
was drawn before. Every run of ``BLOCK`` beats is a shuffled Latin hypercube: each ``BLOCK``-th of a law is drawn from
once, in random order. Means over beats settle many times sooner than with independent draws.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compile.decorators import function, inlined
from ..names.parameters import Parameters

BLOCK = 48
"""Beats; a multiple of every assist ratio's pattern. A batch of 24 is ruled by what its edges share with those of its
neighbours: its standard error was measured as 1.8 times the true one."""
INTERVAL, ECTOPY, COUPLING, JITTER, MISSED, LATE = range(6)
"""Streams of random numbers."""
FLOOR = 0.30
FLOOR_SHARE = 0.75
"""Shortest RR interval (s), or share of the mean at rates above 150/min [X]: the node's refractory time."""
LONGEST = 3.0
"""Longest part of an RR interval above the floor, over the mean [X]: an escape beat ends the pause."""
EARLIEST, LATEST = 0.55, 0.75
"""Coupling of an ectopic beat, over the interval it cuts short [M]."""
R_WAVE = 0.03
"""s from the R wave to ventricular activation."""
DELAY = 0.1
"""s by which a late detection is late."""
MEMORY = 8.0
"""Beats over which the console's expectation of the next interval forgets [X]."""
NEVER = 1e9
"""s."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


class Rhythm(NamedTuple):
    """The laws of one patient's rhythm, and how well the console sees it; times in s."""

    period: float
    floor: float
    log_mean: float
    log_sd: float
    ectopy: float
    kick: float
    jitter: float
    missed: float
    late: float


class Beat(NamedTuple):
    """One beat: intervals (s) to the next activation and from the last, and time since the atria were due."""

    interval: float
    before: float
    phase: float


class Console(NamedTuple):
    """What the console does: the last two inflations, in s after this beat's activation, and what it has learned."""

    earlier_inflation: float
    earlier_deflation: float
    inflation: float
    deflation: float
    expected: float
    seen: float


@inlined
def scramble(x):  # type: ignore[no-untyped-def]
    """Finaliser of splitmix64 [C Vigna 2015, public domain; Steele, Lea and Flood 2014]."""
    x = (x ^ (x >> np.uint64(30))) * FIRST_FACTOR
    x = (x ^ (x >> np.uint64(27))) * SECOND_FACTOR
    return x ^ (x >> np.uint64(31))


@function
def patient_key(seed, index):  # type: ignore[no-untyped-def]
    """Key of a patient's random numbers."""
    return scramble(scramble(np.uint64(seed) + GOLDEN) + np.uint64(index) * GOLDEN)


@inlined
def bits(key, stream, beat, which):  # type: ignore[no-untyped-def]
    """64 random bits of one beat in one stream; ``which`` is 0 for the shuffle, 1 for the place in the stratum."""
    counter = (np.uint64(beat) << np.uint64(4)) + np.uint64(2 * stream + which) + np.uint64(1)
    return scramble(key + counter * GOLDEN)


@function
def draw(key, stream, beat):  # type: ignore[no-untyped-def]
    """Uniform random number in (0, 1), one from each ``BLOCK``-th of it in every block of beats."""
    own = bits(key, stream, beat, 0)
    first = beat - beat % BLOCK
    rank = 0
    for other in range(first, first + BLOCK):
        rank += 1 if bits(key, stream, other, 0) < own else 0
    place = (float(bits(key, stream, beat, 1) >> np.uint64(12)) + 0.5) * 2.0**-52
    return (rank + place) / BLOCK


@function
def normal(uniform):  # type: ignore[no-untyped-def]
    """Quantile of the standard normal law: Abramowitz and Stegun 26.2.23, and two Newton steps (1e-12)."""
    tail = min(uniform, 1.0 - uniform)
    t = math.sqrt(-2.0 * math.log(tail))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in range(2):
        density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        z += (0.5 * math.erfc(z / math.sqrt(2.0)) - tail) / density
    return z if uniform > 0.5 else -z


@inlined
def rhythm_of(p: Parameters) -> Rhythm:
    """The laws of a patient.

    Fibrillation: RR intervals above a floor, lognormal, uncorrelated, without atrial contraction; mean 60/heart_rate,
    coefficient of variation ``rr_variation`` [M]. A share of beats is ectopic: each comes early and is followed by a
    pause that makes up for it.
    """
    period = 60.0 / p.heart_rate
    floor = min(FLOOR, FLOOR_SHARE * period)
    excess = period - floor
    relative = p.rr_variation * period / excess if p.atrial_fibrillation > 0.0 else 0.0
    variance = math.log(1.0 + relative * relative)
    return Rhythm(
        period,
        floor,
        math.log(excess) - 0.5 * variance,
        math.sqrt(variance),
        p.ectopic_share / (1.0 - p.ectopic_share),
        1.0 - p.atrial_fibrillation,
        p.trigger_jitter,
        p.trigger_missed_share,
        p.trigger_late_share,
    )


@function
def draw_block(law, key, beat, drawn):  # type: ignore[no-untyped-def]
    """Draw the RR intervals (s) of the block of beats that begins at one, into ``drawn``.

    What they have above the floor is scaled, by a per cent or so, to make the block's mean that of the law: the rate
    would be the last of all outcomes to settle. It takes 1-2 % of the coefficient of variation.
    """
    total = 0.0
    for place in range(BLOCK):
        drawn[place] = law.period - law.floor
        if law.log_sd > 0.0:
            excess = math.exp(law.log_mean + law.log_sd * normal(draw(key, INTERVAL, beat + place)))
            drawn[place] = min(excess, LONGEST * law.period)
        total += drawn[place]
    for place in range(BLOCK):
        drawn[place] = law.floor + drawn[place] * (law.period - law.floor) * BLOCK / total


@function
def intervals(law, key, beat, drawn, debt):  # type: ignore[no-untyped-def]
    """RR interval after a beat, and what the next owes: a beat that comes early is given back in the one after.

    Parameters
    ----------
    law : Rhythm
    key : uint64
    beat : int
    drawn : float
        Interval of this beat without ectopy, s.
    debt : float
        s by which this beat came early: 0 unless it is ectopic.

    Returns
    -------
    interval, debt : float
    """
    if debt == 0.0 and law.ectopy > 0.0 and draw(key, ECTOPY, beat) < law.ectopy:
        coupling = EARLIEST + (LATEST - EARLIEST) * draw(key, COUPLING, beat)
        early = min(max(coupling * drawn, law.floor), drawn)
        return early, drawn - early
    return drawn + debt, 0.0


@function
def detection(law, key, beat):  # type: ignore[no-untyped-def]
    """Whether the console sees a beat, and by how much (s) too late."""
    error = 0.0
    if law.jitter > 0.0:
        error += law.jitter * normal(draw(key, JITTER, beat))
    if law.late > 0.0 and draw(key, LATE, beat) < law.late:
        error += DELAY
    return not (law.missed > 0.0 and draw(key, MISSED, beat) < law.missed), error


@function
def watch(console, law, key, number, beat, inflation, deflation, ratio):  # type: ignore[no-untyped-def]
    """Carry the console into the next beat.

    A beat that is seen starts an inflation, one in ``ratio``, a learned interval after its R wave. Systole here keeps
    the duration of the mean rate, and so does that interval. Deflation is planned from the running mean of the last
    RR intervals; an R wave that comes before it ends the inflation, or cancels one that has not begun.

    Parameters
    ----------
    console : Console
        As of the beat before.
    law : Rhythm
    key : uint64
    number : int
        Of the beat in the series.
    beat : Beat
    inflation : float
        Start of inflation after activation, s.
    deflation : float
        Start of deflation after the next activation, s.
    ratio : float
        Beats seen per inflation.
    """
    earlier_up, earlier_down = console.earlier_inflation - beat.before, console.earlier_deflation - beat.before
    up, down = console.inflation - beat.before, console.deflation - beat.before
    seen = console.seen
    sees, error = detection(law, key, number)
    if sees:
        if seen % ratio == 0.0:
            earlier_up, earlier_down = up, down
            up, down = inflation + error, console.expected + deflation + error
        seen += 1.0
    sees_next, error_next = detection(law, key, number + 1)
    if sees_next:
        limit = beat.interval + max(deflation, -R_WAVE) + error_next
        earlier_down, down = min(earlier_down, limit), min(down, limit)
    if down <= up:
        up, down = NEVER, NEVER
    expected = console.expected + (beat.interval - console.expected) / MEMORY
    return Console(earlier_up, earlier_down, up, down, expected, seen)


@inlined
def unused_console(period: float) -> Console:
    """Return a console that has not inflated yet."""
    return Console(NEVER, NEVER, NEVER, NEVER, period, 0.0)
