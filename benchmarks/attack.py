"""Attack bundles with the truth known, and count what comes out: `make attack`.

A survey is made up with units of 1, 2, 4, 5, 6, 9 and 10 firms, a dominant firm, a unit whose firms
answer alike, a pair of withheld units with nought between them, and settlements of one firm. It is
run under the profile "open" and under "survey", unweighted and weighted, located by region and by
coordinates. Every attack reads files of the bundle only, and knows what an insider could: how many
firms a unit has, what they weigh, where they are, the rules, and its own answer. It claims an
answer only where what is written leaves no other within p% or one unit; a claim that the truth
bears out is a recovered answer.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linprog, nnls

import kz_spatial as kz
from kz_spatial.crosswalk import units
from kz_spatial.design import OPEN, PROFILES, SURVEY, DisclosureRules, load_design
from kz_spatial.protection import protect_tables, shown_shares

SIZES = {
    "KZ-10": 1, "KZ-63": 0, "KZ-35": 4, "KZ-62": 19, "KZ-11": 10, "KZ-39": 6, "KZ-55": 5,
    "KZ-59": 30, "KZ-19": 25, "KZ-31": 12, "KZ-33": 14, "KZ-43": 10, "KZ-61": 2, "KZ-79": 40,
    "KZ-15": 1, "KZ-23": 20, "KZ-27": 15, "KZ-47": 9, "KZ-75": 60, "KZ-71": 9,
}  # fmt: skip
P = 0.10
ITEMS = {
    "outages_per_month": "c7",
    "epayment_share": "k33",
    "co2_monitoring": "ge7",
    "product_innovation": "h1",
    "permit_days": "g3",
}
UPPER = {"epayment_share": 100.0, "co2_monitoring": 1.0, "product_innovation": 1.0}
LEAST = 10
SECTORS = ["Manufacturing", "Retail", "Other services"]


def make_survey(seed: int = 1) -> pd.DataFrame:
    """Firms with the truth: item columns as a survey codes them, place, and weight."""
    rng = np.random.default_rng(seed)
    oblast = np.repeat(list(SIZES), list(SIZES.values()))
    n = len(oblast)
    ids = [f"establishment-{i}" for i in rng.permutation(n) + 1000]
    frame = pd.DataFrame({"idstd": ids, "region": oblast})
    frame["c6"] = np.where(rng.random(n) < 0.6, 1, 2)
    frame["c7"] = np.where(frame["c6"] == 1, rng.integers(1, 9, n), np.nan)
    frame["k33"] = 5 * rng.integers(0, 21, n)
    frame["ge7"] = np.where(rng.random(n) < 0.35, 1, 2)
    frame["h1"] = np.where(rng.random(n) < 0.2, 1, 2)
    frame["g2"] = np.where(rng.random(n) < 0.5, 1, 2)
    frame["g3"] = np.where(frame["g2"] == 1, rng.integers(3, 120, n), np.nan)
    for item, share in (("k33", 0.02), ("ge7", 0.02), ("h1", 0.015)):
        frame.loc[rng.random(n) < share, item] = -9
    # what a firm makes stands in a public register
    frame["a4a"] = np.random.default_rng(seed + 1).choice(SECTORS, n, p=[0.4, 0.25, 0.35])
    frame["wmedian"] = np.round(np.exp(rng.normal(2.5, 0.9, n)), 4)
    # one firm has nearly all outages of its unit; all firms of another answer alike
    frame.loc[frame["region"] == "KZ-31", ["c6", "c7"]] = [2, np.nan]
    frame.loc[frame.index[frame["region"] == "KZ-31"][:2], ["c6", "c7"]] = [[1, 60], [1, 2]]
    frame.loc[frame["region"] == "KZ-33", "k33"] = 100
    # in the west the two units that are withheld first had no outage between them
    frame.loc[frame["region"].isin(["KZ-15", "KZ-47"]), ["c6", "c7"]] = [2, np.nan]
    places = kz.settlements()
    for code, rows in frame.groupby("region").groups.items():
        own = places[places["oblast_code"] == code].sort_values("population", ascending=False)
        # half of the firms in the chief town, the others each in a place of its own
        picked = np.minimum(np.maximum(np.arange(len(rows)) - len(rows) // 2, 0), len(own) - 1)
        frame.loc[rows, "longitude"] = own.geometry.x.to_numpy()[picked]
        frame.loc[rows, "latitude"] = own.geometry.y.to_numpy()[picked]
    return frame


@dataclass
class Target:
    """A bundle and what the insider knows; `answers` is the truth, to check claims by."""

    path: Path
    firms: pd.DataFrame
    weights: bool
    located: bool

    def __post_init__(self) -> None:
        design = load_design()
        told = json.loads((self.path / "run.json").read_text(encoding="utf-8"))["disclosure"]
        self.given = DisclosureRules(**{k: v for k, v in told.items() if k != "guarded"})
        self.table = pd.read_csv(self.path / "tables" / "readiness.csv", dtype={"code": str})
        self.table = self.table.set_index("code")
        self.region = {code: design.grouping.region_of(code) for code in SIZES}
        answers = self.firms.copy()
        for name, item in ITEMS.items():
            value = answers[item].astype(float).where(lambda s: s.isna() | (s >= 0))
            if item in ("ge7", "h1"):
                value = value.map({1.0: 1.0, 2.0: 0.0})
            if item == "c7":
                value = value.where(answers["c6"] != 2, 0.0)
            answers[name] = value
        self.answers = answers
        self.w = answers["wmedian"].to_numpy() if self.weights else np.ones(len(answers))

    def rows(self, code: str, name: str) -> np.ndarray:
        """Firms of a unit that answered."""
        members = self.members(code)
        return members[self.answers[name].notna().to_numpy()[members]]

    def members(self, code: str) -> np.ndarray:
        """Firms of a unit, whether they answered or not."""
        home = self.answers["region"]
        if code == "KZ":
            return np.arange(len(home))
        inside = home == code if code in SIZES else home.map(self.region) == code
        return np.flatnonzero(inside)

    def shown(self, code: str, name: str, part: str = "mean") -> float:
        """A published figure; NaN where it is withheld."""
        column = f"{name}_{part}"
        return float(self.table.loc[code, column]) if column in self.table else np.nan

    def counts(self, code: str, name: str) -> np.ndarray:
        """How many firms may have said yes, for whoever knows n and how shares are rounded."""
        n, share = len(self.rows(code, name)), self.shown(code, name)
        yes = np.arange(n + 1.0)
        told = shown_shares(yes / max(n, 1), yes, np.full(n + 1, float(n)), self.given)[0]
        return yes[np.abs(told - share) < 1e-9]

    def half_width(self, code: str, name: str) -> float:
        """By how much a published share may be off, as the rules say; weighted ones alike."""
        if name not in ("co2_monitoring", "product_innovation") or not self.given.count_base:
            return 0.0
        n = max(len(self.rows(code, name)), 1)
        if self.weights:
            return self.given.count_base / n
        counts = self.counts(code, name)
        return float(np.abs(counts / n - self.shown(code, name)).max()) if len(counts) > 1 else 0.0


Claims = set[tuple[int, str]]


def certain(low: float, high: float, truth: float) -> bool:
    """Whether an interval leaves nothing beyond p% or one unit of the truth, and holds it."""
    slack = max(P * abs(truth), 1.0) * (1 - 1e-6)
    return low >= truth - slack and high <= truth + slack and low - 1e-6 <= truth <= high + 1e-6


def lone_firms(target: Target) -> Claims:
    """A unit of one firm: its mean is the answer."""
    found = set()
    for code in SIZES:
        for name in ITEMS:
            rows, mean = target.rows(code, name), target.shown(code, name)
            if len(rows) == 1 and np.isfinite(mean) and target.half_width(code, name) == 0:
                found.add((int(rows[0]), name))
    return found


def lone_in_replication(target: Target) -> Claims:
    """The same in the table of printed numbers."""
    found = set()
    file = target.path / "tables" / "replication.csv"
    if not file.is_file():
        return found
    names = {item: name for name, item in ITEMS.items()}
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        item, _, part = row["column"].rpartition("_")
        if row["table"] != "Table 2" or part != "mean" or row["row"] == "National":
            continue
        rows = target.rows(row["row"].lower(), names[item])
        if row["corrected"] and len(rows) == 1:
            found.add((int(rows[0]), names[item]))
    return found


def two_codings(target: Target) -> Claims:
    """Printed numbers recomputed with and without special codes tell how many gave one."""
    found = set()
    file = target.path / "tables" / "replication.csv"
    table = pd.read_csv(file) if file.is_file() and not target.weights else pd.DataFrame()
    for row in (
        table[table["column"].str.endswith("k33_mean")].to_dict("records") if len(table) else ()
    ):
        code = "KZ" if row["row"] == "National" else row["row"].lower()
        n = len(target.rows(code, "epayment_share"))
        for many in range(1, LEAST):
            told = (row["corrected"] * n - 9 * many) / (n + many)
            if abs(told - row["as_published"]) < 1e-7:
                found.add((many, code))
    return found


def counts_in_replication(target: Target) -> Claims:
    """A printed share, in either coding, regional or national, gives how many said yes."""
    found = set()
    file = target.path / "tables" / "replication.csv"
    table = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=["column"])
    names = {"ge7_mean": "co2_monitoring", "h1_mean": "product_innovation"}
    for row in table[table["column"].isin(names)].to_dict("records"):
        name = names[row["column"]]
        code = "KZ" if row["row"] == "National" else row["row"].lower()
        rows = target.rows(code, name)
        n = len(rows)
        yes = target.answers[name].to_numpy()[rows].sum()
        if not n or min(yes, n - yes) >= LEAST:
            continue
        many = int((target.answers[ITEMS[name]].to_numpy()[target.members(code)] == -9).sum())
        counts = np.arange(n + 1.0)
        given = np.full(n + 1, float(n))
        corrected = 100 * shown_shares(counts / n, counts, given, target.given)[0]
        # yes counts 0, no counts 1, don't know counts -10
        published = 100 * ((n - counts) - 10 * many) / (n + many)
        for column, told in (("corrected", corrected), ("as_published", published)):
            if np.isfinite(row[column]):
                fits = counts[np.abs(told - row[column]) < 1e-6]
                if fits.tolist() == [yes]:
                    found |= {(int(each), name) for each in rows}
    return found


def from_mean_and_deviation(target: Target) -> Claims:
    """Whole numbers with this n, mean and deviation: one way only gives all answers."""
    found = set()
    steps = {"outages_per_month": (1, 9), "epayment_share": (5, 21)}
    for code in target.table.index:
        for name, (step, many) in steps.items():
            rows = target.rows(code, name)
            mean, sd = (target.shown(code, name, part) for part in ("mean", "sd"))
            if target.weights or not (2 <= len(rows) <= 6 and np.isfinite(mean + sd)):
                continue
            total, n = mean * len(rows), len(rows)
            fits = [
                each
                for each in combinations_with_replacement(range(many), n)
                if abs(step * sum(each) - total) < 1e-6
                and abs(np.std(each, ddof=1) * step - sd) < 1e-6
            ]
            if len(fits) == 1:
                found |= {(int(each), name) for each in rows}
    return found


def counts_from_shares(target: Target) -> Claims:
    """A share with n gives how many firms said yes, where either side is small."""
    found = set()
    for code in target.table.index:
        for name in ("co2_monitoring", "product_innovation"):
            rows = target.rows(code, name)
            if target.weights or not len(rows) or np.isnan(target.shown(code, name)):
                continue
            yes = target.answers[name].to_numpy()[rows].sum()
            counts = target.counts(code, name)
            if min(yes, len(rows) - yes) < LEAST and counts.tolist() == [yes]:
                found |= {(int(each), name) for each in rows}
    return found


def _equations(target: Target, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everything published of an item as sums of firms' answers between two ends."""
    codes = list(target.table.index)
    rows, low, high = [], [], []
    every = np.arange(len(target.answers))
    for code in [*codes, "KZ"]:
        own = target.rows(code, name)
        tries = [("mean", target.w)]
        if target.weights:
            tries.append(("unweighted_mean", np.ones(len(every))))
        for part, w in tries if code != "KZ" else [("", np.ones(len(every)))]:
            mean = _national(target, name) if code == "KZ" else target.shown(code, name, part)
            if not len(own) or not np.isfinite(mean):
                continue
            rows.append(np.where(np.isin(every, own), w, 0.0))
            blur = 0.0 if code == "KZ" else target.half_width(code, name)
            low.append((mean - blur) * w[own].sum() - 1e-6)
            high.append((mean + blur) * w[own].sum() + 1e-6)
    own, told = target.rows("KZ", name), _told_whole(target, name)
    if np.isfinite(told):  # under the weights of the study
        rows.append(np.where(np.isin(every, own), target.w, 0.0))
        low.append(told * target.w[own].sum() - 1e-6)
        high.append(told * target.w[own].sum() + 1e-6)
    return np.array(rows), np.array(low), np.array(high)


