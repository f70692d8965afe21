"""Partitions of units into groups: the result, its sums of squares, and enumeration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING
from kz_spatial.errors import CallError, InputError, NotEnoughDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = [
    "Partition",
    "check_enough",
    "check_n_clusters",
    "make_partition",
    "order_labels",
    "partitions",
    "standardised",
    "ward_groups",
    "within_ss",
    "z_scores",
]

_MAX_RANKED: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Groups of units and how tight they are.

    Attributes
    ----------
    labels : Series of int, named "cluster"
        By unit, 1 to k; group 1 has the highest mean over the columns as directed by the caller.
    within_ss, total_ss : float
        Sum of squares within groups and in all, in units of the (standardised) columns squared.
    certified : bool
        Whether the partition is proven to be the best there is.
    gap : float
        Relative distance of `within_ss` to the proven optimum; NaN where none is known.
    method : str
    n_clusters : int
    seed : int or None
    """

    labels: pd.Series[Any]
    within_ss: float
    total_ss: float
    certified: bool
    gap: float
    method: str
    n_clusters: int
    seed: int | None = None


def standardised(table: pd.DataFrame, *, standardise: bool) -> pd.DataFrame:
    """Numeric columns of units without gaps, as z-scores (n-1) if asked.

    Raises
    ------
    InputError
        When there is no column, a column is not numeric, or a unit lacks a value or occurs twice.
    """
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"table: found {type(table).__name__}, expected a DataFrame, units by columns"
        )
    if not len(table.columns):
        raise InputError("table: found no columns, expected those to group by")
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][0]
        raise InputError(f"table: found unit {twice!r} twice, expected once")
    wrong = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    if wrong:
        raise InputError(
            f"table: column {wrong[0]!r} holds {table[wrong[0]].dtype}, expected "
            "numbers; pass the columns to group by"
        )
    values = table.astype(float).sort_index()
    holes = values.index[~np.isfinite(values.to_numpy()).all(axis=1)]
    if len(holes):
        raise InputError(
            f"table: unit {holes[0]!r} lacks a value in "
            f"{values.columns[~np.isfinite(values.loc[holes[0]])][0]!r}; expected "
            "finite numbers, leave such units out"
        )
    if not standardise:
        return values
    return pd.DataFrame(z_scores(values.to_numpy()), values.index, values.columns)


