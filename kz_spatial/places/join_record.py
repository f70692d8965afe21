"""What a join did with every row."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["JoinAudit"]


@dataclass(frozen=True, slots=True)
class JoinAudit:
    """What a join did with every row.

    Attributes
    ----------
    method : str
        "code or name" or "point", and the columns used.
    columns : tuple of str
        Columns that were joined by; "geometry" for the places of a layer.
    rows, matched, region_only, totals, outside, unmatched, missing : int
        Rows in all; with an oblast; with a region only; national totals; points and oblasts
        outside every unit; values that name no unit; rows with nothing to join by. They add up to
        `rows`.
    on_border : int
        Points on a shared border, given to the first unit in code order.
    duplicated : int
        Rows whose firm_id occurs more than once.
    reasons : tuple of str
        One line per value or row set that found no unit.
    settled : tuple of str
        Ambiguous values that the rest of their column settled, and names of older units.
    notes : tuple of str
        Coordinates that are but half there, or were read from text.
    """

    method: str
    columns: tuple[str, ...]
    rows: int
    matched: int
    region_only: int
    totals: int
    outside: int
    unmatched: int
    missing: int
    on_border: int
    duplicated: int
    reasons: tuple[str, ...]
    settled: tuple[str, ...]
    notes: tuple[str, ...] = ()
