"""Region effects as draws from one distribution, beside region effects as numbers.

A random intercept per region (statsmodels' MixedLM, by REML) shrinks regions to their common mean
and uses what differs between regions; absorbed effects use what differs within. The two agree where
region effects do not go with the terms. Mundlak (1978, Econometrica 46): with means of the terms by
region added, the random-effects slopes of a balanced or unbalanced linear model are the within
ones, and the means' coefficients are what the two differ by; that all are zero is Hausman's test.
With seven regions that test has hardly any power, and its distribution is a large-sample one in the
number of regions.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression import FixedEffectsFit, fixed_effects, model_matrices, normal_table
from kz_spatial.robustness.formulas import parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MixedEffects", "mixed_effects"]

_MEAN: Final = "mean of "


@dataclass(frozen=True, slots=True, eq=False)
class MixedEffects:
    """A model with a random intercept per region, beside the one with absorbed effects.

    Attributes
    ----------
    formula, region : str
    random : DataFrame
        By term, Intercept first: coefficient, std_error, z, p, ci_low, ci_high.
    fixed : FixedEffectsFit
        The same terms with absorbed effects, clustered by region.
    beside : DataFrame
        By term of both: `random`, `fixed`, `difference`, with their errors.
    effects : Series
        Predicted effect of each region, in units of the outcome: shrunk, mean near 0.
    variance_regions, variance_firms : float
        Of region effects and of errors, in squared units of the outcome.
    icc : float
        Share of regions in the sum of both.
    mundlak : DataFrame
        Coefficients of the terms' means by region once they are added; as `random`. Empty where
        regions are too few for them.
    statistic, p : float
        Wald's chi-square that all means' coefficients are zero; NaN where there are none.
    df : int
        Means tested.
    n_obs, n_regions : int
    notes : tuple of str
    """

    formula: str
    region: str
    random: pd.DataFrame
    fixed: FixedEffectsFit
    beside: pd.DataFrame
    effects: pd.Series[Any]
    variance_regions: float
    variance_firms: float
    icc: float
    mundlak: pd.DataFrame
    statistic: float
    p: float
    df: int
    n_obs: int
    n_regions: int
    notes: tuple[str, ...]


def _fit(y: NDArray[np.float64], X: pd.DataFrame, groups: NDArray[Any]) -> Any:
    """MixedLM by REML: the most likely of what two optimisers converge to.

    One alone can end where the variance runs away and the likelihood is infinite.
    """
    import statsmodels.api as sm

    good = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say is in the notes: variance at zero
        for method in ("bfgs", "powell"):
            try:
                found = sm.MixedLM(y, X, groups=groups).fit(reml=True, method=[method])
            except np.linalg.LinAlgError:
                continue
            if found.converged and np.isfinite([found.llf, *found.bse_fe]).all():
                good.append(found)
    if not good:
        raise NotEnoughDataError("mixed effects: the model did not converge, expected fewer terms")
    return max(good, key=lambda found: float(found.llf))


def _covariance(found: Any, X: pd.DataFrame, groups: NDArray[Any]) -> NDArray[np.float64]:
    """Covariance of the slopes by generalised least squares, the variances taken as known.

    As lme4 and Stata have it; statsmodels adds what the variances' own uncertainty brings.
    """
    between, within = float(np.asarray(found.cov_re)[0, 0]), float(found.scale)
    sums = X.groupby(groups).sum().to_numpy()
    n = X.groupby(groups).size().to_numpy()
    plain = X.to_numpy().T @ X.to_numpy()
    inner = plain - sums.T @ (sums * (between / (within + n * between))[:, None])
    return np.asarray(within * np.linalg.inv(inner), dtype=np.float64)


def _table(found: Any, V: NDArray[np.float64], names: pd.Index[Any]) -> pd.DataFrame:
    estimate = np.asarray(found.fe_params, dtype=np.float64)
    return normal_table(estimate, np.sqrt(np.diag(V)), names)


def _mundlak(
    y: NDArray[np.float64], X: pd.DataFrame, groups: NDArray[Any]
) -> tuple[pd.DataFrame, float, float, int]:
    """Means of the terms by region beside the terms, and Wald's test of them."""
    from scipy import stats

    terms = X.drop(columns="Intercept")
    means = terms.groupby(groups).transform("mean").add_prefix(_MEAN)
    k = means.shape[1]
    whole = pd.concat([X, means], axis=1)
    if np.linalg.matrix_rank(whole.to_numpy()) < whole.shape[1] or len(set(groups)) <= k + 1:
        return pd.DataFrame(columns=["coefficient", "std_error", "z", "p"]), np.nan, np.nan, k
    found = _fit(y, whole, groups)
    V = _covariance(found, whole, groups)
    table = _table(found, V, pd.Index(whole.columns, name="term")).loc[list(means.columns)]
    b = table["coefficient"].to_numpy()
    statistic = float(b @ np.linalg.solve(V[-k:, -k:], b))
    return table, statistic, float(stats.chi2.sf(statistic, k)), k


