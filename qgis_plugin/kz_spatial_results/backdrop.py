"""A map of the world below the results: none by itself, since tiles come from the network."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from qgis.core import QgsLayerTreeLayer, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtWidgets import QAction

from .words import ResultsError, tr

MARK = "kz_spatial/background"
OPEN_STREET_MAP = (
    "OpenStreetMap",
    "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "© OpenStreetMap contributors, https://www.openstreetmap.org/copyright",
)
# where QGIS keeps connections to tiles that the reader made: since 3.32, and before
_KEPT = ("connections/xyz/items", "qgis/connections-xyz")
_DEEPEST = 19


def sources() -> list:
    """Name, address and rights of tiles: OpenStreetMap, then the reader's own connections."""
    found = {OPEN_STREET_MAP[0]: OPEN_STREET_MAP}
    for group in _KEPT:
        settings = QgsSettings()
        settings.beginGroup(group)
        for name in settings.childGroups():
            address = str(settings.value(f"{name}/url", "") or "")
            if address:
                found.setdefault(unquote(name), (unquote(name), address, ""))
        settings.endGroup()
    return list(found.values())


def host(address: str) -> str:
    """Who is asked for tiles."""
    return urlsplit(address).hostname or address


def present(project) -> list:
    """Backgrounds of a project that this plugin added."""
    return [each for each in project.mapLayers().values() if each.customProperty(MARK)]


def take_away(project) -> None:
    """Take away what this plugin added."""
    project.removeMapLayers([each.id() for each in present(project)])


def lay(project, name: str, address: str, rights: str = "") -> QgsRasterLayer:
    """Put tiles below everything else, in the place of the background before.

    Raises ResultsError with one line when QGIS cannot use the address.
    """
    if not all(part in address for part in ("{z}", "{x}")) or not (
        "{y}" in address or "{-y}" in address
    ):
        raise ResultsError(
            tr("{0}: is no address of tiles, expected one with {{z}}, {{x}} and {{y}}").format(
                address
            )
        )
    uri = f"type=xyz&zmin=0&zmax={_DEEPEST}&url={quote(address, safe=':/{}')}"
    layer = QgsRasterLayer(uri, name, "wms")
    if not layer.isValid():
        raise ResultsError(tr("{0}: QGIS cannot use it as tiles").format(address))
    take_away(project)
    layer.setCustomProperty(MARK, address)
    told = layer.metadata()
    told.setRights([rights] if rights else [])
    layer.setMetadata(told)
    project.addMapLayer(layer, False)
    project.layerTreeRoot().insertChildNode(-1, QgsLayerTreeLayer(layer))
    return layer


def keep_visible(project) -> None:
    """Show the background again, which no theme of a bundle knows of."""
    root = project.layerTreeRoot()
    for layer in present(project):
        root.findLayer(layer.id()).setItemVisibilityChecked(True)


def fill(menu, project, choose) -> None:
    """Fill a menu anew; `choose` is called with name, address and rights, or with nothing."""
    menu.clear()
    shown = {each.customProperty(MARK) for each in present(project)}
    nothing = QAction(tr("None: nothing is asked of the network"), menu)
    nothing.setCheckable(True)
    nothing.setChecked(not shown)
    nothing.triggered.connect(lambda _checked=False: choose())
    menu.addAction(nothing)
    for name, address, rights in sources():
        action = QAction(tr("{0} (asks {1})").format(name, host(address)), menu)
        action.setCheckable(True)
        action.setChecked(address in shown)
        action.triggered.connect(
            lambda _checked=False, picked=(name, address, rights): choose(*picked)
        )
        menu.addAction(action)
