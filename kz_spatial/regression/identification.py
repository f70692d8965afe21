"""What a coefficient rests on: the clusters in which its term varies.

A coefficient that cannot be estimated without one of the clusters leaves that cluster no score of
its own: clustered errors are then too small by construction, whichever they are.

Sources
-------
- Effective number of clusters: 1 over the sum of squared shares, after Carter, Schnepel and
  Steigerwald (2017), Review of Economics and Statistics 99, with shares of partial variation.
- One treated cluster: MacKinnon and Webb (2017), Journal of Applied Econometrics 32.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.regression.few_clusters import LinearModel, cluster_moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["identification_table", "indispensable", "variation_shares", "without_each"]

_ZERO: Final = 1e-10
_MAX_CELLS: Final = 20_000_000


def indispensable(model: LinearModel) -> NDArray[np.bool_]:
    """Which coefficients need which clusters.

    Parameters
    ----------
    model : LinearModel
        With clusters.

    Returns
    -------
    (G, k) array of bool
        True where the term's coefficient cannot be estimated once the cluster is left out.
    """
    k = model.X.shape[1]
    size = k + sum(model.sizes)
    if not model.nested() and model.n_clusters * size**2 > _MAX_CELLS:
        # too many levels to refit them without a cluster: those of the whole sample stand in
        model = replace(model, levels=())
    return without_each(cluster_moments(model)[:, :-1, :-1], k)


def without_each(moments: NDArray[np.float64], k: int) -> NDArray[np.bool_]:
    """Which of k coefficients cannot be estimated without which clusters, by their products."""
    whole = moments.sum(axis=0)
    scale = np.sqrt(np.diag(whole))
    scale[scale == 0] = 1.0
    needed = np.zeros((len(moments), k), dtype=bool)
    for g, own in enumerate(moments):
        values, vectors = np.linalg.eigh((whole - own) / np.outer(scale, scale))
        free = vectors[:k, values < _ZERO * max(values[-1], 1.0)]
        # a direction that the rest of the sample says nothing of
        needed[g] = np.abs(free).max(axis=1, initial=0.0) > np.sqrt(_ZERO)
    return needed


def variation_shares(model: LinearModel) -> NDArray[np.float64]:
    """Share of each cluster in what identifies each coefficient.

    Parameters
    ----------
    model : LinearModel
        With clusters.

    Returns
    -------
    (G, k) array
        Columns sum to 1: weighted squares of a term net of effects and of the other terms.
    """
    assert model.clusters is not None
    net = model.X @ np.linalg.inv(model.X.T @ (model.X * model.w[:, None]))
    squares = net**2 * model.w[:, None]
    parts = np.stack(
        [np.bincount(model.clusters, each, model.n_clusters) for each in squares.T], axis=1
    )
    return np.asarray(parts / parts.sum(axis=0), dtype=np.float64)


def identification_table(
    model: LinearModel,
    needed: NDArray[np.bool_],
    terms: pd.Index[Any],
    clusters: pd.Index[Any],
) -> pd.DataFrame:
    """Effective clusters, the largest of them and the indispensable ones, by term."""
    shares, names = variation_shares(model), clusters.astype(str)
    return pd.DataFrame(
        {
            "effective_clusters": 1 / (shares**2).sum(axis=0),
            "largest_cluster": names[shares.argmax(axis=0)],
            "largest_share": shares.max(axis=0),
            "needs": [", ".join(names[each]) for each in needed.T],
        },
        index=terms,
    )
