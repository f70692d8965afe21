"""Values of units and the weights among them as arrays, without the units that cannot take part."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING, check_option
from kz_spatial.errors import InputError, IslandWarning, SelfNeighbourWarning
from kz_spatial.neighbours.own_weights import graph_of

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = [
    "IslandsPart",
    "UnitValues",
    "centred",
    "checked_values",
    "linked_units",
    "ordered_weights",
    "places_of_links",
    "unit_scale",
    "unit_values",
    "with_own",
    "without_loops",
]

IslandsPart = Literal["drop", "zero"]
_PARTS: Final[tuple[IslandsPart, ...]] = ("drop", "zero")


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
        By unit of the graph: "suppressed" without a value, "island" with a value and without a
        neighbour that has one, else "".
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
    W: NDArray[np.float64], complete: NDArray[np.bool_], islands: IslandsPart = "drop"
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Units that take part in a statistic, and the weights among them.

    A unit takes part when it has values and names a unit that has them or is named by one; with
    islands="zero" its values are enough. Where all rows of the whole sum to one and no weight is
    negative, a neighbour without a value leaves its share to the others.

    Parameters
    ----------
    W : (n, n) array
        Zero on the diagonal.
    complete : (n,) array of bool
        Which units have values.
    islands : {"drop", "zero"}

    Returns
    -------
    use : (n,) array of bool
    among : (m, m) array
        Rows of units that name nobody are zero.
    """
    if complete.all():
        links = W != 0
        use = complete if islands == "zero" else links.any(axis=0) | links.any(axis=1)
        # on large maps copies of the whole take longer than a test
        if use.all():
            return use, W
    else:
        links = (W != 0) & complete[None, :] & complete[:, None]
        use = complete if islands == "zero" else links.any(axis=0) | links.any(axis=1)
    among = W[np.ix_(use, use)]
    return use, _shares(among) if _row_standardised(W) else among


def places_of_links(W: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the weights that are not zero, row by row.

    Parameters
    ----------
    W : (n, n) array
    """
    # numpy finds truths far quicker in one flat row
    focal, other = np.divmod(np.flatnonzero((W != 0).ravel()), W.shape[1] or 1)
    return focal, other


def _row_standardised(W: NDArray[np.float64]) -> bool:
    sums = W.sum(axis=1)
    return bool((W >= 0).all() and np.allclose(sums[sums > 0], 1.0))


def _shares(W: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of weights as shares of their sums; rows without weights stay zero."""
    sums = W.sum(axis=1, keepdims=True)
    return np.asarray(W / np.where(sums > 0, sums, 1.0), dtype=np.float64)


def with_own(W: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights with every unit among its own neighbours, as heavy as the heaviest of these.

    Rows that sum to one do so again; units without neighbours get no weight.

    Parameters
    ----------
    W : (n, n) array
        Zero on the diagonal.
    """
    whole = W + np.diag(W.max(axis=1, initial=0.0))
    return _shares(whole) if _row_standardised(W) else whole


def without_loops(W: NDArray[np.float64], units: pd.Index[Any]) -> NDArray[np.float64]:
    """Weights without those of units on themselves; rows that summed to one do so again.

    Parameters
    ----------
    W : (n, n) array
    units : (n,) Index

    Warns
    -----
    SelfNeighbourWarning
        When there are any.
    """
    own = np.flatnonzero(np.diag(W))
    if not own.size:
        return W
    bare = W.copy()
    np.fill_diagonal(bare, 0.0)
    again = _row_standardised(W)
    warnings.warn(
        f"weights: found {own.size} of {len(units)} units as their own neighbours (first: "
        f"{units[own[0]]}): left out" + (", and rows made to sum to one again" if again else ""),
        SelfNeighbourWarning,
        stacklevel=5,
    )
    return _shares(bare) if again else bare


def ordered_weights(graph: Graph) -> tuple[pd.Index[Any], NDArray[np.float64]]:
    """All units of a graph, sorted, and the weights among them, without those on oneself."""
    graph = graph_of(graph)
    if not (hasattr(graph, "unique_ids") and hasattr(graph, "sparse")):
        raise InputError(
            f"graph: found {type(graph).__name__}, expected a libpysal Graph; "
            "kz.as_graph reads .gal, .gwt and .csv files and W objects"
        )
    known = pd.Index(graph.unique_ids)
    order = known.sort_values()
    place = known.get_indexer(order)
    W = np.asarray(graph.sparse.toarray(), dtype=np.float64)
    if (np.diff(place) != 1).any():
        W = W[np.ix_(place, place)]
    return order, without_loops(W, order)


def _say_islands(alone: pd.Index[Any], islands: IslandsPart) -> None:
    named = f"{', '.join(map(str, alone[:5]))}{', ...' if len(alone) > 5 else ''}"
    done = {
        "drop": "left out of n, mean and variance",
        "zero": "counted in n, mean and variance, with a lag of zero",
    }
    warnings.warn(
        f"no neighbour with a value for {named}: {done[islands]} (islands={islands!r})",
        IslandWarning,
        stacklevel=4,
    )


def unit_values(
    graph: Graph, *, islands: IslandsPart = "drop", **variables: pd.Series[Any]
) -> UnitValues:
    """Bring variables and a graph into one order.

    Parameters
    ----------
    graph : libpysal.graph.Graph
        A unit's weight on itself is left out.
    islands : {"drop", "zero"}
        Whether units without a neighbour that has a value are left out, or take part with a lag
        of zero.
    **variables : Series
        By unit, named as messages shall name them. A unit that a variable lacks, or where it is
        NaN, takes no part.

    Raises
    ------
    InputError
        When a unit repeats, is not in the graph, or is infinite.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
    """
    check_option("islands", islands, _PARTS)
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
    use, among = linked_units(W, given, islands)
    linked = use if islands == "drop" else linked_units(W, given)[0]
    if (given & ~linked).any() and linked.any():
        _say_islands(order[given & ~linked], islands)
    lags = W.any(axis=1) if given.all() else ((W != 0) & given[None, :]).any(axis=1)
    status = pd.Series(np.where(~given, "suppressed", np.where(lags, "", "island")), order)
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
