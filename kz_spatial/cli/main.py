"""The command line: `kz-spatial run`, `check`, `audit` and `join`.

Exit codes: 0 done, 1 the data are at fault, 2 the call is. A fault is one line on standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial.cli.maps import add_density, add_language_options, add_plugin, choose_language
from kz_spatial.errors import CallError, InputError, KzSpatialError
from kz_spatial.options import RunOptions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["main"]

_TABLES = (".csv", ".parquet", ".dta", ".sav", ".gpkg", ".geojson")
_OUTPUTS = (".csv", ".parquet", ".gpkg", ".geojson")


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Turn ["k33=pay", "c7=out"] or ["1=almaty,2=astana"] into a mapping."""
    found = {}
    for part in (each for text in texts for each in text.split(",")):
        key, equals, value = part.partition("=")
        if not (equals and key.strip() and value.strip()):
            raise CallError(f"{option} {part!r}: expected KEY=VALUE")
        found[key.strip()] = value.strip()
    return found


def _step_lines(total: int) -> Callable[[str], None]:
    """A line for each step, for programs that show progress of their own."""
    number = [0]

    def step(name: str) -> None:
        number[0] += 1
        print(f"step {number[0]}/{total} {name}", file=sys.stderr, flush=True)

    return step


@contextmanager
def _progress(
    total: int, *, wanted: bool, lines: bool = False
) -> Iterator[Callable[[str], None] | None]:
    """A progress bar on a terminal; elsewhere nothing, or lines where they are asked for."""
    if lines:
        yield _step_lines(total)
        return
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("start", total=total)
        started = [False]

        def step(name: str) -> None:
            bar.update(task, description=name, advance=1 if started[0] else 0)
            started[0] = True

        yield step
        bar.update(task, completed=total)


def _reading(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "items": _pairs(args.item, "--item") or None,
        "region": args.region,
        "region_codes": _pairs(args.region_codes, "--region-codes") or None,
        "kind": args.kind,
    }


def _run(args: argparse.Namespace) -> int:
    if not (args.bandwidth_km > 0 and args.cell_km > 0):
        raise CallError("--bandwidth-km and --cell-km: expected kilometres above 0")
    if args.draws < 0:
        raise CallError(f"--draws {args.draws}: expected 0 or more")
    language = choose_language(args, quiet=True)
    from kz_spatial.output import ALL_STEPS, run

    options = RunOptions(
        coding=args.coding,
        weights=args.weights,
        language=language,
        seed=args.seed,
        permutations=args.permutations,
        draws=args.draws,
        n_clusters=args.clusters,
        bandwidth_m=1000 * args.bandwidth_km,
        cell_m=1000 * args.cell_km,
    )
    reading = {} if args.survey is None else _reading(args)
    with _progress(len(ALL_STEPS), wanted=args.progress, lines=args.progress_lines) as step:
        made = run(
            args.survey,
            out=args.out,
            options=options,
            overwrite=args.overwrite,
            progress=step,
            **reading,
        )
    for line in made.record["warnings"]:
        print(f"note: {line}", file=sys.stderr)
    print(f"{made.path}: {made.record['n_firms']} firms, {len(made.record['layers'])} layers")
    for name, what in (
        ("report.html", "read first"),
        ("map.html", "open in a browser"),
        ("kz_spatial.gpkg", "drag into QGIS"),
    ):
        print(f"  {Path(made.path) / name}  ({what})")
    return 0


def _check(args: argparse.Namespace) -> int:
    from kz_spatial.survey import check_survey

    found = check_survey(args.survey, **_reading(args))
    for line in found.faults:
        print(line, file=sys.stderr)
    print(f"{found.path}: {found.n_rows} rows, {len(found.faults)} faults")
    for line in found.notes:
        print(f"note: {line}")
    if found.attrition is not None:
        print(found.attrition.drop(columns="indicator").to_string())
    return 1 if found.faults else 0


def _audit(args: argparse.Namespace) -> int:
    from kz_spatial.output import write_audit

    language = choose_language(args)
    reading = {} if args.survey is None else _reading(args)
    found = write_audit(
        args.survey, out=args.out, overwrite=args.overwrite, language=language, **reading
    )
    numbers = found.numbers
    print(
        f"{args.out}: {len(numbers)} printed numbers, "
        f"{int(numbers['as_published_agrees'].sum())} agree as published, "
        f"{int(numbers['corrected_agrees'].sum())} corrected"
    )
    print(f"  {Path(args.out) / 'audit.html'}  (read first)")
    return 0


