"""The command line: the only place that prints. Results on stdout, messages on stderr."""

from .group import main

__all__ = ["main"]
