"""Groups of regions that resemble each other, wherever they lie.

Few units: the optimum over all set partitions, certified, by the recursion over subsets of
`kz_spatial.groups.connected` on the graph in which all are neighbours. Many: k-means, from many
seeded starts, each finished by moving single units while that helps (Hartigan 1975, "Clustering
Algorithms", ch. 4), which leaves fewer poor optima than Lloyd's sweeps alone. Ward's method merges
the two groups whose union adds least to the sum of squares within.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.groups.connected import BestCuts
from kz_spatial.groups.partition import (
    Partition,
    check_n_clusters,
    make_partition,
    standardised,
    ward_groups,
    within_ss,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MAX_EXACT", "N_STARTS", "k_means", "optimal_groups", "scaled", "typology"]

Method = Literal["auto", "exact", "k-means", "ward"]

# all 2^n subsets are weighed: at 16 units 0.1 to 0.5 s, 0.9 s when all are equally far apart; at 18
# the same take 1 to 9 s, at 20 up to a minute
MAX_EXACT: Final = 16
N_STARTS: Final = 50
_SWEEPS: Final = 100
_ROUNDING: Final = 1e-12


def scaled(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre the units of each table, (..., n, p), and give it a total sum of squares of one."""
    Y = X - X.mean(axis=-2, keepdims=True)
    total = (Y**2).sum(axis=(-2, -1), keepdims=True)
    return np.asarray(Y / np.sqrt(np.where(total > 0, total, 1.0)), dtype=np.float64)


def optimal_groups(X: NDArray[np.float64], numbers: Iterable[int]) -> dict[int, NDArray[np.intp]]:
    """Proven best groups, for each number of groups.

    Parameters
    ----------
    X : (n, p) array
        Up to `MAX_EXACT` units.
    numbers : iterable of int
        Numbers of groups, from 1 to n.

    Returns
    -------
    dict of (n,) arrays of int
        Among equals, the choice depends on the order of the rows.

    Examples
    --------
    >>> found = optimal_groups(np.array([[0.0], [1.0], [5.0]]), [2])
    >>> bool(found[2][0] == found[2][1] != found[2][2])
    True
    """
    numbers = list(numbers)
    n, Y = len(X), scaled(X)
    # the search names the part of the first unit first: far units have few partners worth a look
    order = np.lexsort((-np.arange(n), -np.round((Y**2).sum(axis=1), 12)))
    everyone = (1 << n) - 1
    cuts = BestCuts.prepare(Y[order], [everyone ^ 1 << i for i in range(n)], most=max(numbers))
    found = {}
    for k in numbers:
        cut = cuts.cut(k, bound=within_ss(Y, ward_groups(Y, k)))
        assert cut is not None  # Ward's groups are within reach
        found[k] = np.empty(n, dtype=np.intp)
        found[k][order] = cut
    return found


