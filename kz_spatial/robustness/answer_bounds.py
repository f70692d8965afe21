"""Bounds of a mean, whatever those would have said who did not answer.

A mean lies between its values with all missing answers at the lowest and at the highest possible
one (Manski 1989, Journal of Human Resources 24). Intervals cover the mean itself, as a point
between the bounds: Imbens and Manski (2004), Econometrica 72.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial.design import design_of
from kz_spatial.errors import CallError, InputError
from kz_spatial.estimates import survey_mean
from kz_spatial.robustness.response import SILENT, statuses_of

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["response_bounds"]


def _imbens_manski(width: float, low: float, high: float, coverage: float) -> float:
    """Errors to add on either side so that a point between the bounds is covered."""
    from scipy import optimize, stats

    largest = max(low, high)
    if not largest > 0:
        return 0.0 if largest == 0 else np.nan
    return float(
        optimize.brentq(
            lambda c: stats.norm.cdf(c + width / largest) - stats.norm.cdf(-c) - coverage, 0, 10
        )
    )


def response_bounds(
    firms: pd.DataFrame,
    indicator: str,
    *,
    low: float = 0.0,
    high: float | None = None,
    by: str | None = None,
    weights: str | None = None,
    silent: Collection[str] = SILENT,
    coverage: float = 0.95,
) -> pd.DataFrame:
    """Bounds of a mean whatever those would have said who did not answer.

    Parameters
    ----------
    firms : DataFrame
        A firm table of `read_survey` or `load_twin`.
    indicator : str
        In the corrected coding.
    low, high : float
        Smallest and largest possible answer, in units of the indicator. The largest is 1 for a
        share and 100 for a percentage by default; anything else has none, and needs one.
    by : str, optional
        "oblast", the name of the grouping, or another column; all firms are one without it.
    weights : str, optional
        Column of survey weights; every firm counts once without.
    silent : collection of str
        Statuses that count as not answering; others are no part of the population. Firms that
        were not asked and whose value the skip rule gives are.
    coverage : float
        Of the intervals, each a cover of the mean itself.

    Returns
    -------
    DataFrame
        By domain: n_firms, n_known, share_silent (weighted), mean (of firms with a value),
        lower, upper, lower_se, upper_se, ci_low, ci_high, in units of the indicator.

    Raises
    ------
    CallError
        When there is no such indicator or status, or no largest answer.
    InputError
        When an answer lies outside of low and high, or the table does not say what became of
        answers.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.response_bounds(kz.load_twin(), "outages_per_month", high=30)
    >>> found.loc["all", ["n_firms", "n_known", "lower", "upper"]].round(3).tolist()
    [1013.0, 991.0, 0.628, 1.279]
    """
    design = design_of(firms)
    status, asked, given = statuses_of(firms, indicator, silent, design)
    rule = design.by_name[indicator].rule
    top = high if high is not None else (1.0 if rule.is_share else rule.upper)
    if not np.isfinite(top) or not low < top:
        raise CallError(
            f"high={high}: {indicator} has no largest possible answer above {low:g}, expected one"
        )
    answered = status.eq("answered") | given
    asked |= given
    said = firms.loc[answered, indicator]
    if not said.between(low, top).all():
        raise InputError(
            f"firm table: column {indicator}: found {said.min():g} to {said.max():g}, expected "
            f"{low:g} to {top:g}"
        )
    known = firms[indicator].where(answered).astype(float)

    def mean(values: pd.Series[Any]) -> pd.DataFrame:
        plain = weights if weights is not None else False
        return survey_mean(firms, values, weights=plain, strata=False, by=by, coverage=coverage)

    lower, upper = mean(known.fillna(low).where(asked)), mean(known.fillna(top).where(asked))
    share, seen = mean((~answered).astype(float).where(asked)), mean(known)
    ends = zip(upper["mean"] - lower["mean"], lower["std_error"], upper["std_error"], strict=True)
    c = np.array([_imbens_manski(*each, coverage) for each in ends])
    return pd.DataFrame(
        {
            "n_firms": lower["n"],
            "n_known": seen["n"],
            "share_silent": share["mean"],
            "mean": seen["mean"],
            "lower": lower["mean"],
            "upper": upper["mean"],
            "lower_se": lower["std_error"],
            "upper_se": upper["std_error"],
            "ci_low": lower["mean"] - c * lower["std_error"],
            "ci_high": upper["mean"] + c * upper["std_error"],
        }
    )
