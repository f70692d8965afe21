"""Catalogues: the words of one language, read from a TOML file.

A catalogue has a head, `[language]` (code, own name, locale for Babel, and, if wanted, the
three-letter code of ISO 639 and the direction of writing), and tables of messages. A message is a
text with named values in braces, or a table of the plural forms that Babel's rules name, one of
which its value `n` picks. `[names]` may hold names of units by code, `[study]` words of a study's
design, as `indicator.permit_days`, `unit.permit_days`, `layer.composites`, `group.1` and `title`.

A user's own language is such a file; `add_language` reads it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError, MissingWordsWarning

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "PLURALS",
    "SHIPPED",
    "Catalogue",
    "add_language",
    "catalogue_of",
    "forget_language",
    "languages",
    "missing_note",
    "missing_words",
    "placeholders",
    "unit_names",
]

SHIPPED: Final = ("en", "ru", "kk")
PLURALS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})
_HOME: Final = Path(__file__).parent
_FIRST: Final = "en"
_SHOWN: Final = 5
_OF_STUDIES: Final = "study."
_added: dict[str, Catalogue] = {}

Message = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one language.

    Attributes
    ----------
    code : str
        What `--lang` and name columns call the language, as "kk".
    name : str
        Its own name, as "қазақша".
    locale : Locale
        Babel's, which formats numbers and dates and picks plurals.
    alpha3 : str
        Code of ISO 639-2, for metadata; the code itself where the file gives none.
    direction : {"ltr", "rtl"}
    messages : dict
        By dotted key: a text, or texts by plural form.
    names : dict of str
        Names of units by code; empty where the crosswalk has them.
    """

    code: str
    name: str
    locale: Locale
    alpha3: str
    direction: str
    messages: dict[str, Message]
    names: dict[str, str] = field(default_factory=dict)


def placeholders(text: str) -> frozenset[str]:
    """Names of the values that a text takes.

    Raises
    ------
    ValueError
        When its braces do not match.
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _messages(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Messages below a table by dotted key; a table of plural forms is one of them."""
    for key, value in table.items():
        dotted = f"{path}.{key}" if path else key
        if isinstance(value, dict) and not (value and set(value) <= PLURALS):
            yield from _messages(value, dotted)
        else:
            yield dotted, value


def _faults(messages: Mapping[str, Any], names: Mapping[str, Any], locale: Locale) -> list[str]:
    """What is wrong with texts and plural forms."""
    found = [f"names.{k}: expected text" for k, v in names.items() if not isinstance(v, str)]
    needed = locale.plural_form.tags | {"other"}
    for key, value in messages.items():
        forms = value if isinstance(value, dict) else {"": value}
        if lacking := sorted(needed - set(forms)) if isinstance(value, dict) else []:
            found.append(f"{key}: lacks the plural form {', '.join(lacking)}")
        for form, text in forms.items():
            dotted = ".".join(filter(None, (key, form)))
            if not isinstance(text, str):
                found.append(f"{dotted}: expected text, found {text!r}")
                continue
            try:
                placeholders(text)
            except ValueError as error:
                found.append(f"{dotted}: {error}")
    return found


