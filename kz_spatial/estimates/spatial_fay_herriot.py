"""The spatial model of Fay and Herriot: effects that lean on those of their neighbours.

u = rho W u + v with v ~ (0, a) and W the row-standardised graph, so G = a A with
A = ((I - rho W)'(I - rho W))^-1, over all areas of the graph, also those without a direct estimate.
The likelihood (or the residual one) is maximised over a for each rho, over a grid of rho and then
beside the best, and finished by Fisher scoring; errors are those of `mseSFH` in R's sae. Petrucci
and Salvati (2006), Journal of Agricultural, Biological and Environmental Statistics 11, 169-182;
Molina, Salvati and Pratesi (2009), Computational Statistics 24, 441-458.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize_scalar

from kz_spatial.estimates.area_prediction import (
    AreaData,
    Effects,
    Prediction,
    mean_squared_error,
    predict,
)
from kz_spatial.estimates.fay_herriot import AreaFit
from kz_spatial.estimates.variance_between import AreaMethod, Peak, Rotated

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RHO_BOUND", "fit_spatial", "spatial_error"]

# as in R's sae; at 1 the effects have no variance that is finite
RHO_BOUND: Final = 0.999
_GRID: Final = np.r_[-RHO_BOUND, np.linspace(-0.98, 0.98, 50), RHO_BOUND]
_POINTS: Final = 81


def _root(W: NDArray[np.float64], rho: float) -> NDArray[np.float64]:
    """(I - rho W)^-1, which makes effects of independent ones."""
    return np.asarray(np.linalg.inv(np.eye(len(W)) - rho * W))


def _peak(data: AreaData, W: NDArray[np.float64], rho: float, method: AreaMethod) -> Peak:
    """Best variance for one rho: the data are turned so that their covariance is diagonal."""
    s, sd = data.sampled, np.sqrt(data.d)
    B = _root(W, rho)[s] / sd[:, None]
    c, U = np.linalg.eigh(B @ B.T)
    turned = Rotated(
        U.T @ (data.y / sd),
        U.T @ (data.covariates / sd[:, None]),
        np.maximum(c, 0.0),
        np.ones(len(s)),
        method,
    )
    return turned.peak(_POINTS)


def _effects(W: NDArray[np.float64], variance: float, rho: float) -> Effects:
    """Covariance of the effects with its derivatives by the variance and by rho."""
    B = _root(W, rho)
    A = B @ B.T
    WtW = W.T @ W
    C = 2 * rho * WtW - W - W.T
    first = -A @ C @ A
    second = 2 * A @ C @ A @ C @ A - 2 * A @ WtW @ A
    bends = np.array([[np.zeros_like(A), first], [first, variance * second]])
    return Effects(variance * A, np.array([A, variance * first]), bends)


def _information(
    data: AreaData, effects: Effects, found: Prediction, *, residual: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score and Fisher information of variance and rho, (2,) and (2, 2)."""
    s = data.sampled
    slopes = effects.slopes[:, s][:, :, s]
    M = found.P if residual else found.Vi
    Py = found.P @ data.y
    turned = M @ slopes
    score = 0.5 * (np.einsum("i,kij,j->k", Py, slopes, Py) - np.trace(turned, axis1=1, axis2=2))
    return score, 0.5 * np.einsum("kij,lji->kl", turned, turned)


def _finish(
    data: AreaData, W: NDArray[np.float64], start: NDArray[np.float64], *, residual: bool
) -> NDArray[np.float64]:
    """Fisher scoring from next to the peak, where it takes a few steps; else the start."""
    at = start
    for _ in range(50):
        effects = _effects(W, *at)
        score, information = _information(
            data, effects, predict(data, effects.G), residual=residual
        )
        step = np.linalg.solve(information, score)
        at = at + step
        near = abs(at[1] - start[1]) < 1e-3 and abs(at[0] / start[0] - 1) < 1e-2
        if not near:
            return start
        if (abs(step) <= 1e-12 * abs(at)).all():
            break
    return at


def fit_spatial(data: AreaData, W: NDArray[np.float64], method: AreaMethod) -> AreaFit:
    """Fit the spatial model and predict every area.

    Parameters
    ----------
    data : AreaData
    W : (N, N) array
        Rows sum to 1, or to 0 without a neighbour.
    method : {"reml", "ml"}
    """
    heights = [_peak(data, W, rho, method).height for rho in _GRID]
    best = int(np.argmax(heights))
    low, high = _GRID[max(best - 1, 0)], _GRID[min(best + 1, len(_GRID) - 1)]
    rho = float(
        minimize_scalar(
            lambda r: -_peak(data, W, r, method).height,
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
    )
    peak = _peak(data, W, rho, method)
    # the search never steps on the ends themselves
    if heights[best] >= peak.height:
        rho, peak = float(_GRID[best]), _peak(data, W, _GRID[best], method)
    variance, at_bound = peak.variance, abs(rho) > RHO_BOUND - 1e-6
    if variance > 0 and not at_bound:
        start = np.array([variance, rho])
        variance, rho = (float(x) for x in _finish(data, W, start, residual=method == "reml"))
    root = np.sqrt(variance) * _root(W, rho)
    return AreaFit(variance, rho, predict(data, root @ root.T), root, at_bound)


def spatial_error(
    data: AreaData, W: NDArray[np.float64], fit: AreaFit, method: AreaMethod
) -> NDArray[np.float64]:
    """Mean squared error of every area, (N,); the variance is above 0 and rho within its bounds."""
    s, found = data.sampled, fit.found
    effects = _effects(W, fit.variance, float(fit.rho or 0.0))
    # like sae, the information of the residual likelihood for ML also
    _, information = _information(data, effects, found, residual=True)
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    bias = np.zeros(2)
    if method == "ml":
        ViX = found.Vi @ data.covariates
        slopes = effects.slopes[:, s][:, :, s]
        lost = -np.einsum("pq,ip,kij,jq->k", found.Q, ViX, slopes, ViX, optimize=True)
        bias = covariance @ lost / 2
    return mean_squared_error(data, effects, found, covariance, bias)
