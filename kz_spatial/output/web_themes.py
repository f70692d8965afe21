"""Themes of the web map: colours, tooltips and legend of each style, worked out beforehand."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output.outlines import light_outlines
from kz_spatial.output.style_classes import Style, StyleClass, describe_class
from kz_spatial.palette import NO_DATA
from kz_spatial.words import integer, number

if TYPE_CHECKING:
    import geopandas as gpd

    from kz_spatial.output.layers import Layer

__all__ = ["light_frame", "make_theme", "outlines"]

_SMALL_KM2: Final = 3000


def _legend(style: Style) -> str:
    rows = []
    for each in style.classes:
        fill = each.colour
        if each.hatch:
            angles = (45, -45) if each.hatch == "cross" else (45,)
            lines = ",".join(
                f"repeating-linear-gradient({a}deg,#888 0 1px,transparent 1px 4px)" for a in angles
            )
            fill = f"{lines},{each.colour}"
        rows.append(f'<i style="background:{fill}">{escape(each.letter)}</i>{escape(each.label)}')
    if style.mark_note:
        rows.append(f"<small>{escape(style.mark_note)}</small>")
    return f"<details><summary>{escape(style.title)}</summary>{'<br>'.join(rows)}</details>"


def light_frame(layer: Layer) -> tuple[gpd.GeoDataFrame, str]:
    """The layer's frame with web-sized outlines, and the name of those outlines."""
    frame, column = light_outlines(layer.frame, layer.terms.design.grouping)
    if column is None and "unit_code" in frame:  # polygons of the user's own
        column = "unit_code"
        frame = frame.set_geometry(frame.geometry.simplify(0.01))
    if column is None:
        return frame.set_geometry(frame.geometry.simplify(0.01)), layer.name
    # every layer of the same units shares one set of outlines
    return frame.sort_values(column, kind="stable"), f"{column} {len(frame)}"


def _shown(layer: Layer, value: Any) -> str:
    """A value as the tooltip shows it."""
    if isinstance(value, str):
        word = layer.terms.stored(value)
        return value if word is None else word
    if isinstance(value, int | np.integer):
        return integer(int(value), layer.language)
    return number(value, layer.language)


def outlines(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Bare outlines, to a thousandth of a degree or so."""
    bare = frame[["geometry"]].copy()
    bare["geometry"] = bare.geometry.set_precision(0.001, mode="pointwise")
    found: dict[str, Any] = json.loads(bare.to_json(drop_id=True, show_bbox=False))
    return found


def _tip(layer: Layer, style: Style, row: dict[str, Any]) -> str:
    """Table that appears on pointing at a unit."""
    cells = (
        f"<tr><th>{escape(layer.heading(c, style))}</th>"
        f"<td>{escape(_shown(layer, row[c]))}</td></tr>"
        for c in style.tooltip
    )
    return f"<table>{''.join(cells)}</table>"


def _small(frame: gpd.GeoDataFrame) -> list[int]:
    """Rows of cities, specks at the country's scale; none among polygons of the user's own."""
    if "unit_code" in frame:
        return []
    areas = (frame.geometry.to_crs(EQUAL_AREA_CRS).area / 1e6).tolist()
    return [i for i, km2 in enumerate(areas) if 0 < km2 < _SMALL_KM2]


def make_theme(layer: Layer, style: Style, frame: gpd.GeoDataFrame, shapes: str) -> dict[str, Any]:
    """One style of a layer, its colours worked out beforehand."""
    nothing = StyleClass(layer.terms.say("legend.no_value"), NO_DATA, missing=True)
    classes = [*style.classes, nothing]
    picked = [describe_class(style, value) or nothing for value in frame[style.column]]
    inside, records = frame.geometry.representative_point(), frame.to_dict("records")
    title = style.title.removeprefix(f"{layer.title}: ").removeprefix(f"{layer.title}, ")
    return {
        "group": layer.title,
        "title": title,
        "entry": layer.terms.indicator(style.series) if style.series else title,
        "series": style.series and f"{layer.name} {style.series}",
        "step": style.step,
        "shapes": shapes,
        "bare": style.name == "outline",
        "weight": 0.3 if layer.name == "density_contours" else 0.9,
        "looks": [
            {"colour": each.colour, "opacity": round(0.9 * each.opacity, 2), "hatch": each.hatch}
            for each in classes
        ],
        "features": [classes.index(each) for each in picked],
        "signs": [escape(style.sign(*each)) for each in zip(picked, records, strict=True)],
        "tips": [_tip(layer, style, row) for row in records],
        "small": _small(frame),
        "points": [[round(p.y, 3), round(p.x, 3)] for p in inside],
        "legend": _legend(style),
    }
