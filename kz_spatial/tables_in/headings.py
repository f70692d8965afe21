"""Where a table begins: its column of units, the rows above its first unit, and what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from kz_spatial.errors import CallError, InputError
from kz_spatial.survey import unique_names
from kz_spatial.tables_in.naming import Named, Namer
from kz_spatial.tables_in.numbers import read_number
from kz_spatial.tables_in.sheets import Sheet

__all__ = [
    "Heading",
    "UnitColumn",
    "find_unit_column",
    "letter",
    "measure_of",
    "read_heading",
    "split_year",
    "year_in",
]

_FEWEST: Final = 2
_YEARS: Final = range(1990, 2101)
_YEAR: Final = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?!\d)\s*(?:г\.?|год[уа]?|жыл[ыға]*|ж\.?)?(?!\w)"
)
_INCLUDING: Final = re.compile(
    r"\A(?:в том числе|в т\.\s?ч\.?|из них|including|of which|соның ішінде|оның ішінде)\s*:?\s*\Z",
    re.IGNORECASE,
)
_MARK: Final = re.compile(r"(?:\s*[¹²³⁴⁵⁶⁷⁸⁹⁰*†]+\)?|\s*\d{1,2}\))\s*\Z")
_MEASURE: Final = re.compile(
    r"\A\s*\(?\s*((?:в|in|per)\s+(?!том).{1,40}|%|процент\w*|percent|пайыз\w*|(?:тыс|млн|млрд)\b.{0,30}"
    r"|(?:thousand|million|billion)s?\b.{0,30}|человек|адам|единиц|бірлік|тенге|теңге|км2|км²)\)?\s*\Z",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"\A(.+?)\s*[,(]\s*([^,()]{1,40})\)?\s*\Z")
_CODE_HEAD: Final = re.compile(r"kato|код|code|iso|id\b", re.IGNORECASE)


def letter(column: int) -> str:
    """Name of a column as spreadsheets have it.

    Examples
    --------
    >>> letter(0), letter(27)
    ('A', 'AB')
    """
    text, left = "", column + 1
    while left:
        left, rest = divmod(left - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


@dataclass(frozen=True, slots=True)
class UnitColumn:
    """The column that names units.

    Attributes
    ----------
    position : int
    named : Named
        What each row's cell names.
    first : int
        Position of the first row of the table's body: a unit, or a total right above.
    notes : list of str
    """

    position: int
    named: Named
    first: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Heading:
    """What the rows above the body say.

    Attributes
    ----------
    names : list of str
        Name of each column, each once; rows of a heading are joined by ", ".
    measures : list of str
        Unit of measure of each column; empty where none is told.
    title : str
    rows : list of int
        Positions of the heading's rows.
    titles : list of int
        Positions of the rows above.
    notes : list of str
    """

    names: list[str]
    measures: list[str]
    title: str
    rows: list[int]
    titles: list[int]
    notes: list[str] = field(default_factory=list)


def year_in(value: Any) -> int | None:
    """Year that a cell of a heading or of a column of years is.

    Examples
    --------
    >>> year_in(2019), year_in("2019 г."), year_in("2019.0"), year_in("Jan 2019"), year_in(12)
    (2019, 2019, 2019, None, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if hasattr(value, "year"):
        return int(value.year)
    if isinstance(value, int | float):
        return int(value) if float(value).is_integer() and int(value) in _YEARS else None
    text = re.sub(r"\.0\Z", "", str(value).strip())
    found = _YEAR.fullmatch(text)
    return int(found[1]) if found and int(found[1]) in _YEARS else None


def split_year(name: str) -> tuple[str, int | None]:
    """Name of a column without its year, and the year.

    Examples
    --------
    >>> split_year("Population, 2019"), split_year("2019 год"), split_year("Rate per 1000")
    (('Population', 2019), ('', 2019), ('Rate per 1000', None))
    """
    found = list(_YEAR.finditer(name.replace("_", " ")))
    if len(found) != 1 or int(found[0][1]) not in _YEARS:
        return name, None
    start, end = found[0].span()
    rest = f"{name[:start]} {name[end:]}"
    rest = re.sub(r"\(\s*\)|\[\s*\]", " ", rest)
    return re.sub(r"\s+", " ", rest).strip(" ,;:._-–—()"), int(found[0][1])


def _texts(sheet: Sheet, column: int) -> list[Any]:
    """Cells of a column that may be names: text that is no number."""
    return [
        v if isinstance(v, str) and read_number(v).value is None else None
        for v in (row[column] for row in sheet.cells)
    ]


def _candidates(sheet: Sheet, namer: Namer, code: str) -> dict[int, Named]:
    """Columns whose cells name units: by text, and by number under a heading that says codes.

    Any number of two digits may be a code, so all numbers of such a column must be.
    """
    found = {c: namer(_texts(sheet, c)) for c in range(sheet.width)}
    found = {c: named for c, named in found.items() if named.hits}
    for column in range(sheet.width):
        cells = [row[column] for row in sheet.cells]
        heads = [str(v).strip() for v in cells if isinstance(v, str)]
        if not any(head == code or _CODE_HEAD.search(head) for head in heads):
            continue
        numbers = [v if read_number(v).value is not None else None for v in cells]
        known = [v for v in numbers if v is not None]
        named = namer(numbers)
        if known and named.hits == len(known) and column not in found:
            found[column] = named
    return found


def _asked(sheet: Sheet, wanted: str) -> int:
    """Position of a column by its letter or by what its heading says."""
    for row in sheet.cells:
        for c, value in enumerate(row):
            if value is not None and str(value).strip().casefold() == wanted.strip().casefold():
                return c
    if re.fullmatch(r"[A-Za-z]{1,2}", wanted):
        for c in range(sheet.width):
            if letter(c) == wanted.upper():
                return c
    raise CallError(f"--unit-column {wanted!r}: the sheet has no column of that name or letter")


def find_unit_column(
    sheet: Sheet, namer: Namer, *, wanted: str | None = None, code: str = ""
) -> UnitColumn:
    """Find the column that names units.

    Parameters
    ----------
    sheet : Sheet
    namer : callable
    wanted : str, optional
        Its heading or letter, where the user says it.
    code : str
        What the column of codes is called in the user's own boundaries.

    Raises
    ------
    InputError
        When no column names units, or two name different ones.
    """
    notes: list[str] = []
    if wanted is not None:
        position = _asked(sheet, wanted)
        named = namer([row[position] for row in sheet.cells])
        if not named.hits:
            raise InputError(f"column {wanted!r}: names no unit in any row")
    else:
        found = _candidates(sheet, namer, code)
        if not found:
            totals = any(any(namer(_texts(sheet, c)).totals) for c in range(sheet.width))
            what = "only totals of the country" if totals else "no column with names or codes"
            raise InputError(f"found {what}, expected a row for each unit")
        position = max(found, key=lambda c: (found[c].hits, -c))
        named = found[position]
        for c, other in found.items():
            if c == position or other.hits * 2 < named.hits:
                continue
            pairs = zip(named.codes, other.codes, strict=True)
            if any(a and b and a != b for a, b in pairs):
                raise InputError(
                    f"columns {letter(position)} and {letter(c)} both name units, and not the "
                    "same ones; say --unit-column"
                )
            notes.append(f"column {letter(c)} names the units again and was left out")
    first = next(i for i, code in enumerate(named.codes) if code is not None)
    while first and _is_body(sheet.cells[first - 1], position):
        first -= 1
    return UnitColumn(position, named, first, notes)


def _is_body(row: list[Any], position: int) -> bool:
    """Whether a row above the first unit is a total, or a unit by a name that is not known."""
    figures = [v for c, v in enumerate(row) if c != position and read_number(v).value is not None]
    return (
        row[position] is not None
        and not _is_numbering(row)
        and any(year_in(v) is None for v in figures)
    )


def _spread(sheet: Sheet, rows: list[int]) -> list[list[Any]]:
    """Cells of a heading, what stands over several columns written over each of them."""
    cells = [list(sheet.cells[r]) for r in rows]
    for top, left, bottom, right in sheet.merged:
        for i, r in enumerate(rows):
            if top <= r <= bottom and right > left:
                value = sheet.cells[top][left] if r == top else None
                cells[i][left : right + 1] = [value] * (right - left + 1)
    if not sheet.merged:  # files without merged cells leave the rest of them empty
        for i, line in enumerate(cells[:-1]):
            for c in range(1, sheet.width):
                below = any(cells[k][c] is not None for k in range(i + 1, len(cells)))
                beside = any(cells[k][c - 1] is not None for k in range(i + 1, len(cells)))
                if line[c] is None and below and beside:
                    line[c] = line[c - 1]
    return cells


def _is_numbering(row: list[Any]) -> bool:
    """Whether a row numbers the columns, as "А 1 2 3" below the headings of many bulletins."""
    known = [v for v in row if v is not None]
    told = [n for v in known if (n := read_number(v).value) is not None]
    letters = [v for v in known if read_number(v).value is None]
    return (
        len(known) >= _FEWEST
        and bool(told)
        and told[0] in (1.0, 2.0)
        and told == [told[0] + i for i in range(len(told))]
        and len(letters) <= 1
        and all(len(str(v).strip()) == 1 for v in letters)
    )


def _heading_rows(sheet: Sheet, first: int) -> tuple[list[int], list[int]]:
    """Rows of the heading, right above the body, and rows of titles above them."""
    rows: list[int] = []
    for r in range(first - 1, -1, -1):
        known = sum(v is not None for v in sheet.cells[r])
        wide = any(t == r and right - left + 1 >= sheet.width for t, left, _, right in sheet.merged)
        if known >= _FEWEST and not wide:
            rows.insert(0, r)
        elif rows or known:
            break
    return rows, [r for r in range(rows[0] if rows else first) if r not in rows]


def _joined(parts: list[str]) -> str:
    """Parts of a heading from the top down as one name; "including" says nothing of its own."""
    kept = [each for each in dict.fromkeys(parts) if each and not _INCLUDING.match(each)]
    return ", ".join(kept)


def _part(value: Any) -> str:
    if value is None:
        return ""
    year = year_in(value)
    text = str(year) if year is not None else str(value)
    return _MARK.sub("", re.sub(r"[\s\u00a0]+", " ", text)).strip(" :")


def measure_of(name: str) -> str:
    """Unit of measure that a column's name ends in; empty where it tells none.

    Examples
    --------
    >>> measure_of("Population, thousand people"), measure_of("Share, %"), measure_of("Jobs")
    ('thousand people', '%', '')
    """
    if "%" in name:
        return "%"
    found = _TAIL.match(name)
    told = _MEASURE.match(found[2]) if found else None
    return told[1].strip() if told else ""


def read_heading(
    sheet: Sheet, first: int, *, rows: list[int] | None = None, fallback: str = "value"
) -> Heading:
    """Read what stands above the body.

    Parameters
    ----------
    sheet : Sheet
    first : int
        Position of the body's first row.
    rows : list of int, optional
        Positions of the heading's rows, where the user says them.
    fallback : str
        What a column of one value is called where nothing names it.
    """
    notes = []
    heading, above = _heading_rows(sheet, first)
    if rows is not None:
        heading = rows
        above = [r for r in range(min(rows, default=first)) if r not in rows]
    numbering = [r for r in heading if _is_numbering(sheet.cells[r])]
    if numbering and len(heading) > 1:
        heading = [r for r in heading if r not in numbering]
        notes.append(f"row {sheet.rows[numbering[0]]} numbers the columns and was left out")
    lines = [
        " ".join(_part(v) for v in sheet.cells[r] if v is not None)
        for r in above
        if any(v is not None for v in sheet.cells[r])
    ]
    shared = next((m[1].strip() for line in lines if (m := _MEASURE.match(line))), "")
    titles = [line for line in lines if not _MEASURE.match(line)]
    names, measures = [], []
    spread = _spread(sheet, heading)
    for c in range(sheet.width):
        parts = [_part(line[c]) for line in spread]
        own = [p for p in parts if (m := _MEASURE.match(p)) and len(parts) > 1]
        name = _joined([p for p in parts if p not in own])
        measures.append(own[0] if own else measure_of(name) or shared)
        names.append(name)
    if not any(names):
        notes.append("the table has no heading: columns are called by their letters")
    named = [each or f"{fallback} {letter(c)}" for c, each in enumerate(names)]
    unique, twice = unique_names(named)
    if dated := next((each for each in twice if split_year(each)[1] is not None), None):
        raise InputError(f"heading {dated!r}: stands there twice, expected each year once")
    notes += [f"heading {each!r} stands there more than once and was numbered" for each in twice]
    return Heading(unique, measures, titles[0] if titles else "", heading, above, notes)
