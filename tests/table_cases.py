"""Made-up tables of units, as spreadsheets and bulletins have them."""

from __future__ import annotations

from openpyxl import Workbook

from kz_spatial.crosswalk import units

RUSSIAN = {code: unit.names["ru"] for code, unit in units().items()}
ENGLISH = {code: unit.names["en"] for code, unit in units().items()}
CODES = list(units())


def write_book(path, *sheets, merge=(), hide=(), formats=None):
    """A workbook of sheets, each a list of rows or (title, rows); options hold for the first."""
    book = Workbook()
    book.remove(book.active)
    for number, given in enumerate(sheets, start=1):
        title, rows = given if isinstance(given, tuple) else (f"Sheet{number}", given)
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        if number == 1:
            for cells in merge:
                sheet.merge_cells(cells)
            for row in hide:
                sheet.row_dimensions[row].hidden = True
            for cell, shown in (formats or {}).items():
                sheet[cell].number_format = shown
    book.save(path)
    return path


def write_lines(path, *lines, encoding="utf-8"):
    """A text file of lines."""
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def plain_rows(names=None, head=("Region", "Jobs")):
    """A heading and a row for each of today's oblasts, with 10, 20, ... in code order."""
    names = names or ENGLISH
    return [list(head), *([names[code], 10 * i] for i, code in enumerate(CODES, start=1))]
