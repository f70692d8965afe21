"""The report of a comparison: what changed between two bundles, in words and in a table."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from kz_spatial.output.change_figure import difference_unit
from kz_spatial.output.change_layer import CHANGE_CLASSES, change_notice, classed
from kz_spatial.output.clock import today
from kz_spatial.output.page import english, html_table, render_page
from kz_spatial.output.report import place_figure
from kz_spatial.words import (
    NOTHING,
    date,
    decimals,
    integer,
    missing_note,
    p_value,
    percent,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from kz_spatial.options import Language
    from kz_spatial.output.terms import Terms
    from kz_spatial.study import BundleChange

__all__ = ["change_notes", "render_changes"]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Writes the numbers of one indicator with as many decimals as its errors bear."""

    scale: float
    places: int
    language: Language

    @classmethod
    def of(cls, rows: pd.DataFrame, scale: float, language: Language) -> _Numbers:
        """Two digits of the middle standard error; three at most after the decimal sign."""
        errors = scale * rows["std_error"]
        middle = float(errors[errors > 0].median())
        places = 1 - math.floor(math.log10(middle)) if math.isfinite(middle) else 1
        return cls(scale, min(max(places, 0), 3), language)

    def plain(self, value: float) -> str:
        return decimals(self.scale * value, self.places, self.language)

    def signed(self, value: float) -> str:
        told = self.plain(value)
        return f"+{told}" if value > 0 else told

    def interval(self, low: float, high: float) -> str:
        if not math.isfinite(low):
            return NOTHING
        ends = {"low": self.plain(low), "high": self.plain(high)}
        return say("format.interval", self.language, **ends)


def _coding(record: Mapping[str, Any], language: Language) -> str:
    return say(f"coding.{record['options']['coding']}", language)


def _weights(record: Mapping[str, Any], language: Language) -> str:
    return record["options"]["weights"] or say("report.no_weights", language)


def change_notes(change: BundleChange, language: Language) -> list[str]:
    """What makes two bundles hard to compare, a line each."""
    first, second = change.first, change.second
    years = [each["design"]["wave"]["year"] for each in (first, second)]
    lines = []
    for key, told in (("change.codings", _coding), ("change.weightings", _weights)):
        one, two = (told(each, language) for each in (first, second))
        if one != two:
            lines.append(say(key, language, first=one, second=two))
    if first["sha256"] == second["sha256"] is not None:
        lines.append(say("change.one_file", language))
    if years[0] > years[1]:
        lines.append(
            say("change.turned_round", language, first=str(years[0]), second=str(years[1]))
        )
    return lines


def _finding(rows: pd.DataFrame, numbers: _Numbers, terms: Terms) -> str:
    """Which regions changed, by class, and how many did not clearly."""
    parts = []
    for key, (words, _) in CHANGE_CLASSES.items():
        found = rows[rows["class"] == key]
        if found.empty:
            continue
        if key == "not clear":
            part = terms.say("report.in_regions", n=len(found))
        elif key in ("withheld", "no interval"):
            part = ", ".join(terms.place(code) for code in found["code"])
        else:
            pairs = zip(found["code"], found["difference"], strict=True)
            part = ", ".join(f"{terms.place(code)} ({numbers.signed(by)})" for code, by in pairs)
        parts.append(terms.say("legend.about", name=terms.say(words), part=part))
    return ". ".join(parts) + "."


