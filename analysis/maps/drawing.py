"""What the pictures of maps are drawn with: cells, level lines, bands, scales, and what is said below."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.ndimage import gaussian_filter

from ..figures.sheet import points
from ..figures.style import BLUE, CLASS_COLOURS, CLASS_WORDS, GREEN, INK, VERMILLION, shades
from ..numbers.intervals import effective, wilson
from ..response.comparison import definition_in_words
from ..words.counted import who_is_not_shown, who_is_shown
from .response_map import axis_for

EMPTY, HATCH = "#EDEDED", "#A8A8A8"

FALL = LinearSegmentedColormap.from_list("fall", ["#7F2704", VERMILLION, "#FFFFFF"])
RISE = LinearSegmentedColormap.from_list("rise", ["#FFFFFF", BLUE, "#08306B"])
FALL_AND_RISE = LinearSegmentedColormap.from_list("change", ["#7F2704", VERMILLION, "#FFFFFF", BLUE, "#08306B"])
AMOUNT = LinearSegmentedColormap.from_list("amount", ["#FFFFFF", GREEN, "#00392A"])


class Scale(NamedTuple):
    """Colours of a number, and the limits they span."""

    colours: Colormap
    norm: Normalize
    extend: str = "neither"


def edges_of(result: xr.Dataset, name: str) -> np.ndarray:
    """Edges of the cells along an axis."""
    bounds = result[f"{name}_bounds"].values
    return np.append(bounds[:, 0], bounds[-1, 1])


def axis_name(result: xr.Dataset, role: str) -> str:
    """Name of an axis that a map must have."""
    return cast(str, axis_for(result, role))


def hatch(
    axes: Axes, cells: np.ndarray, across: np.ndarray, up: np.ndarray, pattern: str = "//////", facecolor: str = "none"
) -> None:
    """Hatch some cells between the edges of both axes."""
    if not cells.any():
        return
    corners = [
        [(across[j], up[i]), (across[j + 1], up[i]), (across[j + 1], up[i + 1]), (across[j], up[i + 1])]
        for i, j in np.argwhere(cells)
    ]
    path = Path.make_compound_path(*(Path([*corner, corner[0]], closed=True) for corner in corners))
    axes.add_patch(PathPatch(path, hatch=pattern, facecolor=facecolor, edgecolor=HATCH, linewidth=0))


def paint(axes: Axes, result: xr.Dataset, values: np.ndarray, scale: Scale, ticks: int = 5) -> QuadMesh:
    """Paint a number of every cell; hatch the cells with few patients, leave those with none grey.

    Parameters
    ----------
    axes : Axes
        Where to.
    result : xr.Dataset
        A map of x and y alone.
    values : np.ndarray
        (y, x); NaN is left grey.
    scale : Scale
        Colours.
    ticks : int
        Intervals between ticks, at most.
    """
    x, y = axis_name(result, "x"), axis_name(result, "y")
    across, up, thin = edges_of(result, x), edges_of(result, y), result["thin"].values
    painted = np.ma.masked_where(thin | ~np.isfinite(values), values)
    axes.set_facecolor(EMPTY)
    mesh = axes.pcolormesh(across, up, painted, cmap=scale.colours, norm=scale.norm, rasterized=True)
    hatch(axes, thin, across, up, facecolor=EMPTY)
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    for axis, name in ((axes.xaxis, x), (axes.yaxis, y)):
        tick(axis, name, ticks)
    return mesh


def tick(axis: Axis, name: str, ticks: int = 5) -> None:
    """Put a few ticks on an axis; a relative change is shown in per cent."""
    axis.set_major_locator(MaxNLocator(ticks))
    if name.endswith("_relative_difference"):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def share_scale(name: str, shares: np.ndarray) -> Scale:
    """Colours of the share of a class. Harm is rare: on a scale that ends at 100 % it could not be seen at all."""
    known = shares[np.isfinite(shares)]
    most = float(known.max()) if name == "harms" and known.size else 0.0 if name == "harms" else 1.0
    return Scale(shades(name), Normalize(0, next(top for top in (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most <= top)))


def value_scale(values: np.ndarray, signed: bool) -> Scale:
    """Colours of a number: of a difference white at zero, else from low to high; 1 % at either end may lie beyond."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.01, 0.99]) if known.size else (0.0, 1.0)
    colours = AMOUNT
    if signed and low < 0 < high:
        low, high, colours = min(low, -high), max(high, -low), FALL_AND_RISE
    elif signed:
        low, high, colours = (min(low, 0.0), 0.0, FALL) if low < 0 else (0.0, high, RISE)
    if not low < high:
        low, high = float(low) - 0.5, float(high) + 0.5
    beyond = (bool((known < low).any()), bool((known > high).any()))
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[beyond]
    return Scale(colours, Normalize(float(low), float(high)), extend)