def _told_whole(target: Target, name: str) -> float:
    """The national figure that the record and the map tell, and small areas were moved to."""
    told = json.loads((target.path / "run.json").read_text(encoding="utf-8"))["national"][name]
    binary = name in ("co2_monitoring", "product_innovation")
    # a share may be a rounded one: its width is not known here, so it is left out
    return np.nan if told is None or binary else float(told)


def _national(target: Target, name: str) -> float:
    file = target.path / "tables" / "replication.csv"
    if not file.is_file():
        return np.nan
    found = pd.read_csv(file)
    scale = 100 if name in ("co2_monitoring", "product_innovation") else 1
    cell = found[(found["row"] == "National") & (found["column"] == f"{ITEMS[name]}_mean")]
    return float(cell["corrected"].iloc[0]) / scale if len(cell) else np.nan


def by_subtraction(target: Target) -> Claims:
    """Bounds of every firm of a unit that is withheld, by all sums of all levels together."""
    return _bounded(target, lambda n: n <= LEAST)


def by_second_largest(target: Target) -> Claims:
    """The second largest firm of a unit takes its own answer out of the total."""
    found = set()
    for code in target.table.index:
        for name in ("outages_per_month", "epayment_share", "permit_days"):
            rows, mean = target.rows(code, name), target.shown(code, name)
            if len(rows) < 3 or not np.isfinite(mean):
                continue
            values, w = target.answers[name].to_numpy()[rows], target.w[rows]
            for turned in (False, True):
                if turned and name not in UPPER:
                    continue
                own = (UPPER[name] - values if turned else values) * w
                order = np.argsort(-own)
                most = own.sum() - own[order[1]]  # what the others have at most
                if own[order[0]] > 0 and most <= own[order[0]] * (1 + P) * (1 - 1e-9):
                    found.add((int(rows[order[0]]), name))
    return found


