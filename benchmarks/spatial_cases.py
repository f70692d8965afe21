"""One spatial case in one process: prints seconds of the work itself, warmed up beforehand.

python spatial_cases.py (ours_local|esda_local|pygeoda_local)
python spatial_cases.py (ours_regions|spopt_regions) K
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import kz_spatial as kz

PERMUTATIONS = 99_999


def problem(seed: int = 1) -> tuple[pd.DataFrame, object]:
    areas = kz.oblasts(detail="light")
    values = pd.DataFrame(np.random.default_rng(seed).normal(size=(20, 4)), areas.index)
    return values, areas


def ours_local() -> object:
    values, areas = problem()
    graph = kz.contiguity(areas)
    return lambda: kz.local_moran(values[0], graph)


def esda_local() -> object:
    import esda
    from libpysal.weights import Queen

    values, areas = problem()
    queen = Queen.from_dataframe(areas, use_index=True, silence_warnings=True)
    queen.transform = "r"
    x = values[0].to_numpy()
    esda.Moran_Local(x, queen, permutations=9, seed=1)  # compiled
    return lambda: esda.Moran_Local(x, queen, permutations=PERMUTATIONS, seed=1)


def pygeoda_local() -> object:
    import pygeoda

    values, areas = problem()
    path = Path(tempfile.mkdtemp()) / "areas.shp"
    areas.reset_index()[["kato", "geometry"]].to_file(path)
    data = pygeoda.open(str(path))
    queen = pygeoda.queen_weights(data)
    x = values[0].tolist()
    return lambda: pygeoda.local_moran(queen, x, permutations=PERMUTATIONS, seed=1)


def ours_regions() -> object:
    values, areas = problem()
    graph, k = kz.contiguity(areas), int(sys.argv[2])
    kz.regionalise(values, graph, n_clusters=2)  # compiled, or read from its cache
    return lambda: kz.regionalise(values, graph, n_clusters=k)


def spopt_regions() -> object:
    from libpysal.weights import Queen
    from spopt.region import Skater

    values, areas = problem()
    queen = Queen.from_dataframe(areas, use_index=False, silence_warnings=True)
    frame = areas[["geometry"]].reset_index(drop=True)
    names = [f"v{j}" for j in values]
    frame[names] = values.to_numpy()
    k = int(sys.argv[2])
    return lambda: Skater(frame, queen, names, n_clusters=k).solve()


def main() -> None:
    warnings.simplefilter("ignore")
    work = globals()[sys.argv[1]]()
    start = time.perf_counter()
    work()
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
