"""What a reader sees, in the language of QGIS, and numbers that the modules share."""

from __future__ import annotations

import functools
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

CONTEXT = "KzSpatialResults"
FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ru", "kk")
CRS_NAME = "Kazakhstan Albers Equal Area"
_DEGREE = 'ANGLEUNIT["degree",0.0174532925199433]'
_METRE = 'LENGTHUNIT["metre",1]'
# Albers with standard parallels a sixth inside Kazakhstan's north and south ends. Text of this
# form alone gives a projection a name without an entry in the reader's own list; an ID of its own
# would make QGIS refuse it, and that of the ellipsoid is what measuring goes by.
PROJECT_CRS = (
    f'PROJCRS["{CRS_NAME}",'
    'BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",'
    f'ELLIPSOID["WGS 84",6378137,298.257223563,{_METRE},ID["EPSG",7030]]],'
    f'PRIMEM["Greenwich",0,{_DEGREE}]],'
    'CONVERSION["Albers Equal Area",METHOD["Albers Equal Area",ID["EPSG",9822]],'
    f'PARAMETER["Latitude of false origin",48,{_DEGREE},ID["EPSG",8821]],'
    f'PARAMETER["Longitude of false origin",67,{_DEGREE},ID["EPSG",8822]],'
    f'PARAMETER["Latitude of 1st standard parallel",43,{_DEGREE},ID["EPSG",8823]],'
    f'PARAMETER["Latitude of 2nd standard parallel",53,{_DEGREE},ID["EPSG",8824]],'
    f'PARAMETER["Easting at false origin",0,{_METRE},ID["EPSG",8826]],'
    f'PARAMETER["Northing at false origin",0,{_METRE},ID["EPSG",8827]]],'
    f'CS[Cartesian,2],AXIS["(E)",east,ORDER[1],{_METRE}],AXIS["(N)",north,ORDER[2],{_METRE}]]'
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
