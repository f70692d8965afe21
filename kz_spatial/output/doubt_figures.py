"""Figures of doubt: ranks that units may have, and means of oblasts direct beside modelled."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.estimates import CONFIDENCE, CRITICAL
from kz_spatial.output.plots import COLUMN_WIDE, PAGE_WIDE, blank_figure
from kz_spatial.output.ticks import write_numbers
from kz_spatial.palette import SEQUENTIAL_GOOD
from kz_spatial.words import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kz_spatial.output.terms import Terms
    from kz_spatial.study import ModelledMeans, ScoreRanks

__all__ = ["rank_sets_figure", "small_areas_figure"]

_FILL: Final = SEQUENTIAL_GOOD[3]
# two greys, by turns, for groups of ranks that are not told apart
_BARS: Final = ("#9fb8cc", "#d2c29d")
_ROW: Final = 0.165  # inches
_ACROSS: Final = 2


def _draw_sets(ax: Axes, ranks: ScoreRanks, terms: Terms) -> None:
    """A bar from the best to the worst rank that a unit may have, the best score above."""
    frame = ranks.frame.dropna(subset=["rank"]).sort_values("rank", kind="stable")
    rows, n = np.arange(len(frame))[::-1], len(frame)
    low, high = (frame[each].to_numpy(float) for each in ("rank_low", "rank_high"))
    colours = [_BARS[(int(each) - 1) % 2] for each in frame["tied_group"]]
    # a bar covers the whole place of a rank, so that a settled one can be seen
    ax.barh(rows, high - low + 1, left=low - 0.5, height=0.6, color=colours)
    ax.plot(frame["rank"].to_numpy(float), rows, "o", color="#333333", ms=4)
    ax.set_yticks(rows, [terms.place(code) for code in frame.index])
    ax.set_xlim(0.5, n + 0.5)
    ax.set_xticks([1, *range(5, n + 1, 5)] if n > 10 else range(1, n + 1))
    ax.set_xlabel(terms.say("figure.rank"))
    ax.tick_params(labelsize=7)
    ax.tick_params(axis="y", length=0)
    leaders, level = ranks.leaders, terms.units(ranks.level)
    if len(leaders) == 1:
        title = terms.say("figure.rank_settled", level=level, first=terms.place(leaders[0]))
    else:
        title = terms.say("figure.rank_open", level=level, n=len(leaders), of=n)
    ax.set_title(fill(title, 30), fontsize=8)


def rank_sets_figure(
    ranks: Mapping[str, ScoreRanks], terms: Terms, *, notice: str = ""
) -> Figure | None:
    """Ranks that the units of each level may have, all with 95 % at once.

    Parameters
    ----------
    ranks : mapping of ScoreRanks
        By level.
    terms : Terms
    notice : str
        At the foot.

    Returns
    -------
    Figure or None
        None without ranks.
    """
    if not ranks:
        return None
    most = max(int(each.frame["rank"].notna().sum()) for each in ranks.values())
    wide = PAGE_WIDE if len(ranks) > 1 else COLUMN_WIDE
    made = blank_figure(wide, 1.2 + _ROW * most, notice=notice)
    axes = made.subplots(1, len(ranks), squeeze=False).ravel()
    for ax, each in zip(axes, ranks.values(), strict=True):
        _draw_sets(ax, each, terms)
    return made


def _draw_means(ax: Axes, means: ModelledMeans, terms: Terms) -> None:
    """Direct mean and modelled one of every oblast, the largest modelled one above."""
    scale = terms.design.by_name[means.indicator].scale
    frame = means.frame.sort_values("mean", kind="stable")
    rows, level = np.arange(len(frame)), percent(CONFIDENCE, terms.language)
    direct, error = frame["direct"], CRITICAL * frame["direct_se"]
    top = terms.design.by_name[means.indicator].whole or np.inf
    # an interval of a share ends where shares do
    reach = np.array([error.clip(upper=direct), error.clip(upper=top - direct)]) * scale
    modelled = frame["mean"].to_numpy(float) * scale
    ends = np.abs(frame[["low", "high"]].to_numpy(float).T * scale - modelled)
    ax.errorbar(
        direct * scale, rows + 0.17, xerr=reach, fmt="o", ms=3.5, mfc="white", mec="#7f7f7f",
        ecolor="#bbbbbb", lw=1.0, label=terms.say("figure.direct", level=level),
    )  # fmt: skip
    ax.errorbar(
        modelled, rows - 0.17, xerr=ends, fmt="o", ms=4, color=_FILL, lw=1.6,
        label=terms.say("figure.small_area", level=level),
    )  # fmt: skip
    if np.isfinite(means.national):
        told = terms.say("figure.national")
        ax.axvline(means.national * scale, color="#bd0026", lw=1.0, label=told, zorder=0)
    ax.set_yticks(rows, [terms.place(code) for code in frame.index])
    ax.set_ylim(-0.7, len(frame) - 0.3)
    ax.set_title(fill(terms.indicator(means.indicator), 32), fontsize=8)
    ax.set_xlabel(terms.shown_unit(means.indicator), fontsize=7.5)
    ax.tick_params(labelsize=7)
    ax.grid(axis="x", color="#eeeeee")
    ax.set_axisbelow(True)
    write_numbers(ax, terms.language, which="x")


def small_areas_figure(
    modelled: Mapping[str, ModelledMeans], terms: Terms, *, notice: str = ""
) -> Figure | None:
    """Means by oblast, direct beside modelled, an indicator to a panel.

    Parameters
    ----------
    modelled : mapping of ModelledMeans
        By indicator.
    terms : Terms
    notice : str
        At the foot.

    Returns
    -------
    Figure or None
        None without modelled means.
    """
    if not modelled:
        return None
    across = min(len(modelled), _ACROSS)
    down, rows = -(-len(modelled) // across), max(len(e.frame) for e in modelled.values())
    wide = PAGE_WIDE if across > 1 else COLUMN_WIDE
    made = blank_figure(wide, (0.95 + _ROW * rows) * down, notice=notice)
    axes = made.subplots(down, across, squeeze=False).ravel()
    for ax in axes[len(modelled) :]:
        ax.set_axis_off()
    for ax, each in zip(axes, modelled.values(), strict=False):
        _draw_means(ax, each, terms)
    handles, labels = axes[0].get_legend_handles_labels()
    made.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, fontsize=7)
    return made
