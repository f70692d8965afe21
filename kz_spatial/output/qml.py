"""QGIS style documents (QML) from layer descriptions, written by hand for QGIS 3.22 and later.

A style is a rule-based renderer whose first rule is a heading, so that the legend of a dropped-in
layer carries title and unit. Colours, classes and words come from the description; nothing is drawn
up here but hatches, labels, forms and map tips.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

import numpy as np

from kz_spatial.output.qml_fields import fields, map_tip, options, text
from kz_spatial.palette import MARK, OUTLINE
from kz_spatial.words import span

if TYPE_CHECKING:
    from kz_spatial.options import Language
    from kz_spatial.output.layers import Layer
    from kz_spatial.output.style_classes import Style, StyleClass

__all__ = ["bare_style", "outline_style", "raster_style", "vector_style"]

_HEAD: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION: Final = "3.22.0"
_HATCH: Final = "#8c8c8c"
_OUTLINE_ALONE: Final = "#787878"
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


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _symbol_layer(name: str, settings: dict[str, str], sub: str = "") -> str:
    # QGIS before 3.26 reads <prop>, later ones <Option>
    props = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in settings.items())
    return (
        f'<layer class="{name}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{options(settings)}</Option>{props}{sub}</layer>'
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
    return f"{column} = {text(each.value)}"


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
        f"{options(defined)}</Option></dd_properties>"
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


def _temporal(layer: Layer) -> str:
    """Rows that hold from one day to another, for QGIS's temporal controller."""
    if not {"valid_from", "valid_to"} <= set(layer.frame.columns):
        return ""
    return (
        '<temporal enabled="1" mode="2" startField="valid_from" endField="valid_to" '
        'startExpression="" endExpression="" durationField="" durationUnit="min" '
        'fixedDuration="0" accumulate="0" limitMode="0"><fixedRange><start></start><end></end>'
        "</fixedRange></temporal>"
    )


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
    return _document(layer, style, _renderer(layer, style))


def _document(layer: Layer, style: Style, renderer: str) -> str:
    shown = layer.label_column or style.column
    return (
        f'{_HEAD}<qgis version="{_VERSION}" styleCategories="AllStyleCategories" '
        f'labelsEnabled="{int(layer.label_column is not None)}" simplifyDrawingHints="1" '
        'hasScaleBasedVisibilityFlag="0" minScale="100000000" maxScale="0">'
        f"{_temporal(layer)}{renderer}{_labelling(layer, style)}{fields(layer)}"
        f'<previewExpression>"{shown}"</previewExpression>{map_tip(layer, style)}'
        f"<layerOpacity>1</layerOpacity></qgis>"
    )


def outline_style(layer: Layer) -> str:
    """QML of a layer's lines and names alone, to lie on densities.

    Parameters
    ----------
    layer : Layer
        Of polygons.
    """
    plain = replace(layer.styles[0], classes=(), mark_column="", mark_note="")
    line = {
        "style": "no",
        "outline_color": _rgba(_OUTLINE_ALONE),
        "outline_style": "solid",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
    }
    symbol = _symbol("fill", "0", _symbol_layer("SimpleFill", line))
    renderer = (
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<symbols>{symbol}</symbols></renderer-v2>"
    )
    return _document(layer, plain, renderer)


def bare_style(document: str) -> tuple[str, str]:
    """Take a style document apart, to stand in a project.

    Parameters
    ----------
    document : str
        As the other functions give it.

    Returns
    -------
    tuple of str
        Attributes of its root as text, and what stands in the root.
    """
    attributes, _, body = document.removeprefix(f"{_HEAD}<qgis ").partition(">")
    return attributes, body.removesuffix("</qgis>")


def raster_style(style: Style, *, language: Language = "en") -> str:
    """QML of a surface; cells under the lowest of its classes are left clear.

    Parameters
    ----------
    style : Style
        As `describe_surface` returns it.
    language : str
        Of its legend.
    """
    classes = style.classes
    lowest, highest = (classes[0].low or 0.0, classes[-1].low) if classes else (0.0, 1.0)
    # a class of QGIS is named by its upper limit, and holds it
    items = "".join(
        f'<item value="{"inf" if each.high is None or np.isinf(each.high) else f"{each.high:.9g}"}"'
        f' color="{each.colour}" alpha="255" label={quoteattr(each.label)}/>'
        for each in classes
    )
    if classes and not classes[-1].last:
        items = (
            f'<item value="{lowest:.9g}" color="#ffffff" alpha="0" '
            f"label={quoteattr(span(-np.inf, lowest, language))}/>"
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
