"""Numbers and tables as the report and the audit print them."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["html_table", "interval", "number"]


def number(value: Any, digits: int = 3) -> str:
    """A number with a true minus sign; a dash where there is none."""
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return "–"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}".replace(",", " ")
    text = f"{float(value):.{digits}g}" if abs(value) < 1000 else f"{float(value):,.0f}"
    return text.replace("-", "−")


def interval(low: float, high: float) -> str:
    """Two ends of an interval; a dash where there is none."""
    return f"{number(low)} to {number(high)}" if np.isfinite([low, high]).all() else "–"


def _cell(value: Any) -> str:
    if not isinstance(value, str):
        return f"<td>{number(value)}</td>"
    figure = re.match(r"[-−–<\d]", value) is not None
    return f"<td>{escape(value)}</td>" if figure else f'<td class="text">{escape(value)}</td>'


def html_table(frame: pd.DataFrame) -> str:
    """A frame as an HTML table that scrolls by itself where the page is narrow."""
    head = "".join(f"<th>{escape(str(c))}</th>" for c in frame.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in frame.itertuples(index=False))
    return f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'
