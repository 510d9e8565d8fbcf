"""counterpulse: virtual patients with and without an intra-aortic balloon pump. Research use only.

The names below are resolved when they are first used: importing the package loads no numerical library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis.course.course import course
    from .analysis.devices.rivals import rivals
    from .analysis.devices.timing import timing
    from .analysis.devices.weaning import weaning
    from .analysis.maps.boundary import boundary
    from .analysis.maps.map import map
    from .analysis.maps.refine import refine
    from .analysis.maps.robustness import robustness
    from .analysis.match.match import match
    from .analysis.predictors.prediction import predictors
    from .analysis.reading.export import export
    from .analysis.regions.search import regions
    from .analysis.report.page import report
    from .analysis.response.classify import classify
    from .analysis.response.other_modes import other_modes
    from .analysis.sensitivity.indices import sensitivity
    from .analysis.sensitivity.salib import to_salib
    from .analysis.trials.trial import trial
    from .analysis.validation.evidence import validate
    from .engine.errors import InputError
    from .sweeps.execution.run import run
    from .sweeps.simulate import sample, simulate, warm_start, waveforms
    from .sweeps.spec.salib import salib_patients, salib_problem
    from .sweeps.store.opening import open_store

    __version__: str

__all__ = [
    "InputError",
    "__version__",
    "boundary",
    "classify",
    "course",
    "export",
    "map",
    "match",
    "open_store",
    "other_modes",
    "predictors",
    "refine",
    "regions",
    "report",
    "rivals",
    "robustness",
    "run",
    "salib_patients",
    "salib_problem",
    "sample",
    "sensitivity",
    "simulate",
    "timing",
    "to_salib",
    "trial",
    "validate",
    "warm_start",
    "waveforms",
    "weaning",
]

_HOMES = {
    "InputError": "engine.errors",
    "boundary": "analysis.maps.boundary",
    "classify": "analysis.response.classify",
    "course": "analysis.course.course",
    "export": "analysis.reading.export",
    "map": "analysis.maps.map",
    "match": "analysis.match.match",
    "open_store": "sweeps.store.opening",
    "other_modes": "analysis.response.other_modes",
    "predictors": "analysis.predictors.prediction",
    "refine": "analysis.maps.refine",
    "regions": "analysis.regions.search",
    "report": "analysis.report.page",
    "rivals": "analysis.devices.rivals",
    "robustness": "analysis.maps.robustness",
    "run": "sweeps.execution.run",
    "salib_patients": "sweeps.spec.salib",
    "salib_problem": "sweeps.spec.salib",
    "sample": "sweeps.simulate",
    "sensitivity": "analysis.sensitivity.indices",
    "simulate": "sweeps.simulate",
    "timing": "analysis.devices.timing",
    "to_salib": "analysis.sensitivity.salib",
    "trial": "analysis.trials.trial",
    "validate": "analysis.validation.evidence",
    "warm_start": "sweeps.simulate",
    "waveforms": "sweeps.simulate",
    "weaning": "analysis.devices.weaning",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("counterpulse")
    elif name in _HOMES:
        from .sweeps.host import check_platform

        check_platform()
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
