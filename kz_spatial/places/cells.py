"""Cells of tables as text: marks, numbers and brackets around a name, totals, lists of names."""

from __future__ import annotations

import re
from typing import Final

from kz_spatial.places.names import fold

__all__ = ["coded", "in_brackets", "is_total", "listed", "names_country", "without_marks"]

_RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_MARK: Final = (
    rf"(?:[*†‡§¶#]+\)?|[{_RAISED}]+[)⁾]?|⁽[{_RAISED}]+⁾|\[\s*[^\W_]{{1,3}}\s*\]|\(\s*(?:\d{{1,2}}|\*+)\s*\)"
    r"|(?<!\d)(?:\d{1,2}\s*,\s*)*\d{1,2}(?:\s*\)|/)|[,;.:])"
)
_AFTER: Final = re.compile(rf"(?:\s*{_MARK})+\s*\Z")
_BEFORE: Final = re.compile(
    rf"\A\s*(?:[*†‡§¶#•·●▪]+|[{_RAISED}]+|\[\s*[^\W_]{{1,3}}\s*\]|[-–—](?=\s))\s*"
)
# "1.", "1.2.", "10)", "(3)", "IV.", "№ 5.", "а)"
_NUMBER: Final = re.compile(
    r"\A\s*(?:№\s*)?(?:\d{1,2}(?:\.\d{1,2})*\s*[.)]|\(\d{1,2}\)|[IVX]{1,5}\s*[.)]|[^\W\d_]\))\s*(?=\D)"
)
# a raised number that has lost its place: "Астана1", but neither "KZ10" nor "Almaty 1"
_GLUED: Final = re.compile(r"([^\W\d_]{4})\d{1,2}\Z")

_TOTALS: Final = frozenset(
    fold(each) for each in ("всего", "итого", "total", "overall", "барлығы", "жиыны")
)
_COUNTRIES: Final = frozenset(
    fold(each)
    for each in "Kazakhstan Kazakstan Qazaqstan KZ KAZ RK Казахстан Қазақстан РК ҚР республике"
    " стране country".split()
)
_CASES: Final = {fold(f"Казахстан{end}"): fold("Казахстан") for end in ("а", "е", "у")}
_AROUND: Final = frozenset(
    fold(each)
    for each in "по республика республики республикасы бойынша жалпы in for of the as"
    " whole all entire republic respublikasy".split()
)
_JOINT: Final = re.compile(
    r"\s*(?:[+&;/,|]|\b(?:и|and|және|мен|пен|plus|плюс|with|incl|including|вкл|включая|қоса)\b\.?)\s*",
    re.IGNORECASE,
)
_BRACKETS: Final = re.compile(r"\A(.+?)\s*[(\[]([^()\[\]]+)[)\]]\s*\Z")
_FORMERLY: Final = re.compile(
    r"\A(?:former(?:ly)?|ex|old|бывш(?:ая|ий|ее)?|ранее|бұрынғы)\b[.\s-]*", re.IGNORECASE
)
_CODE: Final = r"(?:KZ[-\s]?\d{2}|\d{9})"
_CODE_FIRST: Final = re.compile(
    rf"\A({_CODE}|\d{{1,2}})(?:\s*[-–—:,|]\s*|\s+)(\D.*)\Z", re.IGNORECASE
)
_CODE_LAST: Final = re.compile(rf"\A(\D.*?)[\s,:|–—-]+({_CODE})\Z", re.IGNORECASE)


def without_marks(text: str) -> str:
    """Text without footnote marks, and without its number in a list.

    Examples
    --------
    >>> [without_marks(each) for each in ("Алматы*", "Астана¹", "Abai 2)", "10) Акмолинская")]
    ['Алматы', 'Астана', 'Abai', 'Акмолинская']
    """
    bare = _AFTER.sub("", text)
    for pattern in (_BEFORE, _NUMBER, _BEFORE):
        bare = pattern.sub("", bare)
    return _GLUED.sub(r"\1", bare).strip()


def _words(text: str) -> set[str]:
    words = f" {fold(text)} ".replace(" в целом ", " ").replace(" в казахстане ", " казахстан ")
    return {_CASES.get(each, each) for each in words.split()}


def names_country(text: str) -> bool:
    """Whether a text is the country's name and nothing else.

    Examples
    --------
    >>> names_country("Республика Казахстан"), names_country("Всего"), names_country("North")
    (True, False, False)
    """
    words = _words(text)
    return bool(words & _COUNTRIES) and words <= _COUNTRIES | _AROUND


def is_total(text: str) -> bool:
    """Whether a text means the whole country and says nothing beside.

    Examples
    --------
    >>> is_total("Республика Казахстан, всего"), is_total("Всего по РК"), is_total("Total North")
    (True, True, False)
    """
    words = _words(text)
    return bool(words & (_COUNTRIES | _TOTALS)) and words <= _COUNTRIES | _TOTALS | _AROUND


def coded(text: str) -> tuple[str, str] | None:
    """Code and name of a text that holds both, as "11 Акмолинская" or "Akmola KZ-11"; else None."""
    if first := _CODE_FIRST.match(text):
        return first[1], first[2]
    if last := _CODE_LAST.match(text):
        return last[2], last[1]
    return None


def in_brackets(text: str) -> tuple[str, str] | None:
    """What stands before brackets and within them, without "former"; None without brackets."""
    found = _BRACKETS.match(text)
    return (found[1], _FORMERLY.sub("", found[2])) if found else None


def listed(text: str) -> list[str]:
    """Parts of a text that lists names, by "+", "and", commas and the like.

    Examples
    --------
    >>> listed("East Kazakhstan + Abay"), listed("Алматинская и Жетысу")
    (['East Kazakhstan', 'Abay'], ['Алматинская', 'Жетысу'])
    """
    plain = re.sub(r"[()\[\]]", " , ", text)
    return [each.strip() for each in _JOINT.split(plain) if each.strip(" .,;:-")]
