"""Densities by KDEpy 1.1.12, a library that nothing here shares: `python generate.py`.

Needs KDEpy, which kz_spatial does not depend on. KDEpy's bandwidth is the kernel's standard
deviation for the Gaussian; its kernels with an end are products or other norms in two dimensions
and are scaled otherwise, so the Gaussian alone is compared. NaiveKDE adds up every kernel; FFTKDE
bins linearly, as `FourierSums` does.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from KDEpy import FFTKDE, NaiveKDE, __version__

HERE = Path(__file__).resolve().parent
CELL, ROWS, COLUMNS, H = 10_000.0, 24, 32, 45_000.0


def main() -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(0, 50_000, 150).clip(-150_000, 150_000).round(1)
    y = rng.normal(0, 35_000, 150).clip(-110_000, 110_000).round(1)
    w = rng.uniform(0.5, 3, 150).round(3)
    across = (np.arange(COLUMNS) - COLUMNS / 2 + 0.5) * CELL
    along = (np.arange(ROWS) - ROWS / 2 + 0.5) * CELL
    # in tens of kilometres: KDEpy finds no support for a bandwidth of thousands
    grid = np.stack(np.meshgrid(across, along, indexing="ij"), -1).reshape(-1, 2) / CELL
    data = np.column_stack([x, y]) / CELL
    made = {"version": __version__, "x": x.tolist(), "y": y.tolist(), "w": w.tolist()}
    for name, method in (("naive", NaiveKDE), ("fft", FFTKDE)):
        found = method(kernel="gaussian", bw=H / CELL).fit(data, weights=w).evaluate(grid)
        # north up, points per 1,000 square kilometres
        surface = found.reshape(COLUMNS, ROWS).T[::-1] / CELL**2 * w.sum() * 1e9
        made[name] = [[float(f"{each:.9g}") for each in row] for row in surface]
    (HERE / "kdepy.json").write_text(json.dumps(made) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
