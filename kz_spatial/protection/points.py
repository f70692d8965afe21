"""Firms with coordinates, gathered into groups that tell of no firm, before anything is smoothed.

A kernel surface is a set of linear equations in the answers at its points: whoever knows bandwidth
and places solves it (Hut, Goseling, van Lieshout, de Wolf and de Jonge 2020; Wang, Liu, Zhou and
Lan 2019), so no limit on the cells that are shown protects a firm. Here the points that enter are
groups, each safe by the rules for cells, placed where their firms are on average: solving the
surface gives the groups' figures, which are then what was published anyway.

Groups come from cutting the plane in two, again and again, along lines of the raster's grid, for
as long as both halves are safe. The same firms give the same groups, in whatever order they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_metres
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.places import locate, warn_stray
from kz_spatial.protection.cells import Answers, unsafe_cells
from kz_spatial.protection.rounding import shown_shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["group_points", "grouped_points"]

# where a cut is tried, as shares of the firms on its lower side: halves first
_CUTS: Final = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)


def _safe(rows: NDArray[np.intp], questions: list[Answers], rules: DisclosureRules) -> bool:
    """Whether a group of firms breaks no rule, on any question."""
    if len(rows) < rules.min_firms:
        return False
    for each in questions:
        own = rows[np.isfinite(each.values[rows])]
        if not len(own):
            continue
        unit = np.zeros(len(own), dtype=np.intp)
        cell = Answers(each.values[own], each.weights[own], unit, each.upper, each.binary)
        if any(bool(found[0]) for found in unsafe_cells(cell, 1, rules).values()):
            return False
    return True


def _halves(
    at: NDArray[np.float64], rows: NDArray[np.intp], cell_m: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Ways to cut a group in two along the grid, the wider direction first."""
    span = np.ptp(at[rows], axis=0)
    tried = set()
    for axis in np.argsort(-span, kind="stable"):
        along = at[rows, axis]
        for line in np.round(np.quantile(along, _CUTS) / cell_m) * cell_m:
            below = along < line
            if (axis, line) not in tried and 0 < below.sum() < len(rows):
                tried.add((axis, line))
                yield rows[below], rows[~below]


def group_points(
    at: NDArray[np.float64],
    questions: list[Answers],
    rules: DisclosureRules,
    *,
    cell_m: float,
) -> pd.DataFrame:
    """Gather firms into groups that are safe on every question.

    Parameters
    ----------
    at : (n, 2) array
        Places in metres.
    questions : list of Answers
        Values and weights of every firm, NaN where it did not answer; units do not matter.
    rules : DisclosureRules
    cell_m : float
        Size of the grid that groups are cut along and placed on.

    Returns
    -------
    DataFrame
        A row per group: `x`, `y` in metres, `firms`, and for each question `weight_0`, `value_0`
        (weighted mean), `answers_0`, and so on.

    Raises
    ------
    NotEnoughDataError
        When all firms together are not safe.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> at = np.repeat([[0.0, 0.0], [9e4, 0.0]], 12, axis=0)
    >>> asked = Answers(np.arange(24.0), np.ones(24), np.zeros(24, int), np.inf, False)
    >>> group_points(at, [asked], SURVEY, cell_m=5000.0)[["firms", "value_0"]].to_numpy().tolist()
    [[12.0, 5.5], [12.0, 17.5]]
    """
    rows = np.arange(len(at))
    if not _safe(rows, questions, rules):
        raise NotEnoughDataError(
            f"points: the firms with a place, taken together, would tell the answer of one; "
            f"expected {rules.min_firms} or more, none dominant; the profile open draws public "
            "points as they are"
        )
    waiting, done = [rows], []
    while waiting:
        group = waiting.pop()
        for halves in _halves(at, group, cell_m) if len(group) >= 2 * rules.min_firms else ():
            if all(_safe(each, questions, rules) for each in halves):
                waiting += halves
                break
        else:
            done.append(group)
    found = pd.DataFrame([_figures(at[each], each, questions, rules, cell_m) for each in done])
    return found.sort_values(["x", "y"], kind="stable", ignore_index=True)


