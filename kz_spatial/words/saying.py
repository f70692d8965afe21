"""Say a message in a language: values put in, plural form picked, English where it lacks one."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from kz_spatial.errors import CallError
from kz_spatial.words.catalogue import Catalogue, Message, catalogue_of, placeholders
from kz_spatial.words.formats import integer, number

__all__ = ["has_words", "say"]


def _told(value: object, language: str) -> str:
    """A value as a sentence shows it: numbers as the language writes them."""
    if isinstance(value, Integral):
        return integer(value, language)
    return number(value, language) if isinstance(value, Real) else str(value)


def _find(key: str, language: str) -> tuple[Message, Catalogue]:
    """A message and the catalogue it comes from."""
    for code in (language, "en"):
        found = catalogue_of(code)
        if key in found.messages:
            return found.messages[key], found
    raise CallError(f"there is no message {key!r}")


def has_words(key: str) -> bool:
    """Whether there is a message of this key.

    Examples
    --------
    >>> has_words("layer.oblasts"), has_words("layer.roads")
    (True, False)
    """
    return key in catalogue_of("en").messages


def say(key: str, language: str = "en", /, **values: object) -> str:
    """A message in a language.

    Parameters
    ----------
    key : str
        Table and name, as "report.contents".
    language : str
        One of `languages()`. A message that it lacks is said in English.
    **values
        What stands in the message's braces. Whole numbers are written as the language writes them,
        other numbers to three digits. A message with plural forms takes its form from `n`.

    Raises
    ------
    CallError
        When there is no such message or language, or a value is missing.

    Examples
    --------
    >>> say("layer.oblasts", "ru")
    'Области'
    >>> [say("report.firms", "ru", n=n) for n in (1, 3, 5, 21)]
    ['1 фирма', '3 фирмы', '5 фирм', '21 фирма']
    """
    message, found = _find(key, language)
    if isinstance(message, dict):
        if not isinstance(n := values.get("n"), Integral):
            raise CallError(f"message {key!r} needs a whole number n, found {n!r}")
        message = message[found.locale.plural_form(abs(int(n)))]
    if missing := sorted(placeholders(message) - set(values)):
        raise CallError(f"message {key!r} needs a value for {', '.join(missing)}")
    told: dict[str, Any] = {name: _told(value, language) for name, value in values.items()}
    return message.format(**told)
