"""One unit's neighbours set beside other sets of neighbours: what every local statistic shares.

A local statistic of unit i is a sum of scores over its neighbours, weighted as they are. Given what
i itself has, every set of other units is as likely as any. Where all neighbours of i weigh the
same, all C(n-1, k) sets are counted; where they weigh differently, all ordered sets up to 400,000
are listed, else seeded random ones drawn, the same for every unit. `arrangements` defines two-sided
p for such discrete distributions and gives the source.

Adjusted for the number of tested units are `p_fdr` (Benjamini and Hochberg, 1995, JRSS B 57,
289-300), `p_by` (Benjamini and Yekutieli, 2001, Annals of Statistics 29, 1165-1188: also where
tests depend on each other in whatever way, as those of neighbours do) and `p_bonferroni`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.neighbours.arrangements import (
    TIE,
    can_count_sets,
    listed_sets,
    random_sets,
    set_p_values,
    share_extreme,
)
from kz_spatial.neighbours.global_test import Inference
from kz_spatial.neighbours.unit_values import UnitValues, places_of_links
from kz_spatial.options import Alternative

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = [
    "P_VALUES",
    "LocalStatistic",
    "SetTests",
    "adjusted",
    "equal_weight",
    "labelled",
    "local_result",
    "same_everywhere",
    "set_tests",
    "shares_of_draws",
]

P_VALUES: Final = ("p", "p_min", "p_fdr", "p_by", "p_bonferroni")
# weights that differ by less than this of the largest weigh the same
_EQUAL: Final = 1e-9
# numbers held at once while random sets are summed
_MAX_BLOCK: Final = 2**18
_METHODS: Final = {"fdr_bh": "p_fdr", "fdr_by": "p_by", "bonferroni": "p_bonferroni"}

_LAST: Final = ("label", "method", "n_arrangements")

_Scores = Callable[["NDArray[np.intp]"], "NDArray[np.float64]"]


@dataclass(frozen=True, slots=True, eq=False)
class LocalStatistic:
    """One number for every unit, and how far chance carries it.

    Attributes
    ----------
    name : str
        What the statistic is called.
    frame : DataFrame
        By unit, in the caller's order: columns of the statistic, which its function lists, then
        `p`, `p_min` (smallest p the unit can reach with as many neighbours among the values that
        the others have), `p_fdr` (Benjamini-Hochberg), `p_by` (Benjamini-Yekutieli) and
        `p_bonferroni` over all tested units, `label` (by `p`), `method` ("exact", "monte-carlo" or
        "inapplicable") and `n_arrangements`.
    alpha : float
        Level of the labels.
    alternative : {"two-sided", "greater", "less"}
        Side of the p-values.
    seed : int or None
        Seed of Monte Carlo draws, where any were needed.
    """

    name: str
    frame: pd.DataFrame
    alpha: float
    alternative: Alternative = "two-sided"
    seed: int | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the statistic of each unit as a bar, coloured by class.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import bars

        return bars(self.frame, self.name, ax)


@dataclass(frozen=True, slots=True, eq=False)
class SetTests:
    """Tests of r sets of scores on n units.

    Attributes
    ----------
    p, p_min : (r, n) arrays
        1 for units without neighbours.
    exact : (n,) array of bool
    n_arrangements : (n,) array of int
        0 for units without neighbours.
    """

    p: NDArray[np.float64]
    p_min: NDArray[np.float64]
    exact: NDArray[np.bool_]
    n_arrangements: NDArray[np.int64]


def equal_weight(weights: NDArray[np.float64]) -> bool:
    """Whether weights are the same, relative to themselves: inverse squared metres are all small.

    Parameters
    ----------
    weights : (k,) array
    """
    return bool(np.ptp(weights) <= _EQUAL * np.abs(weights).max())


def _equal_rows(
    weights: NDArray[np.float64], starts: NDArray[np.intp], end: int
) -> NDArray[np.bool_]:
    """`equal_weight` of the neighbours of each unit.

    Parameters
    ----------
    weights : (links,) array
        Row by row.
    starts : (n,) array of int
        Where each unit's begin; one without any begins where the next does.
    end : int
    """
    equal = np.ones(len(starts), dtype=bool)
    some = np.flatnonzero(np.diff(np.append(starts, end)))
    if some.size:
        high, low = (each.reduceat(weights, starts[some]) for each in (np.maximum, np.minimum))
        equal[some] = high - low <= _EQUAL * np.maximum(np.abs(high), np.abs(low))
    return equal


def same_everywhere(Z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values are at the mean of their row, but for rounding.

    Parameters
    ----------
    Z : (r, n) array
        Values less their mean.
    """
    return np.asarray(np.abs(Z) <= TIE * np.abs(Z).max(axis=1, keepdims=True))


