"""Values made comparable where they rest on unequal numbers, for tests of spatial pattern.

A rate over few people, or a mean over few firms, strays far by chance alone; left as they are, such
units carry a test of pattern. Each value is set against what it would vary by if only chance and
the spread between units were at work, z = (value - overall) / sqrt(between + within / n):

- rates: Assunção and Reis (1999), Statistics in Medicine 18, 2147-2162; `within` is the overall
  rate, and a `between` that comes out negative counts as 0, as in spdep and GeoDa (esda keeps it
  for units whose variance stays positive)
- means: the same idea with `within` the variance of firms pooled over units and `between` by the
  method of moments, not below 0 (Searle, Casella and McCulloch, 1992, *Variance Components*,
  ch. 3; with variances within / n it is DerSimonian and Laird's estimator)

Feed the result to `moran`, `local_moran`, `geary` or `bivariate_moran`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours.unit_values import checked_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["empirical_bayes_means", "empirical_bayes_rates", "smoothed_rates"]


def _columns(**columns: pd.Series[Any]) -> pd.DataFrame:
    """Columns on the first one's index; rows that lack a value are NaN throughout."""
    first = next(iter(columns.values()))
    frame = pd.DataFrame(
        {name: checked_values(each, name).reindex(first.index) for name, each in columns.items()}
    )
    return frame.where(frame.notna().all(axis=1))


def _check_least(frame: pd.DataFrame, name: str, least: float, *, above: bool = False) -> None:
    values = frame[name].dropna()
    low = values[values <= least] if above else values[values < least]
    if len(low):
        raise InputError(
            f"{name}: found {low.iloc[0]:g} for {low.index[0]!r}, expected "
            f"{'more than' if above else 'at least'} {least:g}"
        )


def _scored(value: pd.Series[Any], overall: float, variance: NDArray[np.float64]) -> pd.Series[Any]:
    # a deviation of equal answers is rounding, not nought
    if not (np.sqrt(variance) > ROUNDING * value.abs().max()).all():
        raise NotEnoughDataError(
            "empirical Bayes: the values do not vary, neither within units nor between them"
        )
    return ((value - overall) / np.sqrt(variance)).rename("z")


def _moments(known: pd.DataFrame) -> tuple[pd.Series[Any], float, float, pd.Series[Any]]:
    """Rates, the overall rate, and their variance between units and within each."""
    if len(known) < 2 or not known["events"].any():
        raise NotEnoughDataError(
            f"events: found {len(known)} units and "
            f"{known['events'].sum():g} events, expected 2 units and an event"
        )
    n = known["base"]
    rate = known["events"] / n
    overall = float(known["events"].sum() / n.sum())
    between = float((n * (rate - overall) ** 2).sum() / n.sum()) - overall / float(n.mean())
    return rate, overall, max(between, 0.0), overall / n


def empirical_bayes_rates(events: pd.Series[Any], base: pd.Series[Any]) -> pd.Series[Any]:
    """Rates events / base as z-scores of equal variance.

    Parameters
    ----------
    events : Series
        Counts by unit, 0 or more.
    base : Series
        What they are counted among, such as people or firms; above 0.

    Returns
    -------
    Series named "z"
        On the index of `events`, NaN where either is missing.

    Raises
    ------
    InputError
        When a count is below 0, a base is not above 0, or all counts are 0.
    NotEnoughDataError
        When nothing varies.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> events, base = pd.Series([30, 25, 25, 15]), pd.Series([100, 100, 110, 90])
    >>> kz.empirical_bayes_rates(events, base).round(3).tolist()
    [1.282, 0.256, -0.22, -1.379]
    """
    frame = _columns(events=events, base=base)
    _check_least(frame, "events", 0)
    _check_least(frame, "base", 0, above=True)
    rate, overall, between, within = _moments(frame.dropna())
    return _scored(rate, overall, (between + within).to_numpy()).reindex(events.index)


def smoothed_rates(events: pd.Series[Any], base: pd.Series[Any]) -> pd.Series[Any]:
    """Rates events / base drawn toward the overall rate, the more the smaller the base.

    Marshall's (1991) global empirical Bayes estimate, as spdep's `EBest` has it, and
    `esda.smoothing.Empirical_Bayes` where rates vary more than chance makes them. Smoothed
    rates are drawn together already, so that no pattern test is meant for them: use
    `empirical_bayes_rates` there.

    Parameters
    ----------
    events : Series
        Counts by unit, 0 or more.
    base : Series
        What they are counted among; above 0.

    Returns
    -------
    Series named "smoothed"
        On the index of `events`, in events per unit of base; NaN where either is missing.

    Raises
    ------
    InputError
        When a count is below 0 or a base is not above 0.
    NotEnoughDataError
        When fewer than two units are known, or there are no events.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> events, base = pd.Series([60, 25, 1]), pd.Series([1000, 1000, 10])
    >>> kz.smoothed_rates(events, base).round(4).tolist()
    [0.0575, 0.0275, 0.046]
    """
    frame = _columns(events=events, base=base)
    _check_least(frame, "events", 0)
    _check_least(frame, "base", 0, above=True)
    rate, overall, between, within = _moments(frame.dropna())
    found = overall + between / (between + within) * (rate - overall)
    return found.rename("smoothed").reindex(events.index)


def empirical_bayes_means(
    means: pd.Series[Any], deviations: pd.Series[Any], counts: pd.Series[Any]
) -> pd.Series[Any]:
    """Means of unequal n as z-scores of equal variance.

    Parameters
    ----------
    means, deviations : Series
        Mean and standard deviation of the answers by unit.
    counts : Series
        Answers by unit, above 1; with survey weights, effective ones, (deviation / error)^2.

    Returns
    -------
    Series named "z"
        On the index of `means`, NaN where any of the three is missing.

    Raises
    ------
    InputError
        When a deviation is below 0 or a count not above 1.
    NotEnoughDataError
        With fewer than two units, or when nothing varies.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())
    >>> parts = [table[f"epayment_share_{part}"] for part in ("mean", "sd", "n")]
    >>> z = kz.empirical_bayes_means(*parts)
    >>> kz.moran(z, kz.contiguity(kz.composites(detail="light"))).method
    'exact'
    """
    frame = _columns(means=means, deviations=deviations, counts=counts)
    _check_least(frame, "deviations", 0)
    _check_least(frame, "counts", 1, above=True)
    known = frame.dropna()
    k = len(known)
    if k < 2:
        raise NotEnoughDataError(f"means: found {k} units with all values, expected at least 2")
    y, n = known["means"].to_numpy(), known["counts"].to_numpy()
    total = float(n.sum())
    within = float(((n - 1) * known["deviations"].to_numpy() ** 2).sum()) / (total - k)
    pooled = float((n * y).sum()) / total
    spread = float((n * (y - pooled) ** 2).sum()) - (k - 1) * within
    between = max(spread / (total - float((n**2).sum()) / total), 0.0)
    variance = between + within / n
    # each unit counts by its own precision, so that few answers do not pull the overall mean
    overall = float((y / variance).sum() / (1 / variance).sum()) if variance.all() else pooled
    return _scored(known["means"], overall, variance).reindex(means.index)
