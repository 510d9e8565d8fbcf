"""Where parameters of the small loop act: everywhere."""

DEVICES: dict[str, tuple[str, ...]] = {}
"""None that is switched on by a parameter."""
