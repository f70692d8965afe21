"""Oblasts, composites and settlements of Kazakhstan as frames on WGS 84 (EPSG:4326).

The polygons, all of type MultiPolygon, are a coverage: neighbours share their edges exactly,
nothing overlaps, no gap lies between them. An older vintage dissolves today's units into those
they were part of. It keeps today's line work: what moved between units without a new one being
created (city limits; Kokshetau, to Akmola in 1999) is not reconstructed.

Source, licence, repair and remaining doubts: ``boundaries/README.md``.
"""

from __future__ import annotations

import json
import operator
from functools import cache
from typing import TYPE_CHECKING, Final, cast

import geopandas as gpd
import pandas as pd
import shapely

from kz_spatial._validate import check_option, data_path
from kz_spatial.errors import InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.places.resolution import COMPOSITE_NAMES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kz_spatial.options import Detail

__all__ = ["composites", "oblasts", "settlements"]

_FIRST_VINTAGE: Final = 1997
_LAST_VINTAGE: Final = 9999
_SHYMKENT: Final = 2018
_ABAI_ZHETISU_ULYTAU: Final = 2022

_SOUTH_KAZAKHSTAN: Final = {
    "kato": "51",
    "name_en": "South Kazakhstan Region",
    "name_kk": "Оңтүстік Қазақстан облысы",
    "name_ru": "Южно-Казахстанская область",
    "since": None,
}


def oblasts(*, vintage: int = 2022, detail: Detail = "full") -> gpd.GeoDataFrame:
    """Return the oblasts as they were in a year.

    Parameters
    ----------
    vintage : int
        A year from 1997 on: 20 units from 2022, 17 from 2018 to 2021 (before Abai, Zhetisu and
        Ulytau), 16 until 2017 (before Shymkent; Turkistan is South Kazakhstan). The year of a
        change counts as after it.
    detail : {"full", "light"}
        All vertices, or a simplified copy for drawing with the same neighbours.

    Returns
    -------
    GeoDataFrame
        Indexed by ISO 3166-2 code (``oblast_code``), sorted. Columns ``kato``, ``composite``,
        ``name_en``, ``name_kk``, ``name_ru``, ``since`` (ISO date, for units created since 2018),
        ``parent`` (code of the unit it was part of before; like ``since`` missing for the others),
        ``area_km2`` (geodesic, of the full polygon), ``geometry``. Every call returns a new frame.

    Raises
    ------
    InputError
        When the vintage is not a year from 1997 on.

    Examples
    --------
    >>> len(oblasts()), len(oblasts(vintage=2021)), len(oblasts(vintage=2017))
    (20, 17, 16)
    >>> oblasts(detail="light").loc["KZ-62", ["name_en", "parent"]].tolist()
    ['Ulytau Region', 'KZ-35']
    """
    year = _check_vintage(vintage)
    check_option("detail", detail, ("full", "light"))
    split_year = max(edge for edge in (0, _SHYMKENT, _ABAI_ZHETISU_ULYTAU) if edge <= year)
    return _vintage(split_year, detail).copy()


def composites(*, detail: Detail = "full") -> gpd.GeoDataFrame:
    """Return the study's seven composite regions.

    Parameters
    ----------
    detail : {"full", "light"}
        As in `oblasts`.

    Returns
    -------
    GeoDataFrame
        Indexed by composite code (``composite``), sorted. Columns ``name_en``, ``name_kk``,
        ``name_ru``, ``n_oblasts``, ``area_km2``, ``geometry``. Every call returns a new frame.

    Examples
    --------
    >>> composites(detail="light")["n_oblasts"].to_dict()
    {'almaty': 1, 'astana': 1, 'center': 2, 'east': 2, 'north': 4, 'south': 6, 'west': 4}
    """
    check_option("detail", detail, ("full", "light"))
    return _composites(detail).copy()


def settlements() -> gpd.GeoDataFrame:
    """Return populated places, each lying inside its oblast.

    Returns
    -------
    GeoDataFrame
        Points indexed by GeoNames id (``geonameid``), ordered by oblast and falling population.
        Columns ``name_en``, ``name_kk``, ``name_ru`` (the English name where no safe one is
        known), ``oblast_code``, ``composite``, ``latitude``, ``longitude``, ``population``
        (0: GeoNames has none), ``is_seat`` (of its oblast), ``geometry``. Every call returns a
        new frame.

    Examples
    --------
    >>> places = settlements()
    >>> places.loc[places["is_seat"] & (places["oblast_code"] == "KZ-63"), "name_ru"].item()
    'Усть-Каменогорск'
    """
    return _settlements().copy()


