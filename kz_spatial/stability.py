"""How much a result owes to which firms happened to be asked: firms drawn again within regions.

Firms are drawn with replacement within each region, as many as it has, and the analysis is run on
every draw: Moran's I with a range, local labels with the share of draws in which they change,
and how often two regions fall into one group. A draw carries sampling error on top of that of the
firms as they are, so it blurs patterns: the range of Moran's I leans toward no pattern, and labels
change rather too often than too seldom. Firms are drawn in the order of their `firm_id`, where
there is one, so that the order of rows does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from kz_spatial._unit_values import centred, linked_units, ordered_weights
from kz_spatial._validate import check_count, check_option, check_share
from kz_spatial.aggregate import By, aggregate
from kz_spatial.autocorrelation import moran_of_rows
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.local_moran import local_moran, local_tests
from kz_spatial.options import INDICATORS, MIN_FIRMS
from kz_spatial.partition import check_n_clusters, z_scores
from kz_spatial.typology import MAX_EXACT, N_STARTS, k_means, optimal_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["CoMembership", "ResampledMoran", "co_membership", "resampled_moran"]

_UNSTABLE: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class CoMembership:
    """How often two units fall into one group.

    Attributes
    ----------
    matrix : DataFrame
        Share of draws, units by units; 1 on the diagonal.
    n_draws : int
        Draws that could be grouped.
    n_skipped : int
        Draws in which a unit lacked an indicator.
    n_clusters : int
    seed : int
    """

    matrix: pd.DataFrame
    n_draws: int
    n_skipped: int
    n_clusters: int
    seed: int


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


def _drawn_rows(firms: pd.DataFrame, region: str, n_draws: int, seed: int) -> NDArray[np.intp]:
    """Rows of firms drawn again within their region, a draw each; firms without one stay out."""
    check_count("n_draws", n_draws, 1)
    check_count("seed", seed, 0)
    rng = np.random.default_rng(seed)
    # by firm, so that the order of rows does not matter
    order = np.arange(len(firms))
    if "firm_id" in firms:
        order = firms["firm_id"].reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
    units = firms[region].iloc[order]
    members = [order[rows] for _, rows in sorted(units.groupby(units.to_numpy()).indices.items())]
    return np.concatenate(
        [each[rng.integers(len(each), size=(n_draws, len(each)))] for each in members], axis=1
    )


def _drawn_means(
    firms: pd.DataFrame,
    table: pd.DataFrame,
    indicators: Sequence[str],
    weights: str | None,
    n_draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Means of every unit of a table in draws of its firms.

    Returns
    -------
    (draws, units, indicators) array
        NaN where a draw has no answer, and where the table has no mean.
    """
    region = str(table.index.name)
    rows = _drawn_rows(firms, region, n_draws, seed)
    unit = table.index.get_indexer(firms[region])[rows]
    weight = (np.ones(len(firms)) if weights is None else firms[weights].to_numpy(float))[rows]
    cell = unit + len(table) * np.arange(n_draws)[:, None]
    means = np.empty((n_draws, len(table), len(indicators)))
    for j, name in enumerate(indicators):
        values = firms[name].to_numpy(float)[rows]
        use = np.isfinite(values)
        size = n_draws * len(table)
        total = np.bincount(cell[use], weight[use] * values[use], size)
        base = np.bincount(cell[use], weight[use], size)
        with np.errstate(invalid="ignore"):
            means[..., j] = (total / base).reshape(n_draws, len(table))
        means[:, table[f"{name}_mean"].isna().to_numpy(), j] = np.nan
    return means


def _groups_of_draws(Z: NDArray[np.float64], k: int, seed: int) -> NDArray[np.intp]:
    """Groups of the units in each draw, as `typology` forms them; (draws, n) from (draws, n, p)."""
    if Z.shape[1] <= MAX_EXACT:
        return np.array([optimal_groups(each, [k])[k] for each in Z])
    return k_means(Z, k, n_starts=N_STARTS, rng=np.random.default_rng(seed))


def co_membership(
    firms: pd.DataFrame,
    *,
    by: By = "composite",
    n_clusters: int = 3,
    indicators: Sequence[str] = tuple(INDICATORS),
    weights: str | None = None,
    n_draws: int = 200,
    seed: int = 20240,
) -> CoMembership:
    """Count how often two units fall into one group when firms are drawn again.

    Parameters
    ----------
    firms : DataFrame
        A firm table.
    by : {"composite", "oblast"}
    n_clusters : int
        Groups of the typology.
    indicators : sequence of str
    weights : str, optional
        Survey weight column.
    n_draws, seed : int

    Returns
    -------
    CoMembership

    Raises
    ------
    NotEnoughDataError
        When no draw could be grouped.
    """
    if not indicators:
        raise CallError("indicators: found none, expected at least one to group by")
    check_count("n_clusters", n_clusters, 1)
    table = aggregate(firms, by=by, weights=weights, indicators=indicators, min_firms=1)
    drawn = _drawn_means(firms, table, indicators, weights, n_draws, seed)
    whole = drawn[np.isfinite(drawn).all(axis=(1, 2))]
    if not len(whole):
        raise NotEnoughDataError(
            f"none of {n_draws} draws had every indicator in every unit; "
            "leave out an indicator that few firms answered"
        )
    check_n_clusters(n_clusters, len(table))
    labels = _groups_of_draws(z_scores(whole), n_clusters, seed)
    total = (labels[:, :, None] == labels[:, None, :]).sum(axis=0)
    matrix = pd.DataFrame(total / len(whole), table.index, table.index)
    return CoMembership(matrix, len(whole), n_draws - len(whole), n_clusters, seed)


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
        labels[np.ix_(rows, use)] = "cannot be significant"
        Z = centred(drawn[np.ix_(rows, use)])
        varies = Z.any(axis=1)
        if use.sum() < 3 or not varies.any():
            continue
        rows, Z = rows[varies], Z[varies]
        statistics[rows] = moran_of_rows(Z, among)
        found = local_tests(Z, among, alpha=alpha, n_permutations=n_permutations, seed=seed)
        labels[np.ix_(rows, use)] = found.label
    return statistics, labels


def resampled_moran(
    firms: pd.DataFrame,
    indicator: str,
    graph: Graph,
    *,
    by: By = "oblast",
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
        Neighbours of the units.
    by : {"oblast", "composite"}
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
    """
    check_option("indicator", indicator, tuple(INDICATORS))
    check_share("level", level)
    table = aggregate(firms, by=by, weights=weights, indicators=[indicator], min_firms=min_firms)
    first = table[f"{indicator}_mean"]
    found = local_moran(first, graph, alpha=alpha, n_permutations=n_permutations, seed=seed)
    label = found.frame["label"]
    drawn = _drawn_means(firms, table, [indicator], weights, n_draws, seed)[..., 0]
    order, W = ordered_weights(graph)
    place = table.index.get_indexer(order)  # -1 for units that only the graph has
    every = np.where(place >= 0, np.vstack([first.to_numpy(), drawn])[:, place], np.nan)
    statistics, labels = _tests_of_draws(
        every, W, alpha=alpha, n_permutations=n_permutations, seed=seed
    )
    changed = labels[1:] != label.reindex(order).to_numpy()
    share = pd.Series(changed.mean(axis=0), order).reindex(table.index)
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
        n_skipped=n_draws - len(known),
        seed=seed,
    )
