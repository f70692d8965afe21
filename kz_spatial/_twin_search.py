"""Whole-number searches and exact checks behind the synthetic twin.

A printed figure stands for the interval of values that round to it. Everything that decides
whether a figure is met runs on integers and fractions, so no platform can disagree.

Notation: a set of n answers has the sum S and the sum of squares Q; its mean is S/n and its
variance (nQ - S^2) / (n (n - 1)), the divisor that statistical packages use.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np

_DIGITS: Final = 40
_PLAN_DRAWS: Final = 100_000
_FIT_STEPS: Final = 400_000
_UPHILL: Final = 20
_POOL_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as printed, with the closed interval of values that round to it.

    Attributes
    ----------
    text : str
        The figure as printed; its decimals set the width of the interval.
    low, high : Fraction
        Half a unit of the last printed decimal below and above.
    """

    text: str
    low: Fraction
    high: Fraction

    @classmethod
    def parse(cls, text: str) -> Printed:
        """Read a printed figure."""
        _, _, decimals = text.partition(".")
        half = Fraction(1, 2 * 10 ** len(decimals))
        return cls(text, Fraction(text) - half, Fraction(text) + half)

    @property
    def value(self) -> Fraction:
        """The figure itself."""
        return Fraction(self.text)

    def contains(self, value: Fraction) -> bool:
        """Tell whether an exact value rounds to the figure."""
        return self.low <= value <= self.high

    def contains_root(self, square: Fraction) -> bool:
        """Tell whether the square root of an exact value rounds to the figure."""
        return max(self.low, Fraction(0)) ** 2 <= square <= self.high**2


