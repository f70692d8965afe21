"""How a run got its results in plain words, how to cite it, and what it was computed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from kz_spatial.design import SCORE
from kz_spatial.estimates import CONFIDENCE
from kz_spatial.output.page import english, html_table
from kz_spatial.output.terms import PAPER
from kz_spatial.words import integer, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.output.disclosure import Published
    from kz_spatial.output.terms import Terms

__all__ = ["citations", "methods_told", "versions_table"]

# how `JoinAudit.method` begins where rows found their units by what they are called
_BY_NAME: Final = "code or name"


def _data(study: Published, terms: Terms) -> list[str]:
    language, join = terms.language, study.join
    lines = [
        terms.say(
            "methods.read",
            source=terms.source(study.provenance["source"], synthetic=study.synthetic),
            firms=terms.say("report.firms", n=study.n_firms),
            attrition=terms.say("table.attrition"),
        )
    ]
    if {"method", "rows", "matched"} <= set(join):
        key = "code" if str(join["method"]).startswith(_BY_NAME) else "coordinates"
        lines.append(
            terms.say(
                "methods.joined",
                method=terms.say(f"methods.joined_by.{key}"),
                matched=integer(join["matched"], language),
                rows=integer(join["rows"], language),
            )
        )
    return lines


def methods_told(study: Published, terms: Terms) -> list[str]:
    """A paragraph for each thing that the run did, and none for what it did not.

    Parameters
    ----------
    study : Published
    terms : Terms
    """
    options, language, say = study.options, terms.language, terms.say
    lines = _data(study, terms)
    if options.weights:
        lines.append(say("methods.weighted", weights=options.weights))
    else:
        lines.append(say("methods.unweighted"))
    lines.append(say("methods.errors", level=percent(CONFIDENCE, language)))
    lines.append(say("methods.score", score=terms.indicator(SCORE)))
    asked = {
        "ranks": study.ranks,
        "small_areas": study.modelled_means,
        "regression": study.fits,
        "patterns": list(study.patterns),
    }
    lines += [say(f"methods.{key}") for key, found in asked.items() if found]
    if "local_moran" in study.frames:
        lines.append(say("methods.local"))
    if list(study.groupings.every):
        lines.append(say("methods.groups", proven=say("report.proven")))
    if options.draws:
        lines.append(say("methods.draws", times=say("report.times", n=options.draws)))
    if study.surfaces:
        width = number(next(iter(study.surfaces.values())).bandwidth_m / 1000, language)
        key = "methods.density_modelled" if study.modelled else "methods.density"
        lines.append(say(key, bandwidth=width))
    return [*lines, say("methods.seed", seed=str(options.seed))]


def citations(study: Published, terms: Terms, version: str, year: int) -> list[str]:
    """What to cite: the study's method, the software, the data."""
    source = terms.source(study.provenance["source"], synthetic=study.synthetic)
    lines = [
        terms.say("methods.cite_study", paper=PAPER),
        terms.say("methods.cite_software", version=version, year=str(year)),
        terms.say("methods.cite_data", source=source),
    ]
    return [*lines, terms.say("methods.cite_twin")] if study.synthetic else lines


def versions_table(versions: Mapping[str, str], terms: Terms) -> Markup:
    """Software that computed the results, with versions; empty where none is told."""
    if not versions:
        return Markup()
    # text, so that none is set as a number would be
    rows = [[english(name), escape(told)] for name, told in versions.items()]
    heads = [terms.say("methods.version_of"), terms.say("methods.version")]
    return html_table(rows, heads, terms.language, caption=terms.say("methods.versions_title"))
