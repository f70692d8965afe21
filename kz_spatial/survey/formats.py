"""Survey files as they stand: Stata, SPSS, text, workbooks and Parquet, with their value labels."""

from __future__ import annotations

import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import Any, Final

import pandas as pd

from kz_spatial.errors import CallError, InputError
from kz_spatial.survey.spss import read_sav
from kz_spatial.survey.text_files import FileFaultError, read_text, unique_names

__all__ = ["READERS", "Labels", "RawTable", "read_table"]

Labels = dict[str, dict[Any, str]]
READERS: Final = (".dta", ".sav", ".csv", ".tsv", ".xlsx", ".parquet", ".zip")
_TEXT: Final = (".csv", ".tsv")


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A file as it stands.

    Attributes
    ----------
    frame : DataFrame
        Columns by their names as text, each once; the index names rows as an editor counts them:
        the line of a text file or sheet, header included, elsewhere 1, 2, ...
    labels : dict
        Value labels by column.
    notes : list of str
        What was assumed.
    repeated : list of str
        Names that the header has more than once; all but the first were numbered.
    """

    frame: pd.DataFrame
    labels: Labels = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def _read_stata(path: Path) -> RawTable:
    content = path.read_bytes()
    # pandas overlooks a missing end of the value labels, and half a label may name another region
    if content.startswith(b"<stata_dta>") and not content.rstrip().endswith(b"</stata_dta>"):
        raise FileFaultError("found no end mark, expected a whole file: it may be cut short")
    with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
        frame = reader.read()
        labels: Labels = reader.value_labels()
        # a column and its label set need not share a name
        sets = dict(zip(reader._varlist, reader._lbllist, strict=True))  # noqa: SLF001
    return RawTable(frame, {name: labels[key] for name, key in sets.items() if key in labels})


def _read_workbook(path: Path) -> RawTable:
    """The first sheet of a workbook, its first row the header."""
    with path.open("rb") as stream, pd.ExcelFile(stream) as book:
        sheets = book.sheet_names
        cells = book.parse(sheets[0], header=None, dtype=object, keep_default_na=False)
    if cells.empty:
        raise FileFaultError(f"sheet {sheets[0]!r}: found an empty sheet, expected a header row")
    cells = cells.replace("", None)
    names, repeated = unique_names(cells.iloc[0])
    notes = [f"read sheet {sheets[0]!r}, the first of {len(sheets)}"] if len(sheets) > 1 else []
    frame = cells.iloc[1:].set_axis(names, axis=1)
    return RawTable(frame.set_axis(range(2, len(frame) + 2), axis=0), {}, notes, repeated)


def _read_parquet(path: Path) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as stream:
        table = pq.read_table(stream)
    names, repeated = unique_names(table.column_names)
    table = table.rename_columns(names) if repeated else table
    nested = [each.name for each in table.schema if pa.types.is_nested(each.type)]
    frame = table.to_pandas()
    if b"geo" in (table.schema.metadata or {}):
        frame = _with_geometry(path)
    # a column that pandas kept as the index is one of the table's
    frame = frame.reset_index(drop=not any(frame.index.names))
    plain = frame.select_dtypes("category").columns
    frame = frame.astype(dict.fromkeys(plain, object))
    for name in nested:  # no cell of a survey holds several values; as text it can be named
        frame[name] = [None if each is None else str(each) for each in frame[name]]
    return RawTable(frame, {}, [], repeated)


def _with_geometry(path: Path) -> pd.DataFrame:
    """A GeoParquet file, whose places are its geometry."""
    import geopandas as gpd

    with path.open("rb") as stream:
        return gpd.read_parquet(stream)


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[Path, str]]:
    """The one table inside a zip, and its name."""
    with zipfile.ZipFile(path) as box, tempfile.TemporaryDirectory(prefix="kz-") as folder:
        files = [each for each in box.infolist() if not each.is_dir()]
        names = {each.filename: PurePosixPath(each.filename) for each in files}
        tables = [
            each
            for each in files
            if names[each.filename].suffix.lower() in READERS[:-1]
            # what a Mac and an office program leave beside a file
            and not names[each.filename].name.startswith((".", "~$"))
            and "__MACOSX" not in names[each.filename].parts
        ]
        if len(tables) != 1:
            found = ", ".join(each.filename for each in tables) or f"none in {len(files)} files"
            raise FileFaultError(
                f"found {len(tables) or 'no'} tables ({found}), expected one "
                f"({', '.join(READERS[:-1])}); take the one that is meant out of the zip"
            )
        inside = names[tables[0].filename]
        out = Path(folder) / f"table{inside.suffix.lower()}"
        with box.open(tables[0]) as source, out.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield out, inside.name


def _check_path(path: Path) -> None:
    suffix, known = path.suffix.lower(), ", ".join(READERS)
    found = None
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise CallError(f"{path}: cannot be opened: {error.strerror or error}") from error
    if found is not None and S_ISDIR(found.st_mode):
        raise CallError(f"{path}: a folder; expected a table ({known})")
    if suffix not in READERS:
        shown = repr(suffix) if suffix else "a file without ending"
        raise CallError(f"{path}: cannot read {shown}; expected one of {known}")
    if found is None or not S_ISREG(found.st_mode):
        raise CallError(f"{path}: no such file; expected a table ({known})")
    if found.st_size == 0:
        raise InputError(f"{path}: found an empty file, expected a table")


def _read(path: Path, *, as_text: Collection[str], verbatim: bool) -> RawTable:
    """A file by its ending."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with _unpacked(path) as (inside, name):
            try:
                made = _read(inside, as_text=as_text, verbatim=verbatim)
            except FileFaultError as fault:
                raise FileFaultError(f"{name}: {fault}") from fault
        return RawTable(
            made.frame, made.labels, [f"read {name}, the table in it", *made.notes], made.repeated
        )
    if suffix in _TEXT:
        frame, notes, repeated = read_text(path, as_text=as_text, verbatim=verbatim)
        return RawTable(frame, {}, notes, repeated)
    if suffix == ".sav":
        return RawTable(*read_sav(path))
    readers = {".dta": _read_stata, ".parquet": _read_parquet, ".xlsx": _read_workbook}
    return readers[suffix](path)


