"""Folding of place names: case, spaces, diacritics, and letters of one script among the other."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal

__all__ = [
    "fold",
    "inflected",
    "looks_like_cyrillic",
    "loosened",
    "romanised",
    "split_kind",
    "without_y",
    "writes_for_y",
]

# Latin letters and the Cyrillic ones that look the same, capitals apart from small letters
_LATIN: Final = "ABCEHIKMOPTXYaceiopxyhj"
_CYRILLIC: Final = "АВСЕНІКМОРТХУасеіорхуһј"
_TO_CYRILLIC: Final = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN: Final = str.maketrans(_CYRILLIC, _LATIN)
# Kazakh letters are often typed as the Russian ones nearest to them
_PLAIN_CYRILLIC: Final = str.maketrans("әғқңөұүһіёй", "агкноуухиеи")
_PLAIN_LATIN: Final = str.maketrans({"ı": "i", "ə": "a", "ŋ": "n"} | dict.fromkeys("ʼ’'`ʻʹʺ′´"))

_REGION_WORDS: Final = frozenset(
    "region reg oblast obl oblysy oblisi province bölgesi область области областью обл облысы"
    " облысi облыс облысының облысында аймағы регион".split()
)
_CITY_WORDS: Final = frozenset(
    "city town qalasy kalasy gorod g şehri şehir қаласы қала қаласының қаласында қ город города"
    " городу городе гор г c".split()
)
_EMPTY_WORDS: Final = frozenset({"of", "the"})


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter <= "\u04ff"


def looks_like_cyrillic(text: str) -> bool:
    """Whether Latin text could be Cyrillic typed with Latin look-alikes, as in "CKO"."""
    letters = [each for each in text if each.isalpha()]
    return bool(letters) and all(each in _LATIN for each in letters)


def _one_script(word: str, *, force_cyrillic: bool) -> str:
    """Write a word in the script that most of its telling letters are in."""
    cyrillic = sum(_is_cyrillic(each) and each not in _CYRILLIC for each in word)
    latin = sum(each.isascii() and each.isalpha() and each not in _LATIN for each in word)
    if cyrillic == latin:  # only look-alikes: go by what was typed
        cyrillic = sum(map(_is_cyrillic, word))
        latin = sum(each.isascii() and each.isalpha() for each in word)
    if force_cyrillic or cyrillic > latin:
        return word.translate(_TO_CYRILLIC)
    return word.translate(_TO_LATIN)


def _fold_word(word: str) -> str:
    word = word.casefold()
    if any(map(_is_cyrillic, word)):
        return word.translate(_PLAIN_CYRILLIC)
    stripped = unicodedata.normalize("NFKD", word.translate(_PLAIN_LATIN))
    return "".join(each for each in stripped if not unicodedata.combining(each))


@lru_cache(maxsize=4096)
def fold(text: str, *, force_cyrillic: bool = False) -> str:
    """Key under which spellings of one name meet.

    Examples
    --------
    >>> fold("  Нур-Султан ") == fold("НУР СУЛТАН")
    True
    """
    text = unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("\ufeff", "")
    words = re.split(r"[\s\-‐-―.,;:()/_\"«»]+", text)
    folded = (_fold_word(_one_script(each, force_cyrillic=force_cyrillic)) for each in words)
    return " ".join(each for each in folded if each)


_REGION_KEYS: Final = frozenset(fold(word) for word in _REGION_WORDS)
_CITY_KEYS: Final = frozenset(fold(word) for word in _CITY_WORDS)


@lru_cache(maxsize=4096)
def split_kind(text: str) -> tuple[str, Literal["city", "region"] | None]:
    """Part a name from the word that says what it is.

    Returns
    -------
    base : str
        Folded name without the word.
    kind : {"city", "region"} or None

    Examples
    --------
    >>> split_kind("Г.АЛМАТЫ")
    ('алматы', 'city')
    """
    words = fold(text).split()
    kind: Literal["city", "region"] | None = None
    if any(word in _REGION_KEYS for word in words):
        kind = "region"
    elif any(word in _CITY_KEYS for word in words) and len(words) > 1:
        kind = "city"
    dropped = _REGION_KEYS | _CITY_KEYS | _EMPTY_WORDS if len(words) > 1 else frozenset()
    return " ".join(word for word in words if word not in dropped), kind


# cases of Russian nouns, and of the adjectives that oblasts are named by, as `fold` writes them
_CASES: Final = {
    form: word
    for word, forms in (
        ("астана", "астаны астане астану"),
        ("шымкент", "шымкента шымкенте шымкенту"),
        ("султан", "султана султане султану"),
        ("казахстан", "казахстана казахстане казахстану"),
    )
    for form in forms.split()
}
_ADJECTIVE: Final = re.compile(r"(ск)(?:ои|ую|ою)\Z")
_BEFORE: Final = frozenset({"по", "в", "во", "на"})
_AFTER: Final = frozenset({fold("бойынша")})


def inflected(key: str) -> str:
    """Folded name in the case that lists give it in, from running text.

    Examples
    --------
    >>> inflected(fold("по Акмолинской области"))
    'акмолинская области'
    """
    words = key.split()
    if len(words) > 1 and words[0] in _BEFORE and words[1] != "казахстан":  # "В. Казахстан"
        words = words[1:]
    if len(words) > 1 and words[-1] in _AFTER:
        words = words[:-1]
    return " ".join(_ADJECTIVE.sub(r"\1ая", _CASES.get(word, word)) for word in words)


# one sound, several letters: ways of writing Kazakh and Russian in Latin
_SOUNDS: Final = tuple(
    (re.compile(found), put)
    for found, put in (
        (r"a[ij]a\b", "aya"),
        ("dzh|dj|zh", "j"),
        ("gh", "g"),
        ("kh", "h"),
        ("q", "k"),
        ("w", "u"),
        ("kazahstan", "kazakstan"),
        ("казахстан", "казакстан"),
    )
)
_ROMAN: Final = str.maketrans(
    dict(
        zip(
            "абвгдежзийклмнопрстуфхцчшщыэюяіһәғқңөұүё",
            "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya i h".split()
            + "a g q n o u u e".split(),
            strict=True,
        )
    )
    | {"ь": "", "ъ": ""}
)


def loosened(key: str) -> str:
    """Key under which ways of writing the same sounds in Latin meet.

    Examples
    --------
    >>> loosened("jambyl") == loosened("zhambyl")
    True
    >>> loosened("zambyl") == loosened("zhambyl")  # a misprint
    False
    """
    for found, put in _SOUNDS:
        key = found.sub(put, key)
    return key


def without_y(key: str) -> str:
    """Key with і or и in place of every ы and й, as they are often written.

    Examples
    --------
    >>> without_y("ulytau")
    'ulitau'
    """
    return key.replace("y", "i").replace("ы", "и")


def writes_for_y(text: str, key: str) -> bool:
    """Whether a text differs from a name by i for y, or и for ы, alone, and never the other way.

    Examples
    --------
    >>> writes_for_y("ulitau", "ulytau"), writes_for_y("turkystan", "turkistan")
    (True, False)
    """
    return len(text) == len(key) and all(
        one == other or one + other in ("iy", "иы") for one, other in zip(text, key, strict=True)
    )


def romanised(text: str) -> str:
    """Cyrillic name in Latin letters, folded.

    Examples
    --------
    >>> romanised("Акмолинская область")
    'akmolinskaya oblast'
    """
    return fold(text.casefold().translate(_ROMAN))
