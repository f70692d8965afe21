"""How much an estimate can be relied on, in three classes.

- amounts, counts, days, rates: by the coefficient of variation, as statistical offices have it
  (Statistics Canada, *Labour Force Survey guide*, section 7): up to 16.6 % good, up to 33.3 % fair,
  above poor.
- shares: by the width of the 95 % interval, since a share near 0 has a large coefficient however
  well it is known: up to 10 points good, up to 30 fair, above poor (30 points is the limit of the
  National Center for Health Statistics; Parker et al. 2017, Vital and Health Statistics 2(175)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "CONFIDENCE",
    "CRITICAL",
    "CV_LIMIT",
    "PRECISIONS",
    "WIDTH_LIMIT",
    "interval_ends",
    "precision",
]

# half of a 95 % interval, in standard errors
CONFIDENCE: Final = 0.95
CRITICAL: Final = 1.959964
PRECISIONS: Final = ("good", "fair", "poor")
# beyond them an estimate is poor
CV_LIMIT: Final = 0.333
WIDTH_LIMIT: Final = 0.30
_CV_LIMITS: Final = (0.166, CV_LIMIT)
_WIDTH_LIMITS: Final = (0.10, WIDTH_LIMIT)


def interval_ends(
    estimate: float, std_error: float, *, share_of: float | None = None
) -> tuple[float, float]:
    """Ends of the interval of a mean of answers, none of them below 0 or above what is whole.

    Parameters
    ----------
    estimate, std_error : float
    share_of : float, optional
        What a share is a share of: 1, or 100 for percentages.

    Examples
    --------
    >>> [round(end, 3) for end in interval_ends(0.9, 0.1, share_of=1)]
    [0.704, 1]
    """
    top = np.inf if share_of is None else share_of
    half = CRITICAL * std_error
    if not np.isfinite(half):
        return np.nan, np.nan
    return max(estimate - half, 0.0), min(estimate + half, top)


def precision(
    estimate: pd.Series[Any],
    std_error: pd.Series[Any],
    *,
    share_of: float | None = None,
    critical: float = CRITICAL,
) -> pd.Series[Any]:
    """Class of each estimate: good, fair or poor.

    Parameters
    ----------
    estimate, std_error : Series
        On one index.
    share_of : float, optional
        What a share is a share of: 1, or 100 for percentages. Without it estimates are amounts.
    critical : float
        Half the width of the interval, in standard errors.

    Returns
    -------
    Series named "precision"
        Missing where estimate or error is.

    Examples
    --------
    >>> import pandas as pd
    >>> precision(pd.Series([10.0, 10.0, 10.0]), pd.Series([1.0, 3.0, 4.0])).tolist()
    ['good', 'fair', 'poor']
    >>> precision(pd.Series([0.02, 0.5]), pd.Series([0.01, 0.1]), share_of=1).tolist()
    ['good', 'poor']
    """
    if share_of is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            measure = std_error / estimate.abs()
        limits = _CV_LIMITS
    else:
        measure, limits = 2 * critical * std_error / share_of, _WIDTH_LIMITS
    place = np.searchsorted(limits, measure.to_numpy(float), side="left")
    found = pd.Series(np.array(PRECISIONS, dtype=object)[place], estimate.index, name="precision")
    return found.mask(estimate.isna() | std_error.isna(), None)
