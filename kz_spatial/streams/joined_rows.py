"""A table of any number of rows, with the oblast and region of each, written chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial._validate import check_columns, check_option, printable
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.places import join, join_audit, oblasts, units_at
from kz_spatial.streams.firm_sums import Seen, merged_seen
from kz_spatial.streams.row_source import CHUNK_ROWS, Chunk, RowSource, open_rows
from kz_spatial.streams.sum_plan import coded_column, coordinates_of, seen_kinds

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from kz_spatial.design import Grouping
    from kz_spatial.places import Kind
    from kz_spatial.streams.progress import RowProgress

__all__ = ["JoinedRows", "join_rows"]

_OUTPUTS: Final = (".csv", ".parquet")
_TOLD: Final = ("matched", "region_only", "totals", "outside", "unmatched", "missing")


@dataclass(slots=True, eq=False)
class JoinedRows:
    """What became of the rows of a table.

    Attributes
    ----------
    method : str
    rows : int
        Rows that were written.
    counts : dict of int
        matched, region_only, totals, outside, unmatched, missing; they add up to the rows read.
    on_border : int
    kinds : dict of Seen
        Rows by what is wrong with their coordinates.
    notes : list of str
    """

    method: str
    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TOLD, 0))
    on_border: int = 0
    kinds: dict[str, Seen] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How rows are joined."""

    source: RowSource
    grouping: Grouping
    vintage: int
    on: str | None
    x: str
    y: str
    crs: Any

    @property
    def by_point(self) -> bool:
        return self.on is None


def _find_on(source: RowSource, on: str | None, x: str, y: str, grouping: Grouping) -> str | None:
    """Column of names to join by; None for coordinates, in the order of `join`."""
    what = printable(source.path)
    if on is not None:
        check_columns(source.columns, [on], what=what)
        return on
    lower = {each.casefold(): each for each in source.columns}
    if "oblast_code" in lower:
        return lower["oblast_code"]
    if source.geometry is not None or {x, y} <= set(source.columns):
        return None
    names = ("oblast", "region", "oblast_name", grouping.name)
    found = next((lower[each] for each in names if each in lower), None)
    if found is None:
        raise InputError(
            f"{what}: found no column to join by, expected oblast_code, a region name or {x} and "
            f"{y}; its columns are {', '.join(source.columns[:30])}"
        )
    return found


def _names(asked: _Asked, chunk_rows: int, kind: Kind | None) -> tuple[pd.DataFrame, Any]:
    """What every name of the column means: a row each, joined as a table of them is."""
    import pandas as pd

    assert asked.on is not None
    seen: dict[str, Seen] = {}
    for chunk in asked.source.chunks([asked.on], chunk_rows, verbatim=True):
        code, texts = coded_column(chunk.table.column(asked.on))
        count = np.bincount(code, minlength=len(texts))
        first = np.unique(code, return_index=True)
        where = {texts[int(c)]: int(i) for c, i in zip(*first, strict=True)}
        own = {
            text: Seen(int(n), (str(chunk.first_row + where[text]),))
            for text, n in zip(texts, count, strict=True)
            if n
        }
        seen = merged_seen(seen, own)
    names = pd.DataFrame({asked.on: [each or None for each in seen]})
    names.index = pd.Index([each.where.partition(" ")[2] for each in seen.values()])
    areas = oblasts(vintage=asked.vintage, grouping=asked.grouping)
    made = join(names, areas, on=asked.on, kind=kind, unmatched="keep", grouping=asked.grouping)
    made["_n"] = [each.n for each in seen.values()]
    return made.set_axis(list(seen), axis=0), join_audit(made)


def _statuses(grouping: Grouping) -> dict[str, str]:
    """Count of a record by the status of its rows."""
    return {
        "matched": "matched",
        grouping.name: "region_only",
        "total": "totals",
        "outside": "outside",
        "unmatched": "unmatched",
        "missing": "missing",
    }


class _ByPoint:
    """Units of points."""

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.areas = oblasts(vintage=asked.vintage, grouping=asked.grouping)
        self.codes = np.array([*self.areas.index, None], dtype=object)
        regions = asked.grouping.regions_of(list(self.areas.index))
        self.regions = np.array([*map(str, regions), None], dtype=object)

    def columns(self, chunk: Chunk, found: JoinedRows) -> tuple[NDArray[Any], ...]:
        asked = self.asked
        located = coordinates_of(chunk, asked.source, asked.x, asked.y, crs=asked.crs)
        unit, status, on_border = units_at(located, self.areas)
        found.on_border += on_border
        rows = chunk.first_row + np.arange(len(chunk))
        found.kinds = merged_seen(found.kinds, seen_kinds(located, rows))
        return unit, self.codes, self.regions, status


class _ByName:
    """Units of names, which were all settled beforehand."""

    def __init__(self, asked: _Asked, names: pd.DataFrame) -> None:
        self.on = asked.on
        self.codes = names["oblast_code"].to_numpy(object)
        self.regions = names[asked.grouping.name].to_numpy(object)
        self.status = names["join_status"].to_numpy(object)
        self.place = {text: i for i, text in enumerate(names.index)}

    def columns(self, chunk: Chunk, found: JoinedRows) -> tuple[NDArray[Any], ...]:  # noqa: ARG002
        code, texts = coded_column(chunk.table.column(self.on))
        row = np.array([self.place.get(text, -1) for text in texts], dtype=np.intp)[code]
        return row, self.codes, self.regions, self.status[row]


