"""Numbers, percents and dates: Babel's signs, true minus, no digit lost or made up."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from kz_spatial.words import (
    SHIPPED,
    date,
    decimals,
    integer,
    interval,
    number,
    percent,
    span,
)

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "digits", "en", "ru"),
    [
        (0.5, 3, "0.5", "0,5"),
        (-0.0414, 2, "−0.041", "−0,041"),
        (0.9996, 3, "1", "1"),
        (999.6, 3, "1,000", f"1{NBSP}000"),
        (74.46, 3, "74.5", "74,5"),
        (1234.5, 3, "1,234", f"1{NBSP}234"),
        (-1_234_567.0, 3, "−1,234,567", f"−1{NBSP}234{NBSP}567"),
        (123.4, 2, "120", "120"),
        (0.0, 3, "0", "0"),
        (0.000219, 3, "0.000219", "0,000219"),
        (0.0000219, 3, "2.19 × 10⁻⁵", "2,19 · 10⁻⁵"),
        (-3e-10, 2, "−3 × 10⁻¹⁰", "−3 · 10⁻¹⁰"),
        (math.nan, 3, "–", "–"),
        (math.inf, 3, "–", "–"),
        (None, 3, "–", "–"),
        (pd.NA, 3, "–", "–"),
        (np.float32(0.25), 3, "0.25", "0,25"),
        (np.int64(7), 3, "7", "7"),
    ],
)
def test_number(value, digits, en, ru):
    assert number(value, "en", digits=digits) == en
    assert number(value, "ru", digits=digits) == ru
    assert number(value, "kk", digits=digits) == ru


@pytest.mark.parametrize("language", SHIPPED)
@given(value=st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) >= 1e-4))
def test_a_number_reads_back_to_its_digits(language, value):
    told = number(value, language)
    assert "-" not in told
    read = float(parse_decimal(told.replace("−", "-"), locale=language))
    assert read == (round(value) if abs(value) >= 1000 else float(f"{value:.3g}"))


def test_integer_and_decimals():
    assert integer(5040, "en") == "5,040"
    assert integer(-5040, "kk") == f"−5{NBSP}040"
    assert integer(pd.NA, "ru") == "–"
    assert decimals(0.5, 2, "ru") == "0,50"
    assert decimals(-1234.567, 1, "en") == "−1,234.6"
    assert decimals(2.0, 0, "ru") == "2"


@pytest.mark.parametrize(("language", "told"), [("en", "95%"), ("ru", f"95{NBSP}%"), ("kk", "95%")])
def test_percent(language, told):
    assert percent(0.95, language) == told


def test_percent_with_digits_and_minus():
    assert percent(-0.1255, "ru", digits=1) == f"−12,6{NBSP}%"
    assert percent(math.nan, "en") == "–"


def test_date_is_written_out():
    day = dt.date(2026, 11, 5)
    assert date(day, "en") == "November 5, 2026"
    assert date(day, "ru").replace("\u202f", " ") == "5 ноября 2026 г."
    assert date(day, "kk").replace("\u202f", " ") == "2026 ж. 5 қараша"


def test_interval_and_span():
    assert interval(-1.5, 2, "en") == "−1.5 to 2"
    assert interval(-1.5, 2, "kk") == "−1,5 … 2"
    assert interval(math.nan, 2, "en") == "–"
    assert interval(1, math.inf, "en") == "–"
    assert span(300_000, 1_000_000, "ru") == f"300{NBSP}000 – 1{NBSP}000{NBSP}000"
    assert span(0.05, math.inf, "ru") == "≥ 0,05"
    assert span(-math.inf, 30_000, "en") == "< 30,000"
    assert span(66.55, 68.25, "en") == "66.55 – 68.25"


def test_numbers_that_nobody_counts_the_digits_of_are_powers():
    assert number(1e300) == "1 × 10³⁰⁰"
    assert integer(-2.5e20) == "−2.5 × 10²⁰"
    assert decimals(1.234e18, 2, "ru") == "1,23 · 10¹⁸"
    assert integer(10**14) == "100,000,000,000,000"
