"""The spatial pattern of a study: every indicator at every level, on its own and over draws."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kz_spatial.design import design_of
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours import (
    GlobalStatistic,
    LocalMoran,
    ResampledMoran,
    bivariate_moran,
    empirical_bayes_means,
    geary,
    getis_ord,
    local_moran,
    moran,
    resampled_moran,
)
from kz_spatial.options import RunOptions

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph

__all__ = ["Patterns", "find_patterns"]


@dataclass(frozen=True, slots=True, eq=False)
class LevelPatterns:
    """Spatial autocorrelation of one level, by indicator.

    Attributes
    ----------
    moran : dict of GlobalStatistic
    local : dict of LocalMoran
    resampled : dict of ResampledMoran
    """

    moran: dict[str, GlobalStatistic]
    local: dict[str, LocalMoran]
    resampled: dict[str, ResampledMoran]


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Spatial autocorrelation by (level, indicator).

    Attributes
    ----------
    moran : dict of GlobalStatistic
    others : dict of list of GlobalStatistic
        Moran's I of empirical Bayes scores, Geary's C, Getis-Ord G and, but for the outcome itself,
        the bivariate Moran's I with neighbours' outcome; each named.
    local : dict of LocalMoran
    resampled : dict of ResampledMoran
        Empty where the options ask for no draws.
    inapplicable : dict
        What could not be computed, with the reason.
    """

    moran: dict[tuple[str, str], GlobalStatistic]
    others: dict[tuple[str, str], list[GlobalStatistic]]
    local: dict[tuple[str, str], LocalMoran]
    resampled: dict[tuple[str, str], ResampledMoran]
    inapplicable: dict[str, str] = field(default_factory=dict)

    def at(self, level: str) -> LevelPatterns:
        """Results of one level by indicator."""
        return LevelPatterns(
            moran={name: each for (at, name), each in self.moran.items() if at == level},
            local={name: each for (at, name), each in self.local.items() if at == level},
            resampled={name: each for (at, name), each in self.resampled.items() if at == level},
        )


def _scores(table: pd.DataFrame, name: str, weights: str | None) -> pd.Series[Any]:
    """Empirical Bayes scores of an indicator's shown means."""
    mean, deviation, error = (table[f"{name}_{part}"] for part in ("mean", "sd", "se"))
    count = table[f"{name}_n"].astype(float)
    if weights is not None:  # as many equal answers as would give the same standard error
        count = ((deviation / error) ** 2).where(error > 0, count)
    return empirical_bayes_means(mean, deviation, count.where(count > 1))


def _others(
    table: pd.DataFrame, name: str, graph: Graph, options: RunOptions, outcome: str | None
) -> tuple[list[GlobalStatistic], str]:
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
    return found, reason


def find_patterns(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    graphs: dict[str, Graph],
    options: RunOptions,
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
    """
    made, design = Patterns({}, {}, {}, {}), design_of(firms)
    ask: dict[str, Any] = {"n_permutations": options.permutations, "seed": options.seed}
    for level, table in tables.items():
        for name in design.by_name:
            key, graph, values = (level, name), graphs[level], table[f"{name}_mean"]
            made.moran[key] = moran(values, graph, **ask)
            made.local[key] = local_moran(values, graph, **ask)
            made.others[key], reason = _others(table, name, graph, options, design.outcome)
            if made.moran[key].reason:
                made.inapplicable[f"Moran's I, {level}, {name}"] = made.moran[key].reason
            elif reason:
                made.inapplicable[f"empirical Bayes, {level}, {name}"] = reason
            if options.draws:
                made.resampled[key] = resampled_moran(
                    firms,
                    name,
                    graph,
                    by=level,
                    weights=options.weights,
                    min_firms=options.min_firms,
                    n_draws=options.draws,
                    **ask,
                )
    return made
