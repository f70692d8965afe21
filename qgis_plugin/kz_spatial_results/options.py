"""The page under Settings > Options: which kz-spatial command to run."""

from __future__ import annotations

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout

from . import command
from .background import Work, start
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
        self.button = QPushButton(tr("Try it"))
        self.button.clicked.connect(lambda _checked=False: self.try_it())
        install = QPushButton(tr("Install the command…"))
        install.clicked.connect(lambda _checked=False: self.install())
        explained = QLabel(
            tr(
                "Running the study, joining tables and drawing densities need the kz-spatial "
                "command of a Python environment of your own; opening results and adding "
                "boundaries do not. Name the command, the Python or the folder of that "
                "environment, or have one made here."
            )
        )
        explained.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("kz-spatial command"), self.field)
        form.addRow(self.button, self.answer)
        form.addRow("", install)
        whole = QVBoxLayout(self)
        whole.addWidget(explained)
        whole.addLayout(form)
        whole.addStretch()

    def try_it(self):
        """Ask the command for its version, off the interface's thread; say it or what is wrong."""
        chosen = self.field.filePath().strip()
        arguments = command.as_arguments(chosen)
        if chosen and not arguments:
            self.answer.setText(tr("{0}: is no kz-spatial command").format(chosen))
            return
        try:
            arguments = arguments or command.find()
        except ResultsError as error:
            self.answer.setText(str(error))
            return
        self.answer.setText(tr("Waiting for its answer…"))
        self.button.setEnabled(False)
        work = Work(tr("Try it"), lambda _work: f"{command.version(arguments)}: {arguments[0]}")
        work.answered.connect(self._tell)
        work.failed.connect(self._tell)
        start(work)

    def _tell(self, line):
        self.answer.setText(line)
        self.button.setEnabled(True)

    def install(self):
        """Make an environment; the field names its command afterwards."""
        from .install_dialog import InstallDialog

        InstallDialog(self).exec()
        self.field.setFilePath(str(QgsSettings().value(command.SETTING, "") or ""))

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
