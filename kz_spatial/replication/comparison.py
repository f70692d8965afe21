"""The replication audit: the study's printed numbers, what they imply, and what the data yield.

Four questions are put to the printed tables alone: which counts of answers each yes/no cell must
rest on, which degrees of freedom the p-values go with, how few firms can stand behind a mean of
whole days, and where the published grouping stands among all groupings. A fifth sets every printed
number beside the given data under both codings. Figures only; what they mean is for the reader.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import published_path
from kz_spatial.design import (
    OPEN,
    DisclosureRules,
    StudyDesign,
    design_of,
    load_design,
    rules_of_source,
)
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.groups import rank_partition
from kz_spatial.protection import protect_tables
from kz_spatial.regression import fixed_effects, tables_by_inference
from kz_spatial.replication.printed import (
    Cell,
    Printed,
    compatible_df,
    fewest_answers,
    plain_number,
    recover_counts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Audit", "agrees", "audit", "replicate", "unlike_paper"]

_TERM_OF: Final = {
    "infrastructure": "outages_per_month",
    "sustainability": "co2_monitoring",
    "innovation": "product_innovation",
    "governance": "permit_days",
    "constant": "Intercept",
}
_ESTIMATES: Final = (
    "coding", "inference", "term", "coefficient", "std_error", "t", "p", "ci_low", "ci_high",
    "n_obs",
)  # fmt: skip
_FIGURE_OF: Final = {"coefficient": "coefficient", "robust_se": "std_error", "t": "t", "p": "p"}


def unlike_paper(design: StudyDesign) -> str:
    """Why printed numbers cannot be set beside a design's; empty where they can.

    Printed numbers are bound to the published study's indicators and regions; file columns,
    spellings and words may differ.
    """
    paper = load_design()
    asked = [(each.name, each.kind, each.direction) for each in design.indicators]
    if asked != [(each.name, each.kind, each.direction) for each in paper.indicators]:
        return "printed numbers are bound to the five indicators of the published study"
    if design.grouping.members != paper.grouping.members or design.formula != paper.formula:
        return "printed numbers are bound to the regions and the formula of the published study"
    return ""


def agrees(value: float, printed: str) -> bool:
    """Whether a value rounds to a printed number, half units counted in.

    Examples
    --------
    >>> agrees(0.664, "0.66"), agrees(0.666, "0.66")
    (True, False)
    """
    plain = plain_number(printed)
    decimals = len(plain.partition(".")[2])
    return bool(np.isfinite(value) and abs(value - float(plain)) <= 0.5 * 10**-decimals + 1e-9)


def _rows(name: str) -> list[dict[str, str]]:
    with published_path(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _table2(
    firms: pd.DataFrame, corrected: pd.DataFrame, rules: DisclosureRules
) -> dict[tuple[str, str], float]:
    """Means and deviations by region and item, percentages for the yes/no items."""
    design = load_design()
    found, grouping = {}, design.grouping
    kept = protect_tables(
        firms, levels=[grouping.name], design=design, rules=rules, corrected=corrected
    )
    by_region = kept.tables[grouping.name]
    for name, indicator in design.by_name.items():
        scale = indicator.scale
        for part in ("mean", "sd"):
            for code in grouping.codes:
                value = by_region.loc[code, f"{name}_{part}"]
                found[code.title(), f"{indicator.item}_{part}"] = float(value) * scale
            whole = float(kept.country.loc[name, part]) * scale
            found["National", f"{indicator.item}_{part}"] = whole
    return found


def _rules_for(firms: pd.DataFrame, asked: DisclosureRules | None) -> DisclosureRules:
    """Rules that hold: those asked for, else the source's; of the twin all is shown under open."""
    synthetic = firms.attrs.get("kz_spatial", {}).get("synthetic", False)
    rules = asked or rules_of_source(design_of(firms).disclosure, synthetic=synthetic)
    return replace(OPEN, min_firms=1) if synthetic and not rules.guarded else rules


