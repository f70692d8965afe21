"""What of a bundle lies in a project, found by where its layers are now.

The marks stand on nodes of the layer tree, since those of a layer go when its style is switched.
None holds a path, so that a project moved together with its bundle finds it.
"""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import QgsProviderRegistry

# on the group of a bundle: whether its themes bear the group's name
BUNDLE_MARK = "kz_spatial/bundle"
PLAIN, PREFIXED = "plain", "prefixed"
# on a group of layers in it: the key of the record
GROUP_MARK = "kz_spatial/group"
# on a layer: its table or file stem, for the order among its neighbours
KEY_MARK = "kz_spatial/key"
# on a layer: the styles that were offered
LAYER_MARK = "kz_spatial/layer"
# on the layer whose outlines lie on surfaces: the style that draws them
OUTLINE_MARK = "kz_spatial/outline"


def free_name(name: str, taken) -> str:
    """The name, or with the first number that makes it one of its own."""
    names, number = set(taken), 2
    found = name
    while found in names:
        found, number = f"{name} {number}", number + 1
    return found


def _comparable(path) -> str:
    return os.path.normcase(os.path.realpath(path))


def file_of(layer) -> Path:
    """File that a layer reads."""
    told = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return Path(told.get("path") or "")


def key_of(layer) -> str:
    """Table of a layer, or the stem of its file where that holds no tables."""
    told = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return told.get("layerName") or file_of(layer).stem


def own_nodes(project) -> list:
    """Nodes of the layers that came with bundles, from the top of the map down."""
    nodes = project.layerTreeRoot().findLayers()
    return [each for each in nodes if each.customProperty(LAYER_MARK) and each.layer()]


def open_folders(project) -> list:
    """Folders of the bundles that are open, where their layers lie now."""
    return list(dict.fromkeys(file_of(each.layer()).parent for each in own_nodes(project)))


def nodes_of(project, folder) -> dict:
    """Nodes of a bundle's layers by table or file stem; of copies the topmost."""
    wanted, found = _comparable(folder), {}
    for node in own_nodes(project):
        if _comparable(file_of(node.layer()).parent) == wanted:
            found.setdefault(key_of(node.layer()), node)
    return found


def group_of(nodes):
    """The bundle's group about some of its nodes; None where the reader dissolved it."""
    for node in nodes:
        parent = node.parent()
        while parent is not None:
            if parent.customProperty(BUNDLE_MARK):
                return parent
            parent = parent.parent()
    return None


def bundle_themes(project) -> dict:
    """Layer by map theme, of all themes that show a layer of an open bundle.

    Where a theme shows several, it is the one that gives the theme its name, and never one that
    only adds outlines.
    """
    collection, nodes, found = project.mapThemeCollection(), own_nodes(project), {}
    for name in collection.mapThemes():
        records = collection.mapThemeState(name).layerRecords()
        styles = {
            each.layer().id(): each.currentStyle
            for each in records
            if each.isVisible and each.layer() is not None
        }
        shown = [each for each in nodes if each.layerId() in styles]

        def rank(node, name=name, styles=styles):
            outline = styles[node.layerId()] == node.customProperty(OUTLINE_MARK)
            return outline, node.layer().name() not in name

        if shown:
            found[name] = min(shown, key=rank).layer()
    return found
