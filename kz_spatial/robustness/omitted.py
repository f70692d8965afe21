"""How strong a variable that was left out would have to be to overturn a coefficient.

Cinelli and Hazlett (2020), Making Sense of Sensitivity, Journal of the Royal Statistical Society B
82: with partial R2 of the omitted variable with the outcome (R2_yz) and with the term (R2_dz), both
net of all other terms and effects,

    |bias| = se sqrt(df) sqrt( R2_yz R2_dz / (1 - R2_dz) )
    adjusted se = se sqrt( (1 - R2_yz) / (1 - R2_dz) ) sqrt( df / (df - 1) )

where se and df are classical. The robustness value is the strength that both must reach to bring
the estimate down by a share q, or its t below the critical value of a test of level alpha. Bounds
suppose an omitted variable k times as strong as a term that is there (their section 4.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, check_share
from kz_spatial.errors import CallError
from kz_spatial.regression import LinearModel, covariance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kz_spatial.regression import FixedEffectsFit

__all__ = [
    "OmittedVariable",
    "adjusted",
    "benchmark_strength",
    "omitted_variable",
    "robustness_value",
]


@dataclass(frozen=True, slots=True, eq=False)
class OmittedVariable:
    """Sensitivity of one coefficient to a variable that was left out.

    Attributes
    ----------
    term : str
    coefficient, std_error, t, df : float
        Classical, whatever the fit's inference: the formulas are about these.
    partial_r2 : float
        Share of the outcome's variation left by all else that the term explains; also the least
        strength with the term that an omitted variable needs which explains all that is left of
        the outcome.
    robustness_value : float
        Strength with both that an omitted variable needs to bring the estimate down by `q`.
    robustness_value_alpha : float
        Strength with both that makes what remains not significant at `alpha`; 0 where it already
        is not.
    bounds : DataFrame
        By benchmark and multiple: r2_dz, r2_yz, coefficient, std_error, t, ci_low, ci_high, were a
        variable so strong left out and working against the estimate, with the df - 1 degrees of
        freedom that it would leave; NaN where none can be.
    q, alpha : float
    """

    term: str
    coefficient: float
    std_error: float
    t: float
    df: float
    partial_r2: float
    robustness_value: float
    robustness_value_alpha: float
    bounds: pd.DataFrame
    q: float
    alpha: float


def robustness_value(t: float, df: float, *, q: float = 1.0, alpha: float = 1.0) -> float:
    """Robustness value of an estimate.

    Parameters
    ----------
    t : float
    df : float
        Residual degrees of freedom.
    q : float
        Share of the estimate that is to go.
    alpha : float
        Level of the test that is to reject no more; 1 asks for the estimate alone.

    Examples
    --------
    Violence in Darfur, as the authors print it (t = 4.18, 783 degrees of freedom):

    >>> [round(robustness_value(4.18445, 783, alpha=each), 3) for each in (1, 0.05)]
    [0.139, 0.076]
    """
    from scipy import stats

    f = q * abs(t) / np.sqrt(df)
    critical = 0.0 if alpha == 1 else stats.t.ppf(1 - alpha / 2, df - 1) / np.sqrt(df - 1)
    if f <= critical:
        return 0.0
    gap = f - critical
    if critical > 0 and f >= 1 / critical:  # explaining all of the outcome is then not the worst
        return float((f**2 - critical**2) / (1 + f**2))
    return float((np.sqrt(gap**4 + 4 * gap**2) - gap**2) / 2)


def adjusted(
    estimate: float, error: float, df: float, r2_dz: float, r2_yz: float, *, q: float = 1.0
) -> tuple[float, float, float]:
    """Estimate, error and t were a variable of given strength left out, working against it.

    Parameters
    ----------
    estimate, error, df : float
    r2_dz, r2_yz : float
        Partial R2 of the omitted variable with the term and with the outcome.
    q : float
        The t-statistic is of the hypothesis that a share 1 - q of the estimate is true.

    Examples
    --------
    A variable as strong as being a woman was in Darfur leaves 0.075 of 0.097:

    >>> round(adjusted(0.0973, 0.0233, 783, 0.0092, 0.1246)[0], 3)
    0.075
    """
    bias = error * np.sqrt(df) * np.sqrt(r2_yz * r2_dz / (1 - r2_dz))
    left = float(np.sign(estimate) * (abs(estimate) - bias))
    scale = float(error * np.sqrt((1 - r2_yz) / (1 - r2_dz)) * np.sqrt(df / (df - 1)))
    gap = left - (1 - q) * estimate
    # a variable that explains all that is left of the outcome leaves no error
    return left, scale, gap / scale if scale else float(np.copysign(np.inf, gap))


def benchmark_strength(r2_dx: float, r2_yx: float, k_d: float, k_y: float) -> tuple[float, float]:
    """Strength of a variable that is k times as strong as a term that is there.

    Parameters
    ----------
    r2_dx : float
        Partial R2 of the benchmark with the term, net of the other terms and effects.
    r2_yx : float
        With the outcome, net of the term too.
    k_d, k_y : float
        How many times as strong, with the term and with the outcome.

    Returns
    -------
    r2_dz, r2_yz : float
        NaN where no variable can be so strong with the term; the latter at most 1.

    Examples
    --------
    >>> [round(each, 4) for each in benchmark_strength(0.0092, 0.1085, 1, 1)]
    [0.0093, 0.124]
    """
    r2_dz = k_d * r2_dx / (1 - r2_dx)
    between = k_d * r2_dx**2 / ((1 - k_d * r2_dx) * (1 - r2_dx)) if k_d * r2_dx < 1 else np.inf
    if r2_dz >= 1 or between >= 1:
        return np.nan, np.nan
    r2_yz = ((np.sqrt(k_y) + np.sqrt(between)) / np.sqrt(1 - between)) ** 2 * r2_yx / (1 - r2_yx)
    return float(r2_dz), float(min(r2_yz, 1.0))


def _joint_r2(y: NDArray[np.float64], X: NDArray[np.float64], tested: list[int]) -> float:
    """Partial R2 of some columns together."""
    others = [i for i in range(X.shape[1]) if i not in tested]

    def left(columns: list[int]) -> float:
        if not columns:
            return float(y @ y)
        chosen = X[:, columns]
        gone = y - chosen @ np.linalg.lstsq(chosen, y, rcond=None)[0]
        return float(gone @ gone)

    rest = left(others)
    return 1 - left([*others, *tested]) / rest


def _benchmarks(
    fit: FixedEffectsFit, asked: Sequence[str] | Mapping[str, Sequence[str]] | None, term: str
) -> dict[str, list[int]]:
    """Columns of each benchmark, by its name."""
    index = [str(each) for each in fit.coefficients.index]
    if asked is None:
        groups = {each: [each] for each in index if each not in (term, "Intercept")}
    elif hasattr(asked, "items"):
        groups = {str(name): list(terms) for name, terms in asked.items()}
    else:
        groups = {each: [each] for each in asked}
    for name, terms in groups.items():
        for each in terms:
            check_option("benchmarks", each, tuple(index))
        if term in terms or not terms:
            raise CallError(f"benchmarks: {name} found {terms}, expected terms other than {term}")
    return {name: [index.index(each) for each in terms] for name, terms in groups.items()}


def omitted_variable(
    fit: FixedEffectsFit,
    term: str,
    *,
    benchmarks: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    multiples: Sequence[float] = (1, 2, 3),
    q: float = 1.0,
    alpha: float = 0.05,
) -> OmittedVariable:
    """How strong an omitted variable would have to be to overturn a coefficient.

    Parameters
    ----------
    fit : FixedEffectsFit
        Its absorbed effects are controls like its other terms; its weights hold.
    term : str
    benchmarks : sequence of str, or mapping to sequences of str, optional
        Terms to measure the omitted variable by, or groups of them (the levels of a factor) by
        name; each other term by default.
    multiples : sequence of float
        How many times as strong as each benchmark.
    q : float
        Share of the estimate that is to go: 1 brings it to zero.
    alpha : float
        Level of the test.

    Returns
    -------
    OmittedVariable

    Raises
    ------
    CallError
        When there is no such term or benchmark.

    Notes
    -----
    Classical errors, as in Cinelli and Hazlett (2020): with few clusters t and the second
    robustness value say more than the data do, the partial R2 and the first one hold.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fit = kz.fixed_effects(
    ...     "epayment_share ~ co2_monitoring + C(size) | composite", kz.load_twin())
    >>> found = kz.omitted_variable(fit, "co2_monitoring", multiples=[1])
    >>> round(found.robustness_value, 3), len(found.bounds)
    (0.012, 2)
    """
    from scipy import stats

    index = tuple(str(each) for each in fit.coefficients.index)
    check_option("term", term, index)
    check_share("q", q)
    check_share("alpha", alpha)
    if not all(k > 0 for k in multiples):
        raise CallError(f"multiples={list(multiples)}: expected numbers above 0")
    place = index.index(term)
    model: LinearModel = fit.model
    known: Any = covariance(model, "iid")
    error, df = float(np.sqrt(known.matrix[place, place])), float(known.df[place])
    b = float(fit.coefficients.iloc[place])
    t = b / error
    root = np.sqrt(model.w)
    X, y = model.X * root[:, None], model.y * root
    critical = stats.t.ppf(1 - alpha / 2, df - 1)
    rows = {}
    for name, columns in _benchmarks(fit, benchmarks, term).items():
        r2_yx = _joint_r2(y, X, columns)
        others = np.delete(X, place, axis=1)
        r2_dx = _joint_r2(X[:, place], others, [i - (i > place) for i in columns])
        for k in multiples:
            r2_dz, r2_yz = benchmark_strength(r2_dx, r2_yx, k, k)
            left, scale, t_left = adjusted(b, error, df, r2_dz, r2_yz)
            rows[name, k] = {
                "r2_dz": r2_dz,
                "r2_yz": r2_yz,
                "coefficient": left,
                "std_error": scale,
                "t": t_left,
                "ci_low": left - critical * scale,
                "ci_high": left + critical * scale,
            }
    names = pd.MultiIndex.from_tuples(list(rows), names=["benchmark", "multiple"]) if rows else None
    return OmittedVariable(
        term=term,
        coefficient=b,
        std_error=error,
        t=t,
        df=df,
        partial_r2=t**2 / (t**2 + df),
        robustness_value=robustness_value(t, df, q=q),
        robustness_value_alpha=robustness_value(t, df, q=q, alpha=alpha),
        bounds=pd.DataFrame(list(rows.values()), index=names),
        q=q,
        alpha=alpha,
    )
