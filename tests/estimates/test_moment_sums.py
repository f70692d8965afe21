"""Moments by cell: a case by hand, pandas' groupby, and the same however rows are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kz_spatial.estimates import (
    aggregate,
    cell_moments,
    stratified_errors,
    survey_mean,
    unit_moments,
    weighted_moments,
)


def test_two_parts_by_hand():
    """1 and 3 lie 1 from their mean of 2; with 8 the mean is 4 and squares 9 + 1 + 16."""
    two = cell_moments(np.array([[1.0], [3.0]]), np.zeros(2, int), 1)
    one = cell_moments(np.array([[8.0]]), np.zeros(1, int), 1)
    assert (two.mean.item(), two.products.item()) == (2.0, 2.0)
    both = two.beside(one).grouped(np.zeros(2, int), 1)
    assert (both.total.item(), both.mean.item(), both.products.item()) == (3.0, 4.0, 26.0)
    assert both.about(np.array([[3.0]])).item() == 26 + 3


def test_weights_by_hand():
    """Weights 1 and 3 on 0 and 4: mean 3, squares 9 + 3; of squared weights 1 and 9: 3.6."""
    found = weighted_moments(np.array([[0.0], [4.0]]), np.zeros(2, int), 1, np.array([1.0, 3.0]))
    assert [each.mean.item() for each in found.powers] == [2.0, 3.0, 3.6]
    assert found.weighted.products.item() == pytest.approx(12.0)
    figures = {name: each.item() for name, each in found.unit_moments().items()}
    assert figures["sd"] == pytest.approx((2 * 12 / 4) ** 0.5)
    assert figures["se"] == pytest.approx((2 * (1 * 9 + 9 * 1)) ** 0.5 / 4)
    assert figures["unweighted_mean"] == 2.0


@given(
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 200), max_size=6),
    far=st.sampled_from([0.0, 1e6, -1e9]),
)
def test_however_rows_are_cut_moments_are_those_of_all(seed, cuts, far):
    rng = np.random.default_rng(seed)
    n = 200
    columns = far + rng.normal(0, 1, (n, 2)) * [1, 10]
    cell, w = rng.integers(0, 4, n), rng.uniform(0.1, 5, n)
    whole = weighted_moments(columns, cell, 5, w)
    edges = [0, *sorted(cuts), n]
    parts = [weighted_moments(columns[a:b], cell[a:b], 5, w[a:b]) for a, b in pairwise(edges)]
    made = parts[0]
    for each in parts[1:]:
        made = made.beside(each).grouped(np.tile(np.arange(5), 2), 5)
    for one, two in zip(made.powers, whole.powers, strict=True):
        np.testing.assert_allclose(one.total, two.total, rtol=1e-12)
        np.testing.assert_allclose(one.mean, two.mean, rtol=1e-12)
        # what is left of numbers that are far from nought and close together
        size = 1e-12 if far == 0 else 1e-15 * abs(far) * 100
        np.testing.assert_allclose(one.products, two.products, rtol=1e-11, atol=size * 100)
    frame = pd.DataFrame(columns).groupby(cell)
    some = sorted(set(cell.tolist()))
    gaps = ((columns - frame.transform("mean").to_numpy()) ** 2).sum(axis=0)
    found = whole.plain.products[some][:, [0, 1], [0, 1]].sum(axis=0)
    np.testing.assert_allclose(found, gaps, rtol=1e-9, atol=1e-9 + 1e-15 * abs(far) * 1e4)


def test_figures_are_those_of_the_rows():
    rng = np.random.default_rng(8)
    y, w, unit = rng.gamma(2, 30, 500), rng.uniform(1, 9, 500), rng.integers(0, 6, 500)
    y[:40] = np.nan
    use = np.isfinite(y)
    found = weighted_moments(y[use, None], unit[use], 7, w[use]).unit_moments()
    expected = unit_moments(y, w, unit, 7)
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], each, rtol=1e-12, err_msg=name)


def test_errors_of_a_stratified_sample_are_those_of_survey_mean():
    """Strata of one firm among them, and firms without an answer or a unit."""
    rng = np.random.default_rng(9)
    n = 400
    stratum = np.r_[rng.integers(0, 12, n - 2), 12, 13]
    unit = rng.integers(0, 5, n)
    y, w = rng.normal(50, 9, n), rng.uniform(1, 5, n)
    y[rng.random(n) < 0.1] = np.nan
    firms = pd.DataFrame({"y": y, "w": w, "h": stratum.astype(str), "d": unit})
    expected = survey_mean(firms, "y", weights="w", strata="h", by="d")["std_error"]
    use = np.isfinite(y)
    cell = unit * 14 + stratum
    sums = weighted_moments(y[use, None], cell[use], 5 * 14, w[use])
    sizes = np.bincount(stratum).astype(float)
    found = stratified_errors(
        sums, np.repeat(np.arange(5), 14), np.tile(np.arange(14), 5), sizes, 5
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_an_empty_cell_has_no_figures():
    found = weighted_moments(np.array([[1.0]]), np.array([1]), 3).unit_moments()
    assert found["n"].tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(found["mean"]).tolist() == [True, False, True]
    assert np.isnan(found["se"]).all()


def test_aggregate_is_made_of_the_same_table():
    """A table keeps the order of its columns, which other people's scripts rely on."""
    import kz_spatial as kz

    table = aggregate(kz.load_twin(), weights="wmedian")
    first = [c.removeprefix("outages_per_month_") for c in table.columns[:7]]
    assert first == ["mean", "sd", "se", "unweighted_mean", "n", "missing", "suppressed"]
