"""Elementary functions without a call: polynomials and one division, so that a loop over lanes stays vectorised.

Measured: one scalar ``exp`` from the C library costs the kernel a factor of three, ``tan`` four to nine.
"""

from __future__ import annotations

from ..compile.decorators import inlined


@inlined
def exponential(x: float) -> float:
    """exp(x) as (degree-6 polynomial of x/16)**16: 1e-7 relative on [-5, 8], to which x is clipped."""
    y = max(min(x, 8.0), -5.0) * 0.0625
    p = 0.9999999945941 + y * (1.000000023157 + y * (0.5000008829333 + y * (
        0.1666654178749 + y * (0.04164571438434 + y * (0.008361230384941 + y * 0.001517546809058)))))  # fmt: skip
    p = p * p
    p = p * p
    p = p * p
    return p * p


@inlined
def tangent_pi(z: float) -> tuple[float, float]:
    """tan(pi*z) for abs(z) < 1/2, as numerator z*P5(z**2) and denominator 1/4 - z**2: 1e-9 relative."""
    u = z * z
    p = 0.7853981642639 + u * (-0.5577365012077 + u * (-0.1347587691317 + u * (
        -0.0528105335333 + u * (-0.02123958029989 + u * -0.01404016937874))))  # fmt: skip
    return z * p, 0.25 - u


@inlined
def reciprocals_of_two(a: float, b: float) -> tuple[float, float]:
    """One over each of two numbers, by one division.

    A vector's division takes as long as eight or more products. Measured on Granite Rapids: with a step's 14 divisions
    gathered into four a right-hand side takes .79 of the time in float64, .93 in float32.
    """
    one = 1.0 / (a * b)
    return one * b, one * a


@inlined
def reciprocals_of_three(a: float, b: float, c: float) -> tuple[float, float, float]:
    """One over each of three numbers, by one division."""
    of_both, of_c = reciprocals_of_two(a * b, c)
    return of_both * b, of_both * a, of_c


@inlined
def reciprocals_of_five(a: float, b: float, c: float, d: float, e: float) -> tuple[float, float, float, float, float]:
    """One over each of five numbers, by one division."""
    of_first, of_second, of_e = reciprocals_of_three(a * b, c * d, e)
    return of_first * b, of_first * a, of_second * d, of_second * c, of_e
