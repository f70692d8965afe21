"""Work off the interface's thread, whose end is told in it."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from .command import Cancelled
from .words import ResultsError, tr

_running = set()  # QGIS forgets the Python half of a task that nobody holds


class Work(QgsTask):
    """Runs `do(work)`; `answered` tells what it gave, `failed` in one line why it gave nothing.

    Both are told in the thread of the interface, as is `line`, which `do` may emit. What a widget
    is connected to ends with the widget.
    """

    answered = pyqtSignal(str)
    failed = pyqtSignal(str)
    line = pyqtSignal(str)

    def __init__(self, title, do):
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._do, self._answer, self._fault = do, "", ""

    def run(self):
        try:
            self._answer = self._do(self)
        except Cancelled:
            self._fault = tr("Stopped; nothing was written")
        except ResultsError as error:
            self._fault = str(error)
        except Exception as error:  # noqa: BLE001  a task that raises would end QGIS
            self._fault = repr(error)
        return not self._fault

    def finished(self, result):
        _running.discard(self)
        if result:
            self.answered.emit(self._answer)
        else:
            self.failed.emit(self._fault or tr("Stopped; nothing was written"))


def start(work: Work) -> Work:
    """Let QGIS run it as soon as a thread is free."""
    _running.add(work)
    QgsApplication.taskManager().addTask(work)
    return work
