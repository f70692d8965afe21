"""From firms to regions: means with errors, readiness, rank, and what must not be shown.

Definitions, for firms i of a unit with weights w (all 1 without weights) and n answers y:

- mean: sum(w y) / sum(w)
- standard deviation: sqrt( n/(n-1) * sum(w (y - mean)^2) / sum(w) ), Stata's with aweights
- standard error: sqrt( n/(n-1) * sum(w^2 (y - mean)^2) ) / sum(w), the linearised error of a
  weighted mean; sd/sqrt(n) when all weights are equal; with strata, that of `linearisation`
- readiness and rank: see `scores`

Suppression: a cell needs at least `min_firms` firms. By oblast, cells are also withheld until the
withheld firms of a region number at least `min_firms`, since otherwise the region's own figure
would give them away by subtraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import (
    check_columns,
    check_count,
    describe_rows,
    positive_weights,
)
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import StudyDesign, design_of
from kz_spatial.errors import InputError
from kz_spatial.estimates.linearisation import mean_influence, standard_error
from kz_spatial.estimates.scores import score_units
from kz_spatial.options import MIN_FIRMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "aggregate",
    "strata_of",
    "unit_moments",
    "unit_positions",
    "unit_table",
    "weights_of",
    "withheld_cells",
]


def unit_moments(
    values: NDArray[np.float64], weights: NDArray[np.float64], unit: NDArray[np.intp], n_units: int
) -> dict[str, NDArray[np.float64]]:
    """Count, mean, deviation and standard error of each unit.

    Parameters
    ----------
    values, weights : (n,) arrays
        NaN values are left out.
    unit : (n,) array of int
        Unit of each value, 0 to `n_units` - 1; negative for none.
    n_units : int

    Returns
    -------
    dict of (n_units,) arrays
        `n`, `mean`, `sd`, `se`; NaN where too few values.
    """
    use = np.isfinite(values) & (unit >= 0)
    y, w, u = values[use], weights[use], unit[use]
    n = np.bincount(u, minlength=n_units).astype(float)
    total = np.bincount(u, w, n_units)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(u, w * y, n_units) / total
        gap = y - mean[u]
        spread = n / (n - 1)
        sd = np.sqrt(spread * np.bincount(u, w * gap**2, n_units) / total)
        se = np.sqrt(spread * np.bincount(u, w**2 * gap**2, n_units)) / total
    few = n < 2
    return {"n": n, "mean": mean, "sd": np.where(few, np.nan, sd), "se": np.where(few, np.nan, se)}


def withheld_cells(
    n: pd.Series[Any], min_firms: int, group: pd.Series[Any] | None
) -> pd.Series[Any]:
    """Cells to suppress: small ones, and enough others that subtraction tells nothing."""
    hidden = (n < min_firms) & (n > 0)
    if group is None:
        return hidden
    for _, members in n.groupby(group):
        small = members[hidden[members.index]]
        shown = members[~hidden[members.index] & (members > 0)].sort_values(kind="stable")
        total = small.sum()
        for code, firms in shown.items():
            if not 0 < total < min_firms:
                break
            hidden[code] = True
            total += firms
    return hidden


def unit_positions(column: pd.Series[Any], codes: list[str]) -> NDArray[np.intp]:
    """Position of each firm's unit; -1 where it has none."""
    unit = pd.Index(codes).get_indexer(pd.Index(column))
    strange = np.flatnonzero((unit < 0) & column.notna().to_numpy())
    if strange.size:
        raise InputError(
            f"firm table: {describe_rows(strange, str)}, column {column.name}: found "
            f"{column.iloc[strange[0]]!r}, expected a code such as {codes[0]!r}"
        )
    return np.asarray(unit, dtype=np.intp)


def weights_of(firms: pd.DataFrame, weights: str | None) -> NDArray[np.float64]:
    """Weights of firms, each above 0; 1 without a column."""
    if weights is None:
        return np.ones(len(firms))
    check_columns(firms.columns, [weights], what="firm table")
    return positive_weights(firms[weights], firms.get("firm_id"))


def strata_of(column: pd.Series[Any]) -> NDArray[np.intp]:
    """Stratum of each firm, 0 to H - 1, in order of appearance: who belongs together matters."""
    missing = np.flatnonzero(column.isna())
    if missing.size:
        rows = describe_rows(missing, lambda place: str(column.index[place]))
        raise InputError(f"firm table: {rows}, column {column.name}: found no stratum")
    return np.asarray(pd.factorize(column)[0], dtype=np.intp)


def _stratified_errors(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    unit: NDArray[np.intp],
    stratum: NDArray[np.intp],
    n_units: int,
) -> NDArray[np.float64]:
    """Errors of the means of units, as parts of a stratified sample."""
    answered = np.isfinite(values)
    found = np.full(n_units, np.nan)
    for place in range(n_units):
        member = answered & (unit == place)
        if member.sum() > 1:
            _, influence = mean_influence(weights, values, member)
            found[place] = standard_error(influence, stratum, member, "grand-mean")
    return found


