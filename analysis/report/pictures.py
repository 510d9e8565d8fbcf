"""The pictures of a report: maps large and small, each with its words for those who do not see it."""

from __future__ import annotations

import base64
import io
from itertools import product

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..figures.style import CLASS_COLOURS, CLASS_WORDS, shades, style, wrapped
from ..figures.typefaces import readable
from ..maps.drawing import edges_of
from ..maps.map_figure import map_figure
from ..response.other_modes import sentence
from ..words.numbers import amount, share_in_per_cent
from ..words.parts import Picture
from ..words.text import clean

DOTS = 150
"""Per inch: sharp on a phone, and a third of the bytes that print would take."""

SMALL = (3.4, 2.9)
"""Inches."""

EMPTY = "#EDEDED"

SHARE = ("share", "share_low", "share_high")
MODE_LABELS = {"open-loop": "open loop", "baroreflex": "baroreflex", "map-held": "MAP held"}


def large_map(result: xr.Dataset, about: str) -> Picture:
    """Draw the map as the command ``map`` does; ``about`` goes before what the map shows."""
    harmless = {name: clean(value) if isinstance(value, str) else value for name, value in result.attrs.items()}
    # the question is the heading of the page already
    figure = map_figure(result.assign_attrs(harmless | {"name": ""}))
    return _picture(figure, _alt(result, "helps"), f"{about} {_quarters(result, 'helps')}", wide=True)


def small_map(result: xr.Dataset, name: str, about: str) -> Picture:
    """Draw the share of one class, legible on a phone."""
    y, x = (str(dim) for dim in result["patients"].dims)
    share = np.where(result["thin"].values, np.nan, result["share"].sel(response=name).values)
    with style():
        figure = Figure(figsize=SMALL, layout="constrained")
        axes = figure.add_subplot()
        axes.set_facecolor(EMPTY)
        edges = [edges_of(result, dim) for dim in (x, y)]
        top = 1.0 if name != "harms" else max(float(np.nanmax(share, initial=0.0)), 0.02)
        mesh = axes.pcolormesh(
            *edges, np.ma.masked_invalid(share), cmap=shades(name), vmin=0, vmax=top, rasterized=True
        )
        axes.set_xlabel(wrapped(result[x].attrs["title"], SMALL[0] - 1.0, 9))
        axes.set_ylabel(wrapped(result[y].attrs["title"], SMALL[1] - 0.7, 9))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        bar = figure.colorbar(mesh, ax=axes, format=lambda value, _: f"{100 * value:.3g}")
        bar.set_label(f"{CLASS_WORDS[name]} (%)", color=CLASS_COLOURS[name])
    return _picture(figure, _alt(result, name), f"{about} {_quarters(result, name)}")


def modes_picture(answer: xr.Dataset) -> Picture:
    """Draw what each mode of regulation makes of the same patients: shares helped and harmed, with their intervals."""
    modes = [str(mode) for mode in answer["regulation"].values]
    places = np.arange(len(modes))[::-1].astype(float)
    with style():
        figure = Figure(figsize=SMALL, layout="constrained")
        axes = figure.add_subplot()
        for shift, name in ((0.12, "helps"), (-0.12, "harms")):
            share, low, high = (100 * answer[key].sel(response=name).values for key in SHARE)
            reach = np.maximum([share - low, high - share], 0)
            label = CLASS_WORDS[name]
            axes.errorbar(share, places + shift, xerr=reach, fmt="o", ms=4, color=CLASS_COLOURS[name], label=label)
        axes.set_yticks(places, [MODE_LABELS[mode] for mode in modes])
        axes.set_ylim(-0.6, len(modes) - 0.4)
        # a share of nobody, or of all, is drawn whole
        axes.set_xlim(-2, 102)
        axes.set_xlabel("share of the same patients (%)")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    alt = "Shares helped and harmed in each mode of regulation, with 95 % intervals. The caption says what it shows."
    return _picture(figure, alt, sentence(answer))


def _picture(figure: Figure, alt: str, caption: str, *, wide: bool = False) -> Picture:
    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    with style(), readable(figure):
        figure.savefig(stream, format="png", dpi=DOTS, metadata={"Software": None})
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    image = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
    return Picture(image, width, height, alt, caption, wide)


def _alt(result: xr.Dataset, name: str) -> str:
    """Say what is drawn over what."""
    y, x = (str(dim) for dim in result["patients"].dims)
    across, up = (
        f"{result[dim].attrs['title']} from {amount(float(result[f'{dim}_bounds'][0, 0]))} to "
        f"{amount(float(result[f'{dim}_bounds'][-1, 1]))}"
        for dim in (x, y)
    )
    drawn = CLASS_WORDS[name] if name != "helps" else ", ".join(CLASS_WORDS.values())
    return f"Map of the share of patients {drawn}: across, {across}; upwards, {up}. The caption says what it shows."


def _quarters(result: xr.Dataset, name: str) -> str:
    """Say in which quarter of a map a class is most, and in which it is least frequent, counted over its patients."""
    dims = [str(dim) for dim in result["patients"].dims]
    told: dict[str, tuple[float, float]] = {}
    for above in product((False, True), repeat=len(dims)):
        halves = {dim: result.sizes[dim] // 2 for dim in dims}
        sides = dict(zip(dims, above, strict=True))
        part = result.isel({dim: slice(halves[dim], None) if up else slice(halves[dim]) for dim, up in sides.items()})
        words = [_side(result, dim, halves[dim], up) for dim, up in reversed(sides.items())]
        if (size := _size(part)) > 0:
            told[" and ".join(words)] = float(_mass(part).sel(response=name).sum() / _mass(part).sum()), size
    if len(told) < 2:
        return ""
    most, least = (choose(told, key=lambda where: told[where][0]) for choose in (max, min))
    shares = {where: share_in_per_cent(told[where][0] * told[where][1], told[where][1]) for where in (most, least)}
    word = CLASS_WORDS[name].capitalize()
    return f"{word} most often with {most}: {shares[most]}; least often with {least}: {shares[least]}."


def _side(result: xr.Dataset, dim: str, half: int, above: bool) -> str:
    about = result[dim].attrs
    limit = amount(float(result[f"{dim}_bounds"][half, 0]), about["units"])
    return f"{about['long_name']} {'above' if above else 'below'} {limit}"


def _mass(part: xr.Dataset) -> xr.DataArray:
    """Patients by class, or the sums of their weights where they have any."""
    return part["weight"] if "weight" in part else part["count"]


def _size(part: xr.Dataset) -> float:
    """Patients, or their effective number where they have weights."""
    if "weight" not in part:
        return float(part["patients"].sum())
    squares = float(part["weight_squared"].sum())
    return float(part["weight"].sum()) ** 2 / squares if squares else 0.0
