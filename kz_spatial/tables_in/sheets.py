"""Files as sheets of cells: values as the reader of the file sees them, and what stands around.

Workbooks of .xlsx are read by openpyxl, which knows hidden rows, merged cells, formulas and number
formats; .xls and .ods by calamine, and what it cannot tell is said.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from kz_spatial.errors import CallError, InputError
from kz_spatial.survey import read_rows, read_table

__all__ = ["TABLES", "Sheet", "read_sheets"]

TABLES: Final = (
    ".xlsx", ".xls", ".ods", ".csv", ".tsv", ".parquet", ".dta", ".sav", ".gpkg",
)  # fmt: skip
MOST_ROWS: Final = 20_000
_TEXT: Final = (".csv", ".tsv")
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"  # of .xls, and of a workbook that a password protects
_LOCKED: Final = "is protected by a password, expected an open workbook"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One sheet of cells.

    Attributes
    ----------
    name : str
    cells : list of list
        Rows of values, all of one length; None where a cell is empty.
    rows : list of int
        Number of each row as an editor counts them.
    merged : list of tuple
        First row, first column, last row, last column of merged cells, counted from 0.
    hidden : frozenset of int
        Positions of rows that the file hides.
    unfilled : list of tuple
        Positions (row, column) of formulas that the file keeps no value of.
    percent : frozenset of tuple
        Positions of numbers that the file shows in percent; their values are in percent.
    notes : list of str
        What was assumed, or cannot be told.
    """

    name: str
    cells: list[list[Any]]
    rows: list[int]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: frozenset[int] = frozenset()
    unfilled: list[tuple[int, int]] = field(default_factory=list)
    percent: frozenset[tuple[int, int]] = frozenset()
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.cells[0]) if self.cells else 0


def _plain(value: Any) -> Any:
    """A cell's value: None where it is empty, numbers of Python, text as it stands."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or str(value) in ("NaT", "<NA>"):
        return None
    if isinstance(value, float) and np.isnan(value):
        return None
    if isinstance(value, str):
        text = value.replace("\u200b", "").replace("\ufeff", "")
        return text if text.strip() else None
    return value


def _square(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Rows of one length, empty cells at their ends."""
    made = [[_plain(each) for each in row] for row in rows]
    width = max((len(row) for row in made), default=0)
    return [row + [None] * (width - len(row)) for row in made]


def _too_many(found: int | str) -> InputError:
    return InputError(
        f"found {found} rows, expected a table of units with {MOST_ROWS:,} rows at most"
    )


