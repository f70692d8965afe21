"""Write the tables of the twin that reference.R reads: all indicators that no unit lacks."""

from pathlib import Path

import kz_spatial as kz

for level in ("composite", "oblast"):
    firms = kz.join(kz.load_twin(), kz.oblasts(detail="light"))
    means = kz.aggregate(firms, by=level)[[f"{name}_mean" for name in kz.load_design().by_name]]
    means.dropna(axis="columns").to_csv(Path(__file__).parent / f"{level}.csv")
