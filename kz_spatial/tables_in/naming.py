"""Which unit a cell names: an oblast in any spelling, or a unit of the user's own polygons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kz_spatial.crosswalk import LEVEL
from kz_spatial.places import COUNTRY, Kind, resolve_column

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Named", "Namer", "name_oblasts", "own_namer"]


@dataclass(frozen=True, slots=True)
class Named:
    """What the cells of a column name.

    Attributes
    ----------
    codes : tuple of (str or None)
        Code of the unit of each cell; None where it names none.
    untils : tuple of (int or None)
        Year in which the unit that a cell means was split; None for one of today.
    totals : tuple of bool
        Whether a cell names the whole.
    faults : dict
        Text that names no unit to the reason.
    settled : dict
        Text that could mean several units to the code that the column gave it.
    """

    codes: tuple[str | None, ...]
    untils: tuple[int | None, ...]
    totals: tuple[bool, ...]
    faults: dict[str, str] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    @property
    def hits(self) -> int:
        """How many cells name a unit."""
        return sum(each is not None for each in self.codes)


Namer = Callable[[Iterable[Any]], Named]


def name_oblasts(values: Iterable[Any], *, kind: Kind | None = None) -> Named:
    """What a column of codes or names of oblasts names.

    Examples
    --------
    >>> found = name_oblasts(["Akmola", "Республика Казахстан", "Region"])
    >>> found.codes, found.totals
    (('KZ-11', None, None), (False, True, False))
    """
    found = resolve_column(values, kind=kind)
    codes, untils, totals = [], [], []
    faults = dict(found.faults)
    for place, text in zip(found.places, found.texts, strict=True):
        is_unit = place is not None and place.level == LEVEL
        codes.append(place.code if place and is_unit else None)
        untils.append(place.until if place and is_unit else None)
        totals.append(place is not None and place.level == COUNTRY)
        if place is not None and text is not None and not is_unit and not totals[-1]:
            faults[text] = (
                f"{text!r}: a region of several oblasts ({place.code}), expected an oblast"
            )
    return Named(tuple(codes), tuple(untils), tuple(totals), faults, found.settled)


def _key(value: Any) -> str:
    """A code or name without case and stray spaces; 101.0 and "101" are one code."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split()).casefold()


def own_namer(spellings: Mapping[str, Iterable[Any]]) -> Namer:
    """A namer for units of one's own.

    Parameters
    ----------
    spellings : mapping
        Code to everything that names the unit, the code included.

    Examples
    --------
    >>> own_namer({"a1": ["a1", "Medeu"], "a2": ["a2", "Alatau"]})(["MEDEU ", "a2", "?"]).codes
    ('a1', 'a2', None)
    """
    index: dict[str, set[str]] = {}
    for code, names in spellings.items():
        for each in names:
            if each is not None and (key := _key(each)):
                index.setdefault(key, set()).add(code)

    def name(values: Iterable[Any]) -> Named:
        codes, totals, faults = [], [], {}
        for value in values:
            found = index.get(_key(value), set()) if value is not None else set()
            codes.append(next(iter(found)) if len(found) == 1 else None)
            total = value is not None and not found and any(name_oblasts([value]).totals)
            totals.append(total)
            if value is not None and len(found) != 1 and not total:
                told = f"means {len(found)} units" if found else "no unit of the boundaries"
                faults[str(value)] = f"{value!r}: {told}, expected the code or name of one"
        return Named(tuple(codes), (None,) * len(codes), tuple(totals), faults)

    return name
