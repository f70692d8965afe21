"""Write the unit tables and weights that reference.R reads."""

from pathlib import Path

import numpy as np
import pandas as pd

import kz_spatial as kz

HERE = Path(__file__).parent
NAMES = {"x": "outages_per_month", "y": "epayment_share", "z": "co2_monitoring"}

firms = kz.load_twin()
for case, areas in (("oblast", kz.oblasts), ("composite", kz.composites)):
    table = kz.aggregate(firms, by=case)
    frame = pd.DataFrame({key: table[f"{name}_mean"] for key, name in NAMES.items()})
    frame["base"] = table["product_innovation_n"]
    frame["events"] = np.round(table["product_innovation_mean"] * frame["base"]).astype(int)
    frame.rename_axis("unit").to_csv(HERE / f"{case}_units.csv", float_format="%.17g")
    pairs = kz.contiguity(areas(detail="light")).adjacency.rename("weight").reset_index()
    pairs.to_csv(HERE / f"{case}_weights.csv", index=False, float_format="%.17g")
