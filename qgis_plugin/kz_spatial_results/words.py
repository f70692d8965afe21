"""What a reader sees, in the language of QGIS, and numbers that the modules share."""

from __future__ import annotations

import functools
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

CONTEXT = "KzSpatialResults"
FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ru", "kk")
# Albers with standard parallels a sixth inside Kazakhstan's north and south ends
PROJECT_CRS = (
    "+proj=aea +lat_0=48 +lon_0=67 +lat_1=43 +lat_2=53 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
)


class ResultsError(Exception):
    """A fault that the reader can mend; its text is one line for the message bar."""


def tr(text: str) -> str:
    """Translate a text of this plugin."""
    return QCoreApplication.translate(CONTEXT, text)


@functools.cache
def _translator(code: str):
    found = QTranslator()
    return found if found.load(str(translation_file(code))) else None


def translation_file(code: str) -> Path:
    """Compiled translation into a language; there is none for English."""
    return FOLDER / "i18n" / f"kz_spatial_results_{code}.qm"


def tr_in(code: str, text: str) -> str:
    """Translate a text of this plugin into a given language, whatever that of QGIS is."""
    translator = _translator(code)
    return (translator.translate(CONTEXT, text) if translator else "") or text


def language() -> str:
    """Language of QGIS where boundaries and words exist in it, else English."""
    # what the desktop was translated to, by its settings or by --lang; empty without a desktop
    name = QgsApplication.instance().translation() if QgsApplication.instance() else ""
    if not name and QgsSettings().value("locale/overrideFlag", defaultValue=False, type=bool):
        name = str(QgsSettings().value("locale/userLocale", "") or "")
    found = (name or QLocale().name())[:2].lower()
    return found if found in LANGUAGES else "en"
