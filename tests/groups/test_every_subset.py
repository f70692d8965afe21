"""The proof over all subsets: against all partitions, the recursion of the regions, and itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kz_spatial.groups import every_subset
from kz_spatial.groups.alike import optimal_groups, scaled, typologies, typology
from kz_spatial.groups.connected import BestCuts
from kz_spatial.groups.every_subset import BestGroups
from kz_spatial.groups.partition import partitions, within_ss


def tables(n, seed):
    """Random numbers, many equals, all equally far apart, all alike, and two tight bunches."""
    rng = np.random.default_rng(seed)
    bunches = rng.normal(scale=0.01, size=(n, 3)) + (np.arange(n)[:, None] % 2)
    return {
        "normal": rng.normal(size=(n, 3)),
        "equals": rng.integers(0, 2, (n, 3)).astype(float),
        "simplex": np.eye(n),
        "alike": np.ones((n, 2)),
        "bunches": bunches,
    }


KINDS = ("normal", "equals", "simplex", "alike", "bunches")


def costs_by_mask(X):
    """Sum of squares about the mean of every set of rows, summed row by row."""
    n = len(X)
    found = [0.0]
    for mask in range(1, 1 << n):
        rows = X[[i for i in range(n) if mask >> i & 1]]
        found.append(float(((rows - rows.mean(axis=0)) ** 2).sum()))
    return found


def least_of_all(X, allowed=lambda _: True):
    """By number of groups, the least sum of squares over every partition into allowed groups."""
    n, cost = len(X), costs_by_mask(X)
    best = {}

    def grow(unit, groups):
        if unit == n:
            if all(allowed(each) for each in groups):
                k, total = len(groups), sum(cost[each] for each in groups)
                best[k] = min(best.get(k, np.inf), total)
            return
        for i in range(len(groups)):
            grow(unit + 1, [*groups[:i], groups[i] | 1 << unit, *groups[i + 1 :]])
        grow(unit + 1, [*groups, 1 << unit])

    grow(0, [])
    return best


def test_the_list_of_all_partitions_is_that_of_the_enumeration():
    X = np.random.default_rng(1).normal(size=(7, 2))
    found = least_of_all(X)
    for k in range(1, 8):
        listed = min(within_ss(X, np.array(each)) for each in partitions(7, k))
        assert found[k] == pytest.approx(listed, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("filled", [12, 0])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", range(1, 10))
def test_every_number_of_groups_is_that_of_all_partitions(n, kind, filled, monkeypatch):
    """By tables alone, and by the search with bounds that more units need."""
    monkeypatch.setattr(every_subset, "_FILLED", filled if n > 2 else 12)
    X = tables(n, seed=n)[kind]
    found = optimal_groups(X, range(1, n + 1))
    for k, least in least_of_all(X).items():
        assert len(set(found[k].tolist())) == k
        assert within_ss(X, found[k]) == pytest.approx(least, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("kind", ["normal", "equals", "bunches"])
def test_ten_units_are_those_of_all_115975_partitions(kind):
    X = tables(10, seed=3)[kind]
    found = optimal_groups(X, range(1, 11))
    least = least_of_all(X)
    assert sorted(least) == list(range(1, 11))
    for k in least:
        assert within_ss(X, found[k]) == pytest.approx(least[k], rel=1e-11, abs=1e-12)


def whole_graph(n):
    return [(1 << n) - 1 ^ 1 << i for i in range(n)]


@pytest.mark.parametrize("kind", ["normal", "equals", "simplex", "bunches"])
@pytest.mark.parametrize("n", [13, 14])
def test_more_units_are_those_of_the_regions_where_all_are_neighbours(n, kind):
    X = scaled(tables(n, seed=n)[kind])
    cuts = BestCuts.prepare(X, whole_graph(n), most=6)
    found = optimal_groups(X, range(2, 7))
    for k in found:
        theirs = cuts.cut(k, bound=within_ss(X, found[k]) * (1 + 1e-6))
        assert len(set(found[k].tolist())) == k
        assert within_ss(X, found[k]) == pytest.approx(within_ss(X, theirs), abs=1e-12)


def test_sixteen_of_twenty_units_are_those_of_the_regions_where_all_are_neighbours():
    rows = np.random.default_rng(8).normal(size=(20, 4))
    for seed in range(2):
        X = scaled(rows[np.random.default_rng(seed).permutation(20)[:16]])
        cuts, found = BestCuts.prepare(X, whole_graph(16), most=5), optimal_groups(X, [3, 5])
        for k in found:
            theirs = cuts.cut(k, bound=within_ss(X, found[k]) * 1.01)
            assert within_ss(X, found[k]) == pytest.approx(within_ss(X, theirs), rel=1e-11)


def test_the_bound_only_shortens_the_search():
    X = scaled(np.random.default_rng(2).normal(size=(15, 3)))
    for k in (2, 4, 7):
        free = BestGroups.prepare(X, most=k).groups(k)
        least = within_ss(X, free)
        for bound in (least, least * 1.2, 1.0):
            found = BestGroups.prepare(X, most=k).groups(k, bound=bound)
            assert within_ss(X, found) == pytest.approx(least, rel=1e-12)
        assert BestGroups.prepare(X, most=k).groups(k, bound=least * 0.99) is None


def test_a_search_that_takes_long_gives_way_to_tables():
    n = 14
    best = BestGroups.prepare(scaled(np.eye(n)), most=5)
    for k in (2, 3, 4, 5):
        labels = best.groups(k, bound=1.0)
        assert within_ss(np.eye(n), labels) == pytest.approx(n - k, rel=1e-12)
    assert best.n_filled == 4
    light = BestGroups.prepare(scaled(tables(n, 1)["bunches"]), most=5)
    assert light.groups(2, bound=0.1) is not None
    assert light.n_filled == 1


def twenty(seed, columns=4):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(20, columns)), [f"u{i:02}" for i in range(20)])


def test_twenty_units_keep_their_groups_under_other_names_and_scales():
    table = twenty(1)
    numbers = [2, 3, 4, 5, 8]
    first = typologies(table, n_clusters=numbers)
    rng = np.random.default_rng(5)
    renamed = table.set_axis(rng.permutation(table.index), axis=0)
    turned = typologies(renamed * [3, -2, 1e-6, 1e6] + [0, 5, 1, -7], n_clusters=numbers)
    for k in numbers:
        assert first[k].certified
        assert turned[k].certified
        assert turned[k].within_ss == pytest.approx(first[k].within_ss, rel=1e-9)
        one, two = first[k].labels.to_numpy(), turned[k].labels.to_numpy()
        assert ((one[:, None] == one) == (two[:, None] == two)).all()


def test_several_numbers_together_are_each_alone_and_no_worse_than_k_means():
    table = twenty(4)
    together = typologies(table, n_clusters=range(2, 9))
    assert list(together) == list(range(2, 9))
    for k in (2, 5, 8):
        alone = typology(table, n_clusters=k)
        pd.testing.assert_series_equal(together[k].labels, alone.labels)
        heuristic = typology(table, n_clusters=k, method="k-means")
        assert heuristic.gap >= 0
        assert heuristic.within_ss >= alone.within_ss * (1 - 1e-12)
        ward = typology(table, n_clusters=k, method="ward")
        assert ward.gap == pytest.approx(ward.within_ss / alone.within_ss - 1, abs=1e-12)


def test_a_poor_bound_at_twenty_units_changes_nothing():
    X = scaled(twenty(6).to_numpy())
    best = BestGroups.prepare(X, most=4)
    far = within_ss(X, best.groups(4, bound=1.0))
    near = within_ss(X, optimal_groups(X, [4])[4])
    assert far == pytest.approx(near, rel=1e-12)
