"""Groups by likeness: proven, by k-means and by Ward, against lists and peers; the printed one."""

from __future__ import annotations

import csv
from itertools import combinations, product
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from helpers import INDICATORS, assert_series
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans

from kz_spatial._validate import published_path
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates.aggregation import aggregate
from kz_spatial.groups.alike import k_means, typology
from kz_spatial.groups.partition import order_labels, partitions, standardised, within_ss
from kz_spatial.survey.twin import load_twin

MEANS = [f"{name}_mean" for name in INDICATORS]


def random_table(n, columns=2, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        rng.normal(size=(n, columns)), [f"u{i:02}" for i in range(n)], list("abcdef")[:columns]
    )


def spread_inside(X, labels):
    """Within sum of squares from distances of pairs, another way to the same number."""
    total = 0.0
    for group in set(labels):
        members = X[np.asarray(labels) == group]
        squared = ((members[:, None] - members[None, :]) ** 2).sum()
        total += squared / (2 * len(members))
    return total


def best_of_all(X, k):
    n = len(X)
    return min(
        spread_inside(X, labels) for labels in product(range(k), repeat=n) if len(set(labels)) == k
    )


def as_groups(labels):
    return {frozenset(labels.index[labels == k]) for k in set(labels)}


def stirling(n, k):
    return sum((-1) ** (k - j) * comb(k, j) * j**n for j in range(k + 1)) // factorial(k)


@pytest.mark.parametrize(("n", "k"), [(n, k) for n in range(1, 9) for k in range(1, n + 1)])
def test_every_partition_comes_once(n, k):
    found = list(partitions(n, k))
    assert len(found) == stirling(n, k)
    groups = {
        frozenset(frozenset(i for i in range(n) if each[i] == g) for g in set(each))
        for each in found
    }
    assert len(groups) == len(found)
    assert all(len(each) == k for each in groups)


def test_there_are_301_ways_to_put_seven_regions_into_three_groups():
    assert sum(1 for _ in partitions(7, 3)) == 301


@pytest.mark.parametrize(("n", "k"), [(4, 2), (6, 3), (7, 3), (7, 2), (5, 5), (5, 1)])
@pytest.mark.parametrize("standardise", [True, False])
def test_the_optimum_is_that_of_brute_force(n, k, standardise):
    table = random_table(n, seed=n * 10 + k)
    table["b"] *= 5
    found = typology(table, n_clusters=k, standardise=standardise)
    X = table.to_numpy()
    if standardise:
        X = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
    # two ways to sum a dozen squares
    assert found.within_ss == pytest.approx(best_of_all(X, k), rel=1e-12, abs=1e-13)
    assert found.within_ss == pytest.approx(spread_inside(X, found.labels), rel=1e-12, abs=1e-13)
    assert found.total_ss == pytest.approx(spread_inside(X, [0] * n), rel=1e-12)
    assert (found.certified, found.gap, found.method, found.seed) == (True, 0.0, "exact", None)
    assert found.n_clusters == k == found.labels.nunique()
    assert found.labels.name == "cluster"
    assert list(found.labels.index) == list(table.index)


def test_a_case_by_hand():
    table = pd.DataFrame({"x": [0.0, 1, 10, 12, 30]}, index=list("vwxyz"))
    found = typology(table, n_clusters=3, standardise=False)
    # {0, 1}, {10, 12}, {30}: 0.5 + 2; numbered from the highest mean down
    assert_series(found.labels, {"v": 3, "w": 3, "x": 2, "y": 2, "z": 1}, name="cluster")
    assert found.within_ss == pytest.approx(2.5)
    assert found.total_ss == pytest.approx(1145 - 53**2 / 5)


def test_the_optimum_is_no_worse_than_other_methods():
    for seed in range(20):
        table = random_table(8, columns=3, seed=seed)
        best = typology(table, n_clusters=3)
        X = standardised(table, standardise=True).to_numpy()
        ward = fcluster(linkage(X, "ward"), 3, "maxclust")
        k_means = KMeans(3, n_init=1, random_state=seed).fit(X)
        assert best.within_ss <= spread_inside(X, ward) + 1e-12
        assert best.within_ss <= k_means.inertia_ + 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_all_partitions_listed(seed):
    table = random_table(9, columns=3, seed=seed)
    X = standardised(table, standardise=True).to_numpy()
    for k in (2, 4, 7):
        every = [within_ss(X, np.array(each)) for each in partitions(9, k)]
        assert typology(table, n_clusters=k).within_ss == pytest.approx(min(every), rel=1e-12)


