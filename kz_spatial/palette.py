"""One set of colours, hatches and class breaks, for Folium, QGIS and figures alike.

Colours of local Moran follow GeoDa; a letter on the map is the second cue where hue is lost.
Sequential colours are ColorBrewer's YlGnBu and YlOrRd (Brewer and Harrower), safe for colour-blind
readers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

__all__ = [
    "CANNOT",
    "CHANGE_COLOURS",
    "CHANGE_LETTERS",
    "CLUSTER_COLOURS",
    "DENSITY",
    "FUNNEL_COLOURS",
    "FUNNEL_LETTERS",
    "GEARY_COLOURS",
    "GEARY_LETTERS",
    "LISA_COLOURS",
    "LISA_LETTERS",
    "MARK",
    "NO_DATA",
    "OUTLINE",
    "SEQUENTIAL_BAD",
    "SEQUENTIAL_GOOD",
    "SPOT_COLOURS",
    "SPOT_LETTERS",
    "decade_breaks",
    "nice_breaks",
]

SEQUENTIAL_GOOD: Final = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
SEQUENTIAL_BAD: Final = ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")
# ColorBrewer's YlGn, light to dark, for densities
DENSITY: Final = ("#ffffcc", "#d9f0a3", "#addd8e", "#78c679", "#31a354", "#006837")
NO_DATA: Final = "#d0d0d0"
OUTLINE: Final = "#555555"
CANNOT: Final = "#f7f7f7"
LISA_COLOURS: Final = {
    "High-High": "#ff0000",
    "Low-Low": "#0000ff",
    "High-Low": "#f4ada8",
    "Low-High": "#a7adf9",
    "not significant": "#eeeeee",
    "cannot be significant": CANNOT,
    "island": "#c8c8c8",
    "suppressed": NO_DATA,
}
LISA_LETTERS: Final = {"High-High": "HH", "Low-Low": "LL", "High-Low": "HL", "Low-High": "LH"}
_REST: Final = {key: LISA_COLOURS[key] for key in list(LISA_COLOURS)[4:]}
# hot and cold spots of G*, and local Geary of several columns
SPOT_COLOURS: Final = {"Hot spot": "#d7191c", "Cold spot": "#2c7bb6", **_REST}
SPOT_LETTERS: Final = {"Hot spot": "+", "Cold spot": "−"}
GEARY_COLOURS: Final = {"Positive": "#1b7837", "Negative": "#762a83", **_REST}
GEARY_LETTERS: Final = {"Positive": "=", "Negative": "≠"}
# blue is good and red is bad as in the two ramps above
CHANGE_COLOURS: Final = {"better": "#2c7fb8", "worse": "#f03b20", "not clear": "#eeeeee"}
CHANGE_LETTERS: Final = {"rise": "▲", "fall": "▼"}
# ColorBrewer's PuOr: against the country, above and below
FUNNEL_COLOURS: Final = {
    "far above": "#e66101",
    "above": "#fdb863",
    "within": "#f7f7f7",
    "below": "#b2abd2",
    "far below": "#5e3c99",
}
FUNNEL_LETTERS: Final = {"far above": "▲▲", "above": "▲", "below": "▼", "far below": "▼▼"}
# beside a letter or alone: the class of this unit is in doubt
MARK: Final = "?"
# Okabe and Ito's colours, dark to light, apart in greyscale too
CLUSTER_COLOURS: Final = (
    "#0072b2",
    "#56b4e9",
    "#f0e442",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#999999",
)


def nice_breaks(values: list[float], n_classes: int = 5, *, narrowest: float = 0.0) -> list[float]:
    """Quantile class limits rounded to as few digits as keep them apart.

    Parameters
    ----------
    values : list of float
        NaN is left out.
    n_classes : int
        At most this many classes; fewer where values are few or tied.
    narrowest : float
        Fewer classes, down to three, where one would be narrower than this, as an error is wide.

    Returns
    -------
    list of float
        Rising limits, the first at most the minimum and the last at least the maximum; empty
        without values.

    Examples
    --------
    >>> nice_breaks([0.66, 1.0, 1.05, 1.31, 1.44, 1.66, 1.93], 3)
    [0.5, 1.0, 1.5, 2.0]
    """
    known = np.unique([each for each in values if np.isfinite(each)])
    if not known.size:
        return []
    if known.size == 1:
        return [float(known[0]), float(known[0])]
    while narrowest > 0 and n_classes > 3:
        wide = nice_breaks(values, n_classes)
        if min(high - low for low, high in pairwise(wide)) >= narrowest:
            return wide
        n_classes -= 1
    cuts = np.quantile(known, np.linspace(0, 1, min(n_classes, known.size) + 1))
    span = float(known[-1] - known[0])
    for digits in range(-int(np.floor(np.log10(span))) - 1, 12):
        step = 10.0**-digits
        for fine in (step, step / 2):
            rounded = np.round(cuts / fine) * fine
            rounded[0] = np.floor(cuts[0] / fine + 1e-9) * fine
            rounded[-1] = np.ceil(cuts[-1] / fine - 1e-9) * fine
            # round limits far beyond the values would speak of values that nobody saw
            near = known[0] - rounded[0] <= span / 2 and rounded[-1] - known[-1] <= span / 2
            if near and (np.diff(rounded) > 1e-9 * span).all():
                inside = np.histogram(known, rounded)[0]
                if inside.all():
                    # and no minus before nought
                    return [round(float(each), max(digits + 1, 0)) + 0.0 for each in rounded]
    return [float(each) for each in cuts]


def decade_breaks(top: float, n_classes: int = 6) -> list[float]:
    """Lower limits of classes in steps of 1, 2, 5, 10, since densities span orders of magnitude.

    Parameters
    ----------
    top : float
        Largest value.
    n_classes : int

    Returns
    -------
    list of float
        Rising; the last is at most `top`. Empty for a `top` that is not above 0.

    Examples
    --------
    >>> decade_breaks(7.3, 4)
    [0.5, 1.0, 2.0, 5.0]
    """
    if not (np.isfinite(top) and top > 0):
        return []
    power = int(np.floor(np.log10(top)))
    steps = [float(f"{m}e{p}") for p in range(power - n_classes, power + 1) for m in (1, 2, 5)]
    return [step for step in steps if step <= top][-n_classes:]
