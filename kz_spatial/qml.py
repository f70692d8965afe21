"""QGIS style documents (QML) from layer descriptions, written by hand for QGIS 3.22 and later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from kz_spatial.palette import OUTLINE, SEQUENTIAL_GOOD
from kz_spatial.palette import nice_breaks as _nice_breaks

if TYPE_CHECKING:
    from kz_spatial.density import DensitySurface
    from kz_spatial.layers import Layer, Style, StyleClass

__all__ = ["raster_style", "vector_style"]

_HEAD: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION: Final = "3.22.0"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _layer(name: str, options: dict[str, str], sub: str = "") -> str:
    entries = "".join(
        f'<Option type="QString" name={quoteattr(k)} value={quoteattr(v)}/>'
        for k, v in options.items()
    )
    # QGIS before 3.26 reads <prop>, later ones <Option>
    props = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in options.items())
    return (f'<layer class="{name}" enabled="1" locked="0" pass="0">'
            f'<Option type="Map">{entries}</Option>{props}{sub}</layer>')  # fmt: skip


def _hatch(each: StyleClass) -> str:
    if not each.hatch:
        return ""
    line = ('<symbol type="line" name="@0@1" alpha="1" clip_to_extent="1" force_rhr="0">'
            + _layer("SimpleLine", {"line_color": _rgba("#8c8c8c"), "line_width": "0.18",
                                    "line_width_unit": "MM", "line_style": "solid"})
            + "</symbol>")  # fmt: skip
    angles = ("45", "135") if each.hatch == "cross" else ("45",)
    return "".join(
        _layer("LinePatternFill", {"angle": angle, "distance": "1.8", "distance_unit": "MM",
                                   "color": _rgba("#8c8c8c"), "line_width": "0.18"}, line)
        for angle in angles
    )  # fmt: skip


def _symbol(number: int, each: StyleClass, geometry: str) -> str:
    if geometry == "point":
        body = _layer("SimpleMarker", {
            "name": "circle", "color": _rgba(each.colour, each.opacity), "size": f"{each.size:g}",
            "size_unit": "MM", "outline_color": _rgba("#ffffff"), "outline_width": "0.2",
            "outline_width_unit": "MM",
        })  # fmt: skip
        kind = "marker"
    else:
        body = _layer("SimpleFill", {
            "color": _rgba(each.colour, each.opacity), "style": "solid",
            "outline_color": _rgba(OUTLINE), "outline_style": "solid", "outline_width": "0.2",
            "outline_width_unit": "MM", "joinstyle": "round",
        }) + _hatch(each)  # fmt: skip
        kind = "fill"
    return (f'<symbol type="{kind}" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
            f"{body}</symbol>")  # fmt: skip


def _condition(style: Style, each: StyleClass) -> str:
    column = f'"{style.column}"'
    if each.missing:
        return f"{column} IS NULL"
    if each.low is not None and each.high is not None:
        if np.isinf(each.high):
            return f"{column} >= {each.low:.12g}"
        sign = "<=" if each.last else "<"
        return f"{column} >= {each.low:.12g} AND {column} {sign} {each.high:.12g}"
    if isinstance(each.value, int):
        return f"{column} = {each.value}"
    return f"{column} = '{each.value}'"


def _renderer(layer: Layer, style: Style) -> str:
    rules = "".join(
        f'<rule key="{{{style.name}-{i}}}" symbol="{i}" label={quoteattr(each.label)} '
        f"filter={quoteattr(_condition(style, each))}/>"
        for i, each in enumerate(style.classes)
    )
    symbols = "".join(_symbol(i, each, layer.geometry) for i, each in enumerate(style.classes))
    return ('<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
            f'<rules key="{{{style.name}}}">{rules}</rules><symbols>{symbols}</symbols>'
            "</renderer-v2>")  # fmt: skip


def _label_expression(layer: Layer, style: Style) -> str:
    name = f'"{layer.label_column}"'
    letters = [(c.value, c.letter) for c in style.classes if c.letter and isinstance(c.value, str)]
    if not letters:
        return name
    cases = " ".join(f"WHEN \"{style.column}\" = '{v}' THEN '\n{letter}'" for v, letter in letters)
    return f"{name} || CASE {cases} ELSE '' END"


def _labelling(layer: Layer, style: Style) -> str:
    if layer.label_column is None:
        return ""
    cities = layer.geometry == "point"
    size = "7" if cities else "8"
    scale = 'scaleVisibility="1" scaleMin="6000000" scaleMax="1"' if cities else (
        'scaleVisibility="0" scaleMin="0" scaleMax="0"'
    )  # fmt: skip
    placement = (
        'placement="6" dist="0.6" priority="4"' if cities
        else 'placement="1" dist="0" priority="8" centroidInside="1" centroidWhole="0"'
    )  # fmt: skip
    return (
        '<labeling type="simple"><settings calloutType="simple"><text-style '
        f'fieldName={quoteattr(_label_expression(layer, style))} isExpression="1" '
        f'fontFamily="DejaVu Sans" fontSize="{size}" fontSizeUnit="Point" fontWeight="50" '
        'textColor="34,34,34,255" textOpacity="1" multilineHeight="0.9">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        'bufferColor="255,255,255,230" bufferOpacity="1" bufferNoFill="1"/></text-style>'
        '<text-format wrapChar="" autoWrapLength="16" useMaxLineLengthForAutoWrap="1" '
        'multilineAlign="1"/>'
        f'<placement {placement}/><rendering {scale} obstacle="1" displayAll="0" drawLabels="1" '
        'fontLimitPixelSize="0"/></settings></labeling>'
    )


def _map_tip(layer: Layer, style: Style) -> str:
    rows = "".join(
        f"<tr><td>{escape(layer.aliases.get(c, c))}</td><td><b>[% COALESCE(\"{c}\", '–') %]</b></td>"
        "</tr>"
        for c in style.tooltip
    )
    return f"<mapTip>{escape(f'<table>{rows}</table>')}</mapTip>"


def vector_style(layer: Layer, style: Style) -> str:
    """QML of one style of a layer.

    Parameters
    ----------
    layer : Layer
    style : Style
        One of the layer's.

    Returns
    -------
    str
        A whole QML document: rule-based renderer, labels, aliases, display expression, map tip.
    """
    aliases = "".join(
        f'<alias index="{i}" field={quoteattr(column)} name={quoteattr(text)}/>'
        for i, (column, text) in enumerate(layer.aliases.items(), start=1)
    )
    shown = layer.label_column or style.column
    return (
        f'{_HEAD}<qgis version="{_VERSION}" styleCategories="AllStyleCategories" '
        f'labelsEnabled="{int(layer.label_column is not None)}" simplifyDrawingHints="1" '
        'hasScaleBasedVisibilityFlag="0" minScale="100000000" maxScale="0">'
        f"{_renderer(layer, style)}{_labelling(layer, style)}<aliases>{aliases}</aliases>"
        f'<previewExpression>"{shown}"</previewExpression>{_map_tip(layer, style)}'
        f"<layerOpacity>1</layerOpacity></qgis>"
    )


def raster_style(surface: DensitySurface) -> str:
    """QML of a density surface: classes of colour with transparent gaps."""
    values = surface.values[np.isfinite(surface.values)].astype(float)
    limits = _nice_breaks(values[values > 0].tolist())
    top = len(limits) - 2
    items = "".join(
        f'<item value="{high:.9g}" color="{SEQUENTIAL_GOOD[round(i * 4 / max(top, 1))]}" '
        f'alpha="255" label="{low:g} – {high:g}"/>'
        for i, (low, high) in enumerate(zip(limits, limits[1:], strict=False))
    )
    low, high = (limits[0], limits[-1]) if limits else (0, 1)
    return (
        f'{_HEAD}<qgis version="{_VERSION}" styleCategories="AllStyleCategories"><pipe>'
        '<rasterrenderer type="singlebandpseudocolor" band="1" opacity="0.85" alphaBand="-1" '
        f'classificationMin="{low:g}" classificationMax="{high:g}">'
        "<rasterTransparency/><rastershader>"
        '<colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0" '
        f'minimumValue="{low:g}" maximumValue="{high:g}">{items}</colorrampshader>'
        "</rastershader></rasterrenderer></pipe></qgis>"
    )
