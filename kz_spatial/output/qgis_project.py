"""A bundle as a QGIS project: `kz_spatial.qgz`, written without QGIS for 3.22 and later.

A project passes over the styles that a GeoPackage holds, so every style stands in it whole. Paths
are relative to the bundle. Nodes of the layer tree carry the plugin's marks, so that it takes the
bundle for open. The same results give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as day
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output import qml
from kz_spatial.output.geopackage import About, layer_metadata, offered_styles
from kz_spatial.output.qgis_crs import data_crs, project_crs
from kz_spatial.output.qgis_sheet import Bounds, Sheet, sheet_layout
from kz_spatial.output.qml_fields import plain_value
from kz_spatial.output.xml_text import custom_properties, element, leaf
from kz_spatial.words import date

if TYPE_CHECKING:
    from pathlib import Path

    from kz_spatial.output.layers import Layer
    from kz_spatial.output.style_classes import Style

__all__ = ["PROJECT", "write_project"]

PROJECT: Final = "kz_spatial.qgz"
_GEOPACKAGE: Final = "./kz_spatial.gpkg"
_HEAD: Final = (
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    '<qgis version="3.22.0" projectname="">'
)
_EPOCH: Final = (2000, 1, 1, 0, 0, 0)  # the same in every run
_MARGIN: Final = 1.05
_SPECK: Final = 9 / 270  # of the country's width: nine of the 270 mm that its map has on A4
_MOST_SPECKS: Final = 4  # of more the sheet would be full
_AROUND: Final = 1.5  # of a region's own bounds
_MARKS: Final = {name: f"kz_spatial/{name}" for name in ("bundle", "group", "key", "layer")}
_OUTLINE_MARK: Final = "kz_spatial/outline"
_RASTER_STYLE: Final = "default"


@dataclass(frozen=True, slots=True)
class _Node:
    """A layer of the project."""

    key: str
    identity: str
    title: str
    source: str
    provider: str
    group: str
    shown: bool
    styles: Mapping[str, str]
    xml: str
    outline: str = ""


@dataclass(frozen=True, slots=True)
class _Theme:
    """A map theme: a node in a style, with another node's outlines on it or not."""

    name: str
    node: _Node
    style: str
    outline: _Node | None


def _identity(key: str, salt: str) -> str:
    """Id of a layer: unlike that of any other bundle, and long, since QGIS replaces short ones."""
    return f"kz_spatial___{key}_{hashlib.sha256(f'{salt}|{key}'.encode()).hexdigest()[:24]}"


def _maplayer(kind: str, parts: Mapping[str, str], styles: Mapping[str, str], more: str) -> str:
    """A layer in its first style, with the others beside it."""
    first = next(iter(styles))
    attributes, body = qml.bare_style(styles[first])
    kept = "".join(
        element(
            "map-layer-style",
            {"name": name},
            "" if name == first else text[text.index("<qgis") :],
        )
        for name, text in styles.items()
    )
    manager = element("map-layer-style-manager", {"current": first}, kept)
    told = "".join(leaf(name, text) for name, text in parts.items())
    srs = element("srs", {}, project_crs() if kind == "raster" else data_crs())
    return f'<maplayer type="{kind}" {attributes}>{told}{srs}{more}{manager}{body}</maplayer>'


def _vector(layer: Layer, entry: Mapping[str, Any], about: About, salt: str, outline: str) -> _Node:
    styles = {name: qml.vector_style(layer, style) for name, style in offered_styles(layer).items()}
    if outline:
        styles[outline] = qml.outline_style(layer)
    source = f"{_GEOPACKAGE}|layername={layer.name}"
    key = _identity(layer.name, salt)
    parts = {"id": key, "datasource": source, "layername": layer.title}
    shape = '<provider encoding="UTF-8">ogr</provider>' + element(
        "resourceMetadata", {}, layer_metadata(about, layer)
    )
    xml = _maplayer("vector", parts, styles, shape)
    kind = "Point" if layer.geometry == "point" else "Polygon"
    xml = xml.replace("<maplayer ", f'<maplayer geometry="{kind}" ', 1)
    group, shown = str(entry["group"]), bool(entry["visible"])
    return _Node(layer.name, key, layer.title, source, "ogr", group, shown, styles, xml, outline)


