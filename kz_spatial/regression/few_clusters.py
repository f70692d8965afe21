"""Inference for linear models with few clusters, on arrays alone.

The model is y = D a + X b + e with survey weights w, where D are absorbed effects and X stands for
the terms after D was partialled out (weighted), so that the two are orthogonal.

Sources
-------
- iid, HC1, HC3: MacKinnon and White (1985), Journal of Econometrics 29.
- CRV1: Stata's `regress, vce(cluster)`; factor G/(G-1) * (N-1)/(N-K), t with G-1.
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
from kz_spatial.errors import CallError, NotEnoughDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = [
    "ANALYTIC",
    "Analytic",
    "Covariance",
    "LinearModel",
    "cluster_moments",
    "covariance",
    "pseudo_inverse",
]

Analytic = Literal["iid", "hc1", "hc3", "crv1", "crv3", "cr2"]
ANALYTIC: Final[tuple[Analytic, ...]] = ("iid", "hc1", "hc3", "crv1", "crv3", "cr2")
_CLUSTERED: Final = frozenset({"crv1", "crv3", "cr2"})
_MAX_LEVELS: Final = 2000
_ZERO: Final = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """A fitted model as arrays.

    Attributes
    ----------
    X : (n, k) array
        Terms, absorbed effects partialled out; full column rank.
    y : (n,) array
        Outcome, absorbed effects partialled out.
    w : (n,) array
        Weights; ones without.
    coefficients : (k,) array
    levels : tuple of (n,) arrays of int
        Level of each row, per absorbed factor.
    clusters : (n,) array of int or None
        0 to G-1.
    n_parameters : int
        K, absorbed effects included.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    w: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    levels: tuple[NDArray[np.intp], ...]
    clusters: NDArray[np.intp] | None
    n_parameters: int

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Residuals, (n,), in units of the outcome."""
        return np.asarray(self.y - self.X @ self.coefficients, dtype=np.float64)

    @property
    def n_clusters(self) -> int:
        """G; 0 without clusters."""
        return 0 if self.clusters is None else int(self.clusters.max()) + 1

    def nested(self) -> bool:
        """Whether every absorbed level lies inside one cluster."""
        if self.clusters is None:
            return False
        for level in self.levels:
            pairs = np.unique(np.column_stack([level, self.clusters]), axis=0)
            if len(pairs) > int(level.max()) + 1:
                return False
        return True


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


def _need_clusters(model: LinearModel, method: str) -> NDArray[np.intp]:
    if model.clusters is None:
        raise CallError(f"inference={method!r}: needs clusters, expected cluster=COLUMN in the fit")
    if model.n_clusters < 2:
        raise NotEnoughDataError(f"inference={method!r}: found one cluster, expected at least two")
    return model.clusters


def _full_rows(model: LinearModel, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Rows of [X, D]: terms first, then a column per absorbed level."""
    blocks = [model.X[rows]]
    for level in model.levels:
        dummies = np.zeros((len(rows), int(level.max()) + 1))
        dummies[np.arange(len(rows)), level[rows]] = 1.0
        blocks.append(dummies)
    return np.hstack(blocks)


def _check_levels(model: LinearModel, method: str) -> None:
    found = sum(int(level.max()) + 1 for level in model.levels)
    if found > _MAX_LEVELS:
        raise CallError(
            f"inference={method!r}: found {found} absorbed levels, expected at most "
            f"{_MAX_LEVELS}; use 'crv1'"
        )


def _chunks(model: LinearModel, size: int = 100_000) -> Iterator[NDArray[np.intp]]:
    n = len(model.y)
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))


def _gram(model: LinearModel, power: int) -> NDArray[np.float64]:
    """[X, D]' W^power [X, D], chunk by chunk."""
    total: NDArray[np.float64] = np.zeros((0, 0))
    for rows in _chunks(model):
        Z = _full_rows(model, rows)
        part = Z.T @ (Z * model.w[rows, None] ** power)
        total = part if total.size == 0 else total + part
    return total


