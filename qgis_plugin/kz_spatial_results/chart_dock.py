"""The dock that holds the chart, and ties it to the selections of the layers both ways."""

from __future__ import annotations

import contextlib

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QComboBox, QDockWidget, QLabel, QScrollArea, QVBoxLayout, QWidget

from .bundle import read_plan
from .chart_data import charts_of, features_by_code
from .chart_view import ChartView
from .placed import open_folders
from .tables import plain
from .words import ResultsError, tr, tr_in


class ChartDock(QDockWidget):
    """Which bundle, which chart, and the chart."""

    def __init__(self, parent=None):
        super().__init__(tr("Chart of regions"), parent)
        self.setObjectName("kz_spatial_chart")
        self.bundles, self.charts, self.empty = QComboBox(), QComboBox(), QLabel()
        self.view, self._found, self._tied, self._busy = ChartView(), [], [], False
        self.empty.setWordWrap(True)
        area = QScrollArea()
        area.setWidget(self.view)
        area.setWidgetResizable(True)
        inner = QWidget()
        whole = QVBoxLayout(inner)
        for each in (self.bundles, self.charts, self.empty):
            whole.addWidget(each)
        whole.addWidget(area, 1)
        self.setWidget(inner)
        self.bundles.currentIndexChanged.connect(lambda _index: self._show_bundle())
        self.charts.currentIndexChanged.connect(lambda _index: self._show_chart())
        self.view.picked.connect(self.choose)
        self._project = QgsProject.instance()
        self._project.layersRemoved.connect(self._refresh_soon)
        self.refresh()

    def _refresh_soon(self, *_removed):
        """Forget layers that go, and look again when all of them are gone."""
        self._untie()
        QTimer.singleShot(0, self.refresh)

    def stop(self):
        """Let go of the project and of its layers."""
        self._untie()
        with contextlib.suppress(TypeError, RuntimeError):
            self._project.layersRemoved.disconnect(self._refresh_soon)

    def refresh(self):
        """Look again which bundles are open; the bundle and the chart that were shown stay."""
        before = self.bundles.currentText()
        folders = open_folders(self._project)
        self.bundles.blockSignals(True)
        self.bundles.clear()
        for folder in folders:
            self.bundles.addItem(str(folder), str(folder))
        self.bundles.setCurrentIndex(max(self.bundles.findText(before), 0))
        self.bundles.blockSignals(False)
        self.bundles.setVisible(len(folders) > 1)
        self._show_bundle()

    def _show_bundle(self):
        before, self._found, plan = self.charts.currentText(), [], None
        folder, told = self.bundles.currentText(), tr("No bundle is open; begin with Open results")
        if folder:
            try:
                plan = read_plan(folder)
                self._found = charts_of(self._project, plan.folder)
                told = tr("{0}: holds nothing to chart; run it again with this version")
                told = told.format(folder)
            except ResultsError as error:
                told = str(error)
        self._plan = plan
        self.empty.setText(told)
        self.empty.setVisible(not self._found)
        self.charts.setVisible(bool(self._found))
        self.charts.blockSignals(True)
        self.charts.clear()
        self.charts.addItems([each.title for each in self._found])
        self.charts.setCurrentIndex(max(self.charts.findText(before), 0))
        self.charts.blockSignals(False)
        self._show_chart()

    def _show_chart(self):
        self._untie()
        index = self.charts.currentIndex()
        if not self._found or index < 0:
            self.view.show_chart(None, "en")
            return
        chart, language = self._found[index], self._plan.language
        self.view.show_chart(chart, language, self._notes(chart))
        for layer, key in chart.layers:
            # bound now, since the loop moves on
            layer.selectionChanged.connect(self._follow)
            self._tied.append((layer, key))
        self._follow()

    def _notes(self, chart) -> tuple:
        language = self._plan.language
        how = (
            tr_in(language, "Dot: rank. Bar: ranks that cannot be ruled out. Right: the score.")
            if chart.is_ranks
            else tr_in(language, "Across: the region. Up: its neighbours. Line: Moran's I.")
        )
        twin = tr_in(language, "Synthetic twin: made-up firms, not survey microdata")
        return (how, twin) if self._plan.synthetic else (how,)

    def _untie(self):
        for layer, _ in self._tied:
            with contextlib.suppress(TypeError, RuntimeError):  # a layer that is gone
                layer.selectionChanged.disconnect(self._follow)
        self._tied = []

    def _follow(self, *_changed):
        """Mark in the chart what is selected in any of its layers."""
        if not self._busy:
            self.view.mark(
                {plain(f[key]) for layer, key in self._tied for f in layer.selectedFeatures()}
            )

    def choose(self, codes):
        """Select in every layer of the level what was chosen in the chart."""
        self._busy = True
        try:
            for layer, key in self._tied:
                features = features_by_code(layer, key)
                layer.selectByIds([features[each].id() for each in codes if each in features])
        finally:
            self._busy = False
        self.view.mark(codes)
