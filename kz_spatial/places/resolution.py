"""Kazakhstan's 20 oblasts and the study's seven composites: codes, names and a name resolver.

An *oblast* is a first-level unit since June 2022 (17 oblasts and the cities Almaty, Astana and
Shymkent), keyed by its ISO 3166-2 code. A *composite* is one of the study's seven regions.
Spellings come from `boundaries/crosswalk.csv`. Nothing heavy is imported here.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from numbers import Real
from typing import Final, Literal

from kz_spatial._validate import check_option, data_path
from kz_spatial.errors import PlaceAmbiguousError, PlaceUnknownError
from kz_spatial.options import COMPOSITES, LANGUAGES, Language
from kz_spatial.places.names import fold, looks_like_cyrillic, split_kind

__all__ = [
    "COMPOSITE_NAMES",
    "Place",
    "Resolution",
    "Unit",
    "composite_of",
    "place_name",
    "resolve",
    "resolve_column",
    "units",
]

Kind = Literal["city", "region"]
Level = Literal["oblast", "composite", "country"]

COMPOSITE_NAMES: Final[dict[str, dict[Language, str]]] = {
    "almaty": {"en": "Almaty City", "kk": "Алматы қаласы", "ru": "город Алматы"},
    "astana": {"en": "Astana City", "kk": "Астана қаласы", "ru": "город Астана"},
    "center": {"en": "Center", "kk": "Орталық", "ru": "Центр"},
    "east": {"en": "East", "kk": "Шығыс", "ru": "Восток"},
    "north": {"en": "North", "kk": "Солтүстік", "ru": "Север"},
    "south": {"en": "South", "kk": "Оңтүстік", "ru": "Юг"},
    "west": {"en": "West", "kk": "Батыс", "ru": "Запад"},
}
_COMPOSITE_VARIANTS: Final = {
    "almaty": ("Almaty", "Алматы"),
    "astana": ("Astana", "Nur-Sultan", "Астана", "Нур-Султан"),
    "center": ("Centre", "Central", "Central Kazakhstan", "Центральный Казахстан", "Центральный"),
    "east": ("Eastern", "Восточный"),
    "north": ("Northern", "Northern Kazakhstan (region group)", "Северный"),
    "south": ("Southern", "Южный"),
    "west": ("Western", "Западный"),
}
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
# "SKO" is South Kazakhstan Oblast in English and СКО, North Kazakhstan, in Russian
# and Kazakh tables drop the word "облысы", which leaves the city's name
_SHARED_SPELLINGS: Final = {"SKO": ("KZ-59", "KZ-61"), "Алматы": ("KZ-19", "KZ-75")}
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
    composite : str
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
    composite: str
    names: dict[Language, str]
    since: str
    parent: str
    variants: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """Whether the unit is a city or a region."""
        return "city" if self.code in _CITIES else "region"


@dataclass(frozen=True, slots=True)
class Place:
    """What a name stands for.

    Attributes
    ----------
    code : str
        "KZ-31" for an oblast, "south" for a composite, "KZ" for the country.
    level : {"oblast", "composite", "country"}
    """

    code: str
    level: Level

    @property
    def composite(self) -> str | None:
        """Composite the place lies in; None for the country."""
        if self.level == "country":
            return None
        return self.code if self.level == "composite" else composite_of(self.code)

    def name(self, language: Language = "en") -> str:
        """Name in English, Russian or Kazakh."""
        return place_name(self.code, language)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A whole column of names, resolved together.

    Attributes
    ----------
    places : tuple of (Place or None)
        One per value, in order; None where the value is missing or faulty.
    faults : dict
        Faulty value to the one-line reason, in order of appearance.
    settled : dict
        Ambiguous value to the code that the rest of the column gave it.
    totals : int
        How many values are national totals.
    texts : tuple of (str or None)
        Each value as it was read, in order; None where missing. Keys of `faults` and `settled`
        are among them.
    """

    places: tuple[Place | None, ...]
    faults: dict[str, str] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    totals: int = 0
    texts: tuple[str | None, ...] = ()


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
            composite=row["composite"],
            names={"en": row["name_en"], "kk": row["name_kk"], "ru": row["name_ru"]},
            since=row["since"],
            parent=row["parent"],
            variants=tuple(part.strip() for part in row["variants"].split(";") if part.strip()),
        )
        for row in sorted(rows, key=lambda row: row["iso"])
    }
    strays = {unit.composite for unit in found.values()} - set(COMPOSITES)
    if len(found) != 20 or strays:
        raise AssertionError(f"crosswalk.csv: {len(found)} units, unknown composites {strays}")
    return found


