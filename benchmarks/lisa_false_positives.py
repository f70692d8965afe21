"""How often a unit is called significant at 5 % where there is no pattern at all.

Independent normal values on the 20 oblasts. esda and GeoDa with 999 permutations and their defaults
(one-sided p in the direction of the statistic); ours enumerates all neighbour sets, two-sided.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import esda
import numpy as np
import pandas as pd
import pygeoda
from libpysal.weights import Queen

import kz_spatial as kz


def main() -> None:
    warnings.simplefilter("ignore")
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    areas = kz.oblasts(detail="light")
    graph = kz.contiguity(areas)
    queen = Queen.from_dataframe(areas, use_index=True, silence_warnings=True)
    queen.transform = "r"
    path = Path(tempfile.mkdtemp()) / "areas.shp"
    areas.reset_index()[["kato", "geometry"]].to_file(path)
    geoda = pygeoda.queen_weights(pygeoda.open(str(path)))
    single = (graph.cardinalities.loc[areas.index] == 1).to_numpy()
    called = {name: np.zeros(20) for name in ("esda, 999", "GeoDa, 999", "exact, two-sided")}
    rng = np.random.default_rng(1)
    for seed in range(sets):
        x = rng.normal(size=20)
        called["esda, 999"] += esda.Moran_Local(x, queen, permutations=999, seed=seed).p_sim < 0.05
        lisa = pygeoda.local_moran(geoda, x.tolist(), permutations=999, seed=seed)
        called["GeoDa, 999"] += np.array(lisa.lisa_pvalues()) < 0.05
        frame = kz.local_moran(pd.Series(x, areas.index), graph).frame
        called["exact, two-sided"] += (frame["p"] < 0.05).to_numpy()
    table = pd.DataFrame(
        {
            name: {
                "units with one neighbour (4)": 100 * count[single].mean() / sets,
                "other units (16)": 100 * count[~single].mean() / sets,
            }
            for name, count in called.items()
        }
    ).T
    print(f"Units called significant at 5 %, in percent, no pattern, {sets} data sets")
    print(table.to_string(float_format="%.1f"))


if __name__ == "__main__":
    main()
