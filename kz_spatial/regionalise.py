"""Groups of regions that hang together on the map.

Few units: the optimum over all contiguous partitions, certified. Many: Ward's merging along the
neighbourhood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError
from kz_spatial.partition import (
    Partition,
    check_n_clusters,
    make_partition,
    partitions,
    standardised,
    within_ss,
)
from kz_spatial.weights import neighbour_masks

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["components", "is_connected", "regionalise"]

_MAX_EXACT: Final = 12


def is_connected(members: int, masks: list[int]) -> bool:
    """Whether the units of a bit mask form one piece."""
    reached = members & -members
    frontier = reached
    while frontier:
        low = frontier & -frontier
        frontier ^= low
        fresh = masks[low.bit_length() - 1] & members & ~reached
        reached |= fresh
        frontier |= fresh
    return reached == members


def components(masks: list[int]) -> list[int]:
    """Pieces of the whole graph, as bit masks."""
    left, found = (1 << len(masks)) - 1, []
    while left:
        piece = frontier = left & -left
        while frontier:
            low = frontier & -frontier
            frontier ^= low
            fresh = masks[low.bit_length() - 1] & ~piece
            piece |= fresh
            frontier |= fresh
        found.append(piece)
        left &= ~piece
    return found


def _masks_in_order(graph: Graph, units: list[object]) -> list[int]:
    """Neighbour masks with bits in the order of `units`."""
    keys = list(graph.unique_ids)
    absent = [each for each in units if each not in keys]
    if absent:
        raise InputError(f"table: found unit {absent[0]!r} that the graph lacks")
    where = {key: i for i, key in enumerate(units)}
    moved = [0] * len(units)
    for key, mask in zip(keys, neighbour_masks(graph), strict=True):
        if key in where:
            moved[where[key]] = sum(
                1 << where[other]
                for j, other in enumerate(keys)
                if mask >> j & 1 and other in where
            )
    return moved


def _all_contiguous(labels: tuple[int, ...], masks: list[int], n_clusters: int) -> bool:
    groups = [0] * n_clusters
    for i, label in enumerate(labels):
        groups[label] |= 1 << i
    return all(is_connected(group, masks) for group in groups)


def _exact(X: NDArray[np.float64], masks: list[int], k: int) -> NDArray[np.intp]:
    fitting = (each for each in partitions(len(X), k) if _all_contiguous(each, masks, k))
    return min((np.array(each, dtype=np.intp) for each in fitting), key=lambda e: within_ss(X, e))


def _ward(X: NDArray[np.float64], masks: list[int], k: int) -> NDArray[np.intp]:
    from sklearn.cluster import AgglomerativeClustering

    n = len(masks)
    adjacency = np.array([[mask >> j & 1 for j in range(n)] for mask in masks])
    found = AgglomerativeClustering(k, connectivity=adjacency, linkage="ward").fit(X).labels_
    return np.asarray(found, dtype=np.intp)


def regionalise(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: int = 3,
    method: Literal["auto", "exact", "ward"] = "auto",
    standardise: bool = True,
) -> Partition:
    """Group units into contiguous regions that are as alike inside as can be.

    Parameters
    ----------
    table : DataFrame
        Units by columns, without gaps.
    graph : libpysal.graph.Graph
        Who is whose neighbour; units of the graph that the table lacks are left out.
    n_clusters : int
    method : {"auto", "exact", "ward"}
        `auto` is exact up to 12 units and Ward's method beyond.
    standardise : bool
        Whether to turn columns into z-scores first.

    Returns
    -------
    Partition

    Raises
    ------
    InputError
        When values are missing, a unit is not in the graph, or the units do not hang together.
    NotEnoughDataError
        When there are fewer units than groups.
    CallError
        When "exact" is asked of more than 12 units.
    """
    check_option("method", method, ("auto", "exact", "ward"))
    values = standardised(table, standardise=standardise)
    X, units = values.to_numpy(), list(values.index)
    check_n_clusters(n_clusters, len(units))
    masks = _masks_in_order(graph, units)
    pieces = components(masks)
    if len(pieces) > 1:
        named = "; ".join(
            ", ".join(str(u) for i, u in enumerate(units) if piece >> i & 1) for piece in pieces
        )
        raise InputError(f"graph: found {len(pieces)} pieces that do not touch ({named}), expected "
                         "one; join them with an edge or treat them apart")  # fmt: skip
    if method == "exact" and len(units) > _MAX_EXACT:
        raise CallError(f"method='exact': found {len(units)} units, expected at most {_MAX_EXACT}; "
                        "use 'ward'")  # fmt: skip
    exact = method != "ward" and len(units) <= _MAX_EXACT
    labels = _exact(X, masks, n_clusters) if exact else _ward(X, masks, n_clusters)
    return make_partition(
        values, labels, table.index, method="exact" if exact else "ward", certified=exact
    )
