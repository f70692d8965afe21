"""Read any table of units: `read_area_table` finds its sheet, heading, units, numbers and years.

Everything that was assumed is a note, everything left out is named, and each can be told instead.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.crosswalk import LEVEL, units_of
from kz_spatial.errors import CallError, InputError
from kz_spatial.places import place_name
from kz_spatial.tables_in.asked import AreaReading, Asked
from kz_spatial.tables_in.body import Body, read_body
from kz_spatial.tables_in.headings import (
    Heading,
    UnitColumn,
    find_unit_column,
    letter,
    measure_of,
    read_heading,
    year_in,
)
from kz_spatial.tables_in.kinds import COUNT, find_population, guess_kinds
from kz_spatial.tables_in.naming import Namer, name_oblasts
from kz_spatial.tables_in.own_units import read_own_units, units_namer
from kz_spatial.tables_in.panels import Shaped, country_figures, select_year, shape
from kz_spatial.tables_in.record import KEY, OWN, AreaRecord
from kz_spatial.tables_in.sheets import TABLES, Sheet, read_sheets
from kz_spatial.tables_in.vintages import choose_vintage, common_units, older_shapes

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    import pandas as pd

__all__ = ["TABLES", "read_area_table"]

_SHOWN: Final = 10
_PERCENT: Final = 100.0


def _choose_sheet(
    sheets: list[Sheet], namer: Namer, asked: str | None, code: str
) -> tuple[Sheet, list[str]]:
    """The sheet that was asked for, or the one that names most units."""
    names = [each.name for each in sheets]
    if asked is not None:
        check_option("--sheet", asked, names)
        return sheets[names.index(asked)], []
    if len(sheets) == 1:
        return sheets[0], []
    hits: dict[str, int] = {}
    for each in sheets:
        try:
            named = find_unit_column(each, namer, code=code).named
        except InputError:
            hits[each.name] = 0
        else:
            hits[each.name] = len({code for code in named.codes if code is not None})
    best = max(names, key=lambda name: (hits[name], -names.index(name)))
    told = []
    for name in names:
        if name != best:
            why = "names units too; say --sheet for it" if hits[name] else "names no units"
            told.append(f"sheet {name!r} {why}")
    return sheets[names.index(best)], told


def _header_rows(sheet: Sheet, asked: str | None) -> list[int] | None:
    """Positions of the heading's rows, told as "4" or "4-5"."""
    if asked is None:
        return None
    first, _, last = str(asked).partition("-")
    try:
        wanted = range(int(first), int(last or first) + 1)
    except ValueError:
        raise CallError(f"--header {asked!r}: expected a row as 4, or rows as 4-5") from None
    found = [sheet.rows.index(n) for n in wanted if n in sheet.rows]
    if len(found) != len(wanted):
        raise CallError(f"--header {asked!r}: the sheet has rows 1 to {sheet.rows[-1]}")
    return found


def _check_first(unit: UnitColumn, rows: list[int] | None) -> UnitColumn:
    """The column of units, its body below the heading that the user says."""
    if not rows or max(rows) < unit.first:
        return unit
    below = [i for i, c in enumerate(unit.named.codes) if c is not None and i > max(rows)]
    if not below:
        raise CallError("--header: no unit stands below these rows")
    return UnitColumn(unit.position, unit.named, below[0], unit.notes)


def _pick(names: Collection[str], wanted: Collection[str], option: str) -> list[str]:
    """Columns that were asked for, by name."""
    lower = {each.casefold(): each for each in names}
    for each in wanted:
        if each.casefold() not in lower:
            shown = ", ".join(map(repr, names))
            raise CallError(f"{option} {each!r}: expected one of {shown}")
    return [lower[each.casefold()] for each in wanted]


def _measures(shaped: Shaped, heading: Heading, notes: list[str]) -> dict[str, str]:
    """Units of measure; one of percent is not put to numbers far above 100."""
    by_name = dict(zip(heading.names, heading.measures, strict=True))
    found = {}
    for name, origin in shaped.measure_of.items():
        measure = by_name.get(origin, "") or measure_of(name)
        is_percent = "%" in measure or "процент" in measure or "percent" in measure
        if is_percent and shaped.units[name].max() > 10 * _PERCENT:
            notes.append(f"column {name!r}: {measure!r} was not taken for its unit of measure")
            measure = ""
        found[name] = measure
    return found