def on_a_line(n, k):
    """Least sum of squares of n random numbers in k groups, which are intervals then."""
    table = random_table(n, columns=1)
    x = np.sort(standardised(table, standardise=True).to_numpy()[:, 0])
    listed = [
        spread_inside(x[:, None], np.searchsorted(cuts, np.arange(n), side="right"))
        for cuts in combinations(range(1, n), k - 1)
    ]
    return table, min(listed)


@pytest.mark.parametrize(("n", "k"), [(13, 3), (16, 4), (17, 2), (20, 4), (20, 6)])
def test_more_units_are_proven_on_a_line(n, k):
    table, least = on_a_line(n, k)
    found = typology(table, n_clusters=k)
    assert (found.method, found.certified, found.gap, found.seed) == ("exact", True, 0.0, None)
    assert found.within_ss == pytest.approx(least, rel=1e-12)


def test_twenty_units_are_proven_and_twenty_one_are_not():
    assert typology(random_table(20)).certified
    assert typology(random_table(21)).method == "k-means"
    with pytest.raises(CallError, match="found 21 units, expected at most 20; use 'k-means'"):
        typology(random_table(21), method="exact")


def test_k_means_is_never_behind_scikit_learn():
    ahead = 0
    for seed in range(5):
        table = random_table(30, columns=3, seed=seed)
        found = typology(table, n_clusters=6, seed=7)
        assert (found.method, found.certified, found.seed) == ("k-means", False, 7)
        assert np.isnan(found.gap)
        X = standardised(table, standardise=True).to_numpy()
        theirs = KMeans(6, n_init=50, random_state=7).fit(X).inertia_
        assert found.within_ss <= theirs * (1 + 1e-12)
        ahead += found.within_ss < theirs * (1 - 1e-9)
    assert ahead > 0  # or the moves of single units would be in vain


def test_k_means_leaves_no_unit_that_had_better_move():
    X = np.random.default_rng(4).normal(size=(1, 40, 2))
    labels = k_means(X, 5, n_starts=1, rng=np.random.default_rng(1))[0]
    own = within_ss(X[0], labels)
    for unit, group in product(range(40), range(5)):
        moved = labels.copy()
        moved[unit] = group
        assert len(set(moved)) < 5 or within_ss(X[0], moved) >= own - 1e-9


@pytest.mark.parametrize("n", [5, 21])
def test_k_means_parts_equals_where_more_groups_are_asked_than_units_differ(n):
    table = pd.DataFrame({"x": [0.0, 1, *[7] * (n - 2)]})
    found = typology(table, n_clusters=5, method="k-means")
    assert found.n_clusters == 5
    assert found.within_ss == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("method", ["ward", "k-means"])
def test_heuristics_tell_their_distance_to_the_optimum(method):
    behind = 0
    for seed in range(12):
        table = random_table(12, columns=3, seed=seed)
        best, found = typology(table), typology(table, method=method)
        assert (found.method, found.certified) == (method, False)
        assert found.seed == (20240 if method == "k-means" else None)
        assert found.gap == pytest.approx(found.within_ss / best.within_ss - 1, abs=1e-12)
        assert found.gap >= 0
        behind += found.gap > 0.01
    assert (behind > 0) == (method == "ward")
    assert np.isnan(typology(random_table(21), method=method).gap)


def test_ward_by_hand():
    # 13 and 14 join at a cost of 0.5, then 5 and 8 at 4.5
    table = pd.DataFrame({"x": [0.0, 5, 8, 13, 14]}, index=list("vwxyz"))
    found = typology(table, n_clusters=3, standardise=False, method="ward")
    assert_series(found.labels, {"v": 3, "w": 2, "x": 2, "y": 1, "z": 1}, name="cluster")
    assert found.within_ss == pytest.approx(4.5 + 0.5)
    # next {0} and {5, 8} cost 2/3 6.5^2 = 28.2, {5, 8} and {13, 14} 7^2 = 49
    found = typology(table, n_clusters=2, standardise=False, method="ward")
    assert as_groups(found.labels) == {frozenset("vwx"), frozenset("yz")}
    assert found.within_ss == pytest.approx(5 + 2 / 3 * 6.5**2)


