"""Maps in figures: areas in the colours of their styles, and surfaces."""

from __future__ import annotations

from dataclasses import replace
from textwrap import fill
from typing import TYPE_CHECKING, Final

from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output.plots import COLUMN_WIDE, PAGE_WIDE, blank_figure, notice_room
from kz_spatial.output.style_classes import Style, StyleClass, describe_class
from kz_spatial.output.ticks import number_formatter
from kz_spatial.palette import NO_DATA, OUTLINE
from kz_spatial.words import number

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kz_spatial.output.layers import Layer
    from kz_spatial.output.terms import Terms
    from kz_spatial.surfaces import DensitySurface

__all__ = ["surface_map", "theme_map"]

_INK: Final = "#333333"
_SMALL_KM2: Final = 3000
_MAP_HIGH: Final = 1.95  # inches
# letters that let two entries of a legend stand in a row a column wide
_SHORT_LABEL: Final = 24
_LEGEND_ROW: Final = 0.15  # inches
_HATCH: Final = {"": "", "diagonal": "////", "cross": "xxxx"}


def _draw_map(ax: Axes, layer: Layer, style: Style, *, legend: bool = True) -> None:
    """Areas in the colours, hatches and letters of a style."""
    frame = layer.frame.to_crs(EQUAL_AREA_CRS)
    picked = [describe_class(style, value) for value in frame[style.column]]
    for entry in style.classes:
        members = frame[[p is entry for p in picked]]
        if len(members):
            members.plot(
                ax=ax,
                color=entry.colour,
                edgecolor=OUTLINE,
                linewidth=0.4,
                hatch=_HATCH[entry.hatch] or None,
                alpha=entry.opacity,
            )
    left = frame[[p is None for p in picked]]
    if len(left):
        left.plot(ax=ax, color=NO_DATA, edgecolor=OUTLINE, linewidth=0.4)
    _draw_signs(ax, frame, picked, style)
    if legend:
        _draw_legend(ax, style)
    if style.mark_note:
        ax.text(0.0, 1.0, style.mark_note, transform=ax.transAxes, va="top", fontsize=7, color=_INK)
    ax.set_title(fill(style.title, 44))
    ax.set_axis_off()
    ax.set_aspect("equal")


def _draw_signs(
    ax: Axes, frame: gpd.GeoDataFrame, picked: list[StyleClass | None], style: Style
) -> None:
    """Discs of cities, and the letter and mark of each area."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=1.8, foreground="white")]
    inside, area = frame.geometry.representative_point(), frame.geometry.area / 1e6
    rows = frame.to_dict("records")
    for each, point, km2, row in zip(picked, inside, area, rows, strict=True):
        # a city is a speck at this scale: give it a disc
        if each and km2 < _SMALL_KM2 and "unit_code" not in frame:
            ax.scatter(
                point.x,
                point.y,
                s=70,
                color=each.colour,
                edgecolor=OUTLINE,
                linewidth=0.5,
                hatch=_HATCH[each.hatch] or None,
                zorder=3,
            )
        if sign := style.sign(each, row):
            ax.annotate(
                sign,
                (point.x, point.y),
                ha="center",
                va="center",
                fontsize=7,
                weight="bold",
                color=_INK,
                zorder=4,
                path_effects=halo,
            )


def _told(entry: StyleClass) -> str:
    """A class in a legend: its label, and its letter where the label lacks it."""
    return entry.label if entry.letter in entry.label else f"{entry.label} ({entry.letter})"


def _legend_columns(style: Style) -> int:
    """How many entries of a legend stand side by side below a map."""
    longest = max(len(_told(each)) for each in style.classes)
    return 3 if longest <= _SHORT_LABEL / 2 else 2 if longest <= _SHORT_LABEL else 1


def _draw_legend(ax: Axes, style: Style) -> None:
    """Classes below a map, in two or three columns."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=c.colour, edgecolor=OUTLINE, hatch=_HATCH[c.hatch], label=_told(c))
        for c in style.classes
    ]
    ax.legend(
        handles=handles,
        loc="upper center",
        fontsize=7,
        frameon=False,
        ncols=_legend_columns(style),
        bbox_to_anchor=(0.5, 0.02),
        columnspacing=1.2,
        handlelength=1.6,
        labelspacing=0.35,
    )


def theme_map(
    layers: dict[str, Layer], name: str, columns: tuple[str, ...], notice: str
) -> Figure | None:
    """One map per style of a layer, side by side."""
    if name not in layers:
        return None
    # projected once, not for every map
    layer = replace(layers[name], frame=layers[name].frame.to_crs(EQUAL_AREA_CRS))
    styles = [each for each in layer.styles if not columns or each.name in columns]
    if not styles:
        return None
    across = min(len(styles), 2)
    down = -(-len(styles) // across)
    whole = PAGE_WIDE if across > 1 else COLUMN_WIDE
    width, foot = whole / across, notice_room(notice, whole)
    # fixed places in inches: a title above each map, rows of legend below
    rows = max(-(-len(each.classes) // _legend_columns(each)) for each in styles)
    room = _LEGEND_ROW * rows + 0.12
    height = _MAP_HIGH + room + 0.45
    made = blank_figure(whole, height * down + foot, notice=notice, layout=None)
    size = made.get_size_inches()
    for i, style in enumerate(styles):
        left = width * (i % across) + 0.05
        bottom = foot + height * (down - 1 - i // across) + room
        ax = made.add_axes(
            (left / size[0], bottom / size[1], (width - 0.1) / size[0], _MAP_HIGH / size[1])
        )
        _draw_map(ax, layer, style)
    return made


def surface_map(
    surface: DensitySurface, areas: gpd.GeoDataFrame, title: str, terms: Terms, notice: str
) -> Figure:
    """A surface with a bar of its colours and the outlines of areas."""
    made = blank_figure(PAGE_WIDE, 4.2, notice=notice)
    ax = made.subplots()
    t, (rows, columns) = surface.transform, surface.values.shape
    extent = (t.c, t.c + t.a * columns, t.f + t.e * rows, t.f)
    image = ax.imshow(surface.values, extent=extent, cmap="YlGnBu", interpolation="nearest")
    areas.to_crs(EQUAL_AREA_CRS).boundary.plot(ax=ax, color=OUTLINE, linewidth=0.4)
    made.colorbar(image, ax=ax, shrink=0.7, label=title, format=number_formatter(terms.language))
    width = number(surface.bandwidth_m / 1000, terms.language)
    ax.set_title(f"{title} (h = {width} {terms.say('map.kilometres')})")
    ax.set_axis_off()
    return made
