"""The equations on the page of the model are those of the code: each is computed here from what is printed there."""

from pathlib import Path

import numpy as np
import pytest

from counterpulse.engine.laws import aorta, balloon, baroreflex, coronary, heart, pumps, valves

PAGE = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())

AT = np.linspace(0.05, 0.95, 7)
"""Places between 0 and 1, stretched to the range of each quantity."""


def chamber(e, volume):
    return e * 0.8 * (volume - 5) + (1 - e) * 0.34 * (np.exp(0.029 * (volume - 5)) - 1)


def hill(t):
    g1, g2 = (t / 0.269) ** 1.32, (t / 0.452) ** 21.9
    return g1 / (1 + g1) / (1 + g2)


def area(pressure, age, female):
    p0, p1, largest = 76 - 4 * female - 0.89 * age, 57 - 0.44 * age, 5.62 - 1.5 * female
    return largest * (1 / 2 + np.arctan((pressure - p0) / p1) / np.pi)


def area_of_the_code(pressure, age, female):
    p0, p1, largest = aorta.area_law(age, female)
    return largest * (0.5 + aorta.area_share(pressure, p0, p1))


def stenosis(lost):
    """a and b in mmHg s/mL and mmHg s2/mL2; cgs over 1333."""
    diameter, length, viscosity, density = 0.45, 1.0, 0.035, 1.06
    whole = np.pi / 4 * diameter**2

    def linear(left):
        longer = 0.83 * length + 1.64 * diameter * left
        return 32 * longer / diameter * (1 / left**2) ** 2 * viscosity / (diameter * whole)

    turbulent = 1.52 * density / 2 * ((1 - lost) ** -2 - 1) ** 2 / whole**2
    return (linear(1 - lost) - linear(1.0)) / 1333, turbulent / 1333


def helium(volume):
    return (40 + 15) * 770 / (volume + 15) - 760


def gas(volume):
    return (min(250.0, helium(volume)) - 80) / 0.5


def gas_of_the_code(volume):
    return balloon.gas_rate(volume, 40.0, balloon.helium(40.0, 15.0), 15.0, 250.0, 80.0, 0.5, 0.0)


def thickening(x):
    return -0.75 * x**2 + 2.15 * x - 0.39


def drives(pressure):
    afferent = 2.52 + (47.78 - 2.52) / (1 + np.exp((92 - pressure) / 11.758))
    sympathetic = 2.10 + (16.11 - 2.10) * np.exp(-0.0675 * afferent)
    vagal = 3.2 + (6.3 - 3.2) / (1 + np.exp((25 - afferent) / 7.06))
    return np.log(max(sympathetic - 2.66, 0) + 1), vagal


def drives_of_the_code(pressure):
    afferent = baroreflex.afferent(pressure)
    return baroreflex.sympathetic(afferent), baroreflex.vagal(afferent)