@pytest.mark.parametrize("seed", range(4))
def test_ward_is_that_of_scipy(seed):
    table = random_table(20, columns=3, seed=seed)
    X = standardised(table, standardise=True).to_numpy()
    theirs = pd.Series(fcluster(linkage(X, "ward"), 5, "maxclust"), table.index)
    assert as_groups(typology(table, n_clusters=5, method="ward").labels) == as_groups(theirs)


@pytest.mark.parametrize("method", ["exact", "k-means", "ward"])
def test_one_unit_and_as_many_groups_as_units(method):
    assert typology(random_table(1), n_clusters=1, method=method).labels.tolist() == [1]
    found = typology(random_table(4), n_clusters=4, method=method)
    assert found.labels.nunique() == 4
    assert (found.within_ss, found.gap) == (0.0, 0.0)
    assert typology(random_table(4), n_clusters=1, method=method).gap == 0


def read_rows(name):
    with published_path(name).open(encoding="utf-8", newline="") as stream:
        return {row["region"].lower(): row for row in csv.DictReader(stream)}


def rank_of_the_printed_grouping(table):
    """Place of the printed clusters among all 301 groupings, by within sum of squares."""
    printed = pd.Series({region: row["cluster"] for region, row in read_rows(TABLE2).items()})
    X = standardised(table, standardise=True)
    every = [within_ss(X.to_numpy(), np.array(each)) for each in partitions(7, 3)]
    own = within_ss(X.to_numpy(), pd.factorize(printed[X.index])[0])
    assert min(every) == pytest.approx(typology(table).within_ss, rel=1e-12)
    return 1 + sum(each < own - 1e-9 for each in every)


TABLE2 = "table2_published.csv"
ITEMS = ["c7", "k33", "ge7", "h1", "g3"]


def test_the_printed_grouping_is_the_255th_of_301_and_the_285th_when_corrected():
    rows = read_rows(TABLE2)
    del rows["national"]
    means = {i: {r: float(row[f"{i}_mean"]) for r, row in rows.items()} for i in ITEMS}
    table = pd.DataFrame(means)
    assert rank_of_the_printed_grouping(table) == 255
    counts = read_rows("binary_items_reconstructed.csv")
    for item in ("ge7", "h1"):  # without the -9 that were left in as numbers
        table[item] = [
            100
            * int(counts[r][f"{item}_yes"])
            / (int(counts[r][f"{item}_yes"]) + int(counts[r][f"{item}_no"]))
            for r in table.index
        ]
    assert rank_of_the_printed_grouping(table) == 285


def test_the_composites_are_certified():
    table = aggregate(load_twin())
    found = typology(table[MEANS])
    assert found.certified
    assert sorted(set(found.labels)) == [1, 2, 3]
    assert 0 < found.within_ss < found.total_ss == pytest.approx(5 * 6)  # z-scores with n - 1


def test_a_column_that_does_not_vary_plays_no_part():
    table = random_table(7).assign(c=[0.1, 0.3 - 0.2, 0.1, 0.7 - 0.6, 0.1, 0.1, 0.1])
    assert as_groups(typology(table).labels) == as_groups(typology(table[["a", "b"]]).labels)
    assert typology(table).total_ss == pytest.approx(2 * 6)


def test_equal_groups_are_numbered_by_their_first_unit():
    X = np.array([[1.0], [5.0], [1.0], [5.0], [5.0]])
    assert order_labels(np.array([0, 1, 0, 1, 1]), X).tolist() == [2, 1, 2, 1, 1]
    assert order_labels(np.array([2, 1, 2, 0, 0]), np.ones((5, 1))).tolist() == [1, 2, 1, 3, 3]