def unit_table(
    parts: Mapping[str, Mapping[str, NDArray[np.float64]]],
    n_firms: NDArray[np.intp],
    *,
    by: str,
    design: StudyDesign,
    min_firms: int,
) -> pd.DataFrame:
    """Figures of the units of a level as a table, small cells withheld; see `aggregate`.

    Parameters
    ----------
    parts : mapping
        By indicator: `n`, `mean`, `sd`, `se` and, where firms are weighted, `unweighted_mean`; an
        array each, by unit.
    n_firms : (n_units,) array of int
    by : str
        "oblast" or the name of the grouping.
    design : StudyDesign
    min_firms : int

    Returns
    -------
    DataFrame
    """
    codes = list(design.grouping.unit_codes(by))
    index = pd.Index(codes, name=design.level_column(by))
    group = pd.Series(design.grouping.regions_of(codes), index) if by == LEVEL else None
    table: dict[str, Any] = {}
    firms = pd.Series(n_firms, index)
    for name, moments in parts.items():
        n = pd.Series(moments["n"], index).astype(int)
        hidden = withheld_cells(n, min_firms, group)
        for part in ("mean", "sd", "se", "unweighted_mean"):
            if part in moments:
                table[f"{name}_{part}"] = pd.Series(moments[part], index).mask(hidden)
        table[f"{name}_n"] = n
        table[f"{name}_missing"] = 1 - n / firms.where(firms > 0)
        table[f"{name}_suppressed"] = hidden
    frame = pd.DataFrame(table, index=index)
    frame["n_firms"] = firms
    return score_units(frame, list(parts), design)


def aggregate(
    firms: pd.DataFrame,
    *,
    by: str | None = None,
    weights: str | None = None,
    strata: str | None = None,
    indicators: Sequence[str] | None = None,
    min_firms: int = MIN_FIRMS,
    design: StudyDesign | None = None,
) -> pd.DataFrame:
    """Aggregate a firm table to oblasts or to the regions of its design.

    Parameters
    ----------
    firms : DataFrame
        A firm table with `oblast_code` or the column of the regions (the study's: `composite`).
    by : str, optional
        "oblast" or the name of the grouping (the study's: "composite"), which is the default.
    weights : str, optional
        Weight column (wmedian, wstrict, wweak). Without it every firm counts once.
    strata : str, optional
        Column of the strata that firms were drawn from; errors are then those of `survey_mean`.
    indicators : sequence of str, optional
        Those of the design by default.
    min_firms : int
        Cells with fewer firms are suppressed (NaN).
    design : StudyDesign, optional
        By default the one that the table was read by, else the published study's.

    Returns
    -------
    DataFrame
        Indexed by code, every unit present. Per indicator `_mean` (weighted when weights are
        given, then with `_unweighted_mean` beside it), `_sd`, `_se`, `_n`, `_missing` (share of
        the unit's firms without a value) and `_suppressed`; then `n_firms`, `score_of` (the
        indicators in the score, the same for all units), `readiness` and `rank` (1 is the
        readiest).

    Raises
    ------
    InputError
        When columns are missing, weights are not above 0, a code is no unit, or no firm has one.
    CallError
        When there is no such level, or min_firms is no whole number above 0.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="composite")
    >>> int(table.loc["almaty", "n_firms"])
    189
    """
    design = design or design_of(firms)
    by = design.check_level(by)
    check_count("min_firms", min_firms, 1)
    column, codes = design.level_column(by), list(design.grouping.unit_codes(by))
    indicators = list(design.by_name) if indicators is None else list(indicators)
    asked = [column, *indicators, *([] if strata is None else [strata])]
    check_columns(firms.columns, asked, what="firm table")
    unit = unit_positions(firms[column], codes)
    if not (unit >= 0).any():
        raise InputError(f"firm table: column {column} names no {by} in any of {len(firms)} rows")
    weight = weights_of(firms, weights)
    stratum = None if strata is None else strata_of(firms[strata])
    parts: dict[str, dict[str, NDArray[np.float64]]] = {}
    for name in indicators:
        values = firms[name].to_numpy(dtype=float)
        moments = unit_moments(values, weight, unit, len(codes))
        if stratum is not None:
            moments["se"] = _stratified_errors(values, weight, unit, stratum, len(codes))
        if weights is not None:
            plain = unit_moments(values, np.ones(len(values)), unit, len(codes))
            moments["unweighted_mean"] = plain["mean"]
        parts[name] = moments
    n_firms = np.bincount(unit[unit >= 0], minlength=len(codes))
    frame = unit_table(parts, n_firms, by=by, design=design, min_firms=min_firms)
    frame.attrs = {**firms.attrs, "by": by, "weights": weights, "strata": strata}
    frame.attrs["min_firms"] = min_firms
    return frame
