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

from kz_spatial.replication import Cell, Moments, nearest_moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

_DIGITS: Final = 40
_PLAN_DRAWS: Final = 100_000
_FIT_STEPS: Final = 400_000
_UPHILL: Final = 20
_POOL_STEPS: Final = 40


def square_root(value: Fraction) -> Decimal:
    """Square root to forty digits."""
    with localcontext() as context:
        context.prec = _DIGITS
        return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


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
