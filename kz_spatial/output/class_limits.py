"""Limits of the classes of a number: quantiles, natural breaks, equal intervals.

The names are those of mapclassify, whose classes these are, without empty ones. A class holds its
lower limit, as every legend here has it, so limits of quantiles and of natural breaks are the
lowest values of classes; the largest value, as a class by itself, has a limit half way to the one
before.

Natural breaks are the optimum of Fisher (1958), *On grouping for maximum homogeneity*, JASA 53, by
dynamic programming: no other classes have a smaller sum of squares about their means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kz_spatial.palette import nice_breaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kz_spatial.options import Classes

__all__ = ["class_limits"]


def _quantiles(known: NDArray[np.float64], n_classes: int) -> list[float]:
    """Lowest values of classes that hold alike many."""
    ends = np.percentile(known, [100 * i / n_classes for i in range(1, n_classes)])
    distinct = np.unique(known)
    places = np.unique(np.searchsorted(distinct, ends, side="right"))  # no class is empty
    return [float(distinct[i]) for i in places if i < distinct.size]


def _natural_breaks(known: NDArray[np.float64], n_classes: int) -> list[float]:
    """Lowest values of the classes with the least sum of squares, but for the first."""
    distinct, counts = np.unique(known, return_counts=True)
    n = distinct.size
    centred = distinct - distinct.mean()  # sums of squares of large values would lose digits
    weights, sums, squares = (
        np.concatenate(([0.0], np.cumsum(each)))
        for each in (counts, counts * centred, counts * centred**2)
    )

    def within(start: NDArray[Any], stop: int) -> NDArray[np.float64]:
        """Sum of squares of the values from each start up to a stop."""
        total = sums[stop] - sums[start]
        found: NDArray[np.float64] = (
            squares[stop] - squares[start] - total**2 / (weights[stop] - weights[start])
        )
        return found

    best = np.array([0.0, *(within(np.array([0]), stop)[0] for stop in range(1, n + 1))])
    cuts = []
    for k in range(2, n_classes + 1):
        cut, improved = np.zeros(n + 1, int), np.full(n + 1, np.inf)
        for stop in range(k, n + 1):
            starts = np.arange(k - 1, stop)
            cost = best[starts] + within(starts, stop)
            cut[stop] = starts[cost.argmin()]
            improved[stop] = cost.min()
        best = improved
        cuts.append(cut)
    stop, found = n, []
    for cut in reversed(cuts):
        stop = int(cut[stop])
        found.append(float(distinct[stop]))
    return found[::-1]


def class_limits(
    values: Sequence[float], classes: Classes, n_classes: int = 5
) -> tuple[float, ...]:
    """Limits of the classes of a number.

    Parameters
    ----------
    values : sequence of float
        NaN is left out.
    classes : {"rounded", "quantiles", "natural_breaks", "equal_interval"}
        "rounded" are quantiles with limits of few digits.
    n_classes : int
        At most this many; fewer where fewer values differ.

    Returns
    -------
    tuple of float
        Rising, from the least value to the largest; empty where fewer than two values differ.

    Examples
    --------
    >>> class_limits([1.0, 2.0, 3.0, 10.0, 11.0, 30.0], "natural_breaks", 3)
    (1.0, 10.0, 20.5, 30.0)
    >>> class_limits([1.0, 2.0, 3.0, 10.0, 11.0, 31.0], "equal_interval", 3)
    (1.0, 11.0, 21.0, 31.0)
    """
    known = np.asarray([each for each in values if np.isfinite(each)], float)
    distinct = np.unique(known)
    if distinct.size < 2:
        return ()
    if classes == "rounded":
        return tuple(nice_breaks(known.tolist(), n_classes))
    number = min(n_classes, int(distinct.size))
    low, high = float(distinct[0]), float(distinct[-1])
    if classes == "equal_interval":
        return tuple(float(each) for each in np.linspace(low, high, n_classes + 1))
    make = _quantiles if classes == "quantiles" else _natural_breaks
    inner = make(known, number)
    if inner and inner[-1] == high:  # the largest alone: a limit below it, since limits rise
        inner[-1] = float(distinct[-2:].mean())
    return (low, *inner, high)
