"""Oblasts, regions and settlements of Kazakhstan as frames on WGS 84 (EPSG:4326).

The polygons, all of type MultiPolygon, are a coverage: neighbours share their edges exactly,
nothing overlaps, no gap lies between them. An older vintage dissolves today's units into those
they were part of. It keeps today's line work: what moved between units without a new one being
created (city limits; Kokshetau, to Akmola in 1999) is not reconstructed.

Source, licence, repair and remaining doubts: ``boundaries/README.md``.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

import geopandas as gpd
import pandas as pd
import shapely

from kz_spatial._validate import check_option, data_path
from kz_spatial.crosswalk import SPLIT_YEARS, check_vintage
from kz_spatial.design import Grouping, load_design
from kz_spatial.options import DATA_CRS
from kz_spatial.words import SHIPPED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kz_spatial.options import Detail

__all__ = ["composites", "oblasts", "regions", "settlements"]

_SHYMKENT: Final = SPLIT_YEARS[0]
_SOUTH_KAZAKHSTAN: Final = {
    "kato": "51",
    "name_en": "South Kazakhstan Region",
    "name_kk": "Оңтүстік Қазақстан облысы",
    "name_ru": "Южно-Казахстанская область",
    "since": None,
}


def oblasts(
    *, vintage: int = 2022, detail: Detail = "full", grouping: Grouping | None = None
) -> gpd.GeoDataFrame:
    """Return the oblasts as they were in a year.

    Parameters
    ----------
    vintage : int
        A year from 1997 on: 20 units from 2022, 17 from 2018 to 2021 (before Abai, Zhetisu and
        Ulytau), 16 until 2017 (before Shymkent; Turkistan is South Kazakhstan). The year of a
        change counts as after it.
    detail : {"full", "light"}
        All vertices, or a simplified copy for drawing with the same neighbours.
    grouping : Grouping, optional
        Regions to name in a column; those of the published study by default.

    Returns
    -------
    GeoDataFrame
        Indexed by ISO 3166-2 code (``oblast_code``), sorted. Columns ``kato``, the grouping's own
        (the study's: ``composite``),
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
    year = check_vintage(vintage)
    check_option("detail", detail, ("full", "light"))
    split_year = max(edge for edge in (0, *SPLIT_YEARS) if edge <= year)
    found = _vintage(split_year, detail)
    return _with_region(found, grouping, "kato", found.index)


def regions(grouping: Grouping | None = None, *, detail: Detail = "full") -> gpd.GeoDataFrame:
    """Return the regions of a grouping, dissolved from the oblasts.

    Parameters
    ----------
    grouping : Grouping, optional
        That of a design; that of the published study by default.
    detail : {"full", "light"}
        As in `oblasts`.

    Returns
    -------
    GeoDataFrame
        Indexed by region code, the index named as the grouping, sorted. Columns ``name_en``,
        ``name_kk``, ``name_ru``, ``n_oblasts``, ``area_km2``, ``geometry``: a coverage again. Every
        call returns a new frame.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.regions(kz.load_design().grouping, detail="light").index.name
    'composite'
    """
    check_option("detail", detail, ("full", "light"))
    return _regions(grouping or load_design().grouping, detail).copy()


def composites(*, detail: Detail = "full") -> gpd.GeoDataFrame:
    """Return the study's seven composite regions.

    Parameters
    ----------
    detail : {"full", "light"}
        As in `oblasts`.

    Returns
    -------
    GeoDataFrame
        As `regions` returns them, indexed by composite code.

    Examples
    --------
    >>> composites(detail="light")["n_oblasts"].to_dict()
    {'almaty': 1, 'astana': 1, 'center': 2, 'east': 2, 'north': 4, 'south': 6, 'west': 4}
    """
    return regions(detail=detail)


def settlements(*, grouping: Grouping | None = None) -> gpd.GeoDataFrame:
    """Return populated places, each lying inside its oblast.

    Parameters
    ----------
    grouping : Grouping, optional
        Regions to name in a column; those of the published study by default.

    Returns
    -------
    GeoDataFrame
        Points indexed by GeoNames id (``geonameid``), ordered by oblast and falling population.
        Columns ``name_en``, ``name_kk``, ``name_ru`` (the English name where no safe one is
        known), ``oblast_code``, the grouping's own column, ``latitude``, ``longitude``,
        ``population`` (0: GeoNames has none), ``is_seat`` (of its oblast), ``geometry``. Every call
        returns a new frame.

    Examples
    --------
    >>> places = settlements()
    >>> places.loc[places["is_seat"] & (places["oblast_code"] == "KZ-63"), "name_ru"].item()
    'Усть-Каменогорск'
    """
    found = _settlements()
    return _with_region(found, grouping, "oblast_code", found["oblast_code"])


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


@lru_cache(maxsize=32)
def _regions(grouping: Grouping, detail: Detail) -> gpd.GeoDataFrame:
    """Return the regions of a grouping, dissolved from the oblasts of today."""
    units = _read(detail)
    owner = _owner(units.index, grouping)
    names = {
        f"name_{language}": [region.name(language) for region in grouping.regions]
        for language in sorted(SHIPPED)
    }
    index = pd.Index(grouping.codes, name=grouping.name)
    return gpd.GeoDataFrame(
        pd.DataFrame(names, index).assign(
            n_oblasts=[len(region.oblasts) for region in grouping.regions],
            area_km2=_sum_areas(units, owner),
            geometry=_dissolve(units, owner),
        ),
        crs=DATA_CRS,
    )


@cache
def _settlements() -> gpd.GeoDataFrame:
    """Return the settlements as shipped, without empty names."""
    table = pd.read_csv(
        data_path("boundaries", "settlements.csv"), index_col="geonameid", encoding="utf-8"
    )
    for column in ("name_kk", "name_ru"):
        table[column] = table[column].fillna(table["name_en"])
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    return gpd.GeoDataFrame(table, geometry=points, crs=DATA_CRS)


def _owner(codes: pd.Index, grouping: Grouping) -> pd.Series:
    """Return the region of each oblast code."""
    return pd.Series(grouping.regions_of(codes), codes, name=grouping.name)


def _with_region(
    frame: gpd.GeoDataFrame, grouping: Grouping | None, after: str, codes: pd.Index
) -> gpd.GeoDataFrame:
    """Return a copy with the region of each row in a column behind another."""
    grouping = grouping or load_design().grouping
    out = frame.copy()
    out.insert(out.columns.get_loc(after) + 1, grouping.name, grouping.regions_of(codes))
    return out


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
