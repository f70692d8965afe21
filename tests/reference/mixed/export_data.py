"""Write the samples that reference.R fits: the twin, and made-up firms whose regions differ."""

from pathlib import Path

import numpy as np
import pandas as pd

import kz_spatial as kz

HERE = Path(__file__).parent
names = ["composite", "oblast_code", "epayment_share", "co2_monitoring", "outages_per_month"]
kz.load_twin()[names].dropna().to_csv(HERE / "twin.csv", index=False)
rng = np.random.default_rng(5)
g = rng.choice(12, 240, p=np.arange(1, 13) / 78)
shift = rng.normal(0, 2, 12)
x = rng.normal(size=240) + shift[g] / 2
z = rng.normal(size=240)
y = 1 + 0.5 * x - 0.3 * z + shift[g] + rng.normal(size=240)
pd.DataFrame({"y": y, "x": x, "z": z, "g": g}).to_csv(HERE / "made.csv", index=False)
