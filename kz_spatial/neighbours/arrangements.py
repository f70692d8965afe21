"""Reference distributions over arrangements of values, enumerated where their number allows it.

Whole arrangements: all n! of them, or random ones with the observed one counted in. Neighbour sets
of one unit: all C(m, k) of them are counted without being listed. The m values are split in two
halves, sums of j values of one half meet sums of k - j values of the other, and sorted sums are
counted by bisection (Horowitz and Sahni, 1974, J. ACM 21, 277-292), so that about 2^(m/2) steps do
the work of C(m, k).

Where neighbours weigh differently, all ordered sets are listed while they number at most 400,000.

Two-sided p-values count arrangements at least as far from the mean of the reference distribution
as the observed one (Edgington and Onghena, 2007, *Randomization Tests*, ch. 3). A discrete
distribution has a smallest p: with one neighbour among 20 units it is 1/19.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from itertools import permutations
from math import comb, factorial, perm
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kz_spatial.options import Alternative

__all__ = [
    "MAX_ARRANGEMENTS",
    "TIE",
    "can_count_sets",
    "can_list_orders",
    "listed_sets",
    "orders",
    "random_sets",
    "seeded",
    "set_p_values",
    "share_extreme",
]

MAX_ARRANGEMENTS: Final = 400_000
# sums of values in one half that are sorted at most
_MAX_HALF_SUMS: Final = 2**18
# sums held at once over a batch of rows, and rows searched as one without loss of digits
_MAX_BATCH: Final = 2**22
_MAX_ROWS: Final = 64
# entries of random orders that are kept for the next statistic
_MAX_KEPT: Final = 2**20
# arrangements whose statistics differ by rounding alone count as tied
TIE: Final = 1e-10


@lru_cache(maxsize=4)
def _all_orders(n: int) -> NDArray[np.intp]:
    found = np.array(list(permutations(range(n))), dtype=np.intp)
    found.flags.writeable = False
    return found


def _random_orders(n: int, n_permutations: int, seed: int) -> NDArray[np.intp]:
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)


@lru_cache(maxsize=2)
def _kept_orders(n: int, n_permutations: int, seed: int) -> NDArray[np.intp]:
    """Random orders that the next statistic of the same units asks for again."""
    found = _random_orders(n, n_permutations, seed)
    found.flags.writeable = False
    return found


def can_list_orders(n: int) -> bool:
    """Whether all n! orders of n units are listed: at most 400,000."""
    return factorial(n) <= MAX_ARRANGEMENTS


def orders(n: int, n_permutations: int, seed: int) -> NDArray[np.intp]:
    """All n! orders of n units where they can be listed, else seeded random ones.

    Parameters
    ----------
    n, n_permutations : int
        Units; random orders.
    seed : int
    """
    if can_list_orders(n):
        return _all_orders(n)
    if n * n_permutations <= _MAX_KEPT:
        return _kept_orders(n, n_permutations, seed)
    return _random_orders(n, n_permutations, seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed NumPy's global generator, which some libraries draw from, and give it back after."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed % 2**32)  # noqa: NPY002  (it takes no larger ones)
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def share_extreme(
    deviations: NDArray[np.float64], observed: float, alternative: Alternative, *, exact: bool
) -> float:
    """Share of arrangements as extreme as the observed one, which random ones are joined by.

    Parameters
    ----------
    deviations : (r,) array
        Of the statistic in each arrangement from its mean over all of them.
    observed : float
        That of the statistic as it is.
    alternative : {"two-sided", "greater", "less"}
    exact : bool
        Whether the arrangements are all there are.
    """
    tie = TIE * max(float(np.abs(deviations).max()), abs(observed))
    if alternative == "greater":
        extreme = deviations >= observed - tie
    elif alternative == "less":
        extreme = deviations <= observed + tie
    else:
        extreme = np.abs(deviations) >= abs(observed) - tie
    extra = 0 if exact else 1
    return float((extreme.sum() + extra) / (len(deviations) + extra))


@lru_cache(maxsize=4)
def _all_ordered_sets(m: int, k: int) -> NDArray[np.intp]:
    found = np.array(list(permutations(range(m), k)), dtype=np.intp)
    found.flags.writeable = False
    return found


def listed_sets(m: int, k: int) -> NDArray[np.intp] | None:
    """All ordered sets of k among m, a row each, where they number at most 400,000."""
    return _all_ordered_sets(m, k) if perm(m, k) <= MAX_ARRANGEMENTS else None


def random_sets(m: int, k: int, draws: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Random ordered sets of k among m, a row each, every one equally likely."""
    if k * k > m:  # too many rows would have to be drawn again
        return rng.permuted(np.tile(np.arange(m), (draws, 1)), axis=1)[:, :k]
    sets = rng.integers(m, size=(draws, k))
    left = np.arange(draws)
    while left.size:
        ordered = np.sort(sets[left], axis=1)
        left = left[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        sets[left] = rng.integers(m, size=(left.size, k))
    return sets


@lru_cache(maxsize=1024)
def _half_sums(m: int, k: int) -> int:
    half = m - m // 2
    return sum(comb(half, j) for j in range(min(k, half) + 1))


def can_count_sets(m: int, k: int) -> bool:
    """Whether all ways to choose k of m values can be counted; k of m are as many as m - k."""
    return _half_sums(m, min(k, m - k)) <= _MAX_HALF_SUMS


def _sums_by_size(values: NDArray[np.float64], k: int) -> list[NDArray[np.float64]]:
    """Sums of all sets of j values of each row, for j = 0 to k, sorted.

    Parameters
    ----------
    values : (r, h) array

    Returns
    -------
    list of (r, C(h, j)) arrays
    """
    rows = len(values)
    sums = [np.zeros((rows, 1))] + [np.empty((rows, 0)) for _ in range(k)]
    for value in values.T:
        for j in range(k, 0, -1):
            sums[j] = np.concatenate([sums[j], sums[j - 1] + value[:, None]], axis=1)
    return [np.sort(each, axis=1) for each in sums]


def _count_at_least(
    left: list[NDArray[np.float64]],
    right: list[NDArray[np.float64]],
    k: int,
    limits: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Pairs of sums, j from the left and k - j from the right, that reach the limit of their row.

    Sums lie within [-1, 1], so rows that are moved 4 apart can be searched as one.
    """
    rows = len(limits)
    apart = 4.0 * np.arange(rows)[:, None]
    counts = np.zeros(rows, dtype=np.int64)
    for j in range(k + 1):
        one, other = left[j], right[k - j]
        if not (one.shape[1] and other.shape[1]):
            continue
        wanted = np.clip(limits[:, None] - one, -2.0, 2.0) + apart
        found = np.searchsorted((other + apart).ravel(), wanted.ravel(), side="left")
        before = found.reshape(rows, -1) - other.shape[1] * np.arange(rows)[:, None]
        counts += other.shape[1] * one.shape[1] - before.sum(axis=1)
    return counts


def _tails(
    values: NDArray[np.float64], k: int, limits: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sets of k values whose sum is at least, and at most minus, each limit of their row.

    Parameters
    ----------
    values : (r, m) array
    limits : (r, t) array

    Returns
    -------
    two (r, t) arrays of int
    """
    half = values.shape[1] // 2
    upper, lower = np.empty(limits.shape, np.int64), np.empty(limits.shape, np.int64)
    batch = min(max(1, _MAX_BATCH // _half_sums(values.shape[1], k)), _MAX_ROWS)
    for start in range(0, len(values), batch):
        part = slice(start, start + batch)
        left = _sums_by_size(values[part, :half], k)
        right = _sums_by_size(values[part, half:], k)
        minus_left, minus_right = ([-each[:, ::-1] for each in side] for side in (left, right))
        for t in range(limits.shape[1]):
            upper[part, t] = _count_at_least(left, right, k, limits[part, t])
            lower[part, t] = _count_at_least(minus_left, minus_right, k, limits[part, t])
    return upper, lower


def set_p_values(
    others: NDArray[np.float64], k: int, sums: NDArray[np.float64], alternative: Alternative
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact p of sums over k values among all C(m, k) sums of each row, and the smallest p.

    Parameters
    ----------
    others : (r, m) array
        Values that the sets are chosen from, a problem per row.
    k : int
        1 to m; `can_count_sets` says whether it is within reach.
    sums : (r,) array
        Observed sums.
    alternative : {"two-sided", "greater", "less"}

    Returns
    -------
    p, p_min : (r,) arrays
        Share of sets as extreme as the observed one, and as the most extreme one.
    """
    m = others.shape[1]
    if k == m:  # there is one set
        return np.ones(len(sums)), np.ones(len(sums))
    mean = others.mean(axis=1, keepdims=True)
    values, observed = others - mean, sums - k * mean[:, 0]
    if 2 * k > m:  # the values left out sum to minus those chosen
        values, k = -values, m - k
    ordered = np.sort(values, axis=1)
    top, bottom = ordered[:, m - k :].sum(axis=1), ordered[:, :k].sum(axis=1)
    reach = np.maximum(top, -bottom)
    scale = np.abs(values).sum(axis=1) + 1e-300
    tie = TIE * np.maximum(reach, np.abs(observed))
    total = comb(m, k)
    if alternative == "two-sided":
        far = np.column_stack([np.abs(observed), reach]) - tie[:, None]
        upper, lower = _tails(values / scale[:, None], k, far / scale[:, None])
        share = np.where(far <= 0, 1.0, (upper + lower) / total)
    else:
        sign = 1.0 if alternative == "greater" else -1.0
        best = top if alternative == "greater" else -bottom
        far = np.column_stack([sign * observed, best]) - tie[:, None]
        upper, lower = _tails(values / scale[:, None], k, far / scale[:, None])
        share = (upper if alternative == "greater" else lower) / total
    return share[:, 0], share[:, 1]
