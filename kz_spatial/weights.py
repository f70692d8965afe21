"""Who is whose neighbour: the one place that builds spatial weights, as libpysal Graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kz_spatial._validate import check_option
from kz_spatial.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from libpysal.graph import Graph

__all__ = ["contiguity", "neighbour_masks"]


def contiguity(
    areas: gpd.GeoDataFrame,
    *,
    rule: Literal["queen", "rook"] = "queen",
    transform: Literal["B", "R"] = "R",
) -> Graph:
    """Contiguity graph of areas that form a coverage, such as `oblasts()` or `composites()`.

    Parameters
    ----------
    areas : GeoDataFrame
        n polygons with unique index values.
    rule : {"queen", "rook"}
        Neighbours share a point (queen) or an edge (rook).
    transform : {"R", "B"}
        Row-standardised or binary weights.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`; units without neighbours are its `isolates`.

    Raises
    ------
    InputError
        When the index repeats itself or a geometry is missing.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.contiguity(kz.oblasts(detail="light")).n_edges  # 35 pairs, both ways
    70
    """
    from libpysal.graph import Graph

    check_option("rule", rule, ("queen", "rook"))
    check_option("transform", transform, ("B", "R"))
    if not areas.index.is_unique:
        twice = areas.index[areas.index.duplicated()][0]
        raise InputError(f"areas: found index value {twice!r} twice, expected once")
    absent = areas.index[areas.geometry.isna() | areas.geometry.is_empty]
    if len(absent):
        raise InputError(f"areas: found no geometry for {absent[0]!r}, expected a polygon")
    return Graph.build_contiguity(areas, rook=rule == "rook", strict=False).transform(transform)


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
