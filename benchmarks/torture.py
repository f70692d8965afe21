"""Awkward inputs, one after another, through the command line: `make torture`.

Files are made from the twin in every encoding, separator and format, whole and damaged, with
answers, codes, names, ids and places that people's files have. Each goes through `kz-spatial` in a
process of its own. Answered: the result, or one line that says what is wrong. Lost: a traceback, a
crash, no end within the limit, no word, or something half-written. `--folder` runs the surveys of a
folder as well.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from torture_tables import table_cases

import kz_spatial as kz
from kz_spatial.survey.twin import load_twin_raw

QUICK = ("--draws", "0", "--permutations", "99", "--cell-km", "40", "--no-progress")
_CALL = (sys.executable, "-m", "kz_spatial.cli")
_NOTES = ("note: ", "left out: ", "not to be had: ")
KNOWN = (".dta", ".sav", ".csv", ".tsv", ".xlsx", ".parquet", ".zip", ".txt")


@dataclass
class Case:
    """One input: how it is made, what is asked of it, and what must come."""

    name: str
    make: Callable[[Path], Path]
    command: str = "check"
    more: tuple[str, ...] = ()
    expect: str = "either"
    environment: dict[str, str] = field(default_factory=dict)


def twin() -> pd.DataFrame:
    """The twin as a survey file holds it, by oblast."""
    return load_twin_raw().drop(columns="a2")


def csv(
    change: Callable[[pd.DataFrame], pd.DataFrame] | None = None, **how
) -> Callable[[Path], Path]:
    """A maker of a text file of the twin, changed."""

    def make(folder: Path) -> Path:
        frame = twin() if change is None else change(twin())
        file = folder / how.get("file", "survey.csv")
        text = frame.to_csv(index=False, sep=how.get("sep", ","), decimal=how.get("decimal", "."))
        file.write_bytes(text.encode(how.get("encoding", "utf-8"), errors="replace"))
        return file

    return make


def set_cell(column: str, value: object, row: int = 3) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A change of one cell."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
        return frame

    return change


def binary(content: bytes, name: str) -> Callable[[Path], Path]:
    """A maker of a file of given bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def damaged(kind: str, seed: int) -> Callable[[Path], Path]:
    """A maker of a whole file that is then cut short or has bytes turned over."""

    def make(folder: Path) -> Path:
        frame, file = twin().head(60), folder / f"survey.{kind}"
        if kind == "dta":
            frame.to_stata(file, write_index=False)
        elif kind == "parquet":
            frame.to_parquet(file)
        elif kind == "xlsx":
            frame.to_excel(file, index=False)
        elif kind == "sav":
            import pyreadstat

            pyreadstat.write_sav(frame.astype({"oblast": str}), str(file))
        rng = np.random.default_rng(seed)
        content = bytearray(file.read_bytes())
        if seed % 2:
            content = content[: rng.integers(1, len(content))]
        else:
            for place in rng.integers(0, len(content), 40):
                content[place] = rng.integers(0, 256)
        file.write_bytes(content)
        return file

    return make


def zipped(names: tuple[str, ...]) -> Callable[[Path], Path]:
    """A maker of a zip with tables of these names."""

    def make(folder: Path) -> Path:
        file = folder / "survey.zip"
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(name, twin().to_csv(index=False))
        return file

    return make


def places(spots: list[tuple[object, object]]) -> Callable[[Path], Path]:
    """A maker of a table of points, forty good ones and these."""

    def make(folder: Path) -> Path:
        rng = np.random.default_rng(0)
        good = [(71 + x, 51 + y) for x, y in rng.normal(0, 0.5, (40, 2))]
        rows = [*good, *spots]
        frame = pd.DataFrame(rows, columns=["longitude", "latitude"], dtype=object)
        frame["pay"] = np.arange(len(frame)) % 7
        frame.to_csv(folder / "points.csv", index=False)
        return folder / "points.csv"

    return make


