"""Groups of regions that resemble each other, wherever they lie.

Up to 20 units: the optimum over all set partitions, certified, by the recursion of
`kz_spatial.groups.every_subset`. More: k-means, from many
seeded starts, each finished by moving single units while that helps (Hartigan 1975, "Clustering
Algorithms", ch. 4), which leaves fewer poor optima than Lloyd's sweeps alone. Ward's method merges
the two groups whose union adds least to the sum of squares within.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.groups.bounds import Bounds, bounds_of, check_heeded, nothing_within
from kz_spatial.groups.every_subset import BestGroups
from kz_spatial.groups.partition import (
    Partition,
    check_n_clusters,
    make_partition,
    standardised,
    ward_groups,
    within_ss,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MAX_EXACT", "N_STARTS", "k_means", "optimal_groups", "scaled", "typologies", "typology"]

Method = Literal["auto", "exact", "k-means", "ward"]

# all 2^n subsets are weighed: 20 units in 2 to 8 groups take a second, and each number some seconds
# more where all units are equally far apart
MAX_EXACT: Final = 20
N_STARTS: Final = 50
_DEAF: Final = dict.fromkeys(("floor", "floor by amount", "ceiling"), "'exact'")
_SWEEPS: Final = 100
# so few units need no bound; beyond, one that is nearly always the optimum
_WITHOUT_BOUND: Final = 12
_BOUND_STARTS: Final = 20
_ROUNDING: Final = 1e-12


def scaled(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre the units of each table, (..., n, p), and give it a total sum of squares of one."""
    Y = X - X.mean(axis=-2, keepdims=True)
    total = (Y**2).sum(axis=(-2, -1), keepdims=True)
    return np.asarray(Y / np.sqrt(np.where(total > 0, total, 1.0)), dtype=np.float64)


def optimal_groups(
    X: NDArray[np.float64], numbers: Iterable[int], bounds: Bounds | None = None
) -> dict[int, NDArray[np.intp]]:
    """Proven best groups, for each number of groups that can be had.

    Parameters
    ----------
    X : (n, p) array
        Up to `MAX_EXACT` units.
    numbers : iterable of int
        Numbers of groups, from 1 to n.
    bounds : Bounds, optional
        What a group must have at least and at most.

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
    numbers, Y = list(numbers), scaled(X)
    bounds = Bounds(np.ones(len(X))) if bounds is None else bounds
    shared = None
    if bounds.balance is None:  # the same subsets are allowed whatever the number
        shared = BestGroups.prepare(Y, most=max(numbers, default=1), bounds=bounds)
    found = {}
    for k in numbers:
        own = bounds.for_number(k)
        best = shared or BestGroups.prepare(Y, most=k, bounds=own)
        labels = best.groups(k, bound=_within_reach(Y, k, own))
        if labels is not None:
            found[k] = labels
    return found


def _within_reach(Y: NDArray[np.float64], k: int, bounds: Bounds) -> float:
    """Sum of squares of k good groups of the units, from a fixed seed; infinite where not had."""
    if len(Y) <= _WITHOUT_BOUND:
        return np.inf
    rng = np.random.default_rng(0)
    labels = k_means(Y[None], k, n_starts=_BOUND_STARTS, rng=rng)[0]
    return within_ss(Y, labels) if bounds.met(labels) else np.inf


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
    floor: float = 0,
    ceiling: float | None = None,
    floor_by: pd.Series[Any] | None = None,
    balance: float | None = None,
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
        `exact` proves its optimum, for up to 20 units; `auto` is exact that far and k-means, from
        50 starts, beyond.
    floor, ceiling : float, optional
        Least and largest number of units per group, or sum of `floor_by`; up to 20 units, proven.
    floor_by : Series, optional
        Amount per unit, such as population, that floor, ceiling and balance are about.
    balance : float, optional
        How far a group may be from an equal share, as a part of it; up to 20 units, proven.
    standardise : bool
        Whether to turn columns into z-scores first.
    seed : int
        Seed of k-means.

    Returns
    -------
    Partition
        `gap` is the relative distance to the proven optimum up to 20 units, NaN beyond.

    Raises
    ------
    InputError, NotEnoughDataError
        When values are missing, there are fewer units than groups, or no groups are within the
        bounds.
    CallError
        When "exact" is asked of more than 20 units, or bounds of another method.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())[["epayment_share_mean", "permit_days_mean"]]
    >>> found = typology(table, n_clusters=2, method="ward")
    >>> found.certified, found.gap >= 0
    (False, True)
    """
    return typologies(
        table,
        n_clusters=[n_clusters],
        method=method,
        floor=floor,
        ceiling=ceiling,
        floor_by=floor_by,
        balance=balance,
        standardise=standardise,
        seed=seed,
    )[n_clusters]


def typologies(
    table: pd.DataFrame,
    *,
    n_clusters: Sequence[int],
    method: Method = "auto",
    floor: float = 0,
    ceiling: float | None = None,
    floor_by: pd.Series[Any] | None = None,
    balance: float | None = None,
    standardise: bool = True,
    seed: int = 20240,
) -> dict[int, Partition]:
    """Typologies of several numbers of groups, with the work of weighing subsets done once.

    Parameters
    ----------
    table, method, floor, ceiling, floor_by, balance, standardise, seed
        As in `typology`.
    n_clusters : sequence of int

    Returns
    -------
    dict of Partition
        By number of groups.

    Raises
    ------
    As `typology`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())[["epayment_share_mean", "permit_days_mean"]]
    >>> found = typologies(table, n_clusters=[2, 3])
    >>> found[3].within_ss < found[2].within_ss
    True
    """
    check_option("method", method, ("auto", "exact", "k-means", "ward"))
    values = standardised(table, standardise=standardise)
    X, n = values.to_numpy(), len(values)
    for k in n_clusters:
        check_n_clusters(k, n)
    if method == "exact" and n > MAX_EXACT:
        raise CallError(
            f"method='exact': found {n} units, expected at most {MAX_EXACT}; use "
            "'k-means' or 'ward'"
        )
    if method == "auto":
        method = "exact" if n <= MAX_EXACT else "k-means"
    bounds = bounds_of(
        values.index, floor=floor, ceiling=ceiling, floor_by=floor_by, balance=balance
    )
    if method != "exact":
        check_heeded(method, bounds, _DEAF)
    best = optimal_groups(X, n_clusters, bounds) if n <= MAX_EXACT else {}
    found = {}
    for k in n_clusters:
        if method == "exact":
            if k not in best:
                raise nothing_within(k, bounds.for_number(k), what="groups")
            labels = best[k]
        elif method == "ward":
            labels = ward_groups(X, k)
        else:
            rng = np.random.default_rng(seed)
            labels = k_means(X[None], k, n_starts=N_STARTS, rng=rng)[0]
        found[k] = make_partition(
            values,
            labels,
            table.index,
            method=method,
            certified=method == "exact",
            # equally good groups may differ by rounding
            optimum=min(within_ss(X, each) for each in (best[k], labels)) if best else None,
            seed=seed if method == "k-means" else None,
        )
    return found
