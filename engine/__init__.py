"""The circulation: arrays in, arrays out. What other rooms may import stands here.

The names are resolved when they are first used: tables and errors are had without loading the compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cohort_bounds import value_of
    from .compile.decorators import cache_folder, fingerprint
    from .compile.passes import FLAGS
    from .cores import allowed_cores
    from .errors import InputError, check_name, check_range
    from .inputs import check_value
    from .integration.one_patient import SIGNALS
    from .names.conditions import (
        ACTS_WHERE,
        DEVICE_PARAMETERS,
        DEVICES,
        ON,
        REGULATION,
        RHYTHM,
        TRIGGER,
        WHOLE,
        Conditions,
    )
    from .names.outcomes import (
        HIGHEST_PRESSURE,
        HIGHEST_WEDGE,
        INDEX_WITHOUT_SHOCK,
        LOWEST_INDEX,
        LOWEST_PRESSURE,
        OUTCOMES,
        PRESSURE_WITHOUT_SHOCK,
        Findings,
        Outcomes,
        Status,
    )
    from .names.parameters import PARAMETERS, Parameters
    from .names.regulation import REGULATIONS
    from .replay import Replay, replay_failed_arms
    from .simulation import simulate
    from .traces import waveforms
    from .warm_start.training import WarmStart, make_warm_start

__all__ = [
    "ACTS_WHERE",
    "DEVICES",
    "DEVICE_PARAMETERS",
    "FLAGS",
    "HIGHEST_PRESSURE",
    "HIGHEST_WEDGE",
    "INDEX_WITHOUT_SHOCK",
    "LOWEST_INDEX",
    "LOWEST_PRESSURE",
    "ON",
    "OUTCOMES",
    "PARAMETERS",
    "PRESSURE_WITHOUT_SHOCK",
    "REGULATION",
    "REGULATIONS",
    "RHYTHM",
    "SIGNALS",
    "TRIGGER",
    "WHOLE",
    "Conditions",
    "Findings",
    "InputError",
    "Outcomes",
    "Parameters",
    "Replay",
    "Status",
    "WarmStart",
    "allowed_cores",
    "cache_folder",
    "check_name",
    "check_range",
    "check_value",
    "fingerprint",
    "make_warm_start",
    "replay_failed_arms",
    "simulate",
    "value_of",
    "waveforms",
]

_HOMES = {
    "ACTS_WHERE": "names.conditions",
    "Conditions": "names.conditions",
    "DEVICES": "names.conditions",
    "DEVICE_PARAMETERS": "names.conditions",
    "FLAGS": "compile.passes",
    "Findings": "names.outcomes",
    "HIGHEST_PRESSURE": "names.outcomes",
    "HIGHEST_WEDGE": "names.outcomes",
    "INDEX_WITHOUT_SHOCK": "names.outcomes",
    "LOWEST_INDEX": "names.outcomes",
    "LOWEST_PRESSURE": "names.outcomes",
    "PRESSURE_WITHOUT_SHOCK": "names.outcomes",
    "InputError": "errors",
    "ON": "names.conditions",
    "OUTCOMES": "names.outcomes",
    "Outcomes": "names.outcomes",
    "PARAMETERS": "names.parameters",
    "Parameters": "names.parameters",
    "REGULATION": "names.conditions",
    "REGULATIONS": "names.regulation",
    "RHYTHM": "names.conditions",
    "Replay": "replay",
    "SIGNALS": "integration.one_patient",
    "Status": "names.outcomes",
    "TRIGGER": "names.conditions",
    "WHOLE": "names.conditions",
    "WarmStart": "warm_start.training",
    "allowed_cores": "cores",
    "cache_folder": "compile.decorators",
    "check_name": "errors",
    "check_range": "errors",
    "check_value": "inputs",
    "fingerprint": "compile.decorators",
    "make_warm_start": "warm_start.training",
    "replay_failed_arms": "replay",
    "simulate": "simulation",
    "value_of": "cohort_bounds",
    "waveforms": "traces",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
