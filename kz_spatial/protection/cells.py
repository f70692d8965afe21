"""Cells that would tell a firm's answer on their own: too few firms, dominance, or all alike.

For the answers x of a cell with weights w and contributions c = w x, largest first:

- few: fewer than `min_firms` answers
- p%: sum(c) - c1 - c2 < p/100 c1, so that the second largest could tell the largest; also on
  upper - x where answers have an upper bound
- (1, k): one firm holds more than `weight_share` of the weights
- (n, k): c1 + c2 exceed `two_share` of the total
- alike: every answer is the same

Yes/no answers are told by their counts, which are rounded (see `rounding`): for them few and
(1, k) hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["Answers", "largest_two", "unsafe_cells"]


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
    order = np.lexsort((-contributions, unit))
    ranked, owner = contributions[order], unit[order]
    starts = np.searchsorted(owner, np.arange(n_units))
    size = np.bincount(unit, minlength=n_units)
    padded = np.append(ranked, [0.0, 0.0])
    first = np.where(size > 0, padded[np.minimum(starts, len(ranked))], 0.0)
    second = np.where(size > 1, padded[np.minimum(starts + 1, len(ranked))], 0.0)
    return first, second


def _dominated(
    contributions: NDArray[np.float64],
    unit: NDArray[np.intp],
    n_units: int,
    rules: DisclosureRules,
) -> NDArray[np.bool_]:
    """Units in which the second largest contributor, or two together, tell too much."""
    first, second = largest_two(contributions, unit, n_units)
    total = np.bincount(unit, contributions, n_units)
    rest = total - first - second
    # sums of floats: what is left may be a rounding error away from nought
    close = rest < rules.p_percent / 100 * first - 1e-12 * total
    return (first > 0) & (close | (first + second > rules.two_share * total * (1 + 1e-12)))


def unsafe_cells(
    answers: Answers, n_units: int, rules: DisclosureRules
) -> dict[str, NDArray[np.bool_]]:
    """Cells that are withheld for what they say themselves, by rule.

    Parameters
    ----------
    answers : Answers
    n_units : int
    rules : DisclosureRules

    Returns
    -------
    dict of (n_units,) arrays of bool
        By rule: few, dominance, weights, alike. Units without answers break none.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> twelve = Answers(np.r_[np.zeros(11), 90.0], np.ones(12), np.zeros(12, int), 100, False)
    >>> [name for name, found in unsafe_cells(twelve, 1, SURVEY).items() if found[0]]
    ['dominance']
    """
    y, w, unit = answers.values, answers.weights, answers.unit
    n = np.bincount(unit, minlength=n_units)
    found = {"few": (n > 0) & (n < rules.min_firms)}
    if not rules.p_percent:
        return found
    heaviest = largest_two(w, unit, n_units)[0]
    with np.errstate(invalid="ignore"):
        found["weights"] = (n > 1) & (heaviest > rules.weight_share * np.bincount(unit, w, n_units))
    if answers.binary:
        return found
    dominated = np.zeros(n_units, dtype=bool)
    for weights in (w, np.ones_like(w)):
        # sizes, since a loss dominates as well as a gain
        dominated |= _dominated(weights * np.abs(y), unit, n_units, rules)
        if np.isfinite(answers.upper):
            dominated |= _dominated(weights * (answers.upper - y), unit, n_units, rules)
    low, high = np.full(n_units, np.inf), np.full(n_units, -np.inf)
    np.minimum.at(low, unit, y)
    np.maximum.at(high, unit, y)
    return found | {"dominance": dominated, "alike": (n > 0) & (low == high)}