def _check_length(path: Path) -> None:
    """Refuse a workbook of too many rows before it is held in memory."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        for sheet in book.worksheets:
            for row, _ in enumerate(sheet.iter_rows(values_only=True), start=1):
                if row > MOST_ROWS:
                    raise _too_many(f"over {MOST_ROWS:,}")
    finally:
        book.close()


def _read_xlsx(path: Path) -> list[Sheet]:
    import openpyxl

    if path.read_bytes()[:4] == _COMPOUND:
        raise InputError(_LOCKED)
    _check_length(path)
    book = openpyxl.load_workbook(path, data_only=True)
    formulas = openpyxl.load_workbook(path)
    return [_of_worksheet(each, formulas[each.title]) for each in book.worksheets]


def _of_worksheet(sheet: Any, formulas: Any) -> Sheet:
    """A worksheet of openpyxl, with the same sheet read for its formulas."""
    percent, unfilled, values = set(), [], []
    for r, (row, asked) in enumerate(zip(sheet.iter_rows(), formulas.iter_rows(), strict=True)):
        line = []
        for c, (cell, formula) in enumerate(zip(row, asked, strict=True)):
            value = cell.value
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number and "%" in str(getattr(cell, "number_format", "")):
                # the file holds 0.12 and shows 12 %
                percent.add((r, c))
                value = round(value * 100, 12)
            if value is None and formula.data_type == "f":
                unfilled.append((r, c))
            line.append(value)
        values.append(line)
    hidden = frozenset(
        number - 1
        for number, row in sheet.row_dimensions.items()
        if row.hidden and number <= len(values)
    )
    merged = [
        (each.min_row - 1, each.min_col - 1, each.max_row - 1, each.max_col - 1)
        for each in sheet.merged_cells.ranges
    ]
    cells = _square(values)
    return Sheet(
        sheet.title,
        cells,
        list(range(1, len(cells) + 1)),
        merged,
        hidden,
        unfilled,
        frozenset(percent),
    )


def _read_calamine(path: Path) -> list[Sheet]:
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise InputError(_LOCKED) from None
    kind = path.suffix.lower()
    lost = "hidden rows, number formats and formulas without a value"
    if kind == ".ods":
        lost = "hidden rows, merged cells, number formats and formulas without a value"
    found = []
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > MOST_ROWS:
            raise _too_many(f"{sheet.total_height:,}")
        cells = _square(sheet.to_python(skip_empty_area=False))
        merged = [(*first, *last) for first, last in (sheet.merged_cell_ranges or [])]
        notes = [f"{lost} cannot be told in {kind}"]
        found.append(Sheet(name, cells, list(range(1, len(cells) + 1)), merged, notes=notes))
    return found


def _read_text(path: Path) -> list[Sheet]:
    lines, notes = read_rows(path.read_bytes())
    if len(lines) > MOST_ROWS:
        raise _too_many(f"{len(lines):,}")
    cells = _square(row for _, row in lines)
    return [Sheet(path.stem, cells, [number for number, _ in lines], notes=notes)]


def _of_frame(name: str, frame: Any, notes: list[str]) -> Sheet:
    """A table with typed columns, its header the first row."""
    if len(frame) > MOST_ROWS:
        raise _too_many(f"{len(frame):,}")
    body = frame.astype(object).to_numpy().tolist()
    cells = _square([list(frame.columns), *body])
    return Sheet(name, cells, list(range(len(cells))), notes=notes)


def _read_layers(path: Path) -> list[Sheet]:
    import geopandas as gpd
    import pandas as pd
    import pyogrio

    found = []
    for name, _ in pyogrio.list_layers(path):
        layer = gpd.read_file(path, layer=name, ignore_geometry=True)
        if len(layer.columns) and name != "layer_styles":
            found.append(_of_frame(str(name), pd.DataFrame(layer), []))
    return found


def _read_typed(path: Path) -> list[Sheet]:
    made = read_table(path)
    frame = made.frame.astype(object)
    for name, labels in made.labels.items():
        if name in frame:
            frame[name] = [labels.get(each, each) for each in frame[name]]
    frame = frame.drop(columns=[c for c in frame if c == "geometry"])
    return [_of_frame(path.stem, frame, list(made.notes))]


def _check(path: Path) -> None:
    known = ", ".join(TABLES)
    if path.is_dir():
        raise CallError(f"{path}: a folder; expected a table ({known})")
    if path.suffix.lower() not in TABLES:
        shown = repr(path.suffix) if path.suffix else "a file without ending"
        raise CallError(f"{path}: cannot read {shown}; expected one of {known}")
    if not path.is_file():
        raise CallError(f"{path}: no such file; expected a table ({known})")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: found an empty file, expected a table")


def read_sheets(path: Path) -> list[Sheet]:
    """All sheets of a file that hold a cell.

    Raises
    ------
    InputError, CallError
        Naming the file and what is wrong with it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("Region;2023", "Akmola;1,5", sep=chr(10), file=stream)
    >>> [sheet] = read_sheets(Path(stream.name))
    >>> sheet.cells, sheet.notes
    ([['Region', '2023'], ['Akmola', '1,5']], ['columns parted by semicolons'])
    """
    _check(path)
    suffix = path.suffix.lower()
    readers = {".xlsx": _read_xlsx, ".xls": _read_calamine, ".ods": _read_calamine}
    readers |= dict.fromkeys(_TEXT, _read_text) | {".gpkg": _read_layers}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles in a workbook and the like
            sheets = readers.get(suffix, _read_typed)(path)
    except CallError:
        raise
    except InputError as fault:
        told = str(fault)
        raise type(fault)(told if told.startswith(str(path)) else f"{path}: {told}") from fault
    except PermissionError as error:
        raise CallError(f"{path}: cannot be opened: permission denied") from error
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"{path}: cannot be read as {suffix} ({reason}); expected a whole file: it may be cut "
            "short or of another format"
        ) from error
    kept = [each for each in sheets if any(v is not None for row in each.cells for v in row)]
    if not kept:
        raise InputError(f"{path}: found no cell with a value, expected a table of units")
    return kept
