"""Map layers: how each frame of results is to be shown, once for Folium and QGIS.

`describe` says how the columns of the frames of `kz_spatial.study` are drawn in one language. A
frame read back from a GeoPackage can be described too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial.options import INDICATORS, LANGUAGES, Language
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

BY_NUMBER = (("typology", "composite"), ("regions", "oblast"))
from kz_spatial.words import TERMS, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from kz_spatial.surfaces import DensitySurface

__all__ = [
    "LAYER_ORDER",
    "Layer",
    "Style",
    "StyleClass",
    "describe",
    "describe_class",
    "describe_surface",
]

Geometry = Literal["polygon", "point"]
Hatch = Literal["", "diagonal", "cross"]
# drawn from the bottom up
LAYER_ORDER: Final = (
    "composites",
    "oblasts",
    "clusters",
    "local_moran",
    "density_contours",
    "settlements",
)
_NAMES: Final = ("name_en", "name_kk", "name_ru")
_POPULATION_CLASSES: Final = (
    (1_000_000, np.inf, 5.0),
    (300_000, 1_000_000, 4.0),
    (100_000, 300_000, 3.0),
    (30_000, 100_000, 2.2),
    (0, 30_000, 1.4),
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


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A frame and how it is shown.

    Attributes
    ----------
    name, title : str
        Table name in the GeoPackage; what the reader sees.
    frame : GeoDataFrame
        EPSG:4326.
    geometry : {"polygon", "point"}
    styles : tuple of Style
        The default first.
    aliases : dict
        Column to what the reader sees.
    label_column : str or None
        Column written on the map.
    visible : bool
        Whether the layer is on when a map opens.
    language : {"en", "ru", "kk"}
    notice : str
        "Synthetic twin ..." where it is; else empty.
    """

    name: str
    title: str
    frame: gpd.GeoDataFrame
    geometry: Geometry
    styles: tuple[Style, ...]
    aliases: dict[str, str]
    label_column: str | None
    visible: bool
    language: Language
    notice: str = ""


def _number(value: float) -> str:
    return f"{value:,.4g}".replace(",", " ").replace("-", "−")


def _graduated(frame: gpd.GeoDataFrame, column: str, name: str, language: Language) -> Style:
    known = frame[column].astype(float)
    breaks = nice_breaks(known.tolist())
    bad = name in INDICATORS and INDICATORS[name].direction < 0
    ramp = SEQUENTIAL_BAD if bad else SEQUENTIAL_GOOD
    n = max(len(breaks) - 1, 0)
    picked = [ramp[round(i * (len(ramp) - 1) / max(n - 1, 1))] for i in range(n)]
    classes = [
        StyleClass(f"{_number(low)} – {_number(high)}", colour, low=low, high=high, last=i == n - 1)
        for i, ((low, high), colour) in enumerate(zip(pairwise(breaks), picked, strict=True))
    ]
    if known.isna().any():
        classes.append(
            StyleClass(say("suppressed", language), NO_DATA, missing=True, hatch="diagonal")
        )
    title = f"{say(name, language)}, {say(f'unit:{name}', language)}"
    tooltip = tuple(
        c
        for c in (f"name_{language}", column, f"{name}_se", f"{name}_n", "n_firms", "rank")
        if c in frame and not (name == "readiness" and c.startswith("readiness_"))
    )
    return Style(name, title, column, "graduated", tuple(classes), tooltip)


def _lisa(frame: gpd.GeoDataFrame, name: str, language: Language) -> Style:
    column = f"{name}_label"
    hatches: dict[str, Hatch] = {"cannot be significant": "cross", "suppressed": "diagonal"}
    present = set(frame[column].dropna())
    classes = tuple(
        StyleClass(
            say(label, language),
            colour,
            value=label,
            hatch=hatches.get(label, ""),
            letter=LISA_LETTERS.get(label, ""),
        )
        for label, colour in LISA_COLOURS.items()
        if label in present or label in LISA_LETTERS  # the four classes always stay in the legend
    )
    title = f"{say('layer:local_moran', language)}: {say(name, language)}"
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
        f"{MARK} {say('mark:unstable', language)}",
    )


