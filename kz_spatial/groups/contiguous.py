"""Groups of regions that hang together on the map, with the proven optimum where it can be had.

Sum of squares within groups is what every method is judged by. `exact` is the proven optimum (see
`kz_spatial.groups.connected`); Ward's merging along the neighbourhood, SKATER and AZP are
heuristics of scikit-learn and spopt, max-p is one of our own, all with their gap to the optimum.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.groups.bounds import Bounds, bounds_of, check_heeded, nothing_within
from kz_spatial.groups.connected import BestCuts, components, is_connected
from kz_spatial.groups.heuristics import heuristic_groups
from kz_spatial.groups.partition import (
    Partition,
    check_n_clusters,
    make_partition,
    standardised,
    within_ss,
)
from kz_spatial.groups.tightest import tightest_groups, ward_regions
from kz_spatial.neighbours import graph_of, neighbour_masks

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["masks_in_order", "optimal_curve", "optimal_regions", "regionalise"]

Method = Literal["auto", "exact", "ward", "skater", "azp", "max-p"]
_METHODS: Final = ("auto", "exact", "ward", "skater", "azp", "max-p")
# bounds that a method would not heed
_BY_UNITS: Final = {"floor": "'exact', 'auto', 'max-p' or 'skater'"}
_BY_AMOUNT: Final = {"floor by amount": "'exact', 'auto' or 'max-p'"}
_NO_CEILING: Final = {"ceiling": "'exact' or 'auto'"}
_DEAF: Final[dict[str, dict[str, str]]] = {
    "ward": _BY_UNITS | _BY_AMOUNT | _NO_CEILING,
    "azp": _BY_UNITS | _BY_AMOUNT | _NO_CEILING,
    "skater": _BY_AMOUNT | _NO_CEILING,
    "max-p": _NO_CEILING,
}
# parts of the largest unit's amount in which the nearest cut is sought
_STEPS: Final = 16


def masks_in_order(graph: Graph, units: list[object]) -> list[int]:
    """Neighbour masks with bits in the order of `units`, of a Graph or a libpysal W."""
    graph = graph_of(graph)
    keys = list(graph.unique_ids)
    known = set(keys)
    absent = [each for each in units if each not in known]
    if absent:
        raise InputError(f"table: found unit {absent[0]!r} that the graph lacks")
    where = {key: i for i, key in enumerate(units)}
    moved = [0] * len(units)
    for key, mask in zip(keys, neighbour_masks(graph), strict=True):
        if key in where:
            near = (other for j, other in enumerate(keys) if mask >> j & 1 and other in where)
            moved[where[key]] = sum(1 << where[other] for other in near)
    return moved


def _check_one_piece(masks: list[int], units: list[object]) -> None:
    pieces = components(masks)
    if len(pieces) > 1:
        named = "; ".join(
            ", ".join(str(u) for i, u in enumerate(units) if piece >> i & 1) for piece in pieces
        )
        raise InputError(
            f"graph: found {len(pieces)} pieces that do not touch ({named}), expected "
            "one; join them with an edge or treat them apart"
        )


def _check_groups(labels: NDArray[np.intp], masks: list[int], k: int | None, method: str) -> None:
    """Refuse a heuristic's answer that is not what was asked for."""
    groups = [sum(1 << int(i) for i in np.flatnonzero(labels == g)) for g in np.unique(labels)]
    if k is not None and len(groups) != k:
        raise NotEnoughDataError(
            f"method={method!r}: formed {len(groups)} groups, expected {k}; "
            "use 'exact' or another number"
        )
    if not all(is_connected(group, masks) for group in groups):
        raise NotEnoughDataError(
            f"method={method!r}: formed a group that is not contiguous; use 'exact' or 'ward'"
        )


