"""The commands `density` and `plugin` of the command line."""

from __future__ import annotations

import sys
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial.cli.shared import (
    add_chunk_options,
    add_disclosure_options,
    add_language_options,
    choose_language,
)
from kz_spatial.cli.tables import in_chunks, note_kinds, read_any, renamed
from kz_spatial.errors import CallError, CoordinatesWarning, InputError

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from kz_spatial.design import DisclosureRules
    from kz_spatial.surfaces import DensitySurface

__all__ = ["add_density", "add_plugin"]

_RASTERS = (".tif", ".tiff")


def _numbers(table: pd.DataFrame, columns: list[str], source: Path) -> pd.DataFrame:
    """Turn columns of text into numbers; empty cells become missing.

    Raises
    ------
    InputError
        When a column is absent or a cell holds anything else.
    """
    import pandas as pd

    faults, made = [], table.copy()
    for column in columns:
        if column not in made:
            faults.append(f"{source}: no column {column!r}, found {', '.join(map(str, table))}")
            continue
        text = made[column].replace("", None)
        made[column] = pd.to_numeric(text, errors="coerce")
        if (made[column].isna() & text.notna()).any():  # decimal commas
            plain = text.astype("string").str.replace(",", ".", regex=False)
            made[column] = pd.to_numeric(plain, errors="coerce").astype(float)
        wrong = made[column].isna() & text.notna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            faults.append(
                f"{source}: row {table.index[row]}, column {column}: found {text.iloc[row]!r}, "
                "expected a number"
            )
    if faults:
        raise InputError("\n".join(faults))
    return made


def _surface(
    points: pd.DataFrame, args: argparse.Namespace, rules: DisclosureRules
) -> DensitySurface:
    """The surface of points, or by guarded rules of groups that tell of none of them."""
    from kz_spatial.places import oblasts
    from kz_spatial.protection import grouped_points
    from kz_spatial.surfaces import density

    size: dict[str, Any] = {
        "kernel": args.kernel,
        "bandwidth": args.bandwidth,
        "bandwidth_m": None if args.bandwidth_km is None else 1000 * args.bandwidth_km,
        "cell_m": 1000 * args.cell_km,
        "mask": oblasts() if args.clip else None,
    }
    asked = {"value": args.value, "weights": args.weights}
    where = {"x": args.x, "y": args.y, "crs": args.crs}
    if not rules.guarded:
        return density(points, **asked, **where, **size)
    groups, how = grouped_points(points, rules, **asked, **where, cell_m=size["cell_m"])
    made = density(groups, **how["points" if args.value is None else "value"], **size)
    if args.value is None:
        return made
    return replace(made, value=args.value, unit=f"mean of {args.value}")


def _write(
    surface: DensitySurface, out: Path, rules: DisclosureRules, language: str, name: str
) -> str:
    """Write a surface with its style beside its target first; return the rules in words."""
    from kz_spatial.output import Terms, full_disk_told, rules_line, write_surface

    notice = rules_line(rules, language)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".kz-", dir=out.parent) as place:
            part = Path(place) / out.name
            with full_disk_told(Path(place)):
                terms = Terms.of_paper(language)
                write_surface(surface, part, terms=terms, notice=notice, name=name)
            for made in sorted(Path(place).iterdir()):
                made.replace(out.parent / made.name)
    except OSError as error:
        raise CallError(f"{out}: cannot be written: {error.strerror or error}") from error
    return notice


def _density_in_chunks(args: argparse.Namespace, source: Path, out: Path, language: str) -> int:
    """The density of a file of any number of rows; by open rules."""
    from kz_spatial.design import OPEN, PROFILES, SURVEY
    from kz_spatial.streams import CHUNK_ROWS, RowProgress, bin_rows, open_rows

    rules = PROFILES[args.disclosure or SURVEY.profile]
    if rules.guarded:
        raise CallError(
            f"{source}: by the rules {rules.profile!r} points are gathered into safe groups, which "
            f"takes all of them at once; in chunks expected --disclosure {OPEN.profile}, for "
            "points that are public"
        )
    if not args.clip:
        raise CallError("--no-clip: in chunks expected the border of Kazakhstan as the extent")
    found = bin_rows(
        source,
        value=args.value,
        weights=args.weights,
        kernel=args.kernel,
        bandwidth=args.bandwidth if args.bandwidth_km is None else 1000 * args.bandwidth_km,
        cell_m=1000 * args.cell_km,
        axes=(args.x, args.y),
        crs=args.crs,
        chunk_rows=args.chunk_rows or CHUNK_ROWS,
        progress=RowProgress(open_rows(source).n_rows, wanted=True),
    )
    surface = found.surface
    notice = _write(surface, out, rules, language, args.name or source.stem)
    note_kinds(found.kinds, source)
    _say_surface(surface, out, notice, found.rows)
    return 0


