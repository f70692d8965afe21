"""Inference for linear models with few clusters, on arrays alone.

Sources
-------
- iid, HC1, HC3: MacKinnon and White (1985), Journal of Econometrics 29.
- CRV1: Stata's `regress, vce(cluster)`; factor G/(G-1) * (N-1)/(N-K), t with G-1. Which absorbed
  effects K counts is a convention: see `counted_parameters`.
- Two ways of clusters: CRV1 by the one and by the other less that by both; G the smaller number,
  in the factor and in the degrees of freedom; negative eigenvalues set to 0; Cameron, Gelbach and
  Miller (2011), Journal of Business & Economic Statistics 29.
- CRV3: delete-one-cluster jackknife centred at the estimate, factor (G-1)/G, t with G-1; MacKinnon,
  Nielsen and Webb (2023), Journal of Econometrics 232, eq. (CV3).
- CR2 with Satterthwaite degrees of freedom: Bell and McCaffrey (2002), and Pustejovsky and Tipton
  (2018), Journal of Business & Economic Statistics 36; working model of equal variances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.bias_reduced import bias_reduced
from kz_spatial.regression.group_sums import cross_products
from kz_spatial.regression.linear_model import (
    LinearModel,
    check_levels,
    cluster_moments,
    need_clusters,
    pseudo_inverse,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ANALYTIC",
    "Analytic",
    "Covariance",
    "LinearModel",
    "clipped_note",
    "cluster_moments",
    "covariance",
    "jackknife",
    "pseudo_inverse",
]

Analytic = Literal["iid", "hc1", "hc3", "crv1", "crv3", "cr2"]
ANALYTIC: Final[tuple[Analytic, ...]] = ("iid", "hc1", "hc3", "crv1", "crv3", "cr2")
_CLUSTERED: Final = frozenset({"crv1", "crv3", "cr2"})
_ZERO: Final = 1e-10
_ROUNDING: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Covariance:
    """Covariance of the coefficients under one way of inference.

    Attributes
    ----------
    matrix : (k, k) array
    df : (k,) array
        Degrees of freedom of the t distribution of each coefficient.
    method : str
    """

    matrix: NDArray[np.float64]
    df: NDArray[np.float64]
    method: Analytic


def _classical(model: LinearModel, method: Analytic) -> NDArray[np.float64]:
    bread = np.linalg.inv(model.X.T @ (model.X * model.w[:, None]))
    e, n = model.residuals, len(model.y)
    if method == "iid":
        scale = e @ (model.w * e) / (n - model.n_parameters)
        return np.asarray(scale * bread, dtype=np.float64)
    factor = n / (n - model.n_parameters)
    omega = (model.w * e) ** 2
    if method == "hc3":
        factor = 1.0
        omega = omega / (1 - _leverage(model)) ** 2
    meat = model.X.T @ (model.X * omega[:, None])
    return np.asarray(factor * bread @ meat @ bread, dtype=np.float64)


def _leverage(model: LinearModel) -> NDArray[np.float64]:
    """Diagonal of the weighted hat matrix of [X, D]."""
    bread = np.linalg.inv(model.X.T @ (model.X * model.w[:, None]))
    h = model.w * np.einsum("ij,jk,ik->i", model.X, bread, model.X)
    if len(model.levels) == 1:
        level = model.levels[0]
        h = h + model.w / np.bincount(level, model.w)[level]
    elif model.levels:
        check_levels(model, "hc3")
        none = np.empty((len(model.y), 0))
        inverse = pseudo_inverse(cross_products(none, model.levels, model.sizes, model.w))
        starts = np.cumsum([0, *model.sizes[:-1]])
        columns = [start + level for start, level in zip(starts, model.levels, strict=True)]
        h = h + model.w * sum(inverse[one, other] for one in columns for other in columns)
    alone = np.flatnonzero(h > 1 - _ZERO)
    if alone.size:
        raise NotEnoughDataError(
            f"inference='hc3': {alone.size} observations are fitted exactly "
            "(a region with one firm, say), so their leverage is 1; use 'hc1' "
            "or leave them out"
        )
    return np.asarray(h, dtype=np.float64)


def _crv1(model: LinearModel) -> NDArray[np.float64]:
    clusters = need_clusters(model, "crv1")
    n, G = len(model.y), model.fewest_clusters
    if G < 2:
        raise NotEnoughDataError("inference='crv1': found one cluster, expected at least two")
    bread = np.linalg.inv(model.X.T @ (model.X * model.w[:, None]))
    scores = model.X * (model.w * model.residuals)[:, None]
    K = model.n_parameters if model.n_counted is None else model.n_counted
    factor = G / (G - 1) * (n - 1) / (n - K)
    meat = _squares(scores, clusters)
    if model.crossed is None:
        return np.asarray(factor * bread @ meat @ bread, dtype=np.float64)
    both = np.unique(clusters * (model.crossed.max() + 1) + model.crossed, return_inverse=True)
    meat = meat + _squares(scores, model.crossed) - _squares(scores, both[1])
    return np.asarray(factor * bread @ meat @ bread, dtype=np.float64)


def clipped_note(model: LinearModel) -> tuple[str, ...]:
    """Whether a covariance by two ways of clusters had to be mended, in one line; else empty."""
    if model.crossed is None or model.fewest_clusters < 2:
        return ()
    if _is_covariance(_crv1(model)):
        return ()
    told = (
        "crv1 by two ways of clusters was no covariance, as happens with few clusters: "
        "eigenvalues below 0 were set to 0"
    )
    return (told,)


def _squares(scores: NDArray[np.float64], clusters: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sum over clusters of the squares of their sums of scores."""
    sums = np.stack([np.bincount(clusters, column) for column in scores.T], axis=1)
    return np.asarray(sums.T @ sums, dtype=np.float64)


