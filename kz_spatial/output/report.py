"""The report: one HTML file with figures and tables inside, written for a first reading."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup, escape

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SCORE
from kz_spatial.estimates import CONFIDENCE
from kz_spatial.output import report_tables
from kz_spatial.output.clock import today
from kz_spatial.output.disclosure import rules_line
from kz_spatial.output.doubt_report import ranks_found, ranks_table, small_areas_table
from kz_spatial.output.figure_texts import figure_texts
from kz_spatial.output.methods import citations, methods_told, versions_table
from kz_spatial.output.model_tables import check_tables, models_table
from kz_spatial.output.page import code_marked, english, render_page
from kz_spatial.output.plain_words import in_short
from kz_spatial.output.styles import score_of
from kz_spatial.output.terms import Terms
from kz_spatial.palette import LISA_LETTERS
from kz_spatial.words import date, decimals, missing_note, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kz_spatial.output.briefs import Brief
    from kz_spatial.output.disclosure import Published
    from kz_spatial.study import OwnLayer

__all__ = ["place_figure", "render_report"]

_CLEAR: Final = 0.05
_IN_DOUBT: Final = 0.1  # share of draws with another class, as `resampled_moran` has it


def _regression_notes(study: Published, terms: Terms) -> list[str]:
    return [
        terms.say(
            "report.regression_sample",
            coding=terms.say(f"coding.{coding}"),
            firms=terms.say("report.complete_firms", n=fit.n_obs),
            regions=terms.say("report.in_regions", n=fit.n_clusters),
            r2=decimals(fit.r2, 3, terms.language),
            r2_within=decimals(fit.r2_within, 3, terms.language),
        )
        for coding, fit in study.fits.items()
    ]


def _extremes(study: Published, terms: Terms) -> list[str]:
    """Who scores highest and lowest, on the score and on the outcome."""
    lines, outcome = [], study.design.outcome
    whole = study.tables[study.design.grouping.name]
    table = whole.dropna(subset=[SCORE]).sort_values("rank")
    if len(table):
        first, last = (terms.place(table.index[i]) for i in (0, -1))
        score = terms.score(score_of(whole))
        lines.append(terms.say("report.finding.extremes", score=score, first=first, last=last))
    means = whole[f"{outcome}_mean"].dropna() if outcome else whole[SCORE].iloc[:0]
    if len(means):
        low, high = means.idxmin(), means.idxmax()
        lines.append(
            terms.say(
                "report.finding.outcome",
                indicator=terms.indicator(str(outcome)),
                unit=terms.unit(str(outcome)),
                high=number(means[high], terms.language),
                low=number(means[low], terms.language),
                high_place=terms.place(high),
                low_place=terms.place(low),
            )
        )
    return lines


def _told_apart(study: Published, terms: Terms) -> list[str]:
    """Which coefficients are told from zero."""
    fit = study.fits.get(study.options.coding)
    if fit is None:
        return []
    table = fit.table()
    clear = [terms.term(t) for t in table.index[table["p"] < _CLEAR]]
    values: dict[str, Any] = {
        "coding": terms.say(f"coding.{study.options.coding}"),
        "firms": terms.say("report.complete_firms", n=fit.n_obs),
        "level": percent(_CLEAR, terms.language),
    }
    if not clear:
        return [terms.say("report.finding.none_told_apart", **values)]
    return [terms.say("report.finding.told_apart", **values, terms=", ".join(clear))]


def _patterns(study: Published, terms: Terms) -> list[str]:
    """Where there is spatial pattern, and which classes are in doubt."""
    lines = []
    tested = [each for each in study.patterns if np.isfinite(each.moran.p)]
    seen = [
        terms.say(
            "report.finding.at_level",
            indicator=terms.indicator(each.indicator),
            level=terms.by_level(each.level),
        )
        for each in tested
        if each.moran.p < _CLEAR
    ]
    values: dict[str, Any] = {"level": percent(_CLEAR, terms.language), "n": len(tested)}
    if seen:
        lines.append(terms.say("report.finding.moran", **values, seen="; ".join(seen)))
    elif tested:
        lines.append(terms.say("report.finding.no_moran", **values))
    if doubtful := ", ".join(_doubtful(study, terms)):
        share = percent(_IN_DOUBT, terms.language)
        lines.append(terms.say("report.finding.doubtful", share=share, places=doubtful))
    groups = study.groupings.of("typology", study.design.grouping.name)
    if groups is not None and groups.choice.best["gap"] == 1:
        lines.append(terms.say("report.finding.one_group"))
    return lines


def _doubtful(study: Published, terms: Terms) -> list[str]:
    """Oblasts that local Moran singles out on some draws of firms only."""
    named = []
    for name, each in study.patterns.at(LEVEL).items():
        if each.resampled is not None:
            frame = each.resampled.frame
            codes = frame.index[frame["unstable"] & frame["label"].isin(LISA_LETTERS)]
            named += [f"{terms.place(code)} ({terms.indicator(name)})" for code in codes]
    return named


def place_figure(
    figures: Mapping[str, str], name: str, caption: str, *, texts: Mapping[str, str] | None = None
) -> Markup:
    """A figure inside the page with its caption; nothing where there is no such figure.

    Whoever hears the page gets what `texts` says of the figure, else its caption.
    """
    if name not in figures:
        return Markup()
    # identifiers of several SVGs on one page must not meet
    text = figures[name][figures[name].index("<svg") :]
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'xlink:href="#', f'xlink:href="#{name}-', text)
    told = (texts or {}).get(name, caption.replace("`", ""))
    text = text.replace("<svg", f'<svg role="img" aria-label="{escape(told)}"', 1)
    # wide figures fill the page, small ones keep their size
    wide = float(re.search(r'width="([\d.]+)pt"', text)[1])  # type: ignore[index]
    return Markup('<figure style="max-width:{}px">{}<figcaption>{}</figcaption></figure>').format(
        f"{1.35 * wide:.0f}",
        Markup(text),  # noqa: S704 matplotlib escaped what it drew
        code_marked(caption),
    )


def _caveats(study: Published, terms: Terms) -> list[str]:
    """What code warned of, and what could not be computed; English in every language."""
    reasons = (f"{what}: {why}" for what, why in study.inapplicable.items())
    return [*study.warnings, *reasons, *filter(None, [missing_note(terms.language)])]


def _head(study: Published, terms: Terms, version: str, day: dt.date) -> dict[str, Any]:
    """What stands above the first screen: on whom it rests, and what it leaves out."""
    notices: list[str | Markup] = []
    if study.synthetic:
        notices.append(f"{terms.say('notice.twin')}.")
    if left := study.design.left_out:
        told = Markup("{} {}.").format(terms.say("report.left_out"), english("; ".join(left)))
        notices.append(told)
    coded = Markup("{} <b>{}</b>").format
    meta = Markup(" · ").join(
        [
            terms.source(study.provenance["source"], synthetic=study.synthetic),
            coded(terms.say("report.coding"), terms.say(f"coding.{study.options.coding}")),
            coded(
                terms.say("report.weights"),
                study.options.weights or terms.say("report.no_weights"),
            ),
            terms.say("report.firms", n=study.n_firms),
            f"kz_spatial {version}",
            date(day, terms.language),
        ]
    )
    return {"notices": notices, "meta": [meta, f"{rules_line(study.rules, terms.language)}."]}


def render_report(
    study: Published,
    terms: Terms,
    figures: Mapping[str, str],
    *,
    version: str,
    written: dt.date | None = None,
    versions: Mapping[str, str] | None = None,
    briefs: Sequence[Brief] = (),
) -> str:
    """Render the report of a study.

    Parameters
    ----------
    study : Published
    terms : Terms
    figures : mapping
        Figure name to SVG text, as `svg_text` makes it.
    version : str
        Version of the package, for the head of the report.
    written : date, optional
        Day in the head; today when not given.
    versions : mapping of str, optional
        Software and its versions.
    briefs : sequence of Brief, optional
        Pages on regions, at the end.

    Returns
    -------
    str
        A whole HTML page that asks for nothing outside itself.
    """
    design, language = study.design, terms.language
    turned = [name for name, each in design.by_name.items() if each.direction < 0]
    refused = [why for what, why in study.inapplicable.items() if what.startswith("regression")]
    day = written or today()
    outcome = design.outcome or ""
    return render_page(
        "report.html.j2",
        language,
        title=terms.title,
        **_head(study, terms, version, day),
        short=in_short(study, terms),
        design=design,
        guarded=study.rules.guarded,
        n_regions=len(design.grouping.codes),
        findings=[
            *_extremes(study, terms),
            *ranks_found(study, terms),
            *_told_apart(study, terms),
            *_patterns(study, terms),
        ],
        score=terms.indicator(SCORE),
        outcome=terms.indicator(outcome) if outcome else "",
        turned=terms.listed(turned),
        certain=percent(CONFIDENCE, language),
        clear=percent(_CLEAR, language),
        p_clear=decimals(_CLEAR, 2, language),
        in_doubt=percent(_IN_DOUBT, language),
        min_support=terms.min_firms,
        draws=study.options.draws,
        formula=design.formula or "",
        figure=partial(place_figure, figures, texts=figure_texts(study, terms)),
        readiness=report_tables.readiness_table(study, terms),
        ranks=ranks_table(study, terms),
        small_areas=small_areas_table(study, terms),
        regression=report_tables.regression_table(study, terms),
        models=models_table(study, terms),
        model_notes=[line for each in study.models.values() for line in each.notes],
        checks=check_tables(study, terms),
        no_regression="; ".join(refused),
        regression_notes=_regression_notes(study, terms),
        moran=report_tables.moran_table(study, terms),
        other_statistics=report_tables.other_statistics_table(study, terms),
        groupings=report_tables.groupings_table(study, terms),
        own=[(e.name, terms.layer(e.name), _note(e, terms)) for e in study.own],
        attrition=report_tables.attrition_table(study, terms),
        replication=report_tables.replication_table(study.replication, terms),
        methods=methods_told(study, terms),
        caveats=_caveats(study, terms),
        citations=citations(study, terms, version, day.year),
        versions=versions_table(versions or {}, terms),
        briefs=briefs,
    )


def _note(layer: OwnLayer, terms: Terms) -> str:
    return terms.text(layer.note, f"{layer.name}.note") if layer.note else ""
