"""Cells of statistical tables as numbers: marks, signs, thousands and decimals."""

import pytest

from kz_spatial.tables_in.numbers import decimal_sign, read_number, sign_of


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        (84.2, "", 84.2),
        (7, "", 7.0),
        ("84,2", "", 84.2),
        ("84.2", "", 84.2),
        ("6 317", "", 6317.0),
        ("6\u00a0317", "", 6317.0),
        ("6\u202f317,5", "", 6317.5),
        ("1'234'567", "", 1234567.0),
        ("1,234,567", "", 1234567.0),
        ("1.234.567", "", 1234567.0),
        ("1,234.5", "", 1234.5),
        ("1.234,5", "", 1234.5),
        ("1,234", ".", 1234.0),
        ("1,234", ",", 1.234),
        ("1.234", ",", 1234.0),
        ("0,123", "", 0.123),
        ("-5,3", "", -5.3),
        ("−5,3", "", -5.3),
        ("– 5,3", "", -5.3),
        ("12 %", "", 12.0),
        ("84,2*", "", 84.2),
        ("84,2¹", "", 84.2),
        ("84,2 1)", "", 84.2),
        ("84,21)", "", 84.2),
        ("1e3", "", 1000.0),
    ],
)
def test_a_number_is_read_as_its_reader_sees_it(cell, decimal, value):
    assert read_number(cell, decimal).value == value


@pytest.mark.parametrize(
    "cell",
    ["много", "1 2 3", "12 34", "1,2,3", "2023-01", "Q1", "", None, True, float("inf"), "5-6"],
)
def test_what_is_no_number_gives_none(cell):
    assert not read_number(cell).understood


@pytest.mark.parametrize(
    ("cell", "sign"),
    [
        *((each, "-") for each in ("-", "–", "—")),
        *((each, "…") for each in ("…", "...", "н/д")),
        *((each, "x") for each in ("x", "Х", "c")),
        *((each, "n/a") for each in ("n/a", "#N/A")),
    ],
)
def test_signs_for_none_keep_their_meaning(cell, sign):
    assert sign_of(cell) == sign
    assert read_number(cell).value is None
    assert read_number(cell).understood


def test_the_other_decimal_sign_is_no_number_of_the_table():
    assert not read_number("84.2", ",").understood


def test_marks_and_percent_signs_are_told():
    assert read_number("84,2*").mark
    assert not read_number("84,2").mark
    assert read_number("12%").percent


@pytest.mark.parametrize(
    ("cells", "sign", "doubtful"),
    [
        (["84,2", 5], ",", ""),
        (["1,234", "84,25"], ",", ""),
        (["1,234", "84.2"], ".", ""),
        (["1,234,567", "1,234"], ".", ""),
        (["1,234", "5,678"], "", "1,234"),
        (["12", 5, "x"], "", ""),
        (["84,2", "84.2"], "", ""),
    ],
)
def test_the_whole_table_settles_the_decimal_sign(cells, sign, doubtful):
    assert decimal_sign(cells) == (sign, doubtful)
