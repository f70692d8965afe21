"""Write the unit tables and weights that reference.R reads."""

from pathlib import Path

import numpy as np
import pandas as pd
from libpysal.graph import Graph

import kz_spatial as kz

HERE = Path(__file__).parent


def write(case, frame, graph):
    frame.rename_axis("unit").to_csv(HERE / f"{case}_units.csv", float_format="%.17g")
    pairs = graph.adjacency.rename("weight").reset_index()
    pairs.to_csv(HERE / f"{case}_weights.csv", index=False, float_format="%.17g")


def lattice(size):
    """Queen neighbours on a square, with names that sort in their own way."""
    names = {(i, j): f"r{i}c{j}" for i in range(size) for j in range(size)}
    return {
        name: [
            names[i + a, j + b]
            for a in (-1, 0, 1) for b in (-1, 0, 1)
            if (a or b) and (i + a, j + b) in names
        ]
        for (i, j), name in names.items()
    }


def simulate(graph, seed, rho, lam):
    rng = np.random.default_rng(seed)
    W = graph.sparse.toarray()
    n = len(W)
    a, b = rng.normal(10, 3, n), rng.uniform(0, 1, n)
    u = np.linalg.solve(np.eye(n) - lam * W, rng.normal(0, 2, n))
    y = np.linalg.solve(np.eye(n) - rho * W, 5 + 0.8 * a - 4 * b + u)
    return pd.DataFrame({"y": y, "a": a, "b": b}, index=graph.unique_ids)


oblasts = kz.contiguity(kz.oblasts(detail="light"))
table = kz.aggregate(kz.load_twin(), by="oblast")
names = {"y": "epayment_share", "a": "outages_per_month", "b": "product_innovation"}
write("twin", pd.DataFrame({k: table[f"{v}_mean"] for k, v in names.items()}), oblasts)
# the optimum lies below -1, inside the range that the eigenvalues leave
write("negative", simulate(oblasts, 55, -1.1, 0.0), oblasts)
square = Graph.from_dicts(lattice(7))
write("lag", simulate(square.transform("r"), 3, 0.5, 0.0), square.transform("r"))
write("error", simulate(square.transform("r"), 4, 0.0, 0.6), square.transform("r"))
write("binary", simulate(square, 5, 0.05, 0.0), square)
