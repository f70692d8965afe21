"""Elements of XML as text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["custom_properties", "element", "leaf"]


def element(name: str, attributes: Mapping[str, str], body: str = "") -> str:
    """An element about XML that is written already."""
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{told}>{body}</{name}>" if body else f"<{name}{told}/>"


def leaf(name: str, text: str) -> str:
    """An element about a text."""
    return f"<{name}>{escape(text)}</{name}>"


def custom_properties(values: Mapping[str, str]) -> str:
    """Texts that QGIS keeps with a node of a layer tree."""
    made = "".join(
        element("Option", {"name": name, "type": "QString", "value": value})
        for name, value in values.items()
    )
    return element("customproperties", {}, element("Option", {"type": "Map"}, made))
