"""The figure of a comparison: differences with their intervals, a panel for each indicator."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.output.change_layer import CHANGE_CLASSES, classed
from kz_spatial.output.figures import FIGURE_STYLE
from kz_spatial.output.plots import COLUMN_WIDE, PAGE_WIDE, blank_figure, short_name
from kz_spatial.output.ticks import write_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kz_spatial.output.terms import Terms
    from kz_spatial.study import BundleChange

__all__ = ["difference_unit", "draw_changes"]

_GREY: Final = "#7f7f7f"
_MARKERS: Final = {"rise": "^", "fall": "v"}
_ACROSS: Final = 3


def difference_unit(name: str, terms: Terms) -> str:
    """Unit of a difference as figure and report show it: shares and percents in points."""
    each = terms.design.by_name[name]
    if each.scale == 100 or each.kind == "percent":
        return terms.say("change.points")
    return terms.unit(name)


def _draw(ax: Axes, table: Any, scale: float) -> None:
    """One indicator: a row for each region, from the top."""
    rows = np.arange(len(table))
    ax.axvline(0, color="#333333", linewidth=0.9, zorder=1)
    for row, each in zip(rows, table.to_dict("records"), strict=True):
        key = each["class"]
        if key == "withheld":
            continue
        colour = _GREY if key in ("not clear", "no interval") else CHANGE_CLASSES[key][1]
        low, high = scale * each["ci_low"], scale * each["ci_high"]
        if np.isfinite(low) and np.isfinite(high):
            ax.plot([low, high], [row, row], color=colour, linewidth=1.4, zorder=2)
        marker = _MARKERS.get(key.partition(",")[0], "o")
        ax.plot([scale * each["difference"]], [row], marker, color=colour, ms=6, zorder=3)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.grid(axis="x", color="#e5e5e5")
    ax.set_axisbelow(True)


def draw_changes(change: BundleChange, terms: Terms, *, notice: str = "") -> Figure:
    """Draw the differences of all indicators with their intervals.

    Parameters
    ----------
    change : BundleChange
    terms : Terms
    notice : str
        Stands at the foot.

    Returns
    -------
    matplotlib Figure
        A panel per indicator, regions in the order of the grouping from the top, a line at 0.
    """
    import matplotlib as mpl

    names, codes = list(change.design.by_name), list(change.design.grouping.codes)
    table = change.frame.assign(**{"class": classed(change)})
    across, down = min(len(names), _ACROSS), -(-len(names) // _ACROSS)
    with mpl.rc_context(FIGURE_STYLE):
        wide = PAGE_WIDE if across > 1 else COLUMN_WIDE
        made = blank_figure(wide, (0.26 * len(codes) + 1.2) * down, notice=notice)
        axes = made.subplots(down, across, sharey=True, squeeze=False)
        for ax in axes.ravel()[len(names) :]:
            ax.set_axis_off()
        for ax, name in zip(axes.ravel(), names, strict=False):
            rows = table[table["indicator"] == name].set_index("code").loc[codes]
            _draw(ax, rows, change.design.by_name[name].scale)
            ax.set_title(fill(terms.indicator(name), 28), fontsize=8)
            ax.set_xlabel(fill(difference_unit(name, terms), 28), fontsize=7.5)
            ax.tick_params(labelsize=7)
            write_numbers(ax, terms.language, which="x")
        for ax in axes[:, 0]:
            ax.set_yticks(np.arange(len(codes)), [short_name(code, terms) for code in codes])
    return made
