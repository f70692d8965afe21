"""Put a bundle into a project: groups, order, styles, map themes, projection and extent."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsLayerTreeGroup,
    QgsMapLayerStyle,
    QgsMapThemeCollection,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QTimer

from .bundle import Plan, PlannedLayer, read_plan
from .layout import FOLDER_PROPERTY, SIZES, add_layout
from .words import PROJECT_CRS, ResultsError, tr

_MARGIN = 1.05


@dataclass(frozen=True)
class Opened:
    """What was put into the project.

    `layers` by table or file stem, `themes` layers by name of a map theme, `skipped` sources that
    cannot be read.
    """

    plan: Plan
    group: QgsLayerTreeGroup
    layers: dict
    themes: dict
    skipped: tuple


def _key(planned: PlannedLayer) -> str:
    if planned.provider == "ogr":
        return planned.source.rpartition("layername=")[2]
    return planned.source.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def _load(planned: PlannedLayer):
    maker = QgsVectorLayer if planned.provider == "ogr" else QgsRasterLayer
    return maker(planned.source, planned.name, planned.provider)


def add_styles(layer: QgsVectorLayer) -> tuple:
    """Offer every style stored with a layer in its style menu; return their names.

    QGIS applies the default on loading; the others would be found only in a database dialog.
    """
    found = layer.listStylesInDatabase()
    # own styles come first, then those of other tables
    ids, names = found[1][: max(found[0], 0)], found[2][: max(found[0], 0)]
    if not ids:
        return ()
    manager = layer.styleManager()
    manager.renameStyle(manager.currentStyle(), names[0])
    for number, name in zip(ids[1:], names[1:]):
        text = layer.getStyleFromDatabase(number)[0]
        manager.addStyle(name, QgsMapLayerStyle(text))
    return tuple(names)


def _remove_earlier(root, folder: str, project) -> None:
    """Take out what an earlier opening of the same bundle put in."""
    for group in root.findGroups():
        if group.customProperty(FOLDER_PROPERTY) == folder:
            ids = group.findLayerIds()
            themes = project.mapThemeCollection()
            for name in list(themes.mapThemes()):
                if set(themes.mapThemeVisibleLayerIds(name)) & set(ids):
                    themes.removeMapTheme(name)
            project.removeMapLayers(ids)
            root.removeChildNode(group)
    manager = project.layoutManager()
    for layout in manager.printLayouts():
        if layout.customProperty(FOLDER_PROPERTY) == folder:
            manager.removeLayout(layout)


def _free_name(name: str, taken) -> str:
    names, number = set(taken), 2
    found = name
    while found in names:
        found, number = f"{name} {number}", number + 1
    return found


def _add_outline(layer: QgsVectorLayer) -> str:
    """Offer a style of lines and names alone, to lie on densities; return its name."""
    manager, name = layer.styleManager(), tr("Outline")
    before = manager.currentStyle()
    manager.addStyleFromLayer(name)
    manager.setCurrentStyle(name)
    symbol = QgsFillSymbol.createSimple(
        {"style": "no", "outline_color": "120,120,120,255", "outline_width": "0.2"}
    )
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    manager.setCurrentStyle(before)
    return name


def _theme_record(shown):
    """A map theme of layers, each with a style."""
    records = []
    for layer, style in shown:
        record = QgsMapThemeCollection.MapThemeLayerRecord(layer)
        record.isVisible = True
        record.usingCurrentStyle = True
        record.currentStyle = style
        record.expandedLayerNode = True
        records.append(record)
    theme = QgsMapThemeCollection.MapThemeRecord()
    theme.setLayerRecords(records)
    return theme


def _add_themes(project, plan: Plan, layers: dict) -> dict:
    """One map theme per layer and style, named by both; return the layer by the theme's name.

    The style in use comes first. Surfaces have the outlines of the plan's layer on them.
    """
    collection, made = project.mapThemeCollection(), {}
    oblasts, outline = layers.get(plan.outline), None
    shown = [each for each in plan.layers if each.provider == "ogr" and each.themed]
    shown = [each for each in shown if _key(each) in layers]
    if oblasts is not None and any(each.outlined for each in shown):
        outline = _add_outline(oblasts)
    for planned in shown:
        layer, manager = layers[_key(planned)], layers[_key(planned)].styleManager()
        lines = [(oblasts, outline)] if planned.outlined and outline else []
        for style in sorted(manager.styles(), key=lambda s: s != manager.currentStyle()):
            if layer is oblasts and style == outline:
                continue
            title = style if style.startswith(layer.name()) else f"{layer.name()}: {style}"
            name = _free_name(title, collection.mapThemes())
            collection.insert(name, _theme_record([(layer, style), *lines]))
            made[name] = layer
    return made


def _add_layouts(project, plan: Plan, themes: dict, extent) -> None:
    """Layouts of the first theme in both sizes; others are made on demand."""
    for theme, layer in list(themes.items())[:1]:
        for size in SIZES:
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
    """Put a plan's layers into a project and zoom to them.

    A project that held no layer takes the equal-area projection; another keeps its own. Opening a
    bundle again replaces what its last opening put in. Raises ResultsError when no layer loads.
    """
    root = project.layerTreeRoot()
    was_empty = not project.mapLayers()
    _remove_earlier(root, str(plan.folder), project)
    loaded = [(planned, _load(planned)) for planned in plan.layers]
    skipped = tuple(planned.source for planned, layer in loaded if not layer.isValid())
    if len(skipped) == len(loaded):
        raise ResultsError(tr("{0}: none of its layers can be read").format(plan.folder))
    if was_empty:
        use_project_crs(project)
    bundle_group = root.insertGroup(0, plan.name)
    bundle_group.setCustomProperty(FOLDER_PROPERTY, str(plan.folder))
    groups, layers = {}, {}
    for planned, layer in ((p, each) for p, each in loaded if each.isValid()):
        if planned.provider == "ogr":
            add_styles(layer)
        project.addMapLayer(layer, False)
        if planned.group not in groups:
            groups[planned.group] = bundle_group.addGroup(planned.group)
            groups[planned.group].setExpanded(planned.open)
        node = groups[planned.group].addLayer(layer)
        node.setItemVisibilityChecked(planned.visible)
        node.setExpanded(planned.visible and planned.themed)
        layers[_key(planned)] = layer
    themes = _add_themes(project, plan, layers)
    extent = layers_extent(layers.values(), project.crs(), project)
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(extent, project.crs()))
    _add_layouts(project, plan, themes, extent)
    if canvas is not None:
        show(project, canvas, extent, set_crs=was_empty)
    return Opened(plan, bundle_group, layers, themes, skipped)


def bundle_themes(project) -> dict:
    """Layer and bundle's folder by map theme, of all bundles that are open in a project.

    A theme belongs to the layer that gives it its name; others only add lines to it.
    """
    collection, found = project.mapThemeCollection(), {}
    for group in project.layerTreeRoot().findGroups():
        folder = group.customProperty(FOLDER_PROPERTY)
        own = [project.mapLayer(key) for key in group.findLayerIds()] if folder else []
        for name in collection.mapThemes():
            shown = set(collection.mapThemeVisibleLayerIds(name))
            top = [each for each in own if each.id() in shown and name.startswith(each.name())]
            if top:
                found[name] = (top[0], folder)
    return found


def layout_of_theme(project, theme: str, size: str):
    """Add a layout of a map theme of an open bundle, of the whole country."""
    layer, folder = bundle_themes(project)[theme]
    (group,) = [
        g
        for g in project.layerTreeRoot().findGroups()
        if g.customProperty(FOLDER_PROPERTY) == folder
    ]
    layers = [project.mapLayer(key) for key in group.findLayerIds()]
    extent = layers_extent(layers, project.crs(), project)
    return add_layout(project, read_plan(folder), layer, theme, extent, size)
