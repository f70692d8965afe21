"""Algorithm: run the whole study and open its bundle."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .makes_bundle import MakesBundle
from .survey_columns import add_columns, column_arguments
from .words import LANGUAGES, tr

_CODINGS = ("corrected", "as-published")
_DISCLOSURE = ("", "survey", "open")
_DESIGNS = "Design (*.toml)"
_FILTER = "Survey (*.dta *.sav *.csv *.tsv *.xlsx *.parquet)"


class RunStudy(MakesBundle):
    """`kz-spatial run`."""

    key = "run_study"

    def title(self):
        return tr("Run the study")

    def explanation(self):
        return tr(
            "Reads Enterprise Survey microdata, joins firms to the oblasts, and writes a bundle: "
            "a GeoPackage that styles itself, density surfaces, a web map, a report and tables. "
            "Without a survey file it runs on a synthetic twin: made-up firms that reproduce the "
            "printed tables of the study. It runs the kz-spatial command of your own environment."
        )

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        number = QgsProcessingParameterNumber
        integer = number.Type.Integer
        self.add(
            QgsProcessingParameterFile(
                "SURVEY", tr("Survey file"), optional=True, fileFilter=_FILTER
            ),
            tr(
                "A .dta, .sav, .csv, .xlsx or .parquet file. Leave it empty for the synthetic twin."
            ),
        )
        self.add(
            QgsProcessingParameterEnum("CODING", tr("Coding"), list(_CODINGS), defaultValue=0),
            tr(
                "corrected: yes counts 1, no counts 0. as-published: the way the printed tables "
                "were made."
            ),
        )
        self.add_language()
        self.add(
            QgsProcessingParameterFile(
                "DESIGN", tr("Design of the study"), optional=True, fileFilter=_DESIGNS
            ),
            tr(
                "A .toml file that says what the study asks, as kz-spatial design writes it. Leave "
                "it empty for the design that the command brings."
            ),
        )
        self.add(
            QgsProcessingParameterString("WEIGHTS", tr("Column of survey weights"), optional=True),
            tr(
                "Or the word none. Where it is left empty, the first weights of the design that "
                "the file has; none for the twin."
            ),
        )
        self.add(
            QgsProcessingParameterEnum(
                "DISCLOSURE",
                tr("Disclosure rules"),
                [tr("of the source"), *_DISCLOSURE[1:]],
                defaultValue=0,
            ),
            tr(
                "survey: cells of fewer than ten firms are withheld, with what would give them "
                "away; the rule for files. open: cells of fewer than five; the rule for the twin."
            ),
        )
        self.add(
            number("CLUSTERS", tr("Groups of regions to form"), integer, 3, minValue=2, maxValue=6)
        )
        add_columns(self)
        self._add_numbers()
        self.add_target()

    def _add_numbers(self):
        number = QgsProcessingParameterNumber
        integer, real = number.Type.Integer, number.Type.Double
        self.add(
            number("BANDWIDTH_KM", tr("Bandwidth of the density, km"), real, 75.0, minValue=1.0),
            tr("Standard deviation of the kernel. Larger is smoother."),
            advanced=True,
        )
        self.add(
            number("CELL_KM", tr("Cell size of the density, km"), real, 5.0, minValue=0.01),
            advanced=True,
        )
        self.add(number("SEED", tr("Seed"), integer, 20240, minValue=0), advanced=True)
        self.add(
            number("PERMUTATIONS", tr("Permutations"), integer, 9999, minValue=99),
            tr("Used only where the arrangements are too many to count out."),
            advanced=True,
        )
        self.add(
            number("DRAWS", tr("Draws of firms"), integer, 200, minValue=0),
            tr(
                "How often firms are drawn again within their regions, to see which results owe "
                "much to the firms that happened to be asked. 0 leaves this out."
            ),
            advanced=True,
        )

    def arguments(self, parameters, context, folder):  # noqa: ARG002  a survey is a file already
        def choice(name, values):
            return self.chosen(parameters, context, name, values)

        found = ["run", "--progress-lines"]
        survey = self.file_of(parameters, context, "SURVEY")
        found += [survey] if survey else []
        found += ["--coding", choice("CODING", _CODINGS), "--lang", choice("LANGUAGE", LANGUAGES)]
        design = self.file_of(parameters, context, "DESIGN")
        found += ["--design", design] if design else []
        weights = self.parameterAsString(parameters, "WEIGHTS", context).strip()
        found += ["--weights", weights] if weights else []
        found += column_arguments(self, parameters, context)
        rules = choice("DISCLOSURE", _DISCLOSURE)
        found += ["--disclosure", rules] if rules else []
        for option, name in (
            ("--clusters", "CLUSTERS"),
            ("--seed", "SEED"),
            ("--permutations", "PERMUTATIONS"),
            ("--draws", "DRAWS"),
        ):
            found += [option, str(self.parameterAsInt(parameters, name, context))]
        for option, name in (("--bandwidth-km", "BANDWIDTH_KM"), ("--cell-km", "CELL_KM")):
            found += [option, f"{self.parameterAsDouble(parameters, name, context):g}"]
        return found
