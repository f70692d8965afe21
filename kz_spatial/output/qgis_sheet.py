"""Print layouts of a QGIS project: one sheet, or an atlas with a page for each region.

Written for QGIS 3.22, whose fonts later versions read too. A caveat takes the height that its
words need before the map takes the rest, so that no language cuts it.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from kz_spatial.output.xml_text import custom_properties, element

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PAPERS", "Bounds", "Sheet", "sheet_layout"]

Bounds = tuple[float, float, float, float]

# width and height in mm
PAPERS: Final = {"A4": (297.0, 210.0), "A4 portrait": (210.0, 297.0), "A3": (420.0, 297.0)}
_MARGIN: Final = 10.0
_GAP: Final = 2.0
_INSET: Final = 26.0
_CAPTION: Final = 7.0
_SIDE: Final = 78.0  # beside or below the map of an atlas
_ARROW: Final = 13.0
_NORTH: Final = ":/images/north_arrows/layout_default_north_arrow.svg"
_SEGMENT_KM: Final = 250
_MM_PER_POINT: Final = 0.3528
# of the font's size: letters of Cyrillic are wider than those of Latin, so wide ones are reckoned
_LETTER: Final = 0.62
_BOLD_LETTER: Final = 0.72
_LINE: Final = 1.45
_TYPES: Final = {
    "page": "65638",
    "map": "65639",
    "picture": "65640",
    "label": "65641",
    "legend": "65642",
    "scale bar": "65646",
}
_PLAIN: Final = {"red": "0", "green": "0", "blue": "0", "alpha": "255"}
_WARNING: Final = {"red": "176", "green": "0", "blue": "32", "alpha": "255"}
_MARGIN_SHARE: Final = "0.15"  # about a region on its page


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one print layout shows.

    Attributes
    ----------
    name : str
        Among the layouts of the project.
    paper : str
        Key of `PAPERS`.
    title, subtitle, caveat, source : str
        Lines of the sheet; empty ones are left out.
    theme : str
        Map theme that map and legend follow.
    layer : tuple of str
        Id, name and source of the layer whose legend it is.
    bounds : tuple of float
        West, south, east, north of the country in the project's units.
    kilometres : str
        Unit of the scale bar.
    pages_by : str
        Expression that names a page, one for each feature of the layer; empty for one sheet.
    lines : tuple of str
        What a page of an atlas tells of its region.
    n_classes : int
        Entries of the legend between its heading and its note.
    insets : tuple
        Name and bounds of each region that is a speck on the sheet and gets a small map.
    """

    name: str
    paper: str
    title: str
    subtitle: str
    caveat: str
    source: str
    theme: str
    layer: tuple[str, str, str]
    bounds: Bounds
    kilometres: str
    pages_by: str = ""
    lines: tuple[str, ...] = ()
    n_classes: int = 0
    insets: tuple[tuple[str, Bounds], ...] = ()


@dataclass(frozen=True, slots=True)
class _Box:
    """A place on the page in mm."""

    left: float
    top: float
    width: float
    height: float


