"""Points in columns of a Parquet file, as GeoParquet has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.errors import InputError
from kz_spatial.options import DATA_CRS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["geometry_of", "points_of"]

_POINT_BYTES: Final = 21


def geometry_of(schema: pa.Schema) -> dict[str, Any]:
    """Column of points and its reference system, where a file says so."""
    told = (schema.metadata or {}).get(b"geo")
    if told is None:
        return {}
    record = json.loads(told)
    name = record["primary_column"]
    own = record["columns"][name]
    # none at all means longitude and latitude, null that nobody knows
    return {"geometry": name, "crs": own.get("crs", DATA_CRS)}


def points_of(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of points in WKB; NaN where there is none.

    Raises
    ------
    InputError
        When they are no points.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import shapely

    whole = column.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    sizes = pc.min_max(pc.binary_length(whole)).as_py()
    if not whole.null_count and sizes == {"min": _POINT_BYTES, "max": _POINT_BYTES}:
        raw = np.frombuffer(whole.buffers()[2], dtype=np.uint8)
        wide = 8 if pa.types.is_large_binary(whole.type) else 4
        starts = np.frombuffer(whole.buffers()[1], dtype=f"i{wide}")
        begin = int(starts[whole.offset])
        rows = raw[begin : begin + _POINT_BYTES * len(whole)].reshape(-1, _POINT_BYTES)
        if (rows[:, 0] == 1).all() and (rows[:, 1] == 1).all() and not rows[:, 2:5].any():
            both = np.ascontiguousarray(rows[:, 5:]).view("<f8")
            return both[:, 0].copy(), both[:, 1].copy()
    shapes = shapely.from_wkb(whole.to_numpy(zero_copy_only=False))
    kinds = {shapely.get_type_id(each) for each in shapes if each is not None}
    if kinds - {0}:
        raise InputError("found geometries that are no points, expected points")
    return shapely.get_x(shapes), shapely.get_y(shapes)
