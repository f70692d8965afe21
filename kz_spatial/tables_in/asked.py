"""What a user can say of a table instead of having it found."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.places import Kind

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["AreaReading", "Asked"]

_DECIMALS: Final = {"": "", "comma": ",", "point": "."}


class AreaReading(TypedDict, total=False):
    """Keywords of `read_area_table`; see there."""

    sheet: str | None
    header: str | None
    unit_column: str | None
    year: str | int | None
    columns: Collection[str]
    population: str | None
    counts: Collection[str]
    rates: Collection[str]
    decimal: Literal["", "comma", "point"]
    kind: Kind | None
    unmatched: Literal["raise", "drop"]
    boundaries: str | os.PathLike[str] | gpd.GeoDataFrame | None
    unit_code: str | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Asked:
    """The same, checked, with what holds where nothing is said."""

    sheet: str | None = None
    header: str | None = None
    unit_column: str | None = None
    year: str | int | None = None
    columns: Collection[str] = ()
    population: str | None = None
    counts: Collection[str] = ()
    rates: Collection[str] = ()
    decimal: str = ""
    kind: Kind | None = None
    unmatched: str = "raise"
    boundaries: Any = None
    unit_code: str | None = None

    def __post_init__(self) -> None:
        check_option("decimal", self.decimal, tuple(_DECIMALS))
        check_option("unmatched", self.unmatched, ("raise", "drop"))
        if (self.boundaries is None) != (self.unit_code is None):
            raise CallError("boundaries and unit_code go together: found one of them alone")
        for name in ("columns", "counts", "rates"):
            if isinstance(getattr(self, name), str):
                raise CallError(f"{name}={getattr(self, name)!r}: expected a list of columns")

    @classmethod
    def of(cls, reading: AreaReading) -> Asked:
        """Keywords as they were given.

        Raises
        ------
        CallError
            When there is no such keyword, or a value is not one of those that it can have.
        """
        known = [each.name for each in fields(cls)]
        for name in reading:
            check_option("keyword", name, known)
        return cls(**reading)

    @property
    def decimal_sign(self) -> str:
        """Decimal sign of numbers in text; empty where it is to be found."""
        return _DECIMALS[self.decimal]