def _key(sheet: Sheet, item: str) -> str:
    """The same in every run, and another in every sheet."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_OID, f"{sheet.theme}|{sheet.name}|{item}")) + "}"


def _item(
    sheet: Sheet, kind: str, name: str, box: _Box, more: dict[str, str], body: str = ""
) -> str:
    place = f"{box.left:g},{box.top:g},mm"
    attributes = {
        "type": _TYPES[kind],
        "id": name,
        "uuid": _key(sheet, name),
        "templateUuid": _key(sheet, name),
        "position": place,
        "positionOnPage": place,
        "size": f"{box.width:g},{box.height:g},mm",
        "referencePoint": "0",
        "visibility": "1",
        "opacity": "1",
        "frame": "false",
        "background": "true" if kind in ("page", "map") else "false",
        "positionLock": "false",
        "excludeFromExports": "0",
        **more,
    }
    white = element("BackgroundColor", {**_PLAIN, "red": "255", "green": "255", "blue": "255"})
    return element("LayoutItem", attributes, white + body)


def _font(size: float, *, bold: bool = False) -> str:
    # Qt's name for the reader's own font, which has every letter of Kazakh
    return f"Sans Serif,{size:g},-1,5,{75 if bold else 50},0,0,0,0,0"


def _label(
    sheet: Sheet,
    name: str,
    text: str,
    box: _Box,
    size: float,
    *,
    bold: bool = False,
    colour: dict[str, str] = _PLAIN,
) -> str:
    body = element("LabelFont", {"description": _font(size, bold=bold), "style": ""})
    body += element("FontColor", colour)
    more = {"labelText": text, "htmlState": "0", "halign": "1", "valign": "32"}
    return _item(sheet, "label", name, box, {**more, "marginX": "0", "marginY": "0"}, body)


def _needed(text: str, width: float, size: float, *, bold: bool) -> float:
    """Height that a text takes in a width, in mm."""
    letter = size * _MM_PER_POINT * (_BOLD_LETTER if bold else _LETTER)
    per_line = max(int(width / letter), 1)
    lines = sum(max(math.ceil(len(each) / per_line), 1) for each in text.split("\n"))
    return lines * size * _MM_PER_POINT * _LINE


def _grown(bounds: Bounds, box: _Box) -> dict[str, str]:
    """Bounds grown about their centre to the shape of a box."""
    west, south, east, north = bounds
    ratio = box.width / box.height
    width = max(east - west, (north - south) * ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return {
        "xmin": f"{x - width / 2:.0f}",
        "ymin": f"{y - width / ratio / 2:.0f}",
        "xmax": f"{x + width / 2:.0f}",
        "ymax": f"{y + width / ratio / 2:.0f}",
    }


def _map(sheet: Sheet, box: _Box, crs: str, inset: tuple[str, Bounds] | None = None) -> str:
    """The map of the sheet, or of one region in a frame."""
    driven = {"atlasDriven": str(int(bool(sheet.pages_by)))}
    body = element("Extent", _grown(sheet.bounds if inset is None else inset[1], box))
    body += element("crs", {}, crs)
    body += element("AtlasMap", {**driven, "scalingMode": "2", "margin": _MARGIN_SHARE})
    more = {
        "followPreset": "true",
        "followPresetName": sheet.theme,
        "keepLayerSet": "false",
        "mapRotation": "0",
        "drawCanvasItems": "true",
    }
    if inset is None:
        return _item(sheet, "map", "map", box, more, body)
    return _item(sheet, "map", f"inset {inset[0]}", box, {**more, "frame": "true"}, body)


def _insets(sheet: Sheet, whole: _Box, crs: str) -> tuple[_Box, list[str]]:
    """Small maps at the right, each with its name, and what is left of the sheet."""
    if not sheet.insets:
        return whole, []
    left, items = whole.left + whole.width - _INSET, []
    top = whole.top + whole.height - len(sheet.insets) * (_INSET + _CAPTION + _GAP)
    for name, bounds in sheet.insets:
        items.append(_map(sheet, _Box(left, top, _INSET, _INSET), crs, (name, bounds)))
        caption = _Box(left, top + _INSET, _INSET, _CAPTION)
        items.append(_label(sheet, f"inset name {name}", name, caption, 7))
        top += _INSET + _CAPTION + _GAP
    return _Box(whole.left, whole.top, whole.width - _INSET - _GAP, whole.height), items


def _legend(sheet: Sheet, box: _Box, size: float) -> str:
    margins = {"symbol": {"marginTop": f"{size * _MM_PER_POINT / 2:.4g}"}}
    margins["symbolLabel"] = {"marginLeft": "2", "marginTop": "2"}
    styles = "".join(
        element(
            "style",
            {"name": name, "alignment": "1", "indent": "0", **margins.get(name, {})},
            element("styleFont", {"description": _font(size), "style": ""}),
        )
        for name in ("title", "group", "subgroup", "symbol", "symbolLabel")
    )
    key, title, source = sheet.layer
    # the classes have a heading of their own
    custom = {"legend/title-style": "hidden"}
    if sheet.pages_by:  # beside the map is no room for it, and the sheet's second line tells it
        custom["legend/node-order"] = ",".join(str(1 + i) for i in range(sheet.n_classes))
    node = element(
        "layer-tree-layer",
        {
            "id": key,
            "name": title,
            "source": source,
            "providerKey": "ogr",
            "checked": "Qt::Checked",
            "expanded": "1",
        },
        custom_properties(custom),
    )
    more = {
        "map_uuid": _key(sheet, "map"),
        "title": "",
        "columnCount": "1",
        "symbolWidth": "7",
        "symbolHeight": f"{size * _MM_PER_POINT:.4g}",
        "lineSpacing": "1",
        "boxSpace": "2",
        "resizeToContents": "1",
        "fontColor": "#000000",
    }
    body = element("styles", {}, styles) + element("layer-tree-group", {}, node)
    return _item(sheet, "legend", "legend", box, more, body)


def _scale_and_north(sheet: Sheet, frame: _Box, size: float) -> str:
    """North in the free corner above East Kazakhstan, scale in the free south between the wings."""
    arrow = _Box(frame.left + frame.width - _ARROW, frame.top, _ARROW, _ARROW)
    more = {"file": _NORTH, "mapUuid": _key(sheet, "map"), "mode": "2", "resizeMode": "0"}
    north = _item(sheet, "picture", "north arrow", arrow, {**more, "anchorPoint": "0"})
    bar = _Box(frame.left + 0.27 * frame.width, frame.top + frame.height - 13, 55, 13)
    more = {
        "style": "Single Box",
        "mapUuid": _key(sheet, "map"),
        "unitType": "km",
        "unitLabel": sheet.kilometres,
        "numMapUnitsPerScaleBarUnit": "1",
        "numUnitsPerSegment": str(_SEGMENT_KM),
        "numSegments": "2",
        "numSegmentsLeft": "0",
        "segmentSizeMode": "1",  # by its length, whatever the scale
        "minBarWidth": "25",
        "maxBarWidth": "60",
        "height": "3",
        "labelBarSpace": "3",
        "boxContentSpace": "1",
        "outlineWidth": "0.3",
    }
    body = element("scaleBarFont", {"description": _font(size), "style": ""})
    body += element("strokeColor", _PLAIN) + element("fillColor", _PLAIN)
    body += element("fillColor2", {**_PLAIN, "red": "255", "green": "255", "blue": "255"})
    return north + _item(sheet, "scale bar", "scale bar", bar, more, body)


def _frames(sheet: Sheet, whole: _Box) -> tuple[_Box, _Box, _Box | None]:
    """Places of the map, of the legend, and of the lines on a page of an atlas."""
    if not sheet.pages_by:
        return whole, _Box(whole.left, whole.top, 60, 60), None
    if whole.width > whole.height:
        side = whole.left + whole.width - _SIDE
        view = _Box(whole.left, whole.top, whole.width - _SIDE - _GAP, whole.height)
        half = whole.height / 2
        lines = _Box(side, whole.top + half, _SIDE, half)
        return view, _Box(side, whole.top, _SIDE, half), lines
    view = _Box(whole.left, whole.top, whole.width, whole.height - _SIDE - _GAP)
    low, half = view.top + view.height + _GAP, whole.width / 2
    lines = _Box(whole.left + half, low, half, _SIDE)
    return view, _Box(whole.left, low, half, _SIDE), lines


def sheet_layout(sheet: Sheet, crs: str) -> str:
    """Layout of a sheet as XML of a QGIS project.

    Parameters
    ----------
    sheet : Sheet
    crs : str
        The project's reference system as XML.
    """
    width, height = PAPERS[sheet.paper]
    scale = min(width, height) / PAPERS["A4"][1]
    across, top = width - 2 * _MARGIN, _MARGIN
    items = []
    lines: Sequence[tuple[str, str, float, bool]] = (
        ("title", sheet.title, 16 * scale, True),
        ("subtitle", sheet.subtitle, 11 * scale, False),
    )
    for name, text, size, bold in lines:
        tall = _needed(text, across, size, bold=bold)
        items.append(_label(sheet, name, text, _Box(_MARGIN, top, across, tall), size, bold=bold))
        top += tall
    foot = height - _MARGIN
    below = (
        ("source", sheet.source, 7 * scale, False, _PLAIN),
        ("warnings", sheet.caveat, 8 * scale, True, _WARNING),
    )
    for name, text, size, bold, colour in below:
        if text:
            tall = _needed(text, across, size, bold=bold)
            foot -= tall
            box = _Box(_MARGIN, foot, across, tall)
            items.append(_label(sheet, name, text, box, size, bold=bold, colour=colour))
    whole = _Box(_MARGIN, top + _GAP, across, foot - top - 2 * _GAP)
    whole, insets = _insets(sheet, whole, crs)
    view, legend, told = _frames(sheet, whole)
    made = [_map(sheet, view, crs), *insets, *items, _legend(sheet, legend, 9 * scale)]
    made.append(_scale_and_north(sheet, view, 8 * scale))
    if told is not None:
        made.append(_label(sheet, "lines", "\n".join(sheet.lines), told, 8 * scale))
    page = _item(sheet, "page", "", _Box(0, 0, width, height), {})
    atlas = {
        "enabled": str(int(bool(sheet.pages_by))),
        "coverageLayer": sheet.layer[0] if sheet.pages_by else "",
        "coverageLayerSource": sheet.layer[2] if sheet.pages_by else "",
        "coverageLayerName": sheet.layer[1] if sheet.pages_by else "",
        "coverageLayerProvider": "ogr",
        "pageNameExpression": sheet.pages_by,
        "sortFeatures": str(int(bool(sheet.pages_by))),
        "sortKey": sheet.pages_by,
        "sortAscending": "1",
        "filenamePattern": "@atlas_pagename",
        "hideCoverage": "0",
        "filterFeatures": "0",
    }
    body = element("PageCollection", {}, page) + "".join(made) + element("Atlas", atlas)
    return f'<Layout name={quoteattr(sheet.name)} units="mm" printResolution="300">{body}</Layout>'
