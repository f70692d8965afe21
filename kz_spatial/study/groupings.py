"""The groups of a study's units: by likeness and by contiguity, for every number of groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import DisclosureRules, StudyDesign, design_of
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.groups import (
    ClusterChoice,
    CoMembership,
    Partition,
    WardTree,
    choose_n_clusters,
    co_membership,
    optimal_regions,
    redrawn_co_membership,
    typologies,
    ward_tree,
)
from kz_spatial.options import RunOptions

if TYPE_CHECKING:
    from libpysal.graph import Graph

__all__ = ["MAX_GROUPS", "Groupings", "UnitGroups", "find_groupings"]

MAX_GROUPS: Final = 8
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class UnitGroups:
    """Groups of one kind at one level.

    Attributes
    ----------
    kind : {"typology", "regions"}
        By likeness alone, or contiguous.
    level : str
        Name of the grouping, or "oblast".
    partition : Partition
        As many groups as the options ask for.
    by_number : dict of Partition
        By number of groups, 2 to 8 where there are more units.
    choice : ClusterChoice
        What speaks for which number.
    """

    kind: str
    level: str
    partition: Partition
    by_number: dict[int, Partition]
    choice: ClusterChoice

    @property
    def column(self) -> str:
        """Column of the layer `clusters`, as "typology_oblast"."""
        return f"{self.kind}_{self.level}"

    @property
    def every_number(self) -> bool:
        """Whether the layer shows every number: the printed kind, and the one that is proven."""
        return (self.kind == "regions") == (self.level == LEVEL)


@dataclass(frozen=True, slots=True, eq=False)
class Groupings:
    """Groups of the units of a study.

    Attributes
    ----------
    every : tuple of UnitGroups
        Level by level, the typology before the contiguous groups.
    trees : dict of WardTree
        By level.
    co_membership : dict of CoMembership
        By level: how often two units fall together when firms are drawn again; the regions of the
        grouping only, and empty where the options ask for no draws.
    inapplicable : dict
        What could not be computed, with the reason.
    warnings : list of str
    """

    every: tuple[UnitGroups, ...]
    trees: dict[str, WardTree]
    co_membership: dict[str, CoMembership]
    inapplicable: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def of(self, kind: str, level: str) -> UnitGroups | None:
        """Groups of a kind and level; None where they could not be formed."""
        found = (each for each in self.every if (each.kind, each.level) == (kind, level))
        return next(found, None)


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


def _group(
    columns: pd.DataFrame, level: str, graph: Graph, options: RunOptions
) -> list[UnitGroups]:
    """Both kinds of groups of the units of one level."""
    numbers = range(2, min(MAX_GROUPS, len(columns) - 1) + 1)
    wanted = sorted({*numbers, options.n_clusters})
    found = {
        "typology": typologies(columns, n_clusters=wanted, seed=options.seed),
        "regions": optimal_regions(columns, graph, n_clusters=wanted),
    }
    return [
        UnitGroups(
            kind,
            level,
            partition=by_number[options.n_clusters],
            by_number=by_number,
            choice=choose_n_clusters(
                columns,
                graph if kind == "regions" else None,
                n_clusters=numbers,
                seed=options.seed,
            ),
        )
        for kind, by_number in found.items()
    ]


def find_groupings(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    graphs: dict[str, Graph],
    options: RunOptions,
    rules: DisclosureRules,
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
    rules : DisclosureRules
        Guarded ones have means drawn by their published errors instead of firms.
    """
    design = design_of(firms)
    every: list[UnitGroups] = []
    made = Groupings((), {}, {})
    for level, table in tables.items():
        columns = _known(table, design)
        left_out = [name for name in design.by_name if name not in columns]
        if left_out and len(columns.columns) >= _FEWEST:
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
        found = _group(columns, level, graphs[level], options)
        for each in found:
            if reason := each.choice.reasons.get("gap"):
                made.inapplicable[f"gap statistic, {each.kind}, {level}"] = reason
        every += found
        made.trees[level] = ward_tree(columns)
        if options.draws and level == design.grouping.name:
            try:
                ask: dict[str, Any] = {
                    "n_clusters": options.n_clusters,
                    "indicators": list(columns),
                    "n_draws": options.draws,
                    "seed": options.seed,
                }
                made.co_membership[level] = (
                    redrawn_co_membership(table, **ask)
                    if rules.guarded
                    else co_membership(firms, by=level, weights=options.weights, **ask)
                )
            except NotEnoughDataError as error:
                made.inapplicable[f"co-membership, {level}"] = str(error)
    return Groupings(tuple(every), made.trees, made.co_membership, made.inapplicable, made.warnings)
