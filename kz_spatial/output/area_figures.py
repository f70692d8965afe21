"""Figures of a table of units: maps of its columns, scatterplots, groups, lines over the years."""

from __future__ import annotations

from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.output.area_layers import area_frames, units_layer
from kz_spatial.output.figures import Drawing, in_turn
from kz_spatial.output.layers import describe
from kz_spatial.output.map_figures import theme_map
from kz_spatial.output.outlines import light_outlines
from kz_spatial.output.plots import (
    COLUMN_WIDE,
    PAGE_WIDE,
    blank_figure,
    cluster_choice,
    co_membership,
    dendrograms,
    moran_scatter,
)
from kz_spatial.palette import SEQUENTIAL_GOOD
from kz_spatial.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from kz_spatial.output.area_terms import AreaTerms
    from kz_spatial.study import AreaStudy

__all__ = ["draw_area_figures"]

_MOST_MAPS: Final = 12
_MOST_LEAVES: Final = 60
_ACROSS: Final = 3


def _lines(study: AreaStudy, terms: AreaTerms, notice: str) -> Figure | None:
    """Each unit over the years, and the mean of the units."""
    names = list(study.years)[:_MOST_MAPS]
    if not names:
        return None
    across, down = min(len(names), _ACROSS), -(-len(names) // _ACROSS)
    wide = PAGE_WIDE if across > 1 else COLUMN_WIDE
    made = blank_figure(wide, 2.1 * down, notice=notice)
    axes = made.subplots(down, across, squeeze=False).ravel()
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(axes, names, strict=False):
        values = study.columns[name].values
        ax.plot(values.columns, values.T.to_numpy(float), color="#b0b0b0", linewidth=0.8)
        ax.plot(values.columns, values.mean(), color=SEQUENTIAL_GOOD[4], linewidth=2.2)
        ax.set_title(fill(terms.indicator(name), 28), fontsize=7.5)
        ax.set_ylabel(terms.unit(name), fontsize=7)
        ax.set_xticks(values.columns, [str(year) for year in values.columns])
        ax.tick_params(labelsize=7)
        if len(values.columns) > 4:
            ax.set_xticks(values.columns[:: -(-len(values.columns) // 4)])
        ax.yaxis.set_major_formatter(lambda value, _: number(value, terms.language))
    return made


def _statistics(study: AreaStudy, terms: AreaTerms, notice: str) -> dict[str, Drawing]:
    """Scatterplots, and what is known of the groups."""
    told: dict[str, Any] = {"terms": terms, "notice": notice}
    groups, made = study.groups, dict[str, Drawing]()
    if study.patterns and len(study.areas) <= _MOST_LEAVES:
        shown: dict[str, Any] = dict(list(study.patterns.items())[:_MOST_MAPS])
        made["moran_scatter"] = partial(moran_scatter, shown, **told)
    if groups.choice:
        made["cluster_choice"] = partial(cluster_choice, groups.choice, **told)
    best = groups.by_number.get(("typology", study.options.n_clusters))
    if groups.co_membership is not None and best is not None:
        made["co_membership"] = partial(co_membership, groups.co_membership, best, **told)
    few = groups.tree is not None and len(groups.tree.units) <= _MOST_LEAVES
    if few and groups.tree is not None and best is not None:
        made["dendrogram"] = partial(dendrograms, {"areas": groups.tree}, {"areas": best}, **told)
    return made


def draw_area_figures(
    study: AreaStudy, terms: AreaTerms, *, notice: str = ""
) -> Iterator[tuple[str, Figure]]:
    """Draw all figures of a study of units, one after the other.

    Parameters
    ----------
    study : AreaStudy
    terms : AreaTerms
    notice : str
        At the foot of every figure.

    Yields
    ------
    (str, matplotlib Figure)
        File stem and figure: values, local_moran, clusters, years, moran_scatter, cluster_choice,
        co_membership, dendrogram.
    """
    frames = area_frames(study)
    if not terms.own_units:
        grouping = terms.design.grouping
        frames = {n: light_outlines(f, grouping, printed=True)[0] for n, f in frames.items()}
    else:
        frames = {n: f.set_geometry(f.geometry.simplify(0.01)) for n, f in frames.items()}
    k = study.options.n_clusters
    layers = {each.name: each for each in describe(frames, terms=terms, notice=notice)}
    themes = tuple(study.columns)[:_MOST_MAPS]
    local = tuple(f"{name}_label" for name in study.patterns)[:_MOST_MAPS]
    groups = (f"typology_k{k}", f"regions_k{k}")
    made: dict[str, Drawing] = {
        "values": partial(theme_map, layers, units_layer(study), themes, notice),
        "local_moran": partial(theme_map, layers, "local_moran", local, notice),
        "clusters": partial(theme_map, layers, "clusters", groups, notice),
        "years": partial(_lines, study, terms, notice),
    }
    yield from in_turn(made | _statistics(study, terms, notice))
