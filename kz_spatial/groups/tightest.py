"""The tightest of several heuristic cuts into contiguous groups, where no proof can be had.

Starts are Ward's merging along the neighbourhood, the cuts of a least spanning tree that save most
(SKATER of Assuncao, Neves, Camara and Freitas 2006, Int. J. Geogr. Inf. Sci. 20, 797-811), and
groups grown from random units. Each is mended by moving and swapping units at borders while that
lowers the sum of squares, as in the module `max_p`. In the tightest few, neighbouring groups are
merged and a group parted instead, as long as that helps. The number of steps is bounded, and no
clock decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.groups.connected import is_connected
from kz_spatial.groups.max_p import Cut, bits, mend
from kz_spatial.groups.partition import ward_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kz_spatial.groups.bounds import Bounds

__all__ = ["tightest_groups", "ward_regions"]

# units placed over all grown starts, and the fewest and most starts whatever their size
_PLACED: Final = 2_000
_FEWEST: Final = 3
_MOST: Final = 20
# moves per unit that may bring groups within their bounds
_REPAIRS: Final = 3
_WORTH: Final = 1e-9
# units in all cuts that are recut, the fewest cuts, rounds that one may take, changes tried in each
_RECUT: Final = 200
_FEWEST_RECUT: Final = 2
_ROUNDS: Final = 20
_TRIED: Final = 5


def ward_regions(X: NDArray[np.float64], masks: list[int], k: int) -> NDArray[np.intp]:
    """Groups of Ward's merging of neighbours."""
    n = len(masks)
    adjacency = np.array([[mask >> j & 1 for j in range(n)] for mask in masks], dtype=np.intp)
    return ward_groups(X, k, adjacency)


