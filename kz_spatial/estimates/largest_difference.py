"""Critical values of the largest standardised difference among pairs of normal estimates.

For all pairs at once the value is read from draws. For the pairs of one unit, with independent
errors, it follows by quadrature: given the unit's own error the others are independent, so the
probability that no ratio exceeds c is an integral of a product of normal distribution functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["drawn_critical_value", "own_critical_value"]

# draws handled at a time, so that they stay in a processor's cache
_CHUNK = 4096
# of the unit's own error, in its standard errors: nothing beyond 8 counts
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(800)
_NODES, _NODE_WEIGHTS = 8 * _NODES, 8 * _NODE_WEIGHTS


def drawn_critical_value(
    noise: NDArray[np.float64],
    errors: NDArray[np.float64],
    compared: NDArray[np.bool_],
    coverage: float,
) -> float:
    """Quantile of the largest standardised difference among the pairs compared, if none differ.

    Parameters
    ----------
    noise : (draws, n) array
        Errors of the estimates, drawn.
    errors : (n, n) array
        Standard errors of the differences.
    compared : (n, n) array of bool
        Pair j, k: is j compared with k, for being above it?
    coverage : float

    Returns
    -------
    float
        Minus infinity where no pair is compared.
    """
    rows = np.flatnonzero(compared.any(axis=1))
    largest = np.full(len(noise), -np.inf)
    for start in range(0, len(noise), _CHUNK):
        part = noise[start : start + _CHUNK]
        top = largest[start : start + _CHUNK]
        for j in rows:
            others = np.flatnonzero(compared[j])
            gaps = (part[:, [j]] - part[:, others]) / errors[j, others]
            np.maximum(top, gaps.max(axis=1), out=top)
    return float(np.quantile(largest, coverage)) if rows.size else float("-inf")


def own_critical_value(
    unit: int, std_errors: NDArray[np.float64], compared: NDArray[np.bool_], coverage: float
) -> float:
    """The same for pairs that all hold one unit, errors independent between units; no draws.

    Parameters
    ----------
    unit : int
    std_errors : (n,) array
    compared : (n, n) array of bool
        True in the unit's row and column only.
    coverage : float

    Returns
    -------
    float
        Minus infinity where no pair is compared.
    """
    above, below = compared[unit], compared[:, unit]
    others = np.flatnonzero(above | below)
    if not others.size:
        return float("-inf")
    s = std_errors[others]
    gap = np.hypot(std_errors[unit], s)
    z = std_errors[unit] * _NODES[:, None]
    density = _NODE_WEIGHTS * np.exp(-0.5 * _NODES**2) / np.sqrt(2 * np.pi)

    def missing(c: float) -> float:
        # of another unit's error e: (z - e) / gap <= c if compared above, (e - z) / gap <= c below
        most = np.where(below[others], ndtr((z + c * gap) / s), 1.0)
        least = np.where(above[others], ndtr((z - c * gap) / s), 0.0)
        return float(density @ np.clip(most - least, 0, None).prod(axis=1)) - coverage

    # at least the value of one pair, at most Bonferroni's
    least, most = ndtri(coverage), ndtri(1 - (1 - coverage) / (above.sum() + below.sum()))
    return float(brentq(missing, least - 1e-4, most + 1e-4, xtol=1e-10))
