"""Weights by distance, border, steps and matrix: against libpysal, by hand, and in statistics."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from helpers import graph_of, ring
from libpysal.graph import Graph
from pattern_cases import OBLASTS, values_for
from pyproj import Geod

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, IslandWarning
from kz_spatial.options import EQUAL_AREA_CRS

POINTS = OBLASTS.set_geometry(OBLASTS.geometry.representative_point().to_crs(EQUAL_AREA_CRS))
HOURS = pd.DataFrame(
    [[0, 2, 9, np.nan], [1, 0, 4, 3], [9, 4, 0, 5], [8, 3, 5, 0]], list("abcd"), list("abcd")
)


def away(a, b):
    return POINTS.geometry[a].distance(POINTS.geometry[b])


def pairs(graph):
    return {frozenset(pair) for pair, weight in graph.adjacency.items() if weight}


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
def test_inverse_distances_against_libpysal_and_by_hand():
    graph = kz.inverse_distance(OBLASTS, power=2, transform="B")
    assert graph.n_edges == 380
    assert graph.adjacency["KZ-71", "KZ-11"] == pytest.approx(
        1e6 / away("KZ-71", "KZ-11") ** 2, rel=1e-12
    )
    with np.errstate(divide="ignore"):  # libpysal takes units' distances to themselves along
        theirs = Graph.build_distance_band(POINTS, threshold=800_000, binary=False, alpha=-1)
    ours = kz.inverse_distance(OBLASTS, threshold_m=800_000, transform="B").adjacency
    expected = theirs.adjacency.reindex(ours.index) * 1000
    assert len(expected) == len(ours)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    rows = kz.inverse_distance(OBLASTS).adjacency.groupby("focal").sum()
    np.testing.assert_allclose(rows, 1, rtol=1e-12)


def test_units_in_one_place_have_no_inverse_distance():
    places = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([70, 70, 71], [50, 50, 50]), index=list("abc"), crs=4326
    )
    with pytest.raises(InputError, match="found a and b in one place"):
        kz.inverse_distance(places)
    with pytest.raises(InputError, match="found 1 units where 'a' lies"):
        kz.adaptive_kernel(places, k=1)
    assert kz.adaptive_kernel(places, k=2).n_edges == 6


@pytest.mark.parametrize("kernel", ["gaussian", "triangular", "bisquare"])
def test_adaptive_kernels_against_libpysal(kernel):
    graph = kz.adaptive_kernel(OBLASTS, k=5, kernel=kernel, transform="B")
    bandwidth = {
        key: sorted(away(key, each) for each in POINTS.index if each != key)[4]
        for key in POINTS.index
    }
    for key in POINTS.index:
        near = graph[key]
        assert len(near) == (5 if kernel == "gaussian" else 4)
        if kernel == "gaussian":
            far = np.array([away(key, each) for each in near.index]) / bandwidth[key]
            expected = pd.Series(np.exp(-(far**2) / 2), near.index)
        else:
            theirs = Graph.build_kernel(POINTS, kernel=kernel, bandwidth=bandwidth[key])
            expected = theirs.adjacency[key].reindex(near.index)
        # libpysal has a factor before the kernel
        np.testing.assert_allclose(
            near / near.iloc[0], expected / expected.iloc[0], rtol=1e-9, err_msg=key
        )
    nearest = min(bandwidth, key=lambda each: away("KZ-71", each) or np.inf)
    far = away("KZ-71", nearest) / bandwidth["KZ-71"]
    by_hand = {
        "gaussian": np.exp(-(far**2) / 2),
        "triangular": 1 - far,
        "bisquare": (1 - far**2) ** 2,
    }[kernel]
    assert graph.adjacency["KZ-71", nearest] == pytest.approx(by_hand, rel=1e-9)


def test_bandwidths_differ_between_units():
    graph = kz.adaptive_kernel(OBLASTS, k=3, transform="B")
    # at its own bandwidth each unit's last neighbour weighs exp(-1/2)
    np.testing.assert_allclose(graph.adjacency.groupby("focal").min(), np.exp(-0.5), rtol=1e-12)
    assert graph.adjacency["KZ-71", "KZ-11"] != graph.adjacency.get(("KZ-11", "KZ-71"), 0)


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("lower", [True, False])
def test_steps_against_libpysal(order, lower):
    graph = kz.contiguity(OBLASTS)
    theirs = graph.higher_order(order, lower_order=lower)
    found = kz.higher_order(graph, order=order, lower=lower)
    assert pairs(found) == pairs(theirs)
    assert found.transformation == "R"
    assert list(found.unique_ids) == list(graph.unique_ids)


def test_steps_on_a_path_and_one_way():
    path = graph_of({i: [j for j in (i - 1, i + 1) if 0 <= j < 6] for i in range(6)})
    assert pairs(kz.higher_order(path, order=3)) == {
        frozenset(each) for each in ((0, 3), (1, 4), (2, 5))
    }
    with pytest.warns(IslandWarning, match="no neighbour for 2, 3"):
        assert pairs(kz.higher_order(path, order=4)) == {frozenset((0, 4)), frozenset((1, 5))}
    around = graph_of({"a": ["b"], "b": ["c"], "c": ["d"], "d": ["a"]})
    assert kz.higher_order(around, transform="B").adjacency.index.tolist() == [
        ("a", "c"),
        ("b", "d"),
        ("c", "a"),
        ("d", "b"),
    ]
    with pytest.raises(CallError, match="order=0"):
        kz.higher_order(path, order=0)


def test_borders_weigh_by_their_length():
    # c on top of a and b, which it shares one and three quarters of its width with
    shapes = [shapely.box(0, 0, 1000, 500), shapely.box(1000, 0, 4000, 500)]
    shapes.append(shapely.box(0, 500, 4000, 900))
    areas = gpd.GeoDataFrame(geometry=shapes, index=list("abc"), crs=EQUAL_AREA_CRS)
    graph = kz.shared_border(areas, transform="B").adjacency
    # the projection is true in area, not in length: 2 % within Kazakhstan
    assert graph["a", "c"] == pytest.approx(1.0, rel=0.02)
    assert graph["b", "c"] == pytest.approx(3 * graph["c", "a"], rel=1e-4)
    assert graph["b", "a"] == graph["a", "b"] == pytest.approx(0.5, rel=0.02)
    rows = kz.shared_border(areas).adjacency
    assert rows["c", "b"] == pytest.approx(0.75, rel=1e-4)
    moved = areas.set_geometry(
        [shapes[0], shapes[1], shapely.affinity.translate(shapes[2], 0, 0.5)]
    )
    apart = kz.shared_border(moved, transform="B", tolerance=1.0).adjacency
    assert apart["b", "c"] == pytest.approx(graph["b", "c"], rel=2e-3)


def test_borders_of_oblasts_against_libpysal_and_the_ellipsoid():
    graph = kz.shared_border(OBLASTS, transform="B")
    assert pairs(graph) == pairs(kz.contiguity(OBLASTS, rule="rook"))
    metric = OBLASTS.to_crs(EQUAL_AREA_CRS)
    theirs = Graph.build_contiguity(metric, rook=True, by_perimeter=True, strict=True).adjacency
    both = graph.adjacency.index.intersection(theirs[theirs > 0].index)
    assert len(both) > 60
    ratio = graph.adjacency[both] * 1000 / theirs[both]
    assert ((ratio > 0.95) & (ratio < 1.05)).all()
    line = shapely.intersection(
        OBLASTS.geometry["KZ-71"].boundary, OBLASTS.geometry["KZ-11"].boundary
    )
    length = Geod(ellps="WGS84").geometry_length(line) / 1000
    assert graph.adjacency["KZ-71", "KZ-11"] == pytest.approx(length, rel=1e-3)


@pytest.mark.parametrize(
    ("asked", "weight"),
    [
        ({"transform": "B"}, 1 / 4),
        ({"transform": "B", "power": 2}, 1 / 16),
        ({"transform": "B", "decay": "none"}, 1),
        ({"transform": "B", "decay": "exponential", "scale": 2}, np.exp(-2)),
        ({"transform": "B", "decay": "gaussian", "scale": 2}, np.exp(-2)),
        ({"decay": "inverse"}, 1 / 4 / (1 + 1 / 4 + 1 / 3)),
    ],
)
def test_a_matrix_of_hours_by_hand(asked, weight):
    graph = kz.from_matrix(HOURS, **asked)
    assert graph.adjacency["b", "c"] == pytest.approx(weight, rel=1e-14)
    assert ("a", "d") not in graph.adjacency.index  # no way there, but one back
    assert graph.adjacency["d", "a"] > 0


def test_a_matrix_is_cut_named_and_read(tmp_path):
    with pytest.warns(IslandWarning, match="no neighbour for c: kept"):
        near = kz.from_matrix(HOURS, cutoff=3, decay="none", transform="B")
    assert near.transformation == "B"
    assert set(near.adjacency[near.adjacency > 0].index) == {
        ("a", "b"),
        ("b", "a"),
        ("b", "d"),
        ("d", "b"),
    }
    HOURS.to_csv(tmp_path / "hours.csv")
    read = kz.from_matrix(tmp_path / "hours.csv", pd.Index(list("dba")))
    assert list(read.unique_ids) == ["d", "b", "a"]
    assert read.adjacency["a", "b"] == 1
    with pytest.raises(InputError, match="no row for 'e'"):
        kz.from_matrix(HOURS, pd.Index(["a", "e"]))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda m: m.drop(index="a"), InputError, "'a' as a row or a column alone"),
        (lambda m: m.replace(9, -1), InputError, "found -1 from 'a' to 'c', expected 0 or more"),
        (lambda m: m.replace(9, 0), InputError, "found 0 from 'a' to 'c'"),
        (lambda m: m.replace(9, np.inf), InputError, "found inf"),
        (lambda m: m.astype(object).replace(9, "x"), InputError, "expected numbers"),
        (lambda m: m.set_axis(list("aacd")), InputError, "row 'a' twice"),
        (lambda _: "nowhere.csv", CallError, "no such file"),
    ],
)
def test_matrices_that_cannot_be(change, error, said):
    with pytest.raises(error, match=said):
        kz.from_matrix(change(HOURS))


def test_options_out_of_range_are_named():
    for call in (
        lambda: kz.inverse_distance(OBLASTS, power=0),
        lambda: kz.inverse_distance(OBLASTS, threshold_m=-1),
        lambda: kz.adaptive_kernel(OBLASTS, k=20),
        lambda: kz.adaptive_kernel(OBLASTS, k=1, kernel="bisquare"),
        lambda: kz.adaptive_kernel(OBLASTS, kernel="box"),
        lambda: kz.from_matrix(HOURS, decay="exponential"),
        lambda: kz.from_matrix(HOURS, cutoff=0),
        lambda: kz.shared_border(OBLASTS, tolerance=-1),
    ):
        with pytest.raises(CallError, match="expected"):
            call()


GRAPHS = {
    "inverse distance": lambda: kz.inverse_distance(OBLASTS, threshold_m=700_000),
    "adaptive kernel": lambda: kz.adaptive_kernel(OBLASTS, k=4),
    "second order": lambda: kz.higher_order(kz.contiguity(OBLASTS)),
    "borders": lambda: kz.shared_border(OBLASTS),
    "matrix": lambda: kz.from_matrix(
        pd.DataFrame(
            [[away(a, b) for b in POINTS.index] for a in POINTS.index], POINTS.index, POINTS.index
        ),
        cutoff=600_000,
        decay="exponential",
        scale=300_000,
    ),
}


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
@pytest.mark.parametrize("name", GRAPHS)
def test_every_statistic_takes_them(name):
    graph, asked = GRAPHS[name](), {"n_permutations": 99}
    x, y = values_for(graph, seed=1), values_for(graph, seed=2)
    for found in (
        kz.moran(x, graph, **asked),
        kz.geary(x, graph, **asked),
        kz.lee(x, y, graph, **asked),
    ):
        assert 0 < found.p <= 1
    for found in (
        kz.local_moran(x, graph, **asked),
        kz.local_g(x, graph, **asked),
        kz.local_geary(pd.DataFrame({"x": x, "y": y}), graph, **asked),
        kz.bivariate_local_moran(x, y, graph, **asked),
        kz.local_lee(x, y, graph, **asked),
    ):
        methods = set(found.frame["method"])
        assert methods <= {"exact", "monte-carlo", "inapplicable"}
        assert (found.seed is not None) == ("monte-carlo" in methods)
        known = found.frame["p"].dropna()
        assert len(known) >= 15
        assert known.between(0, 1).all()
    assert kz.join_counts(x > 50, graph).method == "exact"
    assert kz.correlogram(x, graph, orders=2, **asked).frame["p"].notna().all()


def test_a_correlogram_by_hand_and_its_gaps():
    # a path of six: 3, 1, 4, 1, 5, 9 less their mean 23/6
    path = graph_of({i: [j for j in (i - 1, i + 1) if 0 <= j < 6] for i in range(6)})
    values = pd.Series([3.0, 1, 4, 1, 5, 9], range(6))
    frame = kz.correlogram(values, path, orders=6, islands="zero").frame
    z = (values - values.mean()).to_numpy()
    for order in range(1, 6):
        expected = 6 / (6 - order) * (z[:-order] @ z[order:]) / (z @ z)
        row = frame.loc[order]
        assert row["statistic"] == pytest.approx(expected, rel=1e-12)
        assert (row["n_pairs"], row["n_alone"]) == (6 - order, max(0, 2 * (order - 3)))
        assert (row["method"], row["n_arrangements"]) == ("exact", 720)
    assert frame.loc[6, "method"] == "inapplicable"
    assert frame.loc[6, "reason"] == "the weights sum to zero"
    assert frame.loc[6, "n_alone"] == 6
    dropped = kz.correlogram(values, path, orders=4).frame
    assert dropped["n_units"].tolist() == [6, 6, 6, 4]


def test_orders_are_tests_of_moran_on_higher_neighbours():
    graph = graph_of(ring("abcdefgh")).transform("R")
    values = pd.Series([3.0, 1, 4, 1, 5, 9, 2, 6], list("abcdefgh"))
    found = kz.correlogram(values, graph, orders=3, alternative="greater")
    assert found.alternative == "greater"
    assert found.seed is None
    for order in (1, 2, 3):
        links = kz.higher_order(graph, order=order)
        assert found.frame.loc[order, "p"] == kz.moran(values, links, alternative="greater").p
    gap = values.copy()
    gap["b"] = np.nan  # the way from a to c leads through it still
    assert kz.correlogram(gap, graph, orders=2).frame.loc[2, "n_pairs"] == 6
