"""What small areas are estimated from: numbers by unit, checked, and the graph as a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING
from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = [
    "INTERCEPT",
    "above_zero",
    "check_full_rank",
    "covariate_matrix",
    "numbers",
    "row_weights",
    "unit_shares",
]

INTERCEPT: Final = "intercept"


def numbers(values: object, name: str, units: pd.Index[Any] | None = None) -> pd.Series[Any]:
    """Take a Series of numbers by unit; a missing one is NaN.

    Parameters
    ----------
    values : Series
    name : str
        What messages call it.
    units : Index, optional
        Units to put it in the order of; those that it lacks are NaN.

    Raises
    ------
    InputError
    """
    if not isinstance(values, pd.Series):
        raise InputError(f"{name}: found {type(values).__name__}, expected a Series by unit code")
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise InputError(f"{name}: found unit {twice!r} twice, expected unique units")
    try:
        found = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), values.index, name=name)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: found values of {values.dtype}, expected numbers") from error
    if np.isinf(found).any():
        raise InputError(f"{name}: found {found.index[np.isinf(found)][0]!r} infinite")
    if units is None:
        return found
    strange = found.index.difference(units)
    if len(strange):
        raise InputError(
            f"{name}: found unit {strange[0]!r}, which has no row among the direct estimates; an "
            "empty row there has it predicted"
        )
    return found.reindex(units)


def above_zero(values: pd.Series[Any], hint: str = "") -> None:
    """Raise `InputError` naming the first unit whose number is not above 0."""
    low = values[values <= 0]
    if len(low):
        raise InputError(
            f"{values.name}: found {low.iloc[0]:g} for {low.index[0]!r}, expected numbers above 0"
            + hint
        )


def covariate_matrix(covariates: pd.DataFrame | None, units: pd.Index[Any]) -> pd.DataFrame:
    """Intercept and covariates of every unit, (N, p).

    Raises
    ------
    InputError
        When a unit lacks a covariate, or one is no number or takes the intercept's name.
    """
    X = pd.DataFrame({INTERCEPT: np.ones(len(units))}, units)
    if covariates is None:
        return X
    if not isinstance(covariates, pd.DataFrame):
        raise InputError(
            f"covariates: found {type(covariates).__name__}, expected a DataFrame by unit code"
        )
    for name in covariates:
        column = numbers(covariates[name], f"covariate {name}", units)
        if column.isna().any():
            raise InputError(
                f"covariate {name}: found none for {column.index[column.isna()][0]!r}, expected "
                "one for each unit, also those without a direct estimate"
            )
        if name in X:
            raise InputError(f"covariates: found column {name!r}, expected another name")
        X[name] = column
    return X


def check_full_rank(X: pd.DataFrame) -> None:
    """Raise `InputError` naming the first covariate that those before it already carry."""
    scaled = X / np.sqrt((X**2).sum()).replace(0.0, 1.0)
    for k in range(1, X.shape[1] + 1):
        smallest = np.linalg.svd(scaled.iloc[:, :k], compute_uv=False)[-1]
        if not smallest > np.sqrt(ROUNDING):
            raise InputError(
                f"covariate {X.columns[k - 1]}: it is constant, or a sum of the others, among the "
                "units with a direct estimate"
            )


def row_weights(graph: Graph, units: pd.Index[Any]) -> NDArray[np.float64]:
    """Row-standardised weights of a graph or a W, (N, N) in the order of the units.

    Raises
    ------
    CallError
        When it is neither.
    InputError
        When it is on other units, or has weights below 0.
    """
    if hasattr(graph, "adjacency"):
        pairs = graph.adjacency
        index = list(graph.unique_ids)
        focal, other = (pairs.index.get_level_values(level) for level in (0, 1))
        weight = pairs.to_numpy(dtype=float)
    elif hasattr(graph, "neighbors") and hasattr(graph, "id_order"):
        rows = [
            (a, b, w)
            for a, near in graph.neighbors.items()
            for b, w in zip(near, graph.weights[a], strict=True)
        ]
        index = list(graph.id_order)
        focal, other = (pd.Index([row[level] for row in rows]) for level in (0, 1))
        weight = np.array([row[2] for row in rows], dtype=float)
    else:
        raise CallError(f"graph: found {type(graph).__name__}, expected a libpysal Graph or W")
    for there, here, what in (
        (index, units, "the direct estimates"),
        (units, index, "the graph"),
    ):
        lost = [each for each in there if each not in set(here)]
        if lost:
            raise InputError(
                f"graph: unit {lost[0]!r} is not among {what}; a unit without a direct estimate "
                "has a row that is empty"
            )
    if (weight < 0).any():
        raise InputError(f"graph: found weight {weight.min():g}, expected 0 or more")
    W = np.zeros((len(units), len(units)))
    W[units.get_indexer(focal), units.get_indexer(other)] = weight
    np.fill_diagonal(W, 0.0)
    total = W.sum(axis=1, keepdims=True)
    return np.asarray(W / np.where(total > 0, total, 1.0))


def unit_shares(weights: object, units: pd.Index[Any]) -> NDArray[np.float64]:
    """Weights of all units in a national figure, made to sum to 1.

    Raises
    ------
    InputError
        When a unit has none, or one is below 0.
    """
    found = numbers(weights, "benchmark weights", units)
    if found.isna().any():
        lost = found.index[found.isna()][0]
        raise InputError(f"benchmark weights: found none for {lost!r}, expected one for each unit")
    if (found < 0).any() or not found.sum() > 0:
        raise InputError(f"benchmark weights: found {found.min():g}, expected numbers of 0 or more")
    return np.asarray(found / found.sum(), dtype=np.float64)
