"""Nothing is regulated in the small loop."""

from ..compile.decorators import function


@function
def regulate(lane, own, total_steps, lanes, work, grid, curves):  # type: ignore[no-untyped-def]
    pass


@function
def next_regulation(lane, regulation, trace, steps, lanes):  # type: ignore[no-untyped-def]
    pass