def composite_of(code: str) -> str:
    """Composite that an oblast belongs to.

    Examples
    --------
    >>> composite_of("KZ-62")
    'center'
    """
    check_option("code", code, tuple(units()))
    return units()[code].composite


def place_name(code: str, language: Language = "en") -> str:
    """Name of an oblast, a composite or the country ("KZ") in one language."""
    check_option("language", language, LANGUAGES)
    if code == "KZ":
        return {"en": "Kazakhstan", "kk": "Қазақстан", "ru": "Казахстан"}[language]
    if code in COMPOSITE_NAMES:
        return COMPOSITE_NAMES[code][language]
    check_option("code", code, (*units(), *COMPOSITES, "KZ"))
    return units()[code].names[language]


@dataclass(frozen=True, slots=True)
class _Index:
    """Folded spellings to the places they may mean.

    A derived spelling ("Chimkent" from "Chimkent oblast") counts only where no unit lists it.
    """

    exact: dict[str, frozenset[Place]]
    derived: dict[str, frozenset[Place]]
    shown: dict[str, str]

    def find(self, key: str) -> frozenset[Place]:
        return self.exact.get(key) or self.derived.get(key, frozenset())


@cache
def _index() -> _Index:  # noqa: C901
    exact: dict[str, set[Place]] = {}
    derived: dict[str, set[Place]] = {}
    shown: dict[str, str] = {}

    def add(spelling: str, place: Place) -> None:
        base, kind = split_kind(spelling)
        exact.setdefault(fold(spelling), set()).add(place)
        keys = {fold(spelling)}
        # "Jambyl oblysy" also answers to "Jambyl", and "Астана қаласы" to "Астана"
        if place.level == "oblast" and kind in (None, units()[place.code].kind) and base:
            keys |= {base, f"{base} {units()[place.code].kind}"}
        for key in keys:
            derived.setdefault(key, set()).add(place)
            shown.setdefault(key, f"{place_name(place.code)} ({place.code})")

    for unit in units().values():
        place = Place(unit.code, "oblast")
        for spelling in (*unit.names.values(), *unit.variants, unit.code, str(unit.kato)):
            add(spelling, place)
    for spelling, codes in _SHARED_SPELLINGS.items():
        for code in codes:
            add(spelling, Place(code, "oblast"))
    for code in COMPOSITES:
        for spelling in (*COMPOSITE_NAMES[code].values(), *_COMPOSITE_VARIANTS[code], code):
            add(spelling, Place(code, "composite"))
    for spelling in _NATIONAL:
        add(spelling, Place("KZ", "country"))
    return _Index(
        {key: frozenset(places) for key, places in exact.items()},
        {key: frozenset(places) for key, places in derived.items()},
        shown,
    )


def _as_text(value: object) -> str:
    """Text of a value; 31 and 31.0 and "31.0" are the KATO prefix "31"."""
    if isinstance(value, Real) and float(value).is_integer():
        return str(int(float(value)))
    text = re.sub(r"[\s\u200b\ufeff]+", " ", str(value)).strip()
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def _candidates(text: str, kind: Kind | None) -> frozenset[Place]:
    """Every place that a text may mean, at any level."""
    index = _index()
    if re.fullmatch(r"\d{9}", text):  # a full KATO code: its first two digits are the oblast
        text = text[:2]
    base, found_kind = split_kind(text)
    kind = kind or found_kind
    spellings = [fold(text)]
    if looks_like_cyrillic(text):
        spellings.append(fold(text, force_cyrillic=True))
    hits: frozenset[Place] = frozenset()
    for spelling in spellings:
        hits = hits or index.find(spelling)
    hits = hits or index.find(f"{base} {kind}" if kind else base)
    if kind:
        of_kind = {p for p in hits if p.level == "oblast" and units()[p.code].kind == kind}
        hits = frozenset(of_kind | {p for p in hits if p.level != "oblast"})
    return hits


def _narrow(hits: frozenset[Place], level: Level | None) -> frozenset[Place]:
    """Candidates of one level; without a wish, oblasts before composites."""
    for wanted in (level,) if level else ("oblast", "composite", "country"):
        chosen = frozenset(p for p in hits if p.level == wanted)
        if chosen:
            return chosen
    return frozenset(p for p in hits if p.level == "country")


