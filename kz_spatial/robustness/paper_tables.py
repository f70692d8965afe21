r"""Tables for a paper: models in columns, coefficients above their errors, in LaTeX and HTML.

What stands in a cell is text by then, escaped by this package; pandas' Styler lays it out. Numbers
have as many decimals as three digits of the error need. Columns of LaTeX have widths that together
fill a page of A4 with margins of 25 mm, upright up to five models and turned beyond.

The document needs the packages `booktabs` and `array`, and `pdflscape` where the page is turned;
`PaperTable.document` is one that has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.design import load_design
from kz_spatial.errors import CallError
from kz_spatial.regression import INFERENCES, Inference, latex_text, split_effects
from kz_spatial.robustness.labels import label_of
from kz_spatial.words import decimals, integer, languages, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from kz_spatial.design import StudyDesign
    from kz_spatial.regression import FitTables, FixedEffectsFit

    Fit = FixedEffectsFit | FitTables

__all__ = ["PaperTable", "paper_table"]

_STARS: Final = ((0.01, "***"), (0.05, "**"), (0.1, "*"))
_MOST_DECIMALS: Final = 6
_UPRIGHT_MM, _TURNED_MM, _GAP_MM = 160.0, 247.0, 4.3  # A4 less margins; room between columns
_NARROWEST_MM: Final = 19.0
_LATIN_MM, _CYRILLIC_MM = 1.63, 1.9  # a letter of a long word
_UPRIGHT_MOST: Final = 5
_FIRST_MM: Final = (40.0, 55.0)
# Cyrillic needs pdflatex with T2A, or another engine with a font that has it
_FONTS: Final = {
    "latin": "\\usepackage[T1]{fontenc}\n",
    "cyrillic": r"""\usepackage{iftex}
\ifpdftex\usepackage[T2A]{fontenc}\else
\usepackage{fontspec}
\setmainfont[Scale=0.87]{DejaVu Serif}
\fi
""",
}
_PREAMBLE: Final = r"""\documentclass[a4paper]{article}
%s\usepackage[margin=25mm]{geometry}
\usepackage{array,booktabs,longtable,pdflscape}
\begin{document}
%s\end{document}
"""


@dataclass(frozen=True, slots=True, eq=False)
class PaperTable:
    """Models side by side, ready for a paper.

    Attributes
    ----------
    frame : DataFrame of str
        By row ("term", "coefficient"), ("term", "std_error") and ("", what is told of a model);
        a column per model.
    labels : tuple of str
        What stands at the left of each row; empty beside errors.
    notes : tuple of str
        What stands below the table.
    caption, label : str
        Caption, and the name that LaTeX refers by.
    turned : bool
        Whether the page of LaTeX is turned.
    language : str
    """

    frame: pd.DataFrame
    labels: tuple[str, ...]
    notes: tuple[str, ...]
    caption: str
    label: str
    turned: bool
    language: str

    def to_latex(self) -> str:
        """A table environment, escaped, that needs the packages booktabs and array."""
        return _latex(self)

    def to_html(self) -> str:
        """An HTML table with its caption, and its notes below."""
        return _html(self)

    def document(self) -> str:
        """A LaTeX document that holds the table alone."""
        return latex_document(self.to_latex(), self.language)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the table by the ending of its path: .tex or .html.

        Raises
        ------
        CallError
            When the ending is another.
        """
        path = Path(path)
        writers = {".tex": self.to_latex, ".html": self.to_html}
        if path.suffix.lower() not in writers:
            raise CallError(f"path {path.name!r}: expected an ending of {', '.join(writers)}")
        path.write_text(writers[path.suffix.lower()](), encoding="utf-8")
        return path


def latex_document(body: str, language: str = "en") -> str:
    """A LaTeX document of A4 with margins of 25 mm around tables that this package wrote."""
    return _PREAMBLE % (_FONTS["cyrillic" if language in ("ru", "kk") else "latin"], body)


def _widths(n: int, *, turned: bool) -> tuple[float, float]:
    """Widths of the first column and of each of the others, in millimetres."""
    whole = (_TURNED_MM if turned else _UPRIGHT_MM) - _GAP_MM * n
    first = _FIRST_MM[1] if n < 4 or turned else _FIRST_MM[0]
    return first, min((whole - first) / n, 40.0)


def _needs_turning(heads: Sequence[str]) -> bool:
    """Whether columns, or a word in their heads, are too wide for a page upright."""
    words = [word for head in heads for word in head.split()]
    longest = max(len(each) * (_LATIN_MM if each.isascii() else _CYRILLIC_MM) for each in words)
    width = _widths(len(heads), turned=False)[1]
    return len(heads) > _UPRIGHT_MOST or longest > max(width, _NARROWEST_MM)