def _check_vintage(vintage: int) -> int:
    """Return a vintage as a plain year."""
    try:
        year = operator.index(vintage)
    except TypeError:
        year = 0
    if not _FIRST_VINTAGE <= year <= _LAST_VINTAGE:
        raise InputError(f"vintage={vintage!r}: expected a year, {_FIRST_VINTAGE} or later")
    return year


@cache
def _read(detail: Detail) -> gpd.GeoDataFrame:
    """Return the oblasts of today as shipped, indexed by code."""
    if detail == "full":
        frame = gpd.read_file(data_path("boundaries", "oblasts.fgb"))
    else:
        # GDAL would read the dates of `since` as timestamps, unlike in the full copy
        text = data_path("boundaries", "oblasts_light.geojson").read_text(encoding="utf-8")
        features = json.loads(text)["features"]
        frame = gpd.GeoDataFrame(
            [feature["properties"] for feature in features],
            geometry=list(shapely.get_parts(shapely.from_geojson(text))),
            crs=DATA_CRS,
        )
    return frame.set_index(pd.Index(frame.pop("iso"), name="oblast_code"))


@cache
def _vintage(split_year: int, detail: Detail) -> gpd.GeoDataFrame:
    """Return the oblasts after the splits of a year."""
    today = _read(detail)
    since = today["since"].str[:4].astype(float)
    merged = today["parent"].notna() & (since > split_year)
    if not merged.any():
        return today
    owner = today["parent"].where(merged, today.index.to_series())
    units = today.loc[~merged].copy()
    units["geometry"] = _dissolve(today, owner)
    units["area_km2"] = _sum_areas(today, owner)
    if split_year < _SHYMKENT:
        for column, value in _SOUTH_KAZAKHSTAN.items():
            units.loc["KZ-61", column] = value
    return units


@cache
def _composites(detail: Detail) -> gpd.GeoDataFrame:
    """Return the composites, dissolved from the oblasts of today."""
    units = _read(detail)
    names = pd.DataFrame.from_dict(COMPOSITE_NAMES, orient="index").rename_axis("composite")
    names = names[["en", "kk", "ru"]].add_prefix("name_")
    return gpd.GeoDataFrame(
        names.assign(
            n_oblasts=units["composite"].value_counts(),
            area_km2=_sum_areas(units, units["composite"]),
            geometry=_dissolve(units, units["composite"]),
        ),
        crs=DATA_CRS,
    )


@cache
def _settlements() -> gpd.GeoDataFrame:
    """Return the settlements as shipped, with composites and without empty names."""
    table = pd.read_csv(
        data_path("boundaries", "settlements.csv"), index_col="geonameid", encoding="utf-8"
    )
    for column in ("name_kk", "name_ru"):
        table[column] = table[column].fillna(table["name_en"])
    composite = table["oblast_code"].map(_crosswalk_composites())
    table.insert(table.columns.get_loc("oblast_code") + 1, "composite", composite)
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    return gpd.GeoDataFrame(table, geometry=points, crs=DATA_CRS)


def _crosswalk_composites() -> pd.Series:
    """Return the composite of each oblast code."""
    table = pd.read_csv(data_path("boundaries", "crosswalk.csv"), dtype=str, index_col="iso")
    return table["composite"]


def _dissolve(units: gpd.GeoDataFrame, owner: pd.Series) -> gpd.GeoSeries:
    """Return the union of the polygons of each owner."""
    groups = units.geometry.groupby(owner)
    return gpd.GeoSeries({code: _union(group.to_numpy()) for code, group in groups}, crs=units.crs)


def _union(polygons: npt.NDArray[np.object_]) -> shapely.Geometry:
    """Return the union of polygons of one coverage as a MultiPolygon; no vertex moves."""
    if len(polygons) == 1:
        return polygons[0]
    united = shapely.orient_polygons(shapely.coverage_union_all(polygons))
    return shapely.multipolygons(shapely.get_parts(united))


def _sum_areas(units: gpd.GeoDataFrame, owner: pd.Series) -> pd.Series:
    """Return the area of each owner in km²; areas are kept to 0.1 km²."""
    return cast("pd.Series", units["area_km2"].groupby(owner).sum().round(1))
