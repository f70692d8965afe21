"""Pages of HTML: templates that escape what they are given, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from markupsafe import Markup, escape

from kz_spatial.words import catalogue_of, integer, number, say

if TYPE_CHECKING:
    import jinja2

    from kz_spatial.options import Language

__all__ = ["code_marked", "english", "html_table", "render_page"]

# rows of a table that stays on one printed page
_WHOLE: Final = 24
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


def _in_sections(body: str) -> tuple[Markup, list[tuple[str, Markup]]]:
    """A body whose every heading opens a section that it names, and the headings for a contents."""
    lead, *pieces = re.split(r"<h2>", body)
    made, contents = [lead], []
    for i, piece in enumerate(pieces, start=1):
        title, _, rest = piece.partition("</h2>")
        contents.append((f"part-{i}", Markup(title)))  # noqa: S704 the template escaped it
        named = re.sub(r"<[^>]+>", "", title).replace('"', "&#34;")
        made.append(
            f'<section id="part-{i}" tabindex="-1" aria-label="{named}">\n<h2>{title}</h2>'
            f"{rest.rstrip()}\n</section>\n"
        )
    return Markup("".join(made)), contents  # noqa: S704 the template escaped it


def render_page(template: str, language: Language, **values: Any) -> str:
    """Render a template of `templates/` inside the frame that all pages share.

    Parameters
    ----------
    template : str
        File name. It holds the body below the head: its h2 headings become sections and the list
        of contents.
    language : str
        The page's; the template gets it, its direction and `say` for it.
    **values
        What else the template asks for, escaped unless it is `Markup`; `title` and, where there
        are such, `meta` (lines below the title) and `notices` are the frame's.
    """
    told = {
        "language": language,
        "direction": catalogue_of(language).direction,
        "say": lambda key, **more: say(key, language, **more),
        "meta": (),
        "notices": (),
        **values,
    }
    body = _environment().get_template(template).render(**told)
    content, contents = _in_sections(body)
    told |= {"content": content, "contents": contents}
    return _environment().get_template("frame.html.j2").render(**told)


def _cell(value: Any, language: Language, *, head: bool) -> Markup:
    told = value
    if isinstance(value, bool):
        told = str(value)
    elif not isinstance(value, str):
        told = integer(value, language) if isinstance(value, int) else number(value, language)
    if head:
        return Markup('<th scope="row">{}</th>').format(told)
    if not isinstance(value, Markup) and _FIGURE.match(told):
        return Markup("<td>{}</td>").format(told)
    return Markup('<td class="text">{}</td>').format(told)


def _head(text: str) -> Markup:
    return Markup('<th scope="col">{}</th>').format(text) if text else Markup("<td></td>")


def html_table(
    rows: Iterable[Sequence[Any]] | pd.DataFrame,
    heads: Sequence[str],
    language: Language,
    *,
    caption: str = "",
) -> Markup:
    """Rows as an HTML table that scrolls by itself where the page is narrow.

    Parameters
    ----------
    rows : frame, or iterable of sequences
        Numbers are written as the language writes them, text as it stands. The first cell of a row
        is its heading.
    heads : sequence of str
        Headings of the columns.
    language : str
    caption : str
        What the table shows.
    """
    if isinstance(rows, pd.DataFrame):
        rows = rows.astype(object).itertuples(index=False, name=None)
    rows = list(rows)
    body = Markup().join(
        Markup("<tr>{}</tr>\n").format(
            Markup().join(_cell(c, language, head=i == 0) for i, c in enumerate(row))
        )
        for row in rows
    )
    # whoever has no mouse scrolls by keys, once the box has the focus
    box = Markup('<div class="scroll{}" tabindex="0" role="group" aria-label="{}">').format(
        " whole" if len(rows) <= _WHOLE else "", caption or heads[-1]
    )
    told = Markup("<caption>{}</caption>").format(caption) if caption else ""
    return Markup("{}<table>{}<thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table></div>").format(
        box, told, Markup().join(map(_head, heads)), body
    )
