"""Columns of a layer in QGIS style documents: names, words of stored keys, map tips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from pandas.api.types import is_float_dtype, is_integer_dtype, is_numeric_dtype

from kz_spatial.estimates import CONFIDENCE, CRITICAL
from kz_spatial.words import NOTHING, catalogue_of, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.output.layers import Layer
    from kz_spatial.output.style_classes import Style, StyleClass

__all__ = ["condition", "fields", "map_tip", "options", "plain_value", "stored_words", "text"]

_P_VALUES: Final = ("_p", "_p_min", "_p_fdr", "_p_bonferroni")
_TINY_P: Final = 0.001
_HIDDEN_COLUMNS: Final = ("fid",)


def options(values: Mapping[str, object]) -> str:
    """Nested settings as QGIS writes them."""
    parts = []
    for key, value in values.items():
        if isinstance(value, dict):
            parts.append(f'<Option type="Map" name={quoteattr(key)}>{options(value)}</Option>')
        else:
            kind = {bool: "bool", int: "int"}.get(type(value), "QString")
            told = str(value).lower() if isinstance(value, bool) else str(value)
            parts.append(f'<Option type="{kind}" name={quoteattr(key)} value={quoteattr(told)}/>')
    return "".join(parts)


def text(value: object) -> str:
    """A value as QGIS expressions write text."""
    return "'" + str(value).replace("'", "''") + "'"


def condition(style: Style, each: StyleClass) -> str:
    """Expression that holds for the features of a class."""
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


def stored_words(layer: Layer) -> dict[str, dict[str, str]]:
    """By column of stored keys: what a reader sees for each key."""
    found: dict[str, dict[str, str]] = {}
    for column in (c for c in layer.frame.columns if c != "geometry"):
        if is_numeric_dtype(layer.frame[column].dtype):
            continue
        words = {str(key): layer.terms.stored(key) for key in layer.frame[column].dropna().unique()}
        told = {key: word for key, word in words.items() if word is not None}
        if words and len(told) == len(words):
            found[column] = told
    for style in (*layer.styles, *layer.more_styles):
        told = {each.value: each.label for each in style.classes if isinstance(each.value, str)}
        if told:
            found[style.column] = told
    return found


def fields(layer: Layer) -> str:
    """Aliases, words for stored keys, and the order of the attribute table."""
    columns = [c for c in layer.frame.columns if c != "geometry"]
    first = [c for c in (layer.label_column,) if c in columns]
    order = [*_HIDDEN_COLUMNS, *first, *(c for c in columns if c not in first)]
    aliases = "".join(
        f'<alias index="{i}" field={quoteattr(column)} name={quoteattr(alias)}/>'
        for i, (column, alias) in enumerate(layer.aliases.items(), start=1)
    )
    widgets = ""
    for column, words in stored_words(layer).items():
        pairs = "".join(
            f'<Option type="Map">{options({label: value})}</Option>'
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


def _tip_value(layer: Layer, column: str, words: dict[str, dict[str, str]], nothing: str) -> str:
    """Expression of one value in a map tip, numbers as the layer's language writes them."""
    name = f'"{column}"'
    if column in words:
        cases = " ".join(
            f"WHEN {name} = {text(k)} THEN {text(v)}" for k, v in words[column].items()
        )
        name = f"CASE {cases} ELSE {name} END"
    elif column in layer.frame and is_float_dtype(layer.frame[column].dtype):
        shown = _number(name, 3, layer)
        tiny = text(f"&lt; {number(_TINY_P, layer.language)}")
        p = f"CASE WHEN {name} < {_TINY_P} THEN {tiny} ELSE {shown} END"
        name = p if column.endswith(_P_VALUES) else shown
    elif column in layer.frame and is_integer_dtype(layer.frame[column].dtype):
        name = _number(name, 0, layer)
    return f"COALESCE({name}, {nothing})"


def _number(name: str, places: int, layer: Layer) -> str:
    """Expression of a number with a true minus sign, thousands apart, no zeros at its end."""
    shown = f"format_number({name}, {places}, {text(catalogue_of(layer.language).locale)})"
    if places:  # QGIS 3.22 cannot leave zeros out by itself
        shown = f"regexp_replace({shown}, '[.,]?0+$', '')"
    return f"replace({shown}, '-', '−')"


def plain_value(layer: Layer, column: str) -> str:
    """Expression of one value outside of HTML, as a sheet tells it."""
    return _tip_value(layer, column, stored_words(layer), text(NOTHING)).replace("&lt;", "<")


def _reason(layer: Layer, style: Style) -> str:
    """Expression of why a feature has no value: nobody answered, or it is withheld."""
    label = next((each.label for each in style.classes if each.missing), NOTHING)
    n = f"{_indicator_of(style, layer)}_n"
    if n not in layer.frame:
        return text(label)
    return f'CASE WHEN "{n}" = 0 THEN {text(layer.terms.say("map.nobody"))} ELSE {text(label)} END'


def _indicator_of(style: Style, layer: Layer) -> str:
    """Indicator whose mean a style shows; empty where it shows something else."""
    name = style.column.removesuffix("_mean")
    known = name != style.column and name in layer.terms.design.by_name
    return name if known else ""


def _interval(layer: Layer, style: Style) -> str:
    """Row of a map tip with the interval of a mean; empty where no error is known."""
    name = _indicator_of(style, layer)
    if not name or f"{name}_se" not in layer.frame:
        return ""
    half = f'{CRITICAL} * "{name}_se"'
    whole = layer.terms.design.by_name[name].whole
    low, high = f'max(0, "{name}_mean" - {half})', f'"{name}_mean" + {half}'
    if whole is not None:
        high = f"min({whole:g}, {high})"
    pattern = layer.terms.say("format.interval", low="\t", high="\n")
    before, _, rest = pattern.partition("\t")
    between, _, after = rest.partition("\n")
    ends = (text(before), _number(low, 3, layer), text(between), _number(high, 3, layer))
    told = " || ".join((*ends, text(after)))
    known = f'"{name}_mean" IS NOT NULL AND "{name}_se" IS NOT NULL'
    heading = layer.terms.say("report.interval", share=percent(CONFIDENCE, layer.language))
    return _tip_row(heading, f"CASE WHEN {known} THEN {told} ELSE {text(NOTHING)} END")


def _tip_row(heading: str, expression: str) -> str:
    return f"<tr><td>{escape(heading)}</td><td><b>[% {expression} %]</b></td></tr>"


def map_tip(layer: Layer, style: Style) -> str:
    """Table that appears on pointing at a feature, below its name and the legend's heading."""
    words = stored_words(layer)
    title = next((c for c in style.tooltip if c == layer.label_column), None)
    head = f'<b>[% "{title}" %]</b>' if title else f"<b>{escape(layer.title)}</b>"
    rows = ""
    for column in (c for c in style.tooltip if c != title):
        nothing = _reason(layer, style) if column == style.column else text(NOTHING)
        value = _tip_value(layer, column, words, nothing)
        rows += _tip_row(layer.heading(column, style), value)
        if column == style.column:
            rows += _interval(layer, style)
    # settlements are real, whatever the firms are
    told = layer.notice if layer.name != "settlements" else ""
    foot = f"<br><i>{escape(told)}</i>" if told else ""
    head += f"<br>{escape(style.title)}"
    return f"<mapTip>{escape(f'{head}<table>{rows}</table>{foot}')}</mapTip>"
