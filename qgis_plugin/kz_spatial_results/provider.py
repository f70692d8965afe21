"""The Processing provider: what it offers and under which name."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .compare_results import CompareResults
from .density_points import DensityOfPoints
from .join_table import JoinTable
from .local_pattern import LocalPattern
from .map_areas import MapAreas
from .open_results import OpenResults
from .run_study import RunStudy
from .words import FOLDER, tr


class KzSpatialProvider(QgsProcessingProvider):
    """Seven algorithms under `kz_spatial:`."""

    def id(self):
        return "kz_spatial"

    def name(self):
        return "kz_spatial"

    def longName(self):
        return tr("kz_spatial: survey results by oblast of Kazakhstan")

    def icon(self):
        return QIcon(str(FOLDER / "icon.svg"))

    def loadAlgorithms(self):
        for kind in (
            RunStudy,
            MapAreas,
            LocalPattern,
            CompareResults,
            JoinTable,
            DensityOfPoints,
            OpenResults,
        ):
            self.addAlgorithm(kind())
