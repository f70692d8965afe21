"""How far heuristics stay from the proven optimum: 50 random attribute sets on the 20 oblasts.

Four standard normal attributes per oblast, three and five groups. The gap is the within-group sum
of squares over the proven least one, minus 1.
"""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pygeoda

import kz_spatial as kz
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.groups.partition import within_ss

SETS = 50


def geoda(areas: object) -> tuple[object, object]:
    path = Path(tempfile.mkdtemp()) / "areas.shp"
    areas.reset_index()[["kato", "geometry"]].to_file(path)
    data = pygeoda.open(str(path))
    return data, pygeoda.queen_weights(data)


def main() -> None:
    warnings.simplefilter("ignore")
    areas = kz.oblasts(detail="light")
    graph = kz.contiguity(areas)
    _, weights = geoda(areas)
    engines = {
        "GeoDa SKATER": lambda k, x: pygeoda.skater(k, weights, x, scale_method="raw"),
        "GeoDa REDCAP": lambda k, x: pygeoda.redcap(
            k, weights, x, "fullorder-wardlinkage", scale_method="raw"
        ),
        "GeoDa AZP": lambda k, x: pygeoda.azp_greedy(k, weights, x, scale_method="raw"),
    }
    print(f"Gap to the proven optimum in percent, {SETS} random attribute sets, 20 oblasts")
    rows = {}
    for k in (3, 5):
        gaps: dict[str, list[float]] = {}
        for seed in range(SETS):
            X = np.random.default_rng(seed).normal(size=(20, 4))
            table = pd.DataFrame(X, areas.index)
            best = kz.regionalise(table, graph, n_clusters=k, standardise=False).within_ss
            for method in ("ward", "skater", "azp"):
                with contextlib.suppress(NotEnoughDataError):
                    found = kz.regionalise(
                        table, graph, n_clusters=k, method=method, standardise=False
                    )
                    gaps.setdefault(
                        f"{method} (scikit-learn)" if method == "ward" else f"{method} (spopt)", []
                    ).append(found.gap)
            for name, engine in engines.items():
                labels = np.array(engine(k, [list(column) for column in X.T])["Clusters"])
                gaps.setdefault(name, []).append(within_ss(X, labels) / best - 1)
        for name, each in gaps.items():
            rows[k, name] = {
                "median": 100 * np.median(each),
                "worst": 100 * np.max(each),
                "optimal": sum(gap < 1e-9 for gap in each),
                "answered": len(each),
            }
    print(pd.DataFrame(rows).T.rename_axis(["groups", "method"]).to_string(float_format="%.1f"))


if __name__ == "__main__":
    main()
