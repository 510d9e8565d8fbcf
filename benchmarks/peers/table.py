"""The peers: who they are, which file they stand in, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Peer:
    """One row of the tables.

    ``kind`` is "ours", "c" (the yardstick), "user" (what a Python user can install), or "gpu" (that, on another machine
    than one core, against which no goal is set).
    """

    name: str
    module: str
    options: dict[str, Any]
    kind: str = "user"


PEERS = (
    Peer("counterpulse's integration, float64", "ours", {"precision": "float64"}, "ours"),
    Peer("counterpulse's integration, float32", "ours", {"precision": "float32"}, "ours"),
    Peer(
        "C, lanes innermost, our RK3 of four stages, float64",
        "lanes_c",
        {"precision": "float64", "scheme": "ours"},
        "c",
    ),
    Peer("C, lanes innermost, RK4, float64", "lanes_c", {"precision": "float64", "scheme": "RK4"}, "c"),
    Peer(
        "C, lanes innermost, our RK3 of four stages, float32",
        "lanes_c",
        {"precision": "float32", "scheme": "ours"},
        "c",
    ),
    Peer("JAX lax.scan RK4, float64", "jax_scan", {"precision": "float64"}),
    Peer("JAX lax.scan RK4, float32", "jax_scan", {"precision": "float32"}),
    Peer("numba, patient by patient, RK4", "obvious", {}),
    Peer("heyoka.py, batch, valve events", "heyoka_events", {}),
    Peer("numbalsoda LSODA", "numba_lsoda", {}),
    Peer("diffrax Tsit5, vmap", "diffrax_tsit5", {}),
    Peer("CVODE Adams (scikit-sundae)", "cvode", {"method": "Adams"}),
    Peer("CVODE BDF (scikit-sundae)", "cvode", {"method": "BDF"}),
    Peer("scipy solve_ivp LSODA", "scipy_lsoda", {}),
    Peer("cubie RK4 on a GPU, float64", "cubie_gpu", {"precision": "float64"}, "gpu"),
    Peer("cubie RK4 on a GPU, float32", "cubie_gpu", {"precision": "float32"}, "gpu"),
)
PERIODIC = (
    Peer("counterpulse's periodic state, float64", "ours_periodic", {"precision": "float64"}, "ours"),
    Peer("counterpulse's periodic state, float32", "ours_periodic", {"precision": "float32"}, "ours"),
)
DOMAIN = (
    Peer("counterpulse, full model", "full", {}, "ours"),
    Peer("svZeroDSolver", "svzerod_package", {}),
    Peer("circulation", "circulation_package", {}),
    Peer("ModularCirc", "modularcirc_package", {}),
)
