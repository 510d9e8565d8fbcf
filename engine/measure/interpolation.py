"""Instants, extremes and integrals of a sampled signal, interpolated between its samples.

Signals are 1-D arrays over one periodic pattern of ``n`` steps; time is counted in steps, and indices wrap. An
extremum taken at the samples alone converges slowly, and a parabola laid over a kink (a valve that opens) is worse:
both are treated apart.
"""

from __future__ import annotations

from ..compile.decorators import function, inlined


@inlined
def wrap(at, n):  # type: ignore[no-untyped-def]
    """Index of a sample at most one pattern before or after; a branch that the processor predicts, where % divides."""
    return at - n if at >= n else at + n if at < 0 else at


@function
def extrapolate(signal, last, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps after sample ``last``, by the cubic through it and the three samples before it."""
    n = signal.shape[0]
    d, c = signal[wrap(last, n)], signal[wrap(last - 1, n)]
    b, a = signal[wrap(last - 2, n)], signal[wrap(last - 3, n)]
    once, twice, thrice = d - c, d - 2.0 * c + b, d - 3.0 * c + 3.0 * b - a
    return d + ahead * (once + (ahead + 1.0) * (0.5 * twice + (ahead + 2.0) * thrice / 6.0))


@function
def crossing(signal, last):  # type: ignore[no-untyped-def]
    """Steps after sample ``last`` (0-1) at which a signal that changes sign before the next sample is zero.

    Extrapolated from the samples before: what drives a valve has a kink where the valve opens or closes. Where the
    parabola has no zero in the step, the straight line between the two samples serves.
    """
    n = signal.shape[0]
    here = signal[wrap(last, n)]
    beyond = signal[wrap(last + 1, n)]
    ahead = here / (here - beyond)
    slope = 1.5 * here - 2.0 * signal[wrap(last - 1, n)] + 0.5 * signal[wrap(last - 2, n)]
    bend = 0.5 * here - signal[wrap(last - 1, n)] + 0.5 * signal[wrap(last - 2, n)]
    guess = ahead
    for _ in range(4):
        steep = slope + 2.0 * bend * guess
        if steep * here >= 0.0:
            return ahead
        guess -= (here + guess * (slope + guess * bend)) / steep
    if 0.0 <= guess <= 1.0:
        return guess
    return ahead


@function
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


@function
def parabola(signal, at, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps from sample ``at``, by the parabola through it and its two neighbours."""
    n = signal.shape[0]
    before, here, after = signal[wrap(at - 1, n)], signal[wrap(at, n)], signal[wrap(at + 1, n)]
    return here + 0.5 * ahead * (after - before) + 0.5 * ahead * ahead * (before - 2.0 * here + after)


@function
def cubic(signal, at, ahead):  # type: ignore[no-untyped-def]
    """Value ``ahead`` steps from sample ``at``, by the cubic through two samples before it, itself and one after."""
    n = signal.shape[0]
    a, b, c, d = signal[wrap(at - 2, n)], signal[wrap(at - 1, n)], signal[wrap(at, n)], signal[wrap(at + 1, n)]
    first = (2.0 * d + 3.0 * c - 6.0 * b + a) / 6.0
    second = 0.5 * (d - 2.0 * c + b)
    third = (d - 3.0 * c + 3.0 * b - a) / 6.0
    return c + ahead * (first + ahead * (second + ahead * third))


@function
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


@function
def extreme(signal, sign, start, stop):  # type: ignore[no-untyped-def]
    """Largest (sign +1) or smallest (sign -1) value at samples start..stop-1, refined where the signal is smooth."""
    n = signal.shape[0]
    best, most = start, sign * signal[wrap(start, n)]
    for at in range(start + 1, stop):
        value = sign * signal[wrap(at, n)]
        if value > most:
            best, most = at, value
    if best == start or best == stop - 1:
        return signal[wrap(best, n)]
    return parabola(signal, best, vertex(signal, best))


@function
def integral(signal, start, value_at_start, stop):  # type: ignore[no-untyped-def]
    """Trapezoidal integral (in steps) from the real time ``start``, where the value is given, to sample ``stop``."""
    n = signal.shape[0]
    first = int(start) + 1
    total = 0.5 * (value_at_start + signal[wrap(first, n)]) * (first - start)
    for at in range(first, stop):
        total += 0.5 * (signal[wrap(at, n)] + signal[wrap(at + 1, n)])
    return total
