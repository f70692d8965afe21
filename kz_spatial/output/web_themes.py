"""Themes of the web map: colours, words in every language and values, worked out beforehand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SCORE
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output.outlines import light_outlines
from kz_spatial.output.style_classes import Style, StyleClass, describe_class
from kz_spatial.palette import NO_DATA
from kz_spatial.words import integer, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from kz_spatial.output.layers import Layer

__all__ = ["Told", "light_frame", "make_theme", "make_values", "outlines", "small_units", "tell"]

# a text alike in every language of a page, or a text for each
Told = str | list[str]
_SMALL_KM2: Final = 3000


def tell(texts: Iterable[str]) -> Told:
    """A text in every language: itself where all are alike."""
    every = list(texts)
    return every[0] if len(set(every)) == 1 else every


def light_frame(layer: Layer) -> tuple[gpd.GeoDataFrame, str, str | None]:
    """The layer's frame with web-sized outlines, the name of those outlines, and its key column."""
    frame, column = light_outlines(layer.frame, layer.terms.design.grouping)
    if column is None and "unit_code" in frame:  # polygons of the user's own
        column = "unit_code"
        frame = frame.set_geometry(frame.geometry.simplify(0.01))
    if column is None:
        return frame.set_geometry(frame.geometry.simplify(0.01)), layer.name, None
    # every layer of the same units shares one set of outlines
    return frame.sort_values(column, kind="stable"), f"{column} {len(frame)}", column


def _shown(layer: Layer, value: Any) -> str:
    """A value as a reader sees it."""
    if isinstance(value, bool | np.bool_):
        return layer.terms.say("map.yes" if value else "map.no")
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


def small_units(frame: gpd.GeoDataFrame) -> list[int]:
    """Rows of cities, specks at the country's scale; none among polygons of the user's own."""
    if "unit_code" in frame:
        return []
    areas = (frame.geometry.to_crs(EQUAL_AREA_CRS).area / 1e6).tolist()
    return [i for i, km2 in enumerate(areas) if 0 < km2 < _SMALL_KM2]


def make_values(layers: Sequence[Layer], frame: gpd.GeoDataFrame) -> dict[str, list[Told]]:
    """What the cells of a layer show, by column, for those that a theme names.

    Parameters
    ----------
    layers : sequence of Layer
        One for each language of the page.
    frame : GeoDataFrame
        Its rows, in the order of the outlines.
    """
    first = layers[0]
    named = {column for style in first.styles for column in _columns(first, style)}
    return {
        column: [tell(_shown(layer, value) for layer in layers) for value in frame[column].tolist()]
        for column in frame.columns
        if column in named
    }


def _columns(layer: Layer, style: Style) -> list[str]:
    """Columns that a theme shows beside the name, its own first."""
    every = [c for c in style.tooltip if not c.startswith("name_") and c in layer.frame]
    own = [style.column] if style.column in every else []
    return [*own, *(c for c in every if c not in own)]


def _ties(layer: Layer, style: Style) -> tuple[str, str, str, str]:
    """Question, topic, level and step of a theme: those of one topic differ in the others."""
    grouping = layer.terms.design.grouping
    on = {"oblasts": LEVEL, grouping.layer: grouping.name}.get(layer.name, LEVEL)
    group = layer.entry.group
    if group == "clusters":
        kind, _, number_of = style.column.partition("_k")
        topic, _, level = kind.partition("_")
        return group, topic, level, number_of
    if group == "own":
        units = "oblast_code" in layer.frame or "unit_code" in layer.frame
        level = LEVEL if units else grouping.name if grouping.name in layer.frame else ""
        return f"own.{layer.name}", style.series or style.name, level, style.step
    if group == "indicators" and style.name.endswith("_model"):
        return "modelled", style.name.removesuffix("_model"), on, ""
    return group, style.name, on if group != "density" else "", ""


def _entry(layer: Layer, style: Style, topic: str) -> str:
    """What the list of themes calls a topic."""
    terms = layer.terms
    if layer.entry.group == "clusters":
        return terms.say(f"map.partition.{topic}")
    if layer.entry.group == "indicators" and topic in (*terms.design.by_name, SCORE):
        return terms.indicator(topic)
    if layer.entry.group == "neighbours":
        return terms.indicator(style.column.removesuffix("_label"))
    if style.series in terms.design.by_name:
        return terms.indicator(style.series)
    title = style.title.removeprefix(f"{layer.title}: ").removeprefix(f"{layer.title}, ")
    return title[:1].upper() + title[1:]


def _question(layer: Layer, key: str) -> str:
    """The heading that a topic stands under."""
    return layer.title if key.startswith("own.") else layer.terms.say(f"map.question.{key}")


def _classes(layer: Layer, style: Style) -> list[StyleClass]:
    """Classes of a theme, the last one of features that fall in none."""
    nothing = StyleClass(layer.terms.say("legend.no_value"), NO_DATA, missing=True)
    return [*style.classes, nothing]


def make_theme(
    layers: Sequence[Layer], place: int, frame: gpd.GeoDataFrame, shapes: str
) -> dict[str, Any]:
    """One style of a layer, in every language of the page.

    Parameters
    ----------
    layers : sequence of Layer
        One for each language.
    place : int
        Which of their styles.
    frame : GeoDataFrame
        Rows in the order of the outlines.
    shapes : str
        Name of the outlines.
    """
    first = layers[0]
    styles = [layer.styles[place] for layer in layers]
    style = styles[0]
    told = [_classes(layer, each) for layer, each in zip(layers, styles, strict=True)]
    classes = told[0]
    picked = [describe_class(style, value) or classes[-1] for value in frame[style.column]]
    marked = frame[style.mark_column].eq(True).tolist() if style.mark_column else []
    question, topic, level, step = _ties(first, style)
    pairs = list(zip(layers, styles, strict=True))
    records = frame.to_dict("records")
    features = [classes.index(each) for each in picked]
    # a legend keeps its own classes, and says what falls in none only where something does
    kept = {*range(len(style.classes)), *features}
    if question == "neighbours":  # its mark speaks of draws, not of an estimate's error
        marked = []
    return {
        "id": f"{first.name}.{style.name}",
        "question": question,
        "heading": tell(_question(layer, question) for layer in layers),
        "topic": topic,
        "entry": tell(_entry(layer, each, topic) for layer, each in pairs),
        "level": level,
        "step": step,
        "title": tell(each.title for each in styles),
        "note": tell(each.mark_note for each in styles),
        "layer": first.name,
        "shapes": shapes,
        "bare": style.name == "outline",
        "weight": 0.3 if question == "density" else 0.9,
        "outlined": question == "density",
        "looks": [
            {
                "colour": each.colour, "opacity": round(0.9 * each.opacity, 2),
                "hatch": each.hatch, "letter": each.letter, "kept": i in kept,
                "label": tell(one[i].label for one in told),
            }
            for i, each in enumerate(classes)
        ],
        "features": features,
        "signs": [style.sign(*each) for each in zip(picked, records, strict=True)],
        "doubtful": [i for i, each in enumerate(marked) if each],
        "columns": [
            [column, tell(layer.heading(column, each) for layer, each in pairs)]
            for column in _columns(first, style)
        ],
    }  # fmt: skip