def _predicted(
    left: NDArray[np.float64], groups: NDArray[Any], between: float, within: float
) -> pd.Series[Any]:
    """Best linear predictions of the regions' effects; zero where their variance is.

    statsmodels inverts that variance, and so has none at its bound.
    """
    by = pd.Series(left).groupby(groups)
    n = by.size()
    return (by.mean() * (n * between / (n * between + within))).rename("effect")


def mixed_effects(formula: str, firms: pd.DataFrame) -> MixedEffects:
    """Fit a random intercept per region, and set it beside absorbed effects.

    Parameters
    ----------
    formula : str
        "outcome ~ terms | region", one column after the bar. MixedLM takes no survey weights.
    firms : DataFrame
        A firm table. Rows incomplete on anything the model uses are left out.

    Returns
    -------
    MixedEffects

    Raises
    ------
    CallError
        When not exactly one column stands after the bar.
    InputError
        When columns are missing.
    NotEnoughDataError
        When one of the models cannot be estimated.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.mixed_effects("epayment_share ~ co2_monitoring | composite", kz.load_twin())
    >>> found.n_regions, round(found.icc, 3)
    (7, 0.011)
    """
    parts = parts_of(formula)
    if len(parts.effects) != 1:
        raise CallError(f"formula {formula!r}: expected one column after the bar, for the regions")
    region = parts.effects[0]
    check_columns(firms.columns, [region], what="firm table")
    fixed = fixed_effects(formula, firms, cluster=region)
    used = firms[firms[region].notna()].reset_index(drop=True)
    main = f"{parts.outcome} ~ {' + '.join(parts.terms)}"
    matrices = model_matrices(main, used, what="firm table", columns=firms.columns)
    y = pd.DataFrame(matrices.lhs).iloc[:, 0].astype(float)
    X = pd.DataFrame(matrices.rhs).astype(float)
    if "Intercept" not in X or np.linalg.matrix_rank(X.to_numpy()) < X.shape[1]:
        raise NotEnoughDataError(
            f"formula {formula!r}: expected an intercept and terms that are not collinear"
        )
    groups = used.loc[X.index, region].to_numpy()
    found = _fit(y.to_numpy(), X, groups)
    random = _table(found, _covariance(found, X, groups), pd.Index(X.columns, name="term"))
    between, within = float(np.asarray(found.cov_re)[0, 0]), float(found.scale)
    means, statistic, p, df = _mundlak(y.to_numpy(), X, groups)
    effects = _predicted(y.to_numpy() - X.to_numpy() @ found.fe_params, groups, between, within)
    notes = [f"{len(effects)} regions: variance of their effects rests on as many draws"]
    if between < 1e-6 * within:
        notes.append("variance of region effects is at its bound, zero")
    if not len(means):
        notes.append(f"{len(effects)} regions are too few for means of {df} terms: no test")
    both = [each for each in random.index if each in fixed.coefficients.index]
    table = fixed.table()
    beside = pd.DataFrame(
        {
            "random": random.loc[both, "coefficient"],
            "random_se": random.loc[both, "std_error"],
            "fixed": table.loc[both, "coefficient"],
            "fixed_se": table.loc[both, "std_error"],
            "difference": random.loc[both, "coefficient"] - table.loc[both, "coefficient"],
        }
    )
    return MixedEffects(
        formula=formula,
        region=region,
        random=random,
        fixed=fixed,
        beside=beside,
        effects=effects.rename_axis(region),
        variance_regions=between,
        variance_firms=within,
        icc=between / (between + within),
        mundlak=means,
        statistic=statistic,
        p=p,
        df=df,
        n_obs=len(y),
        n_regions=len(effects),
        notes=tuple(notes),
    )
