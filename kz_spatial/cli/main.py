"""The command line: `kz-spatial run`, `check`, `audit`, `design`, `join` and others.

Exit codes: 0 done, 1 the data are at fault, 2 the call is. A fault is one line on standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from kz_spatial.cli.changes import add_compare
from kz_spatial.cli.maps import add_density, add_plugin
from kz_spatial.cli.studies import add_audit, add_check, add_design, add_run
from kz_spatial.cli.tables import add_join
from kz_spatial.errors import KzSpatialError

__all__ = ["main"]

_COMMANDS = (
    add_run,
    add_check,
    add_audit,
    add_design,
    add_compare,
    add_join,
    add_density,
    add_plugin,
)


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
