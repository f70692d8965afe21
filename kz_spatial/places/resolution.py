"""What a code or a name stands for: an oblast, a region of the study's grouping, or the country.

Spellings of oblasts come from `boundaries/crosswalk.csv`, those of regions from the grouping.
Nothing heavy is imported here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from numbers import Real
from typing import Final, Literal

from kz_spatial._validate import check_option
from kz_spatial.crosswalk import LEVEL, units
from kz_spatial.design import Grouping, load_design, text_in
from kz_spatial.errors import PlaceAmbiguousError, PlaceUnknownError
from kz_spatial.options import Language
from kz_spatial.places.names import fold, looks_like_cyrillic, split_kind
from kz_spatial.words import languages, unit_names

__all__ = ["COUNTRY", "Kind", "Place", "Resolution", "place_name", "resolve", "resolve_column"]

Kind = Literal["city", "region"]
COUNTRY: Final = "country"
_COUNTRY_CODE: Final = "KZ"
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


@dataclass(frozen=True, slots=True)
class Place:
    """What a name stands for.

    Attributes
    ----------
    code : str
        "KZ-31" for an oblast, "south" for a region of the grouping, "KZ" for the country.
    level : str
        "oblast", the name of the grouping (the study's: "composite") or "country".
    region : str or None
        Region of the grouping that it is or lies in; None for the country.
    """

    code: str
    level: str
    region: str | None

    def name(self, language: Language = "en", grouping: Grouping | None = None) -> str:
        """Name in a language."""
        return place_name(self.code, language, grouping)


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


def place_name(code: str, language: Language = "en", grouping: Grouping | None = None) -> str:
    """Name of an oblast, a region of a grouping or the country ("KZ") in one language.

    Parameters
    ----------
    code : str
    language : {"en", "ru", "kk"}
    grouping : Grouping, optional
        That of the published study by default.

    Examples
    --------
    >>> place_name("KZ-75", "ru"), place_name("south")
    ('Алматы', 'South')
    """
    check_option("language", language, languages())
    if (own := unit_names(language).get(code)) is not None:
        return own
    if code == _COUNTRY_CODE:
        names = {"en": "Kazakhstan", "kk": "Қазақстан", "ru": "Казахстан"}
        return names.get(language, names["en"])
    grouping = grouping or load_design().grouping
    if code in grouping.codes:
        return grouping.region(code).name(language)
    check_option("code", code, (*units(), *grouping.codes, _COUNTRY_CODE))
    return text_in(units()[code].names, language)


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


def _oblast(code: str, grouping: Grouping) -> Place:
    return Place(code, LEVEL, grouping.region_of(code))


@lru_cache(maxsize=16)
def _index(grouping: Grouping) -> _Index:  # noqa: C901
    exact: dict[str, set[Place]] = {}
    derived: dict[str, set[Place]] = {}
    shown: dict[str, str] = {}

    def add(spelling: str, place: Place) -> None:
        base, kind = split_kind(spelling)
        exact.setdefault(fold(spelling), set()).add(place)
        keys = {fold(spelling)}
        # "Jambyl oblysy" also answers to "Jambyl", and "Астана қаласы" to "Астана"
        if place.level == LEVEL and kind in (None, units()[place.code].kind) and base:
            keys |= {base, f"{base} {units()[place.code].kind}"}
        for key in keys:
            derived.setdefault(key, set()).add(place)
            shown.setdefault(key, f"{place.name(grouping=grouping)} ({place.code})")

    for unit in units().values():
        place = _oblast(unit.code, grouping)
        for spelling in (*unit.names.values(), *unit.variants, unit.code, str(unit.kato)):
            add(spelling, place)
    for spelling, codes in _SHARED_SPELLINGS.items():
        for code in codes:
            add(spelling, _oblast(code, grouping))
    for region in grouping.regions:
        place = Place(region.code, grouping.name, region.code)
        for spelling in (*region.labels.values(), *region.spellings, region.code):
            add(spelling, place)
    for spelling in _NATIONAL:
        add(spelling, Place(_COUNTRY_CODE, COUNTRY, None))
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


def _candidates(text: str, kind: Kind | None, grouping: Grouping) -> frozenset[Place]:
    """Every place that a text may mean, at any level."""
    index = _index(grouping)
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
        of_kind = {p for p in hits if p.level == LEVEL and units()[p.code].kind == kind}
        hits = frozenset(of_kind | {p for p in hits if p.level != LEVEL})
    return hits


def _narrow(hits: frozenset[Place], level: str | None, grouping: Grouping) -> frozenset[Place]:
    """Candidates of one level; without a wish, oblasts before regions."""
    for wanted in (level,) if level else (LEVEL, grouping.name, COUNTRY):
        chosen = frozenset(p for p in hits if p.level == wanted)
        if chosen:
            return chosen
    return frozenset(p for p in hits if p.level == COUNTRY)


def _nearest(text: str, grouping: Grouping) -> list[str]:
    index = _index(grouping)
    base, _ = split_kind(text)
    keys = get_close_matches(base or fold(text), list(index.shown), n=8, cutoff=0.6)
    return list(dict.fromkeys(index.shown[key] for key in keys))[:3]


def _ambiguous(text: str, places: Iterable[Place], grouping: Grouping) -> PlaceAmbiguousError:
    codes = sorted(p.code for p in places)
    described = " or ".join(f"{place_name(code, grouping=grouping)} ({code})" for code in codes)
    kinds = {units()[code].kind for code in codes if code in units()}
    hint = '; say kind="city" or kind="region"' if len(kinds) > 1 else "; write it in full"
    return PlaceAmbiguousError(text, codes, described + hint)


def resolve(
    value: object,
    *,
    kind: Kind | None = None,
    level: str | None = None,
    grouping: Grouping | None = None,
) -> Place:
    """Find the oblast, region or country that a code or name stands for.

    Parameters
    ----------
    value : str or int
        ISO code, KATO code (two or nine digits), or a name in English, Russian or Kazakh in any
        usual spelling: case, stray spaces, words such as "oblysy" or "г." and Latin letters
        among Cyrillic ones do not matter.
    kind : {"city", "region"}, optional
        Settles names that a city and a region share.
    level : str, optional
        Where to look: "oblast", the grouping's name (the study's: "composite") or "country". By
        default oblasts come before regions.
    grouping : Grouping, optional
        Regions that names may mean; those of the published study by default.

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
    grouping = grouping or load_design().grouping
    if kind is not None:
        check_option("kind", kind, ("city", "region"))
    if level is not None:
        check_option("level", level, (LEVEL, grouping.name, COUNTRY))
    text = _as_text(value)
    places = _narrow(_candidates(text, kind, grouping), level, grouping)
    if not places:
        raise PlaceUnknownError(text, _nearest(text, grouping))
    if len(places) > 1:
        raise _ambiguous(text, places, grouping)
    return next(iter(places))