def _texts() -> list[Case]:
    made = [
        Case(f"{encoding}, {name}", csv(encoding=encoding, sep=sep), expect="result")
        for encoding in ("utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le")
        for name, sep in (("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|"))
        if not (encoding == "utf-16-le" and sep != ",")
    ]
    made += [
        Case("decimal commas", csv(sep=";", decimal=","), expect="result"),
        Case("tsv", csv(file="survey.tsv", sep="\t"), expect="result"),
        Case("one column", csv(lambda f: f[["k33"]])),
        Case("no rows", csv(lambda f: f.iloc[:0]), expect="line"),
        Case("one firm", csv(lambda f: f.iloc[:1])),
        Case("empty file", binary(b"", "survey.csv"), expect="line"),
        Case("only a heading", binary(b"oblast,k33\n", "survey.csv"), expect="line"),
        Case("bytes of nothing", binary(bytes(range(256)) * 9, "survey.csv"), expect="line"),
        Case("text that is no table", binary(b"hello\nworld\n", "survey.csv"), expect="line"),
        Case("zip of one table", zipped(("a.csv",)), expect="result"),
        Case("zip of two tables", zipped(("a.csv", "b.csv")), expect="line"),
        Case("zip of none", zipped(()), expect="line"),
        Case("10,000 columns", csv(lambda f: pd.concat(
            [f, pd.DataFrame(1, f.index, [f"q{i}" for i in range(10_000)])], axis=1))),
        Case("duplicate heading", csv(lambda f: pd.concat([f, f[["k33"]]], axis=1))),
        Case("duplicate heading not needed", csv(
            lambda f: pd.concat([f.assign(z=1), f.assign(z=2)[["z"]]], axis=1))),
    ]  # fmt: skip
    return made


def _answers() -> list[Case]:
    cells = [
        ("k33", 140), ("k33", -3), ("k33", 1e308), ("c7", 1e308), ("c7", 20_000), ("c7", -9),
        ("c7", "many"), ("h1", 3), ("h1", "maybe"), ("ge7", "Yes"), ("g3", 1e9), ("g3", "3,5"),
        ("oblast", "Atlantis"), ("oblast", None), ("oblast", 19), ("oblast", "Алматы"),
        ("idstd", 700001), ("idstd", None), ("wmedian", 0), ("wmedian", "x"), ("wmedian", -1),
    ]  # fmt: skip
    made = [Case(f"{c} = {v!r}", csv(set_cell(c, v))) for c, v in cells]
    made += [
        Case("no outages at all", csv(lambda f: f.assign(c6=2, c7=np.nan)), "run", QUICK, "result"),
        Case("c7 of 20,000, run", csv(set_cell("c7", 20_000)), "run", QUICK),
        Case("c7 of 1e308, run", csv(set_cell("c7", 1e308)), "run", QUICK),
        Case("one firm, run", csv(lambda f: f.iloc[:1]), "run", QUICK),
        Case("one firm, audit", csv(lambda f: f.iloc[:1]), "audit"),
        Case("nine firms, run", csv(lambda f: f.iloc[:9]), "run", QUICK),
        Case("all alike, run", csv(lambda f: f.assign(k33=50, h1=2, ge7=1)), "run", QUICK),
        Case("text ids 01 and 1", csv(lambda f: f.assign(
            idstd=[f"{i:04d}" for i in range(len(f))]).replace({"idstd": {"0002": "1"}})),
            expect="result"),
        Case("weights nobody asked for", csv(set_cell("wmedian", "x")), "run", QUICK),
        Case("weights asked for", csv(set_cell("wmedian", 0)), "run",
             (*QUICK, "--weights", "wmedian"), "line"),
    ]  # fmt: skip
    return made


def _files() -> list[Case]:
    made = [
        Case(f"damaged {kind} {seed}", damaged(kind, seed))
        for kind in ("dta", "sav", "xlsx", "parquet")
        for seed in range(4)
    ]
    stream = io.BytesIO()
    categories = twin().assign(
        oblast=lambda f: f["oblast"].astype("category"), lists=lambda f: [[1, 2]] * len(f)
    )
    categories.to_parquet(stream)
    made += [
        Case("categories and lists", binary(stream.getvalue(), "survey.parquet"), expect="result"),
        Case("a folder", lambda folder: folder, expect="line"),
        Case("no such file", lambda folder: folder / "none.csv", expect="line"),
        Case("a path of 5,000 letters", lambda folder: folder / ("x" * 5000 + ".csv"),
             expect="line"),
        Case("a path that is no UTF-8", lambda folder: folder / os.fsdecode(b"\xff\xfe.csv"),
             expect="line"),
        Case("format not known", binary(b"x", "survey.doc"), expect="line"),
    ]  # fmt: skip
    return made


def _places() -> list[Case]:
    spots = {
        "swapped": [(43.2, 76.9)] * 3, "nought": [(0, 0)] * 3, "abroad": [(37.6, 55.7)] * 3,
        "latitude of 95": [(70, 95)], "metres": [(5e5, 5e6)] * 3, "text": [("76,9", "43,2")],
        "north": [("E76.9", "N43.2")], "none": [(None, None)] * 3, "infinite": [(np.inf, 50)],
    }  # fmt: skip
    made = [
        Case(f"points, {name}", places(rows), "density", ("--bandwidth-km", "60"))
        for name, rows in spots.items()
    ]
    made += [
        Case("bandwidth below the cell", places([]), "density",
             ("--bandwidth-km", "0.1", "--cell-km", "20"), "line"),
        Case("all in one place", places([]), "density", ("--bandwidth-km", "0"), "line"),
    ]  # fmt: skip
    return made


