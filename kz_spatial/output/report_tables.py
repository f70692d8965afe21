"""The tables of the report, each a piece of HTML in the report's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from kz_spatial.options import INDICATORS, Language
from kz_spatial.output.page import english, html_table
from kz_spatial.output.terms import (
    indicator_name,
    level_phrase,
    partition_title,
    statistic_name,
    term_name,
    unit_name,
)
from kz_spatial.places import place_name
from kz_spatial.words import NOTHING, has_words, integer, interval, number, percent, say, study_word

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.study import Study

__all__ = [
    "attrition_table",
    "groupings_table",
    "moran_table",
    "other_statistics_table",
    "readiness_table",
    "regression_table",
    "replication_table",
]

_CONFIDENCE = 0.95
_CRITERIA = ("silhouette", "calinski_harabasz", "gap")


def readiness_table(study: Study, language: Language) -> Markup:
    """Means, standard errors, score and place of each composite region."""
    table = study.tables["composite"].sort_values("rank")
    heads = ["", say("column.n_firms", language)]
    columns = [
        [place_name(str(code), language) for code in table.index],
        [integer(each, language) for each in table["n_firms"]],
    ]
    for name, indicator in INDICATORS.items():
        scale = 100 if indicator.kind == "binary" else 1
        unit = "%" if scale == 100 else unit_name(name, language)
        heads.append(say("legend.titled", language, name=indicator_name(name, language), unit=unit))
        pairs = zip(table[f"{name}_mean"] * scale, table[f"{name}_se"] * scale, strict=True)
        columns.append(
            [f"{number(m, language)} ({number(s, language, digits=2)})" for m, s in pairs]
        )
    heads += [indicator_name("readiness", language), say("column.rank", language)]
    columns.append([number(each, language, digits=2) for each in table["readiness"]])
    columns.append([integer(each, language) for each in table["rank"]])
    return html_table(zip(*columns, strict=True), heads, language)


def regression_table(study: Study, language: Language) -> Markup:
    """Coefficients of both codings side by side; empty without a fit."""
    if not study.fits:
        return Markup()
    terms = list(dict.fromkeys(t for fit in study.fits.values() for t in fit.coefficients.index))
    heads, columns = [""], [[term_name(term, language) for term in terms]]
    for coding, fit in study.fits.items():
        table = fit.table().reindex(terms)
        told = say(f"coding.{coding}", language)
        heads += [
            say("report.coefficient", language, coding=told),
            say("report.std_error", language),
            say("report.p", language),
            say("report.interval", language, share=percent(_CONFIDENCE, language)),
        ]
        columns += [
            [number(each, language) for each in table["coefficient"]],
            [number(each, language) for each in table["std_error"]],
            [number(each, language, digits=2) for each in table["p"]],
            [
                interval(*ends, language)
                for ends in zip(table["ci_low"], table["ci_high"], strict=True)
            ],
        ]
    return html_table(zip(*columns, strict=True), heads, language)


def _by(level: str, name: str, language: Language) -> str:
    return say(
        "report.finding.at_level",
        language,
        indicator=indicator_name(name, language),
        level=level_phrase(level, language),
    )


def moran_table(study: Study, language: Language) -> Markup:
    """Global Moran's I of each indicator at each level."""
    drawn = bool(study.patterns.resampled)
    heads = ["", "I", say("report.expected", language), say("report.p", language)]
    if drawn:
        share = percent(_CONFIDENCE, language)
        heads.append(say("report.draws_interval", language, share=share))
    rows = []
    for (level, name), m in study.moran.items():
        row = [
            _by(level, name, language),
            number(m.statistic, language),
            number(m.expected, language),
            number(m.p, language, digits=2),
        ]
        if drawn:
            again = study.patterns.resampled.get((level, name))
            row.append(interval(again.low, again.high, language) if again else NOTHING)
        if m.reason:
            row.append(english(m.reason))
        else:
            method = say(f"method.{m.method}", language)
            row.append(say("report.arrangements", language, method=method, n=m.n_arrangements))
        rows.append(row)
    return html_table(rows, [*heads, say("report.inference", language)], language)


def other_statistics_table(study: Study, language: Language) -> Markup:
    """The other global statistics with their p, an indicator to a row."""
    rows, names = [], []
    for (level, name), found in study.patterns.others.items():
        row = {"": _by(level, name, language)}
        for each in found:
            head = statistic_name(each.name, language)
            told = say(
                "report.with_p",
                language,
                statistic=number(each.statistic, language),
                p=number(each.p, language, digits=2),
            ).replace(" ", "\u00a0")
            row[head] = told if np.isfinite(each.p) else NOTHING
            if head not in names:
                names.append(head)
        rows.append(row)
    heads = ["", *names]
    return html_table([[row.get(h, NOTHING) for h in heads] for row in rows], heads, language)


def groupings_table(study: Study, language: Language) -> Markup:
    """How tight each grouping is, and what the criteria would have chosen."""
    rows = []
    for (kind, level), found in study.partitions.items():
        best = study.groupings.choice[kind, level].best
        share = 1 - found.within_ss / found.total_ss if found.total_ss > 0 else np.nan
        known = percent(found.gap, language, digits=1)
        unknown = say("report.unknown", language) if known == NOTHING else known
        rows.append(
            [
                partition_title(f"{kind}_{level}", language),
                integer(found.n_clusters, language),
                percent(share, language),
                say("report.proven", language) if found.certified else unknown,
                *(integer(best[c], language) if best.get(c) else NOTHING for c in _CRITERIA),
            ]
        )
    if not rows:
        return Markup()
    heads = [
        "",
        *(say(f"report.{c}", language) for c in ("group_count", "explained", "distance")),
        *(say(f"criterion.{c}", language) for c in _CRITERIA),
    ]
    return html_table(rows, heads, language)


def attrition_table(study: Study, language: Language) -> Markup:
    """From the firms of the file to those complete on every item."""
    table = study.attrition.reset_index()
    table["indicator"] = [indicator_name(each, language) for each in table["indicator"]]
    heads = [
        say(key, language) if has_words(key := f"attrition.{column}") else study_word(key, language)
        for column in table
    ]
    return html_table(table, heads, language)


def replication_table(table: pd.DataFrame, language: Language) -> Markup:
    """How many printed numbers each coding reproduces, by printed table."""
    agree = [c for c in table if c.endswith("_agrees")]
    counts = table.groupby("table", sort=True)[agree].sum()
    counts.insert(0, "printed", table.groupby("table").size())
    codings = (c.removesuffix("_agrees").replace("_", "-") for c in agree)
    heads = [
        "",
        say("report.printed_numbers", language),
        *(say(f"coding.{coding}", language) for coding in codings),
    ]
    rows = [
        [say("report.printed_table", language, n=int(name.removeprefix("Table "))), *row]
        for name, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    ]
    return html_table(rows, heads, language)
