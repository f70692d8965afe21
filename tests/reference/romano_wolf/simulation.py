"""Share of families of five hypotheses, all true, in which a method rejects any at 5 %.

Seven regions of 15 firms, effects absorbed, clustered by region; outcomes share errors and slopes
that vary by region (`alike`, 0.7 of the variance) or nothing (`independent`). Run from the root:
    python tests/reference/romano_wolf/simulation.py
"""

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parents[1] / "robustness")]

import kz_spatial as kz  # noqa: E402
from test_several_outcomes import _fits, _made  # noqa: E402

FAMILIES = 2000
METHODS = ["p", "p_romano_wolf", "p_holm", "p_bonferroni"]
rows, first = [], []
for case, common in (("alike", 0.7), ("independent", 0.0)):
    counts = dict.fromkeys(METHODS, 0)
    for seed in range(FAMILIES):
        found = kz.romano_wolf(_fits(_made(seed, common=common)), "x").frame[METHODS].min()
        for method in METHODS:
            counts[method] += found[method] <= 0.05
        if case == "alike" and seed < 20:
            first.append({"seed": seed, **found.round(9)})
    rows += [{"case": case, "method": m, "share": n / FAMILIES} for m, n in counts.items()]
pd.DataFrame(rows).to_csv(HERE / "simulation.csv", index=False)
pd.DataFrame(first).to_csv(HERE / "first.csv", index=False)
