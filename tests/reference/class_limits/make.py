"""Make values and the classes that mapclassify gives them, which the package must give too.

    python -m pip install mapclassify==2.10.0
    python tests/reference/class_limits/make.py
"""

import csv
from pathlib import Path

import mapclassify
import numpy as np

HERE = Path(__file__).parent
SCHEMES = {
    "quantiles": mapclassify.Quantiles,
    "natural_breaks": mapclassify.FisherJenks,
    "equal_interval": mapclassify.EqualInterval,
}
# name of the case: values, number of classes
RANDOM = np.random.default_rng(20240)
CASES = {
    "skewed": (np.round(RANDOM.lognormal(2, 1, 20), 2), 5),
    "two humps": (np.round(np.r_[RANDOM.normal(0, 1, 30), RANDOM.normal(9, 2, 25)], 3), 4),
    "large": (np.round(1e9 + RANDOM.normal(0, 5, 40), 3), 6),
    "one far off": (np.r_[np.round(RANDOM.uniform(0, 1, 19), 3), 250.0], 5),
    "ties": (np.r_[np.repeat([1.0, 2.0, 4.0], 6), 7.5, 8.25], 4),
}


def main():
    """Write a row for each value: the case, the value, and its class by each scheme."""
    with (HERE / "classes.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["case", "n_classes", "value", *SCHEMES])
        for name, (values, k) in CASES.items():
            found = [scheme(values, k=k).yb for scheme in SCHEMES.values()]
            for value, *classes in zip(values, *found, strict=True):
                out.writerow([name, k, repr(float(value)), *map(int, classes)])


main()
