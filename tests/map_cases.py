"""What a page of the web map shows, read back from its data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def map_data(page: str | Path) -> dict[str, Any]:
    """Data of a page, given as its text or its file."""
    text = page.read_text(encoding="utf-8") if isinstance(page, Path) else page
    return json.loads(re.search(r'id="kz-data">(.*?)</script>', text, re.DOTALL)[1])


def in_language(data: dict[str, Any], text: Any, language: str) -> str:
    """A text of the page in one language."""
    if not isinstance(text, list):
        return text
    return text[[each["code"] for each in data["languages"]].index(language)]


def legend_of(data: dict[str, Any], theme: dict[str, Any], language: str) -> list[str]:
    """Entries of a theme's legend from the top down, and its note."""
    shown = [in_language(data, each["label"], language) for each in theme["looks"] if each["kept"]]
    return [*shown, in_language(data, theme["note"], language)]


def row_of(data: dict[str, Any], theme: dict[str, Any], code: str, language: str) -> dict[str, str]:
    """What the page says of a unit in a theme, by heading; its name under ""."""
    units = data["units"][theme["shapes"]]
    place = units["codes"].index(code)
    cells = data["values"][theme["layer"]]
    found = {"": in_language(data, units["names"][place], language)}
    for column, heading in theme["columns"]:
        cell = cells[column][place]
        found[in_language(data, heading, language)] = in_language(data, cell, language)
    return found
