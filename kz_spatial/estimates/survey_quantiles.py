"""Quantiles of a stratified, weighted survey with Woodruff's intervals.

The quantile is the least answer at or below which the weighted share of firms reaches what was
asked. Its interval reads the same weighted distribution at the ends of the interval of the share
of firms at or below the quantile (Woodruff 1952), whose error is design-based (`linearisation`).
So R's `svyquantile(qrule="math", interval.type="mean")`, survey 4.1-1, but for one thing: a share
below that of the smallest answer gives the smallest answer here, and the second smallest there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kz_spatial.errors import CallError
from kz_spatial.estimates.linearisation import (
    Lonely,
    critical_t,
    degrees_of_freedom,
    mean_influence,
    standard_error,
)
from kz_spatial.estimates.sampling import Column, check_coverage, numeric_column, sample_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import StudyDesign

__all__ = ["survey_quantile"]

# shares that differ by less differ by rounding alone
_ROUNDING = 1e-12


def _quantile(values: NDArray[np.float64], shares: NDArray[np.float64], at: float) -> float:
    """Least of the sorted values whose cumulative share reaches `at`; NaN outside 0 to 1."""
    if not 0 <= at <= 1:
        return float("nan")
    place = int(np.searchsorted(shares, at - _ROUNDING))
    return float(values[min(place, len(values) - 1)])


def survey_quantile(
    firms: pd.DataFrame,
    indicator: Column,
    quantile: float = 0.5,
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    lonely: Lonely = "grand-mean",
    coverage: float = 0.95,
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Weighted quantiles of domains with Woodruff's intervals.

    Parameters
    ----------
    firms, indicator, weights, strata, by, lonely, coverage, design
        As in `survey_mean`.
    quantile : float
        Between 0 and 1; 0.5 is the median.

    Returns
    -------
    DataFrame
        Indexed by domain, with `quantile, std_error, ci_low, ci_high, df, n`. The standard error
        is the interval's length over twice its critical value. A bound is NaN where the interval
        of the share leaves 0 to 1: too few firms for that quantile.

    Raises
    ------
    CallError
        When the quantile is not between 0 and 1.
    InputError, NotEnoughDataError
        As in `survey_mean`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.survey_quantile(kz.load_twin(), "epayment_share", by="composite")
    >>> found.loc["almaty", ["quantile", "ci_low", "ci_high"]].tolist()
    [70.0, 65.0, 78.0]
    """
    check_coverage(coverage)
    if not 0 < quantile < 1:
        raise CallError(f"quantile={quantile!r}: expected a number above 0 and below 1")
    sample = sample_of(firms, weights=weights, strata=strata, by=by, design=design)
    values = numeric_column(firms, indicator)
    rows = []
    for place in range(len(sample.index)):
        member = (sample.domain == place) & np.isfinite(values)
        row = dict.fromkeys(("quantile", "std_error", "ci_low", "ci_high"), float("nan"))
        df = degrees_of_freedom(sample.stratum, member)
        if member.any():
            order = np.argsort(values[member])
            y, w = values[member][order], sample.weights[member][order]
            shares = np.cumsum(w) / w.sum()
            found = _quantile(y, shares, quantile)
            share, influence = mean_influence(
                sample.weights, (values <= found).astype(float), member
            )
            t = critical_t(df, coverage)
            half = t * standard_error(influence, sample.stratum, member, lonely)
            low, high = (_quantile(y, shares, share + side * half) for side in (-1, 1))
            row = {
                "quantile": found,
                "std_error": (high - low) / (2 * t),
                "ci_low": low,
                "ci_high": high,
            }
        rows.append({**row, "df": df, "n": int(member.sum())})
    frame = pd.DataFrame(rows, index=sample.index).astype({"df": int, "n": int})
    frame.attrs = {**sample.said, "lonely": lonely}
    return frame
