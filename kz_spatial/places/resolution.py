"""What a code or a name stands for: an oblast, a region of the study's grouping, or the country.

One value by `resolve`, a column by `resolve_column`, which lets the whole column settle what one
value leaves open. Nothing heavy is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from numbers import Real

from kz_spatial._validate import check_option
from kz_spatial.crosswalk import LEVEL, units
from kz_spatial.design import Grouping, load_design
from kz_spatial.errors import PlaceAmbiguousError, PlaceUnknownError
from kz_spatial.places.cells import without_marks
from kz_spatial.places.names import fold, split_kind
from kz_spatial.places.place import COUNTRY, Kind, Place, place_name, units_before
from kz_spatial.places.reading import read_cell
from kz_spatial.places.spellings import index_of, is_former

__all__ = ["COUNTRY", "Kind", "Place", "Resolution", "place_name", "resolve", "resolve_column"]


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
        Value that could mean several units to the code that the rest of the column gave it.
    totals : int
        How many values are national totals.
    texts : tuple of (str or None)
        Each value as it was read, in order; None where missing. Keys of the mappings are among
        them.
    older : dict
        Value that means a unit that was split since to the year of the split.
    """

    places: tuple[Place | None, ...]
    faults: dict[str, str] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    totals: int = 0
    texts: tuple[str | None, ...] = ()
    older: dict[str, int] = field(default_factory=dict)


def _as_text(value: object) -> str:
    """Text of a value; 31 and 31.0 and "31.0" are the KATO prefix "31"."""
    if isinstance(value, Real) and float(value).is_integer():
        return str(int(float(value)))
    text = re.sub(r"[\s\u200b\ufeff]+", " ", str(value)).strip()
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def _narrow(hits: frozenset[Place], level: str | None, grouping: Grouping) -> frozenset[Place]:
    """Candidates of one level; without a wish, oblasts before regions."""
    for wanted in (level,) if level else (LEVEL, grouping.name, COUNTRY):
        chosen = frozenset(p for p in hits if p.level == wanted)
        if chosen:
            return chosen
    return frozenset(p for p in hits if p.level == COUNTRY)


def _nearest(text: str, grouping: Grouping) -> list[str]:
    index, bare = index_of(grouping), without_marks(text) or text
    base, _ = split_kind(bare)
    keys = get_close_matches(base or fold(bare), list(index.shown), n=8, cutoff=0.6)
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
    reading = read_cell(text, kind, grouping)
    places = _narrow(reading.places, level, grouping)
    if not places:
        raise PlaceUnknownError(text, _nearest(text, grouping), reading.reason)
    if len(places) > 1:
        raise _ambiguous(text, places, grouping)
    return next(iter(places))


def _is_missing(value: object) -> bool:
    # by text, because pandas' NA cannot be compared with itself
    return value is None or str(value).strip() in {"", "<NA>", "nan", "NaN", "NaT"}


def _spans(place: Place, others: Iterable[Place], grouping: Grouping) -> bool:
    """Whether a region goes beyond an oblast that the same name means."""
    oblasts = [(each.code,) for each in others if each.level == LEVEL]
    return bool(oblasts) and (
        place.level == grouping.name and grouping.members[place.code] not in oblasts
    )


@lru_cache(maxsize=16)
def _shared_regions(grouping: Grouping) -> frozenset[Place]:
    """Regions that some oblast shares a name with."""
    return frozenset(
        place
        for hits in index_of(grouping).exact.values()
        for place in hits
        if _spans(place, hits, grouping)
    )


def _levels(options: Mapping[str, frozenset[Place]]) -> set[str]:
    """Levels that some name of a column leaves no doubt about."""
    told = [{p.level for p in hits if p.level != COUNTRY} for hits in options.values()]
    return {next(iter(each)) for each in told if len(each) == 1}


