"""Who is whose neighbour: the one place that builds spatial weights, as libpysal Graphs.

Contiguity is found with a tolerance, so that slivers and gaps of imperfect boundaries cost no
neighbour; `borders` tells lines from corners. Distances are metres in an equal-area projection of
Kazakhstan, between points that lie inside the areas. Units without neighbours are treated as the
caller says, and never silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, InputError
from kz_spatial.neighbours.area_points import (
    check_areas,
    default_tolerance,
    inner_points,
    links,
    pairs_within,
)
from kz_spatial.neighbours.borders import along_a_line
from kz_spatial.neighbours.links import Islands, Transform, graph_of_pairs
from kz_spatial.neighbours.own_weights import graph_of

if TYPE_CHECKING:
    import geopandas as gpd
    from libpysal.graph import Graph

__all__ = [
    "contiguity",
    "distance_band",
    "k_nearest",
    "kernel_weights",
    "neighbour_masks",
    "union",
]


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
    check_areas(areas)
    reach = default_tolerance(areas) if tolerance is None else tolerance
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
    pairs = links(focal, other, areas.index)
    return graph_of_pairs(
        pairs,
        areas.index,
        transform=transform,
        islands=islands,
        points=inner_points(areas) if islands == "attach" else None,
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

    check_areas(areas)
    n = len(areas)
    check_count("k", k, 1)
    if k >= n:
        raise CallError(f"k={k}: expected 1 to {n - 1} for {n} units")
    points = inner_points(areas)
    near = KDTree(points).query(points, k + 1)[1]
    # a unit that shares its place with others need not come first in its own list
    rows = [[j for j in row if j != i][:k] for i, row in enumerate(near)]
    focal = np.repeat(np.arange(n), k)
    pairs = links(focal, np.concatenate(rows).astype(np.intp), areas.index)
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
    check_areas(areas)
    if not threshold_m > 0:
        raise CallError(f"threshold_m={threshold_m}: expected metres above 0")
    points = inner_points(areas)
    focal, other, _ = pairs_within(points, threshold_m)
    pairs = links(focal, other, areas.index)
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
    check_areas(areas)
    if not bandwidth_m > 0:
        raise CallError(f"bandwidth_m={bandwidth_m}: expected metres above 0")
    points = inner_points(areas)
    reach = 3 * bandwidth_m if kernel == "gaussian" else bandwidth_m
    focal, other, distance = pairs_within(points, reach)
    away = distance / bandwidth_m
    weight = np.exp(-0.5 * away**2) if kernel == "gaussian" else 1 - away
    pairs = links(focal, other, areas.index, weight)
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
