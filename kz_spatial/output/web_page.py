"""The page of a web map: Leaflet inside it, a policy that asks nothing of the network, its parts.

Script, style sheet and parts of the page are in `web/`; all its words and numbers come from Python,
as JSON. What the page may load is said in the page itself: scripts by their hashes, images as data
or from the hosts of the tiles that were asked for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from kz_spatial.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable

__all__ = ["LIBRARIES", "OfflineMap", "Page", "script_json"]

LIBRARIES: Final = ("none", "inline")
_SCRIPT: Final = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_ASKED: Final = re.compile(
    r"""<script[^>]+src=["'](?P<script>[^"']+)["'][^>]*>\s*</script>"""
    r"""|<link[^>]+href=["'](?P<style>https?:[^"']+)["'][^>]*>"""
)
# libraries that Folium's layers ask for, by a word in their address
_INLINE: Final = (
    ("jquery", "xstatic.pkg.jquery", "data/jquery.min.js"),
    ("d3", "xstatic.pkg.d3", "data/d3.js"),
    ("bootstrap", "js_lib_bootstrap5", "static/js-lib-bootstrap5/js/bootstrap.bundle.min.js"),
)
_STYLES: Final = (
    ("bootstrap", "js_lib_bootstrap5", "static/js-lib-bootstrap5/css/bootstrap.min.css"),
)
_VIEWPORT: Final = re.compile(r'<meta name="viewport"[^>]*user-scalable=no[^>]*>')
_POLICY: Final = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:{hosts}"
)


def _part(name: str) -> str:
    """Text of a file in `web/`."""
    return (resources.files("kz_spatial.output") / "web" / name).read_text(encoding="utf-8")


def _script_text(text: str) -> str:
    """A script that no page can mistake for its own end, and that asks for no source map."""
    lines = (line for line in text.splitlines() if not line.startswith("//# sourceMappingURL"))
    return "\n".join(lines).replace("</script", "<\\/script")


def _place(package: str, path: str) -> Traversable:
    """A file in a package that carries a library."""
    place = resources.files(package)
    for part in path.split("/"):
        place = place / part
    return place


@cache
def _carried(package: str, path: str) -> str:
    """Text of a file in a package that carries a library."""
    return _place(package, path).read_text(encoding="utf-8")


@cache
def _leaflet() -> tuple[str, str]:
    """Leaflet's script and style sheet, read from the package that carries them."""
    home = "static/js_lib_leaflet"
    script = _script_text(_carried("js_lib_leaflet", f"{home}/leaflet.js"))

    def inlined(asked: re.Match[str]) -> str:
        image = _place("js_lib_leaflet", f"{home}/{asked[1]}").read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(image).decode('ascii')})"

    style = _carried("js_lib_leaflet", f"{home}/leaflet.css")
    return script, re.sub(r"url\((images/[\w.-]+\.png)\)", inlined, style)


