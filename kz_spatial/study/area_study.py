"""A table of units, computed: patterns of each column, groups of the units, and what years show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.crosswalk import LEVEL, unit_at
from kz_spatial.design import Grouping, load_design
from kz_spatial.errors import CallError
from kz_spatial.neighbours import (
    adaptive_kernel,
    contiguity,
    from_matrix,
    higher_order,
    inverse_distance,
    k_nearest,
    shared_border,
)
from kz_spatial.places import oblasts
from kz_spatial.study.area_columns import AreaColumn, area_columns, error_columns, funnel
from kz_spatial.study.area_groups import AreaGroups, group_areas
from kz_spatial.study.area_options import AreaOptions
from kz_spatial.study.area_patterns import AreaPattern, AreaPatterns, find_area_patterns
from kz_spatial.study.area_years import YearsFound, describe_years
from kz_spatial.study.run_log import Progress, RunLog
from kz_spatial.tables_in import AreaRecord, area_record, read_area_table, read_own_units

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    from libpysal.graph import Graph

__all__ = ["AREA_STEPS", "AreaStudy", "grouping_at", "study_areas"]

AREA_STEPS: Final = ("read", "patterns", "groups", "years")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AreaStudy:
    """All that was found of a table of units.

    Attributes
    ----------
    options : AreaOptions
    record : AreaRecord
        What the table is, and what was assumed in reading it.
    areas : GeoDataFrame
        Units of the table and those that it lacks, indexed by code, with names and full outlines.
    graph : libpysal.graph.Graph
        Who is whose neighbour in tests of pattern.
    touching : libpysal.graph.Graph
        Who shares a border, which contiguous groups go by.
    columns : dict of AreaColumn
        By name; rates per head and smoothed ones behind their counts.
    errors : dict of DataFrame
        Standard errors by name of the column.
    found : AreaPatterns
        Spatial autocorrelation; `patterns` leads to that of each column.
    groups : AreaGroups
    years : dict of YearsFound
        By name; empty without years.
    funnels : dict of Series
        Place of each unit among its limits, by name of the rate.
    population : str or None
        Column of people.
    inapplicable : dict
        What could not be computed, with the reason.
    warnings : tuple of str
    timings : dict
        Seconds by step.
    """

    options: AreaOptions
    record: AreaRecord
    areas: gpd.GeoDataFrame
    graph: Graph
    touching: Graph
    columns: dict[str, AreaColumn]
    errors: dict[str, pd.DataFrame]
    found: AreaPatterns
    groups: AreaGroups
    years: dict[str, YearsFound]
    funnels: dict[str, pd.Series[Any]]
    population: str | None
    inapplicable: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def patterns(self) -> dict[str, AreaPattern]:
        """Spatial autocorrelation of each column in its last year."""
        return self.found.by_column

    @property
    def is_panel(self) -> bool:
        """Whether the table has several years."""
        return any(len(each.years) > 1 for each in self.columns.values())

    @property
    def key(self) -> str:
        """Column that names units in layers and tables."""
        return str(self.areas.index.name)


def grouping_at(vintage: int) -> Grouping:
    """The published study's regions of the oblasts of another year.

    Examples
    --------
    >>> grouping_at(2018).members["east"]
    ('KZ-63',)
    """
    from dataclasses import replace

    now = load_design().grouping
    if now.vintage == vintage:
        return now
    regions = tuple(
        replace(each, oblasts=tuple(sorted({unit_at(code, vintage) for code in each.oblasts})))
        for each in now.regions
    )
    return replace(now, vintage=vintage, regions=regions)


def _areas_of(
    record: AreaRecord, boundaries: Any, unit_code: str | None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Units with full outlines, and with those that neighbours are found by."""
    if record.level != LEVEL:
        if boundaries is None or unit_code is None:
            raise CallError("the table names units of one's own: expected boundaries and unit_code")
        own = read_own_units(boundaries, unit_code)
        return own, own
    grouping = grouping_at(int(record.vintage or 0))
    found = [
        oblasts(vintage=grouping.vintage, grouping=grouping, detail=detail)
        for detail in ("full", "light")
    ]
    return found[0], found[1]


def _numbered(graph: Graph, units: Collection[Any]) -> Any:
    """Weights of some units numbered from 0, as giddy takes them; None where one has none."""
    from libpysal.graph import Graph as LibpysalGraph

    kept = graph.subgraph(list(units))
    if kept.isolates.size or not len(kept.adjacency):
        return None
    number = {unit: i for i, unit in enumerate(units)}
    pairs = kept.adjacency.reset_index()
    made = LibpysalGraph.from_arrays(
        pairs["focal"].map(number).to_numpy(),
        pairs["neighbor"].map(number).to_numpy(),
        pairs["weight"].to_numpy(float),
    )
    return made.transform("R").to_W()


