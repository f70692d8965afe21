"""The commands `run`, `check`, `audit` and `design`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial.cli.repeats import add_repeat_options, dated_as, say_whether_same, take_record
from kz_spatial.cli.shared import (
    add_chunk_options,
    add_design_options,
    add_disclosure_options,
    add_language_options,
    add_pdf_option,
    add_reading_options,
    check_pdf,
    choose_language,
    choose_reading,
    print_files,
    print_page,
    show_progress,
)
from kz_spatial.errors import CallError, DesignError
from kz_spatial.options import MORE_PARTS, PARTS, RunOptions

if TYPE_CHECKING:
    from kz_spatial.output import Bundle, RecordedRun

__all__ = ["add_audit", "add_check", "add_design", "add_run"]

_SURVEYS = ".dta, .sav, .csv, .tsv, .xlsx or .parquet"


def _options(args: argparse.Namespace, language: str) -> RunOptions:
    if not (args.bandwidth_km > 0 and args.cell_km > 0):
        raise CallError("--bandwidth-km and --cell-km: expected kilometres above 0")
    if args.draws < 0:
        raise CallError(f"--draws {args.draws}: expected 0 or more")
    return RunOptions(
        coding=args.coding,
        weights=None if args.weights == "none" else args.weights,
        language=language,
        seed=args.seed,
        permutations=args.permutations,
        draws=args.draws,
        n_clusters=args.clusters,
        parts=args.parts,
        disclosure=args.disclosure,
        bandwidth_m=1000 * args.bandwidth_km,
        cell_m=1000 * args.cell_km,
    )


def _parts(text: str) -> tuple[str, ...]:
    """Parts of a run, from names set apart by commas."""
    sets = {"core": (), "default": PARTS, "all": (*PARTS, *MORE_PARTS)}
    named = [part for each in text.split(",") for part in sets.get(each.strip(), (each.strip(),))]
    known = (*PARTS, *MORE_PARTS)
    if strange := [each for each in named if each not in known]:
        raise argparse.ArgumentTypeError(
            f"found {strange[0]!r}, expected core, default, all or some of {', '.join(known)}"
        )
    return tuple(each for each in known if each in named)


def _say_made(made: Bundle) -> None:
    """What is to be noted of a bundle, and where to begin."""
    for line in made.record["warnings"]:
        print(f"note: {line}", file=sys.stderr)
    weights = made.record["options"]["weights"] or "none"
    print(
        f"{made.path}: {made.record['n_firms']} firms, {len(made.record['layers'])} layers, "
        f"weights: {weights}"
    )
    print_files(made.path)


def _in_chunks(args: argparse.Namespace, recorded: RecordedRun | None) -> bool:
    """Whether a file is read in chunks: where that is asked for, or it is large."""
    if recorded is not None:
        return recorded.chunk_rows is not None
    if args.chunk_rows is not None or args.dask is not None:
        if args.survey is None:
            raise CallError("--chunk-rows and --dask: expected a file; the twin is small")
        return True
    from kz_spatial.streams import is_large

    return args.survey is not None and is_large(Path(args.survey))


def _run_in_chunks(
    args: argparse.Namespace, options: RunOptions, recorded: RecordedRun | None
) -> Bundle:
    """The study of a file that need not fit into memory, as a bundle."""
    if args.extend:
        raise CallError("--extend: layers of one's own ask for firms, which chunks do not keep")
    from kz_spatial.output import ALL_STEPS, check_target, write_bundle
    from kz_spatial.streams import CHUNK_ROWS, STREAM_STEPS, RowProgress, stream_study
    from kz_spatial.study import STEPS

    check_target(Path(args.out), overwrite=args.overwrite)
    n_steps = len(STREAM_STEPS) + len(ALL_STEPS) - len(STEPS)
    # rows are told as they are done; steps for programs that run this one
    with show_progress(n_steps, wanted=False, lines=args.progress_lines) as step:
        study = stream_study(
            args.survey,
            design=recorded.design if recorded else args.design,
            options=options,
            chunk_rows=(recorded.chunk_rows if recorded else args.chunk_rows) or CHUNK_ROWS,
            dask=args.dask,
            rows=RowProgress(None, wanted=args.progress),
            progress=step,
            **(recorded.reading if recorded else choose_reading(args)),
        )
        return write_bundle(study, args.out, overwrite=args.overwrite, progress=step)


def _run(args: argparse.Namespace) -> int:
    options = _options(args, choose_language(args, quiet=True))
    check_pdf(args)
    from kz_spatial.study import load_extensions

    load_extensions(args.extend)
    recorded = take_record(args)
    options = recorded.options if recorded else options
    with dated_as(recorded):
        if _in_chunks(args, recorded):
            made = _run_in_chunks(args, options, recorded)
        else:
            made = _run_at_once(args, options, recorded)
    _say_made(made)
    say_whether_same(recorded, made.path)
    print_page(args, made.path / "report.html")
    return 0


def _run_at_once(
    args: argparse.Namespace, options: RunOptions, recorded: RecordedRun | None
) -> Bundle:
    """The study of a file that fits into memory, or of the twin, as a bundle."""
    from kz_spatial.output import ALL_STEPS, run

    reading = {} if args.survey is None else choose_reading(args)
    with show_progress(len(ALL_STEPS), wanted=args.progress, lines=args.progress_lines) as step:
        return run(
            args.survey,
            out=args.out,
            design=recorded.design if recorded else args.design,
            options=options,
            overwrite=args.overwrite,
            progress=step,
            **(recorded.reading if recorded else reading),
        )


def _add_progress_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-progress", dest="progress", action="store_false")
    parser.add_argument(
        "--progress-lines",
        action="store_true",
        help="one line per step, for programs that run this one",
    )


def add_run(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial run`."""
    usual = RunOptions()
    parser = commands.add_parser(
        "run",
        parents=[common],
        help="run the whole study and write a bundle",
        description="Run the whole study. Without SURVEY, on the twin.",
    )
    parser.add_argument("survey", nargs="?", help=_SURVEYS)
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument("--overwrite", action="store_true", help="replace a bundle of that name")
    add_design_options(parser)
    parser.add_argument(
        "--extend",
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python file that registers layers of your own; may be repeated",
    )
    parser.add_argument("--coding", choices=("corrected", "as-published"), default="corrected")
    parser.add_argument(
        "--weights",
        metavar="COLUMN",
        default=usual.weights,
        help="survey weights, or none; by default the design's first one that the file has, and "
        "none for the twin, whose weights are made up",
    )
    add_disclosure_options(parser)
    add_language_options(parser)
    add_pdf_option(parser)
    parser.add_argument("--seed", type=int, default=usual.seed)
    for name, told in (
        ("permutations", "Monte Carlo arrangements where enumeration is out of reach"),
        ("draws", "times that firms are drawn again for intervals and stability; 0: never"),
    ):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name), help=told)
    parser.add_argument(
        "--parts",
        type=_parts,
        default=usual.parts,
        metavar="PART,...",
        help=f"what to do beside the core: core (nothing), default ({','.join(PARTS)}), all, or "
        f"any of {', '.join((*PARTS, *MORE_PARTS))}",
    )
    parser.add_argument("--clusters", type=int, default=usual.n_clusters, help="groups to form")
    parser.add_argument("--bandwidth-km", type=float, default=usual.bandwidth_m / 1000)
    parser.add_argument("--cell-km", type=float, default=usual.cell_m / 1000)
    _add_progress_options(parser)
    add_chunk_options(parser)
    add_reading_options(parser)
    add_repeat_options(parser)
    parser.set_defaults(do=_run)


