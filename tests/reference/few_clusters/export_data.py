"""Write the listwise samples of the twin that reference.R reads."""

from pathlib import Path

import kz_spatial as kz

indicators = list(kz.load_design().by_name)
for coding in ("corrected", "as-published"):
    firms = kz.load_twin(coding=coding).dropna(subset=indicators)
    columns = ["composite", "sector", "wmedian", *indicators]
    firms[columns].to_csv(Path(__file__).parent / f"{coding}.csv", index=False)
