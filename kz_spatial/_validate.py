"""Gates that many modules share: shipped data, allowed arguments, and how rows are named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path
from typing import Final

from kz_spatial.errors import CallError, InputError

__all__ = [
    "check_columns",
    "check_count",
    "check_option",
    "check_share",
    "data_path",
    "describe_rows",
    "published_path",
]

_ROWS_SHOWN: Final = 5
_PACKAGE = Path(__file__).resolve().parent


def data_path(*parts: str) -> Path:
    """Path of a file shipped with the package.

    Boundary data live in `boundaries/` of a checkout and inside the package of a wheel.

    Parameters
    ----------
    *parts : str
        "boundaries" and a file name there, or the parts of a path below the package's data.

    Raises
    ------
    InputError
        When the installation lacks the file.
    """
    if parts[0] == "boundaries":
        for root in (_PACKAGE / "data" / "boundaries", _PACKAGE.parent / "boundaries"):
            for path in (root.joinpath(*parts[1:]), root.joinpath("data", *parts[1:])):
                if path.is_file():
                    return path
    elif (path := _PACKAGE.joinpath("data", *parts)).is_file():
        return path
    raise InputError(
        f"this installation lacks its data file {'/'.join(parts)}; reinstall kz-spatial"
    )


def published_path(name: str) -> Path:
    """Path of one of the study's printed tables, as CSV."""
    return data_path("published", name)


def check_option(name: str, value: object, allowed: Collection[object]) -> None:
    """Raise `CallError` unless `value` is one of `allowed`."""
    if value not in allowed:
        near = get_close_matches(str(value), [str(each) for each in allowed], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        expected = ", ".join(repr(each) for each in allowed)
        raise CallError(f"{name}={value!r}: expected one of {expected}{hint}")


def check_count(name: str, value: object, least: int) -> None:
    """Raise `CallError` unless `value` is a whole number of `least` or more."""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        raise CallError(f"{name}={value!r}: expected a whole number of {least} or more")


def check_share(name: str, value: object) -> None:
    """Raise `CallError` unless `value` is above 0 and at most 1."""
    if not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise CallError(f"{name}={value!r}: expected a number above 0 and at most 1")


def check_columns(columns: Iterable[object], required: Iterable[str], *, what: str) -> None:
    """Raise `InputError` naming every required column that is absent."""
    present = [str(each) for each in columns]
    missing = [each for each in required if each not in present]
    if missing:
        raise InputError(
            f"{what}: found no column {', '.join(repr(each) for each in missing)}; "
            f"its columns are {', '.join(present[:30])}"
        )


def describe_rows(positions: Iterable[int], row_name: Callable[[int], str]) -> str:
    """Name the first few of the rows, and say how many more there are."""
    rows = list(positions)
    named = ", ".join(row_name(each) for each in rows[:_ROWS_SHOWN])
    more = f" and {len(rows) - _ROWS_SHOWN} more" if len(rows) > _ROWS_SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {named}{more}"
