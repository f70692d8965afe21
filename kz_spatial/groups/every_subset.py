"""The proven best way to group a few units by likeness, over all subsets of them.

With f_k(S) the least sum of squares of a set S of units in k groups, the group that holds the
highest unit h of S can be named first:

    f_1(S) = cost(S)
    f_k(S) = min over U in S that hold h of cost(U) + f_(k-1)(S - U)

For few units all f_j of all S are filled in, 3^(n-1) / 2 steps for each j. For more the recursion
runs from the top down inside a budget, the cost of groups that are known already, and looks only
where a lower bound stays below it: parting S by two fixed halves A and B of the units,

    f_k(S) >= f_k(S in A) + f_k(S in B)

since taking units out of groups never raises their sum of squares (Brusco 2006, Psychometrika 71,
347-363, bounds his search so). All f_k of the subsets of A and of B are filled in first. A search
that takes more steps than a table would gives way to the tables, so the time is bounded too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kz_spatial.groups.bounds import Bounds

__all__ = ["BestGroups"]

# up to so many units the tables are filled at once, in less than a millisecond
_FILLED: Final = 12
# share of the units in the greater half; at 20 units best of 10 to 15 tried
_HALF: Final = 0.7
# steps of a table that take as long as one step down the recursion
_CALL: Final = 10
_UNKNOWN: Final = 1e301
# the cost of what cannot be, and the budget of a search without a bound
_NEVER: Final = 1e300


def _costs(X, a, cost):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sums of squares about the mean of all subsets, from running sums over two parts."""
    n, p = X.shape
    sums = np.zeros((2, 1 << max(a, n - a), p + 2))
    for side in range(2):
        first, many = (0, a) if side == 0 else (a, n - a)
        for S in range(1, 1 << many):
            low = 0
            while not (S >> low) & 1:
                low += 1
            sums[side, S] = sums[side, S & (S - 1)]
            sums[side, S, p] += 1.0
            for j in range(p):
                x = X[first + low, j]
                sums[side, S, j] += x
                sums[side, S, p + 1] += x * x
    for S in range(1, 1 << n):
        low_part, high_part = sums[0, S & ((1 << a) - 1)], sums[1, S >> a]
        squared = 0.0
        for j in range(p):
            squared += (low_part[j] + high_part[j]) ** 2
        inside = low_part[p + 1] + high_part[p + 1] - squared / (low_part[p] + high_part[p])
        cost[S] = max(inside, 0.0)


