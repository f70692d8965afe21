"""Ask what to install the command from, show the lines that do it, and run them."""

from __future__ import annotations

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
)

from . import environment
from .background import Work, start
from .words import ResultsError, tr

_STEPS = 3  # environment, installation, trial


class InstallDialog(QDialog):
    """Wheel and index on top, the lines below them, then what the lines say."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("Install the kz-spatial command"))
        self.resize(820, 600)
        self.work, self._plan = None, None
        self.python, self.wheel, self.index = QgsFileWidget(), QgsFileWidget(), QLineEdit()
        self.wheel.setFilter(tr("Wheel") + " (*.whl)")
        self.index.setPlaceholderText(tr("https://… or a folder of wheels"))
        self.lines, self.log, self.bar = QPlainTextEdit(), QPlainTextEdit(), QProgressBar()
        for each in (self.lines, self.log):
            each.setReadOnly(True)
        self.bar.setMaximum(_STEPS)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.button = self.buttons.addButton(tr("Install"), QDialogButtonBox.ButtonRole.ActionRole)
        self.button.clicked.connect(lambda _checked=False: self.install())
        self.buttons.rejected.connect(self.reject)
        self._arrange()
        self._set_running(running=False)
        for changed in (self.python.fileChanged, self.wheel.fileChanged, self.index.textChanged):
            changed.connect(lambda _text: self._show_lines())
        self._show_lines()
        search = Work(tr("Looking for Python"), lambda _work: environment.find_python())
        search.answered.connect(self._take_python)
        start(search)

    def _arrange(self):
        told = QLabel(
            tr(
                "Makes a Python environment in the folder of your QGIS profile and installs "
                "kz-spatial in it from a wheel file, an index, or both. What a wheel needs beside "
                "it comes from the index, and from Python's public one where none is named; a "
                "folder of wheels needs no network. Nothing is loaded into QGIS."
            )
        )
        told.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("Python 3.11 or later"), self.python)
        form.addRow(tr("Wheel file"), self.wheel)
        form.addRow(tr("Index"), self.index)
        whole = QVBoxLayout(self)
        whole.addWidget(told)
        whole.addLayout(form)
        whole.addWidget(QLabel(tr("These lines will be run:")))
        whole.addWidget(self.lines, 3)
        whole.addWidget(self.log, 2)
        whole.addWidget(self.bar)
        whole.addWidget(self.buttons)

    def _take_python(self, found):
        if found and not self.python.filePath():
            self.python.setFilePath(found)

    def _show_lines(self):
        """Plan anew and show what would be run, or what is lacking."""
        named = (self.python.filePath(), self.wheel.filePath(), self.index.text())
        try:
            self._plan = environment.plan(*(each.strip() for each in named))
        except ResultsError as error:
            self._plan = None
            self.lines.setPlainText(str(error))
        else:
            self.lines.setPlainText("\n".join(map(environment.spelled, self._plan[1])))
        self.button.setEnabled(self._plan is not None and self.work is None)

    def install(self):
        """Run the lines that are shown, off the interface's thread."""
        python, (folder, lines) = self.python.filePath().strip(), self._plan
        self.log.clear()
        self.bar.setValue(0)

        def do(work):
            told = work.line.emit
            program = environment.make(python, folder, lines, told, work.isCanceled)
            environment.remember(program)
            return program

        self.work = Work(self.windowTitle(), do)
        self.work.line.connect(self._tell)
        self.work.answered.connect(self._end_well)
        self.work.failed.connect(self._end)
        self._set_running(running=True)
        return start(self.work)

    def _set_running(self, *, running):
        close = self.buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setText(tr("Cancel") if running else tr("Close"))
        for each in (self.python, self.wheel, self.index):
            each.setEnabled(not running)
        self.button.setEnabled(not running)

    def _tell(self, line):
        if line.startswith("$ ") and self.log.toPlainText():
            self.bar.setValue(self.bar.value() + 1)
        self.log.appendPlainText(line)

    def _end_well(self, program):
        self.bar.setValue(_STEPS)
        self._end(tr("Installed, and found from now on: {0}").format(program))

    def _end(self, line):
        self.work = None
        self.log.appendPlainText(line)
        self._set_running(running=False)
        self._show_lines()

    def reject(self):
        """Stop what runs; close where nothing does."""
        if self.work is None:
            super().reject()
        else:
            self.work.cancel()
