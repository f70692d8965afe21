"""Neighbours of neighbours: units that a number of steps lie between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count
from kz_spatial.errors import InputError
from kz_spatial.neighbours.area_points import links
from kz_spatial.neighbours.links import Islands, Transform, graph_of_pairs
from kz_spatial.neighbours.own_weights import graph_of

if TYPE_CHECKING:
    from libpysal.graph import Graph

__all__ = ["higher_order", "steps_apart"]


def steps_apart(graph: Graph, most: int) -> list[Any]:
    """Units that are 1, 2, ... steps apart on the shortest way, up to `most`.

    Returns
    -------
    list of (n, n) sparse arrays
        1 from each unit to those at that number of steps, in the order of `graph.unique_ids`.
    """
    from scipy.sparse import csr_array, eye_array

    step = csr_array(graph.sparse != 0).astype(np.int8)
    step.setdiag(0)
    step.eliminate_zeros()
    found = [step]
    reached = csr_array(step + eye_array(step.shape[0], dtype=np.int8))
    for _ in range(most - 1):
        onward = csr_array((found[-1].astype(np.int32) @ step) != 0).astype(np.int8)
        # what was reached before is nearer
        fresh = onward - onward.multiply(reached)
        fresh.eliminate_zeros()
        found.append(csr_array(fresh))
        reached = csr_array(((reached + fresh) != 0).astype(np.int8))
    return found


def higher_order(
    graph: Graph,
    *,
    order: int = 2,
    lower: bool = False,
    transform: Transform = "R",
    islands: Islands = "keep",
) -> Graph:
    """Graph of units that are a number of steps apart on the shortest way.

    Parameters
    ----------
    graph : libpysal.graph.Graph
        Neighbours; each link is a step, whatever its weight.
    order : int
        Steps; with 2, neighbours of neighbours that are no neighbours themselves.
    lower : bool
        Whether units fewer steps apart are neighbours, too.
    transform : {"R", "B"}
    islands : {"keep", "drop", "raise"}
        What to do with units that none is so many steps from.

    Returns
    -------
    libpysal.graph.Graph
        On the units of `graph`, with links of weight 1 before they are transformed.

    Raises
    ------
    CallError
        When the order is no whole number of 1 or more.

    Warns
    -----
    IslandWarning
        When units have no neighbour of that order.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> kz.higher_order(graph).n_edges, kz.higher_order(graph, lower=True).n_edges
    (114, 184)
    """
    check_count("order", order, 1)
    graph = graph_of(graph)
    if not hasattr(graph, "sparse"):
        raise InputError(f"graph: found {type(graph).__name__}, expected a libpysal Graph")
    steps = steps_apart(graph, order)
    chosen = sum(steps[1:], steps[0]) if lower else steps[-1]
    units = pd.Index(graph.unique_ids)
    focal, other = (np.asarray(each, dtype=np.intp) for each in chosen.nonzero())
    return graph_of_pairs(
        links(focal, other, units), units, transform=transform, islands=islands, points=None
    )
