"""Variances of estimates from a stratified sample, by Taylor linearisation.

An estimate is a smooth function of weighted totals; to first order it varies as the total of its
influence values z_i, one per firm (w_i times the derivative), 0 for firms outside its domain. For
strata h of n_h firms the variance of that total is

    sum_h n_h / (n_h - 1) * sum_(i in h) (z_i - zbar_h)^2

where n_h and zbar_h are those of the whole sample, so that the number of a domain's firms in a
stratum counts as random, as it is. Firms are the primary sampling units. There is no finite
population correction: firms count as if they had been drawn with replacement.

A stratum of a single firm has no variance of its own. What then, with the names of R's option
`survey.lonely.psu` in brackets:

- "grand-mean" ["adjust"]: the firm's influence is taken from 0, its mean over the sample for means,
  ratios and shares; conservative
- "certainty" ["certainty"]: the firm was sure to be drawn and adds nothing
- "remove" ["remove"]: the stratum is left out, which comes to the same number
- "average" ["average"]: it adds as much as the other strata of the domain do on average
- "fail" ["fail"]: an error
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy import stats

from kz_spatial._validate import check_option
from kz_spatial.errors import NotEnoughDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LONELY",
    "Lonely",
    "critical_t",
    "degrees_of_freedom",
    "interval",
    "linearised_covariance",
    "mean_influence",
    "standard_error",
    "weighted_variance",
]

Lonely = Literal["grand-mean", "certainty", "remove", "average", "fail"]
LONELY: Final[tuple[Lonely, ...]] = ("grand-mean", "certainty", "remove", "average", "fail")


def linearised_covariance(
    influence: NDArray[np.float64],
    stratum: NDArray[np.intp],
    lonely: Lonely = "grand-mean",
    member: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Covariance of the totals of influence values over a stratified sample.

    Parameters
    ----------
    influence : (n, p) array
        A column per estimate, 0 outside its domain.
    stratum : (n,) array of int
        0 to H - 1, of every firm of the sample.
    lonely : {"grand-mean", "certainty", "remove", "average", "fail"}
        What a stratum of one firm adds.
    member : (n,) array of bool, optional
        Firms of the domain: its strata are those that "average" and "fail" look at; all by default.

    Returns
    -------
    (p, p) array
        NaN under "average" where all strata of the domain have one firm.

    Raises
    ------
    NotEnoughDataError
        Under "fail", when a stratum of the domain has one firm.
    """
    check_option("lonely", lonely, LONELY)
    size = np.bincount(stratum)
    present = np.flatnonzero(size) if member is None else np.unique(stratum[member])
    alone = int((size[present] == 1).sum())
    if alone and lonely == "fail":
        raise NotEnoughDataError(
            f"{alone} of {len(present)} strata have one firm, expected two or more in each; "
            f"lonely= says what to do: {', '.join(LONELY[:-1])}"
        )
    mean = np.zeros((len(size), influence.shape[1]))
    np.add.at(mean, stratum, influence)
    mean /= np.maximum(size, 1)[:, None]
    if lonely == "grand-mean":
        mean[size == 1] = 0.0
    gap = influence - mean[stratum]
    scale = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)[stratum]
    covariance = (gap * scale[:, None]).T @ gap
    if lonely == "average" and alone:
        kept = len(present) - alone
        covariance *= len(present) / kept if kept else np.nan
    return np.asarray(covariance, dtype=np.float64)


def degrees_of_freedom(stratum: NDArray[np.intp], member: NDArray[np.bool_]) -> int:
    """Firms of a domain less the strata they are in."""
    return int(member.sum()) - len(np.unique(stratum[member]))


def weighted_variance(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Variance of a variable in the population, estimated: n / (n - 1) times the weighted one.

    Parameters
    ----------
    values, weights : (n,) arrays

    Returns
    -------
    float
        NaN with fewer than two firms.
    """
    n = len(values)
    if n < 2:
        return float("nan")
    gap = values - np.average(values, weights=weights)
    return float(n / (n - 1) * np.average(gap**2, weights=weights))


def mean_influence(
    weights: NDArray[np.float64], values: NDArray[np.float64], member: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64]]:
    """Mean of a domain and the influence of each firm on it, 0 outside; NaN mean of nobody."""
    w = np.where(member, weights, 0.0)
    y = np.where(member, values, 0.0)
    total = w.sum()
    if total == 0:
        return float("nan"), w
    mean = float(w @ y / total)
    return mean, w * (y - mean) / total


def standard_error(
    influence: NDArray[np.float64],
    stratum: NDArray[np.intp],
    member: NDArray[np.bool_],
    lonely: Lonely,
) -> float:
    """Standard error of an estimate by its influence values; NaN for fewer than two firms."""
    if member.sum() < 2:
        return float("nan")
    return float(np.sqrt(linearised_covariance(influence[:, None], stratum, lonely, member)[0, 0]))


def critical_t(df: int, coverage: float) -> float:
    """Two-sided critical value of Student's t; NaN without degrees of freedom."""
    return float(stats.t.ppf((1 + coverage) / 2, df)) if df > 0 else float("nan")


def interval(estimate: float, error: float, df: int, coverage: float) -> dict[str, float]:
    """Standard error, interval and degrees of freedom of an estimate, as columns of a row."""
    half = critical_t(df, coverage) * error
    return {"std_error": error, "ci_low": estimate - half, "ci_high": estimate + half, "df": df}
