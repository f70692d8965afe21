"""Writes factors.csv, two_ways.csv, contrasts.csv and predictions.csv.

pyfixest 0.60.0, linearmodels 7.1, statsmodels 0.15.0.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.formula.api as smf
from linearmodels.panel import PooledOLS
from patsy import dmatrix

HERE = Path(__file__).parent
data = pd.read_csv(HERE / "data.csv")
TERMS = ["x1", "x2", "x3", "x4"]
RHS = " + ".join(TERMS)
RULES = {"areg": "full", "reghdfe": "nonnested"}


def errors(effects, cluster, rule, weights):
    formula = f"y ~ {RHS}" + (f" | {effects}" if effects else "")
    fit = pf.feols(
        formula,
        data,
        vcov={"CRV1": cluster},
        weights=weights,
        ssc=pf.ssc(k_adj=True, k_fixef=RULES[rule], G_adj=True, G_df="min"),
    )
    table = fit.tidy()
    return [
        {
            "effects": effects, "cluster": cluster, "ssc": rule, "weights": weights, "term": term,
            "coefficient": table.loc[term, "Estimate"],
            "std_error": table.loc[term, "Std. Error"], "p": table.loc[term, "Pr(>|t|)"],
        }
        for term in TERMS
    ]  # fmt: skip


rows = []
for effects, cluster, rule, weights in product(["", "f", "s", "f + s"], ["g", "h"], RULES, [None, "w"]):
    rows += errors(effects, cluster, rule, weights)
pd.DataFrame(rows).to_csv(HERE / "factors.csv", index=False)

rows = []
for effects, rule, weights in product(["", "f", "s"], RULES, [None, "w"]):
    rows += errors(effects, "g + h", rule, weights)
found = pd.DataFrame(rows)
# linearmodels' own covariance, without any small-sample factor
panel = data.assign(one=1.0, t=range(len(data))).set_index(["g", "t"], drop=False)
fit = PooledOLS(panel["y"], panel[["one", *TERMS]]).fit(
    cov_type="clustered", clusters=panel[["g", "h"]], debiased=False, group_debias=False
)
more = pd.DataFrame({"effects": "", "cluster": "g + h", "ssc": "linearmodels", "weights": None,
                     "term": TERMS, "coefficient": fit.params[TERMS].to_numpy(),
                     "std_error": fit.std_errors[TERMS].to_numpy(), "p": np.nan})  # fmt: skip
pd.concat([found, more]).to_csv(HERE / "two_ways.csv", index=False)

rows, predicted = [], []
new = pd.DataFrame(
    {"x1": [0.0, 1.0, -2.0], "x2": [0.0, 0.5, 1.0], "x3": [0.0, -1.0, 3.0], "x4": [0.0, 1, 1], "s": [0, 3, 4]}
)
for effects, weights, kind in product(["none", "s"], [None, "w"], ["crv1", "hc1", "iid"]):
    formula = f"y ~ {RHS}" + (" + C(s)" if effects == "s" else "")
    model = smf.ols(formula, data) if weights is None else smf.wls(formula, data, weights=data["w"])
    options = {
        "crv1": {"cov_type": "cluster", "cov_kwds": {"groups": data["g"]}, "use_t": True},
        "hc1": {"cov_type": "HC1", "use_t": True},
        "iid": {},
    }[kind]
    fit = model.fit(**options)
    for text in ("x1 - x2 = 0", "2*x1 + x3 = 1"):
        test = fit.t_test(text)
        low, high = test.conf_int(alpha=0.1)[0]
        rows.append({"effects": effects, "weights": weights, "inference": kind, "combination": text,
                     "estimate": test.effect[0], "std_error": float(np.squeeze(test.sd)),
                     "t": float(np.squeeze(test.tvalue)), "p": float(np.squeeze(test.pvalue)),
                     "ci_low": low, "ci_high": high})  # fmt: skip
    for text in ("x1 = x2, 2*x3 + x4 = 0", "x1 = 0, x2 = 0, x3 = 0"):
        test = fit.f_test(text)
        rows.append({"effects": effects, "weights": weights, "inference": kind, "combination": text,
                     "t": float(np.squeeze(test.fvalue)), "p": float(test.pvalue)})  # fmt: skip
    frame = fit.get_prediction(new).summary_frame(alpha=0.1)
    if kind == "crv1":
        # get_prediction's intervals have N - K degrees of freedom, those of t_test G - 1
        rows_of = np.asarray(dmatrix(fit.model.data.model_spec, new))
        ends = fit.t_test(rows_of).conf_int(alpha=0.1)
        frame[["mean_ci_lower", "mean_ci_upper"]] = ends
    for place in range(len(new)):
        predicted.append({"effects": effects, "weights": weights, "inference": kind, "row": place,
                          **frame.iloc[place][["mean", "mean_se", "mean_ci_lower", "mean_ci_upper"]]})  # fmt: skip
pd.DataFrame(rows).to_csv(HERE / "contrasts.csv", index=False)
new.to_csv(HERE / "new.csv", index=False)
pd.DataFrame(predicted).to_csv(HERE / "predictions.csv", index=False)
