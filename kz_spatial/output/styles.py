"""Styles: the classes, colours and legends of each layer, once for Folium, QGIS and figures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial.options import INDICATORS, MIN_FIRMS, Language
from kz_spatial.output.terms import (
    class_word,
    indicator_name,
    indicator_title,
    layer_title,
    partition_title,
)
from kz_spatial.palette import (
    CLUSTER_COLOURS,
    DENSITY,
    LISA_COLOURS,
    LISA_LETTERS,
    MARK,
    NO_DATA,
    SEQUENTIAL_BAD,
    SEQUENTIAL_GOOD,
    decade_breaks,
    nice_breaks,
)
from kz_spatial.words import percent, say, span, study_word

BY_NUMBER = (("typology", "composite"), ("regions", "oblast"))

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from kz_spatial.surfaces import DensitySurface

__all__ = [
    "Style",
    "StyleClass",
    "describe_class",
    "describe_surface",
    "make_styles",
]

Hatch = Literal["", "diagonal", "cross"]
_IN_DOUBT: Final = 0.1  # share of draws with another class, as `resampled_moran` has it
_POPULATION_CLASSES: Final = (
    (1_000_000, np.inf, 5.0),
    (300_000, 1_000_000, 4.0),
    (100_000, 300_000, 3.0),
    (30_000, 100_000, 2.2),
    (-np.inf, 30_000, 1.4),
)


@dataclass(frozen=True, slots=True)
class StyleClass:
    """One entry of a legend.

    Attributes
    ----------
    label : str
        What the reader sees.
    colour : str
        Fill, as #rrggbb.
    value : str or int or None
        The category; None for a range or for missing values.
    low, high : float or None
        Range [low, high), the last one closed; None for a category.
    missing : bool
        Whether it stands for features without a value.
    hatch : {"", "diagonal", "cross"}
    letter : str
        Second cue on the map, where hue is lost.
    size : float
        Marker diameter in mm; points only.
    opacity : float
    """

    label: str
    colour: str
    value: str | int | None = None
    low: float | None = None
    high: float | None = None
    missing: bool = False
    last: bool = False
    hatch: Hatch = ""
    letter: str = ""
    size: float = 2.0
    opacity: float = 1.0

    def holds(self, value: object) -> bool:
        """Whether a feature's value falls in this class."""
        absent = value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
        if self.missing or absent:
            return self.missing and absent
        if self.low is not None and self.high is not None:
            number = float(value)  # type: ignore[arg-type]
            return self.low <= number < self.high or (self.last and number == self.high)
        return str(value) == str(self.value)


@dataclass(frozen=True, slots=True)
class Style:
    """One way to draw a layer.

    Attributes
    ----------
    name : str
        Key, unique in the layer.
    title : str
        Legend heading, with the unit.
    column : str
        Column the classes look at.
    kind : {"graduated", "categorised"}
    classes : tuple of StyleClass
    tooltip : tuple of str
        Columns a reader sees on pointing at a feature.
    mark_column : str
        Column of booleans: features that carry `palette.MARK` on the map; empty for none.
    mark_note : str
        What the mark says, for the legend.
    """

    name: str
    title: str
    column: str
    kind: Literal["graduated", "categorised"]
    classes: tuple[StyleClass, ...]
    tooltip: tuple[str, ...]
    mark_column: str = ""
    mark_note: str = ""

    def sign(self, entry: StyleClass | None, row: Mapping[str, Any]) -> str:
        """Letter of a feature's class, with the mark where the feature carries it."""
        letter = entry.letter if entry else ""
        value = row[self.mark_column] if self.mark_column else None
        return letter + MARK if value is not pd.NA and value in (True, 1) else letter


def _missing(language: Language, min_firms: int) -> StyleClass:
    """Class of the units whose value is withheld."""
    label = class_word("suppressed", language, min_firms=min_firms)
    return StyleClass(label, NO_DATA, missing=True, hatch="diagonal")


def _graduated(
    frame: gpd.GeoDataFrame, column: str, name: str, language: Language, min_firms: int
) -> Style:
    known = frame[column].astype(float)
    breaks = nice_breaks(known.tolist())
    bad = name in INDICATORS and INDICATORS[name].direction < 0
    ramp = SEQUENTIAL_BAD if bad else SEQUENTIAL_GOOD
    n = max(len(breaks) - 1, 0)
    picked = [ramp[round(i * (len(ramp) - 1) / max(n - 1, 1))] for i in range(n)]
    classes = [
        StyleClass(span(low, high, language), colour, low=low, high=high, last=i == n - 1)
        for i, ((low, high), colour) in enumerate(zip(pairwise(breaks), picked, strict=True))
    ]
    if known.isna().any():
        classes.append(_missing(language, min_firms))
    tooltip = tuple(
        c
        for c in (f"name_{language}", column, f"{name}_se", f"{name}_n", "n_firms", "rank")
        if c in frame and not (name == "readiness" and c.startswith("readiness_"))
    )
    title = indicator_title(name, language)
    return Style(name, title, column, "graduated", tuple(classes), tooltip)


def _lisa(frame: gpd.GeoDataFrame, name: str, language: Language, min_firms: int) -> Style:
    column = f"{name}_label"
    hatches: dict[str, Hatch] = {"cannot be significant": "cross", "suppressed": "diagonal"}
    present = set(frame[column].dropna())
    classes = tuple(
        StyleClass(
            class_word(label, language, min_firms=min_firms),
            colour,
            value=label,
            hatch=hatches.get(label, ""),
            letter=LISA_LETTERS.get(label, ""),
        )
        for label, colour in LISA_COLOURS.items()
        if label in present or label in LISA_LETTERS  # the four classes always stay in the legend
    )
    title = say(
        "legend.about",
        language,
        name=layer_title("local_moran", language),
        part=indicator_name(name, language),
    )
    parts = ("label", "value", "statistic", "p", "p_min", "p_fdr", "p_bonferroni")
    tooltip = (f"name_{language}", *(f"{name}_{part}" for part in parts))
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
        f"{MARK} {say('legend.unstable', language, share=percent(_IN_DOUBT, language))}",
    )


