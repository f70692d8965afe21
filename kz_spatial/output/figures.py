"""Figures of the study: distributions, regional comparison, clusters, local Moran, density."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from kz_spatial.design import SCORE
from kz_spatial.estimates import interval_ends
from kz_spatial.options import Language
from kz_spatial.output.doubt_figures import rank_sets_figure, small_areas_figure
from kz_spatial.output.histogram import Bars
from kz_spatial.output.layers import describe
from kz_spatial.output.map_figures import surface_map, theme_map
from kz_spatial.output.model_figures import models_figure
from kz_spatial.output.outlines import light_outlines
from kz_spatial.output.plots import (
    COLUMN_WIDE,
    PAGE_WIDE,
    blank_figure,
    cluster_choice,
    co_membership,
    dendrograms,
    moran_scatter,
    write_notice,
)
from kz_spatial.output.styles import main_partitions
from kz_spatial.output.terms import Terms
from kz_spatial.output.ticks import write_numbers
from kz_spatial.palette import NO_DATA, SEQUENTIAL_GOOD
from kz_spatial.places import oblasts
from kz_spatial.words import integer, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kz_spatial.output.disclosure import Published
    from kz_spatial.robustness import SpecificationCurve

__all__ = ["FIGURE_STYLE", "Drawing", "draw_figures", "in_turn"]

Drawing = Callable[[], "Figure | None"]

_INK: Final = "#333333"
_FILL: Final = SEQUENTIAL_GOOD[3]
FIGURE_STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "hatch.linewidth": 0.6,
}
_ACROSS: Final = 3


def _distributed(study: Published) -> list[str]:
    """Indicators whose answers have a distribution to show, the outcome first."""
    names = [name for name in study.design.by_name if name in study.distributions]
    return sorted(names, key=lambda name: name != study.design.outcome)


def _draw_bars(ax: Axes, bars: Bars, least: int, withheld: str, language: Language) -> None:
    """Bars of a distribution; those of few firms are hatched and as high as the least number."""
    few = (bars.counts > 0) & (bars.counts < least)
    # the height of a bar of few firms would tell how many they are
    heights = np.where(few, least, bars.counts)
    drawn = ax.bar(
        bars.edges[:-1],
        heights,
        np.diff(bars.edges),
        align="edge",
        edgecolor="white",
        linewidth=0.5,
        color=[NO_DATA if each else _FILL for each in few],
    )
    hidden = [bar for bar, each in zip(drawn, few, strict=True) if each]
    for bar in hidden:
        bar.set_hatch("////")
    if hidden:
        # room above the bars
        ax.set_ylim(top=1.3 * float(heights.max()))
        ax.legend(hidden[:1], [withheld], frameon=False, fontsize=7)
    ends = (
        (0, bars.open_low, span(-np.inf, bars.below, language)),
        (-1, bars.open_high, span(bars.above, np.inf, language)),
    )
    for position, is_open, told in ends:
        if is_open:
            bar = drawn[position]
            place = (bar.get_x() + bar.get_width() / 2, heights[position])
            ax.annotate(told, place, (0, 2), textcoords="offset points", ha="center", fontsize=7)


def _histograms(study: Published, terms: Terms, notice: str) -> Figure | None:
    """Firm-level distributions of the study's figure 2."""
    names, least = _distributed(study), study.rules.min_firms
    if not names:
        return None
    across, down = min(len(names), 3), -(-len(names) // 3)
    made = blank_figure(PAGE_WIDE / 3 * across, 2.4 * down, notice=notice)
    withheld = terms.class_word("suppressed")
    axes = made.subplots(down, across, squeeze=False)
    for ax in axes.ravel()[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(axes.ravel(), names, strict=False):
        told = study.distributions[name]
        ax.set_title(fill(terms.indicator(name), 26))
        if told.bars is None:
            ax.text(0.5, 0.5, withheld, ha="center", transform=ax.transAxes)
            ax.set_axis_off()
            continue
        _draw_bars(ax, told.bars, least, withheld, terms.language)
        if np.isfinite(told.mean):
            ax.axvline(told.mean, color="#bd0026", linewidth=1.2)
        ax.set_xlabel(f"{terms.unit(name)} (n = {integer(round(told.n), terms.language)})")
        ax.yaxis.get_major_locator().set_params(integer=True)
        write_numbers(ax, terms.language)
    axes[0, 0].set_ylabel(terms.say("column.n_firms"))
    return made


def _comparison(study: Published, terms: Terms, notice: str) -> Figure:
    """Means of the grouping's regions with 95 % intervals of the mean."""
    table, names = study.tables[study.design.grouping.name], list(study.design.by_name)
    order = table[SCORE].sort_values(na_position="first").index
    across, down = min(len(names), _ACROSS), -(-len(names) // _ACROSS)
    wide = PAGE_WIDE if across > 1 else COLUMN_WIDE
    made = blank_figure(wide, (0.22 * len(order) + 0.95) * down, notice=notice)
    axes = made.subplots(down, across, sharey=True, squeeze=False)
    rows = np.arange(len(order))
    for ax in axes.ravel()[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(axes.ravel(), names, strict=False):
        scale = study.design.by_name[name].scale
        mean, error = (table.loc[order, f"{name}_{part}"].astype(float) for part in ("mean", "se"))
        whole = study.design.by_name[name].whole
        pairs = zip(mean, error, strict=True)
        ends = np.array([interval_ends(m, e, share_of=whole) for m, e in pairs])
        reach = np.abs(ends.T - mean.to_numpy()) * scale
        ax.errorbar(
            mean * scale, rows, xerr=reach, fmt="o", color=_FILL, ecolor="#7f7f7f", ms=4, lw=1.2
        )
        ax.set_title(fill(terms.indicator(name), 26), fontsize=8)
        ax.set_xlabel(terms.shown_unit(name), fontsize=7.5)
        write_numbers(ax, terms.language, which="x")
        ax.grid(axis="x", color="#e5e5e5")
        ax.set_axisbelow(True)
    for ax in axes[:, 0]:
        ax.set_yticks(rows, [terms.place(code) for code in order])
    return made


def _statistics(study: Published, terms: Terms, notice: str) -> dict[str, Drawing]:
    """Scatterplots of the finest level, trees, curves and matrices of the groups."""
    told: dict[str, Any] = {"terms": terms, "notice": notice}
    finest, groups = study.patterns.finest(), study.groupings
    made: dict[str, Drawing] = {
        "moran_scatter": partial(moran_scatter, study.patterns.at(finest), **told)
    }
    if groups.trees:
        made["dendrogram"] = partial(
            dendrograms,
            groups.trees,
            {level: study.partitions["typology", level] for level in groups.trees},
            **told,
        )
        wanted = (("typology", study.design.grouping.name), ("regions", list(study.tables)[-1]))
        found = [each for pair in wanted if (each := groups.of(*pair)) is not None]
        choices = {each.column: each.choice for each in found}
        made["cluster_choice"] = partial(cluster_choice, choices, **told)
    for level, shares in groups.co_membership.items():
        best = study.partitions["typology", level]
        made["co_membership"] = partial(co_membership, shares, best, **told)
    return made


def _curve(curve: SpecificationCurve | None, notice: str) -> Figure | None:
    """A coefficient over all specifications that were fitted."""
    if curve is None or curve.frame.empty:
        return None
    made = cast("Figure", curve.plot().figure)
    write_notice(made, notice)
    return made


def _drawings(study: Published, terms: Terms, notice: str) -> dict[str, Drawing]:
    """What draws each figure of a study, by file stem."""
    grouping = study.design.grouping
    frames = {
        name: light_outlines(f, grouping, printed=True)[0] for name, f in study.frames.items()
    }
    layers = {each.name: each for each in describe(frames, terms=terms, notice=notice)}
    themes = (SCORE, *filter(None, [study.design.outcome]))
    main = main_partitions(grouping.name)
    made: dict[str, Drawing] = {
        "distributions": partial(_histograms, study, terms, notice),
        "regional_comparison": partial(_comparison, study, terms, notice),
        "rank_sets": partial(rank_sets_figure, study.ranks, terms, notice=notice),
        "small_areas": partial(small_areas_figure, study.modelled_means, terms, notice=notice),
        "models": partial(models_figure, study.models, terms, notice=notice),
        "specifications": partial(_curve, study.checks.curve, notice),
        "readiness": partial(theme_map, layers, grouping.layer, themes, notice),
        "clusters": partial(theme_map, layers, "clusters", main, notice),
        "local_moran": partial(theme_map, layers, "local_moran", (), notice),
    }
    made |= {each.name: partial(theme_map, layers, each.name, (), notice) for each in study.own}
    made |= _statistics(study, terms, notice)
    placed = notice
    if study.modelled:
        placed = "; ".join(filter(None, (notice, terms.say("notice.modelled"))))
    areas = light_outlines(
        oblasts(vintage=grouping.vintage, detail="light").reset_index(), grouping, printed=True
    )[0]
    for name, surface in study.surfaces.items():
        title = terms.titled(name)
        made[f"density_{name}"] = partial(surface_map, surface, areas, title, terms, placed)
    return made


def in_turn(drawings: Mapping[str, Drawing]) -> Iterator[tuple[str, Figure]]:
    """Figures as they are drawn, in the style of all figures; without those that show nothing."""
    import matplotlib as mpl

    for name, draw in drawings.items():
        with mpl.rc_context(FIGURE_STYLE):
            figure = draw()
        if figure is not None:
            yield name, figure


def draw_figures(
    study: Published, terms: Terms, *, notice: str = ""
) -> Iterator[tuple[str, Figure]]:
    """Draw all figures of a study, one after the other.

    Parameters
    ----------
    study : Published
    terms : Terms
    notice : str
        At the foot of every figure, such as that of the twin.

    Yields
    ------
    (str, matplotlib Figure)
        File stem and figure: distributions, regional_comparison, rank_sets, small_areas, models,
        readiness, clusters, local_moran, moran_scatter, dendrogram, cluster_choice,
        co_membership, density_firms, the density of the outcome, and one for each registered layer.
    """
    yield from in_turn(_drawings(study, terms, notice))
