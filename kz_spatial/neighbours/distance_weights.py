"""Weights that fall with distance: in metres between units, or in a matrix of the user's own.

Bandwidths of `adaptive_kernel` are distances to each unit's k-th neighbour, so that weights reach
farther where units are sparse; they are not symmetric.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, InputError
from kz_spatial.neighbours.area_points import check_areas, inner_points, links, pairs_within
from kz_spatial.neighbours.links import Islands, Transform, graph_of_pairs

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["adaptive_kernel", "from_matrix", "inverse_distance"]

Kernel = Literal["gaussian", "triangular", "bisquare"]
Decay = Literal["none", "inverse", "exponential", "gaussian"]
_KERNELS: Final[tuple[Kernel, ...]] = ("gaussian", "triangular", "bisquare")
_DECAYS: Final[tuple[Decay, ...]] = ("none", "inverse", "exponential", "gaussian")
_TWICE_SHOWN: Final = 3


def _check_above(name: str, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise CallError(f"{name}={value!r}: expected a number above 0")


def _check_apart(
    focal: NDArray[np.intp],
    other: NDArray[np.intp],
    away: NDArray[np.float64],
    units: pd.Index[Any],
) -> None:
    """Raise `InputError` where units lie in one place, so that nothing says how near they are."""
    same = np.flatnonzero(~(away > 0) & (focal < other))[:_TWICE_SHOWN]
    if same.size:
        named = ", ".join(f"{units[focal[at]]} and {units[other[at]]}" for at in same)
        raise InputError(f"areas: found {named} in one place, expected a distance between them")


def inverse_distance(
    areas: gpd.GeoDataFrame,
    *,
    power: float = 1.0,
    threshold_m: float | None = None,
    transform: Transform = "R",
    islands: Islands = "keep",
) -> Graph:
    """Graph with weights 1 / distance to a power.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons, of which points inside count, or points; with unique index values.
    power : float
        Above 0; 1 or 2 as a rule.
    threshold_m : float, optional
        Metres beyond which units are no neighbours; without it all are.
    transform : {"R", "B"}
        Row-standardised weights, or those of distances in kilometres as they are.
    islands : {"keep", "attach", "drop", "raise"}
        As in `contiguity`; a unit attached to another weighs as one at a kilometre.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`.

    Raises
    ------
    InputError
        When two units lie in one place, or as in `contiguity`.
    CallError
        When the power or the threshold is not above 0.

    Warns
    -----
    IslandWarning
        When units have no neighbour.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.inverse_distance(kz.oblasts(detail="light"), power=2).n_edges  # 20 units, all pairs
    380
    """
    check_areas(areas)
    _check_above("power", power)
    _check_above("threshold_m", threshold_m)
    points = inner_points(areas)
    reach = 1.0 + 2 * float(np.ptp(points, axis=0).max()) if threshold_m is None else threshold_m
    focal, other, away = pairs_within(points, reach)
    _check_apart(focal, other, away, areas.index)
    pairs = links(focal, other, areas.index, (away / 1000) ** -power)
    return graph_of_pairs(pairs, areas.index, transform=transform, islands=islands, points=points)


def adaptive_kernel(
    areas: gpd.GeoDataFrame,
    *,
    k: int = 4,
    kernel: Kernel = "gaussian",
    transform: Transform = "R",
) -> Graph:
    """Graph of the k nearest units, weighing less the farther they are; not symmetric.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons, of which points inside count, or points; with unique index values.
    k : int
        The distance h to the k-th neighbour is a unit's bandwidth.
    kernel : {"gaussian", "triangular", "bisquare"}
        exp(-(d / h)^2 / 2), 1 - d / h, (1 - (d / h)^2)^2. The last two are nought for the k-th
        neighbour itself, so that k - 1 are left, and k must be 2 or more.
    transform : {"R", "B"}
        Row-standardised weights, or those of the kernel as they are.

    Returns
    -------
    libpysal.graph.Graph
        On the index of `areas`; a unit is not its own neighbour.

    Raises
    ------
    InputError
        When k other units lie where a unit does, or as in `contiguity`.
    CallError
        When k is not between 1, or 2, and n - 1.

    Warns
    -----
    IslandWarning
        When all nearer neighbours of a unit are as far as the k-th.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.adaptive_kernel(kz.oblasts(detail="light"), k=3, transform="B")
    >>> round(float(graph["KZ-71"].min()), 4)  # at one bandwidth
    0.6065
    """
    from scipy.spatial import KDTree

    check_option("kernel", kernel, _KERNELS)
    check_areas(areas)
    n, least = len(areas), 1 if kernel == "gaussian" else 2
    check_count("k", k, least)
    if k >= n:
        raise CallError(f"k={k}: expected {least} to {n - 1} for {n} units")
    points = inner_points(areas)
    near = KDTree(points).query(points, k + 1)[1]
    # a unit that shares its place with others need not come first in its own list
    other = np.concatenate([[j for j in row if j != i][:k] for i, row in enumerate(near)])
    focal = np.repeat(np.arange(n), k)
    away = np.linalg.norm(points[focal] - points[other], axis=1).reshape(n, k)
    width = away.max(axis=1, keepdims=True)
    if not width.all():
        crowded = areas.index[int(width.argmin())]
        raise InputError(f"areas: found {k} units where {crowded!r} lies, expected k above that")
    far = away / width
    weight = {
        "gaussian": np.exp(-0.5 * far**2),
        "triangular": 1 - far,
        "bisquare": (1 - far**2) ** 2,
    }[kernel]
    pairs = links(focal, other.astype(np.intp), areas.index, weight.ravel())
    return graph_of_pairs(
        pairs[pairs > 0], areas.index, transform=transform, islands="keep", points=None
    )


def _read_matrix(matrix: pd.DataFrame | str | PathLike[str]) -> pd.DataFrame:
    """A square frame of numbers, rows and columns of the same units in the same order."""
    what = "matrix"
    if not isinstance(matrix, pd.DataFrame):
        path = Path(matrix)
        if not path.is_file():
            raise CallError(f"{path}: no such file, expected a .csv with units as rows and columns")
        what = str(path)
        matrix = pd.read_csv(path, index_col=0, encoding="utf-8-sig")
        matrix.index = matrix.index.map(str)
    for index, kind in ((matrix.index, "row"), (matrix.columns, "column")):
        if not index.is_unique:
            raise InputError(
                f"{what}: found {kind} {index[index.duplicated()][0]!r} twice, expected once"
            )
    alone = matrix.index.symmetric_difference(matrix.columns)
    if len(alone):
        raise InputError(f"{what}: found {alone[0]!r} as a row or a column alone, expected both")
    square = matrix[matrix.index]
    try:
        numbers = square.astype(float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}: {error}; expected numbers") from None
    inner = numbers.to_numpy(copy=True)
    np.fill_diagonal(inner, 0.0)
    for bad, expected in ((inner < 0, "0 or more"), (np.isinf(inner), "a finite number or none")):
        if bad.any():
            i, j = np.argwhere(bad)[0]
            units = numbers.index
            raise InputError(
                f"{what}: found {inner[i, j]:g} from {units[i]!r} to {units[j]!r}, "
                f"expected {expected}"
            )
    return numbers


def _on_units(numbers: pd.DataFrame, units: pd.Index[Any]) -> pd.DataFrame:
    """The matrix of the asked units, in their order and by their names."""
    texts = pd.Index([str(each) for each in units])
    named = numbers.set_axis(numbers.index.map(str)).set_axis(numbers.columns.map(str), axis=1)
    lost = texts.difference(named.index)
    if len(lost):
        raise InputError(f"matrix: found no row for {lost[0]!r}, expected one per unit")
    return named.loc[texts, texts].set_axis(units).set_axis(units, axis=1)


def from_matrix(
    matrix: pd.DataFrame | str | PathLike[str],
    units: pd.Index[Any] | None = None,
    *,
    cutoff: float | None = None,
    decay: Decay = "inverse",
    power: float = 1.0,
    scale: float | None = None,
    transform: Transform = "R",
    islands: Islands = "keep",
) -> Graph:
    """Graph from a matrix of travel times, costs or distances of the user's own.

    Parameters
    ----------
    matrix : DataFrame or path
        How far it is from the unit of each row to that of each column, 0 or more; NaN where there
        is no way. A .csv has the units in its first column and its first row. The diagonal is
        left out. It need not be symmetric: a unit's neighbours are those of its row.
    units : Index, optional
        Units that the graph must be on, such as `kz.oblasts().index`; the matrix may have more.
    cutoff : float, optional
        Units farther than this are no neighbours.
    decay : {"none", "inverse", "exponential", "gaussian"}
        Weights 1, 1 / d^power, exp(-d / scale) or exp(-(d / scale)^2 / 2).
    power : float
        Of "inverse".
    scale : float, optional
        Of "exponential" and "gaussian", in the unit of the matrix.
    transform, islands
        As in `contiguity`; "attach" is not at hand, as units have no places.

    Returns
    -------
    libpysal.graph.Graph

    Raises
    ------
    InputError
        When rows and columns differ, a number is negative or infinite, an asked unit is missing,
        or, with decay="inverse", two units are 0 apart.
    CallError
        When the file does not exist, an option is out of range, or a decay lacks its scale.

    Warns
    -----
    IslandWarning
        When units have no neighbour.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> hours = pd.DataFrame([[0, 2, 9], [2, 0, 4], [9, 4, 0]], list("abc"), list("abc"))
    >>> kz.from_matrix(hours, cutoff=6, transform="B")["b"].tolist()
    [0.5, 0.25]
    """
    check_option("decay", decay, _DECAYS)
    for name, value in (("cutoff", cutoff), ("power", power), ("scale", scale)):
        _check_above(name, value)
    if decay in ("exponential", "gaussian") and scale is None:
        raise CallError(f"scale=None: expected a number above 0 for decay={decay!r}")
    numbers = _read_matrix(matrix)
    if units is not None:
        numbers = _on_units(numbers, units)
    away = numbers.to_numpy(copy=True)
    np.fill_diagonal(away, np.nan)
    focal, other = np.nonzero(away <= (np.inf if cutoff is None else cutoff))
    far = away[focal, other]
    if decay == "inverse" and (far == 0).any():
        at = int(np.flatnonzero(far == 0)[0])
        one, two = numbers.index[focal[at]], numbers.index[other[at]]
        raise InputError(
            f"matrix: found 0 from {one!r} to {two!r}, expected more than 0 with decay='inverse'"
        )
    if decay == "inverse":
        weight = far**-power
    elif decay == "none" or scale is None:
        weight = np.ones(len(far))
    else:
        weight = np.exp(-far / scale if decay == "exponential" else -0.5 * (far / scale) ** 2)
    pairs = links(focal, other, numbers.index, weight)
    return graph_of_pairs(
        pairs[pairs > 0], numbers.index, transform=transform, islands=islands, points=None
    )
