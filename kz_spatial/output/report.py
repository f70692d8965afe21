"""The report: one HTML file with figures and tables inside, written for a first reading."""

from __future__ import annotations

import io
import re
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.options import INDICATORS, Language
from kz_spatial.output.page import html_table, interval, number
from kz_spatial.palette import LISA_LETTERS
from kz_spatial.places import place_name

OUTCOME = "epayment_share"
from kz_spatial.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.study import Study

__all__ = ["render_report", "svg_text"]

# its sentences are English, so its names are too; figures keep the language of the maps
_LANGUAGE: Final[Language] = "en"


def svg_text(figure: Any) -> str:
    """A matplotlib figure as SVG text without date, so that equal figures give equal text."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _readiness(study: Study) -> str:
    table = study.tables["composite"].sort_values("rank")
    language = _LANGUAGE
    shown = pd.DataFrame({"": [place_name(str(code), language) for code in table.index]})
    shown[say("column:n_firms", language)] = table["n_firms"].to_numpy()
    for name, indicator in INDICATORS.items():
        scale = 100 if indicator.kind == "binary" else 1
        unit = "%" if scale == 100 else say(f"unit:{name}", language)
        pairs = zip(table[f"{name}_mean"] * scale, table[f"{name}_se"] * scale, strict=True)
        shown[f"{say(name, language)}, {unit}"] = [
            f"{number(m)} ({number(s, 2)})" for m, s in pairs
        ]
    shown[say("readiness", language)] = [number(v, 2) for v in table["readiness"]]
    shown[say("column:rank", language)] = table["rank"].to_numpy()
    return html_table(shown)


def _regression(study: Study) -> str:
    if not study.fits:
        return ""
    columns: dict[str, list[str]] = {}
    terms = list(dict.fromkeys(t for fit in study.fits.values() for t in fit.coefficients.index))
    for coding, fit in study.fits.items():
        table = fit.table().reindex(terms)
        columns[f"{coding}: coefficient"] = [number(v) for v in table["coefficient"]]
        columns["standard error" + " " * len(columns)] = [number(v) for v in table["std_error"]]
        columns["p" + " " * len(columns)] = [number(v, 2) for v in table["p"]]
        columns["95 % interval" + " " * len(columns)] = [
            interval(*ends) for ends in zip(table["ci_low"], table["ci_high"], strict=True)
        ]
    language = _LANGUAGE
    names = [say(t, language) if t in INDICATORS else t for t in terms]
    return html_table(pd.DataFrame({"": names, **columns}))


def _regression_notes(study: Study) -> list[str]:
    return [
        f"{coding}: {fit.n_obs} complete firms in {fit.n_clusters} regions, "
        f"R² {fit.r2:.3f}, within regions {fit.r2_within:.3f}."
        for coding, fit in study.fits.items()
    ]


def _moran(study: Study) -> str:
    language = _LANGUAGE
    rows = []
    for (level, name), m in study.moran.items():
        again = study.patterns.resampled.get((level, name))
        rows.append(
            {
                "": f"{say(name, language)}, by {level}",
                "I": number(m.statistic),
                "expected": number(m.expected),
                "p": number(m.p, 2),
                **({"middle 95 % of draws": interval(again.low, again.high)} if again else {}),
                "inference": m.reason or f"{m.method}, {m.n_arrangements:,} arrangements",
            }
        )
    return html_table(pd.DataFrame(rows))


def _other_statistics(study: Study) -> str:
    """p-values of the other global statistics, an indicator to a row."""
    language, rows = _LANGUAGE, []
    for (level, name), found in study.patterns.others.items():
        row = {"": f"{say(name, language)}, by {level}"}
        for each in found:
            head = each.name.replace(OUTCOME, say(OUTCOME, language).lower())
            told = f"{number(each.statistic)} (p {number(each.p, 2)})".replace(" ", "\u00a0")
            row[head] = told if np.isfinite(each.p) else "–"
        rows.append(row)
    return html_table(pd.DataFrame(rows).fillna("–"))


def _groupings(study: Study) -> str:
    """How tight each grouping is, and what the criteria would have chosen."""
    language, rows = _LANGUAGE, []
    for (kind, level), found in study.partitions.items():
        best = study.groupings.choice[kind, level].best
        share = 1 - found.within_ss / found.total_ss if found.total_ss > 0 else np.nan
        known = "" if np.isnan(found.gap) else f"{100 * found.gap:.1f} %"
        rows.append(
            {
                "": say(f"{kind}_{level}", language),
                "groups": str(found.n_clusters),
                "variation explained": f"{100 * share:.0f} %",
                "distance to the optimum": "proven optimum"
                if found.certified
                else known or "unknown",
                **{
                    say(c, language): str(best.get(c) or "–")
                    for c in ("silhouette", "calinski_harabasz", "gap")
                },
            }
        )
    return html_table(pd.DataFrame(rows)) if rows else ""


def _replication(table: pd.DataFrame) -> str:
    agree = [c for c in table if c.endswith("_agrees")]
    counts = table.groupby("table", sort=True)[agree].sum()
    counts.insert(0, "printed numbers", table.groupby("table").size())
    counts.columns = [c.replace("_agrees", "").replace("_", "-") for c in counts.columns]
    return html_table(counts.reset_index().rename(columns={"table": ""}))


def _findings(study: Study) -> list[str]:
    language = _LANGUAGE
    table = study.tables["composite"].dropna(subset=["readiness"]).sort_values("rank")
    lines = []
    if len(table):
        first, last = (place_name(str(table.index[i]), language) for i in (0, -1))
        lines.append(f"{first} scores highest on readiness, {last} lowest.")
    means = study.tables["composite"][f"{OUTCOME}_mean"].dropna()
    if len(means):
        low, high = means.idxmin(), means.idxmax()
        lines.append(
            f"{say(OUTCOME, language)}: {number(means[high])} % of sales in "
            f"{place_name(str(high), language)}, {number(means[low])} % in "
            f"{place_name(str(low), language)}."
        )
    fit = study.fits.get(study.options.coding)
    if fit is not None:
        table = fit.table()
        clear = [say(t, language) if t in INDICATORS else t for t in table.index[table["p"] < 0.05]]
        told = (
            f"told from zero at 5 %: {', '.join(clear)}" if clear else "none told from zero at 5 %"
        )
        lines.append(f"Regression ({study.options.coding}, {fit.n_obs} complete firms): {told}.")
    tested = {k: m for k, m in study.moran.items() if np.isfinite(m.p)}
    if tested:
        seen = [
            f"{say(name, language)} by {level}" for (level, name), m in tested.items() if m.p < 0.05
        ]
        lines.append(
            f"Global Moran's I at 5 %: {', '.join(seen) if seen else 'no indicator'} "
            f"out of {len(tested)} tested."
        )
    doubtful = [
        f"{place_name(str(code), language)} ({say(name, language)})"
        for (level, name), found in study.patterns.resampled.items()
        if level == "oblast"
        for code in found.frame.index[
            found.frame["unstable"] & found.frame["label"].isin(LISA_LETTERS)
        ]
    ]
    if doubtful:
        lines.append(
            "Local Moran, in doubt since the class changes in more than a tenth of the "
            f"draws of firms: {', '.join(doubtful)}."
        )
    choice = study.groupings.choice.get(("typology", "composite"))
    if choice is not None and choice.best["gap"] == 1:
        lines.append(
            "Groups: by the gap statistic the seven regions are not told from one single group."
        )
    return lines


def render_report(study: Study, figures: Mapping[str, str], *, version: str) -> str:
    """Render the report of a study.

    Parameters
    ----------
    study : Study
    figures : mapping
        Figure name to SVG text, as `svg_text` makes it.
    version : str
        Version of the package, for the head of the report.

    Returns
    -------
    str
        A whole HTML page that asks for nothing outside itself.
    """
    import jinja2

    def figure(name: str, caption: str) -> str:
        if name not in figures:
            return ""
        # identifiers of several SVGs on one page must not meet
        text = figures[name][figures[name].index("<svg") :]
        text = re.sub(r'\bid="', f'id="{name}-', text)
        text = re.sub(r"url\(#", f"url(#{name}-", text)
        text = re.sub(r'xlink:href="#', f'xlink:href="#{name}-', text)
        # wide figures fill the page, small ones keep their size
        wide = float(re.search(r'width="([\d.]+)pt"', text)[1])  # type: ignore[index]
        return (
            f'<figure style="max-width:{1.35 * wide:.0f}px">{text}'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )

    source = resources.files("kz_spatial") / "templates" / "report.html.j2"
    template = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined).from_string(  # noqa: S701
        source.read_text(encoding="utf-8")
    )
    language = _LANGUAGE
    reasons = [f"{escape(what)}: {escape(why)}" for what, why in study.inapplicable.items()]
    return template.render(
        language=language,
        title=escape(say("title", language)),
        notice=escape(say("twin", language)) if study.synthetic else "",
        provenance={k: escape(str(v)) for k, v in study.provenance.items()},
        weights=escape(study.options.weights or "none"),
        n_firms=len(study.firms),
        version=version,
        findings=[escape(line) for line in _findings(study)],
        readiness=_readiness(study),
        figure=figure,
        formula=escape(study.design.formula or ""),
        regression=_regression(study),
        no_regression=escape(
            "; ".join(
                why for what, why in study.inapplicable.items() if what.startswith("regression")
            )
        ),
        regression_notes=[escape(line) for line in _regression_notes(study)],
        moran=_moran(study),
        other_statistics=_other_statistics(study),
        groupings=_groupings(study),
        draws=study.options.draws,
        attrition=html_table(study.attrition.reset_index()),
        replication=_replication(study.replication),
        caveats=[escape(each) for each in study.warnings] + reasons,
    )
