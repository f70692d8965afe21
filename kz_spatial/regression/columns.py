"""Columns as a formula may use them: numbers as numbers, and what is none in one line."""

from __future__ import annotations

import re
from decimal import Decimal
from numbers import Number
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.design import formula_names
from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cluster_columns", "column_name", "split_effects", "tidy_columns"]

_FACTOR: Final = re.compile(r"\bC\((?:[^()]|\([^()]*\))*\)")
_EFFECT: Final = re.compile(r"`([^`]+)`|([^\W\d]\w*)\Z")
_NUMBER: Final = re.compile(r"\s*[-+\u2212]?\d[\d\s\u00a0]*(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s*\Z")


def column_name(what: str, value: object) -> str | None:
    """The name of a column that an argument gives, or None.

    Raises
    ------
    CallError
        When it is anything else, as a Series or a list of names.

    Examples
    --------
    >>> column_name("cluster", ["a", "b"])
    Traceback (most recent call last):
    kz_spatial.errors.CallError: cluster: found a list, expected the name of one column
    """
    if value is None or isinstance(value, str):
        return value
    raise CallError(f"{what}: found a {type(value).__name__}, expected the name of one column")


def cluster_columns(value: object) -> tuple[str, ...]:
    """The columns of clusters that an argument gives: none, one, or two.

    Raises
    ------
    CallError
        When it is anything else, or one column twice.

    Examples
    --------
    >>> cluster_columns(None), cluster_columns("region"), cluster_columns(["region", "sector"])
    ((), ('region',), ('region', 'sector'))
    """
    if isinstance(value, list | tuple):
        names = [each for each in value if isinstance(each, str)]
        if len(value) != 2 or len(set(names)) != 2:
            told = ", ".join(map(str, value)) or "none"
            raise CallError(f"cluster: found {told}, expected the names of one or two columns")
        return tuple(names)
    name = column_name("cluster", value)
    return () if name is None else (name,)


def split_effects(formula: str) -> tuple[str, list[str]]:
    """A formula's outcome and terms, and the columns after its bar.

    Raises
    ------
    CallError
        When it has no ~, or something other than columns after the bar.

    Examples
    --------
    >>> split_effects("y ~ x | `код области` + год")
    ('y ~ x', ['код области', 'год'])
    >>> split_effects("y ~ x |")
    Traceback (most recent call last):
    kz_spatial.errors.CallError: formula 'y ~ x |': found nothing after the bar, expected a column
    """
    main, bar, absorbed = formula.partition("|")
    if "~" not in main or "|" in absorbed:
        raise CallError(
            f"formula {formula!r}: expected 'outcome ~ terms' or 'outcome ~ terms | effects'"
        )
    names = []
    for part in re.findall(r"(?:`[^`]*`|[^+`])+", absorbed):
        if not part.strip():
            continue
        found = _EFFECT.fullmatch(part.strip())
        if not found:
            hint = (
                "; effects of combinations need a column of their own"
                if re.search(r"[:^*#]", part)
                else "; other names stand in `backticks`"
            )
            raise CallError(
                f"formula {formula!r}: found {part.strip()!r} after the bar, expected columns "
                f"joined by +{hint}"
            )
        names.append(found[1] or found[2])
    if bar and not names:
        raise CallError(f"formula {formula!r}: found nothing after the bar, expected a column")
    return main.strip(), names


def _is_number(value: object) -> bool:
    return isinstance(value, Number | Decimal) and not isinstance(value, bool | complex)


def _tidy(column: pd.Series[Any], name: str, formula: str) -> pd.Series[Any]:
    """One column that stands in a formula as a number or a category."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        raise InputError(
            f"formula {formula!r}: column {name} holds dates, expected numbers or categories; "
            "a number of days or a year serves"
        )
    if pd.api.types.is_numeric_dtype(column):
        return column
    known = column.dropna()
    if len(known) and all(map(_is_number, known)):
        return column.map(float, na_action="ignore").astype(float)
    if len(known) and all(isinstance(each, str) and _NUMBER.match(each) for each in known):
        raise InputError(
            f"formula {formula!r}: column {name} holds text that reads as numbers "
            f"({known.iloc[0]!r}), expected numbers; C({name}) takes it as categories"
        )
    return column


def tidy_columns(formula: str, table: pd.DataFrame, keep: Iterable[str] = ()) -> pd.DataFrame:
    """The columns that a formula names, numbers as numbers, unused categories away.

    Parameters
    ----------
    formula : str
        Without effects.
    table : DataFrame
    keep : iterable of str
        Further columns to carry along as they are.

    Raises
    ------
    InputError
        When a column holds dates, or text that reads as numbers and is no factor C(...).

    Examples
    --------
    >>> table = pd.DataFrame({"y": [1, 2], "x": [Decimal("1.5"), Decimal("2")]})
    >>> tidy_columns("y ~ x", table)["x"].tolist()
    [1.5, 2.0]
    """
    plain = set(formula_names(_FACTOR.sub(" ", formula)))
    named = [each for each in dict.fromkeys(formula_names(formula)) if each in table]
    kept = dict.fromkeys([*named, *(each for each in keep if each in table)])
    made = table[[*kept]].copy()  # pandas 2 warns where a part of a table is written to
    for name in named:
        if name in plain:
            made[name] = _tidy(made[name], name, formula)
        elif isinstance(made[name].dtype, pd.CategoricalDtype):
            made[name] = made[name].cat.remove_unused_categories()
    return made
