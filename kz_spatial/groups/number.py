"""How many groups the units form, by three criteria.

With W(k) the sum of squares within the k best groups found and T that in all, of n units:

* silhouette: mean of (b - a) / max(a, b), where a is a unit's mean distance to its own group and b
  that to the nearest other one (Rousseeuw 1987); the number with the highest is chosen;
* Calinski and Harabasz (1974): (T - W) / (k - 1) over W / (n - k); the highest is chosen;
* gap (Tibshirani, Walther and Hastie 2001): mean of log W*(k) less log W(k), where W* comes from B
  reference tables uniform over the box that the columns span (their choice (a), `spaceH0 =
  "original"` in R's `clusGap`); the smallest k with gap(k) >= gap(k + 1) - s(k + 1) is chosen, for
  s(k) = sd(log W*(k)) sqrt(1 + 1/B). It alone can say that one group is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING
from kz_spatial.errors import CallError
from kz_spatial.groups.alike import MAX_EXACT, N_STARTS, k_means, optimal_groups, scaled
from kz_spatial.groups.contiguous import optimal_regions
from kz_spatial.groups.gap import ENUMERATED, gap_by_number
from kz_spatial.groups.partition import check_enough, standardised, within_ss

if TYPE_CHECKING:
    from collections.abc import Iterable

    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["ClusterChoice", "choose_n_clusters"]

_MANY: Final = 1000
_SOME: Final = 100
# share of the whole sum of squares below which nothing is left within groups
_NOTHING_LEFT: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ClusterChoice:
    """What speaks for which number of groups.

    Attributes
    ----------
    frame : DataFrame
        By `n_clusters`, 1 and the numbers asked for that the units can form: `within_ss` and
        `share_explained` of the best groups found, `silhouette`, `calinski_harabasz`, `gap`,
        `gap_se` (s of the module's docstring), `method` and `certified` as in `Partition`. NaN
        where a criterion does not apply; where nothing is left within groups, Calinski-Harabasz
        and gap are infinite.
    best : dict of int or None
        By criterion, the number it chooses; None where it chooses none.
    reasons : dict of str
        Why a criterion chooses none, and under "n_clusters" which numbers were left out and why.
    n_references : int
        Reference tables that the gap rests on; 0 where there is no gap.
    seed : int
        Seed of k-means and of the reference tables.
    """

    frame: pd.DataFrame
    best: dict[str, int | None]
    reasons: dict[str, str]
    n_references: int
    seed: int


def _numbers(n_clusters: Iterable[int], n: int) -> tuple[list[int], list[int]]:
    """Numbers asked for that n units can form, and those that they cannot."""
    if isinstance(n_clusters, (str, bytes)) or not hasattr(n_clusters, "__iter__"):
        raise CallError(f"n_clusters={n_clusters!r}: expected a range or list of whole numbers")
    asked = list(n_clusters)
    for k in asked:
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
            raise CallError(f"n_clusters: found {k!r}, expected whole numbers of 1 or more")
    numbers = sorted({int(k) for k in asked})
    return [k for k in numbers if k < n], [k for k in numbers if k >= n]


def _all_alike(table: pd.DataFrame) -> bool:
    """Whether all that varies is rounding."""
    spread = table.max() - table.min()
    return bool((spread <= ROUNDING * table.abs().max()).all())


def _best_groups(
    X: pd.DataFrame, graph: Graph | None, numbers: list[int], seed: int
) -> tuple[dict[int, NDArray[np.intp]], str]:
    """Best groups found of the sorted units, by number, and the method that found them."""
    if graph is not None:
        try:
            found = optimal_regions(X, graph, n_clusters=numbers, standardise=False)
        except CallError as error:
            raise CallError(f"graph: its proven optima are out of reach ({error})") from error
        return {k: each.labels.to_numpy(dtype=np.intp) for k, each in found.items()}, "exact"
    if len(X) <= MAX_EXACT:
        return optimal_groups(X.to_numpy(), numbers), "exact"
    return {
        k: k_means(X.to_numpy()[None], k, n_starts=N_STARTS, rng=np.random.default_rng(seed))[0]
        for k in numbers
    }, "k-means"


def _first_by_gap(found: pd.DataFrame, allowed: pd.Index[int]) -> int | None:
    """Smallest number whose gap is within s of the next one's."""
    gap, error = found["gap"], found["gap_se"]
    for k in allowed:
        if gap[k] == np.inf or (k + 1 in gap.index and gap[k] >= gap[k + 1] - error[k + 1]):
            return int(k)
    return None


def _criteria(
    X: NDArray[np.float64], groups: dict[int, NDArray[np.intp]], within: pd.Series[float]
) -> pd.DataFrame:
    """Sum of squares, share explained, silhouette and Calinski-Harabasz by number of groups."""
    from sklearn.metrics import silhouette_score

    n, total = len(X), within.iloc[0]
    frame = pd.DataFrame({"within_ss": within})
    frame["share_explained"] = 1 - within / total if total > 0 else np.nan
    k = frame.index.to_numpy()
    frame["silhouette"] = [silhouette_score(X, groups[j]) if j > 1 else np.nan for j in k]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (total - within) / np.where(k > 1, k - 1, np.nan)
        frame["calinski_harabasz"] = between / (within / (n - k))
    return frame


def _choices(
    frame: pd.DataFrame, gap: pd.DataFrame | str
) -> tuple[dict[str, int | None], dict[str, str]]:
    """What each criterion chooses, and why one chooses nothing."""
    best: dict[str, int | None] = {}
    reasons = {}
    for name in ("silhouette", "calinski_harabasz"):
        known = frame[name].dropna()
        best[name] = int(known.idxmax()) if len(known) else None
        if known.empty:
            reasons[name] = "no number from two groups on could be judged"
    best["gap"] = None if isinstance(gap, str) else _first_by_gap(gap, frame.index)
    if isinstance(gap, str):
        reasons["gap"] = gap
    elif best["gap"] is None:
        reasons["gap"] = "no number k has gap(k) >= gap(k + 1) - s(k + 1)"
    return best, reasons


def _left_out(n: int, too_many: list[int], beyond: list[int], alike_at: int) -> str:
    told = []
    if beyond:
        told.append(
            f"left out {', '.join(map(str, beyond))}: with {alike_at} groups all units "
            "of a group are alike, and more would part equals"
        )
    if too_many:
        told.append(
            f"left out {', '.join(map(str, too_many))}: {n} units form at most {n - 1} "
            "groups that can be judged"
        )
    return "; ".join(told)


def choose_n_clusters(
    table: pd.DataFrame,
    graph: Graph | None = None,
    *,
    n_clusters: range | list[int] = range(2, 9),
    standardise: bool = True,
    n_references: int | None = None,
    seed: int = 20240,
) -> ClusterChoice:
    """Compare numbers of groups by silhouette, Calinski-Harabasz and the gap statistic.

    Parameters
    ----------
    table : DataFrame
        Units by columns, without gaps.
    graph : libpysal.graph.Graph, optional
        Who is whose neighbour: groups are then the proven best contiguous regions, as of
        `regionalise`, and reference tables are drawn on the same graph. Without it groups are those
        of `typology`.
    n_clusters : range or list of int
        Numbers to compare; 1, where all units are one group, is always added.
    standardise : bool
        Whether to turn columns into z-scores first.
    n_references : int, optional
        Reference tables for the gap, 0 for none. When not given, 1,000 for up to 8 units, since
        its choice hangs on the draws of fewer, and 100 beyond. With a graph of more than 8 units
        the gap is given where the connected subsets times the tables are at most 1,000,000.
    seed : int
        Seed of k-means and of the reference tables.

    Returns
    -------
    ClusterChoice

    Raises
    ------
    InputError, NotEnoughDataError
        When values are missing, there is one unit only, or the graph lacks a unit or falls into
        pieces.
    CallError
        When a number of groups or of reference tables is out of range, or the graph is too large
        for its optima to be proven.

    References
    ----------
    Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65; Calinski and Harabasz (1974), Commun. Stat.
    3, 1-27; Tibshirani, Walther and Hastie (2001), J. R. Stat. Soc. B 63, 411-423.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())[["epayment_share_mean", "permit_days_mean"]]
    >>> found = choose_n_clusters(table, n_references=20)
    >>> found.frame.index.to_list()
    [1, 2, 3, 4, 5, 6]
    >>> found.reasons["n_clusters"]
    'left out 7, 8: 7 units form at most 6 groups that can be judged'
    """
    values = standardised(table, standardise=standardise)
    n = len(values)
    if n_references is None:
        n_references = _MANY if n <= ENUMERATED else _SOME
    if not isinstance(n_references, (int, np.integer)) or n_references < 0 or n_references == 1:
        raise CallError(f"n_references={n_references!r}: expected 0 or a whole number from 2")
    check_enough(n)
    asked, too_many = _numbers(n_clusters, n)
    if _all_alike(table):
        values = values * 0.0
    X = values.to_numpy()
    tried = sorted({1, *asked} | {k + 1 for k in (1, *asked) if k + 1 < n})  # the gap looks ahead
    ready = pd.DataFrame(scaled(X), values.index)
    groups, method = _best_groups(ready, graph, tried, seed)
    within = pd.Series({k: within_ss(X, groups[k]) for k in tried})
    within[within <= _NOTHING_LEFT * within[1]] = 0.0
    within = within[within.shift(fill_value=1.0) > 0]  # one number with nothing left is enough
    kept = [k for k in within.index if k == 1 or k in asked]
    frame = _criteria(X, groups, within[kept]).rename_axis("n_clusters")
    gap = gap_by_number(values, graph, within, n_references, seed)
    found = gap if isinstance(gap, pd.DataFrame) else pd.DataFrame(columns=["gap", "gap_se"])
    frame[["gap", "gap_se"]] = found.reindex(kept).astype(float)
    frame["method"], frame["certified"] = method, method == "exact"
    best, reasons = _choices(frame, gap)
    if left_out := _left_out(n, too_many, [k for k in asked if k not in kept], kept[-1]):
        reasons["n_clusters"] = left_out
    return ClusterChoice(frame, best, reasons, 0 if isinstance(gap, str) else n_references, seed)
