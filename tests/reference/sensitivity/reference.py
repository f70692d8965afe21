"""Sensitivity to omitted variables by PySensemakr 0.0.8, of the authors of the method.

In an environment with sensemakr, statsmodels and pandas:
    python reference.py > reference.csv
Darfur is the authors' own example (their data come with their package and are not copied here); the
twin's firms are those of ../few_clusters/corrected.csv.
"""

from pathlib import Path

import pandas as pd
import sensemakr as smkr
import statsmodels.formula.api as smf

HERE = Path(__file__).parent
DARFUR = (
    "peacefactor ~ directlyharmed + age + farmer_dar + herder_dar + pastvoted + hhsize_darfur"
    " + female + village"
)
TWIN = (
    "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
    " + C(composite) + C(sector)"
)
rows = []


def tell(case, q, data, formula, treatment, benchmarks, group, wls=None):
    model = (smf.ols(formula, data) if wls is None else smf.wls(formula, data, weights=wls)).fit()
    found = smkr.Sensemakr(model, treatment, benchmark_covariates=benchmarks, kd=[1, 2, 3], q=q)
    stats = found.sensitivity_stats
    for name in ("estimate", "se", "t_statistic", "r2yd_x", "rv_q", "rv_qa"):
        rows.append((case, q, "", 0, name, float(stats[name].iloc[0] if hasattr(stats[name], "iloc") else stats[name])))
    rows.append((case, q, "", 0, "dof", float(model.df_resid)))
    if wls is not None:
        return  # its model of the treatment leaves the weights out
    for i, each in enumerate(found.bounds.itertuples()):
        label = group or benchmarks[i // 3]
        for name in ("r2dz_x", "r2yz_dx", "adjusted_estimate", "adjusted_se", "adjusted_t", "adjusted_lower_CI", "adjusted_upper_CI"):
            rows.append((case, q, label, i % 3 + 1, name, float(getattr(each, name))))


darfur = smkr.load_darfur()
twin = pd.read_csv(HERE.parent / "few_clusters" / "corrected.csv")
sector = ["C(sector)[T.Other services]", "C(sector)[T.Retail]"]
for q in (1, 0.5):
    tell("darfur", q, darfur, DARFUR, "directlyharmed", ["female", "age"], None)
    tell("twin", q, twin, TWIN, "permit_days", ["co2_monitoring", "product_innovation"], None)
    tell("weighted", q, twin, TWIN, "permit_days", ["outages_per_month"], None, twin["wmedian"])
    tell("group", q, twin, TWIN, "permit_days", [sector], "sector")
table = pd.DataFrame(rows, columns=["case", "q", "benchmark", "multiple", "name", "value"])
print(table.to_csv(index=False), end="")
