"""Who is whose neighbour: the one place that builds spatial weights, as libpysal Graphs.

Contiguity is found with a tolerance, so that slivers and gaps of imperfect boundaries cost no
neighbour; `borders` tells lines from corners. Distances are metres in an equal-area projection of
Kazakhstan, between points that lie inside the areas. Units without neighbours are treated as the
caller says, and never silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, InputError
from kz_spatial.neighbours.borders import along_a_line
from kz_spatial.neighbours.links import Islands, Transform, graph_of_pairs
from kz_spatial.neighbours.own_weights import graph_of
from kz_spatial.options import EQUAL_AREA_CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = [
    "contiguity",
    "distance_band",
    "k_nearest",
    "kernel_weights",
    "neighbour_masks",
    "union",
]

# about a hundred metres, in degrees or metres, and never above a thousandth of a unit's width
_TOLERANCE: Final = {True: 1e-3, False: 100.0}
_OF_WIDTH: Final = 1e-3


def _check_areas(areas: gpd.GeoDataFrame) -> None:
    if not areas.index.is_unique:
        twice = areas.index[areas.index.duplicated()][0]
        raise InputError(f"areas: found index value {twice!r} twice, expected once")
    absent = areas.index[areas.geometry.isna() | areas.geometry.is_empty]
    if len(absent):
        raise InputError(f"areas: found no geometry for {absent[0]!r}, expected one per unit")
    if areas.crs is None:
        raise InputError("areas: found no coordinate reference system, expected one")


def _default_tolerance(areas: gpd.GeoDataFrame) -> float:
    import shapely

    width = float(np.sqrt(np.median(shapely.area(areas.geometry.to_numpy()))))
    return min(_TOLERANCE[areas.crs.is_geographic], _OF_WIDTH * width)


def _points(areas: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Metric coordinates of a point inside each area."""
    inside = areas.geometry.representative_point().to_crs(EQUAL_AREA_CRS)
    return np.column_stack([inside.x, inside.y])


def _links(
    focal: NDArray[np.intp], other: NDArray[np.intp], units: pd.Index[Any], weight: Any = 1.0
) -> pd.Series[Any]:
    """Weights by (focal, neighbour), of positions among the units."""
    index = pd.MultiIndex.from_arrays([units[focal], units[other]])
    return pd.Series(weight, index, dtype=float)


