"""How much tighter groups are than groups of tables without any: the gap statistic.

Reference tables are uniform over the box that the columns span and are grouped as the units are; W*
is the sum of squares within their groups. The module `number` says how the gap chooses.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from kz_spatial.groups.alike import k_means, scaled
from kz_spatial.groups.connected import BestCuts, is_connected
from kz_spatial.groups.contiguous import masks_in_order
from kz_spatial.groups.partition import partitions, within_ss

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["ENUMERATED", "gap_by_number"]

# at 20 units and 9 groups 20 starts end 0.1 % above the best of 100 on average
_REFERENCE_STARTS: Final = 20
# all ways to group so many units are weighed for every reference table
ENUMERATED: Final = 8
_REFERENCE_CELLS: Final = 4_000_000
# connected subsets weighed over all reference draws: about four seconds
_MAX_REGION_WORK: Final = 1_000_000


def _logs_by_likeness(
    draws: NDArray[np.float64], numbers: list[int], seed: int
) -> NDArray[np.float64]:
    """Log W* of reference tables (r, n, p) grouped by k-means, (r, number)."""
    r, n, _ = draws.shape
    found = np.empty((r, len(numbers)))
    for j, k in enumerate(numbers):
        rng = np.random.default_rng([seed, k])  # no number depends on which others are asked for
        step = max(1, _REFERENCE_CELLS // (_REFERENCE_STARTS * n * k))
        for first in range(0, r, step):
            part = draws[first : first + step]
            labels = k_means(part, k, n_starts=_REFERENCE_STARTS, rng=rng)
            found[first : first + step, j] = [
                within_ss(*each) for each in zip(part, labels, strict=True)
            ]
    return np.log(found)


@lru_cache(maxsize=32)
def _partition_masks(n: int, k: int) -> NDArray[np.intp]:
    """Groups of every way to form k of n units, as bit masks; (ways, k)."""
    bits = 1 << np.arange(n)
    found = np.array(
        [[bits[np.array(each) == g].sum() for g in range(k)] for each in partitions(n, k)],
        dtype=np.intp,
    )
    found.flags.writeable = False
    return found


def _logs_by_enumeration(
    draws: NDArray[np.float64], numbers: list[int], masks: list[int] | None
) -> NDArray[np.float64]:
    """Log W* of reference tables (r, n, p) of few units, over all ways to group them.

    Parameters
    ----------
    masks : list of int or None
        Neighbours of each unit; groups then hang together.
    """
    n = draws.shape[1]
    member = ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1).astype(float)
    Y = draws - draws.mean(axis=1, keepdims=True)
    means = (member @ Y) / np.maximum(member.sum(axis=1), 1)[:, None] ** 0.5
    cost = (Y**2).sum(axis=2) @ member.T - (means**2).sum(axis=2)
    if masks is not None:
        cost[:, [not is_connected(subset, masks) for subset in range(1 << n)]] = np.inf
    least = [cost[:, _partition_masks(n, k)].sum(axis=2).min(axis=1) for k in numbers]
    found: NDArray[np.float64] = np.log(np.maximum(np.column_stack(least), 0.0))
    return found


def _logs_by_contiguity(
    draws: NDArray[np.float64], numbers: list[int], masks: list[int]
) -> NDArray[np.float64] | str:
    """Log W* of reference tables cut into proven best regions, or why that takes too long."""
    found = np.empty((len(draws), len(numbers)))
    for i, (X, Y) in enumerate(zip(draws, scaled(draws), strict=True)):
        cuts = BestCuts.prepare(Y, masks, most=max(numbers))
        if cuts.n_subsets * len(draws) > _MAX_REGION_WORK:
            most = _MAX_REGION_WORK // cuts.n_subsets
            return (
                f"{cuts.n_subsets:,} connected subsets allow {most} reference tables in a few "
                f"seconds, and {len(draws)} were asked for"
            )
        for j, k in enumerate(numbers):
            labels = cuts.cut(k)
            assert labels is not None  # a graph in one piece can be cut into any number
            found[i, j] = within_ss(X, labels)
    return np.log(found)


def gap_by_number(
    X: pd.DataFrame, graph: Graph | None, within: pd.Series[float], n_references: int, seed: int
) -> pd.DataFrame | str:
    """Gap and its s by number of groups, or why there is none."""
    if not n_references:
        return "no reference tables were asked for"
    if within.iloc[0] == 0:
        return "all units are alike"
    box = X.min(), X.max()
    draws = np.random.default_rng(seed).uniform(*box, (n_references, *X.shape))
    numbers = list(within.index)
    masks = None if graph is None else masks_in_order(graph, list(X.index))
    if len(X) <= ENUMERATED:
        logs: NDArray[np.float64] | str = _logs_by_enumeration(draws, numbers, masks)
    elif masks is None:
        logs = _logs_by_likeness(draws, numbers, seed)
    else:
        logs = _logs_by_contiguity(draws, numbers, masks)
    if isinstance(logs, str):
        return logs
    with np.errstate(divide="ignore"):  # nothing left within groups: the gap is infinite
        gap = logs.mean(axis=0) - np.log(within.to_numpy())
    error = logs.std(axis=0) * np.sqrt(1 + 1 / n_references)
    return pd.DataFrame({"gap": gap, "gap_se": error}, within.index)
