"""Repair, simplify and measure the polygons of a coverage; longitude and latitude in degrees."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

Polygons = npt.NDArray[np.object_]

# The source's slivers are centimetres wide; any gap width from 1e-6 to 1e-3 closes the same ones.
SNAPPING_DEGREES = 1e-5
GAP_DEGREES = 1e-3
FULL_DECIMALS = 6
LIGHT_DECIMALS = 3
LIGHT_TOLERANCE_DEGREES = 0.01
# A grid of 0.001 degree cannot draw smaller islands; the smallest city exclave has 4.8 km².
LIGHT_ISLAND_KM2 = 2.0


def _multipolygons(groups: list[Polygons]) -> Polygons:
    """Return one MultiPolygon per group of polygons: one type for a whole layer."""
    return np.array([shapely.multipolygons(parts) for parts in groups], dtype=object)


def _tidy(polygons: Polygons, decimals: int) -> Polygons:
    """Return MultiPolygons on a decimal grid, their rings and parts in one definite order."""
    rounded = shapely.transform(polygons, lambda xy: np.round(xy, decimals))
    without_repeats = shapely.remove_repeated_points(rounded)
    tidy = shapely.orient_polygons(shapely.normalize(without_repeats))
    return _multipolygons([shapely.get_parts(polygon) for polygon in tidy])


def repair(source: Polygons, *, cities: npt.NDArray[np.bool_]) -> Polygons:
    """Return a valid coverage: cities cut out of the units around them, edges matched."""
    polygons = shapely.make_valid(shapely.force_2d(source))
    city_area = shapely.union_all(polygons[cities])
    polygons[~cities] = shapely.difference(polygons[~cities], city_area)
    matched = shapely.coverage_clean(
        polygons, snapping_distance=SNAPPING_DEGREES, gap_width=GAP_DEGREES
    )
    return _tidy(matched, FULL_DECIMALS)


def lighten(polygons: Polygons) -> Polygons:
    """Return a simplified coverage without the smallest islands."""
    parts = [shapely.get_parts(polygon) for polygon in polygons]
    large = _multipolygons([p[areas_km2(p) >= LIGHT_ISLAND_KM2] for p in parts])
    return _tidy(shapely.coverage_simplify(large, LIGHT_TOLERANCE_DEGREES), LIGHT_DECIMALS)


def areas_km2(polygons: Polygons) -> npt.NDArray[np.float64]:
    """Return geodesic areas on WGS 84 in km²."""
    geod = Geod(ellps="WGS84")
    # An interior ring is subtracted only if it runs against the exterior.
    oriented = shapely.orient_polygons(polygons)
    return np.array([abs(geod.geometry_area_perimeter(p)[0]) / 1e6 for p in oriented])


def queen_pairs(polygons: Polygons) -> frozenset[tuple[int, int]]:
    """Return the pairs of positions whose polygons share at least one point."""
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    return frozenset((int(i), int(j)) for i, j in zip(left, right, strict=True) if i < j)


def _overlaps_km2(polygons: Polygons) -> npt.NDArray[np.float64]:
    """Return the area that each pair of polygons has in common, where it has any."""
    pairs = sorted(queen_pairs(polygons))
    common = [shapely.intersection(polygons[i], polygons[j]) for i, j in pairs]
    areas = areas_km2(np.array(common, dtype=object))
    return areas[areas > 0]


def _holes(polygon: shapely.Geometry) -> Polygons:
    """Return a polygon's interior rings, as polygons."""
    parts = shapely.get_parts(polygon)
    rings = [ring for part in parts for ring in shapely.get_rings(part)[1:]]
    return np.array([shapely.Polygon(ring) for ring in rings], dtype=object)


@dataclass(frozen=True, slots=True)
class Measures:
    """What can be wrong with a coverage, measured.

    Attributes
    ----------
    n_invalid : int
        Polygons that are not valid.
    is_coverage : bool
        Whether neighbours' edges match exactly and no gap is narrower than `GAP_DEGREES`.
    n_overlaps, overlap_km2 : int, float
        Pairs of polygons with a common area, and the sum of these areas.
    n_gaps, gap_km2 : int, float
        Interior holes of the union of all polygons, and their area. Kazakhstan surrounds no
        foreign territory, the coverage contains its lakes, and the Caspian Sea lies at its edge,
        so every such hole is a fault. (A city fills the hole that it leaves in its oblast.)
    n_city_holes : int
        Interior holes of single polygons.
    pairs : frozenset of (int, int)
        Queen neighbours, by position.
    areas_km2 : (n,) array
    """

    n_invalid: int
    is_coverage: bool
    n_overlaps: int
    overlap_km2: float
    n_gaps: int
    gap_km2: float
    n_city_holes: int
    pairs: frozenset[tuple[int, int]]
    areas_km2: npt.NDArray[np.float64]

    @property
    def with_one_neighbour(self) -> list[int]:
        """Positions of the polygons with exactly one neighbour."""
        counts = Counter(i for pair in self.pairs for i in pair)
        return sorted(i for i, count in counts.items() if count == 1)


def measure(polygons: Polygons) -> Measures:
    """Return a coverage's faults, neighbours and areas; invalid polygons are made valid first."""
    valid = shapely.make_valid(shapely.force_2d(polygons))
    overlaps = _overlaps_km2(valid)
    gaps = _holes(shapely.union_all(valid))
    return Measures(
        n_invalid=int(np.sum(~shapely.is_valid(polygons))),
        is_coverage=bool(shapely.coverage_is_valid(polygons, gap_width=GAP_DEGREES)),
        n_overlaps=len(overlaps),
        overlap_km2=float(overlaps.sum()),
        n_gaps=len(gaps),
        gap_km2=float(areas_km2(gaps).sum()),
        n_city_holes=sum(len(_holes(polygon)) for polygon in valid),
        pairs=queen_pairs(valid),
        areas_km2=areas_km2(valid),
    )
