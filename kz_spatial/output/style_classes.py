"""What a style is: the classes of a legend and how a layer is drawn by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from kz_spatial.palette import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Hatch", "Style", "StyleClass", "describe_class"]

Hatch = Literal["", "diagonal", "cross"]


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
    series, step : str
        Styles of one series differ in their step, as a year; empty for one by itself.
    """

    name: str
    title: str
    column: str
    kind: Literal["graduated", "categorised"]
    classes: tuple[StyleClass, ...]
    tooltip: tuple[str, ...]
    mark_column: str = ""
    mark_note: str = ""
    series: str = ""
    step: str = ""

    def sign(self, entry: StyleClass | None, row: Mapping[str, Any]) -> str:
        """Letter of a feature's class, with the mark where the feature carries it."""
        letter = entry.letter if entry else ""
        value = row[self.mark_column] if self.mark_column else None
        return letter + MARK if value is not pd.NA and value in (True, 1) else letter


def describe_class(style: Style, value: Any) -> StyleClass | None:
    """Class of a style that a feature's value falls in; None when it falls in none."""
    return next((each for each in style.classes if each.holds(value)), None)
