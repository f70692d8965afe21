"""How long the proof of a typology of 20 units takes, and how far k-means stays from it.

Random tables of 20 units, standard normal, in 2 to 5 groups together, on one core; times leave out
compiling. The gap of scikit-learn's k-means of 1, 10 and 50 starts is its sum of squares within
groups over the proven least one, minus 1. Units that are all equally far apart are the worst case.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from kz_spatial.groups.alike import optimal_groups
from kz_spatial.groups.partition import within_ss

SETS = 10
NUMBERS = range(2, 6)
STARTS = (1, 10, 50)


def seconds(X: np.ndarray) -> tuple[float, dict[int, np.ndarray]]:
    began = time.process_time()
    found = optimal_groups(X, NUMBERS)
    return time.process_time() - began, found


def main() -> None:
    optimal_groups(np.random.default_rng(0).normal(size=(14, 2)), NUMBERS)  # compiled
    times: dict[int, list[float]] = {}
    gaps: dict[tuple[int, int], list[float]] = {}
    for columns in (4, 6, 10):
        for seed in range(SETS if columns == 4 else 3):
            X = np.random.default_rng(seed).normal(size=(20, columns))
            took, best = seconds(X)
            times.setdefault(columns, []).append(took)
            if columns > 4:
                continue
            for k in NUMBERS:
                for starts in STARTS:
                    theirs = KMeans(k, n_init=starts, random_state=seed).fit(X).inertia_
                    gaps.setdefault((k, starts), []).append(theirs / within_ss(X, best[k]) - 1)
    print("Seconds to prove 2 to 5 groups of 20 units together")
    for columns, each in times.items():
        print(f"{columns:3d} columns: median {np.median(each):.2f}, most {max(each):.2f}")
    print(f" all equally far apart: {seconds(np.eye(20))[0]:.2f}")
    rows = {
        key: {
            "median": 100 * np.median(each),
            "worst": 100 * np.max(each),
            "optimal": sum(gap < 1e-9 for gap in each),
        }
        for key, each in gaps.items()
    }
    print(f"\nGap of scikit-learn's k-means to the proof in percent, {SETS} tables, four columns")
    frame = pd.DataFrame(rows).T.rename_axis(["groups", "starts"]).astype({"optimal": int})
    print(frame.to_string(float_format="%.2f"))


if __name__ == "__main__":
    main()
