"""Algorithm: what changed between two bundles, as a bundle of its own."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterFile

from .bundle import is_bundle
from .makes_bundle import MakesBundle
from .words import LANGUAGES, ResultsError, tr

_FOLDERS = ("FIRST", "SECOND")


class CompareResults(MakesBundle):
    """`kz-spatial compare`."""

    key = "compare_results"

    def title(self):
        return tr("Compare two results")

    def explanation(self):
        return tr(
            "Sets two bundles of the same regions side by side, as of two waves of a survey: the "
            "difference of each indicator with its interval, and whether it is clear and for the "
            "better. Writes a bundle with a layer and a map theme of the differences, and opens it."
        )

    def initAlgorithm(self, configuration=None):  # noqa: ARG002  the name is QGIS'
        folder = QgsProcessingParameterFile.Behavior.Folder
        for name, title in zip(_FOLDERS, (tr("Earlier bundle"), tr("Later bundle"))):
            self.add(
                QgsProcessingParameterFile(name, title, behavior=folder),
                tr("The folder that Run the study, or kz-spatial run, wrote."),
            )
        self.add_language()
        self.add_target()

    def arguments(self, parameters, context, folder):  # noqa: ARG002  bundles are folders already
        named = [self.parameterAsString(parameters, name, context) for name in _FOLDERS]
        for each in named:
            if not is_bundle(each):
                text = tr(
                    "{0}: is no bundle of results, expected a folder that Run the study wrote"
                )
                raise ResultsError(text.format(each))
        return [
            "compare",
            *named,
            "--lang",
            self.chosen(parameters, context, "LANGUAGE", LANGUAGES),
        ]
