"""Tables in text files: encoding, separator, decimal sign and header found, and said.

Nothing in a text file tells its encoding or separator; what was assumed is in the notes.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pandas as pd

from kz_spatial._validate import describe_rows
from kz_spatial.errors import InputError

__all__ = ["FileFaultError", "read_rows", "read_text", "unique_names"]

_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SEPARATORS: Final = {",": "", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NONE: Final = "\x1f"  # parts nothing: a file of one column
_SAMPLE: Final = 4000
# share of bytes that are zero where plain letters stand in UTF-16
_ZEROS: Final = 0.2
_ROWS_TRIED: Final = 50


class FileFaultError(InputError):
    """What is wrong with a file, before its name is put to it."""


def _unmarked_utf16(content: bytes) -> str:
    """UTF-16 without its mark, by the zero bytes of plain letters; empty where it is not."""
    head = content[:_SAMPLE]
    zeros = [head[start::2].count(0) for start in (0, 1)]
    if max(zeros) < _ZEROS * len(head) / 2 or min(zeros) > 0:
        return ""
    return "utf-16-le" if zeros[1] else "utf-16-be"


def _decoded(content: bytes) -> tuple[str, str]:
    """Text of a file, and what its encoding was taken for; empty where nothing was guessed."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    guess = encoding or _unmarked_utf16(content)
    try:
        text = content.decode(guess or "utf-8-sig")
        told = guess if encoding or not guess else f"{guess} (no mark says so)"
    except UnicodeDecodeError:
        if guess or b"\0" in content:
            raise FileFaultError("found bytes that are no text, expected a table") from None
        try:
            text, told = content.decode("cp1251"), "Windows-1251"
        except UnicodeDecodeError:
            raise FileFaultError(
                "found text that is neither UTF-8 nor Windows-1251, expected one of them"
            ) from None
    if "\0" in text:
        raise FileFaultError("found bytes that are no text, expected a table")
    return text, told


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each ends in; as pandas does, lines of blanks alone are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return ((reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip())


def _widths(text: str, separator: str) -> list[int]:
    try:
        return [len(row) for _, row in islice(_records(text, separator), _ROWS_TRIED)]
    except csv.Error:
        return []


def _separator(text: str) -> str:
    """The separator by which the first rows are as wide as the header, and the widest."""
    found = {each: _widths(text, each) for each in _SEPARATORS}
    found = {each: widths for each, widths in found.items() if widths and widths[0] > 1}
    if not found:
        return _NONE
    return max(found, key=lambda each: (len(set(found[each])) == 1, found[each][0]))


def _decimal(text: str, separator: str) -> str:
    """Decimal sign of the numbers in a file whose separator is no comma."""
    if separator == ",":
        return "."
    part = re.escape(separator)
    number = rf'(?:^|[{part}"\n])[ ]*-?\d+{{}}\d+[ ]*(?=[{part}"\r\n]|$)'
    if re.search(number.format(","), text):
        return ","
    pointed = re.search(number.format(r"\."), text)
    return "," if separator == ";" and not pointed else "."


def unique_names(header: Iterable[object]) -> tuple[list[str], list[str]]:
    """Names of columns, numbered where a name stands there already, and those that do so.

    Examples
    --------
    >>> unique_names(["id", "k33", "k33", None])
    (['id', 'k33', 'k33.1', 'Unnamed: 3'], ['k33'])
    """
    given = [
        f"Unnamed: {i}" if each is None or not str(each).strip() else str(each)
        for i, each in enumerate(header)
    ]
    taken, used, names = set(given), Counter[str](), list[str]()
    for each in given:
        name = each
        while used[each] and name in taken:
            name = f"{each}.{used[each]}"
            used[each] += 1
        used[each] = used[each] or 1
        taken.add(name)
        names.append(name)
    return names, [each for each, n in Counter(given).items() if n > 1]


def _notes(encoding: str, separator: str, decimal: str) -> list[str]:
    notes = [f"read as {encoding} text"] if encoding else []
    if separator == _NONE:
        notes.append("read as one column, since no separator was found")
    elif _SEPARATORS[separator]:
        commas = ", decimal commas" if decimal == "," else ""
        notes.append(f"columns parted by {_SEPARATORS[separator]}{commas}")
    return notes


def read_text(
    path: Path, *, as_text: Collection[str] = (), verbatim: bool = False
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Read a text file of rows and columns.

    Parameters
    ----------
    path : Path
    as_text : collection of str
        Columns, whatever their case, that stay text: "01" and "1" are two ids.
    verbatim : bool
        Whether every cell stays the text that it is.

    Returns
    -------
    frame : DataFrame
        The index names rows by their lines in the file.
    notes : list of str
        What was assumed.
    repeated : list of str
        Columns whose names the header has more than once.

    Raises
    ------
    FileFaultError
        When the file holds no text, nothing, or rows of several widths.
    """
    text, encoding = _decoded(path.read_bytes())
    if not text.strip():
        raise FileFaultError("found an empty file, expected a header row and one row per firm")
    separator = _separator(text)
    rows = _records(text, separator)
    _, header = next(rows)
    widths = {line: len(row) for line, row in rows}
    ragged = [line for line, width in widths.items() if width != len(header)]
    if ragged:
        raise FileFaultError(
            f"{describe_rows(ragged, str)}: found {widths[ragged[0]]} fields, "
            f"expected {len(header)} as in the header"
        )
    names, repeated = unique_names(header)
    decimal = _decimal(text, separator)
    kept = {name: str for name in names if name.casefold() in as_text}
    frame = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        decimal=decimal,
        header=0,
        names=names,
        index_col=False,
        dtype=str if verbatim else kept,
        keep_default_na=not verbatim,
        low_memory=False,
    )
    return frame.set_axis(list(widths), axis=0), _notes(encoding, separator, decimal), repeated


def _best_separator(text: str) -> str:
    """The separator by which most rows are of one width, for a table with lines around it."""
    found = {}
    for each in ("\t", ";", "|", ","):
        widths = Counter(width for width in _widths(text, each) if width > 1)
        # commas stand in titles and in decimals, so that they part rows by chance
        found[each] = max(widths.values(), default=0) * (0.6 if each == "," else 1.0)
    best = max(found, key=lambda each: found[each])
    return best if found[best] else _NONE


def read_rows(content: bytes) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Rows of a text file that may have titles above its table and notes below.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    rows : list of tuple
        Number of the line, and its fields; rows need not be of one width.
    notes : list of str
        What was assumed.

    Raises
    ------
    FileFaultError
        When the file holds no text, or nothing.

    Examples
    --------
    >>> read_rows(b"Title, of a table" + bytes([10]) + b"a;1,5" + bytes([10]) + b"b;2,5")[0]
    [(1, ['Title, of a table']), (2, ['a', '1,5']), (3, ['b', '2,5'])]
    """
    text, encoding = _decoded(content)
    if not text.strip():
        raise FileFaultError("found an empty file, expected a table")
    separator = _best_separator(text)
    notes = [each for each in _notes(encoding, separator, ".") if "one column" not in each]
    return list(_records(text, separator)), notes