def _open_to(
    options: Mapping[str, frozenset[Place]], grouping: Grouping
) -> dict[str, frozenset[Place]]:
    """What each name of a column may mean, once the level of the whole is known or open.

    Names that only regions carry make a column one of regions, those that only oblasts carry one
    of oblasts. Where both occur, or none and every region that shares its name with an oblast
    ("North Kazakhstan"), a shared name stays open.
    """
    levels = _levels(options)
    shared = {
        text: {p for p in hits if _spans(p, hits, grouping)} for text, hits in options.items()
    }
    if levels == {grouping.name}:
        # a region that has another name in the column leaves the shared one to the oblast
        named = {p for text, hits in options.items() if not shared[text] for p in hits}
        return {
            text: _narrow(hits, LEVEL if shared[text] & named else grouping.name, grouping)
            for text, hits in options.items()
        }
    seen = {p for found in shared.values() for p in found}
    is_open = levels == {LEVEL, grouping.name} or (
        not levels and len(seen) > 1 and seen == _shared_regions(grouping)
    )
    return {
        text: _narrow(hits, None, grouping) | (frozenset(shared[text]) if is_open else frozenset())
        for text, hits in options.items()
    }


def _chosen(hits: frozenset[Place], certain: set[Place]) -> Place | None:
    """The one place that the rest of a column leaves for a name; None where it leaves several."""
    if len(hits) == 1:
        return next(iter(hits))
    left = hits - certain
    others = {p for p in certain if p.level == LEVEL}
    if len(left) > 1 and others and all(units()[p.code].kind == "city" for p in others):
        left = frozenset(p for p in left if p.level == LEVEL and units()[p.code].kind == "city")
    return next(iter(left)) if len(left) == 1 else None


def _of_today(found: dict[str, Place], certain: set[Place]) -> dict[str, Place]:
    """Former names that stand beside a unit that split off, and so mean what was left."""
    told = {place.code for place in certain}
    by_new_name = {place.code for place in found.values() if place.until is None}
    return {
        text: replace(place, until=None)
        for text, place in found.items()
        if place.until is not None
        and is_former(without_marks(text))
        and place.code not in by_new_name
        and told & (set(units_before(place)) - {place.code})
    }


def resolve_column(
    values: Iterable[Hashable],
    *,
    kind: Kind | None = None,
    level: str | None = None,
    grouping: Grouping | None = None,
) -> Resolution:
    """Resolve a column of codes or names, letting the whole column settle its ambiguities.

    "Almaty" is the city in a column where another row says "Almaty Region" or all others are
    cities, the region where another says "Almaty City", and the composite in a column of
    composites. "North Kazakhstan" is the North beside "Central Kazakhstan", and the oblast beside
    "Akmola"; a column with both leaves it a fault. "South Kazakhstan" is that of before 2018, and
    Turkistan Region where Shymkent has a row of its own.

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
    readings = {text: read_cell(text, kind, grouping) for text in distinct}
    every = {text: reading.places for text, reading in readings.items()}
    options = (
        {text: _narrow(hits, level, grouping) for text, hits in every.items()}
        if level
        else _open_to(every, grouping)
    )
    certain = {p for hits in options.values() if len(hits) == 1 for p in hits}
    shared: set[str] = set()
    if level is None and grouping.name in _levels(every):
        shared = {t for t, hits in every.items() if any(_spans(p, hits, grouping) for p in hits)}
    found: dict[str, Place] = {}
    faults: dict[str, str] = {}
    settled: dict[str, str] = {}
    for text, hits in options.items():
        place = _chosen(hits, certain)
        if place is not None:
            found[text] = place
            if len(hits) > 1 or text in shared:
                settled[text] = place.code
        elif not hits:
            reason = readings[text].reason
            faults[text] = str(PlaceUnknownError(text, _nearest(text, grouping), reason))
        else:
            faults[text] = str(_ambiguous(text, hits, grouping))
    today = _of_today(found, certain)
    found |= today
    settled |= {text: place.code for text, place in today.items()}
    older = {text: place.until for text, place in found.items() if place.until is not None}
    places = tuple(None if text is None else found.get(text) for text in texts)
    totals = sum(place is not None and place.level == COUNTRY for place in places)
    return Resolution(places, faults, settled, totals, tuple(texts), older)