def _raster(stem: str, title: str, folder: Path, group: str, salt: str) -> _Node:
    styles = {_RASTER_STYLE: (folder / f"{stem}.qml").read_text(encoding="utf-8")}
    key, source = _identity(stem, salt), f"./{stem}.tif"
    parts = {"id": key, "datasource": source, "layername": title, "provider": "gdal"}
    xml = _maplayer("raster", parts, styles, "")
    return _Node(stem, key, title, source, "gdal", group, False, styles, xml)


def _leaf_node(node: _Node, *, opened: bool) -> str:
    offered = {
        # the second is what QGIS makes of a style, which only QGIS can tell
        name: [hashlib.sha256(text.encode()).hexdigest()[:16], "", name]
        for name, text in node.styles.items()
        if name != node.outline
    }
    marks = {_MARKS["key"]: node.key, _MARKS["layer"]: json.dumps(offered)}
    if node.outline:
        marks[_OUTLINE_MARK] = node.outline
    attributes = {
        "id": node.identity,
        "name": node.title,
        "source": node.source,
        "providerKey": node.provider,
        "checked": "Qt::Checked" if node.shown else "Qt::Unchecked",
        "expanded": str(int(opened)),
    }
    return element("layer-tree-layer", attributes, custom_properties(marks))


def _tree(title: str, groups: Sequence[Mapping[str, Any]], nodes: Sequence[_Node]) -> str:
    """The bundle's group about its groups, in the order of their layers."""
    of = {each["key"]: each for each in groups}
    inner = ""
    for key in dict.fromkeys(node.group for node in nodes):
        told = of.get(key, {"title": title, "open": True})
        held = "".join(_leaf_node(node, opened=node.shown) for node in nodes if node.group == key)
        attributes = {
            "name": str(told["title"]),
            "checked": "Qt::Checked",
            "expanded": str(int(told["open"])),
        }
        inner += element(
            "layer-tree-group", attributes, custom_properties({_MARKS["group"]: key}) + held
        )
    whole = {"name": title, "checked": "Qt::Checked", "expanded": "1"}
    marked = custom_properties({_MARKS["bundle"]: "plain"}) + inner
    return element("layer-tree-group", {}, element("layer-tree-group", whole, marked))


def _themes(contents: Mapping[str, Any], nodes: Mapping[str, _Node]) -> list[_Theme]:
    """One map theme per layer and style, named by both."""
    found = []
    for entry in contents["layers"]:
        node = nodes.get(entry["name"])
        if node is None or not entry["themed"]:
            continue
        outline = nodes.get(contents["outline"]) if entry["outlined"] else None
        for style in (each for each in node.styles if each != node.outline):
            name = style if style.startswith(node.title) else f"{node.title}: {style}"
            found.append(_Theme(name, node, style, outline))
    return found


def _preset(theme: _Theme, whole: str, groups: Mapping[str, str]) -> str:
    """A theme that opens the legend of its layer and closes the other groups.

    QGIS 3.22 switches on whatever a theme lists, so it lists only what it shows.
    """
    shown = [(theme.node, theme.style)]
    shown += [(theme.outline, theme.outline.outline)] if theme.outline else []
    layers = ""
    for node, style in shown:
        told = {"id": node.identity, "visible": "1", "style": style}
        layers += element("layer", {**told, "expanded": str(int(node is theme.node))})
    opened = (whole, f"{whole}/{groups[theme.node.group]}")
    about = "".join(element("expanded-group-node", {"id": each}) for each in opened)
    layers += element("expanded-group-nodes", {}, about)
    attributes = {"name": theme.name, "has-expanded-info": "1"}
    return element("visibility-preset", attributes, layers)


