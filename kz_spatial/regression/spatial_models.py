"""The spatial side of the regressions: residuals on a map, tests, neighbours, models, Conley.

`fixed_effects` regresses firms; here its residuals are brought to units and neighbours' means
become its terms (`_unit_means`), its errors may depend on distance (`_conley`), and tables of units
are tested for spatial dependence and fitted with it.

- LM tests: Anselin, Bera, Florax and Yoon (1996), Regional Science and Urban Economics 26, computed
  by spreg; sarma is lm_error + robust_lm_lag
- models by "gmm": spreg's spatial two-stage least squares with instruments WX (Kelejian and Prucha,
  1998, Journal of Real Estate Finance and Economics 17) and generalised moments (the same, 1999,
  International Economic Review 40)
- models by "ml": see `_spatial_fit`. spreg maximises the same likelihood, but on (-1, 1) only and
  with a power series for the errors that need not converge, so it is what tests compare with

Inference of tests and models is asymptotic in the number of units; with 20 it is a rough guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING, check_option
from kz_spatial.errors import CallError
from kz_spatial.regression.distance_errors import ConleyCovariance, Kernel, conley
from kz_spatial.regression.spatial_fit import (
    Estimate,
    Intervals,
    SpatialErrorFit,
    SpatialLagFit,
    impacts,
    maximise_error,
    maximise_lag,
    regular_range,
)
from kz_spatial.regression.unit_means import neighbour_means, residual_means
from kz_spatial.regression.unit_problem import UnitProblem, unit_problem

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = [
    "ConleyCovariance",
    "Kernel",
    "SpatialErrorFit",
    "SpatialLagFit",
    "conley",
    "lm_tests",
    "neighbour_means",
    "residual_means",
    "spatial_error",
    "spatial_lag",
]

Method = Literal["ml", "gmm"]
_FEW: Final = 30
_GM_LIMIT: Final = 0.99  # spreg's own
_LM_TESTS: Final = {  # spreg's name, degrees of freedom
    "lm_lag": ("lml", 1),
    "lm_error": ("lme", 1),
    "robust_lm_lag": ("rlml", 1),
    "robust_lm_error": ("rlme", 1),
    "sarma": ("sarma", 2),
}


def _spreg_weights(W: NDArray[np.float64]) -> Any:
    from libpysal.weights import full2W

    return full2W(W, silence_warnings=True)


def _few(n: int) -> tuple[str, ...]:
    """A plain note where asymptotics are far."""
    if n >= _FEW:
        return ()
    return (f"{n} units: errors and p-values hold for many units and are a rough guide here",)


def lm_tests(table: pd.DataFrame, formula: str, graph: Graph) -> pd.DataFrame:
    """Lagrange multiplier tests for a spatial lag and for spatial errors.

    Parameters
    ----------
    table : DataFrame
        By unit, such as `aggregate` makes it.
    formula : str
        "outcome ~ terms", with an intercept; it is fitted by least squares.
    graph : libpysal.graph.Graph
        Neighbours. Units without a value or neighbour are left out; where weights sum to one they
        still do.

    Returns
    -------
    DataFrame
        By test (lm_lag, lm_error, robust_lm_lag, robust_lm_error, sarma): statistic, df, p from the
        chi-squared distribution. `attrs` holds `n_units` and `notes`. Robust tests are NaN where
        lag and error cannot be told apart.

    Raises
    ------
    CallError, InputError
        When formula, table or graph are not what is required.
    NotEnoughDataError
        When units are too few, or the outcome does not vary or is fitted exactly.

    Warns
    -----
    UnitsLeftOutWarning
        Naming the units that took no part.
    CollinearTermWarning

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> tests = kz.lm_tests(table, "epayment_share_mean ~ outages_per_month_mean", graph)
    >>> tests.loc["sarma", "df"]
    np.int64(2)
    """
    from spreg.diagnostics_sp import LMtests
    from spreg.ols import BaseOLS

    problem = unit_problem(table, formula, graph)
    notes = list(_few(len(problem.y)))
    ols = BaseOLS(problem.y[:, None] / problem.y.std(), problem.X)
    asked = [name for name, _ in _LM_TESTS.values()]
    lagged = problem.W @ ols.predy[:, 0]
    beyond = lagged - problem.X @ np.linalg.lstsq(problem.X, lagged, rcond=None)[0]
    alike = bool(np.abs(beyond).max() <= ROUNDING * np.abs(lagged).max())
    if alike:  # the robust statistics would be 0 / 0
        asked = ["lml", "lme"]
        notes.append(
            "robust tests and sarma do not exist: the neighbours' fitted values are a "
            "combination of the terms, so lag and error look the same"
        )
    found = LMtests(ols, _spreg_weights(problem.W), tests=asked)
    rows = {}
    for name, (theirs, df) in _LM_TESTS.items():
        statistic, p = getattr(found, theirs) if theirs in asked else (np.nan, np.nan)
        rows[name] = {"statistic": float(statistic), "df": df, "p": float(p)}
    out = pd.DataFrame.from_dict(rows, orient="index").astype({"df": int}).rename_axis("test")
    out.attrs = {"n_units": len(problem.y), "notes": tuple(notes)}
    return out


def _moments(problem: UnitProblem, parameter: str) -> Estimate:
    """Fit by spreg's two-stage least squares (rho) or generalised moments (lambda)."""
    from spreg.error_sp import BaseGM_Error
    from spreg.twosls_sp import BaseGM_Lag

    k, scale = len(problem.terms), float(problem.y.std())
    y = problem.y[:, None] / scale  # spreg's optimiser stops by absolute size
    covariance = np.full((k + 1, k + 1), np.nan)
    if parameter == "rho":
        if k < 2:
            raise CallError(
                "method='gmm': expected a term beside the intercept, whose neighbours' "
                "values are the instruments; use 'ml'"
            )
        found = BaseGM_Lag(y, problem.X, w=_spreg_weights(problem.W))
        covariance[:] = found.vm
    else:
        found = BaseGM_Error(y, problem.X, w=_spreg_weights(problem.W).sparse)
        covariance[:-1, :-1] = found.vm
    unit = np.append(np.full(k, scale), 1.0)
    estimate = found.betas[:, 0] * unit
    innovations = found.u if parameter == "rho" else found.e_filtered
    return Estimate(
        float(estimate[-1]),
        estimate[:-1],
        covariance * np.outer(unit, unit),
        innovations[:, 0] * scale,
        found.predy[:, 0] * scale,
    )