def all_alike(target: Target) -> Claims:
    """A mean at an end of its range, or no deviation: every firm answered that."""
    found = set()
    for code in target.table.index:
        for name in ITEMS:
            rows, mean = target.rows(code, name), target.shown(code, name)
            if len(rows) < 2 or not np.isfinite(mean) or target.half_width(code, name):
                continue
            if mean in (0.0, UPPER.get(name)) or target.shown(code, name, "sd") == 0:
                found |= {(int(each), name) for each in rows}
    return found


def weighted_against_unweighted(target: Target) -> Claims:
    """Two sums of the same answers under known weights."""
    return _bounded(target, lambda n: n > LEAST) if target.weights else set()


Equations = tuple[np.ndarray, np.ndarray, np.ndarray]


def _fit_equations(target: Target) -> Equations | None:
    """Normal equations of the model of sectors, for whoever knows sectors, regions and weights."""
    file = target.path / "tables" / "models.csv"
    if not file.is_file():
        return None
    told = pd.read_csv(file)
    told = told[told["fit"] == "sector"].set_index("term")["coefficient"]
    if told.empty:
        return None
    used, w = target.rows("KZ", "epayment_share"), target.w
    firms = target.answers.iloc[used]
    X = np.column_stack([(firms["a4a"] == each[len("C(sector)[T.") : -1]) for each in told.index])
    X = X.astype(float)
    for members in firms.groupby(firms["region"].map(target.region)).indices.values():
        X[members] -= np.average(X[members], axis=0, weights=w[used][members])
    rows = np.zeros((X.shape[1], len(target.answers)))
    rows[:, used] = X.T * w[used]
    aim = X.T @ (X * w[used][:, None]) @ told.to_numpy()
    slack = 1e-6 * np.maximum(np.abs(aim), 1.0)
    return rows, aim - slack, aim + slack


