"""What a ranking of units can claim: confidence sets for ranks, ties, and chances of each place.

Confidence sets are those of Mogstad, Romano, Shaikh and Wilhelm (2024), Review of Economic Studies
91. Estimates are taken as normal around the true values. Unit j is shown to lie
above unit k where (estimate_j - estimate_k) / error of the difference exceeds a critical value: the
quantile of the largest such ratio, over all pairs compared, when nothing differs. If a of n units
are shown above a unit and b below it, its rank lies from 1 + a to n - b.

- simultaneous: all ordered pairs are compared at once, and all sets hold together
- marginal: a unit's own pairs alone, and each set holds by itself
- stepdown: pairs already told apart leave, the critical value falls, and so on until none leaves

Rank 1 is the largest estimate; equal ones share the smaller rank. True ranks that tie are covered
whichever way the tie is broken.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates.largest_difference import drawn_critical_value, own_critical_value
from kz_spatial.estimates.sampling import check_coverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["rank_bounds", "rank_sets", "tied_groups", "units_of_ranking"]

N_DRAWS = 100_000
SEED = 20240
# a covariance matrix may miss being one by as much as this of its largest entry
_ROUNDING = 1e-8
# a difference whose variance is a smaller share of the two variances has none
_NO_ERROR = 1e-12


def _told_apart(
    ratios: NDArray[np.float64],
    compared: NDArray[np.bool_],
    critical_value: Callable[[NDArray[np.bool_]], float],
    *,
    stepdown: bool,
) -> NDArray[np.bool_]:
    """Pairs j, k of those compared for which j is shown to lie above k."""
    above = np.zeros_like(compared)
    while True:
        left = compared & ~above
        new = left & (ratios > critical_value(left))
        above |= new
        if not stepdown or not new.any():
            return above


def rank_bounds(
    estimates: NDArray[np.float64],
    covariance: NDArray[np.float64],
    coverage: float,
    *,
    simultaneous: bool,
    stepdown: bool,
    n_draws: int,
    seed: int,
    df: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lowest and highest rank that each unit may have.

    Parameters
    ----------
    estimates : (n,) array
    covariance : (n, n) array
        Of their errors.
    coverage : float
    simultaneous, stepdown : bool
    n_draws, seed : int
        Draws of the errors that critical values are read from, but for marginal sets of
        independent estimates with known errors, which are exact.
    df : (n,) array, optional
        Degrees of freedom of the standard errors; they count as known without it.

    Returns
    -------
    low, high : (n,) arrays of int
    """
    n = len(estimates)
    variances = np.diag(covariance)
    squared = variances[:, None] + variances - 2 * covariance
    # differences without error: what estimates share to the last
    known = squared <= _NO_ERROR * (variances[:, None] + variances)
    gaps = estimates[:, None] - estimates
    ratios = gaps / np.sqrt(np.where(known, 1.0, squared))
    sure = known & (gaps > 0)
    pairs = ~known
    exact = df is None and not simultaneous and not covariance[~np.eye(n, dtype=bool)].any()
    noise, factors = np.empty((0, n)), None
    if not exact:
        # a positive semi-definite square root: scores of few units have singular covariances
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.clip(values, 0, None))
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal((n_draws, n)) @ root.T
        if df is not None:
            infinite = np.isinf(df)
            finite = np.where(infinite, 1.0, df)
            factors = np.sqrt(rng.chisquare(finite, (n_draws, n)) / finite)
            factors[:, infinite] = 1.0

    def drawn(left: NDArray[np.bool_]) -> float:
        return drawn_critical_value(noise, covariance, left, coverage, factors)

    if simultaneous:
        above = sure | _told_apart(ratios, pairs, drawn, stepdown=stepdown)
        return 1 + above.sum(axis=0), n - above.sum(axis=1)
    low, high = np.empty(n, dtype=np.intp), np.empty(n, dtype=np.intp)
    for i in range(n):
        own = np.zeros_like(pairs)
        own[i, :] = own[:, i] = True
        own_value = partial(own_critical_value, i, np.sqrt(variances), coverage=coverage)
        critical = own_value if exact else drawn
        above = sure | _told_apart(ratios, own & pairs, critical, stepdown=stepdown)
        low[i], high[i] = 1 + above[:, i].sum(), n - above[i].sum()
    return low, high


