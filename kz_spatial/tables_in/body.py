"""The body of a table: which rows are units, totals or notes, and which columns are numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from kz_spatial._validate import describe_rows
from kz_spatial.errors import InputError
from kz_spatial.tables_in.headings import Heading, UnitColumn, letter, year_in
from kz_spatial.tables_in.numbers import SIGNS, Reading, decimal_sign, read_number
from kz_spatial.tables_in.sheets import Sheet

__all__ = ["Body", "Row", "read_body"]

_SHOWN: Final = 5
_LONG: Final = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the body.

    Attributes
    ----------
    number : int
        As an editor counts it.
    code : str or None
        None for a total.
    until : int or None
        Year in which the unit that the row means was split.
    text : str
        What its cell of the unit says.
    cells : list
    position : int
        In the sheet.
    """

    number: int
    code: str | None
    until: int | None
    text: str
    cells: list[Any]
    position: int


@dataclass(frozen=True, slots=True)
class Body:
    """Rows and numbers of a table.

    Attributes
    ----------
    units, totals : list of Row
    columns : dict
        Position to name, of the columns that hold numbers.
    values : dict
        By position of the row in the sheet: the number of each of those columns, None for none.
    years : dict
        By position of the row: its year, where a column tells it.
    left_out : list of str
        Rows and columns that were left out, and why.
    notes : list of str
    signs : dict
        Sign for a missing value to how many cells hold it.
    """

    units: list[Row]
    totals: list[Row]
    columns: dict[int, str]
    values: dict[int, dict[int, float | None]]
    years: dict[int, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signs: dict[str, int] = field(default_factory=dict)


def _short(text: object) -> str:
    plain = " ".join(str(text).split())
    return plain if len(plain) <= _LONG else f"{plain[: _LONG - 1]}…"


def _row_text(cells: list[Any]) -> str:
    return _short(" ".join(str(v) for v in cells if v is not None))


def _sort_rows(
    sheet: Sheet, unit: UnitColumn, year_column: int | None, *, drop: bool
) -> tuple[list[Row], list[Row], list[str], list[str]]:
    """Rows of units, rows of totals, what was left out, and notes."""
    named, column = unit.named, unit.position
    units: list[Row] = []
    totals: list[Row] = []
    left_out, notes, faults = list[str](), list[str](), list[str]()
    above: tuple[str | None, int | None, bool, str] | None = None
    filled = 0
    for r in range(unit.first, len(sheet.cells)):
        cells, cell = sheet.cells[r], sheet.cells[r][column]
        others = [v for c, v in enumerate(cells) if c not in (column, year_column)]
        has_numbers = any(read_number(v).value is not None for v in others)
        if all(v is None for v in cells):
            continue
        number, code, total = sheet.rows[r], named.codes[r], named.totals[r]
        if cell is None and has_numbers and year_column is not None and above is not None:
            # the unit stands in the first of its rows only
            code, until, total, text = above
            filled += 1
        else:
            until, text = named.untils[r], "" if cell is None else str(cell).strip()
        if code is not None or (total and has_numbers):
            above = (code, until, total, text)
            made = Row(number, code, until, text, cells, r)
            (totals if code is None else units).append(made)
        elif not has_numbers:
            left_out.append(f"row {number}: {_row_text(cells)!r} holds no number")
        elif drop:
            left_out.append(f"row {number}: {_short(text) or 'no name'!r} names no unit")
        else:
            why = named.faults.get(text) if text else None
            faults.append(f"row {number}: {why or 'numbers beside no name, expected a unit'}")
    if filled:
        notes.append(f"{filled} rows without a name belong to the unit above them")
    if faults:
        more = f"; {len(faults) - _SHOWN} more rows" if len(faults) > _SHOWN else ""
        raise InputError("; ".join(faults[:_SHOWN]) + more)
    return units, totals, left_out, notes


def _find_years(
    sheet: Sheet, unit: UnitColumn, heading: Heading, rows: list[int], wanted: str | None
) -> int | None:
    """Position of the column that tells the year of each row."""
    for c in range(sheet.width):
        if c == unit.position:
            continue
        cells = [sheet.cells[r][c] for r in rows]
        known = [v for v in cells if v is not None]
        if wanted is not None:
            if heading.names[c].casefold() == wanted.casefold() or letter(c) == wanted:
                if not known or any(year_in(v) is None for v in known):
                    bad = next((v for v in known if year_in(v) is None), "nothing")
                    raise InputError(f"column {wanted!r}: found {bad!r}, expected a year")
                return c
        elif known and len(known) == len(rows) and all(year_in(v) is not None for v in known):
            return c
    if wanted is not None:
        raise InputError(f"no column {wanted!r} of years; columns are {', '.join(heading.names)}")
    return None


def _numbers(
    sheet: Sheet, rows: list[Row], position: int, name: str, decimal: str
) -> tuple[dict[int, Reading], list[str], bool]:
    """Readings of one column by row, faults in it, and whether it is one of numbers."""
    readings = {row.position: read_number(row.cells[position], decimal) for row in rows}
    strange = [
        row
        for row in rows
        if row.cells[position] is not None and not readings[row.position].understood
    ]
    numbers = sum(each.value is not None for each in readings.values())
    if not numbers or len(strange) > numbers:
        return readings, [], False
    faults = [f"row {r.number}: {_short(r.cells[position])!r}" for r in strange]
    marks = sum(each.mark for each in readings.values())
    told = []
    if faults:
        shown = ", ".join(faults[:_SHOWN])
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        told.append(
            f"column {name!r}: {len(faults)} of {numbers + len(faults)} cells are no number and "
            f"were left missing: {shown}{more}"
        )
    if marks:
        told.append(f"column {name!r}: footnote marks behind {marks} numbers were taken off")
    shown_in_percent = sum((row.position, position) in sheet.percent for row in rows)
    if shown_in_percent:
        kind = "all" if shown_in_percent == numbers else f"{shown_in_percent} of {numbers}"
        told.append(f"column {name!r}: {kind} numbers are shown in percent, and read so (0.12: 12)")
    return readings, told, True


def _check_formulas(sheet: Sheet, rows: list[Row], column: int) -> None:
    """Refuse formulas that no program has worked out, wherever numbers are to be."""
    inside = {row.position for row in rows}
    lost = [(r, c) for r, c in sheet.unfilled if r in inside and c != column]
    if lost:
        shown = ", ".join(f"{letter(c)}{sheet.rows[r]}" for r, c in lost[:_SHOWN])
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        plural = "s" if len(lost) > 1 else ""
        raise InputError(
            f"cell{plural} {shown}{more}: formulas without a value, since no program has worked "
            "them out; open the file in a spreadsheet program and save it"
        )


def read_body(
    sheet: Sheet,
    unit: UnitColumn,
    heading: Heading,
    *,
    year: str | None = None,
    decimal: str = "",
    drop: bool = False,
) -> Body:
    """Read rows and numbers.

    Parameters
    ----------
    sheet : Sheet
    unit : UnitColumn
    heading : Heading
    year : str, optional
        Column that holds the year, where the user says it.
    decimal : {",", ".", ""}
        Decimal sign, where the user says it.
    drop : bool
        Whether rows with numbers that name no unit are left out instead of refused.

    Raises
    ------
    InputError
        Naming the rows that name no unit, or the number that can be read two ways.
    """
    named = [r for r, code in enumerate(unit.named.codes) if code is not None and r >= unit.first]
    year_column = _find_years(sheet, unit, heading, named, year)
    units, totals, left_out, notes = _sort_rows(sheet, unit, year_column, drop=drop)
    rows = [*units, *totals]
    sign = decimal or _settled_sign(rows, unit.position)
    if sign == "," and not decimal:
        notes.append("numbers in text have decimal commas")
    columns: dict[int, str] = {}
    values: dict[int, dict[int, float | None]] = {row.position: {} for row in rows}
    signs = Counter[str]()
    for c, name in enumerate(heading.names):
        if c in (unit.position, year_column) or _is_blank(sheet, units, c):
            continue
        readings, told, is_number = _numbers(sheet, units, c, name, sign)
        if not is_number:
            left_out.append(f"column {letter(c)} ({name!r}) holds no numbers")
            continue
        columns[c] = name
        notes += told
        signs.update(each.sign for each in readings.values() if each.sign)
        readings |= {row.position: read_number(row.cells[c], sign) for row in totals}
        for position, each in readings.items():
            values[position][c] = each.value
    _check_formulas(sheet, rows, unit.position)
    if not columns:
        raise InputError("found no column of numbers beside the units, expected one at least")
    notes += [_told_sign(each, n) for each, n in signs.items()]
    hidden = [row.number for row in rows if row.position in sheet.hidden]
    if hidden:
        notes.append(f"{describe_rows(hidden, str)}: hidden in the file, and read like the others")
    years = {}
    if year_column is not None:
        years = {
            row.position: _year_of(row, year_column, heading.names[year_column]) for row in rows
        }
    return Body(units, totals, columns, values, years, left_out, notes, dict(signs))


def _settled_sign(rows: list[Row], column: int) -> str:
    """Decimal sign of the numbers that stand as text."""
    cells = [v for row in rows for c, v in enumerate(row.cells) if c != column]
    sign, doubtful = decimal_sign(cells)
    if doubtful and not sign:
        raise InputError(
            f"{doubtful!r} may be thousands or decimals, and nothing in the table settles it; "
            "say --decimal comma or --decimal point"
        )
    return sign


def _is_blank(sheet: Sheet, units: list[Row], column: int) -> bool:
    """Whether a column is empty in all rows of units, without formulas that lost their values."""
    return all(row.cells[column] is None for row in units) and not any(
        (row.position, column) in sheet.unfilled for row in units
    )


def _told_sign(sign: str, n: int) -> str:
    if n == 1:
        return f"1 cell holds {sign!r} ({SIGNS[sign]}) and is missing"
    return f"{n} cells hold {sign!r} ({SIGNS[sign]}) and are missing"


def _year_of(row: Row, column: int, name: str) -> int:
    found = year_in(row.cells[column])
    if found is None:
        raise InputError(
            f"row {row.number}, column {name!r}: found {row.cells[column]!r}, expected a year"
        )
    return found
