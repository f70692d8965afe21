"""Published figures behind the synthetic twin, and exact checks against them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.replication import Cell, Moments, Printed, fewest_answers
from kz_spatial.twin_maker.search import attainable_national, square_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMPOSITES: Final = ("almaty", "astana", "center", "east", "north", "south", "west")
ITEMS: Final = ("c7", "k33", "ge7", "h1", "g3")
TERMS: Final = ("constant", "c7", "ge7", "h1", "g3")
DATA: Final = Path(__file__).parents[1] / "data"

Firm = dict[str, int | None]


def read_published(name: str) -> list[dict[str, str]]:
    """Rows of one of the published tables."""
    with (DATA / "published" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published_cells() -> dict[str, dict[str, Cell]]:
    """Table 2 as printed: item to region (composite or `national`) to cell."""
    return {
        item: {
            row["region"].lower(): Cell(
                Printed.parse(row[f"{item}_mean"]), Printed.parse(row[f"{item}_sd"])
            )
            for row in read_published("table2_published.csv")
        }
        for item in ITEMS
    }


def firms_per_composite() -> dict[str, int]:
    """Firms interviewed, by composite."""
    table = read_published("table2_published.csv")
    rows = {row["region"].lower(): int(row["n"]) for row in table}
    return {composite: rows[composite] for composite in COMPOSITES}


def as_published(item: str, firms: Sequence[Firm]) -> list[int]:
    """List recorded answers in the coding of the tables; ge7 and h1 in percent."""
    answers = [code for firm in firms if (code := firm[item]) is not None]
    return [100 * (code - 1) for code in answers] if item in ("ge7", "h1") else answers


def table2_moments(firms: Sequence[Firm]) -> dict[str, dict[str, Moments]]:
    """Item to region (composite or `national`) to the moments of the twin's answers."""
    groups = {
        composite: [firm for firm in firms if firm["a2"] == code]
        for code, composite in enumerate(COMPOSITES, start=1)
    }
    groups["national"] = list(firms)
    return {
        item: {region: Moments.of(as_published(item, group)) for region, group in groups.items()}
        for item in ITEMS
    }


@dataclass(frozen=True, slots=True)
class ExactFit:
    """Least squares in fractions.

    Attributes
    ----------
    coefficients : dict of Fraction
        Keyed by `TERMS`; the constant is the level of the first composite, Almaty.
    variances : dict of Fraction
        Heteroskedasticity-robust with the factor n / (n - k), known as HC1.
    r_squared : Fraction
        Share of the variance of k33 explained, composite effects included.
    n, df : int
        Firms, and firms minus coefficients.
    """

    coefficients: dict[str, Fraction]
    variances: dict[str, Fraction]
    r_squared: Fraction
    n: int
    df: int

    def figures(self) -> dict[str, dict[str, Decimal]]:
        """Coefficient, robust_se, t and p of every term, as in Table 1."""
        table = {}
        for term in TERMS:
            coefficient = self.coefficients[term]
            exact = Decimal(coefficient.numerator) / Decimal(coefficient.denominator)
            error = square_root(self.variances[term])
            t = exact / error
            table[term] = {
                "coefficient": exact,
                "robust_se": error,
                "t": t,
                "p": two_sided_p(t, self.df),
            }
        return table


def listwise(firms: Sequence[Firm]) -> list[Firm]:
    """Firms with all five answers recorded."""
    return [firm for firm in firms if all(firm[item] is not None for item in ITEMS)]


def regress(firms: Sequence[Firm]) -> ExactFit:
    """Regress k33 on c7, ge7, h1, g3 and composite dummies over the listwise firms.

    Slopes use ge7 and h1 as the raw code minus 1. Dummies leave out the first composite.
    """
    sample = listwise(firms)
    rows, outcome = [], []
    for firm in sample:
        c7, ge7, h1, g3, k33 = (firm[item] or 0 for item in ("c7", "ge7", "h1", "g3", "k33"))
        dummies = [int(firm["a2"] == code) for code in range(2, len(COMPOSITES) + 1)]
        rows.append([1, c7, ge7 - 1, h1 - 1, g3, *dummies])
        outcome.append(k33)
    n, k = len(rows), len(rows[0])
    inverse = _invert(
        [[Fraction(sum(row[i] * row[j] for row in rows)) for j in range(k)] for i in range(k)]
    )
    # One row of influence per coefficient: how much each firm's outcome moves it.
    influence = [[_dot(inverse[i], row) for row in rows] for i in range(len(TERMS))]
    every = [[_dot(line, row) for row in rows] for line in inverse]
    beta = [_dot(line, outcome) for line in every]
    residuals = [y - _dot(beta, row) for y, row in zip(outcome, rows, strict=True)]
    mean = Fraction(sum(outcome), n)
    total = sum(((y - mean) ** 2 for y in outcome), Fraction(0))
    return ExactFit(
        coefficients=dict(zip(TERMS, beta, strict=False)),
        variances={
            term: Fraction(n, n - k)
            * sum(((w * e) ** 2 for w, e in zip(line, residuals, strict=True)), Fraction(0))
            for term, line in zip(TERMS, influence, strict=True)
        },
        r_squared=1 - sum((e * e for e in residuals), Fraction(0)) / total,
        n=n,
        df=n - k,
    )


