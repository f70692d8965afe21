"""Pooled and smoothed sampling variances: by hand, and a law that they find again."""

import numpy as np
import pandas as pd
import pytest
from helpers import assert_series

import kz_spatial as kz
from kz_spatial.errors import InputError, NotEnoughDataError

UNITS = list("abcdefghijkl")
MEAN = pd.Series([3.0, 5, 4, 8, 6, 7, 2, 9, 5, 4, 6, 3], UNITS)
N = pd.Series([5.0, 9, 14, 20, 50, 7, 33, 12, 6, 8, 25, 40], UNITS)


def test_pooled_by_hand():
    # (1 * 4 + 3 * 1) / (1 + 3) = 1.75
    found = kz.pooled_variances(pd.Series([2.0, 1.0], ["x", "y"]), pd.Series([2, 4], ["x", "y"]))
    assert_series(found, pd.Series([0.875, 0.4375], ["x", "y"]), name="variance")


def test_pooled_takes_units_by_name_and_gives_them_what_they_lack():
    sd = pd.Series([2.0, 1.0, np.nan, 9.0], list("xyzw"))
    n = pd.Series([1, 5, 4, 2], list("wzyx"))  # a single answer has no deviation, whatever it says
    found = kz.pooled_variances(sd, n)
    assert_series(found, pd.Series([0.875, 0.4375, 0.35, 1.75], list("xyzw")), name="variance")
    assert kz.pooled_variances(sd, n.drop("z")).isna().tolist() == [False, False, True, False]


def test_equal_answers_in_one_unit_do_not_make_it_sure():
    found = kz.pooled_variances(pd.Series([0.0, 2.0]), pd.Series([6, 6]))
    assert found.tolist() == [2 / 6, 2 / 6]


def test_smoothed_finds_an_exact_law_again():
    raw = np.exp(0.5 + 0.3 * MEAN) / N**1.2
    found = kz.smoothed_variances(MEAN, raw, N)
    assert_series(found, raw, name="variance", tolerance=1e-10)
    # also for units that took no part
    found = kz.smoothed_variances(MEAN, raw.where(raw.index != "c").drop("e"), N)
    assert_series(found, raw, name="variance", tolerance=1e-10)
    with_nought = raw.where(raw.index != "c", 0.0)
    assert_series(
        kz.smoothed_variances(MEAN, with_nought, N), raw, name="variance", tolerance=1e-10
    )


def test_smoothed_against_a_regression_and_the_sum_of_the_raw():
    noise = np.exp(np.random.default_rng(3).normal(size=12))
    raw = noise * MEAN / N
    found = kz.smoothed_variances(MEAN, raw, N)
    terms = np.column_stack([np.ones(12), MEAN, np.log(N)])
    beta = np.linalg.solve(terms.T @ terms, terms.T @ np.log(raw))
    moved = np.log(found.to_numpy()) - terms @ beta
    np.testing.assert_allclose(moved, moved[0], rtol=1e-9)
    assert found.sum() == pytest.approx(raw.sum(), rel=1e-12)
    assert (found / (MEAN / N)).std() < (raw / (MEAN / N)).std()


def test_scale_origin_and_order_do_not_matter():
    raw = np.exp(np.random.default_rng(3).normal(size=12)) * MEAN / N
    one = kz.smoothed_variances(MEAN, raw, N)
    turned = kz.smoothed_variances((1e6 + 100 * MEAN)[::-1], raw * 1e4, N * 3)
    np.testing.assert_allclose(turned[UNITS], one * 1e4, rtol=1e-6)
    assert list(turned.index) == UNITS[::-1]
    pooled = kz.pooled_variances(MEAN, N)
    np.testing.assert_allclose(kz.pooled_variances(MEAN[::-1] * 10, N)[UNITS], 100 * pooled)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: kz.pooled_variances(-MEAN, N), InputError, "sd: found -3 for 'a'"),
        (lambda: kz.pooled_variances(MEAN, N - 5), InputError, "n: found 0 for 'a'"),
        (lambda: kz.pooled_variances(MEAN, N * 0 + 1), NotEnoughDataError, "found 0 units"),
        (lambda: kz.pooled_variances(MEAN * 0, N), NotEnoughDataError, "do not vary"),
        (lambda: kz.smoothed_variances(MEAN, -N, N), InputError, "variance: found -5 for 'a'"),
        (lambda: kz.smoothed_variances(MEAN, N, N - 9), InputError, "n: found -4 for 'a'"),
        (lambda: kz.smoothed_variances(MEAN[:9], N, N), NotEnoughDataError, "found 9 units"),
        (lambda: kz.smoothed_variances(MEAN * 0, N, N), InputError, "covariate direct"),
        (lambda: kz.smoothed_variances(MEAN, N, N * 0 + 4), InputError, "covariate log_n"),
    ],
)
def test_what_cannot_be_smoothed_is_one_line(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