def _table(rows: pd.DataFrame, numbers: _Numbers, change: BundleChange, terms: Terms) -> Markup:
    language, name = terms.language, str(rows["indicator"].iloc[0])
    caption = terms.say(
        "legend.titled", name=terms.indicator(name), unit=difference_unit(name, terms)
    )
    heads = [
        "",
        *(
            terms.say(
                "legend.titled", name=terms.say(key), unit=str(each["design"]["wave"]["year"])
            )
            for key, each in (("column.first", change.first), ("column.second", change.second))
        ),
        terms.say("column.difference"),
        terms.say("report.interval", share=percent(change.level, language)),
        terms.say("report.p"),
        terms.say("column.change"),
    ]
    told = [CHANGE_CLASSES[key][0] for key in rows["class"]]
    cells = (
        [
            terms.place(row["code"]),
            numbers.plain(row["first"]),
            numbers.plain(row["second"]),
            numbers.signed(row["difference"]),
            numbers.interval(row["ci_low"], row["ci_high"]),
            p_value(row["p"], language),
            terms.say(words),
        ]
        for row, words in zip(rows.to_dict("records"), told, strict=True)
    )
    return html_table(cells, heads, language, caption=caption)


def _bundles(change: BundleChange, terms: Terms) -> Markup:
    """The two bundles side by side."""
    language, both = terms.language, (change.first, change.second)
    told: list[tuple[str, list[str]]] = [
        ("change.wave", [str(each["design"]["wave"]["year"]) for each in both]),
        (
            "change.source",
            [terms.source(each["source"], synthetic=each["synthetic"]) for each in both],
        ),
        ("column.n_firms", [integer(each["n_firms"], language) for each in both]),
        ("report.coding", [_coding(each, language) for each in both]),
        ("report.weights", [_weights(each, language) for each in both]),
        ("change.vintage", [str(each["design"]["wave"]["vintage"]) for each in both]),
        (
            "change.written",
            [date(dt.date.fromisoformat(each["written"][:10]), language) for each in both],
        ),
    ]
    # text all of it, so that years and names stand under each other
    rows = [[terms.say(key), *map(escape, values)] for key, values in told]
    heads = ["", terms.say("change.first"), terms.say("change.second")]
    return html_table(rows, heads, language, caption=terms.say("change.compared"))


def _left_out(change: BundleChange) -> list[str]:
    """Indicators that the comparison lacks, and why either bundle lacks them; English."""
    reasons = [
        line for each in (change.first, change.second) for line in each["design"]["left_out"]
    ]
    return list(dict.fromkeys([*change.left_out, *reasons]))


def change_notices(change: BundleChange, language: Language) -> list[str | Markup]:
    """What stands at the head of a comparison's report."""
    notice = change_notice(change.first, change.second, language)
    lines: list[str | Markup] = [f"{notice}."] if notice else []
    lines += change_notes(change, language)
    if left := _left_out(change):
        told = Markup("{} {}.").format(say("change.left_out", language), english("; ".join(left)))
        lines.append(told)
    return lines


def render_changes(
    change: BundleChange,
    terms: Terms,
    figures: Mapping[str, str],
    *,
    version: str,
    written: dt.date | None = None,
) -> str:
    """Render the report of a comparison.

    Parameters
    ----------
    change : BundleChange
    terms : Terms
        As `change_terms` gives them.
    figures : mapping
        Figure name to SVG text.
    version : str
        Version of the package.
    written : date, optional
        Day in the head; today when not given.

    Returns
    -------
    str
        A whole HTML page that asks for nothing outside itself.
    """
    language, design = terms.language, change.design
    table = change.frame.assign(**{"class": classed(change)})
    parts = []
    for name, each in design.by_name.items():
        rows = table[table["indicator"] == name]
        numbers = _Numbers.of(rows, each.scale, language)
        parts.append(
            {
                "name": terms.indicator(name),
                "unit": difference_unit(name, terms),
                "told": _finding(rows, numbers, terms),
                "table": _table(rows, numbers, change, terms),
            }
        )
    tested = int(change.frame["change"].notna().sum())
    return render_page(
        "changes.html.j2",
        language,
        title=terms.title,
        notices=change_notices(change, language),
        meta=[f"kz_spatial {version} · {date(written or today(), language)}"],
        level=percent(change.level, language),
        parts=parts,
        n_tested=tested,
        by_chance=(1 - change.level) * tested,
        figure=partial(place_figure, figures),
        bundles=_bundles(change, terms),
        missing=missing_note(language),
    )
