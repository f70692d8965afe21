"""A bundle's folder dropped on the map opens as results."""

from __future__ import annotations

from pathlib import Path

from qgis.gui import QgsCustomDropHandler

from .bundle import RECORD, is_bundle


class BundleDropHandler(QgsCustomDropHandler):
    """Takes folders of bundles, and their run.json; leaves everything else to QGIS."""

    def __init__(self, open_folder):
        super().__init__()
        self._open_folder = open_folder

    def handleFileDrop(self, file):
        path = Path(file)
        folder = path.parent if path.name == RECORD else path
        if not (folder.is_dir() and is_bundle(folder)):
            return False
        self._open_folder(str(folder))
        return True
