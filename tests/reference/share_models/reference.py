"""Writes expected.csv: statsmodels 0.15.0 on the data of ../inference_choices."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from statsmodels.genmod import families

HERE = Path(__file__).parent
data = pd.read_csv(HERE.parent / "inference_choices" / "data.csv")
data = data.assign(high=(data["share"] > 0.5).astype(float))
TERMS = ["x1", "x2", "x3", "x4"]
LINKS = {"logit": families.links.Logit(), "probit": families.links.Probit()}
DUMMIES = {"none": "", "s": " + C(s)", "g": " + C(g)", "g + s": " + C(g) + C(s)"}

rows = []
for outcome, link, effects, cluster in product(["share", "high"], LINKS, DUMMIES, ["none", "g", "h"]):
    formula = f"{outcome} ~ {' + '.join(TERMS)}{DUMMIES[effects]}"
    kind = {"cov_type": "HC1"}
    if cluster != "none":
        kind = {"cov_type": "cluster", "cov_kwds": {"groups": data[cluster]}}
    glm = smf.glm(formula, data, family=families.Binomial(LINKS[link])).fit(tol=1e-13, **kind)
    # the binary outcome by statsmodels' own Logit and Probit, errors without its factor for HC1
    own = getattr(smf, link)(formula, data).fit(disp=0, tol=1e-12, **kind) if outcome == "high" else glm
    margins = own.get_margeff(at="overall").summary_frame()
    for term in TERMS:
        rows.append({"outcome": outcome, "link": link, "effects": effects, "cluster": cluster,
                     "term": term, "coefficient": own.params[term], "std_error": own.bse[term],
                     "effect": margins.loc[term, "dy/dx"],
                     "effect_error": margins.loc[term, "Std. Err."]})  # fmt: skip
pd.DataFrame(rows).to_csv(HERE / "expected.csv", index=False)
