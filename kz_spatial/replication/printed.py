"""What a printed number can have been: intervals, counts, degrees of freedom, granularity.

A printed figure stands for the interval of values that round to it. Whatever decides whether a
figure is met runs on whole numbers and fractions, so no platform can disagree.

Sources: granularity of means, Brown and Heathers (2017), Social Psychological and Personality
Science 8(4), "GRIM"; of standard deviations, Anaya (2016), PeerJ Preprints 4:e2400, "GRIMMER".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, floor
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "Cell",
    "CountRecovery",
    "Moments",
    "Printed",
    "compatible_df",
    "fewest_answers",
    "is_possible",
    "nearest_moments",
    "plain_number",
    "recover_counts",
]

_MAX_COUNTS: Final = 20_000_000
_SPACES: Final = re.compile(r"[\s\u00a0\u202f\u2009']")
_PLAIN: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_EITHER: Final = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


def plain_number(text: str) -> str:
    """A printed number as Python writes it: minus, decimal point, no spaces.

    Examples
    --------
    >>> plain_number("1 013"), plain_number("\u22120,5")
    ('1013', '-0.5')
    >>> plain_number("n/a")
    Traceback (most recent call last):
    kz_spatial.errors.InputError: printed number 'n/a': expected a number such as -18.26
    """
    plain = _SPACES.sub("", str(text)).replace("\u2212", "-").replace("\u2013", "-")
    if _EITHER.fullmatch(plain):
        raise InputError(
            f"printed number {text!r}: the comma may part thousands or decimals, expected "
            f"{plain.replace(',', '')} or {plain.replace(',', '.')}"
        )
    plain = plain.replace(",", ".")
    if not _PLAIN.fullmatch(plain):
        raise InputError(f"printed number {text!r}: expected a number such as -18.26")
    return plain


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
        """Read a printed figure, with a minus or a decimal comma as print has them.

        Raises
        ------
        InputError
            When it is no number, or a comma may part thousands or decimals.

        Examples
        --------
        >>> Printed.parse("\u221218,26").value
        Fraction(-913, 50)
        """
        plain = plain_number(text)
        _, _, decimals = plain.partition(".")
        half = Fraction(1, 2 * 10 ** len(decimals))
        return cls(plain, Fraction(plain) - half, Fraction(plain) + half)

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
        odd = total % 2
        below = odd + 2 * ((middle - odd) // 2)
        # where any sum of squares prints so, one of the two about the middle does
        for squares in sorted((below, below + 2), key=lambda q: abs(q - middle)):
            moments = Moments(n, total, squares)
            if cell.holds(moments):
                return moments
    return None


def fewest_answers(cell: Cell) -> int:
    """Smallest number of whole-number answers that can print as the cell."""
    n = 2
    while nearest_moments(cell, n) is None:
        n += 1
    return n


def is_possible(mean: str, sd: str, n: int) -> bool:
    """Tell whether n whole-number answers can print as this mean and standard deviation.

    Parameters
    ----------
    mean, sd : str
        As printed, since the decimals count.
    n : int

    Examples
    --------
    >>> is_possible("16.5", "9.24", 12), is_possible("16.5", "9.24", 11)
    (True, False)
    """
    if n < 2:
        raise CallError(f"n={n}: expected at least 2 answers")
    return nearest_moments(Cell(Printed.parse(mean), Printed.parse(sd)), n) is not None


@dataclass(frozen=True, slots=True)
class CountRecovery:
    """How often each code must have been answered for a cell to print as it does.

    Attributes
    ----------
    codes : tuple of int
    solutions : tuple of tuple of int
        Counts in the order of `codes`, one tuple per way.
    """

    codes: tuple[int, ...]
    solutions: tuple[tuple[int, ...], ...]

    @property
    def unique(self) -> bool:
        """Whether there is exactly one way."""
        return len(self.solutions) == 1


def _splits(n: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for rest in _splits(n - first, parts - 1):
            yield (first, *rest)


def _within(
    n: int, values: Sequence[int], low: Fraction, high: Fraction
) -> Iterator[tuple[int, ...]]:
    """Splits of n answers whose sum is from low to high, in rising order."""
    if len(values) == 1:
        if low <= n * values[0] <= high:
            yield (n,)
        return
    one, other = values[-2:]
    step = one - other  # what the sum gains by one answer that moves from the last code
    for *first, left in _splits(n, len(values) - 1):
        base = sum(c * v for c, v in zip(first, values[:-2], strict=True)) + left * other
        if step == 0:
            counts = range(left + 1) if low <= base <= high else range(0)
        else:
            near, far = sorted((Fraction(low - base, step), Fraction(high - base, step)))
            counts = range(max(ceil(near), 0), min(floor(far), left) + 1)
        for count in counts:
            yield (*first, count, left - count)


def recover_counts(
    mean: str,
    sd: str,
    n: int,
    *,
    codes: Sequence[int] = (1, 2, -9),
    shift: int = -1,
    scale: int = 100,
) -> CountRecovery:
    """Recover counts of coded answers from a printed mean and deviation, all that there are.

    All but two codes are counted through; of the last two only the counts are tried that leave the
    sum within the printed mean.

    Parameters
    ----------
    mean, sd : str
        As printed, of scale * (code + shift).
    n : int
        Answers in all.
    codes : sequence of int
        Codes that may occur.
    shift, scale : int
        What was done to the codes before printing; raw code minus 1, in percent, by default.

    Returns
    -------
    CountRecovery

    Raises
    ------
    CallError
        When the ways to split n are too many to enumerate.

    Examples
    --------
    >>> recover_counts("69.7", "105.9", 122).solutions
    ((26, 95, 1),)
    """
    if comb(n + len(codes) - 1, len(codes) - 1) > _MAX_COUNTS:
        raise CallError(
            f"recover_counts: {n} answers over {len(codes)} codes are too many to "
            "enumerate; name fewer codes"
        )
    cell = Cell(Printed.parse(mean), Printed.parse(sd))
    values = [scale * (code + shift) for code in codes]
    found = []
    for counts in _within(n, values, cell.mean.low * n, cell.mean.high * n):
        total = sum(c * v for c, v in zip(counts, values, strict=True))
        squares = sum(c * v * v for c, v in zip(counts, values, strict=True))
        if cell.holds(Moments(n, total, squares)):
            found.append(counts)
    return CountRecovery(tuple(codes), tuple(found))


def compatible_df(
    coefficient: str, std_error: str, p: str, *, t: str | None = None, largest: int = 2000
) -> tuple[int, ...]:
    """Degrees of freedom under which printed figures of one coefficient can go together.

    Parameters
    ----------
    coefficient, std_error, p : str
        As printed; p is two-sided, of Student's t.
    t : str, optional
        The printed t-statistic, which narrows the quotient.
    largest : int
        Largest number of degrees of freedom to try.

    Returns
    -------
    tuple of int
        All that are compatible, rising; empty when none is.

    Examples
    --------
    >>> compatible_df("-18.26", "7.03", "0.023", t="-2.60")
    (12,)
    """
    from scipy import stats

    b, se, tail = (Printed.parse(each) for each in (coefficient, std_error, p))
    # half a unit is less than any figure but nought
    if se.value <= 0:
        raise CallError(f"std_error={std_error!r}: expected a number above 0")
    ends = [abs(x) / y for x in (b.low, b.high) for y in (se.low, se.high)]
    smallest = Fraction(0) if b.value == 0 else min(ends)
    greatest = max(ends)
    if t is not None:
        printed = Printed.parse(t)
        sides = (abs(printed.low), abs(printed.high))
        smallest = max(smallest, Fraction(0) if printed.value == 0 else min(sides))
        greatest = min(greatest, max(sides))
    if smallest > greatest:
        return ()
    df = np.arange(1, largest + 1)
    fits = (2 * stats.t.sf(float(greatest), df) <= float(tail.high)) & (
        2 * stats.t.sf(float(smallest), df) >= float(tail.low)
    )
    return tuple(df[fits].tolist())
