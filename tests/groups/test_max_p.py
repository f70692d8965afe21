"""Max-p: it always ends, forms proven numbers of groups on the oblasts, and beats no optimum."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of
from pattern_cases import GRAPH

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.groups.connected import is_connected
from kz_spatial.groups.contiguous import masks_in_order, regionalise
from kz_spatial.groups.heuristics import _moves_that_end
from kz_spatial.groups.max_p import max_p_groups
from kz_spatial.groups.partition import within_ss

UNITS = sorted(GRAPH.unique_ids)
MASKS = masks_in_order(GRAPH, UNITS)


def random_table(seed, columns=2):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(20, columns)), UNITS)


def members(labels, group):
    return sum(1 << i for i, each in enumerate(labels) if each == group)


@pytest.mark.parametrize("floor", range(2, 11))
def test_every_floor_of_the_oblasts_ends_in_seconds_with_the_most_groups_there_can_be(floor):
    for seed in range(3):
        table, began = random_table(seed), time.perf_counter()
        found = regionalise(table, GRAPH, method="max-p", floor=floor)
        assert time.perf_counter() - began < 20
        labels = found.labels[UNITS].to_numpy()
        for group in np.unique(labels):
            assert (labels == group).sum() >= floor
            assert is_connected(members(labels, group), MASKS)
        k = found.n_clusters
        optimum = regionalise(table, GRAPH, n_clusters=k, floor=floor)
        assert found.within_ss >= optimum.within_ss * (1 - 1e-12)
        assert found.gap == pytest.approx(found.within_ss / optimum.within_ss - 1, abs=1e-9)
        assert 0 <= found.gap < 0.1
        with pytest.raises(NotEnoughDataError, match="no cut"):
            regionalise(table, GRAPH, n_clusters=k + 1, floor=floor)


def test_known_numbers_of_groups():
    found = {
        floor: regionalise(random_table(0), GRAPH, method="max-p", floor=floor).n_clusters
        for floor in (1, 2, 3, 4, 5, 6, 10, 11, 20)
    }
    # each city and East Kazakhstan has one neighbour, so 20 oblasts make nine pairs at most
    assert found == {1: 20, 2: 9, 3: 6, 4: 5, 5: 4, 6: 3, 10: 2, 11: 1, 20: 1}


def test_the_same_seed_gives_the_same_groups_and_the_order_of_rows_is_kept():
    table = random_table(4)
    one, two = (regionalise(table, GRAPH, method="max-p", floor=3, seed=8) for _ in range(2))
    pd.testing.assert_series_equal(one.labels, two.labels)
    assert (one.seed, one.certified, one.method) == (8, False, "max-p")
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    turned = regionalise(table.iloc[::-1], GRAPH, method="max-p", floor=3, seed=8)
    assert list(turned.labels.index) == UNITS[::-1]
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_a_floor_by_amount_is_met():
    amounts = pd.Series(np.arange(1.0, 21.0), UNITS)
    found = regionalise(random_table(2), GRAPH, method="max-p", floor=30, floor_by=amounts)
    assert amounts.groupby(found.labels).sum().min() >= 30
    assert found.n_clusters >= 4
    exact = regionalise(
        random_table(2), GRAPH, n_clusters=found.n_clusters, floor=30, floor_by=amounts
    )
    assert found.within_ss >= exact.within_ss * (1 - 1e-12)


def test_a_floor_above_all_there_is_is_refused_with_the_reason():
    with pytest.raises(NotEnoughDataError, match=r"found 20 in all, expected .* floor of 21"):
        regionalise(random_table(1), GRAPH, method="max-p", floor=21)


def test_a_small_case_by_brute_force():
    # 0 - 1 - 2
    # |   |   |
    # 3 - 4 - 5
    masks = [0b001010, 0b010101, 0b100010, 0b010001, 0b101010, 0b010100]
    for seed in range(8):
        X = np.random.default_rng(seed).normal(size=(6, 2))
        best = min(
            within_ss(X, np.array(labels))
            for labels in product(range(3), repeat=6)
            if all(
                labels.count(g) == 2 and is_connected(members(labels, g), masks) for g in range(3)
            )
        )
        found = max_p_groups(X, masks, np.ones(6), 2, seed=1)
        assert len(set(found.tolist())) == 3
        assert within_ss(X, found) == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("values", [np.zeros((20, 1)), np.tile([[0.1], [0.3]], (10, 1))])
def test_ties_and_constants_end(values):
    labels = max_p_groups(values, MASKS, np.ones(20), 3, seed=0)
    assert np.bincount(labels).min() >= 3
    assert labels.max() + 1 == 6


def test_two_hundred_units_end():
    side = 15
    near = {
        (x, y): [
            (x + a, y + b)
            for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))
            if 0 <= x + a < side and 0 <= y + b < side
        ]
        for y in range(side)
        for x in range(side)
    }
    cells = {key: f"{key[0]:02}-{key[1]:02}" for key in near}
    graph = graph_of({cells[k]: [cells[each] for each in v] for k, v in near.items()})
    units = sorted(cells.values())
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(225, 2)), units)
    began = time.perf_counter()
    found = regionalise(table, graph, method="max-p", floor=5)
    assert time.perf_counter() - began < 30
    assert found.labels.value_counts().min() >= 5
    assert found.n_clusters >= 38
    # groups at random keep (n - k) / (n - 1), 0.83 of it, inside
    assert found.within_ss < 0.75 * found.total_ss
    assert np.isnan(found.gap)


def test_azp_lets_no_move_pass_once_they_are_too_many():
    moves = _moves_that_end(2)

    class Same:
        def update(self, *_):
            return -1e-17

    moves.objective_func, moves.attr, moves.objective_val = Same(), None, 1.0
    passed = [moves(0, 1, None) for _ in range(2500)]
    assert passed == [True] * 2000 + [False] * 500
