"""The study of a file that no memory holds: its firms are read once, in chunks, and known by sums.

What sums give is that of the study of a file in memory: tables, design errors, the regression
under "iid", "crv1", "crv3", "cr2" and "wild", patterns, groups, small areas, surfaces. What needs
the firms themselves is left out with the reason: HC1 and HC3, other codings, further models,
robustness, distributions. Redraws take units' published errors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SURVEY, StudyDesign, design_to_dict, load_design
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.neighbours import contiguity
from kz_spatial.options import RunOptions
from kz_spatial.streams.gathered_sums import gather_sums
from kz_spatial.streams.located_sums import LocatedSums
from kz_spatial.streams.progress import RowProgress
from kz_spatial.streams.row_source import CHUNK_ROWS
from kz_spatial.streams.sum_plan import SumPlan
from kz_spatial.study import (
    Checks,
    Findings,
    Progress,
    RunLog,
    areas_of,
    asked_for,
    check_score,
    choose_rules,
    find_modelled_means,
    find_ranks,
    join_modelled,
    join_precision,
    join_ranks,
    note_withheld,
    patterns_and_groups,
    study_frames,
    study_surfaces,
)

if TYPE_CHECKING:
    from os import PathLike

    from libpysal.graph import Graph

    from kz_spatial.design import DisclosureRules
    from kz_spatial.protection import Protected
    from kz_spatial.regression import FitTables
    from kz_spatial.study import ModelledMeans, ScoreRanks
    from kz_spatial.surfaces import DensitySurface

__all__ = ["STREAM_STEPS", "StreamedStudy", "stream_study"]

STREAM_STEPS: Final = (
    "read",
    "aggregate",
    "small areas",
    "ranks",
    "regress",
    "sensitivity",
    "autocorrelation",
    "cluster",
    "density",
    "layers",
)
_CORRECTED: Final = "corrected"
_SPREAD: Final = (
    "firms have no coordinates: surfaces spread regional figures over settlements by population; "
    "differences within a region are not observed"
)
_SPREAD_THOUGH: Final = (
    "firms have coordinates, but in chunks guarded rules let surfaces spread published figures "
    "alone, over settlements by population"
)
_FIRMS: Final = "needs the firms themselves, of which a file in chunks leaves sums"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StreamedStudy(Findings):
    """A study of sums; stays on the machine, as the sums of few firms tell of them.

    Attributes
    ----------
    located : LocatedSums
    protected : Protected
        What the rules did to the estimates.
    attrition : DataFrame
    fits : dict of FitTables
    """

    located: LocatedSums
    protected: Protected
    attrition: pd.DataFrame
    fits: dict[str, FitTables]


def _fits(located: LocatedSums, rules: DisclosureRules, log: RunLog) -> dict[str, FitTables]:
    """The regression, where there is one and the rules allow it."""
    if located.terms is None:
        return {}
    try:
        fit = located.fit()
    except NotEnoughDataError as error:
        log.inapplicable[f"regression, {_CORRECTED}"] = str(error)
        return {}
    if not rules.allow_fit(fit.n_obs, fit.n_parameters):
        log.inapplicable[f"regression, {_CORRECTED}"] = (
            f"withheld by the disclosure rules {rules.profile!r}: fewer than {rules.min_df} "
            "residual degrees of freedom"
        )
        return {}
    if fit.dropped:
        log.warnings.append(
            "dropped as collinear with other terms or absorbed effects: " + ", ".join(fit.dropped)
        )
    return {_CORRECTED: fit}


def _surfaces(
    located: LocatedSums,
    tables: dict[str, pd.DataFrame],
    blank: pd.DataFrame,
    options: RunOptions,
    rules: DisclosureRules,
    log: RunLog,
) -> dict[str, DensitySurface]:
    """Surfaces of firms where they are binned, else of published figures."""
    bins = located.sums.bins
    if bins is None:
        light = areas_of(located.design, detail="light")[LEVEL]
        # numbers of firms are spread as the tables have them, which guarded rules do
        plain = replace(options, weights=None)
        as_told = replace(SURVEY, min_firms=rules.min_firms)
        found, lacking = study_surfaces(blank, tables, light, plain, as_told)
        log.inapplicable |= lacking
        return found
    surfaces = {}
    outcome = located.design.outcome
    for name, value in {"firms": None, **({outcome: outcome} if outcome else {})}.items():
        try:
            surfaces[name] = bins.surface(value)
        except NotEnoughDataError as error:
            log.inapplicable[f"density, {name}"] = str(error)
    return surfaces


def _left_out(options: RunOptions, log: RunLog) -> None:
    for part in ("models", "robustness", "quantiles", "silence"):
        if part in options.parts:
            log.inapplicable[part] = _FIRMS
    log.inapplicable["distributions"] = _FIRMS
    log.inapplicable["replication"] = _FIRMS


def stream_study(
    path: str | PathLike[str],
    *,
    design: StudyDesign | str | PathLike[str] | None = None,
    options: RunOptions | None = None,
    chunk_rows: int = CHUNK_ROWS,
    dask: str | None = None,
    progress: Progress | None = None,
    rows: RowProgress | None = None,
    **reading: Any,
) -> StreamedStudy:
    """Compute the study of a file that need not fit into memory.

    Parameters
    ----------
    path : path
        .csv, .tsv, .parquet (GeoParquet among them), or a folder of .parquet files.
    design : StudyDesign, path or name, optional
        As in `run_study`.
    options : RunOptions, optional
        Coding "corrected" alone.
    chunk_rows : int
        Rows that are held at once.
    dask : str, optional
        Address of a Dask scheduler, or "local" for a cluster of this machine.
    progress : callable, optional
        Called with the name of each of `STREAM_STEPS` as it begins.
    rows : RowProgress, optional
        Told of rows as they are done.
    **reading
        `items`, `region`, `region_codes`, `kind`, `where` of `read_survey`.

    Returns
    -------
    StreamedStudy
        `write_bundle` writes it, by the same gate as any study.

    Raises
    ------
    InputError, CallError
        When the file or a cell of it is not what was required, with file, row and column.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> rows = ["Shymkent,40,1", "Shymkent,30,2", "Almaty city,75,2", "Almaty city,65,1"] * 20
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("region,k33,h1", *rows, sep=chr(10), file=stream)
    >>> quick = kz.RunOptions(draws=0, permutations=99, n_clusters=2, disclosure="open")
    >>> found = kz.stream_study(stream.name, options=quick)
    >>> found.tables["composite"].loc["almaty", ["epayment_share_mean", "n_firms"]].tolist()
    [70.0, 40.0]
    """
    options, log = options or RunOptions(), RunLog(progress)
    with log.step("read"):
        wanted = design if isinstance(design, StudyDesign) else load_design(design)
        asked = {**asked_for(wanted, options, reading), "chunk_rows": chunk_rows}
        plan, located = gather_sums(
            path, wanted, options, log, chunk_rows=chunk_rows, dask=dask, rows=rows, **reading
        )
    design_here = located.design
    rules = choose_rules(options, design_here, synthetic=False)
    options = replace(
        options, weights=plan.weights, disclosure=rules.profile, min_firms=rules.min_firms
    )
    found = _found(plan, located, options, rules, log)
    return replace(found, provenance={**found.provenance, "asked": asked})


def _modelled(
    located: LocatedSums,
    protected: Protected,
    graphs: dict[str, Graph],
    blank: pd.DataFrame,
    options: RunOptions,
    log: RunLog,
) -> tuple[dict[str, ModelledMeans], dict[str, ScoreRanks]]:
    """Small areas and ranks, where they are asked for."""
    tables, design = protected.tables, located.design
    modelled: dict[str, ModelledMeans] = {}
    ranks: dict[str, ScoreRanks] = {}
    if "small_areas" in options.parts:
        with log.step("small areas"):
            own, n_units = located.owners(LEVEL)
            total = np.bincount(own[own >= 0], located.sums.weight[own >= 0], n_units)
            weights = pd.Series(total, list(design.grouping.unit_codes(LEVEL)))
            seed = options.seed if "bootstrap" in options.parts else None
            country = protected.country
            modelled = find_modelled_means(tables, country, weights, graphs, design, log, seed=seed)
    if "ranks" in options.parts:
        with log.step("ranks"):
            asked: dict[str, Any] = {
                "weights": options.weights,
                "strata": None,
                "seed": options.seed,
            }
            ranks = find_ranks(blank, tables, design, SURVEY, log, **asked)
    return modelled, ranks


def _found(
    plan: SumPlan,
    located: LocatedSums,
    options: RunOptions,
    rules: DisclosureRules,
    log: RunLog,
) -> StreamedStudy:
    """Everything that follows from the sums."""
    design = located.design
    # methods ask a firm table for its design alone where units' errors are drawn
    blank = pd.DataFrame()
    blank.attrs["kz_spatial"] = {"design": design_to_dict(design)}
    with log.step("aggregate"):
        protected = located.protected(rules)
        note_withheld(protected, rules, log)
    tables = protected.tables
    light = areas_of(design, detail="light")
    graphs: dict[str, Graph] = {each: contiguity(light[each]) for each in located.levels}
    modelled, ranks = _modelled(located, protected, graphs, blank, options, log)
    with log.step("regress"):
        fits = _fits(located, rules, log)
    checks = Checks()
    if "sensitivity" in options.parts:
        with log.step("sensitivity"):
            found = check_score(tables, design, log, seed=options.seed)
            checks = replace(checks, tables={**checks.tables, **found})
    # drawn by published errors, as guarded rules have it
    patterns, groupings = patterns_and_groups(blank, tables, graphs, options, SURVEY, log)
    with log.step("density"):
        surfaces = _surfaces(located, tables, blank, options, rules, log)
        if located.sums.bins is None:
            log.warnings.append(_SPREAD_THOUGH if plan.has_points else _SPREAD)
    _left_out(options, log)
    tables = join_modelled(join_ranks(join_precision(tables, design), ranks), modelled)
    with log.step("layers"):
        frames = study_frames(design, areas_of(design), tables, patterns, groupings, surfaces)
    country = protected.country["estimate"]
    return StreamedStudy(
        options=options,
        design=design,
        rules=rules,
        located=located,
        protected=protected,
        attrition=located.sums.attrition,
        provenance={"source": plan.columns.path.name, "sha256": None, "synthetic": False},
        tables=tables,
        fits=fits,
        patterns=patterns,
        groupings=groupings,
        modelled_means=modelled,
        ranks=ranks,
        models={},
        checks=checks,
        surfaces=surfaces,
        modelled=located.sums.bins is None,
        frames=frames,
        own=(),
        replication=None,
        national={name: float(country[name]) for name in design.by_name},
        inapplicable=log.inapplicable,
        warnings=tuple(log.warnings),
        timings=log.timings,
    )
