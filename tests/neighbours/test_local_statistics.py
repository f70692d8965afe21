"""Local Moran: against esda and GeoDa, by enumeration, what a unit can reach, awkward data."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations

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

from kz_spatial.errors import CallError
from kz_spatial.neighbours import arrangements as _arrangements
from kz_spatial.neighbours.global_statistics import moran
from kz_spatial.neighbours.local_statistics import LISA_LABELS, local_moran


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
    frame = local_moran(values, graph_of(near).transform("R")).frame
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