def _styled(table: PaperTable, labels: Sequence[str]) -> pd.DataFrame:
    """The table with its labels as a column of their own."""
    shown = table.frame.reset_index(drop=True)
    shown.insert(0, "", list(labels))
    return shown


def _latex(table: PaperTable) -> str:
    labels = [latex_text(each) for each in table.labels]
    first_told = next(i for i, (term, _) in enumerate(table.frame.index) if not term)
    labels[first_told] = "\\midrule\n" + labels[first_told]
    shown = _styled(table, labels)
    shown.iloc[:, 1:] = shown.iloc[:, 1:].map(latex_text)
    shown.columns = pd.Index(["", *map(latex_text, table.frame.columns)])
    left, width = _widths(len(table.frame.columns), turned=table.turned)
    ragged = rf">{{\raggedright\arraybackslash}}p{{{left:.1f}mm}}"
    centred = rf">{{\centering\arraybackslash}}p{{{width:.1f}mm}}"
    made: str = (
        shown.style.hide(axis="index")
        .to_latex(
            hrules=True,
            column_format="@{}" + ragged + centred * len(table.frame.columns) + "@{}",
            caption=latex_text(table.caption) if table.caption else None,
            label=table.label or None,
            position="htbp",
            position_float="centering",
        )
        .replace("\\begin{tabular}", "\\small\n\\begin{tabular}")
    )
    total = left + (width + _GAP_MM) * len(table.frame.columns)
    notes = "".join(
        rf"\par\smallskip\parbox{{{total:.1f}mm}}{{\footnotesize {latex_text(each)}}}" + "\n"
        for each in table.notes
    )
    made = made.replace("\\end{table}", notes + "\\end{table}")
    return f"\\begin{{landscape}}\n{made}\\end{{landscape}}\n" if table.turned else made


def _html(table: PaperTable) -> str:
    shown = _styled(table, table.labels)
    style = shown.style.hide(axis="index").format(escape="html")
    style = style.format_index(escape="html", axis=1).set_uuid("models")
    if table.caption:
        style = style.set_caption(escape(table.caption))
    notes = "".join(f'<p class="notes">{escape(each)}</p>\n' for each in table.notes)
    return str(style.to_html()) + notes


def _stars(p: float) -> str:
    return next((mark for bound, mark in _STARS if p < bound), "")


def _places(error: float, digits: int) -> int:
    """Decimals that show so many digits of an error."""
    if not np.isfinite(error) or error == 0:
        return digits
    return int(np.clip(digits - 1 - np.floor(np.log10(abs(error))), 0, _MOST_DECIMALS))


def _pair(row: pd.Series[Any], digits: int, language: str, *, stars: bool) -> tuple[str, str]:
    """A coefficient and its error as a paper shows them."""
    b, error = float(row["coefficient"]), float(row["std_error"])
    known = np.isfinite(error)
    places = _places(error if known else b, digits)
    mark = _stars(float(row["p"])) if stars else ""
    told = f"({decimals(error, places, language)})" if known else "(.)"
    return decimals(b, places, language) + mark, told


def _told(fit: Fit, inference: Inference, design: StudyDesign, language: str) -> dict[str, str]:
    """What is told of a model below its coefficients, by its message."""
    absorbed = split_effects(fit.formula)[1]
    no = say("paper.no", language)
    cluster, weights = getattr(fit, "cluster", None), getattr(fit, "weights", None)
    clusters = integer(fit.n_clusters, language) if fit.n_clusters else ""
    if clusters and cluster:
        clusters += f" ({label_of(cluster, design, language)})"
    return {
        say("paper.effects", language): ", ".join(
            label_of(each, design, language) for each in absorbed
        )
        or no,
        say("paper.weights", language): weights or no,
        say("paper.n_obs", language): integer(fit.n_obs, language),
        say("paper.clusters", language): clusters or no,
        say("paper.r2", language): decimals(fit.r2, 3, language),
        say("paper.r2_within", language): decimals(fit.r2_within, 3, language) if absorbed else "",
        say("paper.inference_row", language): say(f"paper.inference.{inference}", language),
    }


def _notes(
    inferences: Sequence[str], tables: Sequence[pd.DataFrame], language: str, *, stars: bool
) -> tuple[str, ...]:
    found = [say("paper.errors", language)]
    if "wild" in inferences:
        found.append(say("paper.wild", language))
    if any(each["std_error"].isna().any() for each in tables):
        found.append(say("paper.no_error", language))
    if stars:
        found.append(say("paper.stars", language))
    return (" ".join(found),)