def _clusters(frame: gpd.GeoDataFrame, column: str, language: Language) -> Style:
    groups = sorted(int(g) for g in frame[column].dropna().unique())
    # groups are numbered from the readiest; three of them have names
    named = {g: f": {say(f'group:{g}', language)}" for g in groups} if groups == [1, 2, 3] else {}
    classes = [
        StyleClass(
            f"{say('group', language)} {g}{named.get(g, '')}",
            CLUSTER_COLOURS[(g - 1) % len(CLUSTER_COLOURS)],
            value=g,
            letter=str(g),
        )
        for g in groups
    ]
    if frame[column].isna().any():
        classes.append(
            StyleClass(say("suppressed", language), NO_DATA, missing=True, hatch="diagonal")
        )
    return Style(
        column,
        _cluster_title(column, language),
        column,
        "categorised",
        tuple(classes),
        (f"name_{language}", column),
    )


def _cluster_title(column: str, language: Language) -> str:
    kind, _, number = column.partition("_k")
    return f"{say(kind, language)}, k = {number}" if number else say(kind, language)


def _bands(lows: list[float]) -> tuple[StyleClass, ...]:
    """Classes of a density, the last one open."""
    ramp = DENSITY[-len(lows) :] if len(lows) <= len(DENSITY) else DENSITY
    return tuple(
        StyleClass(
            f"{_number(low)} – {_number(high)}" if np.isfinite(high) else f"≥ {_number(low)}",
            ramp[min(i, len(ramp) - 1)],
            low=low,
            high=high,
            opacity=0.75,
        )
        for i, (low, high) in enumerate(zip(lows, [*lows[1:], np.inf], strict=True))
    )


def _contours(frame: gpd.GeoDataFrame, language: Language) -> Style:
    title = f"{say('layer:density_contours', language)}, {say('unit:firms', language)}"
    classes = _bands(sorted(frame["low"].astype(float)))
    return Style("density", title, "low", "graduated", classes, ("low", "high"))


def describe_surface(surface: DensitySurface, *, language: Language = "en") -> Style:
    """Say how a surface is drawn: a density in the bands of its contours, a mean by quantiles."""
    values = surface.values[np.isfinite(surface.values)].astype(float)
    name = surface.value or "firms"
    if surface.value is None:
        heading, classes = "layer:density_contours", _bands(decade_breaks(values.max(initial=0)))
    else:
        heading, limits = name, nice_breaks(values.tolist())
        ramp, n = SEQUENTIAL_GOOD, max(len(limits) - 2, 1)
        classes = tuple(
            StyleClass(
                f"{_number(low)} – {_number(high)}",
                ramp[round(i * (len(ramp) - 1) / n)],
                low=low,
                high=high,
                last=i == len(limits) - 2,
                opacity=0.75,
            )
            for i, (low, high) in enumerate(pairwise(limits))
        )
    known = heading in TERMS and f"unit:{name}" in TERMS
    title = f"{say(heading, language)}, {say(f'unit:{name}', language)}" if known else surface.unit
    return Style(name, title, name, "graduated", classes, ())


def _settlements(language: Language) -> Style:
    classes = []
    for low, high, size in _POPULATION_CLASSES:
        text = f"{int(low):,}".replace(",", " ")
        upper = f"{int(high):,}".replace(",", " ") if np.isfinite(high) else ""
        label = f"≥ {text}" if not upper else f"{text} – {upper}" if low else f"< {upper}"
        classes.append(StyleClass(label, "#333333", low=float(low), high=float(high), size=size))
    title = f"{say('layer:settlements', language)}, {say('people', language)}"
    return Style(
        "population",
        title,
        "population",
        "graduated",
        tuple(classes),
        (f"name_{language}", "population"),
    )


