"""Groups by likeness: every partition tried, against k-means and Ward, and the printed one."""

from __future__ import annotations

import csv
from itertools import product
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from helpers import assert_series
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans

from kz_spatial._validate import published_path
from kz_spatial.aggregate import aggregate
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.options import INDICATORS
from kz_spatial.partition import order_labels, partitions, standardised, within_ss
from kz_spatial.twin import load_twin
from kz_spatial.typology import typology

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


def test_k_means_beyond_twelve_units():
    table = random_table(20, seed=3)
    found = typology(table, n_clusters=4, seed=7)
    assert (found.method, found.certified, found.seed) == ("k-means", False, 7)
    assert np.isnan(found.gap)
    X = standardised(table, standardise=True).to_numpy()
    theirs = KMeans(4, n_init=50, random_state=7).fit(X)
    assert found.within_ss == pytest.approx(theirs.inertia_, rel=1e-12)
    asked = typology(random_table(7), method="k-means")
    assert asked.method == "k-means"
    assert not asked.certified
    assert typology(random_table(12, columns=1), n_clusters=2).method == "exact"
    with pytest.raises(CallError, match="found 13 units, expected at most 12"):
        typology(random_table(13), method="exact")


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
            100 * int(counts[r][f"{item}_yes"])
            / (int(counts[r][f"{item}_yes"]) + int(counts[r][f"{item}_no"]))
            for r in table.index
        ]  # fmt: skip
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


def test_the_order_of_rows_does_not_matter_to_k_means():
    order = np.random.default_rng(2).permutation(20)
    assert_same_labels_in_any_order(random_table(20), order, "k-means")


@settings(max_examples=30)
@given(st.floats(1e-6, 1e6), st.floats(-100, 100), st.integers(0, 5))
def test_units_of_measure_do_not_matter(factor, shift, seed):
    table = random_table(7, seed=seed)
    moved = table.assign(a=table["a"] * factor + shift * factor)
    first, second = typology(table), typology(moved)
    pd.testing.assert_series_equal(first.labels, second.labels)
    assert second.within_ss == pytest.approx(first.within_ss, rel=1e-9)
