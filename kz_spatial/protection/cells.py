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

from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.protection.answer_sums import Answers, CellSums, cell_sums, largest_two

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["Answers", "CellSums", "largest_two", "unsafe_cells"]


def _dominated(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    total: NDArray[np.float64],
    rules: DisclosureRules,
) -> NDArray[np.bool_]:
    """Units in which the second largest contributor, or two together, tell too much."""
    rest = total - first - second
    # sums of floats: what is left may be a rounding error away from nought
    close = rest < rules.p_percent / 100 * first - 1e-12 * total
    return (first > 0) & (close | (first + second > rules.two_share * total * (1 + 1e-12)))


def unsafe_cells(
    answers: Answers | CellSums, n_units: int, rules: DisclosureRules
) -> dict[str, NDArray[np.bool_]]:
    """Cells that are withheld for what they say themselves, by rule.

    Parameters
    ----------
    answers : Answers or CellSums
        Answers by unit, or their sums by unit.
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
    cells = answers if isinstance(answers, CellSums) else cell_sums(answers, n_units)
    n = cells.n
    found = {"few": (n > 0) & (n < rules.min_firms)}
    if not rules.p_percent:
        return found
    with np.errstate(invalid="ignore"):
        found["weights"] = (n > 1) & (cells.heaviest > rules.weight_share * cells.weight)
    if cells.binary:
        return found
    dominated = np.zeros(n_units, dtype=bool)
    for first, second, total in zip(cells.first, cells.second, cells.size, strict=True):
        dominated |= _dominated(first, second, total, rules)
    return found | {"dominance": dominated, "alike": (n > 0) & (cells.low == cells.high)}
