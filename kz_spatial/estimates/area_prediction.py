"""Best linear unbiased prediction of area values, and how far it strays, given the effects' law.

For N areas of which m have a direct estimate: theta = X beta + u with u ~ (0, G), and
y = theta + e over the m with e ~ (0, diag(d)), so that V = G over the m, plus diag(d). Then
beta = Q X'V^-1 y with Q = (X'V^-1 X)^-1, theta is predicted by X beta + K (y - X beta) with
K = G V^-1, and with R = I - K the mean squared error is estimated by

    g1 + g2 + 2 g3 - g4 - bias of the parameters times the slope of g1

- g1 = diag(R G): the effects; g2: the coefficients; g3: the parameters of G, by the delta method
- g4: half of diag(R G'' R') over the parameters' covariance, nought where G is linear in them
  (Singh, Shukla and Kundu 2005, Survey Methodology 31, 183-195, as R's sae has it); not taken off
  where there is no direct estimate, since it can undercut g1 there

Areas without a direct estimate have their own terms in X and G and none in y: their rows of K hold
what neighbours tell of them, nothing in the model without a graph. Prasad and Rao (1990), Journal
of the American Statistical Association 85, 163-171; Datta and Lahiri (2000), Statistica Sinica 10,
613-627; Rao and Molina (2015), *Small Area Estimation*, ch. 6 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AreaData", "Effects", "Prediction", "mean_squared_error", "predict"]


@dataclass(frozen=True, slots=True, eq=False)
class AreaData:
    """What a model of areas is fitted to.

    Attributes
    ----------
    y, d : (m,) arrays
        Direct estimates and their sampling variances, above 0.
    X : (N, p) array
        Covariates of all areas.
    sampled : (m,) array of int
        Rows of `X` that `y` belongs to.
    """

    y: NDArray[np.float64]
    d: NDArray[np.float64]
    X: NDArray[np.float64]
    sampled: NDArray[np.intp]

    @property
    def covariates(self) -> NDArray[np.float64]:
        """(m, p) covariates of the areas with a direct estimate."""
        return self.X[self.sampled]


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Covariance of the area effects, and how it moves with its k parameters.

    Attributes
    ----------
    G : (N, N) array
    slopes : (k, N, N) array
        First derivatives of G.
    bends : (k, k, N, N) array
        Second derivatives.
    """

    G: NDArray[np.float64]
    slopes: NDArray[np.float64]
    bends: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predicted areas, and the matrices that their error is made of.

    Attributes
    ----------
    estimate : (N,) array
    beta : (p,) array
    Q : (p, p) array
        Covariance of `beta`.
    Vi, P : (m, m) arrays
        Inverse of the covariance of y, and the same with the coefficients projected out.
    K : (N, m) array
        Weights of the residuals in the effects.
    g1 : (N,) array
        Variance of an area's value given y and the parameters.
    log_likelihood : float
        Of y under normal laws, constant included, whatever the method of the fit.
    """

    estimate: NDArray[np.float64]
    beta: NDArray[np.float64]
    Q: NDArray[np.float64]
    Vi: NDArray[np.float64]
    P: NDArray[np.float64]
    K: NDArray[np.float64]
    g1: NDArray[np.float64]
    log_likelihood: float


def predict(data: AreaData, G: NDArray[np.float64]) -> Prediction:
    """Generalised least squares and the predictor of every area."""
    s, Xs = data.sampled, data.covariates
    V = G[np.ix_(s, s)] + np.diag(data.d)
    Vi = np.asarray(np.linalg.inv(V), dtype=np.float64)
    ViX = Vi @ Xs
    Q = np.asarray(np.linalg.inv(Xs.T @ ViX), dtype=np.float64)
    beta = Q @ (ViX.T @ data.y)
    residual = data.y - Xs @ beta
    K = G[:, s] @ Vi
    size = len(s) * np.log(2 * np.pi) + np.linalg.slogdet(V)[1]
    return Prediction(
        estimate=data.X @ beta + K @ residual,
        beta=beta,
        Q=Q,
        Vi=Vi,
        P=Vi - ViX @ Q @ ViX.T,
        K=K,
        g1=np.diag(G) - (K * G[:, s]).sum(axis=1),
        log_likelihood=float(-0.5 * (size + residual @ Vi @ residual)),
    )


def mean_squared_error(
    data: AreaData,
    effects: Effects,
    found: Prediction,
    covariance: NDArray[np.float64],
    bias: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean squared error of every area.

    Parameters
    ----------
    data : AreaData
    effects : Effects
        At the estimated parameters.
    found : Prediction
    covariance : (k, k) array
        Asymptotic covariance of the estimated parameters.
    bias : (k,) array
        Their asymptotic bias.

    Returns
    -------
    (N,) array
        A correction for bias can take it below 0.
    """
    s = data.sampled
    R = np.eye(len(data.X))
    R[:, s] -= found.K
    T = data.X - found.K @ data.covariates
    g2 = ((T @ found.Q) * T).sum(axis=1)
    moved = R @ effects.slopes[:, :, s]
    g3 = np.einsum("kl,kni,ij,lnj->n", covariance, moved, found.Vi, moved, optimize=True)
    own = R[s]
    g4 = np.zeros(len(R))
    g4[s] = 0.5 * np.einsum("kl,ni,klij,nj->n", covariance, own, effects.bends, own, optimize=True)
    slope_of_g1 = np.einsum("ni,kij,nj->kn", R, effects.slopes, R, optimize=True)
    return np.asarray(found.g1 + g2 + 2 * g3 - g4 - bias @ slope_of_g1)
