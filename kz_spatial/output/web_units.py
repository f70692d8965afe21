"""Units of the web map: their names, and the card of each with its figures and their doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SCORE
from kz_spatial.estimates import interval_ends
from kz_spatial.neighbours import contiguity
from kz_spatial.output.style_classes import describe_class
from kz_spatial.output.styles import main_partitions
from kz_spatial.output.web_themes import Told, small_units, tell
from kz_spatial.words import integer, interval, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from kz_spatial.output.layers import Layer

__all__ = ["make_cards", "make_indicators", "make_units"]

_DIGITS: Final = 5
# a card's figures beside an indicator's own
_MODEL: Final = ("model", "model_low", "model_high")


def make_units(layers: Sequence[Layer], frame: gpd.GeoDataFrame, key: str) -> dict[str, Any]:
    """Codes, names and places of the units of some outlines.

    Parameters
    ----------
    layers : sequence of Layer
        One for each language.
    frame : GeoDataFrame
        Rows in the order of the outlines.
    key : str
        Column of their codes.
    """
    inside = frame.geometry.representative_point()
    codes = [str(each) for each in frame[key]]
    places = {code: i for i, code in enumerate(str(each) for each in layers[0].frame[key])}
    named = [
        layer.frame[layer.label_column].tolist() if layer.label_column else list(places)
        for layer in layers
    ]
    return {
        "level": LEVEL if key in ("oblast_code", "unit_code") else key,
        "codes": codes,
        "names": [tell(str(names[places[code]]) for names in named) for code in codes],
        "points": [[round(p.y, 3), round(p.x, 3)] for p in inside],
        "small": small_units(frame),
    }


def _known(*values: Any) -> bool:
    return all(isinstance(v, int | float | np.number) and np.isfinite(v) for v in values)


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def make_indicators(layers: Sequence[Layer], national: Mapping[str, float]) -> list[dict[str, Any]]:
    """Indicators of a study: names, units and national figures.

    Parameters
    ----------
    layers : sequence of Layer
        Any layer of the study, one for each language.
    national : mapping of float
        By indicator; NaN where it may not be told.
    """
    found = []
    for name in layers[0].terms.design.by_name:
        row: dict[str, Any] = {
            "key": name,
            "name": tell(layer.terms.indicator(name) for layer in layers),
            "unit": tell(layer.terms.unit(name) for layer in layers),
        }
        if _known(figure := national.get(name, np.nan)):
            row["national"] = _rounded(figure)
            row["told"] = tell(number(figure, layer.language) for layer in layers)
        found.append(row)
    return found


def _figure(
    layers: Sequence[Layer], mean: float, low: float = np.nan, high: float = np.nan
) -> dict[str, Any]:
    """A figure with its interval, as a bar needs it and as a reader sees it."""
    found: dict[str, Any] = {
        "mean": _rounded(mean), "told": tell(number(mean, layer.language) for layer in layers)
    }  # fmt: skip
    if _known(low, high):
        found["low"], found["high"] = _rounded(low), _rounded(high)
        found["range"] = tell(interval(low, high, layer.language) for layer in layers)
    return found


def _why(layers: Sequence[Layer], n: Any) -> Told:
    """Why a unit has no figure."""
    nobody = _known(n) and n == 0
    return tell(
        layer.terms.say("map.nobody") if nobody else layer.terms.class_word("suppressed")
        for layer in layers
    )


def _indicator(layers: Sequence[Layer], row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One indicator on a card."""
    whole = layers[0].terms.design.by_name[name].whole
    mean, error = row[f"{name}_mean"], row.get(f"{name}_se", np.nan)
    found: dict[str, Any] = {}
    if _known(n := row.get(f"{name}_n", np.nan)):
        found["n"] = tell(integer(n, layer.language) for layer in layers)
    if _known(mean):
        ends = interval_ends(mean, error if _known(error) else np.nan, share_of=whole)
        found["own"] = _figure(layers, mean, *ends)
        found["poor"] = row.get(f"{name}_poor") in (True, 1)
    else:
        found["why"] = _why(layers, n)
    modelled = [row.get(f"{name}_{part}", np.nan) for part in _MODEL]
    if _known(*modelled):
        found["model"] = _figure(layers, *modelled)
    return found


def _score(layers: Sequence[Layer], row: Mapping[str, Any]) -> dict[str, Any]:
    """The score of a unit and its place, with the doubt of both."""
    found: dict[str, Any] = {}
    if _known(score := row.get(SCORE, np.nan)):
        found["score"] = tell(number(score, layer.language) for layer in layers)
    for part in ("rank", "rank_low", "rank_high"):
        if _known(value := row.get(part, np.nan)):
            found[part] = int(value)
    if _known(n := row.get("n_firms", np.nan)):
        found["n"] = tell(integer(n, layer.language) for layer in layers)
    return found


def _classes_of(layers: Sequence[Layer], key: str) -> dict[str, list[list[Told]]]:
    """By code: titles of a layer's themes, and the class of the unit in each."""
    found: dict[str, list[list[Told]]] = {}
    first = layers[0]
    asked_for = main_partitions(first.terms.design.grouping.name)
    for place, style in enumerate(first.styles):
        if first.entry.group == "clusters" and style.name not in asked_for:
            continue
        # groups of finer units than those asked for are no one's class
        if (first.frame.groupby(key)[style.column].nunique() > 1).any():
            continue
        title = tell(layer.styles[place].title for layer in layers)
        for code, value in zip(first.frame[key], first.frame[style.column], strict=True):
            held = describe_class(style, value)
            if held is None:
                continue
            at = style.classes.index(held)
            label = tell(layer.styles[place].classes[at].label for layer in layers)
            if [title, label] not in (told := found.setdefault(str(code), [])):
                told.append([title, label])
    return found


def make_cards(
    layers: Sequence[Layer], frame: gpd.GeoDataFrame, key: str, others: Sequence[Sequence[Layer]]
) -> dict[str, dict[str, Any]]:
    """Cards of the units of a layer of indicators, by code.

    Parameters
    ----------
    layers : sequence of Layer
        That layer, one for each language.
    frame : GeoDataFrame
        Its rows with light outlines.
    key : str
        Column of their codes.
    others : sequence of sequence of Layer
        Layers of groups and of local statistics, each in every language.
    """
    names = [n for n in layers[0].terms.design.by_name if f"{n}_mean" in frame]
    graph = contiguity(frame.set_index(key, drop=False))
    adjacency = graph.adjacency
    more = [_classes_of(each, key) for each in others if key in each[0].frame]
    cards = {}
    for row in frame.to_dict("records"):
        code = row[key]
        near = adjacency[code]
        cards[str(code)] = {
            **_score(layers, row),
            "figures": [_indicator(layers, row, name) for name in names],
            "near": [str(each) for each in near[near > 0].index if each != code],
            "classes": [pair for each in more for pair in each.get(str(code), [])],
        }
    return cards