def _is_missing(value: object) -> bool:
    # by text, because pandas' NA cannot be compared with itself
    return value is None or str(value).strip() in {"", "<NA>", "nan", "NaN", "NaT"}


def _column_level(options: Sequence[frozenset[Place]], grouping: Grouping) -> str | None:
    """The grouping's where a column has names that only its regions carry, and no oblast alone."""
    tally = Counter(
        next(iter(levels))
        for hits in options
        if len(levels := {p.level for p in hits if p.level != COUNTRY}) == 1
    )
    return grouping.name if tally[grouping.name] and not tally[LEVEL] else None


def resolve_column(
    values: Iterable[Hashable],
    *,
    kind: Kind | None = None,
    level: str | None = None,
    grouping: Grouping | None = None,
) -> Resolution:
    """Resolve a column of codes or names, letting the whole column settle its ambiguities.

    "Almaty" is the city in a column where another row says "Almaty Region", the region where
    another says "Almaty City", and the composite in a column of composites.

    Parameters
    ----------
    values : iterable
        Codes or names; None, NaN and empty text are missing.
    kind, level, grouping
        As in `resolve`, for all values.

    Returns
    -------
    Resolution
        Faults are collected, never raised.

    Examples
    --------
    >>> found = resolve_column(["Almaty", "Almaty Region", "Qazaqstan", ""])
    >>> [place and place.code for place in found.places], found.settled, found.totals
    (['KZ-75', 'KZ-19', 'KZ', None], {'Almaty': 'KZ-75'}, 1)
    """
    grouping = grouping or load_design().grouping
    texts = [None if _is_missing(value) else _as_text(value) for value in values]
    distinct = list(dict.fromkeys(text for text in texts if text is not None))
    options = {text: _candidates(text, kind, grouping) for text in distinct}
    level = level or _column_level(list(options.values()), grouping)
    options = {text: _narrow(hits, level, grouping) for text, hits in options.items()}
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
            faults[text] = str(PlaceUnknownError(text, _nearest(text, grouping)))
        else:
            faults[text] = str(_ambiguous(text, hits, grouping))
    places = tuple(None if text is None else found.get(text) for text in texts)
    totals = sum(place is not None and place.level == COUNTRY for place in places)
    return Resolution(places, faults, settled, totals, tuple(texts))