def _head(text: Mapping[str, Any], path: Path) -> tuple[dict[str, str], Locale]:
    """The head of a catalogue and its locale."""
    from babel import Locale, UnknownLocaleError

    head = text.get("language")
    if not isinstance(head, dict):
        raise InputError(f"{path}: found no table [language], expected code, name and locale in it")
    for key in ("code", "name", "locale"):
        if not (isinstance(head.get(key), str) and head[key].strip()):
            raise InputError(f"{path}: language.{key}: expected text, found {head.get(key)!r}")
    if not head["code"].isidentifier():
        raise InputError(
            f"{path}: language.code: found {head['code']!r}, expected letters, digits and _, "
            "since name columns carry it"
        )
    if head.get("direction", "ltr") not in ("ltr", "rtl"):
        raise InputError(
            f"{path}: language.direction: found {head['direction']!r}, expected ltr or rtl"
        )
    try:
        return head, Locale.parse(head["locale"].replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise InputError(
            f"{path}: language.locale: found {head['locale']!r}, expected a locale that Babel knows"
        ) from error


def _read(path: Path) -> Catalogue:
    """Read a catalogue.

    Raises
    ------
    InputError
        When it cannot be read or has faults; all of them, a line each.
    """
    import tomllib

    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise InputError(f"{path}: is no TOML file in UTF-8: {error}") from error
    head, locale = _head(text, path)
    names = text.get("names", {})
    if not isinstance(names, dict):
        raise InputError(f"{path}: names: expected a table of names by code")
    messages = dict(_messages({k: v for k, v in text.items() if k not in ("language", "names")}))
    if faults := _faults(messages, names, locale):
        raise InputError("\n".join(f"{path}: {each}" for each in faults))
    return Catalogue(
        code=head["code"],
        name=head["name"],
        locale=locale,
        alpha3=head.get("alpha3", head["code"]),
        direction=head.get("direction", "ltr"),
        messages=messages,
        names=names,
    )


@cache
def _shipped(code: str) -> Catalogue:
    return _read(_HOME / f"{code}.toml")


def languages() -> tuple[str, ...]:
    """Codes of the languages that readers may choose: those shipped, then those added.

    Examples
    --------
    >>> languages()[:3]
    ('en', 'ru', 'kk')
    """
    return (*SHIPPED, *_added)


def catalogue_of(language: str) -> Catalogue:
    """Catalogue of a language.

    Raises
    ------
    CallError
        When there is no such language.
    """
    check_option("language", language, languages())
    return _added.get(language) or _shipped(language)


def unit_names(language: str) -> dict[str, str]:
    """Names of units by code that a language's own catalogue brings.

    Returns
    -------
    dict of str
        By oblast code, composite code and "KZ"; empty for the shipped languages, whose names are
        in the crosswalk.

    Examples
    --------
    >>> unit_names("kk")
    {}
    """
    return dict(catalogue_of(language).names)


def missing_words(language: str) -> tuple[str, ...]:
    """Keys of the messages that a language lacks, in the order of the English ones.

    Examples
    --------
    >>> missing_words("kk")
    ()
    """
    own = catalogue_of(language).messages
    return tuple(key for key in _shipped(_FIRST).messages if key not in own)


def _strangers(found: Catalogue) -> list[str]:
    """Messages that English does not have, or that take values it does not give."""
    first, lines = _shipped(_FIRST).messages, []
    for key, message in found.messages.items():
        if key.startswith(_OF_STUDIES):  # words of a design, which knows them
            continue
        if key not in first:
            lines.append(f"{key}: there is no such message")
            continue
        given = _values(first[key])
        if strange := sorted(_values(message) - given):
            known = ", ".join(sorted(given)) or "none"
            lines.append(f"{key}: takes no value {', '.join(strange)}; known values: {known}")
    return lines


def _values(message: Message) -> frozenset[str]:
    """Values that a message may be given; a plural one may be given its number always."""
    if isinstance(message, str):
        return placeholders(message)
    return frozenset({"n"}).union(*map(placeholders, message.values()))


def add_language(path: str | os.PathLike[str]) -> str:
    r"""Read a language of one's own, for maps, layers, figures and the report.

    Parameters
    ----------
    path : path
        TOML file of the shape of `kz_spatial/words/en.toml`: a head `[language]` with `code`,
        `name` and `locale`, messages by key, and, if wanted, `[names]` with names of units by code.
        English stands in for messages that it lacks. A file with a code that was added before
        takes that one's place.

    Returns
    -------
    str
        The language's code, as `language=` and `--lang` take it.

    Raises
    ------
    InputError
        When the file cannot be read, or has faults; all of them, a line each.
    CallError
        When its code is that of a shipped language.

    Warns
    -----
    MissingWordsWarning
        When messages are missing.

    Examples
    --------
    >>> import tempfile, warnings
    >>> import kz_spatial as kz
    >>> head = '[language]\ncode = "eo"\nname = "Esperanto"\nlocale = "eo"\n'
    >>> with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     path = Path(folder) / "eo.toml"
    ...     _ = path.write_text(head + '[layer]\noblasts = "Provincoj"\n', encoding="utf-8")
    ...     kz.add_language(path)
    'eo'
    >>> languages()[-1], catalogue_of("eo").messages["layer.oblasts"]
    ('eo', 'Provincoj')
    >>> forget_language("eo")
    """
    found = _read(Path(path))
    if found.code in SHIPPED:
        raise CallError(
            f"{path}: language.code: {found.code!r} is a shipped language, expected another code"
        )
    if faults := _strangers(found):
        raise InputError("\n".join(f"{path}: {each}" for each in faults))
    _added[found.code] = found
    if lacking := missing_words(found.code):
        warnings.warn(_describe_missing(found.code, lacking), MissingWordsWarning, stacklevel=2)
    return found.code


def forget_language(code: str) -> None:
    """Take back what `add_language` did.

    Raises
    ------
    CallError
        When no such language was added.
    """
    check_option("language", code, tuple(_added))
    del _added[code]


def _describe_missing(code: str, lacking: tuple[str, ...]) -> str:
    named = ", ".join(lacking[:_SHOWN])
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    return (
        f"language {code!r} lacks {len(lacking)} of {len(_shipped(_FIRST).messages)} messages, "
        f"English stands in for them: {named}{more}"
    )


def missing_note(language: str) -> str:
    """One line that says which messages a language lacks; empty where it lacks none."""
    lacking = missing_words(language)
    return _describe_missing(language, lacking) if lacking else ""
