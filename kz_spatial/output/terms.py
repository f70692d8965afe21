"""What things are called on maps, figures and in the report, in one language.

Words of the study come from its design; where that lacks the language, from a table `[study]` of
the reader's own catalogue, else in English. Words of the package come from the catalogues.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SCORE, StudyDesign, Texts, load_design, text_in
from kz_spatial.options import MIN_FIRMS, Language
from kz_spatial.places import place_name
from kz_spatial.study import Findings, OwnLayer
from kz_spatial.words import catalogue_of, has_words, say

__all__ = ["FIRMS", "PAPER", "Terms"]

# what a surface of firms is called where indicators are called by name
FIRMS: Final = "firms"
# the published study that the package implements
PAPER: Final = "Nurbatsin (2025), doi 10.47703/ejebs.v69i3.538"
_STATISTICS: Final = {
    "Moran's I": "moran",
    "Moran's I, empirical Bayes": "empirical_bayes",
    "Geary's C": "geary",
    "Getis-Ord G": "getis_ord",
}
_BIVARIATE: Final = "bivariate Moran's I, neighbours' "


@dataclass(frozen=True, slots=True)
class Terms:
    """The words for one study in one language.

    Attributes
    ----------
    design : StudyDesign
    language : str
        One of `words.languages()`.
    own : tuple of OwnLayer
        Registered layers of the study.
    min_firms : int
        Cells of fewer firms are withheld, which legends say.
    """

    design: StudyDesign
    language: Language = "en"
    own: tuple[OwnLayer, ...] = ()
    min_firms: int = MIN_FIRMS

    @classmethod
    def of(cls, study: Findings, language: Language | None = None) -> Terms:
        """Words of a study, in the language of its options or in another."""
        asked = language or study.options.language
        return cls(study.design, asked, study.own, study.rules.min_firms)

    @classmethod
    def of_paper(cls, language: Language = "en") -> Terms:
        """Words of the published study, for what belongs to no run."""
        return cls(load_design(), language)

    def say(self, key: str, **values: object) -> str:
        """A message of the package."""
        return say(key, self.language, **values)

    def text(self, texts: Texts, key: str = "") -> str:
        """A text of the design; `key` finds it in the reader's own catalogue."""
        own = catalogue_of(self.language).messages.get(f"study.{key}") if key else None
        if self.language not in texts and isinstance(own, str):
            return own
        return text_in(texts, self.language)

    @property
    def title(self) -> str:
        """Title of maps and report."""
        return self.text(self.design.title, "title")

    def indicator(self, name: str) -> str:
        """Name of an indicator, or of the score made of them all."""
        if name == SCORE:
            return self.text(self.design.score.labels, f"indicator.{name}")
        return self.text(self.design.by_name[name].labels, f"indicator.{name}")

    def score(self, indicators: Iterable[str]) -> str:
        """Name of the score, with the indicators that are not in it."""
        known = set(indicators)
        left = [name for name in self.design.by_name if name not in known]
        if not left or not known:
            return self.indicator(SCORE)
        return self.say("legend.score", name=self.indicator(SCORE), left=self.listed(left))

    def unit(self, name: str) -> str:
        """Unit of an indicator, of the score, or of the density of firms."""
        if name == FIRMS:
            return self.say("unit.firms")
        texts = self.design.score.unit if name == SCORE else self.design.by_name[name].unit
        return self.text(texts, f"unit.{name}")

    def shown_unit(self, name: str) -> str:
        """Unit of a mean as tables and figures show it, where shares are percent."""
        each = self.design.by_name.get(name)
        return "%" if each is not None and each.scale == 100 else self.unit(name)

    def titled(self, name: str) -> str:
        """Name and unit of an indicator; of the density of firms for "firms"."""
        what = self.layer("density_contours") if name == FIRMS else self.indicator(name)
        return self.say("legend.titled", name=what, unit=self.unit(name))

    def term(self, term: str) -> str:
        """A term of a regression: an indicator by its name, others as they stand."""
        return self.indicator(term) if term in self.design.by_name else term

    def model_group(self, group: object) -> str:
        """A group of a further model: where supply is reliable, or a sector as the file has it."""
        key = f"model.group.{group}"
        return self.say(key) if has_words(key) else str(group)

    def model_fit(self, title: str) -> str:
        """A fit of a further model at the head of its column: an outcome, or what sets it apart."""
        if title in self.design.by_name:
            return self.indicator(title)
        key = f"model.fit.{title}"
        return self.say(key) if has_words(key) else title

    def layer(self, name: str) -> str:
        """Title of a layer of the bundle."""
        if name == self.design.grouping.layer:
            return self.text(self.design.grouping.labels, f"layer.{name}")
        for each in self.own:
            if each.name == name:
                return self.text(each.title, f"layer.{name}")
        return self.say(f"layer.{name}")

    def units(self, level: str) -> str:
        """What the units of a level are called together."""
        return self.layer("oblasts" if level == LEVEL else self.design.grouping.layer)

    def by_level(self, level: str) -> str:
        """Say by which units something is told, as "by oblast"."""
        return self.say("level.oblast" if level == LEVEL else "level.region")

    def place(self, code: object) -> str:
        """Name of an oblast, a region or the country."""
        return place_name(str(code), self.language, self.design.grouping)

    def partition(self, column: str) -> str:
        """Title of groups, as of "typology_oblast" or "regions_oblast_k5"."""
        kind, _, number = column.partition("_k")
        what, _, level = kind.partition("_")
        if level == LEVEL:
            title = self.say(f"partition.{what}_oblasts")
        else:
            title = self.say(f"partition.{what}_regions", n=len(self.design.grouping.codes))
        return self.say("partition.of_number", title=title, n=int(number)) if number else title

    def group(self, number: int, of: int, *, named: bool = True) -> str:
        """A group in the legend, with the design's name where it names as many groups.

        Names speak of the score, so they are left out where scores of the groups overlap.
        """
        names = self.design.score.groups
        if of != len(names) or not named:
            return self.say("legend.group", n=number)
        name = self.text(names[number - 1], f"group.{number}")
        return self.say("legend.named_group", n=number, name=name)

    def class_word(self, label: str) -> str:
        """A class of local Moran, "suppressed" among them."""
        return self.say(f"class.{label}", n=self.min_firms)

    def stored(self, key: object) -> str | None:
        """What a reader sees for a key that a column of text stores; None where it is no key."""
        if has_words(f"class.{key}"):
            return self.class_word(str(key))
        if has_words(f"method.{key}"):
            return self.say(f"method.{key}")
        classes = (c for layer in self.own for theme in layer.themes for c in theme.classes)
        return next((self.text(c.labels) for c in classes if c.value == key), None)

    def statistic(self, name: str) -> str:
        """A global statistic; one that has no words keeps its name."""
        if name.startswith(_BIVARIATE):
            other = self.indicator(name.removeprefix(_BIVARIATE))
            return self.say("statistic.bivariate", indicator=other)
        return self.say(f"statistic.{_STATISTICS[name]}") if name in _STATISTICS else name

    def source(self, source: str, *, synthetic: bool) -> str:
        """Where numbers come from: a file by its name, the twin in words."""
        return self.say("metadata.source_twin") if synthetic else source

    def listed(self, names: Iterable[str]) -> str:
        """Indicators one after another."""
        return ", ".join(self.indicator(name) for name in names)