def regionalise(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: int = 3,
    method: Method = "auto",
    floor: float = 0,
    ceiling: float | None = None,
    floor_by: pd.Series[Any] | None = None,
    balance: float | None = None,
    standardise: bool = True,
    seed: int = 20240,
) -> Partition:
    """Group units into contiguous regions that are as alike inside as can be.

    Parameters
    ----------
    table : DataFrame
        Units by columns, without gaps.
    graph : libpysal.graph.Graph
        Who is whose neighbour; units of the graph that the table lacks are left out.
    n_clusters : int
        Groups to form; "max-p" forms as many as the floor allows and ignores it.
    method : {"auto", "exact", "ward", "skater", "azp", "max-p"}
        `exact` proves its optimum, for up to 22 units with up to 2,000,000 connected subsets;
        `auto` is exact that far, and the tightest of several heuristics, each mended, beyond.
    floor : float
        Least number of units per group, or least sum of `floor_by`; "auto", "exact", "skater"
        (units only) and "max-p" heed it.
    ceiling : float, optional
        Largest number of units per group, or largest sum of `floor_by`; "auto" and
        "exact" heed it.
    floor_by : Series, optional
        Amount per unit, such as population, that floor, ceiling and balance are about.
    balance : float, optional
        How far a group may be from an equal share, as a part of it: 0.2 lets each of four groups
        have 20 to 30 % of all. "auto" and "exact" heed it.
    standardise : bool
        Whether to turn columns into z-scores first.
    seed : int
        Seed of "azp", "max-p" and of the heuristics of "auto".

    Returns
    -------
    Partition
        `method` names the heuristic that won, as "ward, mended", where "auto" proves nothing. `gap`
        is the relative distance to the proven optimum for as many groups within the same
        bounds, NaN where that cannot be had.

    Raises
    ------
    InputError
        When values are missing, or the units fall into pieces that do not touch.
    NotEnoughDataError
        When no cut is within the bounds, or a heuristic forms other groups than asked.
    CallError
        When "exact" is asked of too large a graph; it says how large and what to use instead.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> columns = table[["epayment_share_mean", "outages_per_month_mean"]]
    >>> found = kz.regionalise(columns, kz.contiguity(kz.oblasts(detail="light")), n_clusters=3)
    >>> found.certified, found.n_clusters, found.gap
    (True, 3, 0.0)
    """
    check_option("method", method, _METHODS)
    values = standardised(table, standardise=standardise)
    X, units = values.to_numpy(), list(values.index)
    bounds = bounds_of(
        values.index, floor=floor, ceiling=ceiling, floor_by=floor_by, balance=balance
    )
    check_heeded(method, bounds, _DEAF.get(method, {}))
    check_n_clusters(n_clusters, len(units))
    masks = masks_in_order(graph, units)
    _check_one_piece(masks, units)
    labels, used = _formed(values, masks, n_clusters, method, bounds, seed)
    certified = used == "exact"
    return make_partition(
        values,
        labels,
        table.index,
        method=used,
        certified=certified,
        optimum=None if certified else _optimum(X, masks, labels, bounds),
        seed=seed if used in ("azp", "max-p") or used not in _METHODS else None,
    )


def _formed(
    values: pd.DataFrame,
    masks: list[int],
    k: int,
    method: Method,
    bounds: Bounds,
    seed: int,
) -> tuple[NDArray[np.intp], str]:
    """Groups by a method, and the one that "auto" came to."""
    X = values.to_numpy()
    if method == "exact":
        return _proven(X, masks, k, bounds), "exact"
    if method == "auto":
        try:
            return _proven(X, masks, k, bounds), "exact"
        except CallError:  # the graph is too large
            return _by_heuristics(X, masks, k, bounds.for_number(k), seed)
    if method == "ward":
        labels = ward_regions(X, masks, k)
    else:
        labels = heuristic_groups(values, masks, k, method, bounds.amounts, bounds.floor, seed)
    _check_groups(labels, masks, None if method == "max-p" else k, method)
    return labels, method


def _proven(X: NDArray[np.float64], masks: list[int], k: int, bounds: Bounds) -> NDArray[np.intp]:
    found = _exact(X, masks, [k], bounds)
    if not found:
        raise _none(masks, k, bounds)
    return found[k]


def _by_heuristics(
    X: NDArray[np.float64], masks: list[int], k: int, bounds: Bounds, seed: int
) -> tuple[NDArray[np.intp], str]:
    found = tightest_groups(X, masks, k, bounds, seed)
    if found is None:
        raise NotEnoughDataError(
            f"method='auto': found no cut into {k} contiguous groups that meets {bounds.said()}, "
            f"though {len(masks)} units are too many to prove it; expected wider bounds"
        )
    return found[0], f"{found[1]}, mended"


def _exact(
    X: NDArray[np.float64], masks: list[int], numbers: list[int], bounds: Bounds
) -> dict[int, NDArray[np.intp]]:
    """Proven best cuts; numbers of groups that the bounds rule out are left out."""
    shared = None
    if bounds.balance is None:  # the same subsets are allowed whatever the number
        shared = BestCuts.prepare(X, masks, bounds=bounds, most=max(numbers, default=1))
    found = {}
    for k in numbers:
        own = bounds.for_number(k)
        cuts = shared or BestCuts.prepare(X, masks, bounds=own, most=k)
        start = ward_regions(X, masks, k)
        labels = cuts.cut(k, bound=within_ss(X, start) if own.met(start) else np.inf)
        if labels is not None:
            found[k] = labels
    return found


