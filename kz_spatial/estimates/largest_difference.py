"""Critical values of the largest standardised difference among pairs of normal estimates.

For all pairs at once the value is read from draws, and so it is where the errors are estimated:
then each draw has errors of its own, by chi-squares with their degrees of freedom. For the pairs of
one unit, with independent errors, it follows by quadrature: given the unit's own error the others
are independent, so the probability that no ratio exceeds c is an integral of a product of normal
distribution functions.
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
    covariance: NDArray[np.float64],
    compared: NDArray[np.bool_],
    coverage: float,
    factors: NDArray[np.float64] | None = None,
) -> float:
    """Quantile of the largest standardised difference among the pairs compared, if none differ.

    Parameters
    ----------
    noise : (draws, n) array
        Errors of the estimates, drawn.
    covariance : (n, n) array
        Of those errors.
    compared : (n, n) array of bool
        Pair j, k: is j compared with k, for being above it?
    coverage : float
    factors : (draws, n) array, optional
        What estimated standard errors are times the true ones, drawn; 1 without it.

    Returns
    -------
    float
        Minus infinity where no pair is compared.
    """
    rows = np.flatnonzero(compared.any(axis=1))
    largest = np.full(len(noise), -np.inf)
    own = np.diag(covariance)
    for start in range(0, len(noise), _CHUNK):
        draws = slice(start, start + _CHUNK)
        part, top = noise[draws], largest[draws]
        for j in rows:
            k = np.flatnonzero(compared[j])
            if factors is None:
                variance = own[j] + own[k] - 2 * covariance[j, k]
            else:
                first, other = factors[draws][:, [j]], factors[draws][:, k]
                variance = own[j] * first**2 + own[k] * other**2
                variance -= 2 * covariance[j, k] * first * other
            gaps = (part[:, [j]] - part[:, k]) / np.sqrt(variance)
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
