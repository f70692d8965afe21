"""Pages of HTML: templates that escape what they are given, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from markupsafe import Markup, escape

from kz_spatial.words import catalogue_of, integer, number, say

if TYPE_CHECKING:
    import jinja2

    from kz_spatial.options import Language

__all__ = ["code_marked", "english", "html_table", "render_page"]

_FIGURE: Final = re.compile(r"[-−+<≥]?\s*\d|–$")


def code_marked(text: str) -> Markup:
    """A message as HTML, with what stands between backticks as code.

    Examples
    --------
    >>> code_marked("p < 1: see `tables/`")
    Markup('p &lt; 1: see <code>tables/</code>')
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def english(text: str) -> Markup:
    """A line that code raised, marked as English for whoever reads the page aloud."""
    return Markup('<span lang="en">{}</span>').format(text)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    made = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.PackageLoader("kz_spatial.output", "templates"),
    )
    made.filters["code"] = code_marked
    return made


def render_page(template: str, language: Language, **values: Any) -> str:
    """Render a template of `templates/`.

    Parameters
    ----------
    template : str
        File name.
    language : str
        The page's; the template gets it, its direction and `say` for it.
    **values
        What else the template asks for; escaped unless it is `Markup`.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            direction=catalogue_of(language).direction,
            say=lambda key, **more: say(key, language, **more),
            **values,
        )
    )


def _cell(value: Any, language: Language) -> Markup:
    if isinstance(value, Markup):
        return Markup('<td class="text">{}</td>').format(value)
    if isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        value = integer(value, language) if isinstance(value, int) else number(value, language)
    if _FIGURE.match(value):
        return Markup("<td>{}</td>").format(value)
    return Markup('<td class="text">{}</td>').format(value)


def html_table(
    rows: Iterable[Sequence[Any]] | pd.DataFrame, heads: Sequence[str], language: Language
) -> Markup:
    """Rows as an HTML table that scrolls by itself where the page is narrow.

    Parameters
    ----------
    rows : frame, or iterable of sequences
        Numbers are written as the language writes them, text as it stands.
    heads : sequence of str
        Headings of the columns.
    language : str
    """
    if isinstance(rows, pd.DataFrame):
        rows = rows.astype(object).itertuples(index=False, name=None)
    cell = partial(_cell, language=language)
    head = Markup().join(Markup("<th>{}</th>").format(each) for each in heads)
    body = Markup().join(
        Markup("<tr>{}</tr>").format(Markup().join(map(cell, row))) for row in rows
    )
    return Markup('<div class="scroll"><table><tr>{}</tr>{}</table></div>').format(head, body)
