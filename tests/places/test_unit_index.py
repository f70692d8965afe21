"""Points to units: the answer of `geopandas.sjoin` on every point, and borders by one rule."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kz_spatial.places import unit_index
from kz_spatial.places.boundaries import composites, oblasts
from kz_spatial.places.joining import join, join_audit
from kz_spatial.places.unit_index import UnitIndex, find_in, find_units

ANOTHER = 60_000  # points enough for the raster


def by_sjoin(areas: gpd.GeoDataFrame, x, y, predicate: str) -> np.ndarray:
    """Lowest position that sjoin gives each point; -1 where it gives none."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=areas.crs)
    plain = areas[["geometry"]].reset_index(drop=True)
    found = gpd.sjoin(points, plain, how="left", predicate=predicate)["index_right"]
    return found.groupby(level=0).min().fillna(-1).astype(int).to_numpy()


def expected(areas: gpd.GeoDataFrame, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Unit and border points by sjoin alone: within first, then the first that is touched."""
    within, touched = (by_sjoin(areas, x, y, each) for each in ("within", "intersects"))
    border = (within < 0) & (touched >= 0)
    return np.where(border, touched, within), np.flatnonzero(border)


def hard_points(areas: gpd.GeoDataFrame, rng) -> tuple[np.ndarray, np.ndarray]:
    """Vertices, middles of edges, points a hair off both, and points anywhere."""
    line = shapely.get_coordinates(areas.geometry.to_numpy())
    line = line[rng.choice(len(line) - 1, 1500)]
    middle = (line[1:] + line[:-1]) / 2
    near = line + rng.choice([-1e-13, 0, 1e-13, 1e-9, -1e-9], line.shape)
    west, south, east, north = areas.total_bounds
    anywhere = np.column_stack(
        [rng.uniform(west - 1, east + 1, 3000), rng.uniform(south - 1, north + 1, 3000)]
    )
    every = np.concatenate([line, middle, near, anywhere])
    return every[:, 0], every[:, 1]


@pytest.mark.parametrize("n_cells", [16, 3_000, 1 << 18])
@pytest.mark.parametrize("areas", [oblasts(), composites(), oblasts(detail="light")])
def test_every_point_goes_where_sjoin_puts_it(areas, n_cells):
    x, y = hard_points(areas, np.random.default_rng(n_cells))
    unit, border = expected(areas, x, y)
    found = UnitIndex(areas.geometry.to_numpy(), n_cells=n_cells).find(x, y)
    np.testing.assert_array_equal(found.unit, unit)
    np.testing.assert_array_equal(found.on_border, border)
    assert len(border) > 500
    assert len(np.unique(unit)) == len(areas) + 1


def test_tree_and_raster_are_one_answer(monkeypatch):
    areas = oblasts()
    x, y = hard_points(areas, np.random.default_rng(1))
    tree = find_units(areas, x, y)
    monkeypatch.setattr(unit_index, "_FEW_POINTS", 0)
    monkeypatch.setattr(unit_index, "_by_tree", None)  # is not asked
    raster = find_units(areas, x, y)
    np.testing.assert_array_equal(tree.unit, raster.unit)
    np.testing.assert_array_equal(np.sort(tree.on_border), raster.on_border)


def test_a_square_with_a_hole_and_an_island_by_hand():
    ring = shapely.box(0, 0, 10, 10) - shapely.box(4, 4, 6, 6)
    shapes = np.array(
        [ring, shapely.MultiPolygon([shapely.box(4, 4, 6, 6), shapely.box(20, 0, 21, 1)])]
    )
    index = UnitIndex(shapes, n_cells=400)
    cases = {
        (1, 1): 0, (5, 5): 1, (20.5, 0.5): 1, (15, 5): -1, (4, 5): 0, (0, 3): 0, (20, 0.5): 1,
        (-1e-12, 3): -1, (10 + 1e-9, 10): -1, (1e6, 1e6): -1,
    }  # fmt: skip
    x, y = (np.array(each, dtype=float) for each in zip(*cases, strict=True))
    found = index.find(x, y)
    assert found.unit.tolist() == list(cases.values())
    assert found.on_border.tolist() == [4, 5, 6]
    none = index.find(np.array([np.nan, 1, np.inf, -np.inf]), np.array([1, np.nan, 1, np.inf]))
    assert none.unit.tolist() == [-1] * 4
    assert index.find(np.empty(0), np.empty(0)).unit.tolist() == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([16, 100, 900, 5000]))
def test_grids_of_squares_agree_with_floor(seed, n_cells):
    """Squares whose borders lie anywhere among the cells, cell edges among them."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(1, 64), 5, replace=False)) / 4
    shapes = np.array([shapely.box(a, 0, b, 8) for a, b in pairwise(cuts)])
    x, y = rng.integers(0, 129, 300) / 8, rng.uniform(1, 7, 300)
    found = UnitIndex(shapes, n_cells=n_cells).find(x, y)
    unit = np.searchsorted(cuts, x, side="left") - 1  # a shared border goes to the first
    unit[x == cuts[0]] = 0
    unit[(x < cuts[0]) | (x > cuts[-1])] = -1
    assert found.unit.tolist() == unit.tolist()
    assert found.on_border.tolist() == np.flatnonzero(np.isin(x, cuts)).tolist()


def test_areas_that_overlap_are_left_to_the_tree(monkeypatch):
    monkeypatch.setattr(unit_index, "_FEW_POINTS", 0)
    areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)])
    found = find_units(areas, np.array([0.5, 1.5, 2.5, 9.0]), np.ones(4))
    assert found.unit[[0, 2, 3]].tolist() == [0, 1, -1]
    assert found.unit[1] in (0, 1)


def test_one_shape_with_many_points_and_few():
    shape = shapely.Point(0, 0).buffer(1)
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-1.2, 1.2, (2, ANOTHER))
    x[:5] = [np.nan, np.inf, 0, 1, -1]
    y[:5] = [0, 0, 0, 0, 0]
    inside = shapely.contains_xy(shape, x, y)
    np.testing.assert_array_equal(find_in(shape, x, y), inside)
    np.testing.assert_array_equal(find_in(shape, x[:100], y[:100]), inside[:100])
    assert inside[:5].tolist() == [False, False, True, False, False]


def test_a_join_of_many_points_is_that_of_a_few():
    areas = oblasts()
    x, y = hard_points(areas, np.random.default_rng(3))
    table = pd.DataFrame({"longitude": x, "latitude": y})
    few = join(table, areas, unmatched="keep")
    times = -(-ANOTHER // len(table))
    many = join(pd.concat([table] * times, ignore_index=True), areas, unmatched="keep")
    first = many.head(len(table))
    pd.testing.assert_frame_equal(first.reset_index(drop=True), few, check_flags=False)
    assert join_audit(many).on_border == times * join_audit(few).on_border > 500
    assert join_audit(many).matched == times * join_audit(few).matched
