"""Gaussian kernel surfaces on a metric grid: firms per area, or a smoothed mean of an indicator.

For points i at distance d_i from a cell, weights w_i and K(d) = exp(-d^2 / 2 h^2) / (2 pi h^2):

- density: sum_i w_i K(d_i), per 1000 km^2
- smoothed mean of values v: sum_i w_i K(d_i) v_i / sum_i w_i K(d_i) (Nadaraya and Watson), shown
  only where the density of points reaches `min_support` points within one bandwidth

The Gaussian kernel parts into x and y, so a surface over n points is one matrix product, exact to
rounding. No edge correction is made at the border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial._validate import check_columns, check_metres
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.places import locate, warn_stray

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from rasterio.transform import Affine

__all__ = ["DensitySurface", "check_bandwidth", "density"]

_PER_KM2: Final = 1e9  # densities are per 1000 km^2
_LEAST_BANDWIDTH: Final = 0.5  # in cells
_MAX_CELLS: Final = 20_000_000
# points closer than this lie in one place, up to rounding
_ONE_PLACE_M: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class DensitySurface:
    """A kernel surface as a north-up raster.

    Attributes
    ----------
    values : (rows, columns) array of float32
        Row 0 is the northernmost. NaN outside the mask and where support is too thin.
    transform : Affine
        Cell to metres in `crs`.
    crs : str
    bandwidth_m : float
        Standard deviation of the kernel.
    cell_m : float
    unit : str
        "firms per 1000 km²", or "mean of <column>".
    n_points : int
    value : str or None
        Column that was smoothed.
    notes : tuple of str
        Coordinates that were no place and were left out, points outside Kazakhstan, and text that
        was read as coordinates: a line for each kind.
    """

    values: NDArray[np.float32]
    transform: Affine
    crs: str
    bandwidth_m: float
    cell_m: float
    unit: str
    n_points: int
    value: str | None = None
    notes: tuple[str, ...] = ()


def _numbers(points: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Column of points as numbers, NaN where nothing stands."""
    check_columns(points.columns, [name], what="points")
    try:
        return np.asarray(points[name].to_numpy(dtype=float), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"points: column {name} holds {points[name].dtype}, expected numbers"
        ) from error


def check_bandwidth(bandwidth_m: float | None, cell_m: float) -> None:
    """Refuse sizes that are none, and a bandwidth of less than half a cell.

    Cells are as high as the kernel is at their centres. From half a cell on they add up to the
    points within 3 % along each axis; at a quarter they make 0.4 to 1.6 of a point, by where in its
    cell it lies.

    Parameters
    ----------
    bandwidth_m : float or None
        Standard deviation of the kernel; None where it is not known yet.
    cell_m : float

    Raises
    ------
    CallError

    Examples
    --------
    >>> check_bandwidth(2_000.0, 5_000.0)
    Traceback (most recent call last):
    ...
    kz_spatial.errors.CallError: bandwidth_m=2000: expected at least half of cell_m=5000
    """
    check_metres("cell_m", cell_m)
    if bandwidth_m is not None:
        check_metres("bandwidth_m", bandwidth_m)
    if bandwidth_m is not None and bandwidth_m < cell_m * _LEAST_BANDWIDTH:
        raise CallError(f"bandwidth_m={bandwidth_m:g}: expected at least half of cell_m={cell_m:g}")


def _points(
    points: pd.DataFrame,
    value: str | None,
    weights: str | None,
    counts: str | None,
    where: dict[str, Any],
) -> tuple[tuple[NDArray[np.float64], ...], tuple[str, ...]]:
    """Points that take part (metres east and north, weight, value, how many each is), and notes."""
    located = locate(points, **where)
    for name, read in zip(located.names, (located.x, located.y), strict=True):
        if (located.kinds == "unreadable").any() and not np.isfinite(read).any():
            found = f"column {name} holds {points[name].dtype}"
            raise InputError(f"points: {found}, expected numbers")
    # groups of points lie at their middle, which is no place of anyone
    notes = warn_stray(located, points.index) if counts is None else []
    w = np.ones(len(points)) if weights is None else _numbers(points, weights)
    v = np.ones(len(points)) if value is None else _numbers(points, value)
    many = np.ones(len(points)) if counts is None else _numbers(points, counts)
    use = np.isfinite(located.east) & np.isfinite(v) & np.isfinite(w * many)
    if many[use].sum() < 2:
        raise NotEnoughDataError(
            f"points: found {use.sum()} with a place and a value, expected at least 2"
            + "".join(f"; {line}" for line in notes)
        )
    if (w[use] < 0).any() or not w[use].sum() > 0:
        raise InputError(
            f"points: column {weights}: found {w[use].min():g}, expected weights above 0"
        )
    return (located.east[use], located.north[use], w[use], v[use], many[use]), tuple(notes)


def _rule_of_thumb(
    east: NDArray[np.float64], north: NDArray[np.float64], w: NDArray[np.float64]
) -> float:
    """Bandwidth by Scott's rule for two dimensions, from the mean of both deviations."""
    effective = w.sum() ** 2 / (w**2).sum()
    spread = [
        np.sqrt(np.average((c - np.average(c, weights=w)) ** 2, weights=w)) for c in (east, north)
    ]
    return float(np.sqrt(np.mean(np.square(spread))) * effective ** (-1 / 6))


