"""How wide a kernel shall be: by a rule, by cross-validation, or by place.

- "scott", and "silverman", which in two dimensions is the same number: n^(-1/6) times the root of
  the mean variance along both axes, n being the effective number by weights
- "least-squares": least integrated squared error, the unknown density's own part estimated by
  leaving each point out (Rudemo 1982; Bowman 1984)
- "likelihood": largest likelihood of each point by the others (Habbema, Hermans and van den Broek
  1974)
- "adaptive": at each point the global bandwidth times the root of (geometric mean of the pilot
  density / its own), kept within a fifth and five times (Abramson 1982)

Points in one place count as what they are, many: both cross-validations then ask for as little
smoothing as there is, which is told by the bandwidth at the lower end of the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from kz_spatial.surfaces.shapes import Kernel, height, overlap, peak

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = [
    "MOST_PLACES",
    "RULES",
    "Rule",
    "abramson",
    "cross_validated",
    "rule_of_thumb",
    "scores_by_lag",
    "scores_by_pair",
]

Rule = Literal["scott", "silverman", "least-squares", "likelihood", "adaptive"]
RULES: Final[tuple[str, ...]] = get_args(Rule)
# places whose pairs are still taken one by one
MOST_PLACES: Final = 2_000
_NODES: Final = 512
_TRIALS: Final = 24
# the search: these parts and multiples of Scott's rule
_LEAST: Final = 0.02
_MOST: Final = 2.0
_MOST_ADAPTED: Final = 5.0


def rule_of_thumb(
    east: NDArray[np.float64], north: NDArray[np.float64], w: NDArray[np.float64]
) -> float:
    """Bandwidth by Scott's rule for two dimensions, from the mean of both deviations.

    Examples
    --------
    >>> found = rule_of_thumb(np.array([-1.0, 1.0]), np.zeros(2), np.ones(2))
    >>> bool(np.isclose(found, 0.5**0.5 * 2 ** (-1 / 6)))
    True
    """
    effective = w.sum() ** 2 / (w**2).sum()
    spread = [
        np.sqrt(np.average((c - np.average(c, weights=w)) ** 2, weights=w)) for c in (east, north)
    ]
    return float(np.sqrt(np.mean(np.square(spread))) * effective ** (-1 / 6))


def scores_by_pair(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    w: NDArray[np.float64],
    kernel: Kernel,
) -> dict[str, Callable[[float], float]]:
    """What cross-validation makes small, as functions of the bandwidth, from all pairs of points.

    Parameters
    ----------
    east, north, w : (n,) array
    kernel : Kernel

    Returns
    -------
    dict
        "least-squares" and "likelihood".

    Examples
    --------
    >>> two = scores_by_pair(np.array([0.0, 2.0]), np.zeros(2), np.ones(2), "gaussian")
    >>> bool(np.isclose(two["likelihood"](1.0), 2 + np.log(2 * np.pi)))
    True
    """
    rows, times = np.unique(np.column_stack([east, north, w]), axis=0, return_counts=True)
    x, y, own = rows.T
    mass = own * times
    squared = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    total, squares = mass.sum(), (own**2 * times).sum()

    def least_squares(h: float) -> float:
        whole = mass @ overlap(kernel, squared, h) @ mass / total**2
        cross = mass @ height(kernel, squared, h) @ mass - squares * peak(kernel, h)
        return float(whole - 2 * cross / (total**2 - squares))

    def likelihood(h: float) -> float:
        others = height(kernel, squared, h) @ mass - own * peak(kernel, h)
        return _surprise(others / (total - own), mass / total)

    return {"least-squares": least_squares, "likelihood": likelihood}


def _surprise(density: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    """Mean of -log density; no infinity, so that a search finds its way out."""
    return float(-(share * np.log(np.maximum(density, np.finfo(float).tiny))).sum())


def scores_by_lag(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    w: NDArray[np.float64],
    kernel: Kernel,
) -> dict[str, Callable[[float], float]]:
    """The same from points shared out among the nodes of a grid, where pairs are too many.

    Parameters
    ----------
    east, north, w, kernel
        As for `scores_by_pair`.

    Returns
    -------
    dict

    Examples
    --------
    >>> x, y = np.random.default_rng(0).normal(size=(2, 300))
    >>> pairs, lags = (f(x, y, np.ones(300), "gaussian") for f in (scores_by_pair, scores_by_lag))
    >>> bool(abs(lags["likelihood"](0.4) / pairs["likelihood"](0.4) - 1) < 1e-3)
    True
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    step = max(float(np.ptp(east)), float(np.ptp(north))) / (_NODES - 2)
    column, across = np.divmod((east - east.min()) / step, 1)
    row, down = np.divmod((north - north.min()) / step, 1)
    shape = int(row.max()) + 2, int(column.max()) + 2
    nodes = np.zeros(shape)
    for down_by, part_y in ((0, 1 - down), (1, down)):
        for right_by, part_x in ((0, 1 - across), (1, across)):
            at = (row + down_by).astype(int) * shape[1] + (column + right_by).astype(int)
            nodes += np.bincount(at, w * part_y * part_x, nodes.size).reshape(shape)
    size = [next_fast_len(2 * n, real=True) for n in shape]
    gaps = [np.minimum(np.arange(n), n - np.arange(n)) * step for n in size]
    squared = gaps[0][:, None] ** 2 + gaps[1][None, :] ** 2
    forth = rfft2(nodes, size, workers=-1)
    pairs = irfft2(np.abs(forth) ** 2, size, workers=-1)
    total, squares = w.sum(), (w**2).sum()
    # what a point makes with itself lies at these lags
    stay_x, stay_y = 1 - 2 * across * (1 - across), 1 - 2 * down * (1 - down)
    for lag_y, part_y in ((0, stay_y), (1, (1 - stay_y) / 2), (-1, (1 - stay_y) / 2)):
        for lag_x, part_x in ((0, stay_x), (1, (1 - stay_x) / 2), (-1, (1 - stay_x) / 2)):
            pairs[lag_y, lag_x] -= (w**2 * part_y * part_x).sum()
    # likelihood takes each point to its nearest node, where what it makes itself is known exactly
    nearest = np.rint(row + down).astype(int) * shape[1] + np.rint(column + across).astype(int)
    mass = np.bincount(nearest, w, nodes.size)
    used = mass > 0
    own = np.bincount(nearest, w**2, nodes.size)[used] / mass[used]
    there = rfft2(mass.reshape(shape), size, workers=-1)

    def least_squares(h: float) -> float:
        whole = (pairs * overlap(kernel, squared, h)).sum() + squares * overlap(
            kernel, np.zeros(1), h
        )[0]
        cross = (pairs * height(kernel, squared, h)).sum()
        return float(whole / total**2 - 2 * cross / (total**2 - squares))

    def likelihood(h: float) -> float:
        made = rfft2(height(kernel, squared, h), workers=-1) * there
        found = irfft2(made, size, workers=-1)[: shape[0], : shape[1]].ravel()[used]
        # below this a transform knows nothing
        others = np.maximum(found - own * peak(kernel, h), 1e-15 * found.max())
        return _surprise(others / (total - own), mass[used] / total)

    return {"least-squares": least_squares, "likelihood": likelihood}


