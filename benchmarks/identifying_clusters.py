"""How often a true null is rejected at 5 %, by how many of seven regions a term varies in.

The outcome has region effects and firms' own errors. Slopes of the term are nought everywhere, or
differ from region to region around nought, so that firms of a region share a shock that goes with
the term. One identifying region: no clustered inference is shown, only the permutation among its
firms. Prints a row for each number of regions; `--sets` sets the number of simulated data sets.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd

import kz_spatial as kz
from kz_spatial.errors import KzSpatialWarning, NotEnoughDataError

G = 7
METHODS = ("hc3", "crv1", "crv3", "cr2", "wild", "unrestricted", "within_region")


def one_set(rng: np.random.Generator, n: int, varies_in: int, *, shared: bool) -> pd.DataFrame:
    """Firms of seven regions; the term is nought outside the first few."""
    g = np.arange(n) % G
    x = np.where(g < varies_in, rng.normal(size=n), 0.0)
    slopes = rng.normal(0, 0.5, G) if shared else np.zeros(G)
    y = rng.normal(size=G)[g] + slopes[g] * x + rng.normal(size=n)
    return pd.DataFrame({"g": g, "x": x, "z": rng.normal(size=n), "y": y})


def p_values(frame: pd.DataFrame, seed: int) -> dict[str, float]:
    """p of the term under each method; NaN where there is none."""
    fit = kz.fixed_effects("y ~ x + z | g", frame, cluster="g")
    found = {}
    for method in METHODS:
        try:
            if method == "within_region":
                alone = fit.needed[:, 0].sum() == 1
                p = fit.within_region("x", n_permutations=199, seed=seed).p if alone else np.nan
            elif method == "unrestricted":
                p = fit.wild("x", restricted=False).p
            elif method == "wild":
                p = fit.wild("x").p
            else:
                p = fit.table(method).loc["x", "p"]
        except NotEnoughDataError:
            p = np.nan
        found[method] = float(p)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=400)
    sets = parser.parse_args().sets
    warnings.simplefilter("ignore", KzSpatialWarning)
    print(f"share of {sets} sets without an effect that are called significant at 5 %, in percent")
    print(f"{'slopes':<12}{'firms':>6}{'regions':>9}" + "".join(f"{m:>14}" for m in METHODS))
    for shared in (False, True):
        for n in (105, 1013):
            for varies_in in range(1, G + 1):
                rng = np.random.default_rng([n, varies_in, shared])
                rows = [
                    p_values(one_set(rng, n, varies_in, shared=shared), seed)
                    for seed in range(sets)
                ]
                table = pd.DataFrame(rows)
                told = ""
                for method in METHODS:
                    known = table[method].dropna()
                    told += (
                        f"{100 * (known <= 0.05).mean():>13.1f}%" if len(known) else f"{'-':>14}"
                    )
                name = "differ" if shared else "nought"
                print(f"{name:<12}{n:>6}{varies_in:>9}{told}", flush=True)


if __name__ == "__main__":
    main()
