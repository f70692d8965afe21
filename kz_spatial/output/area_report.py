"""The report of a table of units: what stands out and how sure, then figures and tables."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup

from kz_spatial.output.clock import today
from kz_spatial.output.page import english, html_table, render_page
from kz_spatial.output.report import place_figure
from kz_spatial.palette import LISA_LETTERS
from kz_spatial.words import aligned, date, integer, missing_note, number, p_value, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from kz_spatial.output.area_terms import AreaTerms
    from kz_spatial.study import AreaStudy

__all__ = ["render_areas"]

_CLEAR: Final = 0.05
_FIRST: Final = 4  # columns that the first screen speaks of
_SAME, _PARTLY = 0.9, 0.5
_LONG: Final = 60


def _with_unit(value: float, name: str, terms: AreaTerms) -> str:
    """A figure with its unit of measure, where the file tells one."""
    told = number(value, terms.language, digits=4)
    if name not in terms.measured:
        return told
    unit = terms.unit(name)
    return f"{told} {unit}" if unit != "%" else f"{told} %"


def _extremes(study: AreaStudy, terms: AreaTerms) -> list[str]:
    lines = []
    shown = [n for n, c in study.columns.items() if c.part != "smoothed" and n != study.population]
    for name in shown[:_FIRST]:
        known = study.columns[name].latest.dropna()
        if len(known) < 2:
            continue
        high, low = known.idxmax(), known.idxmin()
        lines.append(
            terms.say(
                "area.finding.extremes",
                name=_of_year(study, name, terms),
                first=terms.place(high),
                high=_with_unit(known[high], name, terms),
                last=terms.place(low),
                low=_with_unit(known[low], name, terms),
            )
        )
        whole = _whole(study, name)
        if np.isfinite(whole):
            told = _with_unit(whole, name, terms)
            lines[-1] += " " + terms.say("area.finding.whole", value=told)
    return lines


def _of_year(study: AreaStudy, name: str, terms: AreaTerms) -> str:
    """A column with its last year, where it has years."""
    year = study.columns[name].latest_year
    title = terms.indicator(name)
    return terms.say("area.of_year", name=title, year=str(year)) if year else title


def _patterns(study: AreaStudy, terms: AreaTerms) -> list[str]:
    tested = [each for each in study.patterns.values() if np.isfinite(each.moran.p)]
    if not tested:
        return []
    seen = [terms.indicator(each.indicator) for each in tested if each.moran.p < _CLEAR]
    told: dict[str, Any] = {"level": percent(_CLEAR, terms.language), "n": len(tested)}
    if seen:
        expected = number(len(tested) * _CLEAR, terms.language, digits=2)
        lines = [terms.say("area.finding.pattern", **told, seen="; ".join(seen), expected=expected)]
    else:
        lines = [terms.say("area.finding.no_pattern", **told)]
    spots = []
    for each in tested:
        frame = each.local.frame
        out = frame.index[(frame["p_fdr"] <= _CLEAR) & frame["label"].isin(LISA_LETTERS)]
        if len(out):
            places = ", ".join(terms.place(code) for code in out[:_FIRST])
            more = f" (+{integer(len(out) - _FIRST, terms.language)})" if len(out) > _FIRST else ""
            spots.append(
                terms.say(
                    "area.finding.spots",
                    name=terms.indicator(each.indicator),
                    places=places + more,
                )
            )
    return lines + (spots or [terms.say("area.finding.no_spots")])


def _groups(study: AreaStudy, terms: AreaTerms) -> list[str]:
    found = study.groups.by_number.get(("typology", study.options.n_clusters))
    if found is None or len(found.labels) > _LONG:
        return []
    members = [
        f"{number_} — "
        + ", ".join(terms.place(c) for c in found.labels.index[found.labels == number_])
        for number_ in sorted(found.labels.unique())
    ]
    return [
        terms.say(
            "area.finding.groups",
            kind=terms.partition("typology"),
            n=found.n_clusters,
            told="; ".join(members),
        )
    ]


def _years(study: AreaStudy, terms: AreaTerms) -> list[str]:
    lines = []
    for name, found in list(study.years.items())[:_FIRST]:
        if study.columns[name].part or name == study.population:
            continue
        frame, kept = found.frame, found.rank_correlation
        word = "kept_not" if not kept >= _PARTLY else "kept_part" if kept < _SAME else "kept_same"
        lines.append(
            terms.say(
                "area.finding.change",
                name=terms.indicator(name),
                first=str(found.first),
                last=str(found.last),
                low=number(frame["mean"].iloc[0], terms.language),
                high=number(frame["mean"].iloc[-1], terms.language),
                before=number(frame["cv"].iloc[0], terms.language, digits=2),
                after=number(frame["cv"].iloc[-1], terms.language, digits=2),
                kept=terms.say(f"area.finding.{word}"),
            )
        )
        middle, low = found.by_error
        if np.isfinite(middle):
            digits = partial(number, language=terms.language, digits=2)
            lines[-1] += " " + terms.say(
                "area.finding.by_error", found=digits(kept), middle=digits(middle), low=digits(low)
            )
    return lines


def _places(study: AreaStudy, terms: AreaTerms) -> list[str]:
    """Which units the table knows, and which it lacks."""
    lines = []
    if study.record.older:
        names = ", ".join(terms.place(code) for code in study.record.older)
        lines.append(terms.say("area.finding.older", year=str(study.record.vintage), names=names))
    if study.record.missing:
        names = ", ".join(terms.place(code) for code in study.record.missing[:_FIRST])
        rest = len(study.record.missing) - _FIRST
        more = f" (+{integer(rest, terms.language)})" if rest > 0 else ""
        lines.append(terms.say("area.finding.missing", names=names + more))
    return lines


def _values_table(study: AreaStudy, terms: AreaTerms) -> Markup:
    """Figures of the last year, units by the first column from the highest down."""
    frame = {name: column.latest for name, column in study.columns.items()}
    first = next(iter(frame))
    order = frame[first].sort_values(ascending=False).index
    heads = ["", *(terms.titled(name) for name in frame)]
    places, whole = [terms.place(code) for code in order], [_whole(study, name) for name in frame]
    columns = [[*each[order], total] for each, total in zip(frame.values(), whole, strict=True)]
    told = [aligned(each, terms.language, digits=4) for each in columns]
    if any(np.isfinite(each) for each in whole):
        places.append(terms.place("KZ"))
    # the country's figure is left out where no column has one
    rows = zip(places, *told, strict=False)
    return html_table(rows, heads, terms.language, caption=terms.say("table.values"))


def _whole(study: AreaStudy, name: str) -> float:
    """The country's figure of a column in its last year; NaN where the table tells none."""
    column = study.columns[name]
    found = study.record.totals.get(column.title, np.nan) if not column.part else np.nan
    if isinstance(found, dict):
        found = found.get(str(column.latest_year), np.nan)
    return float(found)


