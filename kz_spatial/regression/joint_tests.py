"""Tests of several coefficients at once, for few clusters, on arrays alone.

The Wald statistic is Q = (Rb - r)' (R V R')^-1 (Rb - r).

- HTZ, with CR2: under the working model R V R' is near a Wishart variable, whose degrees of freedom
  eta match the total variance of its entries once it is brought to unit mean; then
  (eta - q + 1) / (eta q) Q is F with q and eta - q + 1. One restriction gives Satterthwaite's t.
- wild: Q with CRV1 over all sign vectors of clusters, the hypothesis imposed; see `wild`.
- F with q and G - 1 (CRV1, CRV3) or N - K (others): for many clusters.

Sources
-------
- HTZ: Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36, section 3.2.
- wild: Roodman, Nielsen, MacKinnon and Webb (2019), Stata Journal 19, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.bias_reduced import bias_reduced
from kz_spatial.regression.linear_model import cluster_moments, pseudo_inverse
from kz_spatial.regression.wild import cluster_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.regression.linear_model import LinearModel
    from kz_spatial.regression.restrictions import Restrictions
    from kz_spatial.regression.wild import WildWeights

__all__ = ["JointTest", "f_test", "hotelling_test", "wild_joint"]

_TIE: Final = 1e-9
_SINGULAR: Final = 1e-12
_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class JointTest:
    """Test of several restrictions at once.

    Attributes
    ----------
    hypothesis : str
    inference : str
    statistic : float
        F: the Wald statistic over q, times (eta - q + 1) / eta with "cr2".
    df_num, df_denom : float
        Degrees of freedom of F; `df_denom` is NaN where p comes from the bootstrap.
    p : float
    p_min : float
        Smallest p that the design can yield; 0 outside the bootstrap.
    n_draws : int
        Weight vectors of the bootstrap, 0 without.
    exact : bool
        Whether p rests on no draw.
    """

    hypothesis: str
    inference: str
    statistic: float
    df_num: int
    df_denom: float
    p: float
    p_min: float = 0.0
    n_draws: int = 0
    exact: bool = True


def _wald(V: NDArray[np.float64], gap: NDArray[np.float64], text: str) -> float:
    scale = np.sqrt(np.abs(np.diag(V)))
    scale[scale == 0] = 1.0
    values, vectors = np.linalg.eigh(V / np.outer(scale, scale))
    if not np.isfinite(values).all() or values[0] <= _SINGULAR * values[-1]:
        raise NotEnoughDataError(
            f"joint test of {text}: the covariance of {len(V)} restrictions is singular, as with "
            "fewer clusters than restrictions"
        )
    return float(((vectors.T @ (gap / scale)) ** 2 / values).sum())


def f_test(
    restrictions: Restrictions,
    coefficients: NDArray[np.float64],
    V: NDArray[np.float64],
    df: float,
    inference: str,
) -> JointTest:
    """F test with a given covariance matrix and denominator degrees of freedom.

    Raises
    ------
    NotEnoughDataError
        When the covariance of the restrictions is singular.
    """
    from scipy import stats

    R = restrictions.matrix
    Q = _wald(R @ V @ R.T, R @ coefficients - restrictions.values, restrictions.text)
    q = len(R)
    return JointTest(restrictions.text, inference, Q / q, q, df, float(stats.f.sf(Q / q, q, df)))


def hotelling_test(restrictions: Restrictions, model: LinearModel) -> JointTest:
    """HTZ: the approximate Hotelling test with CR2.

    Raises
    ------
    NotEnoughDataError
        When the degrees of freedom are too few for so many restrictions.
    """
    from scipy import stats

    adjusted = bias_reduced(model)
    R, q = restrictions.matrix, len(restrictions.matrix)
    P = adjusted.products(R.T)
    mean = np.einsum("stgg->st", P)
    values, vectors = np.linalg.eigh((mean + mean.T) / 2)
    root = vectors * values**-0.5 @ vectors.T
    P = np.einsum("as,stgh,tb->abgh", root, P, root, optimize=True)
    # variances of the entries of a sum of squares of normal scores, all added up
    total = np.einsum("ssgh,ttgh->", P, P) + np.einsum("stgh,tsgh->", P, P)
    eta = float(q * (q + 1) / total)
    if eta - q + 1 <= 0:
        raise NotEnoughDataError(
            f"joint test of {restrictions.text}: cr2 has {eta:.1f} degrees of freedom for {q} "
            "restrictions, expected more; use inference='wild'"
        )
    gap = R @ model.coefficients - restrictions.values
    Q = _wald(R @ adjusted.covariance @ R.T, gap, restrictions.text)
    statistic = (eta - q + 1) / (eta * q) * Q
    p = float(stats.f.sf(statistic, q, eta - q + 1))
    return JointTest(restrictions.text, "cr2", statistic, q, eta - q + 1, p)


def _statistics(
    V: NDArray[np.float64], t: NDArray[np.float64], B: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Wald statistics over weight vectors, infinite where a variance is lost and its gap is not.

    Parameters
    ----------
    V : (draws, G) array
    t : (G, q) array
        What each cluster's score adds to the restrictions.
    B : (G, G, q) array
        What cluster h's score takes, by way of refitting, from the score of cluster g.
    """
    gap = V @ t
    scores = V[:, :, None] * t - np.einsum("nh,ghq->ngq", V, B, optimize=True)
    meat = np.einsum("ngs,ngt->nst", scores, scores, optimize=True)
    values, vectors = np.linalg.eigh(meat)
    along = np.einsum("nsa,ns->na", vectors, gap) ** 2
    lost = values <= _SINGULAR * np.maximum(values[:, -1:], 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(lost, np.where(along > _SINGULAR, np.inf, 0.0), along / values)
    return np.asarray(parts.sum(axis=1), dtype=np.float64)


def wild_joint(
    restrictions: Restrictions,
    model: LinearModel,
    *,
    weights: WildWeights = "rademacher",
    n_draws: int = 9999,
    seed: int = 20240,
) -> JointTest:
    """Restricted wild cluster bootstrap of the CRV1 Wald statistic.

    Parameters
    ----------
    restrictions : Restrictions
    model : LinearModel
    weights : {"rademacher", "webb"}
    n_draws, seed
        Used when the weight vectors are too many to enumerate.

    Raises
    ------
    NotEnoughDataError
        With no more clusters than restrictions.
    """
    moments = cluster_moments(model)
    G, K, q = len(moments), len(moments[0]) - 1, len(restrictions.matrix)
    if q >= G:
        raise NotEnoughDataError(
            f"joint test of {restrictions.text}: found {G} clusters for {q} restrictions, "
            "expected more clusters"
        )
    whole = moments.sum(axis=0)
    M = pseudo_inverse(whole[:-1, :-1])
    R = np.zeros((q, K))
    R[:, : restrictions.matrix.shape[1]] = restrictions.matrix
    b, RM = M @ whole[:-1, -1], R @ M
    imposed = b - RM.T @ np.linalg.solve(RM @ R.T, R @ b - restrictions.values)
    scores = moments[:, :-1, :] @ np.append(-imposed, 1.0)
    t = scores @ RM.T
    B = np.einsum("sk,gkl,hl->ghs", RM, moments[:, :-1, :-1], scores @ M, optimize=True)
    # the observed covariance as the unit, so that a lost variance can be told from a small one
    own = t - B.sum(axis=1)
    observed = own.T @ own
    Q = _wald(observed, t.sum(axis=0), restrictions.text)
    root = np.linalg.inv(np.linalg.cholesky(observed))
    t, B = t @ root.T, B @ root.T
    V, exact, n = cluster_weights(G, weights, n_draws=n_draws, seed=seed)
    parts = [_statistics(V[i : i + _CHUNK], t, B) for i in range(0, len(V), _CHUNK)]
    same = (V[:, :1] == V).all(axis=1)
    beyond = int(((np.concatenate(parts) >= Q * (1 - _TIE)) | same).sum())
    factor = G / (G - 1) * (len(model.y) - 1) / (len(model.y) - _counted(model))
    return JointTest(
        restrictions.text,
        "wild",
        Q / q / factor,
        q,
        np.nan,
        beyond / len(V) if exact else (1 + beyond) / (1 + len(V)),
        float(same.mean()) if exact else 1 / (1 + len(V)),
        n,
        exact,
    )


def _counted(model: LinearModel) -> int:
    return model.n_parameters if model.n_counted is None else model.n_counted
