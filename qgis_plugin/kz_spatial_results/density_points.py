"""Algorithm: density of points, or the smoothed mean of a column, as a styled surface."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from . import tables
from .algorithm import KzAlgorithm
from .command import Cancelled, staged
from .words import ResultsError, language, tr


class DensityOfPoints(KzAlgorithm):
    """`kz-spatial density`."""

    key = "density_points"

    def title(self):
        return tr("Density of points")

    def explanation(self):
        return tr(
            "Draws the density of points per 1000 km² with a Gaussian kernel on an equal-area "
            "grid, or, when a column is named, its smoothed mean where enough points support it. "
            "The surface comes with its own style and, if you wish, ends at the border of "
            "Kazakhstan."
        )

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        field, number = QgsProcessingParameterField, QgsProcessingParameterNumber
        numeric, real = field.DataType.Numeric, number.Type.Double
        self.add(
            QgsProcessingParameterFeatureSource(
                "INPUT", tr("Points"), [QgsProcessing.TypeVectorPoint]
            )
        )
        for name, text, words in (
            ("VALUE", tr("Column to smooth"), tr("Leave it empty for the density of the points.")),
            ("WEIGHT", tr("Column of weights"), ""),
        ):
            self.add(
                field(name, text, parentLayerParameterName="INPUT", type=numeric, optional=True),
                words,
            )
        self.add(
            number("BANDWIDTH_KM", tr("Bandwidth, km"), real, None, optional=True, minValue=0.001),
            tr("Standard deviation of the kernel; by Scott's rule when it is left empty."),
        )
        self.add(number("CELL_KM", tr("Cell size, km"), real, 5.0, minValue=0.01))
        self.add(
            QgsProcessingParameterBoolean(
                "CLIP", tr("End at the border of Kazakhstan"), defaultValue=True
            )
        )
        self.add(
            QgsProcessingParameterBoolean(
                "FIRMS", tr("Points are firms whose answers must not be told"), defaultValue=True
            ),
            tr(
                "Firms enter in groups of ten or more, so that no surface tells one. Switch it off "
                "for places that are public."
            ),
        )
        self.add(QgsProcessingParameterRasterDestination("OUTPUT", tr("Density")))

    def _arguments(self, parameters, context):
        value = self.parameterAsString(parameters, "VALUE", context)
        weight = self.parameterAsString(parameters, "WEIGHT", context)
        cell = self.parameterAsDouble(parameters, "CELL_KM", context)
        found = ["--cell-km", f"{cell:g}", "--lang", language()]
        if parameters.get("BANDWIDTH_KM") is not None:
            width = self.parameterAsDouble(parameters, "BANDWIDTH_KM", context)
            found += ["--bandwidth-km", f"{width:g}"]
        found += ["--value", value] if value else []
        found += ["--weights", weight] if weight else []
        firms = self.parameterAsBoolean(parameters, "FIRMS", context)
        found += ["--disclosure", "survey" if firms else "open"]
        if not self.parameterAsBoolean(parameters, "CLIP", context):
            found.append("--no-clip")
        names = [each for each in dict.fromkeys((value, weight)) if each]
        _, x, y = tables.own_names(names)
        return [*found, "--x", x, "--y", y], names

    def work(self, parameters, context, feedback):
        source = self.parameterAsSource(parameters, "INPUT", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "INPUT"))
        out = Path(self.parameterAsOutputLayer(parameters, "OUTPUT", context))
        if out.suffix.lower() not in (".tif", ".tiff"):
            raise ResultsError(tr("{0}: expected a name that ends in .tif").format(out))
        options, names = self._arguments(parameters, context)
        with tempfile.TemporaryDirectory(prefix="kz-") as folder, staged(out) as place:
            asked = Path(folder) / "points.csv"
            tables.write(asked, source, names, context, feedback)
            if feedback.isCanceled():
                raise Cancelled
            named = ["--name", source.sourceName()] if source.sourceName() else []
            whole = ["density", str(asked), "--out", str(place), *options, *named]
            self.run_command(whole, feedback, (place, out))
        return {"OUTPUT": str(out)}