def _fill(cost, before, after, choice, n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Least costs of all subsets of the first n units in one group more."""
    after[0] = _NEVER
    for h in range(n):
        top = 1 << h
        for R in range(top):
            best, pick = _NEVER, 0
            sub = 0
            while sub != R:
                value = cost[top | sub] + before[R ^ sub]
                if value < best:
                    best, pick = value, top | sub
                sub = (sub - R) & R
            after[top | R], choice[top | R] = best, pick


def _bounds(cost, n, shift, table):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Least costs of all subsets of n units from `shift` on, in at most j groups; row j."""
    for S in range(1, 1 << n):
        table[1, S] = cost[S << shift]
    for j in range(2, table.shape[0]):
        for S in range(1, 1 << n):
            top = 1
            while top * 2 <= S:
                top *= 2
            best, R = table[j - 1, S], S ^ top
            sub = R
            while sub:
                sub = (sub - 1) & R
                value = table[1, top | sub] + table[j - 1, R ^ sub]
                best = min(best, value)
            table[j, S] = best


@cache
def _compiled(*, kept: bool) -> tuple[Callable[..., Any], ...]:  # noqa: C901
    """Costs, tables, bounds and the search as machine code; kept between runs where asked for."""
    import numba

    @numba.njit(cache=kept)
    def least(S, k, budget, cost, lower, upper, a, memo, choice, work):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912
        """Least cost below `budget`; infinity where there is none. Negative memos are bounds."""
        if k == 1:
            return cost[S]
        inner = memo.shape[1] > S
        if inner:
            known = memo[k, S]
            if known < _UNKNOWN:
                if known >= 0:
                    return known
                if -known >= budget:
                    return np.inf
        if work[0] > work[1]:
            return np.inf
        top = 1
        while top * 2 <= S:
            top *= 2
        R = S ^ top
        best, pick, steps = budget if k > 2 else _NEVER, 0, 0
        sub = 0
        while sub != R:
            steps += 1
            U, rest = top | sub, R ^ sub
            own, total = cost[U], _NEVER
            if k == 2:
                total = own + cost[rest]
            elif own + lower[k - 1, rest & ((1 << a) - 1)] + upper[k - 1, rest >> a] < best:
                steps += _CALL
                total = own + least(
                    rest, k - 1, best - own, cost, lower, upper, a, memo, choice, work
                )
            if total < best:
                best, pick = total, U
            sub = (sub - R) & R  # the next larger subset of R
        work[0] += steps
        if work[0] > work[1]:
            return np.inf
        if inner:
            memo[k, S], choice[k, S] = best if pick else -budget, pick
        elif best < budget:
            choice[k, 0] = pick  # the whole; the empty set has no use for its place
        return best if best < budget else np.inf

    return (*(numba.njit(cache=kept)(each) for each in (_costs, _fill, _bounds)), least)


def _run(which: int, *arguments: Any) -> Any:
    """Run one of the four, by code that is kept between runs if anything can be."""
    try:
        return _compiled(kept=True)[which](*arguments)
    except (RuntimeError, OSError):  # neither the package nor the reader's home can be written
        return _compiled(kept=False)[which](*arguments)


def _sums(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of all subsets, in the order of their masks."""
    found = np.zeros(1)
    for each in amounts:
        found = np.concatenate([found, found + each])
    return found


def _halves(X: NDArray[np.float64], a: int) -> NDArray[np.intp]:
    """Order of units in which the first a, and the others, are each spread over all alike units.

    Far units come last in their half: what is named first has few partners then.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    n = len(X)
    leaves = leaves_list(linkage(X, "ward"))
    first = np.diff(np.arange(n + 1) * a // n) > 0
    away = np.round((X**2).sum(axis=1), 12)
    halves = (leaves[first], leaves[~first])
    return np.concatenate([half[np.argsort(away[half], kind="stable")] for half in halves])


@dataclass(slots=True)
class BestGroups:
    """Proven best groups of one table, for any number of groups; the tables serve them all.

    Attributes
    ----------
    n_filled : int
        Rows of the tables that were filled in whole; 0 where the bounds sufficed.
    """

    n_filled: int
    _order: NDArray[np.intp]
    _a: int
    _cost: NDArray[np.float64]
    _lower: NDArray[np.float64]
    _upper: NDArray[np.float64]
    _memo: NDArray[np.float64]
    _choice: NDArray[np.int32]

    @classmethod
    def prepare(
        cls, X: NDArray[np.float64], *, most: int, bounds: Bounds | None = None
    ) -> BestGroups:
        """Weigh all subsets.

        Parameters
        ----------
        X : (n, p) array
            Centred, with a sum of squares of about 1; tables of 2^n cells are made.
        most : int
            Largest number of groups that will be asked for.
        bounds : Bounds, optional
            What a group must have at least and at most.
        """
        n = len(X)
        small = n <= _FILLED
        a = n // 2 if small else round(_HALF * n)
        order = np.arange(n, dtype=np.intp) if small else _halves(X, a)
        cost = np.zeros(1 << n)
        _run(0, np.ascontiguousarray(X[order]), a, cost)
        rows = max(most, 2)
        lower, upper = np.zeros((rows, 1 << a)), np.zeros((rows, 1 << (n - a)))
        if not small:
            _run(2, cost, a, 0, lower)
            _run(2, cost, n - a, a, upper)
        # parts of a group may be smaller than a group, so only now
        if bounds is not None:
            cost[~bounds.allow(_sums(bounds.amounts[order]))] = _NEVER
        cost[0] = _NEVER  # no group is empty
        inner = 1 << (n - 1)
        memo = np.full((most + 1, inner), _UNKNOWN)
        choice = np.zeros((most + 1, inner), dtype=np.int32)
        return cls(1, order, a, cost, lower, upper, memo, choice)

    def groups(self, k: int, *, bound: float = np.inf) -> NDArray[np.intp] | None:
        """Labels of the best k groups; None where there are none.

        Parameters
        ----------
        k : int
            From 1 to the number of units.
        bound : float
            A cost that is known to be within reach, which makes the search shorter.
        """
        n = len(self._order)
        whole = (1 << n) - 1
        # the bound itself must stay within reach, rounding included
        budget = bound * (1 + 1e-9) + 1e-12 if np.isfinite(bound) else _NEVER
        if not self._search(whole, k, budget) < _NEVER:
            return None
        labels = np.empty(n, dtype=np.intp)
        left = whole
        for part in range(k, 0, -1):
            chosen = left
            if part > 1:
                chosen = int(self._choice[part, 0 if left == whole else left])
            for i, unit in enumerate(self._order):
                if chosen >> i & 1:
                    labels[unit] = part - 1
            left ^= chosen
        return labels

    def _search(self, whole: int, k: int, budget: float) -> float:
        """Least cost of the whole below a budget, by the search or by tables."""
        n = len(self._order)
        row = 3 ** (n - 1) // 2
        arrays = (self._cost, self._lower, self._upper, self._a, self._memo, self._choice)
        if n > _FILLED and self.n_filled < k - 1:
            work = np.array([0, row], dtype=np.int64)
            found = float(_run(3, whole, k, budget, *arrays, work))
            if work[0] <= row:
                return found
        for j in range(self.n_filled + 1, k):
            before = self._cost if j == 2 else self._memo[j - 1]
            _run(1, self._cost, before, self._memo[j], self._choice[j], n - 1)
            self.n_filled = j
        return float(_run(3, whole, k, budget, *arrays, np.array([0, 1 << 62])))
