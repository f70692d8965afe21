"""In which of some fixed areas points lie, fast for many: a raster inside, exact tests at borders.

A raster over the areas knows of every cell whether a border passes through it. Where none does,
the whole cell lies in one area or in none, and a point there is looked up. Where one does, a point
is tested against the areas whose border it is, by the same predicates that an overlay uses, so the
answer is that of `geopandas.sjoin(predicate="within")` for every point. A point on a border, which
lies within nothing, goes to the first of the areas that it touches, in their order.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

__all__ = ["Lookup", "UnitIndex", "find_units"]

_OUTSIDE: Final = -1
_MIXED: Final = -2
# cells that a border comes this near to, in cells, count as crossed: rounding is far below
_NEAR: Final = 1e-6
# points that a thread takes at once: what it works on stays in the processor's own memory
_AT_ONCE: Final = 1 << 17
_FEW_CELLS: Final = 1 << 20
_MANY_CELLS: Final = 1 << 22
_MANY_POINTS: Final = 1_000_000
# below this many points a tree of the areas is as fast, and nothing need be made ready
_FEW_POINTS: Final = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """In which area each point lies.

    Attributes
    ----------
    unit : (n,) array of int
        Position of the area; -1 where there is none.
    on_border : (k,) array of int
        Positions of points on a border.
    """

    unit: NDArray[np.int32]
    on_border: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class _Raster:
    """Cells of equal size over the areas, one more on every side."""

    west: float
    south: float
    per_x: float
    per_y: float
    rows: int
    columns: int

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.intp]:
        """Cell of each point; -1 outside."""
        across, along = (x - self.west) * self.per_x, (y - self.south) * self.per_y
        with np.errstate(invalid="ignore"):  # what is no number fails every comparison
            inside = (across >= 0) & (across < self.columns) & (along >= 0) & (along < self.rows)
        if not inside.all():
            across, along = np.where(inside, across, 0), np.where(inside, along, 0)
        cell = along.astype(np.intp) * self.columns + across.astype(np.intp)
        cell[~inside] = -1
        return cell


def _raster(bounds: NDArray[np.float64], n_cells: int) -> _Raster:
    west, south, east, north = bounds
    wide, high = max(east - west, 1e-9), max(north - south, 1e-9)
    columns = max(4, round(np.sqrt(n_cells * wide / high)))
    rows = max(4, n_cells // columns)
    step_x, step_y = wide / (columns - 2), high / (rows - 2)
    return _Raster(west - step_x, south - step_y, 1 / step_x, 1 / step_y, rows, columns)


def _crossed(
    raster: _Raster, line: NDArray[np.float64], part: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Cells that a border comes near, each once: corners of boxes round pieces of half a cell."""
    at = (line - [raster.west, raster.south]) * [raster.per_x, raster.per_y]
    same = part[1:] == part[:-1]
    begin, end = at[:-1][same], at[1:][same]
    pieces = np.ceil(2 * np.abs(end - begin).max(axis=1)).astype(int).clip(1)
    owner = np.repeat(np.arange(len(pieces)), pieces)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    first, span = begin[owner], (end - begin)[owner] / pieces[owner, None]
    a, b = first + span * step[:, None], first + span * (step + 1)[:, None]
    low = np.floor(np.minimum(a, b) - _NEAR).astype(np.intp)
    high = np.floor(np.maximum(a, b) + _NEAR).astype(np.intp)
    corners = [
        row[:, 1] * raster.columns + column[:, 0] for row in (low, high) for column in (low, high)
    ]
    return np.unique(np.concatenate(corners))


