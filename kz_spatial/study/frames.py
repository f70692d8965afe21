"""Results as frames of plain columns, one for each layer of a bundle."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.design import SCORE
from kz_spatial.options import DATA_CRS
from kz_spatial.palette import decade_breaks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from kz_spatial.study.groupings import Groupings
    from kz_spatial.study.spatial_patterns import Pattern
    from kz_spatial.surfaces import DensitySurface

__all__ = ["clusters_frame", "contours_frame", "local_moran_frame", "unit_frame"]

_WHOLE: Final = ("n_firms", "rank", "rank_low", "rank_high", "tied_group")
_LOCAL_PARTS: Final = (
    "value",
    "lag",
    "statistic",
    "quadrant",
    "p",
    "p_min",
    "p_fdr",
    "p_bonferroni",
    "label",
    "method",
)


def _names(areas: gpd.GeoDataFrame) -> list[str]:
    """Columns of names, one for each language."""
    return [column for column in areas if column.startswith("name_")]


def unit_frame(
    areas: gpd.GeoDataFrame, table: pd.DataFrame | None, region: str
) -> gpd.GeoDataFrame:
    """Areas with the aggregate of each, code in a column.

    Parameters
    ----------
    areas : GeoDataFrame
        `oblasts()` or `regions()`.
    table : DataFrame or None
        As `aggregate` returns it for the same units; None leaves names and codes.
    region : str
        Name of the grouping, whose column is kept.
    """
    key = areas.index.name
    kept = [c for c in (*_names(areas), region, "kato", "area_km2") if c in areas and c != key]
    frame = areas[[*kept, "geometry"]].copy()
    if table is not None:
        shown = table.drop(columns=[c for c in table if c.endswith("_suppressed")])
        frame = frame.join(shown.rename_axis(key))
        for name in (c for c in shown if c.endswith("_precision")):
            frame[f"{name.removesuffix('precision')}poor"] = frame[name] == "poor"
        for name in (c for c in frame if c.endswith("_n") or c in _WHOLE):
            frame[name] = frame[name].astype("Int64")
    columns = [c for c in frame.columns if c != "geometry"]
    return frame.reset_index()[[key, *columns, "geometry"]]


def local_moran_frame(areas: gpd.GeoDataFrame, patterns: Mapping[str, Pattern]) -> gpd.GeoDataFrame:
    """Areas with one column group per indicator: `<indicator>_statistic`, `_p`, `_label`, ...

    Parameters
    ----------
    areas : GeoDataFrame
    patterns : mapping of Pattern
        By indicator; `<indicator>_spot` and `_spot_z` are hot and cold spots, draws of firms add
        `_changes` and `_unstable`.
    """
    key = areas.index.name
    frame = areas[[*_names(areas), "geometry"]].copy()
    for name, found in patterns.items():
        for part in _LOCAL_PARTS:
            frame[f"{name}_{part}"] = found.local.frame[part].reindex(frame.index)
        frame[f"{name}_spot"] = found.spots.frame["label"].reindex(frame.index)
        frame[f"{name}_spot_z"] = found.spots.frame["z"].reindex(frame.index)
        if found.resampled is not None:
            for part in ("changes", "unstable"):
                frame[f"{name}_{part}"] = found.resampled.frame[part].reindex(frame.index)
    columns = [c for c in frame.columns if c != "geometry"]
    return frame.reset_index()[[key, *columns, "geometry"]]


def clusters_frame(
    areas: gpd.GeoDataFrame,
    groupings: Groupings,
    tables: Mapping[str, pd.DataFrame],
    region: str,
) -> gpd.GeoDataFrame:
    """Oblasts with the group of each, by kind and level: `typology_oblast`, ...

    Parameters
    ----------
    areas : GeoDataFrame
        The oblasts.
    groupings : Groupings
        Those that are shown for every number add `regions_oblast_k2` and so on.
    tables : mapping
        By level, as `aggregate` returns them: `readiness_oblast` and so on show what the groups
        are ordered by.
    region : str
        Name of the grouping, whose column is kept.
    """
    frame = areas[[*_names(areas), region, "geometry"]].copy()
    for level, table in tables.items():
        keys = frame[region] if level == region else frame.index.to_series()
        frame[f"{SCORE}_{level}"] = keys.map(table[SCORE])
    wanted = [(each.column, each.level, each.partition) for each in groupings.every]
    wanted += [
        (f"{each.column}_k{k}", each.level, found)
        for each in groupings.every
        if each.every_number
        for k, found in each.by_number.items()
    ]
    for name, level, found in wanted:
        keys = frame[region] if level == region else frame.index.to_series()
        frame[name] = keys.map(found.labels).astype("Int64")
    columns = [c for c in frame.columns if c != "geometry"]
    return frame.reset_index()[["oblast_code", *columns, "geometry"]]


def contours_frame(surface: DensitySurface, *, n_bands: int = 6) -> gpd.GeoDataFrame:
    """Filled contour bands of a surface, as polygons with `low` and `high` in its unit.

    Limits rise in steps of 1, 2, 5, 10, since densities are spread over orders of magnitude.
    """
    import geopandas as gpd
    import shapely
    from contourpy import FillType, contour_generator

    values = np.ma.masked_invalid(surface.values.astype(float))
    top = float(values.max())
    limits = decade_breaks(top, n_bands)
    rows, columns = surface.values.shape
    t = surface.transform
    made = contour_generator(
        t.c + t.a * (np.arange(columns) + 0.5),
        t.f + t.e * (np.arange(rows) + 0.5),
        values,
        fill_type=FillType.OuterOffset,
    )
    bands = []
    for low, high in zip(limits, [*limits[1:], np.inf], strict=True):
        found: Any = made.filled(low, high if np.isfinite(high) else top * 2)
        lines, offsets = found
        parts = [
            shapely.Polygon(line[o[0] : o[1]], [line[a:b] for a, b in pairwise(o[1:])])
            for line, o in zip(lines, offsets, strict=True)
        ]
        if parts:
            band = shapely.make_valid(shapely.MultiPolygon(parts))
            bands.append(
                {
                    "low": low,
                    "high": None if np.isinf(high) else high,
                    "unit": surface.unit,
                    "geometry": band,
                }
            )
    frame = gpd.GeoDataFrame(bands, geometry="geometry", crs=surface.crs)
    return frame.to_crs(DATA_CRS)
