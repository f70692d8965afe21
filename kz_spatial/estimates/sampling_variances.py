"""Sampling variances of direct estimates that do not jump about with a handful of answers.

The variance that a few answers yield is itself a guess: too low where they happen to agree, and the
model then trusts that unit most. Fay-Herriot's model takes variances as known, so they are best
pooled, or smoothed by a generalised variance function, first (Wolter 2007, *Introduction to
Variance Estimation*, ch. 7; Hidiroglou, Beaumont and Yung 2019, Survey Methodology 45, 101-126).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.estimates.area_inputs import above_zero, check_full_rank, covariate_matrix, numbers
from kz_spatial.options import MIN_CELLS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["pooled_variances", "smoothed_variances"]


def pooled_variances(sd: pd.Series[Any], n: pd.Series[Any]) -> pd.Series[Any]:
    """Sampling variances of means, from one variance of answers for all units.

    The variances of answers are pooled over units, each with n - 1 degrees of freedom, and divided
    by the unit's n. It suits units whose answers are equally spread; survey weights come in by the
    effective number of answers, (deviation / error)^2.

    Parameters
    ----------
    sd, n : Series
        Standard deviation of the answers and their number by unit. A unit with n and no deviation
        has a variance, and takes no part in the pooled one.

    Returns
    -------
    Series named "variance"
        On the index of `sd`; NaN without n.

    Raises
    ------
    InputError
        When a deviation is below 0 or a number not above 0.
    NotEnoughDataError
        When no unit has two answers, or none vary.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> sd, n = pd.Series([1.0, 2.0, None]), pd.Series([4, 4, 1])
    >>> kz.pooled_variances(sd, n).tolist()  # (3 * 1 + 3 * 4) / 6 = 2.5
    [0.625, 0.625, 2.5]
    """
    deviation = numbers(sd, "sd")
    size = numbers(n, "n").reindex(deviation.index)
    if (deviation < 0).any():
        low = deviation[deviation < 0]
        raise InputError(f"sd: found {low.iloc[0]:g} for {low.index[0]!r}, expected 0 or more")
    above_zero(size)
    use = deviation.notna() & (size > 1)
    freedom = size[use] - 1
    within = float((freedom * deviation[use] ** 2).sum()) / float(freedom.sum() or np.nan)
    if not within > 0:
        raise NotEnoughDataError(
            f"pooled variances: found {int(use.sum())} units with two answers or more"
            + (", whose answers do not vary" if use.any() else "")
        )
    return (within / size).rename("variance")


def smoothed_variances(
    direct: pd.Series[Any], variance: pd.Series[Any], n: pd.Series[Any]
) -> pd.Series[Any]:
    """Sampling variances by a generalised variance function of the estimate and its n.

    log(variance) is regressed on the direct estimate and log(n) by least squares. The smoothed
    variances are made to sum, over the units they were fitted to, to what the raw ones do, since
    the exponential of a mean of logarithms is too low.

    Parameters
    ----------
    direct, variance, n : Series
        Direct estimates, their raw sampling variances and numbers of answers by unit. A unit
        without a variance above 0 has a smoothed one, and takes no part in the fit.

    Returns
    -------
    Series named "variance"
        On the index of `direct`; NaN without a direct estimate or n.

    Raises
    ------
    InputError
        When a variance is below 0, a number not above 0, or estimates and numbers do not vary.
    NotEnoughDataError
        With fewer than ten units to fit to.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast", indicators=["epayment_share"])
    >>> mean, error, n = (table[f"epayment_share_{part}"] for part in ("mean", "se", "n"))
    >>> smooth = kz.smoothed_variances(mean, error**2, n)
    >>> round(float(smooth.sum() / (error**2).sum()), 6)
    1.0
    """
    y = numbers(direct, "direct")
    raw, size = (
        numbers(each, name).reindex(y.index) for each, name in ((variance, "variance"), (n, "n"))
    )
    if (raw < 0).any():
        low = raw[raw < 0]
        raise InputError(f"variance: found {low.iloc[0]:g} for {low.index[0]!r}, expected above 0")
    above_zero(size)
    known = y.notna() & size.notna()
    use = known & (raw > 0)
    if use.sum() < MIN_CELLS:
        raise NotEnoughDataError(
            f"smoothed variances: found {int(use.sum())} units with estimate, variance and n, "
            f"expected at least {MIN_CELLS}"
        )
    terms = covariate_matrix(
        y[known].to_frame("direct").assign(log_n=np.log(size[known])), y.index[known]
    )
    X = terms[use[known]]
    # centred and scaled, so that neither unit of measure nor origin matters
    centre = X.mean().where(X.columns != "intercept", 0.0)
    scale = X.std().replace(0.0, 1.0)
    check_full_rank((X - centre) / scale)
    beta = np.linalg.lstsq((X - centre) / scale, np.log(raw[use]), rcond=None)[0]
    fitted = np.exp(((terms - centre) / scale) @ beta)
    level = raw[use].sum() / fitted[use[known]].sum()
    return (level * fitted).reindex(y.index).rename("variance")
