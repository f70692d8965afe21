"""The page under Settings > Options: which kz-spatial command to run."""

from __future__ import annotations

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout

from . import command
from .words import FOLDER, ResultsError, tr


class OptionsPage(QgsOptionsPageWidget):
    """One field for the command, and a button that asks it for its version."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setObjectName("kz_spatial")
        self.field = QgsFileWidget()
        self.field.setFilePath(str(QgsSettings().value(command.SETTING, "") or ""))
        self.field.lineEdit().setPlaceholderText(tr("found by itself where possible"))
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        button = QPushButton(tr("Try it"))
        button.clicked.connect(lambda _checked=False: self.try_it())
        explained = QLabel(
            tr(
                "Running the study, joining tables and drawing densities need the kz-spatial "
                "command of a Python environment of your own; opening results and adding "
                "boundaries do not. Name the command, the Python or the folder of that "
                "environment. To make one: python -m venv kz, then kz/bin/pip install kz-spatial."
            )
        )
        explained.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("kz-spatial command"), self.field)
        form.addRow(button, self.answer)
        whole = QVBoxLayout(self)
        whole.addWidget(explained)
        whole.addLayout(form)
        whole.addStretch()

    def try_it(self):
        """Show the version of the command, or why there is none."""
        chosen = self.field.filePath().strip()
        arguments = command.as_arguments(chosen)
        if chosen and not arguments:
            self.answer.setText(tr("{0}: is no kz-spatial command").format(chosen))
            return
        try:
            arguments = arguments or command.find()
            self.answer.setText(f"{command.version(arguments)}: {arguments[0]}")
        except ResultsError as error:
            self.answer.setText(str(error))

    def apply(self):
        QgsSettings().setValue(command.SETTING, self.field.filePath().strip())


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page when the options dialog opens."""

    def __init__(self):
        super().__init__()
        self.setTitle("kz_spatial")

    def icon(self):
        return QIcon(str(FOLDER / "icon.svg"))

    def createWidget(self, parent):
        return OptionsPage(parent)
