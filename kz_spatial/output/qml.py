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

from kz_spatial.output.qml_fields import condition, fields, map_tip, options
from kz_spatial.output.qml_labels import NAMED_BELOW, labelling
from kz_spatial.palette import OUTLINE
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
# over the colour of an estimate that is not reliable; leaning otherwise than what is withheld
_DOUBT: Final = "#000000"
_DOUBT_ANGLE: Final = "135"
_HATCH_ANGLES: Final[dict[str, tuple[str, ...]]] = {
    "": (),
    "diagonal": ("45",),
    "cross": ("45", "135"),
}


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


def _lines(angle: str, colour: str) -> str:
    """Parallel lines over whatever lies below."""
    line = _symbol(
        "line",
        "@0@1",
        _symbol_layer(
            "SimpleLine",
            {
                "line_color": colour,
                "line_width": "0.18",
                "line_width_unit": "MM",
                "line_style": "solid",
            },
        ),
    )
    settings = {
        "angle": angle,
        "distance": "1.8",
        "line_width": "0.18",
        "distance_unit": "MM",
        "color": colour,
    }
    return _symbol_layer("LinePatternFill", settings, line)


def _hatch(each: StyleClass) -> str:
    return "".join(_lines(angle, _rgba(_HATCH)) for angle in _HATCH_ANGLES[each.hatch])


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


def _rule(layer: Layer, style: Style, number: int, each: StyleClass) -> str:
    late = layer.geometry == "point" and each.low == 0
    scale = f' scalemindenom="1" scalemaxdenom="{NAMED_BELOW}"' if late else ""
    return (
        f'<rule key="{{{style.name}-{number}}}" symbol="{number}"{scale} '
        f"label={quoteattr(each.label)} filter={quoteattr(condition(style, each))}/>"
    )


def _renderer(layer: Layer, style: Style) -> str:
    rules = "".join(_rule(layer, style, i, each) for i, each in enumerate(style.classes))
    symbols = "".join(_class_symbol(i, each, layer) for i, each in enumerate(style.classes))
    # a rule without symbol draws nothing and heads the legend
    title = f'<rule key="{{{style.name}-title}}" label={quoteattr(style.title)}/>'
    doubt = _is_hatched(layer, style)
    if doubt:
        symbols += _symbol("fill", "doubt", _lines(_DOUBT_ANGLE, _rgba(_DOUBT, 0.55)))
    return (
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="{{{style.name}}}">{title}{rules}{_note(layer, style, doubt=doubt)}</rules>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def _is_hatched(layer: Layer, style: Style) -> bool:
    """Whether units are hatched, as on the web map: marks of neighbours speak of draws instead."""
    if not style.mark_column or layer.entry.group == "neighbours":
        return False
    return bool(layer.frame[style.mark_column].eq(True).any())


def _note(layer: Layer, style: Style, *, doubt: bool) -> str:
    """What the mark says, and below it the hatch that tells the same."""
    if not style.mark_note:
        return ""
    inner = ""
    if doubt:
        marked = quoteattr(f'"{style.mark_column}"')
        inner = (
            f'<rule key="{{{style.name}-doubt}}" symbol="doubt" '
            f"label={quoteattr(layer.terms.say('map.hatched'))} "
            f"filter={marked}/>"
        )
    return f'<rule key="{{{style.name}-mark}}" label={quoteattr(style.mark_note)}>{inner}</rule>'


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
        f"{_temporal(layer)}{renderer}{labelling(layer, style)}{fields(layer)}"
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
