"""One case on 3,025 cells of a grid in one process: prints seconds of the work itself.

python large_map_cases.py CASE (cold|warm) [VERTICES]

Cold is the first call in a process that has imported its package, warm the best of five after it.
Cases: ours_queen, libpysal_queen, ours_rook, libpysal_rook (cells with VERTICES on each side, none
without), ours_local, esda_local (local Moran, 999 permutations), ours_moran, esda_moran (9,999),
ours_g, esda_g (local G*, 999).
"""

from __future__ import annotations

import sys
import time
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SIDE = 55


def cells(vertices: int = 0, seed: int = 0) -> gpd.GeoDataFrame:
    """Cells of a grid that cover it without gaps; with vertices, their sides wiggle."""
    rng = np.random.default_rng(seed)
    n, some = SIDE, vertices > 0
    corners = np.stack(np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0)), axis=-1)
    corners += some * rng.uniform(-0.2, 0.2, corners.shape)
    steps = np.linspace(0, 1, vertices + 2)[:-1, None]

    def side(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        points = a + (b - a) * steps
        points[1:] += rng.uniform(-0.01, 0.01, (vertices, 2))
        return points

    level = {(y, x): side(corners[y, x], corners[y, x + 1]) for y in range(n + 1) for x in range(n)}
    upright = {
        (y, x): side(corners[y, x], corners[y + 1, x]) for y in range(n) for x in range(n + 1)
    }
    found = []
    for y in range(n):
        for x in range(n):
            ring = [
                level[y, x],
                upright[y, x + 1],
                corners[y + 1, x + 1][None],
                level[y + 1, x][:0:-1],
                corners[y + 1, x][None],
                upright[y, x][:0:-1],
            ]
            found.append(shapely.Polygon(1000 * np.vstack(ring)))
    return gpd.GeoDataFrame(geometry=found, crs=3857)


def values(areas: gpd.GeoDataFrame) -> pd.Series:
    return pd.Series(np.random.default_rng(1).normal(50, 10, len(areas)), areas.index)


def weights(areas: gpd.GeoDataFrame) -> object:
    from libpysal.graph import Graph

    return Graph.build_contiguity(areas, rook=False).transform("R")


def ours(name: str, areas: gpd.GeoDataFrame) -> object:
    import kz_spatial as kz

    if name in ("queen", "rook"):
        return lambda: kz.contiguity(areas, rule=name)
    graph, x = kz.contiguity(areas), values(areas)
    return {
        "local": lambda: kz.local_moran(x, graph, n_permutations=999),
        "moran": lambda: kz.moran(x, graph, n_permutations=9999),
        "g": lambda: kz.local_g(x, graph, n_permutations=999),
    }[name]


def theirs(name: str, areas: gpd.GeoDataFrame) -> object:
    from libpysal.graph import Graph

    if name in ("queen", "rook"):
        return lambda: Graph.build_contiguity(areas, rook=name == "rook")
    import esda

    graph, x = weights(areas), values(areas)
    return {
        "local": lambda: esda.Moran_Local(x, graph, permutations=999, seed=1),
        "moran": lambda: esda.Moran(x, graph, permutations=9999),
        "g": lambda: esda.G_Local(x, graph, permutations=999, star=True, seed=1),
    }[name]


def main() -> None:
    warnings.simplefilter("ignore")
    whose, _, name = sys.argv[1].partition("_")
    areas = cells(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    work = (ours if whose == "ours" else theirs)(name, areas)
    taken = []
    for _ in range(1 if sys.argv[2] == "cold" else 6):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    print(min(taken[1:] or taken))


if __name__ == "__main__":
    main()
