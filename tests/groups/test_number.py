"""How many groups: against R's cluster package, scikit-learn, cases by hand, and awkward tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of, ring
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster
from sklearn.metrics import calinski_harabasz_score, silhouette_score

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.groups import gap
from kz_spatial.groups.alike import k_means, optimal_groups, typology
from kz_spatial.groups.merging import ward_tree
from kz_spatial.groups.number import choose_n_clusters
from kz_spatial.groups.partition import standardised, within_ss

REFERENCE = Path(__file__).parents[1] / "reference" / "cluster_choice"
LEVELS = ["composite", "oblast"]
LINE = {"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c", "e"], "e": ["d"]}


def random_table(n, columns=2, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        rng.normal(size=(n, columns)), [f"u{i:02}" for i in range(n)], list("abcdef")[:columns]
    )


def blobs(sizes, seed=0):
    """Groups far from each other along a line through four columns."""
    rng = np.random.default_rng(seed)
    centres = 20.0 * np.repeat(np.arange(len(sizes)), sizes)
    values = centres[:, None] + rng.normal(size=(sum(sizes), 4))
    return pd.DataFrame(values, [f"u{i:02}" for i in range(sum(sizes))], list("abcd"))


def as_groups(labels):
    return {frozenset(labels.index[labels == k]) for k in set(labels)}


def sample(level):
    return pd.read_csv(REFERENCE / f"{level}.csv", index_col=0)


def from_r(level, what):
    rows = pd.read_csv(REFERENCE / "reference.csv").query("level == @level and what == @what")
    found = rows.set_index("key")["value"]
    return found if what.startswith("ward_group") else found.rename(int)


@pytest.mark.parametrize("level", LEVELS)
def test_reference_data_are_the_means_of_the_twin(level):
    firms = kz.join(kz.load_twin(), kz.oblasts(detail="light"))
    table = kz.aggregate(firms, by=level)
    stored = sample(level)
    assert len(stored.columns) > 3
    pd.testing.assert_frame_equal(stored, table[stored.columns], check_names=False)


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_exact_is_that_of_r(level):
    frame = choose_n_clusters(sample(level), n_references=0).frame
    assert list(frame.index) == list(range(1, min(8, len(sample(level)) - 1) + 1))
    for what in ("within_ss", "silhouette", "calinski_harabasz"):
        # R's k-means of 1,000 starts and ours end in the same partitions
        np.testing.assert_allclose(frame[what].loc[2:], from_r(level, what), rtol=1e-10)
    # clusGap takes half the sum of squares
    np.testing.assert_allclose(np.log(frame["within_ss"] / 2), from_r(level, "logW"), rtol=1e-10)


@pytest.mark.parametrize(("level", "draws"), [("composite", 1000), ("oblast", 300)])
def test_the_gap_is_that_of_r_within_the_error_of_the_draws(level, draws):
    found = choose_n_clusters(sample(level), n_references=draws, seed=1)
    spread = from_r(level, "SE.sim")
    # both means rest on draws; four standard errors of their difference
    error = 4 * spread * np.sqrt(1 / draws + 1 / 1000)
    assert (abs(found.frame["gap"] - from_r(level, "gap")) < error).all()
    # a standard deviation of B logs with heavy tails is off by about one in sqrt(B)
    off = 4 * np.sqrt(1 / draws + 1 / 1000)
    assert (abs(found.frame["gap_se"] / spread - 1) < off).all()
    assert found.best["gap"] == from_r(level, "gap_best").item()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("graph", [None, graph_of(ring(random_table(9).index))])
def test_silhouette_and_calinski_harabasz_are_those_of_scikit_learn(graph, seed):
    table = random_table(9, columns=3, seed=seed)
    found = choose_n_clusters(table, graph, n_references=0)
    X = standardised(table, standardise=True)
    for k in range(2, 9):
        labels = (
            typology(table, n_clusters=k)
            if graph is None
            else kz.regionalise(table, graph, n_clusters=k)
        ).labels[X.index]
        row = found.frame.loc[k]
        assert row["within_ss"] == pytest.approx(within_ss(X.to_numpy(), labels.to_numpy()))
        assert row["silhouette"] == pytest.approx(silhouette_score(X, labels))
        assert row["calinski_harabasz"] == pytest.approx(calinski_harabasz_score(X, labels))
        assert row["share_explained"] == pytest.approx(1 - row["within_ss"] / (3 * 8))
        assert (row["method"], row["certified"]) == ("exact", True)
    assert found.best["silhouette"] == found.frame["silhouette"].idxmax()
    assert found.best["calinski_harabasz"] == found.frame["calinski_harabasz"].idxmax()


def test_a_case_by_hand():
    table = pd.DataFrame({"x": [0.0, 2, 10, 12]}, index=list("abcd"))
    found = choose_n_clusters(table, standardise=False, n_references=0)
    frame = found.frame
    assert frame["within_ss"].tolist() == pytest.approx([104, 4, 2])
    assert frame["share_explained"].tolist() == pytest.approx([0, 100 / 104, 102 / 104])
    # a and d: (11 - 2) / 11, b and c: (9 - 2) / 9; a group of one counts 0
    assert frame.loc[2, "silhouette"] == pytest.approx((9 / 11 + 7 / 9) / 2)
    assert frame.loc[2, "calinski_harabasz"] == pytest.approx(100 / (4 / 2))
    assert frame.loc[3, "calinski_harabasz"] == pytest.approx((102 / 2) / (2 / 1))
    assert np.isnan(frame.loc[1, ["silhouette", "calinski_harabasz"]].astype(float)).all()
    assert frame.index.name == "n_clusters"
    assert found.best == {"silhouette": 2, "calinski_harabasz": 3 - 1, "gap": None}
    assert found.reasons["gap"] == "no reference tables were asked for"
    assert "left out 4, 5, 6, 7, 8: 4 units form at most 3 groups" in found.reasons["n_clusters"]
    assert frame[["gap", "gap_se"]].isna().all(axis=None)


def test_the_gap_of_one_group_by_hand():
    # with one group log W* needs no search: draws from the box, their sums of squares, the logs
    table = pd.DataFrame({"x": [0.0, 1, 5], "y": [2.0, 2, 3]}, index=list("abc"))
    found = choose_n_clusters(table, n_clusters=[1], standardise=False, n_references=50, seed=3)
    draws = np.random.default_rng(3).uniform([0, 2], [5, 3], (50, 3, 2))
    logs = np.log([((each - each.mean(axis=0)) ** 2).sum() for each in draws])
    own = np.log(14 + 2 / 3)
    assert found.frame.loc[1, "gap"] == pytest.approx(logs.mean() - own)
    assert found.frame.loc[1, "gap_se"] == pytest.approx(logs.std() * np.sqrt(1 + 1 / 50))
    assert (found.n_references, found.seed) == (50, 3)
    assert found.best["silhouette"] is None
    assert found.reasons["silhouette"] == "no number from two groups on could be judged"


@pytest.mark.parametrize("sizes", [(6, 5), (4, 4, 4), (7, 6, 7)])
def test_groups_far_apart_are_counted(sizes):
    # near as many groups as units Calinski-Harabasz rises again
    found = choose_n_clusters(blobs(sizes), n_clusters=range(2, 5), n_references=50)
    assert found.best == {each: len(sizes) for each in found.best}
    assert found.frame["method"].eq("exact").all()


def test_one_cloud_is_one_group():
    # uniform data are what the references are: nothing speaks for a second group
    values = np.random.default_rng(5).uniform(size=(20, 3))
    found = choose_n_clusters(pd.DataFrame(values), n_references=100)
    assert found.best["gap"] == 1
    assert (abs(found.frame["gap"]) < 4 * found.frame["gap_se"]).all()


def test_contiguous_groups_far_apart_are_counted():
    table = blobs((4, 5, 4), seed=2)
    near = graph_of(ring(table.index))
    found = choose_n_clusters(table, near, n_clusters=range(2, 5), n_references=30)
    assert found.best == {"silhouette": 3, "calinski_harabasz": 3, "gap": 3}
    assert found.n_references == 30
    assert found.frame["certified"].all()


def test_references_on_a_graph_are_proven_cuts_of_draws():
    table = pd.DataFrame({"x": [0.0, 4, 1, 3, 7]}, index=list("abcde"))
    found = choose_n_clusters(
        table, graph_of(LINE), n_clusters=[2], standardise=False, n_references=20, seed=8
    )
    draws = np.random.default_rng(8).uniform(0, 7, (20, 5))
    # on a line two groups are a cut at one of four places
    best = [min(d[:i].var() * i + d[i:].var() * (5 - i) for i in range(1, 5)) for d in draws]
    own = min(
        table["x"][:i].var(ddof=0) * i + table["x"][i:].var(ddof=0) * (5 - i) for i in range(1, 5)
    )
    assert found.frame.loc[2, "gap"] == pytest.approx(np.log(best).mean() - np.log(own))
    assert found.frame.loc[2, "gap_se"] == pytest.approx(np.log(best).std() * np.sqrt(1.05))


def test_a_gap_that_would_take_long_says_so():
    graph = kz.contiguity(kz.oblasts(detail="light"))
    table = sample("oblast")
    found = choose_n_clusters(table, graph, n_clusters=[2, 3])
    assert found.frame["gap"].isna().all()
    assert (found.best["gap"], found.n_references) == (None, 0)
    assert found.reasons["gap"] == (
        "85,479 connected subsets allow 11 reference tables in a few seconds, and 100 were asked "
        "for"
    )
    few = choose_n_clusters(table, graph, n_clusters=[2, 3], n_references=3)
    assert few.frame["gap"].notna().all()
    curve = kz.optimal_curve(table, graph, n_clusters=[2, 3])
    np.testing.assert_allclose(found.frame.loc[2:, "within_ss"], curve["within_ss"], rtol=1e-10)


@pytest.mark.parametrize("n", [7, 12])
def test_searches_of_the_references_end_close_to_their_optima(n):
    draws = np.random.default_rng(1).uniform(size=(40, n, 4))
    for k in (2, 4, 6):
        labels = k_means(draws, k, n_starts=20, rng=np.random.default_rng(2))
        behind = [
            np.log(within_ss(X, found) / within_ss(X, optimal_groups(X, [k])[k]))
            for X, found in zip(draws, labels, strict=True)
        ]
        assert min(behind) > -1e-9
        # far below s, which is at least 0.1 for so few units
        assert np.mean(behind) < 2e-3


@pytest.mark.parametrize("n", [9, 120])  # among 120 the seed of k-means tells
def test_the_groups_are_those_of_typology(n):
    table = random_table(n, columns=5, seed=2)
    found = choose_n_clusters(table, n_clusters=[3, 8], seed=11, n_references=0)
    for k in (3, 8):
        alone = typology(table, n_clusters=k, seed=11)
        assert found.frame.loc[k, "within_ss"] == pytest.approx(alone.within_ss, rel=1e-12)
        assert found.frame.loc[k, "method"] == alone.method
        assert found.frame.loc[k, "certified"] == alone.certified


def test_no_number_depends_on_which_others_are_asked_for():
    table = random_table(40, columns=5, seed=6)  # where some starts end behind others
    every = choose_n_clusters(table, n_references=20).frame
    some = choose_n_clusters(table, n_clusters=[8, 3, 3], n_references=20).frame
    assert list(some.index) == [1, 3, 8]
    pd.testing.assert_frame_equal(some, every.loc[[1, 3, 8]])


@pytest.mark.parametrize("n", [8, 18])
@pytest.mark.parametrize("ids", [str, int])
def test_the_order_of_rows_and_the_kind_of_ids_do_not_matter(n, ids):
    table = random_table(n, seed=3).set_axis([ids(i) for i in range(10, 10 + n)], axis=0)
    before = table.copy()
    first = choose_n_clusters(table, n_references=10)
    order = np.random.default_rng(1).permutation(n)
    second = choose_n_clusters(table.iloc[order], n_references=10)
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert (first.best, first.reasons) == (second.best, second.reasons)
    pd.testing.assert_frame_equal(table, before)


@settings(max_examples=10)
@given(order=st.permutations(range(7)), factor=st.floats(1e-6, 1e6), shift=st.floats(-100, 100))
def test_units_of_measure_do_not_matter(order, factor, shift):
    table = random_table(7, seed=4)
    keys = list(table.index)
    graph = graph_of(ring(keys))
    moved = table.assign(a=(table["a"] + shift) * factor).iloc[order]
    for near in (None, graph):
        first = choose_n_clusters(table, near, n_references=5).frame
        second = choose_n_clusters(moved, near, n_references=5).frame
        pd.testing.assert_frame_equal(first, second, rtol=1e-6)


def test_a_column_that_does_not_vary_plays_no_part():
    table = random_table(8)
    plain = choose_n_clusters(table, n_references=0).frame
    padded = choose_n_clusters(table.assign(c=0.3), n_references=0).frame
    pd.testing.assert_frame_equal(plain, padded)
    gap = choose_n_clusters(table.assign(c=0.3), n_references=20).frame["gap"]
    assert np.isfinite(gap).all()


@pytest.mark.parametrize("graph", [None, graph_of(LINE)])
@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_units_that_are_all_alike_form_one_group_and_nothing_is_chosen(graph, standardise, value):
    table = pd.DataFrame({"x": value, "y": [0.1, 0.3 - 0.2, 0.1, 0.7 - 0.6, 0.1]}, list("abcde"))
    found = choose_n_clusters(table, graph, standardise=standardise)
    assert list(found.frame.index) == [1]
    assert found.frame.loc[1, "within_ss"] == 0
    assert found.frame.drop(columns=["within_ss", "method", "certified"]).isna().all(axis=None)
    assert set(found.best.values()) == {None}
    assert found.reasons["gap"] == "all units are alike"
    assert "with 1 groups all units of a group are alike" in found.reasons["n_clusters"]


@pytest.mark.parametrize("copies", [(3, 2, 4), (6, 5, 8)])
def test_duplicates_end_the_range_where_nothing_is_left(copies):
    table = pd.DataFrame({"x": np.repeat([0.0, 1, 9], copies), "y": 1.0})
    found = choose_n_clusters(table, n_references=20)
    assert list(found.frame.index) == [1, 2, 3]
    assert found.frame.loc[3, "within_ss"] == 0
    assert found.frame.loc[3, "silhouette"] == 1
    assert found.frame.loc[3, "calinski_harabasz"] == found.frame.loc[3, "gap"] == np.inf
    assert found.best == {"silhouette": 3, "calinski_harabasz": 3, "gap": 3}
    assert found.reasons["n_clusters"].startswith("left out 4, 5, 6, 7, 8: with 3 groups")


def test_the_gap_looks_ahead_of_the_numbers_asked_for():
    found = choose_n_clusters(blobs((4, 4, 4)), n_clusters=[3])
    assert list(found.frame.index) == [1, 3]
    assert found.best["gap"] == 3


@pytest.mark.parametrize("factor", [1e-9, 1, 1e9])
def test_columns_as_they_are_may_be_of_any_size_on_a_graph(factor):
    rng = np.random.default_rng(5)  # rounding hides that rows are alike
    table = pd.DataFrame(np.repeat(rng.normal(size=(2, 3)), [3, 2], axis=0), list("abcde"))
    found = choose_n_clusters(table * factor, graph_of(LINE), standardise=False, n_references=5)
    assert list(found.frame.index) == [1, 2]
    assert found.frame.loc[2, "within_ss"] == 0


def test_equals_that_do_not_touch_can_still_be_parted():
    table = pd.DataFrame({"x": [0.0, 1, 0, 1, 0]}, index=list("abcde"))
    frame = choose_n_clusters(table, graph_of(LINE), n_references=5).frame
    assert list(frame.index) == [1, 2, 3, 4]
    assert (frame["within_ss"] > 0).all()


def test_ties_do_not_depend_on_the_order_of_rows():
    table = pd.DataFrame({"x": [0.0, 0, 1, 1], "y": [0.0, 1, 0, 1]}, index=list("abcd"))
    first = choose_n_clusters(table, n_references=10).frame
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        pd.testing.assert_frame_equal(
            choose_n_clusters(table.iloc[order], n_references=10).frame, first
        )


def test_two_and_three_units():
    two = choose_n_clusters(random_table(2))
    assert list(two.frame.index) == [1]
    assert np.isfinite(two.frame.loc[1, "gap"])
    assert two.best["silhouette"] is two.best["calinski_harabasz"] is two.best["gap"] is None
    assert "2 units form at most 1 groups" in two.reasons["n_clusters"]
    assert two.reasons["gap"] == "no number k has gap(k) >= gap(k + 1) - s(k + 1)"
    three = choose_n_clusters(random_table(3))
    assert list(three.frame.index) == [1, 2]
    assert three.frame.loc[2].notna().all()
    assert three.best["silhouette"] == 2
    with pytest.raises(NotEnoughDataError, match="found 1 units, expected at least 2"):
        choose_n_clusters(random_table(1))


def test_faults_are_named():
    table = random_table(5).set_axis(list("abcde"), axis=0)
    holed = table.assign(b=table["b"].mask(table.index == "c"))
    for function in (choose_n_clusters, ward_tree):
        with pytest.raises(InputError, match="unit 'c' lacks a value in 'b'"):
            function(holed)
    for numbers in (3, "23"):
        with pytest.raises(CallError, match=r"n_clusters=.*: expected a range or list"):
            choose_n_clusters(table, n_clusters=numbers)
    for numbers, found in (([2, 0], "0"), ([2.5], "2.5"), ([True], "True"), (["2"], "'2'")):
        with pytest.raises(CallError, match=f"n_clusters: found {found}, expected whole numbers"):
            choose_n_clusters(table, n_clusters=numbers)
    for draws in (-1, 1, 2.5, "9"):
        with pytest.raises(CallError, match=r"n_references=.*: expected 0 or a whole"):
            choose_n_clusters(table, n_references=draws)
    with pytest.raises(InputError, match="2 pieces that do not touch"):
        choose_n_clusters(table, graph_of(LINE | {"d": ["c"], "e": []}))
    with pytest.raises(InputError, match="unit 'e' that the graph lacks"):
        choose_n_clusters(table, graph_of({"a": ["b", "c", "d"], **{u: ["a"] for u in "bcd"}}))


def test_a_graph_too_large_to_prove_is_refused():
    many = random_table(23)
    with pytest.raises(CallError, match=r"graph: its proven optima .*found 23 units") as caught:
        choose_n_clusters(many, graph_of(ring(many.index)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("level", LEVELS)
def test_the_tree_is_that_of_r(level):
    tree = ward_tree(sample(level))
    assert list(tree.units) == sorted(sample(level).index)
    assert tree.merges.shape == (len(tree.units) - 1, 4)
    np.testing.assert_allclose(tree.merges[:, 2], from_r(level, "ward_height"), rtol=1e-10)
    for k in range(2, min(8, len(tree.units) - 1) + 1):
        cut = pd.Series(fcluster(tree.merges, k, "maxclust"), tree.units)
        theirs = from_r(level, f"ward_group_{k}")
        assert as_groups(cut) == as_groups(theirs)
        assert as_groups(typology(sample(level), n_clusters=k, method="ward").labels) == as_groups(
            theirs
        )


def test_a_tree_by_hand():
    table = pd.DataFrame({"x": [4.0, 0, 1]}, index=["c", "a", "b"])
    tree = ward_tree(table, standardise=False)
    assert list(tree.units) == ["a", "b", "c"]
    # a and b at their distance; then {0, 1} and 4: root of 2 x (2 x 1 / 3) x 3.5^2
    expected = [[0, 1, 1, 2], [2, 3, np.sqrt(4 / 3) * 3.5, 3]]
    np.testing.assert_allclose(tree.merges, expected, rtol=1e-12)
    with pytest.raises(NotEnoughDataError, match="found 1 units, expected at least 2"):
        ward_tree(random_table(1))


@settings(max_examples=15)
@given(order=st.permutations(range(9)), seed=st.integers(0, 5))
def test_the_order_of_rows_does_not_matter_to_the_tree(order, seed):
    table = random_table(9, seed=seed)
    first, second = ward_tree(table), ward_tree(table.iloc[order])
    np.testing.assert_array_equal(first.merges, second.merges)
    assert list(first.units) == list(second.units)
    # every merge costs half its squared height, all of them the whole
    assert (first.merges[:, 2] ** 2).sum() / 2 == pytest.approx(2 * 8)
    for k in range(1, 10):
        cut = pd.Series(fcluster(first.merges, k, "maxclust"), first.units)
        ward = typology(table, n_clusters=k, method="ward")
        assert as_groups(cut) == as_groups(ward.labels)
        rises = (first.merges[: 9 - k, 2] ** 2).sum() / 2
        assert ward.within_ss == pytest.approx(rises, abs=1e-12)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_enumerated_references_are_those_of_the_recursion(n):
    draws = np.random.default_rng(n).uniform(size=(6, n, 3))
    numbers = list(range(1, n))
    found = gap._logs_by_enumeration(draws, numbers, None)
    for X, logs in zip(draws, found, strict=True):
        groups = optimal_groups(X, numbers)
        expected = [np.log(within_ss(X, groups[k])) for k in numbers]
        np.testing.assert_allclose(logs, expected, rtol=0, atol=1e-11)
    path = [sum(1 << j for j in (i - 1, i + 1) if 0 <= j < n) for i in range(n)]
    found = gap._logs_by_enumeration(draws, numbers, path)
    expected = gap._logs_by_contiguity(draws, numbers, path)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_few_units_have_many_references_and_a_steady_choice():
    table = kz.aggregate(kz.load_twin())
    columns = table[[c for c in table if c.endswith("_mean")]]
    found = [kz.choose_n_clusters(columns, seed=seed) for seed in range(5)]
    assert {each.n_references for each in found} == {1000}
    assert len({each.best["gap"] for each in found}) == 1
    oblasts = kz.aggregate(kz.load_twin(), by="oblast")[["epayment_share_mean"]]
    assert kz.choose_n_clusters(oblasts, n_clusters=[2]).n_references == 100
