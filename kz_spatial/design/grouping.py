"""A partition of the oblasts, or of those of an older vintage, into named regions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kz_spatial.crosswalk import LEVEL, check_vintage, unit_at, units, units_of
from kz_spatial.design.texts import Texts, name_faults, text_faults, text_in
from kz_spatial.errors import DesignError, InputError

__all__ = ["Grouping", "Region"]

_RESERVED: Final = frozenset(
    {LEVEL, "oblast_code", "country", "region", "level", "code", "name", "geometry", "cluster"}
)
_LAYERS: Final = frozenset(
    {"oblasts", "local_moran", "clusters", "density_contours", "settlements", "layer_styles"}
)
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}\Z")


@dataclass(frozen=True, slots=True)
class Region:
    """One region of a grouping.

    Attributes
    ----------
    code : str
        As firm tables and layers hold it.
    labels : mapping
        Name by language.
    oblasts : tuple of str
        ISO codes of its members, of the grouping's vintage.
    spellings : tuple of str
        Other names it goes by in files.
    colour : str
        Fill as #rrggbb where regions are told apart by colour; empty for the palette's.

    Examples
    --------
    >>> Region("middle", {"en": "Middle"}, ("KZ-35", "KZ-62"), spellings=("Centre",)).oblasts
    ('KZ-35', 'KZ-62')
    """

    code: str
    labels: Texts
    oblasts: tuple[str, ...]
    spellings: tuple[str, ...] = ()
    colour: str = ""

    def __post_init__(self) -> None:
        faults = name_faults("code", self.code) + text_faults("labels", self.labels)
        if not self.oblasts:
            faults.append("oblasts: found none, expected the codes of its members")
        if self.colour and not _COLOUR.match(self.colour):
            faults.append(f"colour: found {self.colour!r}, expected #rrggbb in small letters")
        if faults:
            raise DesignError(faults)

    def name(self, language: str = "en") -> str:
        """Name in a language, English where there is none."""
        return text_in(self.labels, language)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Regions that hold every oblast of a vintage once.

    Attributes
    ----------
    name : str
        What one region is called in columns and calls, as "composite".
    layer : str
        Name of the layer and its table, as "composites".
    labels : mapping
        Title of the regions, by language.
    vintage : int
        Year whose units are grouped.
    regions : tuple of Region
        In code order.

    Raises
    ------
    DesignError
        When an oblast is in two regions or in none, or a name is not usable; all at once.

    Examples
    --------
    >>> from kz_spatial.design import load_design
    >>> load_design().grouping.region_of("KZ-62")
    'center'
    """

    name: str
    layer: str
    labels: Texts
    vintage: int
    regions: tuple[Region, ...]

    def __post_init__(self) -> None:
        faults = name_faults("name", self.name, _RESERVED)
        faults += name_faults("layer", self.layer, _LAYERS)
        if self.name == self.layer:
            faults.append(f"layer: found {self.layer!r} as name too, expected two names")
        faults += text_faults("labels", self.labels)
        if len(self.regions) < 2:
            faults.append(f"regions: found {len(self.regions)}, expected two or more")
        codes = Counter(region.code for region in self.regions)
        faults += [f"regions: found code {code!r} {n} times" for code, n in codes.items() if n > 1]
        faults += self._member_faults()
        if faults:
            raise DesignError(faults)
        object.__setattr__(self, "regions", tuple(sorted(self.regions, key=lambda r: r.code)))

    def __hash__(self) -> int:
        return hash((self.name, self.layer, self.vintage, tuple(self.members.items())))

    def _member_faults(self) -> list[str]:
        """Oblasts that are in two regions, in none, or of another vintage."""
        try:
            known = units_of(check_vintage(self.vintage))
        except InputError as error:
            return [str(error)]
        owners: dict[str, list[str]] = {code: [] for code in known}
        faults = []
        for region in self.regions:
            for code in region.oblasts:
                if code in owners:
                    owners[code].append(region.code)
                elif code in units():
                    whole = unit_at(code, self.vintage)
                    faults.append(
                        f"regions.{region.code}.oblasts: found {code}, which did not exist in the "
                        f"vintage {self.vintage}; expected {whole}, of which it was part"
                    )
                else:
                    faults.append(
                        f"regions.{region.code}.oblasts: found {code!r}, expected codes such as "
                        f"{known[0]}"
                    )
        for code, regions in owners.items():
            if len(regions) > 1:
                faults.append(f"regions: found {code} in {' and in '.join(regions)}, expected once")
            elif not regions:
                name = units()[code].names["en"]
                faults.append(f"regions: found {code} ({name}) in none, expected it in one")
        return faults

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the regions, in order."""
        return tuple(region.code for region in self.regions)

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Units of each region by its code."""
        return {region.code: region.oblasts for region in self.regions}

    def region_of(self, oblast: str) -> str:
        """Code of the region that holds an oblast of today or of the vintage.

        Raises
        ------
        InputError
            When there is no such oblast.
        """
        if oblast not in units():
            raise InputError(f"oblast {oblast!r}: expected a code such as {next(iter(units()))}")
        unit = unit_at(oblast, self.vintage)
        return next(region.code for region in self.regions if unit in region.oblasts)

    def region(self, code: str) -> Region:
        """The region of a code.

        Raises
        ------
        InputError
            When there is none.
        """
        for region in self.regions:
            if region.code == code:
                return region
        raise InputError(f"{self.name} {code!r}: expected one of {', '.join(self.codes)}")

    def title(self, language: str = "en") -> str:
        """What the regions are called together."""
        return text_in(self.labels, language)

    def unit_codes(self, level: str) -> tuple[str, ...]:
        """Codes of a level, which is "oblast" or the grouping's own name."""
        return self.codes if level == self.name else units_of(self.vintage)

    def regions_of(self, oblasts: Iterable[str | None]) -> list[str | None]:
        """Region of each oblast; None stays None."""
        known: dict[str, str] = {}
        return [
            None if each is None else known.setdefault(each, self.region_of(each))
            for each in oblasts
        ]
