"""The command `join`, and tables of any kind in and out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial._validate import printable
from kz_spatial.cli.shared import add_chunk_options, add_design_options
from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from kz_spatial.streams import Seen

__all__ = ["AnyTable", "add_join", "in_chunks", "note_kinds", "read_any", "renamed"]

_LAYERS = (".gpkg", ".geojson")
_TABLES = (".csv", ".tsv", ".xlsx", ".parquet", ".dta", ".sav", ".zip", *_LAYERS)
_ROWS_AT_ONCE = 10_000
_OUTPUTS = (".csv", ".parquet", *_LAYERS)


@dataclass(frozen=True, slots=True, eq=False)
class AnyTable:
    """A table of any kind, every row and column as it stands.

    Attributes
    ----------
    frame : DataFrame
        Text of text files, labels where a file has them; a GeoDataFrame where it has a geometry.
        The index names rows as an editor counts them.
    notes : list of str
        What was assumed.
    repeated : list of str
        Names that the header has more than once; all but the first were numbered.
    """

    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def check_once(self, source: Path, columns: Iterable[str | None]) -> None:
        """Refuse to use a column whose name stands in the header more than once."""
        for each in columns:
            if each in self.repeated:
                raise InputError(f"{source}: row 1: found column {each!r} twice, expected once")


def _labelled(frame: pd.DataFrame, labels: dict[str, dict[Any, str]]) -> pd.DataFrame:
    """Codes as their labels, where a file has them."""
    for name, named in labels.items():
        if name in frame and frame[name].isin(list(named)).any():
            column = frame[name].astype(object)
            shown = column.map(lambda each, named=named: named.get(each, each))
            frame[name] = shown.where(column.isin(list(named)) | column.isna(), shown.map(_plain))
    return frame


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def read_any(path: Path) -> AnyTable:
    """Read a table or a layer.

    Parameters
    ----------
    path : Path

    Returns
    -------
    AnyTable

    Raises
    ------
    InputError, CallError
        When it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("id;name", "01;Абай", sep=chr(10), file=stream)
    >>> read_any(Path(stream.name)).frame.iloc[0].tolist()
    ['01', 'Абай']
    """
    suffix = path.suffix.lower()
    if suffix not in _TABLES:
        raise CallError(f"{path}: cannot read {suffix!r}, expected one of {', '.join(_TABLES)}")
    if suffix not in _LAYERS:
        from kz_spatial.survey import read_table

        made = read_table(path, verbatim=True)
        return AnyTable(_labelled(made.frame, made.labels), made.notes, made.repeated)
    return AnyTable(_read_layer(path))


def _read_layer(path: Path) -> pd.DataFrame:
    import geopandas as gpd

    try:
        path.open("rb").close()
    except FileNotFoundError as error:
        raise CallError(f"{path}: no such file") from error
    except OSError as error:
        raise CallError(f"{path}: cannot be opened: {error.strerror or error}") from error
    try:
        frame = gpd.read_file(path)
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: cannot be read as {path.suffix.lower()} ({reason})") from error
    return frame.set_axis(range(1, len(frame) + 1), axis=0)


def _writable(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose columns hold cells of one type each, as files other than text need it."""
    for name in table.columns:
        if table[name].dtype == object:
            kinds = {type(each) for each in table[name].dropna()}
            if len(kinds) > 1:
                table[name] = table[name].map(_plain, na_action="ignore")
    return table


def _write_any(table: pd.DataFrame, path: Path, x: str, y: str, crs: str) -> None:
    """Write beside the target first, so that nothing half-written stays."""
    suffix = path.suffix.lower()
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    table.attrs = {}
    from kz_spatial.output import full_disk_told

    try:
        with full_disk_told(path.parent):
            if suffix == ".csv":
                # pandas would write ten thousand columns ten rows at a time
                table.to_csv(part, index=False, chunksize=_ROWS_AT_ONCE)
            elif suffix == ".parquet":
                _writable(table).to_parquet(part)
            else:
                _as_layer(_writable(table), x, y, crs).to_file(part, layer=path.stem)
        part.replace(path)
    except OSError as error:
        raise CallError(f"{path}: cannot be written: {error.strerror or error}") from error
    except UnicodeEncodeError as error:
        told = f"{printable(path)}: is no text in UTF-8, expected a name that is"
        raise CallError(told) from error
    finally:
        part.unlink(missing_ok=True)


