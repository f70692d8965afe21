"""Writes data.csv: made-up firms with two ways of clusters, effects inside and across them."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(13)
n, G, H = 240, 12, 9
g = np.sort(np.r_[np.arange(G), np.arange(G), np.arange(G), rng.integers(0, G, n - 3 * G)])
h = rng.integers(0, H, n)
f = 3 * g + np.arange(n) % 3  # levels inside clusters g
s = rng.integers(0, 5, n)  # levels across both ways
X = rng.normal(size=(n, 4)) + 0.6 * rng.normal(size=(G, 4))[g] + 0.4 * rng.normal(size=(H, 4))[h]
X[:, 3] = X[:, 3] > 0.3
noise = rng.normal(size=n) + 0.7 * rng.normal(size=G)[g] + 0.5 * rng.normal(size=H)[h]
y = 1 + X @ [0.5, -0.2, 0.0, 0.3] + 0.2 * s + noise
share = np.clip(1 / (1 + np.exp(-(y - 1) - rng.normal(size=n))), 0, 1).round(2)
frame = pd.DataFrame(X, columns=["x1", "x2", "x3", "x4"]).round(6)
frame = frame.assign(y=y.round(6), share=share, w=rng.uniform(0.5, 3, n).round(6), g=g, h=h, f=f, s=s)
frame.to_csv(Path(__file__).with_name("data.csv"), index=False)
