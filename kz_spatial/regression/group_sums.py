"""Cross products of terms and dummies of absorbed levels, by sums over groups.

A dummy's product with a column is a sum within a level and two dummies' product a count of pairs,
so no (n, levels) array is ever made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["cross_products", "is_nested", "level_sums", "present_levels", "rows_by_group"]


def level_sums(
    columns: NDArray[np.float64], levels: Sequence[NDArray[np.intp]], sizes: Sequence[int]
) -> NDArray[np.float64]:
    """Sums of columns within each level, factors one below the other.

    Parameters
    ----------
    columns : (n, k) array
    levels : sequence of (n,) arrays of int
    sizes : sequence of int
        Levels of each factor.

    Returns
    -------
    (sum of sizes, k) array

    Examples
    --------
    >>> level_sums(np.array([[1.0], [2.0], [4.0]]), [np.array([0, 1, 0])], [2]).ravel().tolist()
    [5.0, 2.0]
    """
    k = columns.shape[1]
    parts = [
        np.bincount(level, columns[:, j], size) if k else np.empty(0)
        for level, size in zip(levels, sizes, strict=True)
        for j in range(k)
    ]
    blocks = [
        np.column_stack(parts[place * k : (place + 1) * k]) if k else np.empty((size, 0))
        for place, size in enumerate(sizes)
    ]
    return np.vstack([np.empty((0, k)), *blocks])


def cross_products(
    columns: NDArray[np.float64],
    levels: Sequence[NDArray[np.intp]],
    sizes: Sequence[int],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """[X, D]' W [X, D], with a column of D for each level of each factor.

    Parameters
    ----------
    columns : (n, k) array
        X.
    levels : sequence of (n,) arrays of int
    sizes : sequence of int
        Levels of each factor, those without a row counted in.
    weights : (n,) array, optional
        Ones without.

    Returns
    -------
    (k + levels, k + levels) array

    Examples
    --------
    >>> cross_products(np.array([[1.0], [2.0]]), [np.array([0, 1])], [2]).tolist()
    [[5.0, 1.0, 2.0], [1.0, 1.0, 0.0], [2.0, 0.0, 1.0]]
    """
    k, total = columns.shape[1], columns.shape[1] + sum(sizes)
    weighted = columns if weights is None else columns * weights[:, None]
    out = np.zeros((total, total))
    out[:k, :k] = columns.T @ weighted
    out[k:, :k] = level_sums(weighted, levels, sizes)
    out[:k, k:] = out[k:, :k].T
    starts = np.cumsum([k, *sizes])
    for i, level in enumerate(levels):
        own = slice(starts[i], starts[i + 1])
        out[own, own] = np.diag(np.bincount(level, weights, sizes[i]))
        for j in range(i):
            pairs = np.bincount(level * sizes[j] + levels[j], weights, sizes[i] * sizes[j])
            other = slice(starts[j], starts[j + 1])
            out[own, other] = pairs.reshape(sizes[i], sizes[j])
            out[other, own] = out[own, other].T
    return out


def rows_by_group(groups: NDArray[np.intp], n_groups: int) -> list[NDArray[np.intp]]:
    """Rows of each group, in their order.

    Examples
    --------
    >>> [each.tolist() for each in rows_by_group(np.array([1, 0, 1]), 2)]
    [[1], [0, 2]]
    """
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.cumsum(np.bincount(groups, minlength=n_groups))[:-1])


def present_levels(
    levels: Sequence[NDArray[np.intp]], sizes: Sequence[int], rows: NDArray[np.intp]
) -> tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Levels that some rows have, and the rows' levels numbered among those alone.

    Examples
    --------
    >>> present, own = present_levels([np.array([0, 2, 2])], [3], np.array([1, 2]))
    >>> present[0].tolist(), own[0].tolist()
    ([2], [0, 0])
    """
    present, own = [], []
    for level, size in zip(levels, sizes, strict=True):
        held = np.bincount(level[rows], minlength=size) > 0
        present.append(np.flatnonzero(held))
        own.append((np.cumsum(held) - 1)[level[rows]])
    return present, own


def is_nested(inner: NDArray[np.intp], outer: NDArray[np.intp]) -> bool:
    """Whether every level of one factor lies inside one level of another.

    Examples
    --------
    >>> oblast, region = np.array([0, 1, 2]), np.array([0, 0, 1])
    >>> is_nested(oblast, region), is_nested(region, oblast)
    (True, False)
    """
    first = np.zeros(int(inner.max()) + 1, dtype=np.intp)
    first[inner] = outer
    return bool((first[inner] == outer).all())
