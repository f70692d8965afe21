"""Spatial pattern of each column of a table of units: the last year's in full, every year's Moran.

Local Moran's I, G and G* of one column share one conditional test, so that one p is shown with the
classes of each. Smoothed rates are drawn together by the smoothing: a test on them finds patterns
in a quarter of maps without any, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours import (
    GlobalStatistic,
    LocalMoran,
    empirical_bayes_rates,
    geary,
    getis_ord,
    local_moran,
    moran,
)

if TYPE_CHECKING:
    from libpysal.graph import Graph

    from kz_spatial.study.area_columns import AreaColumn
    from kz_spatial.study.area_study import AreaOptions

__all__ = ["AreaPattern", "find_area_patterns"]

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
    resampled : None
        Nothing was drawn again.
    """

    level: str
    indicator: str
    year: int
    moran: GlobalStatistic
    others: tuple[GlobalStatistic, ...]
    local: LocalMoran
    resampled: None = None


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


def find_area_patterns(
    columns: Mapping[str, AreaColumn],
    units: pd.Index[Any],
    graph: Graph,
    options: AreaOptions,
    inapplicable: dict[str, str],
) -> tuple[dict[str, AreaPattern], pd.DataFrame]:
    """Patterns of the last year by column, and Moran's I of every year.

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
    for name, column in columns.items():
        if not column.tested:
            inapplicable[f"pattern tests, {column.title}"] = SMOOTHED
            continue
        for year in column.years:
            values = column.values[year].reindex(units).rename(name)
            whole = moran(values, graph, **ask)
            rows.append(
                {
                    "column": name,
                    "year": year,
                    "statistic": whole.statistic,
                    "expected": whole.expected,
                    "p": whole.p,
                    "method": whole.method,
                    "n_units": whole.n_units,
                    "reason": whole.reason,
                }
            )
            if year != column.latest_year:
                continue
            if whole.reason:
                inapplicable[f"Moran's I, {column.title}"] = whole.reason
            others = _others(column, columns, values, graph, ask)
            local = local_moran(values, graph, **ask)
            found[name] = AreaPattern("areas", name, year, whole, others, local)
    return found, pd.DataFrame(rows)
