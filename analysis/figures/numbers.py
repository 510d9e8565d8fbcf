"""The numbers behind a figure as one tidy table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..numbers.intervals import ENDS

NUMBERS = "biuf"
"""Kinds of numpy's that are numbers."""


def tidy(*answers: xr.Dataset) -> pd.DataFrame:
    """Lay out all numbers of one or more answers as a table, a row for each.

    Parameters
    ----------
    *answers : xr.Dataset
        What a command answered, whose figure shows it or a part of it.

    Returns
    -------
    pandas.DataFrame
        ``quantity``, its name in the answer; ``units`` in UDUNITS spelling, empty where rows differ and a column of
        texts says them; ``value``; ``low`` and ``high``, the ends of its interval where it has one; then a column for
        each dimension, with its units in brackets where it has any, and for each text of the answer. What a quantity
        does not have is empty.
    """
    frames = [frame for answer in answers for frame in _frames(answer)]
    whole = pd.concat(frames, ignore_index=True)
    first = ["quantity", "units", "value", "low", "high"]
    return whole.reindex(columns=[*first, *(name for name in whole.columns if name not in first)])


def _frames(answer: xr.Dataset) -> list[pd.DataFrame]:
    flat = answer.reset_coords()
    names = [str(name) for name in flat.data_vars]
    numbers = [name for name in names if flat[name].dtype.kind in NUMBERS and not _ends(name, names)]
    texts = [name for name in names if flat[name].dtype.kind not in NUMBERS]
    frames, shown = [], set()
    for name in numbers:
        with_it = [text for text in texts if set(flat[text].dims) <= set(flat[name].dims)]
        shown |= set(with_it)
        own = {
            part: flat[f"{name}{end}"]
            for part, end in zip(("value", "low", "high"), ENDS, strict=True)
            if f"{name}{end}" in names and set(flat[f"{name}{end}"].dims) <= set(flat[name].dims)
        }
        frames.append(_frame(flat, name, xr.Dataset({**own, **flat[with_it]})))
    return frames + [_frame(flat, text, flat[[text]]) for text in texts if text not in shown]


def _ends(name: str, names: list[str]) -> bool:
    """Whether it is the end of an interval of another quantity."""
    return any(end and name.endswith(end) and name.removesuffix(end) in names for end in ENDS)


def _frame(answer: xr.Dataset, name: str, own: xr.Dataset) -> pd.DataFrame:
    dims = [str(dim) for dim in answer[name].dims]
    frame = own.to_dataframe(dim_order=dims).reset_index() if dims else pd.DataFrame([_scalars(own)])
    for part in ("value", "low", "high"):
        if part in frame and frame[part].dtype == np.float32:
            # the fewest digits that give the number back are those of its own precision
            frame[part] = frame[part].astype(str).astype(float)
        elif part in frame:
            frame[part] = frame[part].astype(float)
    titled = {dim: f"{dim} [{units}]" for dim in dims if (units := _units(answer[dim])) not in ("", "1")}
    return frame.rename(columns=titled).assign(quantity=name, units=_units(answer[name]))


def _scalars(own: xr.Dataset) -> dict[str, object]:
    return {str(name): values.values[()] for name, values in own.data_vars.items()}


def _units(values: xr.DataArray) -> str:
    return str(values.attrs.get("units", ""))
