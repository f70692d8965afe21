"""QGIS style documents (QML) from layer descriptions, written by hand for QGIS 3.22 and later.

A style is a rule-based renderer whose first rule is a heading, so that the legend of a dropped-in
layer carries title and unit. Colours, classes and words come from the description; nothing is drawn
up here but hatches, labels, forms and map tips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from pandas.api.types import is_float_dtype, is_numeric_dtype

from kz_spatial.palette import MARK, OUTLINE
from kz_spatial.words import TERMS, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.output.layers import Layer, Style, StyleClass

__all__ = ["raster_style", "vector_style"]

_HEAD: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION: Final = "3.22.0"
_HATCH: Final = "#8c8c8c"
_HATCH_ANGLES: Final[dict[str, tuple[str, ...]]] = {
    "": (),
    "diagonal": ("45",),
    "cross": ("45", "135"),
}
# settlements are named below this scale, larger ones first; the smallest also wait to be drawn
_NAMED_BELOW: Final = 6_000_000
_NAME_SCALES: Final = (4_000_000, 2_500_000, 1_200_000)
_EXPRESSION: Final = 3  # QgsProperty.ExpressionBasedProperty
# names are placed on outlines simplified to half a millimetre of paper, at 111 km a degree;
# full outlines take the labelling engine seconds
_LABEL_OUTLINE: Final = "simplify($geometry, coalesce(@map_scale, 1e7) * 0.0005 / 111000)"
_CITY_DEGREES2: Final = 0.5  # the three cities are far below, the other units far above
_P_VALUES: Final = ("_p", "_p_min", "_p_fdr", "_p_bonferroni")
_HIDDEN_COLUMNS: Final = ("fid",)


def _options(values: Mapping[str, object]) -> str:
    """Nested settings as QGIS writes them."""
    parts = []
    for key, value in values.items():
        if isinstance(value, dict):
            parts.append(f'<Option type="Map" name={quoteattr(key)}>{_options(value)}</Option>')
        else:
            kind = {bool: "bool", int: "int"}.get(type(value), "QString")
            text = str(value).lower() if isinstance(value, bool) else str(value)
            parts.append(f'<Option type="{kind}" name={quoteattr(key)} value={quoteattr(text)}/>')
    return "".join(parts)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _symbol_layer(name: str, options: dict[str, str], sub: str = "") -> str:
    # QGIS before 3.26 reads <prop>, later ones <Option>
    props = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in options.items())
    return (
        f'<layer class="{name}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{_options(options)}</Option>{props}{sub}</layer>'
    )


def _symbol(kind: str, name: str, body: str) -> str:
    return (
        f'<symbol type="{kind}" name="{name}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f"{body}</symbol>"
    )


def _hatch(each: StyleClass) -> str:
    line = _symbol(
        "line",
        "@0@1",
        _symbol_layer(
            "SimpleLine",
            {
                "line_color": _rgba(_HATCH),
                "line_width": "0.18",
                "line_width_unit": "MM",
                "line_style": "solid",
            },
        ),
    )
    return "".join(
        _symbol_layer(
            "LinePatternFill",
            {
                "angle": angle,
                "distance": "1.8",
                "line_width": "0.18",
                "distance_unit": "MM",
                "color": _rgba(_HATCH),
            },
            line,
        )
        for angle in _HATCH_ANGLES[each.hatch]
    )


def _class_symbol(number: int, each: StyleClass, layer: Layer) -> str:
    if layer.geometry == "point":
        return _symbol(
            "marker",
            str(number),
            _symbol_layer(
                "SimpleMarker",
                {
                    "name": "circle",
                    "color": _rgba(each.colour, each.opacity),
                    "size": f"{each.size:g}",
                    "size_unit": "MM",
                    "outline_color": _rgba("#ffffff"),
                    "outline_width": "0.2",
                    "outline_width_unit": "MM",
                },
            ),
        )
    faint = each.opacity < 1  # bands of a surface need no borders of their own
    fill = _symbol_layer(
        "SimpleFill",
        {
            "color": _rgba(each.colour, each.opacity),
            "style": "solid",
            "outline_color": _rgba(OUTLINE, 0.35 if faint else 1.0),
            "outline_style": "solid",
            "outline_width": "0.1" if faint else "0.2",
            "outline_width_unit": "MM",
            "joinstyle": "round",
        },
    )
    return _symbol("fill", str(number), fill + _hatch(each))


def _text(value: object) -> str:
    """A value as QGIS expressions write text."""
    return "'" + str(value).replace("'", "''") + "'"


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
    return f"{column} = {_text(each.value)}"


def _rule(layer: Layer, style: Style, number: int, each: StyleClass) -> str:
    late = layer.geometry == "point" and each.low == 0
    scale = f' scalemindenom="1" scalemaxdenom="{_NAMED_BELOW}"' if late else ""
    return (
        f'<rule key="{{{style.name}-{number}}}" symbol="{number}"{scale} '
        f"label={quoteattr(each.label)} filter={quoteattr(_condition(style, each))}/>"
    )


def _renderer(layer: Layer, style: Style) -> str:
    rules = "".join(_rule(layer, style, i, each) for i, each in enumerate(style.classes))
    symbols = "".join(_class_symbol(i, each, layer) for i, each in enumerate(style.classes))
    # a rule without symbol draws nothing and heads the legend
    title = f'<rule key="{{{style.name}-title}}" label={quoteattr(style.title)}/>'
    note = (
        f'<rule key="{{{style.name}-mark}}" label={quoteattr(style.mark_note)}/>'
        if style.mark_note
        else ""
    )
    return (
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="{{{style.name}}}">{title}{rules}{note}</rules>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def _label_expression(layer: Layer, style: Style) -> str:
    """Name of a feature, with the letter or number of its class and its mark below it."""
    name = f'"{layer.label_column}"'
    cases = " ".join(
        f"WHEN {_condition(style, each)} THEN '{each.letter}'"
        for each in style.classes
        if each.letter
    )
    parts = [f"CASE {cases} ELSE '' END"] if cases else []
    if style.mark_column:
        parts.append(f"CASE WHEN \"{style.mark_column}\" THEN '{MARK}' ELSE '' END")
    if not parts:
        return name
    sign = " || ".join(parts)
    return f"{name} || CASE WHEN {sign} = '' THEN '' ELSE '\n' || {sign} END"


def _shown_places(style: Style) -> str:
    """Condition under which a place is named at the map's scale: larger ones first."""
    lows = sorted((each.low or 0.0 for each in style.classes), reverse=True)[1:]
    cases = " ".join(
        f"WHEN @map_scale > {scale} THEN {low:.12g}"
        for scale, low in zip(_NAME_SCALES, lows, strict=False)
    )
    return f'"{style.column}" >= CASE {cases} ELSE 0 END'