def cross_validated(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    w: NDArray[np.float64],
    *,
    kernel: Kernel,
    rule: Literal["least-squares", "likelihood"],
    least: float = 0.0,
) -> float:
    """Bandwidth by cross-validation, between a fiftieth and twice Scott's rule.

    Parameters
    ----------
    east, north, w : (n,) array
    kernel : Kernel
    rule : {"least-squares", "likelihood"}
    least : float
        Smallest bandwidth that is of use.

    Returns
    -------
    float

    Examples
    --------
    >>> x, y = np.random.default_rng(0).normal(size=(2, 200))
    >>> found = cross_validated(x, y, np.ones(200), kernel="gaussian", rule="likelihood")
    >>> bool(0.2 < found < 0.6)
    True
    """
    from scipy.optimize import minimize_scalar

    thumb = rule_of_thumb(east, north, w)
    by = scores_by_pair if len(east) <= MOST_PLACES else scores_by_lag
    score = by(east, north, w, kernel)[rule]
    low = max(_LEAST * thumb, least)
    trials = np.geomspace(low, max(_MOST * thumb, low * 1.01), _TRIALS)
    found = int(np.argmin([score(each) for each in trials]))
    ends = trials[max(found - 1, 0)], trials[min(found + 1, _TRIALS - 1)]
    best = minimize_scalar(lambda log: score(np.exp(log)), bounds=np.log(ends), method="bounded")
    refined = float(np.exp(best.x))
    return refined if best.fun <= score(trials[found]) else float(trials[found])


def abramson(pilot: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many times the global bandwidth each point has, by the pilot density there.

    Examples
    --------
    >>> abramson(np.array([1.0, 16.0]), np.ones(2)).tolist()
    [2.0, 0.5]
    """
    density = np.maximum(pilot, np.finfo(float).tiny)
    middle = np.exp(np.average(np.log(density), weights=w))
    times = np.sqrt(middle / density)
    return np.asarray(np.clip(times, 1 / _MOST_ADAPTED, _MOST_ADAPTED))
