"""What survey answers become: codings, special codes, skipped questions, and who is left.

What is asked, and when, a `StudyDesign` says: yes/no items hold 1 = yes and 2 = no; special answers
are negative numbers, each with its reason; a skip rule says which answer to an earlier question
leaves one out, and what that counts as.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, describe_rows
from kz_spatial.design import DOES_NOT_APPLY, NO, YES, design_to_dict
from kz_spatial.options import Coding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kz_spatial.design import Indicator, StudyDesign

__all__ = [
    "CODINGS",
    "SIZES",
    "STATUS",
    "answer_status",
    "attrition_table",
    "build_firms",
    "code_items",
    "find_value_faults",
    "to_codes",
]

CODINGS: Final[tuple[Coding, ...]] = ("corrected", "as-published")
SIZES: Final[dict[int, str]] = {1: "small", 2: "medium", 3: "large"}
STATUS: Final = "_status"
# beyond it whole numbers are no longer held one by one, and squares of some run over
_LARGEST: Final = 1e15
_NOTHING: Final = r"\.?|\.[a-z]|na|nan|<na>"  # nothing, and Stata's missing values . to .z


def to_codes(column: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Read a column of answers as numeric codes.

    Parameters
    ----------
    column : Series
        Numbers, or text holding numbers; labels are codes by then, see `answers`.

    Returns
    -------
    codes : Series of float
        NaN where nothing was recorded or where the text is no answer.
    unreadable : Series of bool
        True where there is text that is no number.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype(float), pd.Series(data=False, index=column.index)
    text = column.astype(object).astype("string").str.strip()
    text = text.mask(text.str.lower().str.fullmatch(_NOTHING))
    codes = pd.to_numeric(text, errors="coerce").astype(float)
    return codes, (codes.isna() & text.notna()).astype(bool)


def _is_allowed(
    values: pd.Series[Any], indicator: Indicator, special: Mapping[int, str]
) -> pd.Series[Any]:
    answered_none = values.isin(list(special))
    if indicator.kind == "binary":
        return answered_none | values.isin([YES, NO])
    upper = min(indicator.rule.upper, _LARGEST)
    return answered_none | values.between(0, upper)


def find_value_faults(
    raw: pd.DataFrame,
    design: StudyDesign,
    *,
    source: str,
    row_name: Callable[[int], str],
    names: Mapping[str, str],
) -> list[str]:
    """Collect every answer that the questionnaire does not allow.

    Parameters
    ----------
    raw : DataFrame
        Item columns as read (numbers, text or labels); items that are absent are passed over.
    design : StudyDesign
    source : str
        File name for the messages.
    row_name : callable
        Position in the table to the row's name in the file.
    names : mapping
        Item to its column name in the file.

    Returns
    -------
    list of str
        One line per column and value found.
    """
    faults = []
    for indicator in design.indicators:
        item, special = indicator.item, design.codes_of(indicator)
        if item not in raw:
            continue
        codes, unreadable = to_codes(raw[item])
        bad = unreadable | (codes.notna() & ~_is_allowed(codes, indicator, special))
        none = ", ".join(str(code) for code in sorted(special))
        expected = indicator.rule.expected + (f", or {none}" if none else "")
        huge = f"{indicator.rule.expected}, at most {_LARGEST:g}"
        shown = raw[item].where(unreadable, codes)
        for value, group in shown[bad].groupby(shown[bad], sort=False):
            where = describe_rows(np.flatnonzero(raw.index.isin(group.index)), row_name)
            found = f"{value:g}" if isinstance(value, float) else repr(value)
            too_large = isinstance(value, float) and _LARGEST < value < np.inf
            faults.append(
                f"{source}: {where}, column {names[item]}: found {found}, expected "
                f"{huge if too_large and np.isinf(indicator.rule.upper) else expected}"
            )
        counted = codes.ge(0) | (_skipped(raw, indicator, special) & _has_value(indicator))
        if len(raw) and not counted.any() and not bad.any():
            faults.append(
                f"{source}: column {names[item]}: found no answer in any of {len(raw)} rows, "
                f"expected {expected}"
            )
    return faults


def _has_value(indicator: Indicator) -> bool:
    """Whether firms that were not asked count as something: no outages are 0 a month."""
    return indicator.skip is not None and indicator.skip.value is not None


def _skipped(raw: pd.DataFrame, indicator: Indicator, special: Mapping[int, str]) -> pd.Series[Any]:
    """Firms that were not asked a question because of an earlier answer."""
    rule = indicator.skip
    if rule is None or rule.item not in raw:
        return pd.Series(data=False, index=raw.index)
    own = to_codes(raw[indicator.item])[0]
    # a skipped question is left empty or marked as not applying
    unasked = [code for code, reason in special.items() if reason == DOES_NOT_APPLY]
    return to_codes(raw[rule.item])[0].eq(rule.code) & (own.isna() | own.isin(unasked))


def code_items(
    raw: pd.DataFrame, design: StudyDesign, coding: Coding = "corrected"
) -> pd.DataFrame:
    """Turn recorded answers into the indicators of a design.

    Parameters
    ----------
    raw : DataFrame
        A column per item and, where the survey has it, per question of a skip rule.
    design : StudyDesign
    coding : {"corrected", "as-published"}
        `corrected`: yes 1, no 0, special codes missing, skipped questions as their rule says.
        `as-published`: answers as numbers, special codes among them; yes/no items minus 1, so
        no = 1.

    Returns
    -------
    DataFrame of float
        One column per indicator, on the index of `raw`.
    """
    check_option("coding", coding, CODINGS)
    coded: dict[str, pd.Series[Any]] = {}
    for indicator in design.indicators:
        special = design.codes_of(indicator)
        codes = to_codes(raw[indicator.item])[0]
        if coding == "as-published":
            coded[indicator.name] = codes - 1 if indicator.kind == "binary" else codes
            continue
        answered = codes.mask(codes.isin(list(special)))
        if indicator.kind == "binary":
            answered = answered.map({float(YES): 1.0, float(NO): 0.0})
        if indicator.skip and _has_value(indicator):
            answered = answered.mask(_skipped(raw, indicator, special), indicator.skip.value)
        coded[indicator.name] = answered.astype(float)
    return pd.DataFrame(coded, index=raw.index)


def answer_status(raw: pd.DataFrame, design: StudyDesign) -> pd.DataFrame:
    """What became of each question for each firm.

    Parameters
    ----------
    raw : DataFrame
        As `code_items` takes it.
    design : StudyDesign

    Returns
    -------
    DataFrame of categories
        By indicator, on the index of `raw`: "answered", "skipped" (not asked, by the design's
        rule), a reason of the special codes ("dont_know", "refused", ...), "system_missing".
    """
    found: dict[str, pd.Series[Any]] = {}
    for indicator in design.indicators:
        special = design.codes_of(indicator)
        codes = to_codes(raw[indicator.item])[0]
        status = codes.map(special).where(codes.notna(), "system_missing").fillna("answered")
        status = status.mask(_skipped(raw, indicator, special), "skipped")
        kinds = ["answered", "skipped", *dict.fromkeys(special.values()), "system_missing"]
        found[indicator.name] = status.astype(pd.CategoricalDtype(kinds))
    return pd.DataFrame(found, index=raw.index)


def attrition_table(
    raw: pd.DataFrame, design: StudyDesign, coding: Coding = "corrected"
) -> pd.DataFrame:
    """Count, item by item, what became of every firm, down to the listwise sample.

    Returns
    -------
    DataFrame
        Indexed by item; columns `indicator`, `firms`, `answered`, `skipped` (not asked, by the
        design's rule), one for each reason of the design's special codes (`dont_know`, `refused`,
        ...), `system_missing`, `used` (values that enter under this coding) and `listwise` (firms
        complete on this item and all those above it). Answered to system_missing add up to firms.
    """
    coded, statuses = code_items(raw, design, coding), answer_status(raw, design)
    reasons = dict.fromkeys(
        reason for each in design.indicators for reason in design.codes_of(each).values()
    )
    rows = []
    complete = pd.Series(data=True, index=raw.index)
    for indicator in design.indicators:
        counts = statuses[indicator.name].value_counts()
        complete &= coded[indicator.name].notna()
        row: dict[str, Any] = {
            "item": indicator.item,
            "indicator": indicator.name,
            "firms": len(raw),
        }
        for status in ("answered", "skipped", *reasons, "system_missing"):
            row[status] = int(counts.get(status, 0))
        row["used"] = int(coded[indicator.name].notna().sum())
        row["listwise"] = int(complete.sum())
        rows.append(row)
    return pd.DataFrame(rows).set_index("item")


def _sizes(column: pd.Series[Any]) -> pd.Series[Any]:
    sizes = to_codes(column)[0].map(SIZES)
    return sizes.where(sizes.notna(), column.astype("string")).astype(object)


class _Kept(dict[str, Any]):
    """A record that copies share, since pandas copies attributes at every step of a table."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Kept:
        return self


def build_firms(
    raw: pd.DataFrame,
    design: StudyDesign,
    *,
    coding: Coding,
    oblast_code: pd.Series[Any],
    region: pd.Series[Any],
    sector: pd.Series[Any] | None,
    provenance: Mapping[str, Any],
) -> pd.DataFrame:
    """Assemble a firm table from raw answers and the regions already resolved.

    Parameters
    ----------
    raw : DataFrame
        Columns by item, and by role ("id", "size", ...) where present; coordinates as numbers.
    design : StudyDesign
    coding : {"corrected", "as-published"}
    oblast_code, region : Series
        Codes on the index of `raw`; missing where unknown.
    sector : Series or None
        Sector labels on the index of `raw`.
    provenance : mapping
        JSON-ready facts about the source, kept in `.attrs["kz_spatial"]`.

    Returns
    -------
    DataFrame
        Columns `design.firm_columns`, then whichever of the survey weights, strata, foreign_share,
        longitude and latitude the source has, then each indicator's `answer_status` under its name
        with "_status" after it.
    """
    firms = pd.DataFrame(index=raw.index)
    firms["firm_id"] = raw["id"] if "id" in raw else np.arange(1, len(raw) + 1)
    firms["oblast_code"] = oblast_code.astype(object)
    firms[design.grouping.name] = region.astype(object)
    firms["sector"] = sector.astype(object) if sector is not None else None
    firms["size"] = _sizes(raw["size"]) if "size" in raw else None
    weights = [each for each in design.weights if each in raw]
    firms["weight"] = to_codes(raw[weights[0]])[0] if weights else 1.0
    firms = pd.concat([firms, code_items(raw, design, coding)], axis=1)
    for name in weights:
        firms[name] = to_codes(raw[name])[0]
    for name in (each for each in design.strata if each in raw):
        firms[name] = raw[name].astype(object).where(raw[name].notna(), None)
    if "foreign_share" in raw:
        codes = to_codes(raw["foreign_share"])[0]
        firms["foreign_share"] = codes.mask(codes.lt(0))
    if {"longitude", "latitude"} <= set(raw):
        for name in ("longitude", "latitude"):
            firms[name] = raw[name].astype(float)
    firms = firms.join(answer_status(raw, design).add_suffix(STATUS))
    firms.attrs["kz_spatial"] = {
        **provenance,
        "coding": coding,
        "ids": "id" in raw,
        "design": _Kept(design_to_dict(design)),
        "attrition": [
            _Kept(each)
            for each in attrition_table(raw, design, coding).reset_index().to_dict("records")
        ],
    }
    return firms.reset_index(drop=True)
