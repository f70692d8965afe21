"""What the rules for cells ask of the answers in each: sums, extremes and the two largest.

All of it can be merged: cells of two parts of a file, or several cells into one. So the rules hold
for a file that no memory holds as for one that is read whole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Answers", "CellSums", "cell_sums", "largest_two"]


_OF_ALL: Final = ("upper", "binary")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers to one question, by unit.

    Attributes
    ----------
    values, weights : (n,) arrays
        Finite answers of firms and their weights.
    unit : (n,) array of int
        Unit of each, 0 or more.
    upper : float
        Largest answer there can be; infinite where there is none.
    binary : bool
        Whether answers are 0 and 1.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    unit: NDArray[np.intp]
    upper: float
    binary: bool

    def of(self, units: NDArray[np.intp] | list[int]) -> Answers:
        """Answers of some units, as those of one."""
        use = np.isin(self.unit, units)
        return Answers(
            self.values[use],
            self.weights[use],
            np.zeros(int(use.sum()), dtype=np.intp),
            self.upper,
            self.binary,
        )


def largest_two(
    contributions: NDArray[np.float64], unit: NDArray[np.intp], n_units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest and second largest contribution of each unit; 0 where there is none.

    Examples
    --------
    >>> first, second = largest_two(np.array([1.0, 5.0, 3.0]), np.array([0, 0, 1]), 2)
    >>> first.tolist(), second.tolist()
    ([5.0, 3.0], [1.0, 0.0])
    """
    first, second = np.zeros(n_units), np.zeros(n_units)
    np.maximum.at(first, unit, contributions)
    # one firm that holds the largest steps back, and the largest of the others is the second
    rows = np.flatnonzero(contributions == first[unit])
    _, where = np.unique(unit[rows], return_index=True)
    rest = np.ones(len(unit), dtype=bool)
    rest[rows[where]] = False
    np.maximum.at(second, unit[rest], contributions[rest])
    return first, second


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """What the rules ask of the answers to one question, by cell.

    Attributes
    ----------
    n, weight, total, plain : (C,) arrays
        Answers, their weights summed, weighted answers summed, and answers summed.
    heaviest : (C,) array
        Largest weight.
    low, high : (C,) arrays
        Least and greatest answer; infinite and turned about without answers.
    first, second, size : (K, C) arrays
        Largest and second largest contribution, and their sum: of weighted sizes, of sizes, and
        where answers have an upper bound and are no yes or no, of what they lack to it.
    upper, binary
        As for `Answers`.
    """

    n: NDArray[np.float64]
    weight: NDArray[np.float64]
    total: NDArray[np.float64]
    plain: NDArray[np.float64]
    heaviest: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    size: NDArray[np.float64]
    upper: float
    binary: bool

    def grouped(self, owner: NDArray[np.intp], n_groups: int) -> CellSums:
        """Cells put together.

        Parameters
        ----------
        owner : (C,) array of int
            Group of each cell, 0 or more.
        n_groups : int

        Returns
        -------
        CellSums
        """

        def added(each: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.bincount(owner, each, n_groups).astype(float)

        def largest(each: NDArray[np.float64], start: float = 0.0) -> NDArray[np.float64]:
            out = np.full(n_groups, start)
            np.maximum.at(out, owner, each)
            return out

        twice = np.concatenate([owner, owner])
        pairs = [
            largest_two(np.concatenate(two), twice, n_groups)
            for two in zip(self.first, self.second, strict=True)
        ]
        return replace(
            self,
            n=added(self.n),
            weight=added(self.weight),
            total=added(self.total),
            plain=added(self.plain),
            heaviest=largest(self.heaviest),
            low=-largest(-self.low, -np.inf),
            high=largest(self.high, -np.inf),
            first=np.stack([first for first, _ in pairs]),
            second=np.stack([second for _, second in pairs]),
            size=np.stack([added(each) for each in self.size]),
        )

    def of(self, cells: NDArray[np.intp] | list[int]) -> CellSums:
        """Some cells, as one."""
        picked = self.taken(np.asarray(cells, dtype=np.intp))
        return picked.grouped(np.zeros(len(picked.n), dtype=np.intp), 1)

    def taken(self, cells: NDArray[Any]) -> CellSums:
        """Some cells, by position or by whether they are wanted."""
        picked = {name: getattr(self, name)[..., cells] for name in _BY_CELL}
        return CellSums(**picked, upper=self.upper, binary=self.binary)

    def beside(self, other: CellSums) -> CellSums:
        """Cells of two parts of a file, one after the other."""
        both = {
            name: np.concatenate([getattr(self, name), getattr(other, name)], axis=-1)
            for name in _BY_CELL
        }
        return CellSums(**both, upper=self.upper, binary=self.binary)

    def scaled(self, answers: float, weights: float) -> CellSums:
        """The same where answers and weights are divided by numbers above 0."""
        both = answers * weights
        by = np.array([both, answers, both, answers])[: len(self.first), None]
        return replace(
            self,
            weight=self.weight / weights,
            total=self.total / both,
            plain=self.plain / answers,
            heaviest=self.heaviest / weights,
            low=self.low / answers,
            high=self.high / answers,
            first=self.first / by,
            second=self.second / by,
            size=self.size / by,
            upper=self.upper / answers,
        )


_BY_CELL: Final = tuple(each.name for each in fields(CellSums) if each.name not in _OF_ALL)


def cell_sums(answers: Answers, n_cells: int) -> CellSums:
    """What the rules ask of answers, by unit.

    Parameters
    ----------
    answers : Answers
    n_cells : int
        Units in all.

    Returns
    -------
    CellSums

    Examples
    --------
    >>> three = Answers(np.array([2.0, 3.0, 5.0]), np.ones(3), np.array([0, 0, 1]), np.inf, False)
    >>> found = cell_sums(three, 2)
    >>> found.n.tolist(), found.total.tolist(), found.of([0, 1]).first[0].tolist()
    ([2.0, 1.0], [5.0, 5.0], [5.0])
    """
    y, w, unit = answers.values, answers.weights, answers.unit
    low, high = np.full(n_cells, np.inf), np.full(n_cells, -np.inf)
    np.minimum.at(low, unit, y)
    np.maximum.at(high, unit, y)
    heaviest = np.zeros(n_cells)
    np.maximum.at(heaviest, unit, w)
    # sizes, since a loss dominates as well as a gain
    kinds = [np.abs(y)]
    if np.isfinite(answers.upper) and not answers.binary:
        kinds.append(answers.upper - y)
    each = [part for kind in kinds for part in (w * kind, kind)]
    pairs = [largest_two(one, unit, n_cells) for one in each]

    def summed(of: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(unit, of, n_cells).astype(float)

    return CellSums(
        n=np.bincount(unit, minlength=n_cells).astype(float),
        weight=summed(w),
        total=summed(w * y),
        plain=summed(y),
        heaviest=heaviest,
        low=low,
        high=high,
        first=np.stack([first for first, _ in pairs]),
        second=np.stack([second for _, second in pairs]),
        size=np.stack([summed(one) for one in each]),
        upper=answers.upper,
        binary=answers.binary,
    )