@pytest.mark.parametrize("k", [0, -1, 8])
def test_a_number_of_groups_out_of_range(k):
    with pytest.raises(NotEnoughDataError, match=f"found 7 units for {k} groups, expected 1 to 7"):
        typology(random_table(7), n_clusters=k)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(b=t["b"].mask(t.index == "u03")), "unit 'u03' lacks a value in 'b'"),
        (lambda t: t.assign(a=t["a"].mask(t.index == "u05", np.inf)), "unit 'u05' lacks .* in 'a'"),
        (lambda t: t.assign(b="x"), "column 'b' holds .*, expected numbers"),
        (lambda t: t.set_axis([*"abcdea", "f"], axis=0), "unit 'a' twice"),
        (lambda t: t[[]], "no columns"),
    ],
)
def test_faulty_tables_are_named(change, said):
    with pytest.raises(InputError, match=said):
        typology(change(random_table(7)))


def test_an_unknown_method_is_a_fault_of_the_call():
    with pytest.raises(CallError, match=r"method='kmeans'.*did you mean 'k-means'"):
        typology(random_table(7), method="kmeans")


def assert_same_labels_in_any_order(table, order, method):
    before = table.copy()
    expected = typology(table, method=method).labels
    found = typology(table.iloc[order], method=method).labels
    assert list(found.index) == list(table.index[order])
    pd.testing.assert_series_equal(found.reindex(table.index), expected)
    pd.testing.assert_frame_equal(table, before)


@settings(max_examples=30)
@given(st.permutations(range(7)), st.integers(0, 5))
def test_the_order_of_rows_does_not_matter(order, seed):
    assert_same_labels_in_any_order(random_table(7, seed=seed), order, "exact")


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]])
def test_the_order_of_rows_does_not_choose_among_equals(order):
    # {a, b}, {c} and {a}, {b, c} are equally good
    table = pd.DataFrame({"x": [0.0, 1, 2]}, index=list("abc"))
    found = typology(table.iloc[order], n_clusters=2, standardise=False).labels
    assert found[["a", "b", "c"]].tolist() == [2, 2, 1]
    assert list(found.index) == [table.index[i] for i in order]


@pytest.mark.parametrize("method", ["k-means", "ward"])
def test_the_order_of_rows_does_not_matter_to_heuristics(method):
    order = np.random.default_rng(2).permutation(20)
    assert_same_labels_in_any_order(random_table(20), order, method)


@pytest.mark.parametrize("method", ["exact", "k-means", "ward"])
@settings(max_examples=20)
@given(order=st.permutations(range(8)), seed=st.integers(0, 9))
def test_the_order_of_rows_chooses_among_no_equals(method, order, seed):
    values = np.random.default_rng(seed).integers(0, 2, (8, 2)).astype(float)
    values[0], values[1] = (0, 0), (1, 1)
    table = pd.DataFrame(values, list("abcdefgh"), ["x", "y"])
    assert_same_labels_in_any_order(table, order, method)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
@pytest.mark.parametrize("method", ["exact", "k-means", "ward"])
def test_columns_as_they_are_may_be_of_any_size(method, factor):
    table = random_table(9, seed=5)
    table.iloc[2] = table.iloc[4] = table.iloc[3]  # three alike, which rounding may hide
    expected = typology(table, n_clusters=7, method=method, standardise=False)
    found = typology(table * factor, n_clusters=7, method=method, standardise=False)
    assert as_groups(found.labels) == as_groups(expected.labels)
    assert found.within_ss == pytest.approx(0, abs=1e-20 * factor**2)


@pytest.mark.parametrize(("factor", "shift"), [(1e-9, 0), (1, 1e6)])
def test_k_means_is_as_good_whatever_the_scale_and_the_origin(factor, shift):
    table = random_table(20, columns=3, seed=1)
    expected = typology(table, n_clusters=6, standardise=False)
    found = typology(table * factor + shift, n_clusters=6, standardise=False)
    assert as_groups(found.labels) == as_groups(expected.labels)


@settings(max_examples=30)
@given(st.floats(1e-6, 1e6), st.floats(-100, 100), st.integers(0, 5))
def test_units_of_measure_do_not_matter(factor, shift, seed):
    table = random_table(7, seed=seed)
    moved = table.assign(a=table["a"] * factor + shift * factor)
    first, second = typology(table), typology(moved)
    pd.testing.assert_series_equal(first.labels, second.labels)
    assert second.within_ss == pytest.approx(first.within_ss, rel=1e-9)
