"""Between firms and units: mean residuals of a fit by unit, neighbours' means for each firm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import ROUNDING, check_columns, check_unique_rows
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import design_of
from kz_spatial.errors import InputError
from kz_spatial.estimates import unit_moments, unit_positions, withheld_cells
from kz_spatial.options import MIN_FIRMS
from kz_spatial.regression.unit_problem import dense_weights, unit_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libpysal.graph import Graph

    from kz_spatial.regression.distance_errors import Fitted

__all__ = ["neighbour_means", "residual_means"]


def residual_means(
    fit: Fitted,
    firms: pd.DataFrame,
    *,
    by: str = LEVEL,
    min_firms: int = MIN_FIRMS,
) -> pd.Series[Any]:
    """Mean residual of each unit's firms, ready for a map or for `moran`.

    Parameters
    ----------
    fit : FixedEffectsFit
        From `fixed_effects` on `firms`; its weights weigh the means.
    firms : DataFrame
        The firm table of the fit, with unique rows and `oblast_code` or the column of
        the regions.
    by : str
        "oblast", or the name of the design's grouping.
    min_firms : int
        Units with fewer firms in the fit are NaN; by oblast also the further units that `aggregate`
        would withhold, since absorbed composite effects make residuals sum to zero.

    Returns
    -------
    Series named "residual_mean"
        By unit code, every unit present, in units of the outcome. Means that differ from zero by
        rounding alone are zero.

    Raises
    ------
    InputError
        When rows repeat, a row of the fit is not in `firms`, or a code is no unit.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", firms)
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> kz.moran(kz.residual_means(fit, firms), graph).n_units
    20
    """
    design = design_of(firms)
    column = design.level_column(design.check_level(by))
    check_columns(firms.columns, [column], what="firm table")
    rows = fit.residuals.index
    check_unique_rows({"fit": rows, "firm table": firms.index})
    absent = rows.difference(firms.index)
    if len(absent):
        raise InputError(
            f"firm table: found no row {absent[0]}, which the fit used; expected "
            "the table of the fit"
        )
    codes = list(design.grouping.unit_codes(by))
    index = pd.Index(codes, name=column)
    residuals = fit.residuals.to_numpy(dtype=float)
    unit = unit_positions(firms.loc[rows, column], codes)
    moments = unit_moments(residuals, fit.model.w, unit, len(codes))
    means = pd.Series(moments["mean"], index, name="residual_mean")
    group = pd.Series(design.grouping.regions_of(codes), index) if by == LEVEL else None
    hidden = withheld_cells(pd.Series(moments["n"], index), min_firms, group)
    nothing = means.abs() <= ROUNDING * np.abs(residuals).max()
    return means.mask(nothing, 0.0).mask(hidden)


def neighbour_means(
    firms: pd.DataFrame, table: pd.DataFrame, graph: Graph, indicators: Sequence[str]
) -> pd.DataFrame:
    """Give each firm the mean of its unit's neighbours, as a term of a regression (SLX).

    Parameters
    ----------
    firms : DataFrame
        A firm table; it is not changed.
    table : DataFrame
        By unit, its index named like the firms' unit column, as `aggregate` makes it, with
        `<indicator>_mean` (or a column named as the indicator).
    graph : libpysal.graph.Graph
        Neighbours of the units. Means are weighted by it; neighbours without a value leave their
        share to the others. With weights that sum to one this is the spatial lag.
    indicators : sequence of str

    Returns
    -------
    DataFrame
        The firm table with a column `<indicator>_neighbours` each; NaN for firms without a unit
        and for units none of whose neighbours has a value. Within effects absorbed by the same
        units these columns do not vary; within effects of larger units they do.

    Raises
    ------
    InputError
        When the index of `table` repeats or names no firm column, a unit is not in the graph, or
        weights are negative.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> table = kz.aggregate(firms, by="oblast")
    >>> wider = kz.neighbour_means(firms, table, graph, ["epayment_share"])
    >>> fit = kz.fixed_effects(
    ...     "outages_per_month ~ epayment_share + epayment_share_neighbours | composite", wider)
    >>> list(fit.coefficients.index)
    ['epayment_share', 'epayment_share_neighbours']
    """
    column = table.index.name
    if column not in firms.columns:
        raise InputError(
            f"unit table: its index is named {column!r}, expected the firm column "
            "that holds its codes, such as 'oblast_code'"
        )
    keys = unit_order(table, graph)
    strange = firms.loc[firms[column].notna() & ~firms[column].isin(keys), column]
    if len(strange):
        raise InputError(
            f"firm table: row {strange.index[0]}, column {column}: found "
            f"{strange.iloc[0]!r}, expected a unit of the graph"
        )
    W = dense_weights(graph, keys)
    if (W < 0).any():
        raise InputError("graph: found a negative weight, expected weights of a mean")
    sources = {name: f"{name}_mean" if f"{name}_mean" in table else name for name in indicators}
    check_columns(table.columns, sources.values(), what="unit table")
    columns = {}
    for name, source in sources.items():
        values = table[source].reindex(keys).to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(values).any():
            raise InputError(f"unit table: column {source}: found infinity, expected numbers")
        known = np.isfinite(values)
        share = W @ known
        with np.errstate(invalid="ignore"):
            lag = np.where(share > 0, W @ np.where(known, values, 0.0) / share, np.nan)
        columns[f"{name}_neighbours"] = firms[column].map(pd.Series(lag, keys)).astype(float)
    return firms.assign(**columns)
