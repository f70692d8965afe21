"""Files of many rows, read part by part: text, Parquet, GeoParquet, and folders of Parquet.

A part is a run of rows that can be read by itself: row groups of a Parquet file, or all of a text
file. It is read in chunks, so that memory holds one chunk whatever the file.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_count, printable
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.streams.point_columns import geometry_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CHUNK_ROWS", "Chunk", "Part", "RowSource", "is_large", "open_rows"]

CHUNK_ROWS: Final = 1_000_000
# from here on a file is read in chunks unless told otherwise
_MANY_ROWS: Final = 1_000_000
_MANY_BYTES: Final = 300_000_000
_TEXT: Final = {".csv": ",", ".tsv": "\t"}
_KNOWN: Final = (*_TEXT, ".parquet")
_SAMPLE: Final = 65_536
# a block of text is this many bytes at most, however wide its rows
_MOST_BLOCK: Final = 1 << 28


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Rows that are in memory at once.

    Attributes
    ----------
    table : pyarrow Table
        Columns that were asked for.
    first_row : int
        What an editor calls the first of them: its line in a text file, elsewhere 1, 2, ...
    path : Path
        File that they stand in.
    """

    table: pa.Table
    first_row: int
    path: Path

    def __len__(self) -> int:
        return int(self.table.num_rows)


@dataclass(frozen=True, slots=True)
class Part:
    """A run of rows that can be read by itself.

    Attributes
    ----------
    path : Path
    groups : tuple of int
        Row groups of a Parquet file; empty for all of a text file.
    first_row : int
    n_rows : int or None
        None where the file does not tell.
    """

    path: Path
    groups: tuple[int, ...]
    first_row: int
    n_rows: int | None


@dataclass(frozen=True, slots=True)
class RowSource:
    """A file, or a folder of Parquet files, and how it is read.

    Attributes
    ----------
    path : Path
    parts : tuple of Part
    columns : tuple of str
    types : tuple of str
        Type of each column; "text" in a text file.
    n_rows, n_bytes : int or None
        What there is to read; rows where the file tells them.
    geometry : str or None
        Column of points in the sense of GeoParquet.
    crs : str or dict or None
        Of the geometry.
    separator, encoding : str
        Of a text file.
    """

    path: Path
    parts: tuple[Part, ...]
    columns: tuple[str, ...]
    types: tuple[str, ...]
    n_rows: int | None
    n_bytes: int
    geometry: str | None = None
    crs: Any = DATA_CRS
    separator: str = ","
    encoding: str = "utf-8"

    def chunks(
        self,
        columns: Sequence[str],
        chunk_rows: int = CHUNK_ROWS,
        parts: Sequence[Part] = (),
        *,
        verbatim: bool = False,
    ) -> Iterator[Chunk]:
        """Read columns chunk by chunk.

        Parameters
        ----------
        columns : sequence of str
        chunk_rows : int
            Rows of a chunk; in a text file, about.
        parts : sequence of Part, optional
            Those to read; all without.
        verbatim : bool
            Whether cells of a text file stay the text that they are.

        Raises
        ------
        InputError
            When the file is cut short or damaged, with the rows where it is.
        """
        check_count("chunk_rows", chunk_rows, 1)
        for part in _whole(parts or self.parts):
            if part.path.suffix.lower() in _TEXT:
                yield from self._text(part, columns, chunk_rows, verbatim=verbatim)
            else:
                yield from _parquet(part, columns, chunk_rows)

    def _text(
        self, part: Part, columns: Sequence[str], chunk_rows: int, *, verbatim: bool
    ) -> Iterator[Chunk]:
        import pyarrow as pa
        import pyarrow.csv as pc

        with part.path.open("rb") as stream:
            line = len(stream.read(_SAMPLE)) / max(1, _lines(part.path))
        block = int(min(max(chunk_rows * line, _SAMPLE), _MOST_BLOCK))
        row = part.first_row
        with _told(part.path, row):
            reader = pc.open_csv(
                part.path,
                pc.ReadOptions(block_size=block, encoding=self.encoding, use_threads=True),
                pc.ParseOptions(delimiter=self.separator, newlines_in_values=True),
                pc.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()),
                    include_columns=list(columns),
                    null_values=[""] if verbatim else ["", "NA", "NaN", "nan", "."],
                    strings_can_be_null=True,
                ),
            )
        while True:
            with _told(part.path, row):
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
            if batch.num_rows:
                table = pa.Table.from_batches([batch])
                yield Chunk(table if verbatim else _numbers(table), row, part.path)
                row += batch.num_rows


def _whole(parts: Sequence[Part]) -> list[Part]:
    """Parts of one file that follow one another put together, so that chunks are not cut short."""
    made: list[Part] = []
    for each in parts:
        last = made[-1] if made else None
        follows = last and each.groups and last.path == each.path
        if last and follows and last.groups[-1] + 1 == each.groups[0]:
            size = (last.n_rows or 0) + (each.n_rows or 0)
            made[-1] = Part(last.path, last.groups + each.groups, last.first_row, size)
        else:
            made.append(each)
    return made


def _lines(path: Path) -> int:
    with path.open("rb") as stream:
        return stream.read(_SAMPLE).count(b"\n")