def from_models(target: Target) -> Claims:
    """All published sums, and what the coefficients of sectors say of the same answers."""
    more = _fit_equations(target)
    if more is None:
        return set()
    return _bounded(target, lambda n: n <= LEAST, names=("epayment_share",), more=more)


def _bounded(
    target: Target,
    wanted: Callable[[int], bool],
    *,
    names: Iterable[str] = tuple(ITEMS),
    more: Equations | None = None,
) -> Claims:
    """Firms whose answer all published sums leave no room for."""
    found = set()
    for name in names:
        sums, low, high = _equations(target, name)
        if more is not None:
            sums, low, high = (
                np.concatenate(each) for each in zip((sums, low, high), more, strict=True)
            )
        if not len(sums):
            continue
        answers = target.answers[name].to_numpy()
        asked = np.flatnonzero(np.isfinite(answers))
        upper = UPPER.get(name, 1e4)
        for code in SIZES:
            rows = target.rows(code, name)
            if not len(rows) or not wanted(len(rows)):
                continue
            tried = [*rows[np.argsort(-answers[rows] * target.w[rows])][:2], rows[0]]
            for row in dict.fromkeys(map(int, tried)):
                # whoever is second in a small unit knows its own answer
                known = [each for each in rows[:1] if len(rows) == 2 and each != row]
                ends = []
                for sign in (1, -1):
                    aim = np.where(asked == row, sign, 0.0)
                    bounds = [(answers[i], answers[i]) if i in known else (0, upper) for i in asked]
                    made = linprog(
                        aim,
                        A_ub=np.vstack([sums[:, asked], -sums[:, asked]]),
                        b_ub=np.concatenate([high, -low]),
                        bounds=bounds,
                        method="highs",
                    )
                    ends.append(sign * made.fun if made.status == 0 else np.nan)
                if name in ("co2_monitoring", "product_innovation"):
                    if np.isfinite(ends).all() and ends[1] - ends[0] < 0.5:
                        found.add((row, name))
                elif np.isfinite(ends).all() and certain(*ends, answers[row]):
                    found.add((row, name))
    return found


