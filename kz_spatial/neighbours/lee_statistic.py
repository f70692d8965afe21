"""Lee's L: whether two variables go together in the neighbourhoods of units, global and local.

With zx and zy in standard deviations (of n) from their means and W the weights (Lee, 2001, Journal
of Geographical Systems 3, 369-385),

- L = sum_i (W zx)_i (W zy)_i / sum_i (sum_j w_ij)^2
- L_i = (W zx)_i (W zy)_i

as in esda and spdep. Lee puts units into their own neighbourhoods, which `star` does as
`local_g` does; esda and spdep take the weights as they are.

Units' pairs (x, y) move together, so that the correlation within units is kept: under this
rearrangement L is not about zero, but about `expected`. Global p are over all n! arrangements while
n! <= 400,000, else over seeded random ones. Local inference leaves i its pair and sets those of its
neighbours beside sets of other pairs: all C(n-1, k) of them where neighbours weigh the same and
they number at most 400,000 (20 units have 92,378 at most), else all ordered ones up to as many,
else seeded random ones, the same for every unit.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from kz_spatial._validate import check_share
from kz_spatial.neighbours.arrangements import MAX_ARRANGEMENTS, TIE, listed_sets, random_sets
from kz_spatial.neighbours.global_test import (
    GlobalStatistic,
    Inference,
    InferenceOptions,
    spelled_out,
)
from kz_spatial.neighbours.local_statistics import quadrants
from kz_spatial.neighbours.local_test import (
    LocalStatistic,
    SetTests,
    equal_weight,
    local_result,
    shares_of_draws,
)
from kz_spatial.neighbours.unit_values import (
    IslandsPart,
    centred,
    unit_scale,
    unit_values,
    with_own,
)

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["lee", "local_lee"]


def _standard(Y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows less their mean over their standard deviation; rows that do not vary stay zero."""
    Z = unit_scale(centred(Y))
    spread = np.sqrt((Z**2).mean(axis=1, keepdims=True)) if Z.shape[1] else np.ones((len(Z), 1))
    return np.asarray(Z / np.where(spread > 0, spread, 1.0))


def _why_not(Z: NDArray[np.float64], W: NDArray[np.float64]) -> str:
    n = Z.shape[1]
    if n < 3:
        return f"{n} units have values and a neighbour, at least 3 are needed"
    if not Z.any(axis=1).all():
        return "the values do not vary"
    none = bool(np.abs(W.sum(axis=1)).max() <= TIE * np.abs(W).sum(axis=1).max())
    return "the weights sum to zero" if none else ""


