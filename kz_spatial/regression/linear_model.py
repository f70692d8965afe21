"""A fitted linear model as arrays, and the cross products that inference is made of.

The model is y = D a + X b + e with survey weights w, where D are absorbed effects and X stands for
the terms after D was partialled out (weighted), so that the two are orthogonal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression.group_sums import cross_products, is_nested, rows_by_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LinearModel", "check_levels", "cluster_moments", "need_clusters", "pseudo_inverse"]

_MAX_LEVELS: Final = 2000


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
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
    n_counted : int, optional
        K as the factor of CRV1 counts it; `n_parameters` without.
    crossed : (n,) array of int, optional
        A second way in which errors are clustered, 0 to H-1.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    w: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    levels: tuple[NDArray[np.intp], ...]
    clusters: NDArray[np.intp] | None
    n_parameters: int
    n_counted: int | None = None
    crossed: NDArray[np.intp] | None = None

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Residuals, (n,), in units of the outcome."""
        return np.asarray(self.y - self.X @ self.coefficients, dtype=np.float64)

    @property
    def n_clusters(self) -> int:
        """G; 0 without clusters."""
        return 0 if self.clusters is None else int(self.clusters.max()) + 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Levels of each absorbed factor."""
        return tuple(int(level.max()) + 1 for level in self.levels)

    @property
    def fewest_clusters(self) -> int:
        """G, or the smaller number where errors are clustered in two ways."""
        if self.crossed is None:
            return self.n_clusters
        return min(self.n_clusters, int(self.crossed.max()) + 1)

    def nested(self) -> bool:
        """Whether every absorbed level lies inside one cluster."""
        if self.clusters is None:
            return False
        return all(is_nested(level, self.clusters) for level in self.levels)


def need_clusters(model: LinearModel, method: str) -> NDArray[np.intp]:
    """The model's clusters, or one line on what is missing."""
    if model.clusters is None:
        raise CallError(f"inference={method!r}: needs clusters, expected cluster=COLUMN in the fit")
    if model.crossed is not None and method != "crv1":
        raise CallError(
            f"inference={method!r}: found two ways of clusters, expected one; "
            "of clustered inferences only 'crv1' is known for two"
        )
    if model.n_clusters < 2:
        raise NotEnoughDataError(f"inference={method!r}: found one cluster, expected at least two")
    return model.clusters


def check_levels(model: LinearModel, method: str) -> None:
    """Refuse more absorbed levels than a square matrix of them is held for."""
    found = sum(model.sizes)
    if found > _MAX_LEVELS:
        raise CallError(
            f"inference={method!r}: found {found} absorbed levels, expected at most "
            f"{_MAX_LEVELS}; use 'crv1'"
        )


def pseudo_inverse(A: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pseudo-inverse of a cross product, after bringing its columns to one scale."""
    scale = np.sqrt(np.diag(A))
    scale[scale == 0] = 1.0
    inverse = np.linalg.pinv(A / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale), dtype=np.float64)


def cluster_moments(model: LinearModel, method: str = "wild") -> NDArray[np.float64]:
    """Weighted cross products of [X, D, y] within each cluster.

    D is left out where every absorbed level lies inside one cluster: its cross products with X and
    with residuals are then zero cluster by cluster.

    Parameters
    ----------
    model : LinearModel
        With one way of clusters.
    method : str
        What they are for, as messages name it.

    Returns
    -------
    (G, K+1, K+1) array
    """
    clusters = need_clusters(model, method)
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
    check_levels(model, method)
    k, sizes = model.X.shape[1], model.sizes
    terms = np.column_stack([model.X, model.y])
    size = k + 1 + sum(sizes)
    order = np.r_[:k, k + 1 : size, k]  # the outcome last
    out = np.empty((G, size, size))
    for g, rows in enumerate(rows_by_group(clusters, G)):
        own = [level[rows] for level in model.levels]
        found = cross_products(terms[rows], own, sizes, model.w[rows])
        out[g] = found[np.ix_(order, order)]
    return out
