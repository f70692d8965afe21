"""Connected subsets of a small graph, and the proven best way to cut it into connected parts.

Let the units be numbered, and let f_k(S) be the least cost of cutting S into k connected parts. The
part that holds the lowest unit of S can be named first, so

    f_1(S) = cost(S)
    f_k(S) = min over connected U in S that hold the lowest unit of S of cost(U) + f_(k-1)(S - U)

Costs are sums of squares, never negative, so candidates are tried from the cheapest and the search
stops where they cost more than the best so far: the answer stays exact. Numbering units by the
number of their neighbours keeps the lists of candidates short.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kz_spatial.groups.bounds import Bounds

__all__ = [
    "MAX_SUBSETS",
    "MAX_UNITS",
    "BestCuts",
    "cache_folder",
    "components",
    "connected_subsets",
    "is_connected",
]

MAX_SUBSETS: Final = 2_000_000
MAX_UNITS: Final = 22
_UNKNOWN: Final = 1e301


def is_connected(members: int, masks: list[int]) -> bool:
    """Whether the units of a bit mask form one piece."""
    return members != 0 and _piece(members & -members, members, masks) == members


def _piece(seed: int, within: int, masks: list[int]) -> int:
    """All units that can be reached from a seed inside a set."""
    reached = frontier = seed
    while frontier:
        low = frontier & -frontier
        frontier ^= low
        fresh = masks[low.bit_length() - 1] & within & ~reached
        reached |= fresh
        frontier |= fresh
    return reached


def components(masks: list[int]) -> list[int]:
    """Pieces of the whole graph, as bit masks."""
    left, found = (1 << len(masks)) - 1, []
    while left:
        piece = _piece(left & -left, left, masks)
        found.append(piece)
        left &= ~piece
    return found


def connected_subsets(masks: list[int], *, limit: int = MAX_SUBSETS) -> list[int]:
    """Every connected subset of a graph, once, as bit masks.

    Parameters
    ----------
    masks : list of int
        Neighbours of each unit.
    limit : int
        Largest number to list.

    Raises
    ------
    CallError
        When there are more than `limit`.

    Examples
    --------
    >>> len(connected_subsets([0b010, 0b101, 0b010]))  # a path of three: all but {0, 2}
    6
    """
    found: list[int] = []
    for root in range(len(masks)):
        # subsets whose lowest unit is `root`: grown by one neighbour at a time, each barred after
        barred = (1 << (root + 1)) - 1
        stack = [(1 << root, masks[root] & ~barred, barred)]
        while stack:
            members, frontier, closed = stack.pop()
            found.append(members)
            if len(found) > limit:
                raise CallError(
                    f"method='exact': the graph has more than {limit:,} connected "
                    "subsets; use 'auto'"
                )
            while frontier:
                low = frontier & -frontier
                frontier ^= low
                closed |= low
                wider = (frontier | masks[low.bit_length() - 1]) & ~closed & ~members
                stack.append((members | low, wider, closed))
    return found


@lru_cache(maxsize=2)
def _listed(masks: tuple[int, ...]) -> NDArray[np.int64]:
    """Connected subsets of a graph, which many tables are cut along."""
    found = np.array(connected_subsets(list(masks)), dtype=np.int64)
    found.flags.writeable = False
    return found


def cache_folder() -> str | None:
    """Folder that compiled code is kept in between runs; None where none can be written."""
    try:
        return str(_compiled(kept=True).stats.cache_path)  # type: ignore[attr-defined]
    except (RuntimeError, OSError):
        return None


@cache
def _compiled(*, kept: bool) -> Callable[..., float]:  # noqa: C901
    """The recursion as machine code; kept between runs where that is asked for."""
    import numba

    @numba.njit(cache=kept)
    def least(S, k, budget, cost, order, ordered, start, memo, choice):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901
        """Least cost below `budget`; infinity where there is none. Negative memos are bounds."""
        if k == 1:
            return cost[S]
        known = memo[k, S]
        if known < _UNKNOWN:
            if known >= 0:
                return known
            if -known >= budget:
                return np.inf
        low = 0
        while not (S >> low) & 1:
            low += 1
        best, pick = budget, 0
        for p in range(start[low], start[low + 1]):
            own = ordered[p]
            if own >= best:
                break
            U = order[p]
            if U & ~S or U == S:
                continue
            rest = least(S ^ U, k - 1, best - own, cost, order, ordered, start, memo, choice)
            if own + rest < best:
                best, pick = own + rest, U
        if pick:
            memo[k, S], choice[k, S] = best, pick
            return best
        memo[k, S] = -budget
        return np.inf

    compiled: Callable[..., float] = least
    return compiled


def _least(*arguments: Any) -> float:
    """Least cost, by code that is kept between runs if anything can be."""
    try:
        return _compiled(kept=True)(*arguments)
    except (RuntimeError, OSError):  # neither the package nor the reader's home can be written
        return _compiled(kept=False)(*arguments)


@dataclass(slots=True)
class BestCuts:
    """Proven best cuts of one graph for one table of values, for any number of parts.

    Attributes
    ----------
    n_subsets : int
        Connected subsets that are within the bounds.
    """

    n_subsets: int
    _units: list[int]
    _arrays: tuple[NDArray[Any], ...]
    _memo: NDArray[np.float64]
    _choice: NDArray[np.int32]

    @classmethod
    def prepare(
        cls,
        X: NDArray[np.float64],
        masks: list[int],
        *,
        bounds: Bounds | None = None,
        most: int = 8,
    ) -> BestCuts:
        """List connected subsets and their sums of squares.

        Parameters
        ----------
        X : (n, p) array
        masks : list of int
            Neighbours of each unit.
        bounds : Bounds, optional
            What a part must have at least and at most.
        most : int
            Largest number of parts that will be asked for.

        Raises
        ------
        CallError
            When the graph has too many units or connected subsets.
        """
        n = len(masks)
        if n > MAX_UNITS:
            raise CallError(
                f"method='exact': found {n} units, expected at most {MAX_UNITS}; use 'auto'"
            )
        units = sorted(range(n), key=lambda i: (masks[i].bit_count(), i))
        place = {unit: i for i, unit in enumerate(units)}
        moved = [sum(1 << place[j] for j in range(n) if masks[u] >> j & 1) for u in units]
        subsets = _listed(tuple(moved))
        member = ((subsets[:, None] >> np.arange(n)) & 1).astype(float)
        if bounds is not None:
            keep = bounds.allow(member @ bounds.amounts[units])
            subsets, member = subsets[keep], member[keep]
        values = X[units] - X.mean(axis=0)
        squares = member @ (values**2).sum(axis=1)
        inside = squares - ((member @ values) ** 2).sum(axis=1) / member.sum(axis=1)
        inside = np.maximum(inside, 0.0)
        cost = np.full(1 << n, np.inf)
        cost[subsets] = inside
        low = np.log2(subsets & -subsets).astype(int)
        order = np.lexsort((subsets, inside, low))
        start = np.searchsorted(low[order], np.arange(n + 1))
        arrays = (cost, subsets[order], inside[order], start)
        shape = (most + 1, 1 << n)
        return cls(
            len(subsets), units, arrays, np.full(shape, _UNKNOWN), np.zeros(shape, dtype=np.int32)
        )

    def cut(self, k: int, *, bound: float = np.inf) -> NDArray[np.intp] | None:
        """Labels of the best cut into k parts; None where there is none.

        Parameters
        ----------
        k : int
        bound : float
            A cost that is known to be within reach, which makes the search shorter.
        """
        whole = (1 << len(self._units)) - 1
        # the bound itself must stay within reach, rounding included
        rounding = max(1e-12 * float(self._arrays[2].max(initial=0.0)), 1e-300)
        budget = bound * (1 + 1e-9) + rounding if np.isfinite(bound) else 1e300
        if not np.isfinite(_least(whole, k, budget, *self._arrays, self._memo, self._choice)):
            return None
        labels = np.empty(len(self._units), dtype=np.intp)
        left = whole
        for part in range(k, 0, -1):
            chosen = int(self._choice[part, left]) if part > 1 else left
            for i, unit in enumerate(self._units):
                if chosen >> i & 1:
                    labels[unit] = part - 1
            left ^= chosen
        return labels