def _libraries(found: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Libraries of the extra, by name."""
    try:
        return [(name, _carried(package, path)) for name, package, path in found]
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise CallError(
            "libraries='inline': found no package that carries jQuery, d3 and Bootstrap, "
            "expected the extra kz-spatial[folium]"
        ) from error


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


class _PageFigure(Figure):
    """Folium's root of a page, which names its language and writes its policy at the end."""

    _template = Template(_part("root.html.j2"))
    language = "en"

    def render(self, **kwargs: Any) -> str:
        text = str(super().render(**kwargs))
        page = next(
            (each for each in self._children.values() if isinstance(each, OfflineMap)), None
        )
        return text if page is None else page.guard(text)


class OfflineMap(folium.Map):
    """A Folium map that carries Leaflet in its own page and asks no address for anything.

    Parameters
    ----------
    tiles : str or folium.TileLayer, optional
        A background from the network, as `folium.Map` takes it; by default there is none.
    attr : str, optional
        Its credit.
    libraries : {"none", "inline"}
        Whether the page carries jQuery, d3 and Bootstrap, which some of Folium's layers lean on.
    key : str
        What the map is called in its page, where equal maps are to be equal texts.
    **options
        Others of `folium.Map`.
    """

    default_js: list[Any] = []  # noqa: RUF012
    default_css: list[Any] = []  # noqa: RUF012

    def __init__(
        self,
        *,
        tiles: Any = None,
        attr: str | None = None,
        libraries: str = "none",
        key: str = "",
        **options: Any,
    ) -> None:
        super().__init__(tiles=tiles, attr=attr, **options)
        self.libraries = libraries
        if key:  # Folium's own names are random
            self._id = key
        _PageFigure().add_child(self)

    def render(self, **kwargs: Any) -> str:
        """Put scripts and styles into the page's head, then render as Folium does."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise CallError("an OfflineMap renders only as the root of its page")
        script, style = _leaflet()
        head = figure.header
        head.add_child(Element(f"<style>{style}</style>"), name="leaflet_css")
        head.add_child(Element(f"<script>{script}</script>"), name="leaflet_js")
        if self.libraries == "inline":
            for name, text in _libraries(_STYLES):
                head.add_child(Element(f"<style>{text}</style>"), name=f"{name}_css")
            for name, text in _libraries(_INLINE):
                head.add_child(Element(f"<script>{_script_text(text)}</script>"), name=f"{name}_js")
        head.add_child(Element(f"<style>{_part('map.css')}</style>"), name="kz_css")
        head.add_child(Element(f"<script>{_script_text(_part('map.js'))}</script>"), name="kz_js")
        return str(super().render(**kwargs))  # type: ignore[no-untyped-call]

    def save(self, outfile: Any, *_: Any, **kwargs: Any) -> None:
        """Write the page, once it is known to be whole."""
        text = self.get_root().render(**kwargs).encode("utf-8")
        if isinstance(outfile, str | bytes | os.PathLike):
            Path(os.fsdecode(outfile)).write_bytes(text)
        else:
            outfile.write(text)

    def _tile_hosts(self) -> list[str]:
        """Hosts that images of the backgrounds come from."""
        addresses = [
            urlsplit(re.sub(r"\{s\}\.?", "*.", each.tiles))
            for each in self._children.values()
            if isinstance(each, folium.TileLayer)
        ]
        return list(dict.fromkeys(f"{each.scheme}://{each.netloc}" for each in addresses))

    def _without(self, asked: re.Match[str]) -> str:
        """Nothing, in place of a library that the page carries or needs none of."""
        address = asked["script"] or asked["style"]
        known = any(re.search(rf"\b{name}\b", address) for name, *_ in _INLINE)
        if known and (self.libraries == "inline" or asked["style"]):
            return ""
        hint = "expected libraries='inline'" if known else "expected layers without one"
        raise CallError(
            f"a layer of this map loads {address} from the network, which the page may not ask: "
            f"{hint}"
        )

    def guard(self, text: str) -> str:
        """The page's text with its policy, and without addresses whose library it carries.

        Raises
        ------
        CallError
            When a layer leans on a library that the page does not carry.
        """
        # Folium forbids readers to zoom; the page has a viewport of its own
        text = _ASKED.sub(self._without, _VIEWPORT.sub("", text))
        scripts = [
            each["body"]
            for each in _SCRIPT.finditer(text)
            if "application/json" not in each["attributes"]
        ]
        hosts = "".join(f" {each}" for each in self._tile_hosts())
        hashes = " ".join(dict.fromkeys(map(_hash, scripts)))
        policy = escape(_POLICY.format(scripts=hashes, hosts=hosts), quote=False)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        return text.replace("<head>", f"<head>\n    {meta}", 1)


def script_json(value: Any) -> str:
    """JSON that keeps its letters, and can neither close nor comment out the script around it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


class Page(MacroElement):
    """What stands around the map: title, choices, legend, cards; and the data it all shows.

    Parameters
    ----------
    data : dict
        As `web/map.js` reads it.
    texts : dict of str
        What stands in the page before its script runs, in the language that it is written in.
    """

    _template = Template(_part("page.html.j2"))

    def __init__(self, data: dict[str, Any], texts: dict[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Page"
        self.data, self.texts, self.json = data, texts, script_json
