"""One case of many points in one process: prints its seconds on the last line.

    python point_cases.py units_ours 10000000
    python point_cases.py units_sjoin 10000000
    python point_cases.py density_ours 2000000 warm
    python point_cases.py density_kdepy 2000000 warm

Units: points even over the bounds of the country, in the 20 oblasts. Density: 1,024 x 512 cells, a
Gaussian of 30 km; ours checks the coordinates, makes kernels whole at the border and leaves out
what is outside it, KDEpy's FFTKDE does none of these. With "warm", what a second call finds ready
(compiled code, imports, boundaries) is not counted. Exit 3 where the peer is not installed.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from pyproj import Transformer
from rasterio.features import geometry_mask

import kz_spatial as kz
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.places.unit_index import find_units
from kz_spatial.surfaces.fourier import FourierSums
from kz_spatial.surfaces.grids import Grid

H = 30_000.0
COLUMNS, ROWS = 1024, 512


def even_points(n: int) -> tuple[np.ndarray, np.ndarray]:
    west, south, east, north = kz.oblasts().total_bounds
    rng = np.random.default_rng(1)
    return rng.uniform(west, east, n), rng.uniform(south, north, n)


def units_ours(n: int) -> float:
    areas = kz.oblasts()
    x, y = even_points(n)
    start = time.perf_counter()
    found = find_units(areas, x, y).unit
    seconds = time.perf_counter() - start
    print((found >= 0).sum())
    return seconds


def units_sjoin(n: int) -> float:
    import geopandas as gpd

    areas = kz.oblasts()[["geometry"]]
    x, y = even_points(n)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=areas.crs)
    start = time.perf_counter()
    found = gpd.sjoin(points, areas, predicate="within")
    seconds = time.perf_counter() - start
    print(len(found))
    return seconds


def join_ours(n: int) -> float:
    """A whole join: columns of codes and regions, a status of every row, and the record of it."""
    x, y = even_points(n)
    table = pd.DataFrame({"longitude": x, "latitude": y})
    start = time.perf_counter()
    kz.join(table, unmatched="keep")
    return time.perf_counter() - start


def clusters(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in metres inside the country: half about the settlements, half anywhere."""
    rng = np.random.default_rng(2)
    towns = kz.settlements()
    at = rng.integers(0, len(towns), n)
    x, y = even_points(3 * n)
    x = np.r_[towns["longitude"].to_numpy()[at] + rng.normal(0, 0.08, n), x]
    y = np.r_[towns["latitude"].to_numpy()[at] + rng.normal(0, 0.05, n), y]
    inside = find_units(kz.oblasts(), x, y).unit >= 0
    near, far = np.flatnonzero(inside[:n])[: n // 2], n + np.flatnonzero(inside[n:])
    rows = np.r_[near, far[: n - len(near)]]
    return Transformer.from_crs("EPSG:4326", EQUAL_AREA_CRS, always_xy=True).transform(
        x[rows], y[rows]
    )


def frame() -> tuple[float, float, float]:
    """West, south, and size of the cells: 1,024 across the country."""
    west, south, east, north = kz.oblasts(detail="light").to_crs(EQUAL_AREA_CRS).total_bounds
    return west, south, max((east - west) / (COLUMNS - 2), (north - south) / (ROWS - 2))


def density_ours(n: int, *, warm: bool) -> float:
    x, y = clusters(n)
    mask = kz.oblasts(detail="light")
    cell = frame()[2]
    options = {"bandwidth": H, "cell_m": cell, "mask": mask, "x": "x", "y": "y"}
    table = pd.DataFrame({"x": x, "y": y})
    if warm:
        kz.density(table.head(100_000), **options, crs=EQUAL_AREA_CRS)
    start = time.perf_counter()
    found = kz.density(table, **options, crs=EQUAL_AREA_CRS)
    seconds = time.perf_counter() - start
    print(found.values.shape)
    return seconds


def density_sums(n: int, *, warm: bool) -> float:
    """What KDEpy does, and the border: points in metres in, values at cells out."""
    x, y = clusters(n)
    west, south, cell = frame()
    grid = Grid(west - cell, south + (ROWS - 1) * cell, cell, ROWS, COLUMNS)
    areas = kz.oblasts(detail="light").to_crs(EQUAL_AREA_CRS).geometry
    mask = ~geometry_mask(areas, grid.shape, grid.transform)
    at, one, h = np.stack([x, y]), np.ones(n), np.full(n, H)
    if warm:
        some = slice(100_000)
        FourierSums(grid, at[:, some], "gaussian", h[some], mask).of(one[some], edge=True)
    start = time.perf_counter()
    FourierSums(grid, at, "gaussian", h, mask).of(one, edge=True)
    return time.perf_counter() - start


def density_kdepy(n: int, *, warm: bool) -> float:
    try:
        from KDEpy import FFTKDE
    except ImportError:
        sys.exit(3)
    x, y = clusters(n)
    west, south, cell = frame()
    # in bandwidths, since FFTKDE finds no support for kernels of kilometres in metres
    data = np.column_stack([x, y]) / H
    across, along = west + cell * np.arange(-1, COLUMNS - 1), south + cell * np.arange(-1, ROWS - 1)
    grid = np.stack(np.meshgrid(across, along, indexing="ij"), -1).reshape(-1, 2) / H
    if warm:
        FFTKDE(kernel="gaussian", bw=1).fit(data[:100_000]).evaluate(grid)
    start = time.perf_counter()
    FFTKDE(kernel="gaussian", bw=1).fit(data).evaluate(grid)
    seconds = time.perf_counter() - start
    print(len(data))
    return seconds


if __name__ == "__main__":
    case, size, *rest = sys.argv[1:]
    options = {"warm": "warm" in rest} if case.startswith("density") else {}
    print(globals()[case](int(size), **options))
