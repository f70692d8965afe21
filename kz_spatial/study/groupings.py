"""The groups of a study's regions: by likeness and by contiguity, for every number of groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pandas as pd

from kz_spatial.design import StudyDesign, design_of
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.groups import (
    ClusterChoice,
    CoMembership,
    Partition,
    WardTree,
    choose_n_clusters,
    co_membership,
    optimal_regions,
    typology,
    ward_tree,
)
from kz_spatial.options import RunOptions

if TYPE_CHECKING:
    from libpysal.graph import Graph

__all__ = ["MAX_GROUPS", "Groupings", "find_groupings"]

MAX_GROUPS: Final = 8
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Groupings:
    """Groups of units by kind ("typology" or "regions") and level (the grouping's, or "oblast").

    Attributes
    ----------
    partitions : dict of Partition
        By (kind, level): as many groups as the options ask for.
    by_number : dict of Partition
        By (kind, level, number of groups), 2 to 8 where there are more units.
    choice : dict of ClusterChoice
        By (kind, level): what speaks for which number.
    trees : dict of WardTree
        By level.
    co_membership : dict of CoMembership
        By level: how often two units fall together when firms are drawn again; the regions
        of the grouping only, and empty where the options ask for no draws.
    inapplicable : dict
        What could not be computed, with the reason.
    warnings : list of str
    """

    partitions: dict[tuple[str, str], Partition]
    by_number: dict[tuple[str, str, int], Partition]
    choice: dict[tuple[str, str], ClusterChoice]
    trees: dict[str, WardTree]
    co_membership: dict[str, CoMembership]
    inapplicable: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def _known(table: pd.DataFrame, design: StudyDesign) -> pd.DataFrame:
    """Indicators that every unit has, turned so that more is readier."""
    return pd.DataFrame(
        {
            name: table[f"{name}_mean"] * each.direction
            for name, each in design.by_name.items()
            if table[f"{name}_mean"].notna().all()
        },
        index=table.index,
    )


def find_groupings(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    graphs: dict[str, Graph],
    options: RunOptions,
) -> Groupings:
    """Group the units of every level on every indicator that all of them have.

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
    made, design = Groupings({}, {}, {}, {}, {}), design_of(firms)
    for level, table in tables.items():
        columns = _known(table, design)
        left_out = [name for name in design.by_name if name not in columns]
        if left_out:
            made.warnings.append(
                f"clusters by {level} rest on {len(columns.columns)} indicators; withheld or "
                f"missing in some units: {', '.join(left_out)}"
            )
        if len(columns.columns) < _FEWEST:
            many = ", ".join(columns) or "none"
            made.inapplicable[f"clusters, {level}"] = (
                f"groups need {_FEWEST} indicators known in every unit; found {many}"
            )
            continue
        numbers = range(2, min(MAX_GROUPS, len(columns) - 1) + 1)
        wanted = sorted({*numbers, options.n_clusters})
        regions = optimal_regions(columns, graphs[level], n_clusters=wanted)
        for k in wanted:
            made.by_number["typology", level, k] = typology(
                columns, n_clusters=k, seed=options.seed
            )
            made.by_number["regions", level, k] = regions[k]
        for kind in ("typology", "regions"):
            made.partitions[kind, level] = made.by_number[kind, level, options.n_clusters]
        for kind, graph in (("typology", None), ("regions", graphs[level])):
            made.choice[kind, level] = choose_n_clusters(
                columns, graph, n_clusters=numbers, seed=options.seed
            )
            if reason := made.choice[kind, level].reasons.get("gap"):
                made.inapplicable[f"gap statistic, {kind}, {level}"] = reason
        made.trees[level] = ward_tree(columns)
        if options.draws and level == design.grouping.name:
            try:
                made.co_membership[level] = co_membership(
                    firms,
                    by=level,
                    n_clusters=options.n_clusters,
                    indicators=list(columns),
                    weights=options.weights,
                    n_draws=options.draws,
                    seed=options.seed,
                )
            except NotEnoughDataError as error:
                made.inapplicable[f"co-membership, {level}"] = str(error)
    return made
