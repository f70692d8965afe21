"""How much a result owes to which firms happened to be asked: firms drawn again within regions.

Firms are drawn with replacement within each region, as many as it has, and the analysis is run on
every draw: Moran's I with an interval, local labels with the share of draws in which they change,
and how often two regions fall into one group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option
from kz_spatial.aggregate import By, aggregate
from kz_spatial.autocorrelation import local_moran, moran
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.options import INDICATORS
from kz_spatial.typology import typology

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from libpysal.graph import Graph

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
        I on the firms as they are.
    ci_low, ci_high : float
        Percentiles of I over the draws.
    frame : DataFrame
        By unit: `label` on the firms as they are, `changes` (share of draws with another label) and
        `unstable` (more than a tenth).
    n_draws : int
    seed : int
    """

    statistic: float
    ci_low: float
    ci_high: float
    frame: pd.DataFrame
    n_draws: int
    seed: int


def _draws(firms: pd.DataFrame, region: str, n_draws: int, seed: int) -> Iterator[pd.DataFrame]:
    """Firm tables drawn again within regions; firms without a region stay out."""
    if n_draws < 1:
        raise CallError(f"n_draws={n_draws}: expected at least 1")
    check_columns(firms.columns, [region], what="firm table")
    rng = np.random.default_rng(seed)
    members = [rows for _, rows in sorted(firms.groupby(region).indices.items())]
    for _ in range(n_draws):
        rows = np.concatenate([rng.choice(each, len(each)) for each in members])
        yield firms.iloc[rows].reset_index(drop=True)


def _means(
    firms: pd.DataFrame, by: By, indicators: Sequence[str], weights: str | None
) -> pd.DataFrame:
    table = aggregate(firms, by=by, weights=weights, indicators=indicators, min_firms=1)
    return table[[f"{name}_mean" for name in indicators]]


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
    region = "oblast_code" if by == "oblast" else "composite"
    total: pd.DataFrame | None = None
    used = 0
    for drawn in _draws(firms, region, n_draws, seed):
        means = _means(drawn, by, indicators, weights)
        if means.isna().any(axis=None):
            continue
        labels = typology(means, n_clusters=n_clusters, seed=seed).labels
        same = pd.DataFrame(
            labels.to_numpy()[:, None] == labels.to_numpy(), labels.index, labels.index
        ).astype(float)
        total = same if total is None else total + same
        used += 1
    if total is None:
        raise NotEnoughDataError(f"none of {n_draws} draws had every indicator in every unit; "
                                 "leave out an indicator that few firms answered")  # fmt: skip
    return CoMembership(total / used, used, n_draws - used, n_clusters, seed)


def resampled_moran(
    firms: pd.DataFrame,
    indicator: str,
    graph: Graph,
    *,
    by: By = "oblast",
    weights: str | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    n_draws: int = 100,
    seed: int = 20240,
) -> ResampledMoran:
    """Give Moran's I an interval, and local labels their stability, over draws of firms.

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
    level : float
        Coverage of the percentile interval.
    alpha : float
        Level of the local labels.
    n_draws, seed : int

    Returns
    -------
    ResampledMoran
    """
    check_option("indicator", indicator, tuple(INDICATORS))
    region = "oblast_code" if by == "oblast" else "composite"
    column = f"{indicator}_mean"

    def values(table: pd.DataFrame) -> pd.Series[Any]:
        return _means(table, by, [indicator], weights)[column]

    first = values(firms)
    labels = local_moran(first, graph, alpha=alpha).frame["label"]
    found, changed = [], pd.Series(0.0, labels.index)
    for drawn in _draws(firms, region, n_draws, seed):
        each = values(drawn)
        # the statistic alone is wanted, so a single arrangement is drawn for its p
        found.append(moran(each, graph, n_permutations=1).statistic)
        changed += (local_moran(each, graph, alpha=alpha).frame["label"] != labels).astype(float)
    tail = (1 - level) / 2
    low, high = np.nanquantile(found, [tail, 1 - tail])
    share = changed / n_draws
    frame = pd.DataFrame({"label": labels, "changes": share, "unstable": share > _UNSTABLE})
    whole = moran(first, graph, n_permutations=1).statistic
    return ResampledMoran(whole, float(low), float(high), frame, n_draws, seed)
