"""Inference for linear models with few clusters, on arrays alone.

All functions take the design after absorbed effects were partialled out, with rows already
multiplied by the square root of the survey weight.

Sources: Stata's `regress, vce(cluster)` for CRV1; Cameron and Miller (2015), Journal of Human
Resources 50(2), for the factor G/(G-1) * (N-1)/(N-K).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import NotEnoughDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["INFERENCES", "Covariance", "Inference", "covariance"]

Inference = Literal["iid", "hc1", "crv1"]
INFERENCES: Final = ("iid", "hc1", "crv1")


@dataclass(frozen=True, slots=True)
class Covariance:
    """Covariance of the coefficients under one way of inference.

    Attributes
    ----------
    matrix : (k, k) array
    df : float
        Degrees of freedom of the t distribution that goes with it.
    method : {"iid", "hc1", "crv1"}
    """

    matrix: NDArray[np.float64]
    df: float
    method: Inference


def _bread(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(X.T @ X), dtype=np.float64)


def covariance(
    X: NDArray[np.float64],
    residuals: NDArray[np.float64],
    *,
    method: Inference,
    n_parameters: int,
    clusters: NDArray[np.intp] | None = None,
) -> Covariance:
    """Estimate the covariance of least-squares coefficients.

    Parameters
    ----------
    X : (n, k) array
        Design of full column rank, absorbed effects partialled out, rows times sqrt(weight).
    residuals : (n,) array
        Residuals, times sqrt(weight).
    method : {"iid", "hc1", "crv1"}
        Classical; heteroskedasticity-robust with N/(N-K); cluster-robust with Stata's factor
        G/(G-1) * (N-1)/(N-K) and G-1 degrees of freedom.
    n_parameters : int
        K, absorbed effects included.
    clusters : (n,) array of int, optional
        0 to G-1; needed by "crv1".

    Returns
    -------
    Covariance

    Raises
    ------
    NotEnoughDataError
        When N does not exceed K, or fewer than two clusters are there for "crv1".
    """
    check_option("inference", method, INFERENCES)
    n = len(residuals)
    if n <= n_parameters:
        raise NotEnoughDataError(
            f"found {n} observations for {n_parameters} parameters, expected more observations"
        )
    bread = _bread(X)
    if method == "iid":
        scale = float(residuals @ residuals) / (n - n_parameters)
        return Covariance(scale * bread, n - n_parameters, method)
    scores = X * residuals[:, None]
    if method == "hc1":
        factor = n / (n - n_parameters)
        return Covariance(factor * bread @ (scores.T @ scores) @ bread, n - n_parameters, method)
    if clusters is None or (n_clusters := int(clusters.max()) + 1) < 2:
        raise NotEnoughDataError("found fewer than two clusters, expected at least two for crv1")
    sums = np.stack([np.bincount(clusters, column, n_clusters) for column in scores.T], axis=1)
    factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - n_parameters)
    return Covariance(factor * bread @ (sums.T @ sums) @ bread, n_clusters - 1, method)