def _say_surface(surface: DensitySurface, out: Path, notice: str, rows: int) -> None:
    """What was made of how many rows."""
    print(
        f"{out}: {surface.n_points} points, bandwidth {surface.bandwidth_m / 1000:.4g} km, "
        f"cells of {surface.cell_m / 1000:.4g} km, {surface.unit}"
    )
    print(f"  {notice}")
    if left := rows - surface.n_points:
        print(
            f"note: {left} of {rows} rows have no place or value and are left out", file=sys.stderr
        )


def _density(args: argparse.Namespace) -> int:
    source, out = Path(args.points), Path(args.out)
    if out.suffix.lower() not in _RASTERS:
        known = ", ".join(_RASTERS)
        raise CallError(f"{out}: cannot write {out.suffix!r}, expected one of {known}")
    if out.exists() and not args.overwrite:
        raise CallError(f"{out}: exists already; --overwrite replaces it")
    language = choose_language(args)
    if in_chunks(args, source):
        return _density_in_chunks(args, source, out, language)
    read = read_any(source)
    table = read.frame
    from kz_spatial.design import PROFILES, SURVEY
    from kz_spatial.places import locate, stray_notes, text_notes

    columns = [each for each in dict.fromkeys((args.value, args.weights)) if each]
    points = _numbers(table, columns, source)
    rules = PROFILES[args.disclosure or SURVEY.profile]
    try:
        located = locate(points, x=args.x, y=args.y, crs=args.crs)
        read.check_once(source, [*columns, *located.columns])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoordinatesWarning)  # the notes have it all
            surface = _surface(points, args, rules)
    except InputError as error:
        raise renamed(error, source) from error
    notice = _write(surface, out, rules, language, args.name or source.stem)
    names = [str(each) for each in table.index]
    strays = stray_notes(located, names.__getitem__) + text_notes(located, names.__getitem__)
    for line in (*read.notes, *strays):
        print(f"note: {source}: {line}", file=sys.stderr)
    _say_surface(surface, out, notice, len(table))
    return 0


def add_density(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial density`."""
    parser = commands.add_parser(
        "density",
        parents=[common],
        help="draw the density of points as a styled GeoTIFF",
        description="Kernel density of points per 1000 km², or the smoothed mean of a "
        "column, as a Cloud-Optimised GeoTIFF with a QGIS style beside it.",
    )
    parser.add_argument("points", help="table with coordinates, or a point layer")
    parser.add_argument("--out", required=True, help=", ".join(_RASTERS))
    parser.add_argument("--overwrite", action="store_true")
    parser.add_argument("--value", metavar="COLUMN", help="column to smooth; density without it")
    parser.add_argument("--weights", metavar="COLUMN", help="column of weights")
    parser.add_argument("--name", help="what the points are called; the file's name without")
    parser.add_argument("--bandwidth-km", type=float, help="kernel deviation; Scott's rule without")
    parser.add_argument(
        "--bandwidth",
        choices=("scott", "silverman", "least-squares", "likelihood", "adaptive"),
        help="rule for the bandwidth; adaptive: by place, about --bandwidth-km or Scott's",
    )
    parser.add_argument(
        "--kernel",
        choices=("gaussian", "quartic", "epanechnikov", "triweight", "uniform"),
        default="gaussian",
    )
    parser.add_argument("--cell-km", type=float, default=5.0)
    parser.add_argument("--x", default="longitude")
    parser.add_argument("--y", default="latitude")
    parser.add_argument("--crs", default="EPSG:4326", help="reference system of the coordinates")
    parser.add_argument(
        "--no-clip", dest="clip", action="store_false", help="go on beyond the border of Kazakhstan"
    )
    add_chunk_options(parser, dask=False)
    add_disclosure_options(parser)
    add_language_options(parser)
    parser.set_defaults(do=_density)


def _plugin(args: argparse.Namespace) -> int:
    from kz_spatial.output import build_plugin, install_plugin

    if args.out is not None:
        built = build_plugin(args.out, overwrite=args.overwrite)
        print(
            f"{built.path}: {built.n_files} files, {built.size_bytes / 1000:.0f} kB; in QGIS: "
            "Plugins > Manage and Install Plugins > Install from ZIP"
        )
        return 0
    for built in install_plugin(profile=args.profile):
        print(f"{built.path}: {built.n_files} files; start QGIS again to see it")
    return 0


def add_plugin(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial plugin`."""
    parser = commands.add_parser(
        "plugin", parents=[common], help="build or install the QGIS plugin"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="ZIP", help="write the plugin as a zip")
    where.add_argument("--install", action="store_true", help="put it into your QGIS profile")
    parser.add_argument("--overwrite", action="store_true", help="replace a zip of that name")
    parser.add_argument("--profile", default="default", help="name of the QGIS profile")
    parser.set_defaults(do=_plugin)
