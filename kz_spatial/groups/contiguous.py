"""Groups of regions that hang together on the map, with the proven optimum where it can be had.

Sum of squares within groups is what every method is judged by. `exact` is the proven optimum (see
`kz_spatial.groups.connected`); Ward's merging along the neighbourhood, SKATER and AZP are
heuristics of scikit-learn and spopt, max-p is one of our own, all with their gap to the optimum.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.groups.connected import BestCuts, components, is_connected
from kz_spatial.groups.heuristics import heuristic_groups
from kz_spatial.groups.partition import (
    Partition,
    check_n_clusters,
    make_partition,
    standardised,
    ward_groups,
    within_ss,
)
from kz_spatial.neighbours import graph_of, neighbour_masks

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["masks_in_order", "optimal_curve", "optimal_regions", "regionalise"]

Method = Literal["exact", "ward", "skater", "azp", "max-p"]
_METHODS: Final = ("exact", "ward", "skater", "azp", "max-p")


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


def _ward(X: NDArray[np.float64], masks: list[int], k: int) -> NDArray[np.intp]:
    n = len(masks)
    adjacency = np.array([[mask >> j & 1 for j in range(n)] for mask in masks], dtype=np.intp)
    return ward_groups(X, k, adjacency)


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


def _amounts(floor_by: pd.Series[Any] | None, units: pd.Index[Any]) -> NDArray[np.float64]:
    if floor_by is None:
        return np.ones(len(units))
    if not isinstance(floor_by, pd.Series):
        raise InputError(f"floor_by: found {type(floor_by).__name__}, expected a Series by unit")
    found = floor_by.reindex(units).to_numpy(dtype=float)
    bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if bad.size:
        raise InputError(
            f"floor_by: found {found[bad[0]]} for {units[bad[0]]!r}, expected an "
            "amount of 0 or more per unit"
        )
    return np.asarray(found, dtype=np.float64)


def _check_floor(method: Method, floor: float, *, by_amount: bool) -> None:
    """Refuse a floor that a method would not heed."""
    if not isinstance(floor, Real) or isinstance(floor, bool) or not floor >= 0:
        raise CallError(f"floor={floor!r}: expected 0 or more")
    deaf = method in ("ward", "azp") or (method == "skater" and by_amount)
    if deaf and (floor > 1 or (by_amount and floor > 0)):
        what = "floor by amount" if by_amount else "floor"
        raise CallError(
            f"method={method!r}: heeds no {what}, expected 'exact', 'max-p'"
            + ("" if by_amount else " or 'skater'")
        )


def regionalise(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: int = 3,
    method: Method = "exact",
    floor: float = 1,
    floor_by: pd.Series[Any] | None = None,
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
    method : {"exact", "ward", "skater", "azp", "max-p"}
        `exact` proves its optimum, for up to 22 units with up to 2,000,000 connected subsets.
    floor : float
        Least number of units per group, or least sum of `floor_by`; "exact", "skater" (units only)
        and "max-p" heed it.
    floor_by : Series, optional
        Amount per unit, such as population.
    standardise : bool
        Whether to turn columns into z-scores first.
    seed : int
        Seed of "azp" and "max-p".

    Returns
    -------
    Partition
        `gap` is the relative distance to the proven optimum for as many groups under the same
        floor, NaN where that cannot be had.

    Raises
    ------
    InputError
        When values are missing, or the units fall into pieces that do not touch.
    NotEnoughDataError
        When no cut meets the floor, or a heuristic forms other groups than asked.
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
    _check_floor(method, floor, by_amount=floor_by is not None)
    values = standardised(table, standardise=standardise)
    X, units = values.to_numpy(), list(values.index)
    check_n_clusters(n_clusters, len(units))
    masks = masks_in_order(graph, units)
    _check_one_piece(masks, units)
    amounts = _amounts(floor_by, values.index)
    if method == "exact":
        labels, certified = _exact(X, masks, n_clusters, amounts, floor), True
    else:
        certified = False
        labels = (
            _ward(X, masks, n_clusters)
            if method == "ward"
            else heuristic_groups(values, masks, n_clusters, method, amounts, floor, seed)
        )
        _check_groups(labels, masks, None if method == "max-p" else n_clusters, method)
    return make_partition(
        values,
        labels,
        table.index,
        method=method,
        certified=certified,
        optimum=None if certified else _optimum(X, masks, labels, amounts, floor),
        seed=seed if method in ("azp", "max-p") else None,
    )


def _exact(
    X: NDArray[np.float64], masks: list[int], k: int, amounts: NDArray[np.float64], floor: float
) -> NDArray[np.intp]:
    cuts = BestCuts.prepare(X, masks, amounts=amounts, floor=floor, most=k)
    start = _ward(X, masks, k)
    meets = all(amounts[start == g].sum() >= floor for g in range(k))
    labels = cuts.cut(k, bound=within_ss(X, start) if meets else np.inf)
    if labels is None:
        raise NotEnoughDataError(
            f"method='exact': no cut into {k} contiguous groups meets the "
            f"floor of {floor:g}, expected fewer groups or a lower floor"
        )
    return labels


def _optimum(
    X: NDArray[np.float64],
    masks: list[int],
    labels: NDArray[np.intp],
    amounts: NDArray[np.float64],
    floor: float,
) -> float | None:
    """Proven least sum of squares for as many groups; None where it is out of reach."""
    k = len(np.unique(labels))
    meets = all(amounts[labels == g].sum() >= floor for g in range(k))
    try:
        best = _exact(X, masks, k, amounts, floor if meets else 0)
    except CallError:
        return None
    return within_ss(X, best)


def optimal_regions(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: range | list[int] = range(2, 9),
    standardise: bool = True,
) -> dict[int, Partition]:
    """Proven optima for a range of numbers of groups, with the work of listing subsets done once.

    Parameters
    ----------
    table, graph, standardise
        As in `regionalise`.
    n_clusters : range or list of int
        Numbers above the number of units are left out.

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
    masks = masks_in_order(graph, units)
    _check_one_piece(masks, units)
    for k in n_clusters:
        check_count("n_clusters", k, 1)
    numbers = [k for k in n_clusters if k <= len(units)]
    cuts = BestCuts.prepare(X, masks, most=max(numbers, default=1))
    found = {}
    for k in numbers:
        labels = cuts.cut(k, bound=within_ss(X, _ward(X, masks, k)))
        assert labels is not None  # Ward's cut is within reach
        found[k] = make_partition(values, labels, table.index, method="exact", certified=True)
    return found


def optimal_curve(
    table: pd.DataFrame,
    graph: Graph,
    *,
    n_clusters: range | list[int] = range(2, 9),
    standardise: bool = True,
) -> pd.DataFrame:
    """How much of the variation the best contiguous groups explain, by their number.

    Parameters
    ----------
    table, graph, n_clusters, standardise
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
    rows = {}
    for k, found in optimal_regions(
        table, graph, n_clusters=n_clusters, standardise=standardise
    ).items():
        share = 1 - found.within_ss / found.total_ss if found.total_ss > 0 else np.nan
        rows[k] = {"within_ss": found.within_ss, "share_explained": share} | found.labels.to_dict()
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("n_clusters")