def read_area_table(path: str | os.PathLike[str], **reading: Unpack[AreaReading]) -> pd.DataFrame:
    """Read a table of units: a bulletin's spreadsheet, a panel, any file with a row per oblast.

    Parameters
    ----------
    path : path
        .xlsx, .xls, .ods, .csv, .tsv, .parquet, .dta, .sav or .gpkg.
    **reading
        What is to be told instead of found, by the keywords below.

    Other Parameters
    ----------------
    sheet : str, optional
        Sheet or layer; without it the one that names most units.
    header : str, optional
        Rows of the heading, as "4" or "4-5".
    unit_column : str, optional
        Heading or letter of the column that names units.
    year : str or int, optional
        Column of years by name, or one year to keep.
    columns : collection of str, optional
        Columns to keep; all with numbers without it.
    population : str, optional
        Column of people, by which rates of units that were put together are averaged.
    counts, rates : collection of str, optional
        Columns whose numbers add up over units, or are averaged.
    decimal : {"", "comma", "point"}
        Decimal sign of numbers in text, where the table leaves it open.
    kind : {"city", "region"}, optional
        What a bare "Almaty" means.
    unmatched : {"raise", "drop"}
        What to do with rows of numbers that name no unit.
    boundaries : path or GeoDataFrame, optional
        Polygons of one's own in the place of the oblasts.
    unit_code : str, optional
        Column of the boundaries that names each polygon; units of the table are found by it or
        by any column of text.

    Returns
    -------
    DataFrame
        Indexed by unit code (`oblast_code`), by code and `year` for a panel; a numeric column for
        each of the file's, named as there. `.attrs["kz_spatial"]` is the record, as `area_record`
        gives it.

    Raises
    ------
    InputError, CallError
        Naming file, row or column, what was found and what was expected.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("Область;2015;2016", "Ақмола;1,47;4,50", "БҚО;3,83;…", sep=chr(10), file=stream)
    >>> table = read_area_table(stream.name)
    >>> table.index.tolist()
    [('KZ-11', 2015), ('KZ-11', 2016), ('KZ-27', 2015), ('KZ-27', 2016)]
    >>> table.iloc[:, 0].tolist()
    [1.47, 4.5, 3.83, nan]
    """
    source, asked = Path(path), Asked.of(reading)
    areas = None
    if asked.boundaries is not None:
        areas = read_own_units(asked.boundaries, str(asked.unit_code))
        namer = units_namer(areas)
    else:
        namer = partial(name_oblasts, kind=asked.kind)
    sheets = read_sheets(source)
    try:
        return _assemble(source, sheets, namer, areas, asked)
    except CallError:
        raise
    except InputError as fault:
        raise InputError(f"{source}: {fault}") from fault


def _lay_out(
    sheet: Sheet, namer: Namer, asked: Asked, fallback: str
) -> tuple[UnitColumn, Heading, Body, Shaped]:
    """Column of units, heading, rows and numbers of a sheet."""
    wanted = _header_rows(sheet, asked.header)
    unit = _check_first(
        find_unit_column(sheet, namer, wanted=asked.unit_column, code=asked.unit_code or ""), wanted
    )
    heading = read_heading(sheet, unit.first, rows=wanted, fallback=fallback)
    one_year = year_in(asked.year)
    body = read_body(
        sheet,
        unit,
        heading,
        year=None if asked.year is None or one_year is not None else str(asked.year),
        decimal=asked.decimal_sign,
        drop=asked.unmatched == "drop",
    )
    shaped = shape(body, title=heading.title or fallback)
    if one_year is not None and not (len(shaped.rows) == 1 and one_year in shaped.rows):
        shaped = select_year(shaped, one_year)
    return unit, heading, body, shaped


def _kinds_of(
    shaped: Shaped, measures: dict[str, str], totals: dict[str, Any], asked: Asked
) -> tuple[dict[str, str], str | None]:
    """Which columns are counts or rates, by their last year, and the column of people."""
    names = [str(c) for c in shaped.units]
    table, country = shaped.units, totals
    if table.index.nlevels > 1:
        last = max(year for year in shaped.rows if year is not None)
        table = table.xs(last, level="year")
        country = {n: t.get(str(last), np.nan) for n, t in totals.items()}
    kinds = guess_kinds(
        table,
        measures=measures,
        totals=country,
        counts=_pick(names, asked.counts, "--counts"),
        rates=_pick(names, asked.rates, "--rates"),
    )
    if asked.population is None:
        return kinds, find_population(kinds)
    [population] = _pick(names, [asked.population], "--population")
    return kinds | {population: COUNT}, population


