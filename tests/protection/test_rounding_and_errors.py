"""Counts to a base, shares from them, and errors of cells of few firms."""

from __future__ import annotations

import numpy as np
import pytest

from kz_spatial.design import OPEN, SURVEY
from kz_spatial.protection import round_to_base, shown_count, shown_shares
from kz_spatial.protection.errors import Spread, pooled_spread, smooth_errors


def test_counts_go_to_the_nearest_multiple():
    assert round_to_base(np.arange(10, 21), 5).tolist() == [10] * 3 + [15] * 5 + [20] * 3
    assert round_to_base(np.array([13.0]), 0).tolist() == [13.0]


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (9, np.nan), (10, 10), (12, 10), (13, 15)])
def test_a_small_count_is_not_shown(count, shown):
    assert shown_count(count, SURVEY) == pytest.approx(shown, nan_ok=True)
    assert shown_count(count, OPEN) == count


def test_no_share_gives_its_count_where_either_side_is_small():
    for n in range(10, 80):
        yes = np.arange(n + 1.0)
        shown, rounded = shown_shares(yes / n, yes, np.full(n + 1, float(n)), SURVEY)
        small = np.minimum(yes, n - yes) < 10
        assert rounded[small].all()
        np.testing.assert_array_equal(shown[~rounded], (yes / n)[~rounded])
        base = round_to_base(np.array([n]), 5)[0]
        steps = shown[rounded] * base / 5
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
        # whoever knows n and the rules finds three counts or more behind every rounded share
        for value in np.unique(shown[rounded]):
            assert (rounded & (np.abs(shown - value) < 1e-12)).sum() >= 3, (n, value)
        assert (np.diff(shown) >= -1e-12).all()


def test_weighted_shares_are_rounded_as_if_of_that_many_firms():
    shown, rounded = shown_shares(np.array([0.31]), np.array([3]), np.array([22]), SURVEY)
    # 0.31 of 22 is 6.8, which rounds to 5 of 20
    assert rounded.tolist() == [True]
    assert shown.tolist() == [0.25]
    assert shown_shares(np.array([0.31]), np.array([3]), np.array([22]), OPEN)[0].tolist() == [0.31]


def test_the_pooled_variance_is_that_within_units():
    rng = np.random.default_rng(0)
    groups = [rng.normal(i, 2.0, n) for i, n in enumerate((12, 15, 40, 33))]
    sd = np.array([each.std(ddof=1) for each in groups])
    n = np.array([float(len(each)) for each in groups])
    residuals = np.concatenate([each - each.mean() for each in groups])
    found = pooled_spread(sd, sd / np.sqrt(n), n, n > 0, SURVEY)
    assert found.variance == pytest.approx((residuals**2).sum() / (len(residuals) - 4))
    assert found.effect == pytest.approx(1.0)


def test_one_small_unit_among_large_ones_stays_out():
    sd, n = np.array([9.0, 2.0, 2.0]), np.array([12.0, 30.0, 40.0])
    found = pooled_spread(sd, sd / np.sqrt(n), n, n > 0, SURVEY)
    assert found.variance == pytest.approx(4.0)
    alone = pooled_spread(sd[:1], sd[:1], n[:1], n[:1] > 0, SURVEY)
    assert np.isnan(alone.variance)


def test_withheld_units_take_no_part():
    sd, n = np.array([9.0, 2.0, 2.0]), np.array([32.0, 30.0, 40.0])
    found = pooled_spread(sd, sd / np.sqrt(n), n, np.array([False, True, True]), SURVEY)
    assert found.variance == pytest.approx(4.0)


def test_small_units_take_the_pooled_error_and_the_design_effect():
    n = np.array([16.0, 25.0])
    sd, se = smooth_errors(
        np.array([3.0, 5.0]), np.array([0.7, 1.5]), n, np.array([True, False]), Spread(4.0, 2.25)
    )
    assert sd.tolist() == [2.0, 5.0]
    assert se.tolist() == [pytest.approx(np.sqrt(4.0 * 2.25 / 16)), 1.5]
