"""A register from Parquet in one process: read, join, aggregate, fixed effects, density.

    python register_cases.py make 10000000 FILE.parquet
    python register_cases.py ours FILE.parquet
    python register_cases.py peers FILE.parquet
    python register_cases.py curve FOLDER

Ours is `kz.stream_sums` on the file: the density is made whole at the border, which no peer does,
and the regression comes with five inferences. Peers are, in one script,
pandas.read_parquet, geopandas' sjoin, groupby for weighted means with errors, pyfixest (or without
it least squares on demeaned columns by numpy) with errors by region, and KDEpy's FFTKDE on 1,024 x
512 cells (without it that row is left out, and the script says so). Both print seconds on the last
line; memory is the process's own peak, as bench.py takes it. `curve` runs ours and the peers over
10^3 to 10^7 firms, each in a process of its own, and draws register_curve.svg and .png here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
H = 30_000.0
CELL = 3_000.0
SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
# what is asked of both: two amounts, two yes/no questions, a percentage
DESIGN = """
name = "register"
outcome = "export_share"
formula = "export_share ~ turnover + staff + website + credit | composite"
weights = ["weight"]
[title]
en = "A register"
[score]
labels = { en = "Score" }
unit = { en = "mean z-score" }
[wave]
year = 2024
vintage = 2024
[columns]
longitude = ["longitude"]
latitude = ["latitude"]
[disclosure]
profile = "open"
"""
INDICATORS = (
    ("export_share", "percent", 1),
    ("turnover", "amount", 1),
    ("staff", "count", 1),
    ("website", "binary", 1),
    ("credit", "binary", 1),
)


def write_design(folder: Path) -> Path:
    """The design of the register: the study's regions, questions of its own."""
    from kz_spatial.design import design_text

    text = DESIGN
    for name, kind, direction in INDICATORS:
        text += (
            f'\n[[indicators]]\nname = "{name}"\nitem = "{name}"\nkind = "{kind}"\n'
            f'direction = {direction}\nlabels = {{ en = "{name}" }}\nunit = {{ en = "unit" }}\n'
        )
    shipped = design_text("readiness_2024")
    path = folder / "register.toml"
    path.write_text(text + "\n" + shipped[shipped.index("[grouping]") :], encoding="utf-8")
    return path


