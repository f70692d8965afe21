"""Names on maps in QGIS style documents: what is written, where, and at which scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from kz_spatial.output.qml_fields import condition, options, text
from kz_spatial.palette import MARK
from kz_spatial.study import layer_entries

if TYPE_CHECKING:
    from kz_spatial.output.layers import Layer
    from kz_spatial.output.style_classes import Style

__all__ = ["NAMED_BELOW", "labelling"]

# settlements are named below this scale, larger ones first; the smallest also wait to be drawn
NAMED_BELOW: Final = 6_000_000
_NAME_SCALES: Final = (4_000_000, 2_500_000, 1_200_000)
_EXPRESSION: Final = 3  # QgsProperty.ExpressionBasedProperty
# names are placed on outlines simplified to half a millimetre of paper, at 111 km a degree;
# full outlines take the labelling engine seconds
_LABEL_OUTLINE: Final = "simplify($geometry, coalesce(@map_scale, 1e7) * 0.0005 / 111000)"
_CITY_DEGREES2: Final = 0.5  # the three cities are far below, the other units far above


def _label_expression(layer: Layer, style: Style) -> str:
    """Name of a feature, with the letter or number of its class and its mark below it."""
    name = f'"{layer.label_column}"'
    cases = " ".join(
        f"WHEN {condition(style, each)} THEN '{each.letter}'"
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


def _topmost(layer: Layer) -> str:
    """Condition under which a layer writes names: none of its kind lies above it.

    QGIS begins an id with the layer's name, which is that of its table where a GeoPackage was
    dragged in, with the name of the file before it or not.
    """
    terms = layer.terms
    entries = layer_entries(terms.design.grouping, terms.own)
    names = "|".join(each.name for each in entries if each.group not in ("places", "density"))
    above = "array_slice(@map_layer_ids, 0, array_find(@map_layer_ids, @layer_id) - 1)"
    kind = text(f"(^|,)(kz_spatial_+)?({names})_")
    return (
        "coalesce(array_find(@map_layer_ids, @layer_id), 0) < 1 "
        f"OR regexp_match(array_to_string({above}), {kind}) = 0"
    )


def _placement(layer: Layer, style: Style) -> str:
    """Where names go, at which scales, and whether: cities beside their dot or outline."""
    if layer.geometry == "point":
        place = (
            'placement="6" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR" offsetType="1" '
            'dist="0.4" priority="3"'
        )
        # in this element, unlike elsewhere, the largest denominator is called scaleMax
        seen = f'scaleVisibility="1" scaleMin="1" scaleMax="{NAMED_BELOW}" obstacle="1"'
        rules = {"Show": _shown_places(style)}
    else:
        place = 'placement="4" dist="0.8" distUnits="MM" priority="8" centroidInside="1"'
        place += (
            ' geometryGeneratorEnabled="1" geometryGeneratorType="PolygonGeometry" '
            f"geometryGenerator={quoteattr(_LABEL_OUTLINE)}"
        )
        seen = 'scaleVisibility="0" obstacle="0"'
        rules = {"Show": _topmost(layer)}
        if "unit_code" not in layer.frame:  # polygons of one's own may all be as small as a city
            small = f"CASE WHEN area($geometry) < {_CITY_DEGREES2} THEN 'force' ELSE 'no' END"
            rules["PolygonLabelOutside"] = small
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


def labelling(layer: Layer, style: Style) -> str:
    """Names of features; empty for a layer without any."""
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
