"""How fits are shown: names of inferences, HTML and LaTeX tables, intervals side by side."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.drawing import new_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = [
    "NAMES",
    "draw_intervals",
    "html_table",
    "interval_ends",
    "latex_table",
    "latex_text",
    "regression_screen",
]

NAMES: Final = {
    "iid": "classical",
    "hc1": "robust, HC1",
    "hc3": "robust, HC3",
    "crv1": "clustered, CRV1",
    "crv3": "clustered, CRV3 (jackknife)",
    "cr2": "clustered, CR2 with Satterthwaite df",
    "wild": "wild cluster bootstrap, null imposed",
}
# what LaTeX would take for a command, and what prints it
_LATEX: Final = str.maketrans(
    {each: f"\\{each}" for each in "&%_#${}"}
    | {
        "\\": r"\textbackslash{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "²": "$^2$",
        # by themselves pdflatex prints these not at all, or as others
        "−": "$-$",
        "×": r"$\times$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "<": "$<$",
        ">": "$>$",
        "|": "$|$",
        "→": r"$\to$",
        "\u00a0": "~",
        "\u202f": r"\,",
    }
    | {chr(0x2080 + i): f"$_{i}$" for i in range(10)}
)


def interval_ends(table: pd.DataFrame) -> NDArray[np.float64]:
    """Lengths of the arms of each coefficient's interval, (2, k); 0 where an end does not exist."""
    b = table["coefficient"]
    ends = np.stack([b - table["ci_low"], table["ci_high"] - b]).astype(np.float64)
    ends[~np.isfinite(ends)] = 0
    return ends


def draw_intervals(tables: Mapping[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Coefficients with intervals, a colour per table, beside each other.

    Parameters
    ----------
    tables : mapping of DataFrame
        By the name in the legend; columns coefficient, ci_low, ci_high, the same terms in each.
    ax : matplotlib Axes, optional
        Drawn into when given.
    """
    terms = next(iter(tables.values())).index
    ax = new_axes(ax, 6.5, 0.9 + 0.75 * len(terms))
    rows = np.arange(len(terms))[::-1]
    colours = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
    for i, (name, table) in enumerate(tables.items()):
        ax.errorbar(
            table["coefficient"],
            rows + 0.18 * ((len(tables) - 1) / 2 - i),
            xerr=interval_ends(table),
            fmt="o",
            ms=4,
            lw=1.3,
            color=colours[i % len(colours)],
            label=name,
        )
    ax.axvline(0, color="#555555", lw=0.8)
    ax.set_yticks(rows, [str(each) for each in terms])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return ax


def html_table(table: pd.DataFrame) -> str:
    """HTML table of what `compare` set side by side."""
    head = "".join(f"<th>{escape(str(c))}</th>" for c in table.columns)
    body = "".join(
        f"<tr><th>{escape(str(term)) if row != 'std_error' else ''}</th>"
        + "".join(f"<td>{escape(str(each))}</td>" for each in cells)
        + "</tr>"
        for (term, row), cells in zip(table.index, table.to_numpy(), strict=True)
    )
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


def latex_text(value: object) -> str:
    """A value as LaTeX prints it, whatever it holds that LaTeX would take for a command."""
    return str(value).translate(_LATEX)


def latex_table(table: pd.DataFrame) -> str:
    """LaTeX tabular of what `compare` set side by side, for the booktabs package."""
    lines = [
        rf"\begin{{tabular}}{{l{'c' * table.shape[1]}}}",
        r"\toprule",
        " & " + " & ".join(map(latex_text, table.columns)) + r" \\",
        r"\midrule",
    ]
    for (term, row), cells in zip(table.index, table.to_numpy(), strict=True):
        if term == "Observations":
            lines.append(r"\midrule")
        first = "" if row == "std_error" else latex_text(term)
        lines.append(" & ".join([first, *map(latex_text, cells)]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def regression_screen(
    outcome: str,
    table: pd.DataFrame,
    *,
    head: list[str],
    numbers: Mapping[str, str],
    tail: list[str],
    notes: list[str],
) -> str:
    """A table of coefficients as text, in the manner of Stata's screen.

    Parameters
    ----------
    outcome : str
    table : DataFrame
        As `FixedEffectsFit.table` gives it.
    head, tail : list of str
        Lines above and below the numbers.
    numbers : mapping
        What stands at the right, by its name.
    notes : list of str
    """
    width = max(12, len(outcome), *(len(str(name)) for name in table.index)) + 1
    right = [f"{name:>{width + 50}} = {value:>9}" for name, value in numbers.items()]
    rule = "-" * width + "+" + "-" * 66
    rows = [
        f"{name!s:>{width - 1}} | {r.coefficient:>10.6g} {r.std_error:>10.6g} {r.t:>7.2f} "
        f"{r.p:>7.3f}  {r.ci_low:>11.6g} {r.ci_high:>11.6g}"
        for name, r in zip(table.index, table.itertuples(), strict=True)
    ]
    title = (
        f"{outcome:>{width - 1}} | {'Coefficient':>10} {'std. err.':>9} {'t':>7} "
        f"{'P>|t|':>7}  {'[95% conf.':>11} {'interval]':>11}"
    )
    told = [f"Note: {each}" for each in notes]
    return "\n".join([*head, *right, *tail, rule, title, rule, *rows, rule, *told])
