"""Words for a table of units: its columns as indicators, its units by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import Indicator, StudyDesign, Wave, load_design
from kz_spatial.output.terms import Terms
from kz_spatial.places import COUNTRY_CODE, place_name
from kz_spatial.study import grouping_at
from kz_spatial.words import languages

if TYPE_CHECKING:
    from kz_spatial.options import Language
    from kz_spatial.study import AreaStudy

__all__ = ["AreaTerms", "area_design", "area_title"]

_NO_YEAR = 2024


def area_title(study: AreaStudy) -> str:
    """Title of the table: what stands above it, else the name of its file."""
    return study.record.title or Path(study.record.source).stem.replace("_", " ")


def area_design(study: AreaStudy) -> StudyDesign:
    """The table's columns as the indicators of a design, for records and titles."""
    base = load_design()
    grouping = grouping_at(study.record.vintage) if study.record.vintage else base.grouping
    years = [column.latest_year for column in study.columns.values()]
    return replace(
        base,
        name="areas",
        title=dict.fromkeys(languages(), area_title(study)),
        source=Path(study.record.source).name,
        indicators=tuple(
            Indicator(
                name=name,
                item=name,
                kind="count" if column.kind == "count" else "rate",
                direction=1,
                labels=column.labels,
                unit=column.unit,
            )
            for name, column in study.columns.items()
        ),
        grouping=grouping,
        wave=Wave(max(years) or _NO_YEAR, grouping.vintage),
        outcome=None,
        formula=None,
        weights=(),
        strata=(),
        special_codes={},
        columns={},
        left_out=(),
    )


@dataclass(frozen=True, slots=True)
class AreaTerms(Terms):
    """Words for one table in one language.

    Attributes
    ----------
    names : mapping
        Name of each unit by language and code.
    own_units : bool
        Whether units are the user's own polygons.
    measured : frozenset of str
        Columns whose unit of measure the file tells.
    """

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    own_units: bool = False
    measured: frozenset[str] = frozenset()

    @classmethod
    def of_areas(cls, study: AreaStudy, language: Language | None = None) -> AreaTerms:
        """Words of a study of a table, in the language of its options or in another."""
        names = {
            code: study.areas[column].to_dict()
            for code in languages()
            if (column := f"name_{code}") in study.areas
        }
        return cls(
            area_design(study),
            language or study.options.language,
            names=names,
            own_units=study.record.level != LEVEL,
            measured=frozenset(n for n, c in study.columns.items() if c.measured),
        )

    def place(self, code: object) -> str:
        """Name of a unit."""
        known = self.names.get(self.language) or self.names["en"]
        if str(code) == COUNTRY_CODE:
            return place_name(COUNTRY_CODE, self.language)
        return str(known.get(str(code), code))

    def partition(self, column: str) -> str:
        """Title of groups, as of "typology" or "regions_k5"."""
        kind, _, number = column.partition("_k")
        title = self.say(f"area.{kind}")
        return self.say("partition.of_number", title=title, n=int(number)) if number else title

    def units(self, level: str) -> str:  # noqa: ARG002 a table has one level
        """What the units are called together."""
        return self.say("area.units") if self.own_units else self.say("layer.oblasts")

    def titled(self, name: str) -> str:
        """Name of a column with its unit of measure, where the file tells one."""
        title, unit = self.indicator(name), self.unit(name)
        if name not in self.measured or unit in title:
            return title
        return self.say("legend.titled", name=title, unit=unit)
