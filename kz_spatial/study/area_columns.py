"""Columns of a table of units as a study has them: a plain name, the file's title, a unit, years.

Counts follow the size of a unit, so that where the table tells people, each count gets a rate per
1,000 of them, and what smoothing and chance make of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours import smoothed_rates
from kz_spatial.tables_in import area_record
from kz_spatial.words import languages, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kz_spatial.design import Texts

__all__ = ["AreaColumn", "area_columns", "funnel"]

PER: Final = 1000.0
_LONGEST: Final = 24
FUNNEL: Final = ("far above", "above", "within", "below", "far below")
# two-sided shares of units outside the limits when nothing but chance is at work
_LIMITS: Final = (0.05, 0.002)
_LETTERS: Final = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщыэюяіһәғқңөұүё",
        "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya i h".split()
        + "a g q n o u u e".split(),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class AreaColumn:
    """One column of a table of units.

    Attributes
    ----------
    name : str
        Plain name, for files and layers.
    labels, unit : mapping
        What readers see, by language: the file's own title in each.
    values : DataFrame
        Indexed by unit, a column for each year; of one column, called 0, without years.
    kind : {"count", "rate", ""}
    measured : bool
        Whether the file tells a unit of measure.
    source : str
        Name of the count that it is made of; empty for a column of the file.
    part : {"", "per_head", "smoothed"}
        What was made of the count.
    people : DataFrame or None
        Persons by unit and year that a rate per head is of.
    """

    name: str
    labels: Texts
    unit: Texts
    values: pd.DataFrame
    kind: str = ""
    measured: bool = False
    source: str = ""
    part: str = ""
    people: pd.DataFrame | None = None

    @property
    def title(self) -> str:
        """What the file calls it; in English where the package made it."""
        return self.labels["en"]

    @property
    def years(self) -> list[int]:
        """Years, the earliest first; 0 alone where the table has none."""
        return [int(each) for each in self.values.columns]

    @property
    def latest(self) -> pd.Series[Any]:
        """Values of the last year with any, named as the column."""
        known = self.values.columns[self.values.notna().any()]
        last = known[-1] if len(known) else self.values.columns[-1]
        return self.values[last].rename(self.name)

    @property
    def latest_year(self) -> int:
        """The last year with any value; 0 where the table has no years."""
        known = self.values.columns[self.values.notna().any()]
        return int(known[-1] if len(known) else self.values.columns[-1])

    @property
    def tested(self) -> bool:
        """Whether pattern tests are shown for it: smoothed rates are drawn together already."""
        return self.part != "smoothed"


def plain_names(titles: Iterable[str]) -> dict[str, str]:
    """A plain name for each title: small Latin letters, digits and _, each once.

    Examples
    --------
    >>> plain_names(["Jobs", "Доля, %", "Доля", "2019"])
    {'Jobs': 'jobs', 'Доля, %': 'dolya', 'Доля': 'dolya_2', '2019': 'v_2019'}
    """
    found: dict[str, str] = {}
    for title in titles:
        latin = "".join(_LETTERS.get(letter, letter) for letter in str(title).casefold())
        name = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:_LONGEST].strip("_")
        if not name or not name[0].isalpha() or name in _TAKEN:
            name = f"v_{name}".strip("_")
        base, number = name, 1
        while name in found.values():
            number += 1
            name = f"{base}_{number}"
        found[str(title)] = name
    return found


# names that a layer or a firm table has already
_TAKEN: Final = frozenset(
    "fid geom geometry name level code kato composite readiness rank sector size weight unit"
    " n_firms longitude latitude placement firm_id oblast_code unit_code join_status year firms"
    " foreign_share area_km2 settlements oblasts clusters local_moran".split()
)


def _everywhere(text: str) -> dict[str, str]:
    return dict.fromkeys(languages(), text)


def _measure(text: str) -> tuple[dict[str, str], bool]:
    """Unit of measure in every language, and whether the file tells one."""
    if not text:
        return {code: say("area.as_given", code) for code in languages()}, False
    return _everywhere(
        "%" if re.search(r"процент|percent|пайыз|%", text.casefold()) else text
    ), True


def _by_year(table: pd.DataFrame, title: str) -> pd.DataFrame:
    if table.index.nlevels == 1:
        return table[[title]].set_axis([0], axis=1)
    wide = table[title].unstack("year")  # noqa: PD010 pivot_table drops empty columns
    return wide[sorted(wide.columns)]


def funnel(events: pd.Series[Any], people: pd.Series[Any]) -> pd.Series[Any]:
    """Where a unit's rate lies against the country's, by what chance alone makes of counts.

    Limits are those of a Poisson count with the country's rate: outside the middle 95 % a unit is
    "above" or "below", outside the middle 99.8 % "far above" or "far below" (Spiegelhalter 2005).

    Parameters
    ----------
    events, people : Series
        By unit.

    Returns
    -------
    Series
        One of `FUNNEL`; missing where either is.

    Examples
    --------
    >>> funnel(pd.Series([10, 10, 40]), pd.Series([1000, 1000, 1000])).tolist()
    ['below', 'below', 'far above']
    """
    from scipy.stats import poisson

    known = events.notna() & people.notna() & (people > 0)
    rate = events[known].sum() / people[known].sum()
    expected = (people[known] * rate).to_numpy(float)
    counted = events[known].to_numpy(float)
    # mid-p, since the count itself lies half within the tail
    point = poisson.pmf(counted, expected)
    low, high = (
        poisson.cdf(counted, expected) - point / 2,
        poisson.sf(counted, expected) + point / 2,
    )
    out = pd.Series(None, index=events.index, dtype=object, name="funnel")
    told = np.full(len(counted), "within", dtype=object)
    for share, above, below in zip(
        _LIMITS, ("above", "far above"), ("below", "far below"), strict=True
    ):
        told[high < share / 2] = above
        told[low < share / 2] = below
    out[known] = told
    return out


def are_events(counts: pd.DataFrame, people: pd.DataFrame) -> bool:
    """Whether counts can be of people or their cases: whole numbers, no more than people."""
    whole = counts.to_numpy(float)
    known = np.isfinite(whole) & np.isfinite(people.to_numpy(float))
    whole, among = whole[known], people.to_numpy(float)[known]
    return bool(
        whole.size
        and (whole >= 0).all()
        and (whole == whole.round()).all()
        and (whole <= among).all()
    )


def _per_head(column: AreaColumn, people: pd.DataFrame, title: str) -> list[AreaColumn]:
    """Rate per 1,000 people of a count, and the same smoothed."""
    labels = {code: say("area.per_thousand", code, name=title) for code in languages()}
    unit = {code: say("area.per_thousand_unit", code) for code in languages()}
    safe = people.where(people > 0)
    crude = PER * column.values / safe
    made = [
        AreaColumn(
            f"{column.name}_per1000",
            labels,
            unit,
            crude,
            "rate",
            measured=True,
            source=column.name,
            part="per_head",
            people=safe,
        )
    ]
    if not are_events(column.values, people):
        return made
    smooth = {}
    for year in column.values:
        try:
            smooth[year] = PER * smoothed_rates(column.values[year], safe[year])
        except (InputError, NotEnoughDataError):
            smooth[year] = pd.Series(np.nan, index=crude.index)
    told = {code: say("area.smoothed", code, name=labels[code]) for code in languages()}
    values = pd.DataFrame(smooth)
    name = f"{column.name}_smoothed"
    made.append(replace(made[0], name=name, labels=told, values=values, part="smoothed"))
    return made


def _people(table: pd.DataFrame) -> pd.DataFrame | None:
    """People by unit and year, in persons; None where the table does not tell them."""
    record = area_record(table)
    if record.population is None:
        return None
    told = f"{record.population} {record.measures.get(record.population, '')}".casefold()
    scale = 1000.0 if re.search(r"тыс|thous|мың", told) else 1.0
    return scale * _by_year(table, record.population)


def area_columns(
    table: pd.DataFrame, *, left_out: Iterable[str] = ()
) -> tuple[dict[str, AreaColumn], str | None]:
    """Columns of a table, with rates of its counts where it tells people.

    Parameters
    ----------
    table : DataFrame
        As `read_area_table` gives it.
    left_out : iterable of str
        Titles of columns that hold errors of others.

    Returns
    -------
    columns : dict of AreaColumn
        By name.
    population : str or None
        Name of the column of people.
    """
    record = area_record(table)
    titles = [str(title) for title in table if str(title) not in set(left_out)]
    names = plain_names(titles)
    made: dict[str, AreaColumn] = {}
    people = _people(table)
    for title in titles:
        unit, measured = _measure(record.measures.get(title, ""))
        values = _by_year(table, title)
        kind = record.kinds.get(title, "")
        one = AreaColumn(names[title], _everywhere(title), unit, values, kind, measured)
        made[one.name] = one
        if people is not None and kind == "count" and title != record.population:
            made |= {each.name: each for each in _per_head(one, people, title)}
    return made, None if record.population is None else names[record.population]


def error_columns(
    errors: Mapping[str, str], columns: Mapping[str, AreaColumn], table: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Standard errors by name of the column whose they are, shaped like its values.

    Parameters
    ----------
    errors : mapping
        Title of a column to that of its standard errors.
    columns : mapping
    table : DataFrame
    """
    names = plain_names([str(title) for title in table if str(title) not in set(errors.values())])
    return {
        names[title]: _by_year(table, other)
        for title, other in errors.items()
        if names[title] in columns
    }
