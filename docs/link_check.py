"""Follow every link of built pages: inside, to a page and its part; nothing loaded from outside."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

LOADS = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}


class Links(HTMLParser):
    """Where a page leads, what it loads, and the parts of it that can be led to."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.parts: set[str] = {""}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what one tag says."""
        for name, value in attrs:
            if not value:
                continue
            if name == "id":
                self.parts.add(value)
            elif (tag, name) in LOADS:
                self.loads.append(value)
            elif (tag, name) == ("a", "href"):
                self.leads.append(value)


def read_page(path: Path) -> Links:
    """Return the links of one page."""
    found = Links()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def faults(folder: Path) -> list[str]:
    """Links of all pages below a folder that lead nowhere, and what they load from elsewhere."""
    # what the theme carries in _static is a template, no page
    found = (each for each in sorted(folder.rglob("*.html")) if "_static" not in each.parts)
    pages = {path.resolve(): read_page(path) for path in found}
    out = []
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        for link in page.leads + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loads and parts.scheme != "data":
                    out.append(f"{name}: loads {link} from outside")
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not there.exists():
                out.append(f"{name}: {link} leads nowhere")
            elif there in pages and unquote(parts.fragment) not in pages[there].parts:
                out.append(f"{name}: {link} has no such part")
    return out
