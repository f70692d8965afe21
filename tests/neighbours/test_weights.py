"""Neighbours: against GeoDa's engine, on a grid by hand, and with units that have none."""

from __future__ import annotations

import contextlib

import geopandas as gpd
import libpysal
import numpy as np
import pygeoda
import pytest
import shapely
from helpers import graph_of, run_python
from libpysal.graph import Graph

from kz_spatial.errors import CallError, InputError, IslandWarning
from kz_spatial.neighbours.own_weights import as_graph
from kz_spatial.neighbours.weights import (
    contiguity,
    distance_band,
    k_nearest,
    kernel_weights,
    neighbour_masks,
    union,
)
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.places.boundaries import composites, oblasts


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


def test_a_graph_names_its_transform():
    assert contiguity(grid()).transformation == "R"
    assert contiguity(grid(), transform="B").transformation == "B"
    kernel = kernel_weights(oblasts(detail="light"), bandwidth_m=500_000, transform="B")
    assert kernel.transformation == "O"  # weights that fall with distance are not binary
    assert kernel.adjacency.nunique() > 2


def test_units_without_neighbours_are_isolates_named_in_a_warning():
    areas = grid(names=list("abcdef")).drop(index=["b", "d", "e"])
    with pytest.warns(IslandWarning, match="no neighbour for a: kept"):
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
    code = "import sys, kz_spatial.neighbours.weights; print('libpysal' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_islands_are_treated_as_asked():
    areas = grid().drop(index=["b", "d", "e"])
    with pytest.warns(IslandWarning, match="a: left out"):
        assert list(contiguity(areas, islands="drop").unique_ids) == ["c", "f"]
    with pytest.warns(IslandWarning, match="a: joined to the nearest unit"):
        joined = contiguity(areas, islands="attach")
    assert pairs(joined) == {frozenset("cf"), frozenset("ac")}
    with pytest.raises(InputError, match="no neighbour for a"):
        contiguity(areas, islands="raise")


def test_gaps_and_overlaps_within_the_tolerance_cost_no_neighbour():
    areas = grid()
    moved = areas.set_geometry(areas.geometry.scale(1 - 4e-4, 1 - 4e-4))
    assert pairs(contiguity(moved)) == pairs(contiguity(areas))
    with pytest.warns(IslandWarning):
        assert pairs(contiguity(moved, tolerance=0)) == set()
    grown = areas.set_geometry(areas.geometry.scale(1 + 4e-4, 1 + 4e-4))
    assert pairs(contiguity(grown, rule="rook")) == pairs(contiguity(areas, rule="rook"))


def test_distances_against_libpysal_and_by_hand():
    areas = oblasts(detail="light")
    points = areas.set_geometry(areas.geometry.representative_point().to_crs(EQUAL_AREA_CRS))
    theirs = Graph.build_knn(points, k=3)
    assert pairs(k_nearest(areas, k=3)) == pairs(theirs)
    assert set(k_nearest(areas, k=3).cardinalities) == {3}
    theirs = Graph.build_distance_band(points, threshold=600_000)
    assert pairs(distance_band(areas, threshold_m=600_000)) == pairs(theirs)
    weights = kernel_weights(areas, bandwidth_m=300_000, transform="B").adjacency
    a, b = points.geometry["KZ-71"], points.geometry["KZ-11"]
    expected = np.exp(-0.5 * (a.distance(b) / 300_000) ** 2)
    assert weights["KZ-71", "KZ-11"] == pytest.approx(expected, rel=1e-12)
    triangle = kernel_weights(areas, bandwidth_m=900_000, kernel="triangular", transform="B")
    assert triangle.adjacency["KZ-71", "KZ-11"] == pytest.approx(1 - a.distance(b) / 900_000)


def test_nearest_units_in_one_place():
    areas = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([70, 70, 70, 71], [50, 50, 50, 50]), crs="EPSG:4326"
    )
    graph = k_nearest(areas, k=2)
    assert set(graph.cardinalities) == {2}
    assert all(a != b for a, b in graph.adjacency.index)


def test_union_is_either():
    areas = oblasts(detail="light")
    one, two = contiguity(areas), k_nearest(areas, k=2)
    assert pairs(union(one, two)) == pairs(one) | pairs(two)
    with pytest.raises(InputError, match="not in all"):
        union(one, contiguity(composites(detail="light")))
    with pytest.raises(CallError, match="no graphs"):
        union()


def test_own_weights_from_files_and_objects(tmp_path):
    areas = oblasts(detail="light")
    graph = contiguity(areas, transform="B")
    (tmp_path / "w.csv").write_text(
        "focal,neighbor,weight\n"
        + "\n".join(f"{a},{b},{w}" for (a, b), w in graph.adjacency.items()),
        encoding="utf-8",
    )
    w = graph.to_W()
    for name in ("w.gal", "w.gwt"):
        with contextlib.closing(libpysal.io.open(str(tmp_path / name), "w")) as stream:
            stream.write(w)
    sources = (graph, w, tmp_path / "w.csv", tmp_path / "w.gal", tmp_path / "w.gwt")
    for source in sources:
        assert pairs(as_graph(source, areas.index)) == pairs(graph), source
    (tmp_path / "bad.csv").write_text("focal,neighbor,weight\nKZ-10,KZ-11,much\n")
    with pytest.raises(InputError, match=r"bad.csv: row 2, column weight: found 'much'"):
        as_graph(tmp_path / "bad.csv")
    (tmp_path / "other.csv").write_text("focal,neighbor\nMoscow,KZ-11\n")
    with pytest.raises(InputError, match="'Moscow'"):
        as_graph(tmp_path / "other.csv", areas.index)
    (tmp_path / "cut.gal").write_text("0 20 areas")
    with pytest.raises((InputError, CallError)):
        as_graph(tmp_path / "cut.gal", areas.index)
    with pytest.raises(CallError, match="no such file"):
        as_graph(tmp_path / "absent.gal")


def test_bad_arguments_are_named():
    areas = oblasts(detail="light")
    for call in (
        lambda: k_nearest(areas, k=20),
        lambda: k_nearest(areas, k=0),
        lambda: distance_band(areas, threshold_m=0),
        lambda: contiguity(areas, tolerance=-1),
        lambda: kernel_weights(areas, bandwidth_m=-1),
        lambda: contiguity(areas, islands="sink"),
    ):
        with pytest.raises(CallError, match="expected"):
            call()
    with pytest.raises(InputError, match="reference system"):
        contiguity(areas.set_crs(None, allow_override=True))
