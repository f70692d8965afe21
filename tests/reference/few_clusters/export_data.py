"""Write the listwise samples of the twin that reference.R reads."""

from pathlib import Path

import kz_spatial as kz

for coding in ("corrected", "as-published"):
    firms = kz.load_twin(coding=coding).dropna(subset=list(INDICATORS))
    columns = ["composite", "sector", "wmedian", *INDICATORS]
    firms[columns].to_csv(Path(__file__).parent / f"{coding}.csv", index=False)