def _fitted(
    problem: UnitProblem, formula: str, method: Method, parameter: str
) -> tuple[Estimate, dict[str, Any]]:
    """Fit by either method, and what the results of both models carry."""
    check_option("method", method, ("ml", "gmm"))
    if method == "gmm":
        found = _moments(problem, parameter)
    else:
        found = maximise_lag(problem) if parameter == "rho" else maximise_error(problem)
    n, names = len(problem.y), [*problem.terms, parameter]
    notes = list(_few(n))
    _, low, high = regular_range(problem.W)
    covariance = found.covariance
    if not found.inside:
        covariance = np.full_like(covariance, np.nan)
        notes.append(
            f"{parameter} is at the end of its range ({low:.3g}, {high:.3g}), where "
            "errors do not hold; they are left out"
        )
    if method == "gmm" and parameter == "lambda":
        notes.append("lambda has no error: generalised moments treat it as a nuisance")
        if abs(found.spatial) >= _GM_LIMIT:
            notes.append(
                f"lambda is at the end of the range that was searched, -{_GM_LIMIT} to {_GM_LIMIT}"
            )
    spread = float(np.std(found.predicted))
    pseudo_r2 = np.nan
    if spread > ROUNDING * np.std(problem.y):
        pseudo_r2 = float(np.corrcoef(problem.y, found.predicted)[0, 1]) ** 2
    return found, {
        "formula": formula,
        "outcome": problem.outcome,
        "method": method,
        "coefficients": pd.Series(found.b, list(problem.terms), name="coefficient"),
        "covariance": pd.DataFrame(covariance, index=names, columns=names),
        "spatial": found.spatial,
        "n_obs": n,
        "sigma2": float(found.innovations @ found.innovations) / n,
        "log_likelihood": found.log_likelihood,
        "aic": 2 * (len(names) + 1) - 2 * found.log_likelihood,
        "pseudo_r2": pseudo_r2,
        "residuals": pd.Series(found.innovations, problem.keys, name="residual"),
        "left_out": problem.left_out,
        "notes": tuple(notes),
    }


def spatial_lag(
    table: pd.DataFrame,
    formula: str,
    graph: Graph,
    *,
    method: Method = "ml",
    intervals: Intervals = "simulated",
    n_draws: int = 9999,
    seed: int = 20240,
) -> SpatialLagFit:
    """Fit y = rho W y + X b + e to units, with impacts.

    Parameters
    ----------
    table, formula, graph
        As in `lm_tests`.
    method : {"ml", "gmm"}
        Maximum likelihood, or spatial two-stage least squares with the neighbours' terms as
        instruments.
    intervals : {"simulated", "delta"}
        95 % intervals of impacts from random draws of b and rho (those that leave I - rho W
        regular), or from the delta method.
    n_draws, seed : int
        Of the simulation.

    Returns
    -------
    SpatialLagFit

    Raises
    ------
    CallError, InputError, NotEnoughDataError
        As `lm_tests`, and when an option is not what is required.

    Warns
    -----
    UnitsLeftOutWarning, CollinearTermWarning
        As `lm_tests`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> fit = kz.spatial_lag(table, "epayment_share_mean ~ outages_per_month_mean", graph)
    >>> fit.impacts.loc["outages_per_month_mean"].index.to_list()
    ['direct', 'indirect', 'total']
    """
    check_option("intervals", intervals, ("simulated", "delta"))
    if n_draws < 100:
        raise CallError(f"n_draws={n_draws}: expected at least 100")
    problem = unit_problem(table, formula, graph)
    found, fields = _fitted(problem, formula, method, "rho")
    usable = Estimate(
        found.spatial, found.b, fields["covariance"].to_numpy(), found.innovations, found.predicted
    )
    effects, notes = impacts(problem, usable, intervals=intervals, n_draws=n_draws, seed=seed)
    fields["notes"] += notes
    return SpatialLagFit(
        **fields,
        impacts=effects,
        intervals=intervals,
        seed=seed if intervals == "simulated" else None,
    )


def spatial_error(
    table: pd.DataFrame, formula: str, graph: Graph, *, method: Method = "ml"
) -> SpatialErrorFit:
    """Fit y = X b + u with u = lambda W u + e to units.

    Parameters
    ----------
    table, formula, graph
        As in `lm_tests`.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalised moments, which give lambda no error.

    Returns
    -------
    SpatialErrorFit

    Raises
    ------
    CallError, InputError, NotEnoughDataError
        As `lm_tests`, and when an option is not what is required.

    Warns
    -----
    UnitsLeftOutWarning, CollinearTermWarning
        As `lm_tests`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> fit = kz.spatial_error(table, "epayment_share_mean ~ outages_per_month_mean", graph)
    >>> fit.table().index.to_list()
    ['Intercept', 'outages_per_month_mean', 'lambda']
    """
    problem = unit_problem(table, formula, graph)
    return SpatialErrorFit(**_fitted(problem, formula, method, "lambda")[1])
