"""CR2: errors by cluster that would be unbiased if all errors were alike, and their distribution.

Cluster g's residuals are multiplied by A_g = B_g^(-1/2), where B_g = [(I-H)(I-H)']_gg is what a
working model of equal, independent errors says of them. With F = [Z, WZ] and M = (Z'WZ)^-1,

    B_g = I + F C F',   C = [[M A2 M, -M], [-M, 0]],   A2 = Z'W^2 Z,

so that all that is needed of a cluster are the cross products F'F, whatever its size: with
F'F = L L' and T = L'CL, A_g = I + F (k1 C + C L k(T) L' C) F', k being smooth where T is 0. Without
weights F = Z and C = -M.

Sources
-------
- Bell and McCaffrey (2002), Survey Methodology 28.
- Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36: any design, weights
  and effects, and the Satterthwaite degrees of freedom of a contrast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np

from kz_spatial.regression.group_sums import (
    cross_products,
    level_sums,
    present_levels,
    rows_by_group,
)
from kz_spatial.regression.linear_model import (
    LinearModel,
    check_levels,
    need_clusters,
    pseudo_inverse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["BiasReduced", "ClusterProducts", "bias_reduced", "reduced_by_cluster"]

_ZERO: Final = 1e-10
_MAX_CELLS: Final = 20_000_000
# errors, degrees of freedom and tests of one fit rest on the same adjustment
_KNOWN: Final[WeakKeyDictionary[LinearModel, BiasReduced]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, eq=False)
class BiasReduced:
    """Adjusted scores by cluster, and their covariances under the working model.

    Attributes
    ----------
    scores : (G, k) array
        Contribution of each cluster to each coefficient.
    own : (G, k, k) array
        a'a, where a are a cluster's adjusted weights of its residuals.
    left, right : (G, K, k) arrays
        Z'a and Z'Wa.
    M, inner : (K, K) arrays
        (Z'WZ)^-1, and M Z'W^2 Z M.
    """

    scores: NDArray[np.float64]
    own: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    M: NDArray[np.float64]
    inner: NDArray[np.float64]

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Covariance of the coefficients, (k, k)."""
        return np.asarray(self.scores.T @ self.scores, dtype=np.float64)

    def products(self, contrasts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariances of clusters' scores under the working model.

        Parameters
        ----------
        contrasts : (k, q) array
            Combinations of coefficients.

        Returns
        -------
        (q, q, G, G) array
            In units of the errors' variance.
        """
        G, q = len(self.scores), contrasts.shape[1]
        u, v = self.left @ contrasts, self.right @ contrasts
        uM, inner = np.swapaxes(u, 1, 2) @ self.M, np.swapaxes(u, 1, 2) @ self.inner
        out = np.empty((q, q, G, G))
        for s in range(q):
            for t in range(q):
                out[s, t] = inner[:, s] @ u[:, :, t].T - uM[:, s] @ v[:, :, t].T
                out[s, t] -= v[:, :, s] @ uM[:, t].T
                own = np.einsum("i,gij,j->g", contrasts[:, s], self.own, contrasts[:, t])
                out[s, t][np.diag_indices(G)] += own
        return out

    def satterthwaite(self, contrasts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Degrees of freedom of the t of each combination of coefficients.

        Parameters
        ----------
        contrasts : (k, m) array

        Returns
        -------
        (m,) array
        """
        k, m = contrasts.shape
        G = len(self.scores)
        if m > k and k * k * G * G <= _MAX_CELLS:
            # many combinations of few coefficients: from the products of the coefficients
            whole = self.products(np.eye(k)).reshape(k * k, G * G)
            traces = whole[:, :: G + 1].sum(axis=1)
            squares = whole @ whole.T
            pairs = (contrasts[:, None, :] * contrasts[None, :, :]).reshape(k * k, m)
            bottom = np.einsum("im,ij,jm->m", pairs, squares, pairs, optimize=True)
            return np.asarray((traces @ pairs) ** 2 / bottom, dtype=np.float64)
        df = np.empty(m)
        for j in range(m):
            P = self.products(contrasts[:, [j]])[0, 0]
            df[j] = np.trace(P) ** 2 / float((P**2).sum())
        return df


@dataclass(frozen=True, slots=True, eq=False)
class _Cluster:
    """Rows of one cluster, with the levels that they have."""

    X: NDArray[np.float64]
    levels: list[NDArray[np.intp]]
    sizes: list[int]
    w: NDArray[np.float64]

    def gram(self, power: int) -> NDArray[np.float64]:
        """Z'W^power Z."""
        return cross_products(self.X, self.levels, self.sizes, self.w**power if power else None)

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Z' times values of the rows."""
        by_level = level_sums(values[:, None], self.levels, self.sizes)[:, 0]
        return np.concatenate([self.X.T @ values, by_level])


@dataclass(frozen=True, slots=True, eq=False)
class ClusterProducts:
    """Cross products of one cluster.

    Attributes
    ----------
    here : (K_g,) array of int
        Columns of [X, D] that the cluster has: all terms, and its levels.
    grams : tuple of (K_g, K_g) arrays
        Z'W^p Z for p = 0, 1, 2; of p = 0 alone where every weight is 1.
    sums : tuple of (K_g,) arrays
        Z'e, and Z'We where there are weights.
    """

    here: NDArray[np.intp]
    grams: tuple[NDArray[np.float64], ...]
    sums: tuple[NDArray[np.float64], ...]


def _adjustment(N: NDArray[np.float64], C: NDArray[np.float64]) -> NDArray[np.float64]:
    """S of (I + F C F')^(-1/2) = I + F S F', from N = F'F; null directions of I + FCF' go to 0."""
    values, vectors = np.linalg.eigh(N)
    L = vectors * np.sqrt(np.maximum(values, 0.0))
    T = L.T @ C @ L
    x, Q = np.linalg.eigh((T + T.T) / 2)
    left = 1 + x
    root = np.sqrt(np.maximum(left, _ZERO))
    # (left^(-1/2) - 1 + x/2) / x^2, written so that nothing cancels at x = 0
    k = np.where(left > _ZERO, (root + 2) / (2 * root * (1 + root) ** 2), -1.5)
    CLQ = C @ L @ Q
    return np.asarray(-C / 2 + (CLQ * k) @ CLQ.T, dtype=np.float64)


def _bread(model: LinearModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(Z'WZ)^-1, terms and effects apart as they are orthogonal, and Z'W^2 Z."""
    k, sizes, w = model.X.shape[1], model.sizes, model.w
    K = k + sum(sizes)
    M = np.zeros((K, K))
    M[:k, :k] = pseudo_inverse(model.X.T @ (model.X * w[:, None]))
    if len(sizes) == 1:
        M[range(k, K), range(k, K)] = 1 / np.bincount(model.levels[0], w)
    elif sizes:
        none = np.empty((len(w), 0))
        M[k:, k:] = pseudo_inverse(cross_products(none, model.levels, sizes, w))
    return M, cross_products(model.X, model.levels, sizes, w**2)


def bias_reduced(model: LinearModel) -> BiasReduced:
    """Adjust the scores of each cluster.

    Parameters
    ----------
    model : LinearModel
        With clusters.

    Returns
    -------
    BiasReduced

    Raises
    ------
    CallError
        Without clusters, or with too many absorbed levels.
    NotEnoughDataError
        With one cluster.
    """
    known = _KNOWN.get(model)
    if known is not None:
        return known
    clusters = need_clusters(model, "cr2")
    check_levels(model, "cr2")
    G, k = model.n_clusters, model.X.shape[1]
    M, A2 = _bread(model)
    found = reduced_by_cluster(_products(model, clusters, G), G, k, M, A2)
    _KNOWN[model] = found
    return found


def _products(model: LinearModel, clusters: NDArray[np.intp], G: int) -> Iterator[ClusterProducts]:
    """What CR2 asks of each cluster's rows."""
    k, sizes = model.X.shape[1], model.sizes
    plain = bool((model.w == 1).all())
    e = model.residuals
    starts = np.cumsum([k, *sizes])[:-1]
    for rows in rows_by_group(clusters, G):
        present, levels = present_levels(model.levels, sizes, rows)
        parts = [start + each for start, each in zip(starts, present, strict=True)]
        here = np.concatenate([np.arange(k, dtype=np.intp), *parts])
        data = _Cluster(model.X[rows], levels, [len(each) for each in present], model.w[rows])
        own = e[rows]
        grams = tuple(data.gram(power) for power in range(1 if plain else 3))
        sums = (data.sums(own),) if plain else (data.sums(own), data.sums(data.w * own))
        yield ClusterProducts(here, grams, sums)


def reduced_by_cluster(
    products: Iterable[ClusterProducts],
    G: int,
    k: int,
    M: NDArray[np.float64],
    A2: NDArray[np.float64],
) -> BiasReduced:
    """Adjust the scores of each cluster by its cross products alone.

    Parameters
    ----------
    products : iterable of ClusterProducts
        One for each of the G clusters.
    G, k : int
        Clusters, and terms.
    M, A2 : (K, K) arrays
        (Z'WZ)^-1, and Z'W^2 Z.

    Returns
    -------
    BiasReduced
    """
    K, inner = len(M), M @ A2 @ M
    left, right = np.zeros((G, K, k)), np.zeros((G, K, k))
    own, scores = np.empty((G, k, k)), np.empty((G, k))
    for g, data in enumerate(products):
        here, powers = data.here, data.grams
        m, target = M[np.ix_(here, here)], M[here, :k]
        sums = np.concatenate(data.sums)
        if len(powers) == 1:
            N, C = powers[0], -m
        else:
            N = np.block([[powers[0], powers[1]], [powers[1], powers[2]]])
            C = np.block([[inner[np.ix_(here, here)], -m], [-m, np.zeros_like(m)]])
            target = np.vstack([np.zeros_like(target), target])
        c = target + _adjustment(N, C) @ (N @ target)
        Nc = N @ c
        left[g, here], right[g, here] = Nc[: len(here)], Nc[-len(here) :]
        own[g], scores[g] = c.T @ Nc, c.T @ sums
    return BiasReduced(scores, own, left, right, M, inner)
