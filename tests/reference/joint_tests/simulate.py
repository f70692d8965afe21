"""Writes rejections.csv: how often joint tests of true hypotheses reject at 5 %, seven regions.

140 firms, 20 in each of seven regions whose effects are absorbed; five terms, of which the first
two, three or five are tested. Terms and errors share components among the firms of a region that
are in the same of four sectors; in the second design errors are larger in some regions.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.absorption import partial_out
from kz_spatial.regression.few_clusters import covariance
from kz_spatial.regression.joint_tests import f_test, hotelling_test, wild_joint
from kz_spatial.regression.linear_model import LinearModel
from kz_spatial.regression.restrictions import Restrictions

G, SIZE, K = 7, 20, 5
REGION, SECTOR = np.repeat(np.arange(G), SIZE), np.tile(np.arange(4), G * SIZE // 4)
CELL = 4 * REGION + SECTOR
W = np.ones(G * SIZE)


def model_of(rng, design):
    X = rng.normal(size=(G * SIZE, K)) + rng.normal(size=(4 * G, K))[CELL]
    y = rng.normal(size=G * SIZE) + rng.normal(size=4 * G)[CELL]
    if design == "unequal":
        y *= np.linspace(0.5, 2.5, G)[REGION]
    moved = partial_out(np.column_stack([X, y]), [REGION], W)
    X, y = moved[:, :-1], moved[:, -1]
    b = np.linalg.lstsq(X, y, rcond=None)[0]
    return LinearModel(X, y, W, b, (REGION,), REGION, K + G)


def p_values(model, q):
    asked = Restrictions(np.eye(K)[:q], np.zeros(q), "true")
    out = {}
    for name in ("hc1", "crv1", "crv3"):
        found = covariance(model, name)
        out[name] = f_test(asked, model.coefficients, found.matrix, found.df[0], name).p
    try:
        out["cr2"] = hotelling_test(asked, model).p
    except NotEnoughDataError:
        out["cr2"] = np.nan
    out["wild"] = wild_joint(asked, model).p
    return out


def main(n_samples):
    rows = []
    for design in ("equal", "unequal"):
        rng = np.random.default_rng(2718)
        found = {q: [] for q in (2, 3, 5)}
        for _ in range(n_samples):
            model = model_of(rng, design)
            for q, each in found.items():
                each.append(p_values(model, q))
        for q, each in found.items():
            p = pd.DataFrame(each)
            for inference in p:
                known = p[inference].dropna()
                share = float((known <= 0.05).mean()) if len(known) else np.nan
                rows.append({"design": design, "terms": q, "inference": inference,
                             "rejects": share,
                             "no_test": float(p[inference].isna().mean()),
                             "samples": n_samples})  # fmt: skip
    frame = pd.DataFrame(rows).round(4)
    frame.to_csv(Path(__file__).with_name("rejections.csv"), index=False)
    print(frame.to_string(), stats.binom.std(n_samples, 0.05) / n_samples)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
