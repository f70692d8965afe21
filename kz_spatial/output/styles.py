"""Styles: the classes, colours and legends of each layer, once for Folium, QGIS and figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SCORE
from kz_spatial.estimates import CONFIDENCE, CV_LIMIT, WIDTH_LIMIT
from kz_spatial.output.style_classes import Hatch, Style, StyleClass
from kz_spatial.output.surface_styles import contour_style
from kz_spatial.output.terms import Terms
from kz_spatial.palette import (
    CLUSTER_COLOURS,
    LISA_COLOURS,
    LISA_LETTERS,
    MARK,
    NO_DATA,
    SEQUENTIAL_BAD,
    SEQUENTIAL_GOOD,
    SPOT_COLOURS,
    SPOT_LETTERS,
    nice_breaks,
)
from kz_spatial.words import integer, percent, span

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from kz_spatial.study import LayerEntry, OwnLayer, Theme

__all__ = ["main_partitions", "make_styles", "score_of", "spot_styles"]

_IN_DOUBT: Final = 0.1  # share of draws with another class, as `resampled_moran` has it
_POPULATION_CLASSES: Final = (
    (1_000_000, np.inf, 5.0),
    (300_000, 1_000_000, 4.0),
    (100_000, 300_000, 3.0),
    (30_000, 100_000, 2.2),
    (-np.inf, 30_000, 1.4),
)


def _missing(terms: Terms) -> StyleClass:
    """Class of the units whose value is withheld."""
    label = terms.class_word("suppressed")
    return StyleClass(label, NO_DATA, missing=True, hatch="diagonal")


def _ranges(
    known: pd.Series[Any],
    terms: Terms,
    *,
    bad: bool,
    limits: tuple[float, ...] = (),
    errors: pd.Series[Any] | None = None,
) -> tuple[StyleClass, ...]:
    """Classes of a number by given limits or by quantiles, from light to dark.

    Where errors are known no class is narrower than the middle one of them.
    """
    error = 0.0 if errors is None else float(np.nan_to_num(errors.astype(float).median()))
    breaks = list(limits) or nice_breaks(known.tolist(), narrowest=error)
    ramp = SEQUENTIAL_BAD if bad else SEQUENTIAL_GOOD
    n = max(len(breaks) - 1, 0)
    picked = [ramp[round(i * (len(ramp) - 1) / max(n - 1, 1))] for i in range(n)]
    return tuple(
        StyleClass(
            span(low, high, terms.language, closed=i == n - 1),
            colour,
            low=low,
            high=high,
            last=i == n - 1,
        )
        for i, ((low, high), colour) in enumerate(zip(pairwise(breaks), picked, strict=True))
    )


def _poor_note(name: str, terms: Terms) -> str:
    """What the mark of an estimate that is not reliable says."""
    if terms.design.by_name[name].whole is None:
        return terms.say(
            "legend.poor_amount", mark=MARK, share=percent(CV_LIMIT, terms.language, digits=1)
        )
    level = percent(CONFIDENCE, terms.language)
    points = integer(100 * WIDTH_LIMIT, terms.language)
    return terms.say("legend.poor_share", mark=MARK, points=points, level=level)


def _modelled(frame: gpd.GeoDataFrame, name: str, terms: Terms) -> Style:
    """Small-area estimates of an indicator."""
    column = f"{name}_model"
    each = terms.design.by_name[name]
    parts = ("", "_se", "_low", "_high", "_precision", "_basis")
    tooltip = (f"name_{terms.language}", *(column + part for part in parts), f"{name}_mean")
    return Style(
        column,
        terms.say("legend.modelled", name=terms.titled(name)),
        column,
        "graduated",
        _ranges(
            frame[column].astype(float),
            terms,
            bad=each.direction < 0,
            errors=frame.get(f"{column}_se"),
        ),
        tuple(c for c in tooltip if c in frame),
        f"{column}_poor",
        _poor_note(name, terms),
    )


def _graduated(frame: gpd.GeoDataFrame, column: str, name: str, terms: Terms) -> Style:
    known = frame[column].astype(float)
    each = terms.design.by_name.get(name)
    errors = frame.get("score_se" if name == SCORE else f"{name}_se")
    classes = _ranges(known, terms, bad=each is not None and each.direction < 0, errors=errors)
    if known.isna().any() and name == SCORE:
        nothing = terms.say("legend.no_value")
        classes = (*classes, StyleClass(nothing, NO_DATA, missing=True, hatch="diagonal"))
    elif known.isna().any():
        classes = (*classes, _missing(terms))
    tooltip = tuple(
        c
        for c in (
            *(f"name_{terms.language}", column, f"{name}_se", f"{name}_n", f"{name}_precision"),
            *(("score_se",) if name == SCORE else ()),
            *("n_firms", "rank"),
            *(("rank_low", "rank_high") if name == SCORE else ()),
        )
        if c in frame and not (name == SCORE and c.startswith(f"{SCORE}_"))
    )
    title = terms.titled(name)
    if name == SCORE:
        score = terms.score(score_of(frame))
        title = terms.say("legend.titled", name=score, unit=terms.unit(SCORE))
    if (poor := f"{name}_poor") not in frame:
        return Style(name, title, column, "graduated", classes, tooltip)
    note = _poor_note(name, terms)
    return Style(name, title, column, "graduated", classes, tooltip, poor, note)


def score_of(frame: pd.DataFrame) -> list[str]:
    """Indicators in the score of a table of units; none where it does not say."""
    told = frame["score_of"].iloc[0] if "score_of" in frame and len(frame) else ""
    return [each for each in str(told).split(", ") if each]


def _local_classes(
    labels: pd.Series[Any], colours: Mapping[str, str], letters: Mapping[str, str], terms: Terms
) -> tuple[StyleClass, ...]:
    """Classes of a local statistic: those with a letter always stay in the legend."""
    hatches: dict[str, Hatch] = {"cannot be significant": "cross", "suppressed": "diagonal"}
    present = set(labels.dropna())
    return tuple(
        StyleClass(
            terms.class_word(label),
            colour,
            value=label,
            hatch=hatches.get(label, ""),
            letter=letters.get(label, ""),
        )
        for label, colour in colours.items()
        if label in present or label in letters
    )


def _lisa(frame: gpd.GeoDataFrame, name: str, terms: Terms) -> Style:
    column = f"{name}_label"
    classes = _local_classes(frame[column], LISA_COLOURS, LISA_LETTERS, terms)
    title = terms.say(
        "legend.about",
        name=terms.layer("local_moran"),
        part=terms.indicator(name),
    )
    parts = ("label", "value", "statistic", "p", "p_min", "p_fdr", "p_bonferroni")
    tooltip = (f"name_{terms.language}", *(f"{name}_{part}" for part in parts))
    if (marked := f"{name}_unstable") not in frame:
        return Style(name, title, column, "categorised", classes, tooltip)
    return Style(
        name,
        title,
        column,
        "categorised",
        classes,
        (*tooltip, f"{name}_changes"),
        marked,
        f"{MARK} {terms.say('legend.unstable', share=percent(_IN_DOUBT, terms.language))}",
    )


def _are_apart(groups: pd.Series[Any], scores: pd.Series[Any] | None) -> bool:
    """Whether every unit of a group scores higher than every unit of the next."""
    if scores is None or scores[groups.notna()].isna().any():
        return False
    ends = scores.groupby(groups).agg(["min", "max"]).sort_index()
    return bool((ends["min"].to_numpy()[:-1] > ends["max"].to_numpy()[1:]).all())


def _clusters(frame: gpd.GeoDataFrame, column: str, terms: Terms) -> Style:
    groups = sorted(int(g) for g in frame[column].dropna().unique())  # numbered from the readiest
    level = column.partition("_")[2].rpartition("_k")[0] or column.partition("_")[2]
    score = f"{SCORE}_{level}"
    named = _are_apart(frame[column], frame.get(score))
    classes = [
        StyleClass(
            terms.group(g, len(groups), named=named),
            CLUSTER_COLOURS[(g - 1) % len(CLUSTER_COLOURS)],
            value=g,
            letter=str(g),
        )
        for g in groups
    ]
    if frame[column].isna().any():
        classes.append(_missing(terms))
    return Style(
        column,
        terms.partition(column),
        column,
        "categorised",
        tuple(classes),
        tuple(c for c in (f"name_{terms.language}", column, score) if c in frame),
    )


def _settlements(terms: Terms) -> Style:
    classes = tuple(
        StyleClass(
            span(low, high, terms.language, closed=False),
            "#333333",
            low=max(float(low), 0.0),
            high=float(high),
            size=size,
        )
        for low, high, size in _POPULATION_CLASSES
    )
    title = terms.say(
        "legend.titled",
        name=terms.layer("settlements"),
        unit=terms.say("legend.people"),
    )
    tooltip = (f"name_{terms.language}", "population")
    return Style("population", title, "population", "graduated", classes, tooltip)


def _outline(name: str, terms: Terms) -> Style:
    """Bare outlines, where a layer has no value to show."""
    title = terms.layer(name)
    whole = StyleClass(title, "#ffffff", missing=True)
    return Style("outline", title, SCORE, "categorised", (whole,), (f"name_{terms.language}",))


def _unit_styles(name: str, frame: gpd.GeoDataFrame, terms: Terms) -> tuple[Style, ...]:
    """The score and the mean of each indicator."""
    shown = [i for i in terms.design.by_name if f"{i}_mean" in frame]
    found = [_graduated(frame, f"{i}_mean", i, terms) for i in shown]
    if SCORE in frame:
        found.insert(0, _graduated(frame, SCORE, SCORE, terms))
    found += [_modelled(frame, i, terms) for i in shown if f"{i}_model" in frame]
    if not found:
        frame[SCORE] = np.nan
        found = [_outline(name, terms)]
    return tuple(found)


def _lisa_styles(_: str, frame: gpd.GeoDataFrame, terms: Terms) -> tuple[Style, ...]:
    """Local Moran of each indicator, the study's outcome first."""
    shown = [i for i in terms.design.by_name if f"{i}_label" in frame]
    shown.sort(key=lambda each: each != terms.design.outcome)
    return tuple(_lisa(frame, i, terms) for i in shown)