def _dot(left: Sequence[Fraction], right: Sequence[int]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _invert(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss-Jordan elimination in fractions."""
    size = len(matrix)
    work = [[*row, *(Fraction(int(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if work[i][column])
        work[column], work[pivot] = work[pivot], work[column]
        head = work[column][column]
        work[column] = [value / head for value in work[column]]
        for i, row in enumerate(work):
            if i != column and row[column]:
                work[i] = [a - row[column] * b for a, b in zip(row, work[column], strict=True)]
    return [row[size:] for row in work]


def two_sided_p(t: Decimal, df: int) -> Decimal:
    """Two-sided p of Student's t; a finite sum for an even number of degrees of freedom."""
    if df % 2:
        raise ValueError(f"degrees of freedom must be even, got {df}")
    cosine_squared = df / (df + t * t)
    term = series = Decimal(1)
    for j in range(1, df // 2):
        term *= cosine_squared * (2 * j - 1) / (2 * j)
        series += term
    return 1 - abs(t) / (df + t * t).sqrt() * series


def table1_misses(fit: ExactFit) -> list[str]:
    """List the printed figures of Table 1, 21 in all, that a fit does not round to."""
    figures = fit.figures()
    misses = []
    for row in read_published("table1_published.csv"):
        term = row["item"] or "constant"
        for column, value in figures[term].items():
            if not Printed.parse(row[column]).contains(Fraction(value)):
                misses.append(f"{term} {column}: printed {row[column]}, twin {value:.6f}")
    meta = {row["key"]: row["value"] for row in read_published("table1_published_meta.csv")}
    if not Printed.parse(meta["r_squared"]).contains(fit.r_squared):
        misses.append(f"r_squared: printed {meta['r_squared']}, twin {float(fit.r_squared):.6f}")
    return misses


def table2_misses(firms: Sequence[Firm]) -> list[str]:
    """List the cells of Table 2, 80 in all, that the twin does not round to."""
    misses = []
    for item, regions in table2_moments(firms).items():
        for region, moments in regions.items():
            cell = published_cells()[item][region]
            if not cell.mean.contains(moments.mean):
                misses.append(f"{item} {region} mean: printed {cell.mean.text}")
            if not cell.sd.contains_root(moments.variance):
                misses.append(f"{item} {region} sd: printed {cell.sd.text}")
    return misses


def prove() -> list[dict[str, Any]]:
    """Bound the national row of Table 2 if every firm had answered c7, k33 and g3.

    Returns
    -------
    list of dict
        For each national figure: what is printed, the interval that the printed regional cells
        allow, and whether the printed one can be reached. For c7 and g3 a figure out of reach
        proves that not every firm answered; `fewest` is the least number of whole-number
        answers that the regional cells of the item need.
    """
    records: list[dict[str, Any]] = []
    for item in ("c7", "k33", "g3"):
        cells = published_cells()[item]
        national = cells.pop("national")
        bounds = attainable_national(cells, firms_per_composite())
        fewest = {region: fewest_answers(cell) for region, cell in cells.items()}
        for statistic, printed, low, high in (
            ("mean", national.mean, bounds.mean_low, bounds.mean_high),
            ("sd", national.sd, bounds.sd_low, bounds.sd_high),
        ):
            records.append(
                {
                    "cell": f"national {item} {statistic}",
                    "printed": printed.text,
                    "attainable_if_all_answer": [f"{float(low):.4f}", f"{float(high):.4f}"],
                    "reachable_if_all_answer": low <= printed.high and printed.low <= high,
                    "fewest_answers": {**fewest, "all": sum(fewest.values())},
                }
            )
    return records


def notes(firms: Sequence[Firm], *, seed: int, drawn: Mapping[str, str]) -> dict[str, Any]:
    """Describe the twin for a reader: what is fitted, what is drawn, what was found."""
    moments, fit, sample = table2_moments(firms), regress(firms), listwise(firms)
    return {
        "title": "Synthetic twin of the Enterprise Survey Kazakhstan 2024: not survey data",
        "source_of_fitted_figures": "Nurbatsin (2025), doi 10.47703/ejebs.v69i3.538",
        "generator": "python -m kz_spatial.twin_maker.generator",
        "seed": seed,
        "firms": len(firms),
        "coding_of_fitted_figures": (
            "as-published: ge7 and h1 are the raw code minus 1 (1 = no), -9 stays a number, "
            "c7 and g3 are missing where not asked; deviations divide by n - 1"
        ),
        "fitted": {
            "table2_cells": 80,
            "table2_misses": table2_misses(firms),
            "table1_figures": 21,
            "table1_misses": table1_misses(fit),
        },
        "answers": {
            item: {region: m.n for region, m in moments[item].items()} for item in ("c7", "g3")
        },
        "dont_know_codes": {
            item: sum(firm[item] == -9 for firm in firms) for item in ("c6", "c7", "ge7", "h1")
        },
        "listwise": {
            "firms": fit.n,
            "residual_df": fit.df,
            "by_composite": {
                composite: sum(firm["a2"] == code for firm in sample)
                for code, composite in enumerate(COMPOSITES, start=1)
            },
            "standard_errors": "heteroskedasticity-robust, factor n / (n - k) (HC1)",
            "base_composite": COMPOSITES[0],
            "search": "tests/reference/twin/search_listwise.py",
            "reading": (
                "The table prints 1013 observations and errors clustered by region; its p-values "
                "follow Student's t with 12 degrees of freedom, as 23 firms and 11 coefficients "
                "give. Many sets of 23 firms reproduce the table; this is one."
            ),
        },
        "table1": {
            term: {column: f"{value:.6f}" for column, value in row.items()}
            for term, row in fit.figures().items()
        }
        | {"r_squared": f"{float(fit.r_squared):.6f}"},
        "drawn_not_survey_facts": dict(drawn),
        "national_row_if_every_firm_answered": prove(),
    }
