"""Write firms.csv, made-up firms that reference.R reads."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(7)
sizes = {"s1": 14, "s2": 11, "s3": 9, "s4": 17, "s5": 6, "s6": 2, "s7": 22, "s8": 1, "s9": 1, "s10": 13}
# strata that run across two domains, so that these vary together
home = {"s1": "a", "s2": "ab", "s3": "b", "s4": "ab", "s5": "cd", "s6": "c", "s7": "c", "s8": "c", "s9": "b", "s10": "cd"}
rows = []
for stratum, n in sizes.items():
    level, base = rng.normal(20, 6), rng.uniform(5, 60)
    for _ in range(n):
        unit = rng.choice(list(home[stratum]))
        size = rng.lognormal(2, 0.5)
        rows.append(
            (
                stratum,
                unit,
                round(base * rng.uniform(0.5, 2), 4),
                round(level + rng.normal(0, 5) + 0.3 * size, 2),
                round(size, 2),
                int(rng.random() < 0.35),
                rng.choice(["low", "middle", "high"], p=[0.5, 0.3, 0.2]),
            )
        )
firms = pd.DataFrame(rows, columns=["strata", "unit", "w", "y", "x", "yes", "kind"])
firms.loc[rng.choice(len(firms), 7, replace=False), "y"] = np.nan
firms.loc[rng.choice(len(firms), 4, replace=False), "x"] = np.nan
firms.insert(0, "firm_id", np.arange(1, len(firms) + 1))
firms.sample(frac=1, random_state=3).to_csv(Path(__file__).parent / "firms.csv", index=False)
