"""Every spelling of every unit, and what a text without ornament may mean by them.

Spellings of oblasts come from `boundaries/crosswalk.csv`, of units that are no more from
`boundaries/former_names.csv`, of regions from the grouping.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

from kz_spatial._validate import data_path
from kz_spatial.crosswalk import FIRST_VINTAGE, LEVEL, units
from kz_spatial.design import Grouping
from kz_spatial.places.names import (
    fold,
    inflected,
    looks_like_cyrillic,
    loosened,
    romanised,
    split_kind,
    without_y,
    writes_for_y,
)
from kz_spatial.places.place import COUNTRY, COUNTRY_CODE, Kind, Place, place_name

__all__ = ["Index", "ended_unit", "index_of", "is_former", "look_up", "oblast_place"]

_NATIONAL: Final = (
    "Kazakhstan",
    "Republic of Kazakhstan",
    "KZ",
    "KAZ",
    "National",
    "Total",
    "All regions",
    "Казахстан",
    "Республика Казахстан",
    "РК",
    "Всего",
    "Итого",
    "Всего по республике",
    "Қазақстан",
    "Қазақстан Республикасы",
    "ҚР",
    "Барлығы",
    "Qazaqstan",
    "Qazaqstan Respublikasy",
)
# "North Kazakhstan" is the North too; which country name goes with a word is seen by its letters
_COUNTRY_NAMES: Final = {
    True: ("Казахстан", "Қазақстан"),
    False: ("Kazakhstan", "Qazaqstan"),
}
# "SKO" is South Kazakhstan Oblast in English and СКО, North Kazakhstan, in Russian
# and Kazakh tables drop the word "облысы", which leaves the city's name
_SHARED_SPELLINGS: Final = {"SKO": ("KZ-59", "KZ-61"), "Алматы": ("KZ-19", "KZ-75")}
# what stands for the word city and is no part of a name
_CITY_PHRASES: Final = tuple(
    fold(each)
    for each in (
        "city of republican significance",
        "город республиканского значения",
        "республикалық маңызы бар қала",
        "г.а.",
        "қ.ә.",
        "қ-сы",
    )
)
# shorter keys are abbreviations, in which every letter counts
_SHORTEST_LOOSE: Final = 5


@dataclass(frozen=True, slots=True)
class _Former:
    """A spelling of a unit that is no more."""

    spelling: str
    until: int
    codes: tuple[str, ...]


@cache
def _former() -> dict[str, _Former]:
    """Units that are no more, by folded spelling."""
    path = data_path("boundaries", "former_names.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        fold(row["spelling"]): _Former(
            row["spelling"], int(row["until"]), tuple(row["iso"].split())
        )
        for row in rows
    }


def is_former(text: str) -> bool:
    """Whether a text is the name of a unit that is no more, rather than a list of its parts."""
    key = fold(text)
    return key in _former() or split_kind(key)[0] in {split_kind(each)[0] for each in _former()}


def ended_unit(text: str) -> str:
    """Why a text names no unit of any vintage: one that ended before; empty where it does not."""
    keys = (fold(text), inflected(fold(text)))
    base_of = {key: each for key, each in _former().items() if each.until <= FIRST_VINTAGE}
    base_of |= {split_kind(key)[0]: each for key, each in list(base_of.items())}
    for key in (*keys, *(split_kind(each)[0] for each in keys)):
        if (unit := base_of.get(key)) is not None:
            into = " and ".join(f"{place_name(each)} ({each})" for each in unit.codes)
            return (
                f"a unit that went into {into} in {unit.until}, expected one of {FIRST_VINTAGE} or "
                "later"
            )
    return ""


@dataclass(frozen=True, slots=True)
class Index:
    """Folded spellings to the places they may mean.

    A derived spelling ("Chimkent" from "Chimkent oblast") counts only where no unit lists it, and
    a loose one ("Ulitau") only where no other is found.

    Attributes
    ----------
    exact, derived : dict
        Key to places.
    loose : dict
        Key in loose letters to places by the name that each is written for.
    shown : dict
        Key to a name that messages can show.
    """

    exact: dict[str, set[Place]] = field(default_factory=dict)
    derived: dict[str, set[Place]] = field(default_factory=dict)
    loose: dict[str, set[tuple[str, Place]]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)

    def find(self, key: str) -> frozenset[Place]:
        """Places that a folded text names."""
        return frozenset(self.exact.get(key) or self.derived.get(key) or ())

    def find_loosely(self, key: str) -> frozenset[Place]:
        """Places whose names a folded text writes in other letters for the same sounds."""
        if len(key) < _SHORTEST_LOOSE:
            return frozenset()
        text = loosened(key)
        return frozenset(
            place for name, place in self.loose.get(without_y(text), ()) if writes_for_y(text, name)
        )

    def add(self, spelling: str, place: Place, grouping: Grouping) -> None:
        """Enter a spelling of a place."""
        base, kind = split_kind(spelling)
        whole = fold(spelling)
        self.exact.setdefault(whole, set()).add(place)
        keys, roman = {whole}, romanised(spelling)
        loose = {whole, roman}
        # "Jambyl oblysy" also answers to "Jambyl", and "Астана қаласы" to "Астана"
        if place.level == LEVEL and kind in (None, units()[place.code].kind) and base:
            own = units()[place.code].kind
            keys |= {base, f"{base} {own}"}
            loose |= {base, f"{base} {own}", split_kind(roman)[0], f"{split_kind(roman)[0]} {own}"}
        for key in keys:
            self.derived.setdefault(key, set()).add(place)
            self.shown.setdefault(key, f"{place.name(grouping=grouping)} ({place.code})")
        # ш is ş in the Latin alphabet of Kazakh, which folds to s
        loose |= {each.replace("sh", "s") for each in loose} if roman != whole else set()
        for name in map(loosened, loose):
            if len(name) >= _SHORTEST_LOOSE:
                self.loose.setdefault(without_y(name), set()).add((name, place))


def oblast_place(code: str, grouping: Grouping, until: int | None = None) -> Place:
    """The place of an oblast, or of the older unit of its code."""
    return Place(code, LEVEL, grouping.region_of(code), until)


@lru_cache(maxsize=16)
def index_of(grouping: Grouping) -> Index:
    """All spellings of oblasts, of a grouping's regions and of the country."""
    made = Index()
    for unit in units().values():
        for spelling in (*unit.names.values(), *unit.variants, unit.code, str(unit.kato)):
            former = _former().get(fold(spelling))
            until = former.until if former and unit.code in former.codes else None
            made.add(spelling, oblast_place(unit.code, grouping, until), grouping)
    for spelling, codes in _SHARED_SPELLINGS.items():
        former = _former().get(fold(spelling))
        for code in codes:
            until = former.until if former and code in former.codes else None
            made.add(spelling, oblast_place(code, grouping, until), grouping)
    for region in grouping.regions:
        place = Place(region.code, grouping.name, region.code)
        for spelling in (*region.labels.values(), *region.spellings, region.code):
            made.add(spelling, place, grouping)
            for country in _COUNTRY_NAMES[bool(re.search("[а-яё]", spelling.casefold()))]:
                made.add(f"{spelling} {country}", place, grouping)
    for spelling in _NATIONAL:
        made.add(spelling, Place(COUNTRY_CODE, COUNTRY, None), grouping)
    return made