@dataclass(frozen=True, slots=True)
class Cell:
    """Printed mean and standard deviation of one item in one region."""

    mean: Printed
    sd: Printed

    def holds(self, moments: Moments) -> bool:
        """Tell whether a set of answers prints as this cell."""
        return self.mean.contains(moments.mean) and self.sd.contains_root(moments.variance)


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, sum and sum of squares of whole-number answers."""

    n: int
    total: int
    squares: int

    @classmethod
    def of(cls, values: Iterable[int]) -> Moments:
        """Count and add up."""
        listed = list(values)
        return cls(len(listed), sum(listed), sum(value * value for value in listed))

    @classmethod
    def pooled(cls, parts: Iterable[Moments]) -> Moments:
        """Moments of several sets taken together."""
        n, total, squares = (
            sum(each) for each in zip(*((p.n, p.total, p.squares) for p in parts), strict=True)
        )
        return cls(n, total, squares)

    @property
    def mean(self) -> Fraction:
        """S / n."""
        return Fraction(self.total, self.n)

    @property
    def variance(self) -> Fraction:
        """(nQ - S^2) / (n (n - 1)), zero for a single answer."""
        spread = self.n * self.squares - self.total * self.total
        return Fraction(spread, self.n * max(self.n - 1, 1))


def square_root(value: Fraction) -> Decimal:
    """Square root to forty digits."""
    with localcontext() as context:
        context.prec = _DIGITS
        return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


def nearest_moments(cell: Cell, n: int) -> Moments | None:
    """Whole-number sum and sum of squares nearest to the middle of a printed cell.

    Returns
    -------
    Moments or None
        None where no whole numbers print as the cell. A sum and a sum of squares of whole
        numbers are both odd or both even; that is the granularity used here.
    """
    first, last = -((-cell.mean.low * n) // 1), (cell.mean.high * n) // 1
    sums = sorted(range(int(first), int(last) + 1), key=lambda s: abs(s - n * cell.mean.value))
    for total in sums:
        middle = (n - 1) * cell.sd.value**2 + Fraction(total * total, n)
        near = round(middle)
        for squares in sorted(range(near - 3, near + 4), key=lambda q: abs(q - middle)):
            moments = Moments(n, total, squares)
            if (squares - total) % 2 == 0 and cell.holds(moments):
                return moments
    return None


def fewest_answers(cell: Cell) -> int:
    """Smallest number of whole-number answers that can print as the cell."""
    n = 2
    while nearest_moments(cell, n) is None:
        n += 1
    return n


def plan_moments(
    cells: Mapping[str, Cell],
    national: Cell,
    ranges: Mapping[str, tuple[int, int]],
    rng: np.random.Generator,
) -> dict[str, Moments]:
    """Choose how many firms of each region answered, so that the national row fits too.

    Parameters
    ----------
    cells : mapping
        Region to its printed cell.
    national : Cell
        The national row.
    ranges : mapping
        Region to the fewest and the most answers allowed.
    rng : numpy.random.Generator
        Draws counts until they fit.

    Returns
    -------
    dict
        Region to the moments its answers must have.

    Raises
    ------
    RuntimeError
        If no draw fits.
    """
    options = {
        region: [m for n in range(low, high + 1) if (m := nearest_moments(cells[region], n))]
        for region, (low, high) in ranges.items()
    }
    for _ in range(_PLAN_DRAWS):
        plan = {region: each[int(rng.integers(len(each)))] for region, each in options.items()}
        if national.holds(Moments.pooled(plan.values())):
            return plan
    raise RuntimeError(f"no answer counts reach mean {national.mean.text}, sd {national.sd.text}")


def fit_values(
    target: Moments, fixed: Sequence[int], pool: Sequence[int], rng: np.random.Generator
) -> list[int]:
    """Draw whole numbers that, with some fixed ones, have exactly the target moments.

    Parameters
    ----------
    target : Moments
        Of fixed and drawn values together.
    fixed : sequence of int
        Values that must be in the set.
    pool : sequence of int
        Values to draw from, repeated according to how common they are. Single steps away from
        the pool are taken only where the exact fit needs them, never outside its range.
    rng : numpy.random.Generator
        Source of draws.

    Returns
    -------
    list of int
        The drawn values, without the fixed ones.

    Raises
    ------
    RuntimeError
        If no exact fit was met.
    """
    low, high = min(pool), max(pool)
    drawn = [pool[int(k)] for k in rng.integers(len(pool), size=target.n - len(fixed))]
    now = Moments.of([*fixed, *drawn])
    off_sum, off_squares = now.total - target.total, now.squares - target.squares
    weight = max(2 * abs(target.total) // target.n, 2)
    for step in range(_FIT_STEPS):
        if off_sum == 0 and off_squares == 0:
            return drawn
        changed = [int(rng.integers(len(drawn)))]
        if step % 2 or step < _POOL_STEPS * len(drawn):  # heaps first, single steps to finish
            new = [pool[int(rng.integers(len(pool)))]]
        else:
            # One up, one down: the sum stays and the sum of squares moves by any even number.
            changed.append(int(rng.integers(len(drawn))))
            shift = int(rng.integers(1, 4)) * (1 - 2 * int(rng.integers(2)))
            new = [drawn[changed[0]] + shift, drawn[changed[1]] - shift * (off_sum == 0)]
        if len(set(changed)) < len(changed) or min(new) < low or max(new) > high:
            continue
        old = [drawn[k] for k in changed]
        try_sum = off_sum + sum(new) - sum(old)
        try_squares = off_squares + sum(v * v for v in new) - sum(v * v for v in old)
        gain = weight * (abs(off_sum) - abs(try_sum)) + abs(off_squares) - abs(try_squares)
        # A step back now and then frees the walk; steps off the pool must pay.
        if gain >= (-_UPHILL if step % 97 == 0 else len(changed) - 1):
            for k, value in zip(changed, new, strict=True):
                drawn[k] = value
            off_sum, off_squares = try_sum, try_squares
    raise RuntimeError(f"no whole numbers with moments {target} around {list(fixed)}")


@dataclass(frozen=True, slots=True)
class Attainable:
    """What a national figure can be, given the regions' printed cells and counts.

    Attributes
    ----------
    mean_low, mean_high, sd_low, sd_high : Fraction
        Bounds that no choice inside the regions' rounding intervals can leave.
    """

    mean_low: Fraction
    mean_high: Fraction
    sd_low: Fraction
    sd_high: Fraction


def attainable_national(cells: Mapping[str, Cell], counts: Mapping[str, int]) -> Attainable:
    """Bound the national mean and standard deviation for known counts.

    The mean is linear in the regional means, so its bounds are exact. The variance is the sum
    of the part within regions, monotone in each deviation, and the part between them, the
    square of a seminorm of the means; the triangle inequality bounds the latter.
    """
    n = sum(counts.values())
    low = sum((counts[r] * c.mean.low for r, c in cells.items()), Fraction(0)) / n
    high = sum((counts[r] * c.mean.high for r, c in cells.items()), Fraction(0)) / n
    centre = (low + high) / 2
    within_low = sum(((counts[r] - 1) * c.sd.low**2 for r, c in cells.items()), Fraction(0))
    within_high = sum(((counts[r] - 1) * c.sd.high**2 for r, c in cells.items()), Fraction(0))
    between = _root_bounds(
        sum((counts[r] * (c.mean.value - centre) ** 2 for r, c in cells.items()), Fraction(0))
    )
    slack = _root_bounds(
        sum((counts[r] * (c.mean.high - c.mean.value) ** 2 for r, c in cells.items()), Fraction(0))
    )[1]
    least = max(between[0] - slack, Fraction(0)) ** 2
    most = (between[1] + slack) ** 2
    return Attainable(
        low,
        high,
        _root_bounds((within_low + least) / (n - 1))[0],
        _root_bounds((within_high + most) / (n - 1))[1],
    )


def _root_bounds(value: Fraction) -> tuple[Fraction, Fraction]:
    """Fractions just below and just above a square root."""
    scale = 10**_DIGITS
    root = isqrt(int(value * scale * scale))
    return Fraction(root, scale), Fraction(root + 1, scale)
