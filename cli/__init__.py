"""The command line: the only place that prints. Results on stdout, messages on stderr."""

from . import evidence, listings, maps, patients, running, stores
from .group import main

__all__ = ["evidence", "listings", "main", "maps", "patients", "running", "stores"]
