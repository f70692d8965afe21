"""The oblasts as `boundaries/crosswalk.csv` has them: codes, names, and what split from what.

An *oblast* is a first-level unit since June 2022 (17 oblasts and the cities Almaty, Astana and
Shymkent), keyed by its ISO 3166-2 code. A *vintage* is a year; what was created in it counts.
"""

from __future__ import annotations

import csv
import operator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from kz_spatial._validate import data_path
from kz_spatial.errors import InputError

__all__ = [
    "FIRST_VINTAGE",
    "LEVEL",
    "SPLIT_YEARS",
    "Unit",
    "check_vintage",
    "unit_at",
    "units",
    "units_of",
]

# what the unit of the crosswalk is called where it is one level among others
LEVEL: Final = "oblast"
FIRST_VINTAGE: Final = 1997
_LAST_VINTAGE: Final = 9999
# Shymkent; then Abai, Zhetisu and Ulytau
SPLIT_YEARS: Final = (2018, 2022)
_CITIES: Final = frozenset({"KZ-71", "KZ-75", "KZ-79"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One oblast as the crosswalk has it.

    Attributes
    ----------
    code : str
        ISO 3166-2 code, as "KZ-31".
    kato : int
        Prefix of the national classifier KATO.
    names : dict
        Name by language (en, kk, ru).
    since : str
        Date (ISO) the unit took its present shape; empty when before 2018.
    parent : str
        Code of the unit it was part of before; empty when none.
    variants : tuple of str
        Spellings met in the wild.
    """

    code: str
    kato: int
    names: dict[str, str]
    since: str
    parent: str
    variants: tuple[str, ...]

    @property
    def kind(self) -> Literal["city", "region"]:
        """Whether the unit is a city or a region."""
        return "city" if self.code in _CITIES else "region"


@cache
def units() -> dict[str, Unit]:
    """All 20 oblasts by ISO code, in code order.

    Examples
    --------
    >>> units()["KZ-31"].names["en"]
    'Zhambyl Region'
    """
    with data_path("boundaries", "crosswalk.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = {
        row["iso"]: Unit(
            code=row["iso"],
            kato=int(row["kato"]),
            names={"en": row["name_en"], "kk": row["name_kk"], "ru": row["name_ru"]},
            since=row["since"],
            parent=row["parent"],
            variants=tuple(part.strip() for part in row["variants"].split(";") if part.strip()),
        )
        for row in sorted(rows, key=lambda row: row["iso"])
    }
    if len(found) != 20:
        raise AssertionError(f"crosswalk.csv: {len(found)} units, expected 20")
    return found


def check_vintage(vintage: int) -> int:
    """Return a vintage as a plain year.

    Raises
    ------
    InputError
        When it is no year from 1997 on.
    """
    try:
        year = operator.index(vintage)
    except TypeError:
        year = 0
    if not FIRST_VINTAGE <= year <= _LAST_VINTAGE:
        raise InputError(f"vintage={vintage!r}: expected a year, {FIRST_VINTAGE} or later")
    return year


def unit_at(code: str, vintage: int) -> str:
    """Code of the unit that held an oblast of today in a year.

    Examples
    --------
    >>> unit_at("KZ-10", 2021), unit_at("KZ-10", 2022)
    ('KZ-63', 'KZ-10')
    """
    unit = units()[code]
    while unit.parent and int(unit.since[:4]) > vintage:
        unit = units()[unit.parent]
    return unit.code


def units_of(vintage: int) -> tuple[str, ...]:
    """Codes of the units of a year, in code order: 20 from 2022, 17 from 2018, 16 before.

    Examples
    --------
    >>> len(units_of(2024)), len(units_of(2019)), len(units_of(2017))
    (20, 17, 16)
    """
    year = check_vintage(vintage)
    return tuple(sorted({unit_at(code, year) for code in units()}))
