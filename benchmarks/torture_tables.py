"""Awkward tables of units for `torture.py`: layouts, signs, vintages, faults, own polygons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from kz_spatial.crosswalk import units, units_of

NAMES = {code: unit.names["ru"] for code, unit in units().items()}
ENGLISH = [unit.names["en"] for unit in units().values()]
QUICK = ("--permutations", "99", "--no-progress")
Rows = list[list[Any]]


def book(
    rows: Rows, *, sheet: str = "1", change: Callable[[Any], None] | None = None
) -> Callable[[Path], Path]:
    """A maker of a workbook."""

    def make(folder: Path) -> Path:
        made = openpyxl.Workbook()
        made.active.title = sheet
        for row in rows:
            made.active.append(row)
        if change is not None:
            change(made)
        made.save(folder / "table.xlsx")
        return folder / "table.xlsx"

    return make


def text(lines: list[str], encoding: str = "utf-8") -> Callable[[Path], Path]:
    """A maker of a text file."""

    def make(folder: Path) -> Path:
        (folder / "table.csv").write_bytes("\n".join(lines).encode(encoding, errors="replace"))
        return folder / "table.csv"

    return make


def body(cell: Callable[[int], Any], names: list[str] | None = None) -> Rows:
    """A row for each oblast."""
    return [[name, cell(i)] for i, name in enumerate(names or list(NAMES.values()))]


def hide(made: Any) -> None:
    """Hide two rows."""
    for row in (3, 4):
        made.active.row_dimensions[row].hidden = True


def second(made: Any) -> None:
    """A second sheet with other units."""
    other = made.create_sheet("2")
    for row in [["Region", "x"], ["Akmola", 1], ["Atyrau", 2]]:
        other.append(row)


def panel(years: dict[int, int], head: list[str]) -> Rows:
    """Units of a vintage in each year, with people and a rate."""
    rows: Rows = [head]
    for year, vintage in years.items():
        rows += [
            [NAMES[code], year, 1000 + i, 4.5 + i / 10][: len(head)]
            for i, code in enumerate(units_of(vintage))
        ]
    return rows


HEAD = ["Регион", "Доля, %"]
SPLIT = {2021: 2018, 2023: 2022}
ALIKE = body(lambda _: 1.0)
RESULT: dict[str, Callable[[Path], Path]] = {
    "plain": book([HEAD, *body(lambda i: i + 0.5)]),
    "no heading": book(body(lambda i: i + 0.5)),
    "decimal commas": book([HEAD, *body(lambda i: f"{i},5")]),
    "thousands by spaces": book([HEAD, *body(lambda i: f"{i + 1}\u00a0{i:03d}")]),
    "signs for none": book([HEAD, *body(lambda i: ["-", "…", "x", 4][i % 4])]),
    "footnotes": book([HEAD, *body(lambda i: f"{i},5 1)"), ["1) оценка"], ["Источник: нет"]]),
    "numbered columns": book([HEAD, ["А", 1], *body(float)]),
    "totals": book([HEAD, ["Республика Казахстан", 50], *body(float), ["Итого", 50]]),
    "hidden rows": book([HEAD, *body(float)], change=hide),
    "two sheets": book([HEAD, *body(float)], change=second),
    "years as headings": book(
        [
            ["Регион", 2020, "2021 г.", "2022 год"],
            *([*row, row[1] + 1, row[1] * 2] for row in body(float)),
        ]
    ),
    "people and a split": book(
        panel({2021: 2018, 2023: 2022}, ["Регион", "Год", "Население", "Доля"])
    ),
    "all alike": book([HEAD, *ALIKE]),
    "binary": book([HEAD, *body(lambda i: i % 2)]),
    "huge": book([HEAD, *body(lambda i: 1e300 * (i + 1))]),
    "tiny": book([HEAD, *body(lambda i: 1e-300 * (i + 1))]),
    "below nought": book([HEAD, *body(lambda i: i - 10.5)]),
    "five units": book([HEAD, *body(float)[:5]]),
    "one unit": book([HEAD, *body(float)[:1]]),
    "a name of 3,000 letters": book([["Регион", "д" * 3000], *body(float)]),
    "twenty columns": book(
        [
            ["Регион", *(f"c{i}" for i in range(20))],
            *([name, *(i * c % 7 for c in range(20))] for name, i in body(int)),
        ]
    ),
    "one name twice in the heading": book(
        [["Регион", "x", "x"], *([*r, r[1]] for r in body(float))]
    ),
    "hostile headings": book(
        [["Регион", '<script>alert(1)</script> & "x" \\ % {0} $a_b$'], *body(float)]
    ),
    "tabs": text(["Регион\tx", *(f"{n}\t{i},5" for n, i in body(int))]),
    "windows": text(["Region;x", *(f"{n};{i},5" for n, i in body(int, ENGLISH))], "cp1251"),
    "one column of numbers as text": text(["Region,x", *(f'{n},"{i}"' for n, i in body(int))]),
}
LINE: dict[str, Callable[[Path], Path]] = {
    "empty sheet": book([]),
    "all totals": book([HEAD, ["Казахстан", 3]]),
    "no unit": book([HEAD, ["Москва", 3], ["Тверь", 5]]),
    "two unit columns": book(
        [["a", "b", "x"], *([n, list(NAMES.values())[i - 1], 5.5] for n, i in body(int))]
    ),
    "a year twice": book([["Регион", 2020, 2020], *([*r, 1] for r in body(float))]),
    "text for numbers": book([HEAD, *body(lambda _: "много")]),
    "a unit twice": book([HEAD, *body(float), ["Акмолинская", 3]]),
    "a misprint": book([HEAD, *body(float)[:-1], ["Шымкнет", 3]]),
    "a misprint first": book([HEAD, ["Абайй", 3], *body(float)[1:]]),
    "in a sum and alone": book([HEAD, ["ВКО + Абай", 3], ["Абай", 2], ["Акмолинская", 1]]),
    "doubtful thousands": text(["Region;x", *(f"{n};{i + 1},{i:03d}" for n, i in body(int))]),
    "formulas": book([HEAD, *body(lambda i: f"={i}+1")]),
    "rates without people": book(panel(SPLIT, ["Регион", "Год", "Доля"])),
    "30,000 rows": text(["Region;x", *("Акмолинская;1" for _ in range(30_000))]),
}


def table_cases(case: Callable[..., Any]) -> list[Any]:
    """All of them, made by the caller's `Case`."""
    made = [case(f"table: {n}", make, "areas", QUICK, "result") for n, make in RESULT.items()]
    return made + [case(f"table: {n}", make, "areas", QUICK, "line") for n, make in LINE.items()]