def pseudo_inverse(A: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pseudo-inverse of a cross product, after bringing its columns to one scale."""
    scale = np.sqrt(np.diag(A))
    scale[scale == 0] = 1.0
    inverse = np.linalg.pinv(A / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale), dtype=np.float64)


def cluster_moments(model: LinearModel) -> NDArray[np.float64]:
    """Weighted cross products of [X, D, y] within each cluster.

    D is left out where every absorbed level lies inside one cluster: its cross products with X and
    with residuals are then zero cluster by cluster.

    Returns
    -------
    (G, K+1, K+1) array
    """
    clusters = _need_clusters(model, "crv1")
    G = model.n_clusters
    if model.nested():
        columns = [*model.X.T, model.y]
        K = len(columns)
        out = np.empty((G, K, K))
        for i in range(K):
            left = model.w * columns[i]
            for j in range(i, K):
                out[:, i, j] = out[:, j, i] = np.bincount(clusters, left * columns[j], G)
        return out
    _check_levels(model, "crv1")
    parts = []
    for g in range(G):
        rows = np.flatnonzero(clusters == g)
        Z = np.column_stack([_full_rows(model, rows), model.y[rows]])
        parts.append(Z.T @ (Z * model.w[rows, None]))
    return np.stack(parts)


def _classical(model: LinearModel, method: Analytic) -> NDArray[np.float64]:
    bread = np.linalg.inv(model.X.T @ (model.X * model.w[:, None]))
    e, n = model.residuals, len(model.y)
    if method == "iid":
        scale = float(e @ (model.w * e)) / (n - model.n_parameters)
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
        _check_levels(model, "hc3")
        k = model.X.shape[1]
        inverse = pseudo_inverse(_gram(model, 1)[k:, k:])
        for rows in _chunks(model):
            D = _full_rows(model, rows)[:, k:]
            h[rows] += model.w[rows] * np.einsum("ij,jk,ik->i", D, inverse, D)
    alone = np.flatnonzero(h > 1 - _ZERO)
    if alone.size:
        raise NotEnoughDataError(
            f"inference='hc3': {alone.size} observations are fitted exactly "
            "(a region with one firm, say), so their leverage is 1; use 'hc1' "
            "or leave them out"
        )
    return np.asarray(h, dtype=np.float64)


def _crv1(model: LinearModel) -> NDArray[np.float64]:
    clusters = _need_clusters(model, "crv1")
    G, n = model.n_clusters, len(model.y)
    bread = np.linalg.inv(model.X.T @ (model.X * model.w[:, None]))
    we = model.w * model.residuals
    scores = np.stack([np.bincount(clusters, column * we, G) for column in model.X.T], axis=1)
    factor = G / (G - 1) * (n - 1) / (n - model.n_parameters)
    return np.asarray(factor * bread @ (scores.T @ scores) @ bread, dtype=np.float64)


def _crv3(model: LinearModel) -> NDArray[np.float64]:
    """Jackknife by cluster, from the clusters' cross products.

    A coefficient that one deletion cannot estimate has no jackknife: its row and column are NaN;
    those of the others do not depend on it.
    """
    moments = cluster_moments(model)
    G, k = len(moments), model.X.shape[1]
    whole = moments.sum(axis=0)
    scale = np.sqrt(np.diag(whole)[:-1])
    scale[scale == 0] = 1.0
    gaps = np.empty((G, k))
    for g in range(G):
        left = whole - moments[g]
        values, vectors = np.linalg.eigh(left[:-1, :-1] / np.outer(scale, scale))
        known = values > _ZERO * max(values[-1], 1.0)
        solved = vectors[:, known] @ (
            (vectors[:, known].T @ (left[:-1, -1] / scale)) / values[known]
        )
        gaps[g] = (solved / scale)[:k] - model.coefficients
        gaps[g, np.abs(vectors[:k, ~known]).max(axis=1, initial=0.0) > np.sqrt(_ZERO)] = np.nan
    if np.isnan(gaps).any(axis=0).all():
        raise NotEnoughDataError(
            "inference='crv3': each coefficient needs one of the clusters, so the jackknife has "
            "no estimate"
        )
    return np.asarray((G - 1) / G * gaps.T @ gaps, dtype=np.float64)


def _inverse_root(
    Z: NDArray[np.float64],
    w: NDArray[np.float64],
    M: NDArray[np.float64],
    A2: NDArray[np.float64],
    target: NDArray[np.float64],
) -> NDArray[np.float64]:
    """B^(-1/2) times `target`, with B = [(I-H)(I-H)']_gg, by its low rank distance from I."""
    K = M.shape[0]
    F = np.hstack([Z, Z * w[:, None]])
    U, s, Vt = np.linalg.svd(F, full_matrices=False)
    keep = s > s[0] * 1e-12
    U, s, Vt = U[:, keep], s[keep], Vt[keep]
    middle = np.zeros((2 * K, 2 * K))
    middle[:K, :K] = M @ A2 @ M
    middle[:K, K:] = middle[K:, :K] = -M
    T = s[:, None] * (Vt @ middle @ Vt.T) * s
    values, vectors = np.linalg.eigh(np.eye(len(s)) + (T + T.T) / 2)
    root = np.where(values > _ZERO, np.maximum(values, _ZERO) ** -0.5, 0.0) - 1.0
    W = U @ vectors
    return np.asarray(target + W @ (root[:, None] * (W.T @ target)), dtype=np.float64)


def _cr2(model: LinearModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CR2 covariance and the Satterthwaite degrees of freedom of each coefficient."""
    clusters = _need_clusters(model, "cr2")
    _check_levels(model, "cr2")
    G, k = model.n_clusters, model.X.shape[1]
    M, A2 = pseudo_inverse(_gram(model, 1)), _gram(model, 2)
    K = M.shape[0]
    u, v = np.empty((G, K, k)), np.empty((G, K, k))
    own, scores = np.empty((G, k)), np.empty((G, k))
    e = model.residuals
    for g in range(G):
        rows = np.flatnonzero(clusters == g)
        Z, w = _full_rows(model, rows), model.w[rows]
        a = _inverse_root(Z, w, M, A2, (w[:, None] * Z) @ M[:, :k])
        u[g], v[g] = Z.T @ a, (Z * w[:, None]).T @ a
        own[g], scores[g] = np.einsum("ij,ij->j", a, a), a.T @ e[rows]
    inner = M @ A2 @ M
    df = np.empty(k)
    for j in range(k):
        cross = u[:, :, j] @ M @ v[:, :, j].T
        P = np.diag(own[:, j]) - cross - cross.T + u[:, :, j] @ inner @ u[:, :, j].T
        df[j] = np.trace(P) ** 2 / float((P**2).sum())
    return np.asarray(scores.T @ scores, dtype=np.float64), df


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
        matrix, df = _cr2(model)
        return Covariance(matrix, df, method)
    if method in _CLUSTERED:
        matrix = _crv1(model) if method == "crv1" else _crv3(model)
        return Covariance(matrix, np.full(k, model.n_clusters - 1.0), method)
    return Covariance(_classical(model, method), np.full(k, float(n - model.n_parameters)), method)