def _named(fits: Sequence[Fit] | Mapping[str, Fit], design: StudyDesign, language: str) -> Any:
    """Fits by the heading of their column."""
    if isinstance(fits, Mapping):
        heads = {str(name): fit for name, fit in fits.items()}
    else:
        heads = {f"{i}\0{fit.outcome}": fit for i, fit in enumerate(fits)}
    if not heads:
        raise CallError("paper_table: found no fits, expected at least one")
    found = {}
    for i, (name, fit) in enumerate(heads.items(), start=1):
        shown = label_of(name.partition("\0")[2], design, language) if "\0" in name else name
        found[f"({i}) {shown}"] = fit
    return found


def paper_table(
    fits: Sequence[Fit] | Mapping[str, Fit],
    path: str | PathLike[str] | None = None,
    *,
    inference: Inference | None = None,
    labels: Mapping[str, str] | None = None,
    caption: str = "",
    label: str = "",
    stars: bool = True,
    digits: int = 3,
    language: str = "en",
    turned: bool | None = None,
    design: StudyDesign | None = None,
) -> PaperTable:
    r"""Set models side by side as a paper shows them.

    Parameters
    ----------
    fits : sequence or mapping of FixedEffectsFit or FitTables
        Columns, under their outcomes, or under the names of a mapping.
    path : path, optional
        Where to write it, as LaTeX (.tex) or HTML (.html).
    inference : str, optional
        One for all; each fit's default otherwise.
    labels : mapping, optional
        By term: what stands in its row, in place of the design's label.
    caption, label : str
        Caption as plain text, and the name that LaTeX refers by.
    stars : bool
        Whether p under 10, 5 and 1 % is starred.
    digits : int
        Digits that errors are shown to; coefficients have the same decimals.
    language : str
        One of `languages()`.
    turned : bool, optional
        Whether the page of LaTeX is turned; by default with more than five models, or where a word
        in a heading would not fit its column.
    design : StudyDesign, optional
        Whose labels are used; the published study's by default.

    Returns
    -------
    PaperTable

    Raises
    ------
    CallError
        Without fits, with more models than a page is wide, or when there is no such inference,
        language or ending.
    NotEnoughDataError
        When a fit has no table under the inference.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fit = kz.fixed_effects("epayment_share ~ co2_monitoring | composite", kz.load_twin(),
    ...                        cluster="composite", weights="wmedian")
    >>> table = kz.paper_table([fit, fit], caption="Payments, 50 % of sales & more")
    >>> table.labels[0], table.frame.iloc[-1, 0]
    ('CO₂ monitoring', 'clustered, CR2')
    >>> print(table.to_latex().splitlines()[2])
    \caption{Payments, 50 \% of sales \& more}
    """
    check_option("language", language, languages())
    check_count("digits", digits, 1)
    if inference is not None:
        check_option("inference", inference, INFERENCES)
    design = design or load_design()
    columns = _named(fits, design, language)
    turned = _needs_turning(list(columns)) if turned is None else turned
    if _widths(len(columns), turned=turned)[1] < _NARROWEST_MM:
        raise CallError(
            f"fits: found {len(columns)} models, more than a page of A4 is wide"
            + ("; expected two tables" if turned else "; turned=True turns it")
        )
    asked = {head: inference or fit.default_inference for head, fit in columns.items()}
    tables = {head: fit.table(asked[head]) for head, fit in columns.items()}
    terms = list(dict.fromkeys(str(t) for each in tables.values() for t in each.index))
    cells: dict[str, dict[tuple[str, str], str]] = {}
    for head, fit in columns.items():
        made = cells.setdefault(head, {})
        for term in terms:
            pair = ("", "")
            if term in tables[head].index:
                pair = _pair(tables[head].loc[term], digits, language, stars=stars)
            made[term, "coefficient"], made[term, "std_error"] = pair
        for name, text in _told(fit, asked[head], design, language).items():
            made["", name] = text
    frame = pd.DataFrame(cells).rename_axis(["term", "row"])
    known = labels or {}
    shown = tuple(
        name
        if not term
        else known.get(term, label_of(term, design, language)) * (name != "std_error")
        for term, name in frame.index
    )
    notes = _notes(list(asked.values()), list(tables.values()), language, stars=stars)
    table = PaperTable(frame, shown, notes, caption, label, turned, language)
    if path is not None:
        table.save(path)
    return table
