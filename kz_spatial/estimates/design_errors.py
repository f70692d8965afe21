"""Means, totals, ratios and shares of a stratified, weighted survey, with design-based errors.

Definitions, for the firms i of a domain that answered, with weights w and answers y and x:

- mean: sum(w y) / sum(w); influence w (y - mean) / sum(w)
- total: sum(w y), of the firms that answered; influence w y
- ratio: sum(w y) / sum(w x); influence w (y - ratio x) / sum(w x)
- share: the mean of 1 for firms with the value and 0 for others; interval on the logit scale

Variances are those of `linearisation`: a domain is a part of the sample, whose strata enter whole.
Intervals are estimate +- t * std_error with the domain's degrees of freedom: its firms with an
answer less the strata that they are in. The numbers are those of R's survey (4.1-1): `svymean`,
`svytotal`, `svyratio` and `svyciprop(method="xlogit")` on a subset of the design.

Design effect: the variance beside that of a simple random sample of as many firms. "replacement"
(default; R's deff="replace") takes that sample with replacement, as the variance itself does, and
does not depend on the scale of the weights. "no-replacement" (R's deff=TRUE) takes it without,
where the weights sum to the number of firms in the country. Effective n is n / deff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.estimates.linearisation import (
    Lonely,
    critical_t,
    degrees_of_freedom,
    interval,
    mean_influence,
    standard_error,
    weighted_variance,
)
from kz_spatial.estimates.sampling import (
    Column,
    Sample,
    check_coverage,
    column_of,
    numeric_column,
    sample_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import StudyDesign

__all__ = [
    "survey_mean",
    "survey_ratio",
    "survey_share",
    "survey_total",
]

Comparison = Literal["replacement", "no-replacement"]
COMPARISONS: Final[tuple[Comparison, ...]] = ("replacement", "no-replacement")


def _random_sample_variance(
    values: NDArray[np.float64], weights: NDArray[np.float64], comparison: Comparison
) -> float:
    """Variance of the mean of a simple random sample of as many firms."""
    n, total = len(values), weights.sum()
    if n < 2:
        return float("nan")
    left = 1.0 if comparison == "replacement" else (total - n) / total
    return weighted_variance(values, weights) / n * left if left > 0 else float("nan")


def _finished(rows: list[dict[str, float]], sample: Sample, lonely: Lonely) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=sample.index)
    frame = frame.astype({name: int for name in ("df", "n") if name in frame})
    frame.attrs = {**sample.said, "lonely": lonely}
    return frame


def _with_effect(row: dict[str, float], n: int, reference: float) -> dict[str, float]:
    """A row with design effect, n and effective n."""
    deff = row["std_error"] ** 2 / reference if reference > 0 else float("nan")
    return {**row, "deff": deff, "n": n, "effective_n": n / deff if deff > 0 else float("nan")}


def survey_mean(
    firms: pd.DataFrame,
    indicator: Column,
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    lonely: Lonely = "grand-mean",
    coverage: float = 0.95,
    compared_with: Comparison = "replacement",
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Weighted means of domains with design-based standard errors.

    Parameters
    ----------
    firms : DataFrame
        All firms of the sample: a domain's variance needs every stratum whole.
    indicator : str or (n,) Series
        Answers, missing ones left out.
    weights, strata : str or (n,) Series or False, optional
        By default the first of the design's columns that the table has; False for none.
    by : str or (n,) Series, optional
        Domains: "oblast", the name of the grouping, another column, or values. Without it all
        firms are one.
    lonely : {"grand-mean", "certainty", "remove", "average", "fail"}
        What a stratum of one firm adds; see `kz_spatial.estimates.linearisation`.
    coverage : float
        Of the intervals.
    compared_with : {"replacement", "no-replacement"}
        The simple random sample that the design effect compares with.
    design : StudyDesign, optional
        By default the one that the table was read by, else the published study's.

    Returns
    -------
    DataFrame
        Indexed by domain, with `mean, std_error, ci_low, ci_high, df, deff, n, effective_n`; NaN
        where nobody answered, no error for a lone firm, no interval without degrees of freedom.
        `.attrs` names weights and strata, and counts strata and those of one firm.

    Raises
    ------
    InputError
        When a column is missing, a weight is not above 0, a stratum is unknown, a code is no unit.
    NotEnoughDataError
        Under lonely="fail", when a stratum has one firm.

    Notes
    -----
    No finite population correction. Source: Lumley (2010), Complex Surveys, ch. 2; Binder (1983).

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.survey_mean(firms, "epayment_share", strata="sector", by="composite")
    >>> found.loc["almaty", ["mean", "std_error"]].round(2).tolist()
    [66.03, 2.36]
    """
    check_coverage(coverage)
    check_option("compared_with", compared_with, COMPARISONS)
    sample = sample_of(firms, weights=weights, strata=strata, by=by, design=design)
    values = numeric_column(firms, indicator)
    rows = []
    for place in range(len(sample.index)):
        member = (sample.domain == place) & np.isfinite(values)
        mean, influence = mean_influence(sample.weights, values, member)
        df = degrees_of_freedom(sample.stratum, member)
        error = standard_error(influence, sample.stratum, member, lonely)
        row = {"mean": mean, **interval(mean, error, df, coverage)}
        one = _random_sample_variance(values[member], sample.weights[member], compared_with)
        rows.append(_with_effect(row, int(member.sum()), one))
    return _finished(rows, sample, lonely)


