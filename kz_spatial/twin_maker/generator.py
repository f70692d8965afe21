"""Build the synthetic twin: 1013 firms in raw survey codes that reproduce published tables.

The microdata of the World Bank Enterprise Survey Kazakhstan 2024 may not be redistributed. The
twin stands in for them. Fitted to print: every mean and standard deviation of Table 2 and the
regression of Table 1 in Nurbatsin (2025), doi 10.47703/ejebs.v69i3.538, under the coding that
the tables turn out to use (answer code -9 kept as a number, yes/no codes minus 1). Drawn, and no
survey fact: oblast inside the composite, sector, size, foreign ownership, weights, and which firm
holds which answer.

    python -m kz_spatial.twin_maker.generator     write data/twin.csv and twin_notes.json
    python -m kz_spatial.twin_maker.generator --out FILE
                                                  write the table elsewhere
    python -m kz_spatial.twin_maker.generator --check
                                                  compare a new build with the shipped bytes
    python -m kz_spatial.twin_maker.generator --prove
                                                  what the national row allows, in exact numbers

The draws use whole numbers from a seeded PCG64 stream, so every NumPy 2 gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.replication import Moments
from kz_spatial.twin_maker.notes import (
    COMPOSITES,
    DATA,
    firms_per_composite,
    notes,
    prove,
    published_cells,
    read_published,
)
from kz_spatial.twin_maker.search import fit_values, plan_moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kz_spatial.twin_maker.notes import Firm

SEED: Final = 20241013
COLUMNS: Final = (
    "idstd",
    "a2",
    "oblast",
    "a4a",
    "a6a",
    "b2b",
    "wmedian",
    "wstrict",
    "wweak",
    "c6",
    "c7",
    "k33",
    "ge7",
    "h1",
    "g2",
    "g3",
)

# Population of settlements of 500 and more by oblast (GeoNames, CC BY 4.0).
POPULATION: Final = {
    "almaty": {75: 1_984_885},
    "astana": {71: 1_544_142},
    "center": {35: 1_017_352, 62: 207_246},
    "east": {10: 455_707, 63: 536_657},
    "north": {11: 438_306, 39: 537_162, 55: 554_056, 59: 273_997},
    "south": {19: 247_010, 31: 563_411, 33: 256_464, 43: 637_116, 61: 635_458, 79: 1_200_000},
    "west": {15: 653_997, 23: 472_943, 27: 439_864, 47: 350_658},
}

# Firms with all five answers: composite, c7, ge7, h1, g3, k33 in raw codes. Found by
# tests/reference/twin/search_listwise.py; `regress` recomputes Table 1 from them exactly.
LISTWISE: Final[tuple[tuple[str, int, int, int, int, int], ...]] = (
    ("almaty", -9, 2, 2, 30, 22),
    ("almaty", -9, 2, 2, 29, 23),
    ("almaty", -9, 2, 1, 31, 42),
    ("astana", 1, 1, 2, 53, 65),
    ("astana", 2, 1, 2, 23, 62),
    ("astana", 4, 2, 1, 22, 82),
    ("center", 3, 1, 1, 74, 50),
    ("center", 2, 2, 2, 75, 39),
    ("east", 3, 2, 1, 33, 65),
    ("east", 1, 1, 1, 37, 54),
    ("east", 2, 1, 2, 29, 34),
    ("east", 2, 2, 1, 40, 60),
    ("east", 3, 1, 2, 6, 31),
    ("north", 5, 1, 1, 18, 80),
    ("north", 5, 2, 2, 15, 72),
    ("north", 4, 1, 2, 16, 70),
    ("north", 3, 2, 1, 46, 92),
    ("south", 5, 2, 1, 28, 1),
    ("south", 1, 1, 1, 24, 83),
    ("west", 4, 2, 2, 42, 40),
    ("west", 5, 2, 1, 84, 91),
    ("west", 6, 1, 2, 91, 36),
    ("west", 2, 1, 1, 81, 28),
)

# Percent of firms that said how many outages they had, and that waited for a permit: the ranges
# that the numbers of firms are drawn from.
OUTAGE_PERCENT: Final = (30, 56)
PERMIT_PERCENT: Final = (7, 14)
# Firms that do not know whether they had outages (c6).
DONT_KNOW_C6: Final = 9

# Percent by sector (manufacturing, retail, other services) and size (small, medium, large).
SECTOR_PERCENT: Final = (36, 22, 42)
SIZE_PERCENT: Final = (54, 31, 15)
FOREIGN_SHARES: Final = (0,) * 94 + (25, 49, 50, 51, 80, 100)
# Typical firms that one interviewed firm stands for, by size, in ten-thousandths.
WEIGHT_SCALE: Final = {1: 520_000, 2: 180_000, 3: 60_000}


def _heaped(values: Mapping[int, int]) -> list[int]:
    """Repeat each value by its frequency."""
    return [value for value, times in values.items() for _ in range(times)]


def _payment_frequency(percent: int) -> int:
    heap = 16 if percent % 10 == 0 else 8 if percent % 5 == 0 else 1
    return heap * (percent + 10) * (4 if percent in (80, 90, 100) else 2)


# Values to draw from, with frequencies: answers heap at round numbers.
POOLS: Final[dict[str, list[int]]] = {
    "c7": _heaped({0: 6, 1: 40, 2: 28, 3: 14, 4: 6, 5: 4, 6: 2, 8: 1, 10: 1}),
    "k33": _heaped({p: _payment_frequency(p) // 10 for p in range(101)}),
    "g3": _heaped(
        {3: 2, 5: 6, 7: 6, 10: 14, 12: 3, 14: 6, 15: 16, 18: 2, 20: 14, 21: 4, 25: 6, 28: 2}
        | {30: 20, 35: 3, 40: 5, 45: 6, 50: 3, 60: 8, 75: 2, 90: 3, 120: 1}
    ),
}

DRAWN: Final = {
    "oblast": (
        "firms of a composite shared out by population of settlements of 500 and more (GeoNames, "
        "CC BY 4.0), largest remainders, then shuffled; unrelated to the answers"
    ),
    "a4a": f"manufacturing, retail, other services in percent {SECTOR_PERCENT}",
    "a6a": f"small, medium, large in percent {SIZE_PERCENT}",
    "b2b": "0 for 94 percent of firms, else one of 25, 49, 50, 51, 80, 100",
    "wmedian, wstrict, wweak": "by size with spread; wstrict below and wweak above wmedian",
    "who answers what": (
        "answers are shuffled inside the composite; numbers of firms asked c7 and g3 are chosen "
        "so that the national row fits, in the ranges "
        f"{OUTAGE_PERCENT} and {PERMIT_PERCENT} percent"
    ),
}


def plan_answers(rng: np.random.Generator) -> dict[str, dict[str, Moments]]:
    """Choose the moments of c7, k33 and g3 in every composite.

    Returns
    -------
    dict
        Item to composite to the count, sum and sum of squares of its answers.
    """
    firms = firms_per_composite()
    percents = {"c7": OUTAGE_PERCENT, "k33": (100, 100), "g3": PERMIT_PERCENT}
    plan = {}
    for item, (low, high) in percents.items():
        cells = published_cells()[item]
        ranges = {c: (firms[c] * low // 100, firms[c] * high // 100) for c in COMPOSITES}
        regional = {composite: cells[composite] for composite in COMPOSITES}
        plan[item] = plan_moments(regional, cells["national"], ranges, rng)
    return plan


def build_firms(seed: int = SEED) -> list[Firm]:
    """Draw the twin.

    Parameters
    ----------
    seed : int
        Seed of the PCG64 stream.

    Returns
    -------
    list of dict
        One firm each, keyed by `COLUMNS`, weights in ten-thousandths, None where not asked.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    plan = plan_answers(rng)
    rows = read_published("binary_items_reconstructed.csv")
    counts = {row["region"].lower(): row for row in rows}
    firms: list[Firm] = []
    for code, composite in enumerate(COMPOSITES, start=1):
        moments = {item: plan[item][composite] for item in plan}
        group = _ask(composite, moments, rng)
        _answer_yes_no(group, counts[composite], rng)
        oblasts = _shuffled(_quotas(POPULATION[composite], len(group)), rng)
        for firm, oblast in zip(group, oblasts, strict=True):
            firm.update(a2=code, oblast=oblast)
        firms += group
    _mark_unsure(firms, rng)
    firms = [firms[int(k)] for k in rng.permutation(len(firms))]
    for number, firm in enumerate(firms, start=700_001):
        firm["idstd"] = number
        _draw_frame(firm, rng)
    return firms


