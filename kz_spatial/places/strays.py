"""Lines on rows whose coordinates are no place: how many, which, what was found and expected."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial._validate import describe_rows
from kz_spatial.errors import CoordinatesWarning
from kz_spatial.places.coordinates import ELSEWHERE, NOTHING, OUTSIDE, PLACE, Located, crs_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

__all__ = ["stray_notes", "text_notes", "warn_stray"]

# kind of stray row: what was found, what was expected
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "half": ("one coordinate of two", "both"),
    "unreadable": ("text that is no number", "decimal degrees such as 76.9 and 43.2"),
    "zero": ("0, 0, which is at sea", "coordinates in Kazakhstan"),
    "swapped": ("coordinates that look swapped", "{x} first, then {y}"),
    "metres": ("numbers that look like metres of a projection", "degrees of {crs}"),
    "degrees": ("numbers that look like degrees", "metres of {crs}"),
    "impossible": ("coordinates that {crs} does not have", "coordinates in Kazakhstan"),
    ELSEWHERE: ("a point outside Kazakhstan", "coordinates in Kazakhstan as {crs}"),
    OUTSIDE: ("a point outside every unit", "coordinates in Kazakhstan as {crs}"),
}
# what may well be meant: told, and no warning
_MEANT: Final = frozenset({"half", ELSEWHERE})


def stray_notes(
    located: Located,
    row_name: Callable[[int], str],
    *,
    noun: str = "points",
    example: bool = True,
    kept: Collection[str] = (PLACE, NOTHING),
) -> list[str]:
    """Say in one line for each kind what is wrong with rows that have no place of their own.

    Parameters
    ----------
    located : Located
    row_name : callable
        Position in the table to the row's name.
    noun : str
        What rows are.
    example : bool
        Whether the first pair of coordinates is shown.
    kept : collection of str
        Kinds that nothing need be said of.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import pandas as pd
    >>> from kz_spatial.places import locate
    >>> table = pd.DataFrame({"longitude": [76.9, 43.2], "latitude": [43.2, 76.9]})
    >>> stray_notes(locate(table), str)
    ['row 1, columns longitude, latitude: found coordinates that look swapped (first: 43.2, 76.9), \
expected longitude first, then latitude']
    """
    notes: list[str] = []
    other = np.flatnonzero(located.kinds != PLACE)
    of_other = located.kinds[other]
    for kind, (found, expected) in _WORDS.items():
        rows = other[of_other == kind]
        if kind in kept or not len(rows):
            continue
        words = {"x": located.names[0], "y": located.names[1], "crs": crs_name(located.crs)}
        first = f" (first: {_shown(located, rows[0])})" if example else ""
        many = f" in {len(rows)} {noun}" if len(rows) > 1 else ""
        notes.append(
            f"{describe_rows(rows, row_name)}, {located.source}: found {found.format(**words)}"
            f"{many}{first}, expected {expected.format(**words)}"
        )
    return notes


def warn_stray(located: Located, names: pd.Index[Any]) -> list[str]:
    """Warn of rows whose coordinates can be no place, and return all that is to be told.

    Parameters
    ----------
    located : Located
    names : Index
        What rows are called.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import pandas as pd
    >>> from kz_spatial.places import locate
    >>> table = pd.DataFrame({"longitude": [76.9], "latitude": [43.2]})
    >>> warn_stray(locate(table), table.index)
    []
    """

    def row_name(row: int) -> str:
        return str(names[row])

    for line in stray_notes(located, row_name, kept=(PLACE, NOTHING, *_MEANT)):
        warnings.warn(line, CoordinatesWarning, stacklevel=3)
    return stray_notes(located, row_name) + text_notes(located, row_name)


def text_notes(
    located: Located, row_name: Callable[[int], str], *, noun: str = "points", example: bool = True
) -> list[str]:
    """Say that text was read as coordinates, where it was.

    Parameters
    ----------
    located, row_name, noun, example
        As in `stray_notes`.

    Returns
    -------
    list of str
        One line or none.

    Examples
    --------
    >>> import pandas as pd
    >>> from kz_spatial.places import locate
    >>> text_notes(locate(pd.DataFrame({"longitude": ["76,9"], "latitude": [43.2]})), str)
    ["row 0, columns longitude, latitude: text such as '76,9' was read as degrees"]
    """
    read = [row for row in sorted(located.texts) if located.kinds[row] != "unreadable"]
    if not read:
        return []
    like = f" such as {located.texts[read[0]]!r}" if example else ""
    rows = describe_rows(read, row_name)
    many = f" in {len(read)} {noun}" if len(read) > 1 else ""
    return [f"{rows}, {located.source}: text{like}{many} was read as degrees"]


def _shown(located: Located, row: int) -> str:
    if located.kinds[row] == "unreadable":
        return repr(located.texts[row])
    pair = located.x[row], located.y[row]
    return ", ".join("nothing" if np.isnan(each) else f"{each:g}" for each in pair)
