"""Write surfaces as GeoTIFFs that style themselves in QGIS, by a `.qml` of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kz_spatial.output import qml
from kz_spatial.output.surface_styles import describe_surface
from kz_spatial.output.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from kz_spatial.surfaces import DensitySurface

__all__ = ["write_surface"]


def _named(crs: str) -> str:
    """Reference system of surfaces under a name that a reader of the file can look up."""
    from pyproj import CRS

    told = CRS.from_user_input(crs).to_json_dict()
    if told["name"] == "unknown":
        told["name"] = "WGS 84 / Kazakhstan Albers equal area"
        told["base_crs"]["name"] = "WGS 84"
    return CRS.from_json_dict(told).to_wkt()


def _statistics(values: NDArray[np.float32]) -> dict[str, str]:
    """What GDAL would find by reading the whole band, under its own names."""
    known = values[np.isfinite(values)].astype(float)
    told = {"STATISTICS_VALID_PERCENT": f"{100 * known.size / values.size:.4g}"}
    if known.size:
        for name, figure in (
            ("MINIMUM", known.min()),
            ("MAXIMUM", known.max()),
            ("MEAN", known.mean()),
            ("STDDEV", known.std()),
        ):
            told[f"STATISTICS_{name}"] = f"{figure:.10g}"
    return told


def write_surface(
    surface: DensitySurface,
    path: Path,
    *,
    terms: Terms | None = None,
    notice: str = "",
    name: str = "",
) -> str:
    """Write a surface as a Cloud-Optimised GeoTIFF with a `.qml` beside it.

    Parameters
    ----------
    surface : DensitySurface
    path : Path
        Ends in .tif.
    terms : Terms, optional
        Words of the legend; those of the published study in English by default.
    notice : str
        Kept in the file's tags.
    name : str
        What the points are called; firms where empty.

    Returns
    -------
    str
        Title of its legend.
    """
    import rasterio

    terms = terms or Terms.of_paper()
    style = describe_surface(surface, terms=terms, name=name)
    rows, columns = surface.values.shape
    profile: dict[str, Any] = {
        "driver": "COG",
        "height": rows,
        "width": columns,
        "count": 1,
        "dtype": "float32",
        "crs": _named(surface.crs),
        "transform": surface.transform,
        "nodata": np.nan,
        "compress": "DEFLATE",
        "predictor": "FLOATING_POINT",
    }
    # made in memory: GDAL prints, and may pass over, what a full disk answers
    with rasterio.MemoryFile() as made:
        with made.open(**profile) as target:
            target.write(surface.values, 1)
            target.set_band_description(1, style.title)
            target.units = (surface.unit,)
            target.update_tags(1, **_statistics(surface.values))
            target.update_tags(
                unit=surface.unit,
                bandwidth_m=f"{surface.bandwidth_m:g}",
                bandwidth_rule=surface.rule,
                kernel=surface.kernel,
                edge="corrected" if surface.edge_corrected else "not corrected",
                notice=notice,
                n_points=str(surface.n_points),
                language=terms.language,
            )
        path.write_bytes(made.read())
    text = qml.raster_style(style, language=terms.language)
    path.with_suffix(".qml").write_text(text, encoding="utf-8")
    return style.title
