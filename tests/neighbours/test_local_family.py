"""Local G, Geary, Lee, bivariate Moran and join counts: by brute force, by hand, and invariant."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of, ring
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cases import FIVE, FIVE_VALUES, GRAPH, SEVEN, share, values_for
from scipy.stats import hypergeom
from statsmodels.stats.multitest import multipletests

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, IslandWarning
from kz_spatial.neighbours import arrangements as _arrangements
from kz_spatial.neighbours import hot_spots, joins, lee_statistic, local_differences
from kz_spatial.neighbours.local_test import shares_of_draws

SIDES = pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
OTHER = {"a": 2, "b": 0, "c": 7, "d": 3, "e": 3}
FIVE_GRAPH = graph_of(FIVE).transform("R")
LOCAL = {
    "g": kz.local_g,
    "g without star": lambda values, graph, **asked: kz.local_g(values, graph, star=False, **asked),
    "geary": kz.local_geary,
    "bivariate": lambda values, graph, **asked: kz.bivariate_local_moran(
        values, partner(values), graph, **asked
    ),
    "two variables": lambda values, graph, **asked: kz.local_geary(
        pd.DataFrame({"a": values, "b": partner(values)}), graph, **asked
    ),
    "lee": lambda values, graph, **asked: kz.local_lee(values, partner(values), graph, **asked),
    "joins": lambda values, graph, **asked: kz.local_join_counts(
        (values > 50).where(values.notna()).astype(float), graph, **asked
    ),
}
LOCAL_NAMES = pytest.mark.parametrize("name", LOCAL)
COMMON = ["p", "p_min", "p_fdr", "p_by", "p_bonferroni", "label", "method", "n_arrangements"]


def partner(values):
    """Another variable on the same units, which depends on their names alone."""
    drawn = values_for(GRAPH, seed=11).reindex(values.index)
    return drawn.fillna(pd.Series(np.arange(len(values)) ** 2 % 7 + 40.0, values.index))


def check_by_brute_force(frame, statistic_of, alternative):
    """Set p and p_min of each unit beside all 24 arrangements of what the others have.

    `statistic_of` takes what is where, by unit, and gives the unit's statistic as a Fraction.
    """
    for key in FIVE:
        rest = [each for each in FIVE if each != key]
        draws = [
            statistic_of(key, {key: key, **dict(zip(rest, order, strict=True))})
            for order in permutations(rest)
        ]
        observed = statistic_of(key, {each: each for each in FIVE})
        p = share(draws, observed, alternative)
        least = min(share(draws, each, alternative) for each in set(draws))
        row = frame.loc[key]
        assert row["p"] == pytest.approx(float(p), rel=1e-12), key
        assert row["p_min"] == pytest.approx(float(least), rel=1e-12), key
        assert row["method"] == "exact"


def mean_of(numbers):
    return Fraction(sum(numbers.values()), len(numbers))


@SIDES
@pytest.mark.parametrize("numbers", FIVE_VALUES)
@pytest.mark.parametrize("star", [True, False])
def test_local_g_by_brute_force(numbers, alternative, star):
    frame = kz.local_g(pd.Series(numbers), FIVE_GRAPH, star=star, alternative=alternative).frame

    def ratio(key, place):
        near = [*FIVE[key], key] if star else FIVE[key]
        total = sum(numbers.values()) - (not star) * numbers[key]
        lag = Fraction(sum(numbers[place[each]] for each in near), len(near))
        return lag / total if total else lag

    check_by_brute_force(frame, ratio, alternative)
    total = sum(numbers.values())
    for key in FIVE:
        near = [*FIVE[key], key] if star else FIVE[key]
        below = total - (not star) * numbers[key]
        found = frame.loc[key]
        lag = Fraction(sum(numbers[each] for each in near), len(near))
        if below:
            assert found["statistic"] == pytest.approx(float(lag / below), rel=1e-14)
        else:
            assert np.isnan(found["statistic"])
        assert found["expected"] == pytest.approx(1 / (5 if star else 4), rel=1e-14)


def test_z_of_local_g_by_hand():
    # a - b - c: binary, values 0, 3, 6; G* of a: (0 + 3) / 9; its z: (3 - 2 * 3) / (s * root)
    graph = graph_of({"a": ["b"], "b": ["a", "c"], "c": ["b"]})
    frame = kz.local_g(pd.Series({"a": 0.0, "b": 3.0, "c": 6.0}), graph).frame
    s, root = sqrt(6), sqrt((3 * 2 - 4) / 2)
    assert frame.loc["a", "statistic"] == pytest.approx(1 / 3)
    assert frame.loc["a", "z"] == pytest.approx(-3 / (s * root), rel=1e-14)
    # G of a: 3 / 9; of the others' mean 4.5 and spread 1.5: (3 - 4.5) / (1.5 * sqrt((2 - 1) / 1))
    frame = kz.local_g(pd.Series({"a": 0.0, "b": 3.0, "c": 6.0}), graph, star=False).frame
    assert frame.loc["a", "statistic"] == pytest.approx(3 / 9)
    assert frame.loc["a", "z"] == pytest.approx(-1, rel=1e-14)
    # all others are b's neighbours, so nothing can differ
    assert np.isnan(frame.loc["b", "z"])


def test_negative_values_have_a_z_and_no_ratio():
    values = values_for(GRAPH) - 50
    found, moved = (kz.local_g(each, GRAPH).frame for each in (values, values + 1000))
    assert found["statistic"].isna().all()
    np.testing.assert_allclose(found["z"], moved["z"], rtol=1e-9)
    np.testing.assert_array_equal(found["label"], moved["label"])
    assert moved["statistic"].notna().all()


def test_hot_and_cold_spots_are_where_neighbours_are_high_and_low():
    values = pd.Series(np.arange(12.0) // 6 * 10 + np.arange(12) % 3, range(12))
    graph = graph_of({i: [j for j in range(12) if j != i and j // 6 == i // 6] for i in range(12)})
    frame = kz.local_g(values, graph).frame
    assert frame["label"].tolist() == ["Cold spot"] * 6 + ["Hot spot"] * 6
    assert (np.sign(frame["z"]) == np.sign(values - values.mean())).all()
    one_sided = kz.local_g(values, graph, alternative="greater").frame["label"]
    assert one_sided.tolist() == ["not significant"] * 6 + ["Hot spot"] * 6


@SIDES
def test_moran_g_and_g_star_of_one_column_have_one_p(alternative):
    values = values_for(GRAPH, seed=6)
    star, plain = (
        kz.local_g(values, GRAPH, star=each, alternative=alternative).frame
        for each in (True, False)
    )
    moran = kz.local_moran(values, GRAPH, alternative=alternative).frame
    for column in ("p", "p_min", "p_fdr"):
        np.testing.assert_array_equal(star[column], plain[column])
    low = values < values.mean()
    for column in ("p", "p_min"):
        if alternative == "two-sided":
            np.testing.assert_allclose(star[column], moran[column], rtol=1e-12)
        else:  # a low unit is like its neighbours where these are low
            np.testing.assert_allclose(star.loc[~low, column], moran.loc[~low, column], rtol=1e-12)
            other = "less" if alternative == "greater" else "greater"
            turned = kz.local_moran(values, GRAPH, alternative=other).frame
            np.testing.assert_allclose(star.loc[low, column], turned.loc[low, column], rtol=1e-12)


@SIDES
@pytest.mark.parametrize("numbers", FIVE_VALUES)
def test_bivariate_local_moran_by_brute_force(numbers, alternative):
    found = kz.bivariate_local_moran(
        pd.Series(numbers), pd.Series(OTHER), FIVE_GRAPH, alternative=alternative
    )
    own, mean = {key: each - mean_of(numbers) for key, each in numbers.items()}, mean_of(OTHER)

    def product(key, place):
        near = FIVE[key]
        return own[key] * sum(OTHER[place[each]] - mean for each in near) / len(near)

    check_by_brute_force(found.frame, product, alternative)
    scale = 4 / 5 / (np.std(list(numbers.values())) * np.std(list(OTHER.values())))
    for key, row in found.frame.iterrows():
        observed = product(key, {each: each for each in FIVE})
        assert row["statistic"] == pytest.approx(scale * float(observed), rel=1e-12)


@SIDES
@pytest.mark.parametrize("numbers", FIVE_VALUES)
def test_local_geary_by_brute_force(numbers, alternative):
    values = pd.Series(numbers)
    frame = kz.local_geary(values, FIVE_GRAPH, alternative=alternative).frame

    def squares(key, place):
        return sum(
            Fraction((numbers[key] - numbers[place[each]]) ** 2, len(FIVE[key]))
            for each in FIVE[key]
        )

    check_by_brute_force(frame, squares, alternative)
    variance = np.var(list(numbers.values()))
    for key, row in frame.iterrows():
        own = squares(key, {each: each for each in FIVE})
        assert row["statistic"] == pytest.approx(float(own) / variance, rel=1e-12)
        others = [(numbers[key] - numbers[each]) ** 2 for each in FIVE if each != key]
        assert row["expected"] == pytest.approx(sum(others) / 4 / variance, rel=1e-12)


@SIDES
def test_multivariate_local_geary_moves_rows_together(alternative):
    numbers = FIVE_VALUES[0]
    both = pd.DataFrame({"one": numbers, "two": OTHER})
    frame = kz.local_geary(both, FIVE_GRAPH, alternative=alternative).frame
    spread = [
        sum((Fraction(each) - mean_of(of)) ** 2 for each in of.values()) / 5
        for of in (numbers, OTHER)
    ]

    def squares(key, place):
        total = Fraction(0)
        for of, variance in zip((numbers, OTHER), spread, strict=True):
            for each in FIVE[key]:
                total += (of[key] - of[place[each]]) ** 2 / variance / len(FIVE[key]) / 2
        return total

    check_by_brute_force(frame, squares, alternative)
    for key, row in frame.iterrows():
        own = squares(key, {each: each for each in FIVE})
        assert row["statistic"] == pytest.approx(float(own), rel=1e-12)
    assert set(frame["association"]) <= {"Positive", "Negative"}


def test_a_frame_of_one_column_is_that_column():
    values = values_for(GRAPH)
    one, same = kz.local_geary(values.to_frame("any"), GRAPH), kz.local_geary(values, GRAPH)
    pd.testing.assert_frame_equal(one.frame, same.frame)
    assert one.name == same.name == "local Geary"


def test_labels_of_geary_follow_anselin():
    # four blocks of a mean of 50: high, low, two middling alike, and a checkered one
    numbers = [90, 91, 92, 91, 90, 92, 10, 9, 8, 9, 10, 8, 49, 51, 50, 49.5, 50.5, 50]
    values = pd.Series(numbers, range(18), dtype=float)
    near = {i: [j for j in range(18) if j != i and j // 6 == i // 6] for i in range(18)}
    found = kz.local_geary(values, graph_of(near), alternative="less", alpha=0.3).frame
    assert set(found.loc[:5, "label"]) == {"High-High"}
    assert set(found.loc[6:11, "label"]) == {"Low-Low"}
    middle = found.loc[[12, 13, 15, 16]]
    assert "Other positive" in set(middle["association"])
    apart = graph_of({i: [(i + 6) % 12] if i < 12 else [(i - 11) % 18] for i in range(18)})
    frame = kz.local_geary(values, apart).frame
    assert set(frame.loc[:11, "association"]) == {"Negative"}


@SIDES
@pytest.mark.parametrize("star", [True, False])
def test_local_lee_by_brute_force(alternative, star):
    numbers = FIVE_VALUES[0]
    frame = kz.local_lee(
        pd.Series(numbers), pd.Series(OTHER), FIVE_GRAPH, star=star, alternative=alternative
    ).frame

    def product(key, place):
        near = [*FIVE[key], key] if star else FIVE[key]
        lags = [
            sum(of[place[each]] - mean_of(of) for each in near) / len(near)
            for of in (numbers, OTHER)
        ]
        return lags[0] * lags[1]

    check_by_brute_force(frame, product, alternative)
    scale = np.std(list(numbers.values())) * np.std(list(OTHER.values()))
    for key, row in frame.iterrows():
        own = product(key, {each: each for each in FIVE})
        assert row["statistic"] == pytest.approx(float(own) / scale, rel=1e-12)
        rest = [each for each in FIVE if each != key]
        draws = [
            product(key, {key: key, **dict(zip(rest, order, strict=True))})
            for order in permutations(rest)
        ]
        assert row["expected"] == pytest.approx(float(sum(draws)) / 24 / scale, rel=1e-12)


@SIDES
@pytest.mark.parametrize("star", [True, False])
def test_lee_by_brute_force(alternative, star):
    numbers = FIVE_VALUES[0]
    found = kz.lee(
        pd.Series(numbers), pd.Series(OTHER), FIVE_GRAPH, star=star, alternative=alternative
    )

    def whole(place):
        total = Fraction(0)
        for key in FIVE:
            near = [*FIVE[key], key] if star else FIVE[key]
            one, two = (
                sum(of[place[each]] - mean_of(of) for each in near) / len(near)
                for of in (numbers, OTHER)
            )
            total += one * two
        return total / 5

    draws = [whole(dict(zip(FIVE, order, strict=True))) for order in permutations(FIVE)]
    observed = whole({each: each for each in FIVE})
    assert found.p == pytest.approx(float(share(draws, observed, alternative)), rel=1e-12)
    scale = np.std(list(numbers.values())) * np.std(list(OTHER.values()))
    assert found.statistic == pytest.approx(float(observed) / scale, rel=1e-12)
    numeric = np.array([float(each) for each in draws])
    assert found.expected == pytest.approx(numeric.mean() / scale, rel=1e-12)
    z = (float(observed) - numeric.mean()) / numeric.std()
    assert found.z == pytest.approx(z, rel=1e-10)
    assert (found.method, found.n_arrangements) == ("exact", 120)


@SIDES
def test_local_lee_lists_ordered_sets_where_weights_differ(alternative):
    near = ring("abcdefg")
    graph = graph_of(near, {key: [1, 3] for key in near})
    x = pd.Series(dict(zip("abcdefg", [3, 1, 4, 1, 5, 9, 2], strict=True)))
    y = pd.Series(dict(zip("abcdefg", [2, 7, 1, 8, 2, 8, 1], strict=True)))
    frame = kz.local_lee(x, y, graph, alternative=alternative).frame
    assert set(frame["n_arrangements"]) == {30}
    zx, zy = ([Fraction(int(e)) - Fraction(int(of.sum()), 7) for e in of] for of in (x, y))
    for i, key in enumerate(near):
        weight = graph[key]
        order = ["abcdefg".index(each) for each in weight.index]
        w = [int(each) for each in weight]
        rest = [j for j in range(7) if j != i]

        def product(places, w=w):
            return np.prod([sum(a * of[j] for a, j in zip(w, places)) for of in (zx, zy)])  # noqa: B905

        draws = [product(each) for each in permutations(rest, 2)]
        p = share(draws, product(order), alternative)
        assert frame.loc[key, "p"] == pytest.approx(float(p), rel=1e-12)


@SIDES
def test_join_counts_by_brute_force(alternative):
    ones = pd.Series({"a": 1, "b": 0, "c": 1, "d": 1, "e": 0})
    found = kz.join_counts(ones, FIVE_GRAPH, alternative=alternative)
    assert (found.method, found.n_arrangements, found.n_units, found.n_ones) == ("exact", 10, 5, 3)
    pairs = {frozenset((a, b)) for a, near in FIVE.items() for b in near}

    def joins(which):
        inside = [len(pair & which) for pair in pairs]
        return {"BB": inside.count(2), "WW": inside.count(0), "BW": inside.count(1)}

    draws = [joins(set(each)) for each in combinations(FIVE, 3)]
    for kind, observed in joins(set("acd")).items():
        every = [Fraction(each[kind]) for each in draws]
        row = found.frame.loc[kind]
        assert row["statistic"] == observed
        assert row["expected"] == pytest.approx(float(sum(every) / 10), rel=1e-14)
        assert row["p"] == pytest.approx(float(share(every, observed, alternative)), rel=1e-14)
        spread = np.std([float(each) for each in every])
        assert row["z"] == pytest.approx((observed - row["expected"]) / spread, rel=1e-12)


def test_joins_are_counted_by_links_whatever_they_weigh():
    ones = pd.Series({"a": True, "b": True, "c": False})
    near = {"a": ["b"], "b": ["a", "c"], "c": ["b"]}
    plain, heavy = graph_of(near), graph_of(near, {"a": [5], "b": [0.1, 7], "c": [2]})
    for graph in (plain, heavy):
        assert kz.join_counts(ones, graph).frame["statistic"].tolist() == [1, 0, 1]
    one_way = graph_of({"a": ["b"], "b": ["c"], "c": ["b"]})
    assert kz.join_counts(ones, one_way).frame["statistic"].tolist() == [0.5, 0, 1]


def test_random_joins_agree_with_all_of_them(monkeypatch):
    ones = (values_for(GRAPH) > 50).astype(int)
    exact = kz.join_counts(ones, GRAPH)
    assert exact.seed is None
    monkeypatch.setattr(joins, "MAX_ARRANGEMENTS", 0)
    drawn = kz.join_counts(ones, GRAPH, n_permutations=4_999, seed=5)
    assert (drawn.method, drawn.n_arrangements, drawn.seed) == ("monte-carlo", 4_999, 5)
    p = exact.frame["p"]
    assert (abs(drawn.frame["p"] - p) < 4 * np.sqrt(p * (1 - p) / 4_999) + 2 / 4_999).all()
    np.testing.assert_allclose(drawn.frame["z"], exact.frame["z"], rtol=0.06)


@SIDES
def test_local_join_counts_are_hypergeometric(alternative):
    ones = pd.Series(np.arange(20) % 3 == 0, GRAPH.unique_ids)
    frame = kz.local_join_counts(ones, GRAPH, alternative=alternative).frame
    assert ones.sum() == 7
    for key in GRAPH.unique_ids:
        if not ones[key]:
            assert frame.loc[key, "label"] == "not counted"
            assert frame.loc[key, ["statistic", "p", "p_fdr"]].isna().all()
            continue
        near = GRAPH[key].index
        seen, law = ones[near].sum(), hypergeom(19, 6, len(near))
        assert frame.loc[key, "statistic"] == seen
        assert frame.loc[key, "expected"] == pytest.approx(law.mean())
        away = np.abs(np.arange(len(near) + 1) - law.mean())
        p = {
            "greater": law.sf(seen - 1),
            "less": law.cdf(seen),
            "two-sided": law.pmf(np.arange(len(near) + 1))[
                away >= abs(seen - law.mean()) - 1e-9
            ].sum(),
        }[alternative]
        assert frame.loc[key, "p"] == pytest.approx(p, rel=1e-10)


def test_what_is_neither_one_nor_zero_is_refused():
    for function in (kz.join_counts, kz.local_join_counts):
        with pytest.raises(InputError, match="found 2 for 'b', expected 0 or 1"):
            function(pd.Series({"a": 1, "b": 2, "c": 0}), FIVE_GRAPH)
    same = kz.join_counts(pd.Series(1, list("abcde")), FIVE_GRAPH)
    assert (same.method, same.reason) == ("inapplicable", "all 5 units are 1")
    assert same.frame.isna().all(axis=None)
    none = kz.local_join_counts(pd.Series(0, list("abcde")), FIVE_GRAPH).frame
    assert set(none["label"]) == {"not counted"}


@LOCAL_NAMES
def test_order_and_names_of_units_do_not_matter(name):
    values = values_for(GRAPH, seed=2)
    found = LOCAL[name](values, GRAPH).frame
    mixed = values.sample(frac=1, random_state=1)
    other = LOCAL[name](mixed, GRAPH).frame
    assert list(other.index) == list(mixed.index)
    pd.testing.assert_frame_equal(other.loc[values.index], found, rtol=1e-12)


@LOCAL_NAMES
def test_unit_and_origin_do_not_matter(name):
    values = values_for(GRAPH, seed=2)
    if name == "joins":
        return
    found = LOCAL[name](values, GRAPH).frame
    other = LOCAL[name](1e6 * values + 1e8, GRAPH).frame
    for column in ("p", "p_min", "label"):
        if column == "label":
            assert found[column].tolist() == other[column].tolist()
        else:
            np.testing.assert_allclose(found[column], other[column], rtol=1e-9)
    for column in ("z", "statistic") if "g" not in name.split() else ("z",):
        if column in found:
            np.testing.assert_allclose(found[column], other[column], rtol=1e-6, atol=1e-8)


@LOCAL_NAMES
def test_islands_and_missing_values_are_labelled(name):
    near = {key: list(each) for key, each in ring("abcdefgh").items()} | {"lone": []}
    graph = graph_of(near).transform("R")
    values = pd.Series(
        dict(zip([*"abcdefgh", "lone"], [51.0, 42, 73, np.nan, 95, 26, 57, 83, 99], strict=True))
    )
    with pytest.warns(IslandWarning, match="lone"):
        found = LOCAL[name](values, graph).frame
    assert found.loc["lone", "label"] == "island"
    assert found.loc["d", "label"] == "suppressed"
    assert found.loc[["lone", "d"], "method"].tolist() == ["inapplicable"] * 2
    assert found.loc[["lone", "d"], ["statistic", "p", "p_by"]].isna().all(axis=None)
    assert found.loc["e", "n_arrangements"] in (6, 15)  # c - [d] - e - f: one neighbour is left
    with pytest.warns(IslandWarning):
        counted = LOCAL[name](values, graph, islands="zero").frame
    assert counted.loc["e", "n_arrangements"] == 7


@LOCAL_NAMES
def test_values_that_do_not_vary_cannot_be_significant(name):
    values = pd.Series(3.0, GRAPH.unique_ids)
    frame = LOCAL[name](values, GRAPH).frame
    expected = "not counted" if name == "joins" else "cannot be significant"
    assert set(frame["label"]) == {expected}
    assert set(frame["method"]) == {"inapplicable"}
    assert list(frame.columns[-8:]) == COMMON


@LOCAL_NAMES
def test_labels_and_adjusted_p_follow_from_p(name):
    values = values_for(GRAPH, seed=9)
    found = LOCAL[name](values, GRAPH, alpha=0.2)
    frame = found.frame[found.frame["p"].notna()]
    assert found.alpha == 0.2
    assert found.seed is None
    loud = ~frame["label"].isin(["not significant", "cannot be significant"])
    assert (loud == (frame["p"] <= 0.2)).all()
    assert ((frame["label"] == "cannot be significant") == (frame["p_min"] > 0.2)).all()
    assert (frame["p_min"] <= frame["p"] + 1e-15).all()
    for method, column in (("fdr_bh", "p_fdr"), ("fdr_by", "p_by"), ("bonferroni", "p_bonferroni")):
        expected = multipletests(frame["p"], method=method)[1]
        np.testing.assert_allclose(frame[column], expected, rtol=1e-14)
    with pytest.raises(CallError, match="alpha="):
        LOCAL[name](values, GRAPH, alpha=5)
    with pytest.raises(CallError, match="alternative="):
        LOCAL[name](values, GRAPH, alternative="more")


@pytest.mark.parametrize("name", [each for each in LOCAL if each != "joins"])
def test_random_sets_agree_with_all_of_them(name, monkeypatch):
    values, n = values_for(GRAPH, seed=8), 4_999
    exact = LOCAL[name](values, GRAPH)
    monkeypatch.setattr(_arrangements, "_MAX_HALF_SUMS", 0)
    monkeypatch.setattr(_arrangements, "MAX_ARRANGEMENTS", 0)
    monkeypatch.setattr(lee_statistic, "MAX_ARRANGEMENTS", 0)
    drawn = LOCAL[name](values, GRAPH, n_permutations=n, seed=3)
    assert drawn.seed == 3
    assert set(drawn.frame["method"]) == {"monte-carlo"}
    p = exact.frame["p"]
    assert (abs(drawn.frame["p"] - p) < 3.9 * np.sqrt(p * (1 - p) / n) + 1 / n).all()
    again = LOCAL[name](values, GRAPH, n_permutations=n, seed=3)
    pd.testing.assert_frame_equal(again.frame, drawn.frame)


def test_unequal_weights_on_a_larger_map_are_drawn_alike_for_all(monkeypatch):
    near = {i: [(i + j) % 60 for j in (1, 2, 3, 57, 58, 59)] for i in range(60)}
    unequal = graph_of(near, {i: [3, 2, 1, 1, 2, 3] for i in near}).transform("R")
    equal = graph_of(near).transform("R")
    values = values_for(equal, seed=4)
    for graph in (equal, unequal):
        star = kz.local_g(values, graph, n_permutations=999).frame
        moran = kz.local_moran(values, graph, n_permutations=999).frame
        if graph is unequal:
            assert set(star["method"]) == {"monte-carlo"}
        np.testing.assert_allclose(star["p"], moran["p"], rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=7, max_size=7).filter(lambda v: len(set(v)) > 1))
def test_mirrored_values_swap_hot_and_cold(numbers):
    values = pd.Series(numbers, SEVEN.unique_ids, dtype=float)
    frame, mirrored = (kz.local_g(each, SEVEN, alpha=1).frame for each in (values, -values))
    np.testing.assert_array_equal(frame["p"], mirrored["p"])
    clear = frame["p_min"] < 1
    swapped = frame["label"].replace({"Hot spot": "Cold spot", "Cold spot": "Hot spot"})
    lag = values.to_numpy() - values.mean()
    usual = -lag / 6
    tied = np.abs(SEVEN.lag(pd.Series(lag, SEVEN.unique_ids)) - usual) < 1e-9
    assert (swapped == mirrored["label"])[clear & ~tied].all()


def test_columns_and_calls_that_cannot_be():
    values = values_for(GRAPH)
    with pytest.raises(InputError, match="column 'a' twice"):
        kz.local_geary(pd.concat([values, values], axis=1, keys=["a", "a"]), GRAPH)
    with pytest.raises(InputError, match="expected a Series or a frame with columns"):
        kz.local_geary(pd.DataFrame(index=values.index), GRAPH)
    # columns may bear the names of options
    frame = kz.local_geary(pd.DataFrame({"graph": values, "islands": partner(values)}), GRAPH)
    assert frame.name == "multivariate local Geary"
    flat = kz.lee(values, values * 0, GRAPH)
    assert (flat.method, flat.reason) == ("inapplicable", "the values do not vary")


def test_labels_are_those_that_are_listed():
    values = values_for(GRAPH, seed=1)
    for name, labels in (
        ("g", hot_spots.HOT_SPOT_LABELS),
        ("geary", local_differences.GEARY_LABELS),
        ("two variables", local_differences.GEARY_LABELS),
        ("joins", joins.JOIN_LABELS),
    ):
        for alpha in (0.05, 1.0):
            assert set(LOCAL[name](values, GRAPH, alpha=alpha).frame["label"]) <= set(labels)


@SIDES
def test_shares_of_many_tests_are_those_of_one(alternative):
    rng = np.random.default_rng(1)
    draws, observed = rng.integers(-3, 4, (50, 6)).astype(float), np.arange(-2.0, 4.0)
    for exact in (True, False):
        p, p_min = shares_of_draws(draws, observed, alternative, exact=exact)
        for at in range(6):
            one = _arrangements.share_extreme(draws[:, at], observed[at], alternative, exact=exact)
            assert p[at] == one
            assert p_min[at] <= p[at]