def z_scores(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns of tables (..., n, p) as z-scores (n-1); zero where all that varies is rounding."""
    if X.shape[-2] < 2:
        return X - X
    spread = X.std(axis=-2, ddof=1, keepdims=True)
    varies = spread > ROUNDING * np.abs(X).max(axis=-2, keepdims=True)
    found = (X - X.mean(axis=-2, keepdims=True)) / np.where(varies, spread, 1.0)
    return np.where(varies, found, 0.0)


def within_ss(X: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    """Sum of squared distances to group means."""
    return float(
        sum(((X[labels == k] - X[labels == k].mean(axis=0)) ** 2).sum() for k in np.unique(labels))
    )


def ward_groups(
    X: NDArray[np.float64], k: int, adjacency: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Groups of Ward's merging, of neighbours only where an (n, n) adjacency is given."""
    from sklearn.cluster import AgglomerativeClustering

    if k in (1, len(X)):  # scikit-learn refuses a single unit
        return np.arange(len(X), dtype=np.intp) % k
    found = AgglomerativeClustering(k, connectivity=adjacency, linkage="ward").fit(X).labels_
    return np.asarray(found, dtype=np.intp)


def order_labels(labels: NDArray[np.intp], X: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number groups 1 to k by falling mean over all columns, ties by first unit."""
    groups = np.unique(labels)
    key = [(-float(X[labels == g].mean()), int(np.flatnonzero(labels == g)[0])) for g in groups]
    rank = {groups[j]: i + 1 for i, j in enumerate(sorted(range(len(groups)), key=key.__getitem__))}
    return np.array([rank[g] for g in labels], dtype=np.intp)


def partitions(n: int, k: int) -> Iterator[tuple[int, ...]]:
    """All ways to put n units into k groups, as restricted growth strings.

    Examples
    --------
    >>> sum(1 for _ in partitions(7, 3))
    301
    """

    def grow(prefix: tuple[int, ...], used: int) -> Iterator[tuple[int, ...]]:
        left = n - len(prefix)
        if left == 0:
            if used == k:
                yield prefix
            return
        if used + left < k:
            return
        for group in range(min(used + 1, k)):
            yield from grow((*prefix, group), max(used, group + 1))

    yield from grow((), 0)


@dataclass(frozen=True, slots=True)
class PartitionRank:
    """Where a partition stands among all with as many groups.

    Attributes
    ----------
    rank : int
        1 is the tightest; equal ones share the better rank.
    n_partitions : int
        Ways to form that many groups.
    within_ss, best_within_ss, total_ss : float
        Its sum of squares within groups, the smallest there is, and that about the mean.
    """

    rank: int
    n_partitions: int
    within_ss: float
    best_within_ss: float
    total_ss: float


def rank_partition(
    table: pd.DataFrame, labels: pd.Series[Any], *, standardise: bool = True
) -> PartitionRank:
    """Rank a given grouping among all groupings of the units into as many groups.

    Parameters
    ----------
    table : DataFrame
        Up to about 12 units by columns, without gaps.
    labels : Series
        Group of each unit, on the same index.
    standardise : bool
        Whether to turn columns into z-scores first.

    Returns
    -------
    PartitionRank

    Raises
    ------
    InputError
        When labels are missing or there are more than 12 units to enumerate.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())[["epayment_share_mean", "permit_days_mean"]]
    >>> found = kz.rank_partition(table, kz.typology(table, n_clusters=3).labels)
    >>> found.rank, found.n_partitions  # a certified typology is the tightest there is
    (1, 301)
    """
    if not isinstance(labels, pd.Series):
        raise InputError(f"labels: found {type(labels).__name__}, expected a Series by unit")
    values = standardised(table, standardise=standardise)
    absent = values.index.difference(labels.dropna().index)
    if len(absent):
        raise InputError(f"labels: found none for {absent[0]!r}, expected one per unit")
    if len(values) > _MAX_RANKED:
        raise InputError(
            f"table: found {len(values)} units, expected at most {_MAX_RANKED} to "
            "enumerate all groupings"
        )
    X = values.to_numpy()
    codes = np.unique(labels.reindex(values.index), return_inverse=True)[1].astype(np.intp)
    own = within_ss(X, codes)
    k = int(codes.max()) + 1
    every = np.array([within_ss(X, np.array(each, np.intp)) for each in partitions(len(X), k)])
    tighter = int((every < own * (1 - 1e-12)).sum())
    about = float(((X - X.mean(axis=0)) ** 2).sum())
    return PartitionRank(tighter + 1, len(every), own, float(every.min()), about)


def check_enough(n: int) -> None:
    """Raise `NotEnoughDataError` unless there are two units to group."""
    if n < 2:
        raise NotEnoughDataError(f"table: found {n} units, expected at least 2 to group")


def check_n_clusters(n_clusters: int, n: int) -> None:
    """Raise `NotEnoughDataError` unless n units can form that many groups."""
    if isinstance(n_clusters, bool) or not isinstance(n_clusters, int | np.integer):
        raise CallError(f"n_clusters={n_clusters!r}: expected a whole number")
    if not 1 <= n_clusters <= n:
        raise NotEnoughDataError(f"found {n} units for {n_clusters} groups, expected 1 to {n}")


def make_partition(
    values: pd.DataFrame,
    labels: NDArray[np.intp],
    index: pd.Index[Any],
    *,
    method: str,
    certified: bool,
    optimum: float | None = None,
    seed: int | None = None,
) -> Partition:
    """Wrap group numbers as a `Partition` on the caller's index.

    Parameters
    ----------
    values : DataFrame
        What `standardised` returned; `labels` are in its order.
    labels : (n,) array of int
    index : Index
        Order of the result.
    optimum : float, optional
        Proven smallest within sum of squares.
    """
    X = values.to_numpy()
    inside = within_ss(X, labels)
    if certified:
        optimum = inside
    gap = np.nan if optimum is None else (inside - optimum) / optimum if optimum > 0 else 0.0
    gap = 0.0 if abs(gap) < ROUNDING else gap
    return Partition(
        labels=pd.Series(order_labels(labels, X), values.index, name="cluster").reindex(index),
        within_ss=inside,
        total_ss=float(((X - X.mean(axis=0)) ** 2).sum()),
        certified=certified,
        gap=float(gap),
        method=method,
        n_clusters=len(np.unique(labels)),
        seed=seed,
    )