def _years(
    columns: Mapping[str, AreaColumn],
    graph: Graph,
    errors: Mapping[str, pd.DataFrame],
    seed: int,
    inapplicable: dict[str, str],
) -> dict[str, YearsFound]:
    found = {}
    for name, column in columns.items():
        known = column.values.loc[:, column.values.notna().any()]
        if known.shape[1] < 2 or not column.tested:
            continue
        whole = not known.isna().any().any()
        weights = _numbered(graph, list(known.index)) if whole else None
        found[name] = describe_years(column, weights, errors=errors.get(name), seed=seed)
        mobility = found[name].mobility
        if mobility is None:
            inapplicable[f"moves between classes, {column.title}"] = (
                "a unit is missing in some year"
            )
        elif not mobility.expected >= 5:
            moves = int(mobility.counts.to_numpy().sum())
            inapplicable[f"moves and neighbours, {column.title}"] = (
                f"{moves} moves between classes, {mobility.expected:.1f} in a cell by the "
                "neighbours' class; a test needs 5"
            )
    return found


def _funnels(columns: Mapping[str, AreaColumn]) -> dict[str, pd.Series[Any]]:
    """Funnel of each rate whose count can be of people, in the count's last year."""
    found = {}
    for column in columns.values():
        if column.part == "smoothed" and column.people is not None:
            source = columns[column.source]
            year = source.latest_year
            found[f"{source.name}_per1000"] = funnel(source.values[year], column.people[year])
    return found


def _graph(light: gpd.GeoDataFrame, touching: Graph, options: AreaOptions, matrix: Any) -> Graph:
    """Neighbours as they were asked for."""
    if matrix is not None:
        return from_matrix(matrix, light.index)
    builders: dict[str, Callable[[], Graph]] = {
        "queen": lambda: touching,
        "rook": lambda: contiguity(light, rule="rook"),
        "second_order": lambda: higher_order(touching, order=2, lower=True),
        "shared_border": lambda: shared_border(light),
        "k_nearest": lambda: k_nearest(light),
        "adaptive_kernel": lambda: adaptive_kernel(light),
        "inverse_distance": lambda: inverse_distance(light),
    }
    return builders[options.neighbours]()


def study_areas(
    table: pd.DataFrame | str | PathLike[str],
    *,
    boundaries: str | PathLike[str] | gpd.GeoDataFrame | None = None,
    unit_code: str | None = None,
    graph: Graph | None = None,
    matrix: pd.DataFrame | str | PathLike[str] | None = None,
    errors: Mapping[str, str] | None = None,
    options: AreaOptions | None = None,
    progress: Progress | None = None,
    **reading: Any,
) -> AreaStudy:
    """Compute all that a table of units shows.

    Parameters
    ----------
    table : DataFrame or path
        As `read_area_table` gives it, or a file for it to read.
    boundaries : path or GeoDataFrame, optional
        Polygons of one's own in the place of the oblasts, with `unit_code`.
    unit_code : str, optional
        Column that names each polygon.
    graph : libpysal.graph.Graph, optional
        Who is whose neighbour in tests of pattern; what the options say without it.
    matrix : DataFrame or path, optional
        Travel times or distances between units, by code, as `from_matrix` takes them.
    errors : mapping, optional
        Title of a column to that of its standard errors.
    options : AreaOptions, optional
    progress : callable, optional
        Called with the name of each of `AREA_STEPS` as it begins.
    **reading
        Keywords of `read_area_table`, where a path is given.

    Returns
    -------
    AreaStudy

    Raises
    ------
    InputError, CallError
        As `read_area_table` raises them.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> values = kz.oblasts()["area_km2"].rename("Area").to_frame()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     values.to_csv(f"{folder}/areas.csv")
    ...     study = kz.study_areas(f"{folder}/areas.csv")
    >>> study.patterns["area"].moran.method, study.groups.numbers
    ('monte-carlo', [2, 3, 4, 5])
    """
    options, log = options or AreaOptions(), RunLog(progress)
    with log.step("read"):
        if not isinstance(table, pd.DataFrame):
            table = read_area_table(table, boundaries=boundaries, unit_code=unit_code, **reading)
        elif reading:
            raise CallError(f"{next(iter(reading))}: goes with a file to read, not with a frame")
        record = area_record(table)
        areas, light = _areas_of(record, boundaries, unit_code)
        touching = contiguity(light)
        graph = _graph(light, touching, options, matrix) if graph is None else graph
        for title in (errors or {}).items():
            for each in title:
                check_option("errors", each, [str(c) for c in table])
        columns, population = area_columns(table, left_out=(errors or {}).values())
        told = error_columns(errors or {}, columns, table)
    inapplicable = log.inapplicable
    with log.step("patterns"):
        found = find_area_patterns(columns, areas.index, graph, options, inapplicable)
        inapplicable["join counts of groups"] = (
            "contiguous groups are built to touch: a join count would find a pattern in noise"
        )
    with log.step("groups"):
        groups = group_areas(columns, population, touching, told, options, inapplicable)
    with log.step("years"):
        years = _years(columns, graph, told, options.seed, inapplicable)
    return AreaStudy(
        options=options,
        record=record,
        areas=areas,
        graph=graph,
        touching=touching,
        columns=columns,
        errors=told,
        found=found,
        groups=groups,
        years=years,
        funnels=_funnels(columns),
        population=population,
        inapplicable=inapplicable,
        warnings=(*record.notes, *log.warnings, *groups.warnings),
        timings=log.timings,
    )