def make(n: int, path: Path) -> None:
    """Firms about the settlements, a million at a time."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    import kz_spatial as kz

    rng, towns = np.random.default_rng(7), kz.settlements()
    share = (towns["population"] / towns["population"].sum()).to_numpy()
    writer = None
    for start in range(0, n, 1_000_000):
        many = min(1_000_000, n - start)
        at = rng.choice(len(towns), many, p=share)
        turnover = rng.gamma(2, 50, many).round(1)
        staff = rng.poisson(12, many).astype(float)
        website, credit = rng.integers(1, 3, many), rng.integers(1, 3, many)
        share_out = 30 + 0.05 * turnover + 0.4 * staff - 3.0 * website + rng.normal(0, 12, many)
        table = pa.Table.from_pandas(
            pd.DataFrame(
                {
                    "longitude": towns["longitude"].to_numpy()[at] + rng.normal(0, 0.05, many),
                    "latitude": towns["latitude"].to_numpy()[at] + rng.normal(0, 0.03, many),
                    "weight": rng.uniform(0.5, 3, many).round(2),
                    "export_share": np.clip(share_out, 0, 100).round(1),
                    "turnover": turnover,
                    "staff": staff,
                    "website": website,
                    "credit": credit,
                }
            ),
            preserve_index=False,
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def ours(path: Path) -> None:
    import tempfile
    import warnings

    import kz_spatial as kz
    from kz_spatial.errors import DesignWarning

    warnings.simplefilter("ignore", DesignWarning)  # words in one language
    with tempfile.TemporaryDirectory() as folder:
        design = write_design(Path(folder))
        asked = kz.RunOptions(
            draws=0, permutations=99, parts=(), bandwidth_m=H, cell_m=CELL, weights="weight"
        )
        found = kz.stream_sums(path, design=design, options=asked)
    for level in ("oblast", "composite"):
        table = found.table(level)
    print(table["export_share_mean"].round(4).to_dict())
    print(found.fit().table("crv1")[["coefficient", "std_error"]].round(6).to_dict())
    print("surface", np.nanmax(found.sums.bins.surface().values))


def peers(path: Path) -> None:
    import geopandas as gpd
    import pandas as pd

    import kz_spatial as kz
    from kz_spatial.options import EQUAL_AREA_CRS

    areas = kz.oblasts()[["composite", "geometry"]]  # boundaries alone are ours
    firms = pd.read_parquet(path)
    points = gpd.GeoDataFrame(
        firms, geometry=gpd.points_from_xy(firms["longitude"], firms["latitude"]), crs=areas.crs
    )
    firms = gpd.sjoin(points, areas, predicate="within")
    for name in ("website", "credit"):
        firms[name] = 2.0 - firms[name]
    names = [name for name, _, _ in INDICATORS]
    for level in ("oblast_code", "composite"):
        own = firms.groupby(level)
        n, total = own.size(), own["weight"].sum()
        for name in names:
            mean = (firms["weight"] * firms[name]).groupby(firms[level]).sum() / total
            gap = firms[name] - firms[level].map(mean)
            sd = np.sqrt(
                n / (n - 1) * (firms["weight"] * gap**2).groupby(firms[level]).sum() / total
            )
            se = (
                np.sqrt(n / (n - 1) * ((firms["weight"] * gap) ** 2).groupby(firms[level]).sum())
                / total
            )
            if level == "composite" and name == names[0]:
                print(mean.round(4).to_dict(), len(sd), len(se))
    formula = f"{names[0]} ~ {' + '.join(names[1:])} | composite"
    try:
        import pyfixest

        table = pd.DataFrame(firms.drop(columns="geometry"))
        fit = pyfixest.feols(formula, table, vcov={"CRV1": "composite"}, weights="weight")
        print(fit.tidy()[["Estimate", "Std. Error"]].round(6).to_dict())
    except ImportError:
        print("pyfixest is not installed")
    places = firms.geometry.to_crs(EQUAL_AREA_CRS)
    at = np.column_stack([places.x, places.y]) / H
    try:
        from KDEpy import FFTKDE

        west, south, east, north = kz.oblasts(detail="light").to_crs(EQUAL_AREA_CRS).total_bounds
        across = np.linspace(west - 4 * H, east + 4 * H, 1024) / H
        along = np.linspace(south - 4 * H, north + 4 * H, 512) / H
        grid = np.stack(np.meshgrid(across, along, indexing="ij"), -1).reshape(-1, 2)
        weights = firms["weight"].to_numpy()
        print("surface", FFTKDE(kernel="gaussian", bw=1).fit(at, weights).evaluate(grid).max())
    except ImportError:
        print("KDEpy is not installed: the peers make no surface")


def timed(words: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(HERE / "register_cases.py"), *words], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(words)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def curve(folder: Path) -> None:
    """Seconds and memory over the number of firms, and the figure of them."""
    found: list[dict[str, float | str]] = []
    for n in SIZES:
        path = folder / f"register_{n}.parquet"
        if not path.exists():
            make(n, path)
        for who in ("ours", "peers"):
            seconds, memory = timed([who, str(path)])
            load = os.getloadavg()[0]
            found.append({"who": who, "n": n, "s": seconds, "MB": memory, "load": load})
            print(f"{who:<6} {n:>11,} firms {seconds:8.1f} s {memory:8.0f} MB, load {load:.1f}")
    (HERE / "register_curve.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    draw()


def draw() -> None:
    """The figure of what is in register_curve.json."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "register"
    found = json.loads((HERE / "register_curve.json").read_text(encoding="utf-8"))
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    named = {"ours": "kz.stream_sums", "peers": "pandas, geopandas, pyfixest, KDEpy"}
    for ax, key, title in zip(axes, ("s", "MB"), ("seconds", "peak memory, MB"), strict=True):
        for who, marker in (("ours", "o"), ("peers", "s")):
            rows = [each for each in found if each["who"] == who]
            ax.loglog(
                [r["n"] for r in rows], [r[key] for r in rows], marker=marker, label=named[who]
            )
        ax.set_xlabel("firms")
        ax.set_ylabel(title)
        ax.grid(visible=True, which="major", color="#e5e5e5")
    axes[1].axhline(4000, color="#999999", linestyle=":")
    axes[0].legend(fontsize=8)
    figure.savefig(HERE / "register_curve.svg", metadata={"Date": None})
    figure.savefig(HERE / "register_curve.png", dpi=120)


if __name__ == "__main__":
    case, *words = sys.argv[1:]
    began = time.perf_counter()
    if case == "make":
        make(int(words[0]), Path(words[1]))
    elif case == "draw":
        draw()
    else:
        {"ours": ours, "peers": peers, "curve": curve}[case](Path(words[0]))
    print(time.perf_counter() - began)
