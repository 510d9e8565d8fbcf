"""The command line: the only place that prints. Results on stdout, messages on stderr."""

from . import (
    devices,
    evidence,
    explore,
    listings,
    maps,
    patients,
    refine,
    regions,
    report,
    running,
    sensitivity,
    stores,
)
from .group import main

__all__ = [
    "devices",
    "evidence",
    "explore",
    "listings",
    "main",
    "maps",
    "patients",
    "refine",
    "regions",
    "report",
    "running",
    "sensitivity",
    "stores",
]
