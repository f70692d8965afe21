"""How good small areas are at 20 oblasts: coverage and mean squared error, by simulation.

True means of the 20 oblasts are 50 plus a covariate's part plus effects of deviation 3 (a strong
signal: 6; a weak one: 1.5), independent or leaning on neighbours (rho 0.5 and 0.9, scaled to the
same mean variance). Five to fifty firms answer with deviation 15, so that the errors of the direct
means run from 2.1 to 6.7. Each sample is estimated from its raw variances (sd^2 / n) and from
pooled ones.

Coverage is that of estimate +- 1.96 root(mse), in percent over units and samples; the mean squared
error is that of the direct estimates in units of 1. "zero" is the share of samples in which the
variance came out as 0, "refused" that in which rho ended at its bound or the variance at 0: the
line of the spatial model counts the samples that are left, and "spatial, else Yoshimori-Lahiri" is
what a user can do about it. Run: python benchmarks/small_areas.py [samples] [seed] [file.csv]; what
it prints by default stands in tests/reference/small_area/simulation.csv.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import kz_spatial as kz

SAMPLES, SEED = 300, 7
WITHIN = 15.0
METHODS = {
    "FH, REML": ("reml", False),
    "FH, Yoshimori-Lahiri": ("yoshimori-lahiri", False),
    "FH, Li-Lahiri": ("li-lahiri", False),
    "spatial FH, REML": ("reml", True),
}
WORLDS = {
    "weak, rho 0": (1.5, 0.0),
    "plain, rho 0": (3.0, 0.0),
    "plain, rho 0.5": (3.0, 0.5),
    "plain, rho 0.9": (3.0, 0.9),
    "strong, rho 0.9": (6.0, 0.9),
}


def effects_root(W: np.ndarray, deviation: float, rho: float) -> np.ndarray:
    root = np.linalg.inv(np.eye(len(W)) - rho * W)
    return root * deviation / np.sqrt(np.diag(root @ root.T).mean())


def tally(found: kz.SmallAreas, truth: pd.Series) -> tuple[float, float, bool, bool]:
    """Coverage, squared error, and whether the variance was 0 or the model refused."""
    gap = found.frame["estimate"] - truth
    # an error that is not above 0 covers nothing
    reach = 1.96 * np.sqrt(found.frame["mse"].fillna(0.0))
    refused = found.method == "inapplicable"
    return (gap.abs() <= reach).mean(), (gap**2).mean(), found.variance <= 0, refused


def main() -> None:
    samples, seed = (
        int(given) if given else usual
        for given, usual in zip([*sys.argv[1:3], "", ""][:2], (SAMPLES, SEED), strict=True)
    )
    graph = kz.contiguity(kz.oblasts(detail="light"))
    units = pd.Index(graph.unique_ids)
    W = graph.sparse.toarray()
    rng = np.random.default_rng(seed)
    n = pd.Series(rng.permutation(np.linspace(5, 50, len(units)).round().astype(int)), units)
    x = pd.DataFrame({"x": rng.normal(size=len(units))}, units)
    rows = {}
    for world, (deviation, rho) in WORLDS.items():
        root = effects_root(W, deviation, rho)
        tallies: dict[tuple[str, str], list[tuple[float, float, bool, bool]]] = {}
        for _ in range(samples):
            truth = 50 + 2 * x["x"] + root @ rng.standard_normal(len(units))
            answers = {u: rng.normal(truth[u], WITHIN, n[u]) for u in units}
            direct = pd.Series({u: a.mean() for u, a in answers.items()})
            sd = pd.Series({u: a.std(ddof=1) for u, a in answers.items()})
            base = float(((direct - truth) ** 2).mean())
            for label, variance in (("raw", sd**2 / n), ("pooled", kz.pooled_variances(sd, n))):
                inside = (direct - truth).abs() <= 1.96 * np.sqrt(variance)
                tallies.setdefault(("direct", label), []).append(
                    (inside.mean(), base, False, False, base)
                )
                fits = {
                    name: kz.small_areas(direct, variance, x, graph if spatial else None, method)
                    for name, (method, spatial) in METHODS.items()
                }
                spatial, plain = fits["spatial FH, REML"], fits["FH, Yoshimori-Lahiri"]
                refused = spatial.method == "inapplicable"
                fits["spatial, else Yoshimori-Lahiri"] = plain if refused else spatial
                for name, found in fits.items():
                    tallies.setdefault((name, label), []).append((*tally(found, truth), base))
        for (name, label), each in tallies.items():
            table = pd.DataFrame(each, columns=["cover", "mse", "zero", "refused", "base"])
            used = table[~table["refused"].astype(bool)]
            rows[world, label, name] = {
                "coverage %": 100 * used["cover"].mean(),
                "mse": used["mse"].sum() / (used["base"].sum() or np.nan),
                "zero %": 100 * table["zero"].mean(),
                "refused %": 100 * table["refused"].mean(),
            }
    print(f"{samples} samples a world, seed {seed}, {len(units)} units, {n.min()}-{n.max()} firms")
    table = pd.DataFrame(rows).T.rename_axis(["effects", "variances", "method"])
    print(table.to_string(float_format="%.2f"))
    for file in sys.argv[3:4]:
        table.to_csv(file, float_format="%.4f", lineterminator="\n")


if __name__ == "__main__":
    main()