def _assemble(
    source: Path, sheets: list[Sheet], namer: Namer, areas: gpd.GeoDataFrame | None, asked: Asked
) -> pd.DataFrame:
    """The parts of `read_area_table`, one after another."""
    sheet, left_out = _choose_sheet(sheets, namer, asked.sheet, asked.unit_code or "")
    unit, heading, body, shaped = _lay_out(sheet, namer, asked, source.stem)
    notes = [*_found(sheet, unit, heading), *sheet.notes, *unit.notes, *heading.notes]
    notes += [*body.notes, *shaped.notes]
    left_out += [*_above(sheet, heading), *body.left_out, *shaped.left_out]
    measures = _measures(shaped, heading, notes)
    totals = country_figures(shaped)
    kinds, population = _kinds_of(shaped, measures, totals, asked)
    table, vintage, merged = shaped.units, None, dict[str, list[str]]()
    if areas is None:
        vintages = choose_vintage(shaped.rows)
        common = common_units(table, vintages, kinds=kinds, population=population)
        table, merged, vintage = common.table, common.merged, min(vintages.values())
        notes += [*_told_vintage(vintages), *common.notes]
    names = [str(c) for c in table]
    kept = _pick(names, asked.columns, "--columns") if asked.columns else names
    left_out += [f"column {name!r} was not asked for" for name in names if name not in kept]
    known = list(units_of(vintage)) if vintage is not None else list(areas.index)  # type: ignore[union-attr]
    missing = sorted(set(known) - set(table.index.get_level_values(0)))
    notes += _told_missing(missing, len(known), own=areas is not None)
    notes += [
        f"{text!r} was taken for {code}, as the column leaves no other"
        for text, code in sorted(unit.named.settled.items())
    ]
    table = table[kept]
    if areas is not None:
        table.index = table.index.set_names(["unit_code", *table.index.names[1:]])
    record = AreaRecord(
        source=str(source),
        sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
        sheet=sheet.name,
        title=heading.title,
        level=LEVEL if areas is None else OWN,
        vintage=vintage,
        measures={n: measures[n] for n in kept},
        kinds={n: kinds[n] for n in kept},
        population=population if population in kept else None,
        totals={n: totals[n] for n in kept if n in totals},
        merged=merged,
        older=older_shapes(vintage) if vintage is not None else {},
        missing=missing,
        left_out=left_out,
        notes=list(dict.fromkeys(notes)),
        signs=body.signs,
    )
    table.attrs = {KEY: asdict(record)}
    return table


def _told_missing(missing: list[str], known: int, *, own: bool) -> list[str]:
    if not missing:
        return []
    shown = missing if own else [f"{place_name(c)} ({c})" for c in missing]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return [f"{len(missing)} of {known} units are missing: {', '.join(shown[:_SHOWN])}{more}"]


def _found(sheet: Sheet, unit: UnitColumn, heading: Heading) -> list[str]:
    """Where heading and units were found."""
    rows = [sheet.rows[r] for r in heading.rows]
    if not rows:
        where = "no heading"
    elif rows == [0]:
        where = "columns as the file names them"
    else:
        where = f"heading in row{'s' if len(rows) > 1 else ''} "
        where += "-".join(str(n) for n in dict.fromkeys((rows[0], rows[-1])))
    name = heading.names[unit.position]
    return [f"sheet {sheet.name!r}: {where}, units in column {letter(unit.position)} ({name!r})"]


def _above(sheet: Sheet, heading: Heading) -> list[str]:
    """Rows above the heading, which are no data."""
    told = []
    for r in heading.titles:
        text = " ".join(str(v) for v in sheet.cells[r] if v is not None)
        if text:
            told.append(
                f"row {sheet.rows[r]}: {' '.join(text.split())[:60]!r} stands above the table"
            )
    return told


def _told_vintage(vintages: dict[int | None, int]) -> list[str]:
    """Which oblasts the table knows, and which of them were split since."""
    oldest = min(vintages.values())
    told = [f"units are the {len(units_of(oldest))} of {oldest}, the finest that all rows fit"]
    if len(set(vintages.values())) > 1:
        each = ", ".join(f"{y}: those of {v}" for y, v in sorted(vintages.items(), key=str))
        told = [f"units are the {len(units_of(oldest))} of {oldest}, common to all years ({each})"]
    for code, held in older_shapes(oldest).items():
        others = ", ".join(f"{place_name(c)} ({c})" for c in held if c != code)
        told.append(f"{place_name(code)} ({code}) held {others}, a unit of its own since")
    return told
