"""Small things that several test files need."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from libpysal.graph import Graph

from kz_spatial.design import load_design
from kz_spatial.options import RunOptions
from kz_spatial.study import Study, run_study

ROOT = Path(__file__).resolve().parents[1]
# the published study, which most tests are about
DESIGN = load_design()
INDICATORS = DESIGN.by_name
COMPOSITES = DESIGN.grouping.codes
COMPOSITE_TEXT = {
    1: "Almaty City",
    2: "Astana City",
    3: "Center",
    4: "East",
    5: "North",
    6: "South",
    7: "West",
}


def run_python(code: str) -> str:
    """Run code in a new interpreter that can import the package; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def kept_study(options: RunOptions | None = None) -> Study:
    """The twin's study; one that was computed before where KZ_KEPT_STUDIES names their folder.

    Planted faults in what writes a study leave the study itself as it was: computing it anew for
    each of them would take most of the time.
    """
    folder = os.environ.get("KZ_KEPT_STUDIES")
    if not folder:
        return run_study(options=options)
    path = Path(folder) / f"{hashlib.sha256(repr(options).encode()).hexdigest()}.pickle"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(pickle.dumps(run_study(options=options)))
        part.replace(path)
    kept: Study = pickle.loads(path.read_bytes())
    return kept


def table_cells(table: object) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of an HTML table as they stand in it; no heading is an empty text."""
    head, _, body = str(table).partition("</thead>")
    heads = re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", head.partition("<thead>")[2])
    rows = [
        re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", row)
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]
    return heads, rows


def places_of(told: str) -> int:
    """Decimals of a number in English."""
    return len(told.partition(".")[2])


def reads(told: str, value: float) -> bool:
    """Whether a number in English is the value, rounded to the decimals that it has."""
    shown = float(told.replace("\u2212", "-").replace(",", ""))
    return abs(shown - value) <= 0.5 * 10.0 ** -places_of(told) * (1 + 1e-9)


def survey_frame(n: int = 21) -> pd.DataFrame:
    """A raw survey without faults: n firms, regions 1 to 7 in turn, all items answered."""
    i = np.arange(n)
    return pd.DataFrame(
        {
            "idstd": i + 1001,
            "a3a": i % 7 + 1,
            "a6a": i % 3 + 1,
            "wmedian": 1.0 + i % 4,
            "c6": np.where(i % 5 == 0, 2, 1),
            "c7": np.where(i % 5 == 0, np.nan, i % 4).astype(float),
            "k33": (i * 7 % 101).astype(float),
            "ge7": i % 2 + 1,
            "h1": i % 3 % 2 + 1,
            "g3": np.where(i % 4 == 3, np.nan, 10 + i).astype(float),
        }
    )


def named_survey(n: int = 21) -> pd.DataFrame:
    """The same with region names in a column `region`, as a .csv would have it."""
    frame = survey_frame(n)
    frame.insert(1, "region", frame.pop("a3a").map(COMPOSITE_TEXT))
    return frame


def graph_of(neighbours: dict, weights: dict | None = None) -> Graph:
    """Graph from lists of neighbours; an empty list makes an island."""
    if weights is not None:
        return Graph.from_dicts(neighbours, weights)
    return Graph.from_dicts(neighbours)


def ring(keys) -> dict:
    """Neighbours of units on a circle."""
    keys = list(keys)
    return {key: [keys[i - 1], keys[(i + 1) % len(keys)]] for i, key in enumerate(keys)}


def assert_series(found, expected, *, name, tolerance=0.0) -> None:
    """Values, index, order and name of a Series, all at once."""
    expected = pd.Series(expected, name=name)
    assert isinstance(found, pd.Series)
    assert found.name == name
    assert list(found.index) == list(expected.index)
    np.testing.assert_allclose(
        found.to_numpy(dtype=float), expected.to_numpy(dtype=float), rtol=0, atol=tolerance
    )


def chromium_command(chromium: str, folder: Path, *more: str) -> list[str]:
    """Headless Chromium that keeps to itself, with a profile of its own."""
    return [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={folder / 'profile'}",
        *more,
    ]
