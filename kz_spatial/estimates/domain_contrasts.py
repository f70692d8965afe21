"""Domains of a stratified survey beside each other: covariances of their means, and differences.

Domains that share strata have means that vary together; two indicators of the same firms do too.
Both follow from the influence values of `design_errors`. The difference of two domains is R's
`svycontrast` on the totals and counts of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from kz_spatial._validate import check_option
from kz_spatial.estimates.linearisation import (
    Lonely,
    degrees_of_freedom,
    interval,
    linearised_covariance,
    mean_influence,
)
from kz_spatial.estimates.sampling import Column, check_coverage, numeric_column, sample_of

if TYPE_CHECKING:
    from kz_spatial.design import StudyDesign

__all__ = ["survey_covariance", "survey_difference"]


def survey_covariance(
    firms: pd.DataFrame,
    indicators: Column | Sequence[str],
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    lonely: Lonely = "grand-mean",
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Covariances of the means of domains, and of several indicators of the same firms.

    Parameters
    ----------
    firms, weights, strata, by, lonely, design
        As in `survey_mean`; "average" and "fail" look at the strata of the whole sample.
    indicators : str or (n,) Series or sequence of str
        One indicator, or several.

    Returns
    -------
    DataFrame
        Square. Rows and columns are domains; with a sequence, domain and indicator. NaN where a
        mean rests on fewer than two firms. What `rank_sets` and `readiness_errors` take as `cov`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.survey_covariance(firms, "epayment_share", strata="sector", by="composite")
    >>> found.shape, round(float(found.loc["almaty", "almaty"]) ** 0.5, 2)
    ((7, 7), 2.36)
    """
    sample = sample_of(firms, weights=weights, strata=strata, by=by, design=design)
    several = not isinstance(indicators, str | pd.Series)
    names: list[Column] = list(indicators) if several else [indicators]
    columns, few, known = [], [], []
    for place in range(len(sample.index)):
        for name in names:
            values = numeric_column(firms, name)
            member = (sample.domain == place) & np.isfinite(values)
            columns.append(mean_influence(sample.weights, values, member)[1])
            known.append(np.isfinite(values))
            few.append(member.sum() < 2)
    answered = np.any(known, axis=0)
    covariance = linearised_covariance(np.column_stack(columns), sample.stratum, lonely, answered)
    covariance[np.array(few), :] = covariance[:, np.array(few)] = np.nan
    index: pd.Index[Any] = sample.index
    if several:
        index = pd.MultiIndex.from_product([index, names], names=[index.name, "indicator"])
    frame = pd.DataFrame(covariance, index=index, columns=index)
    frame.attrs = {**sample.said, "lonely": lonely}
    return frame


def survey_difference(
    firms: pd.DataFrame,
    indicator: Column,
    first: Any,
    second: Any,
    *,
    by: Column,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    lonely: Lonely = "grand-mean",
    coverage: float = 0.95,
    design: StudyDesign | None = None,
) -> pd.Series[Any]:
    """The mean of one domain less that of another, with what they share through common strata.

    Parameters
    ----------
    firms, indicator, by, weights, strata, lonely, coverage, design
        As in `survey_mean`; "average" and "fail" look at the strata of the whole sample.
    first, second : object
        The two domains, as in the index of `survey_mean`.

    Returns
    -------
    Series named "first - second"
        `difference, std_error, ci_low, ci_high, df, t, p`; degrees of freedom are those of the
        firms of both.

    Raises
    ------
    CallError
        When a domain is none of `by`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.survey_difference(firms, "epayment_share", "almaty", "south", by="composite")
    >>> found.name, found.index[:2].tolist()
    ('almaty - south', ['difference', 'std_error'])
    """
    check_coverage(coverage)
    sample = sample_of(firms, weights=weights, strata=strata, by=by, design=design)
    values = numeric_column(firms, indicator)
    estimates, members = [], []
    for each in (first, second):
        check_option("domain", each, list(sample.index))
        member = (sample.domain == sample.index.get_loc(each)) & np.isfinite(values)
        estimates.append(mean_influence(sample.weights, values, member))
        members.append(member)
    (mean, influence), (other, its_influence) = estimates
    both = members[0] | members[1]
    covariance = linearised_covariance(
        (influence - its_influence)[:, None], sample.stratum, lonely, np.isfinite(values)
    )
    error = float(np.sqrt(covariance[0, 0]))
    if min(member.sum() for member in members) < 2:
        error = float("nan")
    df = degrees_of_freedom(sample.stratum, both)
    gap = mean - other
    t = gap / error if error > 0 else float("nan")
    row = {"difference": gap, **interval(gap, error, df, coverage), "t": t}
    row["p"] = float(2 * stats.t.sf(abs(t), df)) if df > 0 else float("nan")
    return pd.Series(row, name=f"{first} - {second}")
