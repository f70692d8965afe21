"""Printed numbers of the study beside what the given data yield, under both codings."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import published_path
from kz_spatial.aggregate import aggregate
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.fixed_effects import fixed_effects
from kz_spatial.options import COMPOSITES, INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["agrees", "replicate"]

_COMPOSITE_OF: Final = {each.title(): each for each in COMPOSITES}
_TERM_OF: Final = {
    "infrastructure": "outages_per_month", "sustainability": "co2_monitoring",
    "innovation": "product_innovation", "governance": "permit_days", "constant": "Intercept",
}  # fmt: skip
_FIGURE_OF: Final = {"coefficient": "coefficient", "robust_se": "std_error", "t": "t", "p": "p"}
# printed p-values go with N - K degrees of freedom, which robust errors without clusters have
_TABLE1: Final = "epayment_share ~ {} + C(composite)".format(
    " + ".join(name for name in INDICATORS if name != "epayment_share")
)


def agrees(value: float, printed: str) -> bool:
    """Whether a value rounds to a printed number, half units counted in.

    Examples
    --------
    >>> agrees(0.664, "0.66"), agrees(0.666, "0.66")
    (True, False)
    """
    decimals = len(printed.partition(".")[2])
    return bool(np.isfinite(value) and abs(value - float(printed)) <= 0.5 * 10**-decimals + 1e-9)


def _rows(name: str) -> list[dict[str, str]]:
    with published_path(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _table2(firms: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Means and deviations by region and item, percentages for the yes/no items."""
    by_region = aggregate(firms, by="composite", min_firms=1)
    found = {}
    for name, indicator in INDICATORS.items():
        scale = 100 if indicator.kind == "binary" else 1
        for region, code in _COMPOSITE_OF.items():
            for part in ("mean", "sd"):
                value = by_region.loc[code, f"{name}_{part}"]
                found[region, f"{indicator.item}_{part}"] = float(value) * scale
        found["National", f"{indicator.item}_mean"] = float(firms[name].mean()) * scale
        found["National", f"{indicator.item}_sd"] = float(firms[name].std(ddof=1)) * scale
    return found


def _table1(firms: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Coefficients with robust errors, region dummies and N - K degrees of freedom."""
    try:
        fit = fixed_effects(_TABLE1, firms)
    except NotEnoughDataError:
        return {}
    table = fit.table("hc1")
    found = {
        (term, column): float(table.loc[name, ours])
        for term, name in _TERM_OF.items() if name in table.index
        for column, ours in _FIGURE_OF.items()
    }  # fmt: skip
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


def replicate(codings: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Set every printed number beside the recomputed one.

    Parameters
    ----------
    codings : mapping
        "as-published" and "corrected" to the firm table in that coding.

    Returns
    -------
    DataFrame
        One row per printed number: `table`, `row`, `column`, `printed` (text), and per coding the
        recomputed value and whether it rounds to the printed one.
    """
    found = {coding: _table2(firms) | _table1(firms) for coding, firms in codings.items()}
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
