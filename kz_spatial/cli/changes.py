"""The command `compare` of the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial.cli.shared import (
    add_language_options,
    add_pdf_option,
    check_pdf,
    choose_language,
    print_files,
    print_page,
)
from kz_spatial.errors import CallError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_compare"]


def _told(key: str) -> str:
    """A class as a line shows it: "rise (better)"."""
    what, comma, meaning = key.partition(", ")
    return f"{what} ({meaning})" if comma else what


def _compare(args: argparse.Namespace) -> int:
    language = choose_language(args, quiet=True)
    check_pdf(args)
    if Path(args.out).resolve() in (Path(args.first).resolve(), Path(args.second).resolve()):
        raise CallError(f"{args.out}: is one of the bundles to compare, expected another folder")
    from kz_spatial.output import write_change
    from kz_spatial.study import compare_bundles

    change = compare_bundles(args.first, args.second)
    made = write_change(change, args.out, overwrite=args.overwrite, language=language)
    for line in (*made.record["left_out"], *made.record["warnings"]):
        print(f"note: {line}", file=sys.stderr)
    counts = made.record["changes"]
    print(f"{made.path}: {len(counts)} indicators, {len(change.design.grouping.codes)} regions")
    for name, found in counts.items():
        print(f"  {name}: {', '.join(f'{n} {_told(key)}' for key, n in found.items())}")
    print_files(made.path)
    print_page(args, made.path / "report.html")
    return 0


def add_compare(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial compare`."""
    parser = commands.add_parser(
        "compare",
        parents=[common],
        help="say what changed between two bundles",
        description="Differences between two bundles of the same regions, as of two waves of a "
        "survey, with intervals: a layer, a map, a report, a table and a figure.",
    )
    parser.add_argument("first", help="folder of the earlier bundle")
    parser.add_argument("second", help="folder of the later bundle")
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a bundle or comparison of that name"
    )
    add_language_options(parser)
    add_pdf_option(parser)
    parser.set_defaults(do=_compare)
