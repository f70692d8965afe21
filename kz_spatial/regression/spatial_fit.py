"""Spatial lag and error models of units: maximum likelihood, impacts, and what they report.

Models, with n units and weights W:

- lag: y = rho W y + X b + e; error: y = X b + u, u = lambda W u + e; e has variance sigma2
- maximum likelihood: Ord (1975), Journal of the American Statistical Association 70. The search
  covers the interval around 0 in which I - rho W is regular; standard errors come from the
  information matrix in b, rho and sigma2 (Anselin, 1988, Spatial Econometrics, ch. 6)
- impacts: LeSage and Pace (2009), Introduction to Spatial Econometrics, ch. 2. With
  S = (I - rho W)^-1, direct is b tr(S) / n, total is b 1'S1 / n, indirect the rest. Errors come
  from the delta method: over normal draws of rho, 1 / (1 - rho) has no variance, so that the
  deviation of simulated impacts grows with their number. Quantiles of draws exist
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial.regression.coefficient_table import coefficient_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kz_spatial.regression.unit_problem import UnitProblem

__all__ = [
    "Estimate",
    "Intervals",
    "SpatialErrorFit",
    "SpatialLagFit",
    "impacts",
    "maximise_error",
    "maximise_lag",
    "regular_range",
]

Intervals = Literal["simulated", "delta"]
_GRID: Final = 400


@dataclass(frozen=True, slots=True, eq=False)
class _SpatialFit:
    """What both spatial models report.

    Attributes
    ----------
    formula, outcome : str
    method : {"ml", "gmm"}
    coefficients : (k,) Series
        By term, the spatial parameter not among them.
    covariance : (k + 1, k + 1) DataFrame
        By term, the spatial parameter ("rho" or "lambda") last.
    spatial : float
        The spatial parameter.
    n_obs : int
        Units used.
    sigma2 : float
        Variance of the innovations, divisor n.
    log_likelihood, aic : float
        NaN unless by maximum likelihood; the criterion counts every parameter, the spatial one and
        the variance included, as R does.
    pseudo_r2 : float
        Squared correlation of outcome and prediction (rho W y + X b, or X b).
    residuals : (n_obs,) Series
        Innovations by unit, spatial filter applied.
    left_out : tuple
        Units of the graph without value or neighbour.
    notes : tuple of str
        What the figures should be read with.
    """

    formula: str
    outcome: str
    method: str
    coefficients: pd.Series[Any]
    covariance: pd.DataFrame
    spatial: float
    n_obs: int
    sigma2: float
    log_likelihood: float
    aic: float
    pseudo_r2: float
    residuals: pd.Series[Any]
    left_out: tuple[Any, ...]
    notes: tuple[str, ...]

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Coefficients and the spatial parameter with errors, tests and intervals.

        Parameters
        ----------
        level : float
            Coverage of the intervals.

        Returns
        -------
        DataFrame
            By term, then "rho" or "lambda": coefficient, std_error, z, p (two-sided), ci_low,
            ci_high, from the normal distribution.
        """
        estimate = np.append(self.coefficients.to_numpy(dtype=float), self.spatial)
        error = np.sqrt(np.diag(self.covariance))
        return coefficient_table(estimate, error, self.covariance.index, level)


@dataclass(frozen=True, slots=True, eq=False)
class SpatialLagFit(_SpatialFit):
    """A fitted spatial lag model: the fields below, and those of every spatial fit.

    Attributes
    ----------
    impacts : DataFrame
        By term and effect (direct, indirect, total): impact, std_error, z, p (delta method),
        ci_low, ci_high (95 %).
    intervals : {"simulated", "delta"}
        How the impacts' intervals were found.
    seed : int or None
        Seed of the simulation.
    """

    impacts: pd.DataFrame
    intervals: str
    seed: int | None

    @property
    def rho(self) -> float:
        """Coefficient of the neighbours' outcome."""
        return self.spatial


