"""What a study asks, as data: indicators, outcome, regions, wave, and the columns of its survey."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kz_spatial._validate import check_option
from kz_spatial.crosswalk import LEVEL, check_vintage
from kz_spatial.design.disclosure import DisclosureRules
from kz_spatial.design.grouping import Grouping
from kz_spatial.design.indicators import Indicator, special_code_faults
from kz_spatial.design.texts import Texts, name_faults, text_faults
from kz_spatial.errors import DesignError, InputError

__all__ = ["FIRM_COLUMNS", "ROLES", "SCORE", "Score", "StudyDesign", "Wave", "formula_names"]

# columns of a firm table beside the region and the indicators
FIRM_COLUMNS: Final = ("firm_id", "oblast_code", "sector", "size", "weight")
ROLES: Final = ("id", "region", "sector", "size", "foreign_share", "longitude", "latitude")
# the column of the score in every table and layer
SCORE: Final = "readiness"
_NAME: Final = re.compile(r"`([^`]+)`|(?<![\w.])([^\W\d]\w*)(?!\w)(?!\s*[(.])")


@dataclass(frozen=True, slots=True)
class Wave:
    """When a survey was taken, and which oblasts its file knows.

    Attributes
    ----------
    year : int
    vintage : int
        Year of the boundaries; 2022 or later are today's 20 oblasts.
    columns : tuple of str
        Columns that tell waves or countries apart in files that stack them.

    Examples
    --------
    >>> Wave(2019, vintage=2019, columns=("year", "country")).vintage
    2019
    """

    year: int
    vintage: int
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = []
        if isinstance(self.year, bool) or not isinstance(self.year, int):
            faults.append(f"year: found {self.year!r}, expected a year")
        try:
            check_vintage(self.vintage)
        except InputError as error:
            faults.append(str(error))
        if faults:
            raise DesignError(faults)


@dataclass(frozen=True, slots=True)
class Score:
    """The mean of directed z-scores over a study's indicators.

    Attributes
    ----------
    labels, unit : mapping
        What the reader sees, by language.
    least : int
        Indicators that a unit needs for a score.
    groups : tuple of mapping
        Names of the groups of a typology, the highest score first, used where as many are formed.
    """

    labels: Texts
    unit: Texts
    least: int = 3
    groups: tuple[Texts, ...] = ()

    def __post_init__(self) -> None:
        faults = text_faults("labels", self.labels) + text_faults("unit", self.unit)
        for number, texts in enumerate(self.groups, start=1):
            faults += text_faults(f"groups.{number}", texts)
        if isinstance(self.least, bool) or not isinstance(self.least, int) or self.least < 1:
            faults.append(f"least: found {self.least!r}, expected a whole number of 1 or more")
        if faults:
            raise DesignError(faults)


@dataclass(frozen=True, slots=True)
class StudyDesign:
    """What a study asks; everything else in the package takes it from here.

    Attributes
    ----------
    name : str
    title : mapping
        Title of maps and reports, by language.
    source : str
        Where the design comes from; shown in reports.
    indicators : tuple of Indicator
        In the order of tables and legends.
    outcome : str or None
        Indicator explained by the regression; None leaves the regression out.
    formula : str or None
        As `fixed_effects` reads it, effects after the bar.
    grouping : Grouping
    wave : Wave
    score : Score
    weights : tuple of str
        Survey weight columns, the preferred first.
    strata : tuple of str
        Columns by which firms were drawn.
    special_codes : mapping
        Code to reason of answers that are none, for every item.
    columns : mapping
        Names of the columns that hold id, region, sector, size, foreign_share and coordinates,
        the preferred first.
    left_out : tuple of str
        Indicators that a file lacked, in words; see `without`.
    disclosure : DisclosureRules or None
        Rules for what may be told of firms; None leaves them to the source: "open" for the twin,
        "survey" for every file.

    Raises
    ------
    DesignError
        With all that is wrong.

    Examples
    --------
    >>> from kz_spatial.design import load_design
    >>> design = load_design()
    >>> design.outcome, design.grouping.name, len(design.indicators)
    ('epayment_share', 'composite', 5)
    """

    name: str
    title: Texts
    indicators: tuple[Indicator, ...]
    grouping: Grouping
    wave: Wave
    score: Score
    outcome: str | None = None
    formula: str | None = None
    source: str = ""
    weights: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    special_codes: Mapping[int, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    disclosure: DisclosureRules | None = None

    def __post_init__(self) -> None:
        faults = name_faults("name", self.name) + text_faults("title", self.title)
        names = [each.name for each in self.indicators]
        if not names:
            faults.append("indicators: found none, expected at least one")
        faults += [
            f"indicators: found {each!r} twice"
            for each in sorted(set(names))
            if names.count(each) > 1
        ]
        if self.grouping.name in names:
            faults.append(f"grouping.name: found {self.grouping.name!r}, the name of an indicator")
        if self.grouping.vintage != self.wave.vintage:
            faults.append(
                f"wave.vintage: found {self.wave.vintage}, expected {self.grouping.vintage} as the "
                "grouping's oblasts"
            )
        if self.outcome is not None and self.outcome not in names:
            faults.append(f"outcome: found {self.outcome!r}, expected one of {', '.join(names)}")
        faults += self._formula_faults()
        faults += special_code_faults("special_codes", self.special_codes)
        if faults:
            raise DesignError(faults)

    def _formula_faults(self) -> list[str]:
        if self.formula is None:
            return []
        if self.formula.count("~") != 1:
            return [f"formula: found {self.formula!r}, expected OUTCOME ~ TERMS | EFFECTS"]
        known = {*(each.name for each in self.indicators), self.grouping.name, *FIRM_COLUMNS}
        known |= {*self.weights, *self.strata, "foreign_share"}
        return [
            f"formula: found {name!r}, which is neither an indicator nor a column of a firm table"
            for name in dict.fromkeys(formula_names(self.formula))
            if name not in known
        ]

    @property
    def by_name(self) -> dict[str, Indicator]:
        """Indicators by name, in order."""
        return {each.name: each for each in self.indicators}

    @property
    def levels(self) -> tuple[str, str]:
        """The grouping's name and "oblast", the coarser first."""
        return (self.grouping.name, LEVEL)

    def check_level(self, level: str | None) -> str:
        """A level by its name; without one, that of the grouping.

        Raises
        ------
        CallError
            When the design has no such level.
        """
        if level is not None:
            check_option("by", level, self.levels)
        return level or self.grouping.name

    def level_column(self, level: str) -> str:
        """Column of a firm table that holds the units of a level."""
        return "oblast_code" if level == LEVEL else self.grouping.name

    @property
    def firm_columns(self) -> tuple[str, ...]:
        """Columns of a firm table, in order."""
        first, second, *rest = FIRM_COLUMNS
        return (first, second, self.grouping.name, *rest, *self.by_name)

    def codes_of(self, indicator: Indicator) -> dict[int, str]:
        """Special answers of an item, code to reason."""
        return {**self.special_codes, **indicator.special_codes}

    def without(self, names: Collection[str], reasons: Iterable[str] = ()) -> StudyDesign:
        """The study on fewer indicators: they leave tables, score and formula.

        Raises
        ------
        DesignError
            When none is left.

        Examples
        --------
        >>> from kz_spatial.design import load_design
        >>> load_design().without(["permit_days", "co2_monitoring"]).formula
        'epayment_share ~ outages_per_month + product_innovation | composite'
        """
        gone = set(names)
        if not gone:
            return self
        outcome = None if self.outcome in gone else self.outcome
        return replace(
            self,
            indicators=tuple(each for each in self.indicators if each.name not in gone),
            outcome=outcome,
            formula=_shorten(self.formula, gone) if self.formula and outcome else None,
            score=replace(
                self.score, least=min(self.score.least, max(1, len(self.indicators) - len(gone)))
            ),
            left_out=(*self.left_out, *(tuple(reasons) or sorted(gone))),
        )

    def missing_words(self, languages: Iterable[str]) -> list[str]:
        """A line for each text that a language lacks; English is shown in its place."""
        texts: dict[str, Texts] = {"title": self.title}
        texts |= {"score.labels": self.score.labels, "score.unit": self.score.unit}
        texts |= {f"score.groups.{i}": each for i, each in enumerate(self.score.groups, start=1)}
        for each in self.indicators:
            texts[f"indicators.{each.name}.labels"] = each.labels
            texts[f"indicators.{each.name}.unit"] = each.unit
        texts["grouping.labels"] = self.grouping.labels
        texts |= {f"grouping.{each.code}.labels": each.labels for each in self.grouping.regions}
        return [
            f"{key}: no text in {language!r}, English is shown"
            for language in languages
            for key, known in texts.items()
            if language not in known
        ]


def formula_names(formula: str) -> list[str]:
    """Names of columns in a formula, functions left out.

    Examples
    --------
    >>> formula_names("y ~ a + log(b) + C(size):`c` | composite")
    ['y', 'a', 'b', 'size', 'c', 'composite']
    """
    return [quoted or plain for quoted, plain in _NAME.findall(formula)]


def _shorten(formula: str, gone: set[str]) -> str | None:
    """A formula without the terms that name what is gone; None when no term is left."""
    left, _, right = formula.partition("~")
    terms, bar, effects = right.partition("|")
    kept = [term.strip() for term in terms.split("+") if not gone & set(formula_names(term))]
    if not kept:
        return None
    return f"{left.strip()} ~ {' + '.join(kept)}" + (f" | {effects.strip()}" if bar else "")