def _none(masks: list[int], k: int, bounds: Bounds) -> NotEnoughDataError:
    """Say that no cut is within the bounds, and which comes nearest to them."""
    own = bounds.for_number(k)
    nearest = _nearest(masks, k, own)
    near = ""
    if nearest is not None:
        has = np.bincount(nearest, own.amounts)
        near = f"; the nearest has {has.min():g} to {has.max():g} in a group"
    return nothing_within(k, own, near=near)


def _nearest(masks: list[int], k: int, bounds: Bounds) -> NDArray[np.intp] | None:
    """Cut that oversteps the bounds by as little as can be, to a sixteenth of a unit's amount."""
    nothing = np.zeros((len(masks), 1))
    step = float(bounds.amounts.max()) / _STEPS
    low, high, best = 0, int(np.ceil(float(bounds.amounts.sum()) / step)) if step else 0, None
    while high - low > 1:  # at `low` there is no cut, at `high` there is one
        middle = (low + high) // 2
        wider = replace(
            bounds,
            floor=max(bounds.floor - middle * step, 0.0),
            ceiling=bounds.ceiling + middle * step,
        )
        cut = BestCuts.prepare(nothing, masks, bounds=wider, most=k).cut(k)
        low, high, best = (middle, high, best) if cut is None else (low, middle, cut)
    return best


def _optimum(
    X: NDArray[np.float64], masks: list[int], labels: NDArray[np.intp], bounds: Bounds
) -> float | None:
    """Proven least sum of squares for as many groups; None where it is out of reach."""
    k = len(np.unique(labels))
    own = bounds.for_number(k)
    try:
        best = _exact(X, masks, [k], own if own.met(labels) else Bounds(own.amounts))
    except CallError:
        return None
    return within_ss(X, best[k])


def optimal_regions(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: range | list[int] = range(2, 9),
    floor: float = 0,
    ceiling: float | None = None,
    floor_by: pd.Series[Any] | None = None,
    balance: float | None = None,
    standardise: bool = True,
) -> dict[int, Partition]:
    """Proven optima for a range of numbers of groups, with the work of listing subsets done once.

    Parameters
    ----------
    table, graph, floor, ceiling, floor_by, balance, standardise
        As in `regionalise`.
    n_clusters : range or list of int
        Numbers above the number of units are left out, and so are those that cannot be had within
        the bounds while another can.

    Returns
    -------
    dict of Partition
        By number of groups.

    Raises
    ------
    As `regionalise`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> columns = table[["epayment_share_mean", "outages_per_month_mean"]]
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> found = kz.optimal_regions(columns, graph, n_clusters=[2, 3])
    >>> found[3].within_ss < found[2].within_ss
    True
    """
    values = standardised(table, standardise=standardise)
    X, units = values.to_numpy(), list(values.index)
    bounds = bounds_of(
        values.index, floor=floor, ceiling=ceiling, floor_by=floor_by, balance=balance
    )
    masks = masks_in_order(graph, units)
    _check_one_piece(masks, units)
    for k in n_clusters:
        check_count("n_clusters", k, 1)
    numbers = [k for k in n_clusters if k <= len(units)]
    cuts = _exact(X, masks, numbers, bounds)
    if numbers and not cuts:
        raise _none(masks, numbers[0], bounds)
    return {
        k: make_partition(values, labels, table.index, method="exact", certified=True)
        for k, labels in cuts.items()
    }


def optimal_curve(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: range | list[int] = range(2, 9),
    floor: float = 0,
    ceiling: float | None = None,
    floor_by: pd.Series[Any] | None = None,
    balance: float | None = None,
    standardise: bool = True,
) -> pd.DataFrame:
    """How much of the variation the best contiguous groups explain, by their number.

    Parameters
    ----------
    table, graph, n_clusters, floor, ceiling, floor_by, balance, standardise
        As in `optimal_regions`.

    Returns
    -------
    DataFrame
        By number of groups: `within_ss`, `share_explained`, and one column per unit with its
        group.

    Raises
    ------
    As `regionalise`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> columns = table[["epayment_share_mean", "outages_per_month_mean"]]
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> kz.optimal_curve(columns, graph, n_clusters=[2, 3])["share_explained"].round(2).to_dict()
    {2: 0.23, 3: 0.36}
    """
    regions = optimal_regions(
        table,
        graph,
        n_clusters=n_clusters,
        floor=floor,
        ceiling=ceiling,
        floor_by=floor_by,
        balance=balance,
        standardise=standardise,
    )
    rows = {}
    for k, found in regions.items():
        share = 1 - found.within_ss / found.total_ss if found.total_ss > 0 else np.nan
        rows[k] = {"within_ss": found.within_ss, "share_explained": share} | found.labels.to_dict()
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("n_clusters")
