"""Boundaries that the plugin carries: the 20 oblasts and the seven composite regions."""

from __future__ import annotations

from qgis.core import QgsVectorLayer

from .opener import layers_extent, show, use_project_crs
from .words import FOLDER, ResultsError, language, tr

TABLES = ("composites", "oblasts")
_FOLDER = FOLDER / "data"


def _titles() -> dict:
    return {"oblasts": tr("Oblasts of Kazakhstan"), "composites": tr("Composite regions")}


def load(table: str, words: str) -> QgsVectorLayer:
    """One layer with names and style in a language; raises ResultsError where it is missing."""
    file = _FOLDER / f"{table}.geojson"
    layer = QgsVectorLayer(str(file), _titles()[table], "ogr")
    if not layer.isValid():
        raise ResultsError(
            tr(
                "{0}: is missing; this copy of the plugin was not built by kz-spatial plugin"
            ).format(file)
        )
    layer.loadNamedStyle(str(_FOLDER / f"{table}_{words}.qml"))
    return layer


def add(project, canvas=None) -> tuple:
    """Add both layers to a project, the composites switched off; return them."""
    was_empty = not project.mapLayers()
    layers = tuple(load(table, language()) for table in TABLES)
    if was_empty:
        use_project_crs(project)
    group = project.layerTreeRoot().insertGroup(0, tr("Boundaries of Kazakhstan"))
    for layer in layers:
        project.addMapLayer(layer, False)
        node = group.insertLayer(0, layer)
        node.setItemVisibilityChecked(layer is layers[-1])
        node.setExpanded(layer is layers[-1])
    if canvas is not None:
        extent = layers_extent(layers, project.crs(), project)
        show(project, canvas, extent, set_crs=was_empty)
    return layers
