"""Two small bundles whose changes are known by hand, for what is written of a comparison."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from kz_spatial.design import design_to_dict, load_design

CODES = load_design().grouping.codes
# standard error of every mean but one; two of them make an error of 2 * sqrt(2)
ERROR = 2.0
N = 50
BEFORE = {
    "outages_per_month": 7.0,
    "epayment_share": 60.0,
    "co2_monitoring": 0.40,
    "product_innovation": 0.30,
    "permit_days": 21.0,
}
# (indicator, region): mean of the second wave where it is not that of the first
AFTER = {
    ("permit_days", "east"): 41.0,
    ("permit_days", "west"): 11.0,
    ("permit_days", "center"): np.nan,
    ("epayment_share", "south"): 81.5,
    ("epayment_share", "north"): 39.25,
    ("co2_monitoring", "astana"): 0.60,
}


def means(*, second: bool) -> pd.DataFrame:
    """The table of means of one wave; in Almaty City no firm of either wave innovates."""
    table = pd.DataFrame({"level": "composite", "code": CODES})
    for name, mean in BEFORE.items():
        values = pd.Series(mean, index=CODES)
        errors = pd.Series(0.02 if mean < 1 else ERROR, index=CODES)
        if name == "product_innovation":
            values["almaty"], errors["almaty"] = 0.0, 0.0
        for (indicator, code), after in AFTER.items():
            if second and indicator == name:
                values[code] = after
        table[f"{name}_mean"] = values.to_numpy()
        table[f"{name}_se"] = errors.to_numpy()
        table[f"{name}_n"] = N
    return table


def write_bundle(folder, *, second: bool, design=None, options=None, **record):
    """What a comparison reads of a bundle: the record and the table of means."""
    (folder / "tables").mkdir(parents=True)
    means(second=second).to_csv(folder / "tables" / "readiness.csv", index=False)
    design = design or load_design("readiness_2024" if second else "readiness_2019")
    content = {
        "synthetic": False,
        "source": "later.dta" if second else "earlier.dta",
        "sha256": "b" * 64 if second else "a" * 64,
        "options": {"coding": "corrected", "weights": None, "min_firms": 5} | (options or {}),
        "n_firms": 1446 if second else 1013,
        "design": design_to_dict(design),
        "warnings": [],
        "versions": {"kz-spatial": "0"},
        "written": "2026-03-02T10:00:00Z" if second else "2026-03-01T10:00:00Z",
    }
    (folder / "run.json").write_text(json.dumps(content | record), encoding="utf-8")
    return folder


def two_bundles(folder, *, first=None, second=None):
    """An earlier and a later bundle; `first` and `second` change their records."""
    return (
        write_bundle(folder / "a", second=False, **(first or {})),
        write_bundle(folder / "b", second=True, **(second or {})),
    )
