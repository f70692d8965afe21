"""As many contiguous groups as a floor allows, by a search of bounded length.

The problem is the max-p-regions problem of Duque, Anselin and Rey (2012, Journal of Regional
Science 52). Groups grow from random units until they reach the floor; units left over join the
neighbouring group that they are most like. Of the starts with the most groups, the tightest few are
mended by moving and swapping units at borders while that lowers the sum of squares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.groups.connected import is_connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Cut", "bits", "max_p_groups", "mend"]

# units placed over all starts, the fewest starts whatever their size, and starts that are mended
_PLACED: Final = 20_000
_FEWEST_STARTS: Final = 20
_MENDED: Final = 10
# rounds over all units that mending may take, and the share of the spread that a move has to save
_ROUNDS: Final = 100
_WORTH: Final = 1e-9


def bits(mask: int) -> Iterator[int]:
    """Units of a set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Cut:
    """A cut into groups that can change, with what a change would do to the sum of squares."""

    def __init__(
        self,
        X: NDArray[np.float64],
        masks: list[int],
        amounts: NDArray[np.float64],
        ceiling: float = np.inf,
    ) -> None:
        self.ceiling = ceiling * (1 + 1e-12)
        self.X, self.masks, self.amounts = X, masks, amounts
        self.members: list[int] = []
        self.group = [-1] * len(masks)
        self.sums = np.zeros((0, X.shape[1]))
        self.counts = np.zeros(0)
        self.amount = np.zeros(0)

    def open(self, members: int) -> None:
        """Make a set of units a group."""
        units = list(bits(members))
        for each in units:
            self.group[each] = len(self.members)
        self.members.append(members)
        self.sums = np.vstack([self.sums, self.X[units].sum(axis=0)])
        self.counts = np.append(self.counts, len(units))
        self.amount = np.append(self.amount, self.amounts[units].sum())

    def put(self, unit: int, group: int) -> None:
        """Put a unit into a group, out of the one it is in."""
        for g, sign in ((self.group[unit], -1), (group, 1)):
            if g >= 0:
                self.members[g] ^= 1 << unit
                self.sums[g] += sign * self.X[unit]
                self.counts[g] += sign
                self.amount[g] += sign * self.amounts[unit]
        self.group[unit] = group

    def joining(self, unit: int, group: int) -> float:
        """How much the sum of squares grows when a unit comes to a group that it is not in."""
        n = self.counts[group]
        away = self.X[unit] - self.sums[group] / n
        return float(n / (n + 1) * (away @ away))

    def leaving(self, unit: int) -> float:
        """How much the sum of squares falls when a unit leaves its group of two or more."""
        g = self.group[unit]
        n = self.counts[g]
        away = self.X[unit] - self.sums[g] / n
        return float(n / (n - 1) * (away @ away))

    def swapping(self, unit: int, other: int) -> float:
        """How much the sum of squares falls when two units of two groups change places."""
        g, h = self.group[unit], self.group[other]
        change = self.X[other] - self.X[unit]
        saved = 0.0
        for group, step in ((g, change), (h, -change)):
            saved += float(step @ (2 * self.sums[group] + step)) / float(self.counts[group])
        return saved

    def beside(self, unit: int) -> list[int]:
        """Other groups that a unit touches, lowest first."""
        found = {self.group[each] for each in bits(self.masks[unit])}
        return sorted(found - {-1, self.group[unit]})

    def holds(self, group: int, floor: float) -> bool:
        """Whether a group is one piece and within the floor and the ceiling."""
        inside = floor <= self.amount[group] <= self.ceiling
        return bool(inside) and is_connected(self.members[group], self.masks)

    def within_ss(self) -> float:
        """Sum of squares about the groups' means."""
        label = np.array(self.group)
        about = self.X - (self.sums / self.counts[:, None])[label]
        return float((about**2).sum())


