"""A linear combination of coefficients, with its error, test and interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.errors import CallError
from kz_spatial.regression.bias_reduced import bias_reduced
from kz_spatial.regression.few_clusters import Analytic, covariance
from kz_spatial.regression.linear_model import cluster_moments
from kz_spatial.regression.wild import wild_bootstrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.regression.linear_model import LinearModel
    from kz_spatial.regression.restrictions import Restrictions

__all__ = ["Combination", "combine", "contrast_df", "wild_combination"]


@dataclass(frozen=True, slots=True)
class Combination:
    """A linear combination of coefficients.

    Attributes
    ----------
    combination : str
    estimate, std_error : float
        In units of the outcome.
    hypothesis : float
        Value that is tested.
    t, p : float
        Two-sided.
    df : float
        Degrees of freedom of t; NaN where p comes from the bootstrap.
    ci_low, ci_high : float
    inference : str
    level : float
        Coverage of the interval.
    """

    combination: str
    estimate: float
    std_error: float
    hypothesis: float
    t: float
    df: float
    p: float
    ci_low: float
    ci_high: float
    inference: str
    level: float


def contrast_df(
    model: LinearModel, inference: Analytic, contrasts: NDArray[np.float64], df: float
) -> NDArray[np.float64]:
    """Degrees of freedom of each combination of coefficients.

    Parameters
    ----------
    model : LinearModel
    inference : str
    contrasts : (m, k) array
    df : float
        What combinations have outside "cr2".

    Returns
    -------
    (m,) array
    """
    if inference != "cr2":
        return np.full(len(contrasts), df)
    return bias_reduced(model).satterthwaite(contrasts.T)


def combine(
    restrictions: Restrictions, model: LinearModel, inference: Analytic, level: float
) -> Combination:
    """Estimate and test one combination.

    Raises
    ------
    CallError
        When the level is no share between 0 and 1.
    """
    from scipy import stats

    if not 0 < level < 1:
        raise CallError(f"level={level}: expected a share between 0 and 1")
    row, value = restrictions.matrix[0], float(restrictions.values[0])
    found = covariance(model, inference)
    estimate = float(row @ model.coefficients)
    held = row != 0  # a term that takes no part may have no error
    error = float(np.sqrt(row[held] @ found.matrix[np.ix_(held, held)] @ row[held]))
    df = float(contrast_df(model, inference, row[None], float(found.df[0]))[0])
    t = (estimate - value) / error
    margin = float(stats.t.ppf(0.5 + level / 2, df)) * error
    return Combination(
        restrictions.text,
        estimate,
        error,
        value,
        t,
        df,
        float(2 * stats.t.sf(abs(t), df)),
        estimate - margin,
        estimate + margin,
        inference,
        level,
    )


def wild_combination(restrictions: Restrictions, model: LinearModel, level: float) -> Combination:
    """Test one combination with the wild cluster bootstrap, and invert the test.

    The model is written in the combination itself, which stands for one of its terms.
    """
    base = combine(restrictions, model, "crv1", level)
    row, moments = restrictions.matrix[0], cluster_moments(model)
    place = int(np.abs(row).argmax())
    change = np.eye(moments.shape[1])
    change[place, : len(row)] = -row / row[place]
    change[place, place] = 1 / row[place]
    test = wild_bootstrap(
        change.T @ moments @ change, place, hypothesis=base.hypothesis, level=level
    )
    return Combination(
        base.combination,
        base.estimate,
        base.std_error,
        base.hypothesis,
        base.t,
        np.nan,
        test.p,
        test.ci_low,
        test.ci_high,
        "wild",
        level,
    )
