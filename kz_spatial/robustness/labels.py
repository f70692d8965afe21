"""What a reader sees in place of a term: labels of indicators, levels of factors, products."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kz_spatial.design import text_in
from kz_spatial.words import has_words, say

if TYPE_CHECKING:
    from kz_spatial.design import StudyDesign

__all__ = ["label_of"]

_LEVEL: Final = re.compile(r"(?:C\()?([^()\[\]]+?)\)?\[(?:T\.)?(.+)\]\Z")


def _one(name: str, design: StudyDesign, language: str) -> str:
    """Label of a column, or its name where there is none."""
    if name in design.by_name:
        return text_in(design.by_name[name].labels, language)
    if name == design.grouping.name:
        return design.grouping.title(language)
    if name == "Intercept":
        return say("paper.intercept", language)
    known = f"paper.column.{name}"
    return say(known, language) if has_words(known) else name


def label_of(term: str, design: StudyDesign, language: str = "en") -> str:
    """What stands in a table for a term.

    Parameters
    ----------
    term : str
        As a fit names it.
    design : StudyDesign
    language : str

    Examples
    --------
    >>> from kz_spatial.design import load_design
    >>> [label_of(each, load_design()) for each in ("co2_monitoring", "C(size)[T.small]")]
    ['CO₂ monitoring', 'Firm size: small']
    >>> label_of("permit_days:foreign_share", load_design())
    'Construction permits × Foreign ownership, %'
    """
    parts = re.split(r":(?![^\[(]*[\])])", term)
    found = []
    for part in parts:
        level = _LEVEL.match(part)
        if level is None:
            found.append(_one(part, design, language))
            continue
        column = level[1]
        value = level[2]
        if column == design.grouping.name and value in design.grouping.codes:
            value = design.grouping.region(value).name(language)
        found.append(f"{_one(column, design, language)}: {value}")
    return " × ".join(found)