def _moran_table(study: AreaStudy, terms: AreaTerms) -> Markup:
    language, rows = terms.language, []
    heads = ["", "I", terms.say("report.expected"), terms.say("report.p")]
    heads.append(terms.say("report.inference"))
    every = [found.moran for found in study.patterns.values()]
    statistics = aligned([m.statistic for m in every], language)
    expected = aligned([m.expected for m in every], language, digits=2)
    for i, (name, m) in enumerate(zip(study.patterns, every, strict=True)):
        row: list[Any] = [
            _of_year(study, name, terms),
            statistics[i],
            expected[i],
            p_value(m.p, language),
        ]
        if m.reason:
            row.append(english(m.reason))
        else:
            method = terms.say(f"method.{m.method}")
            row.append(terms.say("report.arrangements", method=method, n=m.n_arrangements))
        rows.append(row)
    caption = terms.say("table.moran")
    return html_table(rows, heads, language, caption=caption) if rows else Markup()


def _groups_table(study: AreaStudy, terms: AreaTerms) -> Markup:
    rows, language = [], terms.language
    for (kind, k), found in study.groups.by_number.items():
        share = 1 - found.within_ss / found.total_ss if found.total_ss > 0 else np.nan
        proven = terms.say("report.proven" if found.certified else "area.report.not_proven")
        rows.append([terms.partition(kind), integer(k, language), percent(share, language), proven])
    if not rows:
        return Markup()
    heads = ["", terms.say("report.group_count"), terms.say("report.explained")]
    heads.append(terms.say("report.distance"))
    return html_table(rows, heads, language, caption=terms.say("table.clusters"))