def _table1(firms: pd.DataFrame, rules: DisclosureRules) -> dict[tuple[str, str], float]:
    """Coefficients with robust errors, region dummies and N - K degrees of freedom."""
    # printed p-values go with N - K degrees of freedom, which robust errors without clusters have
    left, _, effects = str(load_design().formula).partition("|")
    try:
        fit = fixed_effects(f"{left}+ C({effects.strip()})", firms)
    except NotEnoughDataError:
        return {}
    if not rules.allow_fit(fit.n_obs, fit.n_parameters):
        return {}
    table = fit.table("hc1")
    found = {
        (term, column): float(table.loc[name, ours])
        for term, name in _TERM_OF.items()
        if name in table.index
        for column, ours in _FIGURE_OF.items()
    }
    return found | {("model", "observations"): float(fit.n_obs), ("model", "r_squared"): fit.r2}


def _printed() -> Iterator[tuple[str, str, str, str]]:
    for row in _rows("table2_published.csv"):
        for column, text in row.items():
            if column.endswith(("_mean", "_sd")):
                yield "Table 2", row["region"], column, text
    for row in _rows("table1_published.csv"):
        for column in _FIGURE_OF:
            yield "Table 1", row["term"], column, row[column]
    for row in _rows("table1_published_meta.csv"):
        if row["key"] in ("observations", "r_squared"):
            yield "Table 1", "model", row["key"], row["value"]


