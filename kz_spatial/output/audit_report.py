"""The replication audit as a page: figures, and no verdicts on people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.design import load_design
from kz_spatial.output.page import html_table, render_page
from kz_spatial.output.terms import PAPER, Terms
from kz_spatial.places import place_name
from kz_spatial.words import decimals, has_words, say

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

    from kz_spatial.options import Language
    from kz_spatial.replication import Audit

__all__ = ["render_audit"]

_PRINTED: Final = re.compile(r"-?\d+(?:\.(\d+))?")
_WHOLE: Final = "National"
_PLACES: Final = ("region", "row")


def _shown(column: str, value: Any, language: Language) -> Any:
    """A cell: regions, terms and codings in the language, the rest as it is."""
    if not isinstance(value, str):
        return value
    if printed := _PRINTED.fullmatch(value):  # with as many digits as the paper has
        return decimals(float(value), len(printed[1] or ""), language)
    if column == "table":
        return say("report.printed_table", language, n=int(value.removeprefix("Table ")))
    if has_words(key := f"audit.word.{value}") or has_words(key := f"coding.{value}"):
        return say(key, language)
    code = "KZ" if value == _WHOLE else value.lower()
    known = column in _PLACES and code in (*load_design().grouping.codes, "KZ")
    return place_name(code, language) if known else value


def _table(frame: pd.DataFrame, language: Language, title: str) -> Markup:
    heads = [say(f"audit.column.{column}", language) for column in frame]
    rows = (
        [_shown(str(c), value, language) for c, value in zip(frame, row, strict=True)]
        for row in frame.astype(object).itertuples(index=False, name=None)
    )
    return html_table(rows, heads, language, caption=say(f"audit.{title}_title", language))


def render_audit(
    audit: Audit,
    *,
    source: str,
    synthetic: bool,
    rules: str,
    version: str,
    language: Language = "en",
) -> str:
    """Render an audit.

    Parameters
    ----------
    audit : Audit
    source : str
        What the data are.
    synthetic : bool
        Whether they are the twin.
    rules : str
        Rules for what may be told of firms, in a sentence.
    version : str
        Version of the package.
    language : str
        One of `words.languages()`.

    Returns
    -------
    str
        A whole HTML page.
    """
    solved = audit.counts[audit.counts["ways"] > 0]
    fewest = audit.granularity.groupby("item")["fewest_answers"].sum()
    innovation = audit.estimates[audit.estimates["term"] == "product_innovation"]
    shown = ["coding", "inference", "coefficient", "std_error", "p", "ci_low", "ci_high", "n_obs"]
    numbers = audit.numbers
    off = numbers[~numbers["as_published_agrees"]]
    return render_page(
        "audit.html.j2",
        language,
        title=say("audit.title", language),
        notices=[f"{say('notice.twin', language)}. {say('audit.twin', language)}"][:synthetic],
        meta=[
            say(
                "audit.about",
                language,
                paper=PAPER,
                source=Terms.of_paper(language).source(source, synthetic=synthetic),
                version=version,
            ),
            f"{rules}.",
        ],
        cells=2 * len(solved),
        all_cells=2 * len(audit.counts),
        unique=int((audit.counts["ways"] == 1).sum()),
        pairs=len(audit.counts),
        counts=_table(audit.counts, language, "cells"),
        common=audit.common_df[0] if len(audit.common_df) == 1 else None,
        df=_table(audit.degrees_of_freedom, language, "df"),
        fewest_g3=int(fewest["g3"]),
        fewest_c7=int(fewest["c7"]),
        granularity=_table(audit.granularity, language, "granularity"),
        groupings_n=int(audit.groupings["groupings"].iloc[0]),
        groupings=_table(audit.groupings, language, "groupings"),
        innovation=_table(innovation[shown], language, "innovation"),
        agree_published=int(numbers["as_published_agrees"].sum()),
        agree_corrected=int(numbers["corrected_agrees"].sum()),
        as_published_word=say("coding.as-published", language),
        corrected_word=say("coding.corrected", language),
        n_numbers=len(numbers),
        disagree=_table(
            off[["table", "row", "column", "printed", "as_published"]], language, "numbers"
        ),
    )
