"""Survey files as they stand: Stata, SPSS, text and Parquet, with their value labels."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kz_spatial._validate import describe_rows
from kz_spatial.errors import CallError, InputError

__all__ = ["READERS", "Labels", "read_table"]

Labels = dict[str, dict[Any, str]]
READERS: Final = (".dta", ".sav", ".csv", ".tsv", ".xlsx", ".parquet")
_TEXT: Final = (".csv", ".tsv")
_MARKS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def _read_stata(path: Path) -> tuple[pd.DataFrame, Labels]:
    content = path.read_bytes()
    # pandas overlooks a missing end of the value labels, and half a label may name another region
    if content.startswith(b"<stata_dta>") and not content.rstrip().endswith(b"</stata_dta>"):
        raise InputError(f"{path}: found no end mark, expected a whole file: it may be cut short")
    with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
        frame = reader.read()
        labels: Labels = reader.value_labels()
        # a column and its label set need not share a name
        sets = dict(zip(reader._varlist, reader._lbllist, strict=True))  # noqa: SLF001
    return frame, {name: labels[key] for name, key in sets.items() if key in labels}


def _read_sav(path: Path) -> tuple[pd.DataFrame, Labels]:
    import pyreadstat

    # user-missing values are answers with a reason
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    return frame, dict(meta.variable_value_labels)


def _decoded(path: Path) -> tuple[str, str]:
    """Text of a file, and what its encoding was taken for; empty where nothing was guessed."""
    content = path.read_bytes()
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding), encoding
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        if b"\0" in content:
            raise InputError(f"{path}: found bytes that are no text, expected a table") from None
        return content.decode("cp1251"), "Windows-1251"


def _read_csv(path: Path) -> tuple[pd.DataFrame, Labels]:
    content, encoding = _decoded(path)
    if not content.strip():
        raise InputError(f"{path}: found an empty file, expected a header row and one row per firm")
    first = content.lstrip().splitlines()[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    # as pandas does, skip lines that hold nothing but blanks
    rows = ((reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip())
    _, header = next(rows)
    widths = {line: len(row) for line, row in rows}
    repeated = sorted({each for each in header if header.count(each) > 1})
    if repeated:
        raise InputError(f"{path}: row 1: found column {repeated[0]!r} twice, expected once")
    ragged = [line for line, width in widths.items() if width != len(header)]
    if ragged:
        raise InputError(
            f"{path}: {describe_rows(ragged, str)}: found {widths[ragged[0]]} fields, "
            f"expected {len(header)} as in the header"
        )
    decimal = "," if separator == ";" else "."
    frame = pd.read_csv(io.StringIO(content), sep=separator, decimal=decimal)
    notes = [f"read as {encoding} text"] if encoding else []
    if separator == ";":
        notes.append("columns parted by semicolons, decimal commas")
    frame.attrs["notes"] = notes
    return frame.set_axis(list(widths), axis=0), {}


def _read_workbook(path: Path) -> tuple[pd.DataFrame, Labels]:
    """The first sheet of a workbook, its first row the header."""
    sheets = pd.read_excel(path, sheet_name=None, dtype=object, keep_default_na=False)
    name, frame = next(iter(sheets.items()))
    if len(sheets) > 1:
        frame.attrs["notes"] = [f"read sheet {name!r}, the first of {len(sheets)}"]
    return frame.replace("", None), {}


def _read_parquet(path: Path) -> tuple[pd.DataFrame, Labels]:
    frame = pd.read_parquet(path)
    plain = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(plain, object)), {}


def _check_path(path: Path) -> None:
    suffix, known = path.suffix.lower(), ", ".join(READERS)
    if path.is_dir():
        raise CallError(f"{path}: a folder; expected a survey file ({known})")
    if suffix not in READERS:
        found = repr(suffix) if suffix else "a file without ending"
        raise CallError(f"{path}: cannot read {found}; expected one of {known}")
    if not path.is_file():
        raise CallError(f"{path}: no such file; expected a survey file ({known})")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: found an empty file, expected a survey")


def read_table(path: Path) -> tuple[pd.DataFrame, Labels]:
    """Read a survey file as it stands.

    Returns
    -------
    frame : DataFrame
        Columns by their names as text; the index names rows as an editor counts them: the line of
        a text file or sheet, header included, elsewhere 1, 2, ... `.attrs["notes"]` says what was
        assumed.
    labels : dict
        Value labels by column.

    Raises
    ------
    InputError, CallError
        When the file cannot be read.
    """
    _check_path(path)
    suffix = path.suffix.lower()
    read = {
        ".dta": _read_stata,
        ".sav": _read_sav,
        ".parquet": _read_parquet,
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".xlsx": _read_workbook,
    }
    try:
        frame, labels = read[suffix](path)
    except InputError:
        raise
    except PermissionError as error:
        raise CallError(f"{path}: cannot be opened: permission denied") from error
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"{path}: cannot be read as {suffix} ({reason}); expected a whole file: it may be cut "
            "short or of another format"
        ) from error
    frame.columns = pd.Index([str(each) for each in frame.columns])
    if suffix == ".xlsx":
        frame.index = pd.RangeIndex(2, len(frame) + 2)
    elif suffix not in _TEXT:
        frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame, labels
