"""Bounds on the size of groups: every partition tried, and what is said where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of
from pattern_cases import GRAPH

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.groups.bounds import bounds_of

UNITS = sorted(GRAPH.unique_ids)
WAYS = [
    {},
    {"floor": 2},
    {"ceiling": 4},
    {"floor": 2, "ceiling": 4},
    {"floor": 3, "ceiling": 3},
    {"balance": 0.25},
    {"floor": 12, "amounts": True},
    {"ceiling": 25, "amounts": True},
    {"floor": 9, "ceiling": 30, "amounts": True},
    {"balance": 0.4, "amounts": True},
]


def asked(way, units, seed):
    """Arguments of a call, amounts by unit, and the check that a group's amount has to pass."""
    amounts = pd.Series(np.random.default_rng(seed).integers(0, 12, len(units)), units)
    wish = {key: value for key, value in way.items() if key != "amounts"}
    if "amounts" in way:
        wish["floor_by"] = amounts
    size = amounts if "amounts" in way else amounts * 0 + 1

    def passes(group, k):
        share = size.sum() / k
        low, high = wish.get("floor", 0), wish.get("ceiling", np.inf)
        if "balance" in wish:
            low = max(low, share * (1 - wish["balance"]) - 1e-9)
            high = min(high, share * (1 + wish["balance"]) + 1e-9)
        return low <= size.iloc[group].sum() <= high

    return wish, passes


def partitions_of(units):
    """All set partitions of a list."""
    if not units:
        yield []
        return
    first, rest = units[0], units[1:]
    for each in partitions_of(rest):
        yield [[first], *each]
        for i, group in enumerate(each):
            yield [*each[:i], [first, *group], *each[i + 1 :]]


def least_by_number(X, passes, whole=lambda _: True):
    """By number of groups, the least sum of squares over all partitions that pass."""
    inside, best = {}, {}
    for groups in partitions_of(list(range(len(X)))):
        k, total = len(groups), 0.0
        for group in groups:
            key = tuple(group)
            if key not in inside:
                rows = X[group]
                inside[key] = ((rows - rows.mean(axis=0)) ** 2).sum() if whole(group) else np.inf
            total += inside[key]
        if total < best.get(k, np.inf) and all(passes(group, k) for group in groups):
            best[k] = total
    return best


