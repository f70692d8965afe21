"""What sums give away: withheld cells found by subtraction, audited by linear programming.

Totals of oblasts add up to those of their region, and those of regions to the country's. So what is
withheld in a region is known in sum, and that sum is itself a cell; and it bounds each part, since
answers are not negative and have an upper bound: two withheld oblasts with nought left are both
known. A reader is taken to know how many firms a withheld unit has and what they weigh.

Cells are withheld one by one, of the fewest firms first, until every sum left over is safe by the
rules for cells and no withheld total is known to within p% of its largest answer or one unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.protection.answer_sums import cell_sums
from kz_spatial.protection.cells import Answers, CellSums, unsafe_cells
from kz_spatial.protection.rounding import rounds_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["Hidden", "hide_cells", "known_bounds"]


@dataclass(slots=True, eq=False)
class Hidden:
    """Cells of one question that are withheld.

    Attributes
    ----------
    leaves : (n_leaves,) array of bool
        Oblasts, or regions where firms carry no oblast.
    regions : (n_regions,) array of bool
    country : bool
    reasons : dict of (n_leaves,) arrays of bool
        Leaves by the rule that they break on their own, and "complement".
    """

    leaves: NDArray[np.bool_]
    regions: NDArray[np.bool_]
    country: bool
    reasons: dict[str, NDArray[np.bool_]]

    def at(self, leaves: bool) -> NDArray[np.bool_]:  # noqa: FBT001 one of two levels
        """Withheld cells of the leaves, else of the regions."""
        return self.leaves if leaves else self.regions


def known_bounds(
    sums: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    most: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest value of each wanted sum of unknown totals, by linear programming.

    Parameters
    ----------
    sums : (n_sums, n) array
        Which unknown totals each published sum is made of.
    low, high : (n_sums,) arrays
        Between which each sum is known to lie.
    most : (n,) array
        Greatest value of each total; the least is 0.
    wanted : (n_wanted, n) array
        Sums that are asked for.

    Returns
    -------
    least, greatest : (n_wanted,) arrays
        Infinite and turned about where the program has no answer.

    Examples
    --------
    >>> two = np.ones((1, 2))
    >>> least, greatest = known_bounds(
    ...     two, np.array([3.0]), np.array([3.0]), np.array([9.0, 2.0]), np.eye(2))
    >>> least.tolist(), greatest.tolist()
    ([1.0, 0.0], [3.0, 2.0])
    """
    from scipy import sparse
    from scipy.optimize import linprog

    # one program: a block of its own for each least and each greatest value
    aims = np.vstack([wanted, -wanted])
    blocks = sparse.identity(len(aims), format="csr")
    found = linprog(
        aims.ravel(),
        A_ub=sparse.vstack([sparse.kron(blocks, sums), sparse.kron(blocks, -sums)]),
        b_ub=np.concatenate([np.tile(high, len(aims)), np.tile(-low, len(aims))]),
        bounds=np.column_stack([np.zeros(aims.size), np.tile(most, len(aims))]),
        method="highs",
    )
    if found.x is None:  # no answer counts as all known, so that more is withheld
        return np.full(len(wanted), np.inf), np.full(len(wanted), -np.inf)
    values = np.einsum("ij,ij->i", aims, found.x.reshape(aims.shape))
    return values[: len(wanted)], -values[len(wanted) :]


