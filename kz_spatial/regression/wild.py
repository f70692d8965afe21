"""The wild cluster bootstrap, with every sign vector where they can be counted.

With x the tested term net of all others (weighted), u the residuals under the null hypothesis and
v one weight per cluster, the bootstrap t-statistic is, up to a factor that cancels,

    t*(v) = sum_g v_g s_g / sqrt( sum_g (v_g s_g - P_g M sum_h v_h q_h)^2 )

where s_g = x_g' W u_g, q_h = Z_h' W u_h, P_g = x_g' W Z_g and M = (Z'WZ)^-1: matrices of the size
of G, whatever the number of firms (Roodman, Nielsen, MacKinnon and Webb, 2019, Stata Journal 19).

- restricted: u are residuals with the null imposed, and t*(1) is the statistic itself
- Rademacher weights: all 2^G sign vectors while 2^G <= 300,000; Webb's six points: all 6^G too;
  drawn with a seed beyond. Drawn p-values count the observed statistic in.
- p: share of |t*| >= |t|. Statistics that differ by less than a relative 1e-9 are ties and count as
  at least as large, so that rounding cannot move p. Enumerated restricted Rademacher p-values are
  multiples of 2/2^G, and no smaller p than that can occur.
- interval: the values that a test of that level does not reject, found by inversion; an end is
  infinite where no value, however far, is rejected, or none within 1e7 standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.few_clusters import pseudo_inverse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WildTest", "bootstrap_t", "cluster_weights", "wild_bootstrap"]

WildWeights = Literal["rademacher", "webb"]
_MAX_ENUMERATED: Final = 300_000
_TIE: Final = 1e-9
_POINTS: Final = {
    "rademacher": (-1.0, 1.0),
    "webb": tuple(sign * (half / 2) ** 0.5 for sign in (-1, 1) for half in (3, 2, 1)),
}


@dataclass(frozen=True, slots=True)
class WildTest:
    """Wild cluster bootstrap of one coefficient.

    Attributes
    ----------
    t : float
        CRV1 t-statistic of the hypothesis.
    p : float
        Two-sided.
    p_min : float
        Smallest p that this design can yield.
    ci_low, ci_high : float
        By inversion; infinite where an end does not exist.
    n_draws : int
        Weight vectors in the reference distribution.
    exact : bool
        Whether they are all there are.
    weights : {"rademacher", "webb"}
    restricted : bool
        Whether the null hypothesis was imposed.
    seed : int or None
        Seed of the draw; None when exact.
    """

    t: float
    p: float
    p_min: float
    ci_low: float
    ci_high: float
    n_draws: int
    exact: bool
    weights: WildWeights
    restricted: bool
    seed: int | None


def cluster_weights(
    G: int, weights: WildWeights, *, n_draws: int, seed: int
) -> tuple[NDArray[np.float64], bool, int]:
    """All weight vectors, or seeded random ones.

    Returns
    -------
    V : (draws, G) array
        When all are enumerated, one of each pair v and -v, whose |t*| are equal.
    exact : bool
    n : int
        How many vectors V stands for.
    """
    points = _POINTS[weights]
    if len(points) ** G <= _MAX_ENUMERATED:
        positive = [each for each in points if each > 0]
        half = np.array(list(product(positive, *[points] * (G - 1))))
        return half, True, len(points) ** G
    rng = np.random.default_rng(seed)
    return rng.choice(points, size=(n_draws, G)), False, n_draws


@dataclass(frozen=True, slots=True)
class _Draws:
    """The statistic over all weight vectors, as a function of the hypothesis b0.

    Numerators are a0 - b0 a1, squared denominators c0 - 2 b0 c1 + b0^2 c2. Where all clusters have
    one weight (`same`), t* is the statistic itself if the null is imposed.
    """

    a0: NDArray[np.float64]
    a1: NDArray[np.float64]
    c0: NDArray[np.float64]
    c1: NDArray[np.float64]
    c2: NDArray[np.float64]
    same: NDArray[np.bool_]
    estimate: float
    information: float
    score_norm: float
    exact: bool
    restricted: bool

    def t(self, b0: float) -> float:
        """Observed |t|, on the scale of the draws."""
        return abs(self.estimate - b0) * self.information / self.score_norm

    def p(self, b0: float) -> float:
        moved = b0**2 * self.c2
        square = self.c0 - 2 * b0 * self.c1 + moved
        # what rounding leaves of a zero is more where parts cancel
        floor = 1e-20 * self.c0.max() + 1e-14 * np.minimum(self.c0, moved)
        numerator = np.abs(self.a0 - b0 * self.a1)
        bound = self.t(b0) * (1 - _TIE)
        # no variance in a draw means an infinite statistic
        extreme = (numerator >= bound * np.sqrt(np.maximum(square, 0.0))) | (square <= floor)
        if self.restricted:
            extreme |= self.same
        count, n = np.count_nonzero(extreme), len(extreme)
        return count / n if self.exact else (1 + count) / (1 + n)


def _draws(
    moments: NDArray[np.float64], j: int, V: NDArray[np.float64], *, exact: bool, restricted: bool
) -> _Draws:
    """Reduce clusters' cross products and weight vectors to the statistic's parts."""
    whole = moments.sum(axis=0)
    A, K = whole[:-1, :-1], len(whole) - 1
    M = pseudo_inverse(A)
    others = [i for i in range(K) if i != j]
    inner = pseudo_inverse(A[np.ix_(others, others)])
    x = np.zeros(K)  # the tested term net of the others, as a combination of the columns
    x[j], x[others] = 1.0, -inner @ A[others, j]
    b = M @ whole[:-1, -1]
    Zx = moments[:, :-1, :-1] @ x
    information = float((Zx @ x).sum())
    unrestricted = moments[:, :-1, :] @ np.append(-b, 1.0)
    norm = float(np.linalg.norm(unrestricted @ x))
    if norm <= 1e-12 * np.sqrt(information * max(float(whole[-1, -1]), 1e-300)):
        raise NotEnoughDataError(
            "wild bootstrap: the clustered variance of the term is zero, as "
            "when it varies in one cluster only"
        )
    Q0, Q1 = unrestricted, np.zeros_like(Zx)
    if restricted:
        r = np.zeros(K + 1)  # outcome net of the other terms
        r[-1], r[others] = 1.0, -inner @ whole[others, -1]
        Q0, Q1 = moments[:, :-1, :] @ r, Zx
    s0, s1 = Q0 @ x, Q1 @ x
    T0 = V @ (np.diag(s0) - Zx @ M @ Q0.T).T
    T1 = V @ (np.diag(s1) - Zx @ M @ Q1.T).T
    return _Draws(
        V @ s0,
        V @ s1,
        (T0**2).sum(axis=1),
        (T0 * T1).sum(axis=1),
        (T1**2).sum(axis=1),
        (V[:, :1] == V).all(axis=1),
        float(b[j]),
        information,
        norm,
        exact,
        restricted,
    )


def _end(draws: _Draws, side: int, alpha: float) -> float:
    """Outermost value on one side that is not rejected: a scan, then bisection."""
    unit = draws.score_norm / draws.information
    steps = unit * np.concatenate([np.linspace(0.0, 20, 81), np.geomspace(25, 1e7, 30)])
    kept = [draws.p(draws.estimate + side * step) > alpha for step in steps]
    # p is a step function that need not fall steadily, so the last value kept counts
    last = max((i for i, each in enumerate(kept) if each), default=0)
    if last == len(steps) - 1:
        return side * np.inf
    inside, outside = steps[last], steps[last + 1]
    for _ in range(80):
        middle = (inside + outside) / 2
        if draws.p(draws.estimate + side * middle) > alpha:
            inside = middle
        else:
            outside = middle
    return float(draws.estimate + side * inside)


def wild_bootstrap(
    moments: NDArray[np.float64],
    j: int,
    *,
    hypothesis: float = 0.0,
    weights: WildWeights = "rademacher",
    restricted: bool = True,
    level: float = 0.95,
    interval: bool = True,
    n_draws: int = 9999,
    seed: int = 20240,
) -> WildTest:
    """Test one coefficient with the wild cluster bootstrap, and invert the test.

    Parameters
    ----------
    moments : (G, K+1, K+1) array
        Cross products of terms and outcome within each cluster, as `cluster_moments` gives them.
    j : int
        Column of the tested term.
    hypothesis : float
        Value under the null hypothesis.
    weights : {"rademacher", "webb"}
    restricted : bool
        Whether to impose the null hypothesis (WCR) or not (WCU).
    level : float
        Coverage of the interval.
    interval : bool
        Whether to invert the test; without it the ends are NaN.
    n_draws, seed
        Used when the weight vectors are too many to enumerate.

    Returns
    -------
    WildTest
        Its `t` has Stata's small-sample factor left out, as the factor cancels.

    Raises
    ------
    NotEnoughDataError
        With fewer than two clusters, or when the term varies in one cluster only.
    """
    check_option("weights", weights, _POINTS)
    G = len(moments)
    if G < 2:
        raise NotEnoughDataError(f"wild bootstrap: found {G} clusters, expected at least two")
    V, exact, n = cluster_weights(G, weights, n_draws=n_draws, seed=seed)
    draws = _draws(moments, j, V, exact=exact, restricted=restricted)
    smallest = (
        (float(draws.same.mean()) if exact else 1 / (1 + len(V)))
        if restricted
        else (0.0 if exact else 1 / (1 + len(V)))
    )
    sign = 1.0 if draws.estimate >= hypothesis else -1.0
    return WildTest(
        t=sign * draws.t(hypothesis),
        p=draws.p(hypothesis),
        p_min=smallest,
        ci_low=_end(draws, -1, 1 - level) if interval else np.nan,
        ci_high=_end(draws, 1, 1 - level) if interval else np.nan,
        n_draws=n,
        exact=exact,
        weights=weights,
        restricted=restricted,
        seed=None if exact else seed,
    )


def bootstrap_t(
    moments: NDArray[np.float64], j: int, V: NDArray[np.float64], *, restricted: bool = True
) -> tuple[float, NDArray[np.float64]]:
    """The statistic of a zero coefficient, and over given weight vectors.

    Parameters
    ----------
    moments : (G, K+1, K+1) array
        As `wild_bootstrap` takes it.
    j : int
        Column of the tested term.
    V : (draws, G) array
        A weight per cluster and draw.
    restricted : bool
        Whether to impose the null hypothesis.

    Returns
    -------
    t : float
        Absolute, without Stata's small-sample factor.
    drawn : (draws,) array
        The same of each draw; infinite where a draw has no variance, and `t` itself where all
        clusters have one weight and the null is imposed.

    Raises
    ------
    NotEnoughDataError
        When the term varies in one cluster only.
    """
    draws = _draws(moments, j, V, exact=True, restricted=restricted)
    flat = draws.c0 <= 1e-20 * float(draws.c0.max())
    drawn = np.where(flat, np.inf, np.abs(draws.a0) / np.sqrt(np.where(flat, 1.0, draws.c0)))
    t = draws.t(0.0)
    return t, np.where(draws.same & restricted, t, drawn)
