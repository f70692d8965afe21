"""The command `join`, and tables of any kind in and out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial.cli.shared import add_design_options
from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    import argparse

    import pandas as pd

__all__ = ["add_join", "read_any"]

_TABLES = (".csv", ".parquet", ".dta", ".sav", ".gpkg", ".geojson")
_OUTPUTS = (".csv", ".parquet", ".gpkg", ".geojson")


def read_any(path: Path) -> pd.DataFrame:
    """A table of any kind, every row and column as it stands."""
    import pandas as pd

    suffix = path.suffix.lower()
    if suffix not in _TABLES:
        raise CallError(f"{path}: cannot read {suffix!r}, expected one of {', '.join(_TABLES)}")
    if not path.is_file():
        raise CallError(f"{path}: no such file")
    try:
        if suffix == ".csv":
            return pd.read_csv(
                path,
                dtype=str,
                keep_default_na=False,
                sep=None,
                engine="python",
                encoding="utf-8-sig",
            )
        if suffix == ".parquet":
            return pd.read_parquet(path)
        if suffix == ".dta":
            return pd.read_stata(path)
        if suffix == ".sav":
            return pd.read_spss(path)
        import geopandas as gpd

        frame = gpd.read_file(path)
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: cannot be read as {suffix} ({reason})") from error
    if frame.geometry.notna().any() and (frame.geom_type.dropna() == "Point").all():
        moved = frame.to_crs("EPSG:4326")
        return frame.assign(longitude=moved.geometry.x, latitude=moved.geometry.y)
    return frame


def _write_any(table: pd.DataFrame, path: Path) -> None:
    """Write beside the target first, so that nothing half-written stays."""
    suffix = path.suffix.lower()
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    table.attrs = {}
    try:
        if suffix == ".csv":
            table.to_csv(part, index=False)
        elif suffix == ".parquet":
            table.to_parquet(part)
        else:
            import geopandas as gpd

            shapes = (
                table
                if "geometry" in table
                else gpd.GeoDataFrame(
                    table,
                    geometry=gpd.points_from_xy(
                        table["longitude"].astype(float), table["latitude"].astype(float)
                    ),
                    crs="EPSG:4326",
                )
            )
            shapes.to_file(part, layer=path.stem)
        part.replace(path)
    except OSError as error:
        raise CallError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _join(args: argparse.Namespace) -> int:
    from kz_spatial.places import join, join_audit, oblasts

    source, out = Path(args.table), Path(args.out)
    if out.suffix.lower() not in _OUTPUTS:
        raise CallError(
            f"{out}: cannot write {out.suffix!r}, expected one of {', '.join(_OUTPUTS)}"
        )
    if out.exists() and not args.overwrite:
        raise CallError(f"{out}: exists already; --overwrite replaces it")
    from kz_spatial.design import load_design

    grouping = load_design(args.design).grouping
    vintage = args.vintage or grouping.vintage
    table = read_any(source)
    # rows as an editor counts them: a .csv begins its data in line 2
    table.index = range(first := 2 if source.suffix.lower() == ".csv" else 1, first + len(table))
    if out.suffix.lower() in (".gpkg", ".geojson") and not (
        "geometry" in table or {args.x, args.y} <= set(table.columns)
    ):
        raise CallError(
            f"{out}: a map file needs points, and {source} has no {args.x} and {args.y}"
        )
    try:
        made = join(
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
        lines = (line.removeprefix("table: ") for line in str(error).splitlines())
        raise InputError("\n".join(f"{source}: {line}" for line in lines)) from error
    audit = join_audit(made)
    _write_any(made.reset_index(drop=True), out)
    print(
        f"{out}: {audit.rows} rows by {audit.method}: {audit.matched} matched, "
        f"{audit.region_only} {grouping.name} only, {audit.totals} totals, "
        f"{audit.outside} outside, {audit.unmatched} unmatched, {audit.missing} missing"
    )
    for line in (*audit.reasons, *audit.settled):
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
    add_design_options(parser)
    parser.set_defaults(do=_join)
