"""Join counts: whether units that have something lie together, where values are 1 and 0 alone.

With b_ij = 1 for every link, whatever its weight, and both ways of a link counted as one join:

- BB = 1/2 sum b_ij x_i x_j, joins of two ones
- WW = 1/2 sum b_ij (1 - x_i)(1 - x_j), joins of two zeros
- BW = 1/2 sum b_ij (x_i - x_j)^2, joins of a one and a zero

as in esda and spdep. Which units are 1 is as likely to be any set of as many units: all C(n, n1)
of them count while they number at most 400,000 (20 units have 184,756 at most), else seeded random
ones, with the observed one counted in. Local join counts, of units that are 1, are the numbers of
their neighbours that are 1 too (Anselin and Li, 2019, Journal of Geographical Systems 21, 189-210);
given that i is 1, they follow the hypergeometric distribution, so that p is exact at every n.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd

from kz_spatial._validate import check_share
from kz_spatial.errors import InputError
from kz_spatial.neighbours.arrangements import MAX_ARRANGEMENTS, TIE, share_extreme
from kz_spatial.neighbours.global_test import Inference, InferenceOptions, Method, spelled_out
from kz_spatial.neighbours.local_test import LocalStatistic, SetTests, local_result
from kz_spatial.neighbours.unit_values import (
    IslandsPart,
    UnitValues,
    checked_values,
    places_of_links,
    unit_values,
)
from kz_spatial.options import Alternative

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["JOIN_LABELS", "JoinCounts", "join_counts", "local_join_counts"]

JOIN_LABELS: Final = (
    "Together",
    "Apart",
    "not significant",
    "cannot be significant",
    "not counted",
    "island",
    "suppressed",
)
_JOINS: Final = ("BB", "WW", "BW")
# random arrangements that are counted at once
_AT_ONCE: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class JoinCounts:
    """Joins of units that are 1 and 0, and how far chance carries them.

    Attributes
    ----------
    frame : DataFrame
        Rows "BB", "WW" and "BW"; columns `statistic` (joins), `expected` (their mean when
        arrangement does not matter), `z` and `p`.
    alternative : {"two-sided", "greater", "less"}
    method : {"exact", "monte-carlo", "inapplicable"}
    n_arrangements : int
        Arrangements in the reference distribution.
    n_units, n_ones : int
        Units with a value and a neighbour; those of them that are 1.
    reason : str
        Why it is inapplicable; else empty.
    seed : int or None
        Seed of the Monte Carlo draw.
    """

    frame: pd.DataFrame
    alternative: Alternative
    method: Method
    n_arrangements: int
    n_units: int
    n_ones: int
    reason: str = ""
    seed: int | None = None


def _ones_and_zeros(binary: pd.Series[Any]) -> pd.Series[Any]:
    numbers = checked_values(binary, "binary")
    strange = numbers[~(numbers.isin([0.0, 1.0]) | numbers.isna())]
    if len(strange):
        raise InputError(
            f"binary: found {strange.iloc[0]:g} for {strange.index[0]!r}, expected 0 or 1"
        )
    return numbers


@lru_cache(maxsize=4)
def _all_sets(n: int, ones: int) -> NDArray[np.bool_]:
    """All ways to place ones among n units, a row each."""
    places = np.array(list(combinations(range(n), ones)), dtype=np.intp)
    found = np.zeros((len(places), n), dtype=bool)
    np.put_along_axis(found, places, values=True, axis=1)
    found.flags.writeable = False
    return found


def _joins(rows: NDArray[np.bool_], links: Any, both: NDArray[np.float64]) -> NDArray[np.float64]:
    """BB, WW and BW of each row of ones and zeros.

    Parameters
    ----------
    rows : (r, n) array
    links : (n, n) sparse array
    both : (n,) array
        Links from and to each unit.

    Returns
    -------
    (r, 3) array
    """
    found = np.empty((len(rows), 3))
    for start in range(0, len(rows), _AT_ONCE):
        part = np.ascontiguousarray(rows[start : start + _AT_ONCE].T, dtype=np.float64)
        together = np.einsum("ij,ij->j", part, links @ part) / 2
        ends = both @ part / 2  # of links, at ones
        found[start : start + _AT_ONCE] = np.column_stack(
            [together, both.sum() / 4 - ends + together, ends - 2 * together]
        )
    return found


def _arrangements(x: NDArray[np.bool_], ask: Inference) -> tuple[NDArray[np.bool_], bool]:
    """Ways to place as many ones, and whether they are all."""
    n, ones = len(x), int(x.sum())
    if comb(n, ones) <= MAX_ARRANGEMENTS:
        return _all_sets(n, ones), True
    rng = np.random.default_rng(ask.seed)
    return rng.permuted(np.tile(x, (ask.n_permutations, 1)), axis=1), False


@spelled_out
def join_counts(
    binary: pd.Series[Any],
    graph: Graph,
    *,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> JoinCounts:
    """Join counts of units that are 1 and 0, exact where all arrangements can be listed.

    Parameters
    ----------
    binary : Series
        By unit, 1 or True and 0 or False; units with NaN are left out.
    graph : libpysal.graph.Graph
        Neighbours; each link counts as 1, whatever its weight, and one way as half a join.
    islands, alternative, n_permutations, seed
        As in `moran`; "greater" asks for more joins of the kind than chance makes.

    Returns
    -------
    JoinCounts
        Inapplicable where all units are 1, or none.

    Raises
    ------
    InputError
        As in `moran`, and when a value is neither 0 nor 1.
    CallError
        As in `moran`.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> high = table["epayment_share_mean"] > table["epayment_share_mean"].median()
    >>> found = kz.join_counts(high, kz.contiguity(kz.oblasts(detail="light")))
    >>> found.method, found.n_ones, found.n_arrangements, int(found.frame["statistic"].sum())
    ('exact', 10, 184756, 35)
    """
    from scipy.sparse import csr_array

    ask = Inference(**options)
    units = unit_values(graph, islands=islands, binary=_ones_and_zeros(binary))
    x, n = units.Y[0] == 1, len(units.keys)
    ones = int(x.sum())
    if n < 3 or ones in (0, n):
        reason = (
            f"{n} units have a value and a neighbour, at least 3 are needed"
            if n < 3
            else f"all {n} units are {int(ones > 0)}"
        )
        frame = pd.DataFrame(np.nan, list(_JOINS), ["statistic", "expected", "z", "p"])
        return JoinCounts(frame, ask.alternative, "inapplicable", 0, n, ones, reason)
    places = places_of_links(units.W)
    links = csr_array((np.ones(len(places[0])), places), shape=(n, n))
    both = np.asarray(links.sum(axis=0) + links.sum(axis=1), dtype=np.float64)
    rows, exact = _arrangements(x, ask)
    observed, draws = _joins(x[None], links, both)[0], _joins(rows, links, both)
    shares = np.array([ones * (ones - 1), (n - ones) * (n - ones - 1), 2 * ones * (n - ones)])
    expected = both.sum() / 4 * shares / (n * (n - 1))
    away = draws - expected
    spread = np.sqrt((away**2).mean(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > TIE * both.sum(), (observed - expected) / spread, np.nan)
    p = [
        share_extreme(away[:, at], each, ask.alternative, exact=exact)
        for at, each in enumerate(observed - expected)
    ]
    frame = pd.DataFrame(
        {"statistic": observed, "expected": expected, "z": z, "p": p}, index=list(_JOINS)
    )
    return JoinCounts(
        frame,
        ask.alternative,
        "exact" if exact else "monte-carlo",
        len(rows),
        n,
        ones,
        seed=None if exact else ask.seed,
    )


def _hypergeometric(
    ones: int, zeros: int, k: int, seen: int, alternative: Alternative
) -> tuple[float, float]:
    """Share of sets of k units with ones as far from usual as seen, and the smallest such share."""
    counts = np.arange(max(0, k - zeros), min(k, ones) + 1)
    ways = [comb(ones, int(each)) * comb(zeros, k - int(each)) for each in counts]
    chance = np.array([each / comb(ones + zeros, k) for each in ways])
    away = counts - k * ones / (ones + zeros)
    if alternative == "two-sided":
        away = np.abs(away)
    elif alternative == "less":
        away = -away
    far, tie = away[counts == seen][0], TIE * max(k, 1)
    shares = [float(chance[away >= limit - tie].sum()) for limit in (far, away.max())]
    return min(shares[0], 1.0), min(shares[1], 1.0)


def _local_joins(units: UnitValues, ask: Inference) -> tuple[SetTests, dict[str, NDArray[Any]]]:
    """Tests of the units that are 1, with NaN for the others, and the columns of the statistic."""
    x, n = units.Y[0], len(units.keys)
    links = units.W != 0
    near, joins = links.sum(axis=1), (links @ x).astype(int)
    ones = int(x.sum())
    found: dict[tuple[int, int], tuple[float, float]] = {}
    p = np.full((2, n), np.nan)
    for i in np.flatnonzero(x == 1):
        case = int(near[i]), int(joins[i])
        if case not in found:
            found[case] = _hypergeometric(ones - 1, n - ones, *case, ask.alternative)
        p[:, i] = found[case]
    count = np.array([min(comb(n - 1, int(k)), np.iinfo(np.int64).max) for k in near])
    columns = {
        "statistic": np.where(x == 1, joins, np.nan),
        "expected": np.where(x == 1, near * (ones - 1) / (n - 1), np.nan),
    }
    return SetTests(p[:1], p[1:], np.ones(n, dtype=bool), count), columns


@spelled_out
def local_join_counts(
    binary: pd.Series[Any],
    graph: Graph,
    *,
    alpha: float = 0.05,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> LocalStatistic:
    """Local join counts: how many neighbours of a unit that is 1 are 1 too, with exact p.

    Parameters
    ----------
    binary : Series
        By unit, 1 or True and 0 or False; NaN units are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; each link counts as 1, whatever its weight.
    alpha, islands
        As in `local_moran`.
    alternative : {"two-sided", "greater", "less"}
        "greater" asks for units among more ones than chance puts there, as esda and GeoDa do.
    n_permutations, seed
        Not needed: p is exact at every number of units.

    Returns
    -------
    LocalStatistic
        With the columns `value`, `statistic` and `expected`. Labels are those of `JOIN_LABELS`:
        "Together" with more ones next to it than usual, "Apart" with fewer, "not counted" for
        units that are 0, which have no statistic and take no part in adjusting p.

    Raises
    ------
    InputError, CallError
        As in `join_counts`.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> high = table["epayment_share_mean"] > table["epayment_share_mean"].median()
    >>> found = kz.local_join_counts(high, kz.contiguity(kz.oblasts(detail="light"))).frame
    >>> int((found["label"] == "not counted").sum())
    10
    """
    check_share("alpha", alpha)
    ask, name = Inference(**options), "local join count"
    numbers = _ones_and_zeros(binary)
    units = unit_values(graph, islands=islands, binary=numbers)
    given, n = numbers.to_frame("value"), len(units.keys)
    zeros = units.keys[units.Y[0] == 0]
    status = units.status.copy()
    status[zeros[(status[zeros] == "").to_numpy()]] = "not counted"
    units = UnitValues(units.keys, units.Y, units.W, status)
    if n < 3:
        columns = dict.fromkeys(("statistic", "expected"), np.empty(0))
        return local_result(name, units, given, columns, None, None, alpha=alpha, ask=ask)
    tests, columns = _local_joins(units, ask)
    named = np.where(columns["statistic"] > columns["expected"], "Together", "Apart")
    return local_result(name, units, given, columns, tests, named, alpha=alpha, ask=ask)