def _square(cov: Any, index: pd.Index[Any]) -> NDArray[np.float64]:
    """A covariance matrix in the order of the estimates."""
    if isinstance(cov, pd.DataFrame):
        missing = [*index.difference(cov.index), *index.difference(cov.columns)]
        if missing:
            raise InputError(f"cov: found no row and column {missing[0]!r}, expected one per unit")
        cov = cov.loc[index, index]
    matrix = np.asarray(cov, dtype=np.float64)
    if matrix.shape != (len(index), len(index)):
        raise InputError(f"cov: found shape {matrix.shape}, expected {len(index)} rows and columns")
    return matrix


def _check_covariance(matrix: NDArray[np.float64]) -> None:
    """Raise `InputError` unless a matrix without missing values is a covariance matrix."""
    scale = _ROUNDING * np.abs(matrix).max()
    if not np.allclose(matrix, matrix.T, rtol=0, atol=scale):
        raise InputError("cov: found a matrix that is not symmetric")
    if np.linalg.eigvalsh(matrix).min() < -scale * len(matrix):
        raise InputError("cov: found a matrix with a negative eigenvalue, which is no covariance")


def units_of_ranking(
    estimates: pd.Series[Any], std_errors: pd.Series[Any] | None, cov: Any = None
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Which units take part, their estimates, and the covariance of the errors.

    Parameters
    ----------
    estimates : (n,) Series
    std_errors : (n,) Series or None
        On the same index.
    cov : (n, n) DataFrame or array, optional

    Returns
    -------
    use : (n,) array of bool
        Units with an estimate and an error.
    values : (m,) array
    covariance : (m, m) array

    Raises
    ------
    InputError
        When indices differ, an error is not above 0, or `cov` is none or has other variances.
    NotEnoughDataError
        When fewer than two units have both.
    """
    if not estimates.index.is_unique:
        raise InputError("estimates: found a unit twice, expected each once")
    values = estimates.to_numpy(dtype=np.float64, na_value=np.nan)
    if std_errors is None and cov is None:
        raise CallError("std_errors=None: expected standard errors, or cov=")
    matrix = _square(cov, estimates.index) if cov is not None else None
    if std_errors is not None:
        if len(std_errors) != len(estimates) or set(std_errors.index) != set(estimates.index):
            raise InputError("std_errors: found other units than those of the estimates")
        errors = std_errors.reindex(estimates.index).to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        errors = np.sqrt(np.clip(np.diag(matrix), 0, None))  # type: ignore[arg-type]
    matrix = np.diag(errors**2) if matrix is None else matrix
    use = np.isfinite(values) & np.isfinite(errors) & np.isfinite(np.diag(matrix))
    if use.sum() < 2:
        raise NotEnoughDataError(f"found {use.sum()} units with estimate and error, expected two")
    bad = estimates.index[use & ~(errors > 0)]
    if len(bad):
        raise InputError(
            f"std_errors: unit {bad[0]!r}: found {errors[use & ~(errors > 0)][0]}, expected an "
            "error above 0, or none where it is not known"
        )
    matrix = matrix[np.ix_(use, use)]
    if not np.isfinite(matrix).all():
        raise InputError("cov: found a missing covariance between units that have variances")
    _check_covariance(matrix)
    if not np.allclose(np.diag(matrix), errors[use] ** 2, rtol=1e-6):
        raise InputError("cov: its diagonal holds other variances than std_errors squared")
    return use, values[use], matrix


def _degrees_of_freedom(df: pd.Series[Any], units: pd.Index[Any]) -> NDArray[np.float64]:
    """Degrees of freedom of the units that take part, each above 0."""
    known = df.reindex(units).to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~(known > 0))
    if bad.size:
        raise InputError(
            f"df: unit {units[bad[0]]!r}: found {known[bad[0]]}, expected a number above 0"
        )
    return np.asarray(known, dtype=np.float64)


def rank_sets(
    estimates: pd.Series[Any],
    std_errors: pd.Series[Any] | None = None,
    *,
    coverage: float = 0.95,
    simultaneous: bool = True,
    cov: pd.DataFrame | NDArray[np.float64] | None = None,
    df: pd.Series[Any] | None = None,
    stepdown: bool = True,
    n_draws: int = N_DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Confidence sets for the ranks of units, rank 1 the largest estimate.

    Parameters
    ----------
    estimates : (n,) Series
        By unit. Where less is better, give their negatives.
    std_errors : (n,) Series, optional
        Standard errors of the estimates; those of `cov` without it.
    coverage : float
        Probability that the sets hold the true ranks: all of them at once if simultaneous, each
        by itself otherwise.
    simultaneous : bool
    cov : (n, n) DataFrame or array, optional
        Covariance of the estimates; independent without it. See `survey_covariance` and
        `readiness_errors`.
    df : (n,) Series, optional
        Degrees of freedom of the standard errors, as `survey_mean` gives them; infinite for known
        ones. Without it all errors count as known, as csranks has it.
    stepdown : bool
        Tighter sets of the same coverage.
    n_draws, seed : int
        Draws that critical values are read from; with the default the values are right to about
        0.005, so that another seed can move a bound by one. Marginal sets of independent estimates
        need none, unless `df` is given.

    Returns
    -------
    DataFrame
        On the index of the estimates: `rank, low, high`, whole numbers; missing for units without
        an estimate or an error, which take no part. `.attrs` holds what was asked.

    Raises
    ------
    InputError
        When indices differ, an error is not above 0, or `cov` is no covariance matrix of these.
    NotEnoughDataError
        With fewer than two units.

    Notes
    -----
    Coverage is that of normal estimates. Errors from few firms that count as known make the sets
    too short: with 20 equal units of ten firms each, simultaneous sets of 95 % held all true ranks
    in three quarters of trials. Give `df` then. `python benchmarks/rank_sets.py` prints such
    trials.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> scores = pd.Series({"north": 3.0, "south": 0.0, "west": 0.5})
    >>> errors = pd.Series({"north": 0.4, "south": 0.4, "west": 0.4})
    >>> kz.rank_sets(scores, errors).to_numpy().tolist()
    [[1, 1, 1], [3, 2, 3], [2, 2, 3]]
    """
    check_coverage(coverage)
    check_count("n_draws", n_draws, 1000)
    check_count("seed", seed, 0)
    use, values, covariance = units_of_ranking(estimates, std_errors, cov)
    asked = {"simultaneous": bool(simultaneous), "stepdown": bool(stepdown)}
    freedom = None if df is None else _degrees_of_freedom(df, estimates.index[use])
    low, high = rank_bounds(
        values, covariance, coverage, n_draws=n_draws, seed=seed, df=freedom, **asked
    )
    rank = pd.Series(values).rank(ascending=False, method="min").to_numpy()
    frame = pd.DataFrame({"rank": rank, "low": low, "high": high}, index=estimates.index[use])
    frame = frame.astype("int64")
    frame = frame if use.all() else frame.astype("Int64").reindex(estimates.index)
    frame.attrs = {"coverage": coverage, **asked, "n_draws": n_draws, "seed": seed}
    return frame


def tied_groups(sets: pd.DataFrame) -> pd.Series[Any]:
    """Groups of units that the data do not tell apart: stretches of ranks that overlap.

    Parameters
    ----------
    sets : DataFrame
        From `rank_sets`; simultaneous ones, if the groups are to hold together.

    Returns
    -------
    Series named "group"
        On the same index, 1 for the group of the first ranks. Every unit of a group ranks above
        every unit of a later one, with the coverage of the sets; inside a group nothing is claimed,
        though the ends of a long one may be told apart. Missing for units without a set.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> scores = pd.Series({"north": 3.0, "south": 0.0, "west": 0.5})
    >>> kz.tied_groups(kz.rank_sets(scores, scores * 0 + 0.4)).to_dict()
    {'north': 1, 'south': 2, 'west': 2}
    """
    ordered = sets.dropna().sort_values(["low", "high"], kind="stable")
    reach = ordered["high"].cummax().shift(fill_value=0)
    group = ordered["low"].gt(reach).cumsum().astype("int64")
    group = group if len(group) == len(sets) else group.astype("Int64")
    return group.reindex(sets.index).rename("group")
