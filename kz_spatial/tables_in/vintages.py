"""Which oblasts a table knows, and one set of units for all its rows and years.

The finest vintage that all rows fit is taken, of those that they make complete where any is so. A
panel across a split is put on the units from before: counts add, rates are averaged by population.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import FIRST_VINTAGE, SPLIT_YEARS, unit_at, units, units_of
from kz_spatial.errors import InputError
from kz_spatial.places import place_name
from kz_spatial.tables_in.kinds import RATE

if TYPE_CHECKING:
    from kz_spatial.tables_in.body import Row

__all__ = ["Common", "choose_vintage", "common_units", "older_shapes"]

VINTAGES: Final = (SPLIT_YEARS[1], SPLIT_YEARS[0], FIRST_VINTAGE)


@dataclass(frozen=True, slots=True)
class Common:
    """A table on one set of units.

    Attributes
    ----------
    table : DataFrame
    merged : dict
        Code of a unit made of several rows to their codes.
    notes : list of str
    """

    table: pd.DataFrame
    merged: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def _vintage_of(rows: Iterable[Row]) -> int:
    """The finest vintage that rows of one year fit, complete ones first."""
    rows = list(rows)
    codes = {str(row.code) for row in rows}
    latest = min((row.until for row in rows if row.until is not None), default=9999) - 1
    fitting = [v for v in VINTAGES if v <= latest and codes <= set(units_of(v))]
    complete = [v for v in fitting if codes == set(units_of(v))]
    if complete or fitting:
        return (complete or fitting)[0]
    # rows of several vintages: the units from before the first split that any row needs
    return next(v for v in VINTAGES if v <= latest)


def choose_vintage(by_year: Mapping[int | None, list[Row]]) -> dict[int | None, int]:
    """Vintage of the rows of each year.

    Raises
    ------
    InputError
        Naming a unit that a year counts twice: by itself, or by its name and within a sum.
    """
    found = {}
    for year, rows in by_year.items():
        when = "" if year is None else f" in {year}"
        holders: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            held = [str(row.code)]
            if row.until is not None:
                held = [c for c in units() if unit_at(c, row.until - 1) == row.code]
            for code in held:
                holders[code].append(row)
        for code, held_by in holders.items():
            if len(held_by) > 1:
                one, two = held_by[:2]
                raise InputError(
                    f"rows {one.number} ({one.text!r}) and {two.number} ({two.text!r}): both "
                    f"count {place_name(code)} ({code}){when}, expected it once"
                )
        found[year] = _vintage_of(rows)
    return found


def older_shapes(vintage: int) -> dict[str, list[str]]:
    """Units of a vintage that hold several of today's.

    Examples
    --------
    >>> older_shapes(2018)
    {'KZ-19': ['KZ-19', 'KZ-33'], 'KZ-35': ['KZ-35', 'KZ-62'], 'KZ-63': ['KZ-10', 'KZ-63']}
    """
    held: dict[str, list[str]] = defaultdict(list)
    for code in units():
        held[unit_at(code, vintage)].append(code)
    return {code: parts for code, parts in sorted(held.items()) if len(parts) > 1}


def _average(block: pd.DataFrame, name: str, population: str) -> float:
    """Mean of a rate by population; NaN where a part lacks either."""
    weights = block[population]
    if block[name].isna().any() or weights.isna().any() or weights.sum() <= 0:
        return np.nan
    return float(np.average(block[name], weights=weights))


def _refuse_rates(kinds: Mapping[str, str], population: str | None, vintage: int) -> None:
    unknown = [name for name, kind in kinds.items() if not kind]
    if unknown:
        raise InputError(
            f"units are put together as they were in {vintage}, and columns "
            f"{', '.join(map(repr, unknown))} may be counts or rates; say --counts or --rates"
        )
    rates = [name for name, kind in kinds.items() if kind == RATE]
    if rates and population is None:
        raise InputError(
            f"units are put together as they were in {vintage}: rates "
            f"({', '.join(map(repr, rates))}) are averaged by population, and no column tells it; "
            "say --population"
        )


def common_units(
    table: pd.DataFrame,
    vintages: Mapping[int | None, int],
    *,
    kinds: Mapping[str, str],
    population: str | None,
) -> Common:
    """Put a table on the units of its oldest vintage.

    Parameters
    ----------
    table : DataFrame
        Indexed by code, or by code and year.
    vintages : mapping
        Vintage of each year, under None for a table without years.
    kinds : mapping
        "count" or "rate" by column.
    population : str, optional
        Column that rates are averaged by.

    Raises
    ------
    InputError
        When a column is neither, or rates have no population to go by.
    """
    oldest = min(vintages.values())
    panel = table.index.nlevels > 1
    codes = table.index.get_level_values(0)
    target = [unit_at(code, oldest) for code in codes]
    years = table.index.get_level_values(1) if panel else [None] * len(table)
    keys = list(zip(target, years, strict=True))
    if len(set(keys)) == len(keys) and list(codes) == target:
        return Common(table)
    parts = defaultdict(list)
    for position, key in enumerate(keys):
        parts[key].append(position)
    _refuse_rates(kinds, population, oldest)
    rows: dict[Any, dict[str, float]] = {}
    merged: dict[str, set[str]] = defaultdict(set)
    notes: list[str] = []
    for key, positions in parts.items():
        block = table.iloc[positions]
        held = [codes[i] for i in positions]
        expected = [c for c in units_of(vintages[key[1]]) if unit_at(c, oldest) == key[0]]
        if len({*expected, *held}) > 1:
            merged[key[0]] |= {*expected, *held}
        if missing := sorted(set(expected) - set(held)) if len(expected) > 1 else []:
            when = f" in {key[1]}" if key[1] is not None else ""
            lost = ", ".join(f"{place_name(c)} ({c})" for c in missing)
            notes.append(f"{place_name(key[0])}{when} is missing, since it lacks {lost}")
            rows[key] = dict.fromkeys(table.columns, np.nan)
        else:
            rows[key] = {
                name: block[name].sum(min_count=len(block))
                if kinds[str(name)] != RATE
                else _average(block, str(name), str(population))
                for name in table
            }
    index: Any = [key if panel else key[0] for key in rows]
    made = pd.DataFrame(list(rows.values()), columns=table.columns)
    made.index = (
        pd.MultiIndex.from_tuples(index, names=table.index.names)
        if panel
        else pd.Index(index, name=table.index.name)
    )
    for code, made_of in sorted(merged.items()):
        names = ", ".join(f"{place_name(c)} ({c})" for c in sorted(made_of))
        notes.append(
            f"{place_name(code)} ({code}) is made of {names}: counts add, rates are averaged by "
            f"{population!r}"
        )
    return Common(made.sort_index(), {c: sorted(h) for c, h in sorted(merged.items())}, notes)
