"""How a layer of one's own is shown: its themes, their classes, and its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from kz_spatial.design import Texts, text_faults
from kz_spatial.errors import CallError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Hatch", "OwnLayer", "Theme", "ThemeClass", "own_from_record", "own_to_record"]


Hatch = Literal["", "diagonal", "cross"]
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True, slots=True)
class ThemeClass:
    """One class of a categorised theme.

    Attributes
    ----------
    value : str or int
        What the column holds.
    labels : mapping
        What the legend says, by language.
    colour : str
        Fill as #rrggbb.
    letter : str
        Second cue on the map, where hue is lost.
    hatch : {"", "diagonal", "cross"}
        Pattern laid over the fill.

    Examples
    --------
    >>> ThemeClass("above", {"en": "Above", "ru": "Выше"}, "#2c7fb8", letter="+").labels["ru"]
    'Выше'
    """

    value: str | int
    labels: Texts
    colour: str
    letter: str = ""
    hatch: Hatch = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """One way to draw a layer of one's own.

    Attributes
    ----------
    column : str
        Column of the frame that it shows.
    labels : mapping
        Legend heading, by language.
    unit : mapping
        Unit of the column, by language; empty for none.
    direction : {1, -1}
        Whether more of it is good (blue) or bad (red); numbers only.
    classes : tuple of ThemeClass
        Classes of a category; empty for a number, which is classed by quantiles.
    tooltip : tuple of str
        Columns that a reader sees on pointing at a unit; those of the layer's themes by default.
    breaks : tuple of float
        Rising class limits of a number; quantiles where there are none.
    series : str
        Themes of one series differ in their step alone, as a year: maps offer a slider.
    step : str
        What a theme's step is called.

    Examples
    --------
    >>> Theme("tension", {"en": "Tension", "ru": "Напряжённость"}, {"en": "points"}).kind
    'graduated'
    """

    column: str
    labels: Texts
    unit: Texts = field(default_factory=dict)
    direction: Literal[1, -1] = 1
    classes: tuple[ThemeClass, ...] = ()
    tooltip: tuple[str, ...] = ()
    breaks: tuple[float, ...] = ()
    series: str = ""
    step: str = ""

    @property
    def kind(self) -> Literal["graduated", "categorised"]:
        """How it is drawn."""
        return "categorised" if self.classes else "graduated"

    def faults(self) -> list[str]:
        """What is wrong with it, a line each."""
        found = text_faults(f"{self.column}.labels", self.labels)
        if self.unit:
            found += text_faults(f"{self.column}.unit", self.unit)
        if self.direction not in (1, -1):
            found.append(f"{self.column}.direction: found {self.direction!r}, expected 1 or -1")
        for each in self.classes:
            key = f"{self.column}.classes.{each.value}"
            found += text_faults(key, each.labels)
            if not _COLOUR.match(each.colour):
                found.append(f"{key}.colour: found {each.colour!r}, expected #rrggbb")
            if each.hatch not in get_args(Hatch):
                found.append(f"{key}.hatch: found {each.hatch!r}, expected '', diagonal or cross")
        if any(low >= high for low, high in pairwise(self.breaks)) or len(self.breaks) == 1:
            found.append(f"{self.column}.breaks: found {self.breaks}, expected rising limits")
        return found


@dataclass(frozen=True, slots=True)
class OwnLayer:
    """A layer of a user's own; see `register_layer`.

    Attributes
    ----------
    name : str
    compute : callable
        From a `Study` to a frame.
    title, note : mapping
        What readers see, by language: its title, and what it is and rests on.
    themes : tuple of Theme
        The first is shown first.
    """

    name: str
    compute: Callable[[Any], pd.DataFrame]
    title: Texts
    themes: tuple[Theme, ...]
    note: Texts = field(default_factory=dict)


def own_to_record(layer: OwnLayer) -> dict[str, Any]:
    """What readers see of a layer, as plain values for the record of a run."""
    return {
        "name": layer.name,
        "title": dict(layer.title),
        "note": dict(layer.note),
        "themes": [asdict(each) for each in layer.themes],
    }


def own_from_record(record: Mapping[str, Any]) -> OwnLayer:
    """A layer as a record of a run tells it, without the function that made it."""
    themes = tuple(
        Theme(
            **{
                **each,
                "classes": tuple(ThemeClass(**one) for one in each["classes"]),
                "tooltip": tuple(each["tooltip"]),
                "breaks": tuple(each.get("breaks", ())),
            }
        )
        for each in record["themes"]
    )
    return OwnLayer(record["name"], _gone, record["title"], themes, record["note"])


def _gone(_: object) -> pd.DataFrame:
    raise CallError("a layer read from a bundle cannot be computed again; register its function")