@dataclass(frozen=True, slots=True, eq=False)
class SpatialErrorFit(_SpatialFit):
    """A fitted spatial error model; its fields are those of every spatial fit."""

    @property
    def lambda_(self) -> float:
        """Coefficient of the neighbours' error."""
        return self.spatial


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A spatial model's numbers as arrays.

    Attributes
    ----------
    spatial : float
        rho or lambda.
    b : (k,) array
    covariance : (k + 1, k + 1) array
        Spatial parameter last.
    innovations, predicted : (n,) arrays
    log_likelihood : float
    inside : bool
        Whether the optimum lies inside the range of regular models.
    """

    spatial: float
    b: NDArray[np.float64]
    covariance: NDArray[np.float64]
    innovations: NDArray[np.float64]
    predicted: NDArray[np.float64]
    log_likelihood: float = np.nan
    inside: bool = True


def regular_range(W: NDArray[np.float64]) -> tuple[NDArray[np.complex128], float, float]:
    """Eigenvalues of W, and the interval around 0 in which I - rho W is regular."""
    eigenvalues = np.linalg.eigvals(W).astype(np.complex128)
    # eigenvalues near 0 bound nothing that a model could reach
    least = 0.1 * max(float(np.abs(eigenvalues).max()), 1e-300)
    low = 1 / min(float(eigenvalues.real.min()), -least)
    return eigenvalues, low, 1 / max(float(eigenvalues.real.max()), least)


def _optimum(
    W: NDArray[np.float64],
    profile: Callable[[float], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[float, float, bool]:
    """Spatial parameter of greatest likelihood, that likelihood, and whether it is inside.

    `profile` gives the innovations at a value, and what they lose per unit of it.
    """
    from scipy.optimize import brentq

    eigenvalues, low, high = regular_range(W)
    n = len(W)

    def cost(value: float) -> float:
        e, _ = profile(value)
        jacobian = float(np.log(np.abs(1 - value * eigenvalues)).sum())
        return n / 2 * float(np.log(e @ e / n)) - jacobian

    def slope(value: float) -> float:
        e, loss = profile(value)
        jacobian = (eigenvalues / (1 - value * eigenvalues)).sum().real
        return float(jacobian - n * (e @ loss) / (e @ e))

    grid = np.linspace(low, high, _GRID + 2)
    grid[[0, -1]] += np.array([1e-9, -1e-9]) * (high - low)
    best = 1 + int(np.argmin([cost(value) for value in grid[1:-1]]))
    below, above = float(grid[best - 1]), float(grid[best + 1])
    inside = slope(below) < 0 < slope(above)
    if inside:
        found = float(brentq(slope, below, above, xtol=1e-14, rtol=1e-14))
    else:
        found = below if slope(below) >= 0 else above
    return found, -cost(found) - n / 2 * float(np.log(2 * np.pi) + 1), inside


def _covariance(
    W: NDArray[np.float64],
    spatial: float,
    X: NDArray[np.float64],
    push: NDArray[np.float64],
    sigma2: float,
) -> NDArray[np.float64]:
    """Inverse information matrix in b, spatial parameter and sigma2, without the last."""
    n, k = X.shape
    G = np.linalg.solve((np.eye(n) - spatial * W).T, W.T).T  # W (I - rho W)^-1
    info = np.zeros((k + 2, k + 2))
    info[:k, :k] = X.T @ X / sigma2
    info[:k, k] = info[k, :k] = X.T @ push / sigma2
    info[k, k] = np.sum(G * G.T) + np.sum(G * G) + push @ push / sigma2
    info[k, k + 1] = info[k + 1, k] = np.trace(G) / sigma2
    info[k + 1, k + 1] = n / (2 * sigma2**2)
    scale = 1 / np.sqrt(np.diag(info))  # parameters come in very different units
    inverse = np.linalg.inv(info * np.outer(scale, scale)) * np.outer(scale, scale)
    return np.asarray(inverse[:-1, :-1], dtype=np.float64)


def maximise_lag(problem: UnitProblem) -> Estimate:
    """Fit the spatial lag model by maximum likelihood."""
    y, X, W = problem.y, problem.X, problem.W
    Wy = W @ y
    b0, b1 = np.linalg.lstsq(X, np.column_stack([y, Wy]), rcond=None)[0].T
    e0, e1 = y - X @ b0, Wy - X @ b1
    rho, log_likelihood, inside = _optimum(W, lambda value: (e0 - value * e1, e1))
    b, e = b0 - rho * b1, e0 - rho * e1
    push = W @ np.linalg.solve(np.eye(len(y)) - rho * W, X @ b)
    V = _covariance(W, rho, X, push, float(e @ e) / len(y))
    return Estimate(rho, b, V, e, y - e, log_likelihood, inside)


def maximise_error(problem: UnitProblem) -> Estimate:
    """Fit the spatial error model by maximum likelihood."""
    y, X, W = problem.y, problem.X, problem.W
    Wy, WX = W @ y, W @ X

    def solve(value: float) -> NDArray[np.float64]:
        return np.asarray(np.linalg.lstsq(X - value * WX, y - value * Wy, rcond=None)[0])

    def profile(value: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        u = y - X @ solve(value)
        return u - value * (W @ u), W @ u

    found, log_likelihood, inside = _optimum(W, profile)
    b = solve(found)
    e, _ = profile(found)
    V = _covariance(W, found, X - found * WX, np.zeros(len(y)), float(e @ e) / len(y))
    return Estimate(found, b, V, e, X @ b, log_likelihood, inside)


def _draws(
    W: NDArray[np.float64], found: Estimate, n_draws: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Coefficients and (direct, total) multipliers of regular random draws, and their share."""
    eigenvalues, low, high = regular_range(W)
    error = np.sqrt(np.diag(found.covariance))
    root = np.linalg.cholesky(found.covariance / np.outer(error, error))
    noise = np.random.default_rng(seed).standard_normal((n_draws, len(error)))
    drawn = np.append(found.b, found.spatial) + error * (noise @ root.T)
    drawn = drawn[(drawn[:, -1] > low) & (drawn[:, -1] < high)]
    rho = drawn[:, -1]
    direct = np.array([np.mean(1 / (1 - each * eigenvalues)).real for each in rho])
    if np.allclose(W.sum(axis=1), 1.0):
        total = 1 / (1 - rho)
    else:
        eye, ones = np.eye(len(W)), np.ones(len(W))
        total = np.array([np.linalg.solve(eye - each * W, ones).mean() for each in rho])
    return drawn[:, :-1], np.stack([direct, total], axis=1), len(drawn) / n_draws