def read_table(path: Path, *, as_text: Collection[str] = (), verbatim: bool = False) -> RawTable:
    """Read a survey file as it stands.

    Parameters
    ----------
    path : Path
    as_text : collection of str
        Columns of a text file, case-folded, that stay text.
    verbatim : bool
        Whether all of them do.

    Returns
    -------
    RawTable

    Raises
    ------
    InputError, CallError
        When the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("id|k33", "01|40", sep=chr(10), file=stream)
    >>> made = read_table(Path(stream.name), as_text=["id"])
    >>> made.frame["id"].tolist(), made.notes
    (['01'], ['columns parted by vertical bars'])
    """
    _check_path(path)
    suffix = path.suffix.lower()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles in a workbook and the like
            made = _read(path, as_text=as_text, verbatim=verbatim)
    except FileFaultError as fault:
        raise InputError(f"{path}: {fault}") from fault
    except PermissionError as error:
        raise CallError(f"{path}: cannot be opened: permission denied") from error
    except MemoryError as error:
        raise InputError(f"{path}: needs more memory than there is") from error
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"{path}: cannot be read as {suffix} ({reason}); expected a whole file: it may be cut "
            "short or of another format"
        ) from error
    frame = made.frame
    frame.columns = pd.Index([str(each) for each in frame.columns])
    if made.frame.index.equals(pd.RangeIndex(len(frame))):
        frame.index = pd.RangeIndex(1, len(frame) + 1)
    told = [f"column {each!r} stands there more than once" for each in made.repeated]
    return RawTable(frame, made.labels, [*made.notes, *told], made.repeated)