def _start(cut: Cut, floor: float, rng: np.random.Generator, *, alike: bool) -> None:
    """Grow groups from random units, by random neighbours or those most alike."""
    free, left = (1 << len(cut.masks)) - 1, 0
    for seed in rng.permutation(len(cut.masks)).tolist():
        if not free >> seed & 1:
            continue
        members, amount, mean, edge = 1 << seed, cut.amounts[seed], cut.X[seed], cut.masks[seed]
        while amount < floor and (near := list(bits(edge & free & ~members))):
            if alike:
                away = ((cut.X[near] - mean) ** 2).sum(axis=1)
                chosen = near[int(away.argmin())]
            else:
                chosen = near[int(rng.integers(len(near)))]
            size = members.bit_count()
            mean = (mean * size + cut.X[chosen]) / (size + 1)
            members |= 1 << chosen
            edge |= cut.masks[chosen]
            amount += cut.amounts[chosen]
        free &= ~members
        if amount >= floor:
            cut.open(members)
        else:
            left |= members
    while left and cut.members:
        where = [(cut.joining(u, g), u, g) for u in bits(left) for g in cut.beside(u)]
        for _, unit, group in sorted(where):
            if left >> unit & 1:
                cut.put(unit, group)
                left &= ~(1 << unit)


def _move(cut: Cut, unit: int, floor: float, least: float) -> bool:
    """Move a unit to the first neighbouring group where that saves enough."""
    home = cut.group[unit]
    if cut.counts[home] < 2:
        return False
    saved = cut.leaving(unit)
    for group in cut.beside(unit):
        if saved - cut.joining(unit, group) > least:
            cut.put(unit, group)
            if cut.amount[group] <= cut.ceiling and cut.holds(home, floor):
                return True
            cut.put(unit, home)
    return False


def _swap(cut: Cut, unit: int, floor: float, least: float) -> bool:
    """Swap a unit with the first one across its border where that saves enough."""
    home = cut.group[unit]
    for group in cut.beside(unit):
        for other in bits(cut.members[group]):
            if home in cut.beside(other) and cut.swapping(unit, other) > least:
                cut.put(unit, group)
                cut.put(other, home)
                if cut.holds(home, floor) and cut.holds(group, floor):
                    return True
                cut.put(other, group)
                cut.put(unit, home)
    return False


def mend(cut: Cut, floor: float, least: float) -> None:
    """Go over all units, moving and swapping, until a round changes nothing."""
    for _ in range(_ROUNDS):
        changed = False
        for unit in range(len(cut.masks)):
            changed |= _move(cut, unit, floor, least) or _swap(cut, unit, floor, least)
        if not changed:
            return


def max_p_groups(
    X: NDArray[np.float64],
    masks: list[int],
    amounts: NDArray[np.float64],
    floor: float,
    seed: int,
) -> NDArray[np.intp]:
    """Cut units into as many contiguous groups as the search finds, each at the floor or above.

    Parameters
    ----------
    X : (n, p) array
    masks : list of int
        Neighbours of each unit as bits; all units are one piece.
    amounts : (n,) array
        0 or more.
    floor : float
        Least sum of amounts per group.
    seed : int

    Returns
    -------
    (n,) array of int

    Raises
    ------
    NotEnoughDataError
        When all units together stay below the floor.

    Examples
    --------
    >>> path = [0b0010, 0b0101, 0b1010, 0b0100]
    >>> X = np.array([[0.0], [1.0], [8.0], [9.0]])
    >>> max_p_groups(X, path, np.ones(4), 2, seed=1).tolist()
    [0, 0, 1, 1]
    """
    n, least = len(masks), floor * (1 - 1e-12)
    X = X - X.mean(axis=0)
    if not amounts.sum() >= least:
        raise NotEnoughDataError(
            f"method='max-p': found {amounts.sum():g} in all, expected at least the floor of "
            f"{floor:g}"
        )
    rng = np.random.default_rng(seed)
    starts: dict[tuple[int, ...], Cut] = {}
    most = 0
    for number in range(max(_FEWEST_STARTS, _PLACED // n)):
        cut = Cut(X, masks, amounts)
        _start(cut, least, rng, alike=bool(number % 2))
        if len(cut.members) > most:
            most, starts = len(cut.members), {}
        if len(cut.members) == most:
            starts.setdefault(tuple(sorted(cut.members)), cut)
    best = sorted(starts.values(), key=Cut.within_ss)[:_MENDED]
    worth = _WORTH * float((X**2).sum())
    for cut in best:
        mend(cut, least, worth)
    labels = np.array(min(best, key=Cut.within_ss).group)
    first = {g: i for i, g in enumerate(dict.fromkeys(labels.tolist()))}
    return np.array([first[g] for g in labels.tolist()], dtype=np.intp)
