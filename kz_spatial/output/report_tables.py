"""The tables of the report, each a piece of HTML in the report's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from kz_spatial.design import SCORE
from kz_spatial.estimates import CONFIDENCE
from kz_spatial.output.page import english, html_table
from kz_spatial.output.styles import score_of
from kz_spatial.output.terms import Terms
from kz_spatial.words import (
    NOTHING,
    aligned,
    aligned_intervals,
    decimals,
    has_words,
    integer,
    p_value,
    percent,
)

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.output.disclosure import Published

__all__ = [
    "attrition_table",
    "groupings_table",
    "moran_table",
    "other_statistics_table",
    "readiness_table",
    "regression_table",
    "replication_table",
]

_CRITERIA = ("silhouette", "calinski_harabasz", "gap")


def readiness_table(study: Published, terms: Terms) -> Markup:
    """Means, standard errors, score and place of each region of the grouping."""
    table, language = study.tables[study.design.grouping.name].sort_values("rank"), terms.language
    heads = ["", terms.say("column.n_firms")]
    columns = [
        [terms.place(code) for code in table.index],
        [integer(each, language) for each in table["n_firms"]],
    ]
    for name, indicator in study.design.by_name.items():
        mean, error = (table[f"{name}_{part}"] * indicator.scale for part in ("mean", "se"))
        unit = terms.shown_unit(name)
        heads.append(terms.say("legend.titled", name=terms.indicator(name), unit=unit))
        told = zip(aligned(mean, language), aligned(error, language, digits=2), strict=True)
        columns.append([m if m == NOTHING else f"{m} ({s})" for m, s in told])
    heads += [terms.score(score_of(table)), terms.say("column.rank")]
    columns.append(aligned(table[SCORE], language, digits=2))
    columns.append([integer(each, language) for each in table["rank"]])
    caption = terms.say("table.readiness")
    return html_table(zip(*columns, strict=True), heads, language, caption=caption)


def regression_table(study: Published, terms: Terms) -> Markup:
    """Coefficients of both codings side by side; empty without a fit."""
    if not study.fits:
        return Markup()
    rows = list(dict.fromkeys(t for fit in study.fits.values() for t in fit.coefficients.index))
    heads, columns = [""], [[terms.term(each) for each in rows]]
    for coding, fit in study.fits.items():
        table = fit.table().reindex(rows)
        told = terms.say(f"coding.{coding}")
        heads += [
            terms.say("report.coefficient", coding=told),
            terms.say("report.std_error"),
            terms.say("report.p"),
            terms.say("report.interval", share=percent(CONFIDENCE, terms.language)),
        ]
        columns += [
            aligned(table["coefficient"], terms.language),
            aligned(table["std_error"], terms.language),
            [p_value(each, terms.language) for each in table["p"]],
            aligned_intervals(zip(table["ci_low"], table["ci_high"], strict=True), terms.language),
        ]
    caption = terms.say("table.regression")
    return html_table(zip(*columns, strict=True), heads, terms.language, caption=caption)


def _by(level: str, name: str, terms: Terms) -> str:
    return terms.say(
        "report.finding.at_level",
        indicator=terms.indicator(name),
        level=terms.by_level(level),
    )


def moran_table(study: Published, terms: Terms) -> Markup:
    """Global Moran's I of each indicator at each level."""
    language = terms.language
    drawn = any(each.resampled is not None for each in study.patterns)
    heads = ["", "I", terms.say("report.expected"), terms.say("report.p")]
    if drawn:
        share = percent(CONFIDENCE, language)
        heads.append(terms.say("report.draws_interval", share=share))
    found = list(study.patterns)
    statistics = aligned([each.moran.statistic for each in found], language)
    expected = aligned([each.moran.expected for each in found], language, digits=2)
    ends = ((e.resampled.low, e.resampled.high) if e.resampled else (np.nan,) * 2 for e in found)
    ranges = aligned_intervals(ends, language)
    rows = []
    for i, each in enumerate(found):
        m = each.moran
        row = [
            _by(each.level, each.indicator, terms),
            statistics[i],
            expected[i],
            p_value(m.p, language),
        ]
        if drawn:
            row.append(ranges[i])
        if m.reason:
            row.append(english(m.reason))
        else:
            method = terms.say(f"method.{m.method}")
            row.append(terms.say("report.arrangements", method=method, n=m.n_arrangements))
        rows.append(row)
    caption = terms.say("table.moran")
    return html_table(rows, [*heads, terms.say("report.inference")], language, caption=caption)