def _nearest(text: str) -> list[str]:
    index = _index()
    base, _ = split_kind(text)
    keys = get_close_matches(base or fold(text), list(index.shown), n=8, cutoff=0.6)
    return list(dict.fromkeys(index.shown[key] for key in keys))[:3]


def _ambiguous(text: str, places: Iterable[Place]) -> PlaceAmbiguousError:
    codes = sorted(p.code for p in places)
    described = " or ".join(f"{place_name(code)} ({code})" for code in codes)
    kinds = {units()[code].kind for code in codes if code in units()}
    hint = '; say kind="city" or kind="region"' if len(kinds) > 1 else "; write it in full"
    return PlaceAmbiguousError(text, codes, described + hint)


def resolve(value: object, *, kind: Kind | None = None, level: Level | None = None) -> Place:
    """Find the oblast, composite or country that a code or name stands for.

    Parameters
    ----------
    value : str or int
        ISO code, KATO code (two or nine digits), or a name in English, Russian or Kazakh in any
        usual spelling: case, stray spaces, words such as "oblysy" or "г." and Latin letters
        among Cyrillic ones do not matter.
    kind : {"city", "region"}, optional
        Settles names that a city and a region share.
    level : {"oblast", "composite", "country"}, optional
        Where to look. By default oblasts come before composites.

    Returns
    -------
    Place

    Raises
    ------
    PlaceAmbiguousError
        When two units carry the name ("Almaty").
    PlaceUnknownError
        When none does; it lists the nearest known names.

    Examples
    --------
    >>> resolve("Нур-Султан").code
    'KZ-71'
    >>> resolve("Jambyl oblysy").code, resolve(31).code
    ('KZ-31', 'KZ-31')
    >>> resolve("Almaty", kind="city").code
    'KZ-75'
    """
    if kind is not None:
        check_option("kind", kind, ("city", "region"))
    if level is not None:
        check_option("level", level, ("oblast", "composite", "country"))
    text = _as_text(value)
    places = _narrow(_candidates(text, kind), level)
    if not places:
        raise PlaceUnknownError(text, _nearest(text))
    if len(places) > 1:
        raise _ambiguous(text, places)
    return next(iter(places))


def _is_missing(value: object) -> bool:
    # by text, because pandas' NA cannot be compared with itself
    return value is None or str(value).strip() in {"", "<NA>", "nan", "NaN", "NaT"}


def _column_level(options: Sequence[frozenset[Place]]) -> Level | None:
    """Composite when the column holds names that only composites carry, and no oblast alone."""
    tally = Counter(
        next(iter(levels))
        for hits in options
        if len(levels := {p.level for p in hits if p.level != "country"}) == 1
    )
    return "composite" if tally["composite"] and not tally["oblast"] else None


def resolve_column(
    values: Iterable[Hashable], *, kind: Kind | None = None, level: Level | None = None
) -> Resolution:
    """Resolve a column of codes or names, letting the whole column settle its ambiguities.

    "Almaty" is the city in a column where another row says "Almaty Region", the region where
    another says "Almaty City", and the composite in a column of composites.

    Parameters
    ----------
    values : iterable
        Codes or names; None, NaN and empty text are missing.
    kind, level
        As in `resolve`, for all values.

    Returns
    -------
    Resolution
        Faults are collected, never raised.
    """
    texts = [None if _is_missing(value) else _as_text(value) for value in values]
    distinct = list(dict.fromkeys(text for text in texts if text is not None))
    options = {text: _candidates(text, kind) for text in distinct}
    level = level or _column_level(list(options.values()))
    options = {text: _narrow(hits, level) for text, hits in options.items()}
    certain = {p for hits in options.values() if len(hits) == 1 for p in hits}
    found: dict[str, Place] = {}
    faults: dict[str, str] = {}
    settled: dict[str, str] = {}
    for text, hits in options.items():
        left = hits - certain if len(hits) > 1 else hits
        if len(left) == 1:
            found[text] = next(iter(left))
            if len(hits) > 1:
                settled[text] = found[text].code
        elif not hits:
            faults[text] = str(PlaceUnknownError(text, _nearest(text)))
        else:
            faults[text] = str(_ambiguous(text, hits))
    places = tuple(None if text is None else found.get(text) for text in texts)
    totals = sum(place is not None and place.level == "country" for place in places)
    return Resolution(places, faults, settled, totals, tuple(texts))
