"""What `plot(ax)` of results draws: one set of axes, in the colours of maps and figures.

Names of units are those of the index; figures of a run, with names in words, are made in `output`.
Axes that are not given belong to a figure of their own, which no window shows:
`ax.figure.savefig("x.png")` keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.palette import DENSITY, GEARY_COLOURS, LISA_COLOURS, SEQUENTIAL_GOOD, SPOT_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = [
    "bars",
    "correlogram_line",
    "intervals",
    "matrix",
    "moran_scatter",
    "new_axes",
    "raster",
    "tree",
]

_INK: Final = "#333333"
_FILL: Final = SEQUENTIAL_GOOD[3]
_SMALL: Final = 7.5
_LEVEL: Final = 0.05
_COLOURS: Final = {**SPOT_COLOURS, **GEARY_COLOURS, **LISA_COLOURS}


def new_axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Axes as given, or of a new figure of so many inches."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def _class_legend(ax: Axes, labels: pd.Series[Any], colours: Mapping[str, str]) -> None:
    """Classes that are there, in the order of the colours."""
    from matplotlib.patches import Patch

    there = [each for each in colours if each in set(labels)]
    handles = [Patch(facecolor=colours[each], edgecolor=_INK, label=each) for each in there]
    ax.legend(handles=handles, fontsize=_SMALL, frameon=False)


def moran_scatter(frame: pd.DataFrame, ax: Axes | None) -> Axes:
    """Values against the weighted sum of the neighbours' deviations; the slope is Moran's I."""
    ax = new_axes(ax, 5.0, 4.2)
    known = frame[frame["lag"].notna() & frame["value"].notna()]
    if known.empty:
        raise NotEnoughDataError("no unit has a value, and neighbours with values, to be drawn")
    x, y = known["value"].to_numpy(float), known["lag"].to_numpy(float)
    ax.axvline(x.mean(), color="#bbbbbb", lw=0.8)
    ax.axhline(0, color="#bbbbbb", lw=0.8)
    z = x - x.mean()
    slope = float(z @ y / (z @ z)) if z.any() else np.nan
    ends = np.array([x.min(), x.max()])
    ax.plot(ends, slope * (ends - x.mean()), color=_FILL, lw=1.2)
    colours = [LISA_COLOURS[each] for each in known["label"]]
    ax.scatter(x, y, c=colours, s=30, edgecolor=_INK, linewidth=0.6, zorder=3)
    for name, at in zip(known.index, zip(x, y, strict=True), strict=True):
        ax.annotate(str(name), at, xytext=(4, 3), textcoords="offset points", fontsize=_SMALL)
    ax.set_xlabel("value")
    ax.set_ylabel("neighbours' deviation from the mean")
    ax.set_title(f"slope {slope:.3f}", loc="left", fontsize=9)
    _class_legend(ax, known["label"], LISA_COLOURS)
    return ax


def bars(frame: pd.DataFrame, name: str, ax: Axes | None) -> Axes:
    """The statistic of each unit, its z where it has one, coloured by class."""
    column = "z" if "z" in frame else "statistic"
    known = frame[column].dropna().sort_values(kind="stable")
    ax = new_axes(ax, 5.0, 0.9 + 0.2 * len(known))
    shown = frame["label"].reindex(known.index)
    colours = [_COLOURS[each] for each in shown]
    ax.barh(range(len(known)), known, color=colours, edgecolor=_INK, linewidth=0.5)
    ax.axvline(0, color=_INK, lw=0.8)
    ax.set_yticks(range(len(known)), [str(each) for each in known.index], fontsize=_SMALL)
    ax.set_xlabel(f"{name}, z" if column == "z" else name)
    _class_legend(ax, shown, _COLOURS)
    return ax


def correlogram_line(frame: pd.DataFrame, ax: Axes | None) -> Axes:
    """A statistic by order of neighbours; filled where p is below 5 %."""
    ax = new_axes(ax, 5.0, 3.2)
    known = frame[frame["statistic"].notna()]
    ax.plot(known.index, known["statistic"], color=_FILL, lw=1.2, zorder=2)
    ax.plot(known.index, known["expected"], color="#7f7f7f", lw=1, ls="--", label="expected")
    inside = [_FILL if each < _LEVEL else "white" for each in known["p"]]
    ax.scatter(known.index, known["statistic"], s=32, zorder=3, edgecolor=_FILL, c=inside)
    ax.set_xticks(list(known.index))
    ax.set_xlabel("order of neighbours")
    ax.set_ylabel("Moran's I")
    ax.legend(fontsize=_SMALL, frameon=False, title=f"filled: p < {_LEVEL:g}", title_fontsize=7)
    return ax


def intervals(
    direct: pd.Series[Any], estimate: pd.Series[Any], reach: pd.Series[Any], ax: Axes | None
) -> Axes:
    """Estimates with what they reach to either side, and direct ones beside them."""
    order = estimate.dropna().sort_values(kind="stable").index
    ax = new_axes(ax, 5.0, 0.9 + 0.22 * len(order))
    rows = np.arange(len(order))
    look: dict[str, Any] = {"fmt": "o", "ms": 4, "lw": 1.2, "ecolor": "#7f7f7f"}
    told = "estimate, 95 %"
    ax.errorbar(estimate[order], rows, xerr=reach[order], color=_FILL, label=told, **look)
    ax.scatter(direct[order], rows, marker="x", s=22, color="#bd0026", zorder=3, label="direct")
    ax.set_yticks(rows, [str(each) for each in order], fontsize=_SMALL)
    ax.legend(fontsize=_SMALL, frameon=False)
    return ax


def raster(
    values: NDArray[np.float32],
    extent: tuple[float, float, float, float],
    unit: str,
    ax: Axes | None,
) -> Axes:
    """A surface, north up, its sides in kilometres."""
    from matplotlib.colors import LinearSegmentedColormap

    ax = new_axes(ax, 6.5, 3.8)
    left, right, bottom, top = (each / 1000 for each in extent)
    colours = LinearSegmentedColormap.from_list("density", DENSITY)
    image = ax.imshow(values, extent=(left, right, bottom, top), cmap=colours, origin="upper")
    ax.set_xlabel("km")
    ax.set_ylabel("km")
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8)
    bar.set_label(unit)
    return ax


def matrix(shares: pd.DataFrame, title: str, ax: Axes | None) -> Axes:
    """Shares of pairs, 0 to 1, dark where they are large."""
    n = len(shares)
    ax = new_axes(ax, 1.8 + 0.3 * n, 1.4 + 0.28 * n)
    image = ax.imshow(shares.to_numpy(float), cmap="YlGnBu", vmin=0, vmax=1)
    names = [str(each) for each in shares.index]
    ax.set_xticks(range(n), names, rotation=60, ha="right", fontsize=_SMALL)
    ax.set_yticks(range(n), names, fontsize=_SMALL)
    ax.set_title(title, fontsize=9)
    ax.figure.colorbar(image, ax=ax, shrink=0.8)
    return ax


def tree(merges: NDArray[np.float64], units: pd.Index[str], ax: Axes | None) -> Axes:
    """Merges from left to right."""
    from scipy.cluster.hierarchy import dendrogram

    ax = new_axes(ax, 5.0, 0.9 + 0.2 * len(units))
    names = [str(each) for each in units]
    look: dict[str, Any] = {"link_color_func": lambda _: _INK, "leaf_font_size": _SMALL}
    dendrogram(merges, labels=names, orientation="left", ax=ax, **look)
    ax.set_xlabel("merge distance")
    return ax
