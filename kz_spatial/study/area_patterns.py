"""Spatial pattern of each column of a table of units: the last year's in full, every year's Moran.

Local Moran's I, G and G* of one column share one conditional test, so that one p is shown with the
classes of each. Smoothed rates are drawn together by the smoothing: a test on them finds patterns
in a quarter of maps without any, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours import (
    Correlogram,
    GlobalStatistic,
    JoinCounts,
    LocalMoran,
    LocalStatistic,
    bivariate_local_moran,
    bivariate_moran,
    correlogram,
    empirical_bayes_rates,
    geary,
    getis_ord,
    join_counts,
    lee,
    local_g,
    local_geary,
    local_moran,
    moran,
)

if TYPE_CHECKING:
    from libpysal.graph import Graph

    from kz_spatial.study.area_columns import AreaColumn
    from kz_spatial.study.area_options import AreaOptions

__all__ = ["AreaPattern", "AreaPatterns", "find_area_patterns"]

_MOST_PAIRED: Final = 8
SMOOTHED: Final = (
    "rates smoothed toward the mean vary together already; the pattern test is that of the crude "
    "rates"
)


@dataclass(frozen=True, slots=True, eq=False)
class AreaPattern:
    """Spatial autocorrelation of one column in its last year.

    Attributes
    ----------
    level, indicator : str
        "areas", and the name of the column.
    year : int
        0 without years.
    moran : GlobalStatistic
    others : tuple of GlobalStatistic
        Moran's I of empirical Bayes scores for rates per head, Geary's C, and Getis-Ord G of values
        of 0 and more.
    local : LocalMoran
    spots : LocalStatistic
        Hot and cold spots by G*, whose p is that of local Moran.
    correlogram : Correlogram
        Moran's I by order of neighbours.
    joins : JoinCounts or None
        Of a column of 0 and 1; None for others.
    beside : LocalStatistic or None
        Bivariate local Moran: this column here, the one that was asked for next door.
    resampled : None
        Nothing was drawn again.
    """

    level: str
    indicator: str
    year: int
    moran: GlobalStatistic
    others: tuple[GlobalStatistic, ...]
    local: LocalMoran
    spots: LocalStatistic
    correlogram: Correlogram
    joins: JoinCounts | None = None
    beside: LocalStatistic | None = None
    resampled: None = None


@dataclass(frozen=True, slots=True, eq=False)
class AreaPatterns:
    """Spatial autocorrelation of a table of units.

    Attributes
    ----------
    by_column : dict of AreaPattern
        By name, of the last year.
    by_year : DataFrame
        Moran's I of every year: `column`, `year`, `statistic`, `expected`, `p`, `method`,
        `n_units`, `reason`.
    pairs : DataFrame
        For each two columns: `x`, `y`, `name` (Lee's L, bivariate Moran's I), `statistic`,
        `expected`, `p`, `method`, `reason`.
    together : LocalStatistic or None
        Local Geary of the columns that groups rest on, rows permuted together.
    """

    by_column: dict[str, AreaPattern]
    by_year: pd.DataFrame
    pairs: pd.DataFrame
    together: LocalStatistic | None = None


def _others(
    column: AreaColumn,
    columns: Mapping[str, AreaColumn],
    values: pd.Series[Any],
    graph: Graph,
    ask: dict[str, Any],
) -> tuple[GlobalStatistic, ...]:
    found = []
    if column.part == "per_head" and f"{column.source}_smoothed" in columns:
        year = column.latest_year
        events = columns[column.source].values[year]
        try:
            scores = empirical_bayes_rates(events, events / column.values[year].where(events > 0))
            found.append(replace(moran(scores, graph, **ask), name="Moran's I, empirical Bayes"))
        except (InputError, NotEnoughDataError):
            pass
    found.append(geary(values, graph, **ask))
    if (values.dropna() >= 0).all():
        found.append(getis_ord(values, graph, **ask))
    return tuple(found)


def _pattern(
    column: AreaColumn,
    columns: Mapping[str, AreaColumn],
    values: pd.Series[Any],
    graph: Graph,
    ask: dict[str, Any],
    beside: pd.Series[Any] | None,
) -> AreaPattern:
    """All of one column in its last year."""
    known = values.dropna()
    binary = len(known) > 1 and set(known) <= {0.0, 1.0} and known.min() < known.max()
    paired = None
    if beside is not None and beside.name != values.name:
        paired = bivariate_local_moran(values, beside, graph, **ask)
    return AreaPattern(
        "areas",
        column.name,
        column.latest_year,
        moran(values, graph, **ask),
        _others(column, columns, values, graph, ask),
        local_moran(values, graph, **ask),
        local_g(values, graph, **ask),
        correlogram(values, graph, **ask),
        join_counts(values, graph, **ask) if binary else None,
        paired,
    )


def _pairs(frame: pd.DataFrame, graph: Graph, ask: dict[str, Any]) -> pd.DataFrame:
    """Lee's L of each two columns, and bivariate Moran's I both ways."""
    rows = []
    for x, y in combinations(frame.columns[:_MOST_PAIRED], 2):
        found = [(x, y, "Lee's L", lee(frame[x], frame[y], graph, **ask))]
        for one, other in ((x, y), (y, x)):
            both = bivariate_moran(frame[one], frame[other], graph, **ask)
            found.append((one, other, "bivariate Moran's I, neighbours' y", both))
        rows += [
            {
                "x": one,
                "y": other,
                "name": name,
                "statistic": each.statistic,
                "expected": each.expected,
                "p": each.p,
                "method": each.method,
                "reason": each.reason,
            }
            for one, other, name, each in found
        ]
    return pd.DataFrame(rows)


def _moran_of_year(name: str, year: int, found: GlobalStatistic) -> dict[str, Any]:
    return {
        "column": name,
        "year": year,
        "statistic": found.statistic,
        "expected": found.expected,
        "p": found.p,
        "method": found.method,
        "n_units": found.n_units,
        "reason": found.reason,
    }


def find_area_patterns(
    columns: Mapping[str, AreaColumn],
    units: pd.Index[Any],
    graph: Graph,
    options: AreaOptions,
    inapplicable: dict[str, str],
) -> AreaPatterns:
    """Patterns of the last year by column, Moran's I of every year, and columns in pairs.

    Parameters
    ----------
    columns : mapping of AreaColumn
    units : Index
        Every unit of the graph; those that a column lacks are missing.
    graph : libpysal.graph.Graph
    options : AreaOptions
    inapplicable : dict
        Takes what could not be computed, with the reason.
    """
    ask: dict[str, Any] = {"n_permutations": options.permutations, "seed": options.seed}
    found, rows = {}, []
    latest = {n: c.latest.reindex(units) for n, c in columns.items() if c.tested}
    by_title = {column.title: name for name, column in columns.items() if column.tested}
    if options.beside:
        check_option("beside", options.beside, list(by_title))
    beside = latest[by_title[options.beside]] if options.beside else None
    for name, column in columns.items():
        if not column.tested:
            inapplicable[f"pattern tests, {column.title}"] = SMOOTHED
            continue
        for year in column.years:
            if year != column.latest_year:
                values = column.values[year].reindex(units).rename(name)
                rows.append(_moran_of_year(name, year, moran(values, graph, **ask)))
        found[name] = _pattern(column, columns, latest[name], graph, ask, beside)
        whole = found[name].moran
        rows.append(_moran_of_year(name, column.latest_year, whole))
        if whole.reason:
            inapplicable[f"Moran's I, {column.title}"] = whole.reason
    frame = pd.DataFrame({n: v for n, v in latest.items() if v.min() < v.max()})
    together = None
    whole_columns = frame.columns[frame.notna().sum() == frame.notna().any(axis=1).sum()]
    if len(whole_columns) > 1:
        together = local_geary(frame[whole_columns], graph, **ask)
    return AreaPatterns(found, pd.DataFrame(rows), _pairs(frame, graph, ask), together)
