"""Where the rows of a table lie, and what is wrong with those that lie nowhere.

Coordinates go astray in few ways: swapped, zero, metres said to be degrees or the reverse, past the
poles, text that is no number. Such a row has no place; it is never put right by a guess, but
counted and named. A point beyond the border is a place that its reader must know of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.places.boundaries import oblasts
from kz_spatial.places.unit_index import find_in

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

__all__ = [
    "ELSEWHERE",
    "NOTHING",
    "OUTSIDE",
    "PLACE",
    "Located",
    "crs_name",
    "has_points",
    "locate",
    "moved",
]

_X, _Y = "longitude", "latitude"
# survey coordinates are moved by some kilometres so that no firm is told, and coasts are simplified
_NEAR_BORDER_M: Final = 10_000.0
# nearer than this a point may be a neighbour's, even if with its coordinates swapped it is ours
_FAR_M: Final = 300_000.0
_NOTHING: Final = frozenset({"", ".", "-", "na", "nan", "<na>", "none", "null", "n/a"})
_TEXT: Final = re.compile(r"([NSEW]?)\s*([+-]?\d+(?:[.,]\d+)?)\s*°?\s*([NSEW]?)", re.IGNORECASE)
_AXIS: Final = {"x": "EW", "y": "NS"}
PLACE: Final = "place"
ELSEWHERE: Final = "elsewhere"
NOTHING: Final = "nothing"
OUTSIDE: Final = "outside"  # every unit of a join, whatever the country


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Rows of a table and where they lie.

    Attributes
    ----------
    x, y : (n,) array
        Coordinates in `crs`; NaN where a row has none that can be read.
    east, north : (n,) array
        Metres of the equal-area reference system; NaN where a row has no place.
    kinds : (n,) array of str
        "place"; "elsewhere" for a place outside Kazakhstan; "nothing"; or what is wrong: "half",
        "unreadable", "zero", "swapped", "metres", "degrees", "impossible".
    crs : any
        Of `x` and `y`.
    names : (str, str)
        What `x` and `y` are called.
    source : str
        Where they stand, for messages.
    texts : dict
        Text that was read as a number or could not be, by row.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    east: NDArray[np.float64]
    north: NDArray[np.float64]
    kinds: NDArray[np.str_]
    crs: Any
    names: tuple[str, str]
    source: str
    texts: dict[int, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that were read."""
        return (self.source,) if self.source == "geometry" else self.names


def has_points(table: pd.DataFrame) -> bool:
    """Whether a table has a geometry that holds points, or nothing at all.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> has_points(kz.settlements()), has_points(kz.oblasts())
    (True, False)
    """
    if not _is_layer(table):
        return False
    return bool(table.geometry.dropna().geom_type.eq("Point").all())


def _is_layer(table: pd.DataFrame) -> TypeGuard[gpd.GeoDataFrame]:
    import geopandas as gpd

    return isinstance(table, gpd.GeoDataFrame) and table.active_geometry_name is not None


def _geometry_rules(table: pd.DataFrame, x: str, y: str) -> bool:
    """Whether places come from a geometry: always, unless the caller names columns of their own."""
    named = (x, y) != (_X, _Y) and {x, y} <= set(table.columns)
    return _is_layer(table) and not named