def _styles(name: str, frame: gpd.GeoDataFrame, language: Language) -> tuple[Style, ...]:
    if name in ("oblasts", "composites"):
        found = [
            _graduated(frame, f"{i}_mean", i, language) for i in INDICATORS if f"{i}_mean" in frame
        ]
        if "readiness" in frame:
            found.insert(0, _graduated(frame, "readiness", "readiness", language))
        if not found:
            whole = StyleClass(say(f"layer:{name}", language), "#ffffff", missing=True)
            frame["readiness"] = np.nan
            found = [
                Style(
                    "outline",
                    say(f"layer:{name}", language),
                    "readiness",
                    "categorised",
                    (whole,),
                    (f"name_{language}",),
                )
            ]
        return tuple(found)
    if name == "local_moran":
        shown = [i for i in INDICATORS if f"{i}_label" in frame]
        shown.sort(key=lambda each: each != "epayment_share")  # the study's outcome first
        return tuple(_lisa(frame, i, language) for i in shown)
    if name == "clusters":
        kinds = ("typology_composite", "regions_oblast", "regions_composite", "typology_oblast")
        numbered = (
            f"{kind}_{level}_k{k}"
            for kind, level in BY_NUMBER
            for k in range(2, len(CLUSTER_COLOURS) + 1)
        )
        # the number that was asked for has a style already
        new = (c for c in numbered if c in frame and not frame[c].equals(frame[c.split("_k")[0]]))
        return tuple(_clusters(frame, c, language) for c in (*kinds, *new) if c in frame)
    if name == "density_contours":
        return (_contours(frame, language),)
    return (_settlements(language),)


def _aliases(frame: gpd.GeoDataFrame, language: Language) -> dict[str, str]:
    """Readable names of all columns."""
    fixed = {
        "oblast_code": "column:code",
        "population": "column:population",
        "n_firms": "column:n_firms",
        "rank": "column:rank",
        "area_km2": "column:area_km2",
        "composite": "layer:composites",
        "unit": "unit:firms",
    }
    found = {}
    for column in (c for c in frame.columns if c != "geometry"):
        owner = next((i for i in INDICATORS if column.startswith(f"{i}_")), None)
        part = column[len(owner) + 1 :] if owner else ""
        if column in fixed:
            found[column] = say(fixed[column], language)
        elif column in TERMS:
            found[column] = say(column, language)
        elif f"column:{column}" in TERMS:
            found[column] = say(f"column:{column}", language)
        elif column.partition("_k")[0] in TERMS:
            found[column] = _cluster_title(column, language)
        elif column.startswith("name_"):
            found[column] = f"{say('column:name', language)} ({column[-2:]})"
        elif owner and f"column:{part}" in TERMS:
            found[column] = f"{say(owner, language)}: {say(f'column:{part}', language)}"
        else:
            found[column] = column.replace("_", " ")
        if column == f"name_{language}":
            found[column] = say("column:name", language)
    return found


def describe(
    frames: dict[str, gpd.GeoDataFrame], *, language: Language = "en", notice: str = ""
) -> tuple[Layer, ...]:
    """Say how each frame is drawn.

    Parameters
    ----------
    frames : dict of GeoDataFrame
        By layer name; unknown names are left out.
    language : {"en", "ru", "kk"}
    notice : str
        Line that every layer carries, such as that of the twin.

    Returns
    -------
    tuple of Layer
        From the bottom of the map to its top.
    """
    if language not in LANGUAGES:
        say("title", language)  # raises with the allowed languages
    layers = []
    for name in (each for each in LAYER_ORDER if each in frames):
        frame = frames[name].copy()
        for column in (c for c in _NAMES if c in frame):
            frame[column] = frame[column].where(
                frame[column].notna() & (frame[column] != ""), frame["name_en"]
            )
        layers.append(
            Layer(
                name=name,
                title=say(f"layer:{name}", language),
                styles=_styles(name, frame, language),
                frame=frame,
                geometry="point" if name == "settlements" else "polygon",
                aliases=_aliases(frame, language),
                label_column=f"name_{language}" if f"name_{language}" in frame else None,
                visible=name in ("oblasts", "settlements"),
                language=language,
                notice=notice,
            )
        )
    return tuple(layers)


def describe_class(style: Style, value: Any) -> StyleClass | None:
    """Class of a style that a feature's value falls in; None when it falls in none."""
    return next((each for each in style.classes if each.holds(value)), None)