def impacts(
    problem: UnitProblem, found: Estimate, *, intervals: Intervals, n_draws: int, seed: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Direct, indirect and total impacts of the terms, and notes on them.

    Returns
    -------
    DataFrame
        By term and effect: impact, std_error, z, p, ci_low, ci_high (95 %).
    tuple of str
    """
    W, n = problem.W, len(problem.W)
    slopes = [i for i, name in enumerate(problem.terms) if name != "Intercept"]
    b, V = found.b[slopes], found.covariance
    index = pd.MultiIndex.from_product(
        [[problem.terms[i] for i in slopes], ["direct", "indirect", "total"]],
        names=["term", "effect"],
    )
    _, low, high = regular_range(W)
    if not low < found.spatial < high:
        nothing = np.full(len(index), np.nan)
        note = (
            f"impacts do not exist: rho is outside ({low:.3g}, {high:.3g}), where I - rho W is "
            "regular"
        )
        return coefficient_table(nothing, nothing, index, 0.95, name="impact"), (note,)
    S = np.linalg.inv(np.eye(n) - found.spatial * W)
    SWS = S @ W @ S
    # per unit of a coefficient, and by rho: direct, indirect, total
    part = np.array([[1, 0], [-1, 1], [0, 1]])
    factor = part @ np.array([np.trace(S), S.sum()]) / n
    change = part @ np.array([np.trace(SWS), SWS.sum()]) / n
    impact = np.outer(b, factor)
    own, cross = np.diag(V)[slopes], V[slopes, -1]
    by_rho = np.outer(b, change)
    variance = np.outer(own, factor**2) + 2 * np.outer(cross, factor) * by_rho
    variance += by_rho**2 * V[-1, -1]
    table = coefficient_table(impact.ravel(), np.sqrt(variance).ravel(), index, 0.95, name="impact")
    if intervals == "delta" or not slopes or not np.isfinite(V).all():
        return table, ()
    coefficients, multipliers, share = _draws(W, found, n_draws, seed)
    simulated = coefficients[:, slopes, None] * (multipliers @ part.T)[:, None, :]
    ends = np.quantile(simulated, [0.025, 0.975], axis=0).reshape(2, -1)
    table["ci_low"], table["ci_high"] = ends
    if share == 1:
        return table, ()
    note = (
        f"impacts: {100 * (1 - share):.2g} % of the draws had a rho outside ({low:.3g}, "
        f"{high:.3g}) and were left out"
    )
    return table, (note,)
