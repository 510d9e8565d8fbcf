"""svZeroDSolver, compiled C++, by its Python package: its closed-loop heart with one vessel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import svzerod

PACKAGES = ("svzerod",)
MODEL = "closed-loop heart and lungs, one vessel, no device; 1000 steps a beat"

HEART = {
    "Tsa": 0.4, "tpwave": 9.0, "Erv_s": 2.1, "Elv_s": 3.1, "iml": 0.5, "imr": 0.8, "Lrv_a": 2e-4, "Rrv_a": 0.035,
    "Lra_v": 2e-4, "Rra_v": 0.008, "Lla_v": 3.5e-4, "Rla_v": 0.005, "Rlv_ao": 0.034, "Llv_a": 1e-4, "Vrv_u": 9.5,
    "Vlv_u": 5.5, "Rpd": 0.1, "Cp": 1.1, "Cpa": 0.55, "Kxp_ra": 9.2, "Kxv_ra": 0.005, "Emax_ra": 0.2, "Vaso_ra": 5.0,
    "Kxp_la": 9.2, "Kxv_la": 0.008, "Emax_la": 0.3, "Vaso_la": 9.5,
}  # fmt: skip
"""mmHg, mL, s; textbook size."""


def configuration(beats: int) -> dict[str, Any]:
    return {
        "simulation_parameters": {
            "number_of_cardiac_cycles": beats,
            "number_of_time_pts_per_cardiac_cycle": 1001,
            "absolute_tolerance": 1e-6,
            "steady_initial": False,
        },
        "boundary_conditions": [
            {
                "bc_name": "outlet",
                "bc_type": "ClosedLoopRCR",
                "bc_values": {"Rp": 0.13, "Rd": 1.35, "C": 0.24, "closed_loop_outlet": True},
            }
        ],
        "vessels": [
            {
                "vessel_name": "aorta",
                "boundary_conditions": {"outlet": "outlet"},
                "vessel_id": 0,
                "vessel_length": 10.0,
                "zero_d_element_type": "BloodVessel",
                "zero_d_element_values": {"R_poiseuille": 0.0035, "L": 0.004},
            }
        ],
        "closed_loop_blocks": [
            {
                "outlet_blocks": ["aorta"],
                "closed_loop_type": "ClosedLoopHeartAndPulmonary",
                "cardiac_cycle_period": 1.0,
                "parameters": HEART,
            }
        ],
        "initial_condition": {"V_RA:CLH": 38.0, "V_RV:CLH": 96.0, "V_LA:CLH": 38.0, "V_LV:CLH": 96.0, "P_pul:CLH": 8.0},
    }


def prepare(quick: bool) -> Callable[[], float]:
    beats = 2 if quick else 10

    def run() -> float:
        svzerod.simulate(configuration(beats))
        return beats

    return run