def _within(
    points: NDArray[np.float64], reach_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of points within reach of each other, both ways, and their distances."""
    from scipy.spatial import KDTree

    one, other = KDTree(points).query_pairs(reach_m, output_type="ndarray").T
    away = np.linalg.norm(points[one] - points[other], axis=1)
    return np.append(one, other), np.append(other, one), np.append(away, away)


def contiguity(
    areas: gpd.GeoDataFrame,
    *,
    rule: Literal["queen", "rook"] = "queen",
    transform: Transform = "R",
    islands: Islands = "keep",
    tolerance: float | None = None,
) -> Graph:
    """Contiguity graph of oblasts, composites or any polygons.

    Parameters
    ----------
    areas : GeoDataFrame
        n polygons with unique index values.
    rule : {"queen", "rook"}
        Neighbours come within the tolerance of each other (queen), and do so along a line, not at a
        corner alone (rook). Borders with all their vertices in common need no tolerance.
    transform : {"R", "B"}
        Row-standardised or binary weights.
    islands : {"keep", "attach", "drop", "raise"}
        What to do with units without neighbours; all but "raise" warn with their names.
    tolerance : float, optional
        In the unit of the areas' reference system. When not given, about 100 m, or a thousandth
        of the typical unit's width where that is less.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`.

    Raises
    ------
    InputError
        When the index repeats itself, or a geometry or the reference system is missing.

    Warns
    -----
    IslandWarning
        When units have no neighbour.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.contiguity(kz.oblasts(detail="light")).n_edges  # 35 pairs, both ways
    70
    """
    check_option("rule", rule, ("queen", "rook"))
    _check_areas(areas)
    reach = _default_tolerance(areas) if tolerance is None else tolerance
    if not reach >= 0:
        raise CallError(f"tolerance={tolerance}: expected 0 or more")
    # at a distance of 0 "dwithin" loses pairs to rounding
    near = {"predicate": "dwithin", "distance": reach} if reach else {"predicate": "intersects"}
    focal, other = areas.sindex.query(areas.geometry, **near)
    keep = focal != other
    focal, other = focal[keep], other[keep]
    if rule == "rook":
        half = focal < other
        focal, other = focal[half], other[half]
        along = along_a_line(areas.geometry.to_numpy(), focal, other, reach)
        focal, other = focal[along], other[along]
        focal, other = np.append(focal, other), np.append(other, focal)
    pairs = _links(focal, other, areas.index)
    return graph_of_pairs(
        pairs,
        areas.index,
        transform=transform,
        islands=islands,
        points=_points(areas) if islands == "attach" else None,
    )


def k_nearest(areas: gpd.GeoDataFrame, *, k: int = 4, transform: Transform = "R") -> Graph:
    """Graph of the k nearest units by distance; not symmetric.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons or points with unique index values.
    k : int
    transform : {"R", "B"}

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`.

    Raises
    ------
    CallError
        When k is not between 1 and n - 1.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.k_nearest(kz.oblasts(detail="light"), k=2).n_edges
    40
    """
    from scipy.spatial import KDTree

    _check_areas(areas)
    n = len(areas)
    check_count("k", k, 1)
    if k >= n:
        raise CallError(f"k={k}: expected 1 to {n - 1} for {n} units")
    points = _points(areas)
    near = KDTree(points).query(points, k + 1)[1]
    # a unit that shares its place with others need not come first in its own list
    rows = [[j for j in row if j != i][:k] for i, row in enumerate(near)]
    focal = np.repeat(np.arange(n), k)
    pairs = _links(focal, np.concatenate(rows).astype(np.intp), areas.index)
    return graph_of_pairs(pairs, areas.index, transform=transform, islands="keep", points=None)


def distance_band(
    areas: gpd.GeoDataFrame,
    *,
    threshold_m: float,
    transform: Transform = "R",
    islands: Islands = "keep",
) -> Graph:
    """Graph of units whose inner points lie within a distance.

    Parameters
    ----------
    areas : GeoDataFrame
    threshold_m : float
        Metres.
    transform, islands
        As in `contiguity`.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.distance_band(kz.oblasts(detail="light"), threshold_m=600_000).n_edges
    92
    """
    _check_areas(areas)
    if not threshold_m > 0:
        raise CallError(f"threshold_m={threshold_m}: expected metres above 0")
    points = _points(areas)
    focal, other, _ = _within(points, threshold_m)
    pairs = _links(focal, other, areas.index)
    return graph_of_pairs(pairs, areas.index, transform=transform, islands=islands, points=points)


def kernel_weights(
    areas: gpd.GeoDataFrame,
    *,
    bandwidth_m: float,
    kernel: Literal["gaussian", "triangular"] = "gaussian",
    transform: Transform = "R",
    islands: Islands = "keep",
) -> Graph:
    """Graph with weights that fall with distance; a unit is not its own neighbour.

    Parameters
    ----------
    areas : GeoDataFrame
    bandwidth_m : float
        Standard deviation of the Gaussian, cut at three of it; reach of the triangle. Metres.
    kernel : {"gaussian", "triangular"}
    transform, islands
        As in `contiguity`.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.kernel_weights(kz.oblasts(detail="light"), bandwidth_m=500_000)
    >>> round(float(graph["KZ-71"].sum()), 12)  # row-standardised
    1.0
    """
    check_option("kernel", kernel, ("gaussian", "triangular"))
    _check_areas(areas)
    if not bandwidth_m > 0:
        raise CallError(f"bandwidth_m={bandwidth_m}: expected metres above 0")
    points = _points(areas)
    reach = 3 * bandwidth_m if kernel == "gaussian" else bandwidth_m
    focal, other, distance = _within(points, reach)
    away = distance / bandwidth_m
    weight = np.exp(-0.5 * away**2) if kernel == "gaussian" else 1 - away
    pairs = _links(focal, other, areas.index, weight)
    pairs = pairs[pairs > 0]
    return graph_of_pairs(pairs, areas.index, transform=transform, islands=islands, points=points)


def _pairs_of(graph: Graph) -> pd.Series[Any]:
    pairs = graph.adjacency
    loops = pairs.index.get_level_values(0) == pairs.index.get_level_values(1)
    return pairs[~loops & (pairs.to_numpy() != 0)]


def union(*graphs: Graph, transform: Transform = "R") -> Graph:
    """Graph in which two units are neighbours if they are so in any of the given ones.

    Parameters
    ----------
    *graphs : libpysal.graph.Graph
        On the same units.
    transform : {"R", "B"}

    Returns
    -------
    libpysal.graph.Graph
        On the units of the first, with links of weight 1 before they are transformed.

    Raises
    ------
    CallError, InputError
        Without graphs, or when their units differ.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> areas = kz.oblasts(detail="light")
    >>> kz.union(kz.contiguity(areas), kz.k_nearest(areas, k=1)).n_edges
    73
    """
    if not graphs:
        raise CallError("union: found no graphs, expected at least one")
    graphs = tuple(graph_of(each) for each in graphs)
    units = pd.Index(graphs[0].unique_ids)
    for each in graphs[1:]:
        strange = units.symmetric_difference(pd.Index(each.unique_ids))
        if len(strange):
            raise InputError(f"union: unit {strange[0]!r} is not in all of the graphs")
    index = pd.concat([_pairs_of(each) for each in graphs]).index.unique()
    pairs = pd.Series(1.0, index)
    return graph_of_pairs(pairs, units, transform=transform, islands="keep", points=None)


def neighbour_masks(graph: Graph) -> list[int]:
    """Neighbours of each unit as bit masks, in the order of `graph.unique_ids`.

    Returns
    -------
    list of int
        Bit j of entry i is set when j is a neighbour of i.
    """
    position = {key: i for i, key in enumerate(graph.unique_ids)}
    masks = [0] * len(position)
    for (focal, neighbour), weight in graph.adjacency.items():
        if weight and focal != neighbour:
            masks[position[focal]] |= 1 << position[neighbour]
            masks[position[neighbour]] |= 1 << position[focal]
    return masks
