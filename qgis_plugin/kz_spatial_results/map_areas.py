"""Algorithm: a table of oblasts, as a file or a layer, becomes a bundle that is opened."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from . import tables
from .command import Cancelled
from .makes_bundle import MakesBundle
from .words import LANGUAGES, ResultsError, tr

_FILTER = "Table (*.xlsx *.xls *.ods *.csv *.tsv *.parquet *.dta *.sav *.gpkg)"
# as the command names them, in the order of the list
_CLASSES = ("rounded", "quantiles", "natural_breaks", "equal_interval")


class MapAreas(MakesBundle):
    """`kz-spatial areas`."""

    key = "map_areas"

    def title(self):
        return tr("Map a table of oblasts")

    def explanation(self):
        return tr(
            "Reads a table with a row per oblast, or per oblast and year, such as a bulletin's "
            "spreadsheet: sheet, heading, units, numbers and years are found, and what was assumed "
            "is said in the log. Writes a bundle with maps of every column, patterns of "
            "neighbours, groups and changes, and opens it. Names may be in Kazakh, Russian or "
            "English in any usual spelling."
        )

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        number = QgsProcessingParameterNumber
        integer = number.Type.Integer
        self.add(
            QgsProcessingParameterFile("FILE", tr("Table"), optional=True, fileFilter=_FILTER),
            tr("An .xlsx, .xls, .ods, .csv or other table. Leave it empty to take a layer."),
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                "INPUT", tr("Or a layer or table"), [QgsProcessing.TypeVector], optional=True
            ),
            tr("Taken where no file is named."),
        )
        self.add_language()
        self.add(
            number("CLUSTERS", tr("Groups of units to show"), integer, 3, minValue=2, maxValue=5)
        )
        told = (
            tr("Quantiles, rounded"),
            tr("Quantiles"),
            tr("Natural breaks (FisherJenks)"),
            tr("Equal intervals (EqualInterval)"),
        )
        self.add(
            QgsProcessingParameterEnum(
                "CLASSES", tr("Classes of the numbers"), list(told), defaultValue=0
            ),
            tr("Those of mapclassify, which the layer's metadata name."),
        )
        self.add(
            number("N_CLASSES", tr("Number of classes"), integer, 5, minValue=2, maxValue=9),
            tr("Fewer where fewer values differ."),
        )
        for name, title, told in (
            ("SHEET", tr("Sheet"), tr("Found by what it holds where it is left empty.")),
            ("UNIT_COLUMN", tr("Column of units"), tr("Its heading, or its letter.")),
            ("YEAR", tr("Year"), tr("The column of years, or one year to keep.")),
            (
                "POPULATION",
                tr("Column of people"),
                tr("Counts get rates per 1,000 people; rates of joined units are averaged by it."),
            ),
        ):
            self.add(QgsProcessingParameterString(name, title, optional=True), told, advanced=True)
        self.add(
            QgsProcessingParameterFile("BOUNDARIES", tr("Polygons of your own"), optional=True),
            tr("Districts, quarters or cells in the place of the oblasts."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString(
                "UNIT_CODE", tr("Column that names each polygon"), optional=True
            ),
            advanced=True,
        )
        self.add_neighbours()
        self.add(number("SEED", tr("Seed"), integer, 20240, minValue=0), advanced=True)
        self.add(
            number("PERMUTATIONS", tr("Permutations"), integer, 9999, minValue=99),
            tr("Used only where the arrangements are too many to count out."),
            advanced=True,
        )
        self.add_target()

    @contextlib.contextmanager
    def inputs(self, parameters, context, feedback):
        """The layer as a table, where no file is named."""
        if self.file_of(parameters, context, "FILE"):
            yield None
            return
        source = self.parameterAsSource(parameters, "INPUT", context)
        if source is None:
            raise ResultsError(tr("Name a table, or choose a layer"))
        with tempfile.TemporaryDirectory(prefix="kz-") as folder:
            names = source.fields().names()
            tables.write_plain(Path(folder) / tables.file_name(source), source, names, feedback)
            if feedback.isCanceled():
                raise Cancelled
            yield folder

    def arguments(self, parameters, context, folder):
        table = self.file_of(parameters, context, "FILE")
        table = str(next(Path(folder).glob("*.csv"))) if folder else table
        found = ["areas", table, "--progress-lines"]
        found += ["--lang", self.chosen(parameters, context, "LANGUAGE", LANGUAGES)]
        found += ["--classes", self.chosen(parameters, context, "CLASSES", _CLASSES)]
        found += ["--neighbours", self.chosen_neighbours(parameters, context)]
        for option, name in (
            ("--clusters", "CLUSTERS"),
            ("--n-classes", "N_CLASSES"),
            ("--seed", "SEED"),
            ("--permutations", "PERMUTATIONS"),
        ):
            found += [option, str(self.parameterAsInt(parameters, name, context))]
        for option, name in (
            ("--sheet", "SHEET"),
            ("--unit-column", "UNIT_COLUMN"),
            ("--year", "YEAR"),
            ("--population", "POPULATION"),
            ("--unit-code", "UNIT_CODE"),
        ):
            told = self.parameterAsString(parameters, name, context).strip()
            found += [option, told] if told else []
        boundaries = self.file_of(parameters, context, "BOUNDARIES")
        return [*found, *(["--boundaries", boundaries] if boundaries else [])]
