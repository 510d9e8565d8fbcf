"""counterpulse: virtual patients with and without an intra-aortic balloon pump. Research use only.

The names below are resolved when they are first used: importing the package loads no numerical library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis.devices.rivals import rivals
    from .analysis.devices.weaning import weaning
    from .analysis.reading.export import export
    from .analysis.regions.search import regions
    from .analysis.response.classify import classify
    from .analysis.validation.evidence import validate
    from .engine.errors import InputError
    from .sweeps.execution.run import run
    from .sweeps.simulate import sample, simulate, warm_start, waveforms
    from .sweeps.store.opening import open_store

    __version__: str

__all__ = [
    "InputError",
    "__version__",
    "classify",
    "export",
    "open_store",
    "regions",
    "rivals",
    "run",
    "sample",
    "simulate",
    "validate",
    "warm_start",
    "waveforms",
    "weaning",
]

_HOMES = {
    "InputError": "engine.errors",
    "classify": "analysis.response.classify",
    "export": "analysis.reading.export",
    "warm_start": "sweeps.simulate",
    "open_store": "sweeps.store.opening",
    "regions": "analysis.regions.search",
    "rivals": "analysis.devices.rivals",
    "run": "sweeps.execution.run",
    "sample": "sweeps.simulate",
    "simulate": "sweeps.simulate",
    "validate": "analysis.validation.evidence",
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