def _placement(layer: Layer, style: Style) -> str:
    """Where names go, at which scales, and whether: cities beside their dot or outline."""
    if layer.geometry == "point":
        place = (
            'placement="6" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR" offsetType="1" '
            'dist="0.4" priority="3"'
        )
        # in this element, unlike elsewhere, the largest denominator is called scaleMax
        seen = f'scaleVisibility="1" scaleMin="1" scaleMax="{_NAMED_BELOW}" obstacle="1"'
        rules = {"Show": _shown_places(style)}
    else:
        place = 'placement="4" dist="0.8" distUnits="MM" priority="8" centroidInside="1"'
        place += (
            ' geometryGeneratorEnabled="1" geometryGeneratorType="PolygonGeometry" '
            f"geometryGenerator={quoteattr(_LABEL_OUTLINE)}"
        )
        seen = 'scaleVisibility="0" obstacle="0"'
        small = f"CASE WHEN area($geometry) < {_CITY_DEGREES2} THEN 'force' ELSE 'no' END"
        rules = {"PolygonLabelOutside": small}
    defined: dict[str, object] = {
        "name": "",
        "type": "collection",
        "properties": {
            key: {"active": True, "expression": rule, "type": _EXPRESSION}
            for key, rule in rules.items()
        },
    }
    return (
        f'<placement {place}/><rendering {seen} displayAll="0" drawLabels="1" '
        'fontLimitPixelSize="0"/><dd_properties><Option type="Map">'
        f"{_options(defined)}</Option></dd_properties>"
    )


def _labelling(layer: Layer, style: Style) -> str:
    if layer.label_column is None:
        return ""
    # no font family: the reader's own system font has every letter of Kazakh
    return (
        '<labeling type="simple"><settings calloutType="simple"><text-style '
        f'fieldName={quoteattr(_label_expression(layer, style))} isExpression="1" '
        f'fontSize="{7 if layer.geometry == "point" else 8}" fontSizeUnit="Point" '
        'fontWeight="50" textColor="34,34,34,255" textOpacity="1" multilineHeight="0.9">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        'bufferColor="255,255,255,230" bufferOpacity="1" bufferNoFill="1"/></text-style>'
        '<text-format wrapChar="" autoWrapLength="14" useMaxLineLengthForAutoWrap="1" '
        f'multilineAlign="1"/>{_placement(layer, style)}</settings></labeling>'
    )


def _words(layer: Layer) -> dict[str, dict[str, str]]:
    """By column of stored keys: what a reader sees for each key."""
    found: dict[str, dict[str, str]] = {}
    for column in (c for c in layer.frame.columns if c != "geometry"):
        if is_numeric_dtype(layer.frame[column].dtype):
            continue
        keys = layer.frame[column].dropna().unique()
        if len(keys) and all(key in TERMS for key in keys):
            found[column] = {str(key): say(key, layer.language) for key in keys}
    for style in layer.styles:
        words = {each.value: each.label for each in style.classes if isinstance(each.value, str)}
        if words:
            found[style.column] = words
    return found


