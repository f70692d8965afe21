"""Neighbours that weigh by the length of the border they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.errors import CallError
from kz_spatial.neighbours.area_points import (
    check_areas,
    default_tolerance,
    inner_points,
    links,
)
from kz_spatial.neighbours.borders import along_a_line, shared_lines
from kz_spatial.neighbours.links import Islands, Transform, graph_of_pairs
from kz_spatial.options import DATA_CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["shared_border"]


def _kilometres(lines: gpd.GeoSeries) -> NDArray[np.float64]:
    """Lengths of lines on the ellipsoid."""
    from pyproj import Geod

    ellipsoid = Geod(ellps="WGS84")
    return np.array([ellipsoid.geometry_length(each) for each in lines.to_crs(DATA_CRS)]) / 1000


def shared_border(
    areas: gpd.GeoDataFrame,
    *,
    transform: Transform = "R",
    islands: Islands = "keep",
    tolerance: float | None = None,
) -> Graph:
    """Graph of units that share a border, which weighs by its length.

    Parameters
    ----------
    areas : GeoDataFrame
        n polygons with unique index values.
    transform : {"R", "B"}
        Shares of what a unit has in borders with others, or kilometres on the ellipsoid.
    islands : {"keep", "attach", "drop", "raise"}
        As in `contiguity`; a unit attached to another weighs as one kilometre.
    tolerance : float, optional
        As in `contiguity` with rule="rook". Where borders do not coincide, a length is the mean of
        the stretches of either border within the tolerance of the other, which goes beyond their
        ends by up to a tolerance.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`.

    Raises
    ------
    InputError
        When the index repeats itself, or a geometry or the reference system is missing.
    CallError
        When the tolerance is below 0.

    Warns
    -----
    IslandWarning
        When units have no neighbour.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.shared_border(kz.oblasts(detail="light"), transform="B")
    >>> graph.n_edges, float(graph["KZ-71"]["KZ-11"]) == float(graph["KZ-11"]["KZ-71"])
    (70, True)
    """
    import geopandas as gpd

    check_areas(areas)
    reach = default_tolerance(areas) if tolerance is None else tolerance
    if not reach >= 0:
        raise CallError(f"tolerance={tolerance}: expected 0 or more")
    near = {"predicate": "dwithin", "distance": reach} if reach else {"predicate": "intersects"}
    focal, other = areas.sindex.query(areas.geometry, **near)
    half = focal < other
    focal, other = focal[half], other[half]
    shapes = areas.geometry.to_numpy()
    along = along_a_line(shapes, focal, other, reach)
    focal, other = focal[along], other[along]
    lines = [
        gpd.GeoSeries(each, crs=areas.crs) for each in shared_lines(shapes, focal, other, reach)
    ]
    length = np.mean([_kilometres(each) for each in lines], axis=0)
    both = np.append(focal, other), np.append(other, focal)
    return graph_of_pairs(
        links(*both, areas.index, np.append(length, length)),
        areas.index,
        transform=transform,
        islands=islands,
        points=inner_points(areas) if islands == "attach" else None,
    )