def _centres(
    Y: NDArray[np.float64], labels: NDArray[np.intp], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Group means (b, k, p), zero where a group is empty, and sizes (b, k)."""
    member = (labels[..., None] == np.arange(k)).astype(float)
    size = member.sum(axis=1)
    return member.transpose(0, 2, 1) @ Y / np.maximum(size, 1)[..., None], size


def _squared(Y: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances of units to centres, (b, n, k)."""
    found = (Y**2).sum(axis=2)[..., None] - 2 * Y @ centres.transpose(0, 2, 1)
    return np.asarray(found + (centres**2).sum(axis=2)[:, None], dtype=np.float64)


def _move_best(Y: NDArray[np.float64], labels: NDArray[np.intp], k: int) -> NDArray[np.bool_]:
    """Move in each table the unit that gains most by it, in place; say where one did."""
    centres, size = _centres(Y, labels, k)
    away = _squared(Y, centres)
    own, mates = (
        np.take_along_axis(each, labels[..., None], axis=2)[..., 0]
        for each in (away, np.broadcast_to(size[:, None], away.shape))
    )
    leaving = np.where(mates > 1, own * mates / np.maximum(mates - 1, 1), 0.0)
    joining = away * (size / (size + 1))[:, None]
    np.put_along_axis(joining, labels[..., None], np.inf, axis=2)
    gain = leaving - joining.min(axis=2)
    rows, unit = np.arange(len(Y)), gain.argmax(axis=1)
    moves = gain[rows, unit] > _ROUNDING
    labels[rows[moves], unit[moves]] = joining[rows[moves], unit[moves]].argmin(axis=1)
    return np.asarray(moves)


def k_means(
    X: NDArray[np.float64], k: int, *, n_starts: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Best groups found from many starts, for many tables at once.

    Parameters
    ----------
    X : (r, n, p) array
        r tables of n units.
    k : int
        Number of groups, from 1 to n.
    n_starts : int
        Starts per table: k of its units as centres, Lloyd's sweeps, then Hartigan's moves.
    rng : numpy.random.Generator

    Returns
    -------
    (r, n) array of int
    """
    r, n, _ = X.shape
    if k == 1:
        return np.zeros((r, n), dtype=np.intp)
    Y = np.repeat(scaled(X), n_starts, axis=0)
    first = rng.random((len(Y), n)).argsort(axis=1)[:, :k]
    labels = _squared(Y, np.take_along_axis(Y, first[..., None], axis=1)).argmin(axis=2)
    for _ in range(_SWEEPS):
        before, labels = labels, _squared(Y, _centres(Y, labels, k)[0]).argmin(axis=2)
        if (before == labels).all():
            break
    open_ = np.arange(len(Y))
    while open_.size:
        moved = labels[open_]
        moves = _move_best(Y[open_], moved, k)
        labels[open_] = moved
        open_ = open_[moves]
    centres, size = _centres(Y, labels, k)
    explained = (size * (centres**2).sum(axis=2)).sum(axis=1).reshape(r, n_starts)
    best = labels.reshape(r, n_starts, n)[np.arange(r), explained.argmax(axis=1)]
    return np.array([_filled(each, k) for each in best], dtype=np.intp)


def _filled(labels: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """Give empty groups a unit each; they stay empty only where all mates are alike."""
    for group in np.setdiff1d(np.arange(k), labels):
        labels[np.flatnonzero(np.bincount(labels)[labels] > 1)[-1]] = group
    return labels


def typology(
    table: pd.DataFrame,
    *,
    n_clusters: int = 3,
    method: Method = "auto",
    standardise: bool = True,
    seed: int = 20240,
) -> Partition:
    """Group units by likeness, without regard to where they lie.

    Parameters
    ----------
    table : DataFrame
        Units by columns, without gaps.
    n_clusters : int
    method : {"auto", "exact", "k-means", "ward"}
        `exact` proves its optimum, for up to 16 units; `auto` is exact that far and k-means, from
        50 starts, beyond.
    standardise : bool
        Whether to turn columns into z-scores first.
    seed : int
        Seed of k-means.

    Returns
    -------
    Partition
        `gap` is the relative distance to the proven optimum up to 16 units, NaN beyond.

    Raises
    ------
    InputError, NotEnoughDataError
        When values are missing or there are fewer units than groups.
    CallError
        When "exact" is asked of more than 16 units.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())[["epayment_share_mean", "permit_days_mean"]]
    >>> found = typology(table, n_clusters=2, method="ward")
    >>> found.certified, found.gap >= 0
    (False, True)
    """
    check_option("method", method, ("auto", "exact", "k-means", "ward"))
    values = standardised(table, standardise=standardise)
    X, n = values.to_numpy(), len(values)
    check_n_clusters(n_clusters, n)
    if method == "exact" and n > MAX_EXACT:
        raise CallError(
            f"method='exact': found {n} units, expected at most {MAX_EXACT}; use "
            "'k-means' or 'ward'"
        )
    if method == "auto":
        method = "exact" if n <= MAX_EXACT else "k-means"
    best = optimal_groups(X, [n_clusters])[n_clusters] if n <= MAX_EXACT else None
    if method == "exact" and best is not None:
        labels = best
    elif method == "ward":
        labels = ward_groups(X, n_clusters)
    else:
        rng = np.random.default_rng(seed)
        labels = k_means(X[None], n_clusters, n_starts=N_STARTS, rng=rng)[0]
    return make_partition(
        values,
        labels,
        table.index,
        method=method,
        certified=method == "exact",
        # equally good groups may differ by rounding
        optimum=None if best is None else min(within_ss(X, best), within_ss(X, labels)),
        seed=seed if method == "k-means" else None,
    )