def _fields(layer: Layer) -> str:
    """Aliases, words for stored keys, and the order of the attribute table."""
    columns = [c for c in layer.frame.columns if c != "geometry"]
    first = [c for c in (layer.label_column,) if c in columns]
    order = [*_HIDDEN_COLUMNS, *first, *(c for c in columns if c not in first)]
    aliases = "".join(
        f'<alias index="{i}" field={quoteattr(column)} name={quoteattr(text)}/>'
        for i, (column, text) in enumerate(layer.aliases.items(), start=1)
    )
    widgets = ""
    for column, words in _words(layer).items():
        pairs = "".join(
            f'<Option type="Map">{_options({label: value})}</Option>'
            for value, label in words.items()
        )
        widgets += (
            f'<field name={quoteattr(column)} configurationFlags="None"><editWidget '
            'type="ValueMap"><config><Option type="Map"><Option type="List" name="map">'
            f"{pairs}</Option></Option></config></editWidget></field>"
        )
    shown = "".join(
        f'<column type="field" name={quoteattr(c)} width="-1" '
        f'hidden="{int(c in _HIDDEN_COLUMNS)}"/>'
        for c in order
    )
    return (
        f"<fieldConfiguration>{widgets}</fieldConfiguration><aliases>{aliases}</aliases>"
        f"<attributetableconfig><columns>{shown}"
        '<column type="actions" width="-1" hidden="1"/></columns></attributetableconfig>'
    )


def _tip_value(layer: Layer, column: str, words: dict[str, dict[str, str]]) -> str:
    """Expression of one value in a map tip."""
    name = f'"{column}"'
    if column in words:
        cases = " ".join(
            f"WHEN {name} = {_text(k)} THEN {_text(v)}" for k, v in words[column].items()
        )
        name = f"CASE {cases} ELSE {name} END"
    elif column in layer.frame and is_float_dtype(layer.frame[column].dtype):
        tiny = f"CASE WHEN {name} < 0.001 THEN '&lt; 0.001' ELSE round({name}, 3) END"
        name = tiny if column.endswith(_P_VALUES) else f"round({name}, 3)"
    return f"COALESCE({name}, '–')"


def _map_tip(layer: Layer, style: Style) -> str:
    words = _words(layer)
    title = next((c for c in style.tooltip if c == layer.label_column), None)
    head = f'<b>[% "{title}" %]</b>' if title else f"<b>{escape(layer.title)}</b>"
    rows = "".join(
        f"<tr><td>{escape(layer.aliases.get(c, c))}</td>"
        f"<td><b>[% {_tip_value(layer, c, words)} %]</b></td></tr>"
        for c in style.tooltip
        if c != title
    )
    # settlements are real, whatever the firms are
    told = layer.notice if layer.name != "settlements" else ""
    foot = f"<br><i>{escape(told)}</i>" if told else ""
    return f"<mapTip>{escape(f'{head}<table>{rows}</table>{foot}')}</mapTip>"


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
        A whole QML document: rule-based renderer, labels, aliases, words of stored keys, order of
        the attribute table, display expression, map tip.
    """
    shown = layer.label_column or style.column
    return (
        f'{_HEAD}<qgis version="{_VERSION}" styleCategories="AllStyleCategories" '
        f'labelsEnabled="{int(layer.label_column is not None)}" simplifyDrawingHints="1" '
        'hasScaleBasedVisibilityFlag="0" minScale="100000000" maxScale="0">'
        f"{_renderer(layer, style)}{_labelling(layer, style)}{_fields(layer)}"
        f'<previewExpression>"{shown}"</previewExpression>{_map_tip(layer, style)}'
        f"<layerOpacity>1</layerOpacity></qgis>"
    )


def raster_style(style: Style) -> str:
    """QML of a surface; cells under the lowest of its classes are left clear.

    Parameters
    ----------
    style : Style
        As `describe_surface` returns it.
    """
    classes = style.classes
    lowest, highest = (classes[0].low, classes[-1].low) if classes else (0.0, 1.0)
    # a class of QGIS is named by its upper limit, and holds it
    items = "".join(
        f'<item value="{"inf" if each.high is None or np.isinf(each.high) else f"{each.high:.9g}"}"'
        f' color="{each.colour}" alpha="255" label={quoteattr(each.label)}/>'
        for each in classes
    )
    if classes and not classes[-1].last:
        items = (
            f'<item value="{lowest:.9g}" color="#ffffff" alpha="0" '
            f"label={quoteattr(f'< {lowest:g}')}/>"
        ) + items
    opacity = classes[0].opacity if classes else 1.0
    return (
        f'{_HEAD}<qgis version="{_VERSION}" styleCategories="AllStyleCategories"><pipe>'
        f'<rasterrenderer type="singlebandpseudocolor" band="1" opacity="{opacity:g}" '
        f'alphaBand="-1" classificationMin="{lowest:g}" classificationMax="{highest:g}">'
        "<rasterTransparency/><rastershader>"
        '<colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0" '
        f'minimumValue="{lowest:g}" maximumValue="{highest:g}">{items}</colorrampshader>'
        "</rastershader></rasterrenderer></pipe></qgis>"
    )
