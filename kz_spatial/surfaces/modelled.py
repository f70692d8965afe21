"""Regional figures spread over settlements by population, where firms are known by region only.

What is published of each unit, its total and its mean, is handed out to its settlements in
proportion to their population: no draw, no seed, no firm, the same whatever the order of rows. It
is redistribution, not evidence: differences within a unit are not observed. A smoothed mean is the
ratio of two such surfaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kz_spatial._validate import check_columns
from kz_spatial.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["spread_by_population"]


def spread_by_population(
    settlements: gpd.GeoDataFrame,
    unit: pd.Series[Any],
    totals: pd.Series[Any],
    means: pd.Series[Any] | None = None,
) -> gpd.GeoDataFrame:
    """Hand out each unit's figures to its settlements by population.

    Parameters
    ----------
    settlements : GeoDataFrame
        Points with `population`.
    unit : Series
        Unit of each settlement, on the settlements' index.
    totals : Series
        Published total of each unit, 0 or more; units without one take no part.
    means : Series, optional
        Published mean of each unit; units without one take no part.

    Returns
    -------
    GeoDataFrame
        Settlements that take part, with `weight` (shares of the unit's total, which they add up
        to) and, with means, `value`: as `density(points, value="value", weights="weight")` takes
        them.

    Raises
    ------
    InputError
        When a total is below 0.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> import pandas as pd
    >>> places = kz.settlements()
    >>> spread = spread_by_population(places, places["oblast_code"], pd.Series({"KZ-75": 189.0}))
    >>> spread["weight"].sum().round(6)
    np.float64(189.0)
    """
    check_columns(settlements.columns, ["population"], what="settlements")
    below = totals.index[totals.lt(0)]
    if len(below):
        raise InputError(f"totals: found {totals[below[0]]} in {below[0]}, expected 0 or more")
    people = settlements["population"].astype(float)
    share = people / people.groupby(unit).transform("sum")
    made = settlements.assign(weight=share * unit.map(totals))
    if means is not None:
        made["value"] = unit.map(means).astype(float)
        made = made[made["value"].notna()]
    return made[made["weight"].gt(0) & np.isfinite(made["weight"])]