def _by_tree(X: NDArray[np.float64], masks: list[int], k: int) -> NDArray[np.intp]:
    """Cut the least spanning tree k - 1 times, each time where that saves most."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    n = len(masks)
    pairs = np.array([(i, j) for i, mask in enumerate(masks) for j in bits(mask) if i < j])
    pairs = pairs.reshape(-1, 2)
    apart = np.sqrt(((X[pairs[:, 0]] - X[pairs[:, 1]]) ** 2).sum(axis=1))
    apart += 1e-12 * max(float(apart.max(initial=0.0)), 1.0)  # a stored zero would be no edge
    tree = minimum_spanning_tree(csr_array((apart, (pairs[:, 0], pairs[:, 1])), shape=(n, n)))
    near: list[set[int]] = [set() for _ in range(n)]
    for i, j in zip(*(part.tolist() for part in tree.nonzero()), strict=True):
        near[i].add(j)
        near[j].add(i)
    labels = np.zeros(n, dtype=np.intp)
    saving = {0: _best_cut(X, near, 0)}
    for new in range(1, k):
        group = max(saving, key=lambda each: saving[each][0])
        _, child, parent = saving[group]
        near[child].discard(parent)
        near[parent].discard(child)
        labels[[each for each, _ in _walk(near, child)]] = new
        saving[group], saving[new] = _best_cut(X, near, parent), _best_cut(X, near, child)
    return labels


def _walk(near: list[set[int]], root: int) -> list[tuple[int, int]]:
    """Units of a tree and their parents, parents first."""
    found = [(root, -1)]
    for unit, parent in found:
        found += [(each, unit) for each in sorted(near[unit]) if each != parent]
    return found


def _best_cut(X: NDArray[np.float64], near: list[set[int]], root: int) -> tuple[float, int, int]:
    """What the best cut of a tree saves, and the edge: child and parent."""
    order = _walk(near, root)
    total = X[[each for each, _ in order]].sum(axis=0)
    sums = {each: X[each].copy() for each, _ in order}
    counts = {each: 1 for each, _ in order}
    best = (-1.0, root, root)
    n = len(order)
    for unit, parent in reversed(order[1:]):
        size, other = counts[unit], n - counts[unit]
        apart = sums[unit] / size - (total - sums[unit]) / other
        best = max(best, (float(apart @ apart) * size * other / n, unit, parent))
        sums[parent] += sums[unit]
        counts[parent] += size
    return best


def _grown(
    X: NDArray[np.float64], masks: list[int], k: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Grow groups from k random units, each time by the unit that costs least."""
    cut = Cut(X, masks, np.ones(len(masks)))
    free = (1 << len(masks)) - 1
    for seed in rng.choice(len(masks), k, replace=False).tolist():
        cut.open(1 << seed)
        free ^= 1 << seed
    while free:
        where = [(cut.joining(u, g), u, g) for u in bits(free) for g in cut.beside(u)]
        # several at once: the cheapest of the border, an eighth of it
        for _, unit, group in sorted(where)[: max(1, len(where) // 8)]:
            if free >> unit & 1:
                cut.put(unit, group)
                free ^= 1 << unit
    return np.array(cut.group, dtype=np.intp)


def _starts(
    X: NDArray[np.float64], masks: list[int], k: int, seed: int
) -> Iterator[tuple[str, NDArray[np.intp]]]:
    yield "ward", ward_regions(X, masks, k)
    yield "skater", _by_tree(X, masks, k)
    rng = np.random.default_rng(seed)
    for _ in range(min(_MOST, max(_FEWEST, _PLACED // len(masks)))):
        yield "grown", _grown(X, masks, k, rng)


def _over(amount: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """How far amounts are out of bounds."""
    below = np.maximum(bounds.floor - amount, 0.0)
    return np.asarray(np.maximum(below, amount - bounds.ceiling), dtype=np.float64)


def _repair(cut: Cut, bounds: Bounds) -> bool:
    """Move units at borders until every group is within the bounds; say whether they are."""
    for _ in range(_REPAIRS * len(cut.masks)):
        if bounds.allow(cut.amount).all():
            return True
        moves = []
        for unit in range(len(cut.masks)):
            home = cut.group[unit]
            if cut.counts[home] < 2:
                continue
            for group in cut.beside(unit):
                pair, weight = [home, group], cut.amounts[unit]
                after = cut.amount[pair] + np.array([-weight, weight])
                saved = float((_over(cut.amount[pair], bounds) - _over(after, bounds)).sum())
                if saved > 0:
                    cost = cut.joining(unit, group) - cut.leaving(unit)
                    moves.append((cost / saved, unit, group))
        for _, unit, group in sorted(moves):
            home = cut.group[unit]
            cut.put(unit, group)
            if is_connected(cut.members[home], cut.masks):
                break
            cut.put(unit, home)
        else:
            return False
    return bool(bounds.allow(cut.amount).all())


class _Search:
    """Mending, and merging two groups while a third is parted, for one table and its bounds."""

    def __init__(
        self, X: NDArray[np.float64], masks: list[int], bounds: Bounds, worth: float
    ) -> None:
        self.X, self.masks, self.bounds, self.worth = X, masks, bounds, worth

    def mended(self, members: list[int]) -> Cut | None:
        """Groups brought within the bounds and mended; None where the bounds are not reached."""
        cut = Cut(self.X, self.masks, self.bounds.amounts, self.bounds.ceiling)
        for each in members:
            cut.open(each)
        if not _repair(cut, self.bounds):
            return None
        mend(cut, self.bounds.floor * (1 - 1e-12), self.worth)
        return cut

    def parted(self, members: int) -> tuple[float, list[int]]:
        """What parting a group at an edge of its least spanning tree saves, and the parts."""
        units = list(bits(members))
        if len(units) < 2:
            return 0.0, [members]
        place = {unit: i for i, unit in enumerate(units)}
        inside = [sum(1 << place[j] for j in bits(self.masks[u] & members)) for u in units]
        labels = _by_tree(self.X[units], inside, 2)
        part = sum(1 << units[int(i)] for i in np.flatnonzero(labels))
        parts = [members ^ part, part]
        return self.spread(members) - sum(map(self.spread, parts)), parts

    def spread(self, members: int) -> float:
        """Sum of squares about the mean of a group."""
        X = self.X[list(bits(members))]
        return float(((X - X.mean(axis=0)) ** 2).sum())

    def changes(self, groups: list[int]) -> list[list[int]]:
        """Cuts with two neighbouring groups merged and one group parted, the best first."""
        reach = [sum({1 << j for u in bits(g) for j in bits(self.masks[u])}) for g in groups]
        parted = [self.parted(each) for each in groups]
        found: list[tuple[float, list[int]]] = []
        for g in range(len(groups)):
            for h in range(g):
                if not reach[g] & groups[h]:
                    continue
                union = groups[g] | groups[h]
                rise = self.spread(union) - self.spread(groups[g]) - self.spread(groups[h])
                others = [i for i in range(len(groups)) if i not in (g, h)]
                ways = [(self.parted(union), [groups[i] for i in others])]
                ways += [
                    (parted[s], [union, *(groups[i] for i in others if i != s)]) for s in others
                ]
                for (saved, parts), rest in ways:
                    if len(parts) == 2:
                        found.append((rise - saved, [*parts, *rest]))
        return [each for _, each in sorted(found)[:_TRIED]]

    def recut(self, cut: Cut) -> Cut:
        """Merge, part and mend as long as that helps."""
        for _ in range(_ROUNDS):
            best, goal = None, cut.within_ss() - self.worth
            for members in self.changes(cut.members):
                other = self.mended(members)
                if other is not None and other.within_ss() < goal:
                    best = other
                    break
            if best is None:
                return cut
            cut = best
        return cut


def tightest_groups(
    X: NDArray[np.float64], masks: list[int], k: int, bounds: Bounds, seed: int
) -> tuple[NDArray[np.intp], str] | None:
    """Cut units into k contiguous groups by several heuristics, and take the tightest.

    Parameters
    ----------
    X : (n, p) array
    masks : list of int
        Neighbours of each unit as bits; all units are one piece.
    k : int
    bounds : Bounds
        In numbers, for k groups.
    seed : int
        Seed of the units from which groups are grown.

    Returns
    -------
    (n,) array of int and str, or None
        Groups and the start that led to them; None where no cut within the bounds was found.

    Examples
    --------
    >>> from kz_spatial.groups.bounds import Bounds
    >>> path = [0b0010, 0b0101, 0b1010, 0b0100]
    >>> X = np.array([[0.0], [1.0], [8.0], [9.0]])
    >>> labels, start = tightest_groups(X, path, 2, Bounds(np.ones(4)), seed=1)
    >>> labels.tolist(), start
    ([0, 0, 1, 1], 'ward')
    """
    X = X - X.mean(axis=0)
    search = _Search(X, masks, bounds, _WORTH * float((X**2).sum()))
    found: list[tuple[float, int, str, Cut]] = []
    for name, labels in _starts(X, masks, k, seed):
        members = [sum(1 << int(i) for i in np.flatnonzero(labels == g)) for g in range(k)]
        if (cut := search.mended(members)) is not None:
            found.append((cut.within_ss(), len(found), name, cut))
    if not found:
        return None
    tightest = sorted(found)[: max(_FEWEST_RECUT, _RECUT // len(masks))]
    tried = [(search.recut(cut), name) for _, _, name, cut in tightest]
    best, name = min(tried, key=lambda each: each[0].within_ss())
    first = {g: i for i, g in enumerate(dict.fromkeys(best.group))}
    return np.array([first[g] for g in best.group], dtype=np.intp), name