def from_rasters(target: Target) -> Claims:
    """Non-negative least squares on the surfaces, with bandwidth and places known."""
    import rasterio
    from pyproj import Transformer

    file = target.path / "density_epayment_share.tif"
    if not (target.located and file.is_file()):
        return set()
    layers = {}
    for each in ("firms", "epayment_share"):
        with rasterio.open(target.path / f"density_{each}.tif") as source:
            layers[each] = source.read(1).astype(float)
            t, crs, h = source.transform, source.crs, float(source.tags()["bandwidth_m"])
    firms = target.answers
    place = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(
        firms["longitude"].to_numpy(), firms["latitude"].to_numpy()
    )
    spots, of = np.unique(np.column_stack(place), axis=0, return_inverse=True)
    of = of.ravel()
    known = np.isfinite(layers["epayment_share"]) & np.isfinite(layers["firms"])
    inside = np.flatnonzero(known.ravel())[::7]
    row, column = np.divmod(inside, known.shape[1])
    x, y = t.c + t.a * (column + 0.5), t.f + t.e * (row + 0.5)
    gap = (x[:, None] - spots[:, 0]) ** 2 + (y[:, None] - spots[:, 1]) ** 2
    kernel = np.exp(-0.5 * gap / h**2)
    # weights of answering firms are known, so the mean's numerator is too
    asked = np.isfinite(firms["epayment_share"].to_numpy())
    base = np.bincount(of[asked], target.w[asked], len(spots))
    mean = layers["epayment_share"].ravel()[inside]
    solved = nnls(kernel, mean * (kernel @ base))[0]
    found = set()
    alone = np.bincount(of[asked], minlength=len(spots)) == 1
    for i in np.flatnonzero(asked):
        spot = of[i]
        truth = float(firms["epayment_share"].iloc[i])
        if alone[spot] and abs(solved[spot] / base[spot] - truth) <= max(P * truth, 1.0):
            found.add((int(i), "epayment_share"))
    return found if len(found) > _by_chance(int(alone[of[asked]].sum())) else set()


def _by_chance(tries: int) -> float:
    """Guesses of a share between 0 and 100 that come within p% or one unit by luck, at most."""
    rate = 0.2
    return tries * rate + 3 * np.sqrt(tries * rate * (1 - rate))


