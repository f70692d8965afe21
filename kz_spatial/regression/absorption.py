"""Absorbed effects: taken out of columns, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression.group_sums import is_nested

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SSC", "Ssc", "count_effects", "counted_parameters", "partial_out"]

Ssc = Literal["areg", "xtreg", "reghdfe"]
SSC: Final[tuple[Ssc, ...]] = ("areg", "xtreg", "reghdfe")


def partial_out(
    columns: NDArray[np.float64],
    levels: list[NDArray[np.intp]],
    weights: NDArray[np.float64],
    *,
    tolerance: float = 1e-12,
    max_rounds: int = 10_000,
) -> NDArray[np.float64]:
    """Take absorbed effects out of columns by weighted alternating projections.

    Parameters
    ----------
    columns : (n, k) array
    levels : list of (n,) arrays of int
        Level of each row, per absorbed factor. One factor needs one round.
    weights : (n,) array
    tolerance : float
        Largest change, relative to a column's scale, at which rounds stop.

    Returns
    -------
    (n, k) array

    Raises
    ------
    NotEnoughDataError
        When the rounds do not settle.
    """
    out = np.array(columns, dtype=np.float64, order="F")
    plain = bool((weights == 1).all())
    totals = [np.bincount(level, weights) for level in levels]
    scale = np.abs(out).max(axis=0, initial=0.0)
    scale[scale == 0] = 1.0
    for _ in range(max_rounds):
        largest = 0.0
        for level, total in zip(levels, totals, strict=True):
            for j in range(out.shape[1]):
                column = out[:, j]
                mean = np.bincount(level, column if plain else weights * column) / total
                column -= mean[level]
                largest = max(largest, float(np.abs(mean).max()) / scale[j])
        if len(levels) < 2 or largest < tolerance:
            return out
    raise NotEnoughDataError(f"absorbed effects did not settle in {max_rounds} rounds")


def count_effects(levels: list[NDArray[np.intp]]) -> int:
    """Parameters that absorbed effects take, those that others carry already counted once.

    The rank of two factors' dummies is their levels less the parts that link no level of one with
    one of the other; of a third factor, the most that any earlier one carries is taken off.

    Examples
    --------
    >>> oblast, region = np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])
    >>> count_effects([oblast, region])
    4
    >>> count_effects([np.array([0, 1, 0, 1]), region])
    3
    """
    sizes = [int(each.max()) + 1 for each in levels]
    rank = sum(sizes)
    if len(levels) < 2:
        return rank
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    for place in range(1, len(levels)):
        carried = 0
        for earlier in range(place):
            pairs = (levels[earlier], sizes[earlier] + levels[place])
            size = sizes[earlier] + sizes[place]
            graph = coo_matrix((np.ones(len(pairs[0]), bool), pairs), shape=(size, size))
            carried = max(carried, int(connected_components(graph, directed=False)[0]))
        rank -= carried
    return rank


def counted_parameters(
    ssc: Ssc, n_terms: int, levels: list[NDArray[np.intp]], clusters: list[NDArray[np.intp]]
) -> int:
    """K of the factor (N-1)/(N-K) of errors by cluster.

    Effects whose levels lie inside clusters carry no score of their own, so that programs differ in
    whether they count them.

    Parameters
    ----------
    ssc : {"areg", "xtreg", "reghdfe"}
        "areg": every absorbed effect counts, as in Stata's `areg` and in a regression on dummies.
        "xtreg": terms and a constant, as in Stata's `xtreg, fe`, which knows one factor inside
        clusters. "reghdfe": effects inside clusters count as one constant, others all, as in
        `reghdfe` and in the "nested" rule of fixest.
    n_terms : int
        Coefficients.
    levels, clusters : list of (n,) arrays of int

    Raises
    ------
    CallError
        When "xtreg" is asked for what it does not know.

    Examples
    --------
    >>> firm, region = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1])
    >>> [counted_parameters(ssc, 1, [firm], [region]) for ssc in SSC]
    [4, 2, 2]
    """
    if ssc == "areg" or not levels:
        return n_terms + count_effects(levels)
    outside = [level for level in levels if not any(is_nested(level, each) for each in clusters)]
    if ssc == "xtreg" and (len(levels) > 1 or outside):
        raise CallError(
            f"ssc='xtreg': found {len(levels)} absorbed factors, {len(outside)} of them across "
            "clusters, expected one inside clusters; use 'areg' or 'reghdfe'"
        )
    return n_terms + (count_effects(outside) if outside else 1)
