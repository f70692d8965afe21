"""The gate for regressions of units: table, formula and graph in one order, or a clear error."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING
from kz_spatial.errors import (
    CallError,
    CollinearTermWarning,
    InputError,
    NotEnoughDataError,
    UnitsLeftOutWarning,
)
from kz_spatial.neighbours import graph_of, linked_units
from kz_spatial.regression.formula import model_matrices

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["UnitProblem", "dense_weights", "unit_order", "unit_problem"]

_MAX_UNITS: Final = 2000  # the matrices are dense


@dataclass(frozen=True, slots=True, eq=False)
class UnitProblem:
    """A regression of units and their weights as arrays, in sorted order of the units.

    Attributes
    ----------
    keys : Index
        The n units with all values and a neighbour.
    outcome : str
    terms : tuple of str
        The k terms, intercept first.
    y : (n,) array
    X : (n, k) array
        Full column rank.
    W : (n, n) array
        Rows sum to one where those of the whole graph do.
    left_out : tuple
        The graph's other units.
    """

    keys: pd.Index[Any]
    outcome: str
    terms: tuple[str, ...]
    y: NDArray[np.float64]
    X: NDArray[np.float64]
    W: NDArray[np.float64]
    left_out: tuple[Any, ...]


def dense_weights(graph: Graph, keys: pd.Index[Any]) -> NDArray[np.float64]:
    """Weights of a graph as an array in the order of `keys`.

    Raises
    ------
    CallError
        When the units are too many for a dense array.
    InputError
        When a unit is its own neighbour or a weight is infinite.
    """
    if len(keys) > _MAX_UNITS:
        raise CallError(
            f"graph: found {len(keys)} units, expected at most {_MAX_UNITS}, since the "
            "matrices of these models are dense"
        )
    graph = graph_of(graph)
    place = pd.Index(graph.unique_ids).get_indexer(keys)
    W = np.asarray(graph.sparse.toarray(), dtype=np.float64)[np.ix_(place, place)]
    own = np.flatnonzero(np.diag(W))
    if own.size:
        raise InputError(f"graph: unit {keys[own[0]]!r} is its own neighbour, expected none to be")
    if not np.isfinite(W).all():
        raise InputError("graph: found a weight that is not finite, expected numbers")
    return W


def _model_frame(formula: str, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcome and terms of the complete rows."""
    if formula.count("~") != 1 or "|" in formula:
        raise CallError(f"formula {formula!r}: expected 'outcome ~ terms', without effects")
    matrices = model_matrices(formula, table, what="unit table")
    y, X = (pd.DataFrame(part).astype(float) for part in (matrices.lhs, matrices.rhs))
    if y.shape[1] != 1:
        raise CallError(f"formula {formula!r}: expected one outcome before the ~")
    if "Intercept" not in X:
        raise CallError(
            f"formula {formula!r}: expected an intercept, which these tests and models rest on"
        )
    if not (np.isfinite(y).all(axis=None) and np.isfinite(X).all(axis=None)):
        raise InputError(f"formula {formula!r}: found infinity, expected finite numbers")
    return y, X


def _keep_independent(X: pd.DataFrame) -> pd.DataFrame:
    scaled = X / np.sqrt((X**2).sum()).replace(0, 1)
    keep: list[str] = []
    for name in X.columns:
        if np.linalg.matrix_rank(scaled[[*keep, name]].to_numpy(), tol=ROUNDING) > len(keep):
            keep.append(name)
    dropped = [str(name) for name in X.columns if name not in keep]
    if dropped:
        warnings.warn(
            f"dropped as collinear with other terms: {', '.join(dropped)}",
            CollinearTermWarning,
            stacklevel=4,
        )
    return X[keep]


def unit_order(table: pd.DataFrame, graph: Graph) -> pd.Index[Any]:
    """All units of the graph, sorted, once the table is known to be about them.

    Raises
    ------
    InputError
        When a unit of the table repeats or is not in the graph.
    """
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][0]
        raise InputError(f"unit table: found unit {twice!r} twice, expected once")
    known = pd.Index(graph_of(graph).unique_ids)
    strange = table.index.difference(known)
    if len(strange):
        raise InputError(
            f"unit table: found unit {strange[0]!r} that the graph lacks; the graph "
            f"has {', '.join(map(str, known[:5]))}, ..."
        )
    return known.sort_values()


def unit_problem(table: pd.DataFrame, formula: str, graph: Graph) -> UnitProblem:
    """Bring table, formula and graph into one order, without units that cannot take part.

    Raises
    ------
    CallError, InputError
        When the formula, the table or the graph is not what is required.
    NotEnoughDataError
        When units do not exceed parameters, or the outcome does not vary or is fitted exactly.

    Warns
    -----
    UnitsLeftOutWarning, CollinearTermWarning
    """
    order = unit_order(table, graph)
    outcome, terms = _model_frame(formula, table.loc[order[order.isin(table.index)]])
    complete = order.isin(outcome.index)
    use, W = linked_units(dense_weights(graph, order), complete)
    keys = order[use]
    if len(keys) < len(order):
        lonely = order[complete & ~use]
        parts = ((order[~complete], "without a value"), (lonely, "without a neighbour"))
        named = "; ".join(f"{', '.join(map(str, each))} {why}" for each, why in parts if len(each))
        warnings.warn(
            f"left out {len(order) - len(keys)} of {len(order)} units: {named}",
            UnitsLeftOutWarning,
            stacklevel=3,
        )
    y = outcome.loc[keys].to_numpy()[:, 0]
    spread = float(np.ptp(y)) if len(y) else 0.0
    if len(y) and spread <= ROUNDING * np.abs(y).max():
        raise NotEnoughDataError(
            f"formula {formula!r}: the outcome does not vary over {len(y)} units"
        )
    # the spatial parameter and the variance are estimated too
    needed = terms.shape[1] + 2
    if len(y) <= needed:
        raise NotEnoughDataError(
            f"formula {formula!r}: found {len(y)} units with values and "
            f"neighbours for {needed} parameters, expected more"
        )
    X = _keep_independent(terms.loc[keys])
    left = y - X.to_numpy() @ np.linalg.lstsq(X.to_numpy(), y, rcond=None)[0]
    if np.abs(left).max() <= ROUNDING * spread:
        raise NotEnoughDataError(
            f"formula {formula!r}: the terms fit the outcome exactly, so no residuals are left"
        )
    return UnitProblem(
        keys,
        str(outcome.columns[0]),
        tuple(map(str, X.columns)),
        y,
        X.to_numpy(),
        W,
        tuple(order[~use]),
    )
