"""What a cell of a statistical table says: a number, a sign for none with its meaning, or neither.

Bulletins write numbers as text: "84,2", "6 317", "84,2*", "12 %". A sign for a missing value has a
meaning that is kept. Whether "1,234" is a thousand or a decimal is settled by the whole table or
asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Final

__all__ = ["SIGNS", "Reading", "decimal_sign", "read_number", "sign_of"]

# sign to what statistical yearbooks mean by it
SIGNS: Final[dict[str, str]] = {
    "-": "no such phenomenon",
    "…": "not available",
    "x": "confidential or not applicable",
    "n/a": "not available",
}
_SPELLINGS: Final[dict[str, str]] = {
    **dict.fromkeys(("-", "–", "—", "−", "--", "нет"), "-"),
    **dict.fromkeys(("…", "...", "..", ":", "н/д", "нд", "н.д.", "no data", "нет данных"), "…"),
    **dict.fromkeys(("дерек жоқ", "деректер жоқ", "мәлімет жоқ", ". . ."), "…"),
    **dict.fromkeys(("x", "х", "×", "с", "c", "confidential", "қ"), "x"),
    **dict.fromkeys(("n/a", "na", "n.a.", "nan", "none", "null", "#n/a", "#н/д"), "n/a"),
}
# what parts thousands: spaces of any width, apostrophes
_THOUSANDS: Final = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_MARK: Final = re.compile(r"(?:\s*(?:\*+\)?|[¹²³⁴⁵⁶⁷⁸⁹⁰]+\)?|†|‡)|\s+\d{1,2}\)|(?<=\d)\d\))\s*\Z")
_PLAIN: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?\Z")
_GROUPED: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?\Z")
_THREE: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell says.

    Attributes
    ----------
    value : float or None
    sign : str
        One of `SIGNS` where it says that there is no number; empty otherwise.
    percent : bool
        Whether a percent sign stands behind the number.
    mark : bool
        Whether a footnote mark stood behind the number.
    """

    value: float | None = None
    sign: str = ""
    percent: bool = False
    mark: bool = False

    @property
    def understood(self) -> bool:
        """Whether it is a number or a sign for none."""
        return self.value is not None or bool(self.sign)


def sign_of(text: str) -> str:
    """Sign for a missing value that a text is; empty where it is none.

    Examples
    --------
    >>> [sign_of(each) for each in ("–", "…", "х", "12")]
    ['-', '…', 'x', '']
    """
    return _SPELLINGS.get(text.strip().casefold(), "")


def _bare(text: str) -> tuple[str, bool, bool]:
    """A text without spaces, percent sign and footnote mark, and whether it had the last two."""
    bare = _MARK.sub("", text.strip())
    marked = bare != text.strip()
    percent = bare.endswith("%")
    joined = _THOUSANDS.sub("", bare.removesuffix("%").strip())
    return re.sub(r"\A[\u2212–-]\s*", "-", joined), percent, marked


def _is_open(text: str) -> re.Match[str] | None:
    """Whether a sign before three digits may part thousands or decimals, as in "1,234"."""
    return _THREE.match(text)


def decimal_sign(cells: Iterable[Any]) -> tuple[str, str]:
    """Decimal sign of the numbers that a table writes as text.

    Returns
    -------
    sign : {",", ".", ""}
        Empty where no number needs one, or where it is open.
    doubtful : str
        A number that may be read two ways, where nothing settles it; else empty.

    Examples
    --------
    >>> decimal_sign(["84,2", "1,234"]), decimal_sign(["1,234.5"]), decimal_sign(["1,234"])
    ((',', ''), ('.', ''), ('', '1,234'))
    """
    votes, open_to = set[str](), ""
    for each in cells:
        if not isinstance(each, str) or not any(letter.isdigit() for letter in each):
            continue
        text, _, _ = _bare(each)
        if _is_open(text):
            open_to = open_to or each.strip()
        elif _PLAIN.match(text) and ("," in text or "." in text):
            votes.add("," if "," in text else ".")
        elif (grouped := _GROUPED.match(text)) is not None:
            votes.add("." if grouped[1] == "," else ",")
    if len(votes) == 1:
        return votes.pop(), ""
    return "", open_to


def read_number(cell: Any, decimal: str = "") -> Reading:
    """Read one cell.

    Parameters
    ----------
    cell : object
    decimal : {",", ".", ""}
        Decimal sign of the table; empty takes either for one.

    Examples
    --------
    >>> read_number("6 317").value, read_number("84,2¹").value, read_number("12 %").percent
    (6317.0, 84.2, True)
    >>> read_number("1,234", ".").value, read_number("1,234", ",").value, read_number("-").sign
    (1234.0, 1.234, '-')
    """
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        value = float(cell)
        return Reading(value if isfinite(value) else None)
    if not isinstance(cell, str):
        return Reading()
    return Reading(sign=sign) if (sign := sign_of(cell)) else _read_text(cell, decimal)


def _read_text(cell: str, decimal: str) -> Reading:
    """Number that a text is."""
    text, percent, marked = _bare(cell)
    other = {",": ".", ".": ","}.get(decimal, "")
    grouped = _GROUPED.match(text)
    if grouped is not None and (grouped[1] == other or not _is_open(text)):
        text = text.replace(grouped[1], "")
    elif other and other in text:  # the table's other sign, and no thousands
        return Reading()
    text = text.replace(",", ".")
    if not _PLAIN.match(text):
        return Reading()
    return Reading(float(text), percent=percent, mark=marked)
