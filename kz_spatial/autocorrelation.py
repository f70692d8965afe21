"""Moran's I and local Moran, exact where the number of units allows it.

With z the values minus their mean and W the weights:

- global I = n / sum(W) * (z' W z) / (z' z); inference over all n! arrangements while
  n! <= 400,000, else over seeded random arrangements with the observed one counted in
- local I_i = (n - 1) * z_i * (W z)_i / (z' z), as in esda and GeoDa; inference conditional on z_i.
  Where the k neighbours of i weigh the same, all C(n-1, k) neighbour sets are enumerated.

Two-sided p-values count arrangements at least as far from the mean of the reference distribution
as the observed one (Edgington and Onghena, 2007, *Randomization Tests*, ch. 3). A discrete
distribution has a smallest p: with one neighbour among 20 units it is 1/19.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from math import comb, factorial
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import InputError
from kz_spatial.options import Alternative

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["LISA_LABELS", "LocalMoran", "Moran", "local_moran", "moran"]

Method = Literal["exact", "monte-carlo", "inapplicable"]
LISA_LABELS: Final = (
    "High-High", "Low-Low", "High-Low", "Low-High",
    "not significant", "cannot be significant", "island", "suppressed",
)  # fmt: skip
_MAX_ARRANGEMENTS: Final = 400_000
_MAX_NEIGHBOUR_SETS: Final = 4_000_000
# arrangements whose statistics differ by rounding alone count as tied
_TIE: Final = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Moran:
    """Global Moran's I.

    Attributes
    ----------
    statistic, expected : float
        I, and -1/(n-1).
    z : float
        Distance from the mean of the arrangements in their standard deviations.
    p : float
        NaN when inapplicable.
    alternative : {"two-sided", "greater", "less"}
    method : {"exact", "monte-carlo", "inapplicable"}
    n_arrangements : int
        Arrangements in the reference distribution.
    n_units : int
        Units with a value and a neighbour.
    reason : str
        Why it is inapplicable; else empty.
    seed : int or None
        Seed of the Monte Carlo draw.
    """

    statistic: float
    expected: float
    z: float
    p: float
    alternative: Alternative
    method: Method
    n_arrangements: int
    n_units: int
    reason: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoran:
    """Local Moran's I of every unit.

    Attributes
    ----------
    frame : DataFrame
        By unit, in the caller's order: `value`, `statistic`, `quadrant` (High-High and so on,
        by sign alone), `p` (two-sided), `p_min` (smallest p the unit can reach), `p_fdr`
        (Benjamini-Hochberg), `label` (one of `LISA_LABELS`), `method`, `n_arrangements`.
    alpha : float
        Level of the labels.
    seed : int or None
        Seed of Monte Carlo draws, where any were needed.
    """

    frame: pd.DataFrame
    alpha: float
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class _Problem:
    """Values and weights of the units that take part, as arrays."""

    keys: pd.Index[Any]
    z: NDArray[np.float64]
    W: NDArray[np.float64]


def _align(values: pd.Series[Any], graph: Graph) -> tuple[pd.Series[Any], pd.DataFrame]:
    """Values and dense weights in one sorted order, so that row order cannot matter."""
    if not isinstance(values, pd.Series):
        raise InputError(f"values: found {type(values).__name__}, expected a Series by unit code")
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise InputError(f"values: found index value {twice!r} twice, expected once")
    known = pd.Index(graph.unique_ids)
    strange = values.index.difference(known)
    if len(strange):
        raise InputError(f"values: found unit {strange[0]!r} that the graph lacks; the graph has "
                         f"{', '.join(map(str, known[:5]))}, ...")  # fmt: skip
    infinite = values.index[np.isinf(values.to_numpy(dtype=float))]
    if len(infinite):
        raise InputError(f"values: found infinity for {infinite[0]!r}, expected a finite number")
    order = known.sort_values()  # a unit that `values` lacks is one without a value
    pairs = graph.adjacency.reset_index()
    dense = pairs.pivot_table(index="focal", columns="neighbor", values="weight", aggfunc="sum")
    dense = dense.reindex(index=order, columns=order).fillna(0.0)
    return values.reindex(order).astype(float), dense


def _problem(values: pd.Series[Any], graph: Graph) -> tuple[_Problem, pd.Series[Any]]:
    """Drop units without value or neighbour; row-standardise what is left of the weights."""
    ordered, dense = _align(values, graph)
    given = use = ordered.notna().to_numpy()
    weights = dense.to_numpy() * ~np.eye(len(ordered), dtype=bool)
    while True:  # a unit that loses its last neighbour may have been the last of another
        W = weights * use[None, :] * use[:, None]
        rows = W.sum(axis=1)
        if (linked := use & (rows > 0)).sum() == use.sum():
            break
        use = linked
    was = weights.sum(axis=1)
    if np.allclose(was[was > 0], 1.0):  # a neighbour without a value leaves its share to the others
        W = np.divide(W, rows[:, None], out=np.zeros_like(W), where=rows[:, None] > 0)
    keep = np.flatnonzero(use)
    y = ordered.to_numpy()[keep]
    status = pd.Series(np.where(~given, "suppressed", np.where(use, "", "island")), ordered.index)
    z = y - y.mean() if len(y) else y
    if len(y) and np.ptp(y) <= _TIE * np.abs(y).max():
        z = np.zeros_like(y)  # what is left is rounding
    return _Problem(ordered.index[keep], z, W[np.ix_(keep, keep)]), status


def _why_not(problem: _Problem) -> str:
    n = len(problem.z)
    if n < 3:
        return f"{n} units have a value and a neighbour, at least 3 are needed"
    if not problem.z.any():
        return "the values do not vary"
    return ""


def _p_value(draws: NDArray[np.float64], observed: float, alternative: Alternative,
             *, extra: int) -> float:  # fmt: skip
    """Share of arrangements as extreme as the observed one."""
    scale = float(np.abs(draws - draws.mean()).max())
    tie = _TIE * max(scale, abs(observed), 1e-300)
    if alternative == "greater":
        extreme = draws >= observed - tie
    elif alternative == "less":
        extreme = draws <= observed + tie
    else:
        centre = draws.mean()
        extreme = np.abs(draws - centre) >= abs(observed - centre) - tie
    return float((extreme.sum() + extra) / (len(draws) + extra))


def moran(
    values: pd.Series[Any],
    graph: Graph,
    *,
    alternative: Alternative = "two-sided",
    n_permutations: int = 9999,
    seed: int = 20240,
) -> Moran:
    """Global Moran's I with exact inference where n! allows it.

    Parameters
    ----------
    values : Series
        By unit; units with NaN, or not in `values` at all, are left out, and where weights sum to
        one their share goes to the other neighbours.
    graph : libpysal.graph.Graph
        Neighbours, as `contiguity` makes them.
    alternative : {"two-sided", "greater", "less"}
    n_permutations : int
        Monte Carlo arrangements when n! exceeds 400,000.
    seed : int
        Seed of those.

    Returns
    -------
    Moran

    Raises
    ------
    InputError
        When a unit is not in the graph, occurs twice or is infinite.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> areas = kz.composites(detail="light")
    >>> table = kz.aggregate(kz.load_twin())
    >>> found = kz.moran(table["epayment_share_mean"], kz.contiguity(areas))
    >>> found.method, found.n_arrangements
    ('exact', 5040)
    """
    check_option("alternative", alternative, ("two-sided", "greater", "less"))
    problem, _ = _problem(values, graph)
    n = len(problem.z)
    if reason := _why_not(problem):
        return Moran(np.nan, np.nan, np.nan, np.nan, alternative, "inapplicable", 0, n, reason)
    scale = n / float(problem.W.sum()) / float(problem.z @ problem.z)
    observed = scale * float(problem.z @ problem.W @ problem.z)
    exact = factorial(n) <= _MAX_ARRANGEMENTS
    if exact:
        orders = np.array(list(permutations(range(n))), dtype=np.intp)
    else:
        rng = np.random.default_rng(seed)
        orders = rng.permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)
    shuffled = problem.z[orders]
    draws = scale * np.einsum("ri,ri->r", shuffled @ problem.W.T, shuffled)
    deviation = float(draws.std())
    return Moran(
        statistic=observed,
        expected=-1 / (n - 1),
        z=(observed - float(draws.mean())) / deviation if deviation > 0 else np.nan,
        p=_p_value(draws, observed, alternative, extra=0 if exact else 1),
        alternative=alternative,
        method="exact" if exact else "monte-carlo",
        n_arrangements=len(draws),
        n_units=n,
        seed=None if exact else seed,
    )


def _lag_draws(
    others: NDArray[np.float64], weights: NDArray[np.float64], rng: np.random.Generator, draws: int
) -> tuple[NDArray[np.float64], bool]:
    """Spatial lags of one unit over all neighbour sets, or over random ones."""
    k = len(weights)
    equal = bool(np.allclose(weights, weights[0]))
    if equal and comb(len(others), k) * k <= _MAX_NEIGHBOUR_SETS:
        sets = np.fromiter(
            (i for chosen in combinations(range(len(others)), k) for i in chosen), dtype=np.intp
        ).reshape(-1, k)
        return weights[0] * others[sets].sum(axis=1), True
    sets = rng.permuted(np.tile(np.arange(len(others)), (draws, 1)), axis=1)[:, :k]
    return others[sets] @ weights, False


def _fdr(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini-Hochberg adjusted p-values; NaN stays NaN."""
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    if known.size:
        order = known[np.argsort(p[known], kind="stable")]
        stepped = p[order] * known.size / np.arange(1, known.size + 1)
        out[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return out


def _local_row(
    i: int, problem: _Problem, rng: np.random.Generator, n_permutations: int, alpha: float
) -> dict[str, Any]:
    z, n = problem.z, len(problem.z)
    total = float(z @ z)
    linked = np.flatnonzero(problem.W[i])
    lag = float(problem.W[i] @ z)
    draws, exact = _lag_draws(np.delete(z, i), problem.W[i, linked], rng, n_permutations)
    # of the statistic, not the lag: a unit at the mean has I = 0 in every arrangement
    own = z[i] if abs(z[i]) > _TIE * float(np.abs(z).max()) else 0.0
    draws, observed = own * draws, own * lag
    p = _p_value(draws, observed, "two-sided", extra=0 if exact else 1)
    furthest = draws[np.argmax(np.abs(draws - draws.mean()))]
    p_min = _p_value(draws, float(furthest), "two-sided", extra=0 if exact else 1)
    quadrant = f"{'High' if z[i] > 0 else 'Low'}-{'High' if lag > 0 else 'Low'}"
    if p <= alpha:
        label = quadrant
    else:
        label = "cannot be significant" if p_min > alpha else "not significant"
    return {
        "statistic": (n - 1) * observed / total,
        "quadrant": quadrant,
        "p": p,
        "p_min": p_min,
        "label": label,
        "method": "exact" if exact else "monte-carlo",
        "n_arrangements": len(draws),
    }


def local_moran(
    values: pd.Series[Any],
    graph: Graph,
    *,
    alpha: float = 0.05,
    n_permutations: int = 9999,
    seed: int = 20240,
) -> LocalMoran:
    """Local Moran's I with exact conditional inference.

    Parameters
    ----------
    values : Series
        By unit; NaN units are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; units without any are labelled "island".
    alpha : float
        Level at which a unit gets its quadrant as label.
    n_permutations : int
        Random neighbour sets for units whose sets cannot be enumerated.
    seed : int
        Seed of those.

    Returns
    -------
    LocalMoran

    Raises
    ------
    InputError
        When a unit is not in the graph, occurs twice or is infinite.
    """
    problem, status = _problem(values, graph)
    columns = ["value", "statistic", "quadrant", "p", "p_min", "p_fdr", "label", "method",
               "n_arrangements"]  # fmt: skip
    frame = pd.DataFrame(index=status.index, columns=columns, dtype=object)
    frame["label"] = status.where(status != "", "not significant")
    frame["method"], frame["n_arrangements"] = "inapplicable", 0
    if _why_not(problem):  # too few units or no variation: no arrangement can stand out
        frame.loc[problem.keys, "label"] = "cannot be significant"
    else:
        rng = np.random.default_rng(seed)
        for i, key in enumerate(problem.keys):
            for name, each in _local_row(i, problem, rng, n_permutations, alpha).items():
                frame.loc[key, name] = each
    for name in ("statistic", "p", "p_min", "p_fdr"):
        frame[name] = frame[name].astype(float)
    frame["p_fdr"] = _fdr(frame["p"].to_numpy())
    frame["n_arrangements"] = frame["n_arrangements"].astype(int)
    frame = frame.reindex(values.index)
    frame["value"] = values.astype(float)
    drawn = bool((frame["method"] == "monte-carlo").any())
    return LocalMoran(frame, alpha, seed if drawn else None)
