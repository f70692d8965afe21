"""Sums of a file of any number of rows, gathered chunk by chunk or on a cluster, and settled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_count
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import StudyDesign, load_design
from kz_spatial.errors import CallError, SurveyError
from kz_spatial.options import DESIGN_WEIGHTS, RunOptions
from kz_spatial.places import resolve
from kz_spatial.streams.firm_sums import FirmSums, merge_all
from kz_spatial.streams.located_sums import LocatedSums, locate_sums
from kz_spatial.streams.progress import RowProgress
from kz_spatial.streams.row_source import CHUNK_ROWS, open_rows
from kz_spatial.streams.sum_plan import Densities, SumPlan
from kz_spatial.streams.term_columns import TermColumns, term_columns
from kz_spatial.study import RunLog, check_options, choose_rules
from kz_spatial.survey import place_regions, register_columns

if TYPE_CHECKING:
    from os import PathLike

    from kz_spatial.places import Place

__all__ = ["gather_sums", "stream_sums"]

_CORRECTED: Final = "corrected"

# carries out a plan: sums of all its parts
Runner = Callable[[SumPlan, RowProgress], "FirmSums | None"]


def run_here(plan: SumPlan, progress: RowProgress) -> FirmSums | None:
    """Sums of a file, chunk by chunk in this process."""

    def counted() -> Iterable[FirmSums]:
        for each in plan.sums():
            progress.add(each.n_rows)
            yield each

    return merge_all(counted())


def _plan(
    path: Path,
    design: StudyDesign,
    options: RunOptions,
    chunk_rows: int,
    reading: Mapping[str, Any],
    log: RunLog,
) -> SumPlan:
    """What is summed of a file."""
    source = open_rows(path)
    columns = register_columns(
        path,
        list(source.columns),
        design,
        items=reading.get("items"),
        region=reading.get("region"),
        points=source.geometry is not None,
    )
    asked = columns.design
    check_options(options, asked)
    lower = {each.casefold(): each for each in source.columns}
    where = tuple((lower.get(c.casefold(), c), v) for c, v in (reading.get("where") or {}).items())
    lost = [column for column, _ in where if column not in source.columns]
    if lost:
        raise SurveyError(
            [f"{path}: found no column {each!r}, expected the one of --where" for each in lost]
        )
    picked = {column for column, _ in where}
    waves = [lower[each.casefold()] for each in asked.wave.columns if each.casefold() in lower]
    log.warnings.extend(columns.notes)
    plan = SumPlan(
        source=source,
        columns=columns,
        weights=_weights(options, columns.weights, asked),
        strata=columns.strata,
        terms=_terms(asked, log),
        densities=None,
        where=where,
        waves=tuple(each for each in waves if each not in picked),
        chunk_rows=chunk_rows,
    )
    # of firms by guarded rules no surface is made, but of what is published of regions
    rules = choose_rules(options, asked, synthetic=False)
    if not plan.has_points or rules.guarded:
        return plan
    sizes = Densities(options.bandwidth_m, options.cell_m, asked.outcome)
    return replace(plan, densities=sizes)


def _weights(options: RunOptions, present: list[str], design: StudyDesign) -> str | None:
    if options.weights is None:
        return None
    if options.weights == DESIGN_WEIGHTS:
        return next(iter(present), None)
    if options.weights not in present:
        raise CallError(
            f"weights={options.weights!r}: the file has no such survey weights, expected one of "
            f"{', '.join(present or design.weights) or 'the columns that the design names'}"
        )
    return options.weights


def _terms(design: StudyDesign, log: RunLog) -> TermColumns | None:
    if design.formula is None:
        log.inapplicable["regression"] = "the design has no outcome and terms that the file holds"
        return None
    try:
        return term_columns(design)
    except CallError as error:
        log.inapplicable["regression"] = str(error)
        return None


def _places(
    plan: SumPlan, sums: FirmSums, reading: Mapping[str, Any], log: RunLog
) -> dict[str, Place | None]:
    """What regions mean, or a line for each that means none."""
    columns, faults = plan.columns, []
    by_column: dict[str, list[str]] = {}
    for key in sums.waves:
        column, text = key.split("\n", maxsplit=1)
        by_column.setdefault(column, []).append(text)
    for column, texts in by_column.items():
        if len(texts) > 1:
            shown = ", ".join(sorted(texts)[:8])
            faults.append(
                f"{columns.path}: column {column}: found {shown}: several waves or countries in "
                f"one file; expected one, chosen by --where {column}={max(texts)}"
            )
    if faults:
        raise SurveyError(faults)
    if plan.by_point:
        return {text: resolve(text) if text else None for text in sums.regions}
    rows = {text: each.where.partition(" ")[2] for text, each in sums.regions.items()}
    places, notes = place_regions(
        columns,
        rows,
        region_codes=reading.get("region_codes"),
        kind=reading.get("kind"),
    )
    log.warnings.extend(notes)
    return places


def _note_cells(plan: SumPlan, located: LocatedSums, log: RunLog) -> None:
    """What is said of strata, of names and of places."""
    lacking = sum(
        round(n)
        for (_, stratum), n in zip(located.sums.cells, located.sums.n_firms, strict=True)
        if not stratum
    )
    if plan.strata is not None and lacking:
        without = f"{lacking} of {located.n_firms} firms have no stratum"
        log.warnings.append(
            f"column {plan.columns.names[plan.strata]}: {without}, so errors leave the strata out"
        )
    if LEVEL not in located.levels:
        name = located.design.grouping.name
        log.warnings.append(f"firms are located by {name} only, so nothing can be said by oblast")
    if located.totals:
        log.warnings.append(f"{located.totals} rows are national totals and were set apart")
    for kind, each in located.sums.kinds.items():
        log.warnings.append(f"{each.n} firms without a place in the country: {kind}")
    log.warnings.append(f"read in chunks of {plan.chunk_rows:,} rows: firms were never all held")


def _sum_all(plan: SumPlan, runner: Runner, path: Path, progress: RowProgress) -> FirmSums:
    sums = runner(plan, progress)
    if sums is None or not sums.n_rows:
        told = "found no row that --where asks for" if plan.where else "found a header and no rows"
        raise SurveyError([f"{path}: {told}, expected one row per firm"])
    return sums


def gather_sums(
    path: str | PathLike[str],
    design: StudyDesign | str | PathLike[str] | None,
    options: RunOptions,
    log: RunLog,
    *,
    chunk_rows: int = CHUNK_ROWS,
    dask: str | None = None,
    rows: RowProgress | None = None,
    **reading: Any,
) -> tuple[SumPlan, LocatedSums]:
    """Read a file once and put what it sums to into units; see `stream_study`."""
    path = Path(path)
    check_count("chunk_rows", chunk_rows, 1)
    if options.coding != _CORRECTED:
        raise CallError(f"coding={options.coding!r}: in chunks expected {_CORRECTED!r}")
    asked = design if isinstance(design, StudyDesign) else load_design(design)
    plan = _plan(path, asked, options, chunk_rows, reading, log)
    runner: Runner = run_here
    if dask is not None:
        from kz_spatial.streams.dask_runs import run_on_dask

        runner = functools.partial(run_on_dask, address=dask)
    told = rows or RowProgress(None, wanted=False)
    told.total = plan.source.n_rows
    sums = _sum_all(plan, runner, path, told)
    places = _places(plan, sums, reading, log)
    located = locate_sums(sums, places, plan.columns.design, weights=plan.weights, terms=plan.terms)
    _note_cells(plan, located, log)
    return plan, located


def stream_sums(
    path: str | PathLike[str],
    *,
    design: StudyDesign | str | PathLike[str] | None = None,
    options: RunOptions | None = None,
    chunk_rows: int = CHUNK_ROWS,
    dask: str | None = None,
    rows: RowProgress | None = None,
    **reading: Any,
) -> LocatedSums:
    """Sum a file that need not fit into memory, for tables, a regression and surfaces of one's own.

    Parameters
    ----------
    path, design, options, chunk_rows, dask, rows
        As for `stream_study`.
    **reading
        `items`, `region`, `region_codes`, `kind`, `where` of `read_survey`.

    Returns
    -------
    LocatedSums
        With `table(level)`, `fit()` and `sums.bins.surface(...)`. It stays on the machine: sums of
        few firms tell of them, and no rule but the least number of firms has been kept.

    Raises
    ------
    InputError, CallError
        As `stream_study`.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> rows = ["Shymkent,40,1", "Shymkent,30,2", "Almaty city,75,2", "Almaty city,65,1"] * 20
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("region,k33,h1", *rows, sep=chr(10), file=stream)
    >>> found = kz.stream_sums(stream.name, chunk_rows=10)
    >>> found.n_firms, found.table("oblast").loc["KZ-79", "epayment_share_mean"].item()
    (80, 35.0)
    """
    asked, log = options or RunOptions(), RunLog(None)
    more: dict[str, Any] = {"chunk_rows": chunk_rows, "dask": dask, "rows": rows}
    return gather_sums(path, design, asked, log, **more, **reading)[1]
