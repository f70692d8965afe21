"""Weights by (focal, neighbour) made into a Graph, with units that have no neighbours as asked."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError, IslandWarning

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["Islands", "Transform", "graph_of_pairs"]

Transform = Literal["R", "B"]
Islands = Literal["keep", "attach", "drop", "raise"]


def graph_of_pairs(
    pairs: pd.Series[Any],
    units: pd.Index[Any],
    *,
    transform: Transform,
    islands: Islands,
    points: NDArray[np.float64] | None,
) -> Graph:
    """Graph from weights by (focal, neighbour), with islands treated as asked."""
    from libpysal.graph import Graph

    check_option("transform", transform, ("R", "B"))
    check_option("islands", islands, ("keep", "attach", "drop", "raise"))
    names, named = (units.isin(pairs.index.get_level_values(level)) for level in (0, 1))
    linked = names | named
    _say_named_only(units[named & ~names], islands)
    alone = units[~linked]
    if len(alone):
        named = ", ".join(map(str, alone))
        if islands == "raise":
            raise InputError(f"areas: found no neighbour for {named}, expected one for every unit")
        if islands == "attach":
            if points is None or len(units) < 2:
                raise CallError("islands='attach': needs the places of at least two units")
            added = []
            for i in np.flatnonzero(~linked):
                away = np.linalg.norm(points - points[i], axis=1)
                away[i] = np.inf
                near = units[int(away.argmin())]
                added += [((units[i], near), 1.0), ((near, units[i]), 1.0)]
            extra = pd.Series(dict(added))
            pairs = pd.concat([pairs, extra[~extra.index.isin(pairs.index)]])
        if islands == "drop":
            units = units[linked]
        verb = {"attach": "joined to the nearest unit", "drop": "left out"}.get(islands, "kept")
        warnings.warn(f"no neighbour for {named}: {verb}", IslandWarning, stacklevel=3)
    kept = units[~units.isin(pairs.index.get_level_values(0))]
    loops = pd.Series(0.0, pd.MultiIndex.from_arrays([kept, kept]))
    whole = pd.concat([pairs, loops]) if len(kept) else pairs
    whole.index = whole.index.set_names(["focal", "neighbor"])
    order = {unit: i for i, unit in enumerate(units)}
    ranks = [whole.index.get_level_values(level).map(order) for level in (0, 1)]
    whole = whole.iloc[np.lexsort((ranks[1], ranks[0]))].rename("weight").astype(float)
    made = Graph(whole)
    if transform == "R":
        return made.transform("R")
    # the graph tells what it carries: B for links of 1, O for weights as they were given
    return made.transform("B") if (pairs == 1).all() else made


def _say_named_only(units: pd.Index[Any], islands: Islands) -> None:
    """Say which units others name that name none: they have a place in others' lists alone."""
    if not len(units):
        return
    named = ", ".join(map(str, units))
    if islands == "raise":
        raise InputError(
            f"weights: found units that others name and that name none ({named}), expected a "
            "neighbour for every unit"
        )
    warnings.warn(
        f"others name {named}, which name no neighbour: kept, without a statistic of their own",
        IslandWarning,
        stacklevel=4,
    )