def _keys(text: str) -> Iterator[str]:
    """Folded forms of a text, the plainest first."""
    yield fold(text)
    if looks_like_cyrillic(text):
        yield fold(text, force_cyrillic=True)
    if "ı" in text:  # ы in most Latin spellings of Kazakh, і in some
        yield fold(text.replace("ı", "y"))
    whole = f" {fold(text)} "
    for phrase in _CITY_PHRASES:
        if f" {phrase} " in whole:
            yield fold(whole.replace(f" {phrase} ", " city "))
    if inflected(fold(text)) != fold(text):
        yield inflected(fold(text))


def look_up(text: str, kind: Kind | None, grouping: Grouping) -> frozenset[Place]:
    """Every place that a text may mean, at any level."""
    index = index_of(grouping)
    if re.fullmatch(r"\d{9}", text):  # a full KATO code: its first two digits are the oblast
        text = text[:2]
    tried = [(key, *split_kind(key)) for key in _keys(text)]
    for key, base, found in tried:
        asked = kind or found
        if hits := index.find(key) or index.find(f"{base} {asked}" if asked else base):
            # a region may be written like an oblast in other letters than its own names are
            alike = {p for p in index.find_loosely(key) if p.level == grouping.name}
            return _of_kind(hits | alike, asked)
    for key, base, found in tried:
        asked = kind or found
        for each in (key, f"{base} {asked}" if asked else base):
            if hits := index.find_loosely(each):
                return _of_kind(hits, asked)
    return frozenset()


def _of_kind(hits: frozenset[Place], kind: Kind | None) -> frozenset[Place]:
    if kind is None:
        return hits
    return frozenset(p for p in hits if p.level != LEVEL or units()[p.code].kind == kind)
