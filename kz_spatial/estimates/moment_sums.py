"""Means and products about them by cell, as sums that can be merged.

Two parts of a file, or two cells, are put together by what each has about its own mean, so nothing
cancels however many parts there are.

Source
------
Chan, Golub and LeVeque (1983), The American Statistician 37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CellMoments",
    "WeightedMoments",
    "cell_moments",
    "stratified_errors",
    "weighted_moments",
]


@dataclass(frozen=True, slots=True, eq=False)
class CellMoments:
    """Weighted means of k columns by cell, and products about them.

    Attributes
    ----------
    total : (C,) array
        Sum of weights.
    mean : (C, k) array
        0 in cells without rows.
    products : (C, k, k) array
        Weighted sums of products of what columns differ from their means.
    """

    total: NDArray[np.float64]
    mean: NDArray[np.float64]
    products: NDArray[np.float64]

    def grouped(self, owner: NDArray[np.intp], n_groups: int) -> CellMoments:
        """Cells put together.

        Parameters
        ----------
        owner : (C,) array of int
            Group of each cell; cells of a negative one are left out.
        n_groups : int

        Returns
        -------
        CellMoments
        """
        kept = owner >= 0
        own, total, k = owner[kept], np.zeros(n_groups), self.mean.shape[1]
        mean, products = np.zeros((n_groups, k)), np.zeros((n_groups, k, k))
        np.add.at(total, own, self.total[kept])
        np.add.at(mean, own, self.total[kept, None] * self.mean[kept])
        mean /= np.where(total > 0, total, 1.0)[:, None]
        gap = self.mean[kept] - mean[own]
        np.add.at(products, own, self.products[kept])
        np.add.at(products, own, self.total[kept, None, None] * gap[:, :, None] * gap[:, None])
        return CellMoments(total, mean, products)

    def about(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Products about another point of each cell, (C, k, k)."""
        gap = self.mean - point
        found = self.products + self.total[:, None, None] * gap[:, :, None] * gap[:, None]
        return np.asarray(found, dtype=np.float64)

    def beside(self, other: CellMoments) -> CellMoments:
        """Cells of two parts of a file, one after the other."""
        return CellMoments(
            np.concatenate([self.total, other.total]),
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.products, other.products]),
        )


def cell_moments(
    columns: NDArray[np.float64],
    cell: NDArray[np.intp],
    n_cells: int,
    weights: NDArray[np.float64] | None = None,
) -> CellMoments:
    """Means and products of columns by cell.

    Parameters
    ----------
    columns : (n, k) array
        Finite.
    cell : (n,) array of int
        0 to `n_cells` - 1.
    n_cells : int
    weights : (n,) array, optional

    Returns
    -------
    CellMoments

    Examples
    --------
    >>> found = cell_moments(np.array([[1.0], [3.0], [7.0]]), np.array([0, 0, 1]), 2)
    >>> found.mean.ravel().tolist(), found.products.ravel().tolist()
    ([2.0, 7.0], [2.0, 0.0])
    >>> found.grouped(np.array([0, 0]), 1).products.ravel().round(9).tolist()
    [18.666666667]
    """
    k = columns.shape[1]
    total = np.bincount(cell, weights, n_cells).astype(float)
    known = np.where(total > 0, total, 1.0)
    mean, products = np.zeros((n_cells, k)), np.zeros((n_cells, k, k))
    gaps = []
    for j in range(k):
        column = columns[:, j]
        weighted = column if weights is None else weights * column
        first = np.bincount(cell, weighted, n_cells) / known
        gap = column - first[cell]
        # twice, since a sum of many numbers is off in its last digits
        again = np.bincount(cell, gap if weights is None else weights * gap, n_cells) / known
        mean[:, j] = first + again
        gap -= again[cell]
        gaps.append(gap)
        left = gap if weights is None else weights * gap
        for i in range(j + 1):
            products[:, i, j] = products[:, j, i] = np.bincount(cell, left * gaps[i], n_cells)
    return CellMoments(total, mean, products)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedMoments:
    """Moments by cell under weights to the powers of 0, 1 and 2.

    Attributes
    ----------
    plain, weighted, squared : CellMoments
        One and the same where every row counts once.
    """

    plain: CellMoments
    weighted: CellMoments
    squared: CellMoments

    @property
    def powers(self) -> tuple[CellMoments, CellMoments, CellMoments]:
        """By the power of the weights."""
        return self.plain, self.weighted, self.squared

    def grouped(self, owner: NDArray[np.intp], n_groups: int) -> WeightedMoments:
        """Cells put together; see `CellMoments.grouped`."""
        if self.plain is self.weighted:
            one = self.plain.grouped(owner, n_groups)
            return WeightedMoments(one, one, one)
        return WeightedMoments(*(each.grouped(owner, n_groups) for each in self.powers))

    def beside(self, other: WeightedMoments) -> WeightedMoments:
        """Cells of two parts of a file, one after the other."""
        if self.plain is self.weighted:
            one = self.plain.beside(other.plain)
            return WeightedMoments(one, one, one)
        parts = zip(self.powers, other.powers, strict=True)
        return WeightedMoments(*(one.beside(two) for one, two in parts))

    def columns(self, places: NDArray[np.intp]) -> WeightedMoments:
        """Some of the columns."""

        def taken(each: CellMoments) -> CellMoments:
            products = each.products[:, places[:, None], places]
            return CellMoments(each.total, each.mean[:, places], products)

        if self.plain is self.weighted:
            one = taken(self.plain)
            return WeightedMoments(one, one, one)
        return WeightedMoments(*map(taken, self.powers))

    def unit_moments(self) -> dict[str, NDArray[np.float64]]:
        """Count, mean, deviation and error of one column by cell, as `unit_moments` has them.

        Returns
        -------
        dict of (C,) arrays
            `n`, `mean`, `sd`, `se` and `unweighted_mean`; NaN where too few values.
        """
        n, mean = self.plain.total, self.weighted.mean
        few = n < 2
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = n / (n - 1)
            sd = np.sqrt(spread * self.weighted.products[:, 0, 0] / self.weighted.total)
            se = np.sqrt(spread * self.squared.about(mean)[:, 0, 0]) / self.weighted.total
        none = n == 0
        return {
            "n": n,
            "mean": np.where(none, np.nan, mean[:, 0]),
            "sd": np.where(few, np.nan, sd),
            "se": np.where(few, np.nan, se),
            "unweighted_mean": np.where(none, np.nan, self.plain.mean[:, 0]),
        }


