"""Counts and sentences as they may stand in a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.design import OPEN, SURVEY
from kz_spatial.protection import told_attrition, told_counts, told_text


def table(**counts):
    row = {"indicator": "x", "firms": 173, "answered": 160, "skipped": 0, "dont_know": 0}
    row |= {"refused": 0, "system_missing": 0, "used": 160, "listwise": 160} | counts
    return pd.DataFrame([row], index=pd.Index(["k33"], name="item"))


def test_reasons_of_few_firms_are_put_together():
    found = told_attrition(table(dont_know=4, refused=9), SURVEY).loc["k33"]
    assert found["other"] == 15
    assert pd.isna(found["dont_know"])
    assert pd.isna(found["refused"])
    assert found[["firms", "answered"]].tolist() == [173, 160]


def test_few_together_are_not_counted_either():
    found = told_attrition(table(dont_know=2, refused=3), SURVEY).loc["k33"]
    assert pd.isna(found["other"])
    assert told_attrition(table(dont_know=12), SURVEY).columns.tolist() == list(table())


def test_open_rules_leave_all_as_it_is():
    given = table(dont_know=2)
    assert told_attrition(given, OPEN) is given


def test_no_more_firms_are_shown_than_there_are():
    assert told_attrition(table(answered=173), SURVEY).loc["k33", "answered"] == 173
    assert told_counts({"rows": 173, "matched": 173}, SURVEY)["matched"] == 173
    assert told_counts({"rows": 292, "matched": 288}, SURVEY) == {"rows": 292, "matched": 290}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("7 firms have no weight w", "a few firms have no weight w"),
        ("17 firms have no weight w", "17 firms have no weight w"),
        ("170 of 173 firms have no coordinates", "all but a few of 173 firms have no coordinates"),
        ("60 of 1,013 firms have no place", "60 of 1,013 firms have no place"),
        ("1,010 of 1,013 firms", "all but a few of 1,013 firms"),
        ("points: found 3 with a place and a value", "points: found few with a place and a value"),
        ("row 7, column k33: x", "some rows, column k33: x"),
        ("rows 2, 9, 11 and 4 more", "some rows"),
        ("12 cells by oblast are withheld", "12 cells by oblast are withheld"),
        ("2 units have a value, at least 3 are needed", None),
        ("3 rows are totals and were set apart", "a few rows are totals and were set apart"),
    ],
)
def test_sentences(text, told):
    assert told_text(text, SURVEY) == (text if told is None else told)
    assert told_text(text, OPEN) == text


def test_what_became_of_the_twins_firms():
    found = told_attrition(kz.attrition(kz.load_twin()), SURVEY)
    counts = found.drop(columns="indicator").to_numpy(dtype=float, na_value=np.nan)
    assert not ((counts > 0) & (counts < 10)).any()
    assert (found["firms"] == 1013).all()
