"""The package ModularCirc: Naghavi's closed loop."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from ModularCirc.Models.NaghaviModel import NaghaviModel
from ModularCirc.Models.NaghaviModelParameters import NaghaviModelParameters
from ModularCirc.Solver import Solver

PACKAGES = ("ModularCirc",)
MODEL = "Naghavi, left heart and three vessels, no device; LSODA at its default tolerance, outputs every ms"


def prepare(quick: bool) -> Callable[[], float]:
    beats = 2 if quick else 10
    warnings.simplefilter("ignore")

    def run() -> float:
        time = {"name": "beats", "ncycles": beats, "tcycle": 1.0, "dt": 0.001, "export_min": beats}
        model = NaghaviModel(time_setup_dict=time, parobj=NaghaviModelParameters(), suppress_printing=True)
        solver = Solver(model=model)
        solver.setup(suppress_output=True, method="LSODA")
        solver.solve()
        return float(solver.Nconv + 1)

    return run
