"""Lines told from corners: against libpysal on grids, and on corners of every angle."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from libpysal.graph import Graph
from libpysal.weights import Queen, Rook

from kz_spatial.neighbours.weights import contiguity


def grid(n=4, *, start=0.0, size=1.0):
    at = [start + i * size for i in range(n + 1)]
    squares = [shapely.box(at[x], at[y], at[x + 1], at[y + 1]) for y in range(n) for x in range(n)]
    return gpd.GeoDataFrame(geometry=squares, index=[f"u{i:02}" for i in range(n * n)], crs=3857)


def pairs(graph):
    return {frozenset(pair) for pair, weight in graph.adjacency.items() if weight}


def pairs_of_w(weights):
    return {frozenset((a, b)) for a, near in weights.neighbors.items() for b in near}


def wedges(n, radius=100.0):
    """Triangles that share a corner in the middle, without the one between the last and first."""
    angles = np.linspace(0.0, 2 * np.pi, n + 1)
    rim = np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])
    return [shapely.Polygon([(0, 0), rim[i], rim[i + 1]]) for i in range(n)]


def frame(shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), index=range(len(shapes)), crs="EPSG:3857")


@pytest.mark.parametrize("start", [0.0, 1e7, -1e7, 123_456.789])
@pytest.mark.parametrize("size", [1.0, 0.1, 1 / 3, 1000.0])
@pytest.mark.parametrize("tolerance", [0, None, "a tenth"])
def test_sixteen_squares_have_24_sides_and_18_corners_in_common(start, size, tolerance):
    areas = grid(start=start, size=size)
    reach = size / 10 if tolerance == "a tenth" else tolerance
    rook = pairs(contiguity(areas, rule="rook", tolerance=reach))
    queen = pairs(contiguity(areas, rule="queen", tolerance=reach))
    assert (len(rook), len(queen)) == (24, 42)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libpysal announces another default
        assert rook == pairs_of_w(Rook.from_dataframe(areas, use_index=True))
        assert queen == pairs_of_w(Queen.from_dataframe(areas, use_index=True))
    assert rook == pairs(Graph.build_contiguity(areas, rook=True))
    assert queen == pairs(Graph.build_contiguity(areas, rook=False))


@pytest.mark.parametrize("n", [3, 5, 8, 12, 24, 60])
@pytest.mark.parametrize("tolerance", [None, 1e-3, 0.05])
def test_a_corner_of_any_angle_is_no_line(n, tolerance):
    # 2n wedges around a point, every other one left out: those that stay meet in the middle alone
    areas = frame(wedges(2 * n)[::2])
    assert len(pairs(contiguity(areas, tolerance=tolerance))) == n * (n - 1) / 2
    with pytest.warns(match="no neighbour"):
        assert pairs(contiguity(areas, rule="rook", tolerance=tolerance)) == set()
    # with all of them each has a line with the next
    whole = pairs(contiguity(frame(wedges(2 * n)), rule="rook", tolerance=tolerance))
    assert whole == {frozenset((i, (i + 1) % (2 * n))) for i in range(2 * n)}


@pytest.mark.parametrize("gap", [0.0, 0.3, 0.6, 0.9, -0.3, -0.9])
def test_a_gap_or_overlap_within_the_tolerance_is_a_line(gap):
    areas = frame([shapely.box(0, 0, 100, 100), shapely.box(100 + gap, 0, 200, 100)])
    assert pairs(contiguity(areas, rule="rook", tolerance=1.0)) == {frozenset((0, 1))}


def test_sides_that_part_at_a_sharp_angle_keep_their_line():
    # a line of 20 in common, then a wedge of 11 degrees between the two
    one = shapely.Polygon([(0, 0), (20, 0), (120, -10), (0, -50)])
    two = shapely.Polygon([(0, 0), (20, 0), (120, 10), (0, 50)])
    for tolerance in (0, 0.2):
        found = contiguity(frame([one, two]), rule="rook", tolerance=tolerance)
        assert pairs(found) == {frozenset((0, 1))}
    apart = frame([one, shapely.affinity.translate(two, yoff=0.1)])
    assert pairs(contiguity(apart, rule="rook", tolerance=0.2)) == {frozenset((0, 1))}


def test_a_side_without_the_vertices_of_the_other_is_a_line():
    # one long side against two short ones, level and slanting
    for angle in (0, 33):
        shapes = [shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)]
        turned = [shapely.affinity.rotate(each, angle, origin=(7, 3)) for each in shapes]
        found = pairs(contiguity(frame(turned), rule="rook"))
        assert found == {frozenset(each) for each in ((0, 1), (0, 2), (1, 2))}


def test_a_unit_inside_another_has_a_line_with_it():
    inside = shapely.box(4, 4, 6, 6)
    areas = frame([shapely.box(0, 0, 10, 10) - inside, inside])
    assert pairs(contiguity(areas, rule="rook", tolerance=0)) == {frozenset((0, 1))}