def from_scores(target: Target) -> Claims:
    """A score that a withheld mean entered is solved for it."""
    found, design = set(), load_design()
    table = target.table[target.table["level"] == "oblast"]
    means = table[[f"{name}_mean" for name in ITEMS]].set_axis(list(ITEMS), axis=1)
    z = (means - means.mean()) / means.std(ddof=1)
    z *= pd.Series({name: each.direction for name, each in design.by_name.items()})
    for code in table.index:
        lacking = [name for name in ITEMS if np.isnan(means.loc[code, name])]
        if len(lacking) != 1 or np.isnan(table.loc[code, "readiness"]):
            continue
        name = lacking[0]
        entered = len(ITEMS) * table.loc[code, "readiness"] - z.loc[code].sum()
        value = means[name].mean() + design.by_name[name].direction * entered * means[name].std(
            ddof=1
        )
        rows = target.rows(code, name)
        if len(rows) == 1 and abs(value - target.answers[name].iloc[rows[0]]) < 1e-6:
            found.add((int(rows[0]), name))
    return found


def from_checksum(target: Target) -> Claims:
    """A checksum confirms a guess of the whole file."""
    guess = hashlib.sha256((target.path.parent / "survey.csv").read_bytes()).hexdigest()
    texts = (f for f in target.path.rglob("*") if f.suffix in (".json", ".html", ".csv"))
    if any(guess in each.read_text(encoding="utf-8") for each in texts):
        return {(i, "file") for i in range(len(target.answers))}
    return set()


