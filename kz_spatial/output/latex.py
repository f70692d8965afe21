r"""Tables of a bundle for LaTeX: pages of A4 that they fit, as wide as they are.

What stands in a cell is text by then, escaped by this package; pandas' Styler lays it out. A table
wider than a page is cut into parts, each with the columns that name its rows. The document needs
the packages `array`, `booktabs`, `longtable` and `pdflscape`; margins of 25 mm are reckoned with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.regression import latex_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["to_latex"]

_UPRIGHT_MM, _TURNED_MM = 160.0, 247.0
# of letters in \footnotesize: measured as generous enough for Latin and Cyrillic capitals
_LETTER_MM, _GAP_MM, _WIDEST_MM = 1.85, 2.2, 62.0
# columns that name a row
_KEYS: Final = 4


def _plain(value: Any) -> str:
    """What a cell says, not yet escaped."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "--"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    return str(value)


def _escaped(text: str) -> str:
    """Text for LaTeX, which may break its line after an underscore or a slash."""
    broken = latex_text(text).replace(r"\_", r"\_\allowbreak{}")
    return re.sub(r"(?<=\w)/(?=\w)", r"/\\allowbreak{}", broken)


def _width(head: str, cells: Sequence[str], *, wrapped: bool) -> float:
    """Room of a column in millimetres: its longest cell, or of text that wraps a longest piece."""
    pieces = [piece + "_" for piece in head.split("_")]
    pieces += [p for each in cells for p in (re.split(r"[\s_/]+", each) if wrapped else [each])]
    longest = max(map(len, pieces))
    if wrapped:  # not narrower than a fifth of what it says takes
        longest = max(longest, min(max(map(len, cells), default=0), 24))
    return min(longest * _LETTER_MM, _WIDEST_MM)


def _parts(widths: Sequence[float], keys: int) -> Iterator[list[int]]:
    """Columns of each part of a table, those that name a row leading each."""
    first = list(range(keys))
    used = sum(widths[:keys]) + _GAP_MM * keys
    part, room = list(first), _TURNED_MM - used
    for place in range(keys, len(widths)):
        if widths[place] + _GAP_MM > room and len(part) > keys:
            yield part
            part, room = list(first), _TURNED_MM - used
        part.append(place)
        room -= widths[place] + _GAP_MM
    yield part


def _set(shown: pd.DataFrame, formats: Sequence[str], caption: str) -> str:
    """One part as a longtable."""
    made: str = (
        shown.style.hide(axis="index")
        .to_latex(
            environment="longtable", hrules=True, caption=caption,
            column_format="@{}" + "".join(formats) + "@{}",
        )
    )  # fmt: skip
    # what a page's end says would be English in every language
    return re.sub(r"\\midrule\n\\multicolumn[^\n]*\n(?=\\endfoot)", r"\\bottomrule\n", made)


def to_latex(table: pd.DataFrame, *, caption: str, notice: str = "") -> str:
    """Write a frame as longtables that fit A4, turned where it is wide.

    Parameters
    ----------
    table : DataFrame
    caption : str
    notice : str
        Printed below the caption, such as that of the twin.
    """
    names = [str(each) for each in table]
    numeric = [pd.api.types.is_numeric_dtype(table[c]) for c in table]
    cells = [[_plain(value) for value in table[c]] for c in table]
    widths = [
        _width(name, texts, wrapped=not number)
        for name, texts, number in zip(names, cells, numeric, strict=True)
    ]
    keys = next((i for i, number in enumerate(numeric) if number), len(names))
    parts = list(_parts(widths, min(keys, _KEYS)))
    formats = [
        rf">{{\ragged{'left' if number else 'right'}\arraybackslash}}p{{{width:.1f}mm}}"
        for width, number in zip(widths, numeric, strict=True)
    ]
    title = _escaped(caption) + (rf" \emph{{{_escaped(notice)}}}" if notice else "")
    shown = pd.DataFrame({i: map(_escaped, texts) for i, texts in enumerate(cells)})
    made = []
    for number, part in enumerate(parts, start=1):
        block = shown[part].set_axis([_escaped(names[i]) for i in part], axis=1)
        told = f"{title} ({number}/{len(parts)})" if len(parts) > 1 else title
        made.append(_set(block, [formats[i] for i in part], told))
    text = "\\footnotesize\n\\setlength{\\tabcolsep}{%.1fmm}\n" % (_GAP_MM / 2) + "\n".join(made)
    if sum(widths) + _GAP_MM * len(widths) > _UPRIGHT_MM:
        return f"\\begin{{landscape}}\n{text}\\end{{landscape}}\n"
    return f"{{\n{text}}}\n"
