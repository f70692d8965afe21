"""Scores of equal variance: by hand, on awkward data, and what they are for."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kz_spatial as kz
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.neighbours.empirical_bayes import empirical_bayes_means, empirical_bayes_rates

UNITS = list("abcd")


def series(*values):
    return pd.Series(values, UNITS[: len(values)], dtype=float)


def test_rates_by_hand():
    # rates 0.1, 0.3, 0.5 among 10 each: overall 0.3, squares 0.08 / 3, within 0.3 / 10 = 0.03
    z = empirical_bayes_rates(series(1, 3, 5), series(10, 10, 10))
    between = 0.08 / 3 - 0.03
    assert between < 0  # counts as 0
    np.testing.assert_allclose(z, np.array([-0.2, 0, 0.2]) / np.sqrt(0.03), rtol=1e-14)
    assert z.name == "z"
    # rates 0, 0.5, 1: squares 0.5 / 3, within 0.05
    z = empirical_bayes_rates(series(0, 5, 10), series(10, 10, 10))
    np.testing.assert_allclose(z, np.array([-0.5, 0, 0.5]) / np.sqrt(0.5 / 3), rtol=1e-14)


def test_means_by_hand():
    # 4 answers each: within (1 + 4 + 1) / 3 = 2, squares about the mean 4 * (4 + 0 + 4) = 32,
    # between (32 - 2 * 2) / (12 - 48 / 12) = 3.5, variance 3.5 + 2 / 4 = 4
    z = empirical_bayes_means(series(1, 3, 5), series(1, 2, 1), series(4, 4, 4))
    np.testing.assert_allclose(z, [-1, 0, 1], rtol=1e-14)


def test_equal_numbers_change_no_test():
    graph = kz.contiguity(kz.composites(detail="light"))
    values = pd.Series([3.0, 1, 4, 1, 5, 9, 2], graph.unique_ids)
    z = empirical_bayes_means(values, values * 0 + 2, values * 0 + 30)
    plain, scored = kz.moran(values, graph), kz.moran(z, graph)
    assert scored.statistic == pytest.approx(plain.statistic, rel=1e-12)
    assert scored.p == plain.p


def test_of_two_equal_means_the_one_on_fewer_answers_strays_less():
    z = empirical_bayes_means(series(0, 4, 4, 1), series(3, 3, 3, 3), series(90, 90, 3, 90))
    assert 0 < z["c"] < z["b"]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 50)), min_size=3, max_size=8),
    st.permutations(range(8)),
)
def test_order_of_rows_and_missing_units_do_not_matter(rows, order):
    frame = pd.DataFrame(rows, columns=["events", "more"])
    frame["base"] = frame["events"] + frame["more"]
    if not frame["events"].any():
        return
    z = empirical_bayes_rates(frame["events"], frame["base"])
    assert np.isfinite(z).all()
    moved = frame.loc[[i for i in order if i < len(frame)]]
    again = empirical_bayes_rates(moved["events"], moved["base"])
    assert list(again.index) == list(moved.index)
    np.testing.assert_allclose(again.reindex(z.index), z, rtol=1e-9, atol=1e-12)
    wider = pd.concat([frame, pd.DataFrame({"events": [np.nan], "base": [7.0]}, index=[99])])
    apart = empirical_bayes_rates(wider["events"], wider["base"])
    assert np.isnan(apart[99])
    np.testing.assert_allclose(apart.drop(99), z, rtol=1e-12)


@pytest.mark.parametrize(
    ("events", "base", "said"),
    [
        (series(-1, 2), series(3, 3), "events: found -1 for 'a', expected at least 0"),
        (series(1, 2), series(3, 0), "base: found 0 for 'b', expected more than 0"),
        (series(1, np.inf), series(3, 3), "events: found infinity for 'b'"),
        ([1, 2], series(3, 3), "events: found list"),
        (pd.Series([1, 2], ["a", "a"]), series(3, 3), "index value 'a' twice"),
        (series(0, 0), series(3, 3), "2 units and 0 events"),
        (series(1), series(3), "1 units and 1 events"),
        (pd.Series(["x", "y"], ["a", "b"]), series(3, 3), "events: found the text 'x' for 'a'"),
    ],
)
def test_faulty_rates_are_named(events, base, said):
    with pytest.raises(InputError, match=said):
        empirical_bayes_rates(events, base)


@pytest.mark.parametrize(
    ("means", "deviations", "counts", "said"),
    [
        (series(1, 2), series(1, -1), series(5, 5), "deviations: found -1 for 'b'"),
        (series(1, 2), series(1, 1), series(5, 1), "counts: found 1 for 'b', expected more than 1"),
        (series(1, np.nan), series(1, 1), series(5, 5), "1 units with all values"),
        (series(2, 2), series(0, 0), series(5, 5), "do not vary"),
        # the mean and deviation of equal answers of 0.1 carry rounding
        (series(0.1, 0.1 + 1e-17), series(1e-17, 2e-17), series(5, 5), "do not vary"),
    ],
)
def test_faulty_means_are_named(means, deviations, counts, said):
    with pytest.raises((InputError, NotEnoughDataError), match=said):
        empirical_bayes_means(means, deviations, counts)


def test_units_without_spread_are_scored_where_others_have_it():
    z = empirical_bayes_means(series(0, 1, 0.4), series(0, 0, 0.5), series(20, 20, 20))
    assert np.isfinite(z).all()