def _bounds(layers: Sequence[Layer]) -> Bounds:
    """Bounds of all polygons in the project's units, in whole kilometres, with a margin."""
    west, south, east, north = 1e12, 1e12, -1e12, -1e12
    for layer in (each for each in layers if each.geometry == "polygon"):
        found = layer.frame.geometry.to_crs(EQUAL_AREA_CRS).total_bounds
        west, south = min(west, found[0]), min(south, found[1])
        east, north = max(east, found[2]), max(north, found[3])
    wide, high = (east - west) * (_MARGIN - 1) / 2, (north - south) * (_MARGIN - 1) / 2
    west, south, east, north = (
        round(each, -3) for each in (west - wide, south - high, east + wide, north + high)
    )
    return float(west), float(south), float(east), float(north)


def _extent(bounds: Bounds) -> dict[str, str]:
    names = ("xmin", "ymin", "xmax", "ymax")
    return {name: f"{each:.0f}" for name, each in zip(names, bounds, strict=True)}


def _source_line(about: About, language: str) -> str:
    """Where the numbers come from and when they were made, as the language writes dates."""
    made = date(day.fromisoformat(about.written), language)
    parts = [about.origin(language), about.coded(language), made, about.licence(language)]
    for i, each in enumerate(parts):
        if i or about.synthetic:  # a file keeps its name as it is
            parts[i] = each[:1].upper() + each[1:]
    return ". ".join(filter(None, parts))


def _page_lines(layer: Layer, styles: Mapping[str, Style]) -> tuple[str, ...]:
    """What a page tells of its region: the value of each of the layer's themes."""
    return tuple(
        f"{style.title}: [% {plain_value(layer, style.column)} %]" for style in styles.values()
    )


def _specks(layer: Layer, bounds: Bounds) -> tuple[tuple[str, Bounds], ...]:
    """Name and bounds, with room about them, of the regions too small to be read on a sheet."""
    if layer.label_column is None:
        return ()
    boxes = layer.frame.geometry.to_crs(EQUAL_AREA_CRS).bounds.to_numpy()
    limit = _SPECK * (bounds[2] - bounds[0])
    found = []
    for name, (west, south, east, north) in zip(
        layer.frame[layer.label_column], boxes, strict=True
    ):
        side = max(east - west, north - south)
        if 0 < side < limit:
            room = (_AROUND - 1) / 2 * side
            found.append((str(name), (west - room, south - room, east + room, north + room)))
    return tuple(sorted(found)) if len(found) <= _MOST_SPECKS else ()


def _sheets(
    themes: Sequence[_Theme],
    layers: Mapping[str, Layer],
    about: About,
    bounds: Bounds,
) -> list[Sheet]:
    """The first theme on A4, and its layer as an atlas with a page for each region."""
    if not themes:
        return []
    theme = themes[0]
    layer = layers[theme.node.key]
    terms, styles = layer.terms, offered_styles(layer)
    style = styles[theme.style]

    def sheet(name: str, paper: str, subtitle: str, pages_by: str = "") -> Sheet:
        note = style.mark_note if pages_by else ""  # else the legend tells it
        return Sheet(
            name=f"{name}: {theme.name}",
            paper=paper,
            title=terms.title,
            subtitle=subtitle,
            caveat=". ".join(filter(None, (layer.notice, note))),
            source=_source_line(about, terms.language),
            theme=theme.name,
            layer=(theme.node.identity, theme.node.title, theme.node.source),
            bounds=bounds,
            kilometres=terms.say("map.kilometres"),
            pages_by=pages_by,
            lines=_page_lines(layer, styles) if pages_by else (),
            n_classes=len(style.classes),
            insets=() if pages_by else _specks(layer, bounds),
        )

    found = [sheet("A4", "A4", theme.name)]
    if layer.label_column:
        by, atlas = f'"{layer.label_column}"', terms.say("project.atlas")
        subtitle = f"[% {by} %]. {theme.name}"
        portrait = terms.say("project.portrait", paper="A4")
        found += [
            sheet(f"{atlas}, {name}", paper, subtitle, by)
            for name, paper in (("A4", "A4"), (portrait, "A4 portrait"))
        ]
    return found


