"""Write the firms that the model of answering in reference.R is fitted on.

The twin's firms that were asked for outages, with some answers of the smallest firms taken away by
a rule, so that answering depends on size and sector.
"""

from pathlib import Path

import kz_spatial as kz

firms = kz.load_twin()
asked = firms[firms["outages_per_month_status"] != "skipped"].copy()
place = range(len(asked))
small = asked["size"].eq("small")
quiet = [i % 5 == 0 and each for i, each in zip(place, small, strict=True)]
asked["answered"] = (asked["outages_per_month_status"].eq("answered") & ~asked["firm_id"].where(quiet).notna()).astype(int)
asked[["firm_id", "sector", "size", "wmedian", "answered"]].to_csv(
    Path(__file__).parent / "firms.csv", index=False
)
