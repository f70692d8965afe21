"""Bars of a distribution: every firm in one of them, no extreme on an edge, bounded in number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kz_spatial.output.histogram import make_bars


@given(
    values=st.lists(st.floats(0, 1e4, allow_nan=False), min_size=10, max_size=80),
    kind=st.sampled_from(["count", "days", "amount"]),
)
def test_every_firm_is_in_one_bar_and_outer_bars_hold_enough(values, kind):
    values = np.array(values)
    bars = make_bars(values, kind, 5)
    assert bars.counts.sum() == len(values)
    assert len(bars.counts) == 1 or min(bars.counts[0], bars.counts[-1]) >= 5
    assert len(bars.counts) <= 45
    np.testing.assert_allclose(np.diff(bars.edges), bars.edges[1] - bars.edges[0], rtol=1e-6)


def test_the_longest_answer_is_on_no_edge():
    values = np.array([3.0] * 30 + [10.0] * 30 + [20.0] * 30 + [37.25])
    bars = make_bars(values, "days", 5)
    assert bars.open_high
    assert bars.edges[-1] < 37
    assert not np.isin(values.max(), bars.edges)
    # one more day, or a hundred, changes nothing that is drawn
    other = make_bars(np.where(values == 37.25, 137.0, values), "days", 5)
    np.testing.assert_array_equal(other.edges, bars.edges)
    np.testing.assert_array_equal(other.counts, bars.counts)


@pytest.mark.parametrize("wild", [20_000.0, 1e308])
def test_a_wild_answer_takes_no_time(wild):
    values = np.append(np.arange(60) % 7.0, wild)
    bars = make_bars(values, "count", 5)
    assert len(bars.counts) < 50
    assert bars.open_high
    assert bars.above == 6  # 6 and more, not 5.5


def test_shares_stand_between_multiples_of_five():
    bars = make_bars(np.linspace(0, 100, 400), "percent", 5)
    assert (bars.edges % 5 == 0).all()
    assert bars.edges[[0, -1]].tolist() == [0, 100]
    assert (bars.open_low, bars.open_high) == (False, False)