def _as_layer(table: pd.DataFrame, x: str, y: str, crs: str) -> Any:
    """A table as a layer: by its geometry, else by its coordinates; without a place, no shape."""
    import geopandas as gpd

    if isinstance(table, gpd.GeoDataFrame):
        return table
    from kz_spatial.places import locate

    located = locate(table, x=x, y=y, crs=crs, what="table")
    shapes = gpd.points_from_xy(located.x, located.y, crs=crs).to_crs("EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=shapes)


def renamed(error: InputError, source: Path) -> InputError:
    """A fault of a table or of points, under the name of the file that holds them.

    Examples
    --------
    >>> str(renamed(InputError("table: row 3: found 'x'"), Path("t.csv")))
    "t.csv: row 3: found 'x'"
    """
    told = (
        line.removeprefix("table: ").removeprefix("points: ") for line in str(error).splitlines()
    )
    return InputError("\n".join(f"{source}: {line}" for line in told))


def in_chunks(args: argparse.Namespace, source: Path) -> bool:
    """Whether a table is read in chunks: where that is asked for, or it is large."""
    from kz_spatial.streams import is_large

    return args.chunk_rows is not None or is_large(source)


def note_kinds(kinds: Mapping[str, Seen], source: Path) -> None:
    """Say which rows have coordinates that are no place in the country."""
    for kind, each in kinds.items():
        if kind != "nothing":
            told = f"{each.where}: found a point that is no place in Kazakhstan ({kind}; first: "
            print(f"note: {source}: {told}{each.example})", file=sys.stderr)


def _join_in_chunks(args: argparse.Namespace, source: Path, out: Path) -> int:
    from kz_spatial.design import load_design
    from kz_spatial.streams import CHUNK_ROWS, RowProgress, join_rows, open_rows

    grouping = load_design(args.design).grouping
    found = join_rows(
        source,
        out,
        grouping=grouping,
        vintage=args.vintage or grouping.vintage,
        on=args.on,
        axes=(args.x, args.y),
        crs=args.crs,
        kind=args.kind,
        unmatched=args.unmatched,
        chunk_rows=args.chunk_rows or CHUNK_ROWS,
        progress=RowProgress(open_rows(source).n_rows, wanted=True),
    )
    told = {**found.counts, f"{grouping.name} only": found.counts["region_only"]}
    parts = ("matched", f"{grouping.name} only", "totals", "outside", "unmatched", "missing")
    counts = ", ".join(f"{told[each]} {each}" for each in parts)
    print(f"{out}: {sum(found.counts.values())} rows by {found.method}: {counts}")
    for line in found.notes:
        print(f"note: {line}", file=sys.stderr)
    note_kinds(found.kinds, source)
    return 0


def _join(args: argparse.Namespace) -> int:
    from kz_spatial.places import join, join_audit, oblasts

    source, out = Path(args.table), Path(args.out)
    if out.suffix.lower() not in _OUTPUTS:
        raise CallError(
            f"{out}: cannot write {out.suffix!r}, expected one of {', '.join(_OUTPUTS)}"
        )
    if out.exists() and not args.overwrite:
        raise CallError(f"{out}: exists already; --overwrite replaces it")
    if in_chunks(args, source):
        return _join_in_chunks(args, source, out)
    from kz_spatial.design import load_design

    grouping = load_design(args.design).grouping
    vintage = args.vintage or grouping.vintage
    made = read_any(source)
    table = made.frame
    if out.suffix.lower() in (".gpkg", ".geojson") and not (
        hasattr(table, "to_crs") or {args.x, args.y} <= set(table.columns)
    ):
        raise CallError(
            f"{out}: a map file needs points, and {source} has no {args.x} and {args.y}"
        )
    try:
        joined = join(
            table,
            oblasts(vintage=vintage, grouping=grouping),
            on=args.on,
            x=args.x,
            y=args.y,
            crs=args.crs,
            kind=args.kind,
            unmatched=args.unmatched,
            grouping=grouping,
        )
    except InputError as error:
        raise renamed(error, source) from error
    audit = join_audit(joined)
    made.check_once(source, audit.columns)
    _write_any(joined.reset_index(drop=True), out, args.x, args.y, args.crs)
    print(
        f"{out}: {audit.rows} rows by {audit.method}: {audit.matched} matched, "
        f"{audit.region_only} {grouping.name} only, {audit.totals} totals, "
        f"{audit.outside} outside, {audit.unmatched} unmatched, {audit.missing} missing"
    )
    read = (f"{source}: {line}" for line in made.notes)
    for line in (*read, *audit.reasons, *audit.settled, *audit.notes):
        print(f"note: {line}", file=sys.stderr)
    return 0


def add_join(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial join`."""
    parser = commands.add_parser(
        "join",
        parents=[common],
        help="add the oblast and region of each row to any table",
        description="Add oblast_code, the region (composite, or the design's own) and join_status "
        "to a table, by code, by name in any spelling, or by coordinates.",
    )
    parser.add_argument("table", help=", ".join(_TABLES))
    parser.add_argument("--out", required=True, help=", ".join(_OUTPUTS))
    parser.add_argument("--overwrite", action="store_true")
    parser.add_argument("--on", metavar="COLUMN", help="column of codes or names")
    parser.add_argument("--x", default="longitude")
    parser.add_argument("--y", default="latitude")
    parser.add_argument("--crs", default="EPSG:4326", help="reference system of the coordinates")
    parser.add_argument("--kind", choices=("city", "region"), help='what a bare "Almaty" means')
    parser.add_argument("--vintage", type=int, help="year of the boundaries; the design's without")
    parser.add_argument("--unmatched", choices=("raise", "keep", "drop"), default="raise")
    add_chunk_options(parser, dask=False)
    add_design_options(parser)
    parser.set_defaults(do=_join)
