"""What a name can stand for: an oblast, a region of a grouping, or the country."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from kz_spatial._validate import check_option
from kz_spatial.crosswalk import unit_at, units
from kz_spatial.design import Grouping, load_design, text_in
from kz_spatial.options import Language
from kz_spatial.words import languages, unit_names

__all__ = ["COUNTRY", "COUNTRY_CODE", "Kind", "Place", "place_name", "units_before"]

Kind = Literal["city", "region"]
COUNTRY: Final = "country"
COUNTRY_CODE: Final = "KZ"


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
    until : int or None
        Year in which the unit that the name means was split, where it means an older one: 2018 for
        "South Kazakhstan". The code is that of the unit that was left. Places that differ in
        this alone are equal.
    """

    code: str
    level: str
    region: str | None
    until: int | None = field(default=None, compare=False)

    def name(self, language: Language = "en", grouping: Grouping | None = None) -> str:
        """Name in a language."""
        return place_name(self.code, language, grouping)


def units_before(place: Place) -> tuple[str, ...]:
    """Codes of today's units that an older unit held; its own code for a unit of today.

    Examples
    --------
    >>> units_before(Place("KZ-63", "oblast", "east", until=2022))
    ('KZ-10', 'KZ-63')
    """
    if place.until is None:
        return (place.code,)
    year = place.until - 1
    return tuple(code for code in units() if unit_at(code, year) == place.code)


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
    if code == COUNTRY_CODE:
        names = {"en": "Kazakhstan", "kk": "Қазақстан", "ru": "Казахстан"}
        return names.get(language, names["en"])
    grouping = grouping or load_design().grouping
    if code in grouping.codes:
        return grouping.region(code).name(language)
    check_option("code", code, (*units(), *grouping.codes, COUNTRY_CODE))
    return text_in(units()[code].names, language)