def _names() -> list[Case]:
    names = [
        "Алматы*", "Астана¹", "1. Акмолинская", "г. Нур-Султан (Астана)", "Астана қ.",
        "области Жетысу", "Жетысуйская область", "Всего по республике", "East Kazakhstan + Abay",
        "KZ.AM", "Almatı", "ALMATY", "Шымкент г.а.", "Акмолинсая", "Mars", "", "  ", "75", "KZ-75",
    ]  # fmt: skip

    def table(name: str) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            file = folder / "table.csv"
            pd.DataFrame({"region": [name, "Шымкент", "Костанайская область"], "n": 1}).to_csv(
                file, index=False
            )
            return file

        return make

    return [Case(f"join {name!r}", table(name), "join", ("--on", "region")) for name in names]


def _homes() -> list[Case]:
    nowhere = {"HOME": "/proc/none", "NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": "/proc/none"}
    return [Case("no home to write in", csv(), "run", QUICK, "result", nowhere)]


def corpus(folder: Path | None) -> list[Case]:
    """All cases, and the surveys of a folder."""
    made = [*_texts(), *_answers(), *_files(), *_places(), *_names(), *_homes()]
    made += table_cases(Case)
    if folder is not None:
        files = sorted(each for each in folder.rglob("*") if each.suffix.lower() in KNOWN)
        made += [Case(f"folder: {each.name}", lambda _, each=each: each) for each in files]
    return made


def names_in(folder: Path) -> list[str]:
    """Names of what a folder holds."""
    return [each.name for each in folder.iterdir()]


def verdict(done: subprocess.CompletedProcess[bytes], new: set[str]) -> tuple[str, str]:
    """What became of a call that ended, by its exit, its words and what it left."""
    said = done.stderr.decode(errors="replace")
    lines = [x for x in said.splitlines() if x and not x.startswith(_NOTES)]
    first = lines[0] if lines else ""
    hidden = sorted(each for each in new if each.startswith("."))
    faults = {
        f"killed by signal {-done.returncode}": done.returncode < 0,
        "traceback": "Traceback" in said or "should not have happened" in said,
        f"left {hidden[:1]}": bool(hidden),
        "half-written": done.returncode > 0 and bool(new),
        "no word": done.returncode > 0 and not lines,
    }
    kind = next((name for name, found in faults.items() if found), None)
    return (kind or ("line" if done.returncode else "result"), first)


def answer(case: Case, limit: float) -> tuple[str, str]:
    """Run a case: "result", "line", or what went wrong, with the first line of what was said."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        outs = {
            "run": "out",
            "areas": "out",
            "audit": "out",
            "density": "out.tif",
            "join": "out.csv",
        }
        out = [] if case.command == "check" else ["--out", str(folder / outs[case.command])]
        try:
            file = case.make(folder)
            before = set(names_in(folder))
            done = subprocess.run(
                [*_CALL, case.command, os.fspath(file), *out, *case.more],
                capture_output=True,
                timeout=limit,
                check=False,
                env={k: v for k, v in (os.environ | case.environment).items() if v},
            )
        except subprocess.TimeoutExpired:
            return f"no end within {limit:g} s", ""
        except (OSError, ValueError) as error:  # the system takes no such file or argument
            return "line", str(error)
        return verdict(done, set(names_in(folder)) - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="surveys to try as well")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="each so manieth case alone")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for one case")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="print every answer")
    args = parser.parse_args()
    cases = [each for each in corpus(args.folder) if re.search(args.only, each.name)]
    cases, start = cases[:: args.every], time.monotonic()
    with ThreadPoolExecutor(args.workers) as pool:
        answers = list(pool.map(lambda each: answer(each, args.limit), cases))
    lost = []
    for case, (kind, said) in zip(cases, answers, strict=True):
        good = kind in ("result", "line") and case.expect in ("either", kind)
        if not good:
            lost.append(f"lost: {case.name}: {kind}, expected {case.expect}; {said[:160]}")
        if args.verbose:
            print(f"{case.name:<40} {kind:<8} {said[:110]}")
    results = sum(kind == "result" for kind, _ in answers)
    print(
        f"tried {len(cases)}, answered {len(cases) - len(lost)} ({results} by a result), "
        f"lost {len(lost)}, {time.monotonic() - start:.0f} s"
    )
    print("\n".join(lost))
    sys.exit(bool(lost))


if __name__ == "__main__":
    assert kz.__doc__
    main()
