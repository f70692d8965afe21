"""Algorithm: run the whole study and open its bundle."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
)

from .algorithm import KzAlgorithm, canvas_of, in_main_thread
from .bundle import GEOPACKAGE, RECORD, read_plan
from .command import staged
from .opener import open_plan
from .words import LANGUAGES, ResultsError, language, tr

_CODINGS = ("corrected", "as-published")
_WEIGHTS = ("", "wmedian", "wstrict", "wweak")
_DISCLOSURE = ("", "survey", "open")
_FILTER = "Survey (*.dta *.sav *.csv *.tsv *.xlsx *.parquet)"


class RunStudy(KzAlgorithm):
    """`kz-spatial run`."""

    key = "run_study"

    def __init__(self):
        super().__init__()
        self._to_open = None

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
        integer, real = number.Type.Integer, number.Type.Double
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
        self.add(
            QgsProcessingParameterEnum(
                "LANGUAGE",
                tr("Language of the maps"),
                ["English", "Русский", "Қазақша"],
                defaultValue=LANGUAGES.index(language()),
            )
        )
        self.add(
            QgsProcessingParameterEnum(
                "WEIGHTS",
                tr("Survey weights"),
                [tr("none"), *_WEIGHTS[1:]],
                defaultValue=0,
            )
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
        self.add(
            number("BANDWIDTH_KM", tr("Bandwidth of the density, km"), real, 75.0, minValue=1.0),
            tr("Standard deviation of the kernel. Larger is smoother."),
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
        self.add(
            QgsProcessingParameterBoolean(
                "OVERWRITE", tr("Replace a bundle of that name"), defaultValue=False
            )
        )
        self.add(QgsProcessingParameterBoolean("OPEN", tr("Open the results"), defaultValue=True))
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", tr("Folder of the bundle")),
            tr("The folder appears only when everything in it is written."),
        )
        self.addOutput(QgsProcessingOutputFile("GEOPACKAGE", tr("GeoPackage")))
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputHtml("MAP", tr("Web map")))

    def _arguments(self, parameters, context):
        def choice(name, values):
            return values[self.parameterAsEnum(parameters, name, context)]

        found = ["run", "--progress-lines"]
        survey = self.parameterAsFile(parameters, "SURVEY", context)
        if survey:
            if not Path(survey).is_file():
                raise ResultsError(tr("{0}: no such file").format(survey))
            found.append(survey)
        found += ["--coding", choice("CODING", _CODINGS), "--lang", choice("LANGUAGE", LANGUAGES)]
        weights = choice("WEIGHTS", _WEIGHTS)
        found += ["--weights", weights] if weights else []
        rules = choice("DISCLOSURE", _DISCLOSURE)
        found += ["--disclosure", rules] if rules else []
        for option, name in (
            ("--clusters", "CLUSTERS"),
            ("--seed", "SEED"),
            ("--permutations", "PERMUTATIONS"),
            ("--draws", "DRAWS"),
        ):
            found += [option, str(self.parameterAsInt(parameters, name, context))]
        width = self.parameterAsDouble(parameters, "BANDWIDTH_KM", context)
        return [*found, "--bandwidth-km", f"{width:g}"]

    def work(self, parameters, context, feedback):
        out = Path(self.parameterAsFileOutput(parameters, "OUTPUT", context))
        replace = self.parameterAsBoolean(parameters, "OVERWRITE", context)
        _check_target(out, replace=replace)
        arguments = self._arguments(parameters, context)
        with staged(out) as place:
            self.run_command([*arguments, "--out", str(place)], feedback, (place, out))
        if self.parameterAsBoolean(parameters, "OPEN", context):
            self._to_open = out
        return {
            "OUTPUT": str(out),
            "GEOPACKAGE": str(out / GEOPACKAGE),
            "REPORT": str(out / "report.html"),
            "MAP": str(out / "map.html"),
        }

    def postProcessAlgorithm(self, context, feedback):
        if self._to_open is not None:
            project = context.project()
            if project is None or not in_main_thread():
                feedback.pushInfo(tr("Open the bundle with kz_spatial results > Open results"))
                return {}
            try:
                opened = open_plan(read_plan(self._to_open), project, canvas_of(project))
                for line in opened.told():
                    feedback.pushWarning(line)
            except ResultsError as error:
                feedback.reportError(str(error))
        return {}


def _check_target(out: Path, *, replace: bool) -> None:
    """Refuse a folder that cannot become a bundle, before any work is done."""
    if out.is_file():
        raise ResultsError(tr("{0}: is a file, expected the name of a folder").format(out))
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not (out / RECORD).is_file():
        raise ResultsError(tr("{0}: is not empty and is no bundle, so it is kept").format(out))
    if not replace:
        raise ResultsError(tr("{0}: exists already; choose to replace it").format(out))
