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
from kz_spatial.estimates import aggregate, score_units, unit_moments, unit_positions, weights_of
from kz_spatial.protection.cells import Answers
from kz_spatial.protection.complements import Hidden, hide_cells
from kz_spatial.protection.errors import Spread, pooled_spread, smooth_errors
from kz_spatial.protection.rounding import round_to_base, rounds_share, shown_shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["VERDICTS", "Protected", "protect_tables"]

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
        Mean and deviation of every indicator over all firms, without weights; a row an indicator.
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
    column = {part: table[f"{name}_{part}"].to_numpy(float).copy() for part in _PARTS}
    n = table[f"{name}_n"].to_numpy(float)
    smoothed = (n > 0) & ~hidden & (n < rules.smooth_below)
    rounded = np.zeros(len(table), dtype=bool)
    if yes is not None:
        column["mean"], rounded = shown_shares(column["mean"], yes, n, rules)
        table[f"{name}_mean"] = column["mean"]
    sd, se = smooth_errors(column["sd"], column["se"], n, smoothed, spread)
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


def _spread(
    table: pd.DataFrame, name: str, hidden: NDArray[np.bool_], rules: DisclosureRules
) -> Spread:
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


def _enough_special(
    firms: pd.DataFrame,
    corrected: pd.DataFrame,
    unit: NDArray[np.intp],
    n: int,
    rules: DisclosureRules,
) -> dict[str, NDArray[np.bool_]]:
    """Units whose special answers, numbers in one coding and none in the other, are 0 or many."""
    found = {}
    for name in (each for each in corrected if each in firms):
        if not pd.api.types.is_numeric_dtype(firms[name]):
            continue
        extra = firms[name].notna().to_numpy() & corrected[name].isna().to_numpy() & (unit >= 0)
        count = np.bincount(unit[extra], minlength=n)
        found[str(name)] = (count == 0) | (count >= rules.min_firms)
    return found


def protect_tables(
    firms: pd.DataFrame,
    *,
    levels: Sequence[str],
    design: StudyDesign,
    rules: DisclosureRules,
    weights: str | None = None,
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
    if not rules.guarded:
        tables = {
            level: aggregate(
                firms, by=level, weights=weights, min_firms=rules.min_firms, design=design
            )
            for level in levels
        }
        verdicts = _verdicts({level: _open_verdicts(t, names) for level, t in tables.items()})
        few = int((verdicts["verdict"] == VERDICTS[3]).sum())
        return Protected(tables, _country(firms, names), verdicts, {"few": few} if few else {})
    base = firms if corrected is None else corrected
    places = _places(base, design, levels)
    hidden = _find_hidden(base, design, places, rules, weights)
    tables, verdicts_of = {}, {}
    spreads: dict[str, Spread] = {}
    for level in levels:
        table = aggregate(firms, by=level, weights=weights, min_firms=1, design=design)
        if not spreads:  # one variance for all levels, else one level would tell another's
            masks = {name: each.at(level == places.finest) for name, each in hidden.items()}
            spreads = {name: _spread(table, name, masks[name], rules) for name in names}
        verdicts_of[level] = _protect_level(
            table, base, firms, level, design, rules, hidden, places, spreads
        )
        tables[level] = score_units(table, names, design)
        tables[level].attrs["min_firms"] = rules.min_firms
    country = _country(firms, names)
    _protect_country(country, base, firms, design, rules, hidden)
    reasons: dict[str, int] = {}
    for each in hidden.values():
        seen = np.zeros(len(places.region), dtype=bool)
        for rule, leaves in each.reasons.items():
            new = leaves & ~seen
            new[len(places.codes) :] = False
            seen |= new
            reasons[rule] = reasons.get(rule, 0) + int(new.sum())
    return Protected(
        tables, country, _verdicts(verdicts_of), {k: v for k, v in reasons.items() if v}
    )


def _protect_country(
    country: pd.DataFrame,
    base: pd.DataFrame,
    firms: pd.DataFrame,
    design: StudyDesign,
    rules: DisclosureRules,
    hidden: Mapping[str, Hidden],
) -> None:
    """Withhold and round the figures of the country in place; deviations of few firms go."""
    whole = np.zeros(len(base), dtype=np.intp)
    special = {} if base is firms else _enough_special(firms, base, whole, 1, rules)
    for name, each in design.by_name.items():
        n = np.array([float(base[name].notna().sum())])
        if n[0] < rules.smooth_below:
            country.loc[name, "sd"] = np.nan
        if each.kind == "binary":
            yes, _ = _yes_of(base, name, whole, 1)
            share, rounded = shown_shares(yes / np.maximum(n, 1), yes, n, rules)
            if rounded[0]:
                told = float(share[0]) if base is firms else np.nan
                deviation = np.sqrt(told * (1 - told) * n[0] / max(n[0] - 1, 1))
                country.loc[name] = [told, deviation]
        if hidden[name].country or not special.get(name, np.ones(1, dtype=bool))[0]:
            country.loc[name] = np.nan


def _protect_level(
    table: pd.DataFrame,
    base: pd.DataFrame,
    firms: pd.DataFrame,
    level: str,
    design: StudyDesign,
    rules: DisclosureRules,
    hidden: Mapping[str, Hidden],
    places: _Places,
    spreads: Mapping[str, Spread],
) -> dict[str, pd.Series[Any]]:
    """Withhold, round and smooth a level's table in place; return the verdicts by indicator."""
    unit = unit_positions(base[design.level_column(level)], list(table.index))
    special = {} if base is firms else _enough_special(firms, base, unit, len(table), rules)
    found = {}
    for name, each in design.by_name.items():
        mask = hidden[name].at(level == places.finest)[: len(table)].copy()
        if name in special:
            mask |= ~special[name]
        yes = None
        if each.kind == "binary":
            yes, n = _yes_of(base, name, unit, len(table))
            if base is not firms:  # exact in another coding, it would tell what is rounded here
                mask, yes = mask | rounds_share(yes, n, rules), None
        kinds = _shape(table, name, mask, yes, spreads[name], rules)
        found[name] = pd.Series(kinds, table.index)
    _round_counts(table, list(design.by_name), rules)
    return found


def _yes_of(
    firms: pd.DataFrame, name: str, unit: NDArray[np.intp], n_units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Firms that say yes, and that answer, by unit."""
    answers = firms[name].to_numpy(float)
    use = np.isfinite(answers) & (unit >= 0)
    yes = np.bincount(unit[use], answers[use], n_units)
    return yes.astype(float), np.bincount(unit[use], minlength=n_units).astype(float)


def _open_verdicts(table: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series[Any]]:
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


def _verdicts(found: Mapping[str, Mapping[str, pd.Series[Any]]]) -> pd.DataFrame:
    rows = [
        {"level": level, "code": code, "indicator": name, "verdict": verdict}
        for level, by_name in found.items()
        for name, kinds in by_name.items()
        for code, verdict in kinds.items()
        if verdict
    ]
    return pd.DataFrame(rows, columns=["level", "code", "indicator", "verdict"])


def _country(firms: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Mean and deviation over all firms, a row an indicator."""
    rows = []
    for name in names:
        values = firms[name].to_numpy(float)
        moments = unit_moments(
            values, np.ones(len(values)), np.zeros(len(values), dtype=np.intp), 1
        )
        rows.append({part: float(moments[part][0]) for part in ("mean", "sd")})
    return pd.DataFrame(rows, index=pd.Index(names, name="indicator"))