EQUATIONS = {
    "chamber": (
        r"P = e\,E_{es}(V - V_0) + (1 - e)\,\beta\left(e^{\alpha(V - V_0)} - 1\right)",
        lambda x: chamber(x, 200 * x),
        lambda x: heart.chamber_pressure(200 * x, x, 0.8, 5.0, 0.029, 0.34),
    ),
    "activation": (
        r"with $\tau$ .269 and .452, $m$ 1.32 and 21.9 for ventricles",
        hill,
        lambda x: heart.double_hill(x, *heart.VENTRICLE_HILL),
    ),
    "systole": (
        r"T_{eff} = 0.857\sqrt{T/0.857}\cdot\text{stretch}",
        lambda x: 0.857 * np.sqrt(x / 0.857) * 1.1,
        lambda x: heart.effective_period(x, 1.1),
    ),
    "pericardium": (
        r"$.5\,(e^{.03(\sum V - V_{peri})} - 1)$",
        lambda x: 0.5 * (np.exp(0.03 * 100 * x) - 1),
        lambda x: heart.pericardial_pressure(400 + 100 * x, 400.0),
    ),
    "orifice": (
        r"\Delta P = \frac{\rho}{2A^2}\,Q|Q| + R\,Q",
        lambda x: 40 * x,
        lambda x: 3.98e-4 / 0.3**2 * (flow := valves.orifice_flow(40 * x, 0.3, 2.5e-3)) * abs(flow) + 2.5e-3 * flow,
    ),
    "aortic area of men": (
        r"P_0 = 76 - 4f - .89\,\text{age},\; P_1 = 57 - .44\,\text{age},\; A_{max} = 5.62 - 1.5f",
        lambda x: area(150 * x, 65, 0),
        lambda x: area_of_the_code(150 * x, 65.0, 0.0),
    ),
    "aortic area of women": (
        r"A = A_{max}\left(\tfrac12 + \tfrac1\pi\arctan\frac{P - P_0}{P_1}\right)",
        lambda x: area(150 * x, 40, 1),
        lambda x: area_of_the_code(150 * x, 40.0, 1.0),
    ),
    "occlusion": (
        r"$.004\,((A/\text{gap})^3 - 1)$",
        lambda x: 0.004 * ((1 / x) ** 3 - 1),
        lambda x: balloon.occlusion(4.0, 1 / (4.0 * x), 0.004),
    ),
    "gas": (
        r"\dot V_b = \frac{\min(P_{drive}, P_{helium}) - P_{node}}{R_{line}}",
        lambda x: gas(34 * x),
        lambda x: gas_of_the_code(34 * x),
    ),
    "axial pump": (
        r"$Q = c\sqrt{\max(0,\;200\,(n/n_{max})^2 - \Delta P)}$",
        lambda x: 0.313 * np.sqrt(200 * (40 / 46) ** 2 - 60 * x) / 0.06,
        lambda x: pumps.axial_flow(pumps.axial_head(2.0, 40.0), pumps.axial_gain(2.0, 40.0), 60 * x),
    ),
    "cannula": (
        r"(100 mmHg at 4 L/min in 17 Fr, as $Q^{1.8}$; 15 Fr 1.6 times, 19 Fr .65 times [M])",
        lambda x: 1.6 * 100 * (5 * x / 4) ** 1.8,
        lambda x: pumps.cannula_drop(5 * x, 15.0),
    ),
    "coronary target": (
        r"Q_t = .8\,\text{mL/min/g}\cdot\left(.3 + .7\,\frac{\text{PVA}\cdot\text{HR}}",
        lambda x: 0.8 * 150 / 60 * (0.3 + 0.7 * 2 * x),
        lambda x: 2 * coronary.target_flow(150.0, 2 * x, 1.0, 0.7),
    ),
    "stenosis, linear": (
        r"a = 32\,\frac{L_a}{D_0}\left(\frac{A_0}{A_s}\right)^2\frac{\mu}{D_0A_0}",
        lambda x: stenosis(0.9 * x)[0],
        lambda x: coronary.stenosis_resistance(0.9 * x),
    ),
    "stenosis, quadratic": (
        r"b = 1.52\,\frac{\rho}{2}\left(\frac{A_0}{A_s} - 1\right)^2\frac{1}{A_0^2}",
        lambda x: stenosis(0.9 * x)[1],
        lambda x: coronary.stenosis_turbulence(0.9 * x),
    ),
    "thickening": (r"F(x) = -.75x^2 + 2.15x - .39", thickening, coronary.thickening),
    "contractility": (
        r"E_{es} = E_{es,given}\left(1 - w + w\,F(x)/F(x_{ref})\right)",
        lambda x: 1 - 0.4 + 0.4 * thickening(0.3 + 0.7 * x) / thickening(0.5),
        lambda x: coronary.contractility(0.3 + 0.7 * x, 0.5, 0.4),
    ),
    "functional regurgitation": (
        r"$(EDV/EDV_{unsupported})^n$",
        lambda x: 0.3 * (200 * x / 180) ** 2,
        lambda x: valves.functional_leak(0.3, 200 * x, 180.0, 2.0),
    ),
    "sympathetic drive": (
        r"f_{es} = f_{es,\infty} + (f_{es,0} - f_{es,\infty})\,e^{-k_{es} f_{cs}}",
        lambda x: drives(40 + 100 * x)[0],
        lambda x: drives_of_the_code(40 + 100 * x)[0],
    ),
    "vagal drive": (
        r"f_{ev} = f_{ev,0} + \frac{f_{ev,\infty} - f_{ev,0}}{1 + e^{(f_{cs,0} - f_{cs})/k_{ev}}}",
        lambda x: drives(40 + 100 * x)[1],
        lambda x: drives_of_the_code(40 + 100 * x)[1],
    ),
}
"""What the page prints, the same in numpy, and the code's law."""


@pytest.mark.parametrize("name", EQUATIONS)
def test_what_the_page_prints_is_what_the_code_computes(name):
    printed, formula, law = EQUATIONS[name]
    assert printed in TEXT, "the page has another equation: compute that one here"
    # the pump's root is smoothed over half a mmHg
    near = 0.02 if name == "axial pump" else 1e-6
    assert [law(x) for x in AT] == pytest.approx([formula(x) for x in AT], rel=near)


def test_every_displayed_equation_of_the_page_is_among_them():
    """A part of each: a new one is to be computed here too."""
    displayed = [" ".join(each.split()) for each in PAGE.split("$$")[1::2]]
    left_out = [each for each in displayed if not any(printed in each for printed, _, _ in EQUATIONS.values())]
    assert len(displayed) >= 9
    # the double Hill curve is told by its numbers, the helium's law within that of the gas
    assert all(each.startswith(r"e \propto") for each in left_out), left_out