def _is_covariance(V: NDArray[np.float64]) -> bool:
    """Whether no eigenvalue is below 0 by more than rounding."""
    values = np.linalg.eigvalsh(V)
    return bool(values[0] >= -_ROUNDING * values[-1])


def _semi_definite(V: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix with its negative eigenvalues set to 0."""
    values, vectors = np.linalg.eigh(V)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T, dtype=np.float64)


def _crv3(model: LinearModel) -> NDArray[np.float64]:
    """Jackknife by cluster, from the clusters' cross products.

    A coefficient that one deletion cannot estimate has no jackknife: its row and column are NaN;
    those of the others do not depend on it.
    """
    return jackknife(cluster_moments(model, "crv3"), model.coefficients)


def jackknife(
    moments: NDArray[np.float64], coefficients: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariance by leaving out each cluster, from cross products as `cluster_moments` has them."""
    G, k = len(moments), len(coefficients)
    whole = moments.sum(axis=0)
    scale = np.sqrt(np.diag(whole)[:-1])
    gaps = np.empty((G, k))
    for g in range(G):
        left = whole - moments[g]
        values, vectors = np.linalg.eigh(left[:-1, :-1] / np.outer(scale, scale))
        known = values > _ZERO
        solved = vectors[:, known] @ (
            (vectors[:, known].T @ (left[:-1, -1] / scale)) / values[known]
        )
        gaps[g] = (solved / scale)[:k] - coefficients
        gaps[g, np.abs(vectors[:k, ~known]).max(axis=1, initial=0.0) > np.sqrt(_ZERO)] = np.nan
    if np.isnan(gaps).any(axis=0).all():
        raise NotEnoughDataError(
            "inference='crv3': each coefficient needs one of the clusters, so the jackknife has "
            "no estimate"
        )
    return np.asarray((G - 1) / G * gaps.T @ gaps, dtype=np.float64)


def covariance(model: LinearModel, method: Analytic) -> Covariance:
    """Estimate the covariance of least-squares coefficients.

    Parameters
    ----------
    model : LinearModel
    method : {"iid", "hc1", "hc3", "crv1", "crv3", "cr2"}
        See the module for definitions and sources.

    Returns
    -------
    Covariance

    Raises
    ------
    CallError
        When clusters are needed and were not given, or absorbed levels are too many.
    NotEnoughDataError
        When N does not exceed K, there are fewer than two clusters, or a term varies in one
        cluster only (crv3).
    """
    check_option("inference", method, ANALYTIC)
    n, k = model.X.shape
    if n <= model.n_parameters:
        raise NotEnoughDataError(
            f"found {n} observations for {model.n_parameters} parameters, "
            "expected more observations"
        )
    if method == "cr2":
        adjusted = bias_reduced(model)
        matrix, df = adjusted.covariance, adjusted.satterthwaite(np.eye(k))
        return Covariance(matrix, df, method)
    if method in _CLUSTERED:
        matrix = _crv1(model) if method == "crv1" else _crv3(model)
        if model.crossed is not None:
            matrix = _semi_definite(matrix)
        return Covariance(matrix, np.full(k, model.fewest_clusters - 1.0), method)
    return Covariance(_classical(model, method), np.full(k, float(n - model.n_parameters)), method)