def _joined(
    chunk: Chunk, by: _ByPoint | _ByName, grouping: Grouping, found: JoinedRows, *, drop: bool
) -> pa.Table:
    """A chunk with the columns of a join."""
    import pyarrow as pa

    unit, codes, regions, status = by.columns(chunk, found)
    told = _statuses(grouping)
    names, inverse = np.unique(status.astype(str), return_inverse=True)
    for name, n in zip(names, np.bincount(inverse), strict=True):
        found.counts[told[str(name)]] += int(n)
    table = chunk.table
    place = pa.array(np.where(unit < 0, len(codes) - 1, unit), pa.int32())
    own = {
        "oblast_code": pa.DictionaryArray.from_arrays(place, pa.array(codes, pa.string())),
        grouping.name: pa.DictionaryArray.from_arrays(place, pa.array(regions, pa.string())),
        "join_status": pa.DictionaryArray.from_arrays(
            pa.array(inverse, pa.int32()), pa.array(names)
        ),
    }
    for name, each in own.items():
        column = each.cast(pa.string())
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, column)
        else:
            table = table.append_column(name, column)
    if drop:
        table = table.filter(pa.array(np.isin(status.astype(str), ["matched", grouping.name])))
    return table


def _written(out: Path, chunks: Iterator[pa.Table], schema: Any) -> int:
    """Write tables one after the other; the rows that were."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    n = 0
    with ExitStack() as stack:
        writer: Any = None
        for table in chunks:
            if writer is None:
                kept = table.schema.with_metadata(schema)
                writer = stack.enter_context(
                    pc.CSVWriter(out, kept)
                    if out.suffix.lower() == ".csv"
                    else pq.ParquetWriter(out, kept)
                )
            writer.write_table(table.cast(kept))
            n += table.num_rows
    return n


def _check_unmatched(found: JoinedRows, source: Path) -> None:
    lost = found.counts["outside"] + found.counts["unmatched"]
    lines = [f"{source}: {each}" for each in found.notes]
    lines += [
        f"{source}: {each.where}: found a point that is no place ({kind}; first: {each.example}), "
        "expected coordinates in Kazakhstan"
        for kind, each in found.kinds.items()
        if kind not in ("nothing", "half")
    ]
    if lost:
        told = f"{source}: {lost} rows found no unit; --unmatched keep or drop goes on"
        raise InputError("\n".join(lines or [told]))


def join_rows(
    path: Path,
    out: Path,
    *,
    grouping: Grouping,
    vintage: int,
    on: str | None = None,
    axes: tuple[str, str] = ("longitude", "latitude"),
    crs: Any = DATA_CRS,
    kind: Kind | None = None,
    unmatched: str = "raise",
    chunk_rows: int = CHUNK_ROWS,
    progress: RowProgress | None = None,
) -> JoinedRows:
    """Join a table of any number of rows to the oblasts, in bounded memory.

    Parameters
    ----------
    path : Path
        .csv, .tsv, .parquet or a folder of .parquet files.
    out : Path
        .csv or .parquet, written beside its place first.
    grouping : Grouping
    vintage : int
    on, crs, kind, unmatched
        As for `join`.
    axes : (str, str)
        Columns of coordinates.
    chunk_rows : int
    progress : RowProgress, optional

    Returns
    -------
    JoinedRows

    Raises
    ------
    InputError, CallError
        As `join` raises them; nothing is written then.
    """
    check_option("unmatched", unmatched, ("raise", "keep", "drop"))
    if out.suffix.lower() not in _OUTPUTS:
        known = " or ".join(_OUTPUTS)
        raise CallError(f"{out}: in chunks cannot write {out.suffix!r}, expected {known}")
    source = open_rows(path)
    if source.geometry is not None and out.suffix.lower() == ".csv":
        raise CallError(f"{out}: a geometry is not written as text, expected .parquet")
    x, y = axes
    asked = _Asked(source, grouping, vintage, _find_on(source, on, x, y, grouping), x, y, crs)
    by: _ByPoint | _ByName
    if asked.by_point:
        columns = "geometry" if source.geometry is not None else f"{x}, {y}"
        found, by = JoinedRows(f"point ({columns})"), _ByPoint(asked)
    else:
        names, audit = _names(asked, chunk_rows, kind)
        found, by = JoinedRows(f"code or name ({asked.on})"), _ByName(asked, names)
        found.notes = [*audit.reasons, *audit.settled]
        if unmatched == "raise" and audit.reasons:
            raise InputError("\n".join(f"{path}: {each}" for each in audit.reasons))

    def chunks() -> Iterator[pa.Table]:
        for chunk in source.chunks(source.columns, chunk_rows, verbatim=True):
            yield _joined(chunk, by, grouping, found, drop=unmatched == "drop")
            if progress is not None:
                progress.add(len(chunk))

    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        found.rows = _written(part, chunks(), _metadata(source))
        if unmatched == "raise":
            _check_unmatched(found, path)
        part.replace(out)
    except OSError as error:
        raise CallError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return found


def _metadata(source: RowSource) -> dict[bytes, bytes] | None:
    """What a GeoParquet file says of its geometry, which the joined one says too."""
    if source.geometry is None:
        return None
    import pyarrow.parquet as pq

    schema = pq.read_schema(source.parts[0].path)
    return {b"geo": schema.metadata[b"geo"]}
