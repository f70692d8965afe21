"""Changes between two bundles as a layer of regions, with a theme for each indicator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from kz_spatial.design import text_in
from kz_spatial.errors import CallError
from kz_spatial.output.terms import Terms
from kz_spatial.palette import CHANGE_COLOURS, CHANGE_LETTERS, NO_DATA
from kz_spatial.places import regions
from kz_spatial.study import OwnLayer, Theme, ThemeClass
from kz_spatial.words import languages, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd

    from kz_spatial.options import Language
    from kz_spatial.study import BundleChange

__all__ = [
    "CHANGE_CLASSES",
    "CHANGE_LAYER",
    "change_frame",
    "change_notice",
    "change_terms",
    "change_title",
    "classed",
]

CHANGE_LAYER: Final = "changes"
# key in the layer, its words, and its colour
CHANGE_CLASSES: Final = {
    "rise, better": ("change.class.rise_better", CHANGE_COLOURS["better"]),
    "rise, worse": ("change.class.rise_worse", CHANGE_COLOURS["worse"]),
    "fall, better": ("change.class.fall_better", CHANGE_COLOURS["better"]),
    "fall, worse": ("change.class.fall_worse", CHANGE_COLOURS["worse"]),
    "not clear": ("change.class.not_clear", CHANGE_COLOURS["not clear"]),
    "withheld": ("change.class.withheld", NO_DATA),
    "no interval": ("change.class.no_interval", NO_DATA),
}
_RARE: Final[dict[str, Literal["diagonal", "cross"]]] = {
    "withheld": "diagonal",
    "no interval": "cross",
}
_SHOWN: Final = ("change", "first", "second", "difference", "ci_low", "ci_high", "p")


def change_notice(first: Mapping[str, Any], second: Mapping[str, Any], language: Language) -> str:
    """Say that firms are the twin's, of both bundles or of which; empty where none are.

    Parameters
    ----------
    first, second : mapping
        Records of the bundles.
    language : str
    """
    twins = [bool(each["synthetic"]) for each in (first, second)]
    if not any(twins):
        return ""
    told = say("notice.twin", language)
    if all(twins):
        return told
    which = say("change.first" if twins[0] else "change.second", language)
    return say("legend.about", language, name=which, part=told)


def classed(change: BundleChange) -> pd.Series[Any]:
    """Key of `CHANGE_CLASSES` for each row of the change's frame."""
    keys = []
    for row in change.frame.to_dict("records"):
        if row["change"] in CHANGE_LETTERS:
            up = 1 if row["change"] == "rise" else -1
            good = up == change.design.by_name[row["indicator"]].direction
            keys.append(f"{row['change']}, {'better' if good else 'worse'}")
        elif row["change"] == "not clear":
            keys.append("not clear")
        else:  # a difference without an error, as where all firms answer alike
            keys.append("withheld" if np.isnan(row["difference"]) else "no interval")
    found: pd.Series[Any] = change.frame["change"].astype(object).copy()
    found[:] = keys
    return found.rename("class")


def change_frame(change: BundleChange) -> gpd.GeoDataFrame:
    """Regions with the columns `<indicator>_change`, `_first`, `_second`, `_difference`, ...

    Parameters
    ----------
    change : BundleChange

    Returns
    -------
    GeoDataFrame
        A row per region, in the order of the grouping; `_change` holds keys of `CHANGE_CLASSES`.
    """
    areas = regions(change.design.grouping)
    key = areas.index.name
    frame = areas[[*(c for c in areas if c.startswith("name_")), "geometry"]].copy()
    table = change.frame.assign(change=classed(change))
    for name in change.design.by_name:
        rows = table[table["indicator"] == name].set_index("code").reindex(frame.index)
        for part in _SHOWN:
            frame[f"{name}_{part}"] = rows[part]
    columns = [c for c in frame.columns if c != "geometry"]
    return frame.reset_index()[[key, *columns, "geometry"]]


def _texts(told: Callable[[Language], str]) -> dict[str, str]:
    """A text in every language."""
    return {code: told(code) for code in languages()}


def change_title(change: BundleChange, language: Language) -> str:
    """Say between which waves things changed."""
    first, second = (str(each["design"]["wave"]["year"]) for each in (change.first, change.second))
    if first == second:
        return say("change.within_year", language, year=second)
    return say("change.between_years", language, first=first, second=second)


def _theme(change: BundleChange, name: str, present: set[str]) -> Theme:
    indicator = change.design.by_name[name]
    good = indicator.direction > 0
    keys = ["rise, better", "fall, worse"] if good else ["rise, worse", "fall, better"]
    keys.append("not clear")
    keys += [key for key in _RARE if key in present]
    classes = []
    for key in keys:
        words, colour = CHANGE_CLASSES[key]
        letter = CHANGE_LETTERS.get(key.partition(",")[0], "")
        labels = {code: say(words, code) for code in languages()}
        classes.append(ThemeClass(key, labels, colour, letter, _RARE.get(key, "")))
    return Theme(
        f"{name}_change",
        indicator.labels,
        indicator.unit,
        classes=tuple(classes),
        tooltip=tuple(f"{name}_{part}" for part in _SHOWN),
    )


def _computed(_: object) -> gpd.GeoDataFrame:
    raise CallError("changes are computed by compare_bundles")


def change_terms(change: BundleChange, language: Language) -> Terms:
    """Words of a comparison: the design under a title that tells the waves, and the layer's themes.

    Parameters
    ----------
    change : BundleChange
    language : str
    """
    design = change.design
    key = classed(change)
    # maps open on the study's outcome
    names = sorted(design.by_name, key=lambda name: name != design.outcome)
    themes = tuple(
        _theme(change, name, set(key[change.frame["indicator"] == name])) for name in names
    )
    layer = OwnLayer(
        CHANGE_LAYER,
        _computed,
        _texts(lambda code: change_title(change, code)),
        themes,
        _texts(lambda code: say("change.note", code, share=percent(change.level, code))),
    )
    title = _texts(lambda code: f"{text_in(design.title, code)}. {change_title(change, code)}")
    least = {each["options"]["min_firms"] for each in (change.first, change.second)}
    return Terms(replace(design, title=title), language, (layer,), max(least))
