"""Numbers, percents and dates as a language writes them, by Babel's data.

Minus signs are true ones (U+2212) in every language; where Babel puts a no-break space between
thousands or before a percent sign, it stays.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any, Final, SupportsFloat

from kz_spatial.words.catalogue import catalogue_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel import Locale

__all__ = [
    "NOTHING",
    "aligned",
    "aligned_intervals",
    "date",
    "decimals",
    "integer",
    "interval",
    "number",
    "p_value",
    "percent",
    "span",
]

NOTHING: Final = "–"
_MINUS: Final = "\u2212"
_TINY: Final = 1e-4
_WHOLE: Final = 1000
_LEAST_P: Final = 0.001
# from here on a number is written with a power of ten: nobody counts its digits
_HUGE: Final = 1e15
_POWERS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@cache
def _minus(locale: Locale) -> str:
    from babel.numbers import get_minus_sign_symbol

    return str(get_minus_sign_symbol(locale))


def _decimal(value: float | Decimal, pattern: str, locale: Locale) -> str:
    from babel.numbers import format_decimal

    text = format_decimal(value, format=pattern, locale=locale)
    return text.replace(_minus(locale), _MINUS)


def _unknown(value: object) -> bool:
    """Whether there is no number to show: None, NaN, infinite, or pandas' NA."""
    try:
        return value is None or not math.isfinite(value)  # type: ignore[arg-type]
    except TypeError:
        return True


def _with_power(value: float, digits: int, language: str) -> str:
    """A number as a mantissa and a power of ten."""
    rounded = Decimal(f"{value:.{digits - 1}e}")
    power = rounded.adjusted()
    locale = catalogue_of(language).locale
    mantissa = _decimal(rounded.scaleb(-power), f"0.{'#' * (digits - 1)}", locale)
    exponent = str(power).translate(_POWERS)
    return _pattern(language, "format.tiny").format(mantissa=mantissa, exponent=exponent)


def integer(value: Any, language: str = "en") -> str:
    r"""A whole number with its thousands apart; a dash where there is none.

    Examples
    --------
    >>> integer(5040), integer(5040, "ru") == "5\u00a0040"
    ('5,040', True)
    """
    if _unknown(value):
        return NOTHING
    if abs(value) >= _HUGE:
        return _with_power(float(value), 3, language)
    return _decimal(round(value), "#,##0", catalogue_of(language).locale)


def decimals(value: Any, places: int, language: str = "en") -> str:
    """A number with as many decimals as asked for, zeros among them; a dash for none.

    Examples
    --------
    >>> decimals(-0.5, 2), decimals(0.9651, 3, "ru")
    ('−0.50', '0,965')
    """
    if _unknown(value):
        return NOTHING
    if abs(value) >= _HUGE:
        return _with_power(float(value), 3, language)
    pattern = f"#,##0.{'0' * places}" if places else "#,##0"
    # what rounds to nothing has no sign
    shown = 0.0 if round(float(value), places) == 0 else float(value)
    return _decimal(shown, pattern, catalogue_of(language).locale)


def number(value: Any, language: str = "en", *, digits: int = 3) -> str:
    """A number to some significant digits, without trailing zeros; a dash where there is none.

    Parameters
    ----------
    value : float
        From 1000 on it is written as a whole number; under a ten-thousandth, and from a quadrillion
        on, with a power of ten.
    language : str
        One of `languages()`.
    digits : int

    Examples
    --------
    >>> number(-12.345), number(0.5), number(12345.6), number(float("nan"))
    ('−12.3', '0.5', '12,346', '–')
    >>> number(-12.345, "ru"), number(0.0000123, "en")
    ('−12,3', '1.23 × 10⁻⁵')
    """
    if _unknown(value):
        return NOTHING
    value = float(value)
    if value == 0:
        return "0"
    if abs(value) >= _WHOLE:
        return integer(value, language)
    found = catalogue_of(language)
    # rounding first, since 0.9996 to three digits has one decimal place less than 0.999
    rounded = Decimal(f"{value:.{digits - 1}e}")
    power = rounded.adjusted()
    if abs(value) < _TINY:
        return _with_power(value, digits, language)
    places = max(digits - 1 - power, 0)
    return _decimal(rounded, f"#,##0.{'#' * places}" if places else "#,##0", found.locale)


def _common_places(values: Iterable[Any], digits: int) -> int | None:
    """Decimals that show a middling value to some digits; None where no one number of them does."""
    known = [abs(float(each)) for each in values if not _unknown(each) and each != 0]
    if not known:
        return 0
    if max(known) >= _HUGE or median(known) < _TINY:
        return None
    power = Decimal(f"{median(known):.{digits - 1}e}").adjusted()
    return max(digits - 1 - power, 0)


