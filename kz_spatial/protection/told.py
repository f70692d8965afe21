"""Counts and sentences about firms as they may stand in a file.

Counts of firms below the least number stand in no file: reasons for missing answers that few firms
gave are put together, and sentences say "a few". Python and `kz-spatial check` show all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.protection.rounding import shown_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.design import DisclosureRules

__all__ = ["OTHER", "told_attrition", "told_counts", "told_text"]

OTHER: Final = "other"
_TOTALS: Final = ("firms", "answered", "used", "listwise")
_NOUNS: Final = r"(?:complete |other )?(?:firms?|rows?|points?|answers?|observations?|places?)\b"
_OF: Final = re.compile(rf"\b(\d[\d,]*) of (\d[\d,]*) (?={_NOUNS})")
_ALONE: Final = re.compile(rf"\b(\d[\d,]*) (?={_NOUNS})")
_FOUND: Final = re.compile(r"\b(found|others?,) (\d+)(?= with a place|, expected)")
_ROWS: Final = re.compile(r"\b(rows?|firm_id|lines?) \d+(?:, \d+)*(?: and \d+ more)?(?: times)?")


def told_attrition(table: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """An attrition table with counts rounded, and reasons of few firms put together as "other".

    Parameters
    ----------
    table : DataFrame
        As `attrition` returns it.
    rules : DisclosureRules

    Returns
    -------
    DataFrame
        Missing where a count is below the least number; `other` before `used` where anything was
        put together.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> from kz_spatial.design import SURVEY
    >>> found = told_attrition(kz.attrition(kz.load_twin()), SURVEY)
    >>> counts = found.drop(columns="indicator").stack()
    >>> bool(((counts > 0) & (counts < 10)).any())
    False
    """
    if not rules.guarded:
        return table
    made = table.copy()
    parts = [c for c in table if c not in ("indicator", *_TOTALS)]
    counts = table[parts].astype(float)
    small = counts.gt(0) & counts.lt(rules.min_firms)
    rest = counts.where(small, 0.0).sum(axis=1)
    for name in (*_TOTALS, *parts):
        if name != "firms":
            shown = [shown_count(float(each), rules) for each in table[name]]
            # all of the firms, rather than more of them than there are
            made[name] = pd.array(np.minimum(shown, table["firms"]), dtype="Int64")
    if small.to_numpy().any():
        others = [shown_count(float(each), rules) for each in rest]
        made.insert(made.columns.get_loc("used"), OTHER, pd.array(others, dtype="Int64"))
    return made


def told_counts(counts: Mapping[str, Any], rules: DisclosureRules) -> dict[str, Any]:
    """Counts of rows by what became of them: rounded, None where few; sentences as `told_text`.

    How many rows there are in all is told as it is.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> told_counts({"rows": 173, "matched": 170, "unmatched": 3}, SURVEY)
    {'rows': 173, 'matched': 170, 'unmatched': None}
    """
    if not rules.guarded:
        return dict(counts)
    found: dict[str, Any] = {}
    whole = counts.get("rows", np.inf)
    for key, value in counts.items():
        if isinstance(value, bool | str) or value is None or key == "rows":
            found[key] = value
        elif isinstance(value, int):
            shown = shown_count(value, rules)
            found[key] = None if np.isnan(shown) else int(min(shown, whole))
        else:
            found[key] = tuple(told_text(str(each), rules) for each in value)
    return found


def told_text(text: str, rules: DisclosureRules) -> str:
    """A sentence without small counts of firms and without the rows that it names.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> told_text("3 of 173 firms have no coordinates and are on no surface", SURVEY)
    'a few of 173 firms have no coordinates and are on no surface'
    >>> told_text("rows 4, 7 and 2 more, column a3a: found 'x'", SURVEY)
    "some rows, column a3a: found 'x'"
    """
    if not rules.guarded:
        return text

    def number(found: str) -> int:
        return int(found.replace(",", ""))

    def part(match: re.Match[str]) -> str:
        some, whole = number(match[1]), number(match[2])
        if 0 < some < rules.min_firms:
            return f"a few of {match[2]} "
        if 0 < whole - some < rules.min_firms:
            return f"all but a few of {match[2]} "
        return match[0]

    def alone(match: re.Match[str]) -> str:
        return "a few " if 0 < number(match[1]) < rules.min_firms else match[0]

    def found(match: re.Match[str]) -> str:
        return f"{match[1]} few" if 0 < number(match[2]) < rules.min_firms else match[0]

    text = _ROWS.sub("some rows", text)
    text = _OF.sub(part, text)
    return _FOUND.sub(found, _ALONE.sub(alone, text))