class UnitIndex:
    """Areas made ready for the question in which of them points lie.

    Parameters
    ----------
    shapes : (k,) array of Polygon or MultiPolygon
        Areas that do not overlap.
    n_cells : int
        Cells of the raster, about.

    Examples
    --------
    >>> import shapely
    >>> index = UnitIndex(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> found = index.find(np.array([0.5, 1.5, 1.0, 3.0]), np.array([0.5, 0.5, 0.5, 0.5]))
    >>> found.unit.tolist(), found.on_border.tolist()
    ([0, 1, 0, -1], [2])
    """

    def __init__(self, shapes: NDArray[np.object_], *, n_cells: int = _FEW_CELLS) -> None:
        import shapely
        from scipy import ndimage

        self._shapes = shapely.from_wkb(shapely.to_wkb(shapes))  # own copies: they are prepared
        shapely.prepare(self._shapes)
        self._raster = _raster(shapely.total_bounds(self._shapes), n_cells)
        crossed = []
        for number, shape in enumerate(self._shapes):
            rings = shapely.get_rings(shapely.get_parts(shape))
            line, part = shapely.get_coordinates(rings, return_index=True)
            cells = _crossed(self._raster, line, part)
            crossed.append(np.column_stack([cells, np.full(len(cells), number)]))
        pairs = np.concatenate(crossed)
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        self._cells, self._starts = np.unique(pairs[:, 0], return_index=True)
        self._starts = np.append(self._starts, len(pairs))
        self._units = pairs[:, 1]
        shape_of = self._raster.rows, self._raster.columns
        free = np.ones(shape_of, dtype=bool)
        free.ravel()[self._cells] = False
        # no border between two cells that join: what holds at one of them holds in all
        patch, n_patches = ndimage.label(free)
        some_cell = np.zeros(n_patches + 1, dtype=np.intp)
        some_cell[patch.ravel()] = np.arange(patch.size)
        of_patch = np.full(n_patches + 1, _MIXED, dtype=np.int16)
        row, column = np.unravel_index(some_cell[1:], shape_of)
        x = self._raster.west + (column + 0.5) / self._raster.per_x
        y = self._raster.south + (row + 0.5) / self._raster.per_y
        of_patch[1:] = self._by_tests(np.asarray(x, float), np.asarray(y, float))
        self._labels = of_patch[patch.ravel()]
        # the first question to a shape makes it ready, which no two threads may do at once
        for shape in self._shapes:
            shapely.intersects_xy(shape, *shapely.get_coordinates(shape)[0])

    def _by_tests(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int16]:
        """Area of each point by asking all; -1 outside."""
        import shapely

        found = np.full(len(x), _OUTSIDE, dtype=np.int16)
        for number in range(len(self._shapes) - 1, -1, -1):
            found[shapely.contains_xy(self._shapes[number], x, y)] = number
        return found

    def _at_borders(
        self, x: NDArray[np.float64], y: NDArray[np.float64], cell: NDArray[np.intp]
    ) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Area of points in cells that a border crosses, and whether they lie on one."""
        import shapely

        place = np.searchsorted(self._cells, cell)
        many = self._starts[place + 1] - self._starts[place]
        point = np.repeat(np.arange(len(x)), many)
        step = np.arange(len(point)) - np.repeat(np.cumsum(many) - many, many)
        unit = self._units[np.repeat(self._starts[place], many) + step]
        found = np.full(len(x), _OUTSIDE, dtype=np.int16)
        touched = np.full(len(x), _OUTSIDE, dtype=np.int16)
        for number in np.unique(unit)[::-1]:  # the first unit comes last and stays
            own = point[unit == number]
            own = own[found[own] == _OUTSIDE]  # areas do not overlap
            inside = shapely.contains_xy(self._shapes[number], x[own], y[own])
            found[own[inside]] = number
            rest = own[~inside]
            touched[rest[shapely.intersects_xy(self._shapes[number], x[rest], y[rest])]] = number
        border = (found == _OUTSIDE) & (touched != _OUTSIDE)
        return np.where(border, touched, found), border

    def find(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Lookup:
        """Find the area of each point; coordinates that are no numbers lie in none.

        Parameters
        ----------
        x, y : (n,) array
            In the areas' own reference system.

        Returns
        -------
        Lookup
        """
        found = np.empty(len(x), dtype=np.int32)

        def part(start: int) -> NDArray[np.intp]:
            here = slice(start, start + _AT_ONCE)
            own_x, own_y = x[here], y[here]
            cell = self._raster.at(own_x, own_y)
            unit = self._labels.take(cell, mode="clip")
            unit[cell < 0] = _OUTSIDE
            mixed = np.flatnonzero(unit == _MIXED)
            on_border = np.empty(0, dtype=np.intp)
            if len(mixed):
                unit[mixed], border = self._at_borders(own_x[mixed], own_y[mixed], cell[mixed])
                on_border = mixed[border] + start
            found[here] = unit
            return on_border

        starts = range(0, len(x), _AT_ONCE)
        if len(starts) < 2:
            borders = [part(start) for start in starts]
        else:
            with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
                borders = list(threads.map(part, starts))
        return Lookup(found, np.concatenate(borders) if borders else np.empty(0, dtype=np.intp))


@lru_cache(maxsize=8)
def _index_of(outlines: tuple[bytes, ...], n_cells: int) -> UnitIndex | None:
    """Index of areas; None where they overlap, so that more than one may hold a point."""
    import shapely

    shapes = np.asarray(shapely.from_wkb(list(outlines)), dtype=object)
    return UnitIndex(shapes, n_cells=n_cells) if shapely.coverage_is_valid(shapes) else None


def find_units(areas: gpd.GeoDataFrame, x: NDArray[np.float64], y: NDArray[np.float64]) -> Lookup:
    """Find the area of each point; of areas that overlap, any that holds it.

    Parameters
    ----------
    areas : GeoDataFrame
    x, y : (n,) array
        In the areas' own reference system.

    Returns
    -------
    Lookup

    Examples
    --------
    >>> import kz_spatial as kz
    >>> areas = kz.oblasts()
    >>> found = find_units(areas, np.array([76.9, 10.0]), np.array([43.2, 50.0]))
    >>> areas.index[found.unit[0]], found.unit[1]
    ('KZ-75', np.int32(-1))
    """
    import shapely

    shapes = np.asarray(areas.geometry.array, dtype=object)
    if len(x) >= _FEW_POINTS and shapely.get_num_coordinates(shapes).all():
        size = _MANY_CELLS if len(x) >= _MANY_POINTS else _FEW_CELLS
        index = _index_of(tuple(shapely.to_wkb(shapes).tolist()), size)
        if index is not None:
            return index.find(x, y)
    return _by_tree(areas, x, y)


def _by_tree(areas: gpd.GeoDataFrame, x: NDArray[np.float64], y: NDArray[np.float64]) -> Lookup:
    import shapely

    points = shapely.points(x, y)
    found = np.full(len(x), _OUTSIDE, dtype=np.int32)
    inside, unit = areas.sindex.query(points, predicate="within")
    found[inside] = unit
    left = np.flatnonzero(found == _OUTSIDE)
    touching, unit = areas.sindex.query(points[left], predicate="intersects")
    order = np.lexsort([unit, touching])[::-1]  # the lowest area comes last and stays
    found[left[touching[order]]] = unit[order]
    return Lookup(found, left[np.unique(touching)])


def find_in(
    shape: shapely.Geometry, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which points lie within one shape, its border left out.

    Examples
    --------
    >>> import shapely
    >>> find_in(shapely.box(0, 0, 1, 1), np.array([0.5, 1.0, np.nan]), np.array([0.5, 0.5, 0.5]))
    array([ True, False, False])
    """
    import shapely

    if len(x) >= _FEW_POINTS:
        index = _index_of((shapely.to_wkb(shape),), _FEW_CELLS)
        if index is not None:
            found = index.find(x, y)
            inside: NDArray[np.bool_] = np.asarray(found.unit == 0)
            inside[found.on_border] = False
            return inside
    given = np.isfinite(x) & np.isfinite(y)
    inside = np.zeros(len(x), dtype=bool)
    inside[given] = shapely.contains_xy(shape, x[given], y[given])
    return inside