@spelled_out
def lee(
    x: pd.Series[Any],
    y: pd.Series[Any],
    graph: Graph,
    *,
    star: bool = False,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> GlobalStatistic:
    """Lee's L of two variables, with inference over arrangements of units' pairs.

    Parameters
    ----------
    x, y : Series
        By unit; units that lack either are left out. Pairs stay together when units are
        rearranged: what is tested is whether neighbourhoods go together more than the correlation
        within units makes them.
    graph : libpysal.graph.Graph
    star : bool
        Whether a unit counts among its own neighbours, as Lee has it.
    islands, alternative, n_permutations, seed
        As in `moran`.

    Returns
    -------
    GlobalStatistic

    Raises
    ------
    InputError, CallError
        As in `moran`.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())
    >>> graph = kz.contiguity(kz.composites(detail="light"))
    >>> found = kz.lee(table["epayment_share_mean"], table["outages_per_month_mean"], graph)
    >>> found.method, found.n_arrangements
    ('exact', 5040)
    """
    ask, name = Inference(**options), "Lee's L"
    units = unit_values(graph, islands=islands, x=x, y=y)
    n, Z = len(units.keys), _standard(units.Y)
    W = with_own(units.W) if star else units.W
    if reason := _why_not(Z, W):
        return ask.inapplicable(name, n, reason)
    total = float((W.sum(axis=1) ** 2).sum())
    own = float((W**2).sum())
    expected = float(Z[0] @ Z[1]) / n * (own - (total - own) / (n - 1)) / total

    def deviation(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        places = rows.astype(np.intp)
        lags = (Z[0][places] @ W.T) * (Z[1][places] @ W.T)
        return np.asarray(lags.sum(axis=1) / total - expected)

    # what is rearranged are the units, with all they have
    return ask.test(name, np.arange(n, dtype=np.float64), deviation, expected)


@lru_cache(maxsize=4)
def _all_sets(m: int, k: int) -> NDArray[np.intp]:
    """All sets of k among m, a row each."""
    found = np.array(list(combinations(range(m), k)), dtype=np.intp)
    found.flags.writeable = False
    return found


def _usual(
    own: NDArray[np.float64], others: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    """Mean of a unit's product of two lags over all sets of other units.

    Parameters
    ----------
    own : (2,) array
        What the unit itself adds to its lags.
    others : (2, m) array
    weights : (k,) array
    """
    sums, squares = float(weights.sum()), float((weights**2).sum())
    mean = others.mean(axis=1)
    common = float(((others[0] - mean[0]) * (others[1] - mean[1])).mean())
    spread = (squares - (sums**2 - squares) / (others.shape[1] - 1)) * common
    return float(np.prod(own + sums * mean) + spread)


def _tests(Z: NDArray[np.float64], W: NDArray[np.float64], ask: Inference) -> SetTests:
    """Test the product of each unit's two lags over sets of neighbours.

    Parameters
    ----------
    Z : (2, n) array
    W : (n, n) array
        Units' weights on themselves stay with them.
    """
    n = len(W)
    p, p_min = np.ones((1, n)), np.ones((1, n))
    exact, count = np.ones(n, dtype=bool), np.zeros(n, dtype=np.int64)
    links = W - np.diag(np.diag(W))
    widest = int((links != 0).sum(axis=1).max())
    drawn: NDArray[np.intp] | None = None
    for i in np.flatnonzero(links.any(axis=1)):
        linked = np.flatnonzero(links[i])
        weights, k = links[i, linked], len(linked)
        sets = listed_sets(n - 1, k)
        if equal_weight(weights) and comb(n - 1, k) <= MAX_ARRANGEMENTS:
            sets = _all_sets(n - 1, k)
        if sets is None:
            if drawn is None:
                rng = np.random.default_rng(ask.seed)
                drawn = random_sets(n - 1, widest, ask.n_permutations, rng)
            # the first k of a wider random set are a random set
            sets, exact[i] = drawn[:, :k], False
        own, others = W[i, i] * Z[:, i], np.delete(Z, i, axis=1)
        usual = _usual(own, others, weights)
        lags = [own[v] + others[v][sets] @ weights for v in range(2)]
        observed = float(np.prod(Z @ W[i])) - usual
        draws = (lags[0] * lags[1] - usual)[:, None]
        found = shares_of_draws(draws, np.array([observed]), ask.alternative, exact=bool(exact[i]))
        p[0, i], p_min[0, i] = found[0][0], found[1][0]
        count[i] = len(sets)
    return SetTests(p, p_min, exact, count)


@spelled_out
def local_lee(
    x: pd.Series[Any],
    y: pd.Series[Any],
    graph: Graph,
    *,
    star: bool = False,
    alpha: float = 0.05,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> LocalStatistic:
    """Local Lee's L of two variables, with exact inference where neighbour sets can be listed.

    Parameters
    ----------
    x, y : Series
        By unit; units that lack either are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; units without any that has values are labelled "island".
    star : bool
        Whether a unit counts among its own neighbours, as Lee has it.
    alpha, islands, alternative, n_permutations, seed
        As in `local_moran`.

    Returns
    -------
    LocalStatistic
        On the index of `x`, with the columns `x`, `y`, `lag_x` and `lag_y` (weighted sums over
        the neighbours, in standard deviations from the mean), `statistic`, `expected` (its mean
        over sets of other units) and `quadrant` (High-Low: the neighbourhood is high in x and low
        in y). Labels are those of `local_moran`.

    Raises
    ------
    InputError, CallError
        As in `local_moran`.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> payments, outages = table["epayment_share_mean"], table["outages_per_month_mean"]
    >>> whole, parts = kz.lee(payments, outages, graph), kz.local_lee(payments, outages, graph)
    >>> bool(abs(parts.frame["statistic"].mean() - whole.statistic) < 1e-12)
    True
    """
    check_share("alpha", alpha)
    ask, name = Inference(**options), "local Lee's L"
    units = unit_values(graph, islands=islands, x=x, y=y)
    given = pd.DataFrame({"x": x.astype(float), "y": y.reindex(x.index).astype(float)})
    Z, W = _standard(units.Y), with_own(units.W) if star else units.W
    if _why_not(Z, W):
        names = ("lag_x", "lag_y", "statistic", "expected", "quadrant")
        columns: dict[str, NDArray[Any]] = dict.fromkeys(names, np.empty(0))
        return local_result(name, units, given, columns, None, None, alpha=alpha, ask=ask)
    lags = Z @ W.T
    quadrant = quadrants(lags[0], lags[1])
    usual = [
        _usual(W[i, i] * Z[:, i], np.delete(Z, i, axis=1), np.delete(W[i], i))
        for i in range(len(W))
    ]
    columns = {
        "lag_x": lags[0],
        "lag_y": lags[1],
        "statistic": lags[0] * lags[1],
        "expected": np.array(usual),
        "quadrant": quadrant,
    }
    tests = _tests(Z, W, ask)
    return local_result(name, units, given, columns, tests, quadrant, alpha=alpha, ask=ask)
