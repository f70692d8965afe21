"""Algorithm: local Moran and hot spots of a numeric column of any polygons."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessing,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
)

from . import tables
from .command import Cancelled
from .makes_bundle import MakesBundle
from .words import LANGUAGES, ResultsError, tr

_POLYGONS = "polygons.geojson"
_DIGITS = 9  # of degrees: a tenth of a millimetre, so that shared borders stay shared


class LocalPattern(MakesBundle):
    """`kz-spatial areas` with the layer's own polygons in the oblasts' place."""

    key = "local_pattern"

    def title(self):
        return tr("Local Moran and hot spots")

    def explanation(self):
        return tr(
            "Says of each polygon of a layer whether it and its neighbours are alike, unlike, or "
            "neither (local Moran), and whether it lies in a hot or a cold spot (G* of Getis and "
            "Ord), for one numeric column. Every neighbour set is counted where that is possible. "
            "Polygons that could not become significant whatever their value are hatched."
        )

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        field, number = QgsProcessingParameterField, QgsProcessingParameterNumber
        integer = number.Type.Integer
        self.add(
            QgsProcessingParameterFeatureSource(
                "INPUT", tr("Polygons"), [QgsProcessing.TypeVectorPolygon]
            )
        )
        self.add(
            field(
                "VALUE",
                tr("Column of numbers"),
                parentLayerParameterName="INPUT",
                type=field.DataType.Numeric,
            )
        )
        self.add(
            field(
                "NAME",
                tr("Column that names each polygon"),
                parentLayerParameterName="INPUT",
                optional=True,
            ),
            tr("Numbers of the rows where it is left empty."),
        )
        self.add_neighbours()
        self.add_language()
        self.add(number("SEED", tr("Seed"), integer, 20240, minValue=0), advanced=True)
        self.add(
            number("PERMUTATIONS", tr("Permutations"), integer, 9999, minValue=99),
            tr("Used only where the arrangements are too many to count out."),
            advanced=True,
        )
        self.add_target()

    @contextlib.contextmanager
    def inputs(self, parameters, context, feedback):
        """The polygons with a name each, and a table of the names and the numbers."""
        source = self.parameterAsSource(parameters, "INPUT", context)
        if source is None:
            raise ResultsError(self.invalidSourceError(parameters, "INPUT"))
        value = self.parameterAsString(parameters, "VALUE", context)
        name = self.parameterAsString(parameters, "NAME", context)
        (unit, *_) = tables.own_names([value])
        move = QgsCoordinateTransform(
            source.sourceCrs(),
            QgsCoordinateReferenceSystem("EPSG:4326"),
            context.transformContext(),
        )
        rows, shapes = [], []
        for number, feature in enumerate(source.getFeatures(), start=1):
            if feedback.isCanceled():
                raise Cancelled
            shape = feature.geometry()
            if shape.isNull() or shape.isEmpty():
                feedback.pushWarning(tr("Row {0} has no shape and is left out").format(number))
                continue
            shape.transform(move)
            told = tables.plain(feature[name]) if name else str(number)
            rows.append((told, tables.plain(feature[value])))
            outline = json.loads(shape.asJson(_DIGITS))
            kept = {"type": "Feature", "properties": {unit: told}, "geometry": outline}
            shapes.append(kept)
        _check_names([told for told, _ in rows], name)
        with tempfile.TemporaryDirectory(prefix="kz-") as folder:
            tables.write_rows(Path(folder) / tables.file_name(source), (unit, value), rows)
            whole = {"type": "FeatureCollection", "features": shapes}
            text = json.dumps(whole, ensure_ascii=False)
            (Path(folder) / _POLYGONS).write_text(text, encoding="utf-8")
            yield folder

    def arguments(self, parameters, context, folder):
        value = self.parameterAsString(parameters, "VALUE", context)
        (unit, *_) = tables.own_names([value])
        table = next(Path(folder).glob("*.csv"))
        found = ["areas", str(table), "--progress-lines"]
        found += ["--boundaries", str(Path(folder) / _POLYGONS), "--unit-code", unit]
        found += ["--unit-column", unit, "--columns", value, "--clusters", "2", "--k", "2"]
        found += ["--lang", self.chosen(parameters, context, "LANGUAGE", LANGUAGES)]
        found += ["--neighbours", self.chosen_neighbours(parameters, context)]
        for option, name in (("--seed", "SEED"), ("--permutations", "PERMUTATIONS")):
            found += [option, str(self.parameterAsInt(parameters, name, context))]
        return found


def _check_names(names, column) -> None:
    """Refuse names that are empty or stand twice."""
    seen = set()
    for told in names:
        if not told or told in seen:
            text = tr("{0}: found {1} twice or empty, expected a name of its own for each polygon")
            raise ResultsError(text.format(column, repr(told)))
        seen.add(told)
