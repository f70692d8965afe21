"""Map themes in submenus: a bundle, a group of it, its themes; QGIS' own list of them is flat."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QAction

from .placed import bundle_themes, group_of, own_nodes
from .words import tr


def themes_by_group(project) -> dict:
    """Names of themes by bundle and group, in the order of the layer tree."""
    found = {}
    themes = bundle_themes(project)
    for node in own_nodes(project):
        bundle = group_of([node])
        names = [name for name, layer in themes.items() if layer.id() == node.layerId()]
        if names:
            groups = found.setdefault(bundle.name() if bundle is not None else "", {})
            groups.setdefault(node.parent().name(), []).extend(names)
    return found


def fill(menu, project, show) -> None:
    """Fill a menu anew; `show` is called with the name of the theme that was chosen."""
    menu.clear()
    found = themes_by_group(project)
    if not found:
        nothing = QAction(tr("No bundle is open; begin with Open results"), menu)
        nothing.setEnabled(False)
        menu.addAction(nothing)
    for bundle, groups in found.items():
        # a bundle that is alone needs no menu of its own
        above = menu.addMenu(bundle) if len(found) > 1 else menu
        for group, names in groups.items():
            inner = above.addMenu(group)
            for name in names:
                action = QAction(name, inner)
                action.triggered.connect(lambda _checked=False, name=name: show(name))
                inner.addAction(action)
