"""Instants, extremes and integrals of a sampled signal, interpolated between its samples.

Signals are 1-D arrays over one periodic pattern of ``n`` steps; time is counted in steps, and indices wrap. An
extremum taken at the samples alone converges slowly, and a polynomial laid over a kink (a valve that opens) is worse:
both are treated apart.
"""

from __future__ import annotations

import numpy as np

from ..compile.decorators import borrowing, inlined

ALL_BUT_SIGN = np.int64(0x7FFFFFFFFFFFFFFF)
LAST_BIT = np.int64(63)

SMOOTH = 4
"""Steps from which on the slopes at both ends of an integral are looked at."""


@inlined
def wrap(at, n):  # type: ignore[no-untyped-def]
    """Index of a sample at most one pattern before or after; a branch that the processor predicts, where % divides."""
    return at - n if at >= n else at + n if at < 0 else at


@borrowing
def extrapolate(signal, last, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps after sample ``last``, by the cubic through it and the three samples before it."""
    n = signal.shape[0]
    d, c = signal[wrap(last, n)], signal[wrap(last - 1, n)]
    b, a = signal[wrap(last - 2, n)], signal[wrap(last - 3, n)]
    once, twice, thrice = d - c, d - 2.0 * c + b, d - 3.0 * c + 3.0 * b - a
    return d + ahead * (once + (ahead + 1.0) * (0.5 * twice + (ahead + 2.0) * thrice / 6.0))


@borrowing
def between(signal, at, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps (0-1) after sample ``at``, by the cubic through two samples on either side."""
    n = signal.shape[0]
    a, b, c, d = signal[wrap(at - 1, n)], signal[wrap(at, n)], signal[wrap(at + 1, n)], signal[wrap(at + 2, n)]
    twice, thrice = a - 2.0 * b + c, d - 3.0 * (c - b) - a
    return b + ahead * (c - b + (ahead - 1.0) * (0.5 * twice + (ahead + 1.0) * thrice / 6.0))


@borrowing
def crossing(signal, last):  # type: ignore[no-untyped-def]
    """Steps after sample ``last`` (0-1) at which a signal that changes sign before the next sample is zero.

    Of the cubic through two samples on either side: what drives a valve bends where the valve moves, but has no kink.
    """
    n = signal.shape[0]
    here = signal[wrap(last, n)]
    beyond = signal[wrap(last + 1, n)]
    ahead = here / (here - beyond)
    for _ in range(3):
        ahead = max(min(ahead + between(signal, last, ahead) / (here - beyond), 1.0), 0.0)
    return ahead


@borrowing
def vertex(signal, at):  # type: ignore[no-untyped-def]
    """Steps (-1/2 to 1/2) from sample ``at`` to the extremum of a smooth signal near it; 0 where it has a kink.

    Smooth means that the second differences at the sample and at its neighbours agree in sign and within a factor of
    four.
    """
    n = signal.shape[0]
    before, here, after = signal[wrap(at - 1, n)], signal[wrap(at, n)], signal[wrap(at + 1, n)]
    bend = before - 2.0 * here + after
    bend_before = signal[wrap(at - 2, n)] - 2.0 * before + here
    bend_after = here - 2.0 * after + signal[wrap(at + 2, n)]
    least = min(bend_before * bend, bend_after * bend)
    most = max(bend_before * bend, bend_after * bend)
    if least <= 0.25 * bend * bend or most >= 4.0 * bend * bend:
        return 0.0
    return max(min(0.5 * (before - after) / bend, 0.5), -0.5)


@borrowing
def cubic(signal, at, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps from sample ``at``, by the cubic through two samples before it, itself and one after."""
    n = signal.shape[0]
    a, b, c, d = signal[wrap(at - 2, n)], signal[wrap(at - 1, n)], signal[wrap(at, n)], signal[wrap(at + 1, n)]
    first = (2.0 * d + 3.0 * c - 6.0 * b + a) / 6.0
    second = 0.5 * (d - 2.0 * c + b)
    third = (d - 3.0 * c + 3.0 * b - a) / 6.0
    return c + ahead * (first + ahead * (second + ahead * third))


@borrowing
def summit(a, b, c, d):  # type: ignore[no-untyped-def]
    """Steps (-1 to 1) from the third of four equidistant values to the maximum of the cubic through them."""
    first = (2.0 * d + 3.0 * c - 6.0 * b + a) / 6.0
    second = 0.5 * (d - 2.0 * c + b)
    third = (d - 3.0 * c + 3.0 * b - a) / 6.0
    if second >= 0.0:
        return 0.0
    ahead = max(min(-0.5 * first / second, 1.0), -1.0)
    for _ in range(4):
        bend = 2.0 * second + 6.0 * third * ahead
        if bend >= 0.0:
            break
        ahead = max(min(ahead - (first + ahead * (2.0 * second + 3.0 * third * ahead)) / bend, 1.0), -1.0)
    return ahead


@inlined
def ordered(bits):  # type: ignore[no-untyped-def]
    """Integer that is larger where the float64 of these bits is, but for NaN; of that integer, the bits again."""
    return bits ^ ((bits >> LAST_BIT) & ALL_BUT_SIGN)


@borrowing
def highest(bits, reverse):  # type: ignore[no-untyped-def]
    """Largest of floats as `ordered` has it, and its first place; ``reverse`` is 0, or -1 for the smallest.

    A search among integers is done in vectors, one among floats is not: with NaN the order of comparisons matters.
    """
    most = ordered(bits[0]) ^ reverse
    for at in range(bits.size):
        most = max(most, ordered(bits[at]) ^ reverse)
    sought = ordered(most ^ reverse)
    place = bits.size
    for at in range(bits.size):
        place = min(place, at if bits[at] == sought else bits.size)
    return most, place


@borrowing
def place_of_extreme(signal, sign, start, stop):  # type: ignore[no-untyped-def]
    """First of the samples start..stop-1 that is the largest (sign +1) or smallest (sign -1)."""
    n = signal.shape[0]
    bits, reverse = signal.view(np.int64), np.int64(0 if sign > 0.0 else -1)
    turn = start - wrap(start, n)
    most, place = highest(bits[start - turn : min(stop - turn, n)], reverse)
    best = start + place
    turn += n
    while turn < stop:
        value, place = highest(bits[: min(stop - turn, n)], reverse)
        if value > most:
            most, best = value, turn + place
        turn += n
    return best


@borrowing
def near(signal, at, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps (-1 to 1) from sample ``at``, as `between` has it."""
    return between(signal, at, ahead) if ahead >= 0.0 else between(signal, at - 1, ahead + 1.0)


@borrowing
def extreme(signal, sign, start, stop):  # type: ignore[no-untyped-def]
    """Largest (sign +1) or smallest (sign -1) value at samples start..stop-1, refined where the signal is smooth."""
    best = place_of_extreme(signal, sign, start, stop)
    if best == start or best == stop - 1:
        return signal[wrap(best, signal.shape[0])]
    return near(signal, best, vertex(signal, best))


@borrowing
def trough(signal, rate, step, start, stop):  # type: ignore[no-untyped-def]
    """Smallest value at samples start..stop-1 of a signal that falls by leaks and rises by filling.

    Parameters
    ----------
    signal : array
    rate : array
        Its rate of change, in units a second.
    step : float
        Time between samples, s.
    start, stop : int

    Where the signal is smooth, as `extreme`. Where a valve moves at the least value, what runs through it is as the
    square root of the time from there, so that the signal lies higher by 2/3 of rate times time on either side; from
    which follow both the time and the value.
    """
    n = signal.shape[0]
    best = place_of_extreme(signal, -1.0, start, stop)
    if best == start or best == stop - 1:
        return signal[wrap(best, n)]
    beside = vertex(signal, best)
    if beside != 0.0:
        return near(signal, best, beside)
    for at in range(best - 1, best + 1):
        here, after = signal[wrap(at, n)], signal[wrap(at + 1, n)]
        fall, rise = -step * rate[wrap(at, n)], step * rate[wrap(at + 1, n)]
        if fall > 0.0 and rise > 0.0:
            ahead = max(min((rise - 1.5 * (after - here)) / (rise + fall), 1.0), 0.0)
            return here - fall * ahead / 1.5
    return signal[wrap(best, n)]


@borrowing
def next_move(gradient, start, stop):  # type: ignore[no-untyped-def]
    """First sample from ``start`` on after which the valve moves: the next has another state; ``stop`` if none."""
    n = gradient.shape[0]
    is_open = gradient[wrap(start, n)] > 0.0
    turn = start - wrap(start, n)
    begin = start - turn
    while turn <= stop:
        part = gradient[begin : min(stop + 1 - turn, n)]
        # to the end of the part, and in vectors, which a search that ends early is not
        place = part.size
        for at in range(part.size):
            place = min(place, at if (part[at] > 0.0) != is_open else part.size)
        if place < part.size:
            return turn + begin + place - 1
        turn, begin = turn + n, 0
    return stop


@borrowing
def total(signal, start, stop):  # type: ignore[no-untyped-def]
    """Sum of the samples start..stop-1."""
    n = signal.shape[0]
    turn = start - wrap(start, n)
    begin, found = start - turn, 0.0
    while turn < stop:
        part = signal[begin : min(stop - turn, n)]
        for at in range(part.size):
            found += part[at]
        turn, begin = turn + n, 0
    return found


@borrowing
def integral(signal, start, value_at_start, stop):  # type: ignore[no-untyped-def]
    """Integral (in steps) from the real time ``start``, where the value is given, to sample ``stop``.

    By trapezia, less what their sum makes of the slopes at both ends, which are taken from within: there may be kinks.
    """
    n = signal.shape[0]
    first = int(start) + 1
    part = first - start
    a, b, c = signal[wrap(first, n)], signal[wrap(first + 1, n)], signal[wrap(first + 2, n)]
    x, y, z = signal[wrap(stop - 2, n)], signal[wrap(stop - 1, n)], signal[wrap(stop, n)]
    found = 0.5 * (value_at_start + a) * part + total(signal, first, stop) + 0.5 * (z - a)
    if stop - first >= SMOOTH:
        found -= (3.0 * z - 4.0 * y + x + 3.0 * a - 4.0 * b + c) / 24.0 + part**3 * (a - 2.0 * b + c) / 12.0
    return found
