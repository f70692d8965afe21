"""What the algorithms share: names, help, and the run of the command with its progress."""

from __future__ import annotations

import re

import qgis.utils
from qgis.core import QgsProcessingAlgorithm, QgsProcessingException, QgsProject
from qgis.PyQt.QtCore import QThread
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QApplication

from . import command
from .help_page import page_url
from .words import FOLDER, ResultsError, tr

_STEP = re.compile(r"^step (\d+)/(\d+) (.+)$")
_NOTE = re.compile(r"^(?:note|warning): ", re.IGNORECASE)


class KzAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of this provider; `key`, `title` and `explanation` say which one."""

    key = ""
    needs_command = True

    def title(self):
        raise NotImplementedError

    def explanation(self):
        raise NotImplementedError

    def name(self):
        return self.key

    def displayName(self):
        return self.title()

    def shortHelpString(self):
        return self.explanation()

    def helpUrl(self):
        return page_url()

    def icon(self):
        return QIcon(str(FOLDER / "icon.svg"))

    def createInstance(self):
        return type(self)()

    def canExecute(self):
        """Always true: a missing command is said in the log, with what to do about it."""
        return True

    def createCustomParametersWidget(self, parent=None):
        """Offer to install the command where it is missing; then QGIS' own dialog opens."""
        if self.needs_command and not command.is_there():
            from .install_dialog import InstallDialog

            InstallDialog(parent).exec()

    def add(self, parameter, help_text="", *, advanced=False):
        """Add a parameter with its help."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(parameter.flags() | type(parameter).FlagAdvanced)
        self.addParameter(parameter)

    def run_command(self, arguments, feedback, renamed=("", "")):
        """Run the command; its steps move the bar, its lines go to the log.

        `renamed` is a path that the command writes to and the one that it takes at the end, which
        the log shows.
        Raises QgsProcessingException with the command's own line when it fails.
        """
        whole = [*command.find(), *arguments]
        feedback.pushCommandInfo(" ".join(whole))
        said = []

        def on_line(line):
            line = line.replace(str(renamed[0]), str(renamed[1])) if renamed[0] else line
            step = _STEP.match(line)
            if step:
                number, total, name = step.groups()
                feedback.setProgress(100 * (int(number) - 1) / int(total))
                feedback.setProgressText(name)
            elif _NOTE.match(line):
                feedback.pushWarning(line)
            else:
                feedback.pushConsoleInfo(line)
                said.append(line)

        code = command.run(whole, on_line, feedback.isCanceled)
        if code:
            faults = [line for line in said if line.startswith("kz-spatial: ")] or said[-1:]
            text = "\n".join(line.replace("kz-spatial: ", "", 1) for line in faults)
            ended = tr("The command ended with code {0}").format(code)
            raise QgsProcessingException(text or ended)
        feedback.setProgress(100)

    def work(self, parameters, context, feedback):
        """Do what the algorithm is for; a subclass says how."""
        raise NotImplementedError

    def processAlgorithm(self, parameters, context, feedback):
        try:
            return self.work(parameters, context, feedback)
        except command.Cancelled:
            feedback.pushInfo(tr("Stopped; nothing was written"))
            return {}
        except ResultsError as error:
            raise QgsProcessingException(str(error)) from error


def canvas_of(project):
    """The map canvas, when the project is the one that the desktop shows."""
    iface = qgis.utils.iface
    shown = iface is not None and project is QgsProject.instance()
    return iface.mapCanvas() if shown else None


def in_main_thread() -> bool:
    """Whether the project may be touched: a model runs its steps in another thread."""
    application = QApplication.instance()
    return application is None or QThread.currentThread() == application.thread()