def other_statistics_table(study: Published, terms: Terms) -> Markup:
    """The other global statistics with their p, an indicator to a row."""
    rows, names = [], dict[str, None]()
    for pattern in study.patterns:
        row = {"": _by(pattern.level, pattern.indicator, terms)}
        for each in pattern.others:
            told = terms.say(
                "report.with_p",
                statistic=decimals(each.statistic, 3, terms.language),
                p=p_value(each.p, terms.language),
            ).replace(" ", "\u00a0")
            head = terms.statistic(each.name)
            row[head] = told if np.isfinite(each.p) else NOTHING
            names[head] = None
        rows.append(row)
    heads = ["", *names]
    cells = [[row.get(h, NOTHING) for h in heads] for row in rows]
    caption = terms.say("report.other_statistics_title")
    return html_table(cells, heads, terms.language, caption=caption)


def groupings_table(study: Published, terms: Terms) -> Markup:
    """How tight each grouping is, and what the criteria would have chosen."""
    rows, language = [], terms.language
    for each in study.groupings.every:
        found, best = each.partition, each.choice.best
        share = 1 - found.within_ss / found.total_ss if found.total_ss > 0 else np.nan
        known = percent(found.gap, language, digits=1)
        unknown = terms.say("report.unknown") if known == NOTHING else known
        rows.append(
            [
                terms.partition(each.column),
                integer(found.n_clusters, language),
                percent(share, language),
                terms.say("report.proven") if found.certified else unknown,
                *(integer(best.get(c), language) for c in _CRITERIA),
            ]
        )
    if not rows:
        return Markup()
    heads = [
        "",
        *(terms.say(f"report.{c}") for c in ("group_count", "explained", "distance")),
        *(terms.say(f"criterion.{c}") for c in _CRITERIA),
    ]
    return html_table(rows, heads, language, caption=terms.say("table.clusters"))


def attrition_table(study: Published, terms: Terms) -> Markup:
    """From the firms of the file to those complete on every item, with the reasons that occur."""
    table = study.attrition.reset_index()
    design = study.design
    reasons = {each for item in design.indicators for each in design.codes_of(item).values()}
    table = table.drop(
        columns=[each for each in table if each in reasons and not table[each].any()]
    )
    table["indicator"] = [terms.indicator(each) for each in table["indicator"]]
    heads = [
        terms.say(key) if has_words(key := f"attrition.{column}") else column.replace("_", " ")
        for column in table
    ]
    caption = terms.say("table.attrition")
    return html_table(table, heads, terms.language, caption=caption)


def replication_table(table: pd.DataFrame | None, terms: Terms) -> Markup:
    """How many printed numbers each coding reproduces, by printed table; empty without one."""
    if table is None:
        return Markup()
    agree = [c for c in table if c.endswith("_agrees")]
    counts = table.groupby("table", sort=True)[agree].sum()
    counts.insert(0, "printed", table.groupby("table").size())
    codings = (c.removesuffix("_agrees").replace("_", "-") for c in agree)
    heads = [
        "",
        terms.say("report.printed_numbers"),
        *(terms.say(f"coding.{coding}") for coding in codings),
    ]
    rows = [
        [terms.say("report.printed_table", n=int(name.removeprefix("Table "))), *row]
        for name, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    ]
    caption = terms.say("table.replication")
    return html_table(rows, heads, terms.language, caption=caption)
