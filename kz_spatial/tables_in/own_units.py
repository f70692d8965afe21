"""Polygons of one's own in the place of the oblasts: districts, city quarters, cells of a grid."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial._validate import describe_rows
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.tables_in.naming import Namer, own_namer

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["read_own_units", "units_namer"]

_NAMES: Final = ("name_en", "name_ru", "name_kk", "name", "title", "label")
# names in a language, as "name_ru" or "ADM2_RU"
_OF_NAMES: Final = r"(?:name|title|adm\d+)[_-]?{}\Z"
_AREAS: Final = ("Polygon", "MultiPolygon")


def _opened(source: str | os.PathLike[str] | gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, str]:
    import geopandas as gpd

    if isinstance(source, gpd.GeoDataFrame):
        return source, "boundaries"
    path = Path(source)
    if not path.exists():
        raise CallError(f"{path}: no such file; expected polygons with a code for each")
    try:
        found = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: cannot be read as polygons ({reason})") from error
    return found, str(path)


def _check_codes(frame: gpd.GeoDataFrame, column: str, what: str) -> pd.Series[Any]:
    if column not in frame:
        columns = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name)
        raise CallError(f"{what}: found no column {column!r}; its columns are {columns}")
    codes = frame[column]
    empty = [i for i, each in enumerate(codes) if pd.isna(each) or not str(each).strip()]
    if empty:
        raise InputError(
            f"{what}: {describe_rows(empty, lambda i: str(i + 1))}, column {column}: found "
            "nothing, expected a code"
        )
    as_text = codes.map(lambda v: str(int(v)) if isinstance(v, float) else str(v).strip())
    if as_text.duplicated().any():
        twice = as_text[as_text.duplicated()].iloc[0]
        raise InputError(f"{what}: column {column}: found {twice!r} twice, expected it once")
    return as_text


def read_own_units(
    source: str | os.PathLike[str] | gpd.GeoDataFrame, code: str, *, name: str | None = None
) -> gpd.GeoDataFrame:
    """Read polygons that take the place of the oblasts.

    Parameters
    ----------
    source : path or GeoDataFrame
        Anything geopandas reads.
    code : str
        Column that names each polygon once.
    name : str, optional
        Column of names; without it one called name_en, name or the like, else the code.

    Returns
    -------
    GeoDataFrame
        Indexed by code, in EPSG:4326, with `name_en`, `name_ru`, `name_kk`, `area_km2` and
        `geometry`; every column of text is kept, so that tables may name units by it.

    Raises
    ------
    InputError, CallError
        When the file lacks the column, a code occurs twice, a geometry is no area, or the
        reference system is not known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> squares = gpd.GeoDataFrame({"id": [1, 2]}, geometry=[box(70, 50, 71, 51),
    ...     box(71, 50, 72, 51)], crs=4326)
    >>> read_own_units(squares, "id").index.tolist()
    ['1', '2']
    """
    frame, what = _opened(source)
    codes = _check_codes(frame, code, what)
    if frame.crs is None:
        raise InputError(f"{what}: names no reference system, expected one")
    bad = [i for i, kind in enumerate(frame.geom_type) if kind not in _AREAS]
    if bad:
        kind = frame.geom_type.iloc[bad[0]]
        raise InputError(
            f"{what}: {describe_rows(bad, lambda i: str(i + 1))}: found {kind or 'no geometry'}, "
            "expected an area"
        )
    out = frame.set_axis(pd.Index(codes, name="unit_code"), axis=0).to_crs(DATA_CRS)
    out = out.rename_geometry("geometry") if out.geometry.name != "geometry" else out
    if not out.geometry.is_valid.all():
        out["geometry"] = out.geometry.make_valid()
    if name is not None and name not in out:
        raise CallError(f"{what}: found no column {name!r} of names")
    lower = {str(c).casefold(): c for c in out.columns}
    told = {
        language: next(
            (c for k, c in lower.items() if re.match(_OF_NAMES.format(language), k)), None
        )
        for language in ("en", "ru", "kk")
    }
    column = name or next((lower[each] for each in _NAMES if each in lower), told["en"])
    names = pd.Series(out.index, out.index) if column is None else out[column].astype(str)
    for language, own in told.items():
        found = names if own is None or name is not None else out[own].fillna(names).astype(str)
        out[f"name_{language}"] = found
    out["area_km2"] = (out.geometry.to_crs(EQUAL_AREA_CRS).area / 1e6).round(1)
    return out


def units_namer(areas: gpd.GeoDataFrame) -> Namer:
    """Namer of units by their code or any column of text that tells them apart."""
    told = [c for c in areas if c != "geometry" and not pd.api.types.is_float_dtype(areas[c])]
    return own_namer({str(code): [code, *row] for code, *row in areas[told].itertuples()})
