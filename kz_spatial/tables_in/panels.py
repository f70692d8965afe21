"""Years of a table: as columns, as a column, or none; the result has a row per unit and year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError
from kz_spatial.tables_in.headings import split_year

if TYPE_CHECKING:
    from kz_spatial.tables_in.body import Body, Row

__all__ = ["Shaped", "country_figures", "select_year", "shape"]


@dataclass(frozen=True, slots=True)
class Shaped:
    """Numbers of a table as a frame.

    Attributes
    ----------
    units : DataFrame
        Indexed by code, or by code and year.
    totals : DataFrame
        The country's rows, indexed by year, or by 0.
    rows : dict
        Rows of each year, under None where there are none.
    measure_of : dict
        Column of the frame to a column of the file that it comes from.
    notes, left_out : list of str
    """

    units: pd.DataFrame
    totals: pd.DataFrame
    rows: dict[int | None, list[Row]]
    measure_of: dict[str, str]
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def _check_once(rows: dict[int | None, list[Row]]) -> None:
    for year, each in rows.items():
        seen: dict[str, Row] = {}
        for row in each:
            first = seen.setdefault(str(row.code), row)
            if first is not row:
                when = "twice; a table with several rows a unit needs a column of years"
                if year is not None:
                    when = f"twice in {year}, expected once"
                raise InputError(
                    f"rows {first.number} ({first.text!r}) and {row.number} ({row.text!r}): found "
                    f"{row.code} {when}"
                )


def _wide(body: Body, title: str) -> tuple[dict[int, tuple[str, int]], list[int]]:
    """Columns that are one thing in one year, and those without a year."""
    split = {c: split_year(name) for c, name in body.columns.items()}
    with_year = {c: (base or title, year) for c, (base, year) in split.items() if year is not None}
    by_base = defaultdict(list)
    for base, year in with_year.values():
        by_base[base].append(year)
    # one year in a heading is part of the name, several are years of one thing
    several = {base for base, years in by_base.items() if len(years) > 1}
    bare = all(not split[c][0] for c in with_year)
    if not several and not (bare and with_year):
        return {}, list(body.columns)
    span = [year for base, years in by_base.items() if base in several or bare for year in years]
    dated = {
        c: v
        for c, v in with_year.items()
        if v[0] in several or bare or min(span) <= v[1] <= max(span)
    }
    for base in {v[0] for v in dated.values()}:
        years = [year for name, year in dated.values() if name == base]
        twice = sorted({year for year in years if years.count(year) > 1})
        if twice:
            raise InputError(f"{base or 'columns'!r}: year {twice[0]} stands there twice")
    return dated, [c for c in body.columns if c not in dated]


def shape(body: Body, *, title: str) -> Shaped:
    """Make a frame of a table's rows and numbers.

    Parameters
    ----------
    body : Body
    title : str
        What columns are called that a year alone names.

    Raises
    ------
    InputError
        When a unit stands there twice in a year.
    """
    dated, plain = _wide(body, title)
    if dated and body.years:
        raise InputError(
            "years stand in a column and in headings, expected one of them; say --year"
        )
    if dated:
        return _from_columns(body, dated, plain)
    rows: dict[int | None, list[Row]] = defaultdict(list)
    for row in body.units:
        rows[body.years.get(row.position)].append(row)
    _check_once(rows)
    names = list(body.columns.values())

    def frame(of: list[Row], keys: list[Any]) -> pd.DataFrame:
        values = [[body.values[row.position][c] for c in body.columns] for row in of]
        made = pd.DataFrame(values, columns=names, dtype=float)
        return made.set_axis(pd.Index(keys) if keys else made.index, axis=0)

    units = frame(body.units, [])
    codes = [row.code for row in body.units]
    if body.years and len(rows) > 1:
        years = [body.years[row.position] for row in body.units]
        units.index = pd.MultiIndex.from_arrays([codes, years], names=["oblast_code", "year"])
    else:
        units.index = pd.Index(codes, name="oblast_code")
    totals = frame(body.totals, [body.years.get(row.position, 0) for row in body.totals])
    notes = [f"all rows are of {next(iter(rows))}"] if body.years and len(rows) == 1 else []
    return Shaped(units.sort_index(), totals, dict(rows), {n: n for n in names}, notes)


def _from_columns(body: Body, dated: dict[int, tuple[str, int]], plain: list[int]) -> Shaped:
    """Years as columns, put below one another."""
    years = sorted({year for _, year in dated.values()})
    bases = list(dict.fromkeys(base for base, _ in dated.values()))
    _check_once({None: body.units})

    def block(of: list[Row], year: int) -> list[list[float]]:
        position = {base: c for c, (base, each) in dated.items() if each == year}
        return [
            [
                np.nan if base not in position else _number(body, row, position[base])
                for base in bases
            ]
            for row in of
        ]

    values = [line for year in years for line in block(body.units, year)]
    index = [(row.code, year) for year in years for row in body.units]
    units = pd.DataFrame(values, columns=bases, dtype=float)
    units.index = pd.MultiIndex.from_tuples(index, names=["oblast_code", "year"])
    if len(years) == 1:
        units = units.droplevel("year")
    total = [row for row in body.totals[:1] for _ in years]
    totals = pd.DataFrame(
        [line for year in years for line in block(body.totals[:1], year)],
        columns=bases,
        index=years if total else None,
        dtype=float,
    )
    left = [f"column {body.columns[c]!r} has no year beside columns that have" for c in plain]
    measure_of = {base: body.columns[c] for c, (base, _) in reversed(dated.items())}
    rows: dict[int | None, list[Row]] = (
        {None: body.units} if len(years) == 1 else dict.fromkeys(years, body.units)
    )
    return Shaped(units.sort_index(), totals, rows, measure_of, [], left)


def _number(body: Body, row: Row, column: int) -> float:
    value = body.values[row.position][column]
    return np.nan if value is None else value


def country_figures(shaped: Shaped) -> dict[str, Any]:
    """The country's figure of each column; of a panel, by year in text."""
    frame = shaped.totals[~shaped.totals.index.duplicated()]
    if frame.empty:
        return {}
    if shaped.units.index.nlevels > 1:
        return {str(name): {str(y): v for y, v in frame[name].dropna().items()} for name in frame}
    return {str(name): float(v) for name, v in frame.iloc[0].items() if np.isfinite(v)}


def select_year(shaped: Shaped, year: int) -> Shaped:
    """One year of a panel.

    Raises
    ------
    CallError
        When the table has no years, or not this one.
    """
    if shaped.units.index.nlevels == 1:
        raise CallError(f"--year {year}: the table has no column of that name, and no years")
    check_option("--year", year, sorted(set(shaped.units.index.get_level_values("year"))))
    return replace(
        shaped,
        units=shaped.units.xs(year, level="year"),
        totals=shaped.totals[shaped.totals.index == year],
        rows={None: shaped.rows[year]},
    )