def _means_table(study: AreaStudy, terms: AreaTerms) -> Markup:
    """Mean of each column in each group by likeness."""
    means = study.groups.means.get(("typology", study.options.n_clusters))
    if means is None:
        return Markup()
    heads = ["", *(terms.titled(name) for name in means)]
    groups = [terms.say("legend.group", n=int(group)) for group in means.index]
    rows = zip(groups, *(aligned(means[each], terms.language) for each in means), strict=True)
    return html_table(rows, heads, terms.language, caption=terms.say("report.groups"))


def _years_table(frame: pd.DataFrame, title: str, terms: AreaTerms) -> Markup:
    heads = [terms.say("area.year")]
    heads += [terms.say(f"area.report.{key}") for key in ("mean", "cv", "order")]
    rows = zip(
        map(str, frame.index),
        aligned(frame["mean"], terms.language, digits=4),
        aligned(frame["cv"], terms.language, digits=2),
        aligned(frame["rank_correlation"], terms.language, digits=2),
        strict=True,
    )
    return html_table(rows, heads, terms.language, caption=title)


def _moves_table(counts: pd.DataFrame, title: str, terms: AreaTerms) -> Markup:
    words = [terms.say(f"area.report.{key}") for key in counts.columns]
    rows = [
        [word, *(integer(int(n), terms.language) for n in row)]
        for word, row in zip(words, counts.to_numpy().tolist(), strict=True)
    ]
    caption = terms.say("area.report.moves_title", name=title)
    return html_table(rows, ["", *words], terms.language, caption=caption)


def render_areas(
    study: AreaStudy,
    terms: AreaTerms,
    figures: Mapping[str, str],
    *,
    version: str,
    written: dt.date | None = None,
) -> str:
    """Render the report of a table of units.

    Parameters
    ----------
    study : AreaStudy
    terms : AreaTerms
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
    language = terms.language
    years = {column.latest_year for column in study.columns.values()} - {0}
    in_year = terms.say("area.report.in_year", year=str(max(years))) if years else ""
    parts = [
        (
            terms.titled(name),
            _years_table(found.frame, terms.titled(name), terms),
            _moves_table(found.mobility.counts, terms.indicator(name), terms)
            if found.mobility
            else Markup(),
        )
        for name, found in study.years.items()
        if not study.columns[name].part
    ]
    source = terms.say("area.source", source=Path(study.record.source).name)
    return render_page(
        "areas.html.j2",
        language,
        title=terms.title,
        meta=[" · ".join([source, f"kz_spatial {version}", date(written or today(), language)])],
        findings=[
            *_places(study, terms),
            *_extremes(study, terms),
            *_years(study, terms),
            *_patterns(study, terms),
            *_groups(study, terms),
        ],
        figure=partial(place_figure, figures),
        values=_values_table(study, terms),
        in_year=in_year,
        moran=_moran_table(study, terms),
        clear=percent(_CLEAR, language),
        groups=_groups_table(study, terms),
        means=_means_table(study, terms),
        rest_on=", ".join(terms.indicator(name) for name in study.groups.columns),
        years=parts,
        notes=[*study.record.notes, *study.groups.warnings],
        left_out=study.record.left_out,
        inapplicable=[f"{what}: {why}" for what, why in study.inapplicable.items()],
        missing=missing_note(language),
    )