def aligned(values: Iterable[Any], language: str = "en", *, digits: int = 3) -> list[str]:
    """Numbers of one column, all with as many decimals as a middling one needs.

    Parameters
    ----------
    values : iterable of float
    language : str
    digits : int
        Significant digits of the middling one.

    Examples
    --------
    >>> aligned([12.345, 7, 0.041, float("nan")], digits=2)
    ['12.3', '7.0', '0.0', '–']
    >>> aligned([1250.4, 980, 3021])
    ['1,250', '980', '3,021']
    """
    every = list(values)
    places = _common_places(every, digits)
    if places is None:
        return [number(each, language, digits=digits) for each in every]
    return [decimals(each, places, language) for each in every]


def aligned_intervals(
    ends: Iterable[tuple[Any, Any]], language: str = "en", *, digits: int = 3
) -> list[str]:
    """Intervals of one column, all ends with equal decimals; a dash where an end is unknown.

    Examples
    --------
    >>> aligned_intervals([(-0.12, 0.345), (0.5, 1)], digits=2)
    ['−0.12 to 0.34', '0.50 to 1.00']
    """
    every = list(ends)
    told = aligned([end for pair in every for end in pair], language, digits=digits)
    pattern = _pattern(language, "format.interval")
    return [
        NOTHING if NOTHING in (low, high) else pattern.format(low=low, high=high)
        for low, high in zip(told[::2], told[1::2], strict=True)
    ]


def p_value(p: Any, language: str = "en") -> str:
    """A p to three decimals, as tables of journals show it.

    Examples
    --------
    >>> p_value(0.03449), p_value(0.0004), p_value(0.5, "ru"), p_value(float("nan"))
    ('0.034', '< 0.001', '0,500', '–')
    """
    if _unknown(p) or p >= _LEAST_P:
        return decimals(p, 3, language)
    return _pattern(language, "format.below").format(high=decimals(_LEAST_P, 3, language))


def percent(share: Any, language: str = "en", *, digits: int = 0) -> str:
    r"""A share of one as a percentage; a dash where there is none.

    Examples
    --------
    >>> percent(0.95), percent(0.125, digits=1), percent(0.95, "ru") == "95\u00a0%"
    ('95%', '12.5%', True)
    """
    if _unknown(share):
        return NOTHING
    from babel.numbers import format_percent

    locale = catalogue_of(language).locale
    pattern = str(locale.percent_formats[None].pattern)
    if digits:
        pattern = pattern.replace("##0", f"##0.{'0' * digits}")
    text = format_percent(share, format=pattern, locale=locale)
    return text.replace(_minus(locale), _MINUS)


def date(value: dt.date, language: str = "en") -> str:
    """A day written out.

    Examples
    --------
    >>> day = dt.date(2026, 3, 1)
    >>> date(day), date(day, "ru")[:8]
    ('March 1, 2026', '1 марта ')
    """
    from babel.dates import format_date

    return format_date(value, format="long", locale=catalogue_of(language).locale)


def interval(low: SupportsFloat, high: SupportsFloat, language: str = "en") -> str:
    """Two ends of an interval in words; a dash where one is unknown.

    Examples
    --------
    >>> interval(-0.12, 0.34), interval(-0.12, 0.34, "ru")
    ('−0.12 to 0.34', '−0,12 … 0,34')
    """
    if _unknown(low) or _unknown(high):
        return NOTHING
    ends = {"low": number(low, language), "high": number(high, language)}
    return _pattern(language, "format.interval").format(**ends)


def span(
    low: float, high: float, language: str = "en", *, closed: bool = True, digits: int = 4
) -> str:
    r"""A class of a legend: its two ends, or one where the other is open.

    Parameters
    ----------
    low, high : float
        A low of minus infinity or a high of infinity stands for an open end.
    language : str
    closed : bool
        Whether the high end belongs to the class; where not, that is said.
    digits : int

    Examples
    --------
    >>> span(0.5, 1.25, closed=False)
    '0.5 – <1.25'
    >>> span(0.5, 1.25), span(1000, float("inf")), span(float("-inf"), 30000, "ru")
    ('0.5 – 1.25', '≥ 1,000', '< 30\xa0000')
    """
    ends = {"low": low, "high": high}
    told = {k: number(v, language, digits=digits) for k, v in ends.items()}
    kind = "at_least" if math.isinf(high) else "below" if math.isinf(low) else "range"
    if kind == "range" and not closed:
        kind = "half_open"
    return _pattern(language, f"format.{kind}").format(**told)


def _pattern(language: str, key: str) -> str:
    """One of the messages that join numbers, English where the language has none."""
    for code in (language, "en"):
        if (text := catalogue_of(code).messages.get(key)) is not None:
            return str(text)
    raise AssertionError(key)