def random_case(n, seed):
    """A table, and a connected graph of a random tree and some edges more."""
    rng = np.random.default_rng(seed)
    units = [f"u{i}" for i in range(n)]
    near = {each: set() for each in units}
    pairs = [(i, int(rng.integers(i))) for i in range(1, n)]
    pairs += [tuple(rng.choice(n, 2, replace=False)) for _ in range(n // 2)]
    for i, j in pairs:
        near[units[i]].add(units[j])
        near[units[j]].add(units[i])
    table = pd.DataFrame(rng.normal(size=(n, 2)), units)
    return table, graph_of({key: sorted(each) for key, each in near.items()}), near


def one_piece(units, near):
    def check(group):
        members = {units[i] for i in group}
        reached = [units[group[0]]]
        for each in reached:
            reached += sorted(near[each] & members - set(reached))
        return len(set(reached)) == len(members)

    return check


def compare(found, least):
    if least is None:
        with pytest.raises(NotEnoughDataError, match=r"no cut into \d contiguous groups|no cut"):
            found()
        return
    result = found()
    assert result.certified
    assert result.within_ss == pytest.approx(least, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_regions_and_typologies_within_bounds_are_the_best_of_all_partitions(way, seed):
    n = 8
    table, graph, near = random_case(n, seed)
    wish, passes = asked(way, list(table.index), seed)
    X = table.to_numpy()
    regions = least_by_number(X, passes, one_piece(list(table.index), near))
    groups = least_by_number(X, passes)
    for k in range(1, n + 1):
        wish |= {"n_clusters": k, "standardise": False}
        compare(lambda wish=wish: kz.regionalise(table, graph, **wish), regions.get(k))
        compare(lambda wish=wish: kz.typology(table, **wish), groups.get(k))
    numbers = range(1, n + 1)
    every = wish | {"n_clusters": numbers}
    if not regions:
        with pytest.raises(NotEnoughDataError, match="no cut into 1 contiguous groups"):
            kz.optimal_regions(table, graph, **every)
        return
    found = kz.optimal_regions(table, graph, **every)
    assert list(found) == sorted(regions)
    for k, each in found.items():
        assert each.within_ss == pytest.approx(regions[k], rel=1e-11, abs=1e-12)
    curve = kz.optimal_curve(table, graph, **every)
    np.testing.assert_allclose(curve["within_ss"], [regions[k] for k in curve.index], atol=1e-12)


def test_ten_units_within_bounds_are_the_best_of_all_partitions():
    table, graph, near = random_case(10, 5)
    wish, passes = asked({"floor": 2, "ceiling": 4}, list(table.index), 5)
    least = least_by_number(table.to_numpy(), passes, one_piece(list(table.index), near))
    free = least_by_number(table.to_numpy(), passes)
    found = kz.optimal_regions(
        table, graph, n_clusters=range(1, 11), standardise=False, floor=2, ceiling=4
    )
    assert sorted(found) == sorted(least)
    for k, each in found.items():
        assert each.within_ss == pytest.approx(least[k], rel=1e-11)
        assert set(each.labels.value_counts()) <= {2, 3, 4}
    for k in free:
        alone = kz.typology(table, n_clusters=k, standardise=False, **wish)
        assert alone.within_ss == pytest.approx(free[k], rel=1e-11)


def test_the_oblasts_in_balanced_regions():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(20, 4)), UNITS)
    people = pd.Series(rng.uniform(2e5, 2e6, 20), UNITS)
    free = kz.regionalise(table, GRAPH, n_clusters=4)
    last = free.within_ss
    for balance in (0.5, 0.2, 0.1):
        found = kz.regionalise(table, GRAPH, n_clusters=4, balance=balance, floor_by=people)
        share = people.groupby(found.labels).sum() / people.sum() * 4
        assert share.between(1 - balance, 1 + balance).all()
        assert found.within_ss >= last * (1 - 1e-12)
        last = found.within_ss
    ward = kz.regionalise(table, GRAPH, n_clusters=4, method="ward")
    assert ward.gap == pytest.approx(ward.within_ss / free.within_ss - 1, abs=1e-9)
    alike = kz.typology(table, n_clusters=4, floor=5, ceiling=5)
    assert (alike.labels.value_counts() == 5).all()
    assert alike.certified


def test_amounts_of_more_units_are_those_of_regions_where_all_are_neighbours():
    units = [f"u{i:02}" for i in range(14)]
    rng = np.random.default_rng(11)
    table = pd.DataFrame(rng.normal(size=(14, 2)), units)
    people = pd.Series(rng.integers(1, 90, 14), units)
    graph = graph_of({key: [other for other in units if other != key] for key in units})
    for wish in ({"floor": 120}, {"balance": 0.2}):
        found = kz.typology(table, n_clusters=4, floor_by=people, **wish)
        theirs = kz.regionalise(table, graph, n_clusters=4, floor_by=people, **wish)
        assert found.within_ss == pytest.approx(theirs.within_ss, rel=1e-11)
        assert found.within_ss > kz.typology(table, n_clusters=4).within_ss * (1 + 1e-6)


def test_the_order_of_rows_and_of_amounts_does_not_matter():
    table, graph, _ = random_case(9, 2)
    people = pd.Series(np.random.default_rng(3).integers(1, 9, 9), table.index)
    wish = {"n_clusters": 3, "balance": 0.5}
    first = kz.regionalise(table, graph, floor_by=people, **wish).labels
    alike = kz.typology(table, floor_by=people, **wish).labels
    turned = np.random.default_rng(4).permutation(table.index)
    found = kz.regionalise(table.loc[turned], graph, floor_by=people.iloc[::-1], **wish).labels
    pd.testing.assert_series_equal(found.reindex(table.index), first)
    found = kz.typology(table.loc[turned] * 7, floor_by=people.iloc[::-1], **wish).labels
    pd.testing.assert_series_equal(found.reindex(table.index), alike)


def test_shares_may_be_bounded_from_above_alone():
    shares = pd.Series([0.1, 0.2, 0.2, 0.1, 0.2, 0.2])
    found = kz.regionalise(TABLE, PATH, n_clusters=3, ceiling=0.4, floor_by=shares)
    assert shares.groupby(found.labels).sum().max() < 0.41
    assert kz.regionalise(TABLE, PATH, n_clusters=6, floor_by=shares * 0).within_ss == 0


PATH = graph_of({i: [j for j in (i - 1, i + 1) if 0 <= j < 6] for i in range(6)})
STAR = graph_of({0: [1, 2, 3, 4, 5]} | {i: [0] for i in range(1, 6)})
TABLE = pd.DataFrame({"a": [0.0, 1, 2, 7, 8, 9]})


@pytest.mark.parametrize(
    ("graph", "wish", "said"),
    [
        (STAR, {"floor": 2}, "the floor of 2 (6 in all); the nearest has 1 to 5 in a group, "),
        (PATH, {"floor": 4}, "4 (6 in all); the nearest has 3 to 3 in a group, expected fewer"),
        (PATH, {"ceiling": 2}, "the ceiling of 2 (6 in all); the nearest has 3 to 3 in a group, "),
        (STAR, {"floor": 2, "ceiling": 4}, "the floor of 2 and the ceiling of 4 (6 in all); the"),
        (STAR, {"balance": 0.5}, "the floor of 1.5 and the ceiling of 4.5 (6 in all); the nearest"),
    ],
)
def test_what_is_asked_and_what_comes_nearest_is_said(graph, wish, said):
    with pytest.raises(NotEnoughDataError) as caught:
        kz.regionalise(TABLE, graph, n_clusters=2, **wish)
    assert str(caught.value).startswith("method='exact': no cut into 2 contiguous groups meets the")
    assert said in str(caught.value)
    with pytest.raises(NotEnoughDataError, match="no cut into 2 contiguous groups"):
        kz.optimal_regions(TABLE, graph, n_clusters=[2], **wish)


def test_the_nearest_by_amount():
    amounts = pd.Series([5.0, 5, 5, 5, 5, 1])
    with pytest.raises(NotEnoughDataError, match=r"the nearest has 11 to 15 in a group"):
        kz.regionalise(TABLE, PATH, n_clusters=2, floor=12, floor_by=amounts)
    with pytest.raises(
        NotEnoughDataError, match=r"no cut into 2 groups meets the floor of 14 \(26"
    ):
        kz.typology(TABLE, n_clusters=2, floor=14, floor_by=amounts)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"ceiling": "3"}, "ceiling='3': expected 0 or more"),
        ({"ceiling": -1}, "ceiling=-1: expected 0 or more"),
        ({"ceiling": True}, "ceiling=True"),
        ({"floor": 3, "ceiling": 2}, "ceiling=2: expected the floor of 3 or more"),
        ({"balance": 0}, "balance=0: expected"),
        ({"balance": 2}, "balance=2: expected"),
        ({"floor_by": pd.Series([1.0, -1, 1, 1, 1, 1])}, "floor_by: found -1.0 for 1"),
    ],
)
def test_bounds_out_of_range_are_one_line(wish, said):
    for call in (
        lambda: kz.regionalise(TABLE, PATH, n_clusters=2, **wish),
        lambda: kz.optimal_regions(TABLE, PATH, n_clusters=[2], **wish),
        lambda: kz.typology(TABLE, n_clusters=2, **wish),
    ):
        with pytest.raises((CallError, InputError), match=said):
            call()


