"""Groups of the units of a table: by likeness and contiguous, for each number of groups."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.groups import (
    ClusterChoice,
    CoMembership,
    Partition,
    WardTree,
    choose_n_clusters,
    co_membership_of,
    optimal_regions,
    regionalise,
    typologies,
    ward_tree,
)

if TYPE_CHECKING:
    from libpysal.graph import Graph

    from kz_spatial.study.area_columns import AreaColumn
    from kz_spatial.study.area_options import AreaOptions

__all__ = ["KINDS", "AreaGroups", "group_areas"]

KINDS: Final = ("typology", "regions")
_MOST_EXACT: Final = 22
# reference tables of the gap statistic where there are many units
_FEW_REFERENCES: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class AreaGroups:
    """Groups of units.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns that they rest on, in their last year.
    by_number : dict of Partition
        By (kind, number of groups), kind "typology" or "regions".
    choice : dict of ClusterChoice
        By kind: what speaks for which number.
    tree : WardTree or None
    means : dict of DataFrame
        By (kind, number): mean of each column by group.
    co_membership : CoMembership or None
        How often two units fall together when values are drawn again by their standard errors;
        None where not every column has them.
    warnings : list of str
    """

    columns: tuple[str, ...] = ()
    by_number: dict[tuple[str, int], Partition] = field(default_factory=dict)
    choice: dict[str, ClusterChoice] = field(default_factory=dict)
    tree: WardTree | None = None
    means: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    co_membership: CoMembership | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """Numbers of groups that were formed."""
        return sorted({number for _, number in self.by_number})


def _chosen(
    columns: Mapping[str, AreaColumn], population: str | None
) -> tuple[dict[str, pd.Series[Any]], list[str]]:
    """Columns that groups rest on: rates in the place of their counts, people left out."""
    sizes = {each.source for each in columns.values() if each.part == "per_head"}
    sizes |= {population} if population is not None else set()
    told = []
    title = {name: each.title for name, each in columns.items()}
    left = sorted(sizes) if len(columns) > len(sizes) else []
    if left:
        named = ", ".join(map(repr, (title[name] for name in left)))
        told.append(f"groups leave out {named}: figures that follow the size of a unit")
    kept = {
        name: each.latest
        for name, each in columns.items()
        if name not in left and each.part != "smoothed"
    }
    sized = [name for name in kept if columns[name].kind == "count"]
    if sized and len(columns) > 1:
        told.append(
            f"groups rest on counts ({', '.join(repr(title[name]) for name in sized)}), which "
            "follow the size of a unit: a column of people would turn them into rates"
        )
    return kept, told


def _formed(
    kind: str, frame: pd.DataFrame, graph: Graph, numbers: list[int], asked: _Asked
) -> dict[int, Partition]:
    """Groups of one kind for each number: proven where the count of subsets allows it."""
    if kind == "typology" and not asked.bounds:
        return typologies(frame, n_clusters=numbers, seed=asked.seed)
    if kind == "typology":  # as many groups as the bounds allow
        bounded: dict[int, Partition] = {}
        for k in numbers:
            with suppress(NotEnoughDataError):
                bounded |= typologies(frame, n_clusters=[k], seed=asked.seed, **asked.bounds)
        if not bounded:
            raise NotEnoughDataError("no number of groups meets the bounds")
        return bounded
    if len(frame) <= _MOST_EXACT:
        return optimal_regions(frame, graph, n_clusters=numbers, **asked.bounds)
    return {
        k: regionalise(frame, graph, n_clusters=k, seed=asked.seed, **asked.bounds) for k in numbers
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """Seed, and bounds of the size of a group, as the functions of groups take them."""

    seed: int
    bounds: dict[str, Any]

    @classmethod
    def of(
        cls, options: AreaOptions, columns: Mapping[str, AreaColumn], units: pd.Index[Any]
    ) -> _Asked:
        bounds: dict[str, Any] = {}
        if options.floor:
            bounds["floor"] = options.floor
        if options.ceiling is not None:
            bounds["ceiling"] = options.ceiling
        if options.floor_by:
            titles = {column.title: column for column in columns.values()}
            check_option("floor_by", options.floor_by, list(titles))
            bounds["floor_by"] = titles[options.floor_by].latest.reindex(units)
        return cls(options.seed, bounds)


def _drawn(
    frame: pd.DataFrame,
    errors: Mapping[str, pd.DataFrame],
    options: AreaOptions,
    inapplicable: dict[str, str],
) -> CoMembership | None:
    """Groups over values drawn again by their standard errors."""
    if not errors or not options.draws:
        return None
    lacking = [name for name in frame if name not in errors]
    if lacking:
        inapplicable["stability of groups"] = (
            f"no standard errors of {', '.join(lacking)}, which the groups rest on"
        )
        return None
    told = pd.DataFrame(
        {
            n: errors[n].loc[:, errors[n].notna().any()].iloc[:, -1].reindex(frame.index)
            for n in frame
        }
    )
    try:
        return co_membership_of(
            frame, told, n_clusters=options.n_clusters, n_draws=options.draws, seed=options.seed
        )
    except (InputError, NotEnoughDataError) as error:
        inapplicable["stability of groups"] = str(error)
        return None


def group_areas(
    columns: Mapping[str, AreaColumn],
    population: str | None,
    graph: Graph,
    errors: Mapping[str, pd.DataFrame],
    options: AreaOptions,
    inapplicable: dict[str, str],
) -> AreaGroups:
    """Group the units of a table.

    Parameters
    ----------
    columns : mapping of AreaColumn
    population : str, optional
        Column of people.
    graph : libpysal.graph.Graph
    errors : mapping of DataFrame
        Standard errors by column.
    options : AreaOptions
    inapplicable : dict
        Takes what could not be formed, with the reason.
    """
    chosen, told = _chosen(columns, population)
    whole = {name: v for name, v in chosen.items() if v.notna().all() and v.min() < v.max()}
    if left := [name for name in chosen if name not in whole]:
        named = ", ".join(repr(columns[name].title) for name in left)
        told.append(f"groups leave out {named}: missing in some unit, or all alike")
    if not whole:
        inapplicable["groups"] = "no column is known in every unit and varies"
        return AreaGroups(warnings=told)
    frame = pd.DataFrame(whole)
    most = min(max(options.most_clusters, options.n_clusters), len(frame) - 1)
    numbers = sorted(
        {*range(2, most + 1), *([options.n_clusters] if options.n_clusters <= most else [])}
    )
    if not numbers:
        inapplicable["groups"] = f"{len(frame)} units cannot be put into groups"
        return AreaGroups(warnings=told)
    found: dict[tuple[str, int], Partition] = {}
    choice = {}
    asked = _Asked.of(options, columns, frame.index)
    for kind in KINDS:
        try:
            made = _formed(kind, frame, graph, numbers, asked)
            found |= {(kind, k): each for k, each in made.items()}
            choice[kind] = choose_n_clusters(
                frame,
                None if kind == "typology" else graph,
                n_clusters=numbers,
                n_references=None if len(frame) <= _MOST_EXACT else _FEW_REFERENCES,
                seed=options.seed,
            )
        except (InputError, NotEnoughDataError, CallError) as error:
            formed = any(each == kind for each, _ in found)
            what = "number of groups" if formed else "groups"
            inapplicable[f"{what}, {kind}"] = str(error)
            continue
        if reason := choice[kind].reasons.get("gap"):
            inapplicable[f"gap statistic, {kind}"] = reason
    means = {key: frame.groupby(each.labels).mean() for key, each in found.items()}
    drawn = _drawn(frame, errors, options, inapplicable)
    return AreaGroups(tuple(whole), found, choice, ward_tree(frame), means, drawn, told)
