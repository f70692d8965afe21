"""The estimates of a study as they may be shown: every level and the country through one gate.

Cells are found on the answers (coding "corrected"), level by level and across levels, and withheld
under every coding. A figure of the coding "as-published" mixes answers with special codes, so that
beside the corrected one it tells how many there are: it is shown where they are none or many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import DisclosureRules, Indicator, StudyDesign
from kz_spatial.estimates import aggregate, score_units, unit_positions, weights_of
from kz_spatial.protection.cells import Answers
from kz_spatial.protection.codings import enough_special, yes_and_answers
from kz_spatial.protection.complements import Hidden, hide_cells
from kz_spatial.protection.country import country_figures, protect_country
from kz_spatial.protection.errors import Spread, pooled_spread, smooth_errors
from kz_spatial.protection.rounding import round_to_base, rounds_share, shown_shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "VERDICTS",
    "Protected",
    "count_reasons",
    "open_verdicts",
    "protect_level",
    "protect_tables",
    "spread_of",
    "verdict_table",
]

VERDICTS: Final = ("shown", "rounded", "smoothed", "withheld")
_PARTS: Final = ("mean", "sd", "se")


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """Estimates as they may be shown.

    Attributes
    ----------
    tables : dict of DataFrame
        By level, as `aggregate` returns them; in a guarded profile counts are rounded, and
        `<indicator>_smoothed` says whose errors come from pooled variances.
    country : DataFrame
        `mean` and `sd` of every indicator over all firms, without weights, and `estimate`, the mean
        under those of the study; a row an indicator.
    verdicts : DataFrame
        `level`, `code`, `indicator`, `verdict` (one of `VERDICTS`); cells without firms are not
        there. It names no rule.
    reasons : dict of int
        Cells withheld by rule; for the screen alone, since a rule tells something of the firms.
    """

    tables: dict[str, pd.DataFrame]
    country: pd.DataFrame
    verdicts: pd.DataFrame
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where firms are, in numbers: the leaves of the tree of regions, and their regions."""

    unit: NDArray[np.intp]
    codes: list[str]
    region: NDArray[np.intp]
    regions: list[str]
    finest: str

    @property
    def n_regions(self) -> int:
        return int(self.region.max()) + 1


def _places(firms: pd.DataFrame, design: StudyDesign, levels: Sequence[str]) -> _Places:
    """Leaves of the tree; firms that carry no unit stand in leaves of their own, never shown."""
    grouping = design.grouping
    regions = list(grouping.codes)
    finest = list(levels)[-1]
    codes = list(grouping.unit_codes(finest))
    unit = unit_positions(firms[design.level_column(finest)], codes)
    of_code = grouping.regions_of(codes) if finest == LEVEL else codes
    region = [regions.index(str(each)) for each in of_code]
    home = unit_positions(firms[grouping.name], regions)
    for number in np.unique(home[unit < 0]):
        lost = (unit < 0) & (home == number)
        unit = np.where(lost, len(region), unit)
        region.append(number if number >= 0 else len(regions))
    return _Places(
        np.asarray(unit, dtype=np.intp), codes, np.array(region, dtype=np.intp), regions, finest
    )


def _answers(
    firms: pd.DataFrame, each: Indicator, weight: NDArray[np.float64], places: _Places
) -> Answers:
    values = firms[each.name].to_numpy(dtype=float)
    use = np.isfinite(values)
    return Answers(
        values[use],
        weight[use],
        places.unit[use],
        1.0 if each.kind == "binary" else float(each.rule.upper),
        each.kind == "binary",
    )


def _find_hidden(
    firms: pd.DataFrame,
    design: StudyDesign,
    places: _Places,
    rules: DisclosureRules,
    weights: str | None,
) -> dict[str, Hidden]:
    """Cells to withhold, by indicator; weighted and unweighted means count as both published."""
    weight = weights_of(firms, weights)
    extra = np.arange(len(places.region)) >= len(places.codes)
    found = {}
    for name, each in design.by_name.items():
        answers = _answers(firms, each, weight, places)
        found[name] = hide_cells(
            answers, places.region, max(places.n_regions, len(places.regions)), rules, never=extra
        )
    return found


