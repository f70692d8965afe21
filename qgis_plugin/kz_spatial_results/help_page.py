"""Where the help is: a page in the reader's language that the plugin carries."""

from __future__ import annotations

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from .words import FOLDER, language


def page_url() -> str:
    """Address of the help page on this machine."""
    return QUrl.fromLocalFile(str(FOLDER / "help" / f"help_{language()}.html")).toString()


def show() -> None:
    """Open the help page in the browser."""
    QDesktopServices.openUrl(QUrl(page_url()))
