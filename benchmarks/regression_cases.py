"""One regression case in one process: prints seconds of the fit itself, warmed up on little data.

python regression_cases.py (ours|statsmodels|pyfixest) N
python regression_cases.py (wild|wildboottest) 1013
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

FORMULA = "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
TERMS = FORMULA.partition("~")[2].strip().split(" + ")


def firms(n: int) -> pd.DataFrame:
    """Firms of the study's shape, drawn; seven regions."""
    rng = np.random.default_rng(1)
    region = rng.integers(0, 7, n)
    table = pd.DataFrame(
        {
            "composite": pd.Categorical.from_codes(region, list("abcdefg")),
            "outages_per_month": rng.poisson(1.2, n).astype(float),
            "co2_monitoring": rng.integers(0, 2, n).astype(float),
            "product_innovation": rng.integers(0, 2, n).astype(float),
            "permit_days": rng.gamma(2, 12, n),
        }
    )
    table["epayment_share"] = 68 + 2.0 * region - table["outages_per_month"] + rng.normal(0, 22, n)
    return table


def ours(table: pd.DataFrame) -> object:
    import kz_spatial as kz

    fit = kz.fixed_effects(f"{FORMULA} | composite", table, cluster="composite")
    return fit.table("crv1")


def pyfixest(table: pd.DataFrame) -> object:
    import pyfixest as pf

    return pf.feols(f"{FORMULA} | composite", table, vcov={"CRV1": "composite"}).tidy()


def statsmodels(table: pd.DataFrame) -> object:
    import statsmodels.formula.api as smf

    fit = smf.ols(f"{FORMULA} + C(composite)", table).fit(
        cov_type="cluster", cov_kwds={"groups": table["composite"].cat.codes}, use_t=True
    )
    return fit.conf_int()


def wild(table: pd.DataFrame) -> object:
    import kz_spatial as kz

    fit = kz.fixed_effects(f"{FORMULA} | composite", table, cluster="composite")
    return [fit.wild(term) for term in TERMS]


def wildboottest(table: pd.DataFrame) -> object:
    import statsmodels.formula.api as smf
    from wildboottest.wildboottest import wildboottest as test

    model = smf.ols(f"{FORMULA} + C(composite)", table)
    codes = table["composite"].cat.codes
    return [test(model, param=term, cluster=codes, B=9999, seed=1, show=False) for term in TERMS]


def main() -> None:
    import warnings

    warnings.simplefilter("ignore")
    case, n = globals()[sys.argv[1]], int(sys.argv[2])
    case(firms(500))  # imports and compilation are not what is compared
    table = firms(n)
    start = time.perf_counter()
    case(table)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
