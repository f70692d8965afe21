"""What a printed number can have been, on cases worked by hand and against t tables."""

from __future__ import annotations

import itertools
import statistics
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kz_spatial.errors import CallError, InputError
from kz_spatial.replication import printed
from kz_spatial.replication.comparison import agrees
from kz_spatial.replication.printed import (
    Cell,
    CountRecovery,
    Moments,
    Printed,
    compatible_df,
    fewest_answers,
    is_possible,
    nearest_moments,
    plain_number,
    recover_counts,
)


def cell(mean, sd):
    return Cell(Printed.parse(mean), Printed.parse(sd))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1\u00a0013", "1013"),
        ("1\u202f013\u2009200", "1013200"),
        ("1'013", "1013"),
        ("\u22120,5", "-0.5"),
        ("\u20130.5", "-0.5"),
        ("+3.", "+3."),
        (".25", ".25"),
        ("0,234", "0.234"),  # thousands do not begin with nought
        ("12,34", "12.34"),
        ("1234,567", "1234.567"),
    ],
)
def test_numbers_are_read_as_print_has_them(text, plain):
    """Spaces of any width part thousands, a comma stands for the point."""
    assert plain_number(text) == plain


def test_a_number_may_come_as_one():
    """A table read as numbers, not as text, has lost no more than its closing noughts."""
    assert plain_number(-18.26) == "-18.26"
    assert Printed.parse(12).value == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,234", "expected 1234 or 1.234"),
        ("-12,345", "expected -12345 or -12.345"),
        ("n/a", "expected a number such as"),
        ("1.2.3", "expected a number such as"),
        ("", "expected a number such as"),
    ],
)
def test_what_is_no_number_or_two_is_said(text, said):
    """A comma before three digits may be either; both readings are named."""
    with pytest.raises(InputError, match=said):
        Printed.parse(text)


def test_the_interval_is_half_a_unit_of_the_last_decimal():
    """-18,26 may have been anything from -18.265 to -18.255, the ends with it."""
    found = Printed.parse("\u221218,26")
    assert (found.low, found.high) == (Fraction(-18265, 1000), Fraction(-18255, 1000))
    assert (found.text, found.value) == ("-18.26", Fraction(-1826, 100))
    whole = Printed.parse("16")
    assert (whole.low, whole.high) == (Fraction(31, 2), Fraction(33, 2))
    assert whole.contains(whole.low)
    assert whole.contains(whole.high)
    assert not whole.contains(whole.low - Fraction(1, 1000))
    assert not whole.contains(whole.high + Fraction(1, 1000))


def test_the_root_of_a_value_rounds_to_the_figure():
    """A deviation of 2 stands for variances from 2.25 to 6.25, one of 0.0 for up to 0.0025."""
    two = Printed.parse("2")
    assert two.contains_root(Fraction(9, 4))
    assert two.contains_root(Fraction(25, 4))
    assert not two.contains_root(Fraction(224, 100))
    assert not two.contains_root(Fraction(626, 100))
    nought = Printed.parse("0.0")
    assert nought.contains_root(Fraction(0))
    assert nought.contains_root(Fraction(25, 10_000))
    assert not nought.contains_root(Fraction(26, 10_000))


@given(st.lists(st.integers(-9, 99), min_size=2, max_size=8), st.integers(1, 7))
def test_moments_are_those_of_the_answers(answers, cut):
    """Against Python's own statistics, whole or pooled from two parts."""
    exact = [Fraction(each) for each in answers]
    parts = [Moments.of(answers[:cut]), Moments.of(iter(answers[cut:]))]
    for found in (Moments.of(answers), Moments.pooled(parts)):
        assert found.n == len(answers)
        assert found.mean == statistics.mean(exact)
        assert found.variance == statistics.variance(exact)


def test_one_answer_does_not_vary():
    assert Moments.of([7]) == Moments(1, 7, 49)
    assert Moments.of([7]).variance == 0


def test_a_cell_holds_what_prints_as_both_its_figures():
    """1, 2, 3, 4 have mean 2.5 and deviation 1.29."""
    moments = Moments.of([1, 2, 3, 4])
    assert cell("2.5", "1.29").holds(moments)
    assert not cell("2.6", "1.29").holds(moments)
    assert not cell("2.5", "1.30").holds(moments)


def test_the_nearest_sum_that_works_is_taken():
    """Thirty answers of mean 2.0 and deviation 1.00.

    A sum of 60 would need squares of 149 in all, which is odd where 60 is even; squares of 148 and
    150 print as 0.98 and 1.02. With 59 it is 145: (30 * 145 - 59^2) / 870 = 0.9989.
    """
    assert nearest_moments(cell("2.0", "1.00"), 30) == Moments(30, 59, 145)
    # a sum of 198 and the even number next to 11 * 9.24^2 + 198^2 / 12 = 4206.15
    assert nearest_moments(cell("16.5", "9.24"), 12) == Moments(12, 198, 4206)
    # sums from 15 to 25 print as 2; the middle one is taken, with 9 * 4 + 40 squares
    assert nearest_moments(cell("2", "2"), 10) == Moments(10, 20, 76)
    # sums of whole numbers below nought: -3 alone prints as -1.5 of two, 1 * 0.71^2 + 4.5 = 5
    assert nearest_moments(cell("-1.5", "0.71"), 2) == Moments(2, -3, 5)


