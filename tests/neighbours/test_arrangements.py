"""Counting of neighbour sets against listing them, and random sets against their law."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, mannwhitneyu

from kz_spatial.neighbours import arrangements as _arrangements
from kz_spatial.neighbours.arrangements import (
    can_count_sets,
    can_list_orders,
    orders,
    random_sets,
    set_p_values,
)


def listed(others, k, chosen, alternative):
    """p and smallest p by listing all sets, in whole numbers."""
    m, total = len(others), sum(others)
    draws = [m * sum(each) - k * total for each in combinations(others, k)]
    observed = m * chosen - k * total
    measure = {"two-sided": abs, "greater": lambda d: d, "less": lambda d: -d}[alternative]
    far = [measure(each) for each in draws]
    share = sum(each >= measure(observed) for each in far)
    return share / len(draws), sum(each == max(far) for each in far) / len(draws)


@settings(max_examples=150)
@given(
    st.lists(st.integers(-6, 6), min_size=2, max_size=9),
    st.integers(1, 9),
    st.sampled_from(["two-sided", "greater", "less"]),
    st.sampled_from([1.0, 1e-9, 0.3, 1e9]),
)
def test_counting_is_listing(others, k, alternative, factor):
    k = min(k, len(others))
    chosen = sum(others[:k])
    p, p_min = set_p_values(
        np.array([others]) * factor, k, np.array([chosen]) * factor, alternative
    )
    assert (p[0], p_min[0]) == pytest.approx(listed(others, k, chosen, alternative), rel=1e-14)


def test_rows_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    others = rng.normal(size=(150, 12)) * np.logspace(-8, 8, 150)[:, None]
    sums = others[:, [0, 3, 7, 11]].sum(axis=1)
    together = set_p_values(others, 4, sums, "two-sided")
    alone = [
        set_p_values(row[None], 4, s[None], "two-sided")
        for row, s in zip(others, sums, strict=True)
    ]
    np.testing.assert_array_equal(together[0], [each[0][0] for each in alone])
    np.testing.assert_array_equal(together[1], [each[1][0] for each in alone])


def test_sets_beyond_listing_are_counted_as_a_rank_test_counts_them():
    # 17 of 34 ranks: 2.3 billion sets; the rank sum has a known exact distribution
    ranks = np.arange(1.0, 35)
    chosen = np.concatenate([ranks[:9], ranks[20:28]])
    assert can_count_sets(34, 17)
    assert comb(34, 17) > 2e9
    left_out = np.setdiff1d(ranks, chosen)
    for ours, theirs in (("greater", "greater"), ("less", "less"), ("two-sided", "two-sided")):
        p, _ = set_p_values(ranks[None], 17, chosen.sum()[None], ours)
        known = mannwhitneyu(chosen, left_out, alternative=theirs, method="exact").pvalue
        assert p[0] == pytest.approx(known, rel=1e-12)
    assert set_p_values(ranks[None], 17, chosen.sum()[None], "less")[1][0] == 1 / comb(34, 17)


def test_what_can_be_counted():
    assert can_count_sets(19, 9)
    assert can_count_sets(34, 17)
    assert can_count_sets(1000, 2)
    assert can_count_sets(1000, 998)  # as many as 2 of them
    assert not can_count_sets(100, 10)
    assert not can_count_sets(400, 3)


@pytest.mark.parametrize(("m", "k"), [(5, 2), (4, 3), (30, 2), (6, 1), (3, 3)])
def test_random_sets_are_equally_likely(m, k):
    sets = random_sets(m, k, 40_000, np.random.default_rng(5))
    assert sets.shape == (40_000, k)
    assert all(len(set(row)) == k for row in sets[:500].tolist())
    counts = np.unique(sets, axis=0, return_counts=True)[1]
    possible = int(np.prod([m - i for i in range(k)]))
    assert len(counts) == possible
    assert chisquare(counts).pvalue > 0.001


def test_orders_are_all_or_random():
    found = orders(4, 10, 1)
    assert can_list_orders(4)
    assert len({tuple(row) for row in found}) == 24
    drawn = orders(12, 10, 1)
    assert not can_list_orders(12)
    assert drawn.shape == (10, 12)
    assert (np.sort(drawn, axis=1) == np.arange(12)).all()
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 9


def test_more_rows_than_fit_at_once(monkeypatch):
    rng = np.random.default_rng(4)
    others = rng.normal(size=(10, 9))
    sums = others[:, :3].sum(axis=1)
    whole = set_p_values(others, 3, sums, "two-sided")
    monkeypatch.setattr(_arrangements, "_MAX_BATCH", 1)
    for a, b in zip(whole, set_p_values(others, 3, sums, "two-sided"), strict=True):
        np.testing.assert_array_equal(a, b)