def level_lines(
    axes: Axes,
    result: xr.Dataset,
    values: np.ndarray,
    levels: tuple[float, ...],
    colour: str = INK,
    labelled: bool = True,
) -> bool:
    """Draw lines where a number, smoothed over the neighbouring cells, has a level; say whether there are any."""
    weight = result["weight"].sum("response").values if "weight" in result else result["patients"].values.astype(float)
    if min(weight.shape) < 5:
        return False
    weight = np.where(np.isfinite(values), weight, 0.0)
    near = gaussian_filter(result["patients"].values.astype(float), 1.5, mode="nearest")
    around = gaussian_filter(weight, 1.5, mode="nearest")
    total = gaussian_filter(np.where(weight > 0, np.nan_to_num(values) * weight, 0.0), 1.5, mode="nearest")
    smooth = np.ma.masked_where(near < result.attrs["fewest"], total / np.maximum(around, 1e-9))
    shown = [level for level in levels if smooth.count() and smooth.min() < level < smooth.max()]
    if not shown:
        return False
    x, y = (result[axis_name(result, role)].values for role in ("x", "y"))
    lines = axes.contour(x, y, smooth, levels=shown, colors=colour, linewidths=0.9, linestyles="solid")
    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="white", alpha=0.8)]
    lines.set_path_effects(halo)
    if labelled:
        for text in axes.clabel(lines, fmt=lambda level: f"{100 * level:.0f} %", fontsize=points(8), inline_spacing=3):
            text.set_path_effects(halo)
    return True


def shares_along(result: xr.Dataset, name: str, across: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of a class along an axis with Wilson's 95 % interval, over all cells across it; NaN where few are."""
    one, dims = result.sel(response=name), [] if across is None else [across]
    patients = result["patients"].sum(dims).values
    if "weight" in result:
        total = result["weight"].sum(["response", *dims]).values
        size = effective(total, result["weight_squared"].sum(dims).values)
        share = one["weight"].sum(dims).values / np.where(total > 0, total, np.nan)
        low, high = wilson(share * size, size)
    else:
        size, count = patients, one["count"].sum(dims).values
        low, high = wilson(count, size)
        share = count / np.maximum(size, 1)
    return np.where(size >= result.attrs["fewest"], share, np.nan), low, high


def curves(axes: Axes, result: xr.Dataset, along: str, across: str | None = None, upright: bool = False) -> None:
    """Draw the share of each class along an axis, with its interval; ``upright`` has the axis upwards."""
    place = result[along].values
    for name, colour in CLASS_COLOURS.items():
        share, low, high = shares_along(result, name, across)
        if upright:
            axes.fill_betweenx(place, low, high, color=colour, alpha=0.25, linewidth=0)
            axes.plot(share, place, color=colour)
        else:
            axes.fill_between(place, low, high, color=colour, alpha=0.25, linewidth=0)
            axes.plot(place, share, color=colour, label=CLASS_WORDS[name])


def question(result: xr.Dataset) -> str:
    """The picture's title: the sweep's own, or what the map asks."""
    about = result.attrs
    asked = f"Where does {about['arm']} help?" if _compares(result) else f"{about['value_title']}, {about['arm']}"
    return str(about["name"] or asked)


def _compares(result: xr.Dataset) -> bool:
    return bool(result.attrs["arm"] != result.attrs["reference"])


def caption(result: xr.Dataset, reads: str) -> str:
    """What is said below a map: who is on it, who is not, what the classes mean, how it is read."""
    about = result.attrs
    unfinished = " The run is not finished." if about["blocks_missing"] else ""
    weighted = " Patients count by their sampling weight." if "effective" in result else ""
    arms = f"each with ({about['arm']}) and without ({about['reference']}) the device"
    arms = arms if _compares(result) else f"in one arm ({about['arm']})"
    text = f"{who_is_shown(about)}, {arms}; not shown: {who_is_not_shown(about)}.{unfinished}{weighted} {reads}"
    patients, thin = result["patients"].values, result["thin"].values
    if thin.any() or (patients == 0).any():
        effective_ = "effective " if "effective" in result else ""
        text += f" Hatched: fewer than {about['fewest']} {effective_}patients in the cell; grey: none."
    return text


def classes_in_words(result: xr.Dataset) -> str:
    """What counts as help and as harm, and of how many numerical error could tip the class."""
    about = result.attrs
    open_ = f" Numerical error could tip the class of {about['undecided']:,}." if about["undecided"] else ""
    return f"{definition_in_words(about)}{open_}"
