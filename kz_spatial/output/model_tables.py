"""The study's further models in tables: for files, for a paper, and for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from kz_spatial.crosswalk import LEVEL
from kz_spatial.estimates import CONFIDENCE
from kz_spatial.output.page import html_table
from kz_spatial.robustness import paper_table
from kz_spatial.words import NOTHING, aligned, aligned_intervals, integer, p_value, percent

if TYPE_CHECKING:
    from pathlib import Path

    from kz_spatial.output.disclosure import Published
    from kz_spatial.output.terms import Terms

__all__ = ["check_tables", "model_frames", "models_table", "write_paper_tables"]

# tables too long for a report
_LONG: Final = ("specifications", "score_variance", "response_balance")
_MEDIAN: Final = 0.5


def model_frames(study: Published) -> dict[str, pd.DataFrame]:
    """Coefficients of all further models, and slopes by group with joint tests.

    Returns
    -------
    dict of DataFrame
        "models" and "model_groups"; empty frames where no model applies.
    """
    fits, groups = [], []
    for name, model in study.models.items():
        lead: dict[str, Any] = {"model": name, "population": model.population}
        for title, fit in model.fits.items():
            table = fit.table().rename_axis("term").reset_index()
            table.insert(0, "fit", title)
            df = fit.degrees_of_freedom(fit.default_inference).to_numpy()
            more = {"df": df, "inference": fit.default_inference, "outcome": fit.outcome}
            size = {"n_obs": fit.n_obs, "n_clusters": fit.n_clusters, "r2_within": fit.r2_within}
            fits.append(table.assign(**lead, **more, **size))
        if len(model.groups):
            rows = model.groups.rename_axis("group").reset_index()
            joint = {"joint_p": model.joint_p, "joint_method": model.joint_method}
            groups.append(rows.assign(**lead, **joint))
    made = {}
    for name, parts in (("models", fits), ("model_groups", groups)):
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        first = [c for c in ("model", "population") if c in table]
        made[name] = table[[*first, *(c for c in table if c not in first)]]
    return made


def write_paper_tables(study: Published, folder: Path, terms: Terms, notice: str) -> None:
    """Regression and further models as tables for a paper, in LaTeX and HTML."""
    regression = {terms.say(f"coding.{coding}"): fit for coding, fit in study.fits.items()}
    titled = {"regression": (terms.say("report.regression"), regression)}
    for name, model in study.models.items():
        fits = {terms.model_fit(title): fit for title, fit in model.fits.items()}
        titled[name] = (terms.say(f"model.{name}"), fits)
    for name, (caption, fits) in titled.items():
        if not fits:
            continue
        made = paper_table(
            fits,
            caption=". ".join(filter(None, (caption, notice))),
            label=f"tab:{name}",
            language=terms.language,
            design=study.design,
        )
        for end in ("tex", "html"):
            made.save(folder / f"paper_{name}.{end}")


def check_tables(study: Published, terms: Terms) -> list[tuple[str, Markup]]:
    """Tables of the checks that were asked for, titled; columns by their names in the files."""
    found = []
    for name, table in study.checks.tables.items():
        if name in _LONG:
            continue
        shown = table if "level" not in table else table[table["level"] != LEVEL]
        if name == "quantiles":
            shown = shown[shown["share"] == _MEDIAN]
        found.append((terms.say(f"table.{name}"), _checked(shown, name, terms)))
    return found


def _checked(table: pd.DataFrame, name: str, terms: Terms) -> Markup:
    """A table of a check, its numbers with equal decimals by column."""
    columns = [
        aligned(table[each], terms.language)
        if pd.api.types.is_float_dtype(table[each])
        else [integer(v, terms.language) if isinstance(v, int) else str(v) for v in table[each]]
        for each in table
    ]
    caption = terms.say(f"table.{name}")
    rows = zip(*columns, strict=True)
    return html_table(rows, list(table), terms.language, caption=caption)


def models_table(study: Published, terms: Terms) -> Markup:
    """Slopes by group of the further models; empty without any."""
    language, rows = terms.language, []
    every = [m.groups for m in study.models.values() if len(m.groups)]
    slopes = iter(aligned([v for each in every for v in each["coefficient"]], language))
    pairs = (pair for each in every for pair in zip(each["ci_low"], each["ci_high"], strict=True))
    ranges = iter(aligned_intervals(pairs, language))
    for model in study.models.values():
        for place, (group, row) in enumerate(model.groups.iterrows()):
            joint = p_value(model.joint_p, language)
            n = row.get("n", np.nan)
            rows.append(
                [
                    terms.say(f"model.{model.name}"),
                    terms.model_group(group),
                    next(slopes),
                    next(ranges),
                    integer(n, language) if np.isfinite(n) else NOTHING,
                    joint if place == 0 else "",
                ]
            )
    if not rows:
        return Markup()
    heads = [
        "",
        terms.say("model.groups"),
        terms.say("model.slope"),
        terms.say("report.interval", share=percent(CONFIDENCE, language)),
        terms.say("column.n_firms"),
        terms.say("model.joint_p"),
    ]
    return html_table(rows, heads, language, caption=terms.say("table.model_groups"))