def spot_styles(frame: gpd.GeoDataFrame, terms: Terms) -> tuple[Style, ...]:
    """Hot and cold spots of each indicator by G*, the study's outcome first.

    Parameters
    ----------
    frame : GeoDataFrame
        Of the layer `local_moran`; one without the columns, as older bundles have, gives no style.
    terms : Terms
    """
    shown = [i for i in terms.design.by_name if f"{i}_spot" in frame]
    shown.sort(key=lambda each: each != terms.design.outcome)
    parts = ("spot", "value", "spot_z", "p", "p_min", "p_fdr", "p_bonferroni")
    return tuple(
        Style(
            f"{i}_spot",
            terms.say("area.spots", name=terms.indicator(i)),
            f"{i}_spot",
            "categorised",
            _local_classes(frame[f"{i}_spot"], SPOT_COLOURS, SPOT_LETTERS, terms),
            (f"name_{terms.language}", *(f"{i}_{part}" for part in parts)),
        )
        for i in shown
    )


def main_partitions(region: str) -> tuple[str, ...]:
    """Columns of the groups that were asked for, those of the published study first."""
    return (f"typology_{region}", f"regions_{LEVEL}", f"regions_{region}", f"typology_{LEVEL}")


def _cluster_styles(_: str, frame: gpd.GeoDataFrame, terms: Terms) -> tuple[Style, ...]:
    """Groups as many as were asked for, then every other number of them."""
    kinds = [c for c in main_partitions(terms.design.grouping.name) if c in frame]
    numbered = (c for k in kinds for c in frame if re.fullmatch(rf"{k}_k\d+", c))
    # the number that was asked for has a style already
    new = [c for c in numbered if not frame[c].equals(frame[c.rpartition("_k")[0]])]
    return tuple(_clusters(frame, c, terms) for c in (*kinds, *new))


