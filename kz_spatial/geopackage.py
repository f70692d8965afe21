"""Write layers to a GeoPackage that styles itself in QGIS, and surfaces to styled GeoTIFFs.

QGIS reads a `layer_styles` table when it opens a layer; catalog and schema must be empty text, and
the geometry column must match. A GeoTIFF takes the style of a `.qml` of the same name beside it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial import qml
from kz_spatial.options import DATA_CRS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kz_spatial.density import DensitySurface
    from kz_spatial.layers import Layer
    from kz_spatial.options import Language

__all__ = ["write_geopackage", "write_surface"]

_GEOMETRY: Final = "geom"
_STYLE_TABLE: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_STYLE_ROW: Final = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
  styleName, styleQML, styleSLD, useAsDefault, description, owner, ui)
VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', '')
"""


def _write_layer(layer: Layer, path: Path, *, description: str) -> None:
    import pyogrio

    frame = layer.frame.to_crs(DATA_CRS)
    for column in (c for c in frame.columns if c != "geometry"):
        if frame[column].dtype == object:
            frame[column] = frame[column].where(frame[column].notna(), None)
    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer.name,
        driver="GPKG",
        append=path.exists(),
        promote_to_multi=layer.geometry == "polygon",
        layer_options={
            "GEOMETRY_NAME": _GEOMETRY, "IDENTIFIER": layer.title, "DESCRIPTION": description,
        },
    )  # fmt: skip


def write_geopackage(layers: Sequence[Layer], path: Path, *, description: str = "") -> None:
    """Write layers and their styles to one GeoPackage.

    Parameters
    ----------
    layers : sequence of Layer
    path : Path
        A file that does not exist yet.
    description : str
        Source line kept with every layer.
    """
    for layer in layers:
        _write_layer(layer, path, description=" ".join(filter(None, (layer.notice, description))))
    with sqlite3.connect(path) as base:
        base.execute(_STYLE_TABLE)
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS styles of the layers')"
        )
        for layer in layers:
            for i, style in enumerate(layer.styles):
                text = qml.vector_style(layer, style)
                base.execute(
                    _STYLE_ROW, (layer.name, _GEOMETRY, style.title[:30] if i else "default",
                                 text, i == 0, style.title)
                )  # fmt: skip
    base.close()


def write_surface(
    surface: DensitySurface, path: Path, *, title: str, language: Language, notice: str = ""
) -> None:
    """Write a surface as a Cloud-Optimised GeoTIFF with a `.qml` beside it.

    Parameters
    ----------
    surface : DensitySurface
    path : Path
        Ends in .tif.
    title : str
        Legend heading.
    language : {"en", "ru", "kk"}
    notice : str
        Kept in the file's tags.
    """
    import rasterio

    rows, columns = surface.values.shape
    profile: dict[str, Any] = {
        "driver": "COG", "height": rows, "width": columns, "count": 1, "dtype": "float32",
        "crs": surface.crs, "transform": surface.transform, "nodata": np.nan,
        "compress": "DEFLATE", "predictor": "FLOATING_POINT",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(surface.values, 1)
        target.set_band_description(1, title)
        target.update_tags(
            unit=surface.unit, bandwidth_m=f"{surface.bandwidth_m:g}", notice=notice,
            n_points=str(surface.n_points), language=language,
        )  # fmt: skip
    path.with_suffix(".qml").write_text(qml.raster_style(surface), encoding="utf-8")
