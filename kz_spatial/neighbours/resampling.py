"""How much a result owes to which firms happened to be asked: firms drawn again within regions.

Firms are drawn with replacement within each region, as many as it has, and the analysis is run on
every draw: Moran's I with a range, local labels with the share of draws in which they change. A
draw carries sampling error on top of that of the firms as they are, so it blurs patterns: the range
of Moran's I leans toward no pattern, and labels change rather too often than too seldom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, check_share
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import design_of
from kz_spatial.estimates import aggregate, drawn_by_error, drawn_means
from kz_spatial.neighbours.global_statistics import moran_of_rows
from kz_spatial.neighbours.local_statistics import local_moran, local_tests
from kz_spatial.neighbours.unit_values import centred, linked_units, ordered_weights
from kz_spatial.options import MIN_FIRMS

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["ResampledMoran", "redrawn_moran", "resampled_moran"]

_UNSTABLE: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class ResampledMoran:
    """Moran's I with the sampling error of the firms.

    Attributes
    ----------
    statistic : float
        I on the firms as they are; NaN where it is inapplicable.
    low, high : float
        Percentiles of I over the draws.
    level : float
        Share of draws between them. No confidence level: draws lean toward no pattern, so the I of
        the regions' true means lies outside more often than that.
    frame : DataFrame
        By unit: `label` on the firms as they are, `changes` (share of draws with another label) and
        `unstable` (more than a tenth).
    n_draws : int
        Draws that the percentiles rest on.
    n_skipped : int
        Draws in which Moran's I was inapplicable.
    seed : int
    """

    statistic: float
    low: float
    high: float
    level: float
    frame: pd.DataFrame
    n_draws: int
    n_skipped: int
    seed: int


def _tests_of_draws(
    drawn: NDArray[np.float64],
    W: NDArray[np.float64],
    *,
    alpha: float,
    n_permutations: int,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Moran's I of each draw and the local labels of its units.

    Parameters
    ----------
    drawn : (draws, n) array
        NaN where a unit has no value.
    W : (n, n) array
    """
    statistics = np.full(len(drawn), np.nan)
    labels = np.where(np.isfinite(drawn), "island", "suppressed").astype("<U21")
    patterns, which = np.unique(np.isfinite(drawn), axis=0, return_inverse=True)
    for number, complete in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == number)
        use, among = linked_units(W, complete)
        labels[np.ix_(rows, use)] = np.where(among.any(axis=1), "cannot be significant", "island")
        Z = centred(drawn[np.ix_(rows, use)])
        varies = Z.any(axis=1)
        if use.sum() < 3 or not varies.any():
            continue
        rows, Z = rows[varies], Z[varies]
        statistics[rows] = moran_of_rows(Z, among)
        found = local_tests(Z, among, alpha=alpha, n_permutations=n_permutations, seed=seed)
        labels[np.ix_(rows, use)] = found.label
    return statistics, labels


def _over_draws(
    first: pd.Series[Any],
    drawn: NDArray[np.float64],
    graph: Graph,
    *,
    level: float,
    alpha: float,
    n_permutations: int,
    seed: int,
) -> ResampledMoran:
    """Moran's I and local labels of a Series of means and of (draws, n) drawn ones."""
    found = local_moran(first, graph, alpha=alpha, n_permutations=n_permutations, seed=seed)
    label = found.frame["label"]
    order, W = ordered_weights(graph)
    place = first.index.get_indexer(order)  # -1 for units that only the graph has
    every = np.where(place >= 0, np.vstack([first.to_numpy(), drawn])[:, place], np.nan)
    statistics, labels = _tests_of_draws(
        every, W, alpha=alpha, n_permutations=n_permutations, seed=seed
    )
    changed = labels[1:] != label.reindex(order).to_numpy()
    share = pd.Series(changed.mean(axis=0), order).reindex(first.index)
    known = statistics[1:][np.isfinite(statistics[1:])]
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    return ResampledMoran(
        statistic=float(statistics[0]),
        low=float(low),
        high=float(high),
        level=level,
        frame=pd.DataFrame({"label": label, "changes": share, "unstable": share > _UNSTABLE}),
        n_draws=len(known),
        n_skipped=len(drawn) - len(known),
        seed=seed,
    )


def resampled_moran(
    firms: pd.DataFrame,
    indicator: str,
    graph: Graph,
    *,
    by: str = LEVEL,
    weights: str | None = None,
    min_firms: int = MIN_FIRMS,
    level: float = 0.95,
    alpha: float = 0.05,
    n_draws: int = 200,
    n_permutations: int = 999,
    seed: int = 20240,
) -> ResampledMoran:
    """Give Moran's I a range, and local labels their stability, over draws of firms.

    Parameters
    ----------
    firms : DataFrame
        A firm table.
    indicator : str
    graph : libpysal.graph.Graph
        Neighbours of the units; islands are left out, as `moran` does by default.
    by : str
        "oblast", or the name of the design's grouping.
    weights : str, optional
        Survey weight column.
    min_firms : int
        Units that `aggregate` withholds at this number stay out of every draw.
    level : float
        Share of draws between the percentiles.
    alpha : float
        Level of the local labels.
    n_draws : int
    n_permutations : int
        Random neighbour sets per draw, where sets cannot be counted.
    seed : int
        Seed of the draws and of those sets.

    Returns
    -------
    ResampledMoran

    Raises
    ------
    InputError
        As `aggregate` and `local_moran`.
    CallError
        When the indicator is not known, or n_draws or level is out of range.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.composites(detail="light"))
    >>> found = kz.resampled_moran(
    ...     kz.load_twin(), "epayment_share", graph, by="composite", n_draws=20)
    >>> found.low < found.statistic < found.high
    True
    >>> list(found.frame.columns)
    ['label', 'changes', 'unstable']
    """
    check_option("indicator", indicator, tuple(design_of(firms).by_name))
    check_share("level", level)
    table = aggregate(firms, by=by, weights=weights, indicators=[indicator], min_firms=min_firms)
    drawn = drawn_means(firms, table, [indicator], weights, n_draws, seed)[..., 0]
    return _over_draws(
        table[f"{indicator}_mean"],
        drawn,
        graph,
        level=level,
        alpha=alpha,
        n_permutations=n_permutations,
        seed=seed,
    )


def redrawn_moran(
    table: pd.DataFrame,
    indicator: str,
    graph: Graph,
    *,
    level: float = 0.95,
    alpha: float = 0.05,
    n_draws: int = 200,
    n_permutations: int = 999,
    seed: int = 20240,
) -> ResampledMoran:
    """Give Moran's I a range from published means and errors, where firms may not be seen.

    Parameters
    ----------
    table : DataFrame
        As `aggregate` returns it; means are drawn from normal laws with its errors.
    indicator, graph, level, alpha, n_draws, n_permutations, seed
        As in `resampled_moran`.

    Returns
    -------
    ResampledMoran

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.composites(detail="light"))
    >>> table = kz.aggregate(kz.load_twin())
    >>> found = redrawn_moran(table, "epayment_share", graph, n_draws=20)
    >>> found.low < found.statistic < found.high
    True
    """
    check_share("level", level)
    drawn = drawn_by_error(table, [indicator], n_draws, seed)[..., 0]
    return _over_draws(
        table[f"{indicator}_mean"],
        drawn,
        graph,
        level=level,
        alpha=alpha,
        n_permutations=n_permutations,
        seed=seed,
    )
