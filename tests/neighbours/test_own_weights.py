"""A user's own weights: links one way, on oneself, given twice, and to units that name none."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of
from libpysal.graph import Graph
from libpysal.weights import W

import kz_spatial as kz
from kz_spatial.errors import (
    CallError,
    InputError,
    IslandWarning,
    OneWayLinksWarning,
    SelfNeighbourWarning,
)
from kz_spatial.neighbours.own_weights import as_graph


@pytest.fixture
def written(tmp_path):
    """Write lines of a .csv and return its path."""

    def write(*lines, header="focal,neighbor,weight"):
        path = tmp_path / "w.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def weights_of(graph):
    return {pair: weight for pair, weight in graph.adjacency.items() if weight}


def test_links_one_way_are_counted_in_a_warning(written):
    path = written("a,b,1", "b,a,1", "a,c,1", "b,c,1", "c,d,1", "d,c,1")
    said = r"2 of 6 links go one way \(first: a names c, c does not name a\)"
    with pytest.warns(OneWayLinksWarning, match=said):
        graph = as_graph(path, transform="B")
    assert ("c", "a") not in weights_of(graph)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weights_of(as_graph(path, transform="B", one_way="keep")) == weights_of(graph)
        both = as_graph(path, transform="B", one_way="mirror")
    back = {("c", "a"): 1.0, ("c", "b"): 1.0}
    assert weights_of(both) == weights_of(graph) | back


def test_a_list_with_each_pair_once_is_mirrored_with_its_weights(written):
    path = written("a,b,2", "a,c,3", "b,c,5")
    with pytest.warns(OneWayLinksWarning, match="3 of 3 links"), pytest.warns(IslandWarning):
        as_graph(path)
    graph = as_graph(path, transform="B", one_way="mirror")
    assert weights_of(graph)["c", "b"] == 5
    assert weights_of(graph)["b", "a"] == 2
    rows = as_graph(path, one_way="mirror").adjacency
    assert rows["a", "c"] == pytest.approx(3 / 5)


def test_links_one_way_of_every_kind_of_source():
    near = {"a": ["b"], "b": ["a", "c"], "c": ["a"]}
    for source in (graph_of(near), W(near, silence_warnings=True)):
        with pytest.warns(OneWayLinksWarning, match="2 of 4 links go one way"):
            as_graph(source)
        assert as_graph(source, one_way="keep").n == 3
    with pytest.raises(CallError, match="a Graph is returned as it is"):
        as_graph(graph_of(near), one_way="mirror")
    with pytest.raises(CallError, match="one_way='drop'"):
        as_graph(graph_of(near), one_way="drop")


def test_weights_that_differ_by_direction_are_no_links_one_way(written):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph = as_graph(written("a,b,1", "b,a,2"), transform="B")
    assert weights_of(graph) == {("a", "b"): 1, ("b", "a"): 2}


def test_a_unit_that_names_none_is_kept_and_said(written):
    # a names b, b names c, c names d, and d names nobody
    path = written("a,b,1", "b,c,1", "c,d,1")
    said = "others name d, which name no neighbour: kept, without a statistic of their own"
    for islands in ("keep", "drop"):
        with pytest.warns(IslandWarning, match=said):
            graph = as_graph(path, islands=islands, one_way="keep")
        assert list(graph.unique_ids) == ["a", "b", "c", "d"]
        assert weights_of(graph) == {("a", "b"): 1, ("b", "c"): 1, ("c", "d"): 1}
        values = pd.Series({"a": 1.0, "b": 4, "c": 2, "d": 9})
        assert kz.moran(values, graph).n_units == 4
        label = kz.local_moran(values, graph).frame["label"]
        assert label.eq("island").to_dict() == {"a": False, "b": False, "c": False, "d": True}
    with pytest.raises(InputError, match=r"others name and that name none \(d\)"):
        as_graph(path, islands="raise", one_way="keep")


def test_a_true_island_is_dropped_and_those_named_are_not(written):
    path = written("a,b,1", "b,a,1", "a,c,1")
    with pytest.warns(IslandWarning, match="no neighbour for z: left out"):  # noqa: SIM117
        with pytest.warns(IslandWarning, match="others name c"):
            graph = as_graph(path, pd.Index(list("abcz")), islands="drop", one_way="keep")
    assert list(graph.unique_ids) == ["a", "b", "c"]


def test_self_neighbours_leave_rows_that_sum_to_one(written):
    third = f"{1 / 3:.17g}"
    rows = [f"a,a,{third}", f"a,b,{third}", f"a,c,{third}", "b,a,0.5", "b,b,0.5", "c,a,1"]
    said = r"2 of 3 units as their own neighbours \(first: a\): left out, and rows made to sum"
    for transform in ("R", "B"):
        with pytest.warns(SelfNeighbourWarning, match=said):
            graph = as_graph(written(*rows), transform=transform)
        expected = {("a", "b"): 0.5, ("a", "c"): 0.5, ("b", "a"): 1.0, ("c", "a"): 1.0}
        assert weights_of(graph) == pytest.approx(expected)


def test_self_neighbours_of_other_weights_are_left_out_alone(written):
    path = written("a,a,9", "a,b,2", "b,a,3")
    with pytest.warns(SelfNeighbourWarning, match=r"1 of 2 units .*: left out$"):
        graph = as_graph(path, transform="B")
    assert weights_of(graph) == {("a", "b"): 2, ("b", "a"): 3}


def test_statistics_leave_out_self_neighbours_with_a_new_row_sum():
    bare = {"a": ["b"], "b": ["a", "c", "d"], "c": ["b", "d"], "d": ["b", "c"]}
    own = {key: [*near, key] for key, near in bare.items()}
    values = pd.Series({"a": 1.0, "b": 5, "c": 2, "d": 9})
    graph, with_own = (graph_of(each).transform("R") for each in (bare, own))
    assert with_own.adjacency["a", "a"] == 0.5
    for function in (kz.moran, kz.geary, kz.getis_ord):
        expected = function(values, graph)
        with pytest.warns(SelfNeighbourWarning, match="4 of 4 units"):
            found = function(values, with_own)
        assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.p))
    with pytest.warns(SelfNeighbourWarning):
        frame = kz.local_moran(values, with_own).frame
    pd.testing.assert_frame_equal(frame, kz.local_moran(values, graph).frame)


def test_a_unit_that_names_itself_alone_is_an_island():
    own = graph_of({"a": ["a"], "b": ["c"], "c": ["b", "d"], "d": ["c"]}).transform("R")
    values = pd.Series({"a": 100.0, "b": 5, "c": 2, "d": 9})
    with pytest.warns(SelfNeighbourWarning), pytest.warns(IslandWarning, match="value for a: left"):
        found = kz.moran(values, own)
    rest = graph_of({"b": ["c"], "c": ["b", "d"], "d": ["c"]}).transform("R")
    assert found.statistic == pytest.approx(kz.moran(values.drop("a"), rest).statistic)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,b,2", "row 4: found a, b again with weight 2 after 1, expected each pair once"),
        ("a,c,nan", "row 4, column weight: found 'nan', expected a number"),
        ("a,c,inf", "row 4, column weight: found 'inf', expected a number"),
        ("a,,1", "row 4: found 'a' and '', expected two units"),
    ],
)
def test_faults_of_a_file_are_named_by_row(written, line, said):
    with pytest.raises(InputError, match=said):
        as_graph(written("a,b,1", "b,a,1", line))


def test_the_same_line_twice_and_a_weight_of_nought_are_no_faults(written):
    graph = as_graph(written("a,b,1", "a,b,1.0", "b,a,1", "b,c,0", "c,a,1", "a,c,1"))
    assert set(weights_of(graph)) == {("a", "b"), ("b", "a"), ("c", "a"), ("a", "c")}


def test_a_graph_comes_back_as_it_is():
    graph = Graph.from_arrays(np.array(["a", "b"]), np.array(["b", "a"]), np.array([2.0, 3.0]))
    assert as_graph(graph) is graph
