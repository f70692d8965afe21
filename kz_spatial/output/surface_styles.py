"""How surfaces and their contours are drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.output.style_classes import Style, StyleClass
from kz_spatial.output.terms import FIRMS, Terms
from kz_spatial.palette import DENSITY, SEQUENTIAL_GOOD, decade_breaks, nice_breaks
from kz_spatial.words import span

if TYPE_CHECKING:
    import geopandas as gpd

    from kz_spatial.surfaces import DensitySurface

__all__ = ["contour_style", "describe_surface"]


def _bands(lows: list[float], terms: Terms) -> tuple[StyleClass, ...]:
    """Classes of a density, the last one open."""
    ramp = DENSITY[-len(lows) :] if len(lows) <= len(DENSITY) else DENSITY
    return tuple(
        StyleClass(
            span(low, high, terms.language, closed=False),
            ramp[min(i, len(ramp) - 1)],
            low=low,
            high=high,
            opacity=0.75,
        )
        for i, (low, high) in enumerate(zip(lows, [*lows[1:], np.inf], strict=True))
    )


def contour_style(frame: gpd.GeoDataFrame, terms: Terms) -> Style:
    """Say how filled contours are drawn."""
    title = terms.titled(FIRMS)
    classes = _bands(sorted(frame["low"].astype(float)), terms)
    return Style("density", title, "low", "graduated", classes, ("low", "high"))


def _title(surface: DensitySurface, terms: Terms, name: str) -> str:
    """Heading of a surface: of anyone's points by the name of their layer."""
    what = surface.value or FIRMS
    if name:
        if surface.value is not None:
            about = terms.say("legend.about", name=name, part=surface.value)
            return terms.say("legend.titled", name=about, unit=terms.say("column.mean"))
        return terms.say("legend.titled", name=name, unit=terms.say("unit.points"))
    return terms.titled(what) if what == FIRMS or what in terms.design.by_name else surface.unit


def describe_surface(surface: DensitySurface, *, terms: Terms, name: str = "") -> Style:
    """Say how a surface is drawn: a density in the bands of its contours, a mean by quantiles.

    Parameters
    ----------
    surface : DensitySurface
    terms : Terms
    name : str
        What its points are called; firms of a study, or what it smooths, where empty.
    """
    values = surface.values[np.isfinite(surface.values)].astype(float)
    key = surface.value or FIRMS
    if surface.value is None:
        classes = _bands(decade_breaks(values.max(initial=0)), terms)
    else:
        limits = nice_breaks(values.tolist())
        ramp, n = SEQUENTIAL_GOOD, max(len(limits) - 2, 1)
        classes = tuple(
            StyleClass(
                span(low, high, terms.language, closed=i == len(limits) - 2),
                ramp[round(i * (len(ramp) - 1) / n)],
                low=low,
                high=high,
                last=i == len(limits) - 2,
                opacity=0.75,
            )
            for i, (low, high) in enumerate(pairwise(limits))
        )
    return Style(key, _title(surface, terms, name), key, "graduated", classes, ())