def _document(
    title: str,
    nodes: Sequence[_Node],
    tree: str,
    presets: str,
    sheets: list[Sheet],
    bounds: Bounds,
) -> str:
    crs, extent = project_crs(), _extent(bounds)
    corners = "".join(leaf(name, each) for name, each in extent.items())
    order = "".join(element("layer", {"id": node.identity}) for node in nodes)
    view = element("DefaultViewExtent", extent, crs)
    return (
        f'{_HEAD}<homePath path=""/>'
        + leaf("title", title)
        + element("projectCrs", {}, crs)
        + tree
        + element(
            "mapcanvas",
            {"name": "theMapCanvas", "annotationsVisible": "1"},
            "<units>meters</units>"
            + element("extent", {}, corners)
            + "<rotation>0</rotation>"
            + element("destinationsrs", {}, crs),
        )
        + element("projectlayers", {}, "".join(node.xml for node in nodes))
        + element("layerorder", {}, order)
        + '<properties><Paths><Absolute type="bool">false</Absolute></Paths><SpatialRefSys>'
        '<ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys></properties>'
        + element("visibility-presets", {}, presets)
        + element("Layouts", {}, "".join(sheet_layout(each, crs) for each in sheets))
        + element("ProjectViewSettings", {"UseProjectScales": "0"}, "<Scales/>" + view)
        + "</qgis>\n"
    )


def write_project(
    layers: Sequence[Layer],
    folder: Path,
    *,
    contents: Mapping[str, Any],
    about: About,
    surfaces: Mapping[str, str] | None = None,
) -> None:
    """Write the project of a bundle beside its GeoPackage.

    Parameters
    ----------
    layers : sequence of Layer
        Those of the GeoPackage.
    folder : Path
        The bundle; styles of surfaces are read from it.
    contents : mapping
        As the bundle's record has them: layers in order, with their groups and themes.
    about : About
        Where the numbers come from.
    surfaces : mapping, optional
        Titles of GeoTIFFs by the stem of their file.
    """
    # a layer without a style has nothing to show, as the groups of a file of one firm
    by_name = {each.name: each for each in layers if each.styles}
    salt = json.dumps([about.source, about.title, about.written, layers[0].language])
    outlined = contents["outline"] if any(e["outlined"] for e in contents["layers"]) else ""
    outline = layers[0].terms.say("project.outline")
    nodes = [
        _vector(
            by_name[entry["name"]],
            entry,
            about,
            salt,
            outline if entry["name"] == outlined else "",
        )
        for entry in contents["layers"]
        if entry["name"] in by_name
    ]
    group = contents["surfaces"]
    nodes += [_raster(s, title, folder, group, salt) for s, title in (surfaces or {}).items()]
    themes = _themes(contents, {node.key: node for node in nodes})
    bounds = _bounds(layers)
    title = about.title
    if about.synthetic:
        title = f"{title} ({about.origin(layers[0].language)})"
    groups = {each["key"]: each["title"] for each in contents["groups"]}
    text = _document(
        title,
        nodes,
        _tree(title, contents["groups"], nodes),
        "".join(_preset(each, title, groups) for each in themes),
        _sheets(themes, by_name, about, bounds),
        bounds,
    )
    entry = zipfile.ZipInfo("kz_spatial.qgs", _EPOCH)
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(folder / PROJECT, "w") as packed:
        packed.writestr(entry, text.encode(), zipfile.ZIP_DEFLATED)