def _numbers(table: pa.Table) -> pa.Table:
    """Columns of text as numbers where every cell of theirs is one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, name in enumerate(table.column_names):
        try:
            made = pc.cast(table.column(name), pa.float64())
        except pa.ArrowInvalid:
            continue
        table = table.set_column(place, name, made)
    return table


def _parquet(part: Part, columns: Sequence[str], chunk_rows: int) -> Iterator[Chunk]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = part.first_row
    with _told(part.path, row), pq.ParquetFile(part.path) as file:
        batches = file.iter_batches(chunk_rows, row_groups=list(part.groups), columns=list(columns))
        while True:
            with _told(part.path, row):
                batch = next(batches, None)
            if batch is None:
                return
            if batch.num_rows:
                yield Chunk(pa.Table.from_batches([batch]), row, part.path)
                row += batch.num_rows


@contextmanager
def _told(path: Path, row: int) -> Iterator[None]:
    """A reader's failure as one line that names the file and the rows that it came to."""
    import pyarrow as pa

    try:
        yield
    except (InputError, CallError):
        raise
    except FileNotFoundError as error:
        raise CallError(f"{printable(path)}: no such file; expected a table") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"{printable(path)}: from row {row} on cannot be read as {path.suffix.lower()} "
            f"({reason}); expected a whole file: it may be cut short or of another format"
        ) from error


def is_large(path: Path) -> bool:
    """Whether a file is read in chunks unless told otherwise: a million rows, or 300 MB of text.

    Examples
    --------
    >>> is_large(Path("nowhere.csv"))
    False
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return any(path.glob("*.parquet"))
    if not path.is_file() or suffix not in _KNOWN:
        return False
    if suffix in _TEXT:
        return path.stat().st_size > _MANY_BYTES
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows) > _MANY_ROWS
    except Exception:  # noqa: BLE001 whoever reads it says what is wrong
        return False


def open_rows(path: Path) -> RowSource:
    """See what a file of many rows holds, without reading its rows.

    Parameters
    ----------
    path : Path
        .csv, .tsv or .parquet, or a folder of .parquet files of the same columns.

    Returns
    -------
    RowSource

    Raises
    ------
    InputError, CallError
        When it cannot be read, is empty, or files of a folder differ.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("id;turnover", "1;5", "2;7", sep=chr(10), file=stream)
    >>> rows = open_rows(Path(stream.name))
    >>> rows.columns, [len(chunk) for chunk in rows.chunks(["turnover"])]
    (('id', 'turnover'), [2])
    """
    if path.is_dir():
        files = sorted(path.glob("*.parquet"))
        if not files:
            raise CallError(f"{path}: a folder without a .parquet file, expected one or more")
        return _of_parquet(path, files)
    suffix = path.suffix.lower()
    if suffix not in _KNOWN:
        known = ", ".join(_KNOWN)
        raise CallError(
            f"{path}: cannot be read in chunks as {suffix!r}, expected one of {known}, or a folder "
            "of .parquet files"
        )
    if not path.is_file():
        raise CallError(f"{path}: no such file; expected a table ({', '.join(_KNOWN)})")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: found an empty file, expected a table")
    return _of_text(path) if suffix in _TEXT else _of_parquet(path, [path])


def _of_text(path: Path) -> RowSource:
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    encoding = "cp1251"
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(head)
        encoding = "utf-8"
    except UnicodeDecodeError:
        if b"\0" in head:
            told = "found bytes that are no text in UTF-8 or Windows-1251, expected a table"
            raise InputError(f"{path}: {told}") from None
    first = head.decode(encoding, errors="replace").removeprefix("\ufeff").splitlines()[0]
    usual = _TEXT[path.suffix.lower()]
    separator = max((usual, ";", "\t", "|"), key=lambda each: (first.count(each), each == usual))
    names = next(csv.reader([first], delimiter=separator))
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"{path}: row 1: found column {twice[0]!r} twice, expected once")
    return RowSource(
        path=path,
        parts=(Part(path, (), 2, None),),
        columns=tuple(names),
        types=("text",) * len(names),
        n_rows=None,
        n_bytes=path.stat().st_size,
        separator=separator,
        encoding=encoding,
    )


def _of_parquet(path: Path, files: Sequence[Path]) -> RowSource:
    import pyarrow.parquet as pq

    parts: list[Part] = []
    first: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    found: dict[str, Any] = {}
    n_rows = 0
    for each in files:
        with _told(each, 1), pq.ParquetFile(each) as file:
            schema, meta = file.schema_arrow, file.metadata
        names, types = tuple(schema.names), tuple(str(one.type) for one in schema)
        if first is None:
            first, found = (names, types), geometry_of(schema)
        _check_alike(each, files[0], (names, types), first)
        row = 1
        for group in range(meta.num_row_groups):
            size = meta.row_group(group).num_rows
            parts.append(Part(each, (group,), row, size))
            row += size
        n_rows += meta.num_rows
    assert first is not None
    if not n_rows:
        raise InputError(f"{path}: found columns and no rows, expected one row per firm")
    size = sum(each.stat().st_size for each in files)
    return RowSource(path, tuple(parts), *first, n_rows, size, **found)


def _check_alike(
    path: Path,
    model: Path,
    found: tuple[tuple[str, ...], tuple[str, ...]],
    first: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    """Refuse a file of a folder whose columns are not those of the first."""
    own, asked = (dict(zip(*each, strict=True)) for each in (found, first))
    for name, kind in asked.items():
        if name not in own:
            raise InputError(f"{path}: found no column {name!r}, expected those of {model.name}")
        if own[name] != kind:
            raise InputError(
                f"{path}: column {name}: found {own[name]}, expected {kind} as in {model.name}"
            )
