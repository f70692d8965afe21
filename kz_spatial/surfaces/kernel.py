"""Kernel surfaces on a metric grid: firms per area, or a smoothed mean of an indicator.

For points i at distance d_i from a cell, weights w_i and a kernel K that integrates to one:

- density: sum_i w_i K(d_i) / m_i, per 1000 km^2, where m_i is the mass of the point's kernel at
  cells inside the mask, and one without a mask and for points outside it
- smoothed mean of values v: sum_i a_i v_i with a_i = w_i K(d_i) / sum_j w_j K(d_j) (Nadaraya and
  Watson), shown only where the density of points reaches `min_support` points within one bandwidth;
  the local number of points is 1 / sum_i a_i^2 = n, and the mean's standard error the root of
  n / (n - 1) sum_i a_i^2 (v_i - mean)^2

How kernels are summed, exactly or by transform, is told in `sums`, their shapes in `shapes`, how
wide they are in `bandwidths`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from kz_spatial._validate import check_columns, check_option
from kz_spatial.errors import CallError, CoordinatesWarning, InputError, NotEnoughDataError
from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.places import locate, warn_stray
from kz_spatial.surfaces.gathered import (
    Points,
    asked_bandwidth,
    check_bandwidth,
    global_bandwidth,
    merge,
    place_bandwidths,
    smoothed_mean,
)
from kz_spatial.surfaces.grids import Grid, make_grid
from kz_spatial.surfaces.shapes import KERNELS, Kernel, peak
from kz_spatial.surfaces.sums import choose_sums

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from rasterio.transform import Affine

    from kz_spatial.surfaces.bandwidths import Rule
    from kz_spatial.surfaces.fourier import FourierSums
    from kz_spatial.surfaces.sums import DirectSums

__all__ = ["PER_KM2", "DensitySurface", "area_cells", "density", "prepared", "shown"]

PER_KM2: Final = 1e9  # densities are per 1000 km^2


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
        Standard deviation of the kernel along an axis; the global one where it differs by place.
    cell_m : float
    unit : str
        "firms per 1000 km²", or "mean of <column>".
    n_points : int
    value : str or None
        Column that was smoothed.
    notes : tuple of str
        Coordinates that were no place and were left out, points outside Kazakhstan, and text that
        was read as coordinates: a line for each kind.
    kernel : str
    rule : str
        How the bandwidth was found; "given" where it was.
    edge_corrected : bool
        Whether kernels were made whole at the border.
    effective_n : (rows, columns) array of float32 or None
        Local number of points behind a smoothed mean, by their weights.
    std_error : (rows, columns) array of float32 or None
        Of the smoothed mean.
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
    kernel: str = "gaussian"
    rule: str = "given"
    edge_corrected: bool = False
    effective_n: NDArray[np.float32] | None = None
    std_error: NDArray[np.float32] | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the surface, north up.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import raster

        rows, columns = self.values.shape
        left, top = self.transform * (0, 0)
        right, bottom = self.transform * (columns, rows)
        return raster(self.values, (left, right, bottom, top), self.unit, ax)


def _numbers(points: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Column of points as numbers, NaN where nothing stands."""
    check_columns(points.columns, [name], what="points")
    try:
        return np.asarray(points[name].to_numpy(dtype=float), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"points: column {name} holds {points[name].dtype}, expected numbers"
        ) from error


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
        if not np.isfinite(read).any() and (located.kinds == "unreadable").any():
            found = f"column {name} holds {points[name].dtype}"
            raise InputError(f"points: {found}, expected numbers")
    # groups of points lie at their middle, which is no place of anyone
    notes = warn_stray(located, points.index) if counts is None else []
    one = np.ones(len(points))
    w, v, many = (
        one if name is None else _numbers(points, name) for name in (weights, value, counts)
    )
    use = np.isfinite(located.east)
    for column, given in ((weights, w), (value, v), (counts, many)):
        if column is not None:
            use &= np.isfinite(given)
    taken = _, _, w, _, many = _taken(use, located.east, located.north, w, v, many)
    if many.sum() < 2:
        raise NotEnoughDataError(
            f"points: found {len(w)} with a place and a value, expected at least 2"
            + "".join(f"; {line}" for line in notes)
        )
    if (w < 0).any() or not w.sum() > 0:
        raise InputError(f"points: column {weights}: found {w.min():g}, expected weights above 0")
    return taken, tuple(notes)


