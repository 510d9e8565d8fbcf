"""The aorta as a network: its fastest rate against the eigenvalues of its equations."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.aorta import (
    GAIN,
    HALF_AREA,
    HALF_INERTANCE,
    IS_SHIFTED,
    NODES,
    SEGMENTS,
    UPPER,
    fastest_rate,
)
from counterpulse.engine.names.parameters import PARAMETERS, Parameters
from counterpulse.engine.patient.coefficients import fold

NOMINAL = Parameters(*[quantity.default for quantity in PARAMETERS.values()])


@pytest.mark.parametrize(("age", "stiffness"), [(25.0, 0.6), (65.0, 1.0), (85.0, 2.0)])
def test_the_fastest_rate_is_the_largest_eigenvalue_of_the_flows_between_the_nodes(age, stiffness):
    c = fold(NOMINAL._replace(age=age, arterial_stiffness=stiffness))
    walls = (c.abdominal_viscosity if shifted else c.wall_viscosity for shifted in IS_SHIFTED)
    viscosity = np.diag([*(wall * gain for wall, gain in zip(walls, GAIN, strict=True)), c.upper_viscosity])
    incidence = np.zeros((UPPER + 1, len(SEGMENTS)))
    inertance = np.array([segment.inertance for segment in SEGMENTS])
    narrowed = [*(node.narrowed for node in NODES.values()), False]
    for k, segment in enumerate(SEGMENTS):
        incidence[segment.upstream, k] -= 1.0
        incidence[segment.downstream, k] += 1.0
        ends = narrowed[segment.upstream] + narrowed[segment.downstream]
        inertance[k] += ends * HALF_INERTANCE * c.wall_gain / HALF_AREA
    friction = np.diag([segment.resistance for segment in SEGMENTS])
    matrix = (incidence.T @ viscosity @ incidence + friction) / inertance[:, None]
    expected = np.linalg.eigvals(matrix).real.max()
    found = fastest_rate(c.wall_gain, c.wall_viscosity, c.abdominal_viscosity, c.upper_viscosity)
    assert found == pytest.approx(expected, rel=2e-3)
