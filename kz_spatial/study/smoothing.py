"""The surfaces of a study: of firms that were located, else of regional figures spread out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kz_spatial.crosswalk import LEVEL, unit_at
from kz_spatial.design import StudyDesign, design_of
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.options import RunOptions
from kz_spatial.places import settlements
from kz_spatial.surfaces import DensitySurface, density, spread_by_population

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["located", "study_surfaces"]


def located(firms: pd.DataFrame) -> pd.Series[Any]:
    """Firms that came with coordinates."""
    if not {"longitude", "latitude"} <= set(firms):
        return pd.Series(data=False, index=firms.index)
    return firms["longitude"].notna() & firms["latitude"].notna()


def _owners(
    places: gpd.GeoDataFrame, tables: dict[str, pd.DataFrame], design: StudyDesign, least: int
) -> pd.Series[Any]:
    """The unit whose figures each settlement shares: its oblast, or its whole region.

    A region with an oblast of too few firms shares the region's figures throughout, since those of
    its other oblasts would tell the small one's.
    """
    region = places[design.grouping.name]
    if LEVEL not in tables:
        return region
    oblast = places["oblast_code"].map(lambda code: unit_at(code, design.grouping.vintage))
    n = tables[LEVEL]["n_firms"]
    few = n.index[n.gt(0) & n.lt(least)]
    return oblast.where(~region.isin(design.grouping.regions_of(few)), region)


def _totals(
    firms: pd.DataFrame, design: StudyDesign, levels: list[str], weights: str | None
) -> pd.Series[Any]:
    """Firms of every unit of every level, weighted where weights are asked for."""
    weight = pd.Series(1.0, firms.index) if weights is None else firms[weights].astype(float)
    return pd.concat([weight.groupby(firms[design.level_column(level)]).sum() for level in levels])


def _means(tables: dict[str, pd.DataFrame], design: StudyDesign, name: str) -> pd.Series[Any]:
    """Published mean of every unit; an oblast's that is withheld is its region's."""
    column = f"{name}_mean"
    coarse = tables[design.grouping.name][column]
    if LEVEL not in tables:
        return coarse
    fine = tables[LEVEL][column]
    of_region = pd.Series(design.grouping.regions_of(fine.index), fine.index).map(coarse)
    return pd.concat([coarse, fine.fillna(of_region)])


def _points(
    firms: pd.DataFrame, tables: dict[str, pd.DataFrame], options: RunOptions, value: str | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Points to smooth and how: firms where they are located, else settlements."""
    if (here := located(firms)).any():
        return firms[here], {"value": value, "weights": options.weights}
    design = design_of(firms)
    places = settlements(grouping=design.grouping)
    spread = spread_by_population(
        places,
        _owners(places, tables, design, options.min_firms),
        _totals(firms, design, list(tables), options.weights),
        None if value is None else _means(tables, design, value),
    )
    if value is None:
        return spread, {"weights": "weight"}
    return spread.rename(columns={"value": value}), {
        "value": value,
        "weights": "weight",
        "min_support": 0.0,
    }


def study_surfaces(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    areas: gpd.GeoDataFrame,
    options: RunOptions,
) -> tuple[dict[str, DensitySurface], dict[str, str]]:
    """Density of firms, and the smoothed outcome.

    Parameters
    ----------
    firms : DataFrame
        Firm table.
    tables : dict of DataFrame
        Published figures by level, as `aggregate` returns them.
    areas : GeoDataFrame
        Outside them nothing is shown.
    options : RunOptions

    Returns
    -------
    surfaces : dict of DensitySurface
        "firms", and the outcome by its name.
    inapplicable : dict
        What could not be computed, with the reason.
    """
    surfaces, inapplicable = {}, {}
    outcome = design_of(firms).outcome
    for name, value in {"firms": None, **({outcome: outcome} if outcome else {})}.items():
        try:
            points, how = _points(firms, tables, options, value)
            surfaces[name] = density(
                points,
                **how,
                bandwidth_m=options.bandwidth_m,
                cell_m=options.cell_m,
                mask=areas,
            )
        except NotEnoughDataError as error:
            inapplicable[f"density, {name}"] = str(error)
    return surfaces, inapplicable