def _taken(use: NDArray[np.bool_], *each: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Rows that take part; nothing is copied where all do."""
    return each if use.all() else tuple(one[use] for one in each)


def area_cells(
    mask: gpd.GeoDataFrame | None, at: NDArray[np.float64], h: float, cell_m: float
) -> tuple[Grid, NDArray[np.bool_] | None]:
    """Grid over the mask, or over the points with a margin, and the mask's cells."""
    if mask is None:
        bounds = np.concatenate([at.min(axis=1) - 3 * h, at.max(axis=1) + 3 * h])
        return make_grid(bounds, cell_m), None
    if mask.crs is None:
        raise InputError("mask: found areas without a coordinate reference system, expected one")
    area = mask.to_crs(EQUAL_AREA_CRS)
    grid = make_grid(np.asarray(area.total_bounds, dtype=float), cell_m)
    from rasterio.features import geometry_mask

    inside = ~geometry_mask(area.geometry, grid.shape, grid.transform)
    if not inside.any():
        raise CallError(f"cell_m={cell_m:g}: no cell has its centre in the mask, expected smaller")
    return grid, np.asarray(inside)


def density(
    points: pd.DataFrame,
    *,
    value: str | None = None,
    weights: str | None = None,
    kernel: Kernel = "gaussian",
    bandwidth: float | Rule | None = None,
    bandwidth_m: float | None = None,
    cell_m: float = 10_000,
    mask: gpd.GeoDataFrame | None = None,
    x: str = "longitude",
    y: str = "latitude",
    crs: Any = DATA_CRS,
    min_support: float = 5.0,
    counts: str | None = None,
    edge: bool = True,
    errors: bool = True,
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
    kernel : {"gaussian", "quartic", "epanechnikov", "triweight", "uniform"}
    bandwidth : float or str, optional
        Standard deviation of the kernel along an axis, in metres, at least half a cell; or a rule:
        "scott" (as when not given), "silverman" (the same in two dimensions), "least-squares" or
        "likelihood" cross-validation, "adaptive" by place about `bandwidth_m`, else Scott's.
    bandwidth_m : float, optional
        `bandwidth` in metres.
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
    edge : bool
        Whether the kernels of points inside the mask are made whole, so that the density adds up to
        the points; a smoothed mean needs no such correction.
    errors : bool
        Whether a smoothed mean comes with local n and standard error; never for groups of points.

    Returns
    -------
    DensitySurface

    Raises
    ------
    NotEnoughDataError
        With fewer than two points, or points all in one place and no bandwidth.
    InputError, CallError
        When columns are missing or no numbers, geometries are no points or lack a reference
        system, bandwidth or cell size is not above 0 or the one too small for the other, or the
        grid is too large.

    Notes
    -----
    Up to some ten thousand places are summed exactly. More go through linear binning and Fourier
    transform, with four nodes or more to a bandwidth: off by about 0.5 % of the highest cell.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> surface = kz.density(kz.settlements(), bandwidth_m=75_000, cell_m=50_000)
    >>> surface.values.shape, surface.bandwidth_m
    ((41, 66), 75000.0)
    >>> inside = kz.density(kz.settlements(), bandwidth=75_000, mask=kz.oblasts(detail="light"))
    >>> float((inside.values[inside.values > 0].astype(float) * 0.1).sum().round(2))  # 100 km2
    345.0
    """
    check_option("kernel", kernel, KERNELS)
    rule, given = asked_bandwidth(bandwidth, bandwidth_m)
    check_bandwidth(given, cell_m)
    where = {"x": x, "y": y, "crs": crs}
    (east, north, w, v, many), notes = _points(points, value, weights, counts, where)
    h = given
    if h is None:
        h = global_bandwidth(east, north, w, rule=rule or "scott", kernel=kernel, cell_m=cell_m)
    check_bandwidth(h, cell_m)
    merged = Points(*merge(east, north))
    grid, inside = area_cells(mask, merged.at, h, cell_m)
    size = place_bandwidths(merged, w, h, rule=rule, kernel=kernel, grid=grid)
    sums = choose_sums(grid, merged.at, kernel, size, inside if edge and value is None else None)
    number = error = None
    if value is None:
        surface = sums.of(merged.add(w), edge=edge and inside is not None) * PER_KM2
    else:
        surface, number, error = smoothed_mean(sums, merged, w, v, errors=errors and counts is None)
    hidden = np.zeros(grid.shape, dtype=bool) if inside is None else ~inside
    if value is not None or counts is not None:
        hidden |= ~(sums.of(merged.add(many) / peak(kernel, size)) >= min_support)
    return DensitySurface(
        values=shown(surface, hidden),
        transform=grid.transform,
        crs=EQUAL_AREA_CRS,
        bandwidth_m=float(h),
        cell_m=float(cell_m),
        unit="firms per 1000 km²" if value is None else f"mean of {value}",
        n_points=round(many.sum()),
        value=value,
        notes=notes,
        kernel=kernel,
        rule=rule or "given",
        edge_corrected=edge and inside is not None and value is None,
        effective_n=None if number is None else shown(number, hidden),
        std_error=None if error is None else shown(error, hidden),
    )


def shown(values: NDArray[np.float64], hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Cells as a surface holds them: NaN where hidden."""
    return np.where(hidden, np.nan, values).astype(np.float32)


def prepared(
    points: pd.DataFrame,
    surface: DensitySurface,
    value: str,
    weights: str | None,
    where: dict[str, Any],
    mask: gpd.GeoDataFrame | None,
) -> tuple[Points, DirectSums | FourierSums, NDArray[np.float64], NDArray[np.float64]]:
    """Points by place, sums of their kernels, weights and values, as a surface was made of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoordinatesWarning)  # the surface has told
        (east, north, w, v, _), _ = _points(points, value, weights, None, where)
    merged = Points(*merge(east, north))
    grid, _ = area_cells(mask, merged.at, surface.bandwidth_m, surface.cell_m)
    kernel, h = cast("Kernel", surface.kernel), surface.bandwidth_m
    size = place_bandwidths(merged, w, h, rule=surface.rule, kernel=kernel, grid=grid)
    return merged, choose_sums(grid, merged.at, kernel, size), w, v
