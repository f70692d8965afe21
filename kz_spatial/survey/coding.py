"""What survey answers become: codings, special codes, faults, and who is left in the sample.

Items follow the World Bank Enterprise Surveys questionnaire. Yes/no items hold 1 = yes and
2 = no; negative numbers are special answers: -9 don't know, -8 refused, -7 does not apply.
Item c7 (outages in a typical month) is asked only of firms that had outages (c6), and g3 (days
to a construction-related permit) only of firms that applied for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, describe_rows
from kz_spatial.options import INDICATORS, WEIGHT_COLUMNS, Coding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "CODINGS",
    "FIRM_COLUMNS",
    "ITEMS",
    "SIZES",
    "SPECIAL_CODES",
    "attrition_table",
    "build_firms",
    "code_items",
    "find_value_faults",
    "to_codes",
]

CODINGS: Final[tuple[Coding, ...]] = ("corrected", "as-published")
ITEMS: Final = tuple(each.item for each in INDICATORS.values())
SPECIAL_CODES: Final[dict[int, str]] = {-9: "dont_know", -8: "refused", -7: "does_not_apply"}
SIZES: Final[dict[int, str]] = {1: "small", 2: "medium", 3: "large"}
FIRM_COLUMNS: Final = (
    "firm_id",
    "oblast_code",
    "composite",
    "sector",
    "size",
    "weight",
    *INDICATORS,
)
_LABELS: Final[dict[str, int]] = {
    "yes": 1,
    "no": 2,
    "да": 1,
    "нет": 2,
    "иә": 1,
    "жоқ": 2,
    "don't know": -9,
    "don't know (spontaneous)": -9,
    "dont know": -9,
    "dk": -9,
    "refused": -8,
    "refused (spontaneous)": -8,
    "refusal": -8,
    "does not apply": -7,
    "not applicable": -7,
    "doesn't apply": -7,
}
_EXPECTED: Final = {
    "binary": "1 (yes), 2 (no)",
    "percent": "0 to 100",
    "count": "a count of 0 or more",
    "days": "0 or more days",
}


def to_codes(column: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Read a column of answers as numeric codes.

    Parameters
    ----------
    column : Series
        Numbers, text holding numbers, or the labels of yes/no and special answers.

    Returns
    -------
    codes : Series of float
        NaN where nothing was recorded or where the text is no answer.
    unreadable : Series of bool
        True where there is text that is neither number nor label.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype(float), pd.Series(data=False, index=column.index)
    text = column.astype("string").str.strip()
    text = text.mask(text.str.lower().isin(["", ".", "na", "nan", "<na>"]))
    codes = pd.to_numeric(text, errors="coerce").astype(float)
    codes = codes.where(codes.notna(), text.str.lower().str.replace("’", "'").map(_LABELS))
    codes = pd.to_numeric(codes, errors="coerce").astype(float)
    return codes, (codes.isna() & text.notna()).astype(bool)


def _is_allowed(values: pd.Series[Any], kind: str) -> pd.Series[Any]:
    special = values.isin(list(SPECIAL_CODES))
    if kind == "binary":
        return special | values.isin([1, 2])
    upper = 100 if kind == "percent" else np.inf
    return special | (values.between(0, upper) & np.isfinite(values))


def find_value_faults(
    raw: pd.DataFrame, *, source: str, row_name: Callable[[int], str], names: Mapping[str, str]
) -> list[str]:
    """Collect every answer that the questionnaire does not allow.

    Parameters
    ----------
    raw : DataFrame
        Canonical item columns as read (numbers, text or labels).
    source : str
        File name for the messages.
    row_name : callable
        Position in the table to the row's name in the file.
    names : mapping
        Canonical item to its column name in the file.

    Returns
    -------
    list of str
        One line per column and value found.
    """
    faults = []
    for indicator in INDICATORS.values():
        item = indicator.item
        if item not in raw:
            continue
        codes, unreadable = to_codes(raw[item])
        bad = unreadable | (codes.notna() & ~_is_allowed(codes, indicator.kind))
        expected = f"{_EXPECTED[indicator.kind]}, or -9, -8, -7"
        shown = raw[item].where(unreadable, codes)
        for value, group in shown[bad].groupby(shown[bad], sort=False):
            where = describe_rows(np.flatnonzero(raw.index.isin(group.index)), row_name)
            found = f"{value:g}" if isinstance(value, float) else repr(value)
            faults.append(
                f"{source}: {where}, column {names[item]}: found {found}, expected {expected}"
            )
        if len(raw) and not codes.ge(0).any() and not bad.any():
            faults.append(
                f"{source}: column {names[item]}: found no answer in any of {len(raw)} rows, "
                f"expected {expected}"
            )
    return faults


def _no_outages(raw: pd.DataFrame) -> pd.Series[Any]:
    """Firms that were not asked c7 because they had no outages."""
    if "c6" not in raw:
        return pd.Series(data=False, index=raw.index)
    outages = to_codes(raw["c7"])[0]
    # a skipped question is left empty or marked -7, does not apply
    return to_codes(raw["c6"])[0].eq(2) & (outages.isna() | outages.eq(-7))


def code_items(raw: pd.DataFrame, coding: Coding = "corrected") -> pd.DataFrame:
    """Turn recorded answers into the five indicators.

    Parameters
    ----------
    raw : DataFrame
        Columns c7, k33, ge7, h1, g3 and, where the survey has it, c6.
    coding : {"corrected", "as-published"}
        `corrected`: yes 1, no 0, special codes missing, no outages (c6) means 0 a month.
        `as-published`: answers as numbers, -9 among them; yes/no items minus 1, so no = 1.

    Returns
    -------
    DataFrame of float
        One column per indicator, on the index of `raw`.
    """
    check_option("coding", coding, CODINGS)
    coded: dict[str, pd.Series[Any]] = {}
    for indicator in INDICATORS.values():
        codes = to_codes(raw[indicator.item])[0]
        if coding == "as-published":
            coded[indicator.name] = codes - 1 if indicator.kind == "binary" else codes
            continue
        answered = codes.mask(codes.isin(list(SPECIAL_CODES)))
        if indicator.kind == "binary":
            answered = answered.map({1.0: 1.0, 2.0: 0.0})
        if indicator.item == "c7":
            answered = answered.mask(_no_outages(raw), 0.0)
        coded[indicator.name] = answered.astype(float)
    return pd.DataFrame(coded, index=raw.index)


def attrition_table(raw: pd.DataFrame, coding: Coding = "corrected") -> pd.DataFrame:
    """Count, item by item, what became of every firm, down to the listwise sample.

    Returns
    -------
    DataFrame
        Indexed by item; columns `indicator`, `firms`, `answered`, `no_outages` (not asked c7,
        counted as 0 under `corrected`), `dont_know`, `refused`, `does_not_apply`,
        `system_missing`, `used` (values that enter under this coding) and `listwise` (firms
        complete on this item and all those above it). Answered to system_missing add up to firms.
    """
    coded = code_items(raw, coding)
    skipped = _no_outages(raw)
    rows = []
    complete = pd.Series(data=True, index=raw.index)
    for indicator in INDICATORS.values():
        codes = to_codes(raw[indicator.item])[0]
        no_outages = skipped if indicator.item == "c7" else skipped & False
        complete &= coded[indicator.name].notna()
        row: dict[str, Any] = {
            "item": indicator.item,
            "indicator": indicator.name,
            "firms": len(raw),
            "answered": int((codes.notna() & ~codes.isin(list(SPECIAL_CODES))).sum()),
            "no_outages": int(no_outages.sum()),
        }
        asked = codes.mask(no_outages)
        row |= {name: int(asked.eq(code).sum()) for code, name in SPECIAL_CODES.items()}
        row["system_missing"] = int((codes.isna() & ~no_outages).sum())
        row["used"] = int(coded[indicator.name].notna().sum())
        row["listwise"] = int(complete.sum())
        rows.append(row)
    return pd.DataFrame(rows).set_index("item")


def build_firms(
    raw: pd.DataFrame,
    *,
    coding: Coding,
    oblast_code: pd.Series[Any],
    composite: pd.Series[Any],
    sector: pd.Series[Any] | None,
    provenance: Mapping[str, Any],
) -> pd.DataFrame:
    """Assemble a firm table from raw answers and the regions already resolved.

    Parameters
    ----------
    raw : DataFrame
        Canonical columns; idstd, a6a and the weights are used where present.
    coding : {"corrected", "as-published"}
    oblast_code, composite : Series
        Codes on the index of `raw`; missing where unknown.
    sector : Series or None
        Sector labels on the index of `raw`.
    provenance : mapping
        JSON-ready facts about the source, kept in `.attrs["kz_spatial"]`.

    Returns
    -------
    DataFrame
        Columns `FIRM_COLUMNS`, then whichever of wmedian, wstrict, wweak, foreign_share,
        longitude and latitude the source has.
    """
    firms = pd.DataFrame(index=raw.index)
    firms["firm_id"] = raw["idstd"] if "idstd" in raw else np.arange(1, len(raw) + 1)
    firms["oblast_code"] = oblast_code.astype(object)
    firms["composite"] = composite.astype(object)
    firms["sector"] = sector.astype(object) if sector is not None else None
    if "a6a" in raw:
        sizes = to_codes(raw["a6a"])[0].map(SIZES)
        firms["size"] = sizes.where(sizes.notna(), raw["a6a"].astype("string")).astype(object)
    else:
        firms["size"] = None
    weights = [each for each in WEIGHT_COLUMNS if each in raw]
    firms["weight"] = raw[weights[0]].astype(float) if weights else 1.0
    firms = pd.concat([firms, code_items(raw, coding)], axis=1)
    for name in weights:
        firms[name] = raw[name].astype(float)
    for name, source in (("foreign_share", "b2b"), ("longitude",) * 2, ("latitude",) * 2):
        if source in raw:
            codes = to_codes(raw[source])[0]
            firms[name] = codes.mask(codes.lt(0)) if name == "foreign_share" else codes
    firms.attrs["kz_spatial"] = {
        **provenance,
        "coding": coding,
        "attrition": attrition_table(raw, coding).reset_index().to_dict("records"),
    }
    return firms.reset_index(drop=True)
