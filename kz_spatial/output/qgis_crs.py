"""Reference systems as a QGIS project writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.output.xml_text import element, leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROJECT_CRS", "data_crs", "project_crs"]

_DEGREE: Final = 'ANGLEUNIT["degree",0.0174532925199433]'
_METRE: Final = 'LENGTHUNIT["metre",1]'
# `EQUAL_AREA_CRS` under a name. Text of this form alone gives QGIS a projection with a name that
# needs no entry in the reader's own list; an ID of its own would make QGIS refuse it.
PROJECT_CRS: Final = (
    'PROJCRS["Kazakhstan Albers Equal Area",'
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


def _reference_system(told: Mapping[str, str]) -> str:
    body = "".join(leaf(name, text) for name, text in told.items())
    return element("spatialrefsys", {"nativeFormat": "Wkt"}, body)


def project_crs() -> str:
    """The equal-area projection of the whole project."""
    return _reference_system(
        {
            "wkt": PROJECT_CRS,
            "proj4": f"{EQUAL_AREA_CRS} +type=crs",
            "srsid": "0",
            "srid": "0",
            "authid": "",
            "description": PROJECT_CRS.split('"')[1],
            "projectionacronym": "",
            "ellipsoidacronym": "EPSG:7030",
            "geographicflag": "false",
        }
    )


def data_crs() -> str:
    """The layers' reference system; by its code alone QGIS leaves it invalid."""
    from pyproj import CRS

    return _reference_system(
        {
            "wkt": CRS(DATA_CRS).to_wkt(),
            "proj4": "+proj=longlat +datum=WGS84 +no_defs",
            "srsid": "3452",
            "srid": "4326",
            "authid": DATA_CRS,
            "description": "WGS 84",
            "projectionacronym": "longlat",
            "ellipsoidacronym": "EPSG:7030",
            "geographicflag": "true",
        }
    )
