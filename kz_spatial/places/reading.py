"""What one cell of a table means: a unit by its name, whatever stands around it, or why none.

Each step is tried only where those before it found nothing, and none guesses: a text with a word
that no step accounts for stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from kz_spatial.crosswalk import LEVEL, SPLIT_YEARS, unit_at, units
from kz_spatial.design import Grouping
from kz_spatial.places.cells import (
    coded,
    in_brackets,
    is_total,
    listed,
    names_country,
    without_marks,
)
from kz_spatial.places.place import COUNTRY, COUNTRY_CODE, Kind, Place, place_name
from kz_spatial.places.spellings import ended_unit, look_up, oblast_place

__all__ = ["Reading", "older_unit", "read_cell"]

_MOST_READINGS: Final = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell may mean.

    Attributes
    ----------
    places : frozenset of Place
    reason : str
        Why it means none, where there is more to say than that the name is not known.
    """

    places: frozenset[Place] = frozenset()
    reason: str = ""


def older_unit(codes: Iterable[str]) -> tuple[str, int] | None:
    """Code of the older unit that today's units were together, and the year in which it was split.

    Examples
    --------
    >>> older_unit(["KZ-63", "KZ-10"]), older_unit(["KZ-63", "KZ-11"])
    (('KZ-63', 2022), None)
    """
    wanted = set(codes)
    for year in reversed(SPLIT_YEARS):
        for whole in {unit_at(code, year - 1) for code in wanted}:
            parts = {code for code in units() if unit_at(code, year - 1) == whole}
            if parts == wanted and len(parts) > 1:
                return whole, year
    return None


def _plain(text: str, kind: Kind | None, grouping: Grouping) -> frozenset[Place]:
    """Places of a text without brackets, lists and codes."""
    bare = without_marks(text)
    hits = look_up(text, kind, grouping)
    if not hits and bare and bare != text:
        hits = look_up(bare, kind, grouping)
    if not hits and is_total(bare):
        hits = frozenset({Place(COUNTRY_CODE, COUNTRY, None)})
    return hits


def _with_code(code: str, name: str, kind: Kind | None, grouping: Grouping) -> Reading:
    """A name beside a code: they agree, or the number is that of a list."""
    named, meant = _plain(name, kind, grouping), look_up(code, None, grouping)
    if not meant or not named:
        return Reading(named)
    if both := named & meant:
        return Reading(both)
    unit = next(iter(meant)).code
    return Reading(
        reason=f"found the code {code} of {place_name(unit, grouping=grouping)} beside another "
        "name, expected one unit"
    )


def _in_both(outer: str, inner: str, kind: Kind | None, grouping: Grouping) -> frozenset[Place]:
    """Units that a name and another in brackets both mean."""
    before, within = (_plain(each, kind, grouping) for each in (outer, inner))
    return frozenset(each for each in before if each in within)


def _sum_of(parts: list[str], kind: Kind | None, grouping: Grouping) -> Reading:
    """Several names in one cell: of one unit, of an older one that was split, or a fault."""
    units_named = [each for each in parts if not names_country(each)]
    options = [_plain(each, None, grouping) for each in units_named]
    if len(options) == 1 and len(parts) > 1:  # the country is where a unit lies
        return Reading(_plain(units_named[0], kind, grouping))
    if not options or not all(options):
        return Reading()
    if frozenset.intersection(*options):
        asked = [_plain(each, kind, grouping) for each in units_named]
        return Reading(frozenset.intersection(*asked))
    oblasts = [[each.code for each in found if each.level == LEVEL] for found in options]
    combinations = 1
    for each in oblasts:
        combinations *= len(each)
    if 0 < combinations <= _MOST_READINGS:
        wholes = {whole for each in product(*oblasts) if (whole := older_unit(each)) is not None}
        if len(wholes) == 1:
            ((code, year),) = wholes
            return Reading(frozenset({oblast_place(code, grouping, year)}))
    return Reading(
        reason=f"found {len(parts)} units in one cell ({', '.join(parts)}), expected one, or those "
        "that were one before a split"
    )


@lru_cache(maxsize=4096)
def read_cell(text: str, kind: Kind | None, grouping: Grouping) -> Reading:
    """Read one cell.

    Parameters
    ----------
    text : str
    kind : {"city", "region"}, optional
        Settles names that a city and a region share.
    grouping : Grouping
        Regions that names may mean.
    """
    if "," in text and (rest := [each for each in text.split(",") if not names_country(each)]):
        text = ",".join(rest).strip()  # a unit, and the country it lies in
    if hits := _plain(text, kind, grouping):
        return Reading(hits)
    bare = without_marks(text)
    if reason := ended_unit(bare):
        return Reading(reason=reason)
    if (both := coded(bare)) is not None and (
        found := _with_code(*both, kind, grouping)
    ) != Reading():
        return found
    if (two := in_brackets(bare)) is not None and (same := _in_both(*two, kind, grouping)):
        return Reading(same)
    parts = listed(bare)
    return _sum_of(parts, kind, grouping) if len(parts) > 1 else Reading()
