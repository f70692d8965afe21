"""A row per coefficient: estimate, error, test and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial.errors import CallError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["coefficient_table", "normal_table"]


def coefficient_table(
    estimate: NDArray[np.float64],
    error: NDArray[np.float64],
    index: pd.Index[Any],
    level: float,
    *,
    df: NDArray[np.float64] | float | None = None,
    name: str = "coefficient",
) -> pd.DataFrame:
    """Estimates with errors, tests against zero and intervals.

    Parameters
    ----------
    estimate, error : (k,) arrays
    index : Index
        The k names.
    level : float
        Coverage of the intervals.
    df : (k,) array or float, optional
        Degrees of freedom of the t distribution; the normal one without.
    name : str
        Column of the estimates.

    Returns
    -------
    DataFrame
        `name`, std_error, t (z without `df`), p (two-sided), ci_low, ci_high.

    Raises
    ------
    CallError
        When the level is no share between 0 and 1.
    """
    from scipy import stats

    if not 0 < level < 1:
        raise CallError(f"level={level}: expected a share between 0 and 1")
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / error
    distribution = stats.norm() if df is None else stats.t(df)
    margin = distribution.ppf(0.5 + level / 2) * error
    columns = {
        name: estimate,
        "std_error": error,
        "z" if df is None else "t": statistic,
        "p": 2 * distribution.sf(np.abs(statistic)),
        "ci_low": estimate - margin,
        "ci_high": estimate + margin,
    }
    return pd.DataFrame(columns, index=index)


def normal_table(
    estimate: NDArray[np.float64], error: NDArray[np.float64], index: pd.Index[Any]
) -> pd.DataFrame:
    """`coefficient_table` by the normal distribution, with 95 % intervals: for likelihoods."""
    return coefficient_table(estimate, error, index, 0.95)