class _Question:
    """One question's answers, leaf by leaf, and which cells are withheld so far."""

    def __init__(
        self,
        answers: Answers | CellSums,
        region: NDArray[np.intp],
        n_regions: int,
        rules: DisclosureRules,
    ) -> None:
        n = len(region)
        # in shares of the largest answer and weight, lest sums overflow
        cells, scale = _in_shares(answers, n)
        one_unit = 1 / scale
        self.cells, self.region, self.rules = cells, region, rules
        self.n_regions = n_regions
        self.n = cells.n
        self.totals = cells.total
        self.most = np.where(self.n > 0, cells.weight, 0.0)
        self.most[self.n > 0] *= cells.upper
        largest = cells.first[0]
        # one unit of an answer, or p% of the largest; a yes must stay as possible as a no
        part = 1 - 1e-9 if cells.binary else 1.0
        self.tolerance = np.maximum(
            rules.p_percent / 100 * largest, part * one_unit * cells.heaviest
        )
        own = unsafe_cells(cells, n, rules)
        first = np.logical_or.reduce(list(own.values()))
        of_region = cells.grouped(region, n_regions)
        regions = np.logical_or.reduce(list(unsafe_cells(of_region, n_regions, rules).values()))
        self.hidden = Hidden(first, regions, country=False, reasons=own)
        self.blur = self._blur(cells), self._blur(of_region)
        whole = cells.of(np.arange(n))
        self.hidden.country = bool(
            np.logical_or.reduce(list(unsafe_cells(whole, 1, rules).values()))[0]
        )

    def _blur(self, cells: CellSums) -> NDArray[np.float64]:
        """By how much the total behind a share that was rounded may differ from what it gives."""
        base = self.rules.count_base
        if not (cells.binary and base):
            return np.zeros(len(cells.n))
        rounded = rounds_share(cells.plain, cells.n, self.rules)
        mean_weight = cells.weight / np.maximum(cells.n, 1)
        return np.where(rounded, base / 2 * mean_weight, 0.0)

    def unsafe(self, leaves: NDArray[np.intp]) -> bool:
        """Whether what some leaves have in sum would tell a firm's answer."""
        if not self.n[leaves].sum():
            return False
        found = unsafe_cells(self.cells.of(leaves), 1, self.rules)
        return any(bool(each[0]) for each in found.values())

    def withheld_in(self, region: int) -> NDArray[np.intp]:
        """Withheld leaves of a region that have firms."""
        return np.flatnonzero(self.hidden.leaves & (self.region == region) & (self.n > 0))

    def withhold_more(self, region: int) -> None:
        """Withhold the shown leaf of the fewest firms of a region, else the region itself."""
        shown = np.flatnonzero(~self.hidden.leaves & (self.region == region) & (self.n > 0))
        if len(shown):
            self.hidden.leaves[shown[np.argmin(self.n[shown])]] = True
        else:
            self.hidden.regions[region] = True

    def settle_sums(self) -> bool:
        """Withhold a cell more where a sum left over is unsafe; False when all are safe."""
        for region in range(self.n_regions):
            leaves = np.flatnonzero(self.region == region)
            if len(leaves) == 1:  # a city that is a region: one cell in two tables
                either = self.hidden.leaves[leaves[0]] | self.hidden.regions[region]
                self.hidden.leaves[leaves[0]] = self.hidden.regions[region] = either
            elif not self.hidden.regions[region] and self.unsafe(self.withheld_in(region)):
                self.withhold_more(region)
                return True
            elif self.hidden.regions[region] and not len(self.withheld_in(region)):
                self.withhold_more(region)  # its parts, all shown, would add up to it
                return True
        if self.hidden.country:
            return False
        left = [self.withheld_in(int(region)) for region in np.flatnonzero(self.hidden.regions)]
        if left and self.unsafe(np.concatenate(left)):
            self.hidden.country = True
        return False

    def too_well_known(self) -> NDArray[np.intp]:
        """Regions with a withheld leaf, or withheld themselves, whose total is all but known."""
        leaves = np.flatnonzero(self.hidden.leaves & (self.n > 0))
        if not len(leaves):
            return leaves
        totals, owner = self.totals[leaves], self.region[leaves]
        regions = np.unique(owner)
        of_region = (owner[None, :] == regions[:, None]).astype(float)
        secret = self.hidden.regions[regions]
        shown = np.bincount(self.region, ~self.hidden.leaves * self.blur[0], self.n_regions)
        blur = (self.blur[1] + shown)[regions[~secret]]
        sums = of_region[~secret]
        if not self.hidden.country:
            sums = np.vstack([sums, np.ones((1, len(leaves)))])
            whole = np.where(self.hidden.regions, shown, self.blur[1]).sum()
            blur = np.append(blur, whole)
        known = sums @ totals
        most = np.minimum(self.most[leaves], 10 * (self.totals.sum() + self.tolerance.sum() + 1))
        wanted = np.vstack([np.eye(len(leaves)), of_region[secret]])
        low, high = known_bounds(sums, known - blur, known + blur, most, wanted)
        value = wanted @ totals
        slack = self.tolerance[leaves]
        wide = [max(slack[owner == region]) for region in regions[secret]]
        need = np.concatenate([slack, wide]) * (1 - 1e-9)
        tight = (high < value + need) & (low > value - need)
        return np.unique(np.concatenate([owner, regions[secret]])[tight])


def _in_shares(answers: Answers | CellSums, n: int) -> tuple[CellSums, float]:
    """Sums with answers and weights as shares of the largest, and what answers were divided by."""
    if isinstance(answers, CellSums):
        sizes = np.abs(np.concatenate([answers.low, answers.high]))
        scale = max(float(sizes[np.isfinite(sizes)].max(initial=0.0)), 1.0)
        heavy = max(float(answers.heaviest.max(initial=0.0)), 1.0)
        return answers.scaled(scale, heavy), scale
    scale = max(float(np.abs(answers.values).max(initial=0.0)), 1.0)
    heavy = max(float(answers.weights.max(initial=0.0)), 1.0)
    shares = replace(
        answers,
        values=answers.values / scale,
        weights=answers.weights / heavy,
        upper=answers.upper / scale,
    )
    return cell_sums(shares, n), scale


def hide_cells(
    answers: Answers | CellSums,
    region: NDArray[np.intp],
    n_regions: int,
    rules: DisclosureRules,
    *,
    never: NDArray[np.bool_] | None = None,
) -> Hidden:
    """Cells of one question that have to be withheld, those given away by sums included.

    Parameters
    ----------
    answers : Answers or CellSums
        By leaf.
    region : (n_leaves,) array of int
        Region of each leaf.
    n_regions : int
    rules : DisclosureRules
    never : (n_leaves,) array of bool, optional
        Leaves that no table has, such as firms without an oblast; they are withheld from the first,
        and so is a region that has no others.

    Returns
    -------
    Hidden

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> values = np.tile([2.0, 3, 4, 5, 6, 7], 6)
    >>> unit = np.repeat([0, 1, 2], [4, 14, 18])
    >>> answers = Answers(values, np.ones(36), unit, np.inf, False)
    >>> hide_cells(answers, np.array([0, 0, 0]), 1, SURVEY).leaves.tolist()
    [True, True, False]
    """
    question = _Question(answers, region, n_regions, rules)
    hidden = question.hidden
    if never is not None and never.any():
        hidden.leaves |= never
        hidden.regions |= np.bincount(region, ~never, n_regions) == 0
    own = hidden.leaves.copy()
    if rules.p_percent:
        while True:
            if question.settle_sums():
                continue
            tight = question.too_well_known()
            if not len(tight):
                break
            shown = [each for each in tight if not hidden.regions[each]]
            for each in shown:
                question.withhold_more(int(each))
            if not shown and hidden.country:
                break
            if not shown:
                hidden.country = True
    hidden.reasons = hidden.reasons | {"complement": hidden.leaves & ~own}
    return hidden
