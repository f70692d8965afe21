"""The page of a web map: Leaflet inside it, no tiles, a switch between themes, a legend.

Script and style sheet of the page are in `web/`; all its words and numbers come from Python.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Final

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from kz_spatial.errors import CallError
from kz_spatial.palette import OUTLINE

__all__ = ["Corner", "OfflineMap", "Themes", "script_json"]

_MACRO: Final = "{{% macro script(this, kwargs) %}}\n{}{{% endmacro %}}"


def _part(name: str) -> str:
    """Text of a file in `web/`."""
    return (resources.files("kz_spatial.output") / "web" / name).read_text(encoding="utf-8")


@cache
def _leaflet() -> tuple[str, str]:
    """Leaflet's script and style sheet, read from the package that carries them."""
    home = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    script = (home / "leaflet.js").read_text(encoding="utf-8")
    style = (home / "leaflet.css").read_text(encoding="utf-8")
    # a source map would be asked for, and images are not used
    lines = (line for line in script.splitlines() if not line.startswith("//# sourceMappingURL"))
    return "\n".join(lines).replace("</script", "<\\/script"), style


class OfflineMap(folium.Map):
    """A Folium map that carries Leaflet in its own page and asks no address for anything."""

    default_js: list[Any] = []  # noqa: RUF012
    default_css: list[Any] = []  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        super().__init__(tiles=None, **options)

    def render(self, **kwargs: Any) -> str:
        """Put script and styles into the page's head, then render as Folium does."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise CallError("an OfflineMap renders only as the root of its page")
        script, style = _leaflet()
        figure.header.add_child(Element(f"<style>{style}</style>"), name="leaflet_css")
        figure.header.add_child(Element(f"<script>{script}</script>"), name="leaflet_js")
        figure.header.add_child(Element(f"<style>{_part('map.css')}</style>"), name="kz_css")
        return str(super().render(**kwargs))  # type: ignore[no-untyped-call]


def script_json(value: Any) -> str:
    """JSON that keeps its letters, and can neither close nor comment out the script around it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


class Corner(MacroElement):
    """A box of HTML in a corner of the map."""

    _template = Template(_MACRO.format(_part("corner.js.j2")))

    def __init__(self, html: str, *, position: str, css: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Corner"
        self.html, self.position, self.css, self.json = html, position, css, script_json


class Themes(MacroElement):
    """A switch between themes. Outlines are stored once; a theme only recolours them."""

    _template = Template(_MACRO.format(_part("themes.js.j2")))

    def __init__(
        self,
        shapes: dict[str, Any],
        themes: list[dict[str, Any]],
        dots: list[dict[str, Any]],
        words: dict[str, str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Themes"
        self.shapes, self.themes, self.words = shapes, themes, words
        self.dots, self.outline, self.json = dots, OUTLINE, script_json