@pytest.mark.parametrize("method", ["ward", "skater", "azp", "max-p"])
@pytest.mark.parametrize("wish", [{"ceiling": 4}, {"balance": 0.5}])
def test_a_ceiling_that_a_method_does_not_heed_is_refused(method, wish):
    with pytest.raises(CallError, match=f"method='{method}': heeds no ceiling, expected 'exact'"):
        kz.regionalise(TABLE, PATH, n_clusters=2, method=method, **wish)


@pytest.mark.parametrize("wish", [{"ceiling": 4}, {"balance": 0.5}, {"floor": 2}])
def test_a_typology_without_proof_heeds_no_bounds(wish):
    for method in ("ward", "k-means"):
        with pytest.raises(CallError, match=f"method='{method}': heeds no"):
            kz.typology(TABLE, n_clusters=2, method=method, **wish)
    many = pd.DataFrame({"a": np.arange(21.0)})
    with pytest.raises(CallError, match="method='k-means': heeds no"):
        kz.typology(many, n_clusters=2, **wish)


def test_bounds_meet_amounts_that_rounding_sets_beside_them():
    amounts = pd.Series([0.1, 0.2, 0.3])
    made = bounds_of(amounts.index, floor=0.3, ceiling=0.3, floor_by=amounts, balance=None)
    assert made.allow(np.array([0.1 + 0.2, 0.3])).all()
    assert not made.allow(np.array([0.2999999, 0.3000001])).any()
    assert made.met(np.array([0, 0, 1]))
    assert not made.met(np.array([0, 1, 1]))