def _shape(
    table: pd.DataFrame,
    name: str,
    hidden: NDArray[np.bool_],
    yes: NDArray[np.float64] | None,
    spread: Spread,
    rules: DisclosureRules,
) -> list[str]:
    """Withhold, round and smooth one indicator of a table in place; return the verdicts."""
    mean, sd, se = (table[f"{name}_{part}"].to_numpy(float) for part in _PARTS)
    n = table[f"{name}_n"].to_numpy(float)
    smoothed = (n > 0) & ~hidden & (n < rules.smooth_below)
    rounded = np.zeros(len(table), dtype=bool)
    if yes is not None:
        table[f"{name}_mean"], rounded = shown_shares(mean, yes, n, rules)
    sd, se = smooth_errors(sd, se, n, smoothed, spread)
    if yes is not None:
        sd, se = _of_shares(table, name, rounded & ~smoothed, sd, se)
    table[f"{name}_sd"], table[f"{name}_se"] = sd, se
    plain = f"{name}_unweighted_mean"
    if plain in table:
        # two sums of the same answers: too much for few firms
        shown = table[plain].to_numpy(float)
        if yes is not None:
            shown = shown_shares(yes / np.maximum(n, 1), yes, n, rules)[0]
        table[plain] = np.where(n < rules.smooth_below, np.nan, shown)
    for part in (*_PARTS, "unweighted_mean"):
        if f"{name}_{part}" in table:
            table[f"{name}_{part}"] = table[f"{name}_{part}"].mask(hidden)
    table[f"{name}_suppressed"] = hidden & (n > 0)
    table[f"{name}_smoothed"] = smoothed
    kinds = np.select([hidden & (n > 0), rounded, smoothed, n > 0], [3, 1, 2, 0], -1)
    return ["" if kind < 0 else VERDICTS[kind] for kind in kinds]


def spread_of(
    table: pd.DataFrame, name: str, hidden: NDArray[np.bool_], rules: DisclosureRules
) -> Spread:
    """Variance within the shown units of a table, pooled."""
    sd, se, n = (table[f"{name}_{part}"].to_numpy(float) for part in ("sd", "se", "n"))
    return pooled_spread(sd, se, n, (n > 0) & ~hidden[: len(table)], rules)


