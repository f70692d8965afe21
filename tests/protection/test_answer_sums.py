"""What the rules ask of cells, put together from parts: the same as of all answers at once."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kz_spatial.design import SURVEY
from kz_spatial.protection import Answers, cell_sums, hide_cells, unsafe_cells


def drawn(seed, n=60, n_units=6, *, binary=False, step=10.0):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2, n) if binary else step * rng.integers(0, 11, n)
    unit = rng.integers(0, n_units, n)
    return Answers(values.astype(float), rng.uniform(0.5, 9, n), unit, 100.0, binary)


def part(answers, rows):
    own = (each[rows] for each in (answers.values, answers.weights, answers.unit))
    return Answers(*own, answers.upper, answers.binary)


def assert_equal(found, expected):
    for each in fields(expected):
        np.testing.assert_allclose(
            getattr(found, each.name), getattr(expected, each.name), rtol=1e-12, err_msg=each.name
        )


def test_two_largest_of_two_parts_by_hand():
    """50 and 20 in one part, 30 and 40 in the other: 50 and 40 of 140."""
    one = cell_sums(Answers(np.array([50.0, 20]), np.ones(2), np.zeros(2, int), 100, False), 1)
    two = cell_sums(Answers(np.array([30.0, 40]), np.ones(2), np.zeros(2, int), 100, False), 1)
    both = one.beside(two).of([0, 1])
    assert (both.first[0].item(), both.second[0].item(), both.size[0].item()) == (50, 40, 140)
    # what they lack to 100: 80 and 70 of 260
    assert (both.first[2].item(), both.second[2].item(), both.size[2].item()) == (80, 70, 260)
    assert (both.low.item(), both.high.item(), both.n.item()) == (20, 50, 4)


def test_the_largest_twice_is_first_and_second():
    found = cell_sums(
        Answers(np.array([7.0, 7, 3]), np.ones(3), np.zeros(3, int), np.inf, False), 1
    )
    assert (found.first[0].item(), found.second[0].item()) == (7.0, 7.0)


@given(seed=st.integers(0, 9999), cut=st.integers(0, 60), binary=st.booleans())
def test_parts_put_together_are_the_whole(seed, cut, binary):
    answers = drawn(seed, binary=binary)
    rows = np.arange(60)
    parts = [cell_sums(part(answers, rows[where]), 6) for where in (rows < cut, rows >= cut)]
    made = parts[0].beside(parts[1]).grouped(np.tile(np.arange(6), 2), 6)
    assert_equal(made, cell_sums(answers, 6))
    for name, each in unsafe_cells(made, 6, SURVEY).items():
        assert each.tolist() == unsafe_cells(answers, 6, SURVEY)[name].tolist(), name


@given(
    seed=st.integers(0, 9999),
    binary=st.booleans(),
    n=st.integers(30, 200),
    step=st.sampled_from([10.0, 0.2, 0.01]),
)
def test_the_same_cells_are_withheld_by_sums_as_by_answers(seed, binary, n, step):
    """Answers of less than one unit among them, where what one unit is decides."""
    answers = drawn(seed, n, binary=binary, step=step)
    region = np.array([0, 0, 1, 1, 1, 2])
    expected = hide_cells(answers, region, 3, SURVEY)
    found = hide_cells(cell_sums(answers, 6), region, 3, SURVEY)
    assert found.leaves.tolist() == expected.leaves.tolist()
    assert found.regions.tolist() == expected.regions.tolist()
    assert found.country == expected.country
    for rule, each in expected.reasons.items():
        assert found.reasons[rule].tolist() == each.tolist()


def test_scaled_sums_are_sums_of_scaled_answers():
    answers = drawn(3)
    scaled = Answers(
        answers.values / 50, answers.weights / 4, answers.unit, answers.upper / 50, binary=False
    )
    assert_equal(cell_sums(answers, 6).scaled(50.0, 4.0), cell_sums(scaled, 6))


@pytest.mark.parametrize("keep", [[0, 3], np.array([True, False, False, True, False, False])])
def test_some_cells_are_taken(keep):
    sums = cell_sums(drawn(5), 6)
    found = sums.taken(np.asarray(keep))
    assert found.n.tolist() == sums.n[[0, 3]].tolist()
    assert found.first.tolist() == sums.first[:, [0, 3]].tolist()
