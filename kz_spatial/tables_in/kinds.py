"""Whether the numbers of a column add up over units, as counts, or are averaged, as rates."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COUNT", "RATE", "find_population", "guess_kinds"]

COUNT: Final = "count"
RATE: Final = "rate"
_RATE: Final = re.compile(
    r"%|percent|per cent|\bpct\b|_pct|share|rate\b|ratio|index|average|mean\b|median"
    r"|per (?:capita|1)|density|доля|удельн|уровень|коэффициент|процент|индекс|средн"
    r"|на (?:1|душу|одного|тыс)"
    r"|плотность|үлес|деңгей|пайыз|орташа|коэффициенті",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(
    r"number|\bcount|\bcases\b|\bdeaths\b|\bbirths\b|\bjobs\b|\bfirms\b|\bstudents\b|\bcrimes\b"
    r"|случа[еи]|умерш|родивш|занят|учащ|преступлен|браков|population|total|persons|people|households|output|volume|\bgdp\b|\bgrp\b"
    r"|число|численность|количество|население|объ[её]м|всего|валов|организаци|предприяти"
    r"|сан[ыі]\b|халық|халқы|көлем|барлығы|адам",
    re.IGNORECASE,
)
_PEOPLE: Final = re.compile(
    r"population|inhabitants|население|численность нас|халық|халқ", re.IGNORECASE
)
# how near the country's figure has to be to the sum of the units
_NEAR: Final = 0.02


def _by_total(values: pd.Series[Any], total: float) -> str:
    """What the country's figure says: the sum of the units, or a figure among theirs."""
    known = values.dropna()
    if len(known) < max(3, len(values) / 2) or not np.isfinite(total):
        return ""
    if known.sum() != 0 and abs(known.sum() / total - 1 if total else np.inf) < _NEAR:
        return COUNT
    return RATE if known.min() <= total <= known.max() else ""


def guess_kinds(
    table: pd.DataFrame,
    *,
    measures: Mapping[str, str],
    totals: Mapping[str, float],
    counts: Collection[str] = (),
    rates: Collection[str] = (),
) -> dict[str, str]:
    """Kind of each column, "count", "rate" or "": told, by its words, or by the country's figure.

    Parameters
    ----------
    table : DataFrame
        A row per unit.
    measures : mapping
        Unit of measure by column.
    totals : mapping
        The country's figure by column.
    counts, rates : collection of str
        Columns that the user says are such.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Unemployment_pct": [4.0, 5.0], "Число организаций": [10, 12]})
    >>> guess_kinds(table, measures={}, totals={})
    {'Unemployment_pct': 'rate', 'Число организаций': 'count'}
    """
    found = {}
    for name in table:
        words = f"{name} {measures.get(name, '')}".replace("_", " ")
        said = RATE if _RATE.search(words) else COUNT if _COUNT.search(words) else ""
        seen = _by_total(table[name], totals.get(name, np.nan))
        # words and the country's figure that disagree leave it open
        kind = "" if said and seen and said != seen else said or seen
        found[str(name)] = COUNT if name in counts else RATE if name in rates else kind
    return found


def find_population(kinds: Mapping[str, str]) -> str | None:
    """The column of people, where exactly one is.

    Examples
    --------
    >>> find_population({"Population": "count", "Unemployment_pct": "rate"})
    'Population'
    """
    found = [name for name, kind in kinds.items() if kind == COUNT and _PEOPLE.search(name)]
    return found[0] if len(found) == 1 else None