def _kernel(centres: NDArray[np.float64], at: NDArray[np.float64], h: float) -> NDArray[np.float64]:
    gap = (centres[:, None] - at[None, :]) / h
    return np.asarray(np.exp(-0.5 * gap**2) / (np.sqrt(2 * np.pi) * h), dtype=np.float64)


def _merge(
    east: NDArray[np.float64], north: NDArray[np.float64], *sums: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Add up points that share a place, as firms in one settlement do."""
    places, place = np.unique(np.column_stack([east, north]), axis=0, return_inverse=True)
    added = (np.bincount(place.ravel(), each, len(places)).astype(float) for each in sums)
    return places[:, 0], places[:, 1], *added


def _grid(bounds: NDArray[np.float64], cell_m: float) -> tuple[Affine, tuple[int, int]]:
    from rasterio.transform import from_origin

    west, south = np.floor(bounds[:2] / cell_m) * cell_m
    east, north = np.ceil(bounds[2:] / cell_m) * cell_m
    shape = round((north - south) / cell_m), round((east - west) / cell_m)
    if shape[0] * shape[1] > _MAX_CELLS:
        raise CallError(
            f"cell_m={cell_m:g}: makes {shape[0]} x {shape[1]} cells, expected at most "
            f"{_MAX_CELLS:,} in all"
        )
    return from_origin(west, north, cell_m, cell_m), shape


def density(
    points: pd.DataFrame,
    *,
    value: str | None = None,
    weights: str | None = None,
    bandwidth_m: float | None = None,
    cell_m: float = 10_000,
    mask: gpd.GeoDataFrame | None = None,
    x: str = "longitude",
    y: str = "latitude",
    crs: Any = DATA_CRS,
    min_support: float = 5.0,
    counts: str | None = None,
) -> DensitySurface:
    """Kernel density of points, or a kernel-smoothed mean of one of their columns.

    Parameters
    ----------
    points : DataFrame or GeoDataFrame
        Points as geometries, which come before columns longitude and latitude, or as columns `x`
        and `y` in `crs`, numbers or text. Rows without a place or value are left out; of
        coordinates that can be no place a CoordinatesWarning tells.
    value : str, optional
        Column to smooth; without it the density of points is returned.
    weights : str, optional
        Column of point weights.
    bandwidth_m : float, optional
        Standard deviation of the kernel in metres, at least half a cell; Scott's rule when not
        given.
    cell_m : float
        Cell size in metres.
    mask : GeoDataFrame, optional
        Areas outside which cells are NaN; it also sets the extent.
    x, y, crs
        Where the coordinates are and what they are in.
    min_support : float
        Smallest expected number of points within one bandwidth for a smoothed mean to be shown.
    counts : str, optional
        Column of how many points each row stands for, where rows are groups of points; the density
        too is then shown only where support is not too thin.

    Returns
    -------
    DensitySurface

    Raises
    ------
    NotEnoughDataError
        With fewer than two points, or points all in one place and no bandwidth.
    InputError, CallError
        When columns are missing or no numbers, geometries are no points or lack a reference
        system, or bandwidth or cell size is not above 0 or the one too small for the other.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> surface = kz.density(kz.settlements(), bandwidth_m=75_000, cell_m=50_000)
    >>> surface.values.shape, surface.bandwidth_m
    ((41, 66), 75000.0)
    """
    check_bandwidth(bandwidth_m, cell_m)
    where = {"x": x, "y": y, "crs": crs}
    (east, north, w, v, many), notes = _points(points, value, weights, counts, where)
    h = _rule_of_thumb(east, north, w) if bandwidth_m is None else bandwidth_m
    if bandwidth_m is None and h < _ONE_PLACE_M:
        raise NotEnoughDataError("points: all lie in one place, so bandwidth_m must be given")
    check_bandwidth(h, cell_m)
    if mask is not None and mask.crs is None:
        raise InputError("mask: found areas without a coordinate reference system, expected one")
    area = mask.to_crs(EQUAL_AREA_CRS) if mask is not None else None
    bounds = (
        area.total_bounds
        if area is not None
        else np.array([east.min(), north.min(), east.max(), north.max()])
        + 3 * h * np.array([-1, -1, 1, 1])
    )
    transform, shape = _grid(np.asarray(bounds, dtype=float), cell_m)
    centre_x = transform.c + cell_m * (np.arange(shape[1]) + 0.5)
    centre_y = transform.f - cell_m * (np.arange(shape[0]) + 0.5)
    at_x, at_y, mass, count, moment = _merge(east, north, w, many, w * v)
    kx, ky = _kernel(centre_x, at_x, h), _kernel(centre_y, at_y, h)
    base = (ky * mass) @ kx.T
    if value is None:
        surface = base * _PER_KM2
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            surface = ((ky * moment) @ kx.T) / base
    if value is not None or counts is not None:
        support = ((ky * count) @ kx.T) * (2 * np.pi * h**2)
        surface[~(support >= min_support)] = np.nan
    if area is not None:
        from rasterio.features import geometry_mask

        surface[geometry_mask(area.geometry, shape, transform)] = np.nan
    return DensitySurface(
        values=surface.astype(np.float32),
        transform=transform,
        crs=EQUAL_AREA_CRS,
        bandwidth_m=float(h),
        cell_m=float(cell_m),
        unit="firms per 1000 km²" if value is None else f"mean of {value}",
        n_points=round(many.sum()),
        value=value,
        notes=notes,
    )
