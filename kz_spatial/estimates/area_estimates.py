"""Small areas: direct estimates of units drawn toward a model, the more the less they are worth.

A unit with few answers borrows from all others (Fay and Herriot 1979), through its covariates, and
from its neighbours where a graph is given; `estimate` = model + shrinkage * (direct - model). A
unit without a direct estimate gets the model's, with its error.

What the results are not:

- a protection of answers: estimate, shrinkage and coefficients give the direct estimates back
- food for a test of spatial pattern: with a graph neighbours are drawn together before the test
- better than their sampling variances: see `pooled_variances` and `smoothed_variances`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, InputError
from kz_spatial.estimates.arcsine import arcsine, arcsine_variance
from kz_spatial.estimates.area_inputs import (
    above_zero,
    check_full_rank,
    covariate_matrix,
    numbers,
    row_weights,
    unit_shares,
)
from kz_spatial.estimates.area_model import (
    SPATIAL_METHODS,
    AreaModel,
    caveats,
    why_not,
    why_refused,
)
from kz_spatial.estimates.area_prediction import AreaData
from kz_spatial.estimates.fay_herriot import AreaFit
from kz_spatial.estimates.reliability import CRITICAL
from kz_spatial.estimates.variance_between import AREA_METHODS, AreaMethod

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["SmallAreas", "small_areas"]

Transform = Literal["arcsine"]
BenchmarkBy = Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True, eq=False)
class SmallAreas:
    """Estimates of small areas, with the model behind them.

    Attributes
    ----------
    frame : DataFrame
        On the index of the direct estimates: `direct`, `estimate`, `mse` (mean squared error of the
        estimate), `cv` (its root as a share of the estimate), `synthetic` (the unit had no usable
        direct estimate) and `shrinkage` (weight of the direct estimate in its own unit's effect,
        0 to 1). NaN where the model does not apply.
    variance : float
        Variance of the area effects; with `transform="arcsine"` on that scale.
    rho : float or None
        Spatial dependence of the effects; None without a graph.
    coefficients : DataFrame
        By term, "intercept" first: `coefficient`, `std_error`, `z`, `p` (two-sided, normal).
    method : str
        As asked, or "inapplicable".
    log_likelihood : float
        Of the direct estimates at the estimated parameters, whatever the method.
    reason : str
        Why the model does not apply, or what to know before it is used; else empty.
    benchmarked : Series or None
        Estimates that agree with the national figure; `mse` is that of the estimates before.
    n_bootstrap, seed : int
        Draws behind `mse`, 0 for the analytical one, and their seed.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> direct = pd.Series([float(v) for v in range(5)], list("abcde"))
    >>> kz.small_areas(direct, direct * 0 + 1).reason
    'found 5 units with a direct estimate and its variance, the model needs at least 10'
    """

    frame: pd.DataFrame
    variance: float
    rho: float | None
    coefficients: pd.DataFrame
    method: str
    log_likelihood: float
    reason: str
    benchmarked: pd.Series[Any] | None
    n_bootstrap: int
    seed: int

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw estimates with 95 % intervals, and direct estimates beside them.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import intervals

        known = self.frame["estimate"] if self.benchmarked is None else self.benchmarked
        return intervals(self.frame["direct"], known, CRITICAL * self.frame["mse"] ** 0.5, ax)


def _sampling(
    direct: pd.Series[Any],
    variance: object,
    transform: Transform | None,
    n: object,
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Direct estimates and their variances on the scale of the model."""
    if transform is None:
        if variance is None or n is not None:
            raise CallError("small_areas: expected variance; n belongs to transform='arcsine'")
        d = numbers(variance, "variance", direct.index)
        above_zero(
            d[direct.notna()],
            "; pooled_variances and smoothed_variances give one to units whose answers agree",
        )
        return direct, d
    check_option("transform", transform, ("arcsine",))
    if variance is not None or n is None:
        raise CallError("transform='arcsine': expected n, by unit, and variance=None")
    size = numbers(n, "n", direct.index)
    above_zero(size[direct.notna()])
    beyond = direct[(direct < 0) | (direct > 1)]
    if len(beyond):
        raise InputError(
            f"direct: found {beyond.iloc[0]:g} for {beyond.index[0]!r}, expected shares, 0 to 1"
        )
    scaled = pd.Series(arcsine(direct.to_numpy()), direct.index)
    return scaled, pd.Series(arcsine_variance(size.to_numpy()), direct.index)


def _coefficients(fit: AreaFit | None, terms: pd.Index[Any]) -> pd.DataFrame:
    nothing = np.full(len(terms), np.nan)
    b = nothing if fit is None else fit.found.beta
    error = nothing if fit is None else np.sqrt(np.diag(fit.found.Q))
    z = b / error
    return pd.DataFrame(
        {"coefficient": b, "std_error": error, "z": z, "p": 2 * norm.sf(np.abs(z))},
        pd.Index(terms, name="term"),
    )


def _benchmarked(estimate: pd.Series[Any], benchmark: Any, by: BenchmarkBy) -> pd.Series[Any]:
    """Estimates moved alike so that their weighted mean is the figure."""
    check_option("benchmark_by", by, ("ratio", "difference"))
    try:
        figure, weights = benchmark
        aim = float(figure)
    except (TypeError, ValueError) as error:
        raise CallError("benchmark: expected a pair of a number and weights by unit") from error
    if not np.isfinite(aim):
        raise CallError(f"benchmark: found {figure!r}, expected a number")
    found = float(estimate.to_numpy() @ unit_shares(weights, estimate.index))
    if by == "difference":
        return (estimate + (aim - found)).rename("benchmarked")
    if aim * found <= 0:
        raise InputError(
            f"benchmark: found {aim:g} and a weighted mean of {found:g}, of which no ratio can be "
            "taken; benchmark_by='difference' can"
        )
    return (estimate * (aim / found)).rename("benchmarked")


