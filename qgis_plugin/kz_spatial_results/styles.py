"""Styles that a bundle offers, and which of them the reader has made their own since."""

from __future__ import annotations

import hashlib
from xml.etree import ElementTree as ET

from qgis.core import QgsFillSymbol, QgsMapLayerStyle, QgsSingleSymbolRenderer, QgsVectorLayer

from .placed import file_of, free_name
from .words import tr

_RASTER_STYLE = "default"


def _stored(layer) -> dict:
    """Text by name of the styles that a bundle has for a layer, the default first."""
    if not isinstance(layer, QgsVectorLayer):
        beside = file_of(layer).with_suffix(".qml")
        return {_RASTER_STYLE: beside.read_text(encoding="utf-8")} if beside.is_file() else {}
    # own styles come first, then those of other tables
    number, keys, names = layer.listStylesInDatabase()[:3]
    own = zip(keys[: max(number, 0)], names[: max(number, 0)])
    return {name: layer.getStyleFromDatabase(key)[0] for key, name in own}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(text: str) -> str:
    """Of what a style says, however it is laid out; QGIS keeps notes of its own in properties."""
    root = ET.fromstring(text)  # noqa: S314  QGIS has read and written it itself
    for notes in root.findall("customproperties"):
        root.remove(notes)
    # the order of attributes differs from one start of QGIS to the next
    return _short(repr([(e.tag, sorted(e.items()), (e.text or "").strip()) for e in root.iter()]))


def _seen(layer, names) -> dict:
    """Digests of styles as QGIS writes them after reading them."""
    manager, found = layer.styleManager(), {}
    before = manager.currentStyle()
    for name in names:
        manager.setCurrentStyle(name)
        found[name] = _digest(manager.style(name).xmlData())
    manager.setCurrentStyle(before)
    return found


def _replace(layer, name: str, text: str) -> None:
    manager = layer.styleManager()
    before = manager.currentStyle()
    manager.setCurrentStyle(name)
    QgsMapLayerStyle(text).writeToLayer(layer)
    manager.setCurrentStyle(before)


def offer_styles(layer, offered) -> tuple:
    """Offer each style stored with a layer that is new since the last time.

    QGIS applies the default on loading; the others would be found only in a database dialog. A
    style that the bundle has changed is renewed where the reader left it as it was, and offered
    under a free name where not.

    `offered` is None for a layer just loaded, else what this gave before: by name the digests of
    a style as stored and as QGIS holds it, and its name in the layer. Returns what to remember,
    and the names of the styles that were added.
    """
    manager, told, added, new = layer.styleManager(), dict(offered or {}), [], {}
    stored = _stored(layer)
    if offered is None and not stored:
        return told, (manager.currentStyle(),)
    for number, (name, text) in enumerate(stored.items()):
        digest = _short(text)
        before, held, own = told.get(name, ("", "", name))
        if digest == before:
            continue
        there = own in manager.styles()
        if offered is None and number == 0:
            manager.renameStyle(manager.currentStyle(), name)
            added.append(name)
        elif there and _digest(manager.style(own).xmlData()) == held:
            _replace(layer, own, text)
        else:
            own = free_name(name, manager.styles())
            manager.addStyle(own, QgsMapLayerStyle(text))
            added.append(own)
        new[name] = (digest, own)
    seen = _seen(layer, [own for _, own in new.values()])
    told.update({name: (digest, seen[own], own) for name, (digest, own) in new.items()})
    return told, tuple(added)


def add_outline(layer: QgsVectorLayer) -> str:
    """Offer a style of lines and names alone, to lie on densities; return its name."""
    manager = layer.styleManager()
    name = free_name(tr("Outline"), manager.styles())
    before = manager.currentStyle()
    manager.addStyleFromLayer(name)
    manager.setCurrentStyle(name)
    symbol = QgsFillSymbol.createSimple(
        {"style": "no", "outline_color": "120,120,120,255", "outline_width": "0.2"}
    )
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    manager.setCurrentStyle(before)
    return name
