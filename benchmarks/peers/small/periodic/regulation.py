"""Nothing is regulated in the small loop."""

from ..compile.decorators import function


@function
def regulate(lane, own, lanes, buffers, curves):  # type: ignore[no-untyped-def]
    pass


@function
def next_regulation(lane, regulation, trace, lanes):  # type: ignore[no-untyped-def]
    pass
