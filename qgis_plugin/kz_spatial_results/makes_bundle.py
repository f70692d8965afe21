"""What algorithms share that write a bundle: its folder, its files as outputs, its opening."""

from __future__ import annotations

import contextlib
from pathlib import Path

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
)

from .algorithm import KzAlgorithm, canvas_of, in_main_thread
from .bundle import GEOPACKAGE, RECORD, read_plan
from .command import staged
from .opener import open_plan
from .words import LANGUAGES, ResultsError, language, tr

# as the command names them, in the order of the list
_NEIGHBOURS = (
    "queen",
    "rook",
    "second_order",
    "shared_border",
    "k_nearest",
    "adaptive_kernel",
    "inverse_distance",
)


class MakesBundle(KzAlgorithm):
    """An algorithm whose command writes a bundle; `arguments` gives the command's own."""

    def __init__(self):
        super().__init__()
        self._to_open = None

    def arguments(self, parameters, context, folder):
        """Arguments of the command; `folder` is a place for files that it reads."""
        raise NotImplementedError

    def add_language(self):
        self.add(
            QgsProcessingParameterEnum(
                "LANGUAGE",
                tr("Language of the maps"),
                ["English", "Русский", "Қазақша"],
                defaultValue=LANGUAGES.index(language()),
            )
        )

    def add_neighbours(self):
        """Add who is whose neighbour."""
        told = (
            tr("A border or a corner in common"),
            tr("A border in common"),
            tr("Neighbours and theirs"),
            tr("Borders by their length"),
            tr("The nearest ones"),
            tr("Nearness, by an adaptive kernel"),
            tr("Nearness, by inverse distance"),
        )
        self.add(
            QgsProcessingParameterEnum(
                "NEIGHBOURS", tr("Who is whose neighbour"), list(told), defaultValue=0
            ),
            advanced=True,
        )

    def chosen_neighbours(self, parameters, context):
        """The command's word for the neighbours."""
        return self.chosen(parameters, context, "NEIGHBOURS", _NEIGHBOURS)

    def add_target(self):
        """Add the folder, whether it may be replaced and is to be opened, and the outputs."""
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

    def chosen(self, parameters, context, name, values):
        """The value of a list that the reader chose."""
        return values[self.parameterAsEnum(parameters, name, context)]

    def file_of(self, parameters, context, name):
        """A file that the reader named, or an empty text."""
        found = self.parameterAsFile(parameters, name, context)
        if found and not Path(found).is_file():
            raise ResultsError(tr("{0}: no such file").format(found))
        return found

    @contextlib.contextmanager
    def inputs(self, parameters, context, feedback):  # noqa: ARG002  a subclass may need them
        """A place for files that the command reads; none by default."""
        yield None

    def work(self, parameters, context, feedback):
        out = Path(self.parameterAsFileOutput(parameters, "OUTPUT", context))
        replace = self.parameterAsBoolean(parameters, "OVERWRITE", context)
        _check_target(out, replace=replace)
        with self.inputs(parameters, context, feedback) as folder:
            arguments = self.arguments(parameters, context, folder)
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