def _of_shares(
    table: pd.DataFrame,
    name: str,
    rounded: NDArray[np.bool_],
    sd: NDArray[np.float64],
    se: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Deviation and error of shares that were rounded, as the rounded ones give them."""
    n = table[f"{name}_n"].to_numpy(float)
    share = table[f"{name}_mean"].to_numpy(float)
    known = np.isfinite(share) & ~rounded & (sd > 0) & np.isfinite(se)
    effect = np.average(se[known] ** 2 * n[known] / sd[known] ** 2) if known.any() else 1.0
    # half a rounding step in, lest a share of 0 or 1 look certain
    inner = np.clip(share, 1 / (2 * n + 2), 1 - 1 / (2 * n + 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.sqrt(inner * (1 - inner) * n / (n - 1))
        error = own * np.sqrt(effect / n)
    return np.where(rounded, own, sd), np.where(rounded, error, se)


def _round_counts(table: pd.DataFrame, names: Sequence[str], rules: DisclosureRules) -> None:
    """Counts of firms to the base; those that are small, and shares of a withheld cell, away."""
    whole = table["n_firms"].to_numpy(float)
    table["n_firms"] = _shown_counts(whole, np.zeros(len(table), dtype=bool), rules)
    for name in names:
        hidden = table[f"{name}_suppressed"].to_numpy()
        table[f"{name}_n"] = _shown_counts(table[f"{name}_n"].to_numpy(float), hidden, rules)
        with np.errstate(invalid="ignore", divide="ignore"):
            lacking = 1 - table[f"{name}_n"] / table["n_firms"].where(table["n_firms"] > 0)
        table[f"{name}_missing"] = lacking.clip(lower=0)


def _shown_counts(
    counts: NDArray[np.float64], hidden: NDArray[np.bool_], rules: DisclosureRules
) -> NDArray[np.float64]:
    small = (counts > 0) & ((counts < rules.min_firms) | hidden)
    return np.where(small, np.nan, round_to_base(counts, rules.count_base))


def protect_tables(
    firms: pd.DataFrame,
    *,
    levels: Sequence[str],
    design: StudyDesign,
    rules: DisclosureRules,
    weights: str | None = None,
    strata: str | None = None,
    corrected: pd.DataFrame | None = None,
) -> Protected:
    """Aggregate a firm table, and keep what may be shown of it.

    Parameters
    ----------
    firms : DataFrame
        A firm table.
    levels : sequence of str
        Levels to aggregate to, the finest last.
    design : StudyDesign
    rules : DisclosureRules
    weights : str, optional
        Survey weight column.
    strata : str, optional
        Column of the strata that firms were drawn from.
    corrected : DataFrame, optional
        The same firms in the coding "corrected", where `firms` are in another.

    Returns
    -------
    Protected

    Raises
    ------
    InputError
        As `aggregate`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> from kz_spatial.design import SURVEY, load_design
    >>> found = protect_tables(
    ...     kz.load_twin(), levels=["composite"], design=load_design(), rules=SURVEY)
    >>> found.tables["composite"]["n_firms"].head(3).tolist()
    [190.0, 135.0, 135.0]
    """
    names = list(design.by_name)
    asked: dict[str, Any] = {"weights": weights, "strata": strata, "design": design}
    if not rules.guarded:
        tables = {
            level: aggregate(firms, by=level, min_firms=rules.min_firms, **asked)
            for level in levels
        }
        verdicts = verdict_table({level: open_verdicts(t, names) for level, t in tables.items()})
        few = int((verdicts["verdict"] == VERDICTS[3]).sum())
        return Protected(
            tables, country_figures(firms, names, weights), verdicts, {"few": few} if few else {}
        )
    base = firms if corrected is None else corrected
    places = _places(base, design, levels)
    hidden = _find_hidden(base, design, places, rules, weights)
    tables, verdicts_of = {}, {}
    spreads: dict[str, Spread] = {}
    for level in levels:
        table = aggregate(firms, by=level, min_firms=1, **asked)
        if not spreads:  # one variance for all levels, else one level would tell another's
            masks = {name: each.at(level == places.finest) for name, each in hidden.items()}
            spreads = {name: spread_of(table, name, masks[name], rules) for name in names}
        unit = unit_positions(base[design.level_column(level)], list(table.index))
        other = base is not firms
        special = enough_special(firms, base, names, unit, len(table), rules) if other else {}
        masks = {
            name: hidden[name].at(level == places.finest)[: len(table)]
            | ~special.get(name, np.ones(len(table), dtype=bool))
            for name in names
        }
        yes_of = {
            name: yes_and_answers(base, name, unit, len(table))
            for name, each in design.by_name.items()
            if each.kind == "binary"
        }
        verdicts_of[level] = protect_level(
            table, design, rules, masks, spreads, yes_of, other_coding=other
        )
        tables[level] = score_units(table, names, design)
        tables[level].attrs["min_firms"] = rules.min_firms
    country = country_figures(firms, names, weights)
    protect_country(country, base, firms, design, rules, hidden, weights)
    reasons = count_reasons(hidden, len(places.codes))
    return Protected(tables, country, verdict_table(verdicts_of), reasons)


def count_reasons(hidden: Mapping[str, Hidden], n_units: int) -> dict[str, int]:
    """Withheld cells by the first rule that each broke."""
    counts: dict[str, int] = {}
    for each in hidden.values():
        seen = np.zeros(n_units, dtype=bool)
        for rule, leaves in each.reasons.items():
            new = leaves[:n_units] & ~seen
            seen |= new
            if new.any():
                counts[rule] = counts.get(rule, 0) + int(new.sum())
    return counts


def protect_level(
    table: pd.DataFrame,
    design: StudyDesign,
    rules: DisclosureRules,
    masks: Mapping[str, NDArray[np.bool_]],
    spreads: Mapping[str, Spread],
    yes_of: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    *,
    other_coding: bool = False,
) -> dict[str, pd.Series[Any]]:
    """Withhold, round and smooth a level's table in place; return the verdicts by indicator."""
    found = {}
    for name in design.by_name:
        mask, yes = masks[name], None
        if name in yes_of:
            yes, n = yes_of[name]
            if other_coding:  # exact in another coding, it would tell what is rounded here
                mask, yes = mask | rounds_share(yes, n, rules), None
        kinds = _shape(table, name, mask, yes, spreads[name], rules)
        found[name] = pd.Series(kinds, table.index)
    _round_counts(table, list(design.by_name), rules)
    return found


def open_verdicts(table: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series[Any]]:
    """What became of each cell by open rules, by indicator."""
    return {
        name: pd.Series(
            np.select(
                [table[f"{name}_suppressed"], table[f"{name}_n"] > 0],
                [VERDICTS[3], VERDICTS[0]],
                "",
            ),
            table.index,
        )
        for name in names
    }


def verdict_table(found: Mapping[str, Mapping[str, pd.Series[Any]]]) -> pd.DataFrame:
    """Verdicts by level and indicator as one table; cells without firms are not there."""
    rows = [
        {"level": level, "code": code, "indicator": name, "verdict": verdict}
        for level, by_name in found.items()
        for name, kinds in by_name.items()
        for code, verdict in kinds.items()
        if verdict
    ]
    return pd.DataFrame(rows, columns=["level", "code", "indicator", "verdict"])