def _figures(
    at: NDArray[np.float64],
    rows: NDArray[np.intp],
    questions: list[Answers],
    rules: DisclosureRules,
    cell_m: float,
) -> dict[str, float]:
    """Place and figures of one group."""
    x, y = (np.floor(at.mean(axis=0) / cell_m) + 0.5) * cell_m
    told = {"x": float(x), "y": float(y), "firms": float(len(rows))}
    for number, each in enumerate(questions):
        own = rows[np.isfinite(each.values[rows])]
        weight = float(each.weights[own].sum())
        told[f"weight_{number}"] = weight
        told[f"answers_{number}"] = float(len(own))
        total = float((each.weights[own] * each.values[own]).sum())
        mean = total / weight if len(own) else float("nan")
        if each.binary and len(own):
            yes = np.array([each.values[own].sum()])
            mean = float(
                shown_shares(np.array([mean]), yes, np.array([float(len(own))]), rules)[0][0]
            )
        told[f"value_{number}"] = mean
    return told


def grouped_points(
    points: pd.DataFrame,
    rules: DisclosureRules,
    *,
    value: str | None = None,
    upper: float = float("inf"),
    binary: bool = False,
    weights: str | None = None,
    cell_m: float,
    x: str = "longitude",
    y: str = "latitude",
    crs: Any = DATA_CRS,
) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Gather the points of a table into safe groups, and say how `density` smooths them.

    Parameters
    ----------
    points : DataFrame or GeoDataFrame
        Points as `density` takes them; rows without a place stay out.
    rules : DisclosureRules
    value : str, optional
        Column that is smoothed.
    upper : float
        Largest value there can be.
    binary : bool
        Whether values are 0 and 1.
    weights : str, optional
        Column of weights.
    cell_m : float
        Cell size of the surface.
    x, y, crs
        Where the coordinates are and what they are in.

    Returns
    -------
    groups : DataFrame
        As `group_points` gives them.
    how : dict
        Keywords of `density` for the density of points ("points"), and for the mean ("value").

    Raises
    ------
    NotEnoughDataError
        When all points together are not safe.
    CallError
        When the cell size is not above 0.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> from kz_spatial.design import SURVEY
    >>> places = kz.settlements()
    >>> groups, how = grouped_points(places, SURVEY, cell_m=5000.0)
    >>> surface = kz.density(groups, **how["points"], bandwidth_m=75_000, cell_m=5000.0)
    >>> surface.n_points == len(places), bool(groups["firms"].min() >= 10)
    (True, True)
    """
    located = locate(points, x=x, y=y, crs=crs)
    stray = warn_stray(located, points.index)
    at = np.column_stack([located.east, located.north])
    weight = np.ones(len(points)) if weights is None else points[weights].to_numpy(float)
    check_metres("cell_m", cell_m)
    use = np.isfinite(at).all(axis=1) & (weight > 0)
    at, weight = at[use], weight[use]
    unit = np.zeros(len(at), dtype=np.intp)
    asked = [Answers(np.ones(len(at)), weight, unit, np.inf, binary=True)]
    if value is not None:
        values = points[value].to_numpy(float)[use]
        # whatever holds 0 and 1 alone is told by its counts
        binary = binary or bool(np.isin(values[np.isfinite(values)], (0.0, 1.0)).all())
        asked.append(Answers(values, weight, unit, upper, binary))
    try:
        groups = group_points(at, asked, rules, cell_m=cell_m)
    except NotEnoughDataError as error:
        raise NotEnoughDataError("; ".join([str(error), *stray])) from error
    place = {"x": "x", "y": "y", "crs": EQUAL_AREA_CRS, "min_support": float(rules.min_firms)}
    how: dict[str, dict[str, Any]] = {
        name: place | {"weights": f"weight_{number}", "counts": f"answers_{number}"}
        for number, name in enumerate(("points", "value")[: len(asked)])
    }
    if value is not None:
        how["value"]["value"] = "value_1"
    return groups, how
