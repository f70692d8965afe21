"""Neighbours: against GeoDa's engine, on a grid by hand, and with units that have none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pygeoda
import pytest
import shapely
from helpers import graph_of, run_python

from kz_spatial.boundaries import composites, oblasts
from kz_spatial.errors import CallError, InputError
from kz_spatial.weights import contiguity, neighbour_masks


def grid(columns=3, rows=2, names=None):
    """Unit squares, named row by row from the south-west."""
    squares = [shapely.box(x, y, x + 1, y + 1) for y in range(rows) for x in range(columns)]
    return gpd.GeoDataFrame({"geometry": squares}, index=names or list("abcdef"), crs="EPSG:3857")


def pairs(graph):
    return {frozenset(pair) for pair, weight in graph.adjacency.items() if weight}


@pytest.mark.parametrize("detail", ["full", "light"])
@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_oblasts_have_the_neighbours_geoda_finds(rule, detail, tmp_path):
    areas = oblasts(detail=detail)
    path = tmp_path / "areas.shp"
    areas[["kato", "geometry"]].to_file(path, index=False)
    make = pygeoda.queen_weights if rule == "queen" else pygeoda.rook_weights
    theirs = make(pygeoda.open(str(path)))
    expected = {
        frozenset((areas.index[i], areas.index[j]))
        for i in range(len(areas))
        for j in theirs.get_neighbors(i)
    }
    graph = contiguity(areas, rule=rule)
    assert pairs(graph) == expected
    assert len(expected) == 35


def test_units_with_one_neighbour_and_the_borders_others_lose():
    graph = contiguity(oblasts())
    count = graph.cardinalities
    assert set(count[count == 1].index) == {"KZ-63", "KZ-71", "KZ-75", "KZ-79"}
    found = pairs(graph)
    for lost in ({"KZ-15", "KZ-43"}, {"KZ-15", "KZ-47"}):
        assert frozenset(lost) in found


def test_the_cities_have_one_neighbour_among_the_composites_too():
    graph = contiguity(composites())
    assert graph.cardinalities[["almaty", "astana"]].tolist() == [1, 1]
    assert graph["almaty"].index.tolist() == ["south"]
    assert graph["astana"].index.tolist() == ["north"]


def test_queen_and_rook_on_a_grid_by_hand():
    # d e f
    # a b c
    sides = {"ab", "bc", "de", "ef", "ad", "be", "cf"}
    corners = {"ae", "bd", "bf", "ce"}
    assert pairs(contiguity(grid(), rule="rook")) == {frozenset(each) for each in sides}
    assert pairs(contiguity(grid())) == {frozenset(each) for each in sides | corners}


def test_weights_of_both_transforms():
    rows = contiguity(grid())
    np.testing.assert_allclose(rows.adjacency.groupby("focal").sum(), 1, rtol=1e-15)
    assert rows.adjacency["a", "b"] == pytest.approx(1 / 3, rel=1e-15)
    assert rows.adjacency["b", "a"] == pytest.approx(1 / 5, rel=1e-15)
    assert set(contiguity(grid(), transform="B").adjacency) == {1}


def test_units_without_neighbours_are_isolates_and_no_warning_is_needed():
    areas = grid(names=list("abcdef")).drop(index=["b", "d", "e"])
    graph = contiguity(areas)
    assert list(graph.unique_ids) == ["a", "c", "f"]
    assert list(graph.isolates) == ["a"]
    assert neighbour_masks(graph) == [0b000, 0b100, 0b010]


def test_the_order_of_rows_does_not_change_who_is_whose_neighbour():
    areas = oblasts(detail="light")
    shuffled = areas.sample(frac=1, random_state=3)
    assert list(shuffled.index) != list(areas.index)
    assert pairs(contiguity(shuffled)) == pairs(contiguity(areas))
    assert list(contiguity(shuffled).unique_ids) == list(shuffled.index)


def test_masks_by_hand():
    graph = graph_of({3: [1], 1: [3, 2], 2: [1], 9: []})
    position = {key: i for i, key in enumerate(graph.unique_ids)}
    masks = neighbour_masks(graph)
    assert masks[position[9]] == 0
    assert masks[position[1]] == 1 << position[3] | 1 << position[2]
    assert masks[position[3]] == 1 << position[1]


def test_a_link_one_way_counts_both_ways_and_a_zero_weight_is_none():
    graph = graph_of({"a": ["b"], "b": ["c"], "c": ["a"]}, {"a": [1], "b": [0], "c": [2]})
    assert neighbour_masks(graph) == [0b110, 0b001, 0b001]


def test_bad_areas_are_named():
    areas = grid(names=list("abcdea"))
    with pytest.raises(InputError, match="index value 'a' twice"):
        contiguity(areas)
    areas = grid()
    areas.loc["c", "geometry"] = None
    with pytest.raises(InputError, match="no geometry for 'c'"):
        contiguity(areas)
    areas.loc["c", "geometry"] = shapely.Polygon()
    with pytest.raises(InputError, match="no geometry for 'c'"):
        contiguity(areas)
    with pytest.raises(CallError, match="rule='bishop'"):
        contiguity(grid(), rule="bishop")
    with pytest.raises(CallError, match="transform='V'"):
        contiguity(grid(), transform="V")


def test_importing_weights_loads_no_libpysal():
    code = "import sys, kz_spatial.weights; print('libpysal' in sys.modules)"
    assert run_python(code).strip() == "False"
