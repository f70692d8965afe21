"""What sums give away: cases by hand, and bounds against intervals worked out from the tree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kz_spatial.design import SURVEY
from kz_spatial.protection import Answers, hide_cells, known_bounds, unsafe_cells


def survey(sizes, seed=0, *, upper=100.0, binary=False):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(len(sizes)), sizes)
    values = rng.integers(0, 2, len(unit)) if binary else 5.0 * rng.integers(0, 21, len(unit))
    return Answers(values.astype(float), np.ones(len(unit)), unit, upper, binary)


def hidden(answers, region, rules=SURVEY, **more):
    region = np.asarray(region)
    return hide_cells(answers, region, int(region.max()) + 1, rules, **more)


def test_a_small_unit_takes_the_smallest_of_its_region_along():
    found = hidden(survey([4, 30, 25, 40]), [0, 0, 0, 1])
    assert found.leaves.tolist() == [True, False, True, False]
    assert found.regions.tolist() == [False, False]
    assert found.reasons["few"].tolist() == [True, False, False, False]
    assert found.reasons["complement"].tolist() == [False, False, True, False]


def test_two_small_units_of_ten_firms_together_need_no_third():
    found = hidden(survey([6, 8, 25], seed=2), [0, 0, 0])
    assert found.leaves.tolist() == [True, True, False]


def test_two_withheld_units_with_nought_left_are_both_known():
    answers = survey([6, 8, 25, 30], seed=2)
    answers.values[answers.unit < 2] = 0.0
    found = hidden(answers, [0, 0, 0, 0])
    # their sum is a cell whose firms answer alike, so a third goes
    assert found.leaves.tolist() == [True, True, True, False]
    answers.values[0] = 5.0  # no longer alike, yet one firm has all there is
    assert hidden(answers, [0, 0, 0, 0]).leaves.tolist() == [True, True, True, False]


def test_a_total_at_its_upper_bound_is_known_as_well():
    answers = survey([6, 8, 25, 30], seed=2)
    answers.values[answers.unit < 2] = 100.0
    assert hidden(answers, [0, 0, 0, 0]).leaves.tolist() == [True, True, True, False]


def test_a_city_that_is_a_region_is_one_cell():
    found = hidden(survey([5, 30, 30]), [0, 1, 1])
    assert found.leaves.tolist() == [True, False, False]
    assert found.regions.tolist() == [True, False]
    assert found.country, "the country less the other region would be the city"


def test_a_region_of_few_takes_the_country_along_but_no_other_region():
    found = hidden(survey([2, 3, 30, 30]), [0, 0, 1, 1])
    assert found.leaves.tolist() == [True, True, False, False]
    assert found.regions.tolist() == [True, False]
    assert found.country


def test_two_regions_of_few_hide_each_other():
    found = hidden(survey([7, 8, 30], seed=3), [0, 1, 2])
    assert found.regions.tolist() == [True, True, False]
    assert not found.country


def test_a_region_all_of_whose_units_are_shown_is_not_withheld_for_nothing():
    answers = survey([30, 30])
    found = hidden(answers, [0, 0])
    assert not found.leaves.any()
    assert not found.regions.any()
    assert not found.country


def test_firms_without_a_unit_count_as_withheld():
    answers = survey([30, 30, 3, 30])
    never = np.array([False, False, True, False])
    found = hidden(answers, [0, 0, 0, 1], never=never)
    assert found.leaves.tolist() == [True, False, True, False] or found.leaves[:2].any()
    assert not found.regions.any()


def test_without_p_percent_nothing_is_hidden_but_small_cells():
    found = hidden(survey([4, 30, 25]), [0, 0, 0], replace(SURVEY, p_percent=0))
    assert found.leaves.tolist() == [True, False, False]


def test_shares_that_are_rounded_leave_room():
    """Each unit's yes is known to two and a half only, so the small one's is not known."""
    answers = survey([5, 30, 30], seed=1, upper=1.0, binary=True)
    answers.values[:] = 0.0
    answers.values[answers.unit == 1] = np.arange(30) < 3
    found = hidden(answers, [0, 0, 0])
    # five firms left over are few, whatever is rounded
    assert found.leaves.sum() == 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=6),
    st.integers(0, 10_000),
    st.booleans(),
)
def test_whatever_is_left_over_is_safe(sizes, seed, binary):
    region = np.arange(len(sizes)) // 3
    answers = survey(sizes, seed, upper=1.0 if binary else 100.0, binary=binary)
    found = hidden(answers, region)
    n = np.bincount(answers.unit, minlength=len(sizes))
    left_over = []
    for each in range(region.max() + 1):
        rest = np.flatnonzero((region == each) & found.leaves & (n > 0))
        if found.regions[each]:
            left_over += rest.tolist()
        elif len(rest):
            assert not any(x[0] for x in unsafe_cells(answers.of(rest), 1, SURVEY).values())
    if left_over and not found.country:
        assert not any(x[0] for x in unsafe_cells(answers.of(left_over), 1, SURVEY).values())
    # what breaks a rule on its own is never shown
    own = np.logical_or.reduce(list(unsafe_cells(answers, len(sizes), SURVEY).values()))
    assert (found.leaves | ~own).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6),
)
def test_bounds_of_one_sum_are_those_worked_out_by_hand(parts):
    truth = np.array([float(min(a, b)) for a, b in parts])
    most = np.array([float(max(a, b)) for a, b in parts])
    total = truth.sum()
    low, high = known_bounds(
        np.ones((1, len(parts))), np.array([total]), np.array([total]), most, np.eye(len(parts))
    )
    rest = most.sum() - most
    np.testing.assert_allclose(low, np.maximum(0, total - rest), atol=1e-7)
    np.testing.assert_allclose(high, np.minimum(most, total), atol=1e-7)


def test_bounds_over_two_levels_and_of_a_sum():
    # region a holds units 0 and 1 (sum 10), region b units 2 and 3; the country has 25
    sums = np.array([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    known = np.array([10.0, 25.0])
    most = np.array([8.0, 8, 4, 20])
    wanted = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1]])
    low, high = known_bounds(sums, known, known, most, wanted)
    np.testing.assert_allclose(low, [2, 0, 11, 15])
    np.testing.assert_allclose(high, [8, 4, 15, 15])
    low, high = known_bounds(sums, known - 1, known + 1, most, wanted[-1:])
    assert (low[0], high[0]) == pytest.approx((13, 17))


def test_answers_and_weights_of_any_size_are_audited():
    answers = survey([4, 30, 25, 40])
    plain = hidden(answers, [0, 0, 0, 1])
    for value, weight in ((1e300, 1.0), (1e-3, 1.0), (1.0, 1e12)):
        other = Answers(
            answers.values * value, answers.weights * weight, answers.unit, np.inf, binary=False
        )
        found = hidden(other, [0, 0, 0, 1])
        assert found.leaves.tolist() == plain.leaves.tolist(), (value, weight)


def test_a_program_without_an_answer_counts_as_all_known():
    """Sums that contradict each other have no solution."""
    low, high = known_bounds(
        np.ones((2, 2)), np.array([1.0, 5.0]), np.array([1.0, 5.0]), np.ones(2) * 9, np.eye(2)
    )
    assert (low > high).all()
