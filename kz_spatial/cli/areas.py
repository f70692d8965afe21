"""The command `areas` of the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kz_spatial.cli.shared import (
    add_language_options,
    add_pdf_option,
    check_pdf,
    choose_language,
    pairs,
    print_files,
    print_page,
    show_progress,
)
from kz_spatial.options import CLASSES, NEIGHBOURS

if TYPE_CHECKING:
    import argparse

__all__ = ["add_areas"]


def _areas(args: argparse.Namespace) -> int:
    language = choose_language(args, quiet=True)
    check_pdf(args)
    from kz_spatial.output import ALL_AREA_STEPS, run_areas
    from kz_spatial.study import AreaOptions

    options = AreaOptions(
        language=language,
        n_clusters=args.clusters,
        most_clusters=args.most_clusters,
        permutations=args.permutations,
        seed=args.seed,
        beside=args.beside or "",
        floor=args.floor,
        ceiling=args.ceiling,
        floor_by=args.floor_by or "",
        draws=args.draws,
        neighbours=args.neighbours,
        classes=args.classes,
        n_classes=args.n_classes,
    )
    with show_progress(
        len(ALL_AREA_STEPS), wanted=args.progress, lines=args.progress_lines
    ) as progress:
        made = run_areas(
            args.table,
            out=args.out,
            overwrite=args.overwrite,
            options=options,
            progress=progress,
            sheet=args.sheet,
            header=args.header,
            unit_column=args.unit_column,
            year=args.year,
            columns=args.columns,
            population=args.population,
            counts=args.counts,
            rates=args.rates,
            decimal=args.decimal,
            kind=args.kind,
            unmatched=args.unmatched,
            boundaries=args.boundaries,
            unit_code=args.unit_code,
            errors=pairs(args.errors, "--errors") or None,
            matrix=args.matrix,
        )
    record = made.record
    for line in record["warnings"]:
        print(f"note: {line}", file=sys.stderr)
    for line in record["left_out"]:
        print(f"left out: {line}", file=sys.stderr)
    for what, why in record["inapplicable"].items():
        print(f"not to be had: {what}: {why}", file=sys.stderr)
    years = sorted({year for each in record["columns"].values() for year in each["years"]})
    span = f", {years[0]} to {years[-1]}" if years else ""
    print(f"{made.path}: {len(record['columns'])} columns{span}")
    print_files(made.path)
    print_page(args, made.path / "report.html")
    return 0


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what can be told instead of found."""
    parser.add_argument("--sheet", help="sheet of a workbook, or layer")
    parser.add_argument("--header", metavar="ROWS", help="rows of the heading, as 4 or 4-5")
    parser.add_argument("--unit-column", metavar="COLUMN", help="its heading or letter")
    parser.add_argument("--year", help="column of years, or one year to keep")
    for option, told in (
        ("--columns", "a column to keep, by its heading; may be repeated"),
        ("--counts", "a column whose numbers add up over units; may be repeated"),
        ("--rates", "a column whose numbers are averaged; may be repeated"),
    ):
        parser.add_argument(option, action="append", default=[], metavar="COLUMN", help=told)
    parser.add_argument(
        "--population", metavar="COLUMN", help="people, by which rates of joined units are averaged"
    )
    parser.add_argument(
        "--errors",
        action="append",
        default=[],
        metavar="COLUMN=ERRORS",
        help="column that holds the standard errors of another; may be repeated",
    )
    parser.add_argument(
        "--decimal",
        choices=("comma", "point"),
        default="",
        help="decimal sign of numbers in text, where the table leaves it open",
    )
    parser.add_argument("--kind", choices=("city", "region"), help='what a bare "Almaty" means')
    parser.add_argument(
        "--unmatched",
        choices=("raise", "drop"),
        default="raise",
        help="rows of numbers that name no unit: refuse them, or leave them out and say so",
    )
    parser.add_argument("--boundaries", metavar="FILE", help="polygons in the oblasts' place")
    parser.add_argument("--unit-code", metavar="COLUMN", help="column that names each polygon")


def add_areas(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial areas`."""
    parser = commands.add_parser(
        "areas",
        parents=[common],
        help="a table of oblasts: patterns, groups, maps, layers",
        description="Read a table with a row per oblast, or per oblast and year, such as a "
        "bulletin's spreadsheet, and write a bundle: layers for QGIS, a web map, a report, tables "
        "and figures. Sheet, heading, units, numbers and years are found, and what was assumed is "
        "said.",
    )
    parser.add_argument("table", help=".xlsx .xls .ods .csv .tsv .parquet .dta .sav .gpkg")
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument("--overwrite", action="store_true", help="replace a bundle of that name")
    _add_reading(parser)
    parser.add_argument("--clusters", type=int, default=3, help="groups that maps show first")
    parser.add_argument(
        "--k", dest="most_clusters", type=int, default=5, help="groups are formed for 2 to this"
    )
    parser.add_argument(
        "--neighbours",
        choices=NEIGHBOURS,
        default=NEIGHBOURS[0],
        help="who is whose neighbour in tests of pattern; contiguous groups always go by borders",
    )
    parser.add_argument(
        "--classes",
        choices=CLASSES,
        default=CLASSES[0],
        help="how classes of numbers are made; rounded: quantiles with limits of few digits",
    )
    parser.add_argument("--n-classes", type=int, default=5, help="classes of a number, at most")
    parser.add_argument(
        "--matrix",
        metavar="FILE.csv",
        help="travel times or distances between units, by code, in the neighbours' place",
    )
    parser.add_argument("--floor", type=float, default=0, help="least of a group, in units")
    parser.add_argument("--ceiling", type=float, help="most of a group, in units")
    parser.add_argument(
        "--floor-by", metavar="COLUMN", help="what the bounds are for instead, such as people"
    )
    parser.add_argument(
        "--draws", type=int, default=500, help="times that values are drawn again by their errors"
    )
    parser.add_argument(
        "--beside", metavar="COLUMN", help="set the other columns beside this one next door"
    )
    parser.add_argument("--permutations", type=int, default=9999)
    parser.add_argument("--seed", type=int, default=20240)
    parser.add_argument("--no-progress", dest="progress", action="store_false")
    parser.add_argument("--progress-lines", action="store_true", help="a line for each step")
    add_language_options(parser)
    add_pdf_option(parser)
    parser.set_defaults(do=_areas)
