"""The surfaces of a study: of firms that were located, else of regional figures spread out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import LEVEL, unit_at
from kz_spatial.design import DisclosureRules, StudyDesign, design_of
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.estimates import unit_positions, weights_of
from kz_spatial.options import RunOptions
from kz_spatial.places import settlements
from kz_spatial.protection import Answers, grouped_points, round_to_base, unsafe_cells
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
    few = n.index[n.isna() | (n.gt(0) & n.lt(least))]
    return oblast.where(~region.isin(design.grouping.regions_of(few)), region)


def _totals(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    design: StudyDesign,
    options: RunOptions,
    rules: DisclosureRules,
) -> pd.Series[Any]:
    """Firms of every unit of every level, weighted where weights are asked for.

    By guarded rules: counts as the tables show them, and rounded weights of units in which no firm
    holds too much of them.
    """
    if not rules.guarded or options.weights is not None:
        weight = weights_of(firms, options.weights)
        found = []
        for level, table in tables.items():
            unit = unit_positions(firms[design.level_column(level)], list(table.index))
            use = unit >= 0
            own = Answers(np.ones(use.sum()), weight[use], unit[use], np.inf, binary=True)
            total = np.bincount(unit[use], weight[use], len(table))
            if rules.guarded:
                broken = np.logical_or.reduce(list(unsafe_cells(own, len(table), rules).values()))
                total = np.where(broken, np.nan, round_to_base(total, rules.count_base))
            found.append(pd.Series(total, table.index))
        return pd.concat(found)
    return pd.concat([table["n_firms"].astype(float) for table in tables.values()])


def _means(tables: dict[str, pd.DataFrame], design: StudyDesign, name: str) -> pd.Series[Any]:
    """Published mean of every unit; an oblast's that is withheld is its region's."""
    column = f"{name}_mean"
    coarse = tables[design.grouping.name][column]
    if LEVEL not in tables:
        return coarse
    fine = tables[LEVEL][column]
    of_region = pd.Series(design.grouping.regions_of(fine.index), fine.index).map(coarse)
    return pd.concat([coarse, fine.fillna(of_region)])


def _spread(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    options: RunOptions,
    rules: DisclosureRules,
    value: str | None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Settlements with their share of the published figures, and how to smooth them."""
    design = design_of(firms)
    places = settlements(grouping=design.grouping)
    spread = spread_by_population(
        places,
        _owners(places, tables, design, rules.min_firms),
        _totals(firms, tables, design, options, rules),
        None if value is None else _means(tables, design, value),
    )
    if value is None:
        return spread, {"weights": "weight", "errors": False}
    return spread.rename(columns={"value": value}), {
        "value": value,
        "weights": "weight",
        "min_support": 0.0,
        "errors": False,  # figures that are spread out have none of their own
    }


def _grouped(
    firms: pd.DataFrame, options: RunOptions, rules: DisclosureRules, value: str | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Groups of located firms that tell of none of them, and how to smooth them."""
    design = design_of(firms)
    each = design.by_name[design.outcome] if design.outcome else None
    # the same groups for every surface, else two of them would tell what sets groups apart
    groups, how = grouped_points(
        firms,
        rules,
        value=design.outcome,
        upper=float("inf") if each is None else float(each.rule.upper),
        binary=each is not None and each.kind == "binary",
        weights=options.weights,
        cell_m=options.cell_m,
    )
    return groups, how["points" if value is None else "value"]


def _points(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    options: RunOptions,
    rules: DisclosureRules,
    value: str | None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Points to smooth and how: firms where they are located, else settlements."""
    if not (here := located(firms)).any():
        return _spread(firms, tables, options, rules, value)
    if rules.guarded:
        return _grouped(firms[here], options, rules, value)
    return firms[here], {"value": value, "weights": options.weights}


def study_surfaces(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    areas: gpd.GeoDataFrame,
    options: RunOptions,
    rules: DisclosureRules,
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
    rules : DisclosureRules

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
            points, how = _points(firms, tables, options, rules, value)
            surface = density(
                points,
                **how,
                bandwidth_m=options.bandwidth_m,
                cell_m=options.cell_m,
                mask=areas,
            )
            if value is not None:
                surface = replace(surface, value=value, unit=f"mean of {value}")
            surfaces[name] = surface
        except NotEnoughDataError as error:
            inapplicable[f"density, {name}"] = str(error)
    return surfaces, inapplicable
