"""Algorithm: add oblast and composite to any table or point layer."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
    QgsWkbTypes,
)

from . import tables
from .algorithm import KzAlgorithm
from .command import Cancelled
from .words import tr

_KINDS = ("", "city", "region")
_UNMATCHED = ("keep", "drop", "raise")
_ADDED = ("oblast_code", "composite", "join_status")


class JoinTable(KzAlgorithm):
    """`kz-spatial join`."""

    key = "join_table"

    def title(self):
        return tr("Join a table to oblasts")

    def explanation(self):
        return tr(
            "Adds three columns to any table: the code of the oblast (KZ-10 to KZ-79), the "
            "composite region, and how the row was matched. It matches by a column of codes or "
            "of names in Kazakh, Russian or English in any usual spelling; points without such a "
            "column are matched by where they lie. Every row is kept unless you choose otherwise."
        )

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        self.add(
            QgsProcessingParameterFeatureSource(
                "INPUT", tr("Table or point layer"), [QgsProcessing.TypeVector]
            )
        )
        self.add(
            QgsProcessingParameterField(
                "FIELD",
                tr("Column of codes or names"),
                parentLayerParameterName="INPUT",
                optional=True,
            ),
            tr("Leave it empty to match points by where they lie, or to let the column be found."),
        )
        self.add(
            QgsProcessingParameterEnum(
                "KIND",
                tr("What a bare Almaty means"),
                [tr("found from the other rows"), tr("the city"), tr("the region")],
                defaultValue=0,
            ),
            tr("Almaty alone may be the city or Almaty Region."),
        )
        self.add(
            QgsProcessingParameterNumber(
                "VINTAGE",
                tr("Year of the boundaries"),
                QgsProcessingParameterNumber.Type.Integer,
                2022,
                minValue=1997,
                maxValue=2100,
            ),
            tr("2022 and later: 20 oblasts. 2018 to 2021: 17. Until 2017: 16."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                "UNMATCHED",
                tr("Rows that match no oblast"),
                [tr("keep"), tr("leave out"), tr("stop with their names")],
                defaultValue=0,
            )
        )
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", tr("Joined")))

    def _arguments(self, parameters, context, source):
        field = self.parameterAsString(parameters, "FIELD", context)
        kind = _KINDS[self.parameterAsEnum(parameters, "KIND", context)]
        unmatched = _UNMATCHED[self.parameterAsEnum(parameters, "UNMATCHED", context)]
        vintage = self.parameterAsInt(parameters, "VINTAGE", context)
        found = ["--vintage", str(vintage), "--unmatched", unmatched]
        found += ["--kind", kind] if kind else []
        names = [field] if field else [f.name() for f in source.fields()]
        found += ["--on", field] if field else []
        if QgsWkbTypes.geometryType(source.wkbType()) == QgsWkbTypes.PointGeometry:
            _, x, y = tables.own_names(names)
            found += ["--x", x, "--y", y]
        return found, names

    def work(self, parameters, context, feedback):
        source = self.parameterAsSource(parameters, "INPUT", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "INPUT"))
        options, names = self._arguments(parameters, context, source)
        with tempfile.TemporaryDirectory(prefix="kz-") as folder:
            asked, answer = Path(folder) / "table.csv", Path(folder) / "joined.csv"
            tables.write(asked, source, names, context, feedback)
            if feedback.isCanceled():
                raise Cancelled
            self.run_command(["join", str(asked), "--out", str(answer), *options], feedback)
            found = tables.read(answer, _ADDED, tables.own_names(names)[0])
        fields = QgsFields(source.fields())
        for name in _ADDED:
            if fields.indexOf(name) < 0:
                fields.append(tables.text_field(name))
        sink, target = self.parameterAsSink(
            parameters, "OUTPUT", context, fields, source.wkbType(), source.sourceCrs()
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, "OUTPUT"))
        for number, feature in enumerate(source.getFeatures()):
            if number in found:
                made = QgsFeature(fields)
                made.setGeometry(feature.geometry())
                for name in source.fields().names():
                    made[name] = feature[name]
                for name, value in zip(_ADDED, found[number]):
                    made[name] = value
                sink.addFeature(made, QgsFeatureSink.Flag.FastInsert)
        return {"OUTPUT": target}
