"""Figures of a made-up register by pandas and statsmodels, which know nothing of chunks.

    python generate.py

writes means.csv (weighted means, deviations and errors by region, from pandas' groupby), fits.csv
(least squares on dummies of regions by statsmodels: coefficients, classical errors, and errors by
region) beside it. `register` makes the file that the tests read in chunks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
REGIONS = {
    "KZ-75": "almaty", "KZ-71": "astana", "KZ-35": "center", "KZ-62": "center", "KZ-63": "east",
    "KZ-10": "east", "KZ-11": "north", "KZ-39": "north", "KZ-55": "north", "KZ-59": "north",
    "KZ-19": "south", "KZ-31": "south", "KZ-33": "south", "KZ-43": "south", "KZ-61": "south",
    "KZ-79": "south", "KZ-15": "west", "KZ-23": "west", "KZ-27": "west", "KZ-47": "west",
}


def register(n: int = 6000) -> pd.DataFrame:
    """Raw answers as a survey's file has them, special codes and skipped questions among them."""
    rng = np.random.default_rng(20260)
    codes = np.array(list(REGIONS))
    at = rng.choice(len(codes), n, p=np.r_[0.2, 0.15, np.full(18, 0.65 / 18)])
    outages = rng.poisson(2, n).astype(float)
    paid = np.clip(55 + at - 2 * outages + rng.normal(0, 20, n), 0, 100).round()
    paid[rng.random(n) < 0.05] = -9
    table = pd.DataFrame(
        {
            "idstd": np.arange(1, n + 1),
            "oblast": codes[at],
            "longitude": rng.uniform(55, 80, n).round(4),
            "latitude": rng.uniform(43, 54, n).round(4),
            "wmedian": rng.uniform(0.5, 4, n).round(3),
            "strata": rng.integers(1, 9, n),
            "c6": np.where(outages > 0, 1, 2),
            "c7": np.where(outages > 0, outages, np.nan),
            "k33": paid,
            "ge7": rng.choice([1, 2, -9], n, p=[0.4, 0.55, 0.05]),
            "h1": rng.choice([1, 2], n),
            "g3": np.where(rng.random(n) < 0.5, rng.gamma(3, 20, n).round(), np.nan),
        }
    )
    return table


def coded(table: pd.DataFrame) -> pd.DataFrame:
    """Answers as numbers, written out by hand."""
    return pd.DataFrame(
        {
            "region": table["oblast"].map(REGIONS),
            "weight": table["wmedian"],
            "outages_per_month": table["c7"].fillna(0.0),
            "epayment_share": table["k33"].where(table["k33"] >= 0),
            "co2_monitoring": table["ge7"].map({1: 1.0, 2: 0.0}),
            "product_innovation": table["h1"].map({1: 1.0, 2: 0.0}),
            "permit_days": table["g3"],
        }
    )


def means(firms: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in firms.columns[2:]:
        known = firms[firms[name].notna()]
        for region, own in known.groupby("region"):
            y, w, n = own[name], own["weight"], len(own)
            mean = (w * y).sum() / w.sum()
            sd = np.sqrt(n / (n - 1) * (w * (y - mean) ** 2).sum() / w.sum())
            se = np.sqrt(n / (n - 1) * (w**2 * (y - mean) ** 2).sum()) / w.sum()
            rows.append((name, region, n, mean, sd, se, y.mean()))
    columns = ["indicator", "region", "n", "mean", "sd", "se", "unweighted_mean"]
    return pd.DataFrame(rows, columns=columns)


def fits(firms: pd.DataFrame) -> pd.DataFrame:
    import statsmodels.formula.api as smf

    formula = (
        "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
        " + C(region)"
    )
    whole = firms.dropna()
    rows = []
    for weighted in (False, True):
        made = smf.wls(formula, whole, weights=whole["weight"]) if weighted else smf.ols(formula, whole)
        plain = made.fit()
        groups = pd.factorize(whole["region"])[0]
        cluster = made.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        rows += [
            (weighted, term, len(whole), plain.params[term], plain.bse[term], cluster.bse[term],
             cluster.pvalues[term], plain.rsquared)
            for term in plain.params.index
            if not term.startswith(("C(", "Intercept"))
        ]
    columns = ["weighted", "term", "n", "coefficient", "iid", "crv1", "p_crv1", "r2"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    firms = coded(register())
    means(firms).to_csv(HERE / "means.csv", index=False, float_format="%.17g")
    fits(firms).to_csv(HERE / "fits.csv", index=False, float_format="%.17g")
