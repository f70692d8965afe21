"""Layers of a table of units: figures by column and year, local Moran, groups, and all years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import LEVEL
from kz_spatial.errors import CallError
from kz_spatial.output.class_limits import class_limits
from kz_spatial.palette import (
    CLUSTER_COLOURS,
    FUNNEL_COLOURS,
    FUNNEL_LETTERS,
    GEARY_COLOURS,
    GEARY_LETTERS,
    LISA_COLOURS,
    LISA_LETTERS,
    SPOT_COLOURS,
    SPOT_LETTERS,
)
from kz_spatial.study import Hatch, OwnLayer, Theme, ThemeClass
from kz_spatial.words import languages, say

if TYPE_CHECKING:
    import geopandas as gpd

    from kz_spatial.design import Texts
    from kz_spatial.study import AreaColumn, AreaOptions, AreaStudy

__all__ = ["PANEL", "area_frames", "area_own_layers", "units_layer"]

PANEL: Final = "panel"
UNITS: Final = "units"
_USUAL: Final = ("rounded", 5)
_LOCAL: Final = ("value", "lag", "statistic", "quadrant", "p", "p_min", "p_fdr", "label", "method")
_SHOWN: Final = ("label", "value", "statistic", "p", "p_min", "p_fdr")


def _said(key: str, **values: Any) -> dict[str, str]:
    """A message in every language; a value that is texts itself is put in by language."""
    return {
        code: say(
            key, code, **{k: v[code] if isinstance(v, Mapping) else v for k, v in values.items()}
        )
        for code in languages()
    }


def _unread(_: object) -> pd.DataFrame:
    raise CallError("layers of a table are computed by study_areas")


def units_layer(study: AreaStudy) -> str:
    """Name of the layer of figures: oblasts, or units of one's own."""
    return "oblasts" if study.record.level == LEVEL else UNITS


def _year_name(column: AreaColumn, year: int) -> str:
    """Column of a layer that holds one year; the last year's carries no year."""
    return column.name if year == column.latest_year else f"{column.name}_{year}"


def _base(study: AreaStudy) -> gpd.GeoDataFrame:
    kept = [c for c in study.areas if c.startswith("name_")]
    return study.areas[[*kept, "geometry"]].copy()


