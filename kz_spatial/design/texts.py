"""Texts of a design in the languages it offers, and the checks that every part of it shares."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

__all__ = ["Texts", "listed", "name_faults", "text_faults", "text_in", "unknown_keys"]

Texts = Mapping[str, str]
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def text_in(texts: Texts, language: str) -> str:
    """A text in a language; English where the design does not have it.

    Examples
    --------
    >>> text_in({"en": "North", "ru": "Север"}, "kk")
    'North'
    """
    return texts.get(language) or texts["en"]


def text_faults(key: str, texts: object) -> list[str]:
    """What is wrong with a table of texts: it must have English, and hold text alone."""
    if not isinstance(texts, Mapping):
        return [f"{key}: found {texts!r}, expected a text by language, as {{ en = ... }}"]
    faults = [
        f"{key}.{language}: found {text!r}, expected a text"
        for language, text in texts.items()
        if not (isinstance(text, str) and text.strip())
    ]
    if "en" not in texts:
        faults.append(f"{key}: found no English text, expected at least en")
    return faults


def name_faults(key: str, name: object, reserved: Collection[str] = ()) -> list[str]:
    """What is wrong with a name that becomes a column, a layer or a file."""
    if not (isinstance(name, str) and _NAME.match(name)):
        return [
            f"{key}: found {name!r}, expected small letters, digits and _, beginning with a letter"
        ]
    if name in reserved:
        return [f"{key}: found {name!r}, which has a meaning of its own; expected another name"]
    return []


def unknown_keys(key: str, found: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """A line for each key that a design does not have, with the nearest that it has."""
    faults = []
    for each in found:
        if each not in known:
            near = get_close_matches(str(each), list(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            faults.append(f"{key}{each}: no such key, expected {', '.join(sorted(known))}{hint}")
    return faults


def listed(value: object) -> tuple[Any, ...]:
    """One value or a list of them, as a tuple."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)
