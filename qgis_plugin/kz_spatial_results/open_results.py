"""Algorithm: open a finished bundle."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
)

from .algorithm import KzAlgorithm, canvas_of
from .bundle import read_plan
from .opener import open_plan
from .words import tr


class OpenResults(KzAlgorithm):
    """What the menu's *Open results* does; it needs no kz-spatial command."""

    key = "open_results"
    needs_command = False

    def title(self):
        return tr("Open results")

    def explanation(self):
        return tr(
            "Puts the layers of a bundle into the project: a group per theme, every style in the "
            "layer's style menu, a map theme for each, and print layouts. Needs no environment."
        )

    def flags(self):
        # layers join the project, which only the main thread may touch
        return super().flags() | QgsProcessingAlgorithm.FlagNoThreading

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        self.add(
            QgsProcessingParameterFile(
                "FOLDER",
                tr("Folder of the bundle"),
                behavior=QgsProcessingParameterFile.Behavior.Folder,
            ),
            tr("The folder that Run the study, or kz-spatial run, wrote."),
        )
        self.addOutput(QgsProcessingOutputNumber("LAYERS", tr("Layers opened")))

    def work(self, parameters, context, feedback):
        plan = read_plan(self.parameterAsString(parameters, "FOLDER", context))
        if context.project() is None:
            raise QgsProcessingException(tr("There is no project to open the bundle in"))
        project = context.project()
        opened = open_plan(plan, project, canvas_of(project))
        for line in opened.told():
            feedback.pushWarning(line)
        return {"LAYERS": len(opened.layers)}