def _own_styles(name: str, frame: gpd.GeoDataFrame, terms: Terms) -> tuple[Style, ...]:
    """Themes of a layer of a user's own."""
    layer = next(each for each in terms.own if each.name == name)
    return tuple(_own(frame, layer, theme, terms) for theme in layer.themes)


def _own(frame: gpd.GeoDataFrame, layer: OwnLayer, theme: Theme, terms: Terms) -> Style:
    key = f"{layer.name}.{theme.column}"
    title = terms.text(theme.labels, key)
    if theme.unit:
        unit = terms.text(theme.unit, f"{key}.unit")
        title = terms.say("legend.titled", name=title, unit=unit)
    columns = theme.tooltip or tuple(each.column for each in layer.themes)
    tooltip = (f"name_{terms.language}", *columns)
    shown = tuple(dict.fromkeys(column for column in tooltip if column in frame))
    note = terms.text(layer.note, f"{layer.name}.note") if layer.note else ""
    if theme.classes:
        classes = tuple(
            StyleClass(terms.text(c.labels), c.colour, c.value, letter=c.letter, hatch=c.hatch)
            for c in theme.classes
        )
    else:
        known = frame[theme.column].astype(float)
        classes = _ranges(known, terms, bad=theme.direction < 0, limits=theme.breaks)
    if frame[theme.column].isna().any():
        nothing = StyleClass(terms.say("legend.no_value"), NO_DATA, missing=True, hatch="diagonal")
        classes = (*classes, nothing)
    return Style(
        theme.column,
        title,
        theme.column,
        theme.kind,
        classes,
        shown,
        mark_note=note,
        series=theme.series,
        step=theme.step,
    )


_STYLES: Final[dict[str, Callable[[str, gpd.GeoDataFrame, Terms], tuple[Style, ...]]]] = {
    "indicators": _unit_styles,
    "neighbours": _lisa_styles,
    "clusters": _cluster_styles,
    "own": _own_styles,
    "density": lambda _, frame, terms: (contour_style(frame, terms),),
    "places": lambda _, __, terms: (_settlements(terms),),
}


def make_styles(entry: LayerEntry, frame: gpd.GeoDataFrame, terms: Terms) -> tuple[Style, ...]:
    """Styles of a layer, the default first; a layer of bare outlines gets an empty column.

    Parameters
    ----------
    entry : LayerEntry
        The layer and its group, which says how it is drawn.
    frame : GeoDataFrame
    terms : Terms
    """
    return _STYLES[entry.group](entry.name, frame, terms)
