"""Rules for single cells: against loops written out, and cases by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kz_spatial.design import SURVEY
from kz_spatial.protection import Answers, unsafe_cells
from kz_spatial.protection.cells import largest_two


def cell(values, weights=None, *, upper=np.inf, binary=False, unit=None):
    values = np.asarray(values, dtype=float)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    unit = np.zeros(len(values), dtype=int) if unit is None else np.asarray(unit)
    return Answers(values, weights, unit, upper, binary)


def broken(answers, rules=SURVEY):
    return {name for name, found in unsafe_cells(answers, 1, rules).items() if found[0]}


EVEN = [3.0, 4, 5, 6, 7, 8, 9, 10, 11, 12]


def test_ten_firms_are_enough_and_nine_are_few():
    assert broken(cell(EVEN)) == set()
    assert broken(cell(EVEN[:9])) == {"few"}


@pytest.mark.parametrize(("rest", "unsafe"), [(9.9, True), (10.0, False), (10.1, False)])
def test_p_percent_stands_at_its_limit(rest, unsafe):
    """The largest is 100, the second 50: what is left must be a tenth of the largest."""
    values = [100.0, 50.0, *[rest / 8] * 8]
    rules = replace(SURVEY, two_share=1.0)
    assert ("dominance" in broken(cell(values), rules)) == unsafe


@pytest.mark.parametrize(("second", "unsafe"), [(39, False), (41, True)])
def test_two_firms_hold_nine_tenths(second, unsafe):
    rest = [(100 - 50 - second) / 8] * 8
    rules = replace(SURVEY, p_percent=1.0)
    assert ("dominance" in broken(cell([50, second, *rest]), rules)) == unsafe


def test_what_is_missing_to_the_upper_bound_dominates_too():
    values = [100.0] * 11 + [90.0]
    assert broken(cell(values, upper=100)) == {"dominance"}
    assert broken(cell(values)) == set()


def test_weights_make_a_firm_dominant():
    weights = [100.0, *[1.0] * 11]
    values = [50.0, *np.linspace(40, 60, 11)]
    assert broken(cell(values, weights)) == {"dominance", "weights"}
    assert broken(cell(values)) == set()
    # unweighted answers count as published beside the weighted ones
    assert "dominance" in broken(cell([500.0, *[1.0] * 11], [0.01, *[1.0] * 11]))


def test_losses_dominate_as_gains_do():
    assert broken(cell([-500.0, *[1.0] * 11])) == {"dominance"}


def test_firms_that_answer_alike():
    assert broken(cell([7.0] * 30)) == {"alike"}
    assert broken(cell([0.0] * 30)) == {"alike"}


def test_yes_and_no_are_left_to_rounding():
    assert broken(cell([1.0] * 12, binary=True, upper=1)) == set()
    assert broken(cell([1.0] * 9, binary=True, upper=1)) == {"few"}
    weights = [100.0, *[1.0] * 11]
    assert broken(cell([0.0, *[1.0] * 11], weights, binary=True, upper=1)) == {"weights"}


def test_a_unit_without_firms_breaks_nothing():
    found = unsafe_cells(cell(EVEN, unit=[1] * 10), 3, SURVEY)
    assert all(not each[[0, 2]].any() for each in found.values())


def by_loop(values, weights, upper, rules):
    """The rules word for word, for one cell."""
    found = set()
    if len(values) < rules.min_firms:
        found.add("few")
    if len(values) > 1 and max(weights) > rules.weight_share * sum(weights):
        found.add("weights")
    for ws in (weights, [1.0] * len(values)):
        for turned in (False, True):
            parts = [w * (upper - v if turned else v) for v, w in zip(values, ws, strict=True)]
            parts = [*sorted(parts, reverse=True), 0.0]
            total = sum(parts)
            if parts[0] <= 0:
                continue
            if total - parts[0] - parts[1] < rules.p_percent / 100 * parts[0] - 1e-9:
                found.add("dominance")
            if parts[0] + parts[1] > rules.two_share * total + 1e-9:
                found.add("dominance")
    if len(set(values)) == 1:
        found.add("alike")
    return found


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20).map(lambda i: 5.0 * i), st.integers(1, 40).map(float)),
        min_size=1,
        max_size=25,
    )
)
def test_the_rules_word_for_word(firms):
    values, weights = (list(each) for each in zip(*firms, strict=True))
    assert broken(cell(values, weights, upper=100)) == by_loop(values, weights, 100, SURVEY)


def test_largest_two_of_many_units():
    rng = np.random.default_rng(4)
    unit, values = rng.integers(0, 30, 200), rng.random(200)
    first, second = largest_two(values, unit, 31)
    for each in range(31):
        own = sorted(values[unit == each])[::-1]
        assert first[each] == (own[0] if own else 0)
        assert second[each] == (own[1] if len(own) > 1 else 0)