def prints_as(mean, sd, n, total, squares):
    """Whether moments print so, by decimals of fifty digits rounded up or down at a half."""
    variance = Decimal(n * squares - total * total) / Decimal(n * (n - 1))
    if variance < 0:
        return False
    for value, text in ((Decimal(total) / n, mean), (variance.sqrt(), sd)):
        unit = Decimal(1).scaleb(-len(text.partition(".")[2]))
        ways = {value.quantize(unit, way) for way in (ROUND_HALF_UP, ROUND_HALF_DOWN)}
        if Decimal(text) not in ways:
            return False
    return True


@pytest.mark.parametrize("n", [2, 3, 7, 12])
@pytest.mark.parametrize("mean", ["0.3", "1.5", "2.0", "16.5"])
def test_possible_is_what_a_search_over_all_sums_finds(n, mean):
    """Every sum and sum of squares that are both odd or both even is tried."""
    for hundredths in range(20, 260, 7):
        sd = f"{hundredths / 100:.2f}"
        reach = (n - 1) * 8 + n * 17**2
        found = any(
            prints_as(mean, sd, n, total, squares)
            for total in range(isqrt(n * reach) + 1)
            if abs(total - n * float(mean)) < n
            for squares in range(total % 2, reach, 2)
            if abs(squares - total**2 / n - (n - 1) * float(sd) ** 2) < 9
        )
        assert is_possible(mean, sd, n) == found, sd


def test_fewest_answers_by_hand():
    """0 and 1 print as 0.5 and 0.71; a mean of 0.3 needs three answers."""
    assert fewest_answers(cell("0.5", "0.71")) == 2
    assert fewest_answers(cell("0.3", "0.58")) == 3
    assert is_possible("0.5", "0.71", 2)
    with pytest.raises(CallError, match="at least 2 answers"):
        is_possible("0.5", "0.71", 1)


def test_counts_by_hand():
    """Of four answers with mean 25 and deviation 50, one is yes (code 2) and three no (code 1)."""
    found = recover_counts("25", "50", 4, codes=(1, 2))
    assert found == CountRecovery((1, 2), ((3, 1),))
    assert found.unique
    # codes as they are: 1, 1, 1, 2 have mean 1.25 and deviation 0.5
    assert recover_counts("1.25", "0.50", 4, codes=(1, 2), shift=0, scale=1).solutions == ((3, 1),)
    assert recover_counts("26", "50", 4, codes=(1, 2)).solutions == ()
    # by default a refusal is -9, so minus 1000 percent: 200, 0 and -1000 of ten have mean -80
    assert recover_counts("-80.0", "325.9", 10).solutions == ((7, 2, 1),)
    # one code alone: all gave it
    assert recover_counts("0.0", "0.0", 3, codes=(1,)).solutions == ((3,),)
    # two codes of one value cannot be told apart: every split of three answers prints as 200
    assert recover_counts("200", "0", 3, codes=(3, 3)).solutions == ((0, 3), (1, 2), (2, 1), (3, 0))


def test_counts_at_either_end_of_what_rounds_to_the_mean():
    """Of ten answers of 0 or 1 a mean of 0.25 and one of 0.35 may print as 0.3, ends with them.

    Ten answers of mean 0.3 have 3 ones; twenty have 5, 6 or 7: 0.25, 0.3 and 0.35. Their
    deviations are the roots of 20/19 * 0.1875, 0.21 and 0.2275: 0.444, 0.470 and 0.489.
    """
    asked = {"codes": (1, 2), "scale": 1}
    assert recover_counts("0.3", "0.48", 10, **asked).solutions == ((7, 3),)
    assert recover_counts("0.3", "0.4", 20, **asked).solutions == ((15, 5),)
    assert recover_counts("0.3", "0.5", 20, **asked).solutions == ((13, 7), (14, 6))
    # 1, 1, 1, 2 have mean 1.25 and deviation 0.5; 1, 1, 2, 2 have 1.5, which may print as 1 too,
    # but a deviation of 0.58
    assert recover_counts("1", "0.5", 4, codes=(1, 2), shift=0, scale=1).solutions == ((3, 1),)