def _clusters(frame: gpd.GeoDataFrame, column: str, language: Language, min_firms: int) -> Style:
    groups = sorted(int(g) for g in frame[column].dropna().unique())
    named = groups == [1, 2, 3]  # groups are numbered from the readiest; three of them have names
    classes = [
        StyleClass(
            say("legend.named_group", language, n=g, name=study_word(f"group.{g}", language))
            if named
            else say("legend.group", language, n=g),
            CLUSTER_COLOURS[(g - 1) % len(CLUSTER_COLOURS)],
            value=g,
            letter=str(g),
        )
        for g in groups
    ]
    if frame[column].isna().any():
        classes.append(_missing(language, min_firms))
    return Style(
        column,
        partition_title(column, language),
        column,
        "categorised",
        tuple(classes),
        (f"name_{language}", column),
    )


def _bands(lows: list[float], language: Language) -> tuple[StyleClass, ...]:
    """Classes of a density, the last one open."""
    ramp = DENSITY[-len(lows) :] if len(lows) <= len(DENSITY) else DENSITY
    return tuple(
        StyleClass(
            span(low, high, language),
            ramp[min(i, len(ramp) - 1)],
            low=low,
            high=high,
            opacity=0.75,
        )
        for i, (low, high) in enumerate(zip(lows, [*lows[1:], np.inf], strict=True))
    )


def _contours(frame: gpd.GeoDataFrame, language: Language) -> Style:
    title = indicator_title("firms", language)
    classes = _bands(sorted(frame["low"].astype(float)), language)
    return Style("density", title, "low", "graduated", classes, ("low", "high"))


def describe_surface(surface: DensitySurface, *, language: Language = "en") -> Style:
    """Say how a surface is drawn: a density in the bands of its contours, a mean by quantiles."""
    values = surface.values[np.isfinite(surface.values)].astype(float)
    name = surface.value or "firms"
    if surface.value is None:
        classes = _bands(decade_breaks(values.max(initial=0)), language)
    else:
        limits = nice_breaks(values.tolist())
        ramp, n = SEQUENTIAL_GOOD, max(len(limits) - 2, 1)
        classes = tuple(
            StyleClass(
                span(low, high, language),
                ramp[round(i * (len(ramp) - 1) / n)],
                low=low,
                high=high,
                last=i == len(limits) - 2,
                opacity=0.75,
            )
            for i, (low, high) in enumerate(pairwise(limits))
        )
    known = name == "firms" or name in INDICATORS
    title = indicator_title(name, language) if known else surface.unit
    return Style(name, title, name, "graduated", classes, ())


def _settlements(language: Language) -> Style:
    classes = tuple(
        StyleClass(
            span(low, high, language),
            "#333333",
            low=max(float(low), 0.0),
            high=float(high),
            size=size,
        )
        for low, high, size in _POPULATION_CLASSES
    )
    title = say(
        "legend.titled",
        language,
        name=layer_title("settlements", language),
        unit=say("legend.people", language),
    )
    tooltip = (f"name_{language}", "population")
    return Style("population", title, "population", "graduated", classes, tooltip)


def _outline(name: str, language: Language) -> Style:
    """Bare outlines, where a layer has no value to show."""
    title = layer_title(name, language)
    whole = StyleClass(title, "#ffffff", missing=True)
    return Style("outline", title, "readiness", "categorised", (whole,), (f"name_{language}",))


def make_styles(
    name: str, frame: gpd.GeoDataFrame, language: Language, *, min_firms: int = MIN_FIRMS
) -> tuple[Style, ...]:
    """Styles of a layer, the default first; a layer of bare outlines gets an empty column.

    Parameters
    ----------
    name : str
        Of the layer.
    frame : GeoDataFrame
    language : str
    min_firms : int
        Cells of fewer firms are withheld, which the legend says.
    """
    if name in ("oblasts", "composites"):
        shown = [i for i in INDICATORS if f"{i}_mean" in frame]
        found = [_graduated(frame, f"{i}_mean", i, language, min_firms) for i in shown]
        if "readiness" in frame:
            found.insert(0, _graduated(frame, "readiness", "readiness", language, min_firms))
        if not found:
            frame["readiness"] = np.nan
            found = [_outline(name, language)]
        return tuple(found)
    if name == "local_moran":
        shown = [i for i in INDICATORS if f"{i}_label" in frame]
        shown.sort(key=lambda each: each != "epayment_share")  # the study's outcome first
        return tuple(_lisa(frame, i, language, min_firms) for i in shown)
    if name == "clusters":
        kinds = ("typology_composite", "regions_oblast", "regions_composite", "typology_oblast")
        numbered = (
            f"{kind}_{level}_k{k}"
            for kind, level in BY_NUMBER
            for k in range(2, len(CLUSTER_COLOURS) + 1)
        )
        # the number that was asked for has a style already
        new = (c for c in numbered if c in frame and not frame[c].equals(frame[c.split("_k")[0]]))
        wanted = (c for c in (*kinds, *new) if c in frame)
        return tuple(_clusters(frame, c, language, min_firms) for c in wanted)
    if name == "density_contours":
        return (_contours(frame, language),)
    return (_settlements(language),)


def describe_class(style: Style, value: Any) -> StyleClass | None:
    """Class of a style that a feature's value falls in; None when it falls in none."""
    return next((each for each in style.classes if each.holds(value)), None)
