"""The tightest of several heuristics: near the optimum where there is one, in time where not."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of
from pattern_cases import GRAPH

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.groups import tightest
from kz_spatial.groups.bounds import Bounds, bounds_of
from kz_spatial.groups.connected import is_connected
from kz_spatial.groups.contiguous import masks_in_order
from kz_spatial.groups.max_p import Cut
from kz_spatial.groups.partition import within_ss

UNITS = sorted(GRAPH.unique_ids)
MASKS = masks_in_order(GRAPH, UNITS)


def lattice(side):
    cells = [f"{y:02}-{x:02}" for y in range(side) for x in range(side)]
    near = {each: [] for each in cells}
    for y in range(side):
        for x in range(side):
            for b, a in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                if 0 <= x + a < side and 0 <= y + b < side:
                    near[cells[y * side + x]].append(cells[(y + b) * side + x + a])
    return cells, graph_of(near)


CELLS, LATTICE = lattice(15)


def lattice_table(seed, *, smooth=True):
    values = np.random.default_rng(seed).normal(size=(225, 4))
    if smooth:
        place = np.add.outer(np.arange(15), np.arange(15)).ravel()[:, None] / 8
        values = 0.5 * values + np.sin(place * [1, 0.7, 0.5, 1.3])
    return pd.DataFrame(values, CELLS)


def pieces_hang_together(labels, masks):
    groups = [sum(1 << int(i) for i in np.flatnonzero(labels == g)) for g in np.unique(labels)]
    return all(is_connected(each, masks) for each in groups)


def test_small_graphs_have_their_proof():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), UNITS)
    found = kz.regionalise(table, GRAPH, n_clusters=4)
    assert (found.method, found.certified, found.gap, found.seed) == ("exact", True, 0.0, None)
    auto = kz.regionalise(table, GRAPH, n_clusters=4, method="auto")
    pd.testing.assert_series_equal(found.labels, auto.labels)


def test_it_stays_near_the_optimum_of_the_oblasts():
    gaps, ward = [], []
    for seed in range(12):
        X = np.random.default_rng(seed).normal(size=(20, 4))
        table = pd.DataFrame(X, UNITS)
        best = kz.regionalise(table, GRAPH, n_clusters=4, standardise=False).within_ss
        labels, _ = tightest.tightest_groups(X, MASKS, 4, Bounds(np.ones(20)), 1)
        assert pieces_hang_together(labels, MASKS)
        gaps.append(within_ss(X, labels) / best - 1)
        ward.append(within_ss(X, tightest.ward_regions(X, MASKS, 4)) / best - 1)
    assert min(gaps) > -1e-12
    assert np.median(gaps) < 1e-9
    assert max(gaps) < 0.05
    assert np.mean(gaps) < np.mean(ward) / 5


@pytest.mark.parametrize("smooth", [True, False])
def test_a_lattice_of_225_is_cut_in_time_and_tighter_than_by_any_one(smooth):
    table, began = lattice_table(1, smooth=smooth), time.process_time()
    found = kz.regionalise(table, LATTICE, n_clusters=5)
    assert time.process_time() - began < 20  # three to six on an idle core
    start, _, mended = found.method.partition(", ")
    assert start in ("ward", "skater", "grown")
    assert (mended, found.certified, found.n_clusters, found.seed) == ("mended", False, 5, 20240)
    assert np.isnan(found.gap)
    masks = masks_in_order(LATTICE, CELLS)
    assert pieces_hang_together(found.labels.to_numpy(), masks)
    for method in ("ward", "skater"):
        alone = kz.regionalise(table, LATTICE, n_clusters=5, method=method)
        assert found.within_ss < alone.within_ss
    if smooth:
        again = kz.regionalise(table.iloc[::-1], LATTICE, n_clusters=5)
        pd.testing.assert_series_equal(again.labels.reindex(CELLS), found.labels)


def test_a_lattice_within_bounds():
    table = lattice_table(2)
    people = pd.Series(np.random.default_rng(2).integers(1, 50, 225), CELLS)
    for wish in ({"floor": 40, "ceiling": 50}, {"balance": 0.1, "floor_by": people}):
        found = kz.regionalise(table, LATTICE, n_clusters=5, **wish)
        assert not found.certified
        made = {"floor": 0, "ceiling": None, "floor_by": None, "balance": None} | wish
        bounds = bounds_of(pd.Index(CELLS), **made).for_number(5)
        assert bounds.met(found.labels.to_numpy() - 1)
        assert pieces_hang_together(found.labels.to_numpy(), masks_in_order(LATTICE, CELLS))
    with pytest.raises(
        NotEnoughDataError, match=r"found no cut into 5 .* the ceiling of 44, though"
    ):
        kz.regionalise(table, LATTICE, n_clusters=5, ceiling=44)
    with pytest.raises(CallError, match="found 225 units, expected at most 22; use 'auto'"):
        kz.regionalise(table, LATTICE, n_clusters=5, method="exact")


def test_the_tree_is_cut_where_it_saves_most():
    # a path whose tree is itself: the best of all single cuts, then the best of what is left
    X = np.array([[0.0], [0.2], [0.1], [5.0], [5.3], [9.0], [9.1]])
    path = [(1 << i + 1 | (1 << i >> 1)) & 0b1111111 for i in range(7)]
    assert tightest._by_tree(X, path, 2).tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert len(set(tightest._by_tree(X, path, 3).tolist())) == 3
    cuts = [within_ss(X, (np.arange(7) >= i).astype(int)) for i in range(1, 7)]
    assert within_ss(X, tightest._by_tree(X, path, 2)) == pytest.approx(min(cuts))
    for k in range(1, 8):
        found = tightest._by_tree(np.zeros((7, 1)), path, k)  # all alike, and still in k pieces
        assert len(set(found.tolist())) == k
        assert pieces_hang_together(found, path)


@pytest.mark.parametrize("k", [1, 2, 7, 20])
def test_every_number_of_groups_and_no_variation(k):
    for X in (np.zeros((20, 2)), np.random.default_rng(k).normal(size=(20, 2))):
        labels, _ = tightest.tightest_groups(X, MASKS, k, Bounds(np.ones(20)), 3)
        assert len(set(labels.tolist())) == k
        assert pieces_hang_together(labels, MASKS)


def test_mending_heeds_the_ceiling():
    path = [(1 << i + 1 | (1 << i >> 1)) & 0b1111 for i in range(4)]
    X = np.array([[0.0], [0.1], [0.2], [9.0]])
    free, _ = tightest.tightest_groups(X, path, 2, Bounds(np.ones(4)), 1)
    assert free.tolist() == [0, 0, 0, 1]
    held, _ = tightest.tightest_groups(X, path, 2, Bounds(np.ones(4), 0, 2), 1)
    assert held.tolist() == [0, 0, 1, 1]
    cut = Cut(X, path, np.ones(4), ceiling=2)
    cut.open(0b0111)
    assert not cut.holds(0, 0)
    assert tightest.tightest_groups(X, path, 2, Bounds(np.ones(4), 0, 1), 1) is None
