"""Bars of a distribution that tell no answer: round edges, open ends, no bar of few firms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bars", "make_bars"]

_BARS: Final = 20
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of equal width.

    Attributes
    ----------
    edges : (n + 1,) array
        Multiples of a round step; half a step off for counts, so that bars stand on whole numbers.
    counts : (n,) array of int
        Firms; the first and last bars hold everything beyond them too.
    open_low, open_high : bool
        Whether the first and the last bar hold more than lies between their edges.
    below, above : float
        What the first bar's answers lie below, and the last bar's at or above.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.intp]
    open_low: bool
    open_high: bool
    below: float
    above: float


def _round_step(width: float) -> float:
    """Smallest of 1, 2, 2.5, 5 times a power of ten that is no smaller than a width."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(power * each for each in _STEPS if power * each >= width * (1 - 1e-9)))


def make_bars(values: NDArray[np.float64], kind: str, least: int, *, full: bool = False) -> Bars:
    """Sort answers into bars.

    Parameters
    ----------
    values : (n,) array
        Finite answers.
    kind : str
        "count" puts bars on whole numbers, "percent" between multiples of 5.
    least : int
        The outer bars reach inward until they hold so many firms: where an extreme lies, and how
        far out, no edge says.
    full : bool
        Whether bars are widened until each holds so many firms or none.

    Examples
    --------
    >>> bars = make_bars(np.array([0.0] * 6 + [1.0] * 9 + [2.0] * 5 + [40.0]), "count", 5)
    >>> bars.edges.tolist(), bars.counts.tolist(), bars.open_high
    ([-0.5, 0.5, 1.5, 2.5], [6, 9, 6], True)
    """
    wider = 1.0
    bars = _bars(values, kind, least, wider)
    while full and len(bars.counts) > 1 and ((bars.counts > 0) & (bars.counts < least)).any():
        wider *= 2
        bars = _bars(values, kind, least, wider)
    return bars


def _bars(values: NDArray[np.float64], kind: str, least: int, wider: float) -> Bars:
    """Bars of some times their usual width."""
    # from the least-th smallest to the least-th largest: what lies beyond moves no edge
    ranked, beyond = np.sort(values), min(least, (len(values) + 1) // 2)
    low, high = ranked[beyond - 1], ranked[-beyond]
    step = 5.0 if kind == "percent" else _round_step(max((high - low) / _BARS, 1e-9))
    if kind == "count":
        step = max(step, 1.0)
        step = float(np.ceil(step))
    step *= wider
    shift = 0.5 if kind == "count" else 0.0
    first, last = np.floor((low + shift) / step), np.floor((high + shift) / step)
    if kind == "percent":  # 100 belongs to the bar below it
        last = max(min(last, 100 / step - 1), first)
    edges = step * np.arange(first, last + 2) - shift
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], -np.inf))
    counts = np.histogram(inside, edges)[0]
    begin, end = 0, len(counts)
    while end - begin > 1 and counts[begin] < least:
        counts[begin + 1] += counts[begin]
        begin += 1
    while end - begin > 1 and counts[end - 1] < least:
        counts[end - 2] += counts[end - 1]
        end -= 1
    edges, counts = edges[begin : end + 1], counts[begin:end]
    return Bars(
        edges,
        counts,
        open_low=bool((values < edges[0]).any()),
        open_high=bool((values > edges[-1]).any()),
        below=float(edges[1] + shift),
        above=float(edges[-2] + shift),
    )