@pytest.mark.parametrize(
    "codes", [(1, 2), (1, 2, -9), (-9, 2, 1), (2, 2, 1), (1, 2, 2), (1, 2, 3, -9), (3, 3)]
)
@pytest.mark.parametrize(("mean", "sd"), [("1.5", "0.5"), ("2", "2"), ("1.0", "0"), ("3", "0")])
def test_counts_are_all_the_splits_that_print_so_in_rising_order(codes, mean, sd):
    def prints(split):
        answers = np.repeat(codes, split)
        return agrees(answers.mean(), mean) and agrees(answers.std(ddof=1), sd)

    every = itertools.product(range(9), repeat=len(codes))
    expected = tuple(split for split in every if sum(split) == 8 and prints(split))
    assert recover_counts(mean, sd, 8, codes=codes, shift=0, scale=1).solutions == expected


def test_as_many_ways_as_the_limit_are_enumerated(monkeypatch):
    """Five answers split over three codes in 21 ways."""
    monkeypatch.setattr(printed, "_MAX_COUNTS", 21)
    assert recover_counts("0.0", "0.0", 5).solutions == ((5, 0, 0),)
    monkeypatch.setattr(printed, "_MAX_COUNTS", 20)
    with pytest.raises(CallError, match="5 answers over 3 codes"):
        recover_counts("0.0", "0.0", 5)


@pytest.mark.parametrize(
    ("quotient", "df"),
    [("2.228", 10), ("2.571", 5), ("2.776", 4), ("2.131", 15), ("12.706", 1)],
)
@pytest.mark.parametrize("sign", ["", "\u2212"])
def test_degrees_of_freedom_are_those_of_a_t_table(quotient, df, sign):
    """Upper 2.5 % points of Student's t, as every table prints them, on either side."""
    found = compatible_df(sign + quotient, "1.0000", "0.050")
    assert found == (df,)
    assert compatible_df(sign + quotient, "1.0000", "0.050", t=sign + quotient) == (df,)


def test_a_printed_t_narrows_the_quotient():
    """A coefficient of 2 with error 1 can be any t from 1 to 5; the printed t says which."""
    wide = compatible_df("2", "1", "0.050")
    assert wide[0] == 2
    assert compatible_df("2", "1", "0.050", t="2.228") == (10,)
    assert compatible_df("2", "1", "0.050", t="4.303") == (2,)
    # 1.960 is a table's last row and 1.962 that of 1000; 1.980 is that of 120
    many = compatible_df("2", "1", "0.050", t="1.960")
    assert (1000 in many, 120 in many) == (True, False)
    assert many[-1] == 2000
    assert compatible_df("2", "1", "0.050", t="2.228", largest=9) == ()
    assert compatible_df("2", "1", "0.050", t="2.228", largest=10) == (10,)
    # no t below 1 or above 5 goes with them
    assert compatible_df("2", "1", "0.050", t="0.90") == ()
    assert compatible_df("2", "1", "0.050", t="12.706") == ()
    # nor where p alone would let it: with 3 degrees t of 0.905 has 0.43 and t of 1 has 0.39
    assert compatible_df("2", "1", "0.4", t="0.90") == ()


def test_one_quotient_alone_may_be_left():
    """0.7 over 1 is 1.5 at most, 0.75 over 0.5; a printed t of 2 is 1.5 at least.

    At 1.5 the two-sided p of one degree of freedom is 1 - 2 atan(1.5) / pi = 0.374, of ten 0.1645.
    """
    for sign in ("", "-"):
        assert compatible_df(f"{sign}0.7", "1", "0.374", t=f"{sign}2", largest=50) == (1,)
        assert compatible_df(f"{sign}0.7", "1", "0.1645", t=f"{sign}2", largest=50) == (10,)


def test_a_coefficient_that_may_be_nought_allows_p_of_one():
    """0.0 stands for -0.05 to 0.05, so |t| for 0 to 0.05 and p for 0.96 to 1 at any df."""
    every = tuple(range(1, 51))
    assert compatible_df("0.0", "1.0", "1.000", largest=50) == every
    assert compatible_df("0.0", "1.0", "0.95", largest=50) == ()
    # 0.2 to 0.3 over 0.95 to 1.05: |t| is 0.19 at least, and p of one is out of reach
    assert compatible_df("0.25", "1.0", "1.000", largest=50) == ()
    assert compatible_df("0.0", "1.0", "1.000", t="0.0", largest=50) == every
    # 0.05 may not be nought, whatever the printed t: |t| is 0.045 / 1.005 at least
    assert compatible_df("0.05", "1.00", "1.000", t="0.0", largest=50) == ()


def test_an_error_that_may_be_nought_has_no_quotient():
    """0.1 is 0.05 at least, 0.0 may be nought, and an error below nought is none."""
    for wrong in ("0.0", "0", "-0.1"):
        with pytest.raises(CallError, match="above 0"):
            compatible_df("1.0", wrong, "0.05")
    assert compatible_df("0.25", "0.1", "0.126", t="2.5", largest=3) == (2,)