def moved(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: Any, to: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates in another reference system; NaN where it has none.

    Raises
    ------
    CallError
        When there is no such reference system.

    Examples
    --------
    >>> east, north = moved(np.array([67.0]), np.array([48.0]), DATA_CRS, EQUAL_AREA_CRS)
    >>> abs(east.round()).tolist(), abs(north.round()).tolist()
    ([0.0], [0.0])
    """
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    if isinstance(crs, str) and crs == to:
        return x.copy(), y.copy()
    try:
        move = Transformer.from_crs(crs, to, always_xy=True)
    except CRSError as error:
        raise CallError(
            f"crs={crs!r}: expected a coordinate reference system such as {DATA_CRS!r}"
        ) from error
    made = np.asarray(move.transform(x, y), dtype=float).reshape(2, -1)
    made[:, ~np.isfinite(made).all(axis=0)] = np.nan
    return made[0], made[1]


@cache
def _country(margin_m: float) -> shapely.Geometry:
    """Kazakhstan and a margin, in metres."""
    import shapely

    found = shapely.union_all(oblasts(detail="light").to_crs(EQUAL_AREA_CRS).geometry.to_numpy())
    found = found.buffer(margin_m).simplify(margin_m / 10)
    shapely.prepare(found)
    return found


def _inside(
    east: NDArray[np.float64], north: NDArray[np.float64], margin_m: float = _NEAR_BORDER_M
) -> NDArray[np.bool_]:
    return find_in(_country(margin_m), east, north)


def crs_name(crs: Any) -> str:
    """A reference system as a message names it.

    Examples
    --------
    >>> crs_name("EPSG:4326"), crs_name(32642)
    ('EPSG:4326', 'EPSG:32642')
    """
    from pyproj import CRS

    known = CRS.from_user_input(crs)
    return ":".join(known.to_authority() or ()) or str(known.name)


def _geometry(table: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
    shapes = table.geometry
    kinds = shapes.dropna().geom_type
    if not kinds.eq("Point").all():
        raise InputError(
            f"points: found geometries of type {', '.join(kinds.unique())}, expected Point"
        )
    if table.crs is None:
        raise InputError(
            "points: found geometries without a coordinate reference system; "
            "expected one, as set_crs gives"
        )
    return shapes.x.to_numpy(dtype=float), shapes.y.to_numpy(dtype=float), table.crs


@dataclass(slots=True)
class _Axis:
    """One column of coordinates: numbers, and what was no plain number."""

    values: NDArray[np.float64]
    given: NDArray[np.bool_]
    wrong_way: NDArray[np.bool_]
    texts: dict[int, str]


def _axis(column: pd.Series[Any], axis: str) -> _Axis:
    """Read a column: numbers, or text such as "76,9" and "N43.2"."""
    nothing = np.zeros(len(column), dtype=bool)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        values = np.where(np.isfinite(values), values, np.nan)
        return _Axis(values, ~np.isnan(values), nothing, {})
    text = column.astype("string").str.strip()
    given = (text.notna() & ~text.str.casefold().isin(_NOTHING)).to_numpy(dtype=bool)
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    made = _Axis(values, given, nothing, {})
    for row in np.flatnonzero(given & ~np.isfinite(values)):
        if found := _TEXT.fullmatch(str(text.iloc[row])):
            letter = (found[1] or found[3]).upper()
            number = float(found[2].replace(",", "."))
            made.values[row] = -number if letter in ("S", "W") else number
            made.wrong_way[row] = letter not in _AXIS[axis]
        made.texts[int(row)] = str(text.iloc[row])
    return made


def _kinds(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    crs: Any,
    placed: tuple[NDArray[np.float64], NDArray[np.float64]],
    wrong_way: NDArray[np.bool_],
) -> NDArray[np.str_]:
    """What each row with two numbers is."""
    from pyproj import CRS

    kinds = np.full(len(x), PLACE, dtype="<U10")
    rows = np.flatnonzero(~_inside(*placed))  # few of many, as a rule
    kinds[rows] = ELSEWHERE
    kinds[rows[~np.isfinite(placed[0][rows])]] = "impossible"
    if CRS.from_user_input(crs).is_geographic:
        beyond = (np.abs(x) > 180) | (np.abs(y) > 90)
        if beyond.any():
            kinds[beyond] = "impossible"
            kinds[beyond & (np.abs(x) >= 1000) & (np.abs(y) >= 1000)] = "metres"
    elif len(rows):
        small = rows[(np.abs(x[rows]) <= 180) & (np.abs(y[rows]) <= 90)]
        kinds[small[_inside(*moved(x[small], y[small], DATA_CRS, EQUAL_AREA_CRS))]] = "degrees"
    far = rows[~_inside(placed[0][rows], placed[1][rows], _FAR_M)]
    if len(far):
        kinds[far[_inside(*moved(y[far], x[far], crs, EQUAL_AREA_CRS))]] = "swapped"
    kinds[wrong_way] = "swapped"
    kinds[rows[(x[rows] == 0) & (y[rows] == 0)]] = "zero"
    return kinds


def locate(
    table: pd.DataFrame, *, x: str = _X, y: str = _Y, crs: Any = DATA_CRS, what: str = "points"
) -> Located:
    """Find where the rows of a table lie.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        With a geometry of points, which counts whatever columns the table has, or with columns
        `x` and `y` of numbers or text. Columns that are named otherwise than longitude and
        latitude are the caller's choice and come before a geometry.
    x, y, crs
        Columns and what they are in.
    what : str
        What the table is, for messages.

    Returns
    -------
    Located

    Raises
    ------
    InputError
        When columns are missing, or geometries are no points or lack a reference system.
    CallError
        When there is no such reference system.

    Examples
    --------
    >>> table = pd.DataFrame({"longitude": ["76,9", "43.2"], "latitude": ["N43.2", "76.9"]})
    >>> locate(table).kinds.tolist()
    ['place', 'swapped']
    """
    if _geometry_rules(table, x, y):
        across, along, crs = _geometry(table)
        names, source, texts = (_X, _Y), "geometry", dict[int, str]()
        given = np.isfinite(across) & np.isfinite(along)
        wrong_way, half = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
        unreadable = half
    else:
        check_columns(table.columns, [x, y], what=what)
        first, second = _axis(table[x], "x"), _axis(table[y], "y")
        across, along = first.values, second.values
        names, source = (x, y), f"columns {x}, {y}"
        texts = {**second.texts, **first.texts}
        half = first.given ^ second.given
        given, wrong_way = first.given & second.given, first.wrong_way | second.wrong_way
        unreadable = given & ~(np.isfinite(across) & np.isfinite(along))
        given = given & ~unreadable
    placed = moved(across, along, crs, EQUAL_AREA_CRS)
    if given.all():
        kinds = _kinds(across, along, crs, placed, wrong_way)
    else:
        kinds = np.full(len(table), NOTHING, dtype="<U10")
        kinds[half] = "half"
        kinds[unreadable] = "unreadable"
        here = placed[0][given], placed[1][given]
        kinds[given] = _kinds(across[given], along[given], crs, here, wrong_way[given])
    other = np.flatnonzero(kinds != PLACE)
    lost = other[kinds[other] != ELSEWHERE]
    placed[0][lost] = placed[1][lost] = np.nan
    return Located(across, along, *placed, kinds, crs, names, source, texts)
