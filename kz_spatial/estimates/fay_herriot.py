"""The model of Fay and Herriot: area effects that know nothing of each other, of one variance.

The asymptotic variance of the estimated variance is 2 / tr(V^-2) by likelihoods, 2 m / tr(V^-1)^2
by moments; its bias is that of the method (Datta and Lahiri 2000; Datta, Rao and Smith 2005,
Biometrika 92, 183-196; Li and Lahiri 2010; Yoshimori and Lahiri 2014), so that errors are those of
`mseFH` in R's sae, and for adjusted likelihoods those that emdi writes. For areas without a direct
estimate the same bias is taken off the variance, where emdi adds it (ML) or gives no error
(adjusted likelihoods).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.estimates.area_prediction import (
    AreaData,
    Effects,
    Prediction,
    mean_squared_error,
    predict,
)
from kz_spatial.estimates.variance_between import AreaMethod, Rotated

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AreaFit", "fit_independent", "independent_error"]


@dataclass(frozen=True, slots=True, eq=False)
class AreaFit:
    """A fitted model of areas.

    Attributes
    ----------
    variance : float
        Of the area effects.
    rho : float or None
        Spatial dependence of the effects; None in a model without a graph.
    found : Prediction
    root : (N, N) array
        The effects' covariance is root root'; bootstrap effects are root times normal draws.
    at_bound : bool
        Whether rho ended where it may not go on.
    """

    variance: float
    rho: float | None
    found: Prediction
    root: NDArray[np.float64]
    at_bound: bool = False


def fit_independent(data: AreaData, method: AreaMethod) -> AreaFit:
    """Fit the model of Fay and Herriot and predict every area."""
    flat = Rotated(data.y, data.covariates, np.ones(len(data.y)), data.d, method)
    variance = flat.moments() if method == "moments" else flat.peak().variance
    identity = np.eye(len(data.X))
    found = predict(data, variance * identity)
    return AreaFit(variance, None, found, np.sqrt(variance) * identity)


def _bias(fit: AreaFit, method: AreaMethod) -> float:
    """Asymptotic bias of the variance between areas."""
    Vi = np.diag(fit.found.Vi)
    total, squares = Vi.sum(), (Vi**2).sum()
    if method == "moments":
        return float(2 * (len(Vi) * squares - total**2) / total**3)
    bias = 0.0
    if method.endswith("ml") and method != "reml":
        # what is lost by taking the coefficients as known; below 0
        bias += float((np.diag(fit.found.P) - Vi).sum() / squares)
    if method.startswith("li-lahiri"):
        bias += float(2 / (fit.variance * squares))
    return bias


def independent_error(data: AreaData, fit: AreaFit, method: AreaMethod) -> NDArray[np.float64]:
    """Mean squared error of every area, (N,)."""
    Vi = np.diag(fit.found.Vi)
    spread = 2 * len(Vi) / Vi.sum() ** 2 if method == "moments" else 2 / (Vi**2).sum()
    identity = np.eye(len(data.X))
    effects = Effects(fit.variance * identity, identity[None], np.zeros((1, 1, *identity.shape)))
    bias = np.array([_bias(fit, method)])
    return mean_squared_error(data, effects, fit.found, np.array([[spread]]), bias)
