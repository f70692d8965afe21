"""Runs inside QGIS' desktop (`qgis --code`): clicks the plugin's menu, prints, takes pictures.

KZ_BUNDLE names the bundle, KZ_OUT the folder for pictures and `desktop.json`.
"""

import json
import os
from pathlib import Path

import qgis.utils
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QSize, QTimer
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QToolButton

OUT = Path(os.environ["KZ_OUT"])
told = {}


def _picture(name):
    window = qgis.utils.iface.mainWindow()
    QApplication.processEvents()
    window.screen().grabWindow(0).save(str(OUT / f"{name}.png"))


def _entries():
    """Every entry of every submenu of Plugins."""
    menus = [a.menu() for a in qgis.utils.iface.pluginMenu().actions() if a.menu() is not None]
    return [entry for menu in menus for entry in menu.actions()]


def _click(name):
    (action,) = [a for a in _entries() if a.objectName() == f"kz_spatial_{name}"]
    action.trigger()
    qgis.utils.iface.mapCanvas().waitWhileRendering()


def _work():
    iface = qgis.utils.iface
    window = iface.mainWindow()
    window.resize(QSize(1360, 800))
    window.move(0, 0)
    told["loaded"] = "kz_spatial_results" in qgis.utils.plugins
    told["menu"] = [a.text() for a in _entries() if a.objectName().startswith("kz_spatial")]
    QFileDialog.getExistingDirectory = lambda *_: os.environ["KZ_BUNDLE"]
    _click("open")
    told["layers"] = len(QgsProject.instance().mapLayers())
    told["groups"] = [g.name() for g in QgsProject.instance().layerTreeRoot().findGroups(True)]
    told["crs"] = QgsProject.instance().crs().toProj()
    button = window.statusBar().findChild(QToolButton, "mOntheFlyProjectionStatusButton")
    told["crs tip"] = button.toolTip()
    _picture("desktop")
    sheets = QgsProject.instance().layoutManager().printLayouts()
    told["designer"] = (
        iface.openLayoutDesigner(next(each for each in sheets if each.name().startswith("A4")))
        is not None
    )
    QTimer.singleShot(2500, _layout)


def _layout():
    _picture("layout")
    for each in qgis.utils.iface.openLayoutDesigners():
        each.close()
    _click("boundaries")
    told["with boundaries"] = len(QgsProject.instance().mapLayers())
    qgis.utils.unloadPlugin("kz_spatial_results")
    told["after unload"] = [a.text() for a in _entries() if a.objectName().startswith("kz_spatial")]
    _finish()


def _finish():
    (OUT / "desktop.json").write_text(json.dumps(told), encoding="utf-8")
    QgsProject.instance().setDirty(False)
    os._exit(0)


def _guarded(run):
    try:
        run()
    except Exception as error:  # noqa: BLE001  whatever it was is the answer
        told["error"] = repr(error)
        _finish()


QTimer.singleShot(1500, lambda: _guarded(_work))
