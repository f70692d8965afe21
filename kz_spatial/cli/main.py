"""The command line: `kz-spatial run`, `check`, `audit`, `design`, `join` and others.

Exit codes are those of `_EXIT_CODES`, which every `--help` ends with.
A fault is one line on standard error.
"""

from __future__ import annotations

import argparse
import gc
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from kz_spatial._validate import printable
from kz_spatial.cli.areas import add_areas
from kz_spatial.cli.changes import add_compare
from kz_spatial.cli.completion import add_completion
from kz_spatial.cli.doctor import add_doctor
from kz_spatial.cli.maps import add_density, add_plugin
from kz_spatial.cli.studies import add_audit, add_check, add_design, add_run
from kz_spatial.cli.tables import add_join
from kz_spatial.errors import KzSpatialError, KzSpatialWarning

__all__ = ["main"]

_COMMANDS = (
    add_run,
    add_areas,
    add_check,
    add_audit,
    add_design,
    add_compare,
    add_join,
    add_density,
    add_plugin,
    add_doctor,
    add_completion,
)


_EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 the data are at fault, or something failed that should not have; 2 the "
    "call is, or the system (no permission, full disk), or Ctrl-C stopped it; 129 and 143 SIGHUP "
    "or SIGTERM did. A fault is a line on standard error. docs/exit-codes.md has examples."
)
_python_shows: Final = warnings.showwarning


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

    for add in _COMMANDS:
        add(commands, common)
    for each in (parser, *commands.choices.values()):
        each.epilog = _EXIT_CODES
    return parser


def _show_warning(
    message: Warning | str, category: type[Warning], *where: Any, **more: Any
) -> None:
    """Show warnings of the package as notes, and others as Python does."""
    if issubclass(category, KzSpatialWarning):
        print(f"note: {message}", file=sys.stderr)
    else:
        _python_shows(message, category, *where, **more)


def _line_of(error: Exception) -> tuple[str, int]:
    """One line on what went wrong, and the exit code."""
    if isinstance(error, UnicodeEncodeError):  # a path whose bytes are no text
        return f"{printable(error.object)}: is no text in UTF-8, expected a name that is", 2
    if isinstance(error, OSError) and error.strerror:
        where = f"{printable(error.filename)}: " if error.filename else ""
        return f"{where}{error.strerror}", 2
    reason = " ".join(str(error).split()) or type(error).__name__
    return (
        f"this should not have happened ({type(error).__name__}: {reason}); run again with --debug "
        "and report it"
    ), 1


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for objects in circles seldom: most live to the end, and looking takes a tenth."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    with suppress(AttributeError, ValueError):  # a name that stdout cannot show is escaped
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    args = _parser().parse_args(argv)
    from kz_spatial.output import Stopped, stoppable

    try:
        with stoppable(), _seldom_collected(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code: int = args.do(args)
    except KzSpatialError as error:
        if args.debug:
            raise
        for line in str(error).splitlines():
            print(f"kz-spatial: {line}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, Stopped) as stop:
        if isinstance(stop, KeyboardInterrupt):
            print("kz-spatial: stopped; nothing was written", file=sys.stderr)
            return 2
        stop.ignore_more()
        print(f"kz-spatial: stopped by {stop}; nothing half-written stays", file=sys.stderr)
        return stop.exit_code
    except Exception as error:
        if args.debug:
            raise
        line, code = _line_of(error)
        print(f"kz-spatial: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
