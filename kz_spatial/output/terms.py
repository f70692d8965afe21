"""What things are called on maps, figures and in the report: indicators, levels, groupings.

Words of the study come through `study_word` alone, those of the package through `say`.
"""

from __future__ import annotations

from typing import Final

from kz_spatial.options import INDICATORS, Language
from kz_spatial.words import has_words, say, study_word

__all__ = [
    "class_word",
    "indicator_name",
    "indicator_title",
    "layer_title",
    "level_phrase",
    "partition_title",
    "source_name",
    "statistic_name",
    "stored_word",
    "term_name",
    "unit_name",
]

_STATISTICS: Final = {
    "Moran's I": "moran",
    "Moran's I, empirical Bayes": "empirical_bayes",
    "Geary's C": "geary",
    "Getis-Ord G": "getis_ord",
}
_BIVARIATE: Final = "bivariate Moran's I, neighbours' "


def indicator_name(name: str, language: Language) -> str:
    """Name of an indicator, or of the score made of them all."""
    return study_word(f"indicator.{name}", language)


def unit_name(name: str, language: Language) -> str:
    """Unit of an indicator, or of the density of firms."""
    return say("unit.firms", language) if name == "firms" else study_word(f"unit.{name}", language)


def indicator_title(name: str, language: Language) -> str:
    """Name and unit of an indicator; of the density of firms for "firms"."""
    what = layer_title("density_contours", language) if name == "firms" else ""
    return say(
        "legend.titled",
        language,
        name=what or indicator_name(name, language),
        unit=unit_name(name, language),
    )


def term_name(term: str, language: Language) -> str:
    """A term of a regression: an indicator by its name, others as they stand."""
    return indicator_name(term, language) if term in INDICATORS else term


def layer_title(name: str, language: Language) -> str:
    """Title of a layer of the bundle."""
    key = f"layer.{name}"
    return say(key, language) if has_words(key) else study_word(key, language)


def level_phrase(level: str, language: Language) -> str:
    """Say by which units something is told, as "by oblast"."""
    key = f"level.{level}"
    return say(key, language) if has_words(key) else study_word(key, language)


def partition_title(column: str, language: Language) -> str:
    """Title of a grouping, as of "typology_composite" or "regions_oblast_k5"."""
    kind, _, number = column.partition("_k")
    key = f"partition.{kind}"
    title = say(key, language) if has_words(key) else study_word(key, language)
    return say("partition.of_number", language, title=title, n=int(number)) if number else title


def class_word(label: str, language: Language, *, min_firms: int) -> str:
    """A class of local Moran, "suppressed" among them."""
    return say(f"class.{label}", language, n=min_firms)


def stored_word(key: object, language: Language, *, min_firms: int) -> str | None:
    """What a reader sees for a key that a column of text stores; None where it is no key."""
    if has_words(f"class.{key}"):
        return class_word(str(key), language, min_firms=min_firms)
    return say(f"method.{key}", language) if has_words(f"method.{key}") else None


def statistic_name(name: str, language: Language) -> str:
    """A global statistic; one that has no words keeps its name."""
    if name.startswith(_BIVARIATE):
        other = indicator_name(name.removeprefix(_BIVARIATE), language)
        return say("statistic.bivariate", language, indicator=other)
    return say(f"statistic.{_STATISTICS[name]}", language) if name in _STATISTICS else name


def source_name(source: str, language: Language, *, synthetic: bool) -> str:
    """Where numbers come from: a file by its name, the twin in words."""
    return say("metadata.source_twin", language) if synthetic else source
