"""What a table of units is, and what was assumed and left out in reading it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.errors import CallError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEY", "OWN", "AreaRecord", "area_record"]

KEY: Final = "kz_spatial"
# the level of units of one's own
OWN: Final = "own"


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """What a table of units is, and what was assumed in reading it.

    Attributes
    ----------
    source, sha256, sheet, title : str
    level : {"oblast", "own"}
    vintage : int or None
        Year of the oblasts; None for units of one's own.
    measures : dict
        Unit of measure by column.
    kinds : dict
        "count", "rate" or "" by column.
    population : str or None
        Column of people.
    totals : dict
        By column: the country's figure; by year where the table has years.
    merged : dict
        Code of a unit made of several to their codes.
    older : dict
        Code of a unit that was split since to today's codes.
    missing : list of str
        Codes of units that the table lacks.
    left_out, notes : list of str
        What was left out and why, and what was assumed.
    signs : dict
        Sign for a missing value to how many cells hold it.
    """

    source: str
    sha256: str
    sheet: str
    title: str
    level: str
    vintage: int | None
    measures: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    population: str | None = None
    totals: dict[str, Any] = field(default_factory=dict)
    merged: dict[str, list[str]] = field(default_factory=dict)
    older: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signs: dict[str, int] = field(default_factory=dict)


def area_record(table: pd.DataFrame) -> AreaRecord:
    """What `read_area_table` assumed of a table, and what it left out.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    AreaRecord

    Raises
    ------
    CallError
        When the frame has no record, as after a merge.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("Region,Jobs", "Akmola,15", "Total,310", sep=chr(10), file=stream)
    >>> found = kz.area_record(kz.read_area_table(stream.name))
    >>> found.vintage, found.totals, len(found.missing)
    (2022, {'Jobs': 310.0}, 19)
    """
    found = table.attrs.get(KEY)
    if not isinstance(found, dict) or "measures" not in found:
        raise CallError("the frame has no record, expected one that read_area_table gave")
    return AreaRecord(**found)
