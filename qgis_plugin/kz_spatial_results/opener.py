"""Put a bundle into a project, or renew one that is there and keep what the reader made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayerTreeGroup,
    QgsMapThemeCollection,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QTimer

from .bundle import Plan, PlannedLayer, read_plan
from .layout import OPENED, add_layout
from .placed import (
    BUNDLE_MARK,
    GROUP_MARK,
    KEY_MARK,
    LAYER_MARK,
    OUTLINE_MARK,
    PLAIN,
    PREFIXED,
    bundle_themes,
    file_of,
    free_name,
    group_of,
    nodes_of,
    open_folders,
)
from .styles import add_outline, offer_styles
from .words import PROJECT_CRS, ResultsError, tr

_MARGIN = 1.05


@dataclass(frozen=True)
class Opened:
    """What was put into the project.

    `layers` by table or file stem, also those that were there; `themes` layers by name of a map
    theme that was added; `skipped` sources that cannot be read, `edited` names of layers that were
    not read again because they are being edited, `gone` of those that the bundle has no more.
    """

    plan: Plan
    group: QgsLayerTreeGroup
    layers: dict
    themes: dict
    skipped: tuple = ()
    edited: tuple = ()
    gone: tuple = ()

    def told(self) -> list:
        """What the reader should know, in lines for the message bar."""
        lines = [tr("{0}: cannot be read, and is left out").format(each) for each in self.skipped]
        if self.edited:
            text = tr("{0}: being edited, so not read again; save the edits and open once more")
            lines.append(text.format(", ".join(self.edited)))
        if self.gone:
            text = tr("{0}: no longer in the bundle; left as it was in the project")
            lines.append(text.format(", ".join(self.gone)))
        return lines


def _load(planned: PlannedLayer):
    maker = QgsVectorLayer if planned.provider == "ogr" else QgsRasterLayer
    return maker(planned.source, planned.name, planned.provider)


def _read_again(layer) -> None:
    """Let a layer see the file that lies under its name now; style, name and filter stay."""
    if layer.isValid():
        layer.reload()
    else:
        layer.setDataSource(layer.source(), layer.name(), layer.providerType(), False)
    if isinstance(layer, QgsVectorLayer):
        layer.updateExtents()
    layer.triggerRepaint()


def _slot(parent, mark: str, order: list, own: str) -> int:
    """Where a new child belongs among those that the reader has, by the order of the bundle."""
    children = parent.children()
    for at, child in enumerate(children):
        key = child.customProperty(mark)
        if key in order and order.index(key) > order.index(own):
            return at
    return len(children)


def _let_move(layer) -> None:
    """Switch on the years of a layer: QGIS reads from its style which fields they are, no more."""
    temporal = layer.temporalProperties()
    if isinstance(layer, QgsVectorLayer) and temporal.startField():
        temporal.setIsActive(True)


def _place(project, plan: Plan, group, planned: PlannedLayer, layer) -> tuple:
    """Add a layer with its styles to its group; return its node and the names of the styles."""
    # before the map can see it, since each style is put on once
    offered, added = offer_styles(layer, None)
    _let_move(layer)
    project.addMapLayer(layer, False)
    inner = [each for each in group.findGroups(True) if _is_marked(each, planned.group_key)]
    if not inner:
        order = list(dict.fromkeys(each.group_key for each in plan.layers))
        at = _slot(group, GROUP_MARK, order, planned.group_key)
        inner = [group.insertGroup(at, planned.group)]
        inner[0].setCustomProperty(GROUP_MARK, planned.group_key)
        inner[0].setExpanded(planned.open)
    order = [each.key for each in plan.layers]
    node = inner[0].insertLayer(_slot(inner[0], KEY_MARK, order, planned.key), layer)
    node.setCustomProperty(KEY_MARK, planned.key)
    node.setCustomProperty(LAYER_MARK, json.dumps(offered))
    return node, added


def _is_marked(group, key: str) -> bool:
    return group.customProperty(GROUP_MARK) == key


def _offer_again(node) -> tuple:
    """Offer the styles that a layer has got since; return their names."""
    offered, added = offer_styles(node.layer(), json.loads(node.customProperty(LAYER_MARK)))
    node.setCustomProperty(LAYER_MARK, json.dumps(offered))
    return added


def _theme_record(shown, groups):
    """A map theme of layers, each with a style; the first one's legend opens, other groups close.

    QGIS 3.22 switches on whatever has a record, so only what is shown has one.
    """
    records = []
    for layer, style in shown:
        record = QgsMapThemeCollection.MapThemeLayerRecord(layer)
        record.isVisible = True
        record.usingCurrentStyle = True
        record.currentStyle = style
        record.expandedLayerNode = layer is shown[0][0]
        records.append(record)
    theme = QgsMapThemeCollection.MapThemeRecord()
    theme.setHasExpandedStateInfo(True)
    theme.setExpandedGroupNodes(groups)
    theme.setLayerRecords(records)
    return theme


def _groups_about(node) -> set:
    """The groups that a node lies in, as map themes name them."""
    names, parent = [], node.parent()
    while parent is not None and parent.parent() is not None:
        names.insert(0, parent.name())
        parent = parent.parent()
    return {"/".join(names[: i + 1]) for i in range(len(names))}


def _outline(plan: Plan, nodes: dict):
    """Layer and style of the outlines that lie on surfaces; the style is made where it lacks."""
    node = nodes.get(plan.outline)
    if node is None or not any(each.outlined for each in plan.layers):
        return None
    layer, style = node.layer(), node.customProperty(OUTLINE_MARK)
    if style not in layer.styleManager().styles():
        style = add_outline(layer)
        node.setCustomProperty(OUTLINE_MARK, style)
    return layer, style


def _add_themes(project, plan: Plan, group, nodes: dict, fresh: dict) -> dict:
    """One map theme per layer and fresh style, named by both; return the layer by theme's name.

    The style in use comes first. Surfaces have the outlines of the plan's layer on them. Themes of
    a second bundle begin with the name of its group.
    """
    collection, made = project.mapThemeCollection(), {}
    prefix = f"{group.name()}: " if group.customProperty(BUNDLE_MARK) == PREFIXED else ""
    for planned in plan.layers:
        styles = fresh.get(planned.key, ())
        if not (styles and planned.themed and planned.provider == "ogr"):
            continue
        layer = nodes[planned.key].layer()
        lines = _outline(plan, nodes) if planned.outlined else None
        for style in styles:
            title = style if style.startswith(layer.name()) else f"{layer.name()}: {style}"
            name = free_name(prefix + title, collection.mapThemes())
            shown = [(layer, style), *([lines] if lines else [])]
            collection.insert(name, _theme_record(shown, _groups_about(nodes[planned.key])))
            made[name] = layer
    return made


def _add_layouts(project, plan: Plan, themes: dict, extent) -> None:
    """Layouts of the first theme in both sizes; others are made on demand."""
    for theme, layer in list(themes.items())[:1]:
        for size in OPENED:
            add_layout(project, plan, layer, theme, extent, size)


def layers_extent(layers, crs: QgsCoordinateReferenceSystem, project) -> QgsRectangle:
    """Extent of layers in a projection, with a margin."""
    whole = QgsRectangle()
    whole.setMinimal()
    for layer in layers:
        move = QgsCoordinateTransform(layer.crs(), crs, project.transformContext())
        whole.combineExtentWith(move.transformBoundingBox(layer.extent()))
    whole.scale(_MARGIN)
    return whole


def use_project_crs(project) -> None:
    """Equal-area projection of Kazakhstan for the project."""
    project.setCrs(QgsCoordinateReferenceSystem.fromWkt(PROJECT_CRS))


def show(project, canvas, extent: QgsRectangle, *, set_crs: bool) -> None:
    """Zoom to an extent of the project's projection, once QGIS has taken the new layers in.

    Until then the desktop gives an empty project the projection of its first layer.
    """
    target = project.crs()

    def settle():
        if set_crs:
            project.setCrs(target)
        canvas.setExtent(extent)
        canvas.refresh()

    settle()
    QTimer.singleShot(0, settle)


def open_plan(plan: Plan, project, canvas=None) -> Opened:
    """Put a plan's layers into a project and zoom to them, or renew those that are there.

    A project that held no layer takes the equal-area projection and relative paths; another keeps
    its own. Where the bundle is open, its layers are read again, what is new in it is added, and
    nothing of the project is removed, replaced or renamed. Raises ResultsError when no layer loads.
    """
    nodes = nodes_of(project, plan.folder)
    return _renew(plan, project, nodes) if nodes else _open(plan, project, canvas)


def _open(plan: Plan, project, canvas) -> Opened:
    was_empty = not project.mapLayers()
    loaded = [(planned, _load(planned)) for planned in plan.layers]
    skipped = tuple(planned.source for planned, layer in loaded if not layer.isValid())
    if len(skipped) == len(loaded):
        raise ResultsError(tr("{0}: none of its layers can be read").format(plan.folder))
    if was_empty:
        use_project_crs(project)
        # so that a project can be moved together with the bundle
        project.writeEntryBool("Paths", "/Absolute", False)
    group, nodes, fresh = _new_group(plan, project), {}, {}
    for planned, layer in ((p, each) for p, each in loaded if each.isValid()):
        node, fresh[planned.key] = _place(project, plan, group, planned, layer)
        nodes[planned.key] = node
        node.setItemVisibilityChecked(planned.visible)
        node.setExpanded(planned.visible and planned.themed)
    layers = {key: node.layer() for key, node in nodes.items()}
    themes = _add_themes(project, plan, group, nodes, fresh)
    extent = layers_extent(layers.values(), project.crs(), project)
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(extent, project.crs()))
    _add_layouts(project, plan, themes, extent)
    if canvas is not None:
        show(project, canvas, extent, set_crs=was_empty)
    return Opened(plan, group, layers, themes, skipped)


def _new_group(plan: Plan, project):
    """The group of a bundle, on top, with a name that no other group has."""
    root, others = project.layerTreeRoot(), open_folders(project)
    name = free_name(plan.name_beside(others), [each.name() for each in root.findGroups(True)])
    group = root.insertGroup(0, name)
    group.setCustomProperty(BUNDLE_MARK, PREFIXED if others else PLAIN)
    return group


def _renew(plan: Plan, project, nodes: dict) -> Opened:
    """Read layers again that are there, and add what the bundle has got since."""
    group = group_of(nodes.values()) or _new_group(plan, project)
    wanted = {each.key for each in plan.layers}
    gone = tuple(node.layer().name() for key, node in nodes.items() if key not in wanted)
    edited, skipped, fresh = [], [], {}
    for planned in plan.layers:
        node = nodes.get(planned.key)
        if node is None:
            layer = _load(planned)
            if not layer.isValid():
                skipped.append(planned.source)
                continue
            node, fresh[planned.key] = _place(project, plan, group, planned, layer)
            nodes[planned.key] = node
            node.setItemVisibilityChecked(False)
            node.setExpanded(False)
            continue
        if _is_edited(node.layer()):
            edited.append(node.layer().name())
            continue
        _read_again(node.layer())
        if node.layer().isValid():
            fresh[planned.key] = _offer_again(node)
        else:
            skipped.append(planned.source)
    themes = _add_themes(project, plan, group, nodes, fresh)
    layers = {key: node.layer() for key, node in nodes.items()}
    return Opened(plan, group, layers, themes, tuple(skipped), tuple(edited), gone)


def _is_edited(layer) -> bool:
    return isinstance(layer, QgsVectorLayer) and layer.isEditable()


def layout_of_theme(project, theme: str, size: str, *, by_region: bool = False):
    """Add a layout of a map theme of an open bundle, of the whole country or region by region."""
    layer = bundle_themes(project)[theme]
    folder = file_of(layer).parent
    layers = [node.layer() for node in nodes_of(project, folder).values()]
    extent = layers_extent(layers, project.crs(), project)
    plan = read_plan(folder)
    return add_layout(project, plan, layer, theme, extent, size, by_region=by_region)