def weighted_moments(
    columns: NDArray[np.float64],
    cell: NDArray[np.intp],
    n_cells: int,
    weights: NDArray[np.float64] | None = None,
) -> WeightedMoments:
    """Moments by cell under weights to the powers of 0, 1 and 2.

    Parameters
    ----------
    columns, cell, n_cells, weights
        As for `cell_moments`.

    Returns
    -------
    WeightedMoments

    Examples
    --------
    >>> found = weighted_moments(np.array([[1.0], [3.0]]), np.zeros(2, int), 1, np.array([1.0, 3]))
    >>> [each.mean.item() for each in found.powers]
    [2.0, 2.5, 2.8]
    """
    plain = cell_moments(columns, cell, n_cells)
    if weights is None:
        return WeightedMoments(plain, plain, plain)
    return WeightedMoments(
        plain,
        cell_moments(columns, cell, n_cells, weights),
        cell_moments(columns, cell, n_cells, weights**2),
    )


def stratified_errors(
    moments: WeightedMoments,
    unit: NDArray[np.intp],
    stratum: NDArray[np.intp],
    sizes: NDArray[np.float64],
    n_units: int,
) -> NDArray[np.float64]:
    """Errors of the means of units as parts of a stratified sample, from sums by cell.

    They are those of `linearisation` under "grand-mean".

    Parameters
    ----------
    moments : WeightedMoments
        Of one column, by cell.
    unit, stratum : (C,) arrays of int
        Of each cell; a negative unit is none.
    sizes : (H,) array
        Firms of each stratum in the whole sample, those without an answer counted in.
    n_units : int

    Returns
    -------
    (n_units,) array
        NaN for fewer than two answers.

    Examples
    --------
    >>> sums = weighted_moments(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 1]), 2)
    >>> one = stratified_errors(sums, np.zeros(2, int), np.array([0, 1]), np.array([2.0, 1.0]), 1)
    >>> one.round(4).tolist()  # (2 * 2 + 4) ** 0.5 / 3: the lone firm is 2 from the mean of 3
    [0.9428]
    """
    units = moments.grouped(unit, n_units)
    total, mean = units.weighted.total, units.weighted.mean
    known = unit >= 0
    own, of = unit[known], stratum[known]
    centre = np.where(known[:, None], mean[unit], 0.0)
    gap = moments.weighted.total * (moments.weighted.mean - centre)[:, 0]
    square = moments.squared.about(centre)[:, 0, 0]
    first, second = np.zeros((n_units, len(sizes))), np.zeros((n_units, len(sizes)))
    np.add.at(first, (own, of), gap[known])
    np.add.at(second, (own, of), square[known])
    alone = sizes <= 1
    scale = np.where(alone, 1.0, sizes / np.maximum(sizes - 1, 1))
    centred = second - np.where(alone, 0.0, first**2 / np.maximum(sizes, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(centred @ scale, 0.0)) / total
    return np.where(units.plain.total < 2, np.nan, error)
