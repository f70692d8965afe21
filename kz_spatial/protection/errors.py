"""Errors of cells of few firms, from variances pooled over units.

Mean, deviation and n of a dozen whole numbers can be solved for the answers: a mean with an error
of two digits tells all of them in four fifths of cells of five firms and a third of cells of ten.
So below `smooth_below` firms deviation and error come from one variance within units, that of the
coarsest level, pooled over all its units; over the larger ones alone where only one is small, since
subtraction would tell its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["Spread", "pooled_spread", "smooth_errors"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance within units, and by how much the design inflates that of a mean.

    Attributes
    ----------
    variance, effect : float
        NaN where units were too few to pool.
    """

    variance: float
    effect: float


def pooled_spread(
    sd: NDArray[np.float64],
    se: NDArray[np.float64],
    n: NDArray[np.float64],
    shown: NDArray[np.bool_],
    rules: DisclosureRules,
) -> Spread:
    """Variance within the units of a level, weighted by their degrees of freedom.

    Parameters
    ----------
    sd, se, n : (n_units,) arrays
    shown : (n_units,) array of bool
        Units whose mean is shown; the others take no part.
    rules : DisclosureRules

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> n = np.array([41.0, 16.0])
    >>> pooled_spread(np.array([2.0, 9.0]), np.array([0.3, 2.25]), n, n > 0, SURVEY).variance
    4.0
    """
    use = shown & np.isfinite(sd) & np.isfinite(se)
    small = use & (n < rules.smooth_below)
    if small.sum() == 1:
        use &= ~small
    if not use.any():
        return Spread(float("nan"), float("nan"))
    variance = float(np.average(sd[use] ** 2, weights=n[use] - 1))
    varied = use & (sd > 0)
    if not varied.any():
        return Spread(variance, 1.0)
    effects = se[varied] ** 2 * n[varied] / sd[varied] ** 2
    return Spread(variance, float(np.average(effects, weights=n[varied] - 1)))


def smooth_errors(
    sd: NDArray[np.float64],
    se: NDArray[np.float64],
    n: NDArray[np.float64],
    small: NDArray[np.bool_],
    spread: Spread,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Deviation and error of every unit as they are shown.

    Parameters
    ----------
    sd, se, n : (n_units,) arrays
    small : (n_units,) array of bool
        Units that take the pooled ones.
    spread : Spread

    Examples
    --------
    >>> sd, se = smooth_errors(
    ...     np.array([2.0, 9.0]), np.array([0.3, 2.25]), np.array([41.0, 16.0]),
    ...     np.array([False, True]), Spread(4.0, 1.0))
    >>> sd.tolist(), se.tolist()
    ([2.0, 2.0], [0.3, 0.5])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(spread.variance * spread.effect / n)
    return np.where(small, np.sqrt(spread.variance), sd), np.where(small, error, se)
