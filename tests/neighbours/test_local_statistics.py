"""Local Moran: against esda and GeoDa, by enumeration, what a unit can reach, awkward data."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations

import esda
import libpysal
import numpy as np
import pandas as pd
import pygeoda
import pytest
from helpers import graph_of, ring
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cases import (
    CLOSE,
    FIVE,
    FIVE_VALUES,
    GRAPH,
    OBLASTS,
    SEVEN,
    share,
    values_for,
)
from scipy.stats import false_discovery_control

from kz_spatial.errors import CallError, IslandWarning
from kz_spatial.neighbours import arrangements as _arrangements
from kz_spatial.neighbours.global_statistics import moran
from kz_spatial.neighbours.local_statistics import LISA_LABELS, local_moran, local_tests, quadrants
from kz_spatial.options import RunOptions


def test_local_statistics_and_quadrants_agree_with_geoda(tmp_path):
    path = tmp_path / "areas.shp"
    OBLASTS[["kato", "geometry"]].to_file(path, index=False)
    values = values_for(GRAPH, seed=4)
    theirs = pygeoda.local_moran(
        pygeoda.queen_weights(pygeoda.open(str(path))), values.tolist(), significance_cutoff=1.0
    )
    frame = local_moran(values, GRAPH).frame
    np.testing.assert_allclose(frame["statistic"], theirs.lisa_values(), **CLOSE)
    labels = [theirs.lisa_labels()[each] for each in theirs.lisa_clusters()]
    assert frame["quadrant"].tolist() == labels
    assert len(set(labels)) == 4  # all quadrants occur, so a swap would show


@pytest.mark.parametrize("numbers", FIVE_VALUES)
def test_local_p_by_brute_force(numbers):
    frame = local_moran(pd.Series(numbers), graph_of(FIVE).transform("R")).frame
    mean = Fraction(sum(numbers.values()), 5)
    for key, near in FIVE.items():
        others = [numbers[each] - mean for each in FIVE if each != key]
        # all 24 arrangements of the others, where the package takes neighbour sets
        draws = [sum(each[: len(near)]) / Fraction(len(near)) for each in permutations(others)]
        observed = sum(numbers[each] - mean for each in near) / Fraction(len(near))
        row = frame.loc[key]
        assert row["p"] == pytest.approx(float(share(draws, observed, "two-sided")), rel=1e-15)
        smallest = min(share(draws, each, "two-sided") for each in set(draws))
        assert row["p_min"] == pytest.approx(float(smallest), rel=1e-15)
        assert row["method"] == "exact"
        assert row["n_arrangements"] == len(list(combinations(others, len(near))))
        z = numbers[key] - mean
        assert row["quadrant"] == (
            f"{'High' if z > 0 else 'Low'}-{'High' if observed > 0 else 'Low'}"
        )


def test_local_monte_carlo_is_within_three_standard_errors_of_exact(monkeypatch):
    values, n = values_for(GRAPH, seed=8), 4999
    exact = local_moran(values, GRAPH)
    assert exact.seed is None
    monkeypatch.setattr(_arrangements, "_MAX_HALF_SUMS", 0)
    monkeypatch.setattr(_arrangements, "MAX_ARRANGEMENTS", 0)
    drawn = local_moran(values, GRAPH, n_permutations=n, seed=3)
    assert drawn.seed == 3
    assert set(drawn.frame["method"]) == {"monte-carlo"}
    assert set(drawn.frame["n_arrangements"]) == {n}
    p = exact.frame["p"]
    # twenty units at once: 3.9 standard errors keep the chance of any alarm at that of one at 3
    assert (abs(drawn.frame["p"] - p) < 3.9 * np.sqrt(p * (1 - p) / n) + 1 / n).all()
    np.testing.assert_array_equal(drawn.frame["statistic"], exact.frame["statistic"])


def unequal_ring(keys):
    near = ring(keys)
    return near, graph_of(near, {key: [1, 3] for key in near})


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_ordered_sets_count_where_weights_differ(alternative):
    near, graph = unequal_ring("abcdefgh")
    numbers = dict(zip("abcdefgh", [3, 1, 4, 1, 5, 9, 2, 6], strict=True))
    frame = local_moran(pd.Series(numbers), graph, alternative=alternative).frame
    assert set(frame["method"]) == {"exact"}
    assert set(frame["n_arrangements"]) == {42}
    mean = Fraction(sum(numbers.values()), 8)
    for key, (one, other) in near.items():
        own = numbers[key] - mean
        rest = [numbers[each] - mean for each in numbers if each != key]
        draws = [own * (a + 3 * b) for a, b in permutations(rest, 2)]
        weight = dict(zip(graph[key].index, graph[key], strict=True))
        observed = own * sum(weight[each] * (numbers[each] - mean) for each in (one, other))
        assert frame.loc[key, "p"] == pytest.approx(
            float(share(draws, observed, alternative)), rel=1e-14
        )
        least = min(share(draws, each, alternative) for each in set(draws))
        assert frame.loc[key, "p_min"] == pytest.approx(float(least), rel=1e-14)


def test_sets_too_many_to_list_are_drawn(monkeypatch):
    _, graph = unequal_ring("abcdefgh")
    exact = local_moran(values_for(graph), graph).frame
    monkeypatch.setattr(_arrangements, "MAX_ARRANGEMENTS", 41)
    found = local_moran(values_for(graph), graph, n_permutations=199)
    assert set(found.frame["method"]) == {"monte-carlo"}
    assert (found.frame["p"] >= found.frame["p_min"]).all()
    assert (found.frame["p_min"] >= 1 / 200).all()
    assert (abs(found.frame["p"] - exact["p"]) < 4 * np.sqrt(0.25 / 199) + 1 / 199).all()


@pytest.mark.parametrize("alpha", [0, 5, float("nan"), "x"])
def test_an_alpha_that_is_no_share_is_said(alpha):
    with pytest.raises(CallError, match="alpha="):
        local_moran(values_for(SEVEN), SEVEN, alpha=alpha)


def test_one_neighbour_among_twenty_reaches_one_nineteenth_at_best():
    frame = local_moran(values_for(GRAPH), GRAPH).frame
    lonely = GRAPH.cardinalities == 1
    assert lonely.sum() == 4
    np.testing.assert_allclose(frame.loc[lonely, "p_min"], 1 / 19, rtol=1e-15)
    assert (frame.loc[lonely, "label"] == "cannot be significant").all()
    assert (frame.loc[~lonely, "p_min"] < 0.05).all()
    assert not (frame.loc[~lonely, "label"] == "cannot be significant").any()
    # at ten percent they can
    assert not (
        local_moran(values_for(GRAPH), GRAPH, alpha=0.1).frame["label"] == "cannot be significant"
    ).any()


def test_one_neighbour_among_seven_reaches_one_sixth_at_best():
    frame = local_moran(values_for(SEVEN), SEVEN).frame
    np.testing.assert_allclose(frame.loc[["almaty", "astana"], "p_min"], 1 / 6, rtol=1e-15)
    assert set(frame.loc[["almaty", "astana"], "label"]) == {"cannot be significant"}


def test_labels_follow_from_p_and_alpha():
    values = pd.Series(np.where(np.arange(20) < 10, 0.0, 10.0), GRAPH.unique_ids)
    values += values_for(GRAPH) / 1000
    for alpha in (0.05, 0.3, 1.0):
        found = local_moran(values, GRAPH, alpha=alpha)
        frame = found.frame
        expected = np.where(
            frame["p"] <= alpha,
            frame["quadrant"],
            np.where(frame["p_min"] > alpha, "cannot be significant", "not significant"),
        )
        assert frame["label"].tolist() == expected.tolist()
        assert set(frame["label"]) <= set(LISA_LABELS)
        assert found.alpha == alpha
    assert (frame["p"] >= frame["p_min"] - 1e-15).all()


def test_fdr_agrees_with_scipy():
    values = values_for(GRAPH, seed=9)
    values.iloc[[2, 5]] = np.nan
    frame = local_moran(values, GRAPH).frame
    known = frame["p"].notna()
    assert 15 < known.sum() <= 18
    np.testing.assert_allclose(
        frame.loc[known, "p_fdr"], false_discovery_control(frame.loc[known, "p"]), rtol=1e-14
    )
    assert frame.loc[~known, "p_fdr"].isna().all()


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
def test_an_island_stays_out_of_the_mean():
    near = {**FIVE, "z": []}
    values = pd.Series({**FIVE_VALUES[0], "z": 1000})
    alone = values.drop("z")
    graph, five = graph_of(near).transform("R"), graph_of(FIVE).transform("R")
    found, expected = moran(values, graph), moran(alone, five)
    assert (found.statistic, found.p, found.n_units) == (expected.statistic, expected.p, 5)
    frame = local_moran(values, graph).frame
    assert frame.loc["z", "label"] == "island"
    pd.testing.assert_frame_equal(frame.drop("z"), local_moran(alone, five).frame)


def test_a_missing_value_leaves_its_weight_to_the_other_neighbours():
    values = pd.Series({"a": 1.0, "b": 5, "c": np.nan, "d": 2, "e": 9})
    rest = {"a": ["b"], "b": ["a", "d"], "d": ["b", "e"], "e": ["d"]}
    expected = moran(values.dropna(), graph_of(rest).transform("R"))
    for given_values in (values, values.dropna()):  # NaN, or not there at all
        found = moran(given_values, graph_of(FIVE).transform("R"))
        assert (found.statistic, found.p, found.n_units) == (expected.statistic, expected.p, 4)
    frame = local_moran(values, graph_of(FIVE).transform("R")).frame
    assert frame.loc["c", "label"] == "suppressed"
    assert np.isnan(frame.loc["c", "p"])
    shorter = local_moran(values.dropna(), graph_of(FIVE).transform("R")).frame
    pd.testing.assert_frame_equal(frame.drop("c"), shorter)


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
def test_a_missing_value_can_make_an_island():
    values = pd.Series({"a": 1.0, "b": np.nan, "c": 6, "d": 2, "e": 9})
    frame = local_moran(values, graph_of(FIVE).transform("R")).frame
    assert frame["label"][["a", "b"]].tolist() == ["island", "suppressed"]
    binary = moran(values, graph_of(FIVE))
    # left of it: c-d and d-e, binary; z = 1/3, -11/3, 10/3
    assert binary.n_units == 3
    z = np.array([1, -11, 10]) / 3
    expected = 3 / 4 * 2 * (z[0] * z[1] + z[1] * z[2]) / (z @ z)
    assert binary.statistic == pytest.approx(expected, rel=1e-13)


def test_a_unit_that_names_none_stays_for_those_who_name_it():
    near = {"a": ["b"], "b": ["a", "e"], "e": ["a", "b"], "c": ["d"], "d": []}
    values = pd.Series({"a": 1.0, "b": 4, "c": 2, "d": 8, "e": 5})
    exact = local_moran(values, graph_of(near).transform("R"))
    assert exact.seed is None
    frame = exact.frame
    # mean 4: z = -3, 0, -2, 4, 1 for a, b, c, d, e; c's lag is d's 4, and d has none of its own
    assert frame.loc["c", "lag"] == 4
    assert frame.loc["c", "statistic"] == pytest.approx(4 * -2 * 4 / 30, rel=1e-13)
    assert frame.loc["d", "label"] == "island"
    assert frame.loc["d", "method"] == "inapplicable"
    assert frame.loc["d", ["lag", "statistic", "quadrant", "p", "p_min"]].isna().all()
    found = moran(values, graph_of(near).transform("R"))
    assert found.n_units == 5
    # rows: a: -3 * 0; b: 0; e: 1 * -3/2; c: -2 * 4
    assert found.statistic == pytest.approx(5 / 4 * (-1.5 - 8) / 30, rel=1e-13)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=7, max_size=7).filter(lambda v: len(set(v)) > 1))
def test_mirrored_values_swap_high_and_low(numbers):
    values = pd.Series(numbers, SEVEN.unique_ids, dtype=float)
    frame, mirrored = local_moran(values, SEVEN).frame, local_moran(-values, SEVEN).frame
    np.testing.assert_array_equal(frame["p"], mirrored["p"])
    z = (values - values.mean()).to_numpy()
    clear = (np.abs(z) > 1e-9) & (np.abs(SEVEN.lag(z)) > 1e-9)  # nought is neither high nor low
    swapped = frame["quadrant"].replace(
        {
            "High-High": "Low-Low",
            "Low-Low": "High-High",
            "High-Low": "Low-High",
            "Low-High": "High-Low",
        }
    )
    assert (swapped == mirrored["quadrant"])[clear].all()


def test_a_unit_at_the_mean_is_never_significant():
    # I is 0 in every arrangement, whatever its neighbours hold
    values = pd.Series({"a": 0.0, "b": 3.0, "c": 3.0, "d": -2.0, "e": -2.0, "f": -1.0, "g": -1.0})
    graph = graph_of(
        {
            "a": ["b", "c"],
            "b": ["a", "c"],
            "c": ["a", "b"],
            "d": ["e"],
            "e": ["d"],
            "f": ["g"],
            "g": ["f"],
        }
    )
    row = local_moran(values, graph).frame.loc["a"]
    assert (row["statistic"], row["p"], row["p_min"]) == (0, 1, 1)
    assert row["label"] == "cannot be significant"


@pytest.mark.parametrize("numbers", FIVE_VALUES)
@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_local_p_by_brute_force(numbers, alternative):
    graph = graph_of(FIVE).transform("R")
    found = local_moran(pd.Series(numbers), graph, alternative=alternative)
    assert found.alternative == alternative
    mean = Fraction(sum(numbers.values()), 5)
    for key, near in FIVE.items():
        own = numbers[key] - mean
        others = [numbers[each] - mean for each in FIVE if each != key]
        draws = [own * sum(each[: len(near)]) for each in permutations(others)]
        observed = own * sum(numbers[each] - mean for each in near)
        p = float(share(draws, observed, alternative))
        assert found.frame.loc[key, "p"] == pytest.approx(p, rel=1e-15)
        least = min(share(draws, each, alternative) for each in set(draws))
        assert found.frame.loc[key, "p_min"] == pytest.approx(float(least), rel=1e-15)


def test_bonferroni_counts_the_tested_units():
    values = values_for(GRAPH, seed=9)
    values.iloc[[2, 5]] = np.nan
    frame = local_moran(values, GRAPH).frame
    n = frame["p"].notna().sum()
    expected = np.minimum(frame["p"] * n, 1)
    np.testing.assert_allclose(frame["p_bonferroni"], expected, rtol=1e-15)


def test_the_lag_is_that_of_the_graph():
    values = values_for(GRAPH, seed=3).reindex(GRAPH.unique_ids)
    frame = local_moran(values, GRAPH).frame
    lag = GRAPH.lag((values - values.mean()).to_numpy())
    np.testing.assert_allclose(frame["lag"], lag, rtol=0, atol=1e-12)
    z = values - values.mean()
    np.testing.assert_allclose(frame["statistic"], 19 * z * lag / (z @ z), rtol=1e-12)


def test_a_negative_weight_turns_the_statistic():
    near = ring("abcdefg")
    values = pd.Series([3.0, 1, 4, 1, 5, 9, 2], list("abcdefg"))
    plus = graph_of(near, {key: [1.0, 1.0] for key in near})
    minus = graph_of(near, {key: [-1.0, -1.0] for key in near})
    a, b = local_moran(values, plus).frame, local_moran(values, minus).frame
    np.testing.assert_allclose(a["statistic"], -b["statistic"], rtol=1e-12)
    np.testing.assert_array_equal(a["p"], b["p"])
    # weights that are all the same are counted by sets, 2 of 6, whatever their sign
    assert set(b["n_arrangements"]) == {15}
    greater = local_moran(values, plus, alternative="greater").frame["p"]
    less = local_moran(values, minus, alternative="less").frame["p"]
    np.testing.assert_array_equal(greater, less)


def test_units_on_a_large_map_are_drawn_and_their_sets_are_few():
    names = range(60)
    near = {i: [(i + j) % 60 for j in range(-6, 7) if j] for i in names}
    graph = graph_of(near).transform("R")
    found = local_moran(values_for(graph), graph, n_permutations=99)
    assert set(found.frame["method"]) == {"monte-carlo"}
    assert found.seed is not None
    assert (found.frame["p"] >= 1 / 100).all()


def test_a_level_that_p_just_reaches_is_reached():
    """With one neighbour among 20 others the one best set has p = 1/20 = 0.05."""
    names = [f"u{i:02}" for i in range(21)]
    numbers = dict(zip(names, [9.0, 8.0, *np.linspace(0, 1, 19)], strict=True))
    chain = graph_of({name: [names[i - 1]] for i, name in enumerate(names)})
    frame = local_moran(pd.Series(numbers), chain).frame
    # u01's neighbour u00 is the highest of the others; u03's is a low one of nineteen
    assert frame.loc["u01", "p"] == 1 / 20
    assert frame.loc["u01", "label"] == "High-High"
    assert frame.loc["u03", "p_min"] == 1 / 20
    assert frame.loc["u03", "p"] > 1 / 20
    assert frame.loc["u03", "label"] == "not significant"


def test_three_units_are_tested_and_two_are_not():
    """The ends of a path of three choose among two others, its middle has no choice."""
    frame = local_moran(pd.Series({"a": 1.0, "b": 5.0, "c": 9.0}), path_of("abc")).frame
    assert frame["method"].tolist() == ["exact"] * 3
    assert frame["n_arrangements"].tolist() == [2, 1, 2]
    # a's deviation is -4 and b is at the mean: 0 of {0, 4} is the one less far from their mean 2
    assert frame["p"].tolist() == [1, 1, 1]
    for values in ({"a": 1.0, "b": 5.0}, {"a": 3.0, "b": 3.0, "c": 3.0, "d": 3.0}):
        found = local_moran(pd.Series(values), path_of("".join(values)))
        assert found.seed is None
        assert set(found.frame["method"]) == {"inapplicable"}
        assert set(found.frame["n_arrangements"]) == {0}
        assert set(found.frame["label"]) == {"cannot be significant"}
        told = ["lag", "statistic", "quadrant", "p", "p_min", "p_fdr", "p_bonferroni"]
        assert found.frame[told].isna().all(axis=None)
        assert found.frame["value"].tolist() == list(values.values())


def path_of(names):
    near = {a: [b for b in names if abs(names.index(b) - names.index(a)) == 1] for a in names}
    return graph_of(near)


def test_what_is_no_unit_of_the_test_has_no_arrangements():
    values = pd.Series({"a": 1.0, "b": np.nan, "c": 6, "d": 2, "e": 9, "f": 3})
    near = {"a": ["b"], "b": ["a"], "c": ["d", "e"], "d": ["c", "e"], "e": ["c", "d", "f"]}
    with pytest.warns(IslandWarning):
        frame = local_moran(values, graph_of({**near, "f": ["e"]})).frame
    assert frame.loc[["a", "b"], "n_arrangements"].tolist() == [0, 0]
    assert frame.loc[["a", "b"], "method"].tolist() == ["inapplicable"] * 2
    # among c, d, e, f: two, two, three and one of three others
    assert frame.loc[["c", "d", "e", "f"], "n_arrangements"].tolist() == [3, 3, 1, 3]


@pytest.mark.parametrize("factor", [1e-200, 1e-12, 1e200])
def test_the_size_of_values_does_not_matter(factor):
    """Squares of 1e-200 are lost and those of 1e200 overflow, the statistic is neither."""
    values = values_for(GRAPH, seed=6)
    plain, scaled = (local_moran(each, GRAPH).frame for each in (values, values * factor))
    for column in ("statistic", "p", "p_min"):
        np.testing.assert_allclose(scaled[column], plain[column], rtol=1e-9)
    assert scaled["label"].tolist() == plain["label"].tolist()
    np.testing.assert_allclose(scaled["lag"], plain["lag"] * factor, rtol=1e-9)


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_the_size_of_weights_does_not_make_them_equal(factor):
    """Inverse squared metres are all close to nought, yet differ; 1 and 3 do so at any scale."""
    near, graph = unequal_ring("abcdefgh")
    tiny = graph_of(near, {key: [factor, 3 * factor] for key in near})
    same = graph_of(near, {key: [factor, factor * (1 + 1e-12)] for key in near})
    values = pd.Series(dict(zip("abcdefgh", [3.0, 1, 4, 1, 5, 9, 2, 6], strict=True)))
    plain, scaled = local_moran(values, graph).frame, local_moran(values, tiny).frame
    np.testing.assert_allclose(scaled["p"], plain["p"], rtol=1e-12)
    assert set(scaled["n_arrangements"]) == {7 * 6}
    assert set(local_moran(values, same).frame["n_arrangements"]) == {21}


def test_sets_are_counted_while_half_of_the_others_is_within_reach(monkeypatch):
    """Of 21 others a half holds 11 values: 1 + 11 + 55 sums of none, one or two of them."""
    names = [f"u{i:02}" for i in range(22)]
    graph = graph_of(ring(names))
    monkeypatch.setattr(_arrangements, "_MAX_HALF_SUMS", 67)
    found = local_moran(values_for(graph), graph).frame
    assert set(found["n_arrangements"]) == {21 * 20 // 2}
    monkeypatch.setattr(_arrangements, "_MAX_HALF_SUMS", 66)
    found = local_moran(values_for(graph), graph).frame
    assert set(found["n_arrangements"]) == {21 * 20}


def test_random_sets_of_a_map_where_all_touch_all():
    """Every unit has eleven neighbours of unequal weight, in far more orders than are listed."""
    rng = np.random.default_rng(3)
    names = list("abcdefghijkl")
    W = rng.uniform(0.2, 3, (12, 12))
    np.fill_diagonal(W, 0)
    near = {a: [b for b in names if b != a] for a in names}
    graph = graph_of(
        near, {a: [W[i, names.index(b)] for b in near[a]] for i, a in enumerate(names)}
    )
    values = pd.Series(rng.normal(size=12), names)
    found = local_moran(values, graph, n_permutations=4999, seed=5)
    assert (found.seed, set(found.frame["method"])) == (5, {"monte-carlo"})
    z = (values - values.mean()).to_numpy()
    for i, name in enumerate(names):
        weights, others = np.delete(W[i], i), np.delete(z, i)
        drawn = rng.permuted(np.tile(others, (5000, 1)), axis=1) @ weights
        centre = weights.sum() * others.mean()
        p = np.mean(np.abs(drawn - centre) >= abs(weights @ others - centre))
        # twelve units at once; both sides are drawn
        assert abs(found.frame.loc[name, "p"] - p) < 4 * np.sqrt(2 * 0.25 / 5000)


def test_a_study_and_a_call_of_its_own_ask_for_the_same():
    """Without options a call tests as a run of the study does."""
    options = RunOptions()
    near = {i: [(i + j) % 60 for j in range(-6, 7) if j] for i in range(60)}
    graph = graph_of(near, {i: [1.0 + (j % 3) for j in range(12)] for i in near})
    values = values_for(graph)
    plain = local_moran(values, graph)
    asked = local_moran(values, graph, n_permutations=options.permutations, seed=options.seed)
    assert (plain.alpha, plain.seed) == (0.05, options.seed)
    pd.testing.assert_frame_equal(plain.frame, asked.frame)
    z = (values - values.mean()).to_numpy()
    bare = local_tests(z[None], graph.sparse.toarray())
    np.testing.assert_array_equal(bare.p[0], plain.frame["p"])
    assert bare.label[0].tolist() == plain.frame["label"].tolist()


def test_quadrants_of_units_and_neighbours_at_the_mean_are_those_of_esda():
    """Five in a row about a mean of nought: what is not above the mean is low, as esda has it."""
    values = np.array([2.0, 0, -1, 0, -1])
    near = np.abs(np.subtract.outer(range(5), range(5))) == 1
    W = near / near.sum(axis=1, keepdims=True)
    pairs = {i: np.flatnonzero(near[i]).tolist() for i in range(5)}
    weights = libpysal.weights.W(pairs)
    theirs = esda.Moran_Local(values, weights, permutations=0)
    names = np.array(["", "High-High", "Low-High", "Low-Low", "High-Low"])
    assert quadrants(values, W @ values).tolist() == names[theirs.q].tolist()
    assert quadrants(values, W @ values).tolist() == [
        "High-Low", "Low-High", "Low-Low", "Low-Low", "Low-Low",
    ]  # fmt: skip