def _ask(composite: str, moments: Mapping[str, Moments], rng: np.random.Generator) -> list[Firm]:
    """Give every firm of a composite its answers to c6, c7, k33, g2 and g3.

    Listwise firms come first, then firms with a permit only, then firms with outages only: so
    no other firm has all five answers.
    """
    names = ("c7", "ge7", "h1", "g3", "k33")
    rows = [dict(zip(names, row[1:], strict=True)) for row in LISTWISE if row[0] == composite]
    fixed = {item: [row[item] for row in rows] for item in ("c7", "k33", "g3")}
    codes = [-9] * (_dont_know(moments["c7"]) - fixed["c7"].count(-9))
    drawn = {
        item: fit_values(moments[item], fixed[item] + codes * (item == "c7"), POOLS[item], rng)
        for item in fixed
    }
    outages = _shuffled(drawn["c7"] + codes, rng)
    payments, permits = _shuffled(drawn["k33"], rng), _shuffled(drawn["g3"], rng)
    firms: list[Firm] = []
    for position in range(moments["k33"].n - len(rows)):
        firm: Firm = {"c6": 2, "c7": None, "k33": payments[position], "g2": 2, "g3": None}
        if position < len(permits):
            firm.update(g2=1, g3=permits[position])
        elif position < len(permits) + len(outages):
            firm.update(c6=1, c7=outages[position - len(permits)])
        firms.append({**firm, "ge7": None, "h1": None})
    complete: list[Firm] = [{**row, "c6": 1, "g2": 1} for row in rows]
    return complete + firms


