"""The report: one HTML file with figures and tables inside, written for a first reading."""

from __future__ import annotations

import datetime as dt
import io
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup

from kz_spatial.options import INDICATORS, MIN_FIRMS, Language
from kz_spatial.output import report_tables
from kz_spatial.output.page import code_marked, render_page
from kz_spatial.output.terms import (
    indicator_name,
    level_phrase,
    source_name,
    term_name,
    unit_name,
)
from kz_spatial.palette import LISA_LETTERS
from kz_spatial.places import place_name
from kz_spatial.words import date, decimals, missing_note, number, percent, say, study_word

OUTCOME = "epayment_share"

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.study import Study

__all__ = ["render_report", "svg_text"]

_CLEAR: Final = 0.05
_CERTAIN: Final = 0.95
_IN_DOUBT: Final = 0.1  # share of draws with another class, as `resampled_moran` has it


def svg_text(figure: Any) -> str:
    """A matplotlib figure as SVG text without date, so that equal figures give equal text."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _regression_notes(study: Study, language: Language) -> list[str]:
    return [
        say(
            "report.regression_sample",
            language,
            coding=say(f"coding.{coding}", language),
            firms=say("report.complete_firms", language, n=fit.n_obs),
            regions=say("report.in_regions", language, n=fit.n_clusters),
            r2=decimals(fit.r2, 3, language),
            r2_within=decimals(fit.r2_within, 3, language),
        )
        for coding, fit in study.fits.items()
    ]


def _extremes(study: Study, language: Language) -> list[str]:
    """Who scores highest and lowest, on the score and on the outcome."""
    lines, told = [], partial(place_name, language=language)
    table = study.tables["composite"].dropna(subset=["readiness"]).sort_values("rank")
    if len(table):
        first, last = (told(str(table.index[i])) for i in (0, -1))
        score = indicator_name("readiness", language)
        lines.append(say("report.finding.extremes", language, score=score, first=first, last=last))
    means = study.tables["composite"][f"{OUTCOME}_mean"].dropna()
    if len(means):
        low, high = means.idxmin(), means.idxmax()
        lines.append(
            say(
                "report.finding.outcome",
                language,
                indicator=indicator_name(OUTCOME, language),
                unit=unit_name(OUTCOME, language),
                high=number(means[high], language),
                low=number(means[low], language),
                high_place=told(str(high)),
                low_place=told(str(low)),
            )
        )
    return lines


def _told_apart(study: Study, language: Language) -> list[str]:
    """Which coefficients are told from zero."""
    fit = study.fits.get(study.options.coding)
    if fit is None:
        return []
    table = fit.table()
    clear = [term_name(t, language) for t in table.index[table["p"] < _CLEAR]]
    values: dict[str, Any] = {
        "coding": say(f"coding.{study.options.coding}", language),
        "firms": say("report.complete_firms", language, n=fit.n_obs),
        "level": percent(_CLEAR, language),
    }
    if not clear:
        return [say("report.finding.none_told_apart", language, **values)]
    return [say("report.finding.told_apart", language, **values, terms=", ".join(clear))]


def _patterns(study: Study, language: Language) -> list[str]:
    """Where there is spatial pattern, and which classes are in doubt."""
    lines = []
    tested = {k: m for k, m in study.moran.items() if np.isfinite(m.p)}
    seen = [
        say(
            "report.finding.at_level",
            language,
            indicator=indicator_name(name, language),
            level=level_phrase(level, language),
        )
        for (level, name), m in tested.items()
        if m.p < _CLEAR
    ]
    values: dict[str, Any] = {"level": percent(_CLEAR, language), "n": len(tested)}
    if seen:
        lines.append(say("report.finding.moran", language, **values, seen="; ".join(seen)))
    elif tested:
        lines.append(say("report.finding.no_moran", language, **values))
    doubtful = [
        f"{place_name(str(code), language)} ({indicator_name(name, language)})"
        for (level, name), found in study.patterns.resampled.items()
        if level == "oblast"
        for code in found.frame.index[
            found.frame["unstable"] & found.frame["label"].isin(LISA_LETTERS)
        ]
    ]
    if doubtful:
        share = percent(_IN_DOUBT, language)
        places = ", ".join(doubtful)
        lines.append(say("report.finding.doubtful", language, share=share, places=places))
    choice = study.groupings.choice.get(("typology", "composite"))
    if choice is not None and choice.best["gap"] == 1:
        lines.append(say("report.finding.one_group", language))
    return lines


def _figure(figures: Mapping[str, str], name: str, caption: str) -> Markup:
    """A figure inside the page with its caption; nothing where there is no such figure."""
    if name not in figures:
        return Markup()
    # identifiers of several SVGs on one page must not meet
    text = figures[name][figures[name].index("<svg") :]
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'xlink:href="#', f'xlink:href="#{name}-', text)
    # wide figures fill the page, small ones keep their size
    wide = float(re.search(r'width="([\d.]+)pt"', text)[1])  # type: ignore[index]
    return Markup('<figure style="max-width:{}px">{}<figcaption>{}</figcaption></figure>').format(
        f"{1.35 * wide:.0f}",
        Markup(text),  # noqa: S704 matplotlib escaped what it drew
        code_marked(caption),
    )


def _caveats(study: Study, language: Language) -> list[str]:
    """What code warned of, and what could not be computed; English in every language."""
    reasons = (f"{what}: {why}" for what, why in study.inapplicable.items())
    return [*study.warnings, *reasons, *filter(None, [missing_note(language)])]


def render_report(
    study: Study,
    figures: Mapping[str, str],
    *,
    version: str,
    written: dt.date | None = None,
) -> str:
    """Render the report of a study, in the language of its options.

    Parameters
    ----------
    study : Study
    figures : mapping
        Figure name to SVG text, as `svg_text` makes it.
    version : str
        Version of the package, for the head of the report.
    written : date, optional
        Day in the head; today when not given.

    Returns
    -------
    str
        A whole HTML page that asks for nothing outside itself.
    """
    language = study.options.language
    turned = [indicator_name(k, language) for k, each in INDICATORS.items() if each.direction < 0]
    refused = [why for what, why in study.inapplicable.items() if what.startswith("regression")]
    today = dt.datetime.now(tz=dt.UTC).date()
    return render_page(
        "report.html.j2",
        language,
        title=study_word("title", language),
        notice=say("notice.twin", language) if study.synthetic else "",
        source=source_name(study.provenance["source"], language, synthetic=study.synthetic),
        coding=say(f"coding.{study.options.coding}", language),
        weights=study.options.weights or say("report.no_weights", language),
        n_firms=len(study.firms),
        n_regions=len(study.tables["composite"]),
        version=version,
        written=date(written or today, language),
        findings=[
            *_extremes(study, language),
            *_told_apart(study, language),
            *_patterns(study, language),
        ],
        score=indicator_name("readiness", language),
        outcome=indicator_name(OUTCOME, language),
        turned=", ".join(turned),
        certain=percent(_CERTAIN, language),
        clear=percent(_CLEAR, language),
        p_clear=decimals(_CLEAR, 2, language),
        in_doubt=percent(_IN_DOUBT, language),
        min_support=MIN_FIRMS,
        draws=study.options.draws,
        formula=study.design.formula or "",
        figure=partial(_figure, figures),
        readiness=report_tables.readiness_table(study, language),
        regression=report_tables.regression_table(study, language),
        no_regression="; ".join(refused),
        regression_notes=_regression_notes(study, language),
        moran=report_tables.moran_table(study, language),
        other_statistics=report_tables.other_statistics_table(study, language),
        groupings=report_tables.groupings_table(study, language),
        attrition=report_tables.attrition_table(study, language),
        replication=report_tables.replication_table(study.replication, language),
        caveats=_caveats(study, language),
    )
