"""Gates that many modules share: shipped data, allowed arguments, and how rows are named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "ROUNDING",
    "check_columns",
    "check_count",
    "check_metres",
    "check_option",
    "check_share",
    "check_unique_rows",
    "data_path",
    "describe_rows",
    "positive_weights",
    "printable",
    "published_path",
]

_ROWS_SHOWN: Final = 5
# numbers that differ by less than this share of their size differ by rounding alone
ROUNDING: Final = 1e-10
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


def check_metres(name: str, value: object) -> None:
    """Raise `CallError` unless `value` is a length above 0."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not (number and 0 < float(value) < float("inf")):  # type: ignore[arg-type]
        raise CallError(f"{name}={value!r}: expected metres above 0")


def check_share(name: str, value: object) -> None:
    """Raise `CallError` unless `value` is above 0 and at most 1."""
    if not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise CallError(f"{name}={value!r}: expected a number above 0 and at most 1")


def check_columns(columns: Iterable[object], required: Iterable[str], *, what: str) -> None:
    """Raise `InputError` naming every required column that is absent, or there twice."""
    present, wanted = [str(each) for each in columns], list(required)
    for each in wanted:
        if present.count(each) > 1:
            raise InputError(f"{what}: found column {each!r} twice, expected once")
    missing = [each for each in wanted if each not in present]
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


def printable(text: object) -> str:
    """Text that can be written anywhere: bytes of a path that are no UTF-8 show as escapes.

    Examples
    --------
    >>> printable("фирмы.csv"), len(printable(chr(0xDCE9)))
    ('фирмы.csv', 6)
    """
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def check_unique_rows(indices: Mapping[str, pd.Index[Any]]) -> None:
    """Raise `InputError` unless each index, named as the message shall name it, has unique rows."""
    for what, index in indices.items():
        if not index.is_unique:
            twice = index[index.duplicated()][0]
            raise InputError(
                f"{what}: found row {twice} twice, expected unique rows; use "
                "firms.reset_index(drop=True) before the fit"
            )


def positive_weights(
    column: pd.Series[Any], ids: pd.Series[Any] | None = None
) -> NDArray[np.float64]:
    """Survey weights of a firm table as numbers.

    Parameters
    ----------
    column : (n,) Series
        Named as in the table.
    ids : (n,) Series, optional
        What rows are called; the table's index without it.

    Returns
    -------
    (n,) array

    Raises
    ------
    InputError
        Naming the rows whose weight is missing, infinite, no number or not above 0.
    """
    import numpy as np
    import pandas as pd

    weights = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
    if bad.size:
        named = column.index if ids is None else ids.to_numpy()
        rows = describe_rows(bad, lambda place: str(named[place]))
        if ids is not None:
            rows = rows.replace("row", str(ids.name), 1)
        raise InputError(
            f"firm table: {rows}, column {column.name}: found {column.iloc[bad[0]]}, "
            "expected a weight above 0"
        )
    return np.asarray(weights, dtype=np.float64)