def survey_total(
    firms: pd.DataFrame,
    indicator: Column,
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    lonely: Lonely = "grand-mean",
    coverage: float = 0.95,
    compared_with: Comparison = "replacement",
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Totals over the firms that answered, with design-based standard errors.

    Parameters
    ----------
    firms, indicator, weights, strata, by, lonely, coverage, compared_with, design
        As in `survey_mean`. The total counts what the weights count: firms of the country where
        they are inverse chances of being drawn. Under "grand-mean" a firm alone in its stratum
        adds the square of its weighted answer, as in R.

    Returns
    -------
    DataFrame
        As from `survey_mean`, `total` in place of `mean`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.survey_total(firms, "product_innovation", by="composite")
    >>> round(found.loc["almaty", "total"])
    993
    """
    check_coverage(coverage)
    check_option("compared_with", compared_with, COMPARISONS)
    sample = sample_of(firms, weights=weights, strata=strata, by=by, design=design)
    values = numeric_column(firms, indicator)
    rows = []
    for place in range(len(sample.index)):
        member = (sample.domain == place) & np.isfinite(values)
        influence = np.where(member, sample.weights * np.where(member, values, 0.0), 0.0)
        total = float(influence.sum()) if member.any() else float("nan")
        df = degrees_of_freedom(sample.stratum, member)
        row = {
            "total": total,
            **interval(
                total, standard_error(influence, sample.stratum, member, lonely), df, coverage
            ),
        }
        w = sample.weights[member]
        one = _random_sample_variance(values[member], w, compared_with) * w.sum() ** 2
        rows.append(_with_effect(row, int(member.sum()), one))
    return _finished(rows, sample, lonely)


def survey_ratio(
    firms: pd.DataFrame,
    numerator: Column,
    denominator: Column,
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    lonely: Lonely = "grand-mean",
    coverage: float = 0.95,
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Ratios of two totals over the firms that answered both.

    Parameters
    ----------
    firms, weights, strata, by, lonely, coverage, design
        As in `survey_mean`.
    numerator, denominator : str or (n,) Series

    Returns
    -------
    DataFrame
        Indexed by domain, with `ratio, std_error, ci_low, ci_high, df, n`; NaN where the
        denominators sum to 0.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.survey_ratio(firms, "permit_days", "outages_per_month", by="composite")
    >>> found.columns.tolist()
    ['ratio', 'std_error', 'ci_low', 'ci_high', 'df', 'n']
    """
    check_coverage(coverage)
    sample = sample_of(firms, weights=weights, strata=strata, by=by, design=design)
    above, below = numeric_column(firms, numerator), numeric_column(firms, denominator)
    rows = []
    for place in range(len(sample.index)):
        member = (sample.domain == place) & np.isfinite(above) & np.isfinite(below)
        w = np.where(member, sample.weights, 0.0)
        y, x = np.where(member, above, 0.0), np.where(member, below, 0.0)
        base = w @ x
        ratio = float(w @ y / base) if base else float("nan")
        influence = w * (y - ratio * x) / base if base else np.full(len(w), np.nan)
        df = degrees_of_freedom(sample.stratum, member)
        error = standard_error(influence, sample.stratum, member, lonely)
        row = {"ratio": ratio, **interval(ratio, error, df, coverage)}
        rows.append({**row, "n": int(member.sum())})
    return _finished(rows, sample, lonely)


def survey_share(
    firms: pd.DataFrame,
    column: Column,
    value: Any,
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    lonely: Lonely = "grand-mean",
    coverage: float = 0.95,
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Shares of firms with a value among those that have any, intervals on the logit scale.

    Parameters
    ----------
    firms, weights, strata, by, lonely, coverage, design
        As in `survey_mean`.
    column : str or (n,) Series
    value : object
        What firms are counted for: 1 of a yes/no item, or a name such as "Retail".

    Returns
    -------
    DataFrame
        As from `survey_mean`, `share` in place of `mean`. The interval stays within 0 and 1; there
        is none where all firms of the domain agree.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.survey_share(firms, "size", "small", by="composite")
    >>> bool(found["share"].between(0, 1).all())
    True
    """
    answered = column_of(firms, column, "column")
    counted = answered.eq(value).astype(float).mask(answered.isna()).to_numpy(np.float64)
    asked = pd.Series(counted, firms.index, name=str(answered.name))
    frame = survey_mean(
        firms,
        asked,
        weights=weights,
        strata=strata,
        by=by,
        lonely=lonely,
        coverage=coverage,
        design=design,
    ).rename(columns={"mean": "share"})
    p = frame["share"].to_numpy()
    t = np.array([critical_t(df, coverage) for df in frame["df"]])
    inside = (p > 0) & (p < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(p / (1 - p))
        half = t * frame["std_error"].to_numpy() / (p * (1 - p))
        for name, at in (("ci_low", logit - half), ("ci_high", logit + half)):
            frame[name] = np.where(inside, 1 / (1 + np.exp(-at)), np.nan)
    return frame
