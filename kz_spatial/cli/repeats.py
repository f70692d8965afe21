"""`kz-spatial run --from run.json`: a run repeated from its record."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from kz_spatial.errors import CallError

if TYPE_CHECKING:
    import os

    from kz_spatial.output import RecordedRun

__all__ = ["add_repeat_options", "dated_as", "say_whether_same", "take_record"]

# what the record says, so that the line may not
_RECORDED: Final = (
    *("design", "coding", "weights", "disclosure", "lang", "seed", "permutations", "draws"),
    *("parts", "clusters", "bandwidth_km", "cell_km", "chunk_rows"),
    *("item", "region", "region_codes", "kind", "where"),
)


def add_repeat_options(parser: argparse.ArgumentParser) -> None:
    """Add `--from` and `--other-file`."""
    parser.add_argument(
        "--from",
        dest="record",
        metavar="run.json",
        help="repeat the run that this record, or its folder, tells of: its options, design, "
        "columns and date; SURVEY must be the same file, and nothing where it was the twin",
    )
    parser.add_argument(
        "--other-file",
        action="store_true",
        help="with --from: take SURVEY though its checksum is not that of the record",
    )
    parser.set_defaults(usual={name: parser.get_default(name) for name in _RECORDED})


def take_record(args: argparse.Namespace) -> RecordedRun | None:
    """The record that `--from` names, its file checked; None without `--from`.

    Raises
    ------
    CallError, InputError
        When options stand beside it that it holds, the file is another, or it is no record.
    """
    if args.record is None:
        if args.other_file:
            raise CallError("--other-file: expected --from run.json beside it")
        return None
    beside = [name for name, usual in args.usual.items() if getattr(args, name) != usual]
    if beside:
        raise CallError(
            f"--from {args.record}: found --{beside[0].replace('_', '-')} beside it, expected that "
            "to be as the record says"
        )
    from kz_spatial.output import read_run
    from kz_spatial.study import own_layers

    found = read_run(args.record)
    if told := found.check_source(args.survey, other=args.other_file):
        print(f"note: {told}", file=sys.stderr)
    lacking = [name for name in found.own if name not in {each.name for each in own_layers()}]
    if lacking:
        raise CallError(
            f"{found.path}: has a layer {lacking[0]!r} of one's own, expected --extend with the "
            "file that registers it"
        )
    return found


@contextmanager
def dated_as(found: RecordedRun | None) -> Iterator[None]:
    """Let what is written bear the record's date, which a repetition does not change."""
    if found is None:
        yield
        return
    from kz_spatial.output import dated

    with dated(found.written):
        yield


def say_whether_same(found: RecordedRun | None, folder: str | os.PathLike[str]) -> None:
    """Say how many files of a repeated run are those of the record."""
    if found is None:
        return
    others = found.differing(folder)
    n = len(found.files)
    print(f"  {n - len(others)} of {n} files are, byte for byte, those of {found.path}")
    if others:
        print(f"  other than recorded: {', '.join(others)}")
