"""Options and small habits that several commands share."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial.errors import CallError, MissingWordsWarning

if TYPE_CHECKING:
    import argparse
    import os

__all__ = [
    "add_chunk_options",
    "add_design_options",
    "add_disclosure_options",
    "add_language_options",
    "add_pdf_option",
    "add_reading_options",
    "check_pdf",
    "choose_language",
    "choose_reading",
    "pairs",
    "print_files",
    "print_page",
    "show_progress",
]


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Turn ["k33=pay", "c7=out"] or ["1=almaty,2=astana"] into a mapping."""
    found = {}
    for part in (each for text in texts for each in text.split(",")):
        key, equals, value = part.partition("=")
        if not (equals and key.strip() and value.strip()):
            raise CallError(f"{option} {part!r}: expected KEY=VALUE")
        found[key.strip()] = value.strip()
    return found


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a survey file is read."""
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
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="rows to keep, by code or label: one wave of a stacked file (year=2024)",
    )


def _whole_rows(text: str) -> int:
    import argparse

    try:
        found = int(float(text))
    except (ValueError, OverflowError):
        found = 0
    if found < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number of rows of 1 or more")
    return found


def add_chunk_options(parser: argparse.ArgumentParser, *, dask: bool = True) -> None:
    """Add `--chunk-rows` and, where sums are made, `--dask`."""
    parser.add_argument(
        "--chunk-rows",
        type=_whole_rows,
        metavar="N",
        help="read .csv, .tsv, .parquet or a folder of .parquet files in chunks of this many rows; "
        "without it files of more than a million rows (Parquet) or 300 MB (text) are, in chunks of "
        "1,000,000",
    )
    if dask:
        parser.add_argument(
            "--dask",
            metavar="ADDRESS",
            help="sum on a Dask cluster, by its scheduler's address, or local for one of this "
            "machine (pip install kz-spatial[dask])",
        )


def choose_reading(args: argparse.Namespace) -> dict[str, Any]:
    """Keywords of `read_survey` that the options ask for."""
    return {
        "items": pairs(args.item, "--item") or None,
        "region": args.region,
        "region_codes": pairs(args.region_codes, "--region-codes") or None,
        "kind": args.kind,
        "where": pairs(args.where, "--where") or None,
    }


def add_design_options(parser: argparse.ArgumentParser) -> None:
    """Add `--design`."""
    parser.add_argument(
        "--design",
        metavar="FILE.toml",
        help="what the study asks, or the name of a shipped design; see kz-spatial design",
    )


def add_disclosure_options(parser: argparse.ArgumentParser) -> None:
    """Add `--disclosure`."""
    parser.add_argument(
        "--disclosure",
        choices=("survey", "open"),
        help="rules for what may be told of firms; without it the design's, else survey for files "
        "and open for the twin",
    )


def add_language_options(parser: argparse.ArgumentParser) -> None:
    """Add `--lang` and `--words`."""
    parser.add_argument(
        "--lang", default="en", metavar="CODE", help="language of what is written: en, ru, kk"
    )
    parser.add_argument(
        "--words",
        action="append",
        default=[],
        metavar="FILE.toml",
        help="a language of your own, for --lang to name; may be repeated",
    )


def add_pdf_option(parser: argparse.ArgumentParser) -> None:
    """Add `--pdf`; whoever asks for it where no browser is hears so before anything is computed."""
    parser.add_argument(
        "--pdf",
        action="store_true",
        help="print the report as PDF beside it; takes Chromium, Chrome or Edge",
    )


def print_page(args: argparse.Namespace, page: Path) -> None:
    """Print a page beside it where `--pdf` was given, and say where."""
    if args.pdf:
        from kz_spatial.output import print_report

        print(f"  {print_report(page)}  (print)")


def check_pdf(args: argparse.Namespace) -> None:
    """Raise CallError where `--pdf` was given and no browser prints."""
    if args.pdf:
        from kz_spatial.output import check_browser

        check_browser()


def choose_language(args: argparse.Namespace, *, quiet: bool = False) -> str:
    """Read the languages of `--words` and return that of `--lang`; say what they lack.

    Parameters
    ----------
    args : Namespace
    quiet : bool
        Whether something else says what they lack, as the record of a run does.

    Raises
    ------
    CallError, InputError
        When there is no such language, or a file has faults.
    """
    from kz_spatial._validate import check_option
    from kz_spatial.words import add_language, languages

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MissingWordsWarning)
        for path in args.words:
            add_language(path)
    for each in caught if not quiet else ():
        print(f"note: {each.message}", file=sys.stderr)
    check_option("--lang", args.lang, languages())
    return str(args.lang)


def _step_lines(total: int) -> Callable[[str], None]:
    """A line for each step, for programs that show progress of their own."""
    number = [0]

    def step(name: str) -> None:
        number[0] += 1
        print(f"step {number[0]}/{total} {name}", file=sys.stderr, flush=True)

    return step


def print_files(folder: str | os.PathLike[str]) -> None:
    """Say which files of a bundle to open, and with what."""
    for name, what in (
        ("report.html", "read first"),
        ("map.html", "open in a browser"),
        ("kz_spatial.qgz", "open in QGIS"),
        ("kz_spatial.gpkg", "drag into QGIS"),
    ):
        print(f"  {Path(folder) / name}  ({what})")


@contextmanager
def show_progress(
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