def shares_of_draws(
    draws: NDArray[np.float64],
    observed: NDArray[np.float64],
    alternative: Alternative,
    *,
    exact: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of draws as extreme as the observed one and as the farthest one, many tests at once.

    Parameters
    ----------
    draws : (d, b) array
        Deviations from the mean over all arrangements, a test per column.
    observed : (b,) array
    alternative : {"two-sided", "greater", "less"}
    exact : bool
        Whether the draws are all there are; else the observed one is counted in.

    Returns
    -------
    p, p_min : (b,) arrays
    """
    sized = np.abs(draws)
    tie = TIE * np.maximum(sized.max(axis=0), np.abs(observed))
    if alternative == "two-sided":
        draws, observed = sized, np.abs(observed)
    elif alternative == "less":
        draws, observed = -draws, -observed
    extra = 0 if exact else 1

    def share(limit: NDArray[np.float64]) -> NDArray[np.float64]:
        reached: NDArray[np.float64] = (draws >= limit - tie).sum(axis=0) + extra
        return reached / (len(draws) + extra)

    p = share(observed)
    # of random draws none may be as far as the observed one
    return p, np.minimum(share(draws.max(axis=0)), p)


def _counted(
    W: NDArray[np.float64], i: int, linked: NDArray[np.intp], scores: _Scores, side: Alternative
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact p of unit i over all neighbour sets, for each row of scores."""
    rows = np.sign(W[i, linked[0]]) * scores(np.array([i]))[:, 0]
    others = np.delete(rows, i, axis=1)
    return set_p_values(others, len(linked), rows[:, linked].sum(axis=1), side)


def _listed(
    W: NDArray[np.float64],
    i: int,
    linked: NDArray[np.intp],
    scores: _Scores,
    side: Alternative,
    sets: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact p of unit i over all ordered sets, for each row of scores."""
    rows, weights = scores(np.array([i]))[:, 0], W[i, linked]
    p, p_min = np.empty(len(rows)), np.empty(len(rows))
    for at, (row, each) in enumerate(zip(rows, np.delete(rows, i, axis=1), strict=True)):
        centre = float(weights.sum() * each.mean())
        draws, observed = each[sets] @ weights - centre, float(row[linked] @ weights) - centre
        far = {
            "two-sided": np.argmax(np.abs(draws)),
            "greater": draws.argmax(),
            "less": draws.argmin(),
        }[side]
        p[at] = share_extreme(draws, observed, side, exact=True)
        p_min[at] = share_extreme(draws, float(draws[far]), side, exact=True)
    return p, p_min


def _members(sets: NDArray[np.intp], m: int) -> Any:
    """Matrix with 1 where a set of the row has the unit of the column."""
    from scipy.sparse import csr_array

    ends = np.arange(0, sets.size + 1, sets.shape[1])
    return csr_array((np.ones(sets.size), sets.ravel(), ends), shape=(len(sets), m))


def _drawn(
    W: NDArray[np.float64],
    units: NDArray[np.intp],
    linked: list[NDArray[np.intp]],
    alike: NDArray[np.bool_],
    scores: _Scores,
    side: Alternative,
    sets: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Monte Carlo p of several units over the same random ordered sets, for each row of scores."""
    n, b, widest = len(W), len(units), max(map(len, linked))
    near, weights = np.zeros((widest, b), dtype=np.intp), np.zeros((widest, b))
    for at, (i, each) in enumerate(zip(units, linked, strict=True)):
        near[: len(each), at], weights[: len(each), at] = each, W[i, each]
    equal = alike[units].all() and all(len(each) == widest for each in linked)
    members = _members(sets[:, :widest], n - 1) if equal else None
    # a column for each unit, without its own score
    below = np.arange(n - 1)[:, None] < units[None, :]
    rows = scores(units)
    p, p_min = np.empty((len(rows), b)), np.empty((len(rows), b))
    for at, row in enumerate(rows):
        others = np.where(below, row.T[:-1], row.T[1:])
        centre = weights.sum(axis=0) * others.mean(axis=0)
        observed = (weights * row[np.arange(b), near]).sum(axis=0) - centre
        if equal:  # sums first, by a matrix of ones
            draws = (members @ others) * weights[0]
        else:
            draws = others[sets[:, 0]] * weights[0]
            for t in range(1, widest):
                draws += others[sets[:, t]] * weights[t]
        p[at], p_min[at] = shares_of_draws(draws - centre, observed, side)
    return p, p_min


def set_tests(W: NDArray[np.float64], scores: _Scores, ask: Inference, *, r: int = 1) -> SetTests:
    """Test every unit's weighted sum of scores over its neighbours.

    Parameters
    ----------
    W : (n, n) array
        Zero on the diagonal.
    scores : callable
        Takes (b,) positions of units, gives a (r, b, n) array: what every unit would add to the
        statistic of each of these b as its neighbour.
    ask : Inference
    r : int
        Sets of scores.
    """
    n = len(W)
    p, p_min = np.ones((r, n)), np.ones((r, n))
    exact, count = np.ones(n, dtype=bool), np.zeros(n, dtype=np.int64)
    focal, other = places_of_links(W)
    starts = np.searchsorted(focal, np.arange(n))
    near = np.split(other, starts[1:])
    equal = _equal_rows(W[focal, other], starts, len(focal))
    ways = {k: (can_count_sets(n - 1, k), listed_sets(n - 1, k)) for k in set(map(len, near)) - {0}}
    left = []
    for i, linked in enumerate(near):
        k = len(linked)
        if not k:
            continue
        countable, listed = ways[k]
        if countable and equal[i]:
            count[i] = comb(n - 1, k)
            p[:, i], p_min[:, i] = _counted(W, i, linked, scores, ask.alternative)
        elif listed is not None:
            count[i] = len(listed)
            p[:, i], p_min[:, i] = _listed(W, i, linked, scores, ask.alternative, listed)
        else:
            left.append(i)
    if left:
        exact[left], count[left] = False, ask.n_permutations
        widest = max(map(len, near))
        # the first k of a wider random set are a random set
        sets = random_sets(n - 1, widest, ask.n_permutations, np.random.default_rng(ask.seed))
        size = max(1, _MAX_BLOCK // max(n, ask.n_permutations))
        left.sort(key=lambda i: len(near[i]))  # so that those of a block have as many
        for start in range(0, len(left), size):
            units = np.array(left[start : start + size])
            p[:, units], p_min[:, units] = _drawn(
                W, units, [near[i] for i in units], equal, scores, ask.alternative, sets
            )
    return SetTests(p, p_min, exact, count)


def adjusted(p: pd.Series[Any]) -> pd.DataFrame:
    """p-values adjusted for the number of tested units, by statsmodels."""
    from statsmodels.stats.multitest import multipletests

    known = p.dropna()
    columns = {
        name: multipletests(known, method=method)[1] if len(known) else known
        for method, name in _METHODS.items()
    }
    return pd.DataFrame(columns, index=known.index).reindex(p.index)


def labelled(
    named: NDArray[np.str_], p: NDArray[np.float64], p_min: NDArray[np.float64], alpha: float
) -> NDArray[np.str_]:
    """Labels by p: the unit's own where it is significant, else why it is not."""
    quiet = np.where(p_min > alpha, "cannot be significant", "not significant")
    return np.asarray(np.where(p <= alpha, named, quiet))


def local_result(
    name: str,
    units: UnitValues,
    given: pd.DataFrame,
    columns: dict[str, NDArray[Any]],
    tests: SetTests | None,
    named: NDArray[np.str_] | None,
    *,
    alpha: float,
    ask: Inference,
) -> LocalStatistic:
    """Frame of a local statistic in the caller's order.

    Parameters
    ----------
    name : str
    units : UnitValues
    given : DataFrame
        On the caller's index: columns that come first, as they were given.
    columns : dict of (n,) arrays
        Columns of the statistic by unit.
    tests : SetTests or None
        Of one row; None where nothing can be tested.
    named : (n,) array of str or None
        Labels of units that are significant.
    """
    keys, status = units.keys, units.status
    if tests is None or named is None:
        keys, columns = keys[:0], {key: each[:0] for key, each in columns.items()}
        nothing = np.empty((1, 0))
        tests = SetTests(nothing, nothing, np.empty(0, bool), np.empty(0, np.int64))
        named = np.empty(0, dtype="<U1")
    p, p_min = tests.p[0], tests.p_min[0]
    tested = pd.DataFrame({**columns, "p": p, "p_min": p_min}, index=keys)
    tested["label"] = labelled(named, p, p_min, alpha)
    tested["method"] = np.where(tests.exact, "exact", "monte-carlo")
    tested["n_arrangements"] = tests.n_arrangements
    frame = tested[(status[keys] == "").to_numpy()].reindex(status.index)
    silent = frame["p"].isna()
    frame["label"] = frame["label"].mask(silent, status.replace("", "cannot be significant"))
    frame["method"] = frame["method"].mask(silent, "inapplicable")
    frame["n_arrangements"] = frame["n_arrangements"].fillna(0).astype(int)
    frame = frame.join(adjusted(frame["p"]))[[*columns, *P_VALUES, *_LAST]].reindex(given.index)
    seed = ask.seed if (frame["method"] == "monte-carlo").any() else None
    return LocalStatistic(name, given.join(frame), alpha, ask.alternative, seed)
