"""Areas as weights see them: checked, and as points inside them with metres between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.errors import InputError
from kz_spatial.options import EQUAL_AREA_CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["check_areas", "default_tolerance", "inner_points", "links", "pairs_within"]

# about a hundred metres, in degrees or metres, and never above a thousandth of a unit's width
_TOLERANCE: Final = {True: 1e-3, False: 100.0}
_OF_WIDTH: Final = 1e-3


def check_areas(areas: gpd.GeoDataFrame) -> None:
    """Raise `InputError` unless areas have unique names, geometries and a reference system."""
    if not areas.index.is_unique:
        twice = areas.index[areas.index.duplicated()][0]
        raise InputError(f"areas: found index value {twice!r} twice, expected once")
    absent = areas.index[areas.geometry.isna() | areas.geometry.is_empty]
    if len(absent):
        raise InputError(f"areas: found no geometry for {absent[0]!r}, expected one per unit")
    if areas.crs is None:
        raise InputError("areas: found no coordinate reference system, expected one")


def default_tolerance(areas: gpd.GeoDataFrame) -> float:
    """How far apart borders may be that count as one, in the unit of the reference system."""
    import shapely

    width = float(np.sqrt(np.median(shapely.area(areas.geometry.to_numpy()))))
    return min(_TOLERANCE[areas.crs.is_geographic], _OF_WIDTH * width)


def inner_points(areas: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Metric coordinates of a point inside each area."""
    inside = areas.geometry.representative_point().to_crs(EQUAL_AREA_CRS)
    return np.column_stack([inside.x, inside.y])


def links(
    focal: NDArray[np.intp], other: NDArray[np.intp], units: pd.Index[Any], weight: Any = 1.0
) -> pd.Series[Any]:
    """Weights by (focal, neighbour), of positions among the units."""
    index = pd.MultiIndex.from_arrays([units[focal], units[other]])
    return pd.Series(weight, index, dtype=float)


def pairs_within(
    points: NDArray[np.float64], reach_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of points within reach of each other, both ways, and their distances."""
    from scipy.spatial import KDTree

    one, other = KDTree(points).query_pairs(reach_m, output_type="ndarray").T
    away = np.linalg.norm(points[one] - points[other], axis=1)
    return np.append(one, other), np.append(other, one), np.append(away, away)