def replicate(
    codings: Mapping[str, pd.DataFrame], *, rules: DisclosureRules | None = None
) -> pd.DataFrame:
    """Set every printed number beside the recomputed one.

    Parameters
    ----------
    codings : mapping
        "as-published" and "corrected" to the firm table in that coding.
    rules : DisclosureRules, optional
        What may be told of firms. By default all of the twin's, and of others what the design says,
        else the profile "survey".

    Returns
    -------
    DataFrame
        One row per printed number: `table`, `row`, `column`, `printed` (text), and per coding the
        recomputed value and whether it rounds to the printed one.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.replicate({"corrected": kz.load_twin()})
    >>> list(found.columns)
    ['table', 'row', 'column', 'printed', 'corrected', 'corrected_agrees']
    """
    base = codings.get("corrected", next(iter(codings.values())))
    rules = _rules_for(base, rules)
    found = {
        coding: _table2(firms, base, rules) | _table1(firms, rules)
        for coding, firms in codings.items()
    }
    rows: list[dict[str, Any]] = []
    for table, row, column, printed in _printed():
        record: dict[str, Any] = {"table": table, "row": row, "column": column, "printed": printed}
        for coding, values in found.items():
            key = coding.replace("-", "_")
            value = values.get((row, column), np.nan)
            record[key] = value
            record[f"{key}_agrees"] = agrees(value, printed)
        rows.append(record)
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What the printed tables imply and what the data yield.

    Attributes
    ----------
    numbers : DataFrame
        As `replicate` returns it.
    counts : DataFrame
        Per region and yes/no item: printed cell, how many ways there are to count yes, no and
        don't know so that it prints, the counts when there is one way, and the share of yes among
        those who answered.
    degrees_of_freedom : DataFrame
        Per coefficient of Table 1: the lowest and highest degrees of freedom its figures allow,
        and how many in all up to 2,000.
    common_df : tuple of int
        Degrees of freedom that all coefficients allow.
    granularity : DataFrame
        Per region and whole-number item: firms, and the fewest answers that can print as the cell.
    groupings : DataFrame
        Rank of the published grouping among all of seven regions into three, on the printed means
        and on the same means with the recovered shares of yes in place of the yes/no items.
    estimates : DataFrame
        The regression under each coding and inference.
    """

    numbers: pd.DataFrame
    counts: pd.DataFrame
    degrees_of_freedom: pd.DataFrame
    common_df: tuple[int, ...]
    granularity: pd.DataFrame
    groupings: pd.DataFrame
    estimates: pd.DataFrame


def _regions() -> list[dict[str, str]]:
    return [row for row in _rows("table2_published.csv") if row["region"] != "National"]


def _counts() -> pd.DataFrame:
    rows = []
    for row in _rows("table2_published.csv"):
        for item in ("ge7", "h1"):
            mean, sd, n = row[f"{item}_mean"], row[f"{item}_sd"], int(row["n"])
            found = recover_counts(mean, sd, n)
            # the nation's counts are the sum of its regions', so it is not asked to be unique
            counts = found.solutions[0] if found.unique else (None, None, None)
            yes, no, unsure = counts
            share = np.nan if yes is None or no is None else yes / (yes + no)
            rows.append(
                {
                    "region": row["region"],
                    "item": item,
                    "n": n,
                    "mean": mean,
                    "sd": sd,
                    "ways": len(found.solutions),
                    "yes": yes,
                    "no": no,
                    "dont_know": unsure,
                    "share_yes": share,
                }
            )
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(("yes", "no", "dont_know"), "Int64"))


def _degrees_of_freedom() -> tuple[pd.DataFrame, tuple[int, ...]]:
    rows, common = [], set(range(1, 2001))
    for row in _rows("table1_published.csv"):
        fits = compatible_df(row["coefficient"], row["robust_se"], row["p"], t=row["t"])
        common &= set(fits)
        rows.append(
            {
                "term": row["term"],
                "coefficient": row["coefficient"],
                "robust_se": row["robust_se"],
                "t": row["t"],
                "p": row["p"],
                "lowest_df": min(fits, default=None),
                "highest_df": max(fits, default=None),
                "n_df": len(fits),
            }
        )
    return pd.DataFrame(rows), tuple(sorted(common))


def _granularity() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "region": row["region"],
                "item": item,
                "firms": int(row["n"]),
                "mean": row[f"{item}_mean"],
                "sd": row[f"{item}_sd"],
                "fewest_answers": fewest_answers(
                    Cell(Printed.parse(row[f"{item}_mean"]), Printed.parse(row[f"{item}_sd"]))
                ),
            }
            for item in ("c7", "k33", "g3")
            for row in _regions()
        ]
    )


def _groupings(counts: pd.DataFrame) -> pd.DataFrame:
    regions = _regions()
    index = [row["region"] for row in regions]
    labels = pd.Series([row["cluster"] for row in regions], index)
    printed = pd.DataFrame(
        {
            item: [float(row[f"{item}_mean"]) for row in regions]
            for item in (each.item for each in load_design().indicators)
        },
        index,
    )
    shares = counts.pivot_table(index="region", columns="item", values="share_yes").loc[index]
    bases = {
        "printed means": printed,
        "recovered shares of yes": printed.assign(ge7=shares["ge7"], h1=shares["h1"]),
    }
    rows = []
    for basis, table in bases.items():
        found = rank_partition(table, labels)
        rows.append(
            {
                "basis": basis,
                "rank": found.rank,
                "groupings": found.n_partitions,
                "within_ss": found.within_ss,
                "best_within_ss": found.best_within_ss,
                "total_ss": found.total_ss,
            }
        )
    return pd.DataFrame(rows)


def _estimates(codings: Mapping[str, pd.DataFrame], asked: DisclosureRules | None) -> pd.DataFrame:
    parts, design = [], load_design()
    for coding, firms in codings.items():
        rules = _rules_for(firms, asked)
        try:
            fit = fixed_effects(str(design.formula), firms, cluster=design.grouping.name)
        except NotEnoughDataError as error:
            parts.append(pd.DataFrame([{"coding": coding, "reason": str(error)}]))
            continue
        if not rules.allow_fit(fit.n_obs, fit.n_parameters):
            reason = f"withheld by the disclosure rules {rules.profile!r}"
            parts.append(pd.DataFrame([{"coding": coding, "reason": reason}]))
            continue
        for inference, table in tables_by_inference(fit):
            table.insert(0, "coding", coding)
            table.insert(1, "inference", inference)
            parts.append(table.assign(n_obs=fit.n_obs))
    found = pd.concat(parts, ignore_index=True)
    # the head stays where no fit could be made
    return found.reindex(columns=[*found, *(name for name in _ESTIMATES if name not in found)])


def audit(codings: Mapping[str, pd.DataFrame], *, rules: DisclosureRules | None = None) -> Audit:
    """Put the printed tables and the given data side by side.

    Parameters
    ----------
    codings : mapping
        "as-published" and "corrected" to the firm table in that coding.
    rules : DisclosureRules, optional
        As in `replicate`.

    Returns
    -------
    Audit

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = audit({c: kz.load_twin(coding=c) for c in ("as-published", "corrected")})
    >>> found.common_df
    (12,)
    >>> found.groupings["rank"].tolist()
    [255, 285]
    """
    counts = _counts()
    df, common = _degrees_of_freedom()
    return Audit(
        numbers=replicate(codings, rules=rules),
        counts=counts,
        degrees_of_freedom=df,
        common_df=common,
        granularity=_granularity(),
        groupings=_groupings(counts),
        estimates=_estimates(codings, rules),
    )