def _read_any(path: Path) -> pd.DataFrame:
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
    table = _read_any(source)
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
            oblasts(vintage=args.vintage),
            on=args.on,
            x=args.x,
            y=args.y,
            crs=args.crs,
            kind=args.kind,
            unmatched=args.unmatched,
        )
    except InputError as error:
        lines = (line.removeprefix("table: ") for line in str(error).splitlines())
        raise InputError("\n".join(f"{source}: {line}" for line in lines)) from error
    audit = join_audit(made)
    _write_any(made.reset_index(drop=True), out)
    print(
        f"{out}: {audit.rows} rows by {audit.method}: {audit.matched} matched, "
        f"{audit.region_only} composite only, {audit.totals} totals, {audit.outside} outside, "
        f"{audit.unmatched} unmatched, {audit.missing} missing"
    )
    for line in (*audit.reasons, *audit.settled):
        print(f"note: {line}", file=sys.stderr)
    return 0


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--item",
        action="append",
        default=[],
        metavar="ITEM=COLUMN",
        help="column that holds an item, where the names differ (k33=pay)",
    )
    parser.add_argument("--region", metavar="COLUMN", help="column that holds the region")
    parser.add_argument(
        "--region-codes",
        action="append",
        default=[],
        metavar="CODE=NAME,...",
        help="meaning of bare region codes (1=almaty,2=astana)",
    )
    parser.add_argument("--kind", choices=("city", "region"), help='what a bare "Almaty" means')


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import kz_spatial

        print(f"kz-spatial {kz_spatial.__version__}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of a failure")
    parser = argparse.ArgumentParser(
        prog="kz-spatial",
        description="Enterprise Survey microdata for Kazakhstan: maps, tables and inference.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        parents=[common],
        help="run the whole study and write a bundle",
        description="Run the whole study. Without SURVEY, on the twin.",
    )
    run.add_argument("survey", nargs="?", help=".dta, .sav, .csv or .parquet")
    run.add_argument("--out", required=True, help="folder to make")
    run.add_argument("--overwrite", action="store_true", help="replace a bundle of that name")
    run.add_argument("--coding", choices=("corrected", "as-published"), default="corrected")
    run.add_argument("--weights", metavar="COLUMN", help="survey weights; none by default")
    add_language_options(run)
    run.add_argument("--seed", type=int, default=RunOptions().seed)
    run.add_argument(
        "--permutations",
        type=int,
        default=RunOptions().permutations,
        help="Monte Carlo arrangements where enumeration is out of reach",
    )
    run.add_argument(
        "--draws",
        type=int,
        default=RunOptions().draws,
        help="times that firms are drawn again for intervals and stability; 0: never",
    )
    run.add_argument("--clusters", type=int, default=RunOptions().n_clusters, help="groups to form")
    run.add_argument("--bandwidth-km", type=float, default=RunOptions().bandwidth_m / 1000)
    run.add_argument("--cell-km", type=float, default=RunOptions().cell_m / 1000)
    run.add_argument("--no-progress", dest="progress", action="store_false")
    run.add_argument(
        "--progress-lines",
        action="store_true",
        help="one line per step, for programs that run this one",
    )
    _add_reading(run)
    run.set_defaults(do=_run)

    check = commands.add_parser("check", parents=[common], help="list every fault of a survey file")
    check.add_argument("survey")
    _add_reading(check)
    check.set_defaults(do=_check)

    audit = commands.add_parser(
        "audit",
        parents=[common],
        help="set the study's printed numbers beside recomputed ones",
        description="Set every printed number beside what the data give "
        "under both codings. Without SURVEY, on the twin.",
    )
    audit.add_argument("survey", nargs="?", help=".dta, .sav, .csv or .parquet")
    audit.add_argument("--out", required=True, help="folder to make")
    audit.add_argument("--overwrite", action="store_true", help="replace an audit of that name")
    add_language_options(audit)
    _add_reading(audit)
    audit.set_defaults(do=_audit)

    join = commands.add_parser(
        "join",
        parents=[common],
        help="add oblast and composite columns to any table",
        description="Add oblast_code, composite and join_status to a table, "
        "by code, by name in any spelling, or by coordinates.",
    )
    join.add_argument("table", help=", ".join(_TABLES))
    join.add_argument("--out", required=True, help=", ".join(_OUTPUTS))
    join.add_argument("--overwrite", action="store_true")
    join.add_argument("--on", metavar="COLUMN", help="column of codes or names")
    join.add_argument("--x", default="longitude")
    join.add_argument("--y", default="latitude")
    join.add_argument("--crs", default="EPSG:4326", help="reference system of the coordinates")
    join.add_argument("--kind", choices=("city", "region"), help='what a bare "Almaty" means')
    join.add_argument("--vintage", type=int, default=2022, help="year of the boundaries")
    join.add_argument("--unmatched", choices=("raise", "keep", "drop"), default="raise")
    join.set_defaults(do=_join)
    add_density(commands, common, _read_any)
    add_plugin(commands, common)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.do(args)
    except KzSpatialError as error:
        if args.debug:
            raise
        for line in str(error).splitlines():
            print(f"kz-spatial: {line}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("kz-spatial: stopped; nothing was written", file=sys.stderr)
        return 2
    except Exception as error:
        if args.debug:
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        print(
            f"kz-spatial: this should not have happened ({type(error).__name__}: {reason}); "
            "run again with --debug and report it",
            file=sys.stderr,
        )
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
