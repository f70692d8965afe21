"""The spatial pattern of a study: every indicator at every level, on its own and over draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kz_spatial.design import DisclosureRules, design_of
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours import (
    GlobalStatistic,
    LocalMoran,
    LocalStatistic,
    ResampledMoran,
    bivariate_moran,
    empirical_bayes_means,
    geary,
    getis_ord,
    local_g,
    local_moran,
    moran,
    redrawn_moran,
    resampled_moran,
)
from kz_spatial.options import RunOptions

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph

__all__ = ["Pattern", "Patterns", "find_patterns"]


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Spatial autocorrelation of one indicator at one level.

    Attributes
    ----------
    level : str
        Name of the grouping, or "oblast".
    indicator : str
    moran : GlobalStatistic
    others : tuple of GlobalStatistic
        Moran's I of empirical Bayes scores, Geary's C, Getis-Ord G and, but for the outcome itself,
        the bivariate Moran's I with neighbours' outcome; each named.
    local : LocalMoran
    spots : LocalStatistic
        Hot and cold spots by G*.
    resampled : ResampledMoran or None
        None where the options ask for no draws.
    """

    level: str
    indicator: str
    moran: GlobalStatistic
    others: tuple[GlobalStatistic, ...]
    local: LocalMoran
    spots: LocalStatistic
    resampled: ResampledMoran | None


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Spatial autocorrelation of a study.

    Attributes
    ----------
    every : tuple of Pattern
        Level by level, indicators in the design's order.
    inapplicable : dict
        What could not be computed, with the reason.
    """

    every: tuple[Pattern, ...]
    inapplicable: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.every)

    def finest(self) -> str:
        """The finest level of which anything could be tested; the finest where nothing could."""
        levels = list(dict.fromkeys(each.level for each in self.every))
        tested = {each.level for each in self.every if not each.moran.reason}
        return next((each for each in reversed(levels) if each in tested), levels[-1])

    def at(self, level: str) -> dict[str, Pattern]:
        """Patterns of one level by indicator."""
        return {each.indicator: each for each in self.every if each.level == level}


def _scores(table: pd.DataFrame, name: str, weights: str | None) -> pd.Series[Any]:
    """Empirical Bayes scores of an indicator's shown means."""
    mean, deviation, error = (table[f"{name}_{part}"] for part in ("mean", "sd", "se"))
    count = table[f"{name}_n"].astype(float)
    if weights is not None:  # as many equal answers as would give the same standard error
        count = ((deviation / error) ** 2).where(error > 0, count)
    return empirical_bayes_means(mean, deviation, count.where(count > 1))


def _others(
    table: pd.DataFrame, name: str, graph: Graph, options: RunOptions, outcome: str | None
) -> tuple[tuple[GlobalStatistic, ...], str]:
    """Further statistics of an indicator, and why its scores could not be had."""
    ask: dict[str, Any] = {"n_permutations": options.permutations, "seed": options.seed}
    values, found, reason = table[f"{name}_mean"], [], ""
    try:
        scored = moran(_scores(table, name, options.weights), graph, **ask)
        found.append(replace(scored, name="Moran's I, empirical Bayes"))
    except (InputError, NotEnoughDataError) as error:
        reason = str(error)
    found += [geary(values, graph, **ask), getis_ord(values, graph, **ask)]
    if outcome is not None and name != outcome:
        both = bivariate_moran(values, table[f"{outcome}_mean"], graph, **ask)
        found.append(replace(both, name=f"bivariate Moran's I, neighbours' {outcome}"))
    return tuple(found), reason


def find_patterns(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    graphs: dict[str, Graph],
    options: RunOptions,
    rules: DisclosureRules,
) -> Patterns:
    """Test every indicator for spatial pattern at every level.

    Parameters
    ----------
    firms : DataFrame
        Firm table that the tables were aggregated from.
    tables : dict of DataFrame
        By level: the name of the grouping, or "oblast".
    graphs : dict of Graph
        Neighbours by level.
    options : RunOptions
    rules : DisclosureRules
        Guarded ones have means drawn by their published errors instead of firms.
    """
    found, inapplicable, design = [], {}, design_of(firms)
    ask: dict[str, Any] = {"n_permutations": options.permutations, "seed": options.seed}
    for level, table in tables.items():
        for name in design.by_name:
            graph, values = graphs[level], table[f"{name}_mean"]
            whole = moran(values, graph, **ask)
            others, reason = _others(table, name, graph, options, design.outcome)
            if whole.reason:
                inapplicable[f"Moran's I, {level}, {name}"] = whole.reason
            elif reason:
                inapplicable[f"empirical Bayes, {level}, {name}"] = reason
            again = None
            if options.draws:
                again = (
                    redrawn_moran(table, name, graph, n_draws=options.draws, **ask)
                    if rules.guarded
                    else resampled_moran(
                        firms,
                        name,
                        graph,
                        by=level,
                        weights=options.weights,
                        min_firms=rules.min_firms,
                        n_draws=options.draws,
                        **ask,
                    )
                )
            local, spots = local_moran(values, graph, **ask), local_g(values, graph, **ask)
            found.append(Pattern(level, name, whole, others, local, spots, again))
    return Patterns(tuple(found), inapplicable)