def _check(args: argparse.Namespace) -> int:
    from kz_spatial.design import load_design
    from kz_spatial.survey import check_survey

    faults: tuple[str, ...] = ()
    try:
        design = load_design(args.design)
    except DesignError as error:
        faults, design = error.faults, load_design()
    found = check_survey(args.survey, design=design, **choose_reading(args))
    for line in (*faults, *found.faults):
        print(line, file=sys.stderr)
    print(f"{found.path}: {found.n_rows} rows, {len(found.faults)} faults")
    if faults:
        print(f"{args.design}: {len(faults)} faults; the file was checked by {design.name}")
    for line in found.notes:
        print(f"note: {line}")
    if found.attrition is not None:
        print(found.attrition.drop(columns="indicator").to_string())
    return 1 if faults or found.faults else 0


def add_check(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial check`."""
    parser = commands.add_parser(
        "check",
        parents=[common],
        help="list every fault of a survey file",
        description="List every fault of a survey file, and of a design beside it.",
    )
    parser.add_argument("survey", help=_SURVEYS)
    add_design_options(parser)
    add_reading_options(parser)
    parser.set_defaults(do=_check)


def _audit(args: argparse.Namespace) -> int:
    from kz_spatial.output import write_audit

    language = choose_language(args)
    check_pdf(args)
    found = write_audit(
        args.survey,
        out=args.out,
        design=args.design,
        overwrite=args.overwrite,
        language=language,
        disclosure=args.disclosure,
        **({} if args.survey is None else choose_reading(args)),
    )
    numbers = found.numbers
    print(
        f"{args.out}: {len(numbers)} printed numbers, "
        f"{int(numbers['as_published_agrees'].sum())} agree as published, "
        f"{int(numbers['corrected_agrees'].sum())} corrected"
    )
    print(f"  {Path(args.out) / 'audit.html'}  (read first)")
    print_page(args, Path(args.out) / "audit.html")
    return 0


def add_audit(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial audit`."""
    parser = commands.add_parser(
        "audit",
        parents=[common],
        help="set the study's printed numbers beside recomputed ones",
        description="Set every printed number beside what the data give "
        "under both codings. Without SURVEY, on the twin.",
    )
    parser.add_argument("survey", nargs="?", help=_SURVEYS)
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument("--overwrite", action="store_true", help="replace an audit of that name")
    add_design_options(parser)
    add_disclosure_options(parser)
    add_language_options(parser)
    add_pdf_option(parser)
    add_reading_options(parser)
    parser.set_defaults(do=_audit)


def _design(args: argparse.Namespace) -> int:
    from kz_spatial.design import design_text, list_designs

    if args.out is None:
        print("\n".join(list_designs()))
        return 0
    out, text = Path(args.out), design_text(args.name)
    if out.exists() and not args.overwrite:
        raise CallError(f"{out}: exists already; --overwrite replaces it")
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as error:
        raise CallError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    print(f"{out}: the design {args.name}; change it and say --design {out} to run, check, audit")
    return 0


def add_design(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial design`."""
    parser = commands.add_parser(
        "design",
        parents=[common],
        help="write a shipped study design, to copy and change",
        description="Write a shipped study design as a TOML file; without --out, list their names.",
    )
    parser.add_argument("--out", metavar="FILE.toml", help="file to write")
    parser.add_argument("--name", default="readiness_2024", help="which design")
    parser.add_argument("--overwrite", action="store_true")
    parser.set_defaults(do=_design)
