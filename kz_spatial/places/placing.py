"""Give firms that are known by region only a modelled place: a settlement by population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kz_spatial._validate import check_columns
from kz_spatial.crosswalk import unit_at
from kz_spatial.design import design_of
from kz_spatial.errors import InputError
from kz_spatial.places.boundaries import settlements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["place_firms"]


def place_firms(firms: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Give firms without coordinates a modelled place: a settlement of their region.

    Settlements are drawn with probability proportional to population, inside the firm's oblast
    where it is known and else inside its region.

    Parameters
    ----------
    firms : DataFrame
        A firm table; it is not changed.
    seed : int
        Seed of the draw.

    Returns
    -------
    DataFrame
        With `longitude`, `latitude` (degrees) and `placement` ("observed", "modelled" or
        "none" when neither region is known).

    Raises
    ------
    InputError
        When the table lacks the region columns.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.place_firms(kz.load_twin(), seed=1)["placement"].unique().tolist()
    ['modelled']
    """
    grouping = design_of(firms).grouping
    check_columns(firms.columns, ["oblast_code", grouping.name], what="firm table")
    rng = np.random.default_rng(seed)
    places = settlements(grouping=grouping)
    out = firms.copy()
    for axis in ("longitude", "latitude"):
        out[axis] = out[axis].astype(float) if axis in out else np.nan
    observed = out["longitude"].notna() & out["latitude"].notna()
    out["placement"] = np.where(observed, "observed", "none")
    oblast = out["oblast_code"].where(~observed)
    region = out[grouping.name].where(~observed & oblast.isna())
    for column, known in (("oblast_code", oblast), (grouping.name, region)):
        held = places[column]
        if column == "oblast_code":  # an older vintage's unit holds what split from it since
            held = held.map(lambda code: unit_at(code, grouping.vintage))
        for code, rows in known.groupby(known, sort=True):
            here = places[held == code]
            if here.empty:
                raise InputError(
                    f"firm table: column {column}: found {code!r}, expected a code of "
                    f"an oblast or {grouping.name}"
                )
            share = here["population"].to_numpy(dtype=float)
            drawn = rng.choice(len(here), size=len(rows), p=share / share.sum())
            out.loc[rows.index, "longitude"] = here.geometry.x.to_numpy()[drawn]
            out.loc[rows.index, "latitude"] = here.geometry.y.to_numpy()[drawn]
            out.loc[rows.index, "placement"] = "modelled"
    out.attrs = {**firms.attrs, "placement_seed": seed}
    return out