def _frame(
    direct: pd.Series[Any], model: AreaModel, fit: AreaFit | None, mse: NDArray[np.float64] | None
) -> pd.DataFrame:
    """Estimates by unit with their errors; NaN where the model does not apply."""
    nothing, known = np.full(len(direct), np.nan), model.data.sampled
    synthetic = np.ones(len(direct), dtype=bool)
    synthetic[known] = False
    estimate, error, own = nothing, nothing, nothing
    if fit is not None and mse is not None:
        estimate, error = model.estimates(fit), np.where(mse > 0, mse, np.nan)
        own = np.zeros(len(direct))
        own[known] = fit.found.K[known, np.arange(len(known))]
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(estimate != 0, np.sqrt(error) / np.abs(estimate), np.nan)
    return pd.DataFrame(
        {
            "direct": direct,
            "estimate": estimate,
            "mse": error,
            "cv": cv,
            "synthetic": synthetic,
            "shrinkage": own,
        }
    )


def small_areas(
    direct: pd.Series[Any],
    variance: pd.Series[Any] | None = None,
    covariates: pd.DataFrame | None = None,
    graph: Graph | None = None,
    method: AreaMethod = "reml",
    *,
    transform: Transform | None = None,
    n: pd.Series[Any] | None = None,
    benchmark: tuple[float, pd.Series[Any]] | None = None,
    benchmark_by: BenchmarkBy = "ratio",
    n_bootstrap: int = 0,
    seed: int = 0,
) -> SmallAreas:
    """Estimate small areas by the model of Fay and Herriot, or the spatial one.

    Parameters
    ----------
    direct : Series
        Direct estimates by unit; NaN for a unit without one.
    variance : Series, optional
        Their sampling variances, above 0; needed without `transform`. A unit with a direct estimate
        and no variance is predicted as if it had none.
    covariates : DataFrame, optional
        By unit, for each unit; an intercept is added.
    graph : Graph or W, optional
        On the same units; its rows are made to sum to one. Effects of neighbours then depend on
        each other.
    method : str
        How the variance between units is found: "reml", "ml"; "moments" (Fay and Herriot's);
        "li-lahiri", "yoshimori-lahiri" (adjusted residual likelihood, never 0), "li-lahiri-ml",
        "yoshimori-lahiri-ml" (adjusted profile likelihood). With a graph "reml" or "ml".
    transform : {"arcsine"}, optional
        For shares, 0 to 1: model arcsin(sqrt(share)), turn back without bias. `mse` is by the delta
        method unless it is drawn.
    n : Series, optional
        With `transform`, effective number of answers by unit; the variance is 1 / (4 n).
    benchmark : (float, Series), optional
        A national figure, and weights of all units in it, such as population.
    benchmark_by : {"ratio", "difference"}
        Multiply all estimates by one number, or add one.
    n_bootstrap : int
        Draws of a parametric bootstrap for `mse`; 0 for the analytical one. 200 or more serve.
    seed : int
        Seed of these draws.

    Returns
    -------
    SmallAreas
        With a `reason` where the model does not apply (fewer than ten units with a direct estimate,
        none that vary, rho at its bound) and where its results call for care.

    Raises
    ------
    InputError
        When units repeat themselves, a variance is not above 0, covariates are missing or carry
        each other, or the graph is on other units.
    CallError
        When arguments do not go together.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast", indicators=["epayment_share"])
    >>> mean, sd, n = (table[f"epayment_share_{part}"] for part in ("mean", "sd", "n"))
    >>> variance = kz.pooled_variances(sd, n)
    >>> areas = kz.small_areas(mean, variance, method="yoshimori-lahiri")
    >>> areas.frame.loc["KZ-19", ["direct", "estimate"]].round(1).to_dict()  # few firms
    {'direct': 54.9, 'estimate': 66.2}
    >>> bool((areas.frame["mse"] < variance).all())
    True
    """
    check_option("method", method, AREA_METHODS)
    if graph is not None:
        check_option("method", method, SPATIAL_METHODS)
    check_count("n_bootstrap", n_bootstrap, 0)
    check_count("seed", seed, 0)
    direct = numbers(direct, "direct")
    y, d = _sampling(direct, variance, transform, n)
    X = covariate_matrix(covariates, direct.index)
    W = None if graph is None else row_weights(graph, direct.index)
    usable = (y.notna() & d.notna()).to_numpy()
    known = np.flatnonzero(usable)
    data = AreaData(y.to_numpy()[known], d.to_numpy()[known], X.to_numpy(), known)
    model = AreaModel(data, W, method, transform is not None)
    reason, fit, mse, moved = why_not(data.y, X.shape[1], W), None, None, None
    if not reason:
        check_full_rank(X[usable])
        fit = model.fit(data.y)
        reason = why_refused(fit)
    if fit is not None and not reason:
        mse = model.drawn_error(fit, n_bootstrap, seed) if n_bootstrap else model.error(fit)
        reason = caveats(fit, mse, method)
    frame = _frame(direct, model, fit, mse)
    if benchmark is not None and mse is not None:
        moved = _benchmarked(frame["estimate"], benchmark, benchmark_by)
    return SmallAreas(
        frame,
        np.nan if fit is None else fit.variance,
        None if fit is None else fit.rho,
        _coefficients(None if mse is None else fit, X.columns),
        "inapplicable" if mse is None else method,
        np.nan if fit is None else fit.found.log_likelihood,
        reason,
        moved,
        n_bootstrap,
        seed,
    )