def _dont_know(moments: Moments) -> int:
    """Most answers of -9 that leave counts of outages at least half as dispersed as Poisson's.

    A mean of 0.66 with a deviation of 3.28 needs codes kept as numbers; without them it would
    take absurd counts.
    """
    number = 0
    while True:
        n, total = moments.n - number - 1, moments.total + 9 * (number + 1)
        squares = moments.squares - 81 * (number + 1)
        if 2 * (n * squares - total * total) < n * total:
            return number
        number += 1


def _answer_yes_no(
    firms: Sequence[Firm], counts: Mapping[str, str], rng: np.random.Generator
) -> None:
    """Fill ge7 and h1 to the published counts of each answer."""
    for item in ("ge7", "h1"):
        left = []
        for answer, code in (("yes", 1), ("no", 2), ("dont_know", -9)):
            taken = sum(firm[item] == code for firm in firms)
            left += [code] * (int(counts[f"{item}_{answer}"]) - taken)
        waiting = [firm for firm in firms if firm[item] is None]
        for firm, code in zip(waiting, _shuffled(left, rng), strict=True):
            firm[item] = code


def _mark_unsure(firms: Sequence[Firm], rng: np.random.Generator) -> None:
    """Let a few firms without recorded outages not know whether they had any."""
    candidates = [firm for firm in firms if firm["c6"] == 2 and firm["g2"] == 2]
    for k in rng.permutation(len(candidates))[:DONT_KNOW_C6]:
        candidates[int(k)]["c6"] = -9


def _draw_frame(firm: Firm, rng: np.random.Generator) -> None:
    """Draw sector, size, foreign ownership and the three weights."""
    firm["a4a"] = _draw_class(SECTOR_PERCENT, rng)
    size = firm["a6a"] = _draw_class(SIZE_PERCENT, rng)
    firm["b2b"] = FOREIGN_SHARES[int(rng.integers(len(FOREIGN_SHARES)))]
    median = WEIGHT_SCALE[size] * int(rng.integers(400, 1801)) // 1000
    firm["wmedian"] = median
    firm["wstrict"] = median * int(rng.integers(700, 951)) // 1000
    firm["wweak"] = median * int(rng.integers(1050, 1401)) // 1000


def _draw_class(percents: Sequence[int], rng: np.random.Generator) -> int:
    """Draw 1, 2, ... with the given percentages."""
    return _heaped(dict(enumerate(percents, start=1)))[int(rng.integers(sum(percents)))]


def _quotas(population: Mapping[int, int], n: int) -> list[int]:
    """Oblast of each of n firms, proportional to population by largest remainder."""
    total = sum(population.values())
    firms = {oblast: people * n // total for oblast, people in population.items()}
    by_remainder = sorted(
        population, key=lambda oblast: (-(population[oblast] * n % total), oblast)
    )
    for oblast in by_remainder[: n - sum(firms.values())]:
        firms[oblast] += 1
    return _heaped(firms)


def _shuffled(values: Sequence[int], rng: np.random.Generator) -> list[int]:
    return [values[int(k)] for k in rng.permutation(len(values))]


def render(firms: Sequence[Firm]) -> bytes:
    """Write firms as CSV: newline endings, empty where not asked, weights with four decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for firm in firms:
        writer.writerow(["" if firm[c] is None else _show(c, firm[c]) for c in COLUMNS])
    return text.getvalue().encode("ascii")


def _show(column: str, value: int | None) -> str:
    if column.startswith("w") and value is not None:
        return f"{value // 10_000}.{value % 10_000:04d}"
    return str(value)


def render_notes(firms: Sequence[Firm]) -> bytes:
    """Write the record of the build as JSON."""
    text = json.dumps(notes(firms, seed=SEED, drawn=DRAWN), indent=2, ensure_ascii=False)
    return (text + "\n").encode("utf-8")


def build_files() -> dict[str, bytes]:
    """Content of the shipped files, by name."""
    firms = build_firms()
    return {"twin.csv": render(firms), "twin_notes.json": render_notes(firms)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when done, 1 when the shipped files differ from a new build."""
    parser = argparse.ArgumentParser(prog="python -m kz_spatial.twin_maker.generator")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table here only")
    parser.add_argument("--check", action="store_true", help="compare with the shipped files")
    parser.add_argument("--prove", action="store_true", help="print what the national row allows")
    options = parser.parse_args(arguments)
    if options.prove:
        print(json.dumps(prove(), indent=2))
        return 0
    files = build_files()
    if options.check:
        shipped = {name: DATA / name for name in files}
        stale = [
            name
            for name, path in shipped.items()
            if not path.exists() or path.read_bytes() != files[name]
        ]
        print(f"differs: {', '.join(stale)}" if stale else f"same bytes: {', '.join(files)}")
        return int(bool(stale))
    if options.out:
        options.out.write_bytes(files["twin.csv"])
        return 0
    for name, content in files.items():
        (DATA / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