def _closed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with its code in a column and the geometry last."""
    key = frame.index.name
    columns = [c for c in frame.columns if c != "geometry"]
    return frame.copy().reset_index()[[key, *columns, "geometry"]]


def _beside(frame: gpd.GeoDataFrame, more: dict[str, Any]) -> gpd.GeoDataFrame:
    """The frame with more columns, put in at once since one by one is slow."""
    import geopandas as gpd

    joined = pd.concat([pd.DataFrame(frame), pd.DataFrame(more, index=frame.index)], axis=1)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=frame.crs).rename_axis(
        frame.index.name
    )


def _figures(study: AreaStudy) -> gpd.GeoDataFrame:
    frame = _base(study)
    more: dict[str, Any] = {"area_km2": study.areas["area_km2"]}
    for column in study.columns.values():
        for year in sorted(column.years, reverse=True):
            more[_year_name(column, year)] = column.values[year].reindex(frame.index)
    for name, told in study.funnels.items():
        more[f"{name}_funnel"] = told.reindex(frame.index)
    for name, found in study.years.items():
        more[f"{name}_change"] = found.change.reindex(frame.index)
        more[f"{name}_ranks"] = found.ranks.reindex(frame.index)
    made_of = study.record.merged or {}
    if made_of:
        names = study.areas["name_en"]
        more["made_of"] = pd.Series(
            {code: ", ".join(held) for code, held in made_of.items()}, dtype=object
        ).reindex(names.index)
    joined = pd.concat([pd.DataFrame(frame), pd.DataFrame(more)], axis=1)
    return _closed(
        frame.__class__(joined, geometry="geometry", crs=frame.crs).rename_axis(study.key)
    )


def _local(study: AreaStudy) -> gpd.GeoDataFrame:
    frame = _base(study)
    parts: dict[str, Any] = {}
    for name, found in study.patterns.items():
        told = found.local.frame.reindex(frame.index)
        parts |= {f"{name}_{part}": told[part] for part in _LOCAL}
        parts[f"{name}_spot"] = found.spots.frame["label"].reindex(frame.index)
        if found.beside is not None:
            beside = found.beside.frame.reindex(frame.index)
            parts |= {f"{name}_beside": beside["label"], f"{name}_beside_p": beside["p"]}
    if study.found.together is not None:
        both = study.found.together.frame.reindex(frame.index)
        parts |= {"together": both["label"], "together_p": both["p"]}
    joined = pd.concat([pd.DataFrame(frame), pd.DataFrame(parts)], axis=1)
    return _closed(
        frame.__class__(joined, geometry="geometry", crs=frame.crs).rename_axis(study.key)
    )


def _groups(study: AreaStudy) -> gpd.GeoDataFrame:
    frame = _base(study)
    for (kind, k), found in study.groups.by_number.items():
        frame[f"{kind}_k{k}"] = found.labels.reindex(frame.index).astype("Int64")
    return _closed(frame)


def _panel(study: AreaStudy) -> gpd.GeoDataFrame:
    """A row for each unit and year, from its first day to its last, for a temporal map."""
    base, parts = _base(study), []
    years = sorted({year for column in study.columns.values() for year in column.years if year})
    for year in years:
        part = base.copy()
        for name, column in study.columns.items():
            known = column.values[year] if year in column.values else pd.Series(dtype=float)
            part[name] = known.reindex(part.index)
        part["year"] = year
        part["valid_from"] = pd.Timestamp(dt.datetime(year, 1, 1))  # noqa: DTZ001 a day, no moment
        part["valid_to"] = pd.Timestamp(dt.datetime(year, 12, 31))  # noqa: DTZ001
        parts.append(_closed(part))
    return pd.concat(parts, ignore_index=True)


def area_frames(study: AreaStudy) -> dict[str, gpd.GeoDataFrame]:
    """Frames of the layers by name.

    Parameters
    ----------
    study : AreaStudy

    Returns
    -------
    dict of GeoDataFrame
        Figures (`oblasts`, or `units` of one's own), `local_moran`, `clusters`, and for a panel
        `panel`.
    """
    frames = {units_layer(study): _figures(study)}
    if study.patterns:
        frames["local_moran"] = _local(study)
    if study.groups.by_number:
        frames["clusters"] = _groups(study)
    if study.is_panel:
        frames[PANEL] = _panel(study)
    return frames


def _titled(column: AreaColumn) -> Texts:
    """Unit of a theme; none where the file tells none or the title names it."""
    if not column.measured or any(column.unit[c] in column.labels[c] for c in column.labels):
        return {}
    return column.unit


def _limits(column: AreaColumn, options: AreaOptions) -> tuple[float, ...]:
    """Class limits that all years share, so that a colour means the same in each.

    Empty for one year with the usual classes, which the style makes.
    """
    if len(column.years) < 2 and (options.classes, options.n_classes) == _USUAL:
        return ()
    values = column.values.to_numpy(float).ravel().tolist()
    found = class_limits(values, options.classes, options.n_classes)
    return found if len(found) > 1 and found[0] < found[-1] else ()


def _figure_themes(study: AreaStudy) -> list[Theme]:
    themes = []
    for name, column in study.columns.items():
        limits, several = _limits(column, study.options), len(column.years) > 1
        for year in sorted(column.years, reverse=True):
            known = column.values[year]
            if not known.notna().any():
                continue
            labels = (
                _said("area.of_year", name=column.labels, year=str(year)) if year else column.labels
            )
            shown = [_year_name(column, year)]
            shown += (
                [f"{name}_funnel"] if name in study.funnels and year == column.latest_year else []
            )
            shown += ["made_of"] if study.record.merged else []
            themes.append(
                Theme(
                    _year_name(column, year),
                    labels,
                    _titled(column),
                    tooltip=tuple(shown),
                    breaks=limits,
                    series=name if several else "",
                    step=str(year) if several else "",
                )
            )
    return themes


def _change_themes(study: AreaStudy) -> list[Theme]:
    themes = []
    for name, found in study.years.items():
        column = study.columns[name]
        labels = _said(
            "area.change", name=column.labels, first=str(found.first), last=str(found.last)
        )
        shown = (f"{name}_change", f"{name}_ranks")
        if found.change.min() < found.change.max():
            themes.append(Theme(shown[0], labels, _titled(column), tooltip=shown))
    return themes


def _funnel_themes(study: AreaStudy) -> list[Theme]:
    classes = tuple(
        ThemeClass(key, _said(f"area.class.{key}"), colour, FUNNEL_LETTERS.get(key, ""))
        for key, colour in FUNNEL_COLOURS.items()
    )
    return [
        Theme(
            f"{name}_funnel",
            _said("area.funnel", name=study.columns[name].labels),
            classes=classes,
            tooltip=(f"{name}_funnel", name),
        )
        for name in study.funnels
    ]


def _classes(
    colours: Mapping[str, str], letters: Mapping[str, str], present: set[str]
) -> tuple[ThemeClass, ...]:
    """Classes of a local statistic; its own stay in the legend, others where they occur."""
    classes = []
    for key, colour in colours.items():
        if key not in present and key not in letters:
            continue
        words = "area.no_value" if key == "suppressed" else f"class.{key}"
        hatch: Hatch = "diagonal" if key == "suppressed" else ""
        hatch = "cross" if key == "cannot be significant" else hatch
        classes.append(ThemeClass(key, _said(words), colour, letters.get(key, ""), hatch))
    return tuple(classes)


def _local_themes(study: AreaStudy) -> list[Theme]:
    """Local Moran of each column, then its hot spots, then columns beside one and together."""
    themes, spots, beside = [], [], []
    for name, found in study.patterns.items():
        labels = study.columns[name].labels
        shown = tuple(f"{name}_{part}" for part in _SHOWN)
        classes = _classes(LISA_COLOURS, LISA_LETTERS, set(found.local.frame["label"]))
        themes.append(Theme(f"{name}_label", labels, classes=classes, tooltip=shown))
        classes = _classes(SPOT_COLOURS, SPOT_LETTERS, set(found.spots.frame["label"]))
        hot = _said("area.spots", name=labels)
        shown = (f"{name}_spot", *shown[1:])
        spots.append(Theme(f"{name}_spot", hot, classes=classes, tooltip=shown))
        if found.beside is not None:
            classes = _classes(LISA_COLOURS, LISA_LETTERS, set(found.beside.frame["label"]))
            told = _said("area.beside", name=labels, other=study.options.beside)
            shown = (f"{name}_beside", f"{name}_beside_p")
            beside.append(Theme(shown[0], told, classes=classes, tooltip=shown))
    if (both := study.found.together) is not None:
        classes = _classes(GEARY_COLOURS, GEARY_LETTERS, set(both.frame["label"]))
        shown = ("together", "together_p")
        beside.append(Theme("together", _said("area.together"), classes=classes, tooltip=shown))
    return [*themes, *spots, *beside]


def _group_themes(study: AreaStudy) -> list[Theme]:
    wanted = study.options.n_clusters
    order = sorted(
        study.groups.by_number, key=lambda each: (each[1] != wanted, each[0] != "typology", each[1])
    )
    themes = []
    for kind, k in order:
        title = _said("partition.of_number", title=_said(f"area.{kind}"), n=k)
        classes = tuple(
            ThemeClass(
                n,
                _said("legend.group", n=n),
                CLUSTER_COLOURS[(n - 1) % len(CLUSTER_COLOURS)],
                str(n),
            )
            for n in range(1, k + 1)
        )
        themes.append(Theme(f"{kind}_k{k}", title, classes=classes))
    return themes


def _panel_themes(study: AreaStudy) -> list[Theme]:
    limits = {name: _limits(column, study.options) for name, column in study.columns.items()}
    return [
        Theme(name, column.labels, _titled(column), tooltip=("year", name), breaks=limits[name])
        for name, column in study.columns.items()
        if np.isfinite(column.values.to_numpy(float)).any()
    ]


def area_own_layers(study: AreaStudy) -> tuple[OwnLayer, ...]:
    """Titles and themes of the layers of a table, in every language.

    Parameters
    ----------
    study : AreaStudy
    """
    own = study.record.level != LEVEL
    title = _said("area.units" if own else "layer.oblasts")
    themes = [*_figure_themes(study), *_funnel_themes(study), *_change_themes(study)]
    layers = [OwnLayer(units_layer(study), _unread, title, tuple(themes))]
    if study.patterns:
        layers.append(
            OwnLayer(
                "local_moran",
                _unread,
                _said("layer.local_moran"),
                tuple(_local_themes(study)),
            )
        )
    if study.groups.by_number:
        layers.append(
            OwnLayer(
                "clusters",
                _unread,
                _said("layer.clusters"),
                tuple(_group_themes(study)),
            )
        )
    if study.is_panel:
        note = _said("area.panel_note")
        title = _said("area.all_years")
        layers.append(OwnLayer(PANEL, _unread, title, tuple(_panel_themes(study)), note))
    return tuple(layers)
