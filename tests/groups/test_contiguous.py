"""Groups that hang together: every contiguous partition tried, and graphs in pieces."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from helpers import INDICATORS, assert_series, graph_of, ring
from hypothesis import given, settings
from hypothesis import strategies as st

from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates.aggregation import aggregate
from kz_spatial.groups.alike import typology
from kz_spatial.groups.connected import BestCuts, components, connected_subsets, is_connected
from kz_spatial.groups.contiguous import masks_in_order, optimal_curve, regionalise
from kz_spatial.groups.partition import standardised
from kz_spatial.neighbours.weights import contiguity
from kz_spatial.places.boundaries import composites, oblasts
from kz_spatial.survey.twin import load_twin

OBLASTS = contiguity(oblasts(detail="light"))
SEVEN = contiguity(composites(detail="light"))


def random_table(keys, columns=2, seed=0):
    keys = list(keys)
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(len(keys), columns)), keys, list("abcdef")[:columns])


def neighbours(graph):
    """Neighbours of each unit, by key."""
    found = {key: set() for key in graph.unique_ids}
    for (one, other), weight in graph.adjacency.items():
        if weight and one != other:
            found[one].add(other)
            found[other].add(one)
    return found


def in_one_piece(members, near):
    reached, frontier = set(), [next(iter(members))]
    while frontier:
        unit = frontier.pop()
        reached.add(unit)
        frontier += (near[unit] & set(members)) - reached
    return reached == set(members)


def groups_of(labels):
    return [list(labels.index[labels == k]) for k in sorted(set(labels))]


def spread_inside(X, labels):
    labels = np.asarray(labels)
    return sum(((X[labels == k] - X[labels == k].mean(axis=0)) ** 2).sum() for k in set(labels))


def best_of_all(table, graph, k):
    keys, near = list(table.index), neighbours(graph)
    X = standardised(table, standardise=True).loc[keys].to_numpy()
    return min(
        spread_inside(X, labels)
        for labels in product(range(k), repeat=len(keys))
        if len(set(labels)) == k
        and all(
            in_one_piece([u for u, g in zip(keys, labels, strict=True) if g == each], near)
            for each in range(k)
        )
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_optimum_is_that_of_brute_force(k, seed):
    table = random_table(SEVEN.unique_ids, seed=seed)
    found = regionalise(table, SEVEN, n_clusters=k)
    assert found.within_ss == pytest.approx(best_of_all(table, SEVEN, k), rel=1e-12)
    assert (found.certified, found.gap, found.method) == (True, 0.0, "exact")
    assert found.n_clusters == k
    assert found.labels.name == "cluster"
    assert list(found.labels.index) == list(table.index)
    near = neighbours(SEVEN)
    assert all(in_one_piece(group, near) for group in groups_of(found.labels))


def test_a_case_by_hand():
    # on the line a - b - c - d the likest two, a and d, do not touch
    line = graph_of({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    table = pd.DataFrame({"x": [0.0, 8, 9, 1]}, index=list("abcd"))
    found = regionalise(table, line, n_clusters=2, standardise=False)
    # a | b c d costs 38, a b | c d 64, a b c | d 48.67
    assert_series(found.labels, {"a": 2, "b": 1, "c": 1, "d": 1}, name="cluster")
    assert found.within_ss == pytest.approx(38)
    assert typology(table, n_clusters=2, standardise=False).within_ss == pytest.approx(1)


@pytest.mark.parametrize("n_clusters", [2, 3, 5])
@pytest.mark.parametrize("method", ["exact", "ward", "skater", "azp"])
@pytest.mark.filterwarnings("ignore::UserWarning:libpysal")
def test_groups_of_the_oblasts_hang_together(method, n_clusters):
    table = random_table(OBLASTS.unique_ids, columns=3, seed=n_clusters)
    found = regionalise(table, OBLASTS, n_clusters=n_clusters, method=method)
    near = neighbours(OBLASTS)
    assert all(in_one_piece(group, near) for group in groups_of(found.labels))
    assert found.labels.nunique() == found.n_clusters == n_clusters
    X = standardised(table, standardise=True).to_numpy()
    assert found.within_ss == pytest.approx(spread_inside(X, found.labels), rel=1e-12)
    assert found.total_ss == pytest.approx(3 * 19, rel=1e-12)  # z-scores with n - 1


def test_ward_is_labelled_as_uncertified():
    found = regionalise(random_table(SEVEN.unique_ids), SEVEN, method="ward")
    assert (found.method, found.certified) == ("ward", False)
    best = regionalise(random_table(SEVEN.unique_ids), SEVEN)
    assert found.gap == pytest.approx(found.within_ss / best.within_ss - 1)


def test_the_optimum_is_no_worse_than_ward_and_no_better_than_without_the_map():
    better = 0
    for seed in range(20):
        table = random_table(SEVEN.unique_ids, seed=seed)
        best = regionalise(table, SEVEN).within_ss
        ward = regionalise(table, SEVEN, method="ward").within_ss
        assert typology(table).within_ss <= best + 1e-12
        assert best <= ward + 1e-12
        better += best < ward - 1e-9
    assert better > 0  # or the comparison would say nothing


def test_on_a_complete_graph_contiguity_asks_nothing():
    keys = list("abcdefg")
    complete = graph_of({key: [each for each in keys if each != key] for key in keys})
    table = random_table(keys)
    assert regionalise(table, complete).labels.equals(typology(table).labels)


def test_the_composites_of_the_twin():
    means = aggregate(load_twin())[[f"{name}_mean" for name in INDICATORS]]
    found = regionalise(means, SEVEN)
    assert found.certified
    assert found.within_ss == pytest.approx(best_of_all(means, SEVEN, 3), rel=1e-12)


def test_pieces_are_named():
    near = {"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"], "e": []}
    with pytest.raises(InputError) as caught:
        regionalise(random_table("abcde"), graph_of(near), n_clusters=3)
    assert "3 pieces that do not touch (a, b; c, d; e)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_leaving_out_a_unit_can_break_the_map():
    # without Almaty Region, the city of Almaty touches nothing
    table = random_table(OBLASTS.unique_ids).drop(index="KZ-19")
    with pytest.raises(InputError, match=r"2 pieces that do not touch .*; KZ-75\)"):
        regionalise(table, OBLASTS)
    found = regionalise(table.drop(index="KZ-75"), OBLASTS)
    near = neighbours(OBLASTS)
    assert all(in_one_piece(group, near) for group in groups_of(found.labels))


@pytest.mark.parametrize("k", [0, 8])
def test_a_number_of_groups_out_of_range(k):
    with pytest.raises(NotEnoughDataError, match=f"found 7 units for {k} groups"):
        regionalise(random_table(SEVEN.unique_ids), SEVEN, n_clusters=k)


def test_faults_are_named():
    table = random_table(SEVEN.unique_ids)
    with pytest.raises(InputError, match="unit 'east' lacks a value in 'b'"):
        regionalise(table.assign(b=table["b"].mask(table.index == "east")), SEVEN)
    with pytest.raises(InputError, match="unit 'Moscow' that the graph lacks"):
        regionalise(table.rename(index={"east": "Moscow"}), SEVEN)
    with pytest.raises(InputError, match="unit 'east' twice"):
        regionalise(table.rename(index={"west": "east"}), SEVEN)
    with pytest.raises(CallError, match=r"method='redcap'"):
        regionalise(table, SEVEN, method="redcap")


def test_too_many_units_or_subsets_are_refused_with_what_to_use_instead():
    many = [f"u{i:02d}" for i in range(23)]
    with pytest.raises(CallError, match="found 23 units, expected at most 22; use 'auto'"):
        regionalise(random_table(many), graph_of(ring(many)), method="exact")
    found = regionalise(random_table(many), graph_of(ring(many)), method="ward")
    assert np.isnan(found.gap)
    with pytest.raises(CallError, match="more than 10 connected subsets; use"):
        connected_subsets([0b110, 0b101, 0b011] + [0] * 8, limit=10)


def test_connected_subsets_of_the_oblasts():
    masks = masks_in_order(OBLASTS, sorted(OBLASTS.unique_ids))
    found = connected_subsets(masks)
    assert len(found) == len(set(found)) == 85_479
    assert all(is_connected(each, masks) for each in found[::997])


@pytest.mark.parametrize("seed", range(4))
def test_connected_subsets_are_all_there_are(seed):
    rng = np.random.default_rng(seed)
    n = 9
    near = np.triu(rng.random((n, n)) < 0.25, 1)
    near = near | near.T
    masks = [sum(1 << int(j) for j in np.flatnonzero(row)) for row in near]
    expected = {each for each in range(1, 1 << n) if is_connected(each, masks)}
    assert set(connected_subsets(masks)) == expected


def _random_connected_graph(rng, n):
    near = {i: {int(rng.integers(0, i))} if i else set() for i in range(n)}
    for i, j in rng.integers(0, n, (n, 2)):
        if i != j:
            near[int(i)].add(int(j))
    return graph_of(
        {f"u{i}": [f"u{j}" for j in range(n) if j in near[i] or i in near[j]] for i in range(n)}
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_on_random_graphs_is_that_of_brute_force(seed):
    rng = np.random.default_rng(seed)
    graph = _random_connected_graph(rng, 8)
    table = random_table(sorted(graph.unique_ids), seed=seed)
    for k in (2, 3, 4):
        found = regionalise(table, graph, n_clusters=k)
        assert found.within_ss == pytest.approx(best_of_all(table, graph, k), rel=1e-12)


def test_a_bound_only_shortens_the_search():
    table = random_table(OBLASTS.unique_ids, columns=4, seed=9)
    X = standardised(table, standardise=True)
    masks = masks_in_order(OBLASTS, list(X.index))
    for k in (3, 6):
        free = BestCuts.prepare(X.to_numpy(), masks).cut(k)
        bounded = regionalise(table, OBLASTS, n_clusters=k).within_ss
        assert spread_inside(X.to_numpy(), free) == pytest.approx(bounded, rel=1e-12)


def test_floor_on_units_and_on_amounts():
    table = random_table(OBLASTS.unique_ids, columns=3, seed=2)
    free = regionalise(table, OBLASTS, n_clusters=4)
    floored = regionalise(table, OBLASTS, n_clusters=4, floor=4)
    assert floored.labels.value_counts().min() >= 4
    assert floored.within_ss >= free.within_ss
    people = pd.Series(np.arange(1.0, 21.0), sorted(OBLASTS.unique_ids))
    counted = regionalise(table, OBLASTS, n_clusters=4, floor=40, floor_by=people)
    assert people.groupby(counted.labels).sum().min() >= 40
    with pytest.raises(NotEnoughDataError, match="no cut into 4 contiguous groups meets the floor"):
        regionalise(table, OBLASTS, n_clusters=4, floor=6)
    with pytest.raises(InputError, match="found nan for 'KZ-79'"):
        regionalise(table, OBLASTS, floor_by=people.drop("KZ-79"), floor=3)


def test_floor_by_brute_force():
    table = random_table(SEVEN.unique_ids, seed=4)
    near, X = neighbours(SEVEN), standardised(table, standardise=True)
    keys = list(X.index)
    best = min(
        spread_inside(X.to_numpy(), labels)
        for labels in product(range(3), repeat=7)
        if min(labels.count(g) for g in range(3)) >= 2
        and all(
            in_one_piece([u for u, g in zip(keys, labels, strict=True) if g == each], near)
            for each in range(3)
        )
    )
    found = regionalise(table, SEVEN, n_clusters=3, floor=2)
    assert found.within_ss == pytest.approx(best, rel=1e-12)


def test_curve_falls_and_is_the_optimum_at_every_number():
    table = random_table(OBLASTS.unique_ids, columns=4, seed=7)
    curve = optimal_curve(table, OBLASTS)
    assert list(curve.index) == list(range(2, 9))
    assert (np.diff(curve["within_ss"]) < 0).all()
    for k in (3, 6):
        alone = regionalise(table, OBLASTS, n_clusters=k)
        assert curve.loc[k, "within_ss"] == pytest.approx(alone.within_ss, rel=1e-12)
        assert (curve.loc[k, list(table.index)] == alone.labels).all()


def test_connectedness_by_hand():
    masks = [0b0010, 0b0101, 0b0010, 0b0000]  # 0 - 1 - 2, and 3 alone
    assert is_connected(0b0111, masks)
    assert is_connected(0b1000, masks)
    assert not is_connected(0b0101, masks)
    assert not is_connected(0b1111, masks)
    assert sorted(components(masks)) == [0b0111, 0b1000]
    assert components([]) == []


@settings(max_examples=30)
@given(
    st.permutations(list("abcdefgh")),
    st.permutations(list("abcdefgh")),
    st.integers(0, 5),
    st.sampled_from(["exact", "ward"]),
)
def test_the_order_of_rows_and_of_the_graph_does_not_matter(rows, units, seed, method):
    table = random_table("abcdefgh", seed=seed)
    near = ring("abcdefgh")
    graph = graph_of(near)
    shuffled = graph_of({key: near[key] for key in units})
    expected = regionalise(table, graph, method=method).labels
    found = regionalise(table.loc[rows], shuffled, method=method).labels
    assert list(found.index) == rows
    pd.testing.assert_series_equal(found.reindex(table.index), expected)


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_equal_rows_of_any_size_have_their_optimum(factor):
    # the bound is met exactly but for rounding, which grows with the values
    rows = np.repeat(np.random.default_rng(5).normal(size=(2, 3)), [3, 2], axis=0) * factor
    graph = graph_of({i: [j for j in (i - 1, i + 1) if 0 <= j < 5] for i in range(5)})
    found = regionalise(pd.DataFrame(rows), graph, n_clusters=2, standardise=False)
    assert found.labels.tolist() in ([1, 1, 1, 2, 2], [2, 2, 2, 1, 1])
    curve = optimal_curve(pd.DataFrame(rows), graph, n_clusters=[2, 3], standardise=False)
    assert (curve["share_explained"] > 1 - 1e-12).all()


@pytest.mark.parametrize("method", ["ward", "azp"])
def test_a_floor_that_a_method_does_not_heed_is_refused(method):
    table = pd.DataFrame({"a": range(5)})
    graph = graph_of({i: [j for j in (i - 1, i + 1) if 0 <= j < 5] for i in range(5)})
    with pytest.raises(CallError, match=f"method='{method}': heeds no floor, expected 'exact'"):
        regionalise(table, graph, n_clusters=2, method=method, floor=2)
    with pytest.raises(CallError, match="floor=-2: expected 0 or more"):
        regionalise(table, graph, n_clusters=2, floor=-2)
    amounts = pd.Series(1.0, table.index)
    with pytest.raises(CallError, match="method='skater': heeds no floor by amount"):
        regionalise(table, graph, n_clusters=2, method="skater", floor=2, floor_by=amounts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"table": [1, 2]}, "table: found list, expected a DataFrame"),
        ({"floor_by": [1, 2]}, "floor_by: found list, expected a Series"),
        ({"n_clusters": 2.5}, "n_clusters=2.5: expected a whole number"),
        ({"n_clusters": "3"}, "n_clusters='3'"),
    ],
)
def test_arguments_of_the_wrong_kind_are_said(change, said):
    wish = {"table": pd.DataFrame({"a": range(5)}), "n_clusters": 2} | change
    graph = graph_of({i: [j for j in (i - 1, i + 1) if 0 <= j < 5] for i in range(5)})
    with pytest.raises((CallError, InputError), match=said):
        regionalise(wish.pop("table"), graph, **wish)