def _texts(folder: Path) -> dict[str, str]:
    """All text of a bundle, that of the GeoPackage included."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".gpkg":
            base = sqlite3.connect(file)
            found[file.name] = "\n".join(base.iterdump())
            base.close()
        elif file.suffix == ".qgz":
            with zipfile.ZipFile(file) as packed:
                found |= {name: packed.read(name).decode("utf-8") for name in packed.namelist()}
        elif file.is_file() and file.suffix not in (".png", ".tif"):
            found[file.name] = file.read_text(encoding="utf-8")
    return found


def names_in_text(target: Target) -> Claims:
    """Identifiers of firms anywhere in the text of a bundle."""
    whole = "\n".join(_texts(target.path).values())
    return {(i, "idstd") for i, each in enumerate(target.answers["idstd"]) if each in whole}


def small_counts(target: Target) -> Claims:
    """Counts of firms under the least number, in tables, histograms and sentences."""
    found: Claims = set()
    table = pd.read_csv(target.path / "tables" / "attrition.csv")
    counts = table.drop(columns=["item", "indicator"]).to_numpy(float).ravel()
    found |= {(i, "attrition") for i, each in enumerate(counts) if 0 < each < LEAST}
    columns = [c for c in target.table if c.endswith("_n") or c == "n_firms"]
    cells = target.table[columns].to_numpy(float).ravel()
    found |= {(i, "cell") for i, each in enumerate(cells) if 0 < each < LEAST}
    small = re.compile(r"\b[1-9] (?:of \d+ )?(?:firms|rows|answers|points)\b(?! are withheld)")
    told = json.loads((target.path / "run.json").read_text(encoding="utf-8"))
    lines = [*told["warnings"], *told["inapplicable"].values()]
    found |= {(i, "sentence") for i, each in enumerate(lines) if small.search(each)}
    for name, count in _histogram(target.path / "figures" / "distributions.svg"):
        if 0 < count < LEAST - 0.5:
            found.add((round(count), name))
    return found


_NUMBER = r"[\d.]+"
# a closed path drawn with a fill: its first corner and the one across
_BAR = (
    rf'<path d="M {_NUMBER} ({_NUMBER}) \nL {_NUMBER} {_NUMBER} \nL {_NUMBER} ({_NUMBER})[^"]*"'
    r" clip-path[^>]*fill: #"
)


def _histogram(file: Path) -> list[tuple[str, float]]:
    """Firms in every bar of a figure, from the paths of its SVG."""
    if not file.is_file():
        return []
    text, made = file.read_text(encoding="utf-8"), []
    for part in re.split(r'<g id="axes_\d+">', text)[1:]:
        bars = re.findall(_BAR, part)
        heights = [abs(float(a) - float(b)) for a, b in bars]
        many = re.search(r"n = ([\d,]+)", part)
        if heights and many and sum(heights):
            n = float(many[1].replace(",", ""))
            made += [(f"bar {i}", n * h / sum(heights)) for i, h in enumerate(heights)]
    return made


ATTACKS: dict[str, tuple[str, Callable[[Target], Claims]]] = {
    "lone firm": ("readiness.csv", lone_firms),
    "lone firm, printed numbers": ("replication.csv", lone_in_replication),
    "two codings": ("replication.csv", two_codings),
    "share times n, printed numbers": ("replication.csv", counts_in_replication),
    "mean and deviation solved": ("readiness.csv", from_mean_and_deviation),
    "share times n": ("readiness.csv", counts_from_shares),
    "subtraction, linear programming": (
        "readiness.csv, replication.csv, run.json",
        by_subtraction,
    ),
    "sums and coefficients": ("readiness.csv, models.csv", from_models),
    "second largest firm": ("readiness.csv", by_second_largest),
    "all alike": ("readiness.csv", all_alike),
    "weighted against unweighted": ("readiness.csv", weighted_against_unweighted),
    "least squares on surfaces": ("density_*.tif", from_rasters),
    "scores solved": ("readiness.csv", from_scores),
    "checksum of the file": ("run.json", from_checksum),
    "identifiers in text": ("every file", names_in_text),
    "counts under ten": ("attrition.csv, run.json, figures", small_counts),
}
CASES = ((False, False), (True, False), (False, True))


def rules_of(profile: str) -> DisclosureRules:
    """Rules by name; "none" withholds nothing at all."""
    return replace(OPEN, profile="none", min_firms=1) if profile == "none" else PROFILES[profile]


def write_case(folder: Path, rules: DisclosureRules, *, weights: bool, located: bool) -> Target:
    """A bundle of the made-up survey under some rules."""
    survey = make_survey()
    file = folder / "survey.csv"
    folder.mkdir(parents=True, exist_ok=True)
    columns = survey.columns if located else survey.columns.drop(["longitude", "latitude"])
    survey[columns].to_csv(file, index=False)
    options = kz.RunOptions(weights="wmedian" if weights else None, draws=20, permutations=99)
    design = replace(load_design(), disclosure=rules)
    made = kz.run(file, out=folder / "bundle", options=options, design=design)
    return Target(made.path, survey, weights, located)


def attack(rules: DisclosureRules, place: Path) -> dict[str, Claims]:
    """Recovered answers by attack, over all cases."""
    found: dict[str, Claims] = {name: set() for name in ATTACKS}
    for weights, located in CASES:
        folder = place / f"{rules.profile}_{weights}_{located}"
        target = write_case(folder, rules, weights=weights, located=located)
        for name, (_, run) in ATTACKS.items():
            found[name] |= run(target)
    return found


def show_gate(title: str, study: kz.study.Study) -> None:
    """What the gate withheld, rounded and smoothed, by level; and by rule, for the screen alone."""
    cells = study.protected.verdicts.groupby(["level", "verdict"]).size()
    print(f"\n{title}: {study.rules.profile}, {len(study.firms)} firms")
    for level in study.tables:
        told = ", ".join(f"{n} {v}" for v, n in cells[level].items())
        print(f"  by {level}: {told}")
    print(f"  leaves withheld by rule: {study.protected.reasons or 'none'}")


def small_survey(folder: Path, n: int = 173) -> Path:
    """A survey of few firms: every so many of the made-up one's."""
    survey = make_survey(2).drop(columns=["longitude", "latitude"])
    file = folder / f"survey_{n}.csv"
    survey.sample(n, random_state=1).to_csv(file, index=False)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        profiles = ("none", "open", "survey")
        found = {each: attack(rules_of(each), Path(place)) for each in profiles}
        print(f"{'attack':<34}{'files':<34}" + "".join(f"{each:>8}" for each in profiles))
        for name, (files, _) in ATTACKS.items():
            told = "".join(f"{len(found[each][name]):>8}" for each in profiles)
            print(f"{name:<34}{files:<34}{told}")
        quick = {"draws": 0, "permutations": 99}
        for profile in ("open", "survey"):
            options = kz.RunOptions(disclosure=profile, **quick)
            show_gate("twin", kz.run_study(options=options))
            show_gate("small survey", kz.run_study(small_survey(Path(place)), options=options))
    firms, design = kz.join(kz.load_twin(), kz.oblasts()), load_design()
    for rules in (OPEN, SURVEY):
        start = time.perf_counter()
        protect_tables(firms, levels=design.levels, design=design, rules=rules)
        print(f"estimates of the twin under {rules.profile}: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    assert set(SIZES) == set(units()), "the survey has every oblast"
    main()
