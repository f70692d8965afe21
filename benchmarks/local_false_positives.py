"""How often the local family calls a unit significant at 5 % where there is no pattern at all.

Independent normal values on the 20 oblasts, for join counts ten ones at random places. esda with
999 permutations and its defaults, whose p is one-sided in the direction of the statistic; ours are
exact and two-sided, and for join counts one-sided, as esda's.

python local_false_positives.py [SETS]
"""

from __future__ import annotations

import sys
import warnings

import esda
import numpy as np
import pandas as pd

import kz_spatial as kz


def called_by_esda(x: np.ndarray, y: np.ndarray, ones: np.ndarray, graph: object) -> dict:
    w = graph.transform("B")
    np.random.seed(int(1000 * abs(x[0])))
    joins = esda.Join_Counts_Local(w).fit(ones)
    return {
        "local G*": esda.G_Local(x, w, transform="B", star=True, seed=1).p_sim,
        "bivariate local Moran": esda.Moran_Local_BV(x, y, graph, seed=1).p_sim,
        "local Geary": esda.Geary_Local(graph, seed=1).fit(x).p_sim,
        "local Geary of two": esda.Geary_Local_MV(graph).fit([x, y]).p_sim,
        "local Lee": np.ravel(
            esda.Spatial_Pearson_Local(graph.sparse.tocsr())
            .fit(x[:, None], y[:, None])
            .significance_
        ),
        "local joins (of ones)": np.where(ones == 1, joins.p_sim, np.nan),
    }


def called_by_us(x: pd.Series, y: pd.Series, ones: pd.Series, graph: object) -> dict:
    found = {
        "local G*": kz.local_g(x, graph),
        "bivariate local Moran": kz.bivariate_local_moran(x, y, graph),
        "local Geary": kz.local_geary(x, graph),
        "local Geary of two": kz.local_geary(pd.DataFrame({"x": x, "y": y}), graph),
        "local Lee": kz.local_lee(x, y, graph),
        "local joins (of ones)": kz.local_join_counts(ones, graph, alternative="greater"),
    }
    return {name: each.frame["p"].to_numpy() for name, each in found.items()}


def main() -> None:
    warnings.simplefilter("ignore")
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    graph = kz.contiguity(kz.oblasts(detail="light"))
    units = pd.Index(graph.unique_ids)
    rng = np.random.default_rng(1)
    called: list[tuple[str, str, float]] = []
    for _ in range(sets):
        x, y = rng.normal(size=(2, 20))
        ones = rng.permutation(np.repeat([0.0, 1.0], 10))
        series = [pd.Series(each, units) for each in (x, y, ones)]
        for who, found in (
            ("esda, 999", called_by_esda(x, y, ones, graph)),
            ("exact", called_by_us(*series, graph)),
        ):
            for name, p in found.items():
                tested = np.isfinite(p) if "joins" not in name else ones == 1
                share = 100 * float((p[tested] <= 0.05).mean())
                called.append((name, who, share))
    table = pd.DataFrame(called, columns=["statistic", "by", "percent"])
    table = table.pivot_table("percent", "statistic", "by")
    print(f"Units called significant at 5 %, in percent, no pattern, {sets} data sets")
    print(table.to_string(float_format="%.1f"))


if __name__ == "__main__":
    main()
