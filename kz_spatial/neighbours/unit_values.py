"""Values of units and the weights among them as arrays, without the units that cannot take part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING
from kz_spatial.errors import InputError

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = [
    "UnitValues",
    "centred",
    "checked_values",
    "linked_units",
    "ordered_weights",
    "unit_scale",
    "unit_values",
]


@dataclass(frozen=True, slots=True, eq=False)
class UnitValues:
    """Units with values and neighbours, in sorted order, so that row order cannot matter.

    Attributes
    ----------
    keys : Index
        The n units that take part.
    Y : (v, n) array
        Their values, a row per variable.
    W : (n, n) array
        Weights among them; rows sum to one where those of the whole graph do.
    status : Series of str
        By unit of the graph: "" for those that take part, else "suppressed" or "island".
    """

    keys: pd.Index[Any]
    Y: NDArray[np.float64]
    W: NDArray[np.float64]
    status: pd.Series[Any]


def checked_values(values: pd.Series[Any], what: str = "values") -> pd.Series[Any]:
    """Take a Series of numbers with unique units and without infinities.

    Raises
    ------
    InputError
    """
    if not isinstance(values, pd.Series):
        raise InputError(f"{what}: found {type(values).__name__}, expected a Series by unit code")
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise InputError(f"{what}: found index value {twice!r} twice, expected once")
    texts = [key for key, each in values.items() if isinstance(each, str)]
    if texts:
        raise InputError(
            f"{what}: found the text {values[texts[0]]!r} for {texts[0]!r}, expected a number"
        )
    try:
        numbers = values.astype(float)
    except (TypeError, ValueError):
        raise InputError(
            f"{what}: found {values.dtype} values that are no numbers, expected numbers"
        ) from None
    infinite = values.index[np.isinf(numbers.to_numpy())]
    if len(infinite):
        raise InputError(f"{what}: found infinity for {infinite[0]!r}, expected a finite number")
    return numbers


def linked_units(
    W: NDArray[np.float64], complete: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Units with values and a neighbour that has them, and the weights among them.

    Where all rows of the whole sum to one and no weight is negative, a neighbour without a value
    leaves its share to the others.

    Parameters
    ----------
    W : (n, n) array
        Zero on the diagonal.
    complete : (n,) array of bool
        Which units have values.
    """
    use = complete
    while True:  # a unit that loses its last neighbour may have been the last of another
        among = W * use[None, :] * use[:, None]
        linked = use & (np.abs(among).sum(axis=1) > 0)
        if linked.sum() == use.sum():
            break
        use = linked
    among = among[np.ix_(use, use)]
    sums = W.sum(axis=1)
    if (W >= 0).all() and np.allclose(sums[sums > 0], 1.0):
        among = among / among.sum(axis=1, keepdims=True)
    return use, among


def ordered_weights(graph: Graph) -> tuple[pd.Index[Any], NDArray[np.float64]]:
    """All units of a graph, sorted, and the weights among them, without those on oneself."""
    if not (hasattr(graph, "unique_ids") and hasattr(graph, "sparse")):
        raise InputError(
            f"graph: found {type(graph).__name__}, expected a libpysal Graph; "
            "kz.as_graph reads .gal, .gwt and .csv files and W objects"
        )
    known = pd.Index(graph.unique_ids)
    order = known.sort_values()
    place = known.get_indexer(order)
    W = np.asarray(graph.sparse.toarray(), dtype=np.float64)[np.ix_(place, place)]
    np.fill_diagonal(W, 0.0)
    return order, W


def unit_values(graph: Graph, **variables: pd.Series[Any]) -> UnitValues:
    """Bring variables and a graph into one order.

    Parameters
    ----------
    graph : libpysal.graph.Graph
        A unit's weight on itself is left out.
    **variables : Series
        By unit, named as messages shall name them. A unit that a variable lacks, or where it is
        NaN, takes no part.

    Raises
    ------
    InputError
        When a unit repeats, is not in the graph, or is infinite.
    """
    order, W = ordered_weights(graph)
    rows = []
    for name, variable in variables.items():
        numbers = checked_values(variable, name)
        strange = variable.index.difference(order)
        if len(strange):
            known = ", ".join(map(str, graph.unique_ids[:5]))
            raise InputError(
                f"{name}: found unit {strange[0]!r} that the graph lacks; the graph "
                f"has {known}, ..."
            )
        rows.append(numbers.reindex(order).to_numpy())
    Y = np.array(rows)
    given = np.isfinite(Y).all(axis=0)
    use, among = linked_units(W, given)
    status = pd.Series(np.where(~given, "suppressed", np.where(use, "", "island")), order)
    return UnitValues(order[use], Y[:, use], among, status)


def centred(Y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows less their mean; zero where all that is left is rounding.

    Parameters
    ----------
    Y : (..., n) array
    """
    if not Y.shape[-1]:
        return Y
    top = np.abs(Y).max(axis=-1, keepdims=True)
    flat = np.ptp(Y, axis=-1, keepdims=True) <= ROUNDING * top
    Z = Y - Y.mean(axis=-1, keepdims=True)
    # what the mean of large values has lost to rounding would tell ties apart
    return np.where(flat, 0.0, Z - Z.mean(axis=-1, keepdims=True))


def unit_scale(Z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows with 1 as their largest absolute value, so that no square is lost or overflows."""
    top = np.abs(Z).max(axis=-1, keepdims=True, initial=0.0)
    return np.asarray(Z / np.where(top > 0, top, 1.0), dtype=np.float64)
